"""Work spread over processes: results in the order of the tasks, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeAlias, TypeVar

from soundscape.errors import EnvironmentFault
from soundscape.processes import ignore_interrupts, starting_workers

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Called with how many tasks are done and how many there are.
Progress: TypeAlias = Callable[[int, int], None]

_CHUNKS_IN_FLIGHT = 4


def run(
    function: Callable[[Sequence[Task]], list[Result]],
    tasks: Sequence[Task],
    *,
    jobs: int = 1,
    chunk: int = 16,
    progress: Progress | None = None,
) -> list[Result]:
    """Apply a function to tasks, ``chunk`` of them at a time; otherwise as :func:`run_chunks`."""
    chunks = [tasks[i : i + chunk] for i in range(0, len(tasks), chunk)]
    return run_chunks(function, chunks, jobs=jobs, progress=progress)


def run_chunks(
    function: Callable[[Sequence[Task]], list[Result]],
    chunks: Sequence[Sequence[Task]],
    *,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[Result]:
    """Apply a function to chunks of tasks and return the results in the order of the tasks.

    Args:
        function: maps a chunk of tasks to as many results; importable by name when ``jobs`` is above 1.
        chunks: what to do; at most a few chunks a worker are on their way at any time.
        jobs: processes; 1 works in this one. Workers start afresh (spawn), so no thread or lock of the caller's is
            copied into them.
        progress: told after each chunk.

    Raises:
        EnvironmentFault: a worker died. Whatever a task raises is raised here.
    """
    results: list[list[Result]] = [[] for _ in chunks]
    total, done = sum(len(part) for part in chunks), 0

    def finished(index: int, part: list[Result]) -> None:
        nonlocal done
        results[index] = part
        done += len(part)
        if progress is not None:
            progress(done, total)

    if jobs <= 1 or len(chunks) <= 1:
        for index, part in enumerate(chunks):
            finished(index, function(part))
    else:
        _in_processes(function, chunks, min(jobs, len(chunks)), finished)
    return [result for part in results for result in part]


def _in_processes(
    function: Callable[[Sequence[Task]], list[Result]],
    chunks: Sequence[Sequence[Task]],
    jobs: int,
    finished: Callable[[int, list[Result]], None],
) -> None:
    context = multiprocessing.get_context("spawn")
    others = set(multiprocessing.active_children())
    executor = ProcessPoolExecutor(jobs, mp_context=context, initializer=ignore_interrupts)
    try:
        waiting = iter(enumerate(chunks))
        running: dict[Future[list[Result]], int] = {}
        while True:
            with starting_workers():
                for index, part in islice(waiting, jobs * _CHUNKS_IN_FLIGHT - len(running)):
                    running[executor.submit(function, part)] = index
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                finished(running.pop(future), future.result())
    except BaseException as error:
        # Nobody waits for what is under way: Ctrl-C should end at once, and so should an error.
        for child in set(multiprocessing.active_children()) - others:
            child.terminate()
        if isinstance(error, BrokenProcessPool):
            raise EnvironmentFault(
                "a worker process died, most likely for want of memory", hint="run again with fewer --jobs"
            ) from None
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
