"""Trivial systems: what a score gives for nothing, and that it gives 1 for the truth.

A column that a deaf system can reach says nothing about hearing. These stand in the same table as everybody else:

============== =========================================================================================
silence        hears nothing
whole-clip     one event of each type, as long as the clip, in general terms
random         a handful of events of random type, time and wording
shuffled       the true times, types and speakers, with the words and captions of other events
spam           every type in windows of 1, 2, 4 … seconds and the whole clip, in general terms
energy         listens: a sound and an utterance wherever the clip is loud, in general terms
oracle         the answer key itself: scores exactly 1
============== =========================================================================================

All but ``shuffled`` and ``oracle`` know of a key only its clip's name and duration.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from soundscape.errors import UsageError, nearest
from soundscape.randomness import stream
from soundscape.records import EVENT_TYPES, AnswerKey, EventType, KeyEvent, PredictedEvent, Prediction, milliseconds
from soundscape.scoring.listening import loud_spans

BASELINES = ("silence", "whole-clip", "random", "shuffled", "spam", "energy", "oracle")

_EVENTS_A_CLIP = 5.0
_WORDS = (
    "the", "you", "and", "that", "was", "not", "what", "with", "this", "have", "they", "when", "there", "people",
    "time", "going", "about", "think", "know", "good",
)  # fmt: skip
_MOODS = ("calm and neutral", "cheerful", "sad", "angry", "surprised", "nervous")
_SOUNDS = ("a dog barking", "footsteps", "a car passing", "rain falling", "a door closing", "people talking")
_MUSIC = ("calm piano music", "upbeat electronic music", "acoustic guitar", "orchestral music")
_BURSTS = ("chuckle", "sigh", "gasp", "cough", "scream", "sob")
_TEXT_FIELDS = ("transcription", "language", "emotion", "speaking_style", "description", "vocal_burst")


def baseline(
    name: str, keys: Iterable[AnswerKey], *, seed: int | str = 0, audio: Callable[[str], Path] | None = None
) -> Iterator[Prediction]:
    """Yield a trivial system's prediction for every clip.

    Args:
        name: one of :data:`BASELINES`.
        keys: the clips.
        seed: of the random ones.
        audio: returns the audio file of a clip id; needed by ``energy`` alone.

    Raises:
        UsageError: the name is unknown, or ``energy`` was given no audio.
        BuildError: an audio file is missing or cannot be read.
    """
    if name == "shuffled":
        return iter(_shuffled(list(keys), seed))
    if name == "energy":
        if audio is None:
            raise UsageError("the baseline 'energy' listens to the clips and was given no audio")
        return (_predict(key, _energetic(audio(key.clip_id))) for key in keys)
    systems: dict[str, Callable[[AnswerKey], Sequence[PredictedEvent]]] = {
        "silence": lambda key: (),
        "whole-clip": lambda key: [_general(kind, 0.0, key.duration) for kind in EVENT_TYPES],
        "random": lambda key: _random(key, seed),
        "spam": lambda key: _spam(key.duration),
        "oracle": lambda key: [as_prediction(event) for event in key.events],
    }
    if name not in systems:
        raise UsageError(
            f"there is no baseline {name!r}{nearest(name, BASELINES)}", hint=f"known: {', '.join(BASELINES)}"
        )
    system = systems[name]
    return (_predict(key, system(key)) for key in keys)


def as_prediction(event: KeyEvent) -> PredictedEvent:
    """Return a true event as a system would report it."""
    return PredictedEvent(
        type=event.type,
        start_time=event.start_time,
        end_time=event.end_time,
        transcription=event.transcription,
        speaker_id=event.speaker_id,
        language=event.language,
        emotion=event.emotion,
        age=event.age,
        gender=event.gender,
        voice_timbre=event.voice_timbre,
        speaking_style=event.speaking_style,
        accent=event.accent,
        speaking_rate=event.speaking_rate,
        vocal_burst=event.vocal_burst,
        description=event.description,
        loudness=event.loudness,
    )


def _predict(key: AnswerKey, events: Sequence[PredictedEvent]) -> Prediction:
    return Prediction(clip_id=key.clip_id, events=tuple(events))


def _general(kind: EventType, start: float, end: float) -> PredictedEvent:
    """Return an event in the most general terms that could be true of any."""
    match kind:
        case "speech":
            return PredictedEvent(
                type=kind,
                start_time=start,
                end_time=end,
                transcription="",
                speaker_id="speaker_1",
                language="en",
                emotion="calm and neutral",
                speaking_style="conversational",
            )
        case "vocal_burst":
            return PredictedEvent(
                type=kind,
                start_time=start,
                end_time=end,
                speaker_id="speaker_1",
                vocal_burst="sigh",
                description="a short vocal sound",
            )
        case "music":
            return PredictedEvent(type=kind, start_time=start, end_time=end, description="instrumental music")
        case _:
            return PredictedEvent(type=kind, start_time=start, end_time=end, description="a background sound")


def _random(key: AnswerKey, seed: int | str) -> list[PredictedEvent]:
    rng = stream(seed, "baseline", "random", key.clip_id)
    out = []
    for _ in range(int(rng.poisson(_EVENTS_A_CLIP))):
        start, end = sorted(milliseconds(t) for t in rng.uniform(0.0, key.duration, size=2).tolist())
        kind = EVENT_TYPES[int(rng.integers(len(EVENT_TYPES)))]
        event = _general(kind, start, end)
        speaker = f"speaker_{int(rng.integers(1, 4))}"
        if kind == "speech":
            words = " ".join(_WORDS[i] for i in rng.integers(len(_WORDS), size=int(rng.integers(2, 12))))
            mood = _MOODS[int(rng.integers(len(_MOODS)))]
            event = replace(event, transcription=words, emotion=mood, speaker_id=speaker)
        elif kind == "vocal_burst":
            burst = _BURSTS[int(rng.integers(len(_BURSTS)))]
            event = replace(event, vocal_burst=burst, description=f"a {burst}", speaker_id=speaker)
        else:
            pool = _MUSIC if kind == "music" else _SOUNDS
            event = replace(event, description=pool[int(rng.integers(len(pool)))])
        out.append(event)
    return out


def _shuffled(keys: Sequence[AnswerKey], seed: int | str) -> list[Prediction]:
    """Give each event the texts of the next one of its type along a random round, so that none keeps its own."""
    answers = [[as_prediction(event) for event in key.events] for key in keys]
    for kind in EVENT_TYPES:
        places = [(i, j) for i, events in enumerate(answers) for j, e in enumerate(events) if e.type == kind]
        order = stream(seed, "baseline", "shuffled", kind).permutation(len(places))
        round_ = [places[int(n)] for n in order]
        lent = [answers[i][j] for i, j in round_[1:] + round_[:1]]
        if len(places) == 1:
            lent = [_general(kind, 0.0, 0.0)]
        for (i, j), source in zip(round_, lent, strict=True):
            answers[i][j] = replace(answers[i][j], **{field: getattr(source, field) for field in _TEXT_FIELDS})
    return [_predict(key, events) for key, events in zip(keys, answers, strict=True)]


def _spam(duration: float) -> list[PredictedEvent]:
    spans = [(0.0, duration)]
    length = 1.0
    while length < duration:
        starts = (0.5 * length * n for n in range(int(2.0 * (duration - length) / length) + 1))
        spans += [(start, start + length) for start in starts]
        length *= 2.0
    return [_general(kind, start, end) for start, end in spans for kind in EVENT_TYPES]


def _energetic(path: Path) -> list[PredictedEvent]:
    kinds: tuple[EventType, ...] = ("speech", "sound_event")
    return [_general(kind, span.start, span.end) for span in loud_spans(path) for kind in kinds]
