"""Time–frequency cells: the power of an event, and of the rest of the mix, in frames and bands.

Cells are 32 ms Hann frames every 16 ms by 32 triangular bands, spaced evenly on the ERB-rate scale (Glasberg and Moore
1990) from 80 Hz to 11 kHz, or to 0.45 of the sample rate where that is less.

The transform is linear: an event's spectra are made once and hold at any gain, and the rest of the mix costs a
subtraction. Bands are summed in one fixed order: a matrix product would depend on the processor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from soundscape.records import samples

Floats: TypeAlias = NDArray[np.floating[Any]]
Spectra: TypeAlias = NDArray[np.complex64]

FRAME = 0.032
HOP = 0.016
"""Frames and the steps between their centres, in s; frame 0 is centred on sample 0."""

BANDS = 32
LOWEST_HZ = 80.0
HIGHEST_HZ = 11_000.0

#: Frames are taken so many at a time that their spectra stay in the processor's cache.
_TOGETHER = 128


def band_centres(sample_rate: int) -> NDArray[np.float64]:
    """Return the centres of the bands in Hz with the lower edge before and the upper edge after them, ``(34,)``.

    Band ``b`` rises from the ``b``-th to the next, its centre, and falls to the one after.
    """
    top = min(HIGHEST_HZ, 0.45 * sample_rate)
    low, high = (21.4 * math.log10(1.0 + 0.00437 * f) for f in (LOWEST_HZ, top))
    rates = low + (high - low) * np.arange(BANDS + 2) / (BANDS + 1)
    return np.array([(10.0 ** (rate / 21.4) - 1.0) / 0.00437 for rate in rates])


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Frames in samples, and what turns them into bands: window ``(frame,)``, weights ``(bands, size // 2 + 1)``."""

    frame: int
    hop: int
    size: int
    window: NDArray[np.float32]
    weights: Any

    def touched(self, start: int, stop: int) -> tuple[int, int]:
        """Return the range of frames that hold samples from ``start`` up to ``stop``."""
        half = self.frame // 2
        return max(0, -(-(start + half - self.frame + 1) // self.hop)), (stop - 1 + half) // self.hop + 1

    def spectra(self, x: Floats, offset: int, first: int, stop: int) -> Spectra:
        """Return frames ``first`` to ``stop`` of a signal that begins at sample ``offset``, zeros around it."""
        start = first * self.hop - self.frame // 2
        padded = np.zeros((stop - first - 1) * self.hop + self.frame, dtype=np.float32)
        low, high = max(start, offset), min(start + len(padded), offset + len(x))
        if high > low:
            padded[low - start : high - start] = x[low - offset : high - offset]
        frames = np.lib.stride_tricks.sliding_window_view(padded, self.frame)[:: self.hop]
        return np.asarray(scipy.fft.rfft(frames * self.window, self.size, axis=1, workers=1, overwrite_x=True))

    def powers(self, spectra: Spectra) -> NDArray[np.float32]:
        """Return the mean square in each band, ``(frames, bands)``."""
        power = np.square(spectra.real)
        power += np.square(spectra.imag)
        return np.asarray((self.weights @ power.T).T)


@lru_cache(maxsize=8)
def grid(sample_rate: int) -> Grid:
    """Return the grid of a sample rate of at least 4000 Hz."""
    from scipy.sparse import csr_array

    frame, hop = samples(FRAME, sample_rate), samples(HOP, sample_rate)
    size = scipy.fft.next_fast_len(frame, real=True)
    window = np.array([0.5 - 0.5 * math.cos(2.0 * math.pi * (i + 0.5) / frame) for i in range(frame)])
    # By Parseval, half the spectrum of a frame so scaled sums to the frame's mean square.
    window *= math.sqrt(2.0 / (size * float(np.square(window).sum())))
    frequencies = np.arange(size // 2 + 1) * (sample_rate / size)
    edges = band_centres(sample_rate)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    weights = csr_array(np.clip(np.minimum(rising, falling), 0.0, None).astype(np.float32))
    return Grid(frame=frame, hop=hop, size=size, window=window.astype(np.float32), weights=weights)


class EventCells:
    """An event's cells over the frames that its stem touches, from frame ``first`` on.

    Args:
        x: its samples ``(n,)``, at a gain of 1.
        offset: the first sample of the scene that it touches.
        sample_rate: in Hz.
    """

    def __init__(self, x: Floats, offset: int, sample_rate: int) -> None:
        self._x, self._offset, self._grid = x, offset, grid(sample_rate)
        self.first, self._stop = self._grid.touched(offset, offset + len(x))
        self._own: NDArray[np.float32] | None = None

    def powers(self, gain: float, mix: MixSpectra) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the mean squares of the event and of the rest of the mix, ``(frames, bands)`` each, at a gain."""
        known = self._own is not None
        own = self._own if self._own is not None else np.empty((self._stop - self.first, BANDS), dtype=np.float32)
        rest = np.empty_like(own)
        # Spectra are made anew for another gain, which is seldom: kept, they would crowd everything else out of the
        # processor's cache.
        for low in range(self.first, self._stop, _TOGETHER):
            stop = min(low + _TOGETHER, self._stop)
            spectra = self._grid.spectra(self._x, self._offset, low, stop)
            part = slice(low - self.first, stop - self.first)
            if not known:
                own[part] = self._grid.powers(spectra)
            # As pairs of floats: NumPy would take a real factor for a complex one.
            left = spectra.view(np.float32)
            left *= np.float32(-gain)
            for at, whole in mix.parts(low, stop):
                left[at - low : at - low + len(whole)] += whole.view(np.float32)
            rest[part] = self._grid.powers(spectra)
        self._own = own
        return own * np.float32(gain * gain), rest


class MixSpectra:
    """The frames of a mix ``(n,)``, transformed when they are first asked for."""

    def __init__(self, mix: Floats, sample_rate: int) -> None:
        self._mix, self._grid = mix, grid(sample_rate)
        self._parts: dict[int, Spectra] = {}

    def parts(self, first: int, stop: int) -> Iterator[tuple[int, Spectra]]:
        """Yield the frames from ``first`` to ``stop`` in a few parts, each with its first frame."""
        for low in range(first - first % _TOGETHER, stop, _TOGETHER):
            if low not in self._parts:
                self._parts[low] = self._grid.spectra(self._mix, 0, low, low + _TOGETHER)
            a, b = max(first, low), min(stop, low + _TOGETHER)
            yield a, self._parts[low][a - low : b - low]
