"""Many systems in one table: Markdown, CSV or one plain HTML page.

Only scores with equal signatures stand in one table. Rows are ranked by Reward, ties by Strict Reward, then by name;
each value comes with its confidence interval where the score file has one.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from soundscape.errors import UsageError, nearest
from soundscape.reports.figures import NOTHING, cell, ranked, signed
from soundscape.reports.markup import Markup, page, tag
from soundscape.scoring.chance import corrected
from soundscape.scoring.statistics import refuse_mixed_signatures
from soundscape.scoring.systems import System
from soundscape.scoring.tally import COLUMNS

#: The columns that are shown, in order.
SHOWN = (
    "reward", "strict_reward", "iou_cos", "iou", "f1", "recall", "precision", "wer", "how", "snd", "burst", "spk_acc",
    "halluc", "pred", "true", "unparsed", "missing",
)  # fmt: skip
_HEADINGS = {name: COLUMNS[name][0] for name in SHOWN}
FORMATS = ("md", "csv", "html")


def leaderboard(systems: Sequence[System], form: str = "md") -> str:
    """Return the table of all systems as text.

    Args:
        systems: at least one.
        form: one of :data:`FORMATS`.

    Raises:
        DataError: two signatures differ; the message names the fields.
        UsageError: there are no systems, or the format is unknown.
    """
    if form not in FORMATS:
        raise UsageError(
            f"there is no table format {form!r}{nearest(form, FORMATS)}", hint=f"known: {', '.join(FORMATS)}"
        )
    if not systems:
        raise UsageError("a leaderboard needs at least one score file")
    refuse_mixed_signatures([system.table for system in systems])
    return {"md": _markdown, "csv": _csv, "html": _html}[form](ranked(systems))


def _notes(order: Sequence[System]) -> list[str]:
    """Return what is to be said of a table: its clips, the level of chance for its first system, its signature."""
    table = order[0].table
    notes = [f"{len(table.clips):,} clips. Ranked by Reward. In brackets: bootstrap intervals over clips."]
    above = corrected(table.columns(), table.chance)
    chance = [
        f"{COLUMNS[c][0]} {level:.3f} ({_above(c, above[c])} above it for {table.system})"
        for c, level in table.chance.items()
        if level is not None
    ]
    return [*notes, *(["Chance level: " + "; ".join(chance)] if chance else []), f"Signature: {table.signature}"]


def _above(column: str, value: float | None) -> str:
    return "nothing" if value is None else signed(column, value)


def _markdown(order: Sequence[System]) -> str:
    def line(cells: Sequence[str]) -> str:
        escaped = (" ".join(c.split()).replace("|", "\\|") for c in cells)
        return f"| {' | '.join(escaped)} |"

    rule = "|" + "|".join(["---:", "---", *("---:" for _ in SHOWN)]) + "|"
    body = [line([str(n), s.table.system, *(" ".join(cell(s, c)) for c in SHOWN)]) for n, s in enumerate(order, 1)]
    head = line(["rank", "system", *_HEADINGS.values()])
    return "\n".join([head, rule, *body, "", *(f"{note}\n" for note in _notes(order))])


def _csv(order: Sequence[System]) -> str:
    """Return full numbers with their intervals, one row a system; the signature is the last field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    bounded = [(c, f"{c}_low", f"{c}_high") for c in SHOWN]
    writer.writerow(["rank", "system", *(name for names in bounded for name in names), "signature"])
    for n, system in enumerate(order, start=1):
        cells: list[object] = [n, system.table.system]
        for column in SHOWN:
            value = system.table.total.value(column)
            interval = system.intervals.get(column)
            cells += [value, *((interval.low, interval.high) if interval else (None, None))]
        writer.writerow([*cells, str(system.table.signature)])
    return out.getvalue()


def _html(order: Sequence[System]) -> str:
    best = {column: _best(order, column) for column in SHOWN}
    heads = [tag("th", "rank", scope="col", class_="n"), tag("th", "system", scope="col")]
    heads += [tag("th", heading, scope="col", class_="n") for heading in _HEADINGS.values()]
    rows = [
        tag(
            "tr", tag("td", str(n), class_="n"), tag("th", tag("bdi", system.table.system), scope="row"),
            [_html_cell(system, column, best[column]) for column in SHOWN],
        )
        for n, system in enumerate(order, start=1)
    ]  # fmt: skip
    caption = f"{len(order)} systems; the best of a column is bold"
    table = tag("table", tag("caption", caption), tag("thead", tag("tr", heads)), tag("tbody", rows), class_="board")
    scroll = tag("div", table, class_="wide", tabindex="0", role="region", aria_label="Leaderboard")
    body = tag("main", tag("h1", "Leaderboard"), scroll, [tag("p", tag("bdi", note)) for note in _notes(order)])
    return page("Leaderboard", body, styles=(Path(__file__).with_name("page.css"),))


def _best(order: Sequence[System], column: str) -> float | None:
    """Return the best value of a column, where one is better than another."""
    better = COLUMNS[column][1]
    values = [v for system in order if (v := system.table.total.value(column)) is not None]
    if better is None or len(set(values)) < 2:
        return None
    return max(values) if better else min(values)


def _html_cell(system: System, column: str, best: float | None) -> Markup:
    value, interval = cell(system, column)
    is_best = best is not None and system.table.total.value(column) == best and value != NOTHING
    shown = tag("b", value) if is_best else value
    return tag("td", shown, tag("small", interval) if interval else None, class_="n")
