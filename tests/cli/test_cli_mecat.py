"""``soundscape mecat-score``: files of every form, faults named, the same numbers from each."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from soundscape.cli.mecat import mecat_score
from soundscape.errors import SoundscapeError
from soundscape.scoring.describing.mecat import CAPTION_FIELDS, QA_CATEGORIES

DOMAINS = ("S00", "0M0", "00A", "SMA")
NOUNS = ("dog", "train", "violin", "storm", "kettle", "crowd", "engine", "bell", "river", "child", "hammer", "clock")
Run = Callable[..., Result]


def references() -> dict[str, dict[str, Any]]:
    """Twelve clips, three a domain."""
    out = {}
    for number, noun in enumerate(NOUNS):
        fields = {f: [f"{noun} {f} {n}" for n in ("near", "far", "loud")] for f in CAPTION_FIELDS}
        out[f"clip-{number}"] = {**fields, "domain": DOMAINS[number % 4]}
    return out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export's folder with captions and questions."""
    for domain in DOMAINS:
        own = {k: v for k, v in references().items() if v["domain"] == domain}
        path = tmp_path / "key/reference/caption/test" / f"{domain}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps({k: v}) + "\n" for k, v in own.items()))
    path = tmp_path / "key/reference/qa/test/SMA.jsonl"
    path.parent.mkdir(parents=True)
    lines = [
        {f"clip-{n}_{c[:8]}": {"category": c, "difficulty": "basic", "question": "What?", "answer": f"a {noun} {n}",
                               "domain": "SMA"}}
        for c in QA_CATEGORIES for n, noun in enumerate(NOUNS[:3])
    ]  # fmt: skip
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path / "key"


def texts() -> dict[str, str]:
    return {k: v["long"][0] for k, v in references().items()}


@pytest.fixture
def run(folder: Path, tmp_path: Path) -> Run:
    def call(*more: str, key: Path = folder, pred: str | None = None, embedder: str = "lexical") -> Result:
        if pred is None:
            pred = str(tmp_path / "system.json")
            Path(pred).write_text(json.dumps(texts()))
        arguments = ["--key", str(key), "--pred", pred, "--embedder", embedder, "--checker", "none", *more]
        return CliRunner().invoke(mecat_score, arguments)

    return call


def test_all_forms_of_files_give_the_same_numbers(run: Run, tmp_path: Path) -> None:
    with (tmp_path / "system.csv").open("w", newline="", encoding="utf-8-sig") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(texts().items())
    spaced = "".join(f'"{k}", "{v}"\n' for k, v in texts().items())
    (tmp_path / "spaced").mkdir()
    (tmp_path / "spaced/system.csv").write_text(spaced)
    (tmp_path / "system.jsonl").write_text("".join(json.dumps({k: v}) + "\n" for k, v in texts().items()))
    (tmp_path / "listed").mkdir()
    (tmp_path / "listed/system.jsonl").write_text("".join(json.dumps({k: [v]}) + "\n" for k, v in texts().items()))
    (tmp_path / "rows").mkdir()
    rows = "".join(json.dumps({"key": k, "text": v}) + "\n" for k, v in texts().items())
    (tmp_path / "rows/system.jsonl").write_text(rows)
    outputs = [run("--json").output]
    for name in ("system.csv", "spaced/system.csv", "system.jsonl", "listed/system.jsonl", "rows/system.jsonl"):
        done = run("--json", pred=str(tmp_path / name))
        assert done.exit_code == 0, done.output
        outputs.append(done.output)
    assert len(set(outputs)) == 1
    found = json.loads(outputs[0])
    assert found["score"] > 0.4
    assert found["signature"]["embedder"] == "lexical"
    assert found["signature"]["checker"] == "none"
    assert found["sets"]["mixed_speech"]["clips"] == 3


def test_one_file_for_each_field(run: Run, folder: Path, tmp_path: Path) -> None:
    arguments = ["--key", str(folder), "--embedder", "lexical", "--checker", "none", "--json"]
    for field in CAPTION_FIELDS:
        (tmp_path / f"{field}.json").write_text(json.dumps({k: v[field][1] for k, v in references().items()}))
        arguments += ["--pred", f"{field}={tmp_path / field}.json"]
    own = json.loads(CliRunner().invoke(mecat_score, arguments).output)
    assert own["score"] > json.loads(run("--json").output)["score"]
    part = CliRunner().invoke(mecat_score, [*arguments[:7], "--pred", f"short={tmp_path}/short.json"])
    assert json.loads(part.output)["fields"].keys() == {"short"}
    assert json.loads(part.output)["signature"]["sets"] == "short"


def test_answers_are_marked_by_category(run: Run, folder: Path, tmp_path: Path) -> None:
    lines = (folder / "reference/qa/test/SMA.jsonl").read_text().splitlines()
    answers = {k: v["answer"] for line in lines for k, v in json.loads(line).items()}
    (tmp_path / "answers.json").write_text(json.dumps(answers))
    done = run("--task", "qa", "--json", pred=str(tmp_path / "answers.json"))
    found = json.loads(done.output)
    assert list(found["fields"]) == list(QA_CATEGORIES)
    # Right answers: s = 1 and d = 1 − 1/3 in every set of three.
    assert found["score"] == pytest.approx(0.8)


def test_what_is_missing_odd_or_unknown_is_told_and_scores_0(run: Run, tmp_path: Path) -> None:
    part = dict(list(texts().items())[2:])
    part["clip-3"] = "  "
    rows = [*part.items(), ("clip-2", "again"), ("clap-4", "x")]
    (tmp_path / "part.csv").write_text("".join(f'"{k}","{v}"\n' for k, v in rows))
    done = run("--per-clip", str(tmp_path / "clips.jsonl"), pred=str(tmp_path / "part.csv"))
    assert done.exit_code == 0
    assert "3 of 12 have no text and score 0, 'clip-0' among them" in done.output
    assert "'clip-2' comes again" in done.output
    assert "'clap-4' is not in the references and counts for nothing; did you mean 'clip-4'" in done.output
    clips = [json.loads(line) for line in (tmp_path / "clips.jsonl").read_text().splitlines()]
    scores = {c["key"]: c for c in clips if c["set"] == "long"}
    assert [scores[f"clip-{n}"]["score"] for n in (0, 1, 3)] == [0.0, 0.0, 0.0]
    assert scores["clip-2"]["score"] > 0.5
    assert not scores["clip-0"]["present"]


def test_the_metric_and_all_else_that_matters_is_signed(run: Run, folder: Path) -> None:
    signatures = set()
    for metric in ("date", "date-paper", "fense"):
        found = json.loads(run("--metric", metric, "--json").output)
        assert found["metric"] == metric
        signatures.add(tuple(found["signature"].items()))
    path = folder / "reference/caption/test/SMA.jsonl"
    path.write_text(path.read_text().replace("bell long near", "bells long near"))
    signatures.add(tuple(json.loads(run("--json").output)["signature"].items()))
    assert len(signatures) == 4


@pytest.mark.parametrize(
    ("content", "name", "match"),
    [
        ('"a","b","c"\n', "x.csv", "3 columns"),
        ('{"a": 1}', "x.json", None),
        ('{"clip-0": 1}', "x.json", "has no text"),
        ('{"clip-0": ["a", "b"]}', "x.json", "has no text"),
        ("[1]", "x.json", "not a JSON object"),
        ('{"a": "b"}\nnonsense\n', "x.jsonl", "x.jsonl:2: not JSON"),
        ("\xff\xfe", "x.csv", "not UTF-8"),
        ('"a","' + "b" * 200_000 + '"\n', "x.csv", "no CSV"),
    ],
)
def test_broken_predictions_are_named(run: Run, tmp_path: Path, content: str, name: str, match: str | None) -> None:
    (tmp_path / name).write_bytes(content.encode("latin-1"))
    done = run(pred=str(tmp_path / name))
    if match is None:
        assert done.exit_code == 0
    else:
        assert isinstance(done.exception, SoundscapeError)
        assert done.exception.exit_code == 1
        assert match in str(done.exception)


def test_wrong_calls_are_named(run: Run, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "build/answer_key").mkdir(parents=True)
    (tmp_path / "empty").mkdir()
    (folder / "reference/caption/train").mkdir()
    cases = [
        (run(key=tmp_path / "nowhere", pred="x"), "no such file or folder"),
        (run(key=tmp_path / "build", pred="x"), "export DIR --to mecat"),
        (run(key=tmp_path / "empty", pred="x"), "holds no reference/caption"),
        (run(), "--split"),
        (run("--split", "tset"), "did you mean 'test'"),
        (run("--split", "test", "--metric", "data"), "did you mean 'date'"),
        (run("--split", "test", "--task", "captions"), "did you mean 'caption'"),
        (run("--split", "test", embedder="lexicle"), "did you mean 'lexical'"),
        (run("--split", "test", "--checker", "fence"), "no checker 'fence'"),
        (run("--split", "test", "--pred", "other.json"), "not one for each field"),
        (run("--split", "train"), "holds no references"),
    ]
    for done, match in cases:
        assert isinstance(done.exception, SoundscapeError), done.output
        assert done.exception.exit_code == 2
        assert match in str(done.exception)


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("[]", "not a JSON object"),
        ('{"a": []}', "no object of fields"),
        ('{"a": {"domain": "XYZ"}}', "domain is 'XYZ'"),
        ('{"a": {"domain": "S00", "long": ["x"]}}', "no captions under 'short'"),
        (json.dumps({"clip-0": references()["clip-0"]}), "comes twice"),
    ],
)
def test_broken_references_are_named(run: Run, folder: Path, line: str, match: str) -> None:
    (folder / "reference/caption/test/zzz.jsonl").write_text(line + "\n")
    done = run()
    assert isinstance(done.exception, SoundscapeError)
    assert done.exception.exit_code == 1
    assert match in str(done.exception)
