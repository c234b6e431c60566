"""Files and folders that appear whole or not at all, and one writer at a time.

A file is written beside its place, flushed to the disk and renamed. A folder is filled beside its place and renamed;
what a killed process leaves has a name that begins with a dot and is swept away by the next writer, who holds the lock.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from soundscape.errors import EnvironmentFault

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def disk_faults(place: Path) -> Iterator[None]:
    """Turn a full disk or a folder that may not be written into an EnvironmentFault that names the place."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise EnvironmentFault(
                f"no space left on the disk that holds {place}", hint="free some space and run the command again"
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise EnvironmentFault(
                f"{place} cannot be written: {error.strerror}",
                hint="choose another folder, or set SOUNDSCAPE_HOME to one that you own",
            ) from error
        raise


def digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_bytes(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write a file whole or not at all, replacing what was there; as :func:`writing`."""
    with writing(path, durable=durable) as file:
        file.write(data)


@contextlib.contextmanager
def writing(path: Path, *, durable: bool = True) -> Iterator[BinaryIO]:
    """Open a file that appears, whole, when the block ends well, and takes the place of what was there.

    Args:
        path: where; its folder must exist.
        durable: wait until the disk holds it, so that it survives a crash of the machine, not only of the process.

    Raises:
        EnvironmentFault: the disk is full or the folder may not be written.
    """
    if path.exists() and not path.is_file():
        # A device or a pipe is written to; renaming over it would take its place.
        with disk_faults(path), path.open("wb") as file:
            yield file
        return
    # Unique on any number of machines, which may well number their processes alike.
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    with disk_faults(path):
        try:
            with beside.open("xb") as file:
                yield file
                if durable:
                    file.flush()
                    os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
        if durable:
            sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk knows the names in a folder."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def exclusively(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder that may not exist yet; a second process waits here until the first is done.

    The lock belongs to the process: when that is killed, it is free. The file ``.<name>.lock`` beside the folder stays.
    """
    with disk_faults(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with (folder.parent / f".{folder.name}.lock").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def folder_in_the_making(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of ``folder`` when the block ends well, and vanishes otherwise.

    To be called under :func:`exclusively`. What was at ``folder`` is replaced as a whole.
    """
    restore(folder)
    making = folder.parent / f".{folder.name}.making"
    with disk_faults(folder):
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        try:
            yield making
            swap_in(making, folder)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise


def _aside(folder: Path) -> Path:
    return folder.parent / f".{folder.name}.replaced"


def swap_in(making: Path, folder: Path) -> None:
    """Give a finished folder, which lies beside it, the place of another; to be called under :func:`exclusively`."""
    if folder.exists():
        folder.rename(_aside(folder))
    making.rename(folder)
    sync_folder(folder.parent)
    shutil.rmtree(_aside(folder), ignore_errors=True)


def restore(folder: Path) -> None:
    """Put back a folder whose replacement was cut off between its two renames, and sweep away what it left."""
    aside = _aside(folder)
    if aside.is_dir():
        if folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(folder)
