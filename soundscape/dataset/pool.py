"""Maps indices over an engine's workers: in any order, with a bounded queue, and past workers that die."""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from typing import TypeVar

from soundscape.dataset.engines import Engine
from soundscape.errors import EnvironmentFault

T = TypeVar("T")

#: How many tasks a worker may have: the one it does, and the next.
_TASKS_A_WORKER = 2
#: How often a task may lose its worker before it is blamed.
_MOST_DEATHS = 6


def run(work: Callable[[int], T], indices: Iterable[int], engine: Engine) -> Iterator[T]:
    """Yield ``work(index)`` for all indices, as they finish.

    At most two tasks a worker are given out at any time, so memory does not grow with their number and a slow reader
    holds the workers back. A worker that dies takes its tasks with it: they are given out again, up to a limit.

    Raises:
        EnvironmentFault: workers keep dying over the same tasks (out of memory, killed), or the cluster is gone.
        Exception: whatever ``work`` raises, as soon as it does.
    """
    if engine.width == 0:
        yield from map(work, indices)
        return
    todo = iter(indices)
    again: list[int] = []
    deaths: Counter[int] = Counter()
    running: dict[Future[T], int] = {}
    broken = False
    while True:
        if broken and not running:
            engine.mend()
            broken = False
        room = 0 if broken else _TASKS_A_WORKER * engine.width - len(running)
        for index in itertools.islice(_soonest(again, todo), max(0, room)):
            try:
                running[engine.submit(work, index)] = index
            except engine.deaths:
                # It died with nothing to do; this task is not to blame.
                heapq.heappush(again, index)
                broken = True
                break
        if not running:
            if broken:
                continue
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            index = running.pop(future)
            try:
                result = future.result()
            except engine.deaths:
                broken = True
                deaths[index] += 1
                heapq.heappush(again, index)
                _blame(deaths)
            except CancelledError:
                raise EnvironmentFault("the cluster dropped its tasks", hint="does its scheduler still run?") from None
            else:
                yield result


def _soonest(again: list[int], todo: Iterator[int]) -> Iterator[int]:
    """Yield what is to be done again, then what has not been given out yet."""
    while again:
        yield heapq.heappop(again)
    yield from todo


def _blame(deaths: Counter[int]) -> None:
    """Raise where tasks have lost their worker too often."""
    guilty = sorted(index for index, times in deaths.items() if times > _MOST_DEATHS)
    if guilty:
        which = ", ".join(map(str, guilty))
        raise EnvironmentFault(
            f"workers died {_MOST_DEATHS + 1} times over the same work (number {which}): is memory short?",
            hint="give them more, or use fewer: --jobs 1",
        )
