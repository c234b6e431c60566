"""``bank add NAME --from DATASET``: as much of a data set as is asked for becomes a bank.

Records are read in the data set's order, a few dozen at a time: their recordings are brought in, measured and passed
through the gate, and the quotas decide on them one by one. Each such batch is kept aside (``partial``), so a run that
is killed goes on where it was, and gives the bank that it would have given. The bank appears whole or not at all.

A bank owns its recordings, as the very bytes of the data set; parts of longer recordings are cut and written as 16-bit
FLAC. Recordings that lie whole in a folder named by ``path`` stay there.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from soundscape import files, schema
from soundscape.errors import BankError, UsageError, nearest
from soundscape.records import EVENT_TYPES
from soundscape.sources import licences, places
from soundscape.sources.adapters import registry
from soundscape.sources.adapters.beds import topic_of
from soundscape.sources.adapters.bring import bring_in, file_name
from soundscape.sources.adapters.candidate import Candidate, Opened, Request, Stream, draft
from soundscape.sources.adapters.partial import AUDIO, Batch, Partial, discarded_files, folder_of
from soundscape.sources.adapters.quotas import Quotas
from soundscape.sources.add import Rejection, rejections
from soundscape.sources.audio import AudioFault
from soundscape.sources.index import BankInfo, Row, read_index, read_info, write_bank
from soundscape.sources.ingest import Draft, index_recordings
from soundscape.sources.quality import Gate
from soundscape.version import __version__

#: Told how far taking is and how far it goes: seconds where hours are asked for, else recordings; 0 is not known.
Progress: TypeAlias = Callable[[int, int], None]

# Batches grow where several processes share them, so that starting those is worth it.
_BATCH, _LARGEST_BATCH = 64, 512
_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOptions:
    """What is asked of a data set.

    ``languages`` (ISO 639) are the only ones taken; ``hours`` of usable recordings in all, shared evenly among the
    languages; ``per_language`` and ``per_speaker`` are most recordings of each. ``path`` is a copy on disk, ``split``
    and ``revision`` say which part and version, ``mapping`` is a mapping file, ``type`` what recordings are where the
    data does not say. ``licence`` is used where the data set states none: whoever names it answers for it. ``gate``
    rejects; None lists everything as usable that can be decoded and is annotated.
    """

    languages: tuple[str, ...] = ()
    hours: float | None = None
    per_language: int | None = None
    per_speaker: int | None = None
    path: Path | None = None
    split: str | None = None
    revision: str | None = None
    mapping: Path | None = None
    type: str | None = None
    licence: str | None = None
    gate: Gate | None = field(default_factory=Gate)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What was taken: the bank, every rejected source, usable hours by language (``all`` where there is none).

    ``short`` names the languages of which the data set held less than was asked for. ``notes`` are on terms.
    """

    folder: Path
    info: BankInfo
    rejections: tuple[Rejection, ...]
    hours: dict[str, float]
    short: tuple[str, ...]
    notes: tuple[str, ...]


def add_from(
    name: str,
    adapter: str,
    options: TakeOptions | None = None,
    *,
    replace: bool = False,
    restart: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Taken:
    """Make a bank of a data set.

    A second call with the same options goes on where a killed one was.

    Args:
        name: the bank's name.
        adapter: a name of :data:`soundscape.sources.adapters.registry.ADAPTERS`; with a mapping file, any name.
        options: how much of it, and where it is.
        replace: take the place of a bank of that name.
        restart: throw away what a killed call with other options has left.
        jobs: processes that decode and measure; the bank does not depend on it.
        progress: told how far it is.

    Raises:
        UsageError: an unknown name, options that do not go together, or a name that is taken.
        LayoutError: the data set is laid out otherwise than expected; says how.
        BankError: a shard is damaged, or nothing of it can be used.
        EnvironmentFault: ``datasets`` is missing, the hub cannot be reached or refuses, or the disk is full.
    """
    options = options or TakeOptions()
    options = dataclasses.replace(options, licence=_licence(options.licence))
    place = places.bank_folder(name)
    _check_free(place, replace)
    asked = _asked(adapter, options)
    with files.exclusively(folder_of(place)):
        partial = Partial(place, asked, restart=restart)
        if not partial.complete:
            _take(partial, name, adapter, options, jobs, progress)
        with files.exclusively(place):
            _check_free(place, replace)
            partial.publish()
    return _result(place, options, partial.told)


def _take(
    partial: Partial, name: str, adapter: str, options: TakeOptions, jobs: int, progress: Progress | None
) -> None:
    """Take what is still missing, and write the bank's index beside its recordings."""
    request = _request(options, partial.told.get("revision"))
    source = registry.find(adapter, request)
    if source.on_hub and options.path is None and options.hours is None and options.per_language is None:
        raise UsageError(f"how much of {adapter} is wanted?", hint="say so: --hours 2, or --per-language 500")
    opened = source.open(request)
    languages = options.languages or tuple(stream.language for stream in opened.streams if stream.language)
    partial.begin({"revision": opened.revision, "languages": languages, "notes": opened.notes})
    _Taking(partial, opened, options, _quotas(options, partial.told), jobs, progress).run()
    _finish(partial, name, adapter, opened)


def _quotas(options: TakeOptions, told: dict[str, Any]) -> Quotas:
    return Quotas(told["languages"], options.hours, options.per_language, options.per_speaker)


def _result(place: Path, options: TakeOptions, told: dict[str, Any]) -> Taken:
    frame = read_index(place)
    quotas = _quotas(options, told)
    for row in frame.select("rejected", "type", "language", "speaker", "duration").iter_rows(named=True):
        quotas.add(row)
    return Taken(
        folder=place,
        info=read_info(place),
        rejections=rejections(frame.filter(frame["rejected"].is_not_null()).to_dicts()),
        hours={
            language or "all": round(quotas.seconds[language] / 3600.0, 4)
            for language in sorted(quotas.seconds, key=str)
        },
        short=quotas.short,
        notes=tuple(told["notes"]),
    )


def _check_free(place: Path, replace: bool) -> None:
    if place.exists() and not replace:
        raise UsageError(f"bank {place.name!r} exists already ({place})", hint="replace it: --replace")


def _asked(adapter: str, options: TakeOptions) -> dict[str, Any]:
    """Return all that what is taken depends on, as JSON values."""
    for name in ("hours", "per_language", "per_speaker"):
        value = getattr(options, name)
        if value is not None and not (math.isfinite(value) and value > 0):
            raise UsageError(f"{name} is {value:g}, expected more than 0")
    if options.type is not None and options.type not in EVENT_TYPES:
        raise UsageError(
            f"unknown type {options.type!r}{nearest(options.type, EVENT_TYPES)}", hint=", ".join(EVENT_TYPES)
        )
    mapping = options.mapping
    values = {
        **{f.name: getattr(options, f.name) for f in dataclasses.fields(options)},
        "path": str(options.path.absolute()) if options.path else None,
        "mapping": files.digest(mapping) if mapping and mapping.is_file() else None,
        "adapter": adapter,
        "version": __version__,
    }
    return dict(schema.to_builtins(values))


def _licence(declared: str | None) -> str | None:
    """Return a declared licence as an SPDX identifier.

    Raises:
        UsageError: it names no licence whose duties are known, and is not written as ``LicenseRef-…`` on purpose.
    """
    if declared is None:
        return None
    licence = licences.normalise(declared)
    if licences.duties(licence) is None and not declared.startswith("LicenseRef-"):
        raise UsageError(
            f"licence {declared!r} is none that is known",
            hint="an SPDX identifier such as CC-BY-4.0; terms of their own: LicenseRef-NAME, which only 'any' lets in",
        )
    return licence


def _request(options: TakeOptions, revision: str | None) -> Request:
    return Request(
        languages=options.languages,
        path=options.path,
        split=options.split,
        revision=revision or options.revision,
        mapping=options.mapping,
        type=next((type_ for type_ in EVENT_TYPES if type_ == options.type), None),
    )


def _finish(partial: Partial, name: str, adapter: str, opened: Opened) -> None:
    rows = partial.rows()
    usable = sum(row["rejected"] is None for row in rows)
    if not usable:
        found = rejections(rows)
        shown = "".join(f"\n  {r.key}: {r.reason} ({r.note})" for r in found[:_SHOWN])
        partial.discard()
        what = (
            f"all {len(rows)} recordings of it are rejected:{shown}"
            if rows
            else "it holds no recordings that are wanted"
        )
        raise BankError(f"{opened.dataset}: nothing can be used; {what}", hint="nothing was written")
    discarded_files(partial.folder, rows)
    revision = f"@{opened.revision}" if opened.revision else ""
    write_bank(
        partial.folder,
        rows,
        name=name,
        root=AUDIO if opened.root is None else str(opened.root.resolve()),
        generator=f"soundscape bank add --from {adapter}{revision}",
        generator_version=__version__,
    )


class _Taking:
    """One run: the streams in turn, batch by batch."""

    def __init__(
        self,
        partial: Partial,
        opened: Opened,
        options: TakeOptions,
        quotas: Quotas,
        jobs: int,
        progress: Progress | None,
    ) -> None:
        self._partial, self._opened, self._options, self._quotas = partial, opened, options, quotas
        self._jobs, self._progress = jobs, progress
        self._audio = partial.folder / AUDIO
        self._keys: set[str] = set()
        self._digests: dict[str, str] = {}
        # Folded, because some file systems do not tell upper from lower case.
        self._paths: set[str] = set()

    def run(self) -> None:
        """Take what is still missing."""
        for row in self._partial.rows():
            self._note(row)
        last = self._partial.batches[-1] if self._partial.batches else None
        first = 0 if last is None else last.stream + last.ended
        for number, stream in enumerate(self._opened.streams[first:], start=first):
            resumed = last.position if last is not None and number == last.stream else None
            self._stream(number, stream, resumed)

    def _stream(self, number: int, stream: Stream, position: Any | None) -> None:
        if self._quotas.done(stream.language):
            return
        reading = self._wanted(stream.read(position))
        ended, size = False, _BATCH
        while not ended:
            wanted = list(islice(reading, size))
            ended = len(wanted) < size
            size = min(2 * size, _LARGEST_BATCH) if self._jobs > 1 else size
            position = stream.position()
            rows, full = self._taken(stream, wanted)
            ended = ended or full
            self._partial.add(Batch(stream=number, position=position, ended=ended, rows=rows))
            if self._progress is not None:
                self._progress(*self._quotas.reached)

    def _wanted(self, reading: Iterator[Candidate]) -> Iterator[Candidate]:
        """Yield the candidates that the quotas let through as they stand; nothing is brought in of the others."""
        for found in reading:
            fields = found.fields
            if self._quotas.wants(str(fields["type"]), fields.get("language"), fields.get("speaker")):
                yield found

    def _taken(self, stream: Stream, wanted: list[Candidate]) -> tuple[list[Row], bool]:
        """Return the rows of a batch that are taken, and whether nothing more is wanted of its stream."""
        drafts = [self._brought_in(found, stream.language) for found in wanted]
        measured = index_recordings(drafts, gate=self._options.gate, jobs=self._jobs)
        rows: list[Row] = []
        full = False
        for brought, row in zip(drafts, measured, strict=True):
            full = full or self._quotas.done(stream.language)
            if full or not self._quotas.wants(row["type"], row["language"], row["speaker"]):
                self._keys.discard(row["key"])
                self._paths.discard(row["path"].casefold())
                if self._opened.root is None:
                    brought.file.unlink(missing_ok=True)
                continue
            if row["rejected"] is None and (same := self._digests.get(row["pcm_sha256"])):
                row |= {"rejected": "duplicate", "note": f"the same samples as {same}", "faults": "duplicate"}
            row["topic"] = topic_of(row)
            self._note(row)
            rows.append(row)
        return rows, full or self._quotas.done(stream.language)

    def _note(self, row: Row) -> None:
        self._keys.add(row["key"])
        self._paths.add(row["path"].casefold())
        if row["rejected"] is None:
            self._digests[row["pcm_sha256"]] = row["key"]
        self._quotas.add(row)

    def _brought_in(self, found: Candidate, language: str | None) -> Draft:
        """Return a candidate with its recording where the bank wants it."""
        own = f"{language}/{found.key}" if language else found.key
        key, again = own, 2
        while key in self._keys:
            key, again = f"{own}#{again}", again + 1
        self._keys.add(key)
        path = file_name(key, found.recording.suffix if found.recording else "", self._paths)
        self._paths.add(path.casefold())
        file, fault = self._audio / path, None
        root, there = self._opened.root, found.recording.path if found.recording else None
        try:
            if root is not None and there is not None:
                path, file = there.relative_to(root).as_posix(), there
            else:
                path, file = bring_in(found, self._audio, path)
        except AudioFault as error:
            fault = error
        made = draft(found, file, path, key, self._opened.dataset, self._options.licence)
        if fault is not None:
            return dataclasses.replace(made, rejected=fault.reason, note=fault.message)
        if key != own and made.rejected is None:
            return dataclasses.replace(made, rejected="duplicate", note=f"the key {own!r} was taken before")
        return made
