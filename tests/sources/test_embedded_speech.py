"""The spoken part of the embedded bank: coverage, labels against measurement, word timings, the same bytes anywhere."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from soundscape.errors import BankError
from soundscape.records import AGES, GENDERS, SPEAKING_RATES
from soundscape.sources.embedded import speech
from soundscape.sources.embedded.item import SAMPLE_RATE, Item, Sound
from soundscape.sources.embedded.speech_captions import STYLES
from soundscape.sources.embedded.speech_words import active_frames, timings
from soundscape.sources.embedded.voices import LANGUAGES, SPEAKERS, speakers_of

ITEMS = speech.items()


def style(item: Item) -> str:
    return item.key.rpartition("-")[2]


def digest(sound: Sound) -> str:
    return hashlib.sha256(sound.samples.tobytes() + repr(sound.words).encode()).hexdigest()


@cache
def sample() -> tuple[Item, ...]:
    """Two neutral and one item of every other style for every speaker, and a longer turn for every language."""
    chosen: dict[tuple[str, ...], Item] = {}
    for item in ITEMS:
        if "_" in item.key:
            chosen.setdefault(("turn", str(item.language)), item)
        elif style(item) == "neutral" and ("neutral", str(item.speaker)) in chosen:
            chosen.setdefault(("again", str(item.speaker)), item)
        else:
            chosen.setdefault((style(item), str(item.speaker)), item)
    return tuple(chosen.values())


@cache
def sounds() -> dict[str, Sound]:
    return {item.key: sound for item, sound in zip(sample(), speech.synthesise_many(sample()), strict=True)}


def heard(*styles: str) -> Iterable[tuple[Item, Sound]]:
    return ((item, sounds()[item.key]) for item in sample() if style(item) in styles)


def pitch(x: NDArray[np.int16]) -> NDArray[np.float64]:
    """Return F0 in Hz of the clearly periodic frames: the first high peak of the normalised autocorrelation."""
    n, hop, low, high = 1200, 480, SAMPLE_RATE // 900, SAMPLE_RATE // 55
    frames = np.lib.stride_tricks.sliding_window_view(x.astype(np.float64), n)[::hop]
    frames = frames[np.std(frames, axis=1) > 0.05 * np.std(frames, axis=1).max()] * np.hanning(n)
    power = np.abs(np.fft.rfft(frames, 4 * n)) ** 2
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(n), 4 * n)) ** 2)[: high + 1]
    r = np.fft.irfft(power)[:, : high + 1]
    r = r / r[:, :1] / (window / window[0])
    found = []
    for row in r:
        inner = row[low:high]
        peaks = np.flatnonzero((inner > row[low - 1 : high - 1]) & (inner >= row[low + 1 : high + 1]))
        peaks = peaks[inner[peaks] > 0.9 * inner[peaks].max()] if len(peaks) else peaks
        if len(peaks) and inner[peaks[0]] > 0.6:
            found.append(SAMPLE_RATE / (low + int(peaks[0])))
    return np.array(found)


def test_counts() -> None:
    by_language: dict[str, list[Item]] = defaultdict(list)
    for item in ITEMS:
        by_language[str(item.language)].append(item)
    assert set(by_language) == set(speech.sentences())
    assert len(by_language) >= 12
    for code, items in by_language.items():
        assert len(items) >= 80
        speakers = Counter(item.speaker for item in items)
        assert len(speakers) >= 8
        assert max(speakers.values()) - min(speakers.values()) <= 1
        genders = Counter(s.pitched_high for s in speakers_of(code))
        assert genders == {True: 4, False: 4}
        styles = Counter(map(style, items))
        assert set(styles) == set(STYLES)
        assert styles["neutral"] > len(items) / 2
        for name in STYLES:
            assert len({item.speaker for item in items if style(item) == name}) >= 4


def test_every_sentence_is_said_on_its_own() -> None:
    said = {item.transcription for item in ITEMS if "_" not in item.key}
    assert said == {row.text for rows in speech.sentences().values() for row in rows}


def test_speakers_are_shared_out_evenly() -> None:
    assert len(SPEAKERS) == len({s.id for s in SPEAKERS}) == 24
    languages = Counter(s.id for code in LANGUAGES for s in speakers_of(code))
    assert set(languages) == {s.id for s in SPEAKERS}
    assert max(languages.values()) - min(languages.values()) <= 1
    assert min(languages.values()) >= 2


def test_fields() -> None:
    assert len({item.key for item in ITEMS}) == len({item.caption for item in ITEMS}) == len(ITEMS)
    for item in ITEMS:
        assert item.key.startswith(f"speech/{item.language}/")
        assert item.type == "speech"
        assert item.group == f"speaker:{item.speaker}"
        assert 12 <= len(item.caption.split()) <= 45
        assert item.caption[0].isupper()
        assert item.caption.endswith(".")
        assert LANGUAGES[str(item.language)].name in item.caption
        assert str(item.voice_timbre) in item.caption
        assert len(str(item.emotion).split()) <= 12
        assert item.age in AGES
        assert item.gender in GENDERS
        assert item.speaking_rate in SPEAKING_RATES
        assert str(item.accent).startswith("synthetic, ")
        assert len(str(item.transcription)) < 400


@pytest.mark.parametrize("name", STYLES)
def test_wording_varies(name: str) -> None:
    assert len(set(STYLES[name].manners)) >= 12
    assert len({item.emotion for item in ITEMS if style(item) == name}) >= 12


def test_samples_are_sound() -> None:
    for item, sound in heard(*STYLES):
        x = sound.samples.astype(np.float64)
        assert sound.samples.dtype == np.int16
        assert 0.8 < len(x) / SAMPLE_RATE < 25.0, item.key
        assert np.abs(x).max() == pytest.approx(0.7 * 32767, abs=1.0)
        active = np.flatnonzero(active_frames(x, SAMPLE_RATE)) * 0.005
        assert active[0] <= 0.030, item.key
        assert len(x) / SAMPLE_RATE - active[-1] <= 0.035, item.key  # to the start of the last active frame
        assert abs(x.mean()) < 0.001 * 32767


def test_words_cover_the_transcription() -> None:
    for item, sound in heard(*STYLES):
        written = "".join(c for c in str(item.transcription) if c.isalnum())
        assert "".join(c for word in sound.words for c in word.word if c.isalnum()) == written, item.key
        edges = [t for word in sound.words for t in (word.start, word.end)]
        assert edges == sorted(edges), item.key
        assert edges[0] >= 0.0
        assert edges[-1] <= len(sound.samples) / SAMPLE_RATE
        assert min(word.end - word.start for word in sound.words) >= 0.015, item.key


def test_words_hold_no_pause() -> None:
    """A pause between two sentences, or after a comma, belongs to no word."""
    for item, sound in heard(*STYLES):
        if item.language == "ja":
            continue  # a geminate is its own character there, and silent
        active = active_frames(sound.samples.astype(np.float64), SAMPLE_RATE)
        for word in sound.words:
            inside = active[round(word.start * 200) : round(word.end * 200)]
            runs = "".join("x" if frame else "." for frame in inside).split("x")
            assert max(map(len, runs)) <= 50, (item.key, word)  # 0.25 s: long closures of slow geminates


def test_gender_agrees_with_pitch() -> None:
    per_speaker: dict[str, list[float]] = defaultdict(list)
    for item, sound in heard("neutral"):
        per_speaker[str(item.speaker)].append(float(np.median(pitch(sound.samples))))
    for speaker in SPEAKERS:
        f0 = float(np.median(per_speaker[speaker.id]))
        if speaker.gender == "male":
            assert f0 < 155.0, speaker.id
        else:
            assert f0 > (165.0 if speaker.gender == "female" else 280.0), speaker.id


def test_styles_are_heard() -> None:
    level: dict[str, float] = {}
    spread: dict[str, list[float]] = defaultdict(list)
    shift: dict[str, list[float]] = defaultdict(list)
    neutral = {item.speaker: float(np.median(pitch(s.samples))) for item, s in heard("neutral")}
    for name in ("shouted", "excited", "monotone", "neutral"):
        bright = []
        for item, sound in heard(name):
            f0 = pitch(sound.samples)
            low, middle, high = np.percentile(f0, (25, 50, 75))
            spread[name].append(12.0 * float(np.log2(high / low)))
            shift[name].append(12.0 * float(np.log2(middle / neutral[item.speaker])))
            power = np.abs(np.fft.rfft(sound.samples)) ** 2
            split = len(power) * 1000 // (SAMPLE_RATE // 2)
            bright.append(10.0 * np.log10(power[split:].sum() / power[:split].sum()))
        level[name] = float(np.median(bright))
    assert np.median(shift["shouted"]) > 6.0
    assert level["shouted"] > level["neutral"] + 2.0
    assert 2.0 < np.median(shift["excited"]) < np.median(shift["shouted"])
    assert np.median(shift["monotone"]) < -2.0
    assert np.median(spread["monotone"]) < 0.6 * np.median(spread["neutral"])
    assert np.median(spread["excited"]) > np.median(spread["neutral"])


def test_a_whisper_has_no_voice() -> None:
    whispered = list(heard("whispered"))
    assert len(whispered) == 24
    for item, sound in whispered:
        frames = len(sound.samples) / 480
        assert len(pitch(sound.samples)) < 0.05 * frames, item.key
    for _, sound in heard("neutral"):
        assert len(pitch(sound.samples)) > 0.2 * len(sound.samples) / 480


def test_rate_labels_agree_with_measured_pace() -> None:
    """Letters per second, relative to what is normal in the language, rise with the label."""
    pace: dict[tuple[str, str], list[float]] = defaultdict(list)
    for item, sound in heard("neutral", "monotone", "excited"):
        seconds = sum(word.end - word.start for word in sound.words)
        letters = sum(c.isalnum() for c in str(item.spoken))
        pace[str(item.language), str(item.speaking_rate)].append(letters / seconds)
    relative: dict[str, list[float]] = defaultdict(list)
    for (language, label), values in list(pace.items()):
        if (language, "normal") in pace:
            relative[label] += list(values / np.median(pace[language, "normal"]))
    assert np.median(relative["very_slow"]) < 0.72
    assert np.median(relative["very_slow"]) < np.median(relative["slow"]) < 0.85
    assert np.median(relative["fast"]) > 1.18


def test_speakers_are_told_apart() -> None:
    """A nearest-mean classifier on pitch and average spectrum learns from two sentences and is tried on a third."""
    from soundscape.sources.embedded.espeak import RATE, Utterance, speak_all

    texts = (
        "The bakery opens again after the evening train.",
        "We walk along the river when it is warm.",
             "Nobody told me that the bridge is green.")  # fmt: skip
    spoken = speak_all(Utterance(text=t, voice="en", variant=s.id, volume=25) for s in SPEAKERS for t in texts)
    features = []
    for utterance in spoken:
        x = utterance.samples[: -RATE // 4].astype(np.float64)
        power = np.abs(np.fft.rfft(x)) ** 2
        edges = np.geomspace(100.0, 8000.0, 19) * len(x) / RATE
        bands = [10.0 * np.log10(power[int(a) : int(b)].sum()) for a, b in pairwise(edges)]
        f0 = float(np.median(pitch(utterance.samples)))  # on a common scale of its own
        features.append([60.0 * np.log2(f0), *(np.array(bands) - np.mean(bands))])
    table = np.array(features).reshape(len(SPEAKERS), len(texts), -1)
    right = 0
    for left_out in range(len(texts)):
        means = np.delete(table, left_out, axis=1).mean(axis=1)
        distance = np.linalg.norm(table[:, left_out, None, :] - means[None], axis=-1)
        right += int(np.sum(np.argmin(distance, axis=1) == np.arange(len(SPEAKERS))))
    assert right >= 0.95 * len(SPEAKERS) * len(texts)


def test_order_and_process_do_not_matter() -> None:
    few = sample()[::9]
    expected = [digest(sounds()[item.key]) for item in few]
    assert [digest(s) for s in speech.synthesise_many(few[::-1])] == expected[::-1]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert [digest(s) for s in pool.map(speech.synthesise, few[:3])] == expected[:3]


def test_timings_interpolate_what_is_merged() -> None:
    events = [(0, 3, 0.0), (4, 8, 0.4), (13, 3, 1.2)]  # "has been" and its neighbour as one event
    active = np.ones(320, dtype=bool)
    active[72:80] = False  # the pause before the second event
    words = timings("The has been, red", "The has been, red", "en", events, 1.6, active)
    assert [(w.word, w.start, w.end) for w in words] == [
        ("The", 0.0, 0.36),
        ("has", 0.4, 0.743),
        ("been", 0.743, 1.2),
        ("red", 1.2, 1.6),
    ]


def test_timings_follow_readings() -> None:
    active = np.ones(400, dtype=bool)
    events = [(0, 2, 0.0), (3, 1, 0.4), (5, 3, 0.6), (9, 1, 1.2)]
    words = timings("朝は電車だ。", "あさ わ でんしゃ だ。", "ja", [*events[:3], (10, 1, 1.4)], 1.6, active)
    assert [(w.word, w.start, w.end) for w in words] == [
        ("朝", 0.0, 0.4),
        ("は", 0.4, 0.6),
        ("電", 0.6, 1.0),
        ("車", 1.0, 1.4),
        ("だ", 1.4, 1.6),
    ]


@pytest.mark.parametrize(
    ("name", "body", "complaint"),
    [
        ("xx", "id\ttopic\tkind\ttext\tspoken\n", "no voice is known for the language 'xx'"),
        ("en", "id\ttext\n", "expected"),
        ("en", "id\ttopic\tkind\ttext\tspoken\nen-001\tmoon\tstatement\tHello.\t\n", "en-001 has no text"),
    ],
)
def test_a_bad_sentence_file_is_named(
    name: str, body: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"{name}.tsv").write_text(body)
    monkeypatch.setattr(speech, "_FOLDER", tmp_path)
    with pytest.raises(BankError, match=complaint):
        speech.sentences.__wrapped__()
