"""The vocal bursts: whose they are, what they are said to be, and the samples as such."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections import Counter
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

from soundscape.randomness import stream
from soundscape.sources.embedded import bursts
from soundscape.sources.embedded.bursts import voice as voices
from soundscape.sources.embedded.item import SAMPLE_RATE, Item
from soundscape.sources.embedded.voices import SPEAKERS

Array = NDArray[np.float64]
ITEMS = {item.key: item for item in bursts.items()}
SPEAKER = {speaker.id: speaker for speaker in SPEAKERS}
COUNTS = {"once": 1, "one": 1, "single": 1, "twice": 2, "two": 2, "three": 3, "four": 4, "five": 5, "seven": 7}


def of(*kinds: str) -> list[str]:
    return [key for key in ITEMS if key.split("/")[1] in kinds]


def asked(key: str) -> dict[str, Any]:
    """Return the parameters with which a burst is made."""
    made: Any = bursts.takes()[key].make
    return dict(made.keywords)


def own_pitch(key: str) -> float:
    return voices.voice_of(SPEAKER[str(ITEMS[key].speaker)]).f0


# --- the list


def test_there_are_enough_bursts_kinds_and_speakers() -> None:
    assert len(ITEMS) >= 80
    kinds = Counter(key.split("/")[1] for key in ITEMS)
    assert len(kinds) >= 14
    assert min(kinds.values()) >= 2
    voices_of = Counter(item.speaker for item in ITEMS.values())
    assert set(voices_of) == set(SPEAKER)
    assert min(voices_of.values()) >= 3
    for kind in kinds:
        assert len({ITEMS[key].speaker for key in of(kind)}) == kinds[kind]  # several speakers, each once


@pytest.mark.parametrize("key", ITEMS)
def test_an_item_is_its_speakers(key: str) -> None:
    item = ITEMS[key]
    speaker = SPEAKER[str(item.speaker)]
    assert re.fullmatch(r"bursts/[a-z_]+/\d\d", key)
    assert (item.type, item.group, item.transcription) == ("vocal_burst", f"speaker:{speaker.id}", None)
    assert (item.age, item.gender, item.voice_timbre) == (speaker.age, speaker.gender, speaker.timbre)
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", str(item.label))
    assert 1 <= len(str(item.emotion).split()) <= 12


def test_captions_are_unique_and_short() -> None:
    captions = [item.caption for item in ITEMS.values()]
    assert len({c.casefold() for c in captions}) == len(captions)
    assert all(6 <= len(c.split()) <= 18 for c in captions)


@pytest.mark.parametrize("key", ITEMS)
def test_a_caption_fits_who_is_heard(key: str) -> None:
    speaker, words = SPEAKER[str(ITEMS[key].speaker)], set(re.findall(r"[a-z]+", ITEMS[key].caption.lower()))
    male, female = words & {"man", "boy", "male", "his", "himself"}, words & {"woman", "girl", "her"}
    if speaker.gender == "male":
        assert not female
        assert male or "bass" in words
    elif speaker.gender == "female":
        assert female
        assert not male
    else:
        assert "child" in words
        assert not male | female
    assert ("teenage" in words) is (speaker.age == "teenager")
    assert ("young" in words) <= (speaker.age == "young_adult_20s")
    assert (bool(words & {"old", "older", "frail"})) is (speaker.age in ("senior_60s", "elderly_70s_plus"))


@pytest.mark.parametrize("key", [k for k in ITEMS if {"times", "notes", "breaths"} & set(asked(k))])
def test_a_caption_counts_what_is_made(key: str) -> None:
    made = asked(key)
    count = made.get("times") or made.get("breaths") or made["notes"]
    words = re.findall(r"[a-z-]+", ITEMS[key].caption)
    stated = {COUNTS[w] for w in words if w in COUNTS}
    if isinstance(count, int) and stated and "bouts" not in made:
        assert count in stated


# --- the voice


def pitch(x: Array) -> tuple[float, float]:
    """Return the period of a steady tone as a frequency (60–500 Hz), and how well 40 ms repeat after it."""
    part = x[SAMPLE_RATE // 4 :][: 2 * SAMPLE_RATE // 25]
    window, lags = part[: SAMPLE_RATE // 25], range(SAMPLE_RATE // 500, SAMPLE_RATE // 60)
    fit = [float(np.corrcoef(window, part[lag : lag + len(window)])[0, 1]) for lag in lags]
    best = next(i for i, f in enumerate(fit) if f > 0.9 * max(fit) and f >= max(fit[i : i + 20]))
    return SAMPLE_RATE / lags[best], fit[best]


def test_a_pulse_carries_no_net_flow_and_softens_with_rd() -> None:
    tilt = []
    for rd in (0.4, 0.7, 1.0, 1.5, 2.5):
        pulse, closing = voices._pulse(rd)
        assert abs(float(np.mean(pulse))) < 1e-5
        assert np.min(pulse) == pytest.approx(-1.0, abs=0.02)
        assert int(np.argmin(pulse)) == pytest.approx(closing * len(pulse), abs=2)
        spectrum = np.abs(np.fft.rfft(pulse))
        tilt.append(20.0 * np.log10(spectrum[1] / spectrum[2]))
    assert tilt == sorted(tilt)
    # Fant (1995): H1-H2 of the source is near -7.6 + 11.1 Rd.
    assert tilt[2] == pytest.approx(-7.6 + 11.1, abs=3.0)


def test_the_tract_is_the_cascade_that_it_states() -> None:
    formants = np.array([[600.0, 1200.0, 2500.0]])
    widths = np.array([[80.0, 100.0, 150.0]])
    source = stream("t").standard_normal(4800)
    expected = source
    for f, w in zip(formants[0], widths[0], strict=True):
        r = np.exp(-np.pi * w / SAMPLE_RATE)
        b, c = 2 * r * np.cos(2 * np.pi * f / SAMPLE_RATE), -(r**2)
        expected = signal.lfilter([1 - b - c], [1.0, -b, -c], expected)
    found = voices.through(source, formants, widths)
    # What rings beyond 31 ms is folded back, 60 dB down.
    assert np.std(found - expected) < 2e-3 * np.std(expected)


@pytest.mark.parametrize("speaker", ["spk10", "spk01", "spk13", "spk24"])
def test_pitch_and_formants_are_the_speakers(speaker: str) -> None:
    its = voices.voice_of(SPEAKER[speaker])
    tone = voices.utter(its, stream("u"), 0.8, shape=((0.0, "a"), (1.0, "a")), level=((0.0, 1.0),))
    f0, periodic = pitch(tone)
    assert SPEAKER[speaker].low <= f0 <= SPEAKER[speaker].high
    assert periodic > 0.8
    breath = voices.utter(its, stream("u"), 2.0, shape=((0.0, "a"), (1.0, "a")), breath=((0.0, 1.0),))
    f, power = signal.welch(breath, SAMPLE_RATE, nperseg=512)
    first = voices.VOWELS["a"][0] * SPEAKER[speaker].tract / 100.0
    near = (f > 350.0) & (f < 1.35 * first)
    assert f[near][np.argmax(power[near])] == pytest.approx(first, rel=0.15)


def test_roughness_breaks_the_period() -> None:
    its = voices.voice_of(SPEAKER["spk01"])

    def periodic(rough: float) -> float:
        y = voices.utter(its, stream("r"), 0.8, shape=((0.0, "a"),), level=((0.0, 1.0),), rough=((0.0, rough),))
        return pitch(y)[1]

    assert periodic(0.0) > 0.8
    assert periodic(0.9) < 0.8 * periodic(0.0)


# --- the samples


@pytest.mark.parametrize("key", ITEMS)
def test_samples_are_well_formed(key: str) -> None:
    x = bursts.synthesise(ITEMS[key]).samples
    assert x.dtype == np.int16
    assert 0.25 <= len(x) / SAMPLE_RATE <= 4.0
    assert np.max(np.abs(x.astype(int))) == pytest.approx(0.7 * 32767, abs=1)
    loud = np.flatnonzero(np.abs(x.astype(float)) > 0.01 * 0.7 * 32767)
    assert loud[0] <= 0.030 * SAMPLE_RATE
    assert len(x) - loud[-1] <= 0.050 * SAMPLE_RATE
    assert abs(float(np.mean(x))) < 40.0
    assert abs(int(x[0])) < 40
    assert abs(int(x[-1])) < 40


def digest(key: str) -> str:
    return hashlib.sha256(bursts.synthesise(ITEMS[key]).samples.tobytes()).hexdigest()


def test_samples_depend_on_nothing_but_the_item() -> None:
    keys = ["bursts/belly_laugh/01", "bursts/cough/02", "bursts/hum/06"]
    here = [digest(key) for key in keys]
    assert [digest(key) for key in reversed(keys)] == here[::-1]
    code = (
        "import hashlib; from soundscape.sources.embedded import bursts;"
        f"items = {{i.key: i for i in bursts.items()}};"
        f"print(*[hashlib.sha256(bursts.synthesise(items[k]).samples.tobytes()).hexdigest() for k in {keys[::-1]!r}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == here[::-1]


def test_no_two_bursts_are_alike() -> None:
    assert len({digest(key) for key in ITEMS}) == len(ITEMS)


def test_an_unknown_item_is_refused() -> None:
    with pytest.raises(KeyError, match="belch"):
        bursts.synthesise(Item(key="bursts/belch/01", type="vocal_burst", caption="", group=""))
