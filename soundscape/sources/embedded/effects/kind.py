"""The shape of an effects table: a kind of sound and its takes, each caption beside its parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from soundscape.sources.embedded.dsp import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """One variant: what is heard, and the generator, its parameters bound, that makes exactly that.

    ``make`` draws from the generator it is given and from nothing else.
    """

    caption: str
    make: Callable[[np.random.Generator], Samples]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of sound effect. ``name`` is safe in a path; ``label`` says it in plain words.

    A ``bed`` is a steady texture that may be looped under a scene; everything else is an event with an end.
    """

    name: str
    label: str
    takes: tuple[Take, ...]
    bed: bool = False
