"""The same clips in three layouts, read back by the libraries that they are made for."""

from __future__ import annotations

import gc
import io
import json
import os
import subprocess
import sys
import tarfile
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import soundfile
import yaml

from soundscape.dataset import layouts
from soundscape.dataset import lock as locks
from soundscape.dataset.build import build
from soundscape.dataset.layouts import LAYOUTS, layout, shards
from soundscape.dataset.make import Maker
from soundscape.errors import EnvironmentFault, UsageError
from soundscape.sources.audio import pcm_digest

Contents = Callable[[Path], dict[str, bytes]]


def digest(data: bytes) -> str:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    return pcm_digest(np.asarray(samples), rate)


@pytest.fixture
def three(quick: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """Five clips in each layout, at most two in a shard."""
    monkeypatch.setattr(layouts, "CLIPS_PER_SHARD", 2)
    for name in LAYOUTS:
        build(quick, tmp_path / name, clips=5, jobs=1, layout=name, stems=True)
    return {name: tmp_path / name for name in LAYOUTS}


def test_clips_answers_and_digests_are_the_same_in_all_layouts(three: dict[str, Path], contents: Contents) -> None:
    files = {name: contents(folder) for name, folder in three.items()}
    clips = locks.read(three["folder"]).clips
    assert len(clips) == 5
    hidden = [name for name in files["folder"] if name.startswith(("answer_key/", "plans/", "stems/"))]
    for name, folder in three.items():
        assert locks.read(folder).clips == clips
        assert locks.read(folder).layout == name
        for file in [*hidden, "report.json", "CREDITS.md"]:
            assert files[name][file] == files["folder"][file]
    # Nothing but shards is new, and nothing of the folder's is left beside them.
    top = set(files["folder"]) - {n for n in files["folder"] if n.startswith("data/")}
    tars = {"data/test/index.json", *(f"data/test/test-{n:05d}.tar" for n in range(3))}
    assert set(files["webdataset"]) == top | tars
    assert set(files["parquet"]) == top | {f"data/test/test-{n:05d}.parquet" for n in range(3)}


def test_webdataset_reads_the_shards(three: dict[str, Path], contents: Contents) -> None:
    webdataset = pytest.importorskip("webdataset")
    data = three["webdataset"] / "data" / "test"
    index = json.loads((data / "index.json").read_text())
    assert index["__kind__"] == "wids-shard-index-v1"
    urls = [str(data / shard["url"]) for shard in index["shardlist"]]
    assert [shard["nsamples"] for shard in index["shardlist"]] == [2, 2, 1]
    with warnings.catch_warnings():
        # The library leaves closing its files to the garbage collector.
        warnings.simplefilter("ignore", ResourceWarning)
        samples = list(webdataset.WebDataset(urls, shardshuffle=False))
        gc.collect()
    lock, audio = locks.read(three["webdataset"]), contents(three["folder"] / "data" / "test")
    assert {s["__key__"]: digest(s["flac"]) for s in samples} == lock.clips
    for sample in samples:
        assert "." not in sample["__key__"]
        assert {k for k in sample if not k.startswith("__")} == {"flac", "json"}
        assert sample["flac"] == audio[f"{sample['__key__']}.flac"]
        facts = json.loads(sample["json"])
        assert facts == {"clip_id": sample["__key__"], "duration": soundfile.info(io.BytesIO(sample["flac"])).duration}


def test_tar_headers_tell_no_time_and_no_owner(three: dict[str, Path]) -> None:
    for path in sorted((three["webdataset"] / "data" / "test").glob("*.tar")):
        with tarfile.open(path) as tar:
            members = tar.getmembers()
        assert [m.name for m in members] == sorted(m.name for m in members)
        facts = {(m.mtime, m.uid, m.gid, m.uname, m.gname, m.mode, m.isreg()) for m in members}
        assert facts == {(0, 0, 0, "", "", 0o644, True)}


def test_datasets_reads_the_parquet_with_its_audio_feature(three: dict[str, Path], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    # By the card in the folder, as from a hub.
    found = datasets.load_dataset(str(three["parquet"]), split="test", cache_dir=str(tmp_path / "cache"))
    assert found.features == datasets.Features(
        {"audio": datasets.Audio(), "clip_id": datasets.Value("string"), "duration": datasets.Value("float64")}
    )
    rows = list(found.cast_column("audio", datasets.Audio(decode=False)))
    assert {row["clip_id"]: digest(row["audio"]["bytes"]) for row in rows} == locks.read(three["parquet"]).clips
    for row in rows:
        assert row["audio"]["path"] == f"{row['clip_id']}.flac"
        assert row["duration"] == soundfile.info(io.BytesIO(row["audio"]["bytes"])).duration


@pytest.mark.parametrize("name", ["folder", "webdataset"])
def test_datasets_finds_audio_and_facts_by_the_card(name: str, three: dict[str, Path], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    found = datasets.load_dataset(str(three[name]), split="test", streaming=True, cache_dir=str(tmp_path / "cache"))
    facts = {"clip_id": datasets.Value("string"), "duration": datasets.Value("float64")}
    if name == "folder":
        assert found.features == {"audio": datasets.Audio(), **facts}
    else:
        assert (found.features["flac"], found.features["json"]) == (datasets.Audio(), facts)


@pytest.mark.parametrize("name", ["folder", "webdataset"])
def test_datasets_reads_every_clip(name: str, three: dict[str, Path], tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    pytest.importorskip("torchcodec", reason="datasets reads audio files through torchcodec")
    found = datasets.load_dataset(str(three[name]), split="test", cache_dir=str(tmp_path / "cache"))
    column = "audio" if name == "folder" else "flac"
    rows = list(found.cast_column(column, datasets.Audio(decode=False)))
    read = [Path(row[column]["path"]).read_bytes() if name == "folder" else row[column]["bytes"] for row in rows]
    assert sorted(map(digest, read)) == sorted(locks.read(three[name]).clips.values())


def test_anyone_reads_the_parquet(three: dict[str, Path]) -> None:
    frame = pl.read_parquet(three["parquet"] / "data" / "test" / "*.parquet")
    audio = frame["audio"].struct.field("bytes").to_list()
    assert dict(zip(frame["clip_id"], map(digest, audio), strict=True)) == locks.read(three["parquet"]).clips


@pytest.mark.parametrize(("name", "pattern"), [("folder", "**"), ("webdataset", "*.tar"), ("parquet", "*.parquet")])
def test_the_card_points_at_the_data(name: str, pattern: str, three: dict[str, Path]) -> None:
    _, front, _ = (three[name] / "README.md").read_text(encoding="utf-8").split("---\n", 2)
    (config,) = yaml.safe_load(front)["configs"]
    assert config["data_files"] == [{"split": "test", "path": f"data/test/{pattern}"}]


def test_two_workers_pack_as_one_does(quick: Maker, three: dict[str, Path], contents: Contents, tmp_path: Path) -> None:
    for name in ("webdataset", "parquet"):
        build(quick, tmp_path / f"{name} by two", clips=5, jobs=2, layout=name, stems=True)
        assert contents(tmp_path / f"{name} by two") == contents(three[name])


@pytest.mark.parametrize("audio", ["wav", "mp3"])
def test_shards_hold_other_formats_as_well(audio: str, quick: Maker, tmp_path: Path) -> None:
    build(quick, tmp_path / "tar", clips=1, jobs=1, layout="webdataset", audio=audio)
    build(quick, tmp_path / "folder", clips=1, jobs=1, audio=audio)
    with tarfile.open(tmp_path / "tar/data/test/test-00000.tar") as tar:
        assert sorted(tar.getnames()) == sorted([f"quick-test-000000.{audio}", "quick-test-000000.json"])
        member = tar.extractfile(f"quick-test-000000.{audio}")
        assert member is not None
        assert member.read() == (tmp_path / f"folder/data/test/quick-test-000000.{audio}").read_bytes()


def test_shards_are_bounded_in_clips_and_in_bytes() -> None:
    found = layout("webdataset")
    many = shards(found, "test", [1.0] * 2500, 8000)
    assert [(s.first, len(s.durations)) for s in many] == [(0, 1000), (1000, 1000), (2000, 500)]
    assert many[2].name == "data/test/test-00002.tar"
    # Ten minutes at 48 kHz are 57.6 MB: 37 of them stay below 2 GiB.
    long = shards(found, "dev", [600.0] * 80, 48_000)
    assert [len(s.durations) for s in long] == [37, 37, 6]
    assert [i for s in long for i in s.indices] == list(range(80))
    assert [len(s.durations) for s in shards(found, "dev", [5.0], 8000)] == [1]


def test_an_unknown_layout_is_refused(quick: Maker, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'webdataset'") as caught:
        build(quick, tmp_path / "out", layout="webdatasets")
    assert caught.value.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_parquet_names_the_package_it_needs(arguments: Callable[..., list[str]], tmp_path: Path) -> None:
    code = (
        "import importlib.util, sys\nfind = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *a: None if name == 'pyarrow' else find(name, *a)\n"
        "from soundscape.cli import main\nmain()"
    )
    args = arguments(tmp_path / "out", "--layout", "parquet")
    done = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=False)
    assert done.returncode == EnvironmentFault.exit_code == 3
    assert "the package pyarrow is not installed" in done.stderr
    assert "pip install 'soundscape[hub]'" in done.stderr
    assert not os.path.lexists(tmp_path / "out")
