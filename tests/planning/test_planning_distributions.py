from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import RecipeError
from soundscape.planning.distributions import constant, parse

CASES = [
    5,
    "music",
    {"choice": [1, 2, 3]},
    {"choice": ["a", "b"], "weights": [3, 1]},
    {"integers": [2, 6]},
    {"uniform": [-1.5, 4]},
    {"log_uniform": [0.1, 10]},
    {"normal": [2, 0.5]},
    {"truncated_normal": [0, 2, -4, 4]},
    {"triangular": [0, 1, 5]},
    {"poisson": [2.5, 8]},
]


@pytest.mark.parametrize("raw", CASES, ids=str)
def test_data_round_trip_gives_the_same_draws(raw: object) -> None:
    first = parse(raw, "/x")
    again = parse(first.data(), "/x")
    assert [first.at(u) for u in (0.0, 0.1, 0.5, 0.999)] == [again.at(u) for u in (0.0, 0.1, 0.5, 0.999)]


@pytest.mark.parametrize("raw", [c for c in CASES if isinstance(c, dict) and "a" not in c.get("choice", [])], ids=str)
def test_quantiles_rise_and_stay_within_the_bounds(raw: dict[str, list[float]]) -> None:
    d = parse(raw, "/x")
    values = [d.number(u) for u in np.linspace(0, 1, 101, endpoint=False)]
    assert values == sorted(values) or "choice" in raw
    assert d.low <= min(values)
    assert max(values) <= d.high


@pytest.mark.parametrize(
    ("raw", "mean", "sd"),
    [
        ({"uniform": [2, 6]}, 4.0, 4 / math.sqrt(12)),
        ({"normal": [3, 2]}, 3.0, 2.0),
        ({"log_uniform": [1, math.e]}, math.e - 1, math.sqrt((math.e**2 - 1) / 2 - (math.e - 1) ** 2)),
        ({"triangular": [0, 0, 3]}, 1.0, math.sqrt(9 / 18)),
        ({"poisson": [2, 40]}, 2.0, math.sqrt(2)),
        ({"integers": [1, 6]}, 3.5, math.sqrt(35 / 12)),
        ({"choice": [0, 10], "weights": [1, 3]}, 7.5, math.sqrt(75 * 0.25)),
    ],
    ids=str,
)
def test_mean_and_spread_are_those_of_the_named_distribution(raw: object, mean: float, sd: float) -> None:
    d = parse(raw, "/x")
    draws = np.array([d.number((k + 0.5) / 20000) for k in range(20000)])
    assert draws.mean() == pytest.approx(mean, rel=2e-3)
    assert draws.std() == pytest.approx(sd, rel=5e-3)
    assert d.mean() == pytest.approx(mean, rel=2e-3)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ({"unifrom": [0, 1]}, "'uniform'"),
        ({"uniform": [2, 1]}, "out of order"),
        ({"uniform": [1]}, "2 numbers"),
        ({"uniform": [0, math.inf]}, "2 numbers"),
        ({"log_uniform": [0, 1]}, "out of order"),
        ({"integers": [0.5, 2]}, "out of range"),
        ({"choice": []}, "at least one"),
        ({"choice": [1, 2], "weights": [1]}, "2 numbers"),
        ({"choice": [1, 2], "weights": [0, 0]}, "not all 0"),
        ({"choice": [1, 2], "weights": [1, -1]}, "≥ 0"),
        ({"uniform": [0, 1], "weights": [1]}, "choice only"),
        ({"uniform": [0, 1], "normal": [0, 1]}, "one of"),
        ({}, "one of"),
        ([1, 2], "one of"),
        ({"poisson": [0, 5]}, "out of range"),
        ({"truncated_normal": [0, 1, 5, 5]}, "out of order"),
    ],
    ids=str,
)
def test_a_wrong_form_names_the_place_and_what_was_expected(raw: object, says: str) -> None:
    with pytest.raises(RecipeError, match=r"/speech/overlap") as caught:
        parse(raw, "/speech/overlap")
    assert says in str(caught.value)


@given(st.floats(0, 1, exclude_max=True), st.lists(st.floats(0.01, 100), min_size=1, max_size=6))
def test_choice_follows_its_weights(u: float, weights: list[float]) -> None:
    values = list(range(len(weights)))
    d = parse({"choice": values, "weights": weights}, "/x")
    below = math.fsum(weights[: d.integer(u)]) / math.fsum(weights)
    above = math.fsum(weights[: d.integer(u) + 1]) / math.fsum(weights)
    assert below <= u + 1e-12
    assert u <= above + 1e-12


def test_a_name_is_not_a_number() -> None:
    with pytest.raises(RecipeError, match="number"):
        constant("loud").number(0.5)
