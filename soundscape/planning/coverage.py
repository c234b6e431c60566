"""Even coverage of the design space over the scene index, and walks through pools that seldom repeat.

Scene-level factors take their quantiles from a scrambled Halton sequence (Halton 1960; digits permuted at
random, Braaten and Weller 1979), one prime base a factor: the first scenes, however many,
cover each factor evenly, and any scene is O(1).
Pools are walked along seeded permutations, epoch after epoch, at positions that are pure functions of the scene index,
so scenes need no shared state to avoid one another's sources.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from soundscape.randomness import stream, unit

#: The factors that are covered evenly. Append only: the position decides the prime base, hence every draw.
FACTORS = (
    "duration", "overlap", "background", "rt60", "background_snr", "speakers", "coverage", "room", "languages",
    "effects", "bursts", "music", "turns", "lanes", "emotional",
)  # fmt: skip
_PIECE = 64
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)


@lru_cache(maxsize=4096)
def _digits(seed: int | str, factor: str, position: int, block: int, base: int) -> tuple[int, ...]:
    return tuple(int(d) for d in stream(seed, "coverage", factor, position, block).permutation(base))


def quantile(seed: int | str, factor: str, index: int) -> float:
    """Return the quantile in [0, 1) of a factor at a scene index: a scrambled Halton point, exact to 2⁻⁵³.

    Digits are permuted anew in every block of indices that has them all once: evenness stays, and the remainder of an
    index by a base tells nothing, so that the names of clips do not give their factors away.
    """
    base = _PRIMES[FACTORS.index(factor)]
    value, weight, position = 0.0, 1.0, 0
    while weight > 2.0**-53:
        index, digit = divmod(index, base)
        weight /= base
        value += _digits(seed, factor, position, index, base)[digit] * weight
        position += 1
    return min(value, 1.0 - 2.0**-53)


@lru_cache(maxsize=512)
def permutation(seed: int | str, pool: str, epoch: int, size: int) -> NDArray[np.int64]:
    """Return the order in which a pool of ``size`` is walked in one epoch."""
    return stream(seed, "walk", pool, epoch).permutation(size)


def tour(seed: int | str, pool: str, position: int, size: int) -> Iterator[int]:
    """Yield every element in ``[0, size)`` once, from a position of the endless walk through a pool on.

    Tours from ``size`` positions in a row, beginning at a multiple of ``size``, all begin with different elements.
    """
    if size:
        epoch, at = divmod(position, size)
        order = permutation(seed, pool, epoch, size)
        # In pieces, because whoever asks mostly takes a few of what may be a million.
        for start, end in ((at, size), (0, at)):
            for piece in range(start, end, _PIECE):
                yield from order[piece : min(piece + _PIECE, end)].tolist()


class Draws:
    """The named draws of one scene: quantiles of the covered factors, and independent ones for all else."""

    def __init__(self, seed: int | str, index: int, attempt: int = 0) -> None:
        self.seed = seed
        self.index = index
        self.attempt = attempt

    def factor(self, name: str) -> float:
        """Return the scene's quantile of a covered factor; the same at every attempt."""
        return quantile(self.seed, name, self.index)

    def unit(self, *names: str | int) -> float:
        """Return an independent quantile in [0, 1) for a decision within the scene, new at every attempt."""
        return unit(self.seed, "scene", self.index, self.attempt, *names)

    def stream(self, *names: str | int) -> np.random.Generator:
        """Return a generator for a decision within the scene that needs more than one number."""
        return stream(self.seed, "scene", self.index, self.attempt, *names)
