"""The quality gate: each figure against its limit, transcriptions, captions, and what is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import regex

from soundscape.records import Span
from soundscape.sources import index, quality
from soundscape.sources.adapters import candidate as candidates
from soundscape.sources.audio import REASONS as AUDIO_REASONS
from soundscape.sources.ingest import ANNOTATION_REASONS, Draft, index_recordings
from soundscape.sources.quality import (
    LIMITS,
    Gate,
    first_term,
    gate_results,
    gate_with,
    script_share,
    transcription_faults,
)
from tests.sources.adapters_material import RATE, noise, voice, write


def draft(path: Path, **more: Any) -> Draft:
    fields: dict[str, Any] = dict.fromkeys(candidates.FIELDS)
    fields |= {
        "key": path.name, "path": path.name, "type": "speech", "group": "g", "licence": "unknown", "attribution": "",
        "dataset": "d", "caption_origin": "human", "language": "de", "transcription": "ein satz",
    }  # fmt: skip
    given = {name: more.pop(name) for name in ("regions", "rejected", "note", "provenance") if name in more}
    return Draft(file=path, annotation=fields | more, **given)


def judged(path: Path, samples: np.ndarray, rate: int = RATE, **more: Any) -> dict[str, Any]:
    (row,) = index_recordings([draft(write(path, samples, rate), **more)], gate=Gate())
    return row


def reasons(row: dict[str, Any]) -> list[str]:
    return (row.get("faults") or "").split(",") if row.get("faults") else []


def narrow(samples: np.ndarray) -> np.ndarray:
    """Resample by way of 4 kHz: nothing is left above 2 kHz."""
    spectrum = np.fft.rfft(samples)
    spectrum[int(len(spectrum) * 2000 / (RATE / 2)) :] = 0
    return np.fft.irfft(spectrum, len(samples))


CLEAN = voice("clean", 3.0)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        (CLEAN, []),
        (CLEAN[: RATE + RATE // 2], ["too_short"]),
        (voice("long", 15.0), ["too_long_active"]),
        (np.clip(20.0 * CLEAN, -1.0, 1.0), ["clipped"]),
        (CLEAN + 0.05, ["dc_offset"]),
        (narrow(CLEAN), ["upsampled"]),
        (CLEAN + 0.1 * np.random.default_rng(0).standard_normal(len(CLEAN)), ["noise_floor", "low_snr"]),
        (np.concatenate([CLEAN, np.zeros(3 * RATE), 0.5 * CLEAN[:RATE], np.zeros(5 * RATE)]), ["mostly_silent"]),
    ],
    ids=["clean", "short", "long", "clipped", "offset", "upsampled", "noisy", "silent"],
)
def test_every_figure_has_its_limit(tmp_path: Path, samples: np.ndarray, expected: list[str]) -> None:
    row = judged(tmp_path / "a.wav", samples)
    assert reasons(row) == expected
    assert row["rejected"] == (expected[0] if expected else None)
    # What was found is told, and the figures stay as columns whatever the gate says.
    assert all(str(limit) for limit in (row["snr_db"], row["bandwidth_hz"], row["clipped_share"], row["dc_offset"]))
    assert bool(row["note"]) == bool(expected)


def test_all_reasons_are_kept_and_the_first_rejects(tmp_path: Path) -> None:
    row = judged(tmp_path / "a.wav", CLEAN[:RATE], transcription="um 3 [lacht]", provenance={"dnsmos": 1.25})
    assert reasons(row) == ["too_short", "low_dnsmos", "digits", "tags"]
    assert row["rejected"] == "too_short"
    notes = row["note"].split("; ")
    assert len(notes) == 4
    assert notes[1:3] == ["dnsmos 1.25, at least 2.5", "transcription with '3'"]
    assert row["dnsmos"] == 1.25


def test_figures_without_a_gate_reject_nothing(tmp_path: Path) -> None:
    (row,) = index_recordings([draft(write(tmp_path / "a.wav", CLEAN[:RATE] + 0.05))])
    assert (row["rejected"], row["script_share"]) == (None, 1.0)


def test_limits_of_speech_can_be_others(tmp_path: Path) -> None:
    gate = gate_with(seconds=(0.5, 2.0), dnsmos=1.0)
    (row,) = index_recordings([draft(write(tmp_path / "a.wav", CLEAN[:RATE]), provenance={"dnsmos": 1.2})], gate=gate)
    assert row["rejected"] is None
    (row,) = index_recordings([draft(write(tmp_path / "a.wav", CLEAN))], gate=gate)
    assert row["rejected"] == "too_long_active"


def test_what_is_known_beforehand_comes_first(tmp_path: Path) -> None:
    row = judged(tmp_path / "a.wav", CLEAN[:RATE], rejected="needs_language", language=None)
    assert reasons(row) == ["needs_language", "too_short"]
    missing = index_recordings([draft(tmp_path / "gone.wav", rejected="malformed", note="no audio")], gate=Gate())[0]
    assert (missing["rejected"], missing["note"], missing["faults"]) == ("malformed", "no audio", "malformed")


def test_marked_regions_are_measured_within_the_recording(tmp_path: Path) -> None:
    marks = (Span(start=1.0, end=2.5), Span(start=0.2, end=0.4), Span(start=2.0, end=99.0), Span(start=50.0, end=60.0))
    row = judged(tmp_path / "a.wav", CLEAN, regions=marks)
    assert row["active_regions"] == "[[0.2,0.4],[1.0,3.0]]"
    assert (row["active_start"], row["active_end"]) == (0.2, 3.0)
    assert reasons(judged(tmp_path / "b.wav", CLEAN, regions=(Span(start=50.0, end=60.0),)))[0] == "inactive"


def test_effects_are_judged_by_other_limits(tmp_path: Path) -> None:
    more = {"type": "sound_event", "caption": "a hiss", "transcription": None, "language": None}
    assert reasons(judged(tmp_path / "a.wav", noise("a", 0.3), **more)) == []
    assert reasons(judged(tmp_path / "b.wav", np.concatenate([noise("b", 0.05), np.zeros(10 * RATE)]), **more)) == [
        "mostly_silent"
    ]
    assert set(LIMITS) == {"speech", "vocal_burst", "sound_event", "music"}


# ------------------------------------------------------------------------------------------------------- transcriptions


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Guten Tag, wie geht's?", "de", []),
        ("C'est l’été – « oui »…", "fr", []),
        ("¿Qué tal?", "es", []),
        ("es war 1999", "de", ["digits"]),
        ("Kapitel Ⅳ", "de", ["digits"]),
        ("[Musik] na gut", "de", ["tags"]),
        ("so (leise) sagte er", "de", ["tags"]),
        ("<unk> ja", "de", ["tags"]),
        ("ja & nein", "de", ["symbols"]),
        ("zehn % davon", "de", ["symbols"]),
        ("fünf €", "de", ["symbols"]),
        ("...", "de", ["empty_transcription"]),
        ("Привет, мир", "de", ["script"]),
        ("Привет, мир", "ru", []),
        ("Привет, Bob", "ru", []),
        ("हैलो दुनिया", "hi", []),
        ("これは漢字とかなです", "ja", []),
        ("これは漢字とかなです", "zh", ["script"]),
        ("中华人民共和国万岁万万岁", "ja", ["script"]),
        ("他们来了。", "zh", []),
        ("한국말입니다", "ko", []),
        ("κείμενο", "xx", []),
    ],
)
def test_transcriptions(text: str, language: str, expected: list[str]) -> None:
    assert [fault.reason for fault in transcription_faults(text, language)] == expected


def test_shares_of_scripts() -> None:
    assert script_share("добрый day", "ru") == pytest.approx(6 / 9, abs=1e-3)
    assert script_share("ラーメン", "ja") == 1.0
    assert script_share("?!", "de") is None
    assert script_share("hello", None) is None


# ------------------------------------------------------------------------------------------------------------- captions


@pytest.mark.parametrize(
    ("text", "name", "term"),
    [
        ("A dog barks while a man is speaking.", "speech.txt", "speaking"),
        ("Rain on a roof; no speech.", "speech.txt", None),
        ("Rain, without any human voices or talk", "speech.txt", None),
        ("Not a bell, but a voice", "speech.txt", "voice"),
        ("Male_speech_and_man_speaking", "speech.txt", "speech"),
        ("the whispering\nwind in the trees", "speech.txt", None),
        ("A loudspeaker crackles", "speech.txt", None),
        ("monks chattering", "speech.txt", "chattering"),
        ("birds chatter in a hedge", "speech.txt", None),
        ("No music, speech or other voices.", "speech.txt", None),
        ("No music, and a man is speaking", "speech.txt", "speaking"),
        ("chattering teeth", "speech.txt", None),
        ("A talking drum solo", "speech.txt", None),
        ("a singing bowl rings", "music.txt", None),
        ("Bird song at dawn", "music.txt", None),
        ("A piano note", "music.txt", "piano"),
        ("wind chimes", "music.txt", None),
        ("A calm track without any vocals.", "vocals.txt", None),
        ("a soft, voice-like synth pad", "vocals.txt", None),
        ("A woman sings over a beat", "vocals.txt", "sings"),
        ("energetic hip hop with rap verses", "vocals.txt", "rap"),
        ("wrapped in reverb", "vocals.txt", None),
    ],
)
def test_terms(text: str, name: str, term: str | None) -> None:
    assert first_term(text, name) == term


def test_terms_reject_by_type(tmp_path: Path) -> None:
    more = {"transcription": None, "language": None}
    effect = more | {"type": "sound_event", "caption": "a door", "label": "Speech"}
    assert reasons(judged(tmp_path / "a.wav", noise("a"), **effect)) == ["speech_inside"]
    music = more | {"type": "music", "caption": "a song with a guitar"}
    assert reasons(judged(tmp_path / "b.wav", voice("b", 4.0), **music)) == []
    prose = {"provenance": {"prose": "A guitar, and later a male voice."}}
    assert reasons(judged(tmp_path / "c.wav", voice("c", 4.0), **music, **prose)) == ["vocals"]


@pytest.mark.parametrize("name", ["speech.txt", "music.txt", "vocals.txt", "beds.txt", "negations.txt", "openings.txt"])
def test_lists_are_tidy(name: str) -> None:
    listed = quality.entries(name)
    assert len(set(listed)) == len(listed) > 10 - 4 * (name == "openings.txt")
    if name == "openings.txt":
        assert all(regex.compile(line) for line in listed)
    else:
        assert all(line == line.casefold() for line in listed)
    for line in listed:
        if line.startswith("!"):
            # A phrase that is overlooked holds a term; otherwise there would be nothing to overlook.
            terms, _ = quality._patterns(name)
            assert terms.search(line[1:].removesuffix("*")), line


def test_scripts_are_those_that_unicode_knows() -> None:
    for line in quality.entries("scripts.tsv"):
        language, scripts = line.split("\t")
        assert regex.fullmatch(r"[a-z]{2,3}", language)
        for script in scripts.split():
            assert regex.compile(rf"\p{{Script={script}}}")


# -------------------------------------------------------------------------------------------------------------- results


def test_reasons_have_one_meaning_each() -> None:
    groups = [AUDIO_REASONS, ANNOTATION_REASONS, quality.REASONS, candidates.REASONS]
    names = [name for group in groups for name in group if name != "inactive"]
    assert len(set(names)) == len(names)
    # As the schema of sources has it.
    assert all(regex.fullmatch(r"[a-z_]+", name) for name in names)


def test_results_of_a_bank(tmp_path: Path) -> None:
    drafts = [
        draft(write(tmp_path / f"{n}.wav", voice(f"{n}", 2.5 + n)), provenance={"dnsmos": 2.0 + n}) for n in range(3)
    ]
    drafts.append(draft(tmp_path / "gone.wav"))
    rows = index_recordings(drafts, gate=Gate())
    index.write_bank(tmp_path, rows, name="b", root=".", generator="test", generator_version="1")
    results = gate_results(index.read_index(tmp_path), index.read_provenance(tmp_path))
    assert results.faults == {"low_dnsmos": 1, "missing": 1}
    spread = {s.figure: s for s in results.spreads}
    assert {s.type for s in results.spreads} == {"speech"}
    assert (spread["active_seconds"].sources, spread["dnsmos"].median) == (3, 3.0)
    assert (spread["active_seconds"].least, spread["active_seconds"].most) == (2.0, 14.0)
    assert (spread["dnsmos"].least, spread["clipped_share"].most) == (2.5, 0.001)
    assert spread["dnsmos"].low == pytest.approx(2.1)


def test_a_bank_without_provenance_has_results_too(tmp_path: Path) -> None:
    (row,) = index_recordings([draft(tmp_path / "gone.wav")])
    bare = {name: value for name, value in row.items() if name not in index.PROVENANCE}
    index.write_bank(tmp_path, [bare], name="b", root=".", generator="test", generator_version="1")
    provenance = index.read_provenance(tmp_path)
    assert provenance.columns == ["key", *index.PROVENANCE]
    assert gate_results(index.read_index(tmp_path), provenance).faults == {"missing": 1}
