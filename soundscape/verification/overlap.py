"""How much of the time events share, counted on a grid of milliseconds, as fine as the key states times."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from soundscape.records import KeyEvent

_STEPS = 1000


def _step(seconds: float) -> int:
    return math.floor(seconds * _STEPS + 0.5)


def occupancy(events: Sequence[KeyEvent], duration: float) -> NDArray[np.int64]:
    """Return how many of the events are active in each millisecond of a clip, ``(ms,)``."""
    last = max([_step(duration), *(_step(e.end_time) for e in events)])
    edges = np.zeros(last + 1, dtype=np.int64)
    for event in events:
        edges[max(0, _step(event.start_time))] += 1
        edges[max(0, _step(event.end_time))] -= 1
    return np.cumsum(edges)[:-1]


def seconds(count: NDArray[np.int64], depth: int) -> float:
    """Return for how long at least ``depth`` events are active, in s."""
    return float((count >= depth).sum() / _STEPS)


def speech(events: Iterable[KeyEvent]) -> list[KeyEvent]:
    """Return the events that are speech."""
    return [e for e in events if e.type == "speech"]


def own_overlap(events: Iterable[KeyEvent]) -> list[tuple[KeyEvent, KeyEvent, float]]:
    """Return pairs of events in which one speaker is heard twice at a time, and for how long in s."""
    voiced = sorted((e for e in events if e.speaker_id), key=lambda e: (e.start_time, e.event_id))
    out = []
    for i, one in enumerate(voiced):
        for other in voiced[i + 1 :]:
            shared = min(one.end_time, other.end_time) - other.start_time
            if other.speaker_id == one.speaker_id and shared > 0.5 / _STEPS:
                out.append((one, other, shared))
    return out


def language_seconds(events: Iterable[KeyEvent]) -> Counter[str]:
    """Return how many milliseconds each language is spoken."""
    spoken: Counter[str] = Counter()
    for event in events:
        if event.language:
            spoken[event.language] += _step(event.end_time) - _step(event.start_time)
    return spoken
