"""What a response measures: decay times, direct-to-reverberant ratio, clarity.

Decay times are T20: a straight line through the backward-integrated energy (Schroeder 1965) from −5 to −25 dB, by least
squares, extrapolated to 60 dB (ISO 3382-2). The figure for a room is the mean of the octaves at 500 Hz and 1 kHz.

Octave filters act in the frequency domain and have no phase, so their ringing does not stretch the decay; low bands are
looked at on a coarser grid of time, which holds all that is in them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from soundscape.rendering.rooms.bands import CENTRES, LN_MILLION, MID, Floats, analysis, decimation

_RINGING = 0.032
_UPPER_DB = -5.0
_LOWER_DB = -25.0
_EARLY = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseFacts:
    """What was measured on a response.

    ``rt60`` is the mean T20 of the octaves at 500 Hz and 1 kHz in s, ``rt60_broadband`` the T20 of the unfiltered
    response, ``rt60_bands`` that of each octave from 125 Hz up; None where less than 20 dB of decay can be seen.
    ``drr_db`` is the direct sound's energy over all the rest, ``c50_db`` the energy of the first 50 ms from the direct
    sound on over the rest (inf where there is no rest). ``energy`` is the sum of squares: the gain in power for white
    noise. ``pink_energy`` is the same for pink noise from 88 Hz up, which is closer to speech and music.
    """

    rt60: float | None
    rt60_broadband: float | None
    rt60_bands: tuple[float | None, ...]
    drr_db: float
    c50_db: float
    energy: float
    pink_energy: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BandEnergies:
    """Energies of two signals over blocks of time, each ``(…, bands, blocks)``; block ``i`` begins at ``times[i]`` s.

    ``first`` and ``second`` are the energies of the signals, ``cross`` is that of their product.
    """

    first: Floats
    cross: Floats
    second: Floats
    times: Floats


def _frame(length: int, sample_rate: int) -> tuple[int, int]:
    """Return the lead and the size of a transform with room for the octave filters to ring on both sides."""
    lead = math.ceil(_RINGING * sample_rate)
    block = decimation(sample_rate)[0]
    return lead, block * scipy.fft.next_fast_len(-(-(length + 2 * lead) // block), real=True)


def band_energies(first: NDArray[np.float32], second: NDArray[np.float32] | None, sample_rate: int) -> BandEnergies:
    """Return how the energy of signals ``(…, n)``, or of pairs of them, runs over time in each measured band."""
    lead, size = _frame(first.shape[-1], sample_rate)
    both = (first,) if second is None else (first, second)
    padded = np.zeros((len(both), *first.shape[:-1], size), dtype=np.float32)
    for part, signal in zip(padded, both, strict=True):
        part[..., lead : lead + first.shape[-1]] = signal
    spectra = scipy.fft.rfft(padded, axis=-1, workers=1)
    factors = decimation(sample_rate)
    blocks = size // factors[0]
    energies = np.zeros((3, *first.shape[:-1], len(factors), blocks))
    for band, (factor, gains) in enumerate(zip(factors, analysis(size, sample_rate), strict=True)):
        y = scipy.fft.irfft(spectra[..., : len(gains)] * gains, size // factor, axis=-1, workers=1, overwrite_x=True)
        y = y.reshape(*y.shape[:-1], blocks, factors[0] // factor)
        # One sample stands for ``factor``, and a transform of 1/factor of the size makes it ``factor`` times too large.
        energies[0, ..., band, :] = np.square(y[0]).sum(axis=-1) / factor
        if second is not None:
            energies[1, ..., band, :] = (y[0] * y[1]).sum(axis=-1) / factor
            energies[2, ..., band, :] = np.square(y[1]).sum(axis=-1) / factor
    times = (np.arange(blocks) * factors[0] - lead) / sample_rate
    return BandEnergies(first=energies[0], cross=energies[1], second=energies[2], times=times)


def rates_of(energies: Floats, step: float) -> Floats:
    """Return the energy decay rates in 1/s by T20 of energies ``(…, blocks)``, blocks ``step`` seconds apart.

    NaN where fewer than three blocks lie between −5 and −25 dB, or where there is no energy.
    """
    remaining = np.cumsum(energies[..., ::-1], axis=-1)[..., ::-1]
    whole = remaining[..., :1]
    level = 10.0 * np.log10(np.maximum(remaining, 1e-300) / np.maximum(whole, 1e-300))
    inside = (level <= _UPPER_DB) & (level >= _LOWER_DB)
    count = inside.sum(axis=-1)
    seen = (count >= 3) & (whole[..., 0] > 0.0)
    divisor = np.maximum(count, 1)
    t = np.arange(energies.shape[-1]) * step
    mean_t = (inside * t).sum(axis=-1) / divisor
    mean_level = (inside * level).sum(axis=-1) / divisor
    away = inside * (t - mean_t[..., None])
    spread = np.square(away).sum(axis=-1)
    slope = (away * (level - mean_level[..., None])).sum(axis=-1) / np.where(seen, spread, 1.0)
    return np.where(seen, slope * (-math.log(10.0) / 10.0), np.nan)


def _rt60(rate: float) -> float | None:
    """Return the RT60 in s of an energy decay rate; None where there is no decay to see."""
    return LN_MILLION / rate if rate > 0.0 else None


def measure(
    samples: NDArray[np.float32], sample_rate: int, direct: int = 0, direct_energy: float | None = None
) -> ResponseFacts:
    """Return what a response measures.

    Args:
        samples: the response, ``(n,)``; at least 5600 Hz sample rate.
        sample_rate: in Hz.
        direct: the index of the direct sound.
        direct_energy: energy of the direct sound where it is known; None takes the samples up to 2.5 ms after it.
    """
    return measure_all(samples[None], sample_rate, direct, direct_energy)[0]


def measure_all(
    samples: NDArray[np.float32], sample_rate: int, direct: int = 0, direct_energy: float | None = None
) -> list[ResponseFacts]:
    """Return what several responses ``(places, n)`` measure; otherwise as :func:`measure`."""
    squares = np.square(samples, dtype=np.float64)
    bands = band_energies(samples, None, sample_rate)
    rates = rates_of(bands.first, decimation(sample_rate)[0] / sample_rate)
    broadband = rates_of(squares[:, direct:], 1.0 / sample_rate)
    # Octaves of white noise double in energy from one to the next: undo it, and the sum is that of pink noise.
    octaves = bands.first.sum(axis=-1) * [CENTRES[0] / centre for centre in CENTRES[: rates.shape[-1]]]
    found = []
    for k, square in enumerate(squares):
        energy = float(square.sum())
        own = direct_energy
        if own is None:
            own = float(square[: direct + math.ceil(0.0025 * sample_rate)].sum())
        early = float(square[: direct + math.ceil(_EARLY * sample_rate)].sum())
        rt60_bands = tuple(_rt60(float(rate)) for rate in rates[k])
        found.append(
            ResponseFacts(
                rt60=_mean(rt60_bands[MID]),
                rt60_broadband=_rt60(float(broadband[k])),
                rt60_bands=rt60_bands,
                drr_db=_ratio_db(own, energy - own),
                c50_db=_ratio_db(early, energy - early),
                energy=energy,
                pink_energy=float(octaves[k].mean()) / _flat_octave(sample_rate),
            )
        )
    return found


@lru_cache(maxsize=16)
def _flat_octave(sample_rate: int) -> float:
    """Return the energy that a unit sample leaves in the lowest octave."""
    unit = np.ones(1, dtype=np.float32)
    return float(band_energies(unit, None, sample_rate).first[0].sum())


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None


def _ratio_db(part: float, rest: float) -> float:
    return 10.0 * math.log10(part / rest) if part > 0.0 and rest > 0.0 else math.inf if part > 0.0 else -math.inf
