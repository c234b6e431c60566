"""Maps scene indices over worker processes: in any order, with bounded queues, and past workers that die."""

from __future__ import annotations

import itertools
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from soundscape.errors import EnvironmentFault

T = TypeVar("T")

#: How often a scene may lose its worker before the build gives up.
_MOST_DEATHS = 3


def default_jobs() -> int:
    """Return the number of processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return max(1, len(os.sched_getaffinity(0)))
    return max(1, os.cpu_count() or 1)


def _executor(jobs: int) -> Executor:
    # A fork server starts clean, without the threads of this process, and imports the heavy packages only once.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["soundscape.dataset.work"])
    return ProcessPoolExecutor(jobs, mp_context=context)


def run(work: Callable[[int], T], indices: Iterable[int], jobs: int) -> Iterator[T]:
    """Yield ``work(index)`` for all indices, as they finish.

    With one job everything runs in this process. At most two scenes a worker wait in the queue, so memory does not
    grow with the number of scenes. A worker that dies takes its scenes with it: they are made again, up to a limit.

    Raises:
        EnvironmentFault: workers keep dying (out of memory, killed).
        Exception: whatever ``work`` raises, as soon as it does; queued scenes are dropped.
    """
    if jobs <= 1:
        yield from map(work, indices)
        return
    todo = iter(indices)
    deaths = 0
    waiting: dict[Future[T], int] = {}
    executor = _executor(jobs)
    try:
        while True:
            for index in itertools.islice(todo, max(0, 2 * jobs - len(waiting))):
                waiting[executor.submit(work, index)] = index
            if not waiting:
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            lost: list[int] = []
            for future in done:
                index = waiting.pop(future)
                try:
                    result = future.result()
                except BrokenProcessPool:
                    lost.append(index)
                    continue
                yield result
            if lost:
                deaths += 1
                if deaths > _MOST_DEATHS:
                    raise EnvironmentFault(
                        f"worker processes died {deaths} times", hint="is memory short? use fewer: --jobs 1"
                    )
                lost += waiting.values()
                waiting.clear()
                executor.shutdown(wait=False, cancel_futures=True)
                executor = _executor(jobs)
                todo = itertools.chain(sorted(lost), todo)
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
