"""What one entry answers for one row, before it is put into words."""

from __future__ import annotations

from typing import Any

from bangfu.rules.values import CLOSED, Range, Unknown


class Result:
    """One entry for one row.

    ``status``: True, False or Unknown. ``amount``: fen (or a pure number), Range, Unknown or None where none is given.
    ``notes`` are (code, data) of what happened on the way: limits, stacking, settled. ``tier`` is the place of the row.
    """

    __slots__ = ("amount", "before", "held", "met", "notes", "quantity", "status", "tier", "window")

    def __init__(self, status: Any) -> None:
        self.status = status
        self.amount: Any = None
        self.quantity: Any = None
        self.tier: int | None = None
        self.notes: list[tuple[str, Any]] = []
        self.held: Any = None
        self.met: Any = status
        self.before: Any = None
        self.window: bool = True

    def __repr__(self) -> str:
        return f"<{self.status} {self.amount} {self.notes}>"


def read_value(result: Result) -> Any:
    """Return what other entries read: the final amount, 0 if not met, unknown if undecided."""
    status = result.status
    if status.__class__ is Unknown:
        return status
    if not status or result.amount is None or result.amount is CLOSED:
        return 0
    return result.amount


def settle(result: Result) -> None:
    """Bring status and amount together: nothing left is not met; a range that starts at 0 is undecided."""
    amount = result.amount
    if result.status is not True or amount is None or (amount.__class__ is int and amount > 0):
        return
    if amount is CLOSED:
        result.amount, result.status = 0, False
    elif amount.__class__ is Range:
        if amount.high is not None and amount.high <= 0:
            result.amount, result.status = 0, False
        elif amount.low <= 0:
            result.amount = Range(0, amount.high, amount.needs)
            result.status = Unknown(amount.needs)
    elif amount.__class__ is not Unknown and amount <= 0:
        result.amount, result.status = 0, False
