"""JSON at every file boundary: schemas (2020-12) to check it, records to work with, one canonical form to digest.

Goal: whatever is read is checked against ``schemas/*.json`` with a message that says where, what was found and what was
expected; whatever is written has sorted keys and the shortest exact numbers, so that equal records are equal bytes.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import msgspec

from soundscape import resources
from soundscape.errors import DataError, nearest
from soundscape.records import AnswerKey, KeyEvent

T = TypeVar("T")

#: The version written into every plan, answer key, lock and score file.
SCHEMA_VERSION = "1.0"

#: UAAP fields that belong to each event type, beside type and times.
UAAP_FIELDS: dict[str, tuple[str, ...]] = {
    "speech": (
        "transcription", "speaker_id", "language", "emotion", "emotion_label", "age", "gender", "voice_timbre",
        "speaking_style", "accent", "speaking_rate", "words",
    ),
    "vocal_burst": (
        "transcription", "speaker_id", "vocal_burst", "description", "emotion", "emotion_label", "age", "gender",
        "voice_timbre",
    ),
    "sound_event": ("description", "loudness"),
    "music": ("description", "lyrics", "loudness"),
}  # fmt: skip
_TYPED_FIELDS = frozenset(f for fields in UAAP_FIELDS.values() for f in fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One disagreement between a value and its schema. ``pointer`` is a JSON pointer (RFC 6901)."""

    pointer: str
    found: str
    expected: str

    def __str__(self) -> str:
        return f"{self.pointer or '/'}: found {self.found}, expected {self.expected}"


def names() -> tuple[str, ...]:
    """Return the names of the shipped schemas, sorted."""
    return tuple(sorted(p.name.removesuffix(".schema.json") for p in resources.folder("schemas").glob("*.schema.json")))


@cache
def load(name: str) -> dict[str, Any]:
    """Return a shipped schema by name (``uaap``, ``plan`` …)."""
    path = resources.folder("schemas") / f"{name}.schema.json"
    if not path.is_file():
        raise DataError(
            f"there is no schema {name!r}{nearest(name, names())}", hint=f"known schemas: {', '.join(names())}"
        )
    schema: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return schema


@cache
def _validator(name: str) -> Any:
    import jsonschema

    return jsonschema.Draft202012Validator(load(name))


def _brief(value: object, limit: int = 60) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _unknown_keys(error: Any) -> Iterator[tuple[str, str]]:
    known = set(error.schema.get("properties", {}))
    for key in sorted(set(error.instance) - known):
        yield (
            key,
            f"one of the known keys{nearest(key, known)}"
            if nearest(key, known)
            else f"one of: {', '.join(sorted(known))}",
        )


def _leaves(error: Any) -> Iterator[Any]:
    """Yield the errors that matter: inside anyOf/oneOf, those of the branch that came closest."""
    if error.validator not in ("anyOf", "oneOf") or not error.context:
        yield error
        return
    branches: dict[int, list[Any]] = {}
    for inner in error.context:
        branches.setdefault(inner.schema_path[0], []).append(inner)
    here = len(error.absolute_path)
    depth = {k: max(len(e.absolute_path) for e in v) for k, v in branches.items()}
    deepest = max(depth.values())
    # Branches of the wrong type altogether say nothing about what was meant.
    close = [k for k in branches if not any(e.validator in ("type", "const") and depth[k] == here for e in branches[k])]
    candidates = close if deepest == here else [k for k in branches if depth[k] == deepest]
    if not candidates or (deepest == here and len(candidates) > 1):
        yield error
        return
    for inner in branches[min(candidates, key=lambda k: len(branches[k]))]:
        yield from _leaves(inner)


def _expectation(error: Any) -> str:
    rule, value = error.validator, error.validator_value
    match rule:
        case "enum":
            near = nearest(error.instance, map(str, value)) if isinstance(error.instance, str) else ""
            return f"one of {', '.join(map(repr, value))}{near}"
        case "type":
            return f"type {' or '.join(value) if isinstance(value, list) else value}"
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            sign = {"minimum": "≥", "maximum": "≤", "exclusiveMinimum": ">", "exclusiveMaximum": "<"}[rule]
            return f"a number {sign} {value}"
        case "pattern":
            return f"text matching {value}"
        case "anyOf" | "oneOf":
            return str(error.schema.get("description", "one of the allowed forms"))
        case _:
            return f"{rule} {_brief(value)}"


def problems(name: str, value: object) -> list[Problem]:
    """Return every disagreement of a parsed JSON value with a schema, in document order; empty when it is valid."""
    out: list[Problem] = []
    for top in _validator(name).iter_errors(value):
        for error in _leaves(top):
            pointer = "".join("/" + str(p).replace("~", "~0").replace("/", "~1") for p in error.absolute_path)
            if error.validator == "additionalProperties" and isinstance(error.instance, dict):
                out += [
                    Problem(pointer=f"{pointer}/{k}", found="an unknown key", expected=e)
                    for k, e in _unknown_keys(error)
                ]
            elif error.validator == "required":
                missing = [k for k in error.validator_value if k not in error.instance]
                out += [Problem(pointer=pointer, found="no such key", expected=f"the key {k!r}") for k in missing]
            else:
                out.append(Problem(pointer=pointer, found=_brief(error.instance), expected=_expectation(error)))
    return sorted(dict.fromkeys(out), key=lambda p: [(part.isdigit(), part.zfill(12)) for part in p.pointer.split("/")])


@cache
def _names(kind: str | None) -> tuple[str, ...]:
    """Return the fields of an answer key, or those of an event of a type, as they are written."""
    if kind is None:
        return tuple(f.name for f in dataclasses.fields(AnswerKey))
    names = (f.name for f in dataclasses.fields(KeyEvent))
    return tuple(name for name in names if name not in _TYPED_FIELDS or name in UAAP_FIELDS[kind])


def _plain(value: object) -> Any:
    if isinstance(value, AnswerKey):
        return {**{name: getattr(value, name) for name in _names(None)}, "events": [_plain(e) for e in value.events]}
    if isinstance(value, KeyEvent):
        return {name: getattr(value, name) for name in _names(value.type)}
    return value


def to_builtins(record: object) -> Any:
    """Return a record as plain JSON values; an answer key's events keep only the fields of their type."""
    return msgspec.json.decode(encode(record))


def encode(record: object) -> bytes:
    """Return the canonical JSON of a record: UTF-8, sorted keys, no white space, shortest exact numbers."""
    return msgspec.json.encode(_plain(record), order="sorted")


def digest(record: object) -> str:
    """Return the SHA-256 of a record's canonical JSON, in hex."""
    return hashlib.sha256(encode(record)).hexdigest()


def convert(value: object, kind: type[T], where: str = "value") -> T:
    """Return a parsed JSON value as a record.

    Raises:
        DataError: a field is missing or of the wrong type; the message names its path.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise DataError(f"{where}: {error}", hint="soundscape validate lists every problem of the file") from None


def decode(data: bytes | str, kind: type[T], where: str = "value") -> T:
    """Return JSON text as a record; errors as :func:`convert`."""
    try:
        return msgspec.json.decode(data, type=kind)
    except msgspec.DecodeError as error:
        raise DataError(f"{where}: {error}", hint="soundscape validate lists every problem of the file") from None
