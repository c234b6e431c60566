"""What answer keys and plans share: events on a time line, named clips, places in a room."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from soundscape.records import KeyEvent, PlannedEvent, Position, Span
from soundscape.validation.rules import TOLERANCE_S, Complaint

_VOICED = ("speech", "vocal_burst")
_WALL_TOLERANCE_M = 1e-6


def said(span: Span) -> str:
    """Return a span as messages show it."""
    return f"[{span.start:g}, {span.end:g})"


def inside(position: Position, dimensions: Position) -> bool:
    """Tell whether a place lies within a room."""
    axes = zip(position, dimensions, strict=True)
    return all(-_WALL_TOLERANCE_M <= x <= size + _WALL_TOLERANCE_M for x, size in axes)


def clip_name(clip_id: str, recipe: str, ending: str = r"\w+-\d{6,}") -> Iterator[Complaint]:
    """Yield a complaint where a clip is not named after its recipe; ``ending`` is a pattern of what follows."""
    if not re.fullmatch(f"{re.escape(recipe)}-{ending}", clip_id):
        yield Complaint(
            rule="clip-name",
            pointer="/clip_id",
            found=repr(clip_id),
            expected=f"'{recipe}-<split>-<six digits>'",
        )


def events(found: Sequence[KeyEvent | PlannedEvent], duration: float) -> Iterator[Complaint]:
    """Yield what is wrong with the ids, spans and speakers of a clip's events."""
    first: dict[str, int] = {}
    for index, event in enumerate(found):
        at = f"/events/{index}"
        earlier = first.setdefault(event.event_id, index)
        if earlier != index:
            yield Complaint(
                rule="event-ids",
                pointer=f"{at}/event_id",
                found=f"{event.event_id!r}, which /events/{earlier} has",
                expected="an id of its own",
            )
        yield from _spans(event, at, duration)
        yield from _speaker(event, at)
    yield from _self_overlaps(found)


def _spans(event: KeyEvent | PlannedEvent, at: str, duration: float) -> Iterator[Complaint]:
    start, end, placed = event.start_time, event.end_time, event.placed
    if end <= start:
        yield Complaint(
            rule="event-span", pointer=f"{at}/end_time", found=f"{end:g}", expected=f"later than start_time, {start:g}"
        )
    if start < 0.0:
        yield Complaint(rule="event-span", pointer=f"{at}/start_time", found=f"{start:g}", expected="0 or later")
    if end > duration + TOLERANCE_S:
        yield Complaint(
            rule="event-span",
            pointer=f"{at}/end_time",
            found=f"{end:g}",
            expected=f"at most {duration:g}, the clip's duration",
        )
    if placed.end <= placed.start or start < placed.start - TOLERANCE_S or end > placed.end + TOLERANCE_S:
        yield Complaint(
            rule="placed-span",
            pointer=f"{at}/placed",
            found=said(placed),
            expected=f"a span that holds [{start:g}, {end:g})",
        )


def _speaker(event: KeyEvent | PlannedEvent, at: str) -> Iterator[Complaint]:
    voiced = event.type in _VOICED
    if voiced != bool(event.speaker_id):
        yield Complaint(
            rule="speakers",
            pointer=f"{at}/speaker_id",
            found=repr(event.speaker_id) if event.speaker_id else "none",
            expected=f"a speaker of this {event.type}" if voiced else f"none for {event.type}",
        )


def _self_overlaps(found: Sequence[KeyEvent | PlannedEvent]) -> Iterator[Complaint]:
    """Yield every event that begins while its speaker is still heard in an earlier one."""
    order = sorted(range(len(found)), key=lambda i: (found[i].start_time, found[i].end_time))
    latest: dict[str, int] = {}
    for index in order:
        event = found[index]
        if event.speaker_id is None:
            continue
        before = latest.get(event.speaker_id)
        if before is not None and event.start_time < found[before].end_time - TOLERANCE_S:
            yield Complaint(
                rule="speaker-overlap",
                pointer=f"/events/{index}/start_time",
                found=f"{event.start_time:g}, while {event.speaker_id!r} is heard until {found[before].end_time:g} "
                f"in /events/{before}",
                expected="one speaker's events apart in time",
            )
        if before is None or event.end_time > found[before].end_time:
            latest[event.speaker_id] = index
