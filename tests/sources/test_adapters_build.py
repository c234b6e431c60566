"""Banks of several data sets build the shipped recipes, and an independent check of the build finds nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape.cli import main
from soundscape.randomness import stream
from soundscape.sources.bank import open_bank
from tests.sources.adapters_material import RATE, audio, encoded, noise, parquet, sources, tar, voice, write

MLS = {"audio": "audio", "transcript": "text", "speaker_id": "text", "id": "text"}
WORDS = {
    "de": "ein kurzer satz mit wörtern", "es": "una frase corta con palabras", "fr": "une phrase courte avec des mots",
    "nl": "een korte zin met woorden", "en": "a short sentence of words", "zh": "一句话里有字",
}  # fmt: skip
PARTS = {"de": "german", "es": "spanish", "fr": "french", "nl": "dutch"}


def speech(folder: Path) -> None:
    """Six languages in two data sets, four speakers each with six utterances of three to five seconds."""
    for language, said in WORDS.items():
        rows = [
            (
                f"{language}-{s}-{u}",
                f"{language}{s}",
                said + ("啊" if language == "zh" else " ja") * u,
                voice(f"{language}{s}{u}", 3.2 + 0.4 * u),
            )
            for s in range(4)
            for u in range(6)
        ]
        if language in PARTS:
            mls = [
                {"audio": audio(x, f"{key}.flac"), "transcript": t, "speaker_id": who, "id": key}
                for key, who, t, x in rows
            ]
            parquet(folder / "mls" / PARTS[language] / "train-0.parquet", mls, MLS)
        else:
            told = {"language": language, "dnsmos": 3.1}
            emilia = {
                key: {"flac": encoded(x), "json": {"id": key, "text": t, "speaker": who, **told}}
                for key, who, t, x in rows
            }  # fmt: skip
            tar(folder / "emilia" / "Emilia" / language.upper() / "0.tar", emilia)


def burst(name: str, seconds: float) -> np.ndarray:
    """Noise that decays, faded at both ends and towards half the sampling rate, as recordings are."""
    x, ramp = np.convolve(noise(name, seconds), [0.25, 0.5, 0.25], "same"), np.linspace(0.0, 1.0, RATE // 20)
    x[: len(ramp)] *= ramp
    x[-len(ramp) :] *= ramp[::-1]
    return np.asarray(x)


def sounds(folder: Path) -> None:
    steady = [0.05 * stream(3, "rain", n).standard_normal(12 * RATE) for n in range(4)]
    recordings = {f"e{n}": (f"a burst of noise, kind {'x' * n}", burst(f"effect{n}", 1.5)) for n in range(12)}
    recordings |= {f"b{n}": (f"steady rain on roof {'x' * n}", rain) for n, rain in enumerate(steady)}
    # By its caption, something that a sound effect must not hold.
    recordings["s0"] = ("a man speaking over a hiss", burst("speaking", 1.5))
    records = {}
    for key, (caption, x) in recordings.items():
        told = {"comprehensive_caption": caption, "freesound_id": key, "username": key, "attribution_required": False}
        records[key] = {"json": told, "flac": encoded(x)}
    tar(folder / "effects" / "0.tar", records)
    t = np.arange(20 * RATE) / RATE
    music = {
        f"m{n}": {"json": {"Flash 2.0 Annotation": {"caption": f"a humming chord {'x' * n}"}},
                  "flac": encoded(0.05 * sum(np.sin(2 * np.pi * f * (1 + 0.1 * n) * t) for f in (220.0, 277.2, 329.6)))}
        for n in range(3)
    }  # fmt: skip
    tar(folder / "music" / "0.tar", music)
    for n in range(6):
        write(folder / "bursts" / f"f{n:04d}_0_laughter.wav", burst(f"laugh{n}", 0.7))


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``soundscape …`` in this process; returns its exit code, stdout and stderr."""
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["soundscape", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out = capsys.readouterr()
        return int(left.value.code or 0), out.out, out.err

    return call


def add(run: Run, name: str, dataset: str, path: Path, *options: object) -> None:
    code, out, err = run("bank", "add", name, "--from", dataset, "--path", path, "--jobs", 1, *options)
    assert (code, err) == (0, ""), out


BANKS = ("mls", "emilia", "effects", "music", "bursts")


@pytest.fixture
def banks(run: Run, tmp_path: Path) -> None:
    """Five banks of five data sets, by the command line."""
    speech(tmp_path)
    sounds(tmp_path)
    add(run, "mls", "mls", tmp_path / "mls", "--languages", ",".join(PARTS))
    add(run, "emilia", "emilia", tmp_path / "emilia", "--languages", "en,zh")
    add(run, "effects", "freesound_permissive", tmp_path / "effects")
    add(run, "music", "ai_music", tmp_path / "music", "--licence", "CC0-1.0")
    add(run, "bursts", "vocalsound", tmp_path / "bursts")


def drawn(names: Sequence[str]) -> list[str]:
    return [part for name in names for part in ("--bank", name)]


def keys(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "answer_key" / "test.jsonl").read_text().splitlines()]


@pytest.mark.slow
@pytest.mark.usefixtures("banks")
@pytest.mark.parametrize(
    # As many clips as it takes for every language to come up.
    ("recipe", "clips"),
    [("soundscape_bench", 6), ("dense_multilingual", 5)],
)
def test_banks_of_data_sets_build_the_shipped_recipes(run: Run, tmp_path: Path, recipe: str, clips: int) -> None:
    beds = {s.key for s in sources(open_bank("effects")).values() if s.topic == "bed"}
    assert beds == {f"b{n}" for n in range(4)}
    out = tmp_path / recipe
    code, told, err = run(
        "build", "--recipe", recipe, *drawn(BANKS), "--clips", clips, "--seed", 3, "--jobs", 1, "--stems", "--out", out
    )
    assert (code, err) == (0, ""), told
    events = [event for key in keys(out) for event in key["events"]]
    assert {event["provenance"]["source_id"].split(":")[0] for event in events} == set(BANKS)
    assert {event["language"] for event in events if event["type"] == "speech"} == set(WORDS)
    assert {event["type"] for event in events} == {"speech", "sound_event", "music", "vocal_burst"}
    # What the gate rejected is never heard.
    rejected = {f"{name}:{s.key}" for name in BANKS for s in sources(open_bank(name)).values() if s.rejected}
    assert rejected == {"effects:s0"}
    assert rejected.isdisjoint(event["provenance"]["source_id"] for event in events)
    assert {event["provenance"]["dataset"] for event in events} == {
        "facebook/multilingual_librispeech", "amphion/Emilia-Dataset", "VocalSound",
        "laion/captioned-ai-music-snippets",
        "laion/freesound-commercially-permissive-subset-with-captions",
    }  # fmt: skip
    # Every event is measured again from the files and from the plans; the words are those of the data sets.
    code, told, err = run("verify", out, "--json")
    found = json.loads(told)
    assert (code, found["findings"], found["notices"]) == (0, [], []), err
    assert (found["counts"]["clips"], found["counts"]["events_measured"]) == (clips, len(events))
    texts = {s.transcription for name in ("mls", "emilia") for s in sources(open_bank(name)).values()}
    assert {event["transcription"] for event in events if event["type"] == "speech"} <= texts
    assert run("validate", out)[0] == 0
    # A changed recording is noticed: the finding of nothing means something.
    (clip,) = (out / "data" / "test").glob("*-000000.flac")
    pcm, rate = soundfile.read(clip, dtype="int16")
    soundfile.write(clip, pcm // 2, rate, subtype="PCM_16")
    code, _, err = run("verify", out)
    assert (code, "-000000" in err) == (1, True)


@pytest.mark.slow
@pytest.mark.usefixtures("banks")
def test_only_sources_that_a_policy_lets_in_are_drawn(run: Run, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.yaml"
    recipe.write_text("extends: soundscape_bench\nname: mine\nspeech: {languages: all}\n")

    def built(out: str, *options: object) -> list[dict[str, Any]]:
        command = ("build", "--recipe", recipe, *drawn(BANKS), "--clips", 8, "--seed", 1, "--jobs", 1)
        assert run(*command, "--out", tmp_path / out, *options)[0] == 0
        return keys(tmp_path / out)

    def licences(key: dict[str, Any]) -> set[str]:
        return {event["provenance"]["licence"] for event in key["events"]}

    everything, clean = built("any"), built("clean", "--licences", "commercial")
    assert any("CC-BY-NC-4.0" in licences(key) for key in everything)
    assert set().union(*map(licences, clean)) <= {"CC-BY-4.0", "CC0-1.0", "CC-BY-SA-4.0"}
    recipe.write_text(recipe.read_text() + "licences: commercial\n")
    assert [key["pcm_sha256"] for key in built("recipe")] == [key["pcm_sha256"] for key in clean]
    # Made again from the lock, the policy is kept.
    code, told, _ = run(
        "regenerate", tmp_path / "clean" / "soundscape.lock.json", "--out", tmp_path / "again", "--jobs", 1
    )
    assert (code, "commercial" in (tmp_path / "clean" / "soundscape.lock.json").read_text()) == (0, True), told
    # The credits tell it clip by clip, the card in sum.
    rows = {
        cells[1]: (set(cells[2].split(", ")), cells[3])
        for line in (tmp_path / "any" / "CREDITS.md").read_text().split("## Clips")[1].splitlines()
        if len(cells := [part.strip() for part in line.split("|")]) == 5
    }
    for key in everything:
        policy = "research" if "CC-BY-NC-4.0" in licences(key) else "commercial"
        assert rows[key["clip_id"]] == (licences(key), policy)
    fit = sum("CC-BY-NC-4.0" not in licences(key) for key in everything)
    card = (tmp_path / "any" / "README.md").read_text()
    assert f"| any purpose | {fit} |" in card
    assert f"| research alone | {8 - fit} |" in card
    assert "| non commercial |" in card
    assert "not known" not in card
    clean_card = (tmp_path / "clean" / "README.md").read_text()
    assert ("| any purpose | 8 |" in clean_card, "research alone" in clean_card) == (True, False)
    assert "drawn under the policy `commercial`" in " ".join(clean_card.split())


@pytest.mark.slow
@pytest.mark.usefixtures("banks")
def test_a_policy_that_lets_in_too_little_says_so(run: Run, tmp_path: Path) -> None:
    command = ("plan", "--recipe", "soundscape_bench", "--bank", "emilia", "--bank", "music", "--clips", 1)
    code, out, err = run(*command, "--licences", "commercial")
    assert (code, out) == (1, "")
    assert "the recipe asks for speech, and the banks hold none" in err
    assert "licences 'commercial' lets in 3 of 51 sources" in err
    code, _, err = run(*command, "--licences", "free")
    assert (code, "unknown licence policy 'free'" in err, "any, research, commercial" in err) == (2, True, True)
