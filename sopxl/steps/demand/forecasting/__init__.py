"""The forecasting engine: all series at once, in batched numpy; it knows panels of numbers, no tables."""
