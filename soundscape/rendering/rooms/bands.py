"""Octave bands: how fast each decays in a room, and the filters that shape and measure them.

Decay rates are energy rates in 1/s: energy falls as ``exp(−rate · t)``, so that RT60 = ln(10⁶) / rate.

A room's request is for the mid bands, the mean of 500 Hz and 1 kHz (ISO 3382-2's single figure). What the walls must
then take away follows from Eyring's exponent, rate = c (a S / 4V + m), with m the air's share. The walls' exponent a is
multiplied band by band by :data:`WALL_PROFILE`; the air follows ISO 9613-1 at 20 °C, 50 % humidity, one atmosphere. The
profile is ours: with air it makes RT60 fall by a factor of 1.7 from 125 Hz to 8 kHz at 0.5 s, as it did on average
in fifty British living rooms (Jackson and Leventhall, as quoted in Everest's Master Handbook of Acoustics: 0.69 s to
0.40 s).

Tables are rounded to nine digits: vectorised logarithms and sines differ in the last bit between processors.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TypeAlias

import numpy as np
import scipy
from numpy.typing import NDArray

from soundscape.planning.rooms import SPEED_OF_SOUND, surface, volume
from soundscape.records import RoomPlan

Floats: TypeAlias = NDArray[np.float64]

CENTRES = (125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)
"""Centres of the octave bands in Hz. The lowest also shapes what lies below it, the highest what lies above."""

WALL_PROFILE = (0.80, 0.88, 0.97, 1.03, 1.06, 1.08, 1.10, 1.12)
"""The walls' absorption exponent in each band, over its mean at 500 Hz and 1 kHz."""

LN_MILLION = 6.0 * math.log(10.0)
"""Energy falls by 60 dB while ``rate · t`` grows by this much."""

MID = slice(2, 4)
"""The bands whose mean is the figure for the room."""

_MEASURED_BANDS = 7
_ORDER = 4


def air_absorption(frequency: float) -> float:
    """Return the energy that air takes, in 1/m: ISO 9613-1:1993, equations 3 to 5, at 20 °C, 50 % and 101.325 kPa."""
    kelvin = 293.15
    vapour = 50.0 * math.pow(10.0, 4.6151 - 6.8346 * (273.16 / kelvin) ** 1.261)
    oxygen = 24.0 + 4.04e4 * vapour * (0.02 + vapour) / (0.391 + vapour)
    nitrogen = 9.0 + 280.0 * vapour
    square = frequency * frequency
    relaxation = 0.01275 * math.exp(-2239.1 / kelvin) / (oxygen + square / oxygen)
    relaxation += 0.1068 * math.exp(-3352.0 / kelvin) / (nitrogen + square / nitrogen)
    # The standard gives 8.686 (…) dB/m of level; twice the amplitude's exponent is the energy's.
    return 2.0 * square * (1.84e-11 + relaxation)


def shaped_bands(sample_rate: int) -> int:
    """Return how many bands a response at this rate is made of: those of which a fair part lies below half the rate."""
    return sum(1.2 * centre / math.sqrt(2.0) < sample_rate / 2 for centre in CENTRES)


def measured_bands(sample_rate: int) -> int:
    """Return how many bands can be measured at this rate: those up to 8 kHz that lie wholly below half the rate."""
    return sum(centre * math.sqrt(2.0) <= sample_rate / 2 for centre in CENTRES[:_MEASURED_BANDS])


def decay_rates(rt60: float, sample_rate: int) -> Floats:
    """Return the energy decay rate of each shaped band, in 1/s, ``(bands,)``, for a mid-band RT60 in s."""
    air = [SPEED_OF_SOUND * air_absorption(centre) for centre in CENTRES]
    walls = LN_MILLION / rt60 - sum(air[MID]) / 2.0
    rates = [walls * share + taken for share, taken in zip(WALL_PROFILE, air, strict=True)]
    return np.array(rates[: shaped_bands(sample_rate)])


def band_rt60(rt60: float, sample_rate: int) -> tuple[float, ...]:
    """Return the RT60 in s that each measured band is to have, for a mid-band RT60 in s."""
    return tuple(LN_MILLION / float(rate) for rate in decay_rates(rt60, sample_rate)[: measured_bands(sample_rate)])


def mean_free_path(room: RoomPlan) -> float:
    """Return the mean way between two reflections in m: 4 V / S."""
    return 4.0 * volume(room.dimensions) / surface(room.dimensions)


def _octaves(size: int, sample_rate: int) -> Floats:
    """Return the frequency of each bin of a real transform, in octaves above the lowest centre (0 Hz: far below)."""
    frequencies = scipy.fft.rfftfreq(size, 1.0 / sample_rate)
    frequencies[0] = frequencies[1] / 1024.0
    return np.asarray(np.log2(frequencies / CENTRES[0]))


@lru_cache(maxsize=16)
def splitting(size: int, sample_rate: int) -> NDArray[np.float32]:
    """Return zero-phase gains ``(bands, size // 2 + 1)`` that part a spectrum into bands and sum to one.

    Crossovers are a third of an octave wide, half-way between centres on the logarithmic scale.
    """
    octaves = _octaves(size, sample_rate)
    gains = np.ones((shaped_bands(sample_rate), len(octaves)))
    for lower in range(len(gains) - 1):
        t = np.clip(3.0 * (octaves - (lower + 0.5)) + 0.5, 0.0, 1.0)
        rising = t * t * (3.0 - 2.0 * t)
        gains[lower] *= 1.0 - rising
        gains[lower + 1 :] *= rising
    return np.round(gains, 9).astype(np.float32)


@lru_cache(maxsize=16)
def minimum_phase(size: int, sample_rate: int) -> NDArray[np.complex128]:
    """Return complex log-spectra ``(bands, size // 2 + 1)`` whose real parts interpolate between the bands' centres.

    ``exp(Σ x_b · basis_b)`` is the minimum-phase filter with log-magnitude x_b at each centre, straight lines over
    log-frequency between them: causal, so that no reflection sounds before it arrives. ``size`` is even.

    Method: the imaginary part is the Hilbert transform of the real one, by folding the cepstrum.
    """
    count = shaped_bands(sample_rate)
    octaves = np.clip(_octaves(size, sample_rate), 0.0, count - 1.0)
    weights = np.maximum(0.0, 1.0 - np.abs(octaves - np.arange(count)[:, None]))
    fold = np.zeros(size)
    fold[0] = fold[size // 2] = 1.0
    fold[1 : size // 2] = 2.0
    basis = scipy.fft.rfft(scipy.fft.irfft(weights, size, axis=1) * fold, axis=1)
    return np.asarray(np.round(basis, 9))


@lru_cache(maxsize=16)
def analysis(size: int, sample_rate: int) -> tuple[NDArray[np.float32], ...]:
    """Return the zero-phase octave filters that measure: magnitudes of fourth-order Butterworth band passes.

    One array a band, over the bins that :func:`decimation` keeps of a real transform of ``size`` samples.
    """
    frequencies = scipy.fft.rfftfreq(size, 1.0 / sample_rate)
    width = math.sqrt(2.0) - 1.0 / math.sqrt(2.0)
    filters = []
    for band, factor in enumerate(decimation(sample_rate)):
        kept = frequencies[: size // factor // 2 + 1] / CENTRES[band]
        kept[0] = kept[1] / 1024.0
        detuning = (kept - 1.0 / kept) / width
        filters.append((1.0 / np.sqrt(1.0 + detuning ** (2 * _ORDER))).astype(np.float32))
    return tuple(filters)


@lru_cache(maxsize=16)
def decimation(sample_rate: int) -> tuple[int, ...]:
    """Return, for each measured band, the power of two by which its rate may be divided to hold twice its upper edge.

    The first is the largest, and a multiple of all others.
    """
    edge = CENTRES[0] * math.sqrt(2.0)
    most = max(0, math.floor(math.log2(sample_rate / (4.0 * edge))))
    return tuple(2 ** max(0, most - band) for band in range(measured_bands(sample_rate)))
