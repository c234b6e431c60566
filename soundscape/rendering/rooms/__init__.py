"""Room responses: simulated shoeboxes, measured ones from a folder, and a store of them on disk.

:func:`responses` makes them from geometry, :class:`ResponseStore` keeps what was made, :func:`read_measured` takes one
from a file instead. All give a :class:`Response`: samples without the way's travel time, and what they measure.
"""

from __future__ import annotations

from soundscape.rendering.rooms.bands import band_rt60
from soundscape.rendering.rooms.measured import MeasuredResponse, measured_files, read_measured
from soundscape.rendering.rooms.measures import ResponseFacts, measure
from soundscape.rendering.rooms.shoebox import Response, response, responses
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
    "responses",
]
