"""The Fourier transform of frames, and the bands of their spectra: tables, and the transform in NumPy.

A frame of ``size`` real samples is one of half as many complex ones, even samples real and odd ones imaginary; these
go through a Stockham transform (decimation in frequency; radices 4, 2, 3, 5), and are then untangled. It is our own,
because the compiled kernels do it for eight frames at once, with these very operations in this order; a library's
would have other last bits, and other ones on every processor. Everything is float32.
"""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Narrow: TypeAlias = NDArray[np.float32]
#: Real and imaginary parts, ``(bins, frames)`` each.
Parts: TypeAlias = tuple[Narrow, Narrow]

_RADICES = (4, 2, 3, 5)
_SIN_60 = np.float32(math.sqrt(3.0) / 2.0)
_COS_72, _SIN_72 = np.float32(math.cos(0.4 * math.pi)), np.float32(math.sin(0.4 * math.pi))
_COS_144, _SIN_144 = np.float32(math.cos(0.8 * math.pi)), np.float32(math.sin(0.8 * math.pi))
_HALF = np.float32(0.5)


def fitting_size(width: int) -> int:
    """Return the smallest size from ``width`` up that is a multiple of 8 and has no prime factor over 5."""
    size = -(-width // 8) * 8
    while _radices(size) is None:
        size += 8
    return size


def _radices(size: int) -> list[int] | None:
    found, left = [], size // 2
    for radix in _RADICES:
        while left % radix == 0:
            found.append(radix)
            left //= radix
    return found if left == 1 else None


class Frames:
    """Frames of a signal, one every ``hop`` samples, and the bands of their spectra.

    Args:
        window: ``(width,)``.
        hop: in samples.
        weights: how much of each bin a band adds, ``(bands, size // 2 + 1)``; what is not zero in a row lies together.
    """

    def __init__(self, window: NDArray[Any], hop: int, weights: NDArray[Any]) -> None:
        self.hop, self.width = hop, len(window)
        self.size = fitting_size(len(window))
        radices = _radices(self.size)
        if radices is None or weights.shape[1] != self.size // 2 + 1:
            raise ValueError(f"a window of {len(window)} samples and {weights.shape[1]} bins")
        # Untangling gives twice the spectrum.
        self.window: Narrow = np.zeros(self.size, dtype=np.float32)
        self.window[: self.width] = 0.5 * window
        self.radices = np.array(radices, dtype=np.int64)
        self.passes = [_twiddles(n, r) for n, r in _steps(self.size // 2, radices)]
        self.twiddles: Narrow = np.concatenate([w.ravel() for w in self.passes])
        self.untangling = _circle(self.size, self.size // 2 + 1)
        self.bands = Bands(weights)


class Bands:
    """Which bins each band adds, and how much of each; weights as in :class:`Frames`."""

    def __init__(self, weights: NDArray[Any]) -> None:
        narrow = weights.astype(np.float32)
        self.count = len(weights)
        #: The first bin of each band, and the number of its bins; their weights lie one behind the other in ``flat``.
        self.firsts, self.counts = np.zeros(self.count, dtype=np.int64), np.zeros(self.count, dtype=np.int64)
        for band, row in enumerate(narrow):
            used = np.flatnonzero(row)
            if len(used):
                self.firsts[band], self.counts[band] = used[0], used[-1] + 1 - used[0]
        self.flat: Narrow = np.concatenate(
            [row[f : f + n] for row, f, n in zip(narrow, self.firsts, self.counts, strict=True)]
        )
        #: Bins outside these are of no band.
        self.low, self.high = int(self.firsts.min()), int((self.firsts + self.counts).max())
        self._used = narrow[:, self.low : self.high]

    @cached_property
    def matrix(self) -> Any:
        """The weights of the bins ``low`` up to ``high``, as a sparse matrix: it adds bin after bin."""
        # Imported where it is used: the compiled kernels do without.
        from scipy.sparse import csr_array

        return csr_array(self._used)


def _circle(points: int, count: int) -> Narrow:
    """Return the first points of the unit circle, clockwise from 1, as pairs ``(count, 2)``."""
    angles = [-2.0 * math.pi * k / points for k in range(count)]
    return np.array([(math.cos(a), math.sin(a)) for a in angles], dtype=np.float32)


def _steps(n: int, radices: list[int]) -> list[tuple[int, int]]:
    """Return the length and the radix of every pass."""
    steps = []
    for radix in radices:
        steps.append((n, radix))
        n //= radix
    return steps


def _twiddles(n: int, radix: int) -> Narrow:
    """Return the factors of a pass, ``(n // radix, radix - 1, 2)``."""
    circle = _circle(n, n)
    places = np.arange(n // radix)[:, None] * np.arange(1, radix)
    return np.asarray(circle[places % n])


def transformed(frames: Frames, windowed: Narrow) -> Parts:
    """Return the spectra of windowed frames ``(size, frames)``: bins ``low`` up to ``high`` of the bands."""
    count, stride = windowed.shape[1], 1
    re, im = np.ascontiguousarray(windowed[0::2]), np.ascontiguousarray(windowed[1::2])
    other_re, other_im = np.empty_like(re), np.empty_like(im)
    for radix, twiddles in zip(frames.radices.tolist(), frames.passes, strict=True):
        m = len(twiddles)
        given = [(x[0], x[1]) for x in zip(*(y.reshape(radix, m, stride, count) for y in (re, im)), strict=True)]
        to_re, to_im = (y.reshape(m, radix, stride, count) for y in (other_re, other_im))
        for k, part in enumerate(_BUTTERFLIES[radix](given)):
            if k == 0:
                to_re[:, 0], to_im[:, 0] = part
            else:
                _turn(part, twiddles[:, k - 1], to_re[:, k], to_im[:, k])
        re, im, other_re, other_im = other_re, other_im, re, im
        stride *= radix
    return _untangled(frames, re, im)


def _untangled(frames: Frames, re: Narrow, im: Narrow) -> Parts:
    half = frames.size // 2
    bins = np.arange(frames.bands.low, frames.bands.high)
    here, there = bins % half, (half - bins) % half
    a, b, c, d = re[here], im[here], re[there], im[there]
    even, odd = (a + c, b - d), (b + d, c - a)
    turn_re, turn_im = (frames.untangling[bins, i][:, None] for i in range(2))
    return even[0] + (odd[0] * turn_re - odd[1] * turn_im), even[1] + (odd[0] * turn_im + odd[1] * turn_re)


def _turn(part: Parts, turns: Narrow, to_re: Narrow, to_im: Narrow) -> None:
    """Write parts ``(m, stride, frames)`` turned by one factor for each of the first axis."""
    (re, im), wr, wi = part, turns[:, 0, None, None], turns[:, 1, None, None]
    np.multiply(re, wr, out=to_re)
    to_re -= im * wi
    np.multiply(re, wi, out=to_im)
    to_im += im * wr


def _added(x: Parts, y: Parts) -> Parts:
    return x[0] + y[0], x[1] + y[1]


def _less(x: Parts, y: Parts) -> Parts:
    return x[0] - y[0], x[1] - y[1]


def _back(x: Parts) -> Parts:
    """Return the parts times −i."""
    return x[1], -x[0]


def _scaled(x: Parts, by: np.float32) -> Parts:
    return x[0] * by, x[1] * by


def _two(a: list[Parts]) -> list[Parts]:
    return [_added(a[0], a[1]), _less(a[0], a[1])]


def _three(a: list[Parts]) -> list[Parts]:
    both = _added(a[1], a[2])
    middle = _less(a[0], _scaled(both, _HALF))
    side = _back(_scaled(_less(a[1], a[2]), _SIN_60))
    return [_added(a[0], both), _added(middle, side), _less(middle, side)]


def _four(a: list[Parts]) -> list[Parts]:
    one, two = _added(a[0], a[2]), _less(a[0], a[2])
    three, four = _added(a[1], a[3]), _back(_less(a[1], a[3]))
    return [_added(one, three), _added(two, four), _less(one, three), _less(two, four)]


def _five(a: list[Parts]) -> list[Parts]:
    one, four = _added(a[1], a[4]), _less(a[1], a[4])
    two, three = _added(a[2], a[3]), _less(a[2], a[3])
    near = _added(_added(a[0], _scaled(one, _COS_72)), _scaled(two, _COS_144))
    far = _added(_added(a[0], _scaled(one, _COS_144)), _scaled(two, _COS_72))
    near_side = _back(_added(_scaled(four, _SIN_72), _scaled(three, _SIN_144)))
    far_side = _back(_less(_scaled(four, _SIN_144), _scaled(three, _SIN_72)))
    return [
        _added(_added(a[0], one), two),
        _added(near, near_side),
        _added(far, far_side),
        _less(far, far_side),
        _less(near, near_side),
    ]


_BUTTERFLIES = {2: _two, 3: _three, 4: _four, 5: _five}
