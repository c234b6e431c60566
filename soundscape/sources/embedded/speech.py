"""The speech of the embedded bank: written sentences, spoken by our speakers in five styles.

Each language has sixty sentences (``sentences/<code>.tsv``) and eight speakers. Every sentence is said once on its own;
longer turns join two or three that follow each other on one topic. Who says what and how is a pure function of the
sentence files: styles are shared out first, then each utterance goes to the speaker who has had least of its kind.

Signal path: eSpeak NG at 22,050 Hz, resampled (soxr, VHQ) to 24,000 Hz, high-pass at 50 Hz (breath noise carries a slow
drift), trimmed to 15 ms around the active frames, joined with pauses, quantised to a peak of 0.7.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import soxr

from soundscape.errors import BankError
from soundscape.randomness import unit
from soundscape.records import Word, milliseconds
from soundscape.sources.embedded import dsp
from soundscape.sources.embedded.espeak import RATE, Engine, Spoken, Utterance
from soundscape.sources.embedded.item import SAMPLE_RATE, Item, Sound
from soundscape.sources.embedded.speech_captions import STYLES, TOPICS, Style, caption, manner, timbre
from soundscape.sources.embedded.speech_words import FRAME_S, UNSPACED, active_frames, timings
from soundscape.sources.embedded.voices import LANGUAGES, Language, Speaker, shout_variant, speakers_of, whisper_variant

__all__ = ["Sentence", "items", "sentences", "speaking_rate", "synthesise", "synthesise_many"]

_FOLDER = Path(__file__).with_name("sentences")
_COLUMNS = ["id", "topic", "kind", "text", "spoken"]
_KINDS = ("statement", "question", "exclamation")
_SEED = "embedded speech"
_TURNS = 20  # longer turns in a language
_STYLED = ("shouted", "excited", "whispered", "monotone")
_STYLED_SHARE, _STYLED_TURNS = 10, 1  # of each style: one sentence in ten, and one longer turn
_MARGIN_S, _EDGE_S = 0.015, 0.004
_HIGH_PASS_HZ = 50.0
_VOLUME = 25  # of 100: no voice then reaches full scale inside the library
# Upper bounds in eSpeak NG's words per minute. In English 165 of them are 4.9 syllables a second, and the rate scales
# all segments alike; so the bounds lie near 2.9, 3.9, 5.5 and 6.7 syllables a second.
_RATES = ((96, "very_slow"), (131, "slow"), (186, "normal"), (226, "fast"), (450, "very_fast"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A written sentence: ``text`` in normal orthography, ``spoken`` as the synthesiser needs it."""

    id: str
    topic: str
    kind: str
    text: str
    spoken: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    """What one speaker says in one go; one utterance to each sentence, ``pauses`` in s between them."""

    key: str
    language: Language
    speaker: Speaker
    style: Style
    sentences: tuple[Sentence, ...]
    utterances: tuple[Utterance, ...]
    pauses: tuple[float, ...]


@cache
def sentences() -> dict[str, tuple[Sentence, ...]]:
    """Return the sentences of every language that has a file, by code.

    Raises:
        BankError: a file that is malformed, or whose language has no voice.
    """
    found: dict[str, tuple[Sentence, ...]] = {}
    for path in sorted(_FOLDER.glob("*.tsv")):
        if path.stem not in LANGUAGES:
            raise BankError(f"{path}: no voice is known for the language {path.stem!r}")
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, dialect="excel-tab", quoting=csv.QUOTE_NONE)
            if reader.fieldnames != _COLUMNS:
                raise BankError(f"{path}: columns {reader.fieldnames}; expected {_COLUMNS}")
            rows = list(reader)
        for row in rows:
            if row["topic"] not in TOPICS or row["kind"] not in _KINDS or not row["text"]:
                raise BankError(f"{path}: {row['id']} has no text, or an unknown topic or kind")
        found[path.stem] = tuple(
            Sentence(**{**row, "spoken": row["spoken"] or row["text"]})  # the columns are the fields
            for row in rows
        )
    return found


def speaking_rate(words_per_minute: int) -> str:
    """Return the UAAP label of a rate in eSpeak NG's words per minute."""
    return next(label for bound, label in _RATES if words_per_minute <= bound)


def _draw(what: str, utterance: Sequence[Sentence]) -> float:
    return unit(_SEED, what, *(sentence.id for sentence in utterance))


def _exclaims(utterance: Sequence[Sentence]) -> bool:
    return utterance[-1].kind == "exclamation"


def _longer_turns(rows: Sequence[Sentence]) -> list[tuple[Sentence, ...]]:
    """Return up to twenty pairs and triples of sentences that follow each other on one topic, evenly over the topics.

    Nobody answers their own question: where a turn holds one, it ends with it.
    """
    windows = [tuple(rows[i : i + n]) for n in (2, 3) for i in range(len(rows) - n + 1)]
    fit = [w for w in windows if len({s.topic for s in w}) == 1 and all(s.kind != "question" for s in w[:-1])]
    fit.sort(key=lambda w: _draw("turn", w))
    taken: Counter[str] = Counter()
    ranked: list[tuple[int, int, tuple[Sentence, ...]]] = []
    for order, window in enumerate(fit):
        ranked.append((taken[window[0].topic], order, window))
        taken[window[0].topic] += 1
    return [window for _, _, window in sorted(ranked, key=lambda r: r[:2])[:_TURNS]]


def _styles(utterances: Sequence[tuple[Sentence, ...]], share: int) -> dict[tuple[Sentence, ...], str]:
    """Give each of the four marked styles ``share`` utterances; what is shouted or excited takes exclamations first."""
    chosen: dict[tuple[Sentence, ...], str] = {}
    for _ in range(share):
        for style in _STYLED:
            loud = style in ("shouted", "excited")
            left = [u for u in utterances if u not in chosen]
            if left:
                chosen[min(left, key=lambda u: (_exclaims(u) is not loud, _draw(style, u)))] = style
    return chosen


def _assign(code: str, rows: Sequence[Sentence]) -> Iterator[tuple[tuple[Sentence, ...], str, Speaker]]:
    """Yield (sentences, style, speaker) of every utterance of a language."""
    single, longer = [(row,) for row in rows], _longer_turns(rows)
    styles = _styles(single, len(single) // _STYLED_SHARE) | _styles(longer, _STYLED_TURNS)
    had: dict[str, Counter[object]] = {speaker.id: Counter() for speaker in speakers_of(code)}
    for utterance in sorted([*single, *longer], key=lambda u: styles.get(u, "plain") == "plain"):
        style, length = styles.get(utterance, "neutral"), len(utterance) > 1
        speaker = min(
            speakers_of(code),
            key=lambda s: (
                had[s.id][style],
                had[s.id][length],
                sum(had[s.id].values()),
                _draw(s.id, utterance),
            ),
        )
        had[speaker.id].update((style, length))
        yield utterance, style, speaker


def _turn(code: str, rows: tuple[Sentence, ...], style: Style, speaker: Speaker) -> _Turn:
    """Decide everything about one utterance."""
    key = f"speech/{code}/{'_'.join(row.id for row in rows)}-{speaker.id}-{style.name}"
    variants = {"whispered": whisper_variant(speaker.id), "shouted": shout_variant(speaker.id)}
    tempo = speaker.pace * (0.92 + 0.16 * unit(_SEED, key, "tempo"))
    low, high = style.pause
    return _Turn(
        key=key,
        language=LANGUAGES[code],
        speaker=speaker,
        style=style,
        sentences=rows,
        utterances=tuple(
            Utterance(
                text=row.spoken,
                voice=LANGUAGES[code].voice,
                variant=variants.get(style.name, speaker.id),
                rate=max(80, round(style.rate * tempo)),
                pitch=style.pitch + round(4.0 * unit(_SEED, key, "pitch") - 2.0),
                pitch_range=style.pitch_range,
                volume=_VOLUME,
                seed=1 + int(unit(_SEED, key, "seed", i) * 2**30),
            )
            for i, row in enumerate(rows)
        ),
        pauses=tuple(low + (high - low) * unit(_SEED, key, "pause", i) for i in range(len(rows) - 1)),
    )


@cache
def _turns() -> dict[str, _Turn]:
    turns = [
        _turn(code, utterance, STYLES[style], speaker)
        for code, rows in sentences().items()
        for utterance, style, speaker in _assign(code, rows)
    ]
    return {turn.key: turn for turn in sorted(turns, key=lambda t: t.key)}


def _item(turn: _Turn) -> Item:
    speaker, rows = turn.speaker, turn.sentences
    space = "" if turn.language.code in UNSPACED else " "
    kind = rows[0].kind if len(rows) == 1 else ("two", "three")[len(rows) - 2]
    return Item(
        key=turn.key,
        type="speech",
        caption=caption(speaker, turn.language, turn.style, kind, rows[0].topic, turn.key),
        group=f"speaker:{speaker.id}",
        transcription=space.join(row.text for row in rows),
        spoken=" ".join(row.spoken for row in rows),
        language=turn.language.code,
        speaker=speaker.id,
        emotion=manner(turn.style, turn.key),
        age=speaker.age,
        gender=speaker.gender,
        voice_timbre=timbre(speaker, turn.style),
        speaking_style=turn.style.label,
        accent=turn.language.accent,
        speaking_rate=speaking_rate(turn.utterances[0].rate),
        topic=rows[0].topic,
    )


@cache
def items() -> tuple[Item, ...]:
    """Return all utterances of the bank, by key; no audio is made.

    Raises:
        BankError: a sentence file is at fault.
    """
    return tuple(_item(turn) for turn in _turns().values())


def _part(spoken: Spoken, sentence: Sentence, language: str) -> tuple[dsp.Samples, tuple[Word, ...]]:
    """Return one sentence at 24 kHz, trimmed, and its words."""
    x = np.asarray(soxr.resample(spoken.samples.astype(np.float64), RATE, SAMPLE_RATE, quality="VHQ"))
    x = dsp.band(x, low=_HIGH_PASS_HZ, order=3)
    active = active_frames(x, SAMPLE_RATE)
    sounding = np.flatnonzero(active)
    first, last = float(sounding[0]) * FRAME_S, float(sounding[-1] + 1) * FRAME_S
    words = timings(sentence.text, sentence.spoken, language, spoken.words, last, active)
    start = max(0, dsp.seconds(first - _MARGIN_S))
    shift = start / SAMPLE_RATE
    return (
        dsp.edges(x[start : dsp.seconds(last + _MARGIN_S)], _EDGE_S, _EDGE_S),
        tuple(Word(word=w.word, start=w.start - shift, end=w.end - shift) for w in words),
    )


def _sound(turn: _Turn, spoken: Iterable[Spoken]) -> Sound:
    pieces: list[dsp.Samples] = []
    words: list[Word] = []
    for sentence, speech, pause in zip(turn.sentences, spoken, (*turn.pauses, 0.0), strict=True):
        at = sum(len(piece) for piece in pieces) / SAMPLE_RATE
        samples, timed = _part(speech, sentence, turn.language.code)
        words += [Word(word=w.word, start=milliseconds(w.start + at), end=milliseconds(w.end + at)) for w in timed]
        pieces += [samples, np.zeros(dsp.seconds(pause))]
    return Sound(samples=dsp.quantise(np.concatenate(pieces)), words=tuple(words))


def synthesise_many(wanted: Iterable[Item]) -> Iterator[Sound]:
    """Yield the sound of each item, in order, from one synthesiser process.

    Raises:
        KeyError: an item that :func:`items` does not offer.
        EnvironmentFault: the synthesiser is missing, or has died.
    """
    turns = [_turns()[item.key] for item in wanted]
    with Engine() as engine:
        speech = engine.speak_all(utterance for turn in turns for utterance in turn.utterances)
        for turn in turns:
            yield _sound(turn, [next(speech) for _ in turn.utterances])


def synthesise(item: Item) -> Sound:
    """Return the sound of one item; a synthesiser process is started for it. Errors as :func:`synthesise_many`."""
    (sound,) = synthesise_many((item,))
    return sound
