"""Spans of time as Microsoft writes them (ISO 8601) in days, and back."""

import re

SHORTEST_DAYS, LONGEST_DAYS = 1, 730  # P1D to P2Y (reference 2.1)
_PERIOD = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?(?:T0[HMS])?")


def days_of(period: str) -> int | None:
    """Whole days of `P730D`, `P2Y`, `P6M` or `P2W`; None where it is no such period."""
    match = _PERIOD.fullmatch(period)
    if match is None or period in ("P", ""):
        return None
    years, months, weeks, days = (int(part or 0) for part in match.groups())
    return years * 365 + months * 365 // 12 + weeks * 7 + days


def period_of(days: int) -> str:
    return f"P{days}D"


def is_allowed(period: str) -> bool:
    """Whether a relationship may last that long."""
    days = days_of(period)
    return days is not None and SHORTEST_DAYS <= days <= LONGEST_DAYS
