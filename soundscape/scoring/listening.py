"""Where a clip is loud: all that the energy baseline hears.

Method: RMS of 50 ms frames in dB; the threshold lies half-way between the 20th and the 95th percentile; spans parted by
less than 0.3 s are joined and those under 0.1 s dropped. A clip whose percentiles lie within 3 dB is loud throughout.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from soundscape.errors import BuildError
from soundscape.records import Span, milliseconds

_FRAME_S = 0.05
_BRIDGE_S = 0.3
_SHORTEST_S = 0.1
_FLAT_DB = 3.0
_FLOOR = 1e-5


def loud_spans(path: Path) -> tuple[Span, ...]:
    """Return the loud spans of an audio file, in seconds, in order; none where it is silent.

    Raises:
        BuildError: the file is missing or cannot be read.
    """
    try:
        levels, duration = _frame_levels(path)
    except (OSError, soundfile.SoundFileError) as error:
        raise BuildError(f"{path}: cannot be read as audio: {error}", hint="build the clip again") from None
    if len(levels) == 0 or float(levels.max()) <= 20.0 * np.log10(_FLOOR):
        return ()
    low, high = np.percentile(levels, [20.0, 95.0])
    if high - low < _FLAT_DB:
        return (Span(start=0.0, end=milliseconds(duration)),)
    edges = np.flatnonzero(np.diff(levels >= 0.5 * (low + high), prepend=False, append=False)).reshape(-1, 2)
    joined: list[tuple[float, float]] = []
    for first, after in edges.tolist():
        start, end = first * _FRAME_S, min(after * _FRAME_S, duration)
        if joined and start - joined[-1][1] < _BRIDGE_S:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((start, end))
    return tuple(Span(start=milliseconds(a), end=milliseconds(b)) for a, b in joined if b - a >= _SHORTEST_S)


def _frame_levels(path: Path) -> tuple[NDArray[np.float64], float]:
    """Return the level of every whole frame in dB, at least −100, and the file's duration in seconds."""
    with soundfile.SoundFile(path) as file:
        frame = max(1, round(_FRAME_S * file.samplerate))
        blocks = file.blocks(blocksize=frame * 1_000, dtype="float64", always_2d=True)
        powers = [_frame_powers(block, frame) for block in blocks]
        duration = file.frames / file.samplerate
    power = np.concatenate(powers) if powers else np.zeros(0)
    return 20.0 * np.log10(np.maximum(np.sqrt(power), _FLOOR)), duration


def _frame_powers(block: NDArray[np.float64], frame: int) -> NDArray[np.float64]:
    whole = len(block) // frame
    if whole == 0:
        return np.zeros(0)
    squares = np.square(block[: whole * frame]).reshape(whole, -1)
    return np.asarray(squares.mean(axis=1))
