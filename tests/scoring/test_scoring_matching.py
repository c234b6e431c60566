"""Overlap in time and assignment, against hand-made cases and SciPy on the whole matrix."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from soundscape.scoring.matching import assign, iou, match_speakers, overlap

TIMES = st.floats(-1e3, 1e3).map(lambda t: round(t, 3))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((0, 4), (0, 4), 1.0),
        ((0, 4), (2, 6), 1 / 3),
        ((0, 10), (4, 5), 0.1),
        ((0, 1), (1, 2), 0.0),
        ((0, 0), (0, 0), 0.0),
        ((4, 0), (0, 4), 0.0),
        ((0, 4), (float("nan"), 2), 0.0),
        ((0, 4), (float("-inf"), float("inf")), 0.0),
        ((0, 4), (-1e308, 1e308), 0.0),
    ],
)
def test_iou_by_hand(a, b, expected):
    assert iou(*a, *b) == pytest.approx(expected)
    assert iou(*b, *a) == pytest.approx(expected)


@given(TIMES, TIMES, TIMES, TIMES)
def test_iou_is_symmetric_and_bounded(a, b, c, d):
    assert iou(a, b, c, d) == iou(c, d, a, b)
    assert 0.0 <= iou(a, b, c, d) <= 1.0
    assert (iou(a, b, c, d) > 0.0) == (overlap(a, b, c, d) > 0.0)


@given(TIMES, TIMES)
def test_a_span_is_exactly_itself(a, b):
    assert iou(min(a, b), max(a, b), min(a, b), max(a, b)) == (1.0 if a != b else 0.0)


@pytest.mark.parametrize("density", [0.1, 0.3, 1.0])
def test_assignment_equals_scipy_on_the_whole_matrix(density):
    rng = random.Random(density)
    for _ in range(300):
        rows, columns = rng.randint(1, 9), rng.randint(1, 9)
        edges = [(i, j) for i in range(rows) for j in range(columns) if rng.random() < density]
        weights = {edge: rng.random() for edge in edges}
        matrix = np.zeros((rows, columns))
        for edge, weight in weights.items():
            matrix[edge] = weight
        pairs = assign(weights)
        assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
        assert set(pairs) <= set(weights)
        best = matrix[linear_sum_assignment(matrix, maximize=True)].sum()
        assert sum(weights[p] for p in pairs) == pytest.approx(best, abs=1e-12)


def test_many_guesses_for_few_events_are_assigned_quickly():
    rng = random.Random(1)
    weights = {(i, j): rng.random() for i in range(8) for j in range(5_000)}
    assert sorted(i for i, _ in assign(weights)) == list(range(8))


def test_nothing_to_assign():
    assert assign({}) == []


def test_speakers_by_seconds_with_shared_seconds_once():
    together = {("a", "x"): [(0.0, 3.0), (1.0, 3.0)], ("a", "y"): [(0.0, 4.0)], ("b", "y"): [(5.0, 6.0)]}
    # a–x 3 s and b–y 1 s make as many seconds as a–y alone; a–y with its bonus wins
    assert match_speakers(together, {("a", "y"): 1e-9}) == {"a": "y"}
    assert match_speakers(together, {("a", "x"): 1e-9}) == {"a": "x", "b": "y"}
    assert match_speakers({}, {}) == {}
