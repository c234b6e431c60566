"""Answer keys and predictions for the tests of marking: written by hand, or drawn at random with every odd case."""

from __future__ import annotations

import random

from soundscape.records import AnswerKey, KeyEvent, PredictedEvent, Prediction, Provenance, SceneFacts, Span

PROVENANCE = Provenance(
    source_id="bank:key",
    dataset="bank",
    key="key",
    licence="CC0-1.0",
    attribution="",
    caption_origin="human",
    gain_db=0.0,
)
WORDS = {
    "en": ["the", "rain", "fell", "twenty", "colour", "don't", "house", "um"],
    "de": ["der", "Regen", "fällt", "Straße", "und", "Haus"],
    "zh": ["你好", "世界", "下雨", "了", "吗"],
    None: ["uno", "due", "tre"],
}
CAPTIONS = ["a dog barks", "loud barking", "soft piano", "rain on a roof", "A dog  barks", "", "wind"]
MOODS = ["anger", "clearly intense anger", "joy", None, "", "calm"]
STYLES = [None, "whispering", "fast"]


def true_event(event_id, kind, start, end, **fields):
    span = Span(start=start, end=end)
    measured = {
        "role": "foreground",
        "placed": span,
        "audible": span,
        "active_regions": (span,),
        "level_lufs": -20.0,
        "snr_db": 3.0,
        "glimpse_proportion": 0.5,
        "masked_share": 0.1,
        "provenance": PROVENANCE,
    }
    return KeyEvent(event_id=event_id, type=kind, start_time=start, end_time=end, **(measured | fields))


def answer_key(clip_id, events, *, duration=30.0, **fields):
    facts = {
        "num_speakers": len({e.speaker_id for e in events if e.speaker_id}),
        "languages": tuple(sorted({e.language for e in events if e.language})),
        "scene": SceneFacts(),
        "speech_overlap": 0.0,
    }
    return AnswerKey(
        schema_version="1.0",
        clip_id=clip_id,
        duration=duration,
        events=tuple(events),
        recipe="test",
        seed=1,
        seed_commitment=None,
        plan_digest="0" * 64,
        pcm_sha256="0" * 64,
        sample_rate=16_000,
        channels=1,
        loudness_lufs=-23.0,
        true_peak_dbtp=-1.0,
        **(facts | fields),
    )


def guess(kind, start, end, **fields):
    return PredictedEvent(type=kind, start_time=start, end_time=end, **fields)


def prediction(clip_id, events):
    return Prediction(clip_id=clip_id, events=tuple(events))


def _span(rng, duration):
    if rng.random() < 0.5:  # a coarse grid: ties, equal spans, touching spans
        start = rng.randrange(0, int(duration))
        return float(start), float(start + rng.choice([1, 2, 4]))
    start = round(rng.uniform(0, duration), 3)
    return start, round(start + rng.uniform(0.1, 6), 3)


def _text(rng, language):
    return " ".join(rng.choices(WORDS[language], k=rng.choice([0, 1, 3, 6])))


def _fields(rng, kind, language, labels):
    if kind == "speech":
        return {
            "transcription": _text(rng, language),
            "speaker_id": rng.choice(labels),
            "language": language,
            "emotion": rng.choice(MOODS),
            "speaking_style": rng.choice(STYLES),
        }
    if kind == "vocal_burst":
        return {
            "vocal_burst": rng.choice(["chuckle", "sigh"]),
            "description": rng.choice(["a chuckle", None, "a long sigh"]),
            "speaker_id": rng.choice(labels),
        }
    return {"description": rng.choice(CAPTIONS)}


def random_clip(rng: random.Random, number: int, *, kinds=("speech", "vocal_burst", "sound_event", "music")):
    """Return a key and guesses, at most three of a type on either side but for some spares."""
    duration = 10.0
    names = ["anna", "ben", None][: rng.choice([1, 2, 3, 3])]
    events = []
    for kind in kinds:
        for _ in range(rng.choice([0, 1, 1, 2, 3])):
            language = rng.choice(list(WORDS))
            start, end = _span(rng, duration)
            scored = rng.random() < 0.85
            fields = _fields(rng, kind, language, names) | {"scored": scored}
            events.append(true_event(f"e{len(events)}", kind, start, end, **fields))
    guesses = []
    for event in events:
        if rng.random() < 0.75:
            labels = ["spk1", "spk2", None]
            fields = _fields(rng, event.type, event.language if event.type == "speech" else None, labels)
            start, end = event.start_time, event.end_time
            if rng.random() < 0.6:
                start, end = round(start + rng.gauss(0, 0.5), 3), round(end + rng.gauss(0, 0.5), 3)
            if rng.random() < 0.5:
                own = ("transcription", "emotion", "speaking_style", "description", "vocal_burst")
                fields |= {k: getattr(event, k) for k in own if k in fields}
            guesses.append(guess(event.type, start, end, **fields))
    for _ in range(rng.choice([0, 0, 1, 2])):
        kind = rng.choice(kinds)
        start, end = _span(rng, duration)
        if rng.random() < 0.3:
            start, end = end, start
        if rng.random() < 0.2:
            start, end = start - 20, end + 40
        guesses.append(guess(kind, start, end, **_fields(rng, kind, rng.choice(list(WORDS)), ["spk1", "x", None])))
    rng.shuffle(guesses)
    return answer_key(f"clip-{number:05d}", events, duration=duration), guesses


def random_set(seed, clips):
    rng = random.Random(seed)
    return [random_clip(rng, n) for n in range(clips)]
