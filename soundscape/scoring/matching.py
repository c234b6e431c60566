"""Who answers to whom: overlap in time, one-to-one assignment, and speakers.

Conventions
* Spans are half-open. A span that ends before it starts, or is not finite, is empty and overlaps nothing.
* An assignment is a set of pairs, no row and no column twice, of the greatest total weight (Hungarian method,
  ``scipy.optimize.linear_sum_assignment``). Only pairs that are given may be chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import TypeAlias

import numpy as np

Edge: TypeAlias = tuple[int, int]

_BRUTE_FORCE = 3


def overlap(a_start: float, a_end: float, b_start: float, b_end: float) -> float:
    """Return the seconds that two spans share; 0 where one is empty."""
    if not (a_start < a_end and b_start < b_end):
        return 0.0
    shared = min(a_end, b_end) - max(a_start, b_start)
    return shared if shared > 0.0 else 0.0


def iou(a_start: float, a_end: float, b_start: float, b_end: float) -> float:
    """Return intersection over union of two spans, in [0, 1]; 0 where the union is empty."""
    shared = overlap(a_start, a_end, b_start, b_end)
    return min(1.0, shared / ((a_end - a_start) + (b_end - b_start) - shared)) if shared > 0.0 else 0.0


def assign(weights: Mapping[Edge, float]) -> list[Edge]:
    """Return the one-to-one assignment of the greatest total weight, in ascending order.

    Args:
        weights: a positive weight for every pair that may be chosen.

    The pairs fall into groups that share no row or column; each is solved alone, which is exact and, as events overlap
    few others, mostly trivial.
    """
    chosen: list[Edge] = []
    for group in _components(weights):
        if len(group) == 1:
            chosen += group
        else:
            chosen += _assign_group({edge: weights[edge] for edge in group})
    return sorted(chosen)


def match_speakers(
    intersections: Mapping[tuple[str, str], list[tuple[float, float]]], affinity: Mapping[tuple[str, str], float]
) -> dict[str, str]:
    """Return which label of a guess stands for which speaker of the key, one-to-one, by seconds of overlap.

    Args:
        intersections: for a speaker and a label, the spans during which both are heard in events of one type. Seconds
            that several pairs of events share count once.
        affinity: a small bonus that settles ties, the same for any naming of the labels.
    """
    seconds = {pair: _covered(spans) for pair, spans in intersections.items()}
    rows = {name: i for i, name in enumerate(dict.fromkeys(name for name, _ in seconds))}
    columns = {name: j for j, name in enumerate(dict.fromkeys(name for _, name in seconds))}
    weights = {(rows[a], columns[b]): s + affinity.get((a, b), 0.0) for (a, b), s in seconds.items() if s > 0.0}
    names, labels = list(rows), list(columns)
    return {names[i]: labels[j] for i, j in assign(weights)}


def _covered(spans: list[tuple[float, float]]) -> float:
    if len(spans) == 1:
        return spans[0][1] - spans[0][0]
    total, reached = 0.0, -float("inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _components(weights: Mapping[Edge, float]) -> list[list[Edge]]:
    """Return the pairs in groups that share no row or column."""
    by_row: dict[int, list[Edge]] = {}
    by_column: dict[int, list[Edge]] = {}
    for edge in weights:
        by_row.setdefault(edge[0], []).append(edge)
        by_column.setdefault(edge[1], []).append(edge)
    groups: list[list[Edge]] = []
    seen: set[int] = set()
    for row in by_row:
        if row in seen:
            continue
        seen.add(row)
        group, waiting, columns = [], [row], set()
        while waiting:
            for edge in by_row[waiting.pop()]:
                group.append(edge)
                if edge[1] in columns:
                    continue
                columns.add(edge[1])
                fresh = [other for other, _ in by_column[edge[1]] if other not in seen]
                seen.update(fresh)
                waiting += fresh
        groups.append(group)
    return groups


def _assign_group(weights: Mapping[Edge, float]) -> list[Edge]:
    rows = sorted({i for i, _ in weights})
    columns = sorted({j for _, j in weights})
    if len(rows) == 1 or len(columns) == 1:
        return [max(sorted(weights), key=weights.__getitem__)]
    if len(rows) <= _BRUTE_FORCE and len(columns) <= _BRUTE_FORCE:
        return _assign_few(weights, rows, columns)
    from scipy.optimize import linear_sum_assignment

    matrix = np.zeros((len(rows), len(columns)))
    row_of, column_of = {r: i for i, r in enumerate(rows)}, {c: j for j, c in enumerate(columns)}
    for (i, j), weight in weights.items():
        matrix[row_of[i], column_of[j]] = weight
    pairs = zip(*linear_sum_assignment(matrix, maximize=True), strict=True)
    return [edge for edge in ((rows[i], columns[j]) for i, j in pairs) if edge in weights]


def _assign_few(weights: Mapping[Edge, float], rows: list[int], columns: list[int]) -> list[Edge]:
    """Solve a small group by trying everything: at most six permutations."""
    flipped = len(rows) > len(columns)
    short, long = (columns, rows) if flipped else (rows, columns)
    best: list[Edge] = []
    most = -1.0
    for order in permutations(long, len(short)):
        edges = [(b, a) if flipped else (a, b) for a, b in zip(short, order, strict=True)]
        total = sum(weights.get(edge, 0.0) for edge in edges)
        if total > most:
            best, most = edges, total
    return [edge for edge in best if edge in weights]
