"""Who does the work: processes on this machine, or a Dask cluster, behind the interface of ``concurrent.futures``.

An engine is made by a function in :data:`ENGINES` from the number of jobs and the scheduler's address that were asked
for. Another one needs the methods of :class:`Engine` and an entry there.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any, Protocol, TypeAlias, TypeVar

from soundscape.errors import EnvironmentFault, UsageError, nearest
from soundscape.processes import deaf_children, end_with, ignore_interrupts, starting_workers

T = TypeVar("T")

#: What the fork server imports, once for all workers: what they do, and what that imports only when it is used.
_PRELOAD = ["soundscape.dataset.work", "scipy.fft", "soundfile", "soxr", "jsonschema"]
#: How long a cluster may take to answer, and to have its first worker, in s.
_PATIENCE = 30.0


class Engine(Protocol):
    """Workers for tasks that can be sent to any process."""

    @property
    def deaths(self) -> tuple[type[BaseException], ...]:
        """What a task raises that has lost its worker. It may be given out again, after :meth:`mend`."""
        ...

    @property
    def width(self) -> int:
        """How many tasks run at once; 0: there are no workers, tasks are to be called here."""
        ...

    def expect(self, tasks: int) -> None:
        """Be told how many tasks there will be at first; more workers are not needed."""
        ...

    def submit(self, work: Callable[[int], T], index: int) -> Future[T]:
        """Give a task out; workers are started by the first one at the latest."""
        ...

    def mend(self) -> None:
        """Make the engine usable again after a death; no task is under way."""
        ...

    def stop(self, *, now: bool) -> None:
        """Let the workers go when they have finished, or at once."""
        ...


def default_jobs() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def warm_up() -> None:
    """Start the fork server of the local engine, so that its imports go on beside those of this process."""
    with starting_workers(), deaf_children():
        multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOAD)
        forkserver.ensure_running()


def _begin(leash: Connection, environment: dict[str, str]) -> None:
    ignore_interrupts()
    end_with(leash)
    # The fork server has the environment of the moment at which it was started.
    os.environ.update(environment)


class Local:
    """Processes on this machine; with one job, none but this one."""

    deaths: tuple[type[BaseException], ...] = (BrokenProcessPool,)

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool: ProcessPoolExecutor | None = None
        self._leash: Connection | None = None

    def expect(self, tasks: int) -> None:
        """Start no more processes than there are tasks."""
        self._jobs = min(self._jobs, max(1, tasks))

    @property
    def width(self) -> int:
        """How many processes there are; 0 for work in this one."""
        return self._jobs if self._jobs > 1 else 0

    def _start(self) -> ProcessPoolExecutor:
        # A fork server starts clean, without the threads of this process, and imports the heavy packages only once.
        warm_up()
        context = multiprocessing.get_context("forkserver")
        far, self._leash = context.Pipe(duplex=False)
        return ProcessPoolExecutor(self._jobs, mp_context=context, initializer=_begin, initargs=(far, dict(os.environ)))

    def submit(self, work: Callable[[int], T], index: int) -> Future[T]:
        """Give a task out; the first one starts the processes."""
        self._pool = self._pool or self._start()
        with starting_workers():
            try:
                return self._pool.submit(work, index)
            except OSError as error:
                # A pool that breaks just now has closed its pipes, and not yet said so; all else has an errno.
                if error.errno is None:
                    raise BrokenProcessPool("the pool broke while it was given a task") from error
                raise

    def mend(self) -> None:
        """Forget the broken pool: a process that dies takes it along."""
        self.stop(now=True)

    def stop(self, *, now: bool) -> None:
        """End the processes: at once, or when their tasks are finished."""
        pool, self._pool = self._pool, None
        if pool is None or self._leash is None:
            return
        if now:
            self._leash.close()
        pool.shutdown(wait=True, cancel_futures=True)
        self._leash.close()


def _nanny(distributed: Any) -> Any:
    """Return the keeper of a worker process, which also starts another in the place of one that has died."""

    class Nanny(distributed.Nanny):  # type: ignore[misc]
        async def instantiate(self) -> Any:
            with starting_workers(), deaf_children():
                return await super().instantiate()

    return Nanny


class Dask:
    """A Dask cluster: the one whose scheduler's address is given, or one of processes on this machine.

    A worker makes one scene at a time, however many threads it has.

    Raises:
        EnvironmentFault: distributed is not installed.
    """

    def __init__(self, jobs: int, scheduler: str | None) -> None:
        if importlib.util.find_spec("distributed") is None:
            raise EnvironmentFault(
                "--engine dask: the package distributed is not installed", hint="pip install 'soundscape[dask]'"
            )
        self._jobs = jobs
        self._scheduler = scheduler
        self._cluster: Any = None
        self._client: Any = None
        self._executor: Any = None

    @property
    def deaths(self) -> tuple[type[BaseException], ...]:
        """The scheduler gives a task up after some deaths; it may have been in bad company."""
        return (importlib.import_module("distributed").KilledWorker,)

    def expect(self, tasks: int) -> None:
        """Start no more workers than there are tasks."""
        self._jobs = min(self._jobs, max(1, tasks))

    def _connected(self) -> Any:
        """Return the client, after connecting at the first call.

        Raises:
            EnvironmentFault: nobody answers at the address.
        """
        if self._client is None:
            distributed: Any = importlib.import_module("distributed")
            if self._scheduler is None:
                self._cluster = distributed.LocalCluster(
                    n_workers=self._jobs, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
                    worker_class=_nanny(distributed), silence_logs=logging.CRITICAL,
                )  # fmt: skip
            try:
                self._client = distributed.Client(
                    self._cluster or self._scheduler, timeout=_PATIENCE, set_as_default=False
                )
            except (OSError, ValueError, TimeoutError) as error:
                raise EnvironmentFault(
                    f"no Dask scheduler answers at {self._scheduler}: {error}",
                    hint="see that it runs; an address is like tcp://host:8786",
                ) from None
            self._executor = self._client.get_executor(pure=False)
        return self._client

    @property
    def width(self) -> int:
        """How many workers the cluster has at this moment.

        Raises:
            EnvironmentFault: it has none for a while, or its scheduler does not answer.
        """
        client = self._connected()
        address = client.scheduler.address
        try:
            if not client.nthreads():
                client.wait_for_workers(1, timeout=_PATIENCE)
            return max(1, len(client.nthreads()))
        except TimeoutError:
            raise EnvironmentFault(
                f"the Dask cluster at {address} has no workers", hint=f"start some: dask worker {address} --nthreads 1"
            ) from None
        except OSError as error:
            raise EnvironmentFault(f"the Dask scheduler at {address} is gone: {error}") from None

    def submit(self, work: Callable[[int], T], index: int) -> Future[T]:
        """Give a task out."""
        self._connected()
        future: Future[T] = self._executor.submit(work, index)
        return future

    def mend(self) -> None:
        """Do nothing: the scheduler has given up a task, not the cluster."""

    def stop(self, *, now: bool) -> None:
        """Leave the cluster; one that was started here is shut down."""
        if self._client is not None:
            self._executor.shutdown(wait=not now)
            self._client.close()
        if self._cluster is not None:
            self._cluster.close()


Factory: TypeAlias = Callable[[int | None, str | None], Engine]


def _local(jobs: int | None, scheduler: str | None) -> Engine:
    if scheduler is not None:
        raise UsageError(f"--scheduler {scheduler}: processes on this machine have none", hint="add --engine dask")
    return Local(jobs or default_jobs())


def _dask(jobs: int | None, scheduler: str | None) -> Engine:
    if scheduler is not None and jobs is not None:
        raise UsageError(
            f"--jobs {jobs}: the cluster at {scheduler} has workers of its own", hint="leave out --jobs or --scheduler"
        )
    return Dask(jobs or default_jobs(), scheduler)


#: Name on the command line → how it is made, from jobs and the scheduler's address.
ENGINES: dict[str, Factory] = {"local": _local, "dask": _dask}


def engine(name: str, *, jobs: int | None = None, scheduler: str | None = None) -> Engine:
    """Return an engine by name.

    Raises:
        UsageError: there is none of that name, or the options do not go together.
        EnvironmentFault: what it needs is missing.
    """
    if name not in ENGINES:
        raise UsageError(f"unknown engine {name!r}{nearest(name, ENGINES)}", hint=f"known: {', '.join(ENGINES)}")
    return ENGINES[name](jobs, scheduler)
