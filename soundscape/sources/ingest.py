"""Recordings into rows of an index: decode, measure, digest; in several processes, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from soundscape import files
from soundscape.records import Source, Span, milliseconds
from soundscape.sources.audio import AudioFault, decode, pcm_digest
from soundscape.sources.index import Row, to_row
from soundscape.sources.measure import Measures, measure, unmeasured
from soundscape.sources.quality import Gate, script_share
from soundscape.sources.workers import Progress, run

#: Why a source may be rejected for what is said of it; :data:`soundscape.sources.audio.REASONS` has those of the audio.
ANNOTATION_REASONS = {
    "needs_transcription": "speech without its transcription",
    "needs_language": "speech without its language",
    "needs_caption": "a sound without a caption",
    "inactive": "no part of it rises above -70 dBFS",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A source before it is measured: where its file is, and the fields of :class:`Source` that say what it is.

    ``rejected`` is a reason that is known beforehand, ``note`` what was found; the recording is measured all the same.
    ``regions`` are its active regions where a human marked them. ``provenance`` holds columns of
    :data:`soundscape.sources.index.PROVENANCE` that the data set gives: ``dnsmos``, ``prose``.
    """

    file: Path
    annotation: dict[str, Any]
    rejected: str | None = None
    note: str | None = None
    regions: tuple[Span, ...] | None = None
    provenance: dict[str, Any] = field(default_factory=dict)


def index_recordings(
    drafts: Sequence[Draft], *, gate: Gate | None = None, jobs: int = 1, progress: Progress | None = None
) -> list[Row]:
    """Return the rows of recordings, in the order given.

    A recording that cannot be used becomes a row with ``rejected`` and ``note``, its measures as
    :func:`soundscape.sources.measure.unmeasured` has them. With a ``gate``, what it finds rejects a recording too; all
    reasons are joined in ``faults``, the first of them is ``rejected``.

    Raises:
        EnvironmentFault: a format needs pydub or ffmpeg, which are missing, or a worker died.
    """
    return run(partial(_index_chunk, gate=gate), drafts, jobs=jobs, progress=progress)


def _index_chunk(drafts: Sequence[Draft], gate: Gate | None = None) -> list[Row]:
    return [_index_one(draft, gate) for draft in drafts]


def _index_one(draft: Draft, gate: Gate | None) -> Row:
    try:
        samples, sample_rate = decode(draft.file)
    except AudioFault as error:
        # Where there never was a file, what is known of the draft says more than that it is missing.
        told = error.reason == "missing" and draft.rejected is not None
        reason, note = (draft.rejected, draft.note) if told else (error.reason, error.message)
        content = "" if error.reason == "missing" else files.digest(draft.file)
        row = to_row(_source(draft, unmeasured(), "", reason), file_sha256=content, note=note)
        return {**row, **draft.provenance, "faults": reason}
    regions = None if draft.regions is None else _within(draft.regions, len(samples) / sample_rate)
    measures = measure(samples, sample_rate, regions)
    row = to_row(_source(draft, measures, pcm_digest(samples, sample_rate), None), file_sha256=files.digest(draft.file))
    row |= draft.provenance
    if row["type"] == "speech" and row["transcription"]:
        row["script_share"] = script_share(row["transcription"], row["language"])
    return row | _verdict(draft, row, gate)


def _verdict(draft: Draft, row: Row, gate: Gate | None) -> Row:
    """Return ``rejected``, ``note`` and ``faults`` of a row that was measured."""
    found: dict[str, str] = {}
    if row["active_regions"] == "[]":
        found["inactive"] = ANNOTATION_REASONS["inactive"]
    if draft.rejected is not None:
        found[draft.rejected] = draft.note or ANNOTATION_REASONS[draft.rejected]
    for fault in gate.faults(row, row.get("prose")) if gate else ():
        found.setdefault(fault.reason, fault.note)
    if not found:
        return {"rejected": None, "note": None}
    # A semicolon parts the notes, in the order of the reasons.
    note = "; ".join(text.replace("; ", ", ") for text in found.values())
    return {"rejected": next(iter(found)), "note": note, "faults": ",".join(found)}


def _within(regions: tuple[Span, ...], duration: float) -> tuple[Span, ...]:
    """Return marked regions in order, joined where they touch, cut to the recording; none where none is left."""
    spans: list[Span] = []
    for region in sorted(regions, key=lambda r: r.start):
        start, end = milliseconds(max(region.start, 0.0)), milliseconds(min(region.end, duration))
        if spans and start <= spans[-1].end:
            spans[-1] = Span(start=spans[-1].start, end=max(spans[-1].end, end))
        elif start < end:
            spans.append(Span(start=start, end=end))
    return tuple(spans)


def _source(draft: Draft, measures: Measures, pcm_sha256: str, rejected: str | None) -> Source:
    figures = {name: getattr(measures, name) for name in Measures.__slots__}
    return Source(source_id="", bank="", pcm_sha256=pcm_sha256, rejected=rejected, **draft.annotation, **figures)
