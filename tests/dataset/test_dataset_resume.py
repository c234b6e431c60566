"""A build may be stopped anywhere: what follows ends with the bytes of one that never was."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from soundscape.dataset import lock as locks
from soundscape.dataset.build import build, prepare
from soundscape.dataset.make import Maker
from soundscape.dataset.outputs import Folder
from soundscape.dataset.store import WORK
from soundscape.errors import BuildError

Contents = Callable[[Path], dict[str, bytes]]
Arguments = Callable[..., list[str]]
Below = Callable[[int], dict[int, int]]


class PowerCut(BaseException):
    """Neither code nor handlers are to survive it."""


class Disk:
    """Counts every change of names on the disk, and from a given one on refuses them all, as a dead machine would."""

    CHANGES = ("replace", "unlink", "rmdir", "mkdir")

    def __init__(self, patch: pytest.MonkeyPatch, last: int | None) -> None:
        self.changes = 0
        for name in self.CHANGES:
            patch.setattr(os, name, self._counted(getattr(os, name), last))
        # What is on the disk and what only in memory makes no difference to names.
        patch.setattr(os, "fsync", lambda descriptor: None)

    def _counted(self, change: Callable[..., Any], last: int | None) -> Callable[..., Any]:
        def counted(*args: Any, **options: Any) -> Any:
            if last is not None and self.changes >= last:
                raise PowerCut
            self.changes += 1
            return change(*args, **options)

        return counted


@pytest.mark.slow
@pytest.mark.parametrize("layout", ["folder", "webdataset", "parquet"])
def test_a_build_may_be_cut_off_before_any_change_on_the_disk(
    layout: str, quick: Maker, contents: Contents, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"clips": 2, "jobs": 1, "layout": layout, "stems": True}
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(patch, None)
        build(quick, tmp_path / "whole", **options)
    whole = contents(tmp_path / "whole")
    assert disk.changes > 30
    for last in range(disk.changes):
        out = tmp_path / f"cut{last}"
        with pytest.MonkeyPatch.context() as patch:
            Disk(patch, last)
            with pytest.raises(PowerCut):
                build(quick, out, **options)
        build(quick, out, **options)
        assert contents(out) == whole, f"cut off before change {last}"
        shutil.rmtree(out)


def test_a_record_that_a_crash_left_empty_is_made_again(quick: Maker, contents: Contents, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int, seconds: float) -> None:
        raise Stop

    build(quick, tmp_path / "whole", jobs=1)
    with pytest.raises(Stop):
        build(quick, tmp_path / "out", jobs=1, progress=stop)
    (record,) = (tmp_path / "out" / WORK / "scenes").rglob("*.json")
    record.write_bytes(b"")
    assert build(quick, tmp_path / "out", jobs=1).made == 4
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_what_was_made_by_other_versions_is_not_gone_on_with(quick: Maker, contents: Contents, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int, seconds: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        build(quick, tmp_path / "out", jobs=1, progress=stop)
    begun = tmp_path / "out" / WORK / "lock.json"
    own = locks.versions()["numpy"]
    begun.write_bytes(begun.read_bytes().replace(f'"numpy":"{own}"'.encode(), b'"numpy":"1.0.0"'))
    before = contents(tmp_path / "out")
    with pytest.raises(BuildError, match=rf"begun with numpy 1\.0\.0, and {own} is installed"):
        build(quick, tmp_path / "out", jobs=1)
    assert contents(tmp_path / "out") == before


def test_two_builds_at_once_in_a_folder_are_kept_apart(quick: Maker, tmp_path: Path) -> None:
    other = Folder(tmp_path / "out")
    other.hold(f"{WORK}/running")
    with pytest.raises(BuildError, match="another process is building there"):
        build(quick, tmp_path / "out", jobs=1)
    other.release()
    assert build(quick, tmp_path / "out", jobs=1).made == 4


def command(arguments: list[str], **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "soundscape", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options,
    )  # fmt: skip


def records(out: Path) -> dict[str, int]:
    """The finished clips of a build in progress, each with the inode of its audio."""
    found = {}
    for record in (out / WORK / "scenes").rglob("[!.]*.json"):
        audio = out / "data" / "test" / f"{record.stem}.flac"
        found[record.stem] = audio.stat().st_ino
    return found


def wait_for_another_record(out: Path, process: subprocess.Popen[str]) -> None:
    before, end = len(records(out)), time.monotonic() + 30
    while len(records(out)) == before and process.poll() is None and time.monotonic() < end:
        time.sleep(0.01)


def gone(pids: set[int], within: float) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if not any(Path("/proc", str(pid)).exists() for pid in pids):
            return True
        time.sleep(0.02)
    return False


def kill_a_worker(builder: int, family: dict[int, int], rng: random.Random) -> bool:
    """Kill one of the processes that make scenes: the children of the builder's children."""
    workers = sorted(pid for pid, parent in family.items() if parent != builder)
    if not workers:
        return False
    try:
        os.kill(rng.choice(workers), signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def slower_recipe(small_recipe: dict[str, Any]) -> dict[str, Any]:
    """Scenes that take long enough to be killed in the middle."""
    return {**small_recipe, "name": "killed", "clips": 40}


@pytest.mark.slow
def test_a_build_killed_at_25_random_moments_ends_with_the_same_bytes(
    slower_recipe: dict[str, Any], small_bank_folder: Path, arguments: Arguments, contents: Contents, below: Below,
    tmp_path: Path,
) -> None:  # fmt: skip
    build(prepare(slower_recipe, banks=(str(small_bank_folder),)), tmp_path / "whole", jobs=2)
    whole, out = contents(tmp_path / "whole"), tmp_path / "out"
    args = arguments(out, "--jobs", "2", recipe=slower_recipe)
    rng = random.Random(25)
    finished: dict[str, int] = {}
    kills = 0
    while kills < 25:
        process = command(args)
        # One moment in four lies anywhere, start-up included; the others where scenes are being made.
        if rng.random() < 0.25:
            time.sleep(rng.uniform(0.0, 1.5))
        else:
            wait_for_another_record(out, process)
        family = below(process.pid)
        for _ in range(rng.randrange(3)):
            time.sleep(rng.uniform(0.0, 0.3))
            family |= below(process.pid)
            kills += kill_a_worker(process.pid, below(process.pid), rng)
        time.sleep(rng.uniform(0.0, 0.2))
        family |= below(process.pid)
        process.kill()
        kills += 1
        process.communicate()
        assert gone(set(family), within=10), "workers outlive their build"
        if process.returncode == 0:
            assert contents(out) == whole
            shutil.rmtree(out)
            finished = {}
            continue
        now = records(out)
        # It may also have been cut off while it was tidying up: then no record need be there any more.
        assert now.items() >= finished.items() or (out / locks.NAME).is_file(), "a finished clip was made again"
        finished = now or finished
    last = command(args)
    _, errors = last.communicate()
    assert (last.returncode, errors) == (0, "")
    assert contents(out) == whole
    for clip, inode in finished.items():
        assert (out / "data" / "test" / f"{clip}.flac").stat().st_ino == inode, "a finished clip was made again"


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_ctrl_c_stops_within_two_seconds_and_says_how_to_go_on(
    jobs: str, slower_recipe: dict[str, Any], small_bank_folder: Path, arguments: Arguments, contents: Contents,
    below: Below, tmp_path: Path,
) -> None:  # fmt: skip
    out = tmp_path / "out"
    args = arguments(out, "--jobs", jobs, recipe=slower_recipe)
    process = command(args, start_new_session=True)
    wait_for_another_record(out, process)
    family = set(below(process.pid))
    began = time.monotonic()
    # As a terminal does: to the whole group.
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    took = time.monotonic() - began
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert f"of 40 clips; run the same command again to go on with {out}" in errors
    assert took < 2.0
    assert gone(family, within=2.0)
    kept = records(out)
    assert 0 < len(kept) < 40
    build(prepare(slower_recipe, banks=(str(small_bank_folder),)), out, jobs=2)
    build(prepare(slower_recipe, banks=(str(small_bank_folder),)), tmp_path / "whole", jobs=2)
    assert contents(out) == contents(tmp_path / "whole")
    assert {clip: (out / "data/test" / f"{clip}.flac").stat().st_ino for clip in kept} == kept


def test_a_file_that_may_not_grow_is_named_and_the_build_goes_on_later(
    quick: Maker, arguments: Arguments, contents: Contents, tmp_path: Path
) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    out = tmp_path / "out"
    process = command(arguments(out, "--jobs", "1"), preexec_fn=limit)
    _, errors = process.communicate()
    assert process.returncode == 3
    assert "larger than a file may be here" in errors
    assert "Traceback" not in errors
    assert not list(out.rglob("*.flac"))
    build(quick, out, jobs=1)
    build(quick, tmp_path / "whole", jobs=1)
    assert contents(out) == contents(tmp_path / "whole")


#: Builds on a disk of half a megabyte until it is full, makes the disk larger, builds again, carries the result away.
FULL_DISK = """
mount -t tmpfs -o size=500k soundscape "$DISK" || exit 77
"$@"; echo "first: $?"
find "$DISK" -name '*.flac' | grep -q . && find "$DISK" -name '*.part' | grep . && echo "parts left"
mount -o remount,size=50m "$DISK"
"$@"; echo "second: $?"
cp -r "$DISK/out" "$RESULT"
"""


@pytest.mark.slow
def test_a_full_disk_is_named_and_the_build_goes_on_later(
    quick_recipe: dict[str, Any], small_bank_folder: Path, arguments: Arguments, contents: Contents, tmp_path: Path
) -> None:
    recipe = {**quick_recipe, "clips": 20}
    disk, result = tmp_path / "disk", tmp_path / "result"
    disk.mkdir()
    done = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "sh", "-c", FULL_DISK, "sh", sys.executable, "-m", "soundscape",
         *arguments(disk / "out", "--jobs", "2", recipe=recipe)],
        env={**os.environ, "DISK": str(disk), "RESULT": str(result)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode == 77 or "unshare:" in done.stderr:
        pytest.skip(f"this machine lets nobody mount a small disk: {done.stderr.strip()}")
    assert "first: 3\n" in done.stdout
    assert "second: 0\n" in done.stdout
    assert "parts left" not in done.stdout
    assert "no space left on the disk" in done.stderr
    assert "Traceback" not in done.stderr
    build(prepare(recipe, banks=(str(small_bank_folder),)), tmp_path / "whole", jobs=1)
    assert contents(result) == contents(tmp_path / "whole")
