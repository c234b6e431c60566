"""The tables of a clip: its true events and a system's guesses, each with every field that there is of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from soundscape import schema
from soundscape.records import EventType, KeyEvent, PredictedEvent
from soundscape.reports.explorer.gather import Clip
from soundscape.reports.explorer.timeline import FATES, TYPES, drawn, marks_of, words_of
from soundscape.reports.markup import Content, Markup, foreign, number, tag
from soundscape.scoring.document import event_document

_WHAT = "what (open for every field)"
#: The columns that hold no numbers.
_TEXTS = ("type", "who", _WHAT, "is")
_ORDER = {field.name: n for n, field in enumerate(dataclasses.fields(KeyEvent))}


def fields_html(values: Mapping[str, Any], language: str | None = None) -> Markup:
    """Return every field of a record, by the names that its schema gives them; those of records inside by ``a.b``."""
    rows = [
        tag("div", tag("dt", name), tag("dd", foreign(text, language=language if name == "transcription" else None)))
        for name, text in _flat(values)
    ]
    return tag("dl", rows, class_="fields")


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, dict) and not _is_span(value):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, _text(value)


def _is_span(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"start", "end"}


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        times = f"{value['start']}–{value['end']}"
        return f"{value['word']} {times}" if "word" in value else times
    if isinstance(value, list):
        return " · ".join(map(_text, value)) or "none"
    return json.dumps(value)


def _details(words: str, language: str | None, fields: Mapping[str, Any]) -> Markup:
    summary = tag("summary", foreign(words, language=language, most=300) if words.strip() else tag("em", "no words"))
    return tag("details", summary, fields_html(fields, language))


def _row(mark: str, cells: Sequence[Content], *, state: str) -> Markup:
    return tag("tr", [cell if isinstance(cell, Markup) else tag("td", cell) for cell in cells], id=mark, class_=state)


def _type(name: EventType) -> Markup:
    return tag("td", tag("i", class_=f"key {name}"), " ", TYPES[name])


def _figure(value: float | None, decimals: int) -> Markup:
    return tag("td", number(value, decimals), class_="n")


def _table(caption: str, heads: Sequence[str], rows: Sequence[Markup]) -> Markup:
    head = tag("thead", tag("tr", [tag("th", h, scope="col", class_=None if h in _TEXTS else "n") for h in heads]))
    table = tag("table", tag("caption", caption), head, tag("tbody", rows), class_="events")
    return tag("div", table, class_="wide", tabindex="0", role="region", aria_label=caption)


def true_table(clip: Clip) -> Markup:
    """Return the table of a clip's true events, with how each was answered where there are answers."""
    marks = marks_of(clip)
    heads = ["from s", "to s", "type", "who", _WHAT, "level LUFS", "SNR dB", "glimpsed"]
    heads += ["guess", "IoU", "content", "score"] if clip.score else []
    rows = []
    for n, event in enumerate(clip.key.events):
        known = schema.to_builtins(event)
        fields = {name: known[name] for name in sorted(known, key=lambda f: _ORDER.get(f, 0))}
        who = " ".join(x for x in (event.speaker_id, event.language) if x)
        mark, state = marks.get(event.event_id), "" if event.scored else "unscored"
        answered: list[Content] = []
        if clip.score:
            match = mark.match if mark else None
            state = state or ("found" if match else "missed")
            told: Content = "not scored" if mark is None else "missed"
            if match:
                told = tag("a", f"{match.guess}", href=f"#c{clip.number}g{match.guess}")
            scores = (match.iou, match.content, match.score) if match else (None, None, None)
            answered = [tag("td", told), *(_figure(value, 2) for value in scores)]
            fields |= {"answer": _rounded(event_document(mark))} if mark else {}
        rows.append(
            _row(
                f"c{clip.number}e{n}",
                [
                    _figure(event.start_time, 2), _figure(event.end_time, 2), _type(event.type),
                    tag("td", tag("bdi", who)), tag("td", _details(words_of(event), event.language, fields)),
                    _figure(event.level_lufs, 1), _figure(event.snr_db, 1), _figure(event.glimpse_proportion, 2),
                    *answered,
                ],
                state=state,
            )
        )  # fmt: skip
    return _table("True events", heads, rows)


def _rounded(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return how an event was answered with as many digits as mean something, without what the table says already."""
    return {
        name: _rounded(v) if isinstance(v, dict) else round(v, 4) if isinstance(v, float) else v
        for name, v in value.items()
        if name not in ("event_id", "type")
    }


def guess_table(clip: Clip) -> Markup:
    """Return the table of the guesses of a clip that are drawn."""
    if clip.answer is None or clip.score is None:
        return Markup()
    owner = {m.match.guess: m for m in clip.score.events if m.match}
    index = {event.event_id: n for n, event in enumerate(clip.key.events)}
    rows = []
    for n in drawn(clip):
        guess, fate = clip.answer.events[n], clip.score.fates[n]
        who = " ".join(x for x in (guess.speaker_id, guess.language) if x)
        told: Content = fate
        if n in owner:
            event = owner[n].event.event_id
            told = tag("a", tag("bdi", event), href=f"#c{clip.number}e{index[event]}")
        fields = {**_given(guess), "fate": FATES[fate]}
        rows.append(
            _row(
                f"c{clip.number}g{n}",
                [
                    _figure(n, 0), _figure(guess.start_time, 2), _figure(guess.end_time, 2), _type(guess.type),
                    tag("td", tag("bdi", who[:60])), tag("td", _details(words_of(guess), guess.language, fields)),
                    tag("td", told),
                ],
                state=fate,
            )
        )  # fmt: skip
    heads = ["guess", "from s", "to s", "type", "who", _WHAT, "is"]
    return _table("Guesses", heads, rows)


def _given(guess: PredictedEvent) -> dict[str, Any]:
    return {f.name: v for f in dataclasses.fields(guess) if (v := getattr(guess, f.name)) is not None}
