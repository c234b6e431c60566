"""Maps indices over an engine's workers: in any order, with a bounded queue, and past workers that die."""

from __future__ import annotations

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
#: How often a task may lose its worker beside others, one of which may be to blame, before it is done alone.
_DEATHS_IN_COMPANY = 2
#: How often it may then lose it before it is blamed.
_DEATHS_ALONE = 3


class _Queue:
    """What is to be done: again, for the first time, or alone because of what became of its workers."""

    def __init__(self, indices: Iterable[int]) -> None:
        self._todo = iter(indices)
        self._again: list[int] = []
        self._alone: list[int] = []
        self._deaths: Counter[int] = Counter()

    def take(self, most: int, running: Iterable[int]) -> Iterator[int]:
        """Yield up to ``most`` tasks that may be given out beside those that run."""
        running = tuple(running)
        if self._alone:
            if not running:
                yield self._alone.pop()
            return
        if any(self._suspect(index) for index in running):
            return
        while self._again and most > 0:
            most -= 1
            yield self._again.pop()
        yield from itertools.islice(self._todo, max(0, most))

    def give_back(self, index: int) -> None:
        """Put a task back that has not begun."""
        (self._alone if self._suspect(index) else self._again).append(index)

    def lost(self, index: int) -> None:
        """Put a task back that has lost its worker.

        Raises:
            EnvironmentFault: too often, and with nothing else under way.
        """
        self._deaths[index] += 1
        if self._deaths[index] >= _DEATHS_IN_COMPANY + _DEATHS_ALONE:
            raise EnvironmentFault(
                f"workers died {self._deaths[index]} times over the same work (number {index}), "
                f"{_DEATHS_ALONE} times with nothing else under way: is memory short?",
                hint="give them more, or use fewer: --jobs 1",
            )
        self.give_back(index)

    def _suspect(self, index: int) -> bool:
        return self._deaths[index] >= _DEATHS_IN_COMPANY


def run(work: Callable[[int], T], indices: Iterable[int], engine: Engine) -> Iterator[T]:
    """Yield ``work(index)`` for all indices, as they finish.

    At most two tasks a worker are given out at any time, so memory does not grow with their number and a slow reader
    holds the workers back. A worker that dies takes tasks with it, some of them innocent: they are given out again, and
    those that this happens to twice one at a time, so that the one to blame is known and nothing else fails with it.

    Raises:
        EnvironmentFault: workers keep dying over one task (out of memory, killed), or the cluster is gone.
        Exception: whatever ``work`` raises, as soon as it does.
    """
    if engine.width == 0:
        yield from map(work, indices)
        return
    queue = _Queue(indices)
    running: dict[Future[T], int] = {}
    broken = False
    while True:
        if broken and not running:
            engine.mend()
            broken = False
        room = 0 if broken else _TASKS_A_WORKER * engine.width - len(running)
        for index in queue.take(room, running.values()) if room > 0 else ():
            try:
                running[engine.submit(work, index)] = index
            except engine.deaths:
                # It died with nothing to do; this task is not to blame.
                queue.give_back(index)
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
                queue.lost(index)
            except CancelledError:
                raise EnvironmentFault("the cluster dropped its tasks", hint="does its scheduler still run?") from None
            else:
                yield result
