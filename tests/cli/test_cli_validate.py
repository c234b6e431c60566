"""``soundscape validate``: exit codes, a page for people, everything for machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from soundscape.cli import main
from tests.validation_material import answer_key, data, plan, prediction, write_lines

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process; returns its exit code, stdout and stderr."""
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["soundscape", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out = capsys.readouterr()
        return int(left.value.code or 0), out.out, out.err

    return call


def key_file(folder: Path, **changes: object) -> Path:
    return write_lines(folder / "keys.jsonl", [data(answer_key(0)), data(answer_key(1)) | changes])


def test_valid_files_are_told_with_their_kind(run: Run, tmp_path: Path) -> None:
    files = [key_file(tmp_path), write_lines(tmp_path / "plans" / "a.jsonl", [data(plan())])]
    code, out, err = run("validate", *files)
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        f"{files[0]}: valid (answer-key, told by its content)",
        f"{files[1]}: valid (plan, told by its name)",
    ]


def test_a_problem_is_told_with_file_line_clip_pointer_found_and_expected(run: Run, tmp_path: Path) -> None:
    path = key_file(tmp_path, num_speakers=5)
    code, out, err = run("validate", path)
    assert code == 1
    assert (
        f"  problem: {path}, line 2, clip small-test-000001: /num_speakers: found 5, "
        "expected 2, as many as the events name (S1, S2)"
    ) in out.splitlines()
    assert err == f"error: {path}: 1 problem\n"


def test_all_of_it_for_machines(run: Run, tmp_path: Path) -> None:
    wrong = [{"type": "x", "start_time": 0, "end_time": "1"}] * 9
    path = write_lines(tmp_path / "p.jsonl", [prediction("a") | {"events": wrong} for _ in range(30)])
    code, out, err = run("validate", "--json", "--strict", "--kind", "prediction", path)
    told = json.loads(out)
    # Each event has two faults; all lines but the first repeat the clip.
    assert (code, told["ok"], told["problems"], len(told["findings"])) == (1, False, 30 * 18 + 29, 30 * 18 + 29)
    assert told["files"] == [
        {"path": str(path), "kind": "prediction", "told_by": "option", "problems": 569, "warnings": 0}
    ]
    assert set(told["findings"][0]) == {
        "severity", "rule", "kind", "file", "line", "column", "clip", "pointer", "found", "expected", "count",
    }  # fmt: skip
    assert err == f"error: {path}: 569 problems\n"
    code, out, err = run("validate", "--json", key_file(tmp_path))
    assert (code, err) == (0, "")
    assert json.loads(out) | {"files": None} == {
        "findings": [], "ok": True, "problems": 0, "warnings": 0, "files": None,
    }  # fmt: skip


def test_a_thousand_wrong_predictions_make_a_page(run: Run, tmp_path: Path) -> None:
    def wrong(i: int) -> dict[str, object]:
        answer = prediction(f"clip-{i}")
        answer["events"][0]["type"] = "talk"
        answer["events"][1]["loudness"] = "noisy"
        return answer

    path = write_lines(tmp_path / "p.jsonl", map(wrong, range(1000)))
    code, out, err = run("validate", "--strict", path)
    assert code == 1
    assert len(out.splitlines()) == 11
    assert "  1,000 × problem (prediction, schema)  /events/*/type" in out
    assert out.count("line 1, clip clip-0") == 2
    assert out.count("line 3, clip clip-2") == 2
    assert "2,000 problems" in err
    assert "--json" in err

    code, out, err = run("validate", path)
    assert (code, err) == (0, "")
    assert "2,000 warnings" in out
    assert "type_alias" in out
    assert "--strict" in out


def test_few_findings_are_listed_one_by_one_and_many_files_counted(run: Run, tmp_path: Path) -> None:
    good = key_file(tmp_path / "good")
    bad = key_file(tmp_path / "bad", seed=None, num_speakers=5)
    code, out, err = run("validate", good, bad)
    assert code == 1
    assert out.count("  problem: ") == 2
    assert f"{bad}: 2 problems (answer-key, told by its content)" in out
    assert err.startswith(f"error: {bad}: 2 problems")
    _, _, err = run("validate", good, bad, key_file(tmp_path / "worse", seed=None))
    assert err.startswith("error: 2 of 3 paths: 3 problems")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("kys.jsonl",), "kys.jsonl: no such file or folder; did you mean 'keys.jsonl'?"),
        (("keys.jsonl", "--kind", "answers-key"), "unknown kind 'answers-key'; did you mean 'answer-key'?"),
        (("notes.md",), "notes.md: cannot tell what kind of file this is"),
        ((), "Missing argument"),
    ],
)
def test_wrong_usage_exits_with_2(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    key_file(tmp_path)
    (tmp_path / "notes.md").write_text("x")
    monkeypatch.chdir(tmp_path)
    code, out, err = run("validate", *arguments)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize(("changes", "code"), [({}, 0), ({"seed": None}, 1)])
def test_the_process_itself_exits_with_the_code(tmp_path: Path, changes: dict[str, object], code: int) -> None:
    path = key_file(tmp_path, **changes)
    command = [sys.executable, "-m", "soundscape", "validate", str(path)]
    paths = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": paths})
    assert done.returncode == code
    assert "Traceback" not in done.stderr
