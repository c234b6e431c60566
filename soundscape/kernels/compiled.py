"""The kernels in C, called through ctypes; what each computes stands in :mod:`soundscape.kernels.plain`."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from soundscape.kernels.plain import SUMS, Bounds, Cells, Floats, Laid, Wide
from soundscape.kernels.transform import Frames, Narrow

#: Of the functions and their parameters; a library of another is left alone.
VERSION = 1
LIBRARY = Path(__file__).parent / "kernels.so"

#: Frames that are transformed side by side, and floats in a line of the processor's cache.
_TILE, _LINE = 8, 16

_POINTER, _INT, _FLAG = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32
_PARAMETERS: dict[str, list[Any]] = {
    "k_weight": [_POINTER, _INT, _FLAG, _POINTER, _INT, _INT],
    "scene_cells": [_POINTER, _POINTER, _INT, _POINTER, _INT, _POINTER],
    "energies": [_POINTER, _FLAG, _POINTER, _INT, _POINTER],
    "rest_energies": [_POINTER, _FLAG, _POINTER, ctypes.c_double, _POINTER, _INT, _POINTER],
    "count_cells": [_POINTER, _POINTER, _INT, _POINTER, _INT, *[ctypes.c_float] * 3, _POINTER],
    "add_scaled": [_POINTER, _POINTER, _INT, ctypes.c_float],
    "peaks": [_POINTER, _INT, _FLAG, _INT, _POINTER],
    "quantised": [_POINTER, _INT, ctypes.c_double, _POINTER],
}


class Compiled:
    """The library's functions, as those of :mod:`soundscape.kernels.plain`.

    Args:
        library: one of this :data:`VERSION`.
    """

    def __init__(self, library: ctypes.CDLL) -> None:
        self._tables: WeakKeyDictionary[Frames, _Tables] = WeakKeyDictionary()
        self._functions: dict[str, Any] = {}
        for name, parameters in _PARAMETERS.items():
            function = getattr(library, f"soundscape_{name}")
            function.argtypes, function.restype = parameters, None
            self._functions[name] = function

    def k_weight(self, signals: Sequence[Floats], sections: Wide, chunk: int, lead: int) -> list[Floats]:
        """Return signals after two second-order sections."""
        wide = any(x.dtype != np.float32 for x in signals)
        given = [_plain(x, np.float64 if wide else np.float32) for x in signals]
        out: list[Floats] = [np.empty_like(x) for x in given]
        rows = [(x.ctypes.data, o.ctypes.data, len(x)) for x, o in zip(given, out, strict=True)]
        table = np.array(rows, dtype=np.int64)
        sections = _plain(sections, np.float64)
        function = self._functions["k_weight"]
        function(table.ctypes.data, len(rows), wide, sections.ctypes.data, chunk, lead)
        return out

    def scene_cells(self, frames: Frames, mix: Wide, events: Sequence[Laid]) -> list[tuple[Narrow, Narrow]]:
        """Return for each event its power in bands, and that of the mix without it."""
        tables, mix = self._tables_of(frames), _plain(mix, np.float64)
        given = [event._replace(x=_plain(event.x, np.float32)) for event in events]
        out, rows = [], []
        for event in given:
            if not 0 <= event.first <= event.stop:
                raise ValueError(f"frames {event.first} to {event.stop}")
            own, rest = (np.empty((event.stop - event.first, frames.bands.count), dtype=np.float32) for _ in range(2))
            out.append((own, rest))
            x, *rest_of = event
            rows.append(_Event(x.ctypes.data, len(x), *rest_of, own.ctypes.data, rest.ctypes.data))
        table = (_Event * len(rows))(*rows)
        space = np.empty(tables.space_floats, dtype=np.float32)
        self._functions["scene_cells"](
            tables.at, mix.ctypes.data, len(mix), ctypes.addressof(table), len(rows), space.ctypes.data
        )
        return out

    def _tables_of(self, frames: Frames) -> _Tables:
        if frames not in self._tables:
            self._tables[frames] = _Tables(frames)
        return self._tables[frames]

    def energies(self, x: Floats, bounds: Bounds) -> Wide:
        """Return the sum of squares of each part of samples."""
        x, wide = _floats(x)
        bounds = _within(bounds, len(x))
        out = np.empty(len(bounds))
        self._functions["energies"](x.ctypes.data, wide, bounds.ctypes.data, len(bounds), out.ctypes.data)
        return out

    def rest_energies(self, own: Floats, whole: Wide, gain: float, bounds: Bounds) -> Wide:
        """Return the sum of squares of each part of the whole less a gain times its own."""
        (own, wide), whole = _floats(own), _plain(whole, np.float64)
        bounds = _within(bounds, min(len(own), len(whole)))
        out = np.empty(len(bounds))
        self._functions["rest_energies"](
            own.ctypes.data, wide, whole.ctypes.data, gain, bounds.ctypes.data, len(bounds), out.ctypes.data
        )
        return out

    def count_cells(
        self, own: Narrow, rest: Narrow, active: NDArray[np.bool_], own_range: float, floor: float, ratio: float
    ) -> Cells:
        """Count the cells of its own that an event has in its active frames, and its glimpses."""
        own, rest, active = _plain(own, np.float32), _plain(rest, np.float32), _plain(active, np.bool_)
        if own.shape != rest.shape or active.shape != own.shape[:1] or own.shape[1] % SUMS:
            raise ValueError(f"powers of shape {own.shape} and {rest.shape}, active frames of {active.shape}")
        found = _Found()
        self._functions["count_cells"](
            own.ctypes.data,
            rest.ctypes.data,
            own.shape[1],
            active.ctypes.data,
            len(own),
            own_range,
            floor,
            ratio,
            ctypes.byref(found),
        )
        return Cells(found.cells, found.glimpsed, found.frames, found.glimpsed_frames, found.power)

    def add_scaled(self, out: Wide, x: Narrow, gain: np.float32) -> None:
        """Add a gain times a signal to what is there."""
        if out.dtype != np.float64 or not out.flags.c_contiguous or not out.flags.writeable:
            raise ValueError("what is added to is no writeable row of float64")
        x = _plain(x, np.float32)
        _same_length(out, x)
        self._functions["add_scaled"](out.ctypes.data, x.ctypes.data, len(x), gain)

    def peaks(self, x: Floats, block: int) -> Wide:
        """Return the largest magnitude in every block of samples."""
        x, wide = _floats(x)
        out = np.empty(-(-len(x) // block))
        self._functions["peaks"](x.ctypes.data, len(x), wide, block, out.ctypes.data)
        return out

    def quantised(self, x: Wide, factor: float) -> NDArray[np.int16]:
        """Return samples times a factor as integers."""
        x = _plain(x, np.float64)
        out = np.empty(len(x), dtype=np.int16)
        self._functions["quantised"](x.ctypes.data, len(x), factor, out.ctypes.data)
        return out


class _FrameTables(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("size", "width", "hop", "passes")),
        *((name, ctypes.c_void_p) for name in ("radices", "window", "twiddles", "untangling")),
        *((name, ctypes.c_int64) for name in ("bands", "low", "high")),
        *((name, ctypes.c_void_p) for name in ("firsts", "counts", "weights")),
    )


class _Tables:
    """The tables of frames as the library reads them; keeps alive what they point to."""

    def __init__(self, frames: Frames) -> None:
        bands, size, hop = frames.bands, frames.size, frames.hop
        arrays = (frames.radices, frames.window, frames.twiddles, frames.untangling)
        self._kept = [np.ascontiguousarray(x) for x in (*arrays, bands.firsts, bands.counts, bands.flat)]
        at = [x.ctypes.data for x in self._kept]
        counts = (bands.count, bands.low, bands.high)
        self._struct = _FrameTables(size, frames.width, hop, len(frames.radices), *at[:4], *counts, *at[4:])
        self.at = ctypes.addressof(self._struct)
        # Two tiles; spectra of event and mix; powers twice; samples with silence around; and what alignment skips.
        spectra, powers = 4 * _TILE * (bands.high - bands.low), 2 * _TILE * bands.high
        self.space_floats = 2 * _TILE * size + spectra + powers + (_TILE - 1) * hop + size + _LINE


class _Event(ctypes.Structure):
    _fields_ = (
        ("x", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("length", "offset", "first", "stop")),
        ("gain", ctypes.c_double),
        ("own", ctypes.c_void_p),
        ("rest", ctypes.c_void_p),
    )


class _Found(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in ("cells", "glimpsed", "frames", "glimpsed_frames")),
        ("power", ctypes.c_double),
    )


def load() -> Compiled | None:
    """Return the compiled kernels; None where they were not built, or not for this machine or this version."""
    try:
        library = ctypes.CDLL(str(LIBRARY))
        fits = library.soundscape_version() == VERSION and library.soundscape_runs_here()
    except (OSError, AttributeError):
        return None
    return Compiled(library) if fits else None


def _plain(x: Any, dtype: Any) -> Any:
    return np.ascontiguousarray(x, dtype=dtype)


def _floats(x: Floats) -> tuple[Any, bool]:
    """Return samples as the library reads them, and whether they are float64."""
    wide = x.dtype != np.float32
    return _plain(x, np.float64 if wide else np.float32), wide


def _within(bounds: Bounds, length: int) -> Any:
    """Return bounds as the library reads them; ValueError where they leave the samples."""
    plain = _plain(bounds, np.int64).reshape(-1, 2)
    if len(plain) and not (plain.min() >= 0 and plain.max() <= length):
        raise ValueError(f"parts from {plain.min()} to {plain.max()} of {length} samples")
    return plain


def _same_length(one: Floats, other: Floats) -> None:
    if len(one) != len(other):
        raise ValueError(f"{len(one)} samples against {len(other)}")
