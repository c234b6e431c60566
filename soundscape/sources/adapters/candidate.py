"""What an adapter hands over: recordings with what is said of them, in a fixed order, from one or more streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from soundscape.errors import BankError
from soundscape.records import EventType, Span, Word
from soundscape.sources.identity import UNKNOWN_SPEAKER
from soundscape.sources.ingest import Draft
from soundscape.sources.table import COLUMNS, NEEDED

#: The fields of a source that an adapter says, besides ``path`` and ``key``.
FIELDS = tuple(name for name in COLUMNS if name not in ("path", "key"))
#: Why a record is listed and not drawn, besides the reasons of audio, annotation and gate.
REASONS = {
    "malformed": "the record is not as the data set's layout has it",
    "language": "the record says another language than the part of the data set that it stands in",
    "duplicate": "the same samples, or the same key, were taken before",
    "overlapped": "another marked sound is heard within its span",
    "unsupported": "the recording is not a file (a pipe, a web address)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Where samples come from: bytes at hand, a file, or bytes that are fetched when they are wanted.

    ``suffix`` names the container, with its dot. ``segment`` is the part of the recording that is meant, in seconds,
    where it is not the whole.
    """

    data: bytes | None = None
    path: Path | None = None
    fetch: Callable[[], bytes] | None = None
    suffix: str = ".wav"
    segment: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One recording that may become a source.

    ``fields`` has the fields of :data:`FIELDS` that the data set gives; all others are None. ``rejected`` and ``note``
    tell what is wrong beforehand.
    """

    key: str
    recording: Recording | None
    fields: dict[str, Any]
    rejected: str | None = None
    note: str | None = None
    regions: tuple[Span, ...] | None = None
    words: tuple[Word, ...] = ()
    prose: str | None = None
    dnsmos: float | None = None


def refused(candidate: Candidate, reason: str, note: str) -> Candidate:
    """Return a candidate whose recording cannot be had, for a reason of :data:`REASONS`."""
    return replace(candidate, recording=None, rejected=reason, note=note)


class Stream(Protocol):
    """Candidates of a part of a data set, in the same order at every reading.

    ``language`` is that of all its speech, or None. :meth:`read` goes on from a position that :meth:`position` returned
    after the last candidate taken; None is the beginning. Positions can be written as JSON.
    """

    name: str
    language: str | None

    def read(self, position: Any | None) -> Iterator[Candidate]:
        """Yield the candidates after a position."""
        ...

    def position(self) -> Any:
        """Return where the candidate yielded last ends."""
        ...


class ListedStream:
    """A stream over what can be listed anew at every reading, such as the rows of a table; the position is a count."""

    def __init__(self, name: str, candidates: Callable[[], Iterable[Candidate]], language: str | None = None) -> None:
        self.name, self.language = name, language
        self._candidates = candidates
        self._count = 0

    def read(self, position: Any | None) -> Iterator[Candidate]:
        """Yield the candidates after a position."""
        self._count = 0
        for candidate in self._candidates():
            self._count += 1
            if self._count > (position or 0):
                yield candidate

    def position(self) -> Any:
        """Return how many candidates were read."""
        return self._count


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked of an adapter: which languages, where its copy on disk is, which split and revision of it.

    ``mapping`` is a mapping file, ``type`` what recordings are where the data does not say.
    """

    languages: tuple[str, ...] = ()
    path: Path | None = None
    split: str | None = None
    revision: str | None = None
    mapping: Path | None = None
    type: EventType | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A data set ready to be read. ``root`` is the folder whose files stay where they are; None copies recordings.

    ``revision`` names the exact version that is read, where there is such a thing; ``dataset`` is what every source
    says of where it comes from. ``notes`` are told whoever takes the data set.
    """

    dataset: str
    streams: tuple[Stream, ...]
    root: Path | None = None
    revision: str | None = None
    notes: tuple[str, ...] = ()


def draft(candidate: Candidate, file: Path, path: str, key: str, dataset: str, licence: str | None) -> Draft:
    """Return a candidate as the draft that is indexed.

    Args:
        candidate: what the adapter said.
        file: where its samples lie now.
        path: the same, relative to the bank's root.
        key: its key in the bank.
        dataset: the name of the data set.
        licence: SPDX identifier to use where the data set states none.
    """
    said = {name: candidate.fields.get(name) for name in FIELDS}
    if said["type"] == "speech" and said["speaker"] is None:
        said["speaker"] = f"{UNKNOWN_SPEAKER}{key}"
    stated = said["licence"] or "unknown"
    annotation = {
        **said,
        "path": path,
        "key": key,
        "group": said["group"] or said["speaker"] or key,
        "licence": licence if licence and stated == "unknown" else stated,
        "attribution": said["attribution"] or "",
        "dataset": said["dataset"] or dataset,
        "caption_origin": said["caption_origin"] or "human",
        "words": candidate.words,
    }
    lack = next((f"needs_{name}" for name in NEEDED[str(said["type"])] if not said[name]), None)
    provenance = {"dnsmos": candidate.dnsmos, "prose": candidate.prose}
    return Draft(
        file=file,
        annotation=annotation,
        rejected=candidate.rejected or lack,
        note=candidate.note if candidate.rejected else None,
        regions=candidate.regions,
        provenance=provenance,
    )


class LayoutError(BankError):
    """A data set, or a copy of it, is not laid out as its adapter expects."""
