"""What moves demand besides time: its signals, their effects and how sure these are. A kind of signal goes to signals.

``past_prices`` and ``promotion_cells`` read what is known, ``signals`` puts it beside the history, ``regression`` and
``pooling`` find the effects, ``trial`` says whether they help, ``words`` tells them. The planner's side is in
``demand.drivers`` and ``demand.promotions``.
"""
