"""Named, independent random streams.

A draw is addressed by what it decides, never by when it is drawn: ``stream(seed, scene, "speech", 2, "gain")``.
Adding an event, a layer or a scene therefore leaves every other draw as it was, and any scene can be made alone.

Method: SHA-256 over the unambiguous encoding of seed and name seeds a PCG64 generator (O'Neill 2014) through NumPy's
``SeedSequence``; both are the same on every platform.
"""

from __future__ import annotations

import hashlib
from typing import TypeAlias

import numpy as np

Name: TypeAlias = str | int


def _digest(seed: int | str, names: tuple[Name, ...]) -> bytes:
    texts = [f"{'i' if isinstance(part, int) else 's'}{part}".encode() for part in (seed, *names)]
    return hashlib.sha256(b"".join([len(text).to_bytes(4, "big") + text for text in texts])).digest()


def stream(seed: int | str, *names: Name) -> np.random.Generator:
    """Return the generator for a named decision.

    Args:
        seed: the build's seed, an integer or a secret text.
        names: what is decided, from the general to the particular; strings and integers, order matters.
    """
    words = np.frombuffer(_digest(seed, names), dtype="<u4")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([int(w) for w in words])))


def unit(seed: int | str, *names: Name) -> float:
    """Return one uniform draw in [0, 1) for a named decision, without building a generator."""
    return (int.from_bytes(_digest(seed, names)[:8], "big") >> 11) * 2.0**-53
