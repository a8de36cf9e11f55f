"""The demo company: Adventure Works Cycles, trimmed from Microsoft's sample database, as the tables of a plan."""
