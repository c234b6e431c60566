"""The inner loops that take most of a scene's time.

In C where there was a compiler when the package was built, else in NumPy and SciPy: with the same bits, so that nothing
but the time depends on which. ``SOUNDSCAPE_KERNELS=numpy`` in the environment leaves the compiled ones alone.

What each computes stands in :mod:`soundscape.kernels.plain`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.kernels import compiled, plain
from soundscape.kernels.plain import Bounds, Cells, Floats, Laid, Wide
from soundscape.kernels.transform import Frames, Narrow

__all__ = [
    "FORM",
    "Cells",
    "Frames",
    "Laid",
    "add_scaled",
    "count_cells",
    "energies",
    "k_weight",
    "peaks",
    "quantised",
    "rest_energies",
    "scene_cells",
]


class Kernels(Protocol):
    """What both forms have."""

    def k_weight(self, signals: Sequence[Floats], sections: Wide, chunk: int, lead: int) -> list[Floats]:
        """Return signals after two second-order sections."""
        ...

    def scene_cells(self, frames: Frames, mix: Wide, events: Sequence[Laid]) -> list[tuple[Narrow, Narrow]]:
        """Return for each event its power in bands, and that of the mix without it."""
        ...

    def energies(self, x: Floats, bounds: Bounds) -> Wide:
        """Return the sum of squares of each part of samples."""
        ...

    def rest_energies(self, own: Floats, whole: Wide, gain: float, bounds: Bounds) -> Wide:
        """Return the sum of squares of each part of the whole less a gain times its own."""
        ...

    def count_cells(
        self, own: Narrow, rest: Narrow, active: NDArray[np.bool_], own_range: float, floor: float, ratio: float
    ) -> Cells:
        """Count the cells of its own that an event has in its active frames, and its glimpses."""
        ...

    def add_scaled(self, out: Wide, x: Narrow, gain: np.float32) -> None:
        """Add a gain times a signal to what is there."""
        ...

    def peaks(self, x: Floats, block: int) -> Wide:
        """Return the largest magnitude in every block of samples."""
        ...

    def quantised(self, x: Wide, factor: float) -> NDArray[np.int16]:
        """Return samples times a factor as integers."""
        ...


_compiled = None if os.environ.get("SOUNDSCAPE_KERNELS") == "numpy" else compiled.load()
_used: Kernels = _compiled or plain

#: ``compiled`` or ``numpy``.
FORM = "compiled" if _compiled else "numpy"

k_weight = _used.k_weight
scene_cells = _used.scene_cells
energies = _used.energies
rest_energies = _used.rest_energies
count_cells = _used.count_cells
add_scaled = _used.add_scaled
peaks = _used.peaks
quantised = _used.quantised
