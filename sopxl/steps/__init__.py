"""The steps of the planning cycle: demand, supply (procurement, production, distribution) and finance."""
