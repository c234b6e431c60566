"""When the turns of a conversation start, so that the share of overlapping speech is what was asked.

Overlap is (time with two or more speakers) / (time with one or more). Everything is in whole milliseconds, so a
schedule that exists meets its request exactly, up to rounding. Two shapes:

* one conversation (:func:`chain`): turns follow one another; neighbours of different speakers may overlap, each by
  less than half of either turn, so never more than two speak at once and nobody speaks over themselves;
* several at once (:func:`crowd`): lanes of turns with pauses scaled by one factor, found by bisection.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: The largest share of a turn that one neighbour may cover.
_MOST_COVERED = 0.48
#: The least pause between turns that do not overlap, in ms.
_LEAST_GAP = 80


class Unschedulable(Exception):
    """No schedule of these turns meets the request; the message says what would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn to be placed: who speaks, and for how long (ms)."""

    speaker: str
    length: int


def overlap_share(turns: Sequence[Turn], starts: Sequence[int]) -> float:
    """Return (time with two or more) / (time with one or more) of turns at their starts; 0 without turns."""
    edges = sorted([(s, 1) for s in starts] + [(s + t.length, -1) for s, t in zip(starts, turns, strict=True)])
    some = several = count = last = 0
    for time, step in edges:
        if count >= 1:
            some += time - last
        if count >= 2:
            several += time - last
        count += step
        last = time
    return several / some if some else 0.0


def _split(total: int, weights: Sequence[float]) -> list[int]:
    """Return whole numbers in proportion to weights that add up to ``total`` exactly."""
    scale = sum(weights)
    ends = [round(total * part / scale) for part in np.cumsum(weights).tolist()]
    return [b - a for a, b in zip([0, *ends], ends, strict=False)]


def _shared(turns: Sequence[Turn], overlap: float, rng: np.random.Generator) -> list[int]:
    """Return how much each pair of neighbours overlaps, in ms."""
    total = sum(t.length for t in turns)
    wanted = round(overlap * total / (1.0 + overlap))
    caps = [
        int(_MOST_COVERED * min(a.length, b.length)) if a.speaker != b.speaker else 0
        for a, b in itertools.pairwise(turns)
    ]
    most = sum(caps)
    if wanted > most:
        reach = most / (total - most) if total else 0.0
        voices = len({t.speaker for t in turns})
        raise Unschedulable(
            f"an overlap of {overlap:.3f} is more than {len(turns)} turns of {voices} speakers can give ({reach:.3f})"
        )
    shared = [0] * len(caps)
    if wanted == 0:
        return shared
    chosen: list[int] = []
    room = 0
    for i in rng.permutation(len(caps)).tolist():
        if caps[i] and room < 1.25 * wanted:
            chosen.append(i)
            room += caps[i]
    for i, part in zip(chosen, _split(wanted, [caps[i] for i in chosen]), strict=True):
        shared[i] = min(part, caps[i])
    return shared


def chain(
    turns: Sequence[Turn], overlap: float, available: int, gaps: Sequence[int], rng: np.random.Generator
) -> list[int]:
    """Return the start of each turn, in ms from 0, for one conversation within ``available`` ms.

    Args:
        turns: in speaking order.
        overlap: requested share of overlapping speech.
        available: the time there is.
        gaps: the pause (ms) to leave at each boundary that does not overlap; shortened together where time is short.
        rng: decides which boundaries overlap and where spare time goes.

    Raises:
        Unschedulable: the turns do not fit, or cannot overlap as much.
    """
    if not turns:
        return []
    shared = _shared(turns, overlap, rng)
    pauses = [0 if s else max(g, _LEAST_GAP) for s, g in zip(shared, gaps, strict=False)]
    speech = sum(t.length for t in turns) - sum(shared)
    spare = available - speech - sum(pauses)
    if spare < 0:
        least = [0 if s else _LEAST_GAP for s in shared]
        room = available - speech - sum(least)
        if room < 0:
            raise Unschedulable(f"{speech / 1000:.1f} s of speech do not fit into {available / 1000:.1f} s")
        extra = [p - q for p, q in zip(pauses, least, strict=True)]
        pauses = [q + part for q, part in zip(least, _split(room, extra), strict=True)]
        spare = 0
    weights = [1.0 + rng.random(), *(0.0 if s else 1.0 + rng.random() for s in shared), 1.0 + rng.random()]
    slack = _split(spare, weights)
    starts = [slack[0]]
    for turn, s, pause, more in zip(turns, shared, pauses, slack[1:], strict=False):
        starts.append(starts[-1] + turn.length - s + pause + more)
    return starts


def crowd(
    lanes: Sequence[Sequence[Turn]], overlap: float, available: int, rng: np.random.Generator, tolerance: float = 0.005
) -> list[list[int]]:
    """Return the starts of each lane's turns, in ms, for conversations that go on at the same time.

    Each lane fills more of the time as one common factor stretches its pauses; the factor that gives the requested
    overlap is found by bisection.

    Raises:
        Unschedulable: a lane does not fit, or the request lies outside what stretching can reach.
    """
    turns = [t for lane in lanes for t in lane]
    spare = [available - sum(t.length for t in lane) - _LEAST_GAP * len(lane) for lane in lanes]
    if min(spare) < 0:
        raise Unschedulable(f"a conversation of {len(lanes)} is longer than the {available / 1000:.1f} s there are")
    weights = [[0.2 + rng.random() for _ in range(len(lane) + 1)] for lane in lanes]

    def place(stretch: float) -> list[list[int]]:
        out = []
        for lane, w, s in zip(lanes, weights, spare, strict=True):
            pauses = _split(round(s * stretch), w)
            at, starts = 0, []
            for turn, pause in zip(lane, pauses, strict=False):
                at += pause + _LEAST_GAP
                starts.append(at)
                at += turn.length
            out.append(starts)
        return out

    def share(stretch: float) -> float:
        return overlap_share(turns, [s for lane in place(stretch) for s in lane])

    low, high = 0.0, 1.0
    if not share(1.0) - tolerance <= overlap <= share(0.0) + tolerance:
        raise Unschedulable(
            f"an overlap of {overlap:.3f} lies outside the {share(1.0):.3f} … {share(0.0):.3f} that {len(lanes)} "
            "conversations of these turns can give"
        )
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if share(middle) > overlap else (low, middle)
    best = min((low, high), key=lambda g: abs(share(g) - overlap))
    if abs(share(best) - overlap) > tolerance:
        raise Unschedulable(f"an overlap of {overlap:.3f} is jumped over by these turns ({share(best):.3f} is nearest)")
    return place(best)
