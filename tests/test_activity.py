"""Active regions: edges, floors, bridges, and a slow second implementation."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.activity import active_regions
from soundscape.records import Span
from tests.reference import activity as reference


def noise(frames, seed=0):
    return np.random.default_rng(seed).standard_normal(frames) * 0.1


def with_bursts(seconds, rate, bursts, floor=0.0):
    """Noise bursts (start, end, gain) in silence or noise of a given gain."""
    x = noise(round(seconds * rate), seed=1) * floor
    for start, end, gain in bursts:
        a, b = round(start * rate), round(end * rate)
        x[a:b] = noise(b - a, seed=a + 2) * gain
    return x


def pairs(regions):
    return [(r.start, r.end) for r in regions]


@pytest.mark.parametrize("rate", [8000, 16000, 22050, 24000, 44100, 48000])
@pytest.mark.parametrize("start", [0.0, 0.0037, 0.25, 0.5004])
@pytest.mark.parametrize("duration", [0.03, 0.2171, 1.0])
@pytest.mark.parametrize("floor", [0.0, 0.02, 0.05])
def test_edges_of_a_burst_are_found_within_two_milliseconds(rate, start, duration, floor):
    x = with_bursts(2.0, rate, [(start, start + duration, 1.0)], floor)
    (region,) = active_regions(x, rate)
    assert region.start == pytest.approx(start, abs=0.002)
    assert region.end == pytest.approx(start + duration, abs=0.002)


@pytest.mark.parametrize("start", [0.0, 0.004, 1.9995])
def test_a_click_is_one_short_region_that_holds_it(start):
    rate = 24000
    x = np.zeros(2 * rate)
    x[round(start * rate)] = 0.5
    (region,) = active_regions(x, rate)
    assert region.start - 0.001 <= start < region.end + 0.001
    assert region.end - region.start <= 0.002


def test_gaps_under_200_ms_are_bridged_and_others_not():
    rate = 24000
    x = with_bursts(3.0, rate, [(0.2, 0.5, 1.0), (0.695, 1.0, 1.0), (1.205, 1.5, 1.0)])
    found = active_regions(x, rate)
    assert [r.start for r in found] == pytest.approx([0.2, 1.205], abs=0.002)
    assert [r.end for r in found] == pytest.approx([1.0, 1.5], abs=0.002)


def test_short_regions_fall_away_beside_longer_ones_but_never_all():
    rate = 24000
    click = np.zeros(3 * rate)
    click[[rate // 2, rate, 2 * rate]] = 0.5
    assert len(active_regions(click, rate)) == 3
    click[rate : rate + rate // 10] = noise(rate // 10)
    assert len(active_regions(click, rate)) == 1


def test_threshold_lies_between_20_and_40_db_below_the_strongest():
    rate = 24000
    loud = (0.5, 1.0, 1.0)
    for gain, expected in ((0.2, 2), (0.03, 2), (0.005, 1)):
        assert len(active_regions(with_bursts(3.0, rate, [loud, (2.0, 2.5, gain)]), rate)) == expected
    # Against a floor at -26 dB the threshold stops at -20 dB: the floor itself stays out, a burst at -14 dB comes in.
    noisy = with_bursts(3.0, rate, [loud, (2.0, 2.5, 0.2)], floor=0.05)
    assert len(active_regions(noisy, rate)) == 2
    # A steady sound is its own floor and active throughout.
    assert pairs(active_regions(noise(2 * rate), rate)) == [(0.0, 2.0)]


def shaped(levels_db, rate, seed=3):
    """A tone of so many dB in each millisecond."""
    gains = np.repeat(10.0 ** (np.asarray(levels_db) / 20.0), rate // 1000)
    return 0.5 * np.sin(2 * np.pi * 1000 * np.arange(len(gains)) / rate) * gains


def test_noise_is_told_by_its_weakest_tenth_of_a_second_and_not_by_its_weakest_moment():
    """Rumble has windows far under its mean; they are no reason to take the rest of it for sound."""
    rate = 24000
    rng = np.random.default_rng(4)
    spectrum = np.fft.rfft(rng.standard_normal(3 * rate))
    spectrum[0] = 0.0
    spectrum[1:] /= np.sqrt(np.arange(1, len(spectrum)))
    rumble = np.fft.irfft(spectrum, 3 * rate)
    x = with_bursts(3.0, rate, [(1.0, 1.8, 1.0)]) + 0.1 * 10 ** (-25 / 20) * rumble / np.std(rumble)
    (region,) = active_regions(x, rate)
    assert (region.start, region.end) == pytest.approx((1.0, 1.8), abs=0.005)


def test_silence_within_is_no_noise():
    """A pause of digital silence, and windows far under the weakest 100 ms, keep the threshold at -40 dB."""
    rate = 24000
    for gap in (-120.0, -60.0):
        levels = [*np.full(100, -35.0), *np.zeros(300), *np.full(30, gap), *np.full(300, -25.0), *np.full(20, -35.0)]
        (region,) = active_regions(shaped(levels, rate), rate)
        assert (region.start, region.end) == pytest.approx((0.0, 0.75), abs=0.005)


def test_nothing_under_minus_70_dbfs_is_active():
    rate = 24000
    x = with_bursts(2.0, rate, [(0.5, 1.5, 1.0)])
    assert active_regions(x * 10.0 ** (-55.0 / 20.0), rate) == ()
    (region,) = active_regions(x * 10.0 ** (-40.0 / 20.0), rate)
    assert region.start == pytest.approx(0.5, abs=0.003)
    assert active_regions(np.zeros(rate), rate) == active_regions(np.zeros(0), rate) == ()


def test_fewer_than_ten_active_windows_leave_what_they_share():
    # Two clicks 9 ms apart reach -70 dBFS only where one window holds both.
    rate = 1000
    x = np.zeros(500)
    x[[200, 209]] = np.sqrt(0.6 * 10 * 1e-7)
    assert active_regions(x, rate) == (Span(start=0.2, end=0.21),)


@pytest.mark.parametrize("frames", [1, 5, 30, 240, 241])
def test_very_short_clips(frames):
    found = active_regions(np.full(frames, 0.5), 24000)
    duration = np.floor(frames / 24.0 + 0.5) / 1000.0
    assert pairs(found) == ([(0.0, duration)] if duration > 0 else [])


def test_channels_are_averaged_in_power():
    rate = 16000
    x = with_bursts(2.0, rate, [(0.3, 0.9, 1.0)])
    silent_twin = np.stack([x, np.zeros_like(x)], axis=1)
    assert active_regions(silent_twin, rate) == active_regions(x, rate)


def test_bad_samples_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        active_regions(np.array([0.0, np.nan]), 16000)
    with pytest.raises(ValueError, match="dtype int16"):
        active_regions(np.zeros(100, dtype=np.int16), 16000)
    with pytest.raises(ValueError, match="at least 1000"):
        active_regions(np.zeros(100), 999)


bursts = st.lists(
    st.tuples(st.floats(0.0, 1.2), st.floats(0.0, 0.4), st.sampled_from([1e-4, 0.003, 0.03, 0.1, 0.3, 1.0])), max_size=5
)


@given(st.sampled_from([1000, 8000, 11025, 22050]), st.floats(0.0, 1.2), bursts, st.sampled_from([0, 1e-4, 0.01, 0.1]))
@settings(max_examples=60, deadline=None)
def test_agrees_with_reference(rate, seconds, bursts, floor):
    clipped = [(a, min(a + d, seconds), g) for a, d, g in bursts if a < min(a + d, seconds)]
    x = with_bursts(seconds, rate, clipped, floor)
    found = active_regions(x, rate)
    assert [(round(r.start * 1000), round(r.end * 1000)) for r in found] == reference.active_regions(x, rate)
    for earlier, later in itertools.pairwise(found):
        assert later.start - earlier.end >= 0.2 - 1e-9
    assert all(0.0 <= r.start < r.end <= len(x) / rate + 0.0005 + 1e-9 for r in found)


def test_is_fast():
    x = noise(30 * 24000)
    times = []
    for _ in range(8):
        begun = time.process_time()
        active_regions(x, 24000)
        times.append(time.process_time() - begun)
    # Ten times what it takes on an idle machine.
    assert min(times) < 0.02
