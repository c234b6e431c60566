"""Room responses: simulated shoeboxes, measured ones from a folder, and a store of them on disk.

:func:`response` makes one from geometry, :class:`ResponseStore` keeps what it made, :func:`read_measured` takes one
from a file instead. All give a :class:`Response`: samples without the way's travel time, and what they measure.
"""

from __future__ import annotations

from soundscape.rendering.rooms.bands import band_rt60
from soundscape.rendering.rooms.measured import MeasuredResponse, measured_files, read_measured
from soundscape.rendering.rooms.measures import ResponseFacts, measure
from soundscape.rendering.rooms.shoebox import Response, response
from soundscape.rendering.rooms.store import ResponseStore

__all__ = [
    "MeasuredResponse",
    "Response",
    "ResponseFacts",
    "ResponseStore",
    "band_rt60",
    "measure",
    "measured_files",
    "read_measured",
    "response",
]
