"""One object of an answer to one event: names, types, times and texts.

Nothing here raises, whatever the values are; what cannot be used is counted and left out.
"""

from __future__ import annotations

import re
from typing import Any

from soundscape.records import EVENT_TYPES, EventType, PredictedEvent
from soundscape.scoring.reading.repairs import Repairs
from soundscape.scoring.reading.scanner import mended
from soundscape.scoring.reading.words import (
    CLOSED_FIELDS,
    FREE_FIELDS,
    TEXT_FIELDS,
    field_of,
    type_of,
    value_of,
)

#: The older emotion form: a label and how strong it is, from 1 to 4.
OLD_EMOTION = re.compile(r"([A-Za-z][A-Za-z _-]*)_([1-4])")
#: How the four strengths read in a caption.
STRENGTHS = {"1": "slight", "2": "moderate", "3": "intense", "4": "extreme"}

_LONGEST_TIME = 64
_LARGEST_NUMBER = 10**18
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")
_CLOCK = re.compile(r"(?:([0-9]+):)?([0-9]+):([0-9]{1,2}(?:[.,][0-9]*)?)")
_UNIT = re.compile(r"(.*[0-9.,])\s*(s|sec|secs|seconds?|ms|msec|milliseconds?)", re.IGNORECASE)
_PAIR = re.compile(r"\[?\s*([^\s\[\]]+?)\s*(?:-->|->|→|–|—|-|to|,)\s*([^\s\[\]]+)\s*\]?")
_STARTS = frozenset({"start", "beginning", "begin"})
_ENDS = frozenset({"end", "end of clip", "end of audio", "end of file"})


def fields_of(raw: dict[str, Any], repairs: Repairs) -> dict[str, Any]:
    """Return an object's values by the field that each key means.

    A field's own name wins over other names, the first of several other names over the rest, and any value over null.
    """
    out: dict[str, Any] = {}
    for key, value in raw.items():
        field = field_of(key)
        if field is None:
            repairs["unknown_field"] += 1
        elif field == key:
            if value is not None or field not in out:
                out[field] = value
        elif raw.get(field) is None and out.get(field) is None:
            out[field] = value
            repairs["field_name"] += 1
        else:
            repairs["unknown_field"] += 1
    return out


def looks_like_event(raw: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether an object has a time or a type that exists, and whether it has both."""
    timed = typed = False
    for key, value in raw.items():
        field = field_of(key)
        if field in ("start_time", "end_time", "span"):
            timed = True
        elif field == "type" and isinstance(value, str):
            typed = typed or type_of(value) is not None
    return timed or typed, timed and typed


def read_event(
    raw: dict[str, Any], *, hint: EventType | None, duration: float | None, repairs: Repairs
) -> PredictedEvent | None:
    """Return the event that an object states, or None, counted, where its type or its times cannot be used.

    Args:
        raw: the object.
        hint: the type that the surroundings suggest, where the object states none.
        duration: of the clip in seconds, for ends given as the word "end".
        repairs: takes the counts.
    """
    given = fields_of(raw, repairs)
    kind, label = _type(given, hint, repairs)
    start, end = _times(given, duration, repairs)
    if kind is None or start is None or end is None:
        repairs["dropped_event"] += 1
        return None
    _place_free_fields(given, kind, repairs)
    texts = {field: _text(given[field], repairs) for field in TEXT_FIELDS if field in given}
    for field in CLOSED_FIELDS:
        if field in given:
            texts[field] = _closed(field, given[field], repairs)
    if label and not texts.get("vocal_burst"):
        texts["vocal_burst"] = label
    emotion = texts.get("emotion")
    if emotion:
        texts["emotion"] = _emotion(emotion, repairs)
    return PredictedEvent(type=kind, start_time=start, end_time=end, **texts)


def is_old_emotion(emotion: str) -> bool:
    """Return whether an emotion is in the older form, such as ``anger_3`` or ``anger_3, fear_1``."""
    return emotion[-1:] in STRENGTHS and all(OLD_EMOTION.fullmatch(part.strip()) for part in emotion.split(","))


def _emotion(emotion: str, repairs: Repairs) -> str:
    if not is_old_emotion(emotion):
        return emotion
    repairs["old_emotion"] += 1
    parts = (part.strip().rpartition("_") for part in emotion.split(","))
    return ", ".join(f"{STRENGTHS[n]} {label.replace('_', ' ').lower()}" for label, _, n in parts)


def _type(given: dict[str, Any], hint: EventType | None, repairs: Repairs) -> tuple[EventType | None, str | None]:
    """Return the type, and the label of the vocal burst where the type was one."""
    stated = given.get("type")
    if isinstance(stated, str):
        if stated in EVENT_TYPES:
            return stated, None
        found = type_of(stated)
        if found is not None:
            repairs["label_from_type" if found[1] else "type_alias"] += 1
        elif hint is not None:
            repairs["type_from_key"] += 1
            return hint, None
        return found or (None, None)
    if hint is not None:
        repairs["type_from_key"] += 1
        return hint, None
    for field in ("label", "event", "name", "sound"):
        found = type_of(given[field]) if isinstance(given.get(field), str) else None
        if found is not None:
            del given[field]
            repairs["type_from_key"] += 1
            return found
    return None, None


def _place_free_fields(given: dict[str, Any], kind: EventType, repairs: Repairs) -> None:
    """Move the fields whose meaning depends on the type to where they belong."""
    for field in FREE_FIELDS:
        if field not in given:
            continue
        target = "description"
        if kind == "speech" and field in ("text", "content"):
            target = "transcription"
        elif kind == "vocal_burst" and field in ("label", "name", "event", "sound"):
            target = "vocal_burst"
        if given.get(target) is None:
            given[target] = given[field]
            repairs["field_name"] += 1
        else:
            repairs["unknown_field"] += 1


def _times(given: dict[str, Any], duration: float | None, repairs: Repairs) -> tuple[float | None, float | None]:
    start = _seconds(given.get("start_time"), duration, repairs)
    end = _seconds(given.get("end_time"), duration, repairs)
    if (start is None or end is None) and "span" in given:
        pair = _pair(given["span"])
        if pair is not None:
            repairs["time_pair"] += 1
            start, end = (_seconds(value, duration, repairs) for value in pair)
        elif start is None:
            start = _seconds(given["span"], duration, repairs)
    if start is not None and end is None and "duration" in given:
        length = _seconds(given["duration"], None, repairs)
        if length is not None:
            repairs["end_from_duration"] += 1
            end = start + length
    elif "duration" in given:
        repairs["unknown_field"] += 1
    return start, end


def _pair(value: Any) -> tuple[Any, Any] | None:
    """Return the two times of a field that holds both: [a, b], {start, end} or "a - b"."""
    if isinstance(value, list) and len(value) == 2:
        return value[0], value[1]
    if isinstance(value, dict):
        named = {field_of(k): v for k, v in value.items()}
        return (named["start_time"], named["end_time"]) if named.keys() >= {"start_time", "end_time"} else None
    if isinstance(value, str) and len(value) <= _LONGEST_TIME:
        match = _PAIR.fullmatch(value.strip())
        return (match.group(1), match.group(2)) if match else None
    return None


def _seconds(value: Any, duration: float | None, repairs: Repairs) -> float | None:
    """Return a time in seconds, or None where it is none, not finite, or absurd (from 1e18 s)."""
    if isinstance(value, str):
        return _seconds_of_text(value, duration, repairs)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if -_LARGEST_NUMBER < value < _LARGEST_NUMBER else None


def _seconds_of_text(text: str, duration: float | None, repairs: Repairs) -> float | None:
    if len(text) > _LONGEST_TIME:
        return None
    text = text.strip().lower()
    if text in _STARTS or (text in _ENDS and duration is not None):
        repairs["named_time"] += 1
        return 0.0 if text in _STARTS else duration
    factor = 1.0
    kind = "numeric_string"
    unit = _UNIT.fullmatch(text)
    if unit:
        text = unit.group(1)
        factor = 0.001 if unit.group(2).startswith("m") else 1.0
        kind = "time_format"
    clock = _CLOCK.fullmatch(text)
    if clock:
        hours, minutes, rest = clock.groups()
        kind = "time_format"
        seconds = float(hours or 0) * 3600.0 + float(minutes) * 60.0 + float(rest.replace(",", "."))
    elif _NUMBER.fullmatch(text):
        seconds = float(text.replace(",", "."))
    else:
        return None
    if not abs(seconds) < _LARGEST_NUMBER:
        return None
    repairs[kind] += 1
    return seconds * factor


def _text(value: Any, repairs: Repairs) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return mended(value, repairs)
    if isinstance(value, list):
        parts = [part for part in map(_scalar_text, value) if part]
        repairs["list_as_text" if parts else "wrong_value"] += 1
        return mended(", ".join(parts), repairs) if parts else None
    text = _scalar_text(value)
    repairs["wrong_value" if text is None else "number_as_text"] += 1
    return text


def _scalar_text(value: Any) -> str | None:
    """Return a text or number as text: whole numbers without a point, as labels are written."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not -_LARGEST_NUMBER < value < _LARGEST_NUMBER:
        return None
    return str(int(value)) if value == int(value) else repr(float(value))


def _closed(field: str, value: Any, repairs: Repairs) -> str | None:
    """Return a value of a closed set, mended in spelling, or None where it is outside."""
    if value is None or (isinstance(value, str) and value in CLOSED_FIELDS[field]):
        return value
    found = value_of(field, value) if isinstance(value, str) else None
    repairs["enum_value" if found else "unknown_value"] += 1
    return found
