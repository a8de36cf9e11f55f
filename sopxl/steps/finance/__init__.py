"""The finance step: the plans in money, against budget."""
