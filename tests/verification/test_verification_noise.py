"""Onsets and offsets of noisy recordings: what is said in the key, whoever reads it finds in the sound."""

from __future__ import annotations

import csv
import importlib.util
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import soundfile
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from soundscape.activity import active_regions
from soundscape.dataset.build import build, prepare
from soundscape.planning.draft import lay
from soundscape.planning.scene import _numbered
from soundscape.randomness import stream
from soundscape.records import PlannedEvent, ScenePlan, Source, Span, samples
from soundscape.rendering.events import dry
from soundscape.rendering.sources import SourceCache
from soundscape.sources.add import add_bank
from soundscape.sources.audio import resample
from soundscape.sources.bank import Bank
from soundscape.sources.measure import Measures, measure
from soundscape.truth.timing import settled
from soundscape.verification import verify
from soundscape.verification.activity import extent
from soundscape.verification.signals import Sound

SCENE_RATES = (8000, 16000, 22050, 24000, 44100, 48000)
#: How far a reader may find a sound outside its key, by construction (10 and 30 ms), and within it, as measured.
BEFORE, AFTER, WITHIN = 0.0101, 0.0301, 0.003


def _script() -> ModuleType:
    path = Path(__file__).parents[2] / "scripts" / "onset_errors.py"
    spec = importlib.util.spec_from_file_location("onset_errors", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["onset_errors"] = module
    spec.loader.exec_module(module)
    return module


script = _script()


class One:
    """A bank of one recording."""

    def __init__(self, template: Source, x: np.ndarray, rate: int, regions: tuple[Span, ...] | None = None) -> None:
        self.samples = x.astype(np.float32)
        measures = measure(self.samples, rate, regions)
        self.only = replace(template, **{name: getattr(measures, name) for name in Measures.__slots__})

    def row(self, source_id: str) -> int:
        return 0

    def source(self, row: int) -> Source:
        return self.only

    def load_stored(self, source: Source) -> np.ndarray:
        return self.samples


def laid(one: One, plan: ScenePlan, rate: int) -> tuple[PlannedEvent, Span | None]:
    """Return a recording as an event of a scene, and when a reader finds it there."""
    source, cache = one.only, SourceCache(one)
    drawn = replace(plan, sample_rate=rate, events=_numbered([lay(source, 0.5, -26.0, type="sound_event")]))
    heard = {source.source_id: cache.heard(source.source_id, rate)}
    (event,) = settled(drawn, {source.source_id: source}, heard, cache).events
    sound = dry(cache(source.source_id, source.pcm_sha256, rate), event, rate).astype(np.float64)
    # A scene gives it a level, and a stem has 24 bits.
    sound = np.rint(sound * (0.3 * 2.0**23 / np.max(np.abs(sound)))) / 2.0**23
    return event, extent(Sound(offset=samples(event.placed.start, rate), samples=sound), rate)


@pytest.fixture(scope="session")
def plan(small_bank_folder: Path) -> ScenePlan:
    return prepare({"name": "one", "duration": 8, "effects": {"count": 1}}, banks=(str(small_bank_folder),)).plan(0)


designs = st.builds(
    script.Design,
    name=st.integers(0, 99).map(str),
    rate=st.sampled_from(script.RATES),
    sound=st.sampled_from(script.SOUNDS),
    noise=st.sampled_from(script.NOISES),
    snr=st.none() | st.floats(10.0, 40.0),
    attack=st.floats(0.001, 0.3),
    release=st.floats(0.001, 0.3),
    onset=st.floats(0.0, 1.0),
    length=st.floats(0.05, 2.0),
    after=st.floats(0.0, 1.0),
    click=st.none() | st.floats(-40.0, 0.0),
    click_before=st.floats(0.0, 0.3),
).filter(lambda d: d.onset > d.click_before)


@given(designs, st.sampled_from(SCENE_RATES))
@example(script.Design(name="0", rate=44100, sound="struck", snr=40.0, attack=0.07, length=1.64, after=0.73), 8000)
@settings(max_examples=120, deadline=None, derandomize=True)
def test_any_recording_is_found_where_the_key_has_it(small_bank: Bank, plan: ScenePlan, design: Any, rate: int) -> None:
    x, _, _ = script.recording(design)
    # Of a sound above half the scene's rate nothing is left to be found.
    clean = script.recording(replace(design, snr=None, click=None))[0].astype(np.float32)
    assume(np.square(resample(clean, design.rate, rate)).mean() >= 0.01 * np.square(clean).mean())
    one = One(small_bank.source(0), x, design.rate)
    event, found = laid(one, plan, rate)
    assert found is not None
    assert -BEFORE <= found.start - event.start_time <= WITHIN
    assert -WITHIN <= found.end - event.end_time <= AFTER
    assert event.placed.start <= event.start_time < event.end_time <= event.placed.end


def test_a_moment_at_the_threshold_is_not_claimed_where_a_reader_might_miss_it() -> None:
    """A slow beginning that nearly reaches the threshold, or just so, 50 ms before the sound: a tenth of a decibel less
    makes no difference to a reader."""
    rate = 24000
    tone = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)

    def swell(peak: float) -> np.ndarray:
        levels = [*np.linspace(-60.0, peak, 200), *np.linspace(-46.0, 0.0, 200), *np.zeros(400), *np.full(200, -120.0)]
        return np.asarray(tone * np.repeat(10.0 ** (np.array(levels) / 20.0), rate // 1000))

    starts = set()
    for peak in np.arange(-42.0, -37.0, 0.05):
        key = active_regions(swell(peak), rate)
        found = extent(Sound(offset=0, samples=swell(peak - 0.1)), rate)
        assert found is not None
        assert found.start <= key[0].start + WITHIN
        starts.add(key[0].start)
    assert max(starts) - min(starts) > 0.04


def test_the_marks_of_a_human_are_left_alone_at_any_rate(small_bank: Bank, plan: ScenePlan) -> None:
    x, first, last = script.recording(script.Design(name="marked", rate=16000, snr=20.0))
    marks = (Span(start=round(first - 0.2, 3), end=round(last + 0.1, 3)),)
    event, _ = laid(One(small_bank.source(0), x, 16000, marks), plan, 8000)
    assert (event.start_time, event.end_time) == (0.5, pytest.approx(0.5 + marks[0].duration, abs=0.001))


def test_what_lies_above_half_the_rate_is_no_part_of_an_event(small_bank: Bank, plan: ScenePlan) -> None:
    """A hiss above 5 kHz before a tone: at 48 kHz the event begins with the hiss, at 8 kHz with the tone."""
    rate = 48000
    t = np.arange(rate) / rate
    spectrum = np.fft.rfft(stream(20, "hiss").standard_normal(rate))
    spectrum[:5000] = 0.0
    hiss = 0.05 * np.fft.irfft(spectrum, rate)
    x = np.where(t < 0.3, hiss, 0.3 * np.sin(2 * np.pi * 440 * t)) * ((t > 0.1) & (t < 0.8))
    one = One(small_bank.source(0), x, rate)
    wide, found = laid(one, plan, 48000)
    assert wide.end_time - wide.start_time == pytest.approx(0.7, abs=0.003)
    assert found is not None
    assert found.start == pytest.approx(wide.start_time, abs=0.003)
    narrow, found = laid(one, plan, 8000)
    assert narrow.start_time == pytest.approx(wide.start_time + 0.2, abs=0.003)
    assert narrow.start_time - narrow.placed.start == pytest.approx(0.01, abs=1e-9)
    assert found is not None
    assert found.start == pytest.approx(narrow.start_time, abs=0.003)


@pytest.mark.parametrize("fade", [0.05, 1.0])
def test_music_that_is_cut_ends_where_its_fade_takes_it_under_the_threshold(
    small_bank_folder: Path, fade: float
) -> None:
    recipe = {"name": "faded", "duration": 9, "music": {"count": 1, "duration": 5, "fade": fade}}
    maker = prepare(recipe, banks=(str(small_bank_folder),))
    for index in range(3):
        scene = maker.scene(index)
        (event,) = (e for e in scene.key.events if e.type == "music")
        (stem,) = (s for s in scene.rendering.stems if s.event_id == event.event_id)
        found = extent(Sound(offset=stem.offset, samples=stem.samples.astype(np.float64)), scene.plan.sample_rate)
        assert found is not None
        assert -BEFORE <= found.start - event.start_time <= WITHIN
        assert -WITHIN <= found.end - event.end_time <= AFTER
        assert event.active_regions[-1].end == event.end_time


@pytest.fixture(scope="module")
def noisy_bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty recordings at five rates in noise of four kinds, or none, some with a click before they begin."""
    folder = tmp_path_factory.mktemp("noisy")
    rows = []
    for design in script.designs(60, "verified"):
        rng = stream(20, "verified", design.name)
        design = replace(
            design,
            snr=(None, 40.0, 30.0, 20.0, 10.0)[int(rng.integers(5))],
            attack=float(10.0 ** rng.uniform(-3.0, -0.7)),
            release=float(10.0 ** rng.uniform(-3.0, -0.7)),
            click=None if rng.random() < 0.6 else float(rng.uniform(-30.0, 0.0)),
            click_before=float(rng.uniform(0.02, 0.28)),
        )
        x, _, _ = script.recording(design)
        soundfile.write(folder / f"{design.name}.wav", np.rint(x * 32767).astype(np.int16), design.rate)
        rows.append((f"{design.name}.wav", "sound_event", design.name, f"a sound, {design.name}", "CC0-1.0", "tests"))
    with (folder / "table.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("path", "type", "label", "caption", "licence", "attribution"), *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSCAPE_HOME", str(tmp_path_factory.mktemp("home")))
        return add_bank("noisy", folder, folder / "table.csv", strict=True).folder


@pytest.mark.parametrize("rate", SCENE_RATES)
def test_a_build_of_noisy_recordings_is_as_its_key_says(noisy_bank: Path, tmp_path: Path, rate: int) -> None:
    recipe = {
        "name": "noisy", "clips": 5, "sample_rate": rate, "duration": 12,
        "effects": {"count": 5, "duration": [0.02, 9], "loudness": "moderate"}, "limits": {"polyphony": 5},
        "room": {"probability": 0.5, "rt60": {"uniform": [0.2, 0.4]}},
    }  # fmt: skip
    build(prepare(recipe, banks=(str(noisy_bank),), seed=rate), tmp_path / "out", jobs=1, stems=True)
    found = verify(tmp_path / "out")
    assert found.counts["events_measured"] == 25
    assert [f for f in found.findings if f.figure in ("onset", "offset", "direct_delay", "active_regions")] == []
    assert found.spreads["onset"].count == 25


@pytest.mark.parametrize(("snr", "share"), [(None, 1.0), (40.0, 0.95), (30.0, 0.95), (20.0, 0.9)])
def test_onsets_and_offsets_in_noise_are_those_of_the_sound(snr: float | None, share: float) -> None:
    onsets, offsets = script.errors(script.designs(80, f"known {snr}", snr=snr))
    for errors in (onsets, offsets):
        assert abs(np.median(errors)) <= 2.0
        assert np.mean(np.abs(errors) <= 30.0) >= share


def test_the_table_has_a_line_for_every_case(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["onset_errors.py", "--each", "2"])
    assert script.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 3 * len(script.SNRS) + len(script.NOISES)
    assert all(line.count("|") == 6 for line in lines)
