"""Predictions: read leniently with every repair told, or strictly with every disagreement told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from soundscape.scoring.files import read_predictions
from soundscape.validation import Finding, Validation, validate
from tests.validation_material import Json, prediction, write_lines


def check(path: Path, **options: Any) -> tuple[Validation, list[Finding]]:
    out: list[Finding] = []
    return validate(path, kind="prediction", each=out.append, **options), out


def raw(clip: str, text: str) -> Json:
    return {"clip_id": clip, "output": text}


def changed(clip: str, **fields: Any) -> Json:
    """An answer whose first event has other fields; None takes one away."""
    answer = prediction(clip)
    answer["events"][0] |= fields
    return answer


@pytest.mark.parametrize("strict", [False, True])
def test_faultless_answers_have_no_findings(tmp_path: Path, strict: bool) -> None:
    answers = [prediction("a"), {"clip_id": "b", "events": []}, raw("c", json.dumps(prediction("c")["events"])),
               {"clip_id": "d", "output": prediction("d")["events"]}]  # fmt: skip
    found, told = check(write_lines(tmp_path / "p.jsonl", answers), strict=strict)
    assert (found.ok, told) == (True, [])


def test_repairs_are_warnings_with_their_count(tmp_path: Path) -> None:
    answers = [
        changed("a", type="talking", start_time="1.5", mood="calm"),
        raw("b", 'Here it is:\n```json\n[{"type": "music", "start_time": "0:02", "end_time": 5,}]\n```'),
    ]
    found, told = check(write_lines(tmp_path / "p.jsonl", answers))
    assert found.ok
    assert {(f.severity, f.rule) for f in told} == {("warning", "repair")}
    by_clip = {clip: {f.found.partition(":")[0] for f in told if f.clip == clip} for clip in "ab"}
    assert {"type_alias", "numeric_string", "field_name"} & by_clip["a"]
    assert {"time_format", "trailing_comma", "code_fence"} & by_clip["b"]
    assert {(f.line, f.pointer) for f in told} == {(1, "/events"), (2, "/output")}
    # The counts are those that the marking reports.
    read = read_predictions(tmp_path / "p.jsonl")
    assert sum(f.count for f in told) == sum(read.repairs().values()) == found.warnings


STRICT_BREAKS: list[tuple[Json, str, str]] = [
    (changed("a", type="sfx"), "schema", "/events/0/type"),
    (changed("a", start_time="1.5"), "schema", "/events/0/start_time"),
    (changed("a", mood="calm"), "schema", "/events/0/mood"),
    (changed("a", gender="man"), "schema", "/events/0/gender"),
    (changed("a", start_time=4.0), "prediction-span", "/events/0"),
    ({"clip_id": "a", "event": []}, "unparsed", ""),
    ({"events": []}, "schema", "/clip_id"),
    ({"clip_id": 7, "events": []}, "schema", "/clip_id"),
    (raw("a", "[{]"), "json", "/output"),
    (raw("a", '[{"type": "music", "start_time": 1}]'), "schema", "/output/0"),
    (raw("a", '{"events": [{"type": "music", "start_time": 1, "end_time": "2"}]}'), "schema",
     "/output/events/0/end_time"),
    (raw("a", '[{"type": "music", "start_time": NaN, "end_time": 2}]'), "json", "/output/0/start_time"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "rule", "pointer"), STRICT_BREAKS)
def test_strictly_everything_is_a_problem_with_its_pointer(
    tmp_path: Path, answer: Json, rule: str, pointer: str
) -> None:
    found, told = check(write_lines(tmp_path / "p.jsonl", [prediction("first"), answer]), strict=True)
    assert not found.ok
    assert (rule, pointer, 2) in [(f.rule, f.pointer, f.line) for f in told], [str(f) for f in told]


@pytest.mark.parametrize("answer", [a for a, rule, _ in STRICT_BREAKS if rule != "prediction-span"])
def test_what_strict_marking_cannot_read_strict_validation_refuses(tmp_path: Path, answer: Json) -> None:
    path = write_lines(tmp_path / "p.jsonl", [answer])
    read = read_predictions(path, strict=True)
    if read.notes:
        assert not check(path, strict=True)[0].ok


@pytest.mark.parametrize(
    ("answer", "rule", "pointer"),
    [
        (raw("a", "I cannot hear anything in particular."), "unparsed", "/output"),
        (raw("a", ""), "unparsed", "/output"),
        ({"clip_id": "a", "events": None}, "unparsed", "/events"),
        ({"clip_id": "a"}, "unparsed", ""),
        ([1, 2], "schema", ""),
        (b'{"clip_id": "a", "events": [}', "json", ""),
        (b'{"clip_id": "a", "out\xffput": ""}', "json", ""),
    ],
)
def test_what_cannot_be_read_at_all_is_a_problem(tmp_path: Path, answer: object, rule: str, pointer: str) -> None:
    found, told = check(write_lines(tmp_path / "p.jsonl", [answer, prediction("b")]))
    assert [(f.severity, f.rule, f.line, f.pointer) for f in told] == [("problem", rule, 1, pointer)]
    assert not found.ok
    assert told[0].found
    assert told[0].expected


def test_what_python_writes_is_read_leniently_as_it_is_marked(tmp_path: Path) -> None:
    line = json.dumps(changed("a", start_time=float("nan"), transcription="half \ud83d")).encode()
    path = write_lines(tmp_path / "p.jsonl", [line, b"\xef\xbb\xbf" + json.dumps(prediction("b")).encode()])
    found, told = check(path)
    assert found.ok
    assert "not_a_number" in {f.found.partition(":")[0] for f in told}
    assert [f.rule for f in check(path, strict=True)[1]] == ["json", "json"]


def test_guesses_without_length_are_told_and_do_not_make_a_file_invalid(tmp_path: Path) -> None:
    found, told = check(write_lines(tmp_path / "p.jsonl", [changed("a", start_time=5.0), changed("b", start_time=-1)]))
    assert found.ok
    assert [(f.severity, f.rule) for f in told] == [("warning", "prediction-span")] * 2


def test_a_clip_answered_twice_is_a_problem(tmp_path: Path) -> None:
    answers = [prediction("a"), {"clip_id": 5, "events": []}, prediction("a"), {"clip_id": "5", "events": []}]
    told = check(write_lines(tmp_path / "p.jsonl", answers))[1]
    assert sorted((f.rule, f.line, f.clip) for f in told) == [("duplicate", 3, "a"), ("duplicate", 4, "5")]


def test_a_folder_of_answers(tmp_path: Path) -> None:
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "a.json").write_text(json.dumps(prediction("a"), indent=1))
    (folder / "b.txt").write_text('Sure: [{"type": "music", "start_time": 1, "end_time": 2}]')
    (folder / "c.txt").write_text("Nothing.")
    (folder / "c.json").write_text("[]")
    (folder / "notes.md").write_text("mine")
    told: list[Finding] = []
    found = validate(folder, each=told.append)
    assert (found.files[0].kind, found.files[0].told_by, found.ok) == ("prediction", "content", False)
    names = [(Path(f.file).name, f.severity, f.rule) for f in told]
    assert names == [
        ("b.txt", "warning", "repair"), ("c.txt", "problem", "duplicate"), ("c.txt", "problem", "unparsed"),
        ("notes.md", "warning", "ignored"),
    ]  # fmt: skip
    assert [f.rule for f in check(folder, strict=True)[1] if f.file.endswith("b.txt")] == ["json"]
    assert validate(folder / "b.txt").ok
    assert validate(folder / "a.json", strict=True).ok


def test_an_empty_folder_or_file_is_no_prediction(tmp_path: Path) -> None:
    (tmp_path / "answers").mkdir()
    assert [f.rule for f in check(tmp_path / "answers")[1]] == ["empty"]
    assert [f.rule for f in check(write_lines(tmp_path / "p.jsonl", []))[1]] == ["empty"]


def test_a_thousand_wrong_predictions_come_to_a_few_groups(tmp_path: Path) -> None:
    wrong = [
        changed(f"clip-{i}", type="sfx", start_time=str(i), **{f"typo{i % 3}": 1}) if i % 4 else raw(f"clip-{i}", "Hm.")
        for i in range(1000)
    ]
    found, told = check(write_lines(tmp_path / "p.jsonl", wrong), strict=True)
    assert len(told) == found.problems == 3 * 750 + 250
    assert {(g.count, g.rule, g.pattern) for g in found.groups} == {
        (750, "schema", "/events/*/type"),
        (750, "schema", "/events/*/start_time"),
        (250, "json", "/output"),
        *((250, "schema", f"/events/*/typo{n}") for n in range(3)),
    }
    assert [g.count for g in found.groups] == sorted((g.count for g in found.groups), reverse=True)
    assert all(len({f.line for f in g.examples}) == 3 for g in found.groups)
