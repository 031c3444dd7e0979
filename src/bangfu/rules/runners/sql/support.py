"""What the SQL runner does not carry out. Every gap stands here once; nothing is skipped in silence.

Which facts are missing (the ``needs`` of an unknown answer), the notes and the reasons are not worked out in SQL:
a row says met, not met or unknown and its sum, the reference runner explains it.
"""

from __future__ import annotations

from typing import NoReturn

from bangfu.rules.errors import BangfuError


class NotSupportedInSql(BangfuError):  # noqa: N818 - the name says what it means to who catches it
    """A feature of ``GAPS`` stands in an entry that was asked for; ``feature`` is its key."""

    def __init__(self, feature: str, where: str) -> None:
        super().__init__(
            f"SQL 运行器尚不支持：{feature}（{where}）", f"not supported in SQL: {feature} ({where}): {GAPS[feature]}"
        )
        self.feature = feature
        self.where = where


GAPS: dict[str, str] = {
    "needs": "an unknown answer does not name what would settle it; ask the reference runner for that row",
    "loop over quotients": "sum, min and max of a loop need one denominator for all rows; the body divides by a value of the row",
    "tiers over quotients": "the rows of a graduated entry need one denominator; one of them divides by a value of the row",
    "tiers with and without a sum": "some rows of a graduated entry give a sum and some do not",
    "several running limits": "two limits of one measure whose periods are counted over earlier claims",
    "quantity limit beside a count": "a limit on quantity over earlier claims beside a limit on their number",
    "quantity limit of tiers": "a limit or threshold on the quantity of a graduated entry",
    "limit that differs by claim": "a limit counted over earlier claims must be the same for all claims of the owner",
    "limit that is a range": "a limit counted over earlier claims must be one value",
    "threshold over ranges": "a yearly threshold is drawn from sums that are known or unknown, not from ranges",
    "limit over quotients": "a limit counted over earlier claims needs one denominator",
    "number with more than four decimals": "a stated number is held in ten-thousandths",
}
"""Feature → reason. All but ``needs`` raise ``NotSupportedInSql`` when the program is made or the rows are loaded."""


def gap(feature: str, where: str) -> NoReturn:
    """Refuse a feature.

    Raises:
        NotSupportedInSql: Always.
    """
    raise NotSupportedInSql(feature, where)
