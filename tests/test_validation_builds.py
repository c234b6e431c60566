"""Builds: a real one is faultless, and broken in any of many ways it is told where."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.build import build, prepare
from soundscape.errors import UsageError
from soundscape.validation import Finding, validate
from soundscape.validation.documents import examine
from tests.validation_material import Json

KEYS, PLANS, PUBLIC = "answer_key/test.jsonl", "plans/test.jsonl", "data/test/metadata.jsonl"
RECIPE = {
    "name": "small", "duration": 8.0, "sample_rate": 16000,
    "speech": {"speakers": 2, "turns": 2, "overlap": 0.1},
    "effects": {"count": 1},
    "background": {"kind": {"choice": ["music", "silence"]}, "snr_db": 8},
    "room": {"probability": 0.5, "rt60": 0.3},
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("finished") / "build"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOUNDSCAPE_HOME", str(out.parent / "home"))
        build(prepare(RECIPE, banks=(str(small_bank_folder),)), out, clips=3, jobs=1, stems=True)
    return out


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))


def told(path: Path, **options: Any) -> list[Finding]:
    out: list[Finding] = []
    found = validate(path, each=out.append, **options)
    assert found.problems == len(out)
    return out


def test_a_finished_build_has_no_findings(finished: Path) -> None:
    assert told(finished) == []
    assert validate(finished).files[0].kind == "build"


@pytest.mark.parametrize("kind", ["answer-key", "plan", "lock"])
def test_one_kind_of_a_build_can_be_asked_for(finished: Path, kind: str) -> None:
    assert told(finished, kind=kind) == []
    with pytest.raises(UsageError, match="holds a build, which has no prediction"):
        validate(finished, kind="prediction")


@pytest.mark.parametrize("audio", ["wav", "ogg", "mp3"])
def test_other_audio_formats_are_as_long_as_their_key_says(small_bank_folder: Path, tmp_path: Path, audio: str) -> None:
    build(prepare(RECIPE, banks=(str(small_bank_folder),)), tmp_path / "b", clips=1, jobs=1, audio=audio)
    assert told(tmp_path / "b") == []


def edit(file: str, line: int, change: Callable[[Json], Any]) -> Callable[[Path], None]:
    """Return what changes a line of a JSONL file of a build."""

    def run(folder: Path) -> None:
        path = folder / file
        values = [json.loads(text) for text in path.read_text().splitlines()]
        change(values[line - 1])
        path.write_text("".join(json.dumps(value) + "\n" for value in values))

    return run


def edit_whole(file: str, change: Callable[[Json], Any]) -> Callable[[Path], None]:
    """Return what changes a JSON file of a build."""

    def run(folder: Path) -> None:
        value = json.loads((folder / file).read_text())
        change(value)
        (folder / file).write_text(json.dumps(value))

    return run


def drop_line(file: str, line: int) -> Callable[[Path], None]:
    def run(folder: Path) -> None:
        texts = (folder / file).read_text().splitlines(keepends=True)
        (folder / file).write_text("".join(texts[: line - 1] + texts[line:]))

    return run


def swap_audio(folder: Path) -> None:
    path = folder / "data/test/small-test-000001.flac"
    samples, rate = soundfile.read(path)
    soundfile.write(path, samples[: len(samples) // 2], rate)


def other_rate(folder: Path) -> None:
    soundfile.write(folder / "data/test/small-test-000001.flac", np.zeros(8 * 22050), 22050)


def break_audio(folder: Path) -> None:
    (folder / "data/test/small-test-000001.flac").write_bytes(b"fLaC and then nothing")


def without_source(folder: Path) -> None:
    path = folder / "CREDITS.md"
    entry = next(line for line in path.read_text().splitlines() if line.startswith("| small:speech"))
    path.write_text(path.read_text().replace(entry, ""))


def unlink(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).unlink()


def touch(file: str) -> Callable[[Path], None]:
    return lambda folder: (folder / file).touch()


def rename_clip(clips: Json) -> None:
    clips["small-test-000003"] = clips.pop("small-test-000002")


LOCK = locks.NAME
#: Rule, file, line and pointer at which it must be told, and what breaks it.
BREAKS: list[tuple[str, str, int | None, str, Callable[[Path], None]]] = [
    ("unfinished", "", None, "", lambda folder: (folder / LOCK).rename(folder / "old.json")),
    ("unfinished", LOCK, None, "/complete", edit_whole(LOCK, lambda v: v.update(complete=False))),
    ("schema", LOCK, None, "/audio", edit_whole(LOCK, lambda v: v.update(audio="aiff"))),
    ("schema", LOCK, None, "/recipe/mix/loudness_lufs", edit_whole(LOCK, lambda v: v["recipe"]["mix"].update(
        loudness_lufs=3))),
    ("lock-recipe", LOCK, None, "/recipe_digest", edit_whole(LOCK, lambda v: v["recipe"].update(clips=7))),
    ("lock-recipe", LOCK, None, "/recipe", edit_whole(LOCK, lambda v: v["recipe"].update(duration=0.1))),
    ("lock-banks", LOCK, None, "/banks/1/name", edit_whole(LOCK, lambda v: v["banks"].append(v["banks"][0]))),
    ("lock-clips", LOCK, None, "/clips/small-test-000002", edit_whole(LOCK, lambda v: rename_clip(v["clips"]))),
    ("lock-clips", LOCK, None, "/clips/small-test-000003", edit_whole(LOCK, lambda v: rename_clip(v["clips"]))),
    ("seed", LOCK, None, "/seed", edit_whole(LOCK, lambda v: v.update(seed=None))),
    ("lock-agrees", KEYS, 1, "/seed", edit_whole(LOCK, lambda v: v.update(seed=7))),
    ("clip-unknown", KEYS, 3, "/clip_id", edit_whole(LOCK, lambda v: rename_clip(v["clips"]))),
    ("clip-missing", PLANS, None, "", edit_whole(LOCK, lambda v: rename_clip(v["clips"]))),
    ("file-missing", "report.json", None, "", unlink("report.json")),
    ("file-missing", KEYS, None, "", unlink(KEYS)),
    ("file-missing", PLANS, None, "", unlink(PLANS)),
    ("file-missing", KEYS, 2, "/clip_id", unlink("data/test/small-test-000001.flac")),
    ("file-missing", KEYS, 1, "/events/0/event_id", unlink("stems/test/small-test-000000/e00.flac")),
    ("file-unknown", "data/test/answers.jsonl", None, "", touch("data/test/answers.jsonl")),
    ("file-unknown", "plans/dev.jsonl", None, "", touch("plans/dev.jsonl")),
    ("clip-missing", KEYS, None, "", drop_line(KEYS, 2)),
    ("clip-missing", PUBLIC, None, "", drop_line(PUBLIC, 2)),
    ("plan-digest", KEYS, 2, "/plan_digest", edit(PLANS, 2, lambda v: v["events"][0].update(fade_in=0.005))),
    ("plan-agrees", KEYS, 1, "/events/0/end_time", edit(KEYS, 1, lambda v: v["events"][0].update(
        end_time=v["events"][0]["end_time"] + 0.03))),
    ("plan-agrees", KEYS, 1, "/events", edit(KEYS, 1, lambda v: v["events"].pop())),
    ("plan-agrees", KEYS, 1, "/events/1/provenance/gain_db", edit(KEYS, 1, lambda v: v["events"][1][
        "provenance"].update(gain_db=3.21))),
    ("plan-agrees", KEYS, 1, "/true_peak_dbtp", edit(KEYS, 1, lambda v: v.update(true_peak_dbtp=-0.5))),
    ("plan-agrees", KEYS, 1, "/factors", edit(KEYS, 1, lambda v: v["factors"].update(speech_overlap=0.9))),
    ("lock-agrees", KEYS, 2, "/pcm_sha256", edit(KEYS, 2, lambda v: v.update(pcm_sha256="0" * 64))),
    ("lock-agrees", PLANS, 2, "/recipe_digest", edit(PLANS, 2, lambda v: v.update(recipe_digest="0" * 64))),
    ("lock-agrees", KEYS, 2, "/events/0/provenance/source_id", edit(KEYS, 2, lambda v: v["events"][0][
        "provenance"].update(source_id="other:x", key="x"))),
    ("duplicate", KEYS, 2, "/clip_id", edit(KEYS, 2, lambda v: v.update(clip_id="small-test-000000"))),
    ("duplicate", PUBLIC, 2, "/clip_id", edit(PUBLIC, 2, lambda v: v.update(clip_id="small-test-000000"))),
    ("audio", KEYS, 2, "/duration", swap_audio),
    ("audio", KEYS, 2, "/sample_rate", other_rate),
    ("audio", KEYS, 2, "/clip_id", break_audio),
    ("public", PUBLIC, 3, "/languages", edit(PUBLIC, 3, lambda v: v.update(languages=["de"]))),
    ("public", PUBLIC, 3, "/file_name", edit(PUBLIC, 3, lambda v: v.update(file_name="../x.flac"))),
    ("public", PUBLIC, 3, "/duration", edit(PUBLIC, 3, lambda v: v.update(duration=9.0))),
    ("public", PUBLIC, 3, "", edit(PUBLIC, 3, lambda v: v.pop("file_name"))),
    ("clip-unknown", PUBLIC, 3, "/clip_id", edit(PUBLIC, 3, lambda v: v.update(clip_id="x"))),
    ("report", "report.json", None, "/hours", edit_whole("report.json", lambda v: v.update(hours=3.5))),
    ("report", "report.json", None, "/events/music", edit_whole("report.json", lambda v: v["events"].pop("music"))),
    ("json", "report.json", 1, "", lambda folder: (folder / "report.json").write_text("{")),
    ("credits", "CREDITS.md", None, "", without_source),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "file", "line", "pointer", "change"), BREAKS)
def test_what_is_broken_is_told_where_it_is(
    finished: Path, tmp_path: Path, rule: str, file: str, line: int | None, pointer: str, change: Callable[[Path], None]
) -> None:
    folder = tmp_path / "b"
    shutil.copytree(finished, folder)
    if rule == "unfinished" and not file:
        (folder / ".soundscape").mkdir()
        shutil.copy(folder / LOCK, folder / ".soundscape" / "lock.json")
    change(folder)
    out = told(folder)
    here = [f for f in out if (f.rule, f.line, f.pointer) == (rule, line, pointer) and Path(f.file) == folder / file]
    assert here, [str(f) for f in out]
    assert here[0].found
    assert here[0].expected


def test_every_rule_on_builds_is_among_the_breaks() -> None:
    from tests.test_validation import ELSEWHERE

    assert {rule for rule, *_ in BREAKS} >= ELSEWHERE["test_validation_builds"]


def test_plans_are_found_in_any_order(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "b")
    lines = (tmp_path / "b" / PLANS).read_text().splitlines(keepends=True)
    (tmp_path / "b" / PLANS).write_text("".join(reversed(lines)))
    assert told(tmp_path / "b") == []


def test_the_report_of_another_version_is_left_alone(finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "b")
    edit_whole("report.json", lambda v: v.update(hours=3.5))(tmp_path / "b")
    edit_whole(LOCK, lambda v: v.update(soundscape_version="0.0.1"))(tmp_path / "b")
    assert told(tmp_path / "b") == []


def test_a_lock_may_hide_its_seed_behind_a_commitment(finished: Path) -> None:
    lock = replace(locks.read(finished), seed=None, seed_commitment="0" * 64)
    assert examine("lock", schema.to_builtins(lock))[0] == []


def test_a_bank_is_checked_source_by_source(small_bank_folder: Path) -> None:
    found = validate(small_bank_folder)
    assert (found.ok, found.files[0].kind) == (True, "source")
