"""The highest point of a signal between its samples: BS.1770-4 annex 2, four times oversampled.

The interpolator is a sinc of 48 taps in a Kaiser window (β = 8), flat to 0.002 dB up to 0.44 of the sample rate. All
three phases between the samples are a float32 matrix product, whose error is below 1e-5 of the sample peak. It only
nominates: every point within 1e-4 of the highest is computed again in float64 in one fixed order, so that the figure
does not depend on the processor's way of summing. (Of more than 4,096 such points, as in a long steady tone, the
highest are taken; the rest lie within 1e-4, that is 0.001 dB.)
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from soundscape import kernels

_PHASES = (0.25, 0.5, 0.75)
_HALF_TAPS = 24
_LEAD = 2 * _HALF_TAPS - 1
_KAISER_BETA = 8.0
_BLOCK = 32
# Products of 32 × 79 × 96 are too small for BLAS to share among threads, which would cost more than it saves.
_ROWS = 32
_ROWS_AT_ONCE = 4096
_MARGIN = 1e-4
_MOST_CANDIDATES = 4096


@lru_cache(maxsize=1)
def _interpolator() -> NDArray[np.float64]:
    """Return the taps ``(48, 3)`` that give the values a quarter, a half and three quarters after a sample."""
    distance = np.arange(1 - _HALF_TAPS, _HALF_TAPS + 1)[:, None] - np.array(_PHASES)
    window = np.i0(_KAISER_BETA * np.sqrt(1.0 - np.square(distance / _HALF_TAPS)))
    taps = np.sinc(distance) * window
    return np.asarray(taps / taps.sum(axis=0))


@lru_cache(maxsize=1)
def _interpolator_matrix() -> NDArray[np.float32]:
    """Return the matrix ``(79, 96)`` that takes 32 samples with their surroundings to the 96 values between them."""
    taps = _interpolator()
    matrix = np.zeros((_BLOCK + len(taps) - 1, _BLOCK, len(_PHASES)), dtype=np.float32)
    for i in range(_BLOCK):
        matrix[i : i + len(taps), i] = taps
    return matrix.reshape(len(matrix), -1)


@lru_cache(maxsize=1)
def _most_gain() -> float:
    """Return by how much a value between samples may pass the largest of the samples that it is made of."""
    # A little more, for the float32 product.
    return 1.001 * float(np.abs(_interpolator()).sum(axis=0).max())


def highest(x: NDArray[np.float64]) -> float:
    """Return the largest magnitude of one channel ``(n,)`` between and at its samples; silence lies around it."""
    block_peaks = kernels.peaks(x, _BLOCK)
    sample_peak = float(block_peaks.max(initial=0.0))
    if sample_peak == 0.0:
        return 0.0
    taps = _interpolator()
    # Nothing passes the sample peak but near to samples that are not far below it: a small part of most clips.
    best, where = _nominate(x, sample_peak, block_peaks >= (1.0 - _MARGIN) * sample_peak / _most_gain())
    if best < 1.0 - _MARGIN:
        return sample_peak
    position, phase = np.divmod(where, len(_PHASES))
    exact = np.zeros(len(where))
    for tap in range(len(taps)):
        exact += _taken(x, position + (tap - _LEAD)) / sample_peak * taps[tap, phase]
    return sample_peak * max(1.0, float(np.abs(exact).max()))


def _taken(x: NDArray[np.float64], at: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return samples by index; silence outside."""
    inside = (at >= 0) & (at < len(x))
    return np.where(inside, x[np.where(inside, at, 0)], 0.0)


def _rows(x: NDArray[np.float64], starts: NDArray[np.intp], width: int) -> NDArray[np.float64]:
    """Return the ``width`` samples from each start on; silence outside."""
    within = (starts >= 0) & (starts + width <= len(x))
    if within.all():
        return np.lib.stride_tricks.sliding_window_view(x, width)[starts]
    rows = _taken(x, np.where(within, 0, starts)[:, None] + np.arange(width))
    if within.any():
        rows[within] = np.lib.stride_tricks.sliding_window_view(x, width)[starts[within]]
    return rows


def _nominate(x: NDArray[np.float64], sample_peak: float, high: NDArray[np.bool_]) -> tuple[float, NDArray[np.intp]]:
    """Return the largest interpolated magnitude in float32 re the sample peak, and the points that come near it.

    A point is sample × 3 + phase, counted from ``_LEAD`` samples before the first: silence may overshoot too. They are
    sought around the blocks of samples that are marked as high.
    """
    matrix = _interpolator_matrix()
    width = len(matrix)
    # Block b holds the points of samples from 32 b on, and is made of the samples from 32 b − _LEAD on: of the blocks
    # b − 2 to b of samples.
    marked = np.zeros(len(high) + 2, dtype=bool)
    for later in range(3):
        marked[later : later + len(high)] |= high
    blocks = np.flatnonzero(marked)
    best = 0.0
    points = np.zeros(0, dtype=np.intp)
    heights = np.zeros(0, dtype=np.float32)
    for first in range(0, len(blocks), _ROWS_AT_ONCE):
        part = blocks[first : first + _ROWS_AT_ONCE]
        rows = np.zeros((-(-len(part) // _ROWS) * _ROWS, width), dtype=np.float32)
        rows[: len(part)] = _rows(x, part * _BLOCK - _LEAD, width) * (1.0 / sample_peak)
        magnitudes = np.abs(rows.reshape(-1, _ROWS, width) @ matrix).reshape(len(rows), -1)[: len(part)]
        highest = magnitudes.max(axis=1)
        best = max(best, float(highest.max()))
        near = np.flatnonzero(highest >= best - _MARGIN)
        row, column = np.nonzero(magnitudes[near] >= best - _MARGIN)
        row = near[row]
        points = np.concatenate([points, part[row] * matrix.shape[1] + column])
        heights = np.concatenate([heights, magnitudes[row, column]])
        keep = heights >= best - _MARGIN
        points, heights = points[keep], heights[keep]
        if len(points) > _MOST_CANDIDATES:
            top = np.argpartition(heights, -_MOST_CANDIDATES)[-_MOST_CANDIDATES:]
            points, heights = points[top], heights[top]
    return best, points
