"""Since when two makings of a clip differ: a short check of what each stage hands on.

A clip is made in four stages: its *plan* is drawn, its *sources* are decoded and resampled, room *responses* are made,
and all of it becomes the *mix*. The first three leave a CRC-32 each in the lock, the last one its PCM digest. CRCs are
here to find a difference that the digest has proved; they prove nothing themselves.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, get_args

import numpy as np

from soundscape import schema
from soundscape.records import ScenePlan
from soundscape.rendering.rooms import Response
from soundscape.sources.audio import Stored

Stage: TypeAlias = Literal["plan", "sources", "responses", "mix"]
STAGES: tuple[Stage, ...] = get_args(Stage)


class Checker:
    """Gives the checks of scenes; remembers those of sources, which come again and again.

    Args:
        load: gives a source's samples (:class:`soundscape.rendering.sources.SourceCache`).
    """

    def __init__(self, load: Callable[[str, str, int], Stored]) -> None:
        self._load = load
        self._known: dict[tuple[str, int], int] = {}

    def __call__(self, plan: ScenePlan, responses: Mapping[str, Response]) -> str:
        """Return the checks of a scene, in hex, joined by dots: plan as first drawn, sources, responses.

        Args:
            plan: as first drawn: later gains follow from the sound.
            responses: of the events that are not dry, by event id.
        """
        sources = made = 0
        for event in plan.events:
            sources = zlib.crc32(self._source(event.source_id, event.pcm_sha256, plan.sample_rate), sources)
            if event.event_id in responses:
                made = zlib.crc32(np.ascontiguousarray(responses[event.event_id].samples).data, made)
        return ".".join(f"{crc:08x}" for crc in (zlib.crc32(schema.encode(plan)), sources, made))

    def _source(self, source_id: str, pcm_sha256: str, sample_rate: int) -> bytes:
        key = (pcm_sha256, sample_rate)
        if key not in self._known:
            self._known[key] = zlib.crc32(np.ascontiguousarray(self._load(source_id, pcm_sha256, sample_rate)).data)
        return self._known[key].to_bytes(4, "big")


def first_difference(there: str, here: str) -> Stage:
    """Return the stage since which two makings of a clip differ whose samples do."""
    for stage, a, b in zip(STAGES, there.split("."), here.split("."), strict=False):
        if a != b:
            return stage
    return "mix"
