"""Scores as plain text for a terminal, never wider than :data:`WIDTH` columns.

Nothing is left out to make things fit: one system stands in a column, many systems in several tables one below the
other. Every table ends with the signature, without which its numbers mean nothing.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

from soundscape.reports.figures import NOTHING, bounds, cell, figure, ranked, shown_name, signed
from soundscape.reports.leaderboard import SHOWN
from soundscape.scoring.chance import corrected
from soundscape.scoring.score import ScoreTable
from soundscape.scoring.signature import Signature
from soundscape.scoring.slices import CLIP_FACTORS, PsychometricPoint, Slice
from soundscape.scoring.statistics import Comparison, Interval, refuse_mixed_signatures
from soundscape.scoring.systems import System
from soundscape.scoring.tally import COLUMNS

WIDTH = 100
_GAP = 2
_SCORED = (
    "reward", "strict_reward", "iou_cos", "strict_iou_cos", "iou", "strict_iou", "f1", "recall", "precision", "wer",
    "how", "snd", "burst", "spk_acc", "halluc", "pred", "true",
)  # fmt: skip
#: Of these nothing is said where there is nothing of them.
_RARE = frozenset({"excused", "unparsed", "missing"})
_SLICED = ("reward", "strict_reward", "iou", "detected", "score", "wer", "cosine", "spk_acc")
_CLIP_SLICED = ("reward", "strict_reward", "f1", "recall", "precision", "wer", "spk_acc", "halluc")
_SLICE_HEADINGS = {"strict_reward": "Strict", "detected": "detected", "score": "S", "cosine": "cos"}


def score_lines(table: ScoreTable, intervals: Mapping[str, Interval], *, level: float = 0.95) -> list[str]:
    """Return one system's score: every column with its interval, cosines beside the level of chance.

    Args:
        table: the score.
        intervals: of its columns, at the confidence ``level``.
        level: confidence of the intervals.
    """
    above = corrected(table.columns(), table.chance)
    rows = []
    for name in _SCORED:
        row = [COLUMNS[name][0], figure(name, table.total.value(name)), bounds(name, intervals.get(name))]
        chance = [figure(name, table.chance[name]), signed(name, above[name])] if name in table.chance else ["", ""]
        rows.append(row + chance)
    head = ["", "value", f"{100 * level:g} % interval", "by chance", "above chance"]
    true, counted = table.total.total("true"), table.total.total("pred")
    title = (
        f"{shown_name(table.system, WIDTH - 50)}: {len(table.clips):,} clips, {true:,.0f} true events, "
        f"{counted:,.0f} guess{'' if counted == 1 else 'es'} that count"
    )
    return [title, *_grid(head, rows), *_facts(table), *signature_lines(table.signature)]


def _facts(table: ScoreTable) -> list[str]:
    """Return what else there is to know: odd answers, repairs, word errors by language."""
    total = table.total
    facts = [
        f"unparsed: {total.total('unparsed'):,.0f}, without an answer: {total.total('missing'):,.0f}, "
        f"unknown clips: {len(table.unknown_clips):,}, guesses at unscored events, which count nowhere: "
        f"{total.total('excused'):,.0f}"
    ]
    if table.repairs:
        facts.append("repairs: " + ", ".join(f"{kind} {n:,}" for kind, n in table.repairs.items()))
    if total.words:
        each = (f"{name} {100 * e.rate:.1f} % of {e.length:,} {e.unit}s" for name, e in total.words)
        facts.append("WER by language, pooled and not limited to 1: " + ", ".join(each))
    return [line for fact in facts for line in textwrap.wrap(fact, WIDTH, subsequent_indent="  ")]


def slice_lines(parts: Sequence[Slice]) -> list[str]:
    """Return a score by factor, a table for each factor in the order they come."""
    out: list[str] = []
    for factor in dict.fromkeys(part.factor for part in parts):
        shown = _CLIP_SLICED if factor in CLIP_FACTORS else _SLICED
        head = [factor, "events", "clips", *(_SLICE_HEADINGS.get(c) or COLUMNS[c][0] for c in shown)]
        rows = [
            [part.bin, f"{part.events:,}", f"{part.clips:,}", *(figure(c, part.values[c]) for c in shown)]
            for part in parts
            if part.factor == factor
        ]
        out += ["", *_grid(head, rows)]
    return out


def psychometric_lines(points: Sequence[PsychometricPoint]) -> list[str]:
    """Return detection and content against SNR, by type."""
    rows = [
        [
            p.type,
            f"{p.snr_db:+.0f}",
            f"{p.events:,}",
            f"{p.detection:.2f}",
            f"[{p.low:.2f}, {p.high:.2f}]",
            NOTHING if p.content is None else f"{p.content:.3f}",
        ]
        for p in points
    ]
    return ["", *_grid(["type", "SNR dB", "events", "detected", "95 % interval", "content"], rows)] if rows else []


def comparison_lines(found: Comparison) -> list[str]:
    """Return two systems side by side, with the difference, its interval and p."""
    rows = []
    for row in found.columns:
        name = row.column
        if name == "true" or (name in _RARE and row.first == row.second == 0.0):
            continue
        rows.append(
            [
                COLUMNS[name][0],
                figure(name, row.first),
                figure(name, row.second),
                signed(name, row.difference),
                f"[{signed(name, row.interval.low)}, {signed(name, row.interval.high)}]",
                f"{row.p:.3f}",
                {None: "", found.first: "first", found.second: "second"}[row.better],
            ]
        )
    head = ["", "first", "second", "difference", f"{100 * found.level:g} % interval", "p", "better"]
    return [
        f"first: {shown_name(found.first, WIDTH - 10)}",
        f"second: {shown_name(found.second, WIDTH - 10)}",
        f"{found.clips:,} clips, {found.resamples:,} resamples; p for each column by itself",
        *_grid(head, rows),
    ]


def leaderboard_lines(systems: Sequence[System]) -> list[str]:
    """Return many systems, a row each, in as many tables as it takes.

    Args:
        systems: at least one, in any order.

    Raises:
        DataError: two signatures differ; the message names the fields.
    """
    refuse_mixed_signatures([system.table for system in systems])
    order = ranked(systems)
    names = [f"{n}  {shown_name(system.table.system)}" for n, system in enumerate(order, start=1)]
    columns = [[COLUMNS[c][0], *(" ".join(cell(system, c)).rstrip() for system in order)] for c in SHOWN]
    first = max(map(len, names))
    blocks: list[list[list[str]]] = []
    room = 0
    for column in columns:
        width = _GAP + max(map(len, column))
        if width > room:
            blocks.append([])
            room = WIDTH - first
        blocks[-1].append(column)
        room -= width
    out = [f"{len(order[0].table.clips):,} clips, ranked by Reward; in brackets bootstrap intervals over clips"]
    for block in blocks:
        head, *rows = zip(["", *names], *block, strict=True)
        out += ["", *_grid(head, rows)]
    return [*out, "", *signature_lines(order[0].table.signature)]


def signature_lines(signature: Signature) -> list[str]:
    """Return a signature in lines that break between its fields."""
    lines = ["signature: "]
    for number, (name, value) in enumerate(signature.fields):
        part = f"{'|' if number else ''}{name}:{value}"
        if len(lines[-1]) + len(part) > WIDTH:
            lines.append("  ")
        lines[-1] += part
    return lines


def _grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return lines of aligned cells, the first column to the left, all others to the right."""
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    gap = " " * _GAP
    return [
        gap.join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))]).rstrip()
        for row in cells
    ]
