"""Folders and buckets: what is written appears whole or not at all, and a bucket holds what a folder would."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from soundscape.dataset.build import build, prepare
from soundscape.dataset.make import Maker
from soundscape.dataset.outputs import Bucket, Folder, Output, open_output
from soundscape.dataset.store import WORK
from soundscape.errors import BuildError, EnvironmentFault, UsageError

Contents = Callable[[Path], dict[str, bytes]]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """An S3 server on the loopback device with one bucket, ``bucket``; the file system that speaks to it."""
    pytest.importorskip("s3fs")
    if importlib.util.find_spec("moto") is None:
        pytest.skip("needs moto[server]")
    log = tmp_path_factory.mktemp("s3") / "log"
    with (
        log.open("wb") as lines,
        subprocess.Popen(
            [sys.executable, "-u", "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"], stdout=lines, stderr=lines
        ) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        end = time.monotonic() + 60
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", log.read_text())) and time.monotonic() < end:
            time.sleep(0.05)
        assert found, log.read_text()
        patch.setenv("AWS_ENDPOINT_URL", found[0])
        patch.setenv("AWS_ACCESS_KEY_ID", "tests")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "tests")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        files = fsspec.filesystem("s3", skip_instance_cache=True)
        files.mkdir("bucket")
        yield files
        server.kill()


@pytest.fixture(params=["folder", "memory", "s3"])
def output(request: pytest.FixtureRequest, tmp_path: Path) -> Output:
    if request.param == "folder":
        return open_output(tmp_path / "out")
    if request.param == "s3":
        request.getfixturevalue("s3")
    kind, place = ("s3", "bucket/") if request.param == "s3" else ("memory", "")
    return open_output(f"{kind}://{place}{uuid.uuid4().hex}")


def test_files_are_written_read_listed_and_removed(output: Output) -> None:
    assert list(output.names()) == []
    output.write("b/two.txt", b"2")
    output.write("b/two.txt", b"two")
    with output.writer("a/one.txt") as file:
        file.write(b"o")
        file.write(b"ne")
    output.write("b/c/three.txt", b"")
    assert sorted(output.names()) == ["a/one.txt", "b/c/three.txt", "b/two.txt"]
    assert sorted(output.names("b")) == ["b/c/three.txt", "b/two.txt"]
    assert list(output.names("nothing")) == []
    assert (output.read("a/one.txt"), output.read("b/two.txt"), output.read("b/c/three.txt")) == (b"one", b"two", b"")
    with pytest.raises(FileNotFoundError):
        output.read("a/four.txt")
    output.remove(["b/two.txt", "b/never.txt"])
    assert list(output.names("b")) == ["b/c/three.txt"]
    output.remove_all("b")
    output.remove_all("nothing")
    assert list(output.names()) == ["a/one.txt"]


def cut_short(output: Output, name: str) -> None:
    with output.writer(name) as file:
        file.write(b"x" * (1 << 20))
        raise KeyboardInterrupt


def test_what_an_exception_cuts_short_does_not_appear(output: Output) -> None:
    output.write("kept.txt", b"before")
    for name in ("kept.txt", "new.txt"):
        with pytest.raises(KeyboardInterrupt):
            cut_short(output, name)
    assert list(output.names()) == ["kept.txt"]
    assert output.read("kept.txt") == b"before"


def test_only_parts_are_swept_away(tmp_path: Path) -> None:
    output = Folder(tmp_path)
    part = f"data/.clip.flac.{uuid.uuid4().hex}.part"
    for name in (part, "data/.hidden", "data/.mine.part", "data/clip.part"):
        output.write(name, b"")
    output.sweep()
    assert part not in list(output.names())
    assert len(list(output.names())) == 3


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    first, second = Folder(tmp_path), Folder(tmp_path)
    first.hold("work/running")
    with pytest.raises(BuildError, match="another process"):
        second.hold("work/running")
    first.release()
    second.hold("work/running")
    second.release()


def test_urls_and_paths_are_told_apart(tmp_path: Path) -> None:
    for place in (tmp_path, str(tmp_path), f"file://{tmp_path}"):
        found = open_output(place)
        assert isinstance(found, Folder)
        assert found.path == tmp_path
    bucket = open_output("memory://a/b/")
    assert isinstance(bucket, Bucket)
    assert (bucket.place, bucket.shared, bucket.durable) == ("memory://a/b", False, True)
    assert open_output(bucket) is bucket


def test_storage_without_whole_puts_is_refused() -> None:
    with pytest.raises(UsageError, match="do not appear whole or not at all on 'ftp'"):
        open_output("ftp://host/folder")
    with pytest.raises(UsageError, match="no bucket is named"):
        open_output("memory://")


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(EnvironmentFault, match="the package for 's3' is missing") as caught:
        open_output("s3://bucket/prefix")
    assert caught.value.hint == "pip install 'soundscape[s3]'"


def test_a_file_in_the_way_is_named(quick: Maker, tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("three years of work")
    with pytest.raises(BuildError, match="is a file, expected a folder"):
        build(quick, tmp_path / "thesis", jobs=1)
    with pytest.raises(EnvironmentFault, match=r"thesis/out/.* cannot be written: Not a directory"):
        build(quick, tmp_path / "thesis" / "out", jobs=1)
    assert (tmp_path / "thesis").read_text() == "three years of work"


def objects(files: Any, prefix: str) -> dict[str, bytes]:
    files.invalidate_cache()
    return {path.removeprefix(f"{prefix}/"): files.cat_file(path) for path in files.find(prefix)}


class Stop(Exception):
    pass


def stop_at_three(done: int, total: int, seconds: float) -> None:
    if done == 3:
        raise Stop


def test_memory_holds_what_a_folder_would(quick: Maker, contents: Contents, tmp_path: Path) -> None:
    place = f"memory://{uuid.uuid4().hex}"
    with pytest.raises(UsageError, match="lives in this process alone"):
        build(quick, place, jobs=2)
    with pytest.raises(Stop):
        build(quick, place, progress=stop_at_three)
    result = build(quick, place)
    assert (result.made, result.folder) == (1, place)
    build(quick, tmp_path / "folder", jobs=1)
    found = objects(fsspec.filesystem("memory"), f"/{place.removeprefix('memory://')}")
    assert found == contents(tmp_path / "folder")
    assert build(quick, place).made == 0


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["folder", "webdataset", "parquet"])
def test_a_bucket_holds_what_a_folder_would(
    layout: str, s3: Any, quick: Maker, contents: Contents, tmp_path: Path
) -> None:
    place = f"s3://bucket/{layout}/build"
    with pytest.raises(Stop):
        build(quick, place, jobs=2, layout=layout, stems=True, progress=stop_at_three)
    kept = {name: objects(s3, f"bucket/{layout}")[name] for name in objects(s3, f"bucket/{layout}") if WORK in name}
    assert len([name for name in kept if "/scenes/" in name]) >= 3
    result = build(quick, place, jobs=2, layout=layout, stems=True)
    assert result.made <= 1
    build(quick, tmp_path / "folder", jobs=1, layout=layout, stems=True)
    assert objects(s3, f"bucket/{layout}/build") == contents(tmp_path / "folder")
    assert build(quick, place, jobs=1, layout=layout, stems=True).made == 0
    with pytest.raises(BuildError, match="holds another build: its audio"):
        build(quick, place, jobs=1, layout=layout, stems=True, audio="wav")


@pytest.mark.slow
def test_the_command_line_is_killed_and_goes_on_in_a_bucket(
    s3: Any, small_recipe: dict[str, Any], small_bank_folder: Path, arguments: Callable[..., list[str]],
    contents: Contents, tmp_path: Path,
) -> None:  # fmt: skip
    args = [sys.executable, "-m", "soundscape", *arguments("s3://bucket/cli", "--jobs", "2", recipe=small_recipe)]
    process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    end = time.monotonic() + 60
    # Names alone: what they stand for may be gone before it is read.
    while not any("/scenes/" in name for name in s3.find("bucket/cli")) and time.monotonic() < end:
        s3.invalidate_cache()
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    again = subprocess.run(args, capture_output=True, text=True, check=False)
    assert (again.returncode, again.stderr) == (0, "")
    assert "s3://bucket/cli: 6 clips" in again.stdout
    build(prepare(small_recipe, banks=(str(small_bank_folder),)), tmp_path / "folder", jobs=1)
    assert objects(s3, "bucket/cli") == contents(tmp_path / "folder")


def test_faults_of_a_store_are_named(s3: Any, quick: Maker) -> None:
    with pytest.raises(EnvironmentFault, match="The specified bucket does not exist") as caught:
        build(quick, "s3://nowhere/build", jobs=1)
    assert caught.value.exit_code == 3
    assert "s3://nowhere/build/" in caught.value.message


def test_files_of_somebody_else_in_a_bucket_are_kept(s3: Any, quick: Maker) -> None:
    s3.pipe_file("bucket/theirs/thesis.txt", b"three years of work")
    with pytest.raises(BuildError, match=r"holds no build \(there is thesis\.txt\)"):
        build(quick, "s3://bucket/theirs", jobs=1)
    assert objects(s3, "bucket/theirs") == {"thesis.txt": b"three years of work"}
