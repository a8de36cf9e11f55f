"""The supply network: procurement, production, distribution, inventory and backlog are its parts."""
