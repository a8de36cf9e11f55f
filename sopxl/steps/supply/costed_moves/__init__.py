"""What planners can do about a situation in this network, and what each move costs.

A move is one function under ``@move`` for a situation (an overload, a shortage, an excess): it gives nothing where the
network does not allow it. A new file of moves is imported here, which enters them.
"""

from sopxl.steps.supply.costed_moves import excess, overload, shortage
from sopxl.steps.supply.costed_moves.situations import MOVES, Excess, Move, Options, Overload, Shortage, moves_for

PARTS = (overload, shortage, excess)

__all__ = ["MOVES", "PARTS", "Excess", "Move", "Options", "Overload", "Shortage", "moves_for"]
