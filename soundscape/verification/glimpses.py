"""Level, SNR and audibility of an event once more, in float64 and straight from the definitions.

Cells are Hann frames of 32 ms every 16 ms, frame ``i`` centred on sample ``i · hop``, by 32 triangular bands spaced
evenly on the ERB-rate scale of Glasberg and Moore (1990) from 80 Hz to 11 kHz or 0.45 of the sample rate. An event's
own cells are those in its active frames within 40 dB of the strongest and above −90 dBFS; a glimpse is an own cell more
than 3 dB above the rest of the mix (Cooke 2006). Here the rest is the sum of the other stems, before the transform.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from soundscape.records import Span, samples
from soundscape.verification.measures import decibels, lufs
from soundscape.verification.signals import Floats

_BANDS = 32
_FRAMES_AT_ONCE = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """An event over its active samples: LUFS, dBFS, and dB over the rest of the mix, which has ``rest_db``."""

    level_lufs: float
    rms_dbfs: float
    snr_db: float
    rest_db: float


def levels(own: Floats, weighted: Floats, rest: Floats, active: Sequence[tuple[int, int]]) -> Levels:
    """Return an event's levels.

    Args:
        own: its samples ``(n,)``.
        weighted: the same after K-weighting.
        rest: the rest of the mix after K-weighting.
        active: ranges of samples, in order and apart.
    """
    count = sum(end - start for start, end in active)

    def power(x: Floats) -> float:
        return sum(float(np.square(x[start:end]).sum()) for start, end in active) / count

    signal, noise = power(weighted), power(rest)
    return Levels(
        level_lufs=lufs(signal),
        rms_dbfs=decibels(power(own)),
        snr_db=decibels(signal) - decibels(noise) if signal > 0.0 or noise > 0.0 else 0.0,
        rest_db=decibels(noise),
    )


def ranges(spans: Sequence[Span], first: int, stop: int, sample_rate: int) -> list[tuple[int, int]]:
    """Return spans of the clip as ranges of samples counted from sample ``first``, joined, within ``first … stop``."""
    out: list[tuple[int, int]] = []
    for start, end in sorted((samples(s.start, sample_rate), samples(s.end, sample_rate)) for s in spans):
        start, end = max(start, first) - first, min(end, stop) - first
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        elif end > start:
            out.append((start, end))
    return out


def glimpses(
    own: Floats, rest: Floats, first: int, active: Sequence[tuple[int, int]], sample_rate: int
) -> tuple[float, float]:
    """Return glimpse proportion and masked share of an event.

    Args:
        own: its samples ``(n,)``; they begin at sample ``first`` of the clip.
        rest: the rest of the mix over the same samples.
        first: see there. Frames lie on the clip's own grid.
        active: ranges of those samples.
        sample_rate: in Hz.
    """
    frame, hop = samples(0.032, sample_rate), samples(0.016, sample_rate)
    chosen = sorted(
        {
            i
            for start, end in active
            for i in range((first + start - hop // 2) // hop, (first + end + hop) // hop + 1)
            if 2 * i * hop - hop < 2 * (first + end) and 2 * i * hop + hop > 2 * (first + start)
        }
    )
    starts = np.array(chosen) * hop - frame // 2 - first
    own_cells, rest_cells = (_cells(x, starts, frame, sample_rate) for x in (own, rest))
    mine = own_cells > max(float(own_cells.max()) * 1e-4, 1e-9)
    heard = mine & (own_cells > rest_cells * 10.0**0.3)
    frames = mine.any(axis=1)
    if not frames.any():
        return 0.0, 1.0
    return float(heard.sum() / mine.sum()), float(1.0 - heard.any(axis=1)[frames].mean())


def _cells(x: Floats, starts: np.ndarray[tuple[int], np.dtype[np.int64]], frame: int, sample_rate: int) -> Floats:
    """Return the mean square of each band in the frames that begin at ``starts``, ``(frames, bands)``."""
    window = np.sin(math.pi * (np.arange(frame) + 0.5) / frame) ** 2
    weights = _bands(frame, sample_rate) * (2.0 / (frame * np.square(window).sum()))
    padded = np.concatenate([np.zeros(2 * frame), x, np.zeros(2 * frame)])
    at = np.clip(starts + 2 * frame, 0, len(padded) - frame)
    out = []
    for low in range(0, len(at), _FRAMES_AT_ONCE):
        frames = padded[at[low : low + _FRAMES_AT_ONCE, None] + np.arange(frame)]
        spectra = np.fft.rfft(frames * window)
        out.append((weights @ (np.square(spectra.real) + np.square(spectra.imag)).T).T)
    return np.concatenate(out)


@lru_cache(maxsize=8)
def _bands(frame: int, sample_rate: int) -> Any:
    """Return the triangles over the bins of a frame's transform, a sparse matrix ``(bands, frame // 2 + 1)``."""
    from scipy.sparse import csr_array

    low, high = (21.4 * math.log10(1.0 + 0.00437 * f) for f in (80.0, min(11e3, 0.45 * sample_rate)))
    rates = np.linspace(low, high, _BANDS + 2)
    corners = (10.0 ** (rates / 21.4) - 1.0) / 0.00437
    bins = np.arange(frame // 2 + 1) * (sample_rate / frame)
    unit = np.eye(_BANDS + 2)[1:-1]
    return csr_array(np.array([np.interp(bins, corners, peak) for peak in unit]))
