"""Systems by their score files: read together, told apart by name, fit to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from soundscape.scoring.document import read_scores
from soundscape.scoring.score import ScoreTable
from soundscape.scoring.statistics import Interval
from soundscape.scoring.tally import Tally, pool


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """A system as its score file has it: its score without events, and the intervals of its columns."""

    table: ScoreTable
    intervals: dict[str, Interval]


def read_systems(paths: Sequence[Path]) -> list[System]:
    """Return the systems of score files; those of one name have the file's name added.

    Raises:
        DataError: a file is no score file.
    """
    read = [read_scores(path) for path in paths]
    names = [table.system for table, _ in read]
    out = []
    for path, (table, intervals) in zip(paths, read, strict=True):
        name = table.system if names.count(table.system) == 1 else f"{table.system} ({path})"
        out.append(System(table=replace(table, system=name, total=_total(table)), intervals=intervals))
    return out


def _total(table: ScoreTable) -> Tally:
    """Return the sum of a score's clips.

    Files round the total apart from the clips. A paired test asks whether a shuffle that changes nothing gives the same
    difference, so the two must agree to the last digits.
    """
    total = pool(clip.tally for clip in table.clips)
    return Tally(total.totals, total.counts, table.total.words)
