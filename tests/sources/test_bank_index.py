"""Rows, digests and files of an index; pools over it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape import resources, schema
from soundscape.errors import BankError
from soundscape.records import AGES, CAPTION_ORIGINS, EVENT_TYPES, GENDERS, SPEAKING_RATES, Source, Span, Word
from soundscape.sources import index
from soundscape.sources.measure import unmeasured
from soundscape.sources.pools import FIELDS, Pools

text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
maybe = st.none() | text
seconds = st.floats(0, 1000).map(lambda x: round(x, 3))
levels = st.floats(-120, 0).map(lambda x: round(x, 3))
spans = st.builds(Span, start=seconds, end=seconds)
words = st.builds(Word, word=text, start=seconds, end=seconds)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    fields: dict[str, Any] = {f.name: draw(maybe) for f in dataclasses.fields(Source)}
    key = draw(text)
    fields |= {
        "bank": "b",
        "key": key,
        "source_id": f"b:{key}",
        "path": draw(text),
        "type": draw(st.sampled_from(EVENT_TYPES)),
        "group": draw(text),
        "language": draw(st.none() | st.sampled_from(["de", "en", "yue"])),
        "age": draw(st.none() | st.sampled_from(AGES)),
        "gender": draw(st.none() | st.sampled_from(GENDERS)),
        "speaking_rate": draw(st.none() | st.sampled_from(SPEAKING_RATES)),
        "caption_origin": draw(st.sampled_from(CAPTION_ORIGINS)),
        "dataset": draw(text),
        "licence": draw(st.sampled_from(["CC0-1.0", "LicenseRef-x", "unknown"])),
        "attribution": draw(text),
        "words": tuple(draw(st.lists(words, max_size=3))),
        "active_regions": tuple(draw(st.lists(spans, max_size=3))),
        "pcm_sha256": f"{draw(st.integers(0, 2**256 - 1)):064x}",
        "rejected": draw(st.none() | st.just("silent")),
        "snr_db": draw(st.floats(0, 100)),
        "clipped_share": draw(st.floats(0, 1)),
        "silence_share": draw(st.floats(0, 1)),
        "bandwidth_hz": float(draw(st.integers(0, 24000))),
        "dc_offset": draw(st.floats(-1, 1)),
    }
    fields |= {name: draw(st.integers(0, 30)) for name in ("sample_rate", "channels", "frames")}
    fields |= {name: draw(seconds) for name in ("duration", "active_start", "active_end")}
    fields |= {name: draw(levels) for name in ("level_lufs", "rms_dbfs", "peak_dbfs", "noise_floor_dbfs")}
    return Source(**fields)


def make(key: str, **more: Any) -> Source:
    facts = {name: getattr(unmeasured(), name) for name in type(unmeasured()).__slots__}
    fields: dict[str, Any] = {"path": f"{key}.wav", "type": "sound_event", "caption": "a sound", "group": key}
    return Source(source_id="", bank="", key=key, pcm_sha256="", **facts, **(fields | more))


def write(folder: Path, rows: list[index.Row], name: str = "b") -> index.BankInfo:
    folder.mkdir(parents=True, exist_ok=True)
    return index.write_bank(folder, rows, name=name, root="audio", generator="test", generator_version="1")


def test_every_field_of_a_source_has_a_column_of_its_type() -> None:
    assert set(index.COLUMNS) - {"file_sha256", "note"} == {f.name for f in dataclasses.fields(Source)} - {
        "source_id",
        "bank",
    }
    for field in dataclasses.fields(Source):
        column = index.COLUMNS.get(field.name)
        if column is not None:
            expected = {"int": pl.Int64, "float": pl.Float64}.get(str(field.type), pl.String)
            assert column is expected, field.name


@settings(max_examples=25, deadline=None)
@given(st.lists(sources(), min_size=1, max_size=5, unique_by=lambda s: s.key))
def test_records_survive_the_file(tmp_path_factory: pytest.TempPathFactory, drawn: list[Source]) -> None:
    folder = tmp_path_factory.mktemp("bank")
    info = write(folder, [index.to_row(s, file_sha256="f", note="n") for s in drawn])
    assert index.read_info(folder) == info
    rows = index.read_index(folder).to_dicts()
    assert [index.from_row(row, "b") for row in rows] == sorted(drawn, key=lambda s: s.key)
    assert index.bank_digest(rows) == info.digest
    assert info.rejected == sum(s.rejected is not None for s in drawn)


@settings(max_examples=25)
@given(sources())
def test_every_source_fits_the_shipped_schema(source: Source) -> None:
    assert schema.problems("source", schema.to_builtins(source)) == []


def test_schema_is_valid_names_every_field_and_refuses_others() -> None:
    shipped = json.loads((resources.folder("schemas") / "source.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(shipped)
    assert list(shipped["properties"]) == [f.name for f in dataclasses.fields(Source)]
    value = schema.to_builtins(dataclasses.replace(make("a"), bank="b", source_id="b:a"))
    assert schema.problems("source", value) == []
    assert [p.pointer for p in schema.problems("source", value | {"tipe": "x", "type": "noise"})] == ["/tipe", "/type"]


@settings(max_examples=20)
@given(st.lists(sources(), min_size=2, max_size=4, unique_by=lambda s: s.key), st.randoms())
def test_digest_ignores_order_paths_and_file_bytes(drawn: list[Source], random: Any) -> None:
    expected = index.bank_digest(index.to_row(s, file_sha256="f") for s in drawn)
    moved = [dataclasses.replace(s, path=f"elsewhere/{s.path}", bank="other", source_id="x:y") for s in drawn]
    random.shuffle(moved)
    assert index.bank_digest(index.to_row(s, file_sha256="g", note="other") for s in moved) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"caption": "another sound"},
        {"level_lufs": -19.999},
        {"pcm_sha256": "a" * 64},
        {"rejected": "silent"},
        {"words": (Word(word="a", start=0.0, end=0.5),)},
        {"group": "h"},
        {"licence": "CC0-1.0"},
    ],
)
def test_digest_tells_every_fact_that_planning_may_know(change: dict[str, Any]) -> None:
    source = make("a")
    assert index.bank_digest([index.to_row(source)]) != index.bank_digest(
        [index.to_row(dataclasses.replace(source, **change))]
    )


def test_folder_that_is_no_bank(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="is no bank"):
        index.read_info(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (index.INFO_FILE, b"{", "cannot be read"),
        (index.INFO_FILE, b'{"format": 1}', "missing required field"),
        (index.INFO_FILE, None, "has format 99"),
        (index.INDEX_FILE, b"PAR1", "is damaged"),
    ],
)
def test_damaged_banks_are_named(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    write(tmp_path, [index.to_row(make("a"))])
    path = tmp_path / name
    path.write_bytes(content or path.read_bytes().replace(b'"format": 1', b'"format": 99'))
    with pytest.raises(BankError, match=message):
        index.read_info(tmp_path)


def test_index_of_the_right_size_with_other_bytes(tmp_path: Path) -> None:
    write(tmp_path, [index.to_row(make("a"))])
    path = tmp_path / index.INDEX_FILE
    path.write_bytes(b"\0" * path.stat().st_size)
    index.read_info(tmp_path)
    with pytest.raises(BankError, match="cannot be read"):
        index.read_index(tmp_path)


@pytest.mark.parametrize(
    "change", [{"words": "[1]"}, {"active_regions": None}, {"active_regions": "no json"}, {"words": '[["a", 0]]'}]
)
def test_damaged_rows_are_named(change: dict[str, Any]) -> None:
    with pytest.raises(BankError, match="bank 'b', key 'a': damaged index row"):
        index.from_row(index.to_row(make("a")) | change, "b")
    row = index.to_row(make("a"))
    del row["caption"]
    with pytest.raises(BankError, match="caption"):
        index.from_row(row, "b")


# ------------------------------------------------------------------------------------------------------------- pools

values = st.none() | st.sampled_from(["a", "b", "c", "ü", ""])
tables = st.lists(st.tuples(*[values] * len(FIELDS)), min_size=0, max_size=30)


@settings(max_examples=60, deadline=None)
@given(tables, st.data())
def test_pools_are_what_a_scan_finds(rows: list[tuple[str | None, ...]], data: st.DataObject) -> None:
    frame = pl.DataFrame(rows, schema=dict.fromkeys(FIELDS, pl.String), orient="row")
    eligible = [i for i in range(len(rows)) if data.draw(st.booleans())]
    pools = Pools(frame, np.array(eligible, dtype=np.int64))
    asked = data.draw(st.dictionaries(st.sampled_from(FIELDS), st.sampled_from(["a", "b", "ü", "none"]), max_size=3))
    columns = {name: FIELDS.index(name) for name in asked}
    expected = [i for i in eligible if all(rows[i][columns[name]] == value for name, value in asked.items())]
    found = pools.rows(asked)
    assert list(found) == expected
    assert len(found) == len(expected)
    assert list(found[1:]) == expected[1:]
    assert found == pools.rows(asked)
    both = {(rows[i][0], rows[i][1]) for i in eligible}
    assert set(pools.values(*FIELDS[:2])) == both
    assert len(pools.values(*FIELDS[:2])) == len(both)


def test_pool_values_are_sorted_with_null_last() -> None:
    frame = pl.DataFrame([("b",), (None,), ("a",)], schema={"type": pl.String}, orient="row")
    assert Pools(frame, np.arange(3)).values("type") == [("a",), ("b",), (None,)]


def test_rows_give_plain_integers_and_cannot_be_changed() -> None:
    frame = pl.DataFrame([("a",), ("a",)], schema={"type": pl.String}, orient="row")
    rows = Pools(frame, np.arange(2)).rows({"type": "a"})
    assert [type(row) for row in rows] == [int, int]
    assert rows[-1] == 1
    with pytest.raises(IndexError):
        rows[2]
    with pytest.raises(ValueError, match="read-only"):
        rows.array()[0] = 7
