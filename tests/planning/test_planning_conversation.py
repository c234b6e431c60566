from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.planning.conversation import Turn, Unschedulable, chain, crowd, overlap_share


def slow_overlap(turns: list[Turn], starts: list[int]) -> float:
    """Count every millisecond."""
    end = max(s + t.length for s, t in zip(starts, turns, strict=True))
    voices = np.zeros(end, dtype=int)
    for s, t in zip(starts, turns, strict=True):
        voices[s : s + t.length] += 1
    return float((voices >= 2).sum() / (voices >= 1).sum())


turns_strategy = st.lists(
    st.builds(Turn, speaker=st.sampled_from("abc"), length=st.integers(500, 8000)), min_size=1, max_size=8
)


@given(turns_strategy, st.floats(0, 0.4), st.integers(0, 2**32))
def test_a_chain_meets_its_request_or_says_that_it_cannot(turns: list[Turn], overlap: float, seed: int) -> None:
    available = sum(t.length for t in turns) + 5000
    gaps = [300] * (len(turns) - 1)
    try:
        starts = chain(turns, overlap, available, gaps, np.random.default_rng(seed))
    except Unschedulable:
        caps = [0.48 * min(a.length, b.length) * (a.speaker != b.speaker) for a, b in itertools.pairwise(turns)]
        total = sum(t.length for t in turns)
        assert overlap * total / (1 + overlap) > sum(caps) - 2 * len(turns)
        return
    assert starts[0] >= 0
    assert starts[-1] + turns[-1].length <= available
    assert overlap_share(turns, starts) == pytest.approx(overlap, abs=0.002)
    assert overlap_share(turns, starts) == pytest.approx(slow_overlap(turns, starts), abs=1e-12)
    for (s, a), (t, b) in itertools.combinations(zip(starts, turns, strict=True), 2):
        if a.speaker == b.speaker:
            assert s + a.length <= t


def test_short_time_shortens_the_gaps_and_no_time_is_refused() -> None:
    turns = [Turn(speaker="a", length=2000), Turn(speaker="b", length=2000)]
    rng = np.random.default_rng(0)
    starts = chain(turns, 0.0, 4100, [1500], rng)
    assert starts[1] - 2000 - starts[0] in range(80, 101)
    with pytest.raises(Unschedulable, match=r"4\.0 s of speech do not fit into 4\.0 s"):
        chain(turns, 0.0, 4000, [1500], rng)


def test_an_overlap_out_of_reach_names_what_can_be_reached() -> None:
    turns = [Turn(speaker="a", length=3000), Turn(speaker="b", length=3000)]
    with pytest.raises(Unschedulable, match=r"0\.900 is more than 2 turns of 2 speakers can give \(0\.316\)"):
        chain(turns, 0.9, 20000, [100], np.random.default_rng(0))


def test_no_turns_no_schedule() -> None:
    assert chain([], 0.3, 1000, [], np.random.default_rng(0)) == []
    assert overlap_share([], []) == 0.0


@settings(max_examples=40)
@given(st.integers(2, 3), st.integers(0, 2**32), st.floats(0.3, 0.8))
def test_a_crowd_meets_its_request_or_says_what_it_can_reach(count: int, seed: int, overlap: float) -> None:
    rng = np.random.default_rng(seed)
    lanes = [
        [Turn(speaker=f"{k}{j % 2}", length=int(rng.integers(1500, 5000))) for j in range(4)] for k in range(count)
    ]
    try:
        starts = crowd(lanes, overlap, 25_000, rng)
    except Unschedulable:
        return  # what it says is tested below
    flat_turns = [t for lane in lanes for t in lane]
    flat_starts = [s for lane in starts for s in lane]
    assert overlap_share(flat_turns, flat_starts) == pytest.approx(overlap, abs=0.006)
    for lane, times in zip(lanes, starts, strict=True):
        for (s, a), t in zip(zip(times, lane, strict=False), times[1:], strict=False):
            assert s + a.length <= t
        assert times[-1] + lane[-1].length <= 25_000


def test_a_crowd_out_of_reach_names_what_can_be_reached() -> None:
    lanes = [[Turn(speaker=f"{k}", length=4000)] * 4 for k in range(3)]
    with pytest.raises(Unschedulable, match=r"0\.050 lies outside the 0\.\d+ … (0|1)\.\d+ that 3 conversations"):
        crowd(lanes, 0.05, 20_000, np.random.default_rng(0))


def test_a_lane_that_is_too_long_is_refused() -> None:
    with pytest.raises(Unschedulable, match="longer than"):
        crowd([[Turn(speaker="a", length=9000)], [Turn(speaker="b", length=100)]], 0.1, 5000, np.random.default_rng(0))
