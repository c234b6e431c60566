"""Recordings into rows of an index: decode, measure, digest; in several processes, in the order given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape.records import Source
from soundscape.sources import files
from soundscape.sources.audio import AudioFault, decode, pcm_digest
from soundscape.sources.index import Row, to_row
from soundscape.sources.measure import Measures, measure, unmeasured
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

    ``rejected`` is a reason that is known beforehand; the recording is measured all the same.
    """

    file: Path
    annotation: dict[str, Any]
    rejected: str | None = None


def index_recordings(drafts: Sequence[Draft], *, jobs: int = 1, progress: Progress | None = None) -> list[Row]:
    """Return the rows of recordings, in the order given.

    A recording that cannot be used becomes a row with ``rejected`` and ``note``, its measures as
    :func:`soundscape.sources.measure.unmeasured` has them.

    Raises:
        EnvironmentFault: a format needs pydub or ffmpeg, which are missing, or a worker died.
    """
    return run(_index_chunk, drafts, jobs=jobs, progress=progress)


def _index_chunk(drafts: Sequence[Draft]) -> list[Row]:
    return [_index_one(draft) for draft in drafts]


def _index_one(draft: Draft) -> Row:
    try:
        samples, sample_rate = decode(draft.file)
    except AudioFault as error:
        content = "" if error.reason == "missing" else files.digest(draft.file)
        return to_row(_source(draft, unmeasured(), "", error.reason), file_sha256=content, note=error.message)
    measures = measure(samples, sample_rate)
    rejected = draft.rejected if measures.active_regions else "inactive"
    note = ANNOTATION_REASONS[rejected] if rejected else None
    source = _source(draft, measures, pcm_digest(samples, sample_rate), rejected)
    return to_row(source, file_sha256=files.digest(draft.file), note=note)


def _source(draft: Draft, measures: Measures, pcm_sha256: str, rejected: str | None) -> Source:
    figures = {name: getattr(measures, name) for name in Measures.__slots__}
    return Source(source_id="", bank="", pcm_sha256=pcm_sha256, rejected=rejected, **draft.annotation, **figures)
