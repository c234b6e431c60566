"""``soundscape bank add --from``, ``datasets`` and ``caption`` over data sets in their own layouts."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soundscape.cli import main
from soundscape.records import EVENT_TYPES
from soundscape.sources.adapters.partial import folder_of
from soundscape.sources.adapters.registry import ADAPTERS
from soundscape.sources.bank import bank_names, open_bank
from soundscape.sources.verify import verify_bank
from tests.sources.adapters_material import audio, encoded, noise, parquet, tar, voice, write

Run = Callable[..., tuple[int, str, str]]
MLS = {"audio": "audio", "transcript": "text", "speaker_id": "text", "id": "text"}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``soundscape bank …`` in this process; returns its exit code, stdout and stderr."""
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["soundscape", "bank", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out = capsys.readouterr()
        return int(left.value.code or 0), out.out, out.err

    return call


@pytest.fixture(scope="module")
def mls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """German and French, six recordings each by two readers; the fifth of each language has a digit in its text."""
    folder = tmp_path_factory.mktemp("mls")
    for language in ("german", "french"):
        rows = [
            {"audio": audio(voice(f"{language}{n}"), f"{n}.flac"), "speaker_id": str(n % 2),
             "transcript": "das 3" if n == 4 else f"das {'x' * n}", "id": f"{language}-{n}"}
            for n in range(6)
        ]  # fmt: skip
        parquet(folder / language / "train-0.parquet", rows, MLS)
    return folder


# ------------------------------------------------------------------------------------------------------ what is told


def test_what_was_taken_is_told(run: Run, mls: Path, tmp_path: Path) -> None:
    command = ("add", "m", "--from", "mls", "--path", mls, "--languages", "de,fr", "--hours", "1", "--jobs", 1)
    code, out, err = run(*command)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"m: 10 of 12 recordings can be drawn ({tmp_path / 'home' / 'banks' / 'm'})",
        "  rejected, digits: 2",
        "    de/german-4: transcription with '3'",
        "    fr/french-4: transcription with '3'",
        "  hours: de 0.0033, fr 0.0033",
        "  less than was asked for, and no more is there: de, fr",
        "  more: soundscape bank info m",
    ]
    code, _, err = run(*command)
    assert (code, "bank 'm' exists already" in err, "--replace" in err) == (2, True, True)
    code, out, _ = run(*command, "--replace", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["info"]["count"], told["info"]["rejected"], told["short"]) == (12, 2, ["de", "fr"])
    assert told["hours"] == {"de": 0.0033, "fr": 0.0033}
    assert [r["reason"] for r in told["rejections"]] == ["digits", "digits"]


def test_every_option_reaches_what_it_is_for(run: Run, mls: Path, tmp_path: Path) -> None:
    def keys(name: str, *options: object) -> list[str]:
        assert run("add", name, "--from", "mls", "--path", mls, "--languages", "de", *options)[0] == 0
        bank = open_bank(name)
        return [source.key for source in map(bank.source, bank.pool())]

    assert keys("a", "--per-language", 2) == ["de/german-0", "de/german-1"]
    assert keys("b", "--per-speaker", 1) == ["de/german-0", "de/german-1"]
    assert len(keys("c", "--no-gate")) == 6
    assert keys("d", "--hours", 2.4 / 3600) == ["de/german-0"]
    code, _, err = run("add", "e", "--from", "mls", "--path", mls, "--languages", "de", "--data-split", "dev")
    assert (code, "no shards of the split 'dev'" in err, "--data-split" in err) == (1, True, True)


def test_terms_are_told_and_a_licence_declared(run: Run, tmp_path: Path) -> None:
    told = {"Flash 2.0 Annotation": {"caption": "a slow humming chord"}}
    tar(tmp_path / "music" / "0.tar", {"m": {"json": told, "flac": encoded(voice("m", 4.0))}})
    code, out, _ = run("add", "m", "--from", "ai_music", "--path", tmp_path / "music")
    assert code == 0
    assert "  terms: its captions are Apache-2.0, its music states no licence" in out
    assert {s["value"]: s["sources"] for s in json.loads(run("info", "m", "--json")[1])["policies"]} == {
        "any": 1, "research": 0, "commercial": 0,
    }  # fmt: skip
    code, _, err = run("add", "n", "--from", "ai_music", "--path", tmp_path / "music", "--licence", "free to use")
    assert (code, "licence 'free to use' is none that is known" in err) == (2, True)
    assert run("add", "n", "--from", "ai_music", "--path", tmp_path / "music", "--licence", "cc by 4.0")[0] == 0
    (shares,) = json.loads(run("info", "n", "--json")[1])["licences"]
    assert (shares["value"], shares["sources"]) == ("CC-BY-4.0", 1)


def test_a_mapping_file_is_enough(run: Run, tmp_path: Path) -> None:
    rows = [{"clip": audio(noise(f"d{n}"), f"{n}.wav"), "what": f"a door, kind {'x' * n}"} for n in range(3)]
    parquet(tmp_path / "doors" / "train-0.parquet", rows, {"clip": "audio", "what": "text"})
    mapping = tmp_path / "doors.yaml"
    mapping.write_text(
        "format: parquet\naudio: clip\ntype: sound_event\nfields:\n  caption: what\n  licence: {value: CC0-1.0}\n"
    )
    code, out, _ = run("add", "doors", "--mapping", mapping, "--path", tmp_path / "doors")
    assert (code, "doors: 3 of 3 recordings can be drawn" in out) == (0, True)
    assert run("add", "same", "--from", "doors", "--mapping", mapping, "--path", tmp_path / "doors")[0] == 0
    mapping.write_text("format: parket\n")
    code, out, err = run("add", "other", "--mapping", mapping, "--path", tmp_path / "doors")
    assert (code, out, "expected one of" in err or "/type" in err) == (2, "", True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("x",), 2, "what to add is missing\n  bank add x FOLDER --table FILE, or bank add x --from DATASET"),
        (("x", "."), 2, "bank add x: --table FILE is missing"),
        (("x", "--table", "t.csv"), 2, "bank add x: FOLDER is missing"),
        (("x", ".", "--from", "mls"), 2, "the folder . does not go with --from\n  a copy of the data set on disk"),
        (("x", "--table", "t.csv", "--from", "mls"), 2, "--table does not go with --from"),
        (("x", ".", "--table", "t.csv", "--hours", "0", "--no-gate"), 2, "--hours, --no-gate: means nothing without"),
        (("x", "--from", "mls", "--strict"), 2, "--strict goes with --table alone"),
        (("x", "--from", "mlss"), 2, "unknown data set 'mlss'; did you mean 'mls'?"),
        (("x", "--from", "mls"), 2, "how much of mls is wanted?"),
        (("x", "--from", "mls", "--hours", "1", "--languages", "de;fr"), 2, "'de;fr' is no code"),
        (("x", "--from", "mls", "--hours", "1", "--languages", "de,de"), 2, "names one twice"),
        (("x", "--from", "mls", "--hours", "1", "--languages", "en"), 2, "has no part in 'en'"),
        (("x", "--from", "mls", "--hours", "0"), 2, "hours is 0, expected more than 0"),
        (("x", "--from", "mls", "--hours", "nan"), 2, "hours is nan, expected more than 0"),
        (("x", "--from", "mls", "--hours", "2h"), 2, "'2h' is not a valid float"),
        (("x", "--mapping", "none.yaml", "--hours", "1"), 2, "none.yaml: cannot be read as YAML"),
        (("x", "--from", "vocalsound"), 2, "VocalSound is read from your own copy\n  name its folder: --path DIR"),
        (("x", "--from", "vocalsound", "--path", "none"), 1, "there is no such folder"),
        (("x", "--from", "mls", "--path", ".", "--type", "noise"), 2, "unknown type 'noise'"),
        (("X Y", "--from", "mls", "--hours", "1"), 2, "bank name 'X Y' is not valid"),
    ],
)
def test_what_is_asked_wrongly_is_told(run: Run, arguments: tuple[str, ...], code: int, message: str) -> None:
    got, out, err = run("add", *arguments)
    assert (got, out) == (code, "")
    assert message in err
    assert "Traceback" not in err


def test_without_a_network(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    code, out, err = run("add", "x", "--from", "emilia", "--languages", "de", "--hours", 1)
    assert (code, out) == (3, "")
    assert "amphion/Emilia-Dataset: the hub cannot be read" in err
    assert "--path at a copy on disk" in err


# --------------------------------------------------------------------------------------------------------- stopped


@pytest.fixture
def coughs(tmp_path: Path) -> Path:
    for number in range(400):
        write(tmp_path / "vs" / f"f{number:04d}_0_cough.wav", noise(f"k{number}", 0.3))
    return tmp_path / "vs"


def begun(coughs: Path, home: Path, *more: str) -> subprocess.Popen[str]:
    """Start ``soundscape bank add k`` and return when its first batch is kept."""
    command = [sys.executable, "-m", "soundscape", "bank", "add", "k", "--from", "vocalsound", "--path", str(coughs)]
    environment = {**os.environ, "SOUNDSCAPE_HOME": str(home)}
    process = subprocess.Popen(
        [*command, *more], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    batches, given_up = folder_of(home / "banks" / "k") / "batches", time.monotonic() + 60.0
    while not (batches.is_dir() and any(batches.glob("[0-9]*.json"))):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < given_up
        time.sleep(0.005)
    return process


@pytest.mark.slow
def test_killed_and_gone_on_with(run: Run, coughs: Path, tmp_path: Path) -> None:
    with begun(coughs, tmp_path / "home", "--jobs", "1") as process:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert bank_names() == ("embedded",)
    (_, row) = json.loads(run("list", "--json")[1])
    assert (row["name"], row["state"]) == ("k", "unfinished: give the same bank add again")
    code, _, err = run("add", "k", "--from", "vocalsound", "--path", coughs, "--per-speaker", 1)
    assert (code, "was asked for something else" in err, "--restart" in err) == (2, True, True)
    code, out, _ = run("add", "k", "--from", "vocalsound", "--path", coughs)
    assert (code, out.splitlines()[0].startswith("k: 400 of 400 recordings can be drawn")) == (0, True)
    assert run("add", "fresh", "--from", "vocalsound", "--path", coughs)[0] == 0
    assert open_bank("k").digest == open_bank("fresh").digest
    assert verify_bank(open_bank("k")).findings == ()
    assert [row["name"] for row in json.loads(run("list", "--json")[1])] == ["embedded", "fresh", "k"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "again"),
    [
        (("--jobs", "1"), "run the same command again to go on, or with --restart to begin anew"),
        (("--jobs", "2"), "run the same command again to go on, or with --restart to begin anew"),
        (("--jobs", "1", "--restart"), "run the same command again without --restart to go on"),
    ],
)
def test_interrupted_it_says_how_to_go_on(
    run: Run, coughs: Path, tmp_path: Path, options: tuple[str, ...], again: str
) -> None:
    with begun(coughs, tmp_path / "home", *options) as process:
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.startswith("stopped after ")
    assert f"recordings of vocalsound, which are kept; {again}" in err
    assert len(err.splitlines()) == 1
    assert run("add", "k", "--from", "vocalsound", "--path", coughs)[0] == 0
    assert len(open_bank("k")) == 400


# -------------------------------------------------------------------------------------- datasets, caption, info


def test_data_sets_are_listed(run: Run) -> None:
    code, out, _ = run("datasets", "--json")
    known: dict[str, Any] = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert list(known) == list(ADAPTERS)
    assert {name for name, row in known.items() if row["where"] == "hub, gated"} == {"emilia", "emilia_yodas"}
    assert {name for name, row in known.items() if row["where"] != "disk"} == {
        n for n, a in ADAPTERS.items() if a.on_hub
    }
    assert known["mls"]["languages"] == ["de", "es", "fr", "it", "nl", "pl", "pt"]
    assert [known[n]["licence"] for n in ("mls", "ai_music", "emolia", "audioset_grounded")] == [
        "CC-BY-4.0", "unknown", "per recording", "LicenseRef-research-only",
    ]  # fmt: skip
    assert all(set(row["types"]) <= set(EVENT_TYPES) and row["types"] and row["layout"] for row in known.values())
    lines = run("datasets")[1].splitlines()
    assert [line.split()[0] for line in lines[1 : len(ADAPTERS) + 1]] == list(ADAPTERS)
    code, out, _ = run("datasets", "emolia")
    assert code == 0
    assert "take it: soundscape bank add NAME --from emolia --languages de,en --hours 1" in out
    assert "terms: Emolia declares CC-BY-4.0" in out
    assert json.loads(run("datasets", "emolia", "--json")[1]) == known["emolia"]
    assert run("datasets", "emola")[0] == 2


def test_captions_are_given_later(run: Run, tmp_path: Path) -> None:
    captions = {"1": "", "2": "a hiss", "3": " "}
    records = {
        key: {"json": {"freesound_id": key, "comprehensive_caption": text}, "flac": encoded(noise(key))}
        for key, text in captions.items()
    }
    tar(tmp_path / "fs" / "0.tar", records)
    code, out, _ = run("add", "effects", "--from", "freesound_permissive", "--path", tmp_path / "fs")
    assert (code, "rejected, needs_caption: 2" in out) == (0, True)
    before = {path: path.stat().st_mtime_ns for path in (open_bank("effects").folder / "audio").rglob("*.flac")}
    table = tmp_path / "captions.csv"
    table.write_text("key,caption,caption_origin\n1,a long hiss that fades,human\n9,what,human\n")
    code, out, err = run("caption", "effects", "--table", table)
    assert (code, out, "the bank has no '9'" in err, "nothing was written" in err) == (1, "", True, True)
    table.write_text("key,caption,caption_origin\n1,a long hiss that fades,human\n3,a man is talking,model\n")
    code, out, _ = run("caption", "effects", "--table", table)
    assert code == 0
    assert out.splitlines()[0] == "effects: 2 sources were given a caption, of which 1 can be drawn"
    assert json.loads(run("caption", "effects", "--table", table, "--json")[1])["waiting"] == 0
    assert json.loads(run("info", "effects", "--json")[1])["gate"]["faults"] == {"speech_inside": 1}
    assert before == {path: path.stat().st_mtime_ns for path in (open_bank("effects").folder / "audio").rglob("*.flac")}
    assert verify_bank(open_bank("effects")).ok
    code, _, err = run("caption", "efects", "--table", table)
    assert (code, "unknown bank 'efects'; did you mean 'effects'?" in err) == (2, True)


def test_info_tells_what_the_gate_measured(run: Run, mls: Path) -> None:
    run("add", "m", "--from", "mls", "--path", mls, "--languages", "de,fr")
    told = json.loads(run("info", "m", "--json")[1])
    assert {s["value"]: (s["sources"], s["speakers"]) for s in told["languages"]} == {"de": (5, 2), "fr": (5, 2)}
    assert {s["value"]: s["hours"] for s in told["languages"]} == {"de": 0.0033, "fr": 0.0033}
    assert {s["value"]: s["sources"] for s in told["rejected"]} == told["gate"]["faults"] == {"digits": 2}
    assert {s["value"]: s["sources"] for s in told["policies"]} == {"any": 10, "research": 10, "commercial": 10}
    spreads = {s["figure"]: s for s in told["gate"]["spreads"]}
    active = spreads["active_seconds"]
    assert (active["type"], active["sources"], active["least"], active["most"]) == ("speech", 12, 2.0, 14.0)
    assert 2.0 < active["low"] <= active["median"] <= active["high"] <= 2.4
    assert set(spreads) == {
        "active_seconds", "clipped_share", "dc_offset", "bandwidth_hz", "noise_floor_dbfs", "snr_db", "silence_share",
        "script_share",
    }  # fmt: skip
    listed = json.loads(run("info", "m", "--rejected", "--json")[1])
    assert [(row["key"], row["reasons"]) for row in listed] == [("de/german-4", "digits"), ("fr/french-4", "digits")]
    assert listed[0]["note"] == "transcription with '3'"
    assert run("info", "m", "--rejected")[1].splitlines()[1].split()[:3] == ["de/german-4", "speech", "digits"]
    lines = run("info", "m")[1].splitlines()
    (row,) = (line.split() for line in lines if "snr_db" in line)
    assert row[:3] == ["speech", "snr_db", "12"]
    assert row[-2:] == ["≥", "10"]
    assert any(line.split() == ["digits", "2"] for line in lines)
