"""What worker processes need to behave: a quiet start, deaf ears for Ctrl-C, and an end when their parent's comes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection

#: What workers are started with, unless the user has set it. Threads of numerical libraries would only fight over the
#: processors that the workers share; huge pages for arrays that live for a millisecond cost more than they save.
ENVIRONMENT = {
    **dict.fromkeys(
        (
            "OPENBLAS_NUM_THREADS",
            "OMP_NUM_THREADS",
            "MKL_NUM_THREADS",
            "VECLIB_MAXIMUM_THREADS",
            "POLARS_MAX_THREADS",
        ),
        "1",
    ),
    "NUMPY_MADVISE_HUGEPAGE": "0",
}

# From malloc.h of the GNU C library; the threshold's greatest value there is 32 MiB.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_LARGEST_KEPT, _MOST_KEPT = 32 << 20, 256 << 20


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
    """Hide the main module, and set :data:`ENVIRONMENT`, while workers start.

    A fresh worker imports its parent's main module, so a plain script without an ``if __name__ == "__main__"`` guard
    would run again in each of them. What runs in workers here is never defined there.
    """
    with _STAGE.lock:
        _STAGE.inside += 1
        if _STAGE.inside == 1:
            _STAGE.main, sys.modules["__main__"] = sys.modules["__main__"], types.ModuleType("__main__")
            _STAGE.added = [name for name in ENVIRONMENT if name not in os.environ]
            os.environ.update({name: ENVIRONMENT[name] for name in _STAGE.added})
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


def keep_memory() -> None:
    """Let this process keep the memory of arrays that it has done with, rather than return it to the system each time.

    The C library of Linux maps large blocks anew for every array, and the kernel then clears them page by page, which
    took 5 to 20 % of a scene's time. Memory in use grows by what the largest scene needs. Elsewhere nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        mallopt(_M_TRIM_THRESHOLD, _MOST_KEPT)


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
