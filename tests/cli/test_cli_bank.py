"""``soundscape bank``: list, add, info, verify, on a few real recordings."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from soundscape.cli import bank, main
from soundscape.randomness import stream

RATE = 16_000
Run = Callable[..., tuple[int, str, str]]


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


def write_noise(path: Path, seconds: float) -> None:
    noise = stream(1, "noise", path.name).normal(scale=0.1, size=round(seconds * RATE))
    soundfile.write(path, np.rint(np.clip(noise, -1, 1) * 32767).astype(np.int16), RATE)


@pytest.fixture
def recordings(tmp_path: Path) -> tuple[Path, Path]:
    """A folder of six recordings, of which one is silent, and their table."""
    folder = tmp_path / "mine"
    folder.mkdir()
    rows = []
    for number, (language, speaker) in enumerate((("de", "anna"), ("de", "berta"), ("fr", "anna"))):
        write_noise(folder / f"s{number}.wav", 1.0)
        rows.append({"path": f"s{number}.wav", "type": "speech", "transcription": f"words {number}",
                     "language": language, "speaker": speaker, "licence": "CC BY 4.0"})  # fmt: skip
    for name, caption in (("knock", "two knocks on wood"), ("tap", "")):
        write_noise(folder / f"{name}.wav", 0.6)
        rows.append({"path": f"{name}.wav", "type": "sound_event", "caption": caption, "licence": "cc0"})
    soundfile.write(folder / "void.wav", np.zeros(RATE, np.int16), RATE)
    rows.append({"path": "void.wav", "type": "music", "caption": "nothing"})
    table = tmp_path / "table.csv"
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["path", "type", "caption", "transcription", "language", "speaker", "licence"])
        writer.writeheader()
        writer.writerows(rows)
    return folder, table


def test_add_tells_what_can_be_drawn_and_what_is_rejected(run: Run, recordings: tuple[Path, Path]) -> None:
    folder, table = recordings
    code, out, err = run("add", "own", folder, "--table", table)
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("own: 4 of 6 recordings can be drawn (")
    assert "  rejected, needs_caption: 1" in out.splitlines()
    assert "    tap.wav: a sound without a caption" in out.splitlines()
    assert "  rejected, silent: 1" in out.splitlines()


def test_add_for_machines(run: Run, recordings: tuple[Path, Path]) -> None:
    code, out, _ = run("add", "own", recordings[0], "--table", recordings[1], "--json", "--jobs", "1")
    told = json.loads(out)
    assert code == 0
    assert (told["info"]["name"], told["info"]["count"], told["info"]["rejected"]) == ("own", 6, 2)
    assert {r["key"] for r in told["rejections"]} == {"tap.wav", "void.wav"}


def test_strict_refuses_what_would_be_rejected_and_writes_nothing(run: Run, recordings: tuple[Path, Path]) -> None:
    code, out, err = run("add", "own", recordings[0], "--table", recordings[1], "--strict")
    assert (code, out) == (1, "")
    assert "2 of 6 recordings cannot be used" in err
    assert "void.wav: silent" in err
    assert "nothing was written" in err
    assert [row["name"] for row in json.loads(run("list", "--json")[1])] == ["embedded"]


def test_a_bank_of_that_name_is_replaced_only_when_asked(run: Run, recordings: tuple[Path, Path]) -> None:
    command = ("add", "own", recordings[0], "--table", recordings[1])
    assert run(*command)[0] == 0
    code, _, err = run(*command)
    assert code == 2
    assert "bank 'own' exists already" in err
    assert "--replace" in err
    assert run(*command, "--replace")[0] == 0


def test_a_table_at_fault_is_told_row_by_row(run: Run, recordings: tuple[Path, Path]) -> None:
    folder, table = recordings
    table.write_text("path,type,capton\ns0.wav,speach,x\n../s1.wav,music,y\n")
    code, out, err = run("add", "own", folder, "--table", table)
    assert (code, out) == (1, "")
    assert "capton: unknown column; did you mean 'caption'?" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("info", "owm"), 2, "unknown bank 'owm'; did you mean 'own'?"),
        (("verify", "owm"), 2, "unknown bank 'owm'; did you mean 'own'?"),
        (("add", "My Bank", ".", "--table", "t.csv"), 2, "bank name 'My Bank' is not valid"),
        (("add", "embedded", ".", "--table", "t.csv"), 2, "belongs to the bank that comes with the package"),
        (("add", "new", ".", "--table", "none.csv"), 1, "none.csv: there is no such table"),
        (("add", "new", "."), 2, "--table"),
        (("add", "new", ".", "--table", "t.csv", "--jobs", "0"), 2, "--jobs"),
    ],
)
def test_what_is_asked_wrongly_is_told(
    run: Run, recordings: tuple[Path, Path], arguments: tuple[str, ...], code: int, message: str
) -> None:
    assert run("add", "own", recordings[0], "--table", recordings[1])[0] == 0
    got, out, err = run(*arguments)
    assert (got, out) == (code, "")
    assert message in err


def test_list_shows_banks_without_making_the_embedded_one(
    run: Run, recordings: tuple[Path, Path], tmp_path: Path
) -> None:
    run("add", "own", recordings[0], "--table", recordings[1])
    run("add", "worn", recordings[0], "--table", recordings[1])
    (tmp_path / "home" / "banks" / "worn" / "index.parquet").write_bytes(b"")
    code, out, _ = run("list", "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert list(rows) == ["embedded", "own", "worn"]
    assert (rows["embedded"]["sources"], rows["embedded"]["state"]) == (None, "made at first use")
    assert (rows["own"]["sources"], rows["own"]["rejected"], rows["own"]["state"]) == (6, 2, "ready")
    assert rows["worn"]["state"].startswith("damaged: ")
    assert not (tmp_path / "home" / "cache").exists()
    lines = run("list")[1].splitlines()
    assert lines[0].split() == ["bank", "sources", "rejected", "state", "folder"]
    assert lines[2].split()[:4] == ["own", "6", "2", "ready"]


def test_info_says_what_a_bank_holds(run: Run, recordings: tuple[Path, Path], tmp_path: Path) -> None:
    run("add", "own", recordings[0], "--table", recordings[1])
    code, out, _ = run("info", "own", "--json")
    told = json.loads(out)
    assert code == 0
    assert (told["count"], told["usable"]) == (6, 4)
    assert {s["value"]: (s["sources"], s["speakers"]) for s in told["languages"]} == {"de": (2, 2), "fr": (1, 1)}
    assert {s["value"]: s["sources"] for s in told["licences"]} == {"CC-BY-4.0": 3, "CC0-1.0": 1}
    assert {s["value"]: s["sources"] for s in told["rejected"]} == {"needs_caption": 1, "silent": 1}
    code, out, _ = run("info", "own")
    assert code == 0
    assert out.startswith("own: 6 sources, 0.00 hours, 4 can be drawn\n")
    for title, row in (("language of speech", "de"), ("licence", "CC-BY-4.0"), ("rejected for", "silent")):
        assert any(line.startswith(title) for line in out.splitlines())
        assert any(line.split()[0] == row for line in out.splitlines() if line)
    by_folder = run("info", tmp_path / "home" / "banks" / "own")[1]
    assert by_folder == out


def test_verify_finds_what_changed(run: Run, recordings: tuple[Path, Path]) -> None:
    folder, table = recordings
    run("add", "own", folder, "--table", table)
    code, out, err = run("verify", "own")
    assert (code, err) == (0, "")
    assert "own: 6 sources verified" in out
    write_noise(folder / "extra.wav", 0.5)
    code, out, _ = run("verify", "own", "--json", "--jobs", "1")
    assert (code, json.loads(out)["ok"]) == (0, True)
    write_noise(folder / "knock.wav", 0.7)
    (folder / "s0.wav").unlink()
    code, out, err = run("verify", "own")
    assert code == 1
    assert "changed: knock.wav:" in out
    assert "missing: s0.wav:" in out
    assert "bank 'own' is not what was indexed: 1 changed, 1 missing" in err
    assert "--replace" in err
    code, out, _ = run("verify", "own", "--json")
    told = json.loads(out)
    assert (code, told["ok"], told["count"]) == (1, False, 6)
    assert {f["kind"] for f in told["findings"]} == {"changed", "missing", "extra"}


def test_what_mends_a_bank_depends_on_whose_it_is(tmp_path: Path) -> None:
    own, embedded = (SimpleNamespace(name=name, folder=tmp_path / name) for name in ("own", "embedded"))
    assert "soundscape bank add own … --replace" in bank._remedy(own)
    assert f"delete {tmp_path / 'embedded'}" in bank._remedy(embedded)
