from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from soundscape.randomness import stream, unit

name = st.lists(st.one_of(st.text(max_size=8), st.integers(0, 10**12)), max_size=4).map(tuple)


@given(name, name)
def test_different_names_give_different_streams(a: tuple[str | int, ...], b: tuple[str | int, ...]) -> None:
    same = [type(x) for x in a] == [type(x) for x in b] and a == b
    assert (unit(1, *a) == unit(1, *b)) == same
    assert (stream(1, *a).random() == stream(1, *b).random()) == same


def test_names_are_not_joined_loosely() -> None:
    assert unit(1, "ab", "c") != unit(1, "a", "bc")
    assert unit(1, 12) != unit(1, "12")
    assert unit(1, "x") != unit("1", "x")


def test_the_draws_are_those_of_every_other_machine() -> None:
    assert unit(1, "scene", 0, "gain") == 0.4567081978591614
    assert stream(1, "scene", 0).integers(0, 1000, 5).tolist() == [143, 20, 66, 57, 709]


def test_units_are_uniform() -> None:
    draws = np.array([unit(5, "k", k) for k in range(20_000)])
    counts = np.histogram(draws, bins=20, range=(0, 1))[0]
    # χ² with 19 degrees of freedom: 43.8 is the 99.9th percentile.
    assert ((counts - 1000) ** 2 / 1000).sum() < 43.8
    assert draws.min() >= 0.0
    assert draws.max() < 1.0
