"""How scores are shown: numbers, names and order.

Shares are per cent, counts have one decimal, all else has three; what there is nothing of is a dash.
"""

from __future__ import annotations

from collections.abc import Iterable

from soundscape.scoring.statistics import Interval
from soundscape.scoring.systems import System

NOTHING = "–"
_PERCENT = frozenset({"wer", "spk_acc", "halluc", "unparsed", "missing"})
_COUNTS = frozenset({"pred", "true", "excused"})
#: Of these a cell shows the total, not the share.
_TOTALS = frozenset({"unparsed", "missing"})
_LONGEST_NAME = 28


def figure(column: str, value: float | None) -> str:
    """Return a column's value as text; a dash where there is none."""
    if value is None:
        return NOTHING
    if column in _PERCENT:
        return f"{100.0 * value:.1f} %"
    return f"{value:.1f}" if column in _COUNTS else f"{value:.3f}"


def signed(column: str, value: float | None) -> str:
    """Return a difference within a column with its sign, percentages in points; a dash where there is none."""
    if value is None:
        return NOTHING
    if column in _PERCENT:
        return f"{100.0 * value:+.1f}"
    return f"{value:+.1f}" if column in _COUNTS else f"{value:+.3f}"


def bounds(column: str, interval: Interval | None) -> str:
    """Return an interval of a column as text; empty where there is none."""
    if interval is None:
        return ""
    low, high = (figure(column, value).removesuffix(" %") for value in (interval.low, interval.high))
    return f"[{low}, {high}]"


def cell(system: System, column: str) -> tuple[str, str]:
    """Return a system's value in a column, and its interval; the latter is empty where there is none."""
    if column in _TOTALS:
        return f"{system.table.total.total(column):,.0f}", ""
    return figure(column, system.table.total.value(column)), bounds(column, system.intervals.get(column))


def shown_name(name: str, most: int = _LONGEST_NAME) -> str:
    """Return a system's name as it may be printed: on one line, without control characters, cut where it is long."""
    clean = "".join(c if c.isprintable() else "�" for c in " ".join(name.split()))
    return clean if len(clean) <= most else f"{clean[: most - 1]}…"


def ranked(systems: Iterable[System]) -> list[System]:
    """Return systems by Reward, the best first; ties by Strict Reward, then by name."""

    def rank(system: System) -> tuple[float, float, str]:
        columns = system.table.columns()
        return -(columns["reward"] or 0.0), -(columns["strict_reward"] or 0.0), system.table.system

    return sorted(systems, key=rank)
