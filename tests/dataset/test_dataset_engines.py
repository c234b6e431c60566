"""Whoever does the work, and whoever dies doing it: the same bytes."""

from __future__ import annotations

import importlib.util
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from soundscape.dataset import lock as locks
from soundscape.dataset import pool
from soundscape.dataset.build import build, prepare
from soundscape.dataset.engines import ENGINES, Local, default_jobs, engine
from soundscape.dataset.make import Maker
from soundscape.errors import BankError, BuildError, EnvironmentFault, UsageError
from soundscape.processes import starting_workers

Contents = Callable[[Path], dict[str, bytes]]
Below = Callable[[int], dict[int, int]]

MORTAL = """
import os, signal
from pathlib import Path

class Task:
    def __init__(self, folder, victims, deaths):
        self.folder, self.victims, self.deaths = folder, victims, deaths

    def __call__(self, index):
        died = Path(self.folder, str(index))
        times = len(died.read_bytes()) if died.exists() else 0
        if index in self.victims and times < self.deaths:
            died.write_bytes(b"x" * (times + 1))
            os.kill(os.getpid(), signal.SIGKILL)
        return index * index

def complain(index):
    from soundscape.errors import BankError
    raise BankError(f"number {index}", hint="mend it")

def surroundings(index):
    return {"main": __import__("sys").modules["__main__"].__dict__.get("__file__"),
            "variable": os.environ.get("SOUNDSCAPE_TEST"), "threads": os.environ.get("OPENBLAS_NUM_THREADS"),
            "folder": os.getcwd()}
"""


@pytest.fixture
def mortal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of tasks that workers can import."""
    (tmp_path / "mortal_tasks.py").write_text(MORTAL)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "mortal_tasks", raising=False)
    return __import__("mortal_tasks")


@pytest.fixture
def two() -> Iterator[Local]:
    workers = Local(2)
    yield workers
    workers.stop(now=False)


def test_tasks_that_lose_their_worker_are_done_again(mortal: Any, two: Local, tmp_path: Path) -> None:
    task = mortal.Task(str(tmp_path), victims={3, 4, 11}, deaths=2)
    assert sorted(pool.run(task, range(20), two)) == [n * n for n in range(20)]
    assert [len((tmp_path / str(n)).read_bytes()) for n in (3, 4, 11)] == [2, 2, 2]


def test_a_task_that_kills_every_worker_is_named(mortal: Any, two: Local, tmp_path: Path) -> None:
    task = mortal.Task(str(tmp_path), victims={5}, deaths=99)
    done = []
    with pytest.raises(EnvironmentFault, match=r"workers died 5 times over the same work \(number 5\)") as caught:
        done.extend(pool.run(task, range(20), two))
    assert "--jobs 1" in str(caught.value)
    assert len((tmp_path / "5").read_bytes()) == 5


def test_neighbours_of_a_task_that_kills_its_worker_are_done_all_the_same(
    mortal: Any, two: Local, tmp_path: Path
) -> None:
    # As often as may be: twice beside others, which lose their worker with it, and twice alone.
    task = mortal.Task(str(tmp_path), victims={5}, deaths=4)
    assert sorted(pool.run(task, range(12), two)) == [n * n for n in range(12)]


def test_what_a_task_raises_arrives_as_it_is(mortal: Any, two: Local) -> None:
    with pytest.raises(BankError, match="number") as caught:
        list(pool.run(mortal.complain, range(4), two))
    assert caught.value.hint == "mend it"


def test_workers_see_the_present_environment_and_no_main_module(
    mortal: Any, two: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    main = sys.modules["__main__"]
    # The fork server may have been started by an earlier test, with another environment.
    monkeypatch.setenv("SOUNDSCAPE_TEST", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for seen in pool.run(mortal.surroundings, range(4), two):
        assert seen == {"main": None, "variable": str(tmp_path), "threads": "1", "folder": str(tmp_path)}
    assert sys.modules["__main__"] is main


def test_starting_workers_in_several_threads_gives_the_main_module_back() -> None:
    main = sys.modules["__main__"]
    inside, leave = threading.Barrier(3), threading.Event()

    def start(wait: float) -> None:
        with starting_workers():
            inside.wait()
            leave.wait()
            time.sleep(wait)

    threads = [threading.Thread(target=start, args=(wait,)) for wait in (0.0, 0.1)]
    for thread in threads:
        thread.start()
    inside.wait()
    assert sys.modules["__main__"] is not main
    leave.set()
    for thread in threads:
        thread.join()
    assert sys.modules["__main__"] is main


class Threads:
    """An engine of threads that counts what is under way."""

    deaths: tuple[type[BaseException], ...] = ()
    width = 3

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(self.width)
        self.given = 0

    def expect(self, tasks: int) -> None:
        assert tasks > 0

    def submit(self, work: Callable[[int], Any], index: int) -> Future[Any]:
        self.given += 1
        return self._pool.submit(work, index)

    def mend(self) -> None:
        raise AssertionError("nobody died")

    def stop(self, *, now: bool) -> None:
        self._pool.shutdown()


def test_a_slow_reader_holds_the_workers_back() -> None:
    threads = Threads()
    endless = iter(range(10**9))
    results = pool.run(lambda n: n, endless, threads)
    for taken in range(1, 50):
        next(results)
        assert threads.given - taken <= 2 * threads.width
    threads.stop(now=True)


def test_a_worker_that_is_killed_changes_nothing(
    small_recipe: dict[str, Any], small_bank_folder: Path, contents: Contents, below: Below, tmp_path: Path
) -> None:
    maker = prepare(small_recipe, banks=(str(small_bank_folder),))
    build(maker, tmp_path / "whole", clips=12, jobs=1)
    killed = []

    def kill(done: int, total: int, seconds: float) -> None:
        if done in (2, 6):
            workers = [pid for pid, parent in below(os.getpid()).items() if parent != os.getpid()]
            os.kill(workers[0], signal.SIGKILL)
            killed.append(workers[0])

    build(maker, tmp_path / "out", clips=12, jobs=2, progress=kill)
    assert len(killed) == 2
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_plain_script_without_a_guard_may_build(
    quick_recipe: dict[str, Any], small_bank_folder: Path, tmp_path: Path
) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import soundscape\nmaker = soundscape.prepare({quick_recipe!r}, banks=({str(small_bank_folder)!r},))\n"
        f"print(soundscape.build(maker, {str(tmp_path / 'out')!r}, jobs=2).made)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("4\n", "")


def test_engines_are_a_plain_registry(quick: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "threads", lambda jobs, scheduler: Threads())
    build(quick, tmp_path / "out", engine="threads")
    build(quick, tmp_path / "one", jobs=1)
    assert locks.read(tmp_path / "out").clips == locks.read(tmp_path / "one").clips


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "dsk"}, "did you mean 'dask'"),
        ({"name": "local", "scheduler": "tcp://host:8786"}, "add --engine dask"),
        ({"name": "dask", "scheduler": "tcp://host:8786", "jobs": 2}, "workers of its own"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as caught:
        engine(**options)
    assert says in str(caught.value)


def test_there_is_a_job_for_every_processor() -> None:
    assert 1 <= default_jobs() <= (os.cpu_count() or 1)
    assert Local(1).width == 0


def test_dask_names_the_package_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "distributed" else find(name))
    with pytest.raises(EnvironmentFault, match="distributed is not installed") as caught:
        engine("dask")
    assert caught.value.hint == "pip install 'soundscape[dask]'"


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A Dask cluster of two workers, as somebody else would run one: several threads in one of its processes."""
    distributed = pytest.importorskip("distributed")
    with (
        starting_workers(),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=2, host="127.0.0.1", dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        ) as running,
        distributed.Client(running, set_as_default=False) as client,
    ):  # fmt: skip
        yield client


@pytest.mark.slow
def test_a_dask_cluster_gives_the_same_bytes_past_a_worker_that_is_killed(
    cluster: Any, small_recipe: dict[str, Any], small_bank_folder: Path, contents: Contents, tmp_path: Path
) -> None:
    maker = prepare(small_recipe, banks=(str(small_bank_folder),))
    build(maker, tmp_path / "whole", clips=12, jobs=1, layout="webdataset")
    killed = []

    def kill(done: int, total: int, seconds: float) -> None:
        if done == 3:
            killed.extend(list(cluster.run(os.getpid).values())[:1])
            os.kill(killed[0], signal.SIGKILL)

    address = cluster.scheduler.address
    build(maker, tmp_path / "out", clips=12, engine="dask", scheduler=address, layout="webdataset", progress=kill)
    assert killed
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


@pytest.mark.slow
def test_a_worker_that_sees_other_banks_or_another_folder_is_named(
    cluster: Any, quick_recipe: dict[str, Any], small_bank_folder: Path, tmp_path: Path
) -> None:
    address = cluster.scheduler.address
    maker = prepare(quick_recipe, banks=(str(small_bank_folder),))

    class Elsewhere(type(maker)):  # type: ignore[misc]
        digests = {"small": "0" * 64}  # noqa: RUF012

    maker.__class__ = Elsewhere
    with pytest.raises(BuildError, match=r"the worker \d+ on .* has another bank 'small'"):
        build(maker, tmp_path / "out", engine="dask", scheduler=address)


@pytest.mark.slow
def test_a_dask_cluster_of_ones_own_goes_away_again(
    quick: Maker, contents: Contents, below: Below, tmp_path: Path
) -> None:
    pytest.importorskip("distributed")
    before = set(below(os.getpid()))
    build(quick, tmp_path / "out", engine="dask", jobs=1)
    build(quick, tmp_path / "one", jobs=1)
    assert contents(tmp_path / "out") == contents(tmp_path / "one")
    spawned = {
        pid for pid in set(below(os.getpid())) - before if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }
    assert spawned == set()


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("soundscape.dataset.engines._PATIENCE", 0.5)
    with pytest.raises(EnvironmentFault, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9") as caught:
        list(pool.run(abs, range(3), engine("dask", scheduler="tcp://127.0.0.1:9")))
    assert caught.value.exit_code == 3


def test_a_pool_that_breaks_while_it_is_given_a_task_is_a_death_and_another_fault_is_not(
    mortal: Any, two: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.submit(abs, 1).result()
    assert two._pool is not None
    fault = OSError("handle is closed")

    def broken(*args: Any) -> None:
        raise fault

    monkeypatch.setattr(two._pool, "submit", broken)
    with pytest.raises(BrokenProcessPool):
        two.submit(abs, 1)
    fault = OSError(11, "no more processes")
    with pytest.raises(OSError, match="no more processes"):
        two.submit(abs, 1)
