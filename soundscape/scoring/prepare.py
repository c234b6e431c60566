"""Answer keys made ready for marking: texts normalised and captions chosen once, however often the key is used."""

from __future__ import annotations

from dataclasses import dataclass

from soundscape.records import AnswerKey, EventType, KeyEvent, PredictedEvent
from soundscape.scoring.embedders import canonical_caption
from soundscape.scoring.options import Options
from soundscape.scoring.text import Unit, base_language, tokens, unit_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEvent:
    """A scored event of a key. ``caption`` is None where the key states nothing to compare with.

    ``rank`` is its place among the clip's events in an order that does not depend on the key's (:func:`place_of`).
    For speech, ``words`` are the normalised tokens of the transcription, ``text_length`` its length in characters, and
    ``language_label`` names its row among the pooled word error rates.
    """

    event_id: str
    type: EventType
    start: float
    end: float
    rank: int
    speaker: str | None
    caption: str | None
    words: tuple[str, ...] = ()
    unit: Unit = "word"
    language: str | None = None
    language_label: str = ""
    text_length: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedKey:
    """An answer key as marking needs it: scored events in the key's order, and where unscored ones lie, by type."""

    clip_id: str
    duration: float
    events: tuple[TrueEvent, ...]
    unscored: tuple[tuple[EventType, float, float], ...]


def prepare(key: AnswerKey, options: Options) -> PreparedKey:
    """Return a key ready for marking under these options."""
    scored = [e for e in key.events if e.scored]
    order = sorted(range(len(scored)), key=lambda i: place_of(scored[i]))
    rank = {i: n for n, i in enumerate(order)}
    return PreparedKey(
        clip_id=key.clip_id,
        duration=key.duration,
        events=tuple(_true_event(e, rank[i], options) for i, e in enumerate(scored)),
        unscored=tuple((e.type, e.start_time, e.end_time) for e in key.events if not e.scored),
    )


def style_caption(emotion: str | None, speaking_style: str | None) -> str:
    """Return how something is said: emotion and speaking style, whichever exist; empty where neither does."""
    parts = (canonical_caption(emotion), canonical_caption(speaking_style))
    return ", ".join(p for p in parts if p)


def event_caption(event: KeyEvent | PredictedEvent) -> str:
    """Return the caption by which an event is compared; empty where it has none."""
    if event.type == "speech":
        return style_caption(event.emotion, event.speaking_style)
    description = canonical_caption(event.description)
    return canonical_caption(event.vocal_burst) if event.type == "vocal_burst" and not description else description


def place_of(event: KeyEvent | PredictedEvent) -> tuple[float, float, str]:
    """Return what events are ordered by where nothing else decides: times, then texts, so that lists may be shuffled.

    Speaker labels are left out, so that they may be renamed.
    """
    texts = (event.transcription, event.emotion, event.speaking_style, event.description, event.vocal_burst)
    return event.start_time, event.end_time, "\0".join(text or "" for text in (*texts, event.language))


def label(speaker: str | None) -> str | None:
    """Return a speaker label, or None where it is blank."""
    return (speaker or "").strip() or None


def _true_event(event: KeyEvent, rank: int, options: Options) -> TrueEvent:
    caption: str | None = event_caption(event) or None
    speaker = label(event.speaker_id) if event.type in ("speech", "vocal_burst") else None
    if event.type != "speech":
        return TrueEvent(
            event_id=event.event_id,
            type=event.type,
            start=event.start_time,
            end=event.end_time,
            rank=rank,
            speaker=speaker,
            caption=caption,
        )
    if options.style == "emotion" and not canonical_caption(event.emotion):
        caption = None
    text = event.transcription or ""
    unit = unit_of(event.language, text)
    return TrueEvent(
        event_id=event.event_id,
        type=event.type,
        start=event.start_time,
        end=event.end_time,
        rank=rank,
        speaker=speaker,
        caption=caption,
        words=tokens(text, event.language, unit=unit, mode=options.text),
        unit=unit,
        language=event.language,
        language_label=base_language(event.language) or f"und-{unit}s",
        text_length=len(text),
    )
