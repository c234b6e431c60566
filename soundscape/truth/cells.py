"""Time–frequency cells: the power of an event, and of the rest of the mix, in frames and bands.

Cells are 32 ms Hann frames every 16 ms by 32 triangular bands, spaced evenly on the ERB-rate scale (Glasberg and Moore
1990) from 80 Hz to 11 kHz, or to 0.45 of the sample rate where that is less.

The transform is linear: the rest of the mix costs a subtraction of spectra, not a transform of its own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape import kernels
from soundscape.kernels import Frames, Laid
from soundscape.kernels.transform import fitting_size
from soundscape.records import samples

Floats: TypeAlias = NDArray[np.floating[Any]]
Powers: TypeAlias = NDArray[np.float32]

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


def laid(x: Floats, offset: int, gain: float, sample_rate: int) -> Laid:
    """Return an event for :func:`powers`: its samples ``(n,)`` at a gain of 1, its first sample of the scene, its gain.

    Its frames are those that its samples touch.
    """
    first, stop = touched(grid(sample_rate), offset, offset + len(x))
    return Laid(np.asarray(x, dtype=np.float32), offset, first, stop, gain)


def powers(events: Sequence[Laid], mix: Floats, sample_rate: int) -> list[tuple[Powers, Powers]]:
    """Return the mean squares of each event at its gain, and of the rest of the mix, ``(frames, bands)`` each."""
    found = kernels.scene_cells(grid(sample_rate), np.asarray(mix, dtype=np.float64), events)
    for event, (own, _) in zip(events, found, strict=True):
        own *= np.float32(event.gain * event.gain)
    return found
