"""Reads a system's answer for one clip, leniently in a documented way, and never silently.

Goal: raw model text in, events out, every repair counted by its kind
(:data:`~soundscape.scoring.reading.repairs.REPAIR_KINDS` says what each means). Nothing that a system can write raises,
and the time is linear in the length of what it wrote.

What counts as an answer: at least one event that can be used, or a stated empty list. Anything else is unparsed, which
scores as an empty answer and is counted. An event without a usable type or without both times is dropped and counted.
Nothing is invented: no type is guessed from a description, no time from the order of events.

Steps, the first that gives an answer wins:

1. JSON exactly as ``schemas/prediction.schema.json`` has it; strict mode ends here.
2. JSON of another shape: the events are looked for under any key, in nested lists, in JSON inside JSON text.
3. The same without thinking blocks, then with what stands in code fences, then whatever a tolerant scanner finds:
   JSON Lines, trailing commas, single quotes, Python literals, comments, unescaped quotes, a truncated end.

How values are mended, where they are not what the schema asks for:

==================  ==================================================================================================
field               read as
==================  ==================================================================================================
any name            other spellings (``startTime``) and names (``start``, ``caption``); unknown fields are passed over
``type``            other spellings and names (``sfx``, ``Vocal Burst``); ``laughter`` is a vocal burst of that label;
                    the key above the list (``{"music": [...]}``) or the label where the type is missing
times               numbers; numbers in quotes; ``MM:SS``, ``H:MM:SS``, decimals with comma; units ``s`` and ``ms``;
                    "start" and "end" (of the clip, where its duration is known); one field with both times, as list,
                    object or ``"1.5-3"``; start and duration. NaN, infinity and 1e18 and above are none
texts               numbers as written, whole ones without a point; lists joined by ``", "``; objects and booleans are
                    left out
``emotion``         the older ``anger_3`` as "intense anger"; strengths 1 to 4 read slight, moderate, intense, extreme
closed sets         (age, gender, speaking rate, loudness) other spellings; values outside the set are left out. The
                    older four loudness levels are four of the five
``label``, ``name``  and such mean the vocal burst's label, speech's transcription (``text``, ``content``), or else the
                    description
==================  ==================================================================================================

Times keep whatever they say: an end before the start, or outside the clip, is a wrong guess, not a broken one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from soundscape.records import EventType, Loudness, PredictedEvent
from soundscape.scoring.reading import envelope
from soundscape.scoring.reading.collect import Found, collect
from soundscape.scoring.reading.fields import is_old_emotion
from soundscape.scoring.reading.repairs import Repairs
from soundscape.scoring.reading.scanner import scan

_Age = Literal[
    "baby", "toddler", "child", "teenager", "young_adult_20s", "adult_30s", "adult_40s", "middle_aged_50s",
    "senior_60s", "elderly_70s_plus",
]  # fmt: skip


class _Event(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """An event exactly as the schema has it; the fields of :class:`~soundscape.records.PredictedEvent`."""

    type: EventType
    start_time: float
    end_time: float
    transcription: str | None = None
    speaker_id: str | None = None
    language: str | None = None
    emotion: str | None = None
    age: _Age | None = None
    gender: Literal["male", "female", "nonbinary", "unclear"] | None = None
    voice_timbre: str | None = None
    speaking_style: str | None = None
    accent: str | None = None
    speaking_rate: Literal["very_slow", "slow", "normal", "fast", "very_fast"] | None = None
    vocal_burst: str | None = None
    description: str | None = None
    loudness: Loudness | None = None


class _Wrapper(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The wrapper around the events exactly as the schema has it."""

    events: list[_Event]
    clip_id: str | None = None
    duration: float | None = None
    num_speakers: int | None = None
    languages: list[str] | None = None


_EXACT = msgspec.json.Decoder(list[_Event] | _Wrapper)
_ANY = msgspec.json.Decoder()
_EVENTS = tuple[PredictedEvent, ...]
# What a decoder may raise: malformed text, lone surrogates, brackets nested too deeply.
_UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)
_LARGEST_TIME = 1e18


def read_output(
    answer: object, *, strict: bool = False, duration: float | None = None
) -> tuple[tuple[PredictedEvent, ...], dict[str, int], bool]:
    """Return the events of an answer, what had to be mended, and whether it could be read.

    Args:
        answer: what a system returned: text, bytes, or JSON that is decoded already.
        strict: mend nothing: an answer that is not exactly as the schema asks is unparsed.
        duration: of the clip in seconds; only for ends given as the word "end".

    Returns:
        The events in the order stated, counts by kind of repair (sorted), and False where the answer is unparsed, which
        makes the events an empty tuple. Never raises, whatever the answer is.
    """
    repairs: Repairs = Counter()
    text = _text(answer, repairs)
    if text is None or (strict and repairs):
        return (), {} if strict else dict(repairs), False
    events = _exact(text)
    if strict:
        return events or (), {}, events is not None
    if events is not None and not any(e.emotion and is_old_emotion(e.emotion) for e in events):
        return events, dict(repairs), True
    found = _lenient(text, duration, repairs)
    return found.events, dict(sorted((k, n) for k, n in repairs.items() if n)), found.answered


def _text(answer: object, repairs: Repairs) -> str | None:
    """Return an answer as text, or None where it is none: decoded JSON is written again, so that one way serves all."""
    if isinstance(answer, str):
        return answer
    if isinstance(answer, (bytes, bytearray, memoryview)):
        return envelope.decoded(answer, repairs)
    if not isinstance(answer, (list, tuple, dict)):
        return None
    try:
        return msgspec.json.encode(answer).decode()
    except Exception:
        # Foreign objects may raise anything; the slower way takes what it can of NaN, odd keys and lone surrogates.
        pass
    try:
        return json.dumps(answer, skipkeys=True, default=_null)
    except Exception:
        # Cyclic, far too deep, or objects that raise.
        repairs["not_json"] += 1
        return None


def _null(_: object) -> None:
    return None


def _exact(text: str) -> tuple[PredictedEvent, ...] | None:
    """Return the events of an answer that needs no repair, else None."""
    try:
        read = _EXACT.decode(text)
    except _UNREADABLE:
        return None
    events = read.events if isinstance(read, _Wrapper) else read
    if any(abs(e.start_time) >= _LARGEST_TIME or abs(e.end_time) >= _LARGEST_TIME for e in events):
        return None
    return msgspec.convert(events, _EVENTS, from_attributes=True)


def _lenient(text: str, duration: float | None, repairs: Repairs) -> Found:
    """Return the first answer that one of the ways of reading gives; of those that fail the first one's counts stay."""
    first: Repairs | None = None
    for values, counts in _ways(envelope.cleaned(text, repairs)):
        found = collect(values, duration=duration, repairs=counts, unpack=_unpack)
        if found.answered:
            repairs.update(counts)
            return found
        first = counts if first is None else first
    repairs.update(first or {})
    return Found((), False)


def _ways(text: str) -> Iterator[tuple[list[Any], Repairs]]:
    """Yield the values that a text holds, read in one way after another, each with its own counts."""
    counts: Repairs = Counter()
    values = _well_formed(text)
    if values is not None:
        yield values, counts
        return
    body = envelope.without_thinking(text, counts)
    within = counts.copy()
    fenced = envelope.fenced(body, within)
    if fenced:
        yield [value for part in fenced for value in _values(part, within)], within
    yield _values(body, counts), counts


def _values(text: str, repairs: Repairs) -> list[Any]:
    values = _well_formed(text)
    return scan(text, repairs) if values is None else values


def _unpack(text: str, repairs: Repairs) -> list[Any]:
    """Return the values of JSON text inside JSON."""
    values, counts = next(_ways(text.strip()))
    repairs.update(counts)
    return values


def _well_formed(text: str) -> list[Any] | None:
    """Return the one value that a JSON text is, in a list; None where it is none."""
    try:
        return [_ANY.decode(text)]
    except _UNREADABLE:
        return None
