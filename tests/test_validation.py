"""Documents against schema and sense: every rule is broken, every problem stands where it belongs."""

from __future__ import annotations

import itertools
import json
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape import schema
from soundscape.errors import UsageError
from soundscape.validation import RULES, Finding, places, quick, validate
from soundscape.validation.documents import examine
from soundscape.validation.findings import MOST_GROUPS, Summary
from soundscape.validation.kinds import guess
from tests import validation_material as material
from tests.validation_material import Json, answer_key, data, plan, source, write_lines

Break = tuple[str, str, Callable[[Json], Any]]


def put(pointer: str, value: Any) -> Callable[[Json], Any]:
    """Return what sets the value at a pointer."""

    def change(document: Json) -> None:
        *path, last = pointer.split("/")[1:]
        place: Any = document
        for part in path:
            place = place[int(part)] if isinstance(place, list) else place[part]
        place[int(last) if isinstance(place, list) else last] = value

    return change


#: Rule, pointer at which it must be told, and what breaks it; one thing each.
KEY_BREAKS: list[Break] = [
    ("schema", "/events/1/gender", put("/events/1/gender", "femal")),
    ("event-ids", "/events/2/event_id", put("/events/2/event_id", "e01")),
    ("event-span", "/events/3/end_time", put("/events/3/end_time", 5.5)),
    ("event-span", "/events/4/end_time", put("/events/4/end_time", 10.2)),
    ("placed-span", "/events/3/placed", put("/events/3/placed", {"start": 6.1, "end": 7.0})),
    ("speakers", "/events/0/speaker_id", put("/events/0/speaker_id", None)),
    ("speaker-overlap", "/events/1/start_time", put("/events/1/speaker_id", "S1")),
    ("clip-name", "/clip_id", put("/clip_id", "other-test-000000")),
    ("active-regions", "/events/3/active_regions/1", put("/events/3/active_regions/1/start", 6.2)),
    ("active-regions", "/events/3/active_regions", put("/events/3/active_regions", [])),
    ("audible-span", "/events/3/audible", put("/events/3/audible/end", 6.9)),
    ("audible-span", "/events/3/audible", put("/events/3/audible/end", 11.0)),
    ("words", "/events/0/words/1", put("/events/0/words/1/end", 1.5)),
    ("words", "/events/0/words/0", put("/events/0/words/0", {"word": "x", "start": 0.1, "end": 0.2})),
    ("num-speakers", "/num_speakers", put("/num_speakers", 3)),
    ("languages", "/languages", put("/languages", ["en", "de"])),
    ("speech-overlap", "/speech_overlap", put("/speech_overlap", 0.2)),
    ("unscored-reason", "/events/4/unscored_reason", put("/events/4/unscored_reason", None)),
    ("unscored-reason", "/events/1/unscored_reason", put("/events/1/unscored_reason", "too soft")),
    ("claim", "/events/0/transcription", put("/events/0/transcription", None)),
    ("claim", "/events/3/description", put("/events/3/description", "")),
    ("source-name", "/events/0/provenance/source_id", put("/events/0/provenance/source_id", "mine:s9")),
    ("scene", "/events/0/distance_m", put("/events/0/distance_m", 7.2)),
    ("scene", "/scene/microphone", put("/scene/microphone", [1.0, 4.5, 1.0])),
    ("full-scale", "/true_peak_dbtp", put("/true_peak_dbtp", 0.3)),
    ("seed", "/seed", put("/seed", None)),
]
PLAN_BREAKS: list[Break] = [
    ("schema", "/events/0/fade_in", put("/events/0/fade_in", -1)),
    ("clip-name", "/clip_id", put("/scene_index", 3)),
    ("event-span", "/events/0/start_time", put("/events/0/start_time", -0.5)),
    ("source-twice", "/events/1/source_id", put("/events/1/source_id", "mine:s0")),
    ("crop", "/events/0/crop", put("/events/0/crop/end", 1.5)),
    ("crop", "/events/0/crop", put("/events/0/crop/start", -0.1)),
    ("fades", "/events/0/fade_out", put("/events/0/fade_out", 3.0)),
    ("fades", "/events/2/loop_crossfade", put("/events/2/loop_crossfade", 3.5)),
    ("gain-curve", "/events/2/gain_curve/1/time", put("/events/2/gain_curve/1/time", 0.5)),
    ("room", "/room/microphone", put("/room/microphone", [6.0, 1.0, 1.0])),
    ("room", "/events/1/position", put("/events/1/position", [2.0, 2.0, 3.5])),
]
SOURCE_BREAKS: list[Break] = [
    ("schema", "/type", put("/type", "voice")),
    ("source-name", "/source_id", put("/source_id", "mine:s1")),
    ("source-path", "/path", put("/path", "../s0.wav")),
    ("source-needs", "/transcription", put("/transcription", None)),
    ("source-span", "/duration", put("/frames", 16000)),
    ("source-span", "/active_end", put("/active_end", 2.5)),
    ("source-span", "/active_regions/1", put("/active_regions/1/start", 0.5)),
]
#: Rules that other tests break.
ELSEWHERE = {
    "test_validation": {"json", "duplicate", "empty"},
    "test_validation_predictions": {"unparsed", "repair", "ignored", "prediction-span"},
    "test_validation_recipes": {"yaml", "sense"},
    "test_validation_builds": {
        "unfinished", "file-missing", "file-unknown", "clip-missing", "clip-unknown", "lock-agrees", "plan-digest",
        "plan-agrees", "audio", "public", "report", "credits", "lock-recipe", "lock-banks", "lock-clips",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "document"), [("answer-key", answer_key()), ("answer-key", material.dry(answer_key())), ("plan", plan()),
                           ("source", source())],
)  # fmt: skip
def test_what_is_right_has_no_findings(tmp_path: Path, kind: str, document: object) -> None:
    path = write_lines(tmp_path / "x.jsonl", [data(document)])
    found = validate(path)
    assert (found.ok, found.groups, found.files[0].kind, found.files[0].told_by) == (True, (), kind, "content")


@pytest.mark.parametrize(
    ("kind", "document", "rule", "pointer", "change"),
    [
        *(("answer-key", answer_key(), *b) for b in KEY_BREAKS),
        *(("plan", plan(), *b) for b in PLAN_BREAKS),
        *(("source", source(), *b) for b in SOURCE_BREAKS),
    ],
)
def test_every_rule_is_told_at_its_place(
    kind: str, document: object, rule: str, pointer: str, change: Callable[[Json], Any]
) -> None:
    value = data(document)
    change(value)
    complaints, _ = examine(kind, value)
    told = [c for c in complaints if c.rule == rule and c.pointer == pointer]
    assert told, [(c.rule, c.pointer) for c in complaints]
    assert told[0].found
    assert told[0].expected


def test_every_rule_is_broken_by_some_test() -> None:
    broken = {rule for rule, _, _ in (*KEY_BREAKS, *PLAN_BREAKS, *SOURCE_BREAKS)}
    assert broken | set().union(*ELSEWHERE.values()) == set(RULES)


def test_a_scene_without_room_has_no_distances() -> None:
    value = data(material.dry(answer_key()))
    value["events"][0]["distance_m"] = 2.0
    value["scene"]["rt60_measured"] = 0.3
    assert {c.pointer for c in examine("answer-key", value)[0]} == {"/events/0/distance_m", "/scene/rt60_measured"}


def test_overlaps_are_found_behind_shorter_events_of_the_same_voice() -> None:
    value = data(answer_key())
    value["events"][1] |= {"start_time": 0.5, "end_time": 9.5, "speaker_id": "S1"}
    told = [c.pointer for c in examine("answer-key", value)[0] if c.rule == "speaker-overlap"]
    assert told == ["/events/0/start_time", "/events/2/start_time"]


def places_of(value: Any, pointer: str = "") -> list[str]:
    """Every pointer into a document but that of the whole."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    inner = [places_of(item, f"{pointer}/{key}") for key, item in parts]
    return [*([pointer] if pointer else []), *itertools.chain.from_iterable(inner)]


KEY = data(answer_key())


@settings(max_examples=120, deadline=None)
@given(pointer=st.sampled_from(sorted(places_of(KEY))), wrong=st.sampled_from([{"no such key": 1}, [[]], True]))
def test_a_wrong_value_is_told_where_it_stands(pointer: str, wrong: Any) -> None:
    value = json.loads(json.dumps(KEY))
    if wrong is True and pointer.endswith("/scored"):
        wrong = "yes"
    if pointer == "/factors":  # whose keys are free
        wrong = [1]
    put(pointer, wrong)(value)
    found = schema.problems("uaap", value)
    assert found
    assert all((p.pointer + "/").startswith(pointer + "/") for p in found), [p.pointer for p in found]
    assert {p.pointer for p in quick.problems("uaap", value)} == {p.pointer for p in found}


@settings(max_examples=60, deadline=None)
@given(pointer=st.sampled_from(sorted(p for p in places_of(KEY) if not p.split("/")[-1].isdigit())))
def test_a_lost_key_and_a_strange_one_are_told_where_they_belong(pointer: str) -> None:
    parent, _, name = pointer.rpartition("/")
    lost = value = json.loads(json.dumps(KEY))
    for part in parent.split("/")[1:]:
        lost = lost[int(part)] if isinstance(lost, list) else lost[part]
    lost[f"{name}_"] = lost.pop(name)
    complaints, _ = examine("answer-key", value)
    if parent == "/factors":  # whose keys are free
        return
    assert any(c.pointer == parent and repr(name) in c.expected for c in complaints)
    # What else an event may hold depends on its type.
    assert name == "type" or f"{pointer}_" in {c.pointer for c in complaints}


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(["uaap", "plan", "source", "prediction"]),
    seed=st.integers(0, 10**6),
    wrong=st.sampled_from([None, 0, -1, 1.5, 1.0, "", "de", "speech", "1.0", True, [], ["a", "a"], {}, 10**30]),
)
def test_the_quick_checker_never_says_yes_where_jsonschema_says_no(name: str, seed: int, wrong: Any) -> None:
    value = {"uaap": KEY, "plan": data(plan()), "source": data(source()), "prediction": material.prediction("a")}[name]
    value = json.loads(json.dumps(value))
    everywhere = places_of(value)
    put(everywhere[seed % len(everywhere)], wrong)(value)
    check = quick.checker(name)
    assert check is not None
    problems = schema.problems(name, value)
    assert not (check(value) and problems)
    assert sorted(map(str, quick.problems(name, value))) == sorted(map(str, problems))


@pytest.mark.parametrize("name", schema.names())
def test_every_shipped_schema_has_a_quick_checker(name: str) -> None:
    assert quick.checker(name) is not None


def findings(path: Path, **options: Any) -> list[Finding]:
    out: list[Finding] = []
    validate(path, each=out.append, **options)
    return out


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(["answer-key", "prediction", "plan", "lock"]),
    strict=st.booleans(),
    at=st.floats(0, 1, exclude_max=True),
    bytes_=st.binary(min_size=1, max_size=4),
)
def test_whatever_the_bytes_are_there_are_findings_and_no_crash(
    tmp_path_factory: pytest.TempPathFactory, kind: str, strict: bool, at: float, bytes_: bytes
) -> None:
    text = json.dumps(KEY).encode()
    place = int(at * len(text))
    path = tmp_path_factory.mktemp("bytes") / "x.jsonl"
    path.write_bytes(text[:place] + bytes_ + text[place + len(bytes_) :])
    for finding in findings(path, kind=kind, strict=strict):
        assert finding.rule in RULES
        assert finding.found
        assert finding.expected


@pytest.mark.parametrize(
    ("text", "column", "pointer", "found"),
    [
        (b'{"a": [1, 2}', 12, "", "'}'"),
        (b'{"a" 1}', 6, "", "'1}'"),
        (b'{"a": 1', 8, "", "the end of the text"),
        (b'{"a": 1} x', 10, "", "'x'"),
        (b'{"a": "\xff"}', 8, "", "0xff"),
        (b"\xef\xbb\xbf{}", 1, "", "byte order mark"),
        (b'{"clip_id": "k", "a": [0, NaN]}', None, "/a/1", "NaN"),
        (b'{"clip_id": "k", "a/b": -Infinity}', None, "/a~1b", "-Infinity"),
        (b'{"a": 1e999}', None, "/a", "Infinity"),
        (b'{"a": "\\ud800"}', None, "", "surrogate"),
        (b"[" * 200_000, None, "", "nested too deeply"),
        (b'{"a": ' + b"1" * 5000 + b"}", None, "", "thousands of digits"),
    ],
)
def test_broken_lines_are_told_with_line_and_column(
    tmp_path: Path, text: bytes, column: int | None, pointer: str, found: str
) -> None:
    path = write_lines(tmp_path / "answer_key" / "test.jsonl", [text, b"", KEY, text])
    told = findings(path)
    assert [(f.rule, f.line, f.column, f.pointer) for f in told][:2] == [
        ("json", line, column, pointer) for line in (1, 4)
    ]
    assert found in told[0].found
    assert f"{path}, line 1" in str(told[0])


def test_a_pretty_printed_document_is_read_whole_and_told_by_its_own_lines(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    path.write_text(json.dumps(KEY, indent=1))
    assert validate(path).ok
    path.write_text(json.dumps(KEY, indent=1).replace('"channels": 1,', '"channels" 1,'))
    told = findings(path, kind="answer-key")
    assert (told[0].rule, told[0].line) == ("json", path.read_text().split("\n").index(' "channels" 1,') + 1)


def test_a_line_beyond_all_bounds_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("soundscape.validation.lines.LONGEST", 20_000)
    path = write_lines(tmp_path / "plans" / "x.jsonl", [data(plan(0)), b'{"a": "' + b"x" * 50_000, data(plan(1))])
    assert [(f.line, f.rule) for f in findings(path)] == [(2, "json")]


def test_an_empty_file_is_no_answer_key(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "answer_key" / "test.jsonl", [b"", b"  "])
    assert [f.rule for f in findings(path)] == ["empty"]


@pytest.mark.parametrize("same_hash", [False, True])
def test_duplicates_are_told_with_both_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, same_hash: bool) -> None:
    if same_hash:
        monkeypatch.setattr(places, "hash", lambda name: 7, raising=False)
    keys = [data(answer_key(i)) for i in (0, 1, 2, 1, 3, 1)]
    told = findings(write_lines(tmp_path / "x.jsonl", keys))
    assert [(f.rule, f.line, f.clip, f.pointer) for f in told] == [
        ("duplicate", 4, "small-test-000001", "/clip_id"),
        ("duplicate", 6, "small-test-000001", "/clip_id"),
    ]
    assert all("line 2" in f.found for f in told)


def test_memory_does_not_grow_with_the_file_and_well_formed_keys_are_quick(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.jsonl", (data(answer_key(i)) for i in range(1500)))
    validate(path)
    began = time.perf_counter()
    assert validate(path).ok
    # jsonschema alone would take some ten seconds.
    assert time.perf_counter() - began < 4.0
    tracemalloc.start()
    validate(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000 < path.stat().st_size


def test_progress_tells_of_bytes(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "x.jsonl", (data(answer_key(i)) for i in range(600)))
    told: list[tuple[int, int]] = []
    validate(path, progress=lambda done, total: told.append((done, total)))
    size = path.stat().st_size
    assert told
    assert all(0 < done <= total == size for done, total in told)
    assert told == sorted(told)


def test_groups_gather_by_rule_and_place_and_show_different_lines() -> None:
    summary = Summary()
    for line in range(1, 1001):
        for event in (3, 12):
            pointer = f"/events/{event}/type"
            expected = "one of 'speech', 'music'; did you mean 'music'?"
            summary.add(Finding(severity="problem", rule="schema", kind="prediction", file="a", line=line, clip="c",
                                pointer=pointer, found='"mus"', expected=expected))  # fmt: skip
    (group,) = summary.groups()
    assert (group.count, group.pattern, group.about) == (2000, "/events/*/type", "one of 'speech', 'music'")
    assert [f.line for f in group.examples] == [1, 2, 3]


def test_groups_are_bounded() -> None:
    summary = Summary()
    for n in range(3 * MOST_GROUPS):
        summary.add(Finding(severity="problem", rule="schema", kind="plan", file="a", pointer=f"/x{n}", found="1",
                            expected="2"))  # fmt: skip
    assert (len(summary.groups()), summary.beyond, summary.problems) == (MOST_GROUPS, 2 * MOST_GROUPS, 3 * MOST_GROUPS)


@pytest.mark.parametrize(
    ("name", "content", "kind", "by"),
    [
        ("answer_key/test.jsonl", "{", "answer-key", "name"),
        ("plans/test.jsonl", "{", "plan", "name"),
        ("soundscape.lock.json", "{", "lock", "name"),
        ("mine.yaml", "a", "recipe", "name"),
        ("x.jsonl", '{"events": [], "plan_digest": ""}', "answer-key", "content"),
        ("x.jsonl", '{broken\n{"events": [], "scene_index": 1}', "plan", "content"),
        ("x.jsonl", '{"clip_id": "a", "events": []}', "prediction", "content"),
        ("x.jsonl", '{"clip_id": "a", "output": ""}', "prediction", "content"),
        ("x.jsonl", '{"source_id": "a:b"}', "source", "content"),
        ("lock.json", '{\n"clip_count": 3,\n"banks": []}', "lock", "content"),
        ("clip.txt", "I hear a dog.", "prediction", "name"),
        ("clip.json", "[]", "prediction", "content"),
    ],
)
def test_kinds_are_guessed(tmp_path: Path, name: str, content: str, kind: str, by: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    told = guess(path)
    assert (told.kind, told.by) == (kind, by)


def test_what_cannot_be_guessed_opened_or_named_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# nothing")
    (tmp_path / "void").mkdir()
    with pytest.raises(UsageError, match="cannot tell what kind of file") as caught:
        validate(tmp_path / "notes.md")
    assert "--kind answer-key|prediction" in str(caught.value)
    with pytest.raises(UsageError, match="cannot tell what kind of folder"):
        validate(tmp_path / "void")
    with pytest.raises(UsageError, match=r"no such file or folder; did you mean '.*notes\.md'"):
        validate(tmp_path / "note.md")
    with pytest.raises(UsageError, match="unknown kind 'answerkey'; did you mean 'answer-key'"):
        validate(tmp_path / "notes.md", kind="answerkey")
    with pytest.raises(UsageError, match="is a folder, expected a file of kind plan"):
        validate(tmp_path / "void", kind="plan")
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        validate("/dev/null", kind="plan")


def test_what_a_document_says_is_never_taken_for_a_pattern() -> None:
    value = data(plan()) | {"split": "te(st", "recipe": "small["}
    assert ("clip-name", "/clip_id") in [(c.rule, c.pointer) for c in examine("plan", value)[0]]
