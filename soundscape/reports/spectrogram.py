"""A clip's spectrogram as a picture: PNG bytes, and where frequencies lie in it.

Method: power of Hann windows of about 43 ms (the power of two next to it), centred on :data:`FRAMES` evenly spaced
instants for every one of :data:`WIDTH` columns, or so many that windows overlap by half or more, averaged in each
column. Rows are evenly spaced on the ERB-number scale (Glasberg and Moore 1990), on which audibility is measured too,
from :data:`LOWEST_HZ` to half the rate; a row is the mean of the power within one row's distance, or one bin's where
that is more, weighted by a triangle. Brightness is dB under the clip's strongest cell, over :data:`RANGE_DB`, in
:data:`LEVELS` steps.
"""

from __future__ import annotations

import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

WIDTH = 1200
HEIGHT = 160
LOWEST_HZ = 50.0
RANGE_DB = 70.0
LEVELS = 64
FRAMES = 2
_WINDOW_S = 0.043
#: Frames that are transformed at once, which bounds memory for clips of any length.
_BLOCK = 4096
_SILENCE = 1e-20
#: Colours from quiet to loud as (place, R, G, B): lightness falls evenly, so that a print in grey still reads.
_COLOURS = (
    (0.0, 255, 255, 255), (0.25, 206, 218, 240), (0.5, 128, 158, 212), (0.7, 96, 92, 172), (0.85, 84, 32, 116),
    (1.0, 28, 4, 40),
)  # fmt: skip


def erb_number(hz: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Return frequencies in Hz as ERB numbers (Glasberg and Moore 1990)."""
    return np.asarray(21.4 * np.log10(1.0 + 0.00437 * np.asarray(hz, dtype=np.float64)))


def height_of(hz: float, rate: int) -> float:
    """Return how high a frequency lies in the picture: 0 at its lower edge, 1 at its upper one."""
    low, high = float(erb_number(LOWEST_HZ)), float(erb_number(rate / 2))
    return (float(erb_number(hz)) - low) / (high - low)


def levels(samples: NDArray[np.float64], rate: int) -> NDArray[np.uint8]:
    """Return the picture as (:data:`HEIGHT`, :data:`WIDTH`) steps, low frequencies last; 0 is quiet.

    Args:
        samples: mono, at least one.
        rate: samples a second, more than twice :data:`LOWEST_HZ`.
    """
    window = 2 ** round(math.log2(_WINDOW_S * rate))
    frames = max(FRAMES, math.ceil(2 * len(samples) / (WIDTH * window)))
    centres = (np.arange(frames * WIDTH) + 0.5) * (len(samples) / (frames * WIDTH))
    starts = np.floor(centres).astype(np.int64)
    views = np.lib.stride_tricks.sliding_window_view(np.pad(samples, window // 2), window)
    shape = np.hanning(window + 1)[:-1]
    rows = _rows(window, rate)
    power = np.empty((WIDTH, HEIGHT))
    columns = max(1, _BLOCK // frames)
    for at in range(0, WIDTH, columns):
        spectrum = np.fft.rfft(views[starts[at * frames : (at + columns) * frames]] * shape)
        cells = (spectrum.real**2 + spectrum.imag**2) @ rows
        power[at : at + columns] = cells.reshape(-1, frames, HEIGHT).mean(axis=1)
    loudest = float(power.max())
    if loudest <= _SILENCE:
        return np.zeros((HEIGHT, WIDTH), dtype=np.uint8)
    under = 10.0 * np.log10(np.maximum(power / loudest, 1e-12))
    steps = np.rint((1.0 + under / RANGE_DB).clip(0.0, 1.0) * (LEVELS - 1))
    return np.ascontiguousarray(steps.astype(np.uint8).T[::-1])


def _rows(window: int, rate: int) -> NDArray[np.float64]:
    """Return the weights of every bin in every row, (bins, HEIGHT), each row's summing to 1."""
    bins = np.fft.rfftfreq(window, 1.0 / rate)
    low, high = float(erb_number(LOWEST_HZ)), float(erb_number(rate / 2))
    edges = (10.0 ** (np.linspace(low, high, HEIGHT + 2) / 21.4) - 1.0) / 0.00437
    reach = np.maximum(0.5 * (edges[2:] - edges[:-2]), bins[1])
    weights = (1.0 - np.abs(bins[:, None] - edges[1:-1]) / reach).clip(0.0)
    return np.asarray(weights / weights.sum(axis=0))


def png(steps: NDArray[np.uint8]) -> bytes:
    """Return steps of 0 to ``LEVELS - 1`` as a PNG file with a palette (PNG 1.2; colour type 3, 8 bits)."""
    height, width = steps.shape
    at = np.linspace(0.0, 1.0, LEVELS)
    places, *channels = (np.array(column, dtype=np.float64) for column in zip(*_COLOURS, strict=True))
    palette = np.stack([np.interp(at, places, channel) for channel in channels], axis=1)
    lines = np.zeros((height, width + 1), dtype=np.uint8)  # each begins with its filter, 0 for none
    lines[:, 1:] = steps
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", np.rint(palette).astype(np.uint8).tobytes()),
        (b"IDAT", zlib.compress(lines.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
