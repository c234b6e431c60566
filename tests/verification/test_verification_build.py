"""Whole builds that are as they should be: with stems, without, lossy, in measured rooms; and the command."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pytest
import soundfile

import soundscape.verification
from soundscape.cli import main
from soundscape.cli.verify import Again
from soundscape.dataset.build import build, prepare
from soundscape.dataset.make import Order
from soundscape.randomness import stream
from soundscape.schema import encode
from soundscape.verification import TOLERANCES, verify

FORBIDDEN = ("planning", "rendering", "truth", "loudness", "activity")
FAST = {
    "name": "small", "clips": 2, "duration": 5,
    "speech": {"languages_per_scene": 2, "speakers": 2, "coverage": 0.6, "overlap": 0.1},
    "effects": {"count": 1, "loudness": "quiet"},
}  # fmt: skip


class Done(NamedTuple):
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


Command: TypeAlias = Callable[..., Done]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run ``soundscape verify`` in this process."""

    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["soundscape", "verify", *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            main()
        said = capsys.readouterr()
        return Done(int(exit_.value.code or 0), said.out, said.err)

    return run


def made_again(recipe: dict[str, Any], bank: Path) -> Again:
    resolved = prepare(recipe, banks=(str(bank),)).order.recipe
    order = Order(recipe=resolved, banks=(str(bank),), seed=0, split="test")
    return Again(encode(order).decode())


# --- all well --------------------------------------------------------------------------------------------------------


def test_nothing_is_found_in_a_build_as_it_was_made(built: Path) -> None:
    found = verify(built)
    assert found.findings == ()
    assert found.notices == ()
    lines = (built / "answer_key/test.jsonl").read_text().splitlines()
    events = [e for line in lines for e in json.loads(line)["events"]]
    assert found.counts == {
        "clips": 3,
        "events": len(events),
        "events_measured": len(events),
        "foreground_events_measured": sum(e["role"] == "foreground" for e in events),
    }
    assert {s.within for s in found.spreads.values()} == {1.0}
    assert found.spreads["onset"].count == found.counts["foreground_events_measured"]
    assert found.spreads["rt60_measured"].count >= 1


def test_what_was_measured_agrees_far_better_than_it_must(built: Path) -> None:
    spreads = verify(built).spreads
    for figure, share in {"snr_db": 0.2, "glimpse_proportion": 0.1, "masked_share": 0.1, "rt60_measured": 0.3}.items():
        assert spreads[figure].greatest < share * TOLERANCES[figure].width


def test_without_stems_the_scenes_are_made_again(small_bank_folder: Path, tmp_path: Path) -> None:
    recipe = {**FAST, "room": {"probability": 1, "rt60": 0.3}}
    build(prepare(recipe, banks=(str(small_bank_folder),)), tmp_path / "b", jobs=1)
    again = made_again(recipe, small_bank_folder)
    found = verify(tmp_path / "b", again=again)
    assert found.well
    assert found.counts["events_measured"] == found.counts["events"] > 0
    assert found.spreads["rt60_measured"].count == 2

    key = tmp_path / "b/answer_key/test.jsonl"
    rows = [json.loads(line) for line in key.read_text().splitlines()]
    event = rows[1]["events"][0]
    event["start_time"] = event["active_regions"][0]["start"] = event["start_time"] + 0.05
    key.write_text("".join(json.dumps(row) + "\n" for row in rows))
    onsets = [f for f in verify(tmp_path / "b", again=again).findings if f.figure == "onset"]
    assert [(f.clip, f.event) for f in onsets] == [(rows[1]["clip_id"], event["event_id"])]

    audio = tmp_path / "b/data/test" / f"{rows[0]['clip_id']}.flac"
    x, rate = soundfile.read(audio, dtype="int16")
    soundfile.write(audio, np.roll(x, rate // 20), rate)
    assert "stems_sum" in {f.figure for f in verify(tmp_path / "b", again=again).findings}


def test_without_stems_and_banks_it_says_what_was_not_measured(small_bank_folder: Path, tmp_path: Path) -> None:
    build(prepare(FAST, banks=(str(small_bank_folder),)), tmp_path / "b", jobs=1)
    found = verify(tmp_path / "b", unable="unknown bank 'small'")
    assert found.well
    assert found.counts["events_measured"] == 0
    (notice,) = found.notices
    assert "were not measured" in notice
    assert "unknown bank 'small'" in notice
    assert "--bank" in notice


@pytest.mark.parametrize("audio", ["wav", "ogg", "mp3"])
def test_other_formats(audio: str, small_bank_folder: Path, tmp_path: Path) -> None:
    build(prepare(FAST, banks=(str(small_bank_folder),)), tmp_path / "b", jobs=1, audio=audio, stems=True)
    assert verify(tmp_path / "b").findings == ()
    one, other = sorted((tmp_path / "b/data/test").glob(f"*.{audio}"))
    one.rename(tmp_path / "kept")
    other.rename(one)
    (tmp_path / "kept").rename(other)
    found = {(f.clip, f.figure) for f in verify(tmp_path / "b").findings}
    figure = "digest" if audio == "wav" else "stems_likeness"
    assert {(one.stem, figure), (other.stem, figure)} <= found


def test_rooms_that_were_measured(small_bank_folder: Path, tmp_path: Path) -> None:
    rng = stream(5, "measured rooms")
    for name, rt60 in (("hall/a", 0.35), ("hall/b", 0.35), ("hall/c", 0.35), ("hall/d", 0.35)):
        n = round(1.2 * rt60 * 24_000)
        x = 0.03 * rng.standard_normal(n) * 10.0 ** (-3.0 * np.arange(n) / (rt60 * 24_000))
        x[:100] = 0.0
        x[20] = 0.9
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        soundfile.write(tmp_path / f"{name}.wav", x, 24_000, subtype="FLOAT")
    recipe = {**FAST, "room": {"probability": 1, "responses": str(tmp_path)}}
    out = tmp_path / "out"
    build(prepare(recipe, banks=(str(small_bank_folder),)), out, jobs=1, stems=True)
    found = verify(out)
    assert found.findings == ()
    assert found.spreads["direct_gain"].count > 0
    assert found.spreads["rt60_measured"].count == 2


# --- ffmpeg ----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_loudness_and_true_peak_are_those_that_ffmpeg_measures(built: Path) -> None:
    for line in (built / "answer_key/test.jsonl").read_text().splitlines():
        key = json.loads(line)
        path = built / "data/test" / f"{key['clip_id']}.flac"
        call = ["ffmpeg", "-nostats", "-hide_banner", "-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"]
        said = subprocess.run(call, capture_output=True, text=True, check=True).stderr
        summary = said[said.rindex("Summary:") :]
        loudness, peak = (float(re.search(rf"{name}:\s+(-?[\d.]+)", summary)[1]) for name in ("I", "Peak"))  # type: ignore[index]
        # It writes one decimal.
        assert key["loudness_lufs"] == pytest.approx(loudness, abs=0.15)
        assert key["true_peak_dbtp"] == pytest.approx(peak, abs=0.15)


# --- independence ----------------------------------------------------------------------------------------------------


def test_it_imports_nothing_of_what_it_checks() -> None:
    folder = Path(next(iter(soundscape.verification.__path__)))
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not name.startswith(tuple(f"soundscape.{room}" for room in FORBIDDEN)), f"{path.name}: {name}"


def test_nothing_of_what_it_checks_is_loaded_while_it_works(built: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from soundscape.verification import verify\n"
        f"assert verify(Path({str(built)!r})).well\n"
        f"print(*[m for m in sys.modules if m.startswith(tuple('soundscape.' + r for r in {FORBIDDEN!r}))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


# --- the command -----------------------------------------------------------------------------------------------------


def test_the_command_tells_how_far_measured_and_stated_are_apart(built: Path, command: Command) -> None:
    done = command(built)
    assert (done.returncode, done.stderr) == (0, "")
    assert "3 clips" in done.stdout
    assert "nothing found" in done.stdout
    assert re.search(r"onset .* 0\.01 s +100\.00 %", done.stdout)


def test_the_command_lists_findings_and_fails(broken: Any, command: Command) -> None:
    event = broken.foreground(1)[0]
    broken.edit_event(1, event, lambda e: e.update(snr_db=40.0))
    done = command(broken.folder)
    assert done.returncode == 1
    assert f"{broken.clips[1]} {event}: snr_db: found " in done.stderr
    assert "1 finding" in done.stderr

    done = command(broken.folder, "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [(f["clip"], f["event"], f["figure"]) for f in told["findings"]] == [(broken.clips[1], event, "snr_db")]
    assert told["spreads"]["onset"]["within"] == 1.0


@pytest.mark.slow
def test_workers_find_the_same(broken: Any, command: Command) -> None:
    broken.edit_event(2, broken.foreground(2)[0], lambda e: e.update(level_lufs=-10.0))
    assert command(broken.folder, "--json", "--jobs", "2").stdout == command(broken.folder, "--json").stdout


def test_the_command_opens_the_bank_where_there_are_no_stems(
    small_bank_folder: Path, tmp_path: Path, command: Command
) -> None:
    build(prepare(FAST, banks=(str(small_bank_folder),)), tmp_path / "b", jobs=1)
    done = command(tmp_path / "b", "--bank", small_bank_folder)
    assert done.returncode == 0
    assert "notice" not in done.stdout
    done = command(tmp_path / "b", "--bank", "no-such-bank")
    assert done.returncode == 0
    assert "notice: onset, offset and level of the events were not measured" in done.stdout


def test_the_command_refuses_what_is_no_build(tmp_path: Path, command: Command) -> None:
    assert command(tmp_path).returncode == 1
    assert command(tmp_path / "nowhere").returncode == 2
