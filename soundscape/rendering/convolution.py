"""Convolution of a scene's sounds with the responses of its places, block by block.

Overlap-add (Stockham 1966). Blocks of a power of two stay in the processor's cache, several of them are transformed at
once, and the sounds of one place share the response's spectrum: a third of the time of one transform a sound.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy
from numpy.typing import NDArray

from soundscape.rendering.events import Mono

_SMALLEST_BLOCK = 1 << 14
_BLOCK_PER_RESPONSE = 2.5
# What is transformed together, always as many: a remainder would take another path through the transform.
_TOGETHER = 4


def convolved(sounds: Sequence[tuple[Mono, int]], responses: Sequence[Mono]) -> list[Mono]:
    """Return the full linear convolutions of sounds with responses, ``(n + m - 1,)`` each.

    Args:
        sounds: float32 signals ``(n,)``, each with the number of its response.
        responses: float32 ``(m,)``, of any lengths.
    """
    if not sounds:
        return []
    longest = max(map(len, responses))
    size = _SMALLEST_BLOCK
    while size < _BLOCK_PER_RESPONSE * longest:
        size *= 2
    step = size - longest + 1
    spectra = _spectra(responses, size)
    blocks = [(k, start) for k, (x, _) in enumerate(sounds) for start in range(0, len(x), step)]
    outs = [np.zeros(-(-len(x) // step) * step + longest - 1, dtype=np.float32) for x, _ in sounds]
    for first in range(0, len(blocks), _TOGETHER):
        rows = np.zeros((_TOGETHER, size), dtype=np.float32)
        some = blocks[first : first + _TOGETHER]
        for row, (k, start) in zip(rows, some, strict=False):
            part = sounds[k][0][start : start + step]
            row[: len(part)] = part
        transformed = scipy.fft.rfft(rows, axis=1, workers=1, overwrite_x=True)
        for spectrum, (k, _) in zip(transformed, some, strict=False):
            spectrum *= spectra[sounds[k][1]]
        back = scipy.fft.irfft(transformed, size, axis=1, workers=1, overwrite_x=True)
        for row, (k, start) in zip(back, some, strict=False):
            outs[k][start : start + size] += row
    return [out[: max(0, len(x) + len(responses[place]) - 1)] for out, (x, place) in zip(outs, sounds, strict=True)]


def _spectra(responses: Sequence[Mono], size: int) -> list[NDArray[np.complex64]]:
    found: list[NDArray[np.complex64]] = []
    for first in range(0, len(responses), _TOGETHER):
        rows = np.zeros((_TOGETHER, size), dtype=np.float32)
        some = responses[first : first + _TOGETHER]
        for row, response in zip(rows, some, strict=False):
            row[: len(response)] = response
        found.extend(scipy.fft.rfft(rows, axis=1, workers=1, overwrite_x=True)[: len(some)])
    return found
