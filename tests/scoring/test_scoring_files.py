"""Prediction files: both forms, and everything that can be odd about them."""

from __future__ import annotations

import json
import os
import time

import pytest

from soundscape.errors import PredictionError
from soundscape.records import PredictedEvent, Prediction
from soundscape.scoring.files import read_predictions

EVENT = {"type": "music", "start_time": 0.0, "end_time": 2.0, "description": "a waltz"}
EVENTS = (PredictedEvent(**EVENT),)
CLIP_IDS = ("r-test-000000", "r-test-000001", "r-test-000002")


def jsonl(path, *records):
    lines = (r if isinstance(r, str) else json.dumps(r, ensure_ascii=False) for r in records)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def kinds(found):
    return [note.kind for note in found.notes]


def test_events_and_raw_output_on_lines(tmp_path):
    path = jsonl(
        tmp_path / "p.jsonl",
        {"clip_id": CLIP_IDS[0], "duration": 2.0, "num_speakers": 0, "languages": [], "events": [EVENT]},
        {"clip_id": CLIP_IDS[1], "output": f"Sure!\n```json\n{json.dumps([EVENT])}\n```", "model": "x"},
        {"clip_id": CLIP_IDS[2], "events": None, "output": {"events": [EVENT]}},
    )
    found = read_predictions(path, clip_ids=CLIP_IDS)
    assert found.predictions == {
        CLIP_IDS[0]: Prediction(clip_id=CLIP_IDS[0], events=EVENTS),
        CLIP_IDS[1]: Prediction(clip_id=CLIP_IDS[1], events=EVENTS, repairs={"code_fence": 1, "text_around": 1}),
        CLIP_IDS[2]: Prediction(clip_id=CLIP_IDS[2], events=EVENTS),
    }
    assert list(found.predictions) == list(CLIP_IDS)
    assert found.notes == ()
    assert found.repairs() == {"code_fence": 1, "text_around": 1}


def test_a_folder_of_answers(tmp_path):
    (tmp_path / "b.json").write_text(json.dumps({"events": [EVENT]}))
    (tmp_path / "a.txt").write_text(f"I hear {json.dumps([EVENT])}")
    (tmp_path / "c.TXT").write_text("nothing much")
    (tmp_path / "b.txt").write_text("[]")
    (tmp_path / "d.csv").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "e.json").mkdir()
    found = read_predictions(tmp_path)
    assert {clip: (p.events, p.parsed) for clip, p in found.predictions.items()} == {
        "a": (EVENTS, True), "b": (EVENTS, True), "c": ((), False),
    }  # fmt: skip
    assert kinds(found) == ["duplicate_clip", "unparsed", "ignored_file", "ignored_file"]
    assert [n.where.rpartition(os.sep)[2] for n in found.notes] == ["b.txt", "c.TXT", "d.csv", "e.json"]


def test_missing_unknown_and_repeated_clips(tmp_path):
    path = jsonl(
        tmp_path / "p.jsonl",
        {"clip_id": CLIP_IDS[1], "events": []},
        {"clip_id": "r-test-00000", "events": [EVENT]},
        {"clip_id": CLIP_IDS[1], "events": [EVENT]},
    )
    found = read_predictions(path, clip_ids=CLIP_IDS)
    assert found.predictions[CLIP_IDS[1]].events == (), "the first answer counts"
    assert [(n.kind, n.clip_id) for n in found.notes] == [
        ("duplicate_clip", CLIP_IDS[1]), ("missing_clip", CLIP_IDS[0]), ("missing_clip", CLIP_IDS[2]),
        ("unknown_clip", "r-test-00000"),
    ]  # fmt: skip
    assert f"{path}:3" in str(found.notes[0])
    assert f"{path}:1" in str(found.notes[0])
    assert "did you mean" in str(found.notes[3])
    assert (found.count("missing_clip"), found.count("unknown_clip"), found.count("broken_line")) == (2, 1, 0)
    assert kinds(read_predictions(path)) == ["duplicate_clip"], "without a key nothing is missing or unknown"


@pytest.mark.parametrize(
    "line", ["{", '{"clip_id": "x", "events": [', "[1]", "hello", "42", "null", '{"clip_id": "x"} {}', "[" * 100_000]
)
def test_broken_lines_are_noted_and_the_rest_is_read(tmp_path, line):
    path = jsonl(tmp_path / "p.jsonl", line, "", "  ", {"clip_id": "a", "events": [EVENT]})
    found = read_predictions(path, clip_ids=["a", "x"])
    assert kinds(found) == ["broken_line", "missing_clip"]
    assert found.notes[0].where == f"{path}:1"
    assert found.predictions["a"].events == EVENTS


def test_lines_that_are_not_utf8(tmp_path):
    path = tmp_path / "p.jsonl"
    path.write_bytes(b'{"clip_id": "a\xff", "events": []}\n\xef\xbb\xbf{"clip_id": "b", "events": []}\r\n')
    found = read_predictions(path)
    assert kinds(found) == ["broken_line"]
    assert list(found.predictions) == ["b"]


@pytest.mark.parametrize("clip_id", ["", None, True, 1.5, ["a"], {}])
def test_lines_that_name_no_clip(tmp_path, clip_id):
    path = jsonl(tmp_path / "p.jsonl", {"clip_id": clip_id, "events": []}, {"events": []})
    assert kinds(read_predictions(path)) == ["no_clip_id", "no_clip_id"]


def test_whole_numbers_name_clips(tmp_path):
    path = jsonl(tmp_path / "p.jsonl", {"clip_id": 7, "events": [EVENT]})
    assert list(read_predictions(path).predictions) == ["7"]


def test_answers_that_are_absent_or_unreadable_count_as_unparsed(tmp_path):
    path = jsonl(
        tmp_path / "p.jsonl",
        {"clip_id": "a"},
        {"clip_id": "b", "output": "I hear nothing in particular."},
        {"clip_id": "c", "output": None},
        {"clip_id": "d", "events": "none"},
    )
    found = read_predictions(path)
    assert [(p.events, p.parsed) for p in found.predictions.values()] == [((), False)] * 4
    assert kinds(found) == ["no_answer", "unparsed", "no_answer", "unparsed"]


def test_what_python_writes_but_json_forbids(tmp_path):
    path = jsonl(
        tmp_path / "p.jsonl",
        '{"clip_id": "a", "events": [{"type": "music", "start_time": NaN, "end_time": 1}, ' + json.dumps(EVENT) + "]}",
        '{"clip_id": "b", "output": "' + "\\ud800 " + json.dumps([EVENT]).replace('"', '\\"') + '"}',
    )
    found = read_predictions(path)
    assert found.predictions["a"].repairs == {"dropped_event": 1}
    assert found.predictions["b"].repairs == {"lone_surrogate": 1, "text_around": 1}
    assert [p.events for p in found.predictions.values()] == [EVENTS, EVENTS]


def test_strict_and_durations_reach_the_reading(tmp_path):
    loose = {**EVENT, "end_time": "end"}
    path = jsonl(tmp_path / "p.jsonl", {"clip_id": "a", "events": [loose]}, {"clip_id": "b", "events": [EVENT]})
    found = read_predictions(path, durations={"a": 2.0})
    assert found.predictions["a"] == Prediction(clip_id="a", events=EVENTS, repairs={"named_time": 1})
    strict = read_predictions(path, durations={"a": 2.0}, strict=True)
    assert strict.predictions["a"] == Prediction(clip_id="a", events=(), parsed=False)
    assert strict.predictions["b"].events == EVENTS


def test_an_empty_file_answers_nothing(tmp_path):
    path = tmp_path / "p.jsonl"
    path.touch()
    found = read_predictions(str(path), clip_ids=CLIP_IDS)
    assert (found.predictions, kinds(found)) == ({}, ["missing_clip"] * 3)


def test_a_path_that_cannot_be_read(tmp_path):
    with pytest.raises(PredictionError, match=r"cannot be read \(No such file"):
        read_predictions(tmp_path / "absent.jsonl")
    loop = tmp_path / "loop.jsonl"
    loop.symlink_to(loop)
    with pytest.raises(PredictionError, match=r"loop\.jsonl: the predictions cannot be read"):
        read_predictions(loop)


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_files_without_permission(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    (tmp_path / "a.json").chmod(0)
    assert kinds(read_predictions(tmp_path, clip_ids=["a"])) == ["unreadable_file", "missing_clip"]
    tmp_path.chmod(0)
    try:
        with pytest.raises(PredictionError, match="Permission denied"):
            read_predictions(tmp_path)
    finally:
        tmp_path.chmod(0o700)


def test_a_broken_link_in_a_folder_is_noted(tmp_path):
    (tmp_path / "a.json").symlink_to(tmp_path / "absent")
    assert kinds(read_predictions(tmp_path)) == ["ignored_file"]


def test_many_clips_are_read_fast(tmp_path):
    path = jsonl(tmp_path / "p.jsonl", *({"clip_id": f"c{i}", "events": [EVENT] * 5} for i in range(2000)))
    begun = time.process_time()
    assert len(read_predictions(path).predictions) == 2000
    assert time.process_time() - begun < 1.0
