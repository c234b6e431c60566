"""Octave bands: what air takes, how the request becomes rates, what the filters do."""

import math

import numpy as np
import pytest

from soundscape.rendering.rooms import band_rt60, bands

RATES = (8_000, 16_000, 22_050, 24_000, 44_100, 48_000)


def test_air_absorption_is_that_of_the_standard():
    """ISO 9613-1, table 1: 20 °C, 50 %, in dB/km at exact midband frequencies 1000 · 10^(3k/10)."""
    table = {-3: 0.445, -2: 1.32, -1: 2.73, 0: 4.66, 1: 9.86, 2: 29.4, 3: 104.0}
    for k, decibels in table.items():
        found = bands.air_absorption(1000.0 * 10.0 ** (0.3 * k)) * 10.0 / math.log(10.0) * 1000.0
        assert found == pytest.approx(decibels, rel=0.01)


@pytest.mark.parametrize("sample_rate", RATES)
def test_band_counts_follow_the_sample_rate(sample_rate):
    measured = bands.measured_bands(sample_rate)
    assert bands.CENTRES[measured - 1] * math.sqrt(2) <= sample_rate / 2
    assert measured == 7 or bands.CENTRES[measured] * math.sqrt(2) > sample_rate / 2
    assert bands.shaped_bands(sample_rate) >= measured
    assert len(bands.decimation(sample_rate)) == measured


@pytest.mark.parametrize("rt60", [0.2, 0.5, 1.2])
def test_request_is_for_the_mid_bands_and_high_bands_decay_faster(rt60):
    wanted = band_rt60(rt60, 48_000)
    assert (wanted[2] + wanted[3]) / 2 == pytest.approx(rt60, rel=0.002)
    assert list(wanted) == sorted(wanted, reverse=True)


def test_fall_over_frequency_is_that_of_living_rooms():
    wanted = band_rt60(0.5, 24_000)
    assert wanted[0] / wanted[6] == pytest.approx(0.69 / 0.40, rel=0.05)


@pytest.mark.parametrize("sample_rate", RATES)
def test_splitting_sums_to_one_and_peaks_at_the_centres(sample_rate):
    size = 9000
    gains = bands.splitting(size, sample_rate)
    np.testing.assert_allclose(gains.sum(axis=0), 1.0, atol=1e-6)
    for band, row in enumerate(gains[: bands.measured_bands(sample_rate)]):
        assert row[round(bands.CENTRES[band] * size / sample_rate)] == pytest.approx(1.0, abs=1e-6)


def test_minimum_phase_has_the_magnitudes_and_is_causal():
    size, rate = 8192, 24_000
    decibels = np.array([-1.0, -2.0, -3.0, -3.5, -4.0, -5.0, -8.0])
    spectrum = np.exp((bands.minimum_phase(size, rate) * (decibels * math.log(10) / 20)[:, None]).sum(axis=0))
    for centre, level in zip(bands.CENTRES, decibels, strict=False):
        assert 20 * np.log10(abs(spectrum[round(centre * size / rate)])) == pytest.approx(level, abs=0.05)
    impulse = np.fft.irfft(spectrum, size)
    assert np.sum(impulse[size // 2 :] ** 2) < 1e-9 * np.sum(impulse**2)
    assert int(np.argmax(np.abs(impulse))) == 0


@pytest.mark.parametrize("sample_rate", RATES)
def test_analysis_filters_are_three_decibels_down_at_the_edges(sample_rate):
    size = bands.decimation(sample_rate)[0] * 600
    for centre, gains in zip(bands.CENTRES, bands.analysis(size, sample_rate), strict=False):
        level = 20 * np.log10(gains[round(centre * math.sqrt(2) * size / sample_rate)])
        assert level == pytest.approx(-3.0, abs=0.6)
        assert gains[round(centre * size / sample_rate)] == pytest.approx(1.0, abs=1e-3)
