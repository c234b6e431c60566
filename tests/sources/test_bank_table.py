"""Tables: what is read, and that every kind of wrong row is named."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from soundscape.sources.table import COLUMNS, TableError, read_table

SOUND = {"path": "a.wav", "type": "sound_event", "caption": "a dull knock on wood"}
SPEECH = {"path": "b.wav", "type": "speech", "caption": "", "transcription": "guten Tag", "language": "de"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.wav", "deep/c.wav"):
        path = tmp_path / "sounds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not looked into here")
    return tmp_path / "sounds"


def csv(tmp_path: Path, *rows: dict[str, Any], name: str = "table.csv") -> Path:
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [",".join(columns)]
    lines += [",".join(f'"{row.get(column, "")}"' for column in columns) for row in rows]
    (tmp_path / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path / name


def problems(table: Path, folder: Path) -> list[str]:
    with pytest.raises(TableError) as caught:
        read_table(table, folder, dataset="d")
    assert len(caught.value.problems) > 0
    assert str(table) in caught.value.message
    return [str(problem) for problem in caught.value.problems]


def only(table: Path, folder: Path) -> str:
    (found,) = problems(table, folder)
    return found


def test_all_formats_read_alike(tmp_path: Path, folder: Path) -> None:
    rows = [SOUND | {"licence": "cc0"}, SPEECH | {"speaker": "7", "x_note": "mine"}]
    (tmp_path / "t.jsonl").write_text("\n".join(json.dumps(row) for row in rows) + "\n")
    columns = list(dict.fromkeys(column for row in rows for column in row))
    pl.DataFrame([{c: row.get(c) for c in columns} for row in rows]).write_parquet(tmp_path / "t.parquet")
    tab = csv(tmp_path, *rows).read_text().replace('"', "").replace(",", "\t")
    (tmp_path / "t.tsv").write_text(tab)
    read = [read_table(tmp_path / name, folder, dataset="d") for name in ("table.csv", "t.tsv", "t.jsonl", "t.parquet")]
    assert read[0] == read[1] == read[2] == read[3]
    first, second = read[0]
    assert first.file == folder / "a.wav"
    assert first.rejected is None
    assert first.annotation["licence"] == "CC0-1.0"
    assert (first.annotation["key"], first.annotation["group"]) == ("a.wav", "a.wav")
    assert (second.annotation["speaker"], second.annotation["group"]) == ("7", "7")
    assert (second.annotation["dataset"], second.annotation["licence"]) == ("d", "unknown")
    assert (second.annotation["caption"], second.annotation["caption_origin"]) == (None, "human")
    assert "x_note" not in second.annotation


def test_text_is_normalised_but_paths_are_not(tmp_path: Path, folder: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "ö.wav")
    (folder / decomposed).touch()
    row = SOUND | {"path": decomposed, "caption": unicodedata.normalize("NFD", "  schön laut ")}
    (draft,) = read_table(csv(tmp_path, row), folder, dataset="d")
    assert draft.annotation["caption"] == "schön laut"
    assert draft.annotation["path"] == decomposed
    assert draft.annotation["key"] == "ö.wav"


def test_byte_order_mark_quotes_and_line_breaks(tmp_path: Path, folder: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes('\ufeffpath,type,caption\r\na.wav,sound_event,"a ""dull"", wooden\r\nknock"\r\n\r\n'.encode())
    (draft,) = read_table(table, folder, dataset="d")
    assert draft.annotation["caption"] == 'a "dull", wooden knock'


@pytest.mark.parametrize("column", ["path", "type", "caption"])
def test_missing_columns(tmp_path: Path, folder: Path, column: str) -> None:
    row = {name: value for name, value in SOUND.items() if name != column}
    found = only(csv(tmp_path, row), folder)
    assert found.startswith(f"{column}: no such column")


def test_columns_are_needed_only_for_the_types_there_are(tmp_path: Path, folder: Path) -> None:
    row = {"path": "b.wav", "type": "speech"}
    assert problems(csv(tmp_path, row), folder) == [
        "transcription: no such column, needed for speech",
        "language: no such column, needed for speech",
    ]


def test_unknown_columns_are_named_with_the_nearest(tmp_path: Path, folder: Path) -> None:
    found = only(csv(tmp_path, SOUND | {"captoin": "x"}), folder)
    assert found == "captoin: unknown column; did you mean 'caption'? (name it x_captoin to have it ignored)"
    assert "known columns: path" in only(csv(tmp_path, SOUND | {"qqqq": "x"}), folder)


def test_a_column_twice(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "t.csv").write_text("path,type,caption,caption\na.wav,music,x,y\n")
    assert only(tmp_path / "t.csv", folder) == "line 1, caption: the column stands there twice"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"type": "sfx"}, "line 2, type: found 'sfx', expected one of speech, vocal_burst, sound_event, music"),
        ({"type": "sound_evnt"}, "did you mean 'sound_event'?"),
        ({"type": ""}, "line 2, type: empty, expected one of speech"),
        ({"age": "old"}, "line 2, age: found 'old', expected one of baby"),
        ({"gender": "m"}, "line 2, gender: found 'm', expected one of male"),
        ({"speaking_rate": "quick"}, "line 2, speaking_rate: found 'quick'"),
        ({"caption_origin": "gpt"}, "line 2, caption_origin: found 'gpt', expected one of human"),
        ({"language": "en-US"}, "line 2, language: found 'en-US', expected an ISO 639 code"),
        ({"language": "German"}, "line 2, language: found 'German'"),
        ({"path": ""}, "line 2, path: empty"),
        ({"path": "none.wav"}, "line 2, path: there is no file 'none.wav' in"),
        ({"path": "deep"}, "line 2, path: there is no file 'deep' in"),
        ({"path": "../sounds/a.wav"}, "line 2, path: '../sounds/a.wav' leaves the folder"),
        ({"path": "deep/../../sounds/a.wav"}, "leaves the folder"),
        ({"key": "a\tb"}, "expected no control characters"),
    ],
)
def test_wrong_values(tmp_path: Path, folder: Path, change: dict[str, str], message: str) -> None:
    assert message in only(csv(tmp_path, SOUND | change), folder)


def test_absolute_paths_and_links_that_leave_the_folder(tmp_path: Path, folder: Path) -> None:
    outside = tmp_path / "secret.wav"
    outside.write_bytes(b"x")
    (folder / "link.wav").symlink_to(outside)
    (folder / "inside.wav").symlink_to(folder / "a.wav")
    assert "leaves the folder" in only(csv(tmp_path, SOUND | {"path": str(folder / "a.wav")}), folder)
    assert only(csv(tmp_path, SOUND | {"path": "link.wav"}), folder).endswith(
        "'link.wav' is a link that leaves the folder"
    )
    assert len(read_table(csv(tmp_path, SOUND | {"path": "inside.wav"}), folder, dataset="d")) == 1


def test_duplicate_paths_and_keys(tmp_path: Path, folder: Path) -> None:
    again = csv(tmp_path, SOUND, SOUND | {"path": "./a.wav", "key": "other"})
    assert only(again, folder) == "line 3, path: 'a.wav' stands at line 2 already"
    keys = csv(tmp_path, SOUND | {"key": "k"}, SOUND | {"path": "b.wav", "key": "k"})
    assert only(keys, folder) == "line 3, key: 'k' stands at line 2 already"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (SPEECH | {"transcription": " "}, "needs_transcription"),
        (SPEECH | {"language": ""}, "needs_language"),
        (SOUND | {"caption": ""}, "needs_caption"),
        (SOUND | {"type": "music", "caption": ""}, "needs_caption"),
        (SOUND | {"type": "vocal_burst", "caption": ""}, "needs_caption"),
    ],
)
def test_what_a_source_lacks_rejects_it(tmp_path: Path, folder: Path, row: dict[str, str], reason: str) -> None:
    (draft,) = read_table(csv(tmp_path, row), folder, dataset="d")
    assert draft.rejected == reason


def test_all_problems_are_told_at_once_and_the_message_stays_readable(tmp_path: Path, folder: Path) -> None:
    rows = [SOUND | {"path": f"{i}.wav"} for i in range(1000)]
    with pytest.raises(TableError) as caught:
        read_table(csv(tmp_path, *rows), folder, dataset="d")
    assert len(caught.value.problems) == 1000
    assert "1000 problems" in caught.value.message
    assert caught.value.message.count("\n") == 21
    assert "… and 980 more" in caught.value.message


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", b"path,type,caption\na.wav,music,x,y\n", "line 2, row: found 4 fields, expected 3"),
        ("t.csv", b"path,type,caption\na.wav,music\n", "line 2, row: found 2 fields, expected 3"),
        ("t.jsonl", b"{nope}\n", "line 1, row: not JSON"),
        ("t.jsonl", b"[1, 2]\n", "line 1, row: expected a JSON object"),
        (
            "t.jsonl",
            b'\n{"path": "a.wav", "type": "music", "caption": ["x"]}\n',
            "line 2, caption: found ['x'], expected text",
        ),
        ("t.jsonl", b'{"path": "a.wav", "type": "music", "caption": true}\n', "found True, expected text"),
        ("t.jsonl", b'{"path": "a\\u0000.wav", "type": "music", "caption": "x"}\n', "there is no file"),
    ],
)
def test_malformed_rows(tmp_path: Path, folder: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    assert any(message in problem for problem in problems(tmp_path / name, folder))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.csv", None, "there is no such table"),
        ("t.xlsx", b"PK", "expected a table that ends in .csv, .tsv, .jsonl, .parquet"),
        ("t.csv", b"", "has no rows"),
        ("t.csv", b"path,type,caption\n", "has no rows"),
        ("t.csv", b"path,type,caption\na.wav,music,\xff\n", "byte 30 is not UTF-8"),
        ("t.csv", b"path,type,caption\n" + b'"' + b"x" * 200_000 + b'"\n', "line 2 is not CSV"),
        ("t.parquet", b"PAR1nonsense", "not a Parquet file"),
    ],
)
def test_malformed_tables(tmp_path: Path, folder: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(TableError, match=message):
        read_table(tmp_path / name, folder, dataset="d")


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="there is no such folder"):
        read_table(csv(tmp_path, SOUND), tmp_path / "none", dataset="d")


def test_every_column_is_documented() -> None:
    import soundscape.sources.table as module

    assert module.__doc__ is not None
    assert [column for column in COLUMNS if column not in module.__doc__.replace(",", " ").split()] == []
