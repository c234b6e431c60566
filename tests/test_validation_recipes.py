"""Recipes: every problem with its line, what is inherited included."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundscape.planning import recipe as recipes
from soundscape.resources import folder
from soundscape.validation import Finding, validate

Told = list[tuple[str, int | None, str]]


def told(path: Path, text: str | bytes) -> tuple[Told, list[Finding]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    out: list[Finding] = []
    found = validate(path, each=out.append)
    assert found.files[0].kind == "recipe"
    assert found.ok is not bool(out)
    return [(f.rule, f.line, f.pointer) for f in out], out


@pytest.mark.parametrize("name", recipes.names())
def test_the_shipped_recipes_are_valid(name: str) -> None:
    assert validate(folder("recipes") / f"{name}.yaml").ok


def test_every_problem_of_the_schema_is_told_with_its_line(tmp_path: Path) -> None:
    text = (
        "name: Bad Name\nclips: 0\nspeach: {turns: 3}\nspeech:\n  overlp: 0.2\n"
        "  languages: [de, de]\nreference_lufs: .nan\nmix:\n  loudness_lufs: 3\n"
    )
    places, found = told(tmp_path / "r.yaml", text)
    assert sorted(places, key=lambda p: p[1] or 0) == [
        ("schema", 1, "/name"),
        ("schema", 2, "/clips"),
        ("schema", 3, "/speach"),
        ("schema", 5, "/speech/overlp"),
        ("schema", 6, "/speech/languages"),
        ("yaml", 7, "/reference_lufs"),
        ("schema", 9, "/mix/loudness_lufs"),
    ]
    assert "did you mean 'speech'?" in next(f.expected for f in found if f.pointer == "/speach")


def test_everything_that_makes_no_sense_is_told_not_only_the_first(tmp_path: Path) -> None:
    text = (
        "extends: dense_multilingual\nduration: 0.2\nspeech:\n  overlap: {uniform: [0.3, 2.5]}\n  turns: 3\n"
        "background:\n  kind: {choice: [musik]}\neffects:\n  count: {uniform: [5, 1]}\n"
    )
    places, found = told(tmp_path / "r.yaml", text)
    assert {pointer for _, _, pointer in places} == {
        "/duration", "/speech/overlap", "/speech", "/background/kind", "/effects/count/uniform",
    }  # fmt: skip
    assert {rule for rule, _, _ in places} == {"sense"}
    assert {p: n for _, n, p in places}["/effects/count/uniform"] == 9
    assert all(f.found and f.expected for f in found)


def test_what_is_inherited_has_no_line_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text("name: base\nclips: 0\n")
    assert told(tmp_path / "r.yaml", "extends: base.yaml\n")[0] == [("schema", None, "/clips")]


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("name: a\nspeech: {overlap: [\nclips: 3\n", 4, "cannot be read as YAML"),
        ("name: a\n\tclips: 3\n", 2, "cannot be read as YAML"),
        (b"name: \xff\xfe\n", None, "cannot be read as YAML"),
        ("extends: dense_multilingal\n", None, "did you mean 'dense_multilingual'?"),
        ("- name\n- clips\n", None, "found list"),
        ("", None, "found NoneType"),
        ("extends: r.yaml\nname: a\n", None, "extends itself"),
        ("name: a\nclips: 3\nclips: 4\n", 3, "the key again"),
        ("a: " + "[" * 5000, None, "nested too deeply"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path: Path, text: str | bytes, line: int | None, found: str) -> None:
    places, out = told(tmp_path / "r.yaml", text)
    assert [(rule, n) for rule, n, _ in places] == [("yaml", line)]
    assert found in out[0].found
    assert str(tmp_path / "r.yaml") in str(out[0])
