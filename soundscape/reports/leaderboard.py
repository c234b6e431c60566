"""Many systems in one table: Markdown, CSV or one plain HTML page.

Only scores with equal signatures stand in one table. Rows are ranked by Reward, ties by Strict Reward, then by name;
each value comes with its confidence interval where the score file has one.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from soundscape.errors import UsageError, nearest
from soundscape.scoring.chance import corrected
from soundscape.scoring.document import read_scores
from soundscape.scoring.score import ScoreTable
from soundscape.scoring.statistics import Interval, refuse_mixed_signatures
from soundscape.scoring.tally import COLUMNS

#: The columns that are shown, in order.
SHOWN = (
    "reward", "strict_reward", "iou_cos", "iou", "f1", "recall", "precision", "wer", "how", "snd", "burst", "spk_acc",
    "halluc", "pred", "true", "unparsed", "missing",
)  # fmt: skip
_PERCENT = frozenset({"wer", "spk_acc", "halluc"})
_WHOLE = frozenset({"unparsed", "missing"})
_COUNTS = frozenset({"pred", "true"})
_HEADINGS = {name: COLUMNS[name][0] for name in SHOWN}
FORMATS = ("md", "csv", "html")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One system's score and its intervals by column."""

    table: ScoreTable
    intervals: Mapping[str, Interval]


def read_entries(paths: Iterable[Path]) -> tuple[Entry, ...]:
    """Return the systems of score files.

    Raises:
        DataError: a file is no score file.
    """
    entries = []
    for path in paths:
        table, intervals = read_scores(path)
        entries.append(Entry(table=table, intervals=intervals))
    return tuple(entries)


def leaderboard(entries: Sequence[Entry], form: str = "md") -> str:
    """Return the table of all systems as text.

    Args:
        entries: at least one.
        form: one of :data:`FORMATS`.

    Raises:
        DataError: two signatures differ; the message names the fields.
        UsageError: there are no entries, or the format is unknown.
    """
    if form not in FORMATS:
        raise UsageError(
            f"there is no table format {form!r}{nearest(form, FORMATS)}", hint=f"known: {', '.join(FORMATS)}"
        )
    if not entries:
        raise UsageError("a leaderboard needs at least one score file")
    refuse_mixed_signatures([entry.table for entry in entries])
    ranked = sorted(entries, key=_rank)
    return {"md": _markdown, "csv": _csv, "html": _html}[form](ranked)


def _rank(entry: Entry) -> tuple[float, float, str]:
    columns = entry.table.columns()
    return -(columns["reward"] or 0.0), -(columns["strict_reward"] or 0.0), entry.table.system


def _shown(entry: Entry, column: str) -> str:
    table = entry.table
    if column in _WHOLE:
        return f"{table.total.total(column):.0f}"
    value = table.total.value(column)
    if value is None:
        return "–"
    interval = entry.intervals.get(column)
    if column in _PERCENT:
        bounds = f" [{100 * interval.low:.0f}, {100 * interval.high:.0f}]" if interval else ""
        return f"{100 * value:.0f}%{bounds}"
    if column in _COUNTS:
        return f"{value:.1f}"
    return f"{value:.3f}" + (f" [{interval.low:.3f}, {interval.high:.3f}]" if interval else "")


def _chance_note(entry: Entry) -> str:
    table = entry.table
    above = corrected(table.columns(), table.chance)
    parts = [
        f"{COLUMNS[c][0]} {table.chance[c]:.3f} ({_signed(above[c])} above it for {table.system})"
        for c in table.chance
        if table.chance[c] is not None
    ]
    return "Chance level: " + "; ".join(parts) if parts else ""


def _signed(value: float | None) -> str:
    return "nothing" if value is None else f"{value:+.3f}"


def _notes(ranked: Sequence[Entry]) -> list[str]:
    notes = [f"{len(ranked[0].table.clips)} clips. Ranked by Reward. In brackets: bootstrap intervals over clips."]
    chance = _chance_note(ranked[0])
    return [*notes, *([chance] if chance else []), f"Signature: {ranked[0].table.signature}"]


def _rows(ranked: Sequence[Entry]) -> list[list[str]]:
    return [[str(n), e.table.system, *(_shown(e, c) for c in SHOWN)] for n, e in enumerate(ranked, start=1)]


def _header() -> list[str]:
    return ["rank", "system", *_HEADINGS.values()]


def _markdown(ranked: Sequence[Entry]) -> str:
    def line(cells: Sequence[str]) -> str:
        escaped = (" ".join(c.split()).replace("|", "\\|") for c in cells)
        return f"| {' | '.join(escaped)} |"

    rule = "|" + "|".join(["---:", "---", *("---:" for _ in SHOWN)]) + "|"
    body = [line(row) for row in _rows(ranked)]
    return "\n".join([line(_header()), rule, *body, "", *(f"{note}\n" for note in _notes(ranked))])


def _csv(ranked: Sequence[Entry]) -> str:
    """Return full numbers with their intervals, one row a system; the signature is the last field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    bounded = [(c, f"{c}_low", f"{c}_high") for c in SHOWN]
    writer.writerow(["rank", "system", *(name for names in bounded for name in names), "signature"])
    for n, entry in enumerate(ranked, start=1):
        cells: list[object] = [n, entry.table.system]
        for column in SHOWN:
            value = entry.table.total.value(column)
            interval = entry.intervals.get(column)
            cells += [value, *((interval.low, interval.high) if interval else (None, None))]
        writer.writerow([*cells, str(entry.table.signature)])
    return out.getvalue()


def _html(ranked: Sequence[Entry]) -> str:
    head = "".join(f"<th>{html.escape(h)}</th>" for h in _header())
    body = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(ranked)
    )
    notes = "".join(f"<p>{html.escape(note)}</p>\n" for note in _notes(ranked))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Leaderboard</title>
<style>
body {{ font: 14px/1.5 system-ui, sans-serif; margin: 2rem; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .3rem .6rem; border-bottom: 1px solid #ccc; text-align: right; white-space: nowrap; }}
th:nth-child(2), td:nth-child(2) {{ text-align: left; }}
p {{ max-width: 60rem; overflow-wrap: anywhere; color: #444; }}
</style>
</head>
<body>
<h1>Leaderboard</h1>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
{notes}</body>
</html>
"""
