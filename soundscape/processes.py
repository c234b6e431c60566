"""What worker processes need to behave: a quiet start, deaf ears for Ctrl-C, and an end when their parent's comes."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

_THREADS = (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "POLARS_MAX_THREADS",
)


class _Stage:
    """What :func:`starting_workers` sets up once, however many threads are inside, and takes down behind the last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.main: types.ModuleType = sys.modules["__main__"]
        self.added: list[str] = []


_STAGE = _Stage()


@contextlib.contextmanager
def starting_workers() -> Iterator[None]:
    """Hide the main module and ask for one thread a library while workers start.

    A fresh worker imports its parent's main module, so a plain script without an ``if __name__ == "__main__"`` guard
    would run again in each of them. What runs in workers here is never defined there. Threads of numerical libraries
    would only fight over the processors that the workers share.
    """
    with _STAGE.lock:
        _STAGE.inside += 1
        if _STAGE.inside == 1:
            _STAGE.main, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
            _STAGE.added = [name for name in _THREADS if name not in os.environ]
            os.environ.update(dict.fromkeys(_STAGE.added, "1"))
    try:
        yield
    finally:
        with _STAGE.lock:
            _STAGE.inside -= 1
            if _STAGE.inside == 0:
                sys.modules["__main__"] = _STAGE.main
                for name in _STAGE.added:
                    os.environ.pop(name, None)


@contextlib.contextmanager
def deaf_children() -> Iterator[None]:
    """Block SIGINT for children that start meanwhile; one that arrives here is delivered at the end.

    :func:`ignore_interrupts` comes too late for a Ctrl-C while a worker is still starting.
    """
    # It would unblock the signal when it is started by the first child.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def ignore_interrupts() -> None:
    """Leave Ctrl-C, which reaches the whole process group, to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def end_with(leash: Connection) -> None:
    """End this process at once when the other end of a pipe is closed: by its holder, or by the death of its holder.

    A worker whose parent was killed would otherwise wait for work for ever.
    """

    def wait() -> None:
        with contextlib.suppress(EOFError, OSError):
            leash.recv_bytes()
        os._exit(1)

    threading.Thread(target=wait, name="leash", daemon=True).start()
