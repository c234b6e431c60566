"""A bank of a million rows plans scenes as one of a thousand does."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from soundscape import schema
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import plan_scene
from soundscape.randomness import stream
from soundscape.sources import index
from soundscape.sources.bank import Bank
from soundscape.sources.bankset import AnyBank, BankSet

LANGUAGES = ["de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "ru"]
#: What the two banks are compared by: four voices of three languages at most, effects, bursts, a bed.
RECIPE = "dense_multilingual"


def hexadecimal(name: str, count: int) -> list[str]:
    """Return texts as digests are, which no compression makes smaller."""
    data = stream(5, name).bytes(32 * count)
    return [data[i : i + 32].hex() for i in range(0, len(data), 32)]


def figures(name: str, count: int) -> NDArray[np.float64]:
    """Return figures as measures are."""
    return np.asarray(np.round(-20.0 + stream(5, name).standard_normal(count), 3))


def generate(folder: Path, count: int) -> Bank:
    """Write the index of an invented bank: six of ten rows speech in ten languages, thirty utterances a speaker."""
    folder.mkdir()
    row = pl.int_range(count, eager=True).alias("row")
    kinds = ["speech"] * 6 + ["sound_event"] * 2 + ["music", "vocal_burst"]
    speakers = max(20, count // 500 * 10)
    type_, kind = (pl.col("row") % 10).replace_strict(dict(enumerate(kinds))), pl.col("row") % 10
    seconds = pl.when(kind < 6).then(2.5 + pl.col("row") % 47 / 10).when(kind == 9).then(1.0).otherwise(20.0)
    # Every second sound effect is long and may be a bed.
    seconds = pl.when(kind == 6).then(0.5 + pl.col("row") % 31 / 10).otherwise(seconds).round(3)
    frame = row.to_frame().with_columns(
        pl.format("set/{}/{}", pl.col("row") // 1000, pl.col("row").cast(pl.String).str.zfill(8)).alias("key"),
        type_.alias("type"),
        (pl.col("row") // 10 % 10).replace_strict(dict(enumerate(LANGUAGES))).alias("language"),
        pl.when((kind < 6) | (kind == 9)).then(pl.format("speaker{}", pl.col("row") // 10 % speakers)).alias("speaker"),
        pl.format("what is said in number {} by somebody, {}", pl.col("row"), pl.col("row").hash(7)).alias(
            "transcription"
        ),
        pl.format("what is heard in number {}, said in a dozen words or so", pl.col("row")).alias("caption"),
        pl.format("group{}", pl.col("row")).alias("group"),
        pl.format("label{}", pl.col("row") % 997).alias("label"),
        pl.when(kind == 7).then(pl.lit("bed")).alias("topic"),
        *(pl.Series(name, hexadecimal(name, count)) for name in ("pcm_sha256", "file_sha256")),
        *(pl.Series(name, figures(name, count)) for name in ("level_lufs", "rms_dbfs", "noise_floor_dbfs", "snr_db")),
        seconds.alias("duration"),
        pl.lit(0.1).alias("active_start"),
        (seconds - 0.1).alias("active_end"),
        pl.format("[[0.1,{}],[{},{}]]", seconds / 2 - 0.25, seconds / 2, seconds - 0.1).alias("active_regions"),
        pl.format(
            '[["one",0.1,{}],["two",{},0.7]]', pl.col("row") % 311 / 1000 + 0.2, pl.col("row") % 313 / 1000
        ).alias("words"),
        pl.lit(-10.0).alias("peak_dbfs"),
        pl.lit("CC-BY-4.0").alias("licence"),
        pl.when(pl.col("row") % 100 == 0).then(pl.lit("silent")).alias("rejected"),
    )
    blank = {"Int64": pl.lit(24_000), "Float64": pl.lit(-20.0), "String": pl.lit("x")}
    columns = [
        (pl.col(name) if name in frame.columns else blank[type_.__name__]).alias(name)
        for name, type_ in index.COLUMNS.items()
    ]
    frame.select(columns).sort("key").write_parquet(folder / index.INDEX_FILE)
    info = index.BankInfo(
        format=index.FORMAT,
        name=folder.name,
        root="audio",
        generator="test",
        generator_version="1",
        digest="0" * 64,
        count=count,
        rejected=count // 100,
        index_bytes=(folder / index.INDEX_FILE).stat().st_size,
    )
    (folder / index.INFO_FILE).write_bytes(schema.encode(info))
    return Bank(folder)


def most_memory_a_scene(bank: AnyBank, scenes: range) -> int:
    """Return the most that planning a scene has held at once beyond what it keeps, in bytes: the median of scenes."""
    recipe = recipes.load(RECIPE)
    held = []
    for scene in scenes:
        tracemalloc.start()
        plan = plan_scene(recipe, "0" * 64, bank, 1, scene)
        held.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(plan.events) >= 5
    return sorted(held)[len(held) // 2]


@pytest.mark.slow
def test_a_million_rows(tmp_path: Path) -> None:
    """How long it takes is measured by scripts/bench; here, that no scene looks at the whole index."""
    large = generate(tmp_path / "large", 1_000_000)
    assert len(large.pool()) == 990_000
    small = generate(tmp_path / "small", 1_000)
    held = {}
    for name, bank in {"small": small, "large": large, "both": BankSet([small, large])}.items():
        # The first scenes group the rows, once for a combination of fields.
        most_memory_a_scene(bank, range(3))
        held[name] = most_memory_a_scene(bank, range(3, 33))
    # A mask of a million rows, or their numbers, would be a megabyte or more.
    assert held["large"] < held["small"] + 300_000, held
    assert held["both"] < held["small"] + 300_000, held
