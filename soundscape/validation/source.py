"""The sense of sources, the lines of a bank's index (rules in :mod:`soundscape.validation.rules`)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from soundscape.records import Source
from soundscape.sources.table import NEEDED
from soundscape.validation import timeline
from soundscape.validation.rules import TOLERANCE_S, Complaint


def sense(source: Source) -> Iterator[Complaint]:
    """Yield what is wrong with a source that agrees with its schema."""
    if source.source_id != f"{source.bank}:{source.key}":
        yield Complaint(
            rule="source-name",
            pointer="/source_id",
            found=repr(source.source_id),
            expected=repr(f"{source.bank}:{source.key}"),
        )
    path = PurePosixPath(source.path)
    if path.is_absolute() or ".." in path.parts or "\\" in source.path:
        yield Complaint(
            rule="source-path",
            pointer="/path",
            found=repr(source.path),
            expected="a path within the bank's root, with forward slashes",
        )
    if source.rejected is not None:
        return
    for name in NEEDED[source.type]:
        if not getattr(source, name):
            yield Complaint(
                rule="source-needs",
                pointer=f"/{name}",
                found="null",
                expected=f"a {name}, which {source.type} needs, or a reason in rejected",
            )
    yield from _spans(source)


def _spans(source: Source) -> Iterator[Complaint]:
    seconds = source.frames / source.sample_rate if source.sample_rate else 0.0
    if abs(seconds - source.duration) > TOLERANCE_S:
        yield Complaint(
            rule="source-span",
            pointer="/duration",
            found=f"{source.duration:g} s",
            expected=f"{seconds:.3f} s, {source.frames} frames at {source.sample_rate} Hz",
        )
    if not 0.0 <= source.active_start < source.active_end <= source.duration + TOLERANCE_S:
        yield Complaint(
            rule="source-span",
            pointer="/active_end",
            found=f"{source.active_end:g}, with active_start {source.active_start:g}",
            expected=f"a span with length within [0, {source.duration:g})",
        )
    reached = source.active_start - TOLERANCE_S
    for index, region in enumerate(source.active_regions):
        if not reached <= region.start < region.end <= source.active_end + TOLERANCE_S:
            yield Complaint(
                rule="source-span",
                pointer=f"/active_regions/{index}",
                found=timeline.said(region),
                expected=f"a span within [{source.active_start:g}, {source.active_end:g}), after the one before it",
            )
        reached = max(reached, region.end)
