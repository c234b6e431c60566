"""How sure a score is: intervals for a system, and a paired test between two.

Clips are the independent units, so it is clips that are resampled, whole, and a column is recomputed as total over
count each time. Every column uses the same resamples, and two systems the same clips.

* Intervals: percentile bootstrap (Efron 1979) over clips.
* Test: paired approximate randomisation (Noreen 1989; Riezler and Maxwell 2005): the two systems' answers to a clip are
  swapped at random; p is the share of shuffles whose difference is at least the observed one, both counted with one
  added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import DataError, UsageError
from soundscape.randomness import stream
from soundscape.scoring.score import ScoreTable
from soundscape.scoring.tally import COLUMN_NAMES, COLUMNS, Tally

_BLOCK = 64
#: Differences closer than this are equal: sums in another order must not change a p value.
_EQUAL = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The bounds between which a column lies at a confidence level."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One column of two systems. ``difference`` is first minus second; ``interval`` is its bootstrap interval.

    ``p`` is two-sided. ``better`` names the system that is significantly better at ``1 − level``, or is None.
    """

    column: str
    first: float
    second: float
    difference: float
    interval: Interval
    p: float
    better: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two systems on the same clips."""

    first: str
    second: str
    clips: int
    level: float
    resamples: int
    columns: tuple[Difference, ...]


def bootstrap(
    table: ScoreTable, *, level: float = 0.95, resamples: int = 1_000, seed: int | str = 0
) -> dict[str, Interval]:
    """Return an interval for every column that has a value.

    Args:
        table: a system's score.
        level: confidence, between 0 and 1.
        resamples: how many sets of clips are drawn, at least 10.
        seed: of the draws; the same table gives the same intervals.

    Raises:
        UsageError: level or resamples are out of range.
    """
    _check(level, resamples)
    totals, counts = _matrices([clip.tally for clip in table.clips])
    values = _resampled(totals, counts, resamples, seed)
    return {
        name: _interval(values[:, i], level)
        for i, name in enumerate(COLUMN_NAMES)
        if table.total.count(name) and not np.isnan(values[:, i]).all()
    }


def compare(
    first: ScoreTable, second: ScoreTable, *, level: float = 0.95, resamples: int = 1_000, seed: int | str = 0
) -> Comparison:
    """Compare two systems that answered the same clips.

    Args:
        first: a system's score.
        second: another's, with an equal signature.
        level: confidence of the intervals and of ``better``, between 0 and 1.
        resamples: of the bootstrap, and shuffles of the test, at least 10.
        seed: of the draws.

    Raises:
        DataError: the signatures differ, or the clips do.
        UsageError: level or resamples are out of range.
    """
    _check(level, resamples)
    refuse_mixed_signatures((first, second))
    one, two = _aligned(first, second)
    a, b = _matrices(one), _matrices(two)
    spread = _resampled(*a, resamples, seed) - _resampled(*b, resamples, seed)
    shuffled = _shuffled(a, b, resamples, seed)
    rows = []
    for i, name in enumerate(COLUMN_NAMES):
        left, right = first.total.value(name), second.total.value(name)
        if left is None or right is None or np.isnan(spread[:, i]).all():
            continue
        difference = left - right
        p = _p_value(difference, shuffled[:, i])
        more_is_better = COLUMNS[name][1]
        better = None
        if more_is_better is not None and p <= 1.0 - level:
            better = first.system if (difference > 0) == more_is_better else second.system
        interval = _interval(spread[:, i], level)
        rows.append(
            Difference(
                column=name, first=left, second=right, difference=difference, interval=interval, p=p, better=better
            )
        )
    return Comparison(
        first=first.system,
        second=second.system,
        clips=len(one),
        level=level,
        resamples=resamples,
        columns=tuple(rows),
    )


def refuse_mixed_signatures(tables: Sequence[ScoreTable]) -> None:
    """Refuse scores that cannot be compared.

    Raises:
        DataError: two signatures differ; the message names the fields and both values.
    """
    for table in tables[1:]:
        different = tables[0].signature.differences(table.signature)
        if different:
            fields = "; ".join(f"{n} is {a!r} and {b!r}" for n, (a, b) in different.items())
            raise DataError(
                f"{tables[0].system!r} and {table.system!r} were not marked alike: {fields}",
                hint="mark both again with the same keys, options, embedder, prompt and version of soundscape",
            )


def _check(level: float, resamples: int) -> None:
    if not 0.0 < level < 1.0:
        raise UsageError(f"confidence level is {level!r}, expected a number between 0 and 1")
    if resamples < 10:
        raise UsageError(f"{resamples!r} resamples are too few, expected at least 10")


def _aligned(first: ScoreTable, second: ScoreTable) -> tuple[list[Tally], list[Tally]]:
    other = {clip.clip_id: clip.tally for clip in second.clips}
    ids = [clip.clip_id for clip in first.clips]
    odd = sorted(set(ids) ^ set(other))
    if odd:
        raise DataError(
            f"{first.system!r} and {second.system!r} were marked on different clips, {odd[0]!r} among them",
            hint="mark both against the same answer key",
        )
    return [clip.tally for clip in first.clips], [other[name] for name in ids]


def _matrices(tallies: Sequence[Tally]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return totals and counts, each ``(clips, columns)``."""
    shape = (len(tallies), len(COLUMN_NAMES))
    totals = np.array([t.totals for t in tallies], dtype=np.float64).reshape(shape)
    return totals, np.array([t.counts for t in tallies], dtype=np.float64).reshape(shape)


def _ratio(totals: NDArray[np.float64], counts: NDArray[np.float64]) -> NDArray[np.float64]:
    out = np.full(totals.shape, np.nan)
    np.divide(totals, counts, out=out, where=counts > 0)
    return out


def _resampled(
    totals: NDArray[np.float64], counts: NDArray[np.float64], resamples: int, seed: int | str
) -> NDArray[np.float64]:
    """Return the columns of every resample, ``(resamples, columns)``; NaN where a resample has nothing to count."""
    clips = len(totals)
    if clips == 0:
        return np.full((resamples, len(COLUMN_NAMES)), np.nan)
    rng = stream(seed, "bootstrap", clips)
    out = []
    for start in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - start)
        drawn = rng.integers(0, clips, size=(size, clips))
        weights = np.stack([np.bincount(row, minlength=clips) for row in drawn]).astype(np.float64)
        out.append(_ratio(weights @ totals, weights @ counts))
    return np.concatenate(out)


def _shuffled(
    a: tuple[NDArray[np.float64], NDArray[np.float64]],
    b: tuple[NDArray[np.float64], NDArray[np.float64]],
    resamples: int,
    seed: int | str,
) -> NDArray[np.float64]:
    """Return the differences after swapping the systems on random clips, ``(resamples, columns)``."""
    clips = len(a[0])
    rng = stream(seed, "randomisation", clips)
    totals, counts = a[0] + b[0], a[1] + b[1]
    both_totals, both_counts = totals.sum(axis=0), counts.sum(axis=0)
    out = []
    for start in range(0, resamples, _BLOCK):
        keep = rng.integers(0, 2, size=(min(_BLOCK, resamples - start), clips)).astype(np.float64)
        one_totals = keep @ a[0] + (1.0 - keep) @ b[0]
        one_counts = keep @ a[1] + (1.0 - keep) @ b[1]
        other = _ratio(both_totals - one_totals, both_counts - one_counts)
        out.append(_ratio(one_totals, one_counts) - other)
    return np.concatenate(out)


def _p_value(observed: float, shuffled: NDArray[np.float64]) -> float:
    valid = shuffled[~np.isnan(shuffled)]
    return float((1 + np.count_nonzero(np.abs(valid) >= abs(observed) - _EQUAL)) / (1 + len(valid)))


def _interval(values: NDArray[np.float64], level: float) -> Interval:
    tail = (1.0 - level) / 2.0
    low, high = np.nanquantile(values, [tail, 1.0 - tail])
    return Interval(low=float(low), high=float(high))
