"""How much of the time events share."""

from __future__ import annotations

from collections.abc import Iterable

from soundscape.records import KeyEvent, Span


def covered(spans: Iterable[Span], depth: int) -> float:
    """Return for how long (s) at least ``depth`` of the spans hold."""
    edges = sorted(e for s in spans for e in ((s.start, 1), (s.end, -1)))
    total = last = 0.0
    count = 0
    for time, step in edges:
        if count >= depth:
            total += time - last
        count += step
        last = time
    return total


def speech_overlap(events: Iterable[KeyEvent]) -> float:
    """Return (time with two or more speakers) / (time with one or more); 0 without speech."""
    spans = [Span(start=e.start_time, end=e.end_time) for e in events if e.type == "speech"]
    talk = covered(spans, 1)
    return covered(spans, 2) / talk if talk > 0 else 0.0
