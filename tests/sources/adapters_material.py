"""What the tests of adapters write: recordings in memory, and shards in the layouts of the hub."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from soundscape.randomness import stream
from soundscape.sources.adapters.take import Taken, TakeOptions, add_from
from soundscape.sources.bank import Bank, open_bank

RATE = 16_000


def voice(name: str, seconds: float = 2.4) -> np.ndarray:
    """Syllables of harmonics and noise with pauses between them: wide band, clean, active throughout."""
    rng = stream(11, "voice", name)
    t = np.arange(round(seconds * RATE)) / RATE
    f0 = 90.0 + 120.0 * rng.random()
    tone = sum(np.sin(2 * np.pi * f0 * k * t) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3.5 * t + 0.6), 0.0, None)
    return np.asarray(
        0.08 * (tone + 0.5 * rng.standard_normal(len(t))) * syllables + 1e-5 * rng.standard_normal(len(t))
    )


def noise(name: str, seconds: float = 1.0) -> np.ndarray:
    """A decaying burst of noise."""
    rng = stream(11, "noise", name)
    return np.asarray(
        0.2 * rng.standard_normal(round(seconds * RATE)) * np.exp(-np.arange(round(seconds * RATE)) / RATE)
    )


def encoded(samples: np.ndarray, kind: str = "FLAC", rate: int = RATE) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format=kind)
    return buffer.getvalue()


def write(path: Path, samples: np.ndarray, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    kind = {".mp3": "MP3", ".flac": "FLAC", ".ogg": "OGG"}.get(path.suffix, "WAV")
    path.write_bytes(encoded(samples, kind, rate))
    return path


def parquet(path: Path, rows: Iterable[Mapping[str, Any]], features: Mapping[str, Any], group: int = 3) -> Path:
    """Write a Parquet shard as the hub has it: bytes and path of audio, and the features in the schema's metadata."""
    import datasets
    import pyarrow
    import pyarrow.parquet

    kinds = {"audio": datasets.Audio(sampling_rate=RATE), "text": datasets.Value("string")}
    kinds |= {"int": datasets.Value("int64"), "float": datasets.Value("float64"), "bool": datasets.Value("bool")}
    declared = datasets.Features({
        name: datasets.ClassLabel(names=kind) if isinstance(kind, list) else kinds[kind]
        for name, kind in features.items()
    })  # fmt: skip
    table = pyarrow.Table.from_pylist([dict(row) for row in rows], schema=declared.arrow_schema)
    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(table, path, row_group_size=group)
    return path


def audio(samples: np.ndarray, path: str, kind: str = "FLAC") -> dict[str, Any]:
    return {"bytes": encoded(samples, kind), "path": path}


def tar(path: Path, records: Mapping[str, Mapping[str, bytes | Mapping[str, Any]]], mode: str = "w") -> Path:
    """Write a tar shard: for each key its members by suffix; mappings become JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for key, members in records.items():
            for suffix, content in members.items():
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                info = tarfile.TarInfo(f"{key}.{suffix}")
                info.size = len(data)
                file.addfile(info, io.BytesIO(data))
    return path


def take(adapter: str, path: Path | None, *, name: str = "b", **options: Any) -> tuple[Taken, Bank]:
    """Take a data set from disk and open the bank."""
    taken = add_from(name, adapter, TakeOptions(path=path, **options))
    return taken, open_bank(name)


def sources(bank: Bank) -> dict[str, Any]:
    """Return every source of a bank by its key."""
    return {source.key: source for source in map(bank.source, range(len(bank)))}


def reasons(taken: Taken) -> dict[str, str]:
    return {rejection.key: rejection.reason for rejection in taken.rejections}
