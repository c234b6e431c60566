from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from soundscape.errors import BuildError
from soundscape.records import GainPoint, PlannedEvent, Span
from soundscape.rendering import events, mix
from soundscape.rendering.mix import Stem

RATE = 24_000


def event(**more: Any) -> PlannedEvent:
    plain = PlannedEvent(
        event_id="e00", role="foreground", type="sound_event", source_id="b:k", pcm_sha256="0" * 64,
        crop=Span(start=0.1, end=0.6), placed=Span(start=1.0, end=1.5), start_time=1.0, end_time=1.5, gain_db=0.0,
        level_lufs=-26.0,
    )  # fmt: skip
    return dataclasses.replace(plain, **more)


def ramp(seconds: float) -> np.ndarray:
    return np.arange(round(seconds * RATE), dtype=np.float32)


def test_a_crop_is_the_named_part_of_the_file() -> None:
    np.testing.assert_array_equal(events.dry(ramp(1.0), event(), RATE), ramp(1.0)[2400:14400])


def test_a_crop_beyond_the_file_names_event_and_source() -> None:
    with pytest.raises(BuildError, match=r"e00.*b:k up to 0\.6 s.*lasts 0\.500 s"):
        events.dry(ramp(0.5), event(), RATE)


def test_fades_are_smooth_rise_from_nothing_and_leave_the_middle_alone() -> None:
    y = np.ones(24_000, dtype=np.float32)
    events.fade(y, 240, 480)
    assert y[0] < 1e-4
    assert y[-1] < 1e-4
    np.testing.assert_array_equal(y[240:-480], 1.0)
    assert (np.diff(y[:240]) > 0).all()
    assert (np.diff(y[-480:]) < 0).all()
    assert y[119] + y[120] == pytest.approx(1.0, abs=1e-6)


def test_a_loop_keeps_the_power_of_noise_through_its_seams() -> None:
    noise = np.random.default_rng(1).standard_normal(5 * RATE).astype(np.float32)
    y = events.loop(noise, 22 * RATE, RATE // 2)
    assert len(y) == 22 * RATE
    np.testing.assert_array_equal(y[: 4 * RATE], noise[: 4 * RATE])
    power = np.square(y).reshape(-1, RATE // 4).mean(axis=1)
    assert 10 * np.log10(power.max() / power.min()) < 0.8


def test_a_loop_begins_anew_after_its_period() -> None:
    x = np.random.default_rng(1).standard_normal(1000).astype(np.float32)
    y = events.loop(x, 3000, 100)
    np.testing.assert_array_equal(y[1000:1800], x[100:900])
    np.testing.assert_array_equal(y[1900:2700], x[100:900])


def test_a_gain_curve_is_straight_between_its_corners_and_level_beyond() -> None:
    points = (GainPoint(time=2.0, gain=1.0), GainPoint(time=2.25, gain=0.5), GainPoint(time=4.0, gain=0.5))
    c = events.curve(points, 3 * RATE, RATE, RATE)
    assert c[0] == 1.0
    assert c[RATE] == 1.0
    assert c[RATE + RATE // 8] == pytest.approx(0.75)
    assert c[2 * RATE] == 0.5
    assert c[-1] == 0.5


def test_the_sum_is_that_of_the_stems_where_they_lie() -> None:
    a = Stem(event_id="a", offset=10, samples=np.ones(5, dtype=np.float32))
    b = Stem(event_id="b", offset=12, samples=np.full(8, 2.0, dtype=np.float32))
    expected = np.zeros(20)
    expected[10:15] += 1
    expected[12:20] += 2
    np.testing.assert_array_equal(mix.total([a, b], 20), expected)


def test_mastering_reaches_the_loudness_with_one_gain_for_all() -> None:
    noise = 0.02 * np.random.default_rng(2).standard_normal(5 * RATE)
    done = mix.master(noise, RATE, -26.0, -1.0)
    assert done.loudness_lufs == pytest.approx(-26.0, abs=1e-9)
    np.testing.assert_allclose(done.pcm, noise * done.gain * 32768, atol=0.5)


def test_the_ceiling_wins_over_the_loudness_and_nothing_clips() -> None:
    x = 1e-3 * np.random.default_rng(3).standard_normal(5 * RATE)
    x[RATE] = 3.0
    done = mix.master(x, RATE, -10.0, -1.0)
    assert done.true_peak_dbtp == pytest.approx(-1.0, abs=1e-9)
    assert done.loudness_lufs < -10.0
    assert np.abs(done.pcm.astype(int)).max() <= round(32768 * 10 ** (-1 / 20))


def test_as_mixed_keeps_the_level_below_the_ceiling() -> None:
    x = 0.1 * np.sin(np.arange(RATE) * 0.2)
    assert mix.master(x, RATE, None, -1.0).gain == 1.0
    assert mix.master(20 * x, RATE, None, -1.0).true_peak_dbtp == pytest.approx(-1.0)


def test_silence_stays_silence_and_what_is_not_finite_is_refused() -> None:
    assert not mix.master(np.zeros(RATE), RATE, -26.0, -1.0).pcm.any()
    with pytest.raises(BuildError, match="NaN or infinity"):
        mix.master(np.full(RATE, np.nan), RATE, -26.0, -1.0)


def test_a_quantised_stem_has_its_place_and_its_24_bits() -> None:
    stem = Stem(event_id="a", offset=3, samples=np.array([0.5, -0.25, 1.5], dtype=np.float32))
    q = mix.quantise_stem(stem, 0.5, 8)
    assert (q >> 8).tolist() == [0, 0, 0, 2**21, -(2**20), 3 * 2**21, 0, 0]
    assert (q & 0xFF).max() == 0
