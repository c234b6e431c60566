"""``soundscape baseline``, ``score``, ``compare``, ``leaderboard`` and ``prompt``, end to end on a small build."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from soundscape import schema
from soundscape.cli import main
from soundscape.cli.score import _CHOICES
from soundscape.dataset.build import build, prepare
from soundscape.scoring.baselines import BASELINES
from soundscape.scoring.document import read_scores
from soundscape.scoring.options import CHOICES
from soundscape.scoring.prompt import prompt_digest

Run = Callable[..., tuple[int, str, str]]

PERFECT = (
    "reward", "strict_reward", "iou_cos", "strict_iou_cos", "iou", "strict_iou", "f1", "recall", "precision", "how",
    "snd", "burst", "spk_acc",
)  # fmt: skip


@pytest.fixture(scope="module")
def finished(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = {
        "name": "small", "clips": 5, "duration": {"uniform": [8, 12]},
        "speech": {"languages_per_scene": 2, "speakers": 2, "coverage": 0.6, "overlap": {"uniform": [0.1, 0.25]}},
        "bursts": {"count": 1},
        "effects": {"count": 2, "loudness": "quiet"},
        "background": {"kind": {"choice": ["music", "ambience"]}, "snr_db": 8, "duck_db": -6},
    }  # fmt: skip
    out = tmp_path_factory.mktemp("marked") / "build"
    build(prepare(recipe, banks=(str(small_bank_folder),)), out, jobs=1)
    return out


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


@pytest.fixture
def oracle(run: Run, finished: Path, tmp_path: Path) -> Path:
    path = tmp_path / "oracle.jsonl"
    assert run("baseline", "oracle", finished, "--out", path)[0] == 0
    return path


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def write(path: Path, answers: list[Any]) -> Path:
    texts = [answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False) for answer in answers]
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return path


def marked(run: Run, key: Path, *preds: object, more: tuple[object, ...] = ()) -> dict[str, Any]:
    code, out, _ = run("score", "--key", key, "--pred", *preds, "--embedder", "lexical", "--json", *more)
    assert code == 0
    document: dict[str, Any] = json.loads(out)
    assert schema.problems("scores", document) == []
    return document


def values(document: dict[str, Any]) -> dict[str, float | None]:
    return {name: column["value"] for name, column in document["columns"].items()}


# What trivial systems score


def test_the_oracle_scores_exactly_one_through_files(run: Run, finished: Path, oracle: Path) -> None:
    document = marked(run, finished, oracle)
    columns = values(document)
    assert {name: columns[name] for name in PERFECT} == dict.fromkeys(PERFECT, 1.0)
    assert columns["wer"] == columns["halluc"] == columns["unparsed"] == columns["missing"] == 0.0
    assert document["system"] == "oracle"
    assert document["answers"] == {"missing": [], "unparsed": [], "unknown": [], "repairs": {}, "notes": []}
    assert all(c["low"] == c["high"] == 1.0 for n, c in document["columns"].items() if n in PERFECT)
    assert all(entry["corrected"] in (1.0, None) for entry in document["chance"].values())


def test_silence_scores_nothing(run: Run, finished: Path, tmp_path: Path) -> None:
    code, out, _ = run("baseline", "silence", finished)
    assert code == 0
    path = tmp_path / "silence.jsonl"
    path.write_text(out, encoding="utf-8")
    columns = values(marked(run, finished, path))
    assert [columns[name] for name in ("reward", "strict_reward", "iou", "f1", "recall", "pred")] == [0.0] * 6
    assert columns["wer"] is columns["precision"] is columns["halluc"] is None


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_writes_valid_predictions_for_every_clip(
    run: Run, finished: Path, tmp_path: Path, name: str
) -> None:
    path = tmp_path / "deep" / "er" / f"{name}.jsonl"
    assert run("baseline", name, finished, "--out", path) == (0, "", "")
    answers = lines(path)
    assert [a["clip_id"] for a in answers] == [k["clip_id"] for k in lines(finished / "answer_key/test.jsonl")]
    assert all(schema.problems("prediction", answer) == [] for answer in answers)
    columns = values(marked(run, finished, path, more=("--strict",)))
    assert columns["unparsed"] == columns["missing"] == 0.0
    assert (columns["f1"] == 1.0) == (name == "oracle")


def test_energy_listens_and_the_others_need_no_audio(run: Run, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "deaf" / "answer_key").mkdir(parents=True)
    shutil.copy(finished / "answer_key/test.jsonl", tmp_path / "deaf/answer_key/test.jsonl")
    assert run("baseline", "spam", tmp_path / "deaf")[0] == 0
    code, out, err = run("baseline", "energy", tmp_path / "deaf")
    assert (code, out) == (1, "")
    assert "no audio of clip 'small-test-000000'" in err
    heard = tmp_path / "energy.jsonl"
    run("baseline", "energy", finished, "--out", heard)
    assert any(event["start_time"] > 0 for answer in lines(heard) for event in answer["events"])


def test_random_systems_are_seeded(run: Run, finished: Path) -> None:
    first, again, other = (run("baseline", "random", finished, "--seed", seed)[1] for seed in (1, 1, 2))
    assert first == again != other


# What people see


def test_the_table_is_readable_in_100_columns(run: Run, finished: Path, tmp_path: Path) -> None:
    spam = tmp_path / "spam.jsonl"
    run("baseline", "spam", finished, "--out", spam)
    code, out, err = run("score", "--key", finished, "--pred", spam, "--embedder", "lexical", "--by", "all")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 100
    rows = {line[:16].strip(): line for line in out.splitlines()}
    assert "95 % interval  by chance  above chance" in out
    for name in ("Reward", "Strict Reward", "F1", "WER", "halluc"):
        assert "[" in rows[name], name
    document = marked(run, finished, spam)
    assert f"{document['columns']['reward']['value']:.3f}" in rows["Reward"]
    chance = document["chance"]["snd"]
    assert rows["snd (cos)"].split()[-2:] == [f"{chance['level']:.3f}", f"{chance['corrected']:+.3f}"]
    assert rows["how (cos)"].split()[-1] == "–"  # all speech of the bank is said in one manner: chance is 1
    assert "unparsed: 0" in out
    assert document["signature_text"] in out.replace("\n  |", "|")
    for factor in {part["factor"] for part in document["slices"]}:
        assert any(line.startswith(f"{factor}  ") for line in out.splitlines()), factor
    assert "type         SNR dB" in out


def test_slices_are_shown_when_asked_for_and_always_kept(run: Run, finished: Path, oracle: Path) -> None:
    call = ("score", "--key", finished, "--pred", oracle, "--embedder", "lexical")
    assert "\ntype " not in run(*call)[1]
    shown = run(*call, "--by", "type,overlap", "--by", "language")[1]
    heads = [line.split()[0] for line in shown.splitlines() if line.endswith(("spkAcc", "halluc"))]
    assert heads == ["type", "language", "overlap"]
    assert len({part["factor"] for part in marked(run, finished, oracle)["slices"]}) == 10


def test_score_files_and_json_are_the_same_bytes(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    out, per_clip = tmp_path / "out" / "scores.json", tmp_path / "out" / "clips.jsonl"
    call = ("score", "--key", finished, "--pred", oracle, "--embedder", "lexical")
    code, shown, _ = run(*call, "--json", "--out", out, "--per-clip", per_clip)
    assert code == 0
    assert out.read_text(encoding="utf-8") == shown
    table, intervals = read_scores(out)
    assert table.columns()["reward"] == 1.0
    assert intervals["reward"].low == 1.0
    keys = lines(finished / "answer_key/test.jsonl")
    each = lines(per_clip)
    assert [clip["clip_id"] for clip in each] == [key["clip_id"] for key in keys]
    assert [len(clip["events"]) for clip in each] == [sum(e["scored"] for e in key["events"]) for key in keys]
    assert not [p.name for p in out.parent.iterdir() if p.name.startswith(".")]


def test_outputs_that_are_no_files_are_written_in_place(run: Run, finished: Path, tmp_path: Path) -> None:
    target, link = tmp_path / "real.jsonl", tmp_path / "link.jsonl"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    assert run("baseline", "silence", finished, "--out", link)[0] == 0
    assert link.is_symlink()
    assert len(lines(target)) == 5
    reading, writing = os.pipe()
    assert run("baseline", "silence", finished, "--out", f"/dev/fd/{writing}")[0] == 0
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        assert pipe.read() == target.read_bytes()


def test_what_cannot_be_written_is_named(run: Run, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    code, _, err = run("baseline", "silence", finished, "--out", tmp_path / "file" / "x.jsonl")
    assert code == 3
    assert "x.jsonl cannot be written" in err


# Predictions in all shapes


def test_four_formats_of_equal_content_score_alike(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    answers = lines(oracle)
    for number, event in enumerate(e for a in answers for e in a["events"]):
        event["start_time"] += 0.25 * (number % 3)
        if event["type"] == "speech":
            event["emotion"] = ("intense anger", "slight joy", "moderate fear")[number % 3]
            event["transcription"] = event["transcription"][: -(number % 4) or None]
    wrapped = write(tmp_path / "wrapped.jsonl", answers)
    bare, raw = tmp_path / "bare", tmp_path / "raw"
    bare.mkdir()
    raw.mkdir()
    older = []
    for answer in answers:
        events, name = answer["events"], answer["clip_id"]
        (bare / f"{name}.json").write_text(json.dumps(events), encoding="utf-8")
        text = f"This is what I hear:\n\n```json\n{json.dumps({'events': events}, indent=2)}\n```\nAnything else?"
        (raw / f"{name}.txt").write_text(text, encoding="utf-8")
        older.append({"clip_id": name, "output": json.dumps({"clip_id": name, "events": [old(e) for e in events]})})
    documents = [
        marked(run, finished, path, more=("--system", "same"))
        for path in (wrapped, bare, raw, write(tmp_path / "older.jsonl", older))
    ]
    assert documents[1] == documents[0]
    assert 0.2 < (values(documents[0])["reward"] or 0.0) < 0.95
    repairs = [document["answers"].pop("repairs") for document in documents]
    assert documents[2] == documents[3] == documents[0] | {"answers": documents[2]["answers"]}
    assert [sorted(r) for r in repairs] == [[], [], ["code_fence", "text_around"], ["old_emotion"]]


def old(event: dict[str, Any]) -> dict[str, Any]:
    """An event as the older annotation has it: a label with a strength, four levels of loudness."""
    strengths = {"slight": 1, "moderate": 2, "intense": 3, "extreme": 4}
    out = dict(event)
    if event["type"] == "speech":
        strength, label = event["emotion"].split(" ")
        out["emotion"] = f"{label}_{strengths[strength]}"
    if event.get("loudness") == "very_quiet":
        out["loudness"] = "quiet"
    return out


def test_files_with_faults_are_scored_as_specified_and_say_so(
    run: Run, finished: Path, oracle: Path, tmp_path: Path
) -> None:
    answers = lines(oracle)
    given = [
        answers[0],
        {"clip_id": answers[0]["clip_id"], "events": []},
        {"clip_id": answers[1]["clip_id"], "output": "I hear people, I think."},
        "this is no JSON",
        {"clip_id": "small-test-000099", "events": []},
        '{"clip_id": "\\ud83d", "output": "[]"}',
        {"events": []},
        {"clip_id": answers[2]["clip_id"]},
        answers[4],
    ]
    path = write(tmp_path / "faulty.jsonl", given)
    document = marked(run, finished, path)
    names = [a["clip_id"] for a in answers]
    found = document["answers"]
    assert found["missing"] == [names[3]]
    assert found["unparsed"] == names[1:3]
    assert found["unknown"] == ["?", "small-test-000099"]
    assert len(found["notes"]) == 8
    rewards = dict(zip(document["per_clip"]["clip_id"], document["per_clip"]["totals"]["f1"], strict=True))
    assert [rewards[name] for name in names] == [1.0, 0.0, 0.0, 0.0, 1.0]
    code, out, err = run("score", "--key", finished, "--pred", path, "--embedder", "lexical")
    assert code == 0
    assert "unparsed: 2, without an answer: 1, unknown clips: 2" in out
    assert len(err.splitlines()) == 1
    for words in (
        f"1 of 5 clips without an answer ({names[3]})", f"1 unparsed answer ({names[1]})", "small-test-000099",
        f"1 line without an answer ({names[2]})", f"1 clip answered twice, first counts ({names[0]})",
        "1 broken line (line 4)", "1 line without a clip_id (line 7)",
    ):  # fmt: skip
        assert words in err, words


def test_strict_mends_nothing(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    answers = lines(oracle)
    fenced = [{"clip_id": a["clip_id"], "output": f"```json\n{json.dumps(a['events'])}\n```"} for a in answers]
    path = write(tmp_path / "fenced.jsonl", fenced)
    lenient, strict = marked(run, finished, path), marked(run, finished, path, more=("--strict",))
    assert values(lenient)["reward"] == 1.0
    assert lenient["answers"]["repairs"] == {"code_fence": 5}
    assert values(strict)["reward"] == 0.0
    assert values(strict)["unparsed"] == 1.0


def test_several_files_are_parts_of_one_answer(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    answers = lines(oracle)
    first, second = write(tmp_path / "a.jsonl", answers[:2]), write(tmp_path / "b.jsonl", answers[2:4])
    whole = write(tmp_path / "whole.jsonl", answers[:4])
    together = marked(run, finished, first, second, more=("--system", "whole"))
    options = marked(run, finished, first, more=("--pred", second, "--system", "whole"))
    alone = marked(run, finished, whole)
    assert together == options
    assert together["answers"]["missing"] == [answers[4]["clip_id"]]
    assert together["answers"]["notes"] == [n.replace("whole.jsonl", "a.jsonl") for n in alone["answers"]["notes"]]
    assert together | {"answers": None} == alone | {"answers": None}
    code, _, err = run("score", "--key", finished, "--pred", first, first, "--embedder", "lexical")
    assert code == 1
    assert "is answered in" in err


# Signatures


def scored(run: Run, key: Path, pred: Path, out: Path, *options: object) -> Path:
    code, _, err = run("score", "--key", key, "--pred", pred, "--embedder", "lexical", "--out", out, *options)
    assert code == 0, err
    return out


def test_every_option_reaches_the_signature(run: Run, finished: Path, oracle: Path) -> None:
    plain = marked(run, finished, oracle)["signature"]
    assert plain["profile"] == "laion"
    assert plain["prompt"] == prompt_digest()[:16]
    for name, (shown, _) in _CHOICES.items():
        assert tuple(shown.split("|")) == CHOICES[name]
        other = CHOICES[name][1]
        signature = marked(run, finished, oracle, more=(f"--{name.replace('_', '-')}", other))["signature"]
        assert {k: v for k, v in signature.items() if v != plain[k]} == {"profile": "custom", name: other}
    off = marked(run, finished, oracle, more=("--no-wer-clamp",))["signature"]
    assert off["wer_clamp"] == "off"
    assert marked(run, finished, oracle, more=("--wer-clamp",))["signature"] == plain
    hard = marked(run, finished, oracle, more=("--f1", "hard", "--f1-threshold", "0.3"))["signature"]
    assert (hard["f1"], hard["f1_threshold"]) == ("hard", "0.3")
    assert set(CHOICES) == {*_CHOICES, "wer_clamp"}


def test_the_question_is_part_of_the_signature(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    code, text, err = run("prompt")
    assert (code, err) == (0, "")
    question = tmp_path / "question.txt"
    question.write_text(text, encoding="utf-8")
    assert hashlib.sha256(question.read_bytes()).hexdigest() == prompt_digest()
    plain = marked(run, finished, oracle)
    assert marked(run, finished, oracle, more=("--prompt", question)) == plain
    question.write_text("What do you hear?", encoding="utf-8")
    assert marked(run, finished, oracle, more=("--prompt", question))["signature"]["prompt"] not in (
        plain["signature"]["prompt"], "none",
    )  # fmt: skip
    assert marked(run, finished, oracle, more=("--prompt", "none"))["signature"]["prompt"] == "none"


def test_the_schema_for_structured_output_is_json(run: Run) -> None:
    code, out, _ = run("prompt", "--schema")
    assert code == 0
    event = json.loads(out)["properties"]["events"]["items"]
    assert set(event["required"]) == set(event["properties"])


# Two systems and more


@pytest.fixture
def scores(run: Run, finished: Path, tmp_path: Path) -> dict[str, Path]:
    found = {}
    for name in ("oracle", "spam", "silence", "shuffled"):
        path = tmp_path / f"{name}.jsonl"
        run("baseline", name, finished, "--out", path)
        found[name] = scored(run, finished, path, tmp_path / f"{name}.json")
    return found


def test_two_systems_are_compared(run: Run, scores: dict[str, Path]) -> None:
    code, out, err = run("compare", scores["oracle"], scores["spam"])
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 100
    assert out.startswith("first: oracle\nsecond: spam\n5 clips")
    (reward,) = (line for line in out.splitlines() if line.startswith("Reward "))
    assert reward.split()[1] == "1.000"
    found = json.loads(run("compare", scores["oracle"], scores["spam"], "--json")[1])
    column = next(c for c in found["columns"] if c["column"] == "f1")
    assert column["difference"] == pytest.approx(column["first"] - column["second"])
    assert column["interval"]["low"] <= column["difference"] <= column["interval"]["high"]
    # Five clips give 32 ways to swap, of which two are as extreme: p cannot be below 1/16.
    assert 0.03 < column["p"] < 0.1
    assert column["better"] is None
    lenient = json.loads(run("compare", scores["oracle"], scores["spam"], "--json", "--level", "0.8")[1])
    assert next(c for c in lenient["columns"] if c["column"] == "f1")["better"] == "oracle"


def test_a_system_does_not_differ_from_itself(run: Run, scores: dict[str, Path], tmp_path: Path) -> None:
    again = shutil.copy(scores["spam"], tmp_path / "again.json")
    found = json.loads(run("compare", scores["spam"], again, "--json")[1])
    assert {c["p"] for c in found["columns"]} == {1.0}
    assert found["first"] == f"spam ({scores['spam']})"
    assert found["second"] == f"spam ({again})"


def test_the_leaderboard_in_every_form(run: Run, scores: dict[str, Path], tmp_path: Path) -> None:
    code, out, err = run("leaderboard", *scores.values())
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 100
    ranks = [line.split()[1] for line in out.splitlines() if line[:1].isdigit() and "[" in line][:4]
    assert ranks == ["oracle", "shuffled", "spam", "silence"]
    assert "signature: soundscape:" in out
    for ending in ("md", "html", "csv"):
        path = tmp_path / "boards" / f"board.{ending}"
        assert run("leaderboard", *scores.values(), "--out", path) == (0, "", "")
        text = path.read_text(encoding="utf-8")
        assert [text.index(name) for name in ranks] == sorted(text.index(name) for name in ranks)
    rows = list(csv.DictReader(io.StringIO((tmp_path / "boards/board.csv").read_text(encoding="utf-8"))))
    assert [row["system"] for row in rows] == ranks
    assert rows[0]["strict_reward"] == "1.0"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--halluc", "one-to-one"), "halluc is 'many-to-one' and 'one-to-one'"),
        (("--text", "xares"), "text is 'soundscape' and 'xares'"),
        (("--prompt", "none"), "prompt is "),
    ],
)
def test_mixed_signatures_are_refused_by_field(
    run: Run, finished: Path, scores: dict[str, Path], tmp_path: Path, options: tuple[str, ...], field: str
) -> None:
    other = scored(run, finished, tmp_path / "spam.jsonl", tmp_path / "other.json", *options)
    for command in ("compare", "leaderboard"):
        code, out, err = run(command, scores["oracle"], other)
        assert (code, out) == (1, "")
        assert "'oracle' and 'spam' were not marked alike" in err
        assert field in err


def test_other_keys_are_another_table(run: Run, finished: Path, scores: dict[str, Path], tmp_path: Path) -> None:
    fewer = write(tmp_path / "fewer.jsonl", list(lines(finished / "answer_key/test.jsonl"))[:4])
    other = scored(run, fewer, tmp_path / "oracle.jsonl", tmp_path / "other.json")
    code, _, err = run("leaderboard", scores["spam"], other)
    assert code == 1
    assert "keys is" in err


def test_names_from_score_files_do_not_reach_the_terminal_raw(run: Run, scores: dict[str, Path]) -> None:
    document = json.loads(scores["spam"].read_text(encoding="utf-8"))
    document["system"] = "\x1b[31mred\nherring" + 60 * "x"
    scores["spam"].write_text(json.dumps(document), encoding="utf-8")
    for command in ("leaderboard", "compare"):
        code, out, _ = run(command, scores["spam"], scores["oracle"])
        assert code == 0
        assert "\x1b" not in out
        assert "�[31mred herring" in out
        assert max(map(len, out.splitlines())) <= 100


# Keys


def test_keys_are_found_in_folders_and_files(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    by_folder = marked(run, finished, oracle)
    assert marked(run, finished / "answer_key/test.jsonl", oracle) == by_folder
    shutil.copytree(finished / "answer_key", tmp_path / "two/answer_key")
    shutil.copy(finished / "answer_key/test.jsonl", tmp_path / "two/answer_key/dev.jsonl")
    code, _, err = run("score", "--key", tmp_path / "two", "--pred", oracle, "--embedder", "lexical")
    assert (code, "several splits: dev, test" in err) == (2, True)
    assert marked(run, tmp_path / "two", oracle, more=("--split", "dev")) == by_folder
    code, _, err = run("baseline", "oracle", tmp_path / "two", "--split", "tset")
    assert (code, "did you mean 'test'" in err) == (2, True)


def test_broken_keys_name_their_line(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    keys = lines(finished / "answer_key/test.jsonl")
    del keys[2]["events"][0]["level_lufs"]
    path = write(tmp_path / "keys.jsonl", keys)
    code, out, err = run("score", "--key", path, "--pred", oracle, "--embedder", "lexical")
    assert (code, out) == (1, "")
    assert "keys.jsonl:3: " in err
    assert "level_lufs" in err
    twice = write(tmp_path / "twice.jsonl", [*keys[:2], keys[0]])
    code, _, err = run("score", "--key", twice, "--pred", oracle, "--embedder", "lexical")
    assert (code, "2 times, expected once" in err) == (1, True)


# Exit codes


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (("--embedder", "lexikal"), 2, "did you mean 'lexical'"),
        (("--embedder", "lexical", "--profile", "lion"), 2, "did you mean 'laion'"),
        (("--embedder", "lexical", "--argmax", "iou-contents"), 2, "did you mean 'iou-content'"),
        (("--embedder", "lexical", "--by", "snr"), 2, "did you mean 'snr_db'"),
        (("--embedder", "lexical", "--f1-threshold", "0.4"), 2, "add --f1 hard"),
        (("--embedder", "lexical", "--f1", "hard", "--f1-threshold", "x"), 2, "expected a number from 0 to 1"),
        (("--embedder", "lexical", "--level", "95"), 2, "between 0 and 1"),
        (("--embedder", "lexical", "--prompt", "/nowhere/q.txt"), 2, "cannot be read"),
        (("--embedder", "lexical", "--key", "/nowhere"), 2, "no such file or folder"),
        (("--embedder", "lexical", "--pred", "/nowhere.jsonl"), 1, "the predictions cannot be read"),
        (("--embedder", "lexical", "--halucc", "x"), 2, "--halluc"),
    ],
)
def test_what_goes_wrong_has_its_exit_code(
    run: Run, finished: Path, oracle: Path, options: tuple[str, ...], code: int, words: str
) -> None:
    found, out, err = run("score", "--key", finished, "--pred", oracle, *options)
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err


def test_a_missing_model_is_the_environments_fault(
    run: Run, finished: Path, oracle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    for embedder in ((), ("--embedder", "sentence-transformers:some/model")):
        code, out, err = run("score", "--key", finished, "--pred", oracle, *embedder)
        assert (code, out) == (3, "")
        assert "pip install 'soundscape[embed]'" in err
        assert "lexical" in err


def test_other_commands_have_their_exit_codes(run: Run, finished: Path, oracle: Path, tmp_path: Path) -> None:
    for arguments, code, words in [
        (("baseline", "orakle", finished), 2, "did you mean 'oracle'"),
        (("baseline", "oracle", tmp_path), 1, "holds no answer_key/"),
        (("baseline", "oracle", tmp_path / "nowhere"), 2, "no such file or folder"),
        (("compare", oracle), 2, "SCORES"),
        (("compare", oracle, oracle), 1, "oracle.jsonl: no JSON"),
        (("leaderboard",), 2, "SCORES"),
        (("leaderboard", tmp_path / "nowhere.json"), 1, "cannot be read"),
    ]:
        found, out, err = run(*arguments)
        assert (found, out) == (code, ""), arguments
        assert words in err


def test_score_files_that_are_none_are_refused(run: Run, scores: dict[str, Path], tmp_path: Path) -> None:
    document = msgspec.json.decode(scores["spam"].read_bytes())
    del document["columns"]["f1"]
    scores["spam"].write_bytes(msgspec.json.encode(document))
    code, _, err = run("leaderboard", *scores.values())
    assert code == 1
    assert "spam.json: no score file: /columns" in err
    code, _, err = run("leaderboard", scores["oracle"], "--out", tmp_path / "board.htm")
    assert code == 2
    assert "did you mean 'html'" in err
