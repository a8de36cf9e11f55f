"""How much stock is needed where: from the spread of demand to safety stocks, placed one by one or along the network.

One subject a file: the spread of demand (demand_spread), safety factors (safety_factors), lots (order_lots), the
stock of every node (stock_targets), placing it along the network (placement), and the
table that tells it (inventory_targets).
"""
