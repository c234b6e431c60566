"""Time–frequency cells: the power of an event, and of the rest of the mix, in frames and bands.

Cells are 32 ms Hann frames every 16 ms by 32 triangular bands, spaced evenly on the ERB-rate scale (Glasberg and Moore
1990) from 80 Hz to 11 kHz, or to 0.45 of the sample rate where that is less.

The transform is linear: the rest of the mix costs a subtraction of spectra, not a transform of its own.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape import kernels
from soundscape.kernels import Frames
from soundscape.kernels.transform import fitting_size
from soundscape.records import samples

Floats: TypeAlias = NDArray[np.floating[Any]]

FRAME = 0.032
HOP = 0.016
"""Frames and the steps between their centres, in s; frame 0 is centred on sample 0."""

BANDS = 32
LOWEST_HZ = 80.0
HIGHEST_HZ = 11_000.0


def band_centres(sample_rate: int) -> NDArray[np.float64]:
    """Return the centres of the bands in Hz with the lower edge before and the upper edge after them, ``(34,)``.

    Band ``b`` rises from the ``b``-th to the next, its centre, and falls to the one after.
    """
    top = min(HIGHEST_HZ, 0.45 * sample_rate)
    low, high = (21.4 * math.log10(1.0 + 0.00437 * f) for f in (LOWEST_HZ, top))
    rates = low + (high - low) * np.arange(BANDS + 2) / (BANDS + 1)
    return np.array([(10.0 ** (rate / 21.4) - 1.0) / 0.00437 for rate in rates])


@lru_cache(maxsize=8)
def grid(sample_rate: int) -> Frames:
    """Return the frames of a sample rate of at least 4000 Hz, scaled so that a band's power is its mean square."""
    frame, hop = samples(FRAME, sample_rate), samples(HOP, sample_rate)
    size = fitting_size(frame)
    window = np.array([0.5 - 0.5 * math.cos(2.0 * math.pi * (i + 0.5) / frame) for i in range(frame)])
    # By Parseval, half the spectrum of a frame so scaled sums to the frame's mean square.
    window *= math.sqrt(2.0 / (size * float(np.square(window).sum())))
    frequencies = np.arange(size // 2 + 1) * (sample_rate / size)
    edges = band_centres(sample_rate)
    rising = (frequencies - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - frequencies) / np.diff(edges)[1:, None]
    return Frames(window, hop, np.clip(np.minimum(rising, falling), 0.0, None))


def touched(frames: Frames, start: int, stop: int) -> tuple[int, int]:
    """Return the range of frames that hold samples from ``start`` up to ``stop``."""
    half = frames.width // 2
    return max(0, -(-(start + half - frames.width + 1) // frames.hop)), (stop - 1 + half) // frames.hop + 1


class EventCells:
    """An event's cells over the frames that its stem touches, from frame ``first`` on.

    Args:
        x: its samples ``(n,)``, at a gain of 1.
        offset: the first sample of the scene that it touches.
        sample_rate: in Hz.
    """

    def __init__(self, x: Floats, offset: int, sample_rate: int) -> None:
        self._x, self._offset, self._grid = np.asarray(x, dtype=np.float32), offset, grid(sample_rate)
        self.first, self._stop = touched(self._grid, offset, offset + len(x))

    def powers(self, gain: float, mix: MixSpectra) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return the mean squares of the event and of the rest of the mix, ``(frames, bands)`` each, at a gain."""
        own, rest = kernels.event_cells(self._grid, self._x, self._offset, self.first, self._stop, gain, mix.spectra)
        own *= np.float32(gain * gain)
        return own, rest


class MixSpectra:
    """The frames of a mix ``(n,)``, transformed."""

    def __init__(self, mix: Floats, sample_rate: int) -> None:
        frames = grid(sample_rate)
        _, count = touched(frames, 0, len(mix))
        self.spectra: Any = kernels.spectra(frames, np.asarray(mix, dtype=np.float32), count)
