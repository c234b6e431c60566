from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from soundscape.planning import coverage
from soundscape.planning.coverage import FACTORS, Draws, quantile, tour


@pytest.mark.parametrize("factor", FACTORS)
def test_a_factor_is_covered_evenly_by_the_first_scenes(factor: str) -> None:
    points = np.array([quantile(1, factor, i) for i in range(200)])
    counts = np.histogram(points, bins=8, range=(0, 1))[0]
    # 25 a bin is even; independent draws would scatter by ±5.
    assert abs(counts - 25).max() <= 9
    assert counts.std() < 4.5


def test_two_factors_together_fill_the_square_better_than_chance() -> None:
    points = np.array([[quantile(3, "overlap", i), quantile(3, "rt60", i)] for i in range(256)])
    chance = [qmc.discrepancy(np.random.default_rng(k).random((256, 2))) for k in range(20)]
    assert qmc.discrepancy(points) < 0.5 * np.median(chance)


def test_unscrambled_digits_are_van_der_corputs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coverage, "_digits", lambda seed, factor, position, block, base: tuple(range(base)))
    mine = [[quantile(0, factor, i) for factor in FACTORS] for i in range(50)]
    theirs = qmc.Halton(len(FACTORS), scramble=False).random(50)
    np.testing.assert_allclose(mine, theirs, atol=1e-12)


def test_a_point_depends_on_seed_factor_and_index_alone() -> None:
    assert quantile(1, "overlap", 7) == quantile(1, "overlap", 7)
    assert quantile(1, "overlap", 7) != quantile(2, "overlap", 7)
    assert 0.0 <= quantile("secret", "duration", 10**9) < 1.0


def test_every_factor_has_a_prime() -> None:
    assert len(coverage._PRIMES) == len(FACTORS)


def test_a_tour_sees_everything_once_wherever_it_begins() -> None:
    for position in (0, 3, 9, 10, 25, 1000003):
        assert sorted(tour(1, "pool", position, 10)) == list(range(10))
    assert list(tour(1, "pool", 5, 0)) == []


def test_tours_from_neighbouring_positions_begin_with_different_elements() -> None:
    first = [next(tour(1, "pool", p, 10)) for p in range(40)]
    for epoch in range(4):
        assert sorted(first[10 * epoch : 10 * epoch + 10]) == list(range(10))
    assert first[:10] != first[10:20]


def test_factors_stay_and_other_draws_change_with_the_attempt() -> None:
    a, b = Draws(1, 4, 0), Draws(1, 4, 1)
    assert a.factor("overlap") == b.factor("overlap")
    assert a.unit("x") != b.unit("x")
    assert a.unit("x", 1) != a.unit("x", 11)
    assert a.stream("x").random() == Draws(1, 4, 0).stream("x").random()


@pytest.mark.parametrize("factor", FACTORS)
def test_every_block_of_a_base_has_one_point_in_each_of_its_intervals(factor: str) -> None:
    base = coverage._PRIMES[FACTORS.index(factor)]
    for start in (0, base, 7 * base):
        cells = sorted(int(quantile("s", factor, i) * base) for i in range(start, start + base))
        assert cells == list(range(base))
    if base**2 < 1000:
        cells = sorted(int(quantile("s", factor, i) * base**2) for i in range(3 * base**2, 4 * base**2))
        assert cells == list(range(base**2))


@pytest.mark.parametrize("factor", FACTORS)
def test_the_number_of_a_scene_does_not_tell_its_factors(factor: str) -> None:
    """Who knows the factors of 300 scenes knows nothing of the others by the remainder of their numbers."""
    base = coverage._PRIMES[FACTORS.index(factor)]
    points = np.array([quantile("s", factor, i) for i in range(600)])
    remainders = np.arange(600) % base
    means = np.array([points[:300][remainders[:300] == r].mean() for r in range(base)])
    explained = 1 - np.mean((points[300:] - means[remainders[300:]]) ** 2) / np.var(points[300:])
    assert explained < 0.1
