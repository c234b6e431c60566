"""Banks of any number of rows for planning: the embedded bank's index many times over, with other keys and speakers."""

from __future__ import annotations

from pathlib import Path

import msgspec
import polars as pl

from soundscape import schema
from soundscape.sources import index
from soundscape.sources.bank import Bank


def multiplied(bank: Bank, folder: Path, count: int) -> Path:
    """Write a bank of ``count`` rows into a folder, of rows of another bank in turn. It has no recordings."""
    folder.mkdir()
    copies = pl.int_range(-(-count // len(bank)), eager=True).alias("copy").to_frame()
    number = pl.col("copy").cast(pl.String).str.zfill(6)
    frame = copies.join(bank.frame, how="cross").with_columns(
        pl.format("{}/{}", number, "key").alias("key"),
        pl.format("{}-{}", "speaker", number).alias("speaker"),
        pl.format("{}-{}", "group", number).alias("group"),
    )
    frame = frame.drop("copy").head(count).sort("key")
    frame.write_parquet(folder / index.INDEX_FILE)
    info = msgspec.json.decode((bank.folder / index.INFO_FILE).read_bytes())
    info |= {"name": folder.name, "count": count, "index_bytes": (folder / index.INDEX_FILE).stat().st_size}
    (folder / index.INFO_FILE).write_bytes(schema.encode(info))
    return folder
