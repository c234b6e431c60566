"""The kernels in NumPy and SciPy: what each one computes, to the bit.

All of them add in one fixed order, so that the compiled ones can add in the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape.kernels.transform import Frames, Narrow, Parts, transformed

Floats: TypeAlias = NDArray[np.floating[Any]]
Wide: TypeAlias = NDArray[np.float64]
#: From where to where parts of a signal reach, in samples: ``(parts, 2)``.
Bounds: TypeAlias = NDArray[np.int64]

#: Frames are taken so many at a time that their spectra stay in the processor's cache.
_TOGETHER = 128

SUMS = 16
"""Sums of squares run in so many columns, which are then added by halves."""


def k_weight(signals: Sequence[Floats], sections: Wide, chunk: int, lead: int) -> list[Floats]:
    """Return signals ``(n,)`` after two second-order sections ``(2, 6)``, each from rest; filtered in float64.

    Every ``chunk`` samples the filter starts anew, from rest ``lead`` samples before: then chunks do not wait for one
    another. The lead is to be so long that nothing is left of what was before it.

    Args:
        signals: float32, or where not all are that, float64; so is what is returned.
        sections: as :func:`scipy.signal.sosfilt` has them.
        chunk: in samples, at least 1.
        lead: in samples, from 0 up.
    """
    from scipy.signal import sosfilt

    narrow = all(x.dtype == np.float32 for x in signals)
    weighted: list[Floats] = []
    for x in signals:
        out: Floats = np.empty(len(x), dtype=np.float32 if narrow else np.float64)
        for start in range(0, len(x), chunk):
            before = min(start, lead)
            part = x[start - before : start + chunk].astype(np.float64)
            out[start : start + chunk] = sosfilt(sections, part)[before:]
        weighted.append(out)
    return weighted


class Laid(NamedTuple):
    """An event in a scene: its samples ``(n,)``, where the first of them lies, its frames, and its gain.

    Frame 0 of the scene is centred on sample 0. Frames are wanted from ``first`` up to ``stop``; around the samples is
    silence. The gain is rounded to float32.
    """

    x: Narrow
    offset: int
    first: int
    stop: int
    gain: float


def scene_cells(frames: Frames, mix: Wide, events: Sequence[Laid]) -> list[tuple[Narrow, Narrow]]:
    """Return for each event its power in bands at a gain of 1, and that of the mix without the event at its gain.

    Args:
        frames: how all are cut and transformed.
        mix: of the scene, ``(n,)``; rounded to float32.
        events: where each lies.

    Returns:
        Two of ``(stop - first, bands)`` for each event.
    """
    out = [tuple(np.empty((e.stop - e.first, frames.bands.count), dtype=np.float32) for _ in range(2)) for e in events]
    narrow = mix.astype(np.float32)
    for low in range(0, max((e.stop for e in events), default=0), _TOGETHER):
        whole = _spectra(frames, narrow, 0, low, low + _TOGETHER)
        for event, (own, rest) in zip(events, out, strict=True):
            first, stop = max(low, event.first), min(low + _TOGETHER, event.stop)
            if first < stop:
                here, there = slice(first - low, stop - low), slice(first - event.first, stop - event.first)
                less = np.float32(-event.gain)
                re, im = _spectra(frames, event.x, event.offset, first, stop)
                own[there] = _in_bands(frames, re, im)
                rest[there] = _in_bands(frames, re * less + whole[0][:, here], im * less + whole[1][:, here])
    return [(own, rest) for own, rest in out]


def _spectra(frames: Frames, x: Narrow, offset: int, first: int, stop: int) -> Parts:
    begin = first * frames.hop - frames.width // 2 - offset
    padded = np.zeros((stop - first - 1) * frames.hop + frames.size, dtype=np.float32)
    low, high = max(begin, 0), min(begin + len(padded), len(x))
    if high > low:
        padded[low - begin : high - begin] = x[low:high]
    cut = np.lib.stride_tricks.sliding_window_view(padded, frames.size)[:: frames.hop]
    return transformed(frames, cut.T * frames.window[:, None])


def _in_bands(frames: Frames, re: Narrow, im: Narrow) -> Narrow:
    power = re * re + im * im
    # A dense product would depend on the processor.
    return np.asarray((frames.bands.matrix @ power).T)


def energies(x: Floats, bounds: Bounds) -> Wide:
    """Return the sum of squares of each part of samples ``(n,)``, float32 or float64, added in float64."""
    return np.array([_folded(np.square(x[a:b], dtype=np.float64)) for a, b in bounds])


def rest_energies(own: Floats, whole: Wide, gain: float, bounds: Bounds) -> Wide:
    """Return the sum of squares of each part of ``whole`` less ``gain`` times ``own``, ``(n,)`` each, in float64."""
    parts = []
    for a, b in bounds:
        rest = own[a:b].astype(np.float64) * -gain
        rest += whole[a:b]
        parts.append(_folded(np.square(rest, out=rest)))
    return np.array(parts)


def _folded(x: Wide) -> float:
    """Return the sum of samples."""
    padded = np.zeros(-(-len(x) // SUMS) * SUMS)
    padded[: len(x)] = x
    sums = np.add.reduce(padded.reshape(-1, SUMS), axis=0)
    while len(sums) > 1:
        sums = sums[: len(sums) // 2] + sums[len(sums) // 2 :]
    return float(sums[0])


class Cells(NamedTuple):
    """What :func:`count_cells` finds among the active frames."""

    cells: int
    glimpsed: int
    frames: int
    glimpsed_frames: int
    power: float


def count_cells(
    own: Narrow, rest: Narrow, active: NDArray[np.bool_], own_range: float, floor: float, ratio: float
) -> Cells:
    """Count the cells of its own that an event has in its active frames, and its glimpses.

    Args:
        own: powers of the event ``(frames, bands)``; bands are a multiple of 16.
        rest: those of the rest of the mix.
        active: which frames are, ``(frames,)``.
        own_range: its own cells are above this part of the strongest,
        floor: and above this.
        ratio: a glimpse is a cell of its own above so many times the rest.

    Returns:
        Its own cells; the glimpses; the frames that have such a cell; those that have a glimpse; and the sum of all
        powers in active frames, added in float64.
    """
    within = own[active]
    least = within.max(initial=np.float32(0.0)) * np.float32(own_range)
    mine = within > max(least, np.float32(floor))
    glimpsed = mine & (within > rest[active] * np.float32(ratio))
    return Cells(
        int(mine.sum()),
        int(glimpsed.sum()),
        int(mine.any(axis=1).sum()),
        int(glimpsed.any(axis=1).sum()),
        _folded(within.astype(np.float64).ravel()),
    )


def add_scaled(out: Wide, x: Narrow, gain: np.float32) -> None:
    """Add ``gain`` times ``x`` to ``out``, ``(n,)`` each; the product is rounded to float32."""
    out += x * gain


def peaks(x: Floats, block: int) -> Wide:
    """Return the largest magnitude in every ``block`` of samples ``(n,)``, all finite; the last may be shorter."""
    if not len(x):
        return np.zeros(0)
    starts = np.arange(0, len(x), block)
    return np.maximum.reduceat(np.abs(x), starts).astype(np.float64)


def quantised(x: Wide, factor: float) -> NDArray[np.int16]:
    """Return ``x`` times ``factor`` as integers, halves to even; all of them within the range of int16."""
    return np.rint(x * factor).astype(np.int16)
