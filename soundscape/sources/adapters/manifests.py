"""Speech in the manifests of tool kits: NeMo, Lhotse cuts, Kaldi directories.

They point at recordings anywhere, and often at parts of long ones, so what is taken of them is copied.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundscape.errors import UsageError
from soundscape.records import Span, Word, milliseconds
from soundscape.sources.adapters.candidate import Candidate, LayoutError, ListedStream, Opened, Request, refused
from soundscape.sources.adapters.fields import Rule, blank
from soundscape.sources.adapters.mapping import Mapping, candidate
from soundscape.sources.adapters.tables import Record, at, folder_of, json_lines, only_language

_SPEECH_FIELDS = {
    "type": Rule(value="speech"),
    "transcription": Rule(columns=("text",), needed=True),
    "speaker": Rule(columns=("speaker",)),
    "language": Rule(columns=("language", "lang", "asked_language"), apply=("language",)),
    "gender": Rule(columns=("gender",), apply=("gender",)),
    "age": Rule(columns=("age",), apply=("age",)),
    "emotion": Rule(columns=("emotion",), apply=("short",)),
    "accent": Rule(columns=("accent",)),
    "licence": Rule(columns=("licence", "license"), apply=("licence",)),
    "attribution": Rule(columns=("attribution",)),
}


def _speech(dataset: str) -> Mapping:
    return Mapping(dataset=dataset, format="parquet", audio="audio", key=Rule(columns=("id",)), fields=_SPEECH_FIELDS)


def manifest_file(request: Request, name: str, patterns: tuple[str, ...]) -> Path:
    """Return the manifest that ``--path`` names, or the only one in the folder that it names.

    Raises:
        UsageError: nothing is named.
        LayoutError: there is none, or more than one.
    """
    if request.path is None:
        raise UsageError(f"{name} needs to be told where they are", hint="--path FILE")
    if request.path.is_file():
        return request.path
    found = sorted(path for pattern in patterns for path in request.path.glob(pattern))
    if len(found) != 1:
        raise LayoutError(
            f"{request.path}: found {len(found)} files {' or '.join(patterns)}, expected one",
            hint="name it: --path FILE",
        )
    return found[0]


def nemo(request: Request) -> Opened:
    """Open a NeMo manifest: JSONL of ``audio_filepath``, ``duration``, ``text`` and perhaps ``offset`` and ``lang``.

    Paths are relative to the manifest; a recording with ``offset`` is cut.
    """
    path = manifest_file(request, "NeMo manifests", ("*.json", "*.jsonl", "*.json.gz", "*.jsonl.gz"))
    mapping, language = _speech(path.name.split(".")[0]), only_language(request)

    def candidates() -> Iterator[Candidate]:
        for number, row in json_lines(path):
            name = str(row.get("audio_filepath") or "")
            segment = _segment(row.get("offset"), row.get("duration"))
            record = {"asked_language": language, **row, "id": f"{number:08d}"}
            found = candidate(mapping, record, "", None, at(path.parent / name, segment))
            if not name:
                found = refused(found, "malformed", f"line {number}: no 'audio_filepath'")
            elif segment is None and not blank(row.get("offset")):
                # Taken whole it would be another recording than the one that is transcribed.
                times = f"offset {row['offset']!r}, duration {row.get('duration')!r}"
                found = refused(found, "malformed", f"line {number}: found {times}, expected seconds")
            yield found

    return Opened(dataset=mapping.dataset, streams=(ListedStream("all", candidates),))


def _segment(start: Any, length: Any) -> Span | None:
    """Return a part of a recording given by where it starts and how long it is; None where it starts nowhere."""
    numbers = isinstance(start, int | float) and isinstance(length, int | float) and start >= 0
    return Span(start=float(start), end=float(start) + float(length)) if numbers and length > 0 else None


def lhotse(request: Request) -> Opened:
    """Open Lhotse cuts: JSONL, perhaps compressed. Each supervision with a text is a source of its own.

    Recordings must be files. Word alignments become the words of the source.
    """
    path = manifest_file(request, "Lhotse cuts", ("*cuts*.jsonl.gz", "*cuts*.jsonl"))
    mapping, language = _speech(path.name.split(".")[0]), only_language(request)

    def candidates() -> Iterator[Candidate]:
        for number, cut in json_lines(path):
            supervisions = cut.get("supervisions")
            listed = supervisions if isinstance(supervisions, list) and supervisions else [{}]
            for place, supervision in enumerate(listed):
                said = supervision if isinstance(supervision, dict) else {}
                yield _supervised(mapping, path, cut, said, language, f"{number:08d}-{place}")

    return Opened(dataset=mapping.dataset, streams=(ListedStream("all", candidates),))


def _supervised(
    mapping: Mapping, path: Path, cut: Record, supervision: Record, language: str | None, key: str
) -> Candidate:
    custom = supervision.get("custom")
    record = {"text": "", "asked_language": language, **(custom if isinstance(custom, dict) else {})}
    record |= {name: value for name, value in supervision.items() if not blank(value)}
    begins, first = supervision.get("start"), cut.get("start")
    offset = float(begins) if isinstance(begins, int | float) else 0.0
    segment = _segment((first if isinstance(first, int | float) else 0.0) + offset, supervision.get("duration"))
    recording = cut.get("recording")
    sources = recording.get("sources") if isinstance(recording, dict) else None
    source = sources[0] if isinstance(sources, list) and sources and isinstance(sources[0], dict) else {}
    found = candidate(mapping, record, key, None, at(path.parent / str(source.get("source")), segment))
    if source.get("type") != "file":
        return refused(found, "unsupported", f"a recording of type {source.get('type')!r}")
    if segment is None:
        return refused(found, "malformed", "a supervision without start and duration")
    return dataclasses.replace(found, words=_words(supervision.get("alignment"), offset))


def _words(alignment: Any, offset: float) -> tuple[Word, ...]:
    """Return the words of an alignment ``{"word": [[symbol, start, duration, …], …]}``, timed from the supervision."""
    rows = alignment.get("word") if isinstance(alignment, dict) else None
    words = []
    for row in rows if isinstance(rows, list) else ():
        symbol, start, length = row[:3] if isinstance(row, list) and len(row) >= 3 else ("", 0.0, 0.0)
        timed = isinstance(start, int | float) and isinstance(length, int | float)
        if str(symbol).strip() and timed and length > 0:
            first = milliseconds(max(start - offset, 0.0))
            words.append(Word(word=str(symbol), start=first, end=milliseconds(first + length)))
    return tuple(words)


def kaldi(request: Request) -> Opened:
    """Open a Kaldi directory: ``wav.scp`` and ``text``, with ``segments``, ``utt2spk``, ``spk2gender``, ``utt2lang``.

    Recordings must be files; commands ending in ``|`` are not run, and what they would give is listed as unsupported.
    """
    root = folder_of(request, "a Kaldi directory", "wav.scp and text")
    texts = _kaldi_table(root / "text", needed=True)
    recordings = _kaldi_table(root / "wav.scp", needed=True)
    parts = {name: row.split() for name, row in _kaldi_table(root / "segments").items()}
    speakers, languages = _kaldi_table(root / "utt2spk"), _kaldi_table(root / "utt2lang")
    genders = _kaldi_table(root / "spk2gender")
    mapping, language = _speech(root.name), only_language(request)

    def candidates() -> Iterator[Candidate]:
        for name in sorted(parts or recordings):
            speaker = speakers.get(name)
            record = {
                "id": name, "text": texts.get(name, ""), "speaker": speaker, "gender": genders.get(speaker or ""),
                "language": languages.get(name, language),
            }  # fmt: skip
            yield _kaldi_candidate(mapping, root, record, recordings, parts.get(name))

    return Opened(dataset=mapping.dataset, streams=(ListedStream("all", candidates),))


def _kaldi_candidate(
    mapping: Mapping, root: Path, record: Record, recordings: dict[str, str], part: list[str] | None
) -> Candidate:
    source = recordings.get(part[0] if part else record["id"], "")
    segment = None
    try:
        if part is not None:
            segment = Span(start=float(part[1]), end=float(part[2]))
    except (ValueError, IndexError):
        source = ""
    # Paths are often relative to the folder above data/.
    places = (folder / source for folder in (root, *root.absolute().parents))
    path = next((place for place in places if source and place.is_file()), root / source)
    found = candidate(mapping, record, record["id"], None, at(path, segment))
    if not source:
        return refused(found, "malformed", "no recording in wav.scp, or no times in segments")
    if source.endswith("|"):
        return refused(found, "unsupported", f"a command: {source[:60]}")
    return found


def _kaldi_table(path: Path, *, needed: bool = False) -> dict[str, str]:
    """Return a table of lines ``name rest``; empty where there is none and it is not needed."""
    if not path.is_file():
        if needed:
            raise LayoutError(f"{path}: there is no such file; expected a Kaldi directory with wav.scp and text")
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise LayoutError(f"{path}: byte {error.start} is not UTF-8") from None
    pairs = (line.split(maxsplit=1) for line in lines if line.strip())
    return {pair[0]: pair[1].strip() if len(pair) > 1 else "" for pair in pairs}
