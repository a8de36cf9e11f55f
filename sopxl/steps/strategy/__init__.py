"""Development projects and strategic initiatives: an overlay on what planners entered, and what it brings."""
