"""Measured facts of recordings, against signals whose figures are known by construction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from soundscape.records import Span
from soundscape.sources.measure import FLOOR_DBFS, Measures, measure, unmeasured

RATE = 16_000


def sine(frequency: float, seconds: float, amplitude: float, rate: int = RATE) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE), dtype=np.float32)


def test_a_tone_between_silences() -> None:
    m = measure(np.concatenate([silence(0.5), sine(1000, 1.0, 0.5), silence(0.5)]), RATE)
    assert (m.frames, m.sample_rate, m.channels, m.duration) == (2 * RATE, RATE, 1, 2.0)
    assert m.active_start == pytest.approx(0.5, abs=0.012)
    assert m.active_end == pytest.approx(1.5, abs=0.012)
    assert m.peak_dbfs == pytest.approx(20 * math.log10(0.5), abs=0.01)
    assert m.rms_dbfs == pytest.approx(20 * math.log10(0.5) - 3.01, abs=0.1)
    assert m.level_lufs == pytest.approx(m.rms_dbfs, abs=0.2)
    assert m.silence_share == pytest.approx(0.5, abs=0.02)
    assert (m.noise_floor_dbfs, m.snr_db) == (FLOOR_DBFS, 100.0)
    assert m.clipped_share == 0.0


def test_active_level_does_not_depend_on_the_silence_around() -> None:
    tight = measure(sine(1000, 1.0, 0.1), RATE)
    padded = measure(np.concatenate([silence(3.0), sine(1000, 1.0, 0.1), silence(3.0)]), RATE)
    assert padded.level_lufs == pytest.approx(tight.level_lufs, abs=0.1)
    assert padded.rms_dbfs == pytest.approx(tight.rms_dbfs, abs=0.1)


@pytest.mark.parametrize("snr", [10.0, 20.0, 40.0])
def test_noise_floor_and_estimated_snr(snr: float) -> None:
    rng = np.random.default_rng(1)
    hiss = rng.normal(scale=0.3 / math.sqrt(2) * 10 ** (-snr / 20), size=4 * RATE).astype(np.float32)
    hiss[RATE : 3 * RATE] += sine(700, 2.0, 0.3)
    m = measure(hiss, RATE)
    true_floor = 20 * math.log10(0.3 / math.sqrt(2)) - snr
    assert m.noise_floor_dbfs == pytest.approx(true_floor, abs=1.5)
    assert m.snr_db == pytest.approx(snr, abs=2.0)


@pytest.mark.parametrize("cutoff", [2000, 4000, 7000])
def test_bandwidth_of_band_limited_noise(cutoff: int) -> None:
    rng = np.random.default_rng(2)
    spectrum = np.fft.rfft(rng.normal(size=2 * RATE))
    spectrum[np.fft.rfftfreq(2 * RATE, 1 / RATE) > cutoff] = 0
    samples = (0.1 * np.fft.irfft(spectrum)).astype(np.float32)
    assert measure(samples, RATE).bandwidth_hz == pytest.approx(cutoff, abs=100)


def test_bandwidth_of_upsampled_speech_band_shows_its_origin() -> None:
    from soundscape.sources.audio import resample

    narrow = (0.1 * np.random.default_rng(5).normal(size=8000 * 2)).astype(np.float32)
    assert measure(resample(narrow, 8000, 48_000), 48_000).bandwidth_hz == pytest.approx(4000, abs=150)


def test_clipping_counts_runs_and_not_single_peaks() -> None:
    samples = 0.5 * sine(100, 1.0, 1.0)
    samples[100] = 1.0
    assert measure(samples, RATE).clipped_share == 0.0
    samples[200:203] = 1.0
    samples[300:304] = -1.0
    assert measure(samples, RATE).clipped_share == pytest.approx(7 / RATE, abs=1e-6)


def test_clipping_is_counted_before_channels_are_mixed() -> None:
    left = np.clip(sine(100, 1.0, 2.0), -1.0, 1.0)
    stereo = np.stack([left, np.zeros_like(left)], axis=1)
    m = measure(stereo, RATE)
    assert m.channels == 2
    assert m.clipped_share == pytest.approx(measure(left, RATE).clipped_share / 2, abs=1e-6)
    assert m.clipped_share > 0.3
    assert m.peak_dbfs == pytest.approx(-6.02, abs=0.01)


def test_dc_offset() -> None:
    m = measure(sine(100, 1.0, 0.2) + np.float32(0.05), RATE)
    assert m.dc_offset == pytest.approx(0.05, abs=1e-4)


def test_marks_given_by_others_stand() -> None:
    spans = (Span(start=0.2, end=0.4), Span(start=0.6, end=0.7))
    m = measure(sine(500, 1.0, 0.1), RATE, spans)
    assert (m.active_regions, m.active_start, m.active_end) == (spans, 0.2, 0.7)
    assert m.silence_share == pytest.approx(0.7)


def test_what_never_rises_above_the_threshold_has_no_region() -> None:
    m = measure(sine(500, 1.0, 2e-4), RATE)
    assert m.active_regions == ()
    assert (m.active_start, m.active_end, m.silence_share) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize("frames", [1, 2, 63, 400])
def test_very_short_recordings_have_finite_figures(frames: int) -> None:
    m = measure(np.full(frames, 0.5, dtype=np.float32), RATE)
    for name in Measures.__slots__:
        value = getattr(m, name)
        if isinstance(value, float):
            assert math.isfinite(value), name


def test_figures_are_rounded_so_that_last_bits_do_not_show() -> None:
    samples = 0.3 * np.random.default_rng(4).normal(size=RATE).astype(np.float32)
    assert measure(samples, RATE) == measure(np.nextafter(samples, np.float32(2.0)), RATE)


def test_unmeasured_has_no_frames_and_no_level() -> None:
    m = unmeasured()
    assert (m.frames, m.duration, m.level_lufs, m.active_regions) == (0, 0.0, FLOOR_DBFS, ())
