"""``soundscape view``: the page is written whole or not at all, notes go to stderr, every fault has its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from soundscape.cli import main
from soundscape.dataset.build import build, prepare

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def finished(small_bank_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    recipe = {
        "name": "small", "clips": 3, "duration": 6, "effects": {"count": 2, "loudness": "quiet"},
        "speech": {"languages_per_scene": 1, "speakers": 2, "coverage": 0.6, "overlap": 0.15},
    }  # fmt: skip
    out = tmp_path_factory.mktemp("looked_at") / "build"
    build(prepare(recipe, banks=(str(small_bank_folder),)), out, jobs=1)
    return out


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line in this process, in a folder of its own; returns its exit code, stdout and stderr."""
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["soundscape", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
        out = capsys.readouterr()
        return int(left.value.code or 0), out.out, out.err

    return call


def test_a_page_beside_where_one_stands(run: Run, finished: Path, tmp_path: Path) -> None:
    code, out, err = run("view", finished)
    assert (code, err) == (0, "")
    assert out.startswith("build.html: 3 clips, 3 with pictures, ")
    html = (tmp_path / "build.html").read_text(encoding="utf-8")
    assert html.startswith("<!DOCTYPE html>")
    assert html.count("<section ") >= 5
    # Nothing is left beside it, and nothing was written into the build.
    assert {p.name for p in tmp_path.iterdir()} - {"home"} == {"build.html"}
    assert not list(finished.glob("*.html"))


def test_what_is_left_out_is_told_in_the_terminal_and_in_the_page(run: Run, finished: Path, tmp_path: Path) -> None:
    page = tmp_path / "pages/a.html"
    code, out, err = run("view", finished, "--most", 2, "--embed-mib", 0, "--out", page)
    assert code == 0
    assert "3 clips, 2 with pictures" in out
    assert "note: 2 of 3 clips have pictures and a player; --clip ID or --most N chooses others" in err
    assert "note: the audio of 2 clips is linked" in err
    html = page.read_text(encoding="utf-8")
    assert "2 of 3 clips have pictures and a player" in html
    assert 'src="../' in html


def test_answers_are_marked_as_score_marks_them(run: Run, finished: Path, tmp_path: Path) -> None:
    assert run("baseline", "shuffled", finished, "--out", "shuffled.jsonl")[0] == 0
    assert run("score", "--key", finished, "--pred", "shuffled.jsonl", "--embedder", "lexical")[0] == 0
    told = run("score", "--key", finished, "--pred", "shuffled.jsonl", "--embedder", "lexical")[1]
    reward = next(line.split()[1] for line in told.splitlines() if line.startswith("Reward"))
    signature = "".join(line.strip() for line in told[told.index("signature: ") + 11 :].splitlines())
    code, _, err = run("view", finished, "--pred", "shuffled.jsonl", "--embedder", "lexical", "--out", "page.html")
    assert (code, err) == (0, "")
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert f"<dt>Reward</dt><dd>{reward} " in html
    assert f"Signature: {signature}<" in html


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--clip", "small-test-00000"), 2, "holds no such clip; did you mean 'small-test-00000"),
        (("--split", "train"), 2, "there is no split 'train'"),
        (("--key", "nowhere"), 2, "nowhere: no such file or folder"),
        (("--pred", "nowhere.jsonl", "--embedder", "lexical"), 1, "nowhere.jsonl"),
        (("--profile", "lion"), 2, "did you mean 'laion'?"),
        (("--pred", ".", "--embedder", "lexicle"), 2, "did you mean 'lexical'?"),
        (("--most", "-1"), 2, "--most"),
        (("--split", "test", "--key", "."), 1, "holds no answer_key/"),
        (("--embed-mib", "much"), 2, "--embed-mib"),
    ],
)
def test_faults_of_the_call_have_their_exit_codes(
    run: Run, finished: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    found, out, err = run("view", finished, *arguments, "--out", "page.html")
    assert (found, out) == (code, "")
    assert message in err
    assert "Traceback" not in err
    assert not (tmp_path / "page.html").exists()


def test_a_page_that_cannot_be_made_leaves_the_one_before(run: Run, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("the one before", encoding="utf-8")
    key = tmp_path / "key.jsonl"
    key.write_bytes((finished / "answer_key/test.jsonl").read_bytes()[:-40])
    (tmp_path / "build/data").mkdir(parents=True)
    for arguments in ((finished, "--key", key), (key,), (tmp_path / "build",), (tmp_path / "nowhere",)):
        code, _, err = run("view", *arguments, "--out", "page.html")
        assert code in (1, 2)
        assert err.startswith("error: ")
        assert "Traceback" not in err
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "the one before"


def test_a_place_that_cannot_be_written_is_an_environment_fault(run: Run, finished: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    code, out, err = run("view", finished, "--out", tmp_path / "file/page.html")
    assert (code, out) == (3, "")
    assert "cannot be written" in err
