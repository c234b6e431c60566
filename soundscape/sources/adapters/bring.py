"""Recordings into a bank's folder: names that every file system bears, copies, and parts of longer recordings."""

from __future__ import annotations

import shutil
import urllib.parse
from collections.abc import Container
from functools import lru_cache
from pathlib import Path

import numpy as np

from soundscape import files, schema
from soundscape.records import Span, samples
from soundscape.sources.adapters.candidate import Candidate
from soundscape.sources.audio import AudioFault, Int16, Samples, decode, write_flac

_LONGEST_NAME = 150


def file_name(key: str, suffix: str, taken: Container[str] = ()) -> str:
    """Return where a recording lies in its bank: its key, escaped for every file system, with the suffix.

    Names that are too long, or are ``taken`` (in lower case), get a part of the key's digest.

    >>> file_name("de/a b:c", ".flac")
    'de/a%20b%3Ac.flac'
    """
    parts = [urllib.parse.quote(part, safe="-_.#+=,") or "%" for part in key.split("/")]
    parts = [part if part.strip(".") else part.replace(".", "%2E") for part in parts]
    told = schema.digest(key)[:16]
    parts = [part if len(part) <= _LONGEST_NAME else f"{part[:_LONGEST_NAME]}~{told}" for part in parts]
    path = "/".join(parts)
    return f"{path}~{told}{suffix}" if f"{path}{suffix}".casefold() in taken else f"{path}{suffix}"


def bring_in(found: Candidate, audio: Path, path: str) -> tuple[str, Path]:
    """Put a candidate's recording into a folder; nothing where it has none.

    Returns:
        The path within the folder, and the file; parts of recordings become FLAC.

    Raises:
        AudioFault: the recording of which it is a part cannot be decoded, or ends before it.
    """
    recording = found.recording
    if recording is None:
        return path, audio / path
    if recording.segment is not None and recording.path is not None:
        path = str(Path(path).with_suffix(".flac"))
    file = audio / path
    with files.disk_faults(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        if recording.segment is not None and recording.path is not None:
            whole, rate = _decoded(recording.path)
            write_flac(file, _cut(recording.path, whole, rate, recording.segment), rate, durable=False)
        elif recording.path is not None:
            if recording.path.is_file():
                shutil.copyfile(recording.path, file)
        else:
            data = recording.data if recording.data is not None else recording.fetch() if recording.fetch else b""
            files.write_bytes(file, data, durable=False)
    return path, file


@lru_cache(maxsize=1)
def _decoded(path: Path) -> tuple[Samples, int]:
    # Parts of one recording mostly follow each other.
    return decode(path)


def _cut(path: Path, whole: Samples, rate: int, segment: Span) -> Int16:
    part = whole[samples(segment.start, rate) : samples(segment.end, rate)]
    if len(part) == 0:
        raise AudioFault(f"{path}: has nothing from {segment.start:g} to {segment.end:g} s", reason="truncated")
    return np.clip(np.rint(part.astype(np.float64) * 32768.0), -32768, 32767).astype(np.int16)
