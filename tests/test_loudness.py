"""Loudness against the standard's own signals, against other meters, and against a slow second implementation."""

from __future__ import annotations

import itertools
import math
import re
import shutil
import subprocess
import time

import numpy as np
import pyloudnorm
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape import loudness, peaks
from soundscape.records import Span
from tests.reference import loudness as reference

RATE = 48000


def tone(levels, *, frequency=1000.0, rate=RATE):
    """A sine of steps in level: pairs of peak dBFS and seconds, with no jump of phase between them."""
    lengths = [round(seconds * rate) for _, seconds in levels]
    gains = np.repeat([10.0 ** (level / 20.0) for level, _ in levels], lengths)
    return gains * np.sin(2.0 * np.pi * frequency * np.arange(sum(lengths)) / rate)


def stereo(mono):
    return np.stack([mono, mono], axis=1)


def noise(seed, frames, *shape):
    return np.random.default_rng(seed).standard_normal((frames, *shape)) * 0.1


# --- EBU Tech 3341, table 1 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        pytest.param([(-23, 20)], -23.0, id="1"),
        pytest.param([(-33, 20)], -33.0, id="2"),
        pytest.param([(-36, 10), (-23, 60), (-36, 10)], -23.0, id="3"),
        pytest.param([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0, id="4"),
        pytest.param([(-26, 20), (-20, 20.1), (-26, 20)], -23.0, id="5"),
    ],
)
def test_ebu_integrated(levels, expected):
    assert loudness.integrated(stereo(tone(levels)), RATE) == pytest.approx(expected, abs=0.1)


def test_ebu_6_five_channels():
    left, centre, surround = (tone([(level, 20)]) for level in (-28, -24, -30))
    five = np.stack([left, left, centre, surround, surround], axis=1)
    assert loudness.integrated(five, RATE) == pytest.approx(-23.0, abs=0.1)
    six = np.insert(five, 3, 1.0, axis=1)
    assert loudness.integrated(six, RATE) == loudness.integrated(five, RATE), "the LFE channel has no weight"


def windows(frames, seconds, step=0.1):
    count = math.floor((frames / RATE - seconds) / step + 1e-6) + 1
    return [Span(start=k * step, end=k * step + seconds) for k in range(count)]


def levels_over(x, spans):
    weighted = loudness.k_weighted(x, RATE)
    return [loudness.weighted_level(weighted, RATE, [span]) for span in spans]


def test_ebu_9_short_term_is_constant():
    x = stereo(tone([(-20, 1.34), (-30, 1.66)] * 5))
    assert levels_over(x, windows(len(x), 3.0)) == pytest.approx([-23.0] * 121, abs=0.1)


@pytest.mark.parametrize("offset", [0.0, 0.15, 1.5, 2.85])
def test_ebu_10_and_11_short_term_maximum(offset):
    x = stereo(np.concatenate([np.zeros(round(offset * RATE)), tone([(-23, 3)]), np.zeros(RATE)]))
    assert max(levels_over(x, windows(len(x), 3.0, 0.05))) == pytest.approx(-23.0, abs=0.1)


def test_ebu_12_momentary_is_constant():
    x = stereo(tone([(-20, 0.18), (-30, 0.22)] * 25))
    assert levels_over(x, windows(len(x), 0.4)) == pytest.approx([-23.0] * 97, abs=0.1)


@pytest.mark.parametrize("offset", [0.0, 0.02, 0.2, 0.38])
def test_ebu_13_and_14_momentary_maximum(offset):
    x = stereo(np.concatenate([np.zeros(round(offset * RATE)), tone([(-23, 0.4)]), np.zeros(RATE)]))
    assert max(levels_over(x, windows(len(x), 0.4, 0.01))) == pytest.approx(-23.0, abs=0.1)


def peak_signal(divisor, amplitude, degrees):
    """A sine at a fraction of the sample rate, faded in and out so that no edge of its own stands out."""
    n = np.arange(5 * RATE)
    fade = np.minimum(1.0, np.minimum(n, len(n) - n) / (0.1 * RATE))
    return stereo(amplitude * np.sin(2.0 * np.pi * n / divisor + math.radians(degrees)) * fade)


PEAK_CASES = [
    pytest.param(4, 0.5, 0.0, -6.0, id="15"),
    pytest.param(4, 0.5, 45.0, -6.0, id="16"),
    pytest.param(6, 0.5, 60.0, -6.0, id="17"),
    pytest.param(8, 0.5, 67.5, -6.0, id="18"),
    pytest.param(4, 1.41, 45.0, 3.0, id="19"),
]


@pytest.mark.parametrize(("divisor", "amplitude", "degrees", "expected"), PEAK_CASES)
def test_ebu_true_peak(divisor, amplitude, degrees, expected):
    measured = loudness.true_peak(peak_signal(divisor, amplitude, degrees), RATE)
    assert expected - 0.4 <= measured <= expected + 0.2
    assert measured == pytest.approx(20.0 * math.log10(amplitude), abs=0.01)


# --- other meters ----------------------------------------------------------------------------------------------------


def test_weighting_equals_pyloudnorm_deman():
    x = noise(1, RATE)
    expected = x
    meter = pyloudnorm.Meter(RATE, filter_class="DeMan")
    for stage in meter._filters.values():
        expected = stage.apply_filter(expected)
    np.testing.assert_allclose(loudness.k_weighted(x, RATE), expected, atol=1e-8, rtol=0)


@pytest.mark.parametrize(
    ("rate", "most_db"),
    [(8000, 0.04), (11_025, 0.015), (16_000, 0.003), (24_000, 0.0005), (44_100, 1e-4), (96_000, 1e-4)],
)
def test_weighting_has_the_response_of_the_standard_at_any_rate(rate, most_db):
    """An impulse's spectrum against the table of BS.1770-4, up to where the one or the other ends."""
    impulse = np.zeros(2 * rate)
    impulse[0] = 1.0
    found = np.abs(np.fft.rfft(loudness.k_weighted(impulse, rate)))
    frequencies = np.fft.rfftfreq(len(impulse), 1.0 / rate)
    heard = (frequencies >= 20.0) & (frequencies <= min(0.5 * rate, 24_000.0))
    expected = [
        math.prod(
            reference.magnitude(b, f, 48_000) / reference.magnitude(a, f, 48_000)
            for b, a in (reference.SHELF, reference.HIGH_PASS)
        )
        for f in frequencies[heard][::50]
    ]
    assert np.abs(20.0 * np.log10(found[heard][::50] / expected)).max() < most_db


@pytest.mark.parametrize("tenths", [4, 5, 13, 57])
def test_integrated_equals_pyloudnorm_deman(tenths):
    x = noise(tenths, RATE * tenths // 10, 2) * np.linspace(0.01, 1.0, RATE * tenths // 10)[:, None]
    expected = pyloudnorm.Meter(RATE, filter_class="DeMan").integrated_loudness(x)
    assert loudness.integrated(x, RATE) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("rate", [16000, 24000, 48000])
def test_agrees_with_ffmpeg(rate, tmp_path):
    program = shutil.which("ffmpeg")
    if program is None:
        pytest.skip("ffmpeg is not installed")
    smooth = np.convolve(noise(2, rate * 6), [0.25, 0.5, 0.25], "same") * np.repeat([0.1, 1.0, 0.3], 2 * rate)
    signals = {"noise": smooth[:, None], "peaks": peak_signal(6, 0.5, 60.0)}
    for name, x in signals.items():
        soundfile.write(tmp_path / f"{name}.wav", x, rate, subtype="DOUBLE")
        # At the standard's own rate: its filters for others are warped.
        report = subprocess.run(
            [program, "-nostats", "-i", tmp_path / f"{name}.wav", "-af", "aresample=48000,ebur128=peak=true",
             "-f", "null", "-"],
            capture_output=True, text=True, check=True,
        ).stderr  # fmt: skip
        level = float(re.findall(r"I:\s+(\S+) LUFS", report)[-1])
        peak = float(re.findall(r"Peak:\s+(\S+) dBFS", report)[-1])
        assert loudness.integrated(x, rate) == pytest.approx(level, abs=0.1)
        assert loudness.true_peak(x, rate) == pytest.approx(peak, abs=0.1)


# --- the slow reference ----------------------------------------------------------------------------------------------

scenes = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32),
        "rate": st.sampled_from([8000, 11025, 16000]),
        "seconds": st.floats(0.0, 0.9),
        "channels": st.sampled_from([None, 1, 2, 5]),
        "envelope": st.lists(st.sampled_from([0.0, 1e-6, 1e-3, 0.03, 1.0, 10.0]), min_size=1, max_size=9),
        "spans": st.none() | st.lists(st.tuples(st.floats(-0.2, 1.0), st.floats(0.0, 0.5)), max_size=4),
    }
)


def built(scene):
    frames = round(scene["seconds"] * scene["rate"])
    shape = () if scene["channels"] is None else (scene["channels"],)
    x = noise(scene["seed"], frames, *shape)
    gains = np.array(scene["envelope"])[np.arange(frames) * len(scene["envelope"]) // max(frames, 1)]
    spans = None if scene["spans"] is None else [Span(start=a, end=a + d) for a, d in scene["spans"]]
    return (x.T * gains).T, scene["rate"], spans


@given(scenes)
@settings(max_examples=40, deadline=None)
def test_levels_agree_with_reference(scene):
    x, rate, spans = built(scene)
    assert loudness.integrated(x, rate) == pytest.approx(reference.integrated(x, rate), abs=1e-6)
    assert loudness.active_rms_dbfs(x, rate, spans) == pytest.approx(
        reference.active_rms_dbfs(x, rate, spans), abs=1e-9
    )
    if scene["channels"] != 5:
        found, expected = (max(-300.0, m.active_level(x, rate, spans)) for m in (loudness, reference))
        assert found == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 2**32), st.integers(1, 3000), st.sampled_from([None, 1, 2]))
@settings(max_examples=40, deadline=None)
def test_true_peak_agrees_with_reference(seed, frames, channels):
    x = noise(seed, frames + 128, *(() if channels is None else (channels,)))
    window = np.fft.rfftfreq(len(x)) < 0.42
    soft = np.fft.irfft((np.fft.rfft(x, axis=0).T * window).T, n=len(x), axis=0)
    hann = np.minimum(1.0, np.minimum(np.arange(len(x)), np.arange(len(x))[::-1]) / 60.0)
    soft = (soft.T * np.sin(hann * np.pi / 2) ** 2).T
    assert loudness.true_peak(soft, RATE) == pytest.approx(reference.true_peak(soft), abs=0.01)


def test_true_peak_is_at_least_the_sample_peak_and_scales():
    for seed in range(20):
        x = noise(seed, 500 + 37 * seed)
        measured = loudness.true_peak(x, RATE)
        assert measured >= loudness.gain_to_db(np.abs(x).max())
        assert loudness.true_peak(x * 1e-5, RATE) == pytest.approx(measured - 100.0, abs=1e-9)
        assert loudness.true_peak(-x, RATE) == measured
        shifted = np.concatenate([np.zeros(101), x, np.zeros(2 * peaks._ROWS_AT_ONCE * peaks._BLOCK)])
        assert loudness.true_peak(shifted, RATE) == pytest.approx(measured, abs=1e-9)


def test_true_peak_of_the_worst_steady_signal():
    # Thousands of equal peaks: more candidates than are computed again.
    x = np.sin(2.0 * np.pi * np.arange(400_000) / 6.0 + 0.3)
    fade = np.minimum(1.0, np.minimum(np.arange(400_000), np.arange(400_000)[::-1]) / 4000.0)
    assert loudness.true_peak(x * fade, RATE) == pytest.approx(reference.true_peak(x * fade), abs=0.01)


# --- meaning, edges, errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate", "tolerance"),
    [(8000, 0.041), (16000, 0.041), (22050, 0.03), (24000, 0.027), (44100, 0.01), (48000, 0.005), (96000, 0.02)],
)
def test_full_scale_997_hz_reads_as_the_standard_says(rate, tolerance):
    x = tone([(0, 3)], frequency=997.0, rate=rate)
    assert loudness.integrated(x, rate) == pytest.approx(-3.01, abs=tolerance)
    assert loudness.active_level(x, rate) == pytest.approx(-3.01, abs=tolerance)
    assert loudness.active_rms_dbfs(x, rate) == pytest.approx(-3.01, abs=0.01)


def test_active_level_does_not_depend_on_padding_or_length():
    burst = tone([(-12, 0.15)])
    alone = loudness.active_level(burst, RATE)
    padded = np.concatenate([np.zeros(RATE), burst, np.zeros(3 * RATE)])
    assert loudness.active_level(padded, RATE, [Span(start=1.0, end=1.15)]) == pytest.approx(alone, abs=1e-9)
    assert loudness.active_level(tone([(-12, 5)]), RATE) == pytest.approx(alone, abs=0.05)


def test_spans_overlapping_unordered_or_outside_count_once():
    x = noise(5, RATE)
    plain = [Span(start=0.2, end=0.6)]
    odd = [Span(start=0.4, end=0.6), Span(start=0.2, end=0.5), Span(start=0.3, end=0.35), Span(start=2.0, end=3.0)]
    assert loudness.active_level(x, RATE, odd) == pytest.approx(loudness.active_level(x, RATE, plain), abs=1e-12)


def test_what_is_silent_reads_minus_infinity():
    silence = np.zeros(RATE)
    assert loudness.integrated(silence, RATE) == -math.inf
    assert loudness.active_level(silence, RATE) == -math.inf
    assert loudness.active_rms_dbfs(silence, RATE) == -math.inf
    assert loudness.true_peak(silence, RATE) == -math.inf
    empty = np.zeros(0)
    assert loudness.active_level(empty, RATE) == loudness.true_peak(empty, RATE) == -math.inf
    assert loudness.active_level(noise(1, RATE), RATE, []) == -math.inf


def test_only_whole_blocks_count():
    x = noise(6, RATE)
    assert loudness.integrated(x[: round(0.4 * RATE) - 1], RATE) == -math.inf
    assert loudness.integrated(x[: round(0.4 * RATE)], RATE) > -math.inf
    assert loudness.integrated(x[: round(0.451 * RATE)], RATE) == loudness.integrated(x[: round(0.45 * RATE)], RATE)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    "measure",
    [loudness.k_weighted, loudness.integrated, loudness.active_level, loudness.active_rms_dbfs, loudness.true_peak],
)
def test_samples_that_are_not_finite_are_refused(measure, value):
    x = noise(7, RATE)
    x[123] = value
    with pytest.raises(ValueError, match="NaN or infinity"):
        measure(x, RATE)


def test_samples_of_the_wrong_kind_are_refused():
    with pytest.raises(ValueError, match="dtype int16"):
        loudness.integrated(np.zeros(RATE, dtype=np.int16), RATE)
    with pytest.raises(ValueError, match="shape"):
        loudness.true_peak(np.zeros((2, 2, 2)), RATE)
    with pytest.raises(ValueError, match="7 channels"):
        loudness.integrated(np.zeros((RATE, 7)), RATE)
    with pytest.raises(ValueError, match="at least 4000"):
        loudness.k_weighted(np.zeros(10), 3000)


def test_float32_is_measured_like_float64():
    x = noise(8, RATE).astype(np.float32)
    assert loudness.integrated(x, RATE) == loudness.integrated(x.astype(np.float64), RATE)
    assert loudness.true_peak(x, RATE) == loudness.true_peak(x.astype(np.float64), RATE)


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (-math.inf, "very_quiet"), (-31.001, "very_quiet"), (-31.0, "quiet"), (-25.201, "quiet"), (-25.2, "moderate"),
        (-20.501, "moderate"), (-20.5, "loud"), (-16.701, "loud"), (-16.7, "very_loud"), (0.0, "very_loud"),
    ],
)  # fmt: skip
def test_label(level, expected):
    assert loudness.label(level) == expected


def test_label_boundaries_are_the_geometric_means_of_the_ladder():
    ladder = [0.020, 0.040, 0.075, 0.12, 0.18]
    means = [20.0 * math.log10(math.sqrt(a * b)) for a, b in itertools.pairwise(ladder)]
    assert means == pytest.approx(loudness.LABEL_BOUNDARIES_DBFS, abs=0.06)
    with pytest.raises(ValueError, match="NaN"):
        loudness.label(math.nan)


@given(st.floats(-200.0, 100.0))
def test_gain_round_trip(db):
    assert loudness.gain_to_db(loudness.db_to_gain(db)) == pytest.approx(db, abs=1e-9)


def test_gain_edges():
    assert loudness.db_to_gain(-math.inf) == 0.0
    assert loudness.gain_to_db(0.0) == -math.inf
    for bad in (-1.0, math.nan):
        with pytest.raises(ValueError, match="expected a number from 0 up"):
            loudness.gain_to_db(bad)


@pytest.mark.parametrize("kind", ["noise", "clipped"])
def test_true_peak_is_fast(kind):
    x = noise(9, 30 * 24000)
    x = np.clip(x * 50.0, -1.0, 1.0) if kind == "clipped" else x
    times = []
    for _ in range(8):
        begun = time.process_time()
        loudness.true_peak(x, 24000)
        times.append(time.process_time() - begun)
    # Ten times what it takes on an idle machine; an exhaustive float64 interpolation takes longer than that.
    assert min(times) < 0.1
