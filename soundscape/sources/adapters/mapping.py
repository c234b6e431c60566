"""A data set as a declaration: its format, where its parts lie, and a rule for each field of a source.

The declarations of known data sets are in :mod:`soundscape.sources.adapters.speech` and ``sounds``; any other one is
declared by a YAML file (:mod:`soundscape.sources.adapters.mapping_file`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from soundscape.records import EVENT_TYPES
from soundscape.sources.adapters.candidate import Candidate, Recording
from soundscape.sources.adapters.fields import Malformed, Rule, apply, look_up, number, present
from soundscape.sources.licences import normalise
from soundscape.sources.table import VALUES

Format = Literal["parquet", "webdataset"]
#: Endings of audio members in tar shards.
AUDIO_SUFFIXES = ("flac", "wav", "mp3", "ogg", "opus", "m4a")

_LANGUAGE = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """A data set, declared.

    ``dataset`` is its name on the hub, ``also`` other spellings of it. ``configs`` names the part of each language,
    ``config`` the one part where there are none. ``part`` and ``not_part`` are folders that its shards do and do not
    lie in; ``shards`` is the pattern of tar shards on the hub, in which ``{config}`` stands for the part of a language.
    ``prepare`` makes more columns of a record before the rules are applied. ``note`` is told whoever takes it, about
    terms that want to be looked at.
    """

    dataset: str
    format: Format
    fields: MappingABC[str, Rule]
    key: Rule | None = None
    audio: str = ""
    configs: MappingABC[str, str] = field(default_factory=dict)
    config: str | None = None
    split: str = "train"
    part: str | None = None
    not_part: str | None = None
    shards: str = "**/*.tar"
    prose: Rule | None = None
    dnsmos: Rule | None = None
    also: tuple[str, ...] = ()
    prepare: Callable[[MappingABC[str, Any]], dict[str, Any]] | None = None
    note: str | None = None

    @property
    def needed(self) -> dict[str, Rule]:
        """The fields whose columns a record must have."""
        return {name: rule for name, rule in self.fields.items() if rule.needed}


def candidate(
    mapping: Mapping, record: MappingABC[str, Any], key: str, language: str | None, recording: Recording | None = None
) -> Candidate:
    """Return what a record says, as a candidate; one that is malformed says so and is rejected.

    Args:
        mapping: the declaration.
        record: columns to values; audio is a dict of ``bytes`` and ``path``.
        key: of the record, where the mapping has no better one.
        language: that of the part of the data set, or None.
        recording: where its samples are, if not in the record.
    """
    prose, dnsmos = None, None
    rejected: str | None = None
    note: str | None = None
    fields: dict[str, str | None] = {"type": _constant_type(mapping)}
    recording = recording or recording_of(mapping, record)
    try:
        if mapping.prepare is not None:
            record = {**record, **mapping.prepare(record)}
        if mapping.key is not None:
            key = apply(mapping.key, record, "key") or key
        fields = {name: apply(rule, record, name) for name, rule in mapping.fields.items()}
        _check_values(fields)
        prose = apply(mapping.prose, record, "prose") if mapping.prose else None
        if mapping.dnsmos:
            dnsmos = number(next(filter(present, (look_up(record, c) for c in mapping.dnsmos.columns)), None), "dnsmos")
        if recording is None:
            raise Malformed(mapping.audio or "audio", "no audio in the record", "bytes or a file")
    except Malformed as error:
        rejected, note = "malformed", str(error)
        fields = {name: value for name, value in fields.items() if name not in (*VALUES, "language")}
        fields["type"] = _constant_type(mapping)
    said = fields.get("language")
    if language is not None and fields["type"] == "speech":
        fields["language"] = language
        if said is not None and said != language and rejected is None:
            rejected, note = "language", f"the record says {said!r} in the part that is {language!r}"
    fields["licence"] = normalise(fields.get("licence"))
    return Candidate(
        key=key,
        recording=recording,
        fields=fields,
        rejected=rejected,
        note=note,
        prose=prose,
        dnsmos=dnsmos,
    )


def _constant_type(mapping: Mapping) -> str:
    rule = mapping.fields["type"]
    return rule.value or rule.otherwise or "sound_event"


def _check_values(fields: MappingABC[str, str | None]) -> None:
    for name, values in VALUES.items():
        value = fields.get(name)
        if value is not None and value not in values:
            raise Malformed(name, repr(value), f"one of {', '.join(values)}")
    language = fields.get("language")
    if language is not None and not _LANGUAGE.fullmatch(language):
        raise Malformed("language", repr(language), "an ISO 639 code such as 'de'")
    if fields.get("type") is None:
        raise Malformed("type", "nothing", f"one of {', '.join(EVENT_TYPES)}")


def recording_of(mapping: Mapping, record: MappingABC[str, Any]) -> Recording | None:
    """Return where a record's samples are, or None where it has none."""
    names = (mapping.audio,) if mapping.audio else AUDIO_SUFFIXES
    for name in names:
        value = look_up(record, name)
        if not present(value) or value is None:
            continue
        if isinstance(value, MappingABC):
            path, data = value.get("path"), value.get("bytes")
        else:
            path, data = (f"audio.{name}" if name in AUDIO_SUFFIXES else None), value
        suffix = PurePosixPath(str(path or "")).suffix.casefold() or ".wav"
        if isinstance(data, bytes | bytearray) and data:
            return Recording(data=bytes(data), suffix=suffix)
        if data is None and isinstance(path, str) and Path(path).is_file():
            return Recording(path=Path(path), suffix=suffix)
    return None
