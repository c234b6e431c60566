"""Where a build's files go: a folder on this machine, or a bucket behind a URL that fsspec knows.

Names are relative, with forward slashes. A file appears whole or not at all in both: a folder's is written beside its
place, flushed and renamed; a bucket's is one put, which object stores make visible when it is complete.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath
from typing import IO, Any, BinaryIO, Protocol, TypeAlias

from soundscape import files
from soundscape.errors import BuildError, EnvironmentFault, SoundscapeError, UsageError

Name: TypeAlias = str | PurePath

#: Kinds of storage whose puts are whole or not at all. On others a reader could meet half a file.
_WHOLE_PUTS = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "az", "memory"})
_PART = re.compile(r"\..+\.[0-9a-f]{32}\.part")


class Output(Protocol):
    """Where a build's files go."""

    #: As it was given, for messages and for workers.
    place: str
    #: Whether workers on other machines, or other processes, reach it as well.
    shared: bool
    #: Whether what has been written survives a crash of the machine without more ado.
    durable: bool

    def read(self, name: Name) -> bytes:
        """Return a file's bytes; FileNotFoundError where there is none."""
        ...

    def write(self, name: Name, data: bytes, *, durable: bool = True) -> None:
        """Write a file whole or not at all, replacing what was there."""
        ...

    def writer(self, name: Name, *, durable: bool = True) -> contextlib.AbstractContextManager[BinaryIO]:
        """Open a file that appears, whole, when the block ends well, and never otherwise."""
        ...

    def names(self, under: str = "") -> Iterator[str]:
        """Yield the names of all files below a name, in an order that is always the same."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are passed over."""
        ...

    def remove_all(self, under: str) -> None:
        """Remove everything below a name."""
        ...

    def hold(self, name: str) -> None:
        """Keep other builds out until :meth:`release`, by a lock on a file of that name, where that can be done.

        Raises:
            BuildError: another process holds it.
        """
        ...

    def release(self) -> None:
        """Let other builds in."""
        ...

    def sweep(self) -> None:
        """Remove what killed writers have left beside their files."""
        ...


class Folder:
    """A folder on this machine, or one that several machines mount."""

    shared = True
    durable = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = os.fspath(path)
        self._held: IO[bytes] | None = None

    def read(self, name: Name) -> bytes:
        """Return a file's bytes; FileNotFoundError where there is none."""
        try:
            return (self.path / name).read_bytes()
        except NotADirectoryError as error:
            raise FileNotFoundError(error.errno, error.strerror, error.filename) from None

    def write(self, name: Name, data: bytes, *, durable: bool = True) -> None:
        """Write a file whole or not at all; as :meth:`writer`."""
        with self.writer(name, durable=durable) as file:
            file.write(data)

    @contextlib.contextmanager
    def writer(self, name: Name, *, durable: bool = True) -> Iterator[BinaryIO]:
        """Open a file that appears, whole, when the block ends well; ``durable``: on the disk, not only in memory.

        Raises:
            EnvironmentFault: the disk is full or the folder may not be written.
        """
        path = self.path / name
        with _disk_faults(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with files.writing(path, durable=durable) as file:
                yield file

    def names(self, under: str = "") -> Iterator[str]:
        """Yield the names of all files below a name: of each folder its own, sorted, then those of its folders."""
        for folder, below, found in os.walk(self.path / under):
            below.sort()
            inner = Path(folder).relative_to(self.path).as_posix()
            prefix = "" if inner == "." else f"{inner}/"
            for name in sorted(found):
                yield prefix + name

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are passed over."""
        for name in names:
            (self.path / name).unlink(missing_ok=True)

    def remove_all(self, under: str) -> None:
        """Remove everything below a name, and the folder itself."""
        shutil.rmtree(self.path / under, ignore_errors=True)

    def hold(self, name: str) -> None:
        """Keep other builds out; the lock ends with this process at the latest.

        Raises:
            BuildError: another process holds it.
        """
        path = self.path / name
        with _disk_faults(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise BuildError(
                f"{self.place}: another process is building there", hint="wait for it, or choose another --out"
            ) from None
        except OSError as error:
            # Some network file systems have no locks: builds are then not kept apart.
            if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS):
                raise
        self._held = file

    def release(self) -> None:
        """Let other builds in."""
        if self._held is not None:
            self._held.close()
            self._held = None

    def sweep(self) -> None:
        """Remove what killed writers have left beside their files."""
        self.remove([name for name in self.names() if _PART.fullmatch(name.rpartition("/")[2])])


@contextlib.contextmanager
def _disk_faults(path: Path) -> Iterator[None]:
    """As :func:`files.disk_faults`, for what a build may meet besides."""
    try:
        with files.disk_faults(path):
            yield
    except OSError as error:
        if error.errno == errno.EFBIG:
            raise EnvironmentFault(
                f"{path} would be larger than a file may be here", hint="see ulimit -f and the kind of file system"
            ) from error
        raise


class Bucket:
    """A prefix in an object store, through fsspec. Two builds at once in one prefix are not kept apart.

    Raises:
        EnvironmentFault: the package for this kind of URL is missing, or the store does not answer.
        UsageError: a kind of storage on which files do not appear whole.
    """

    durable = True

    def __init__(self, url: str) -> None:
        import fsspec

        kind, _, rest = url.partition("://")
        self.place = f"{kind}://{rest.strip('/')}"
        if kind not in _WHOLE_PUTS:
            raise UsageError(
                f"--out {url}: files do not appear whole or not at all on {kind!r}",
                hint=f"give a folder, or a URL of one of: {', '.join(sorted(_WHOLE_PUTS))}",
            )
        if not rest.strip("/"):
            raise UsageError(f"--out {url}: no bucket is named", hint=f"for example {kind}://bucket/prefix")
        self.shared = kind != "memory"
        try:
            # Workers write behind the back of this process: what it has once listed is no news.
            self._fs, root = fsspec.core.url_to_fs(self.place, use_listings_cache=False)
        except ImportError as error:
            hint = "pip install 'soundscape[s3]'" if kind in ("s3", "s3a") else str(error)
            raise EnvironmentFault(f"--out {url}: the package for {kind!r} is missing", hint=hint) from None
        except Exception as error:
            raise _fault(self.place, error) from error
        self._root = str(root).rstrip("/")

    def __reduce__(self) -> Any:
        return Bucket, (self.place,)

    def _path(self, name: Name) -> str:
        return f"{self._root}/{name}" if name else self._root

    @contextlib.contextmanager
    def _faults(self, name: Name) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            raise _fault(f"{self.place}/{name}", error) from error

    def read(self, name: Name) -> bytes:
        """Return an object's bytes; FileNotFoundError where there is none."""
        data: bytes | None = None
        with self._faults(name), contextlib.suppress(FileNotFoundError):
            data = self._fs.cat_file(self._path(name))
        if data is None:
            raise FileNotFoundError(f"{self.place}/{name}")
        return data

    def write(self, name: Name, data: bytes, *, durable: bool = True) -> None:
        """Put an object, replacing what was there.

        Raises:
            EnvironmentFault: the store refuses it or does not answer.
        """
        with self._faults(name):
            self._fs.pipe_file(self._path(name), data)

    @contextlib.contextmanager
    def writer(self, name: Name, *, durable: bool = True) -> Iterator[BinaryIO]:
        """Open a file that is put in place, whole, when the block ends well; errors as :meth:`write`."""
        # Written here first: closing a file that fsspec streams would publish what an exception has cut short.
        with tempfile.TemporaryDirectory(prefix="soundscape-") as folder:
            path = Path(folder, "object")
            with _disk_faults(path), path.open("wb") as file:
                yield file
            with self._faults(name):
                self._fs.put_file(os.fspath(path), self._path(name))

    def names(self, under: str = "") -> Iterator[str]:
        """Yield the names of all objects below a name, sorted."""
        found: list[str] = []
        with self._faults(under), contextlib.suppress(FileNotFoundError):
            found = sorted(self._fs.find(self._path(under)))
        for path in found:
            yield path.removeprefix(self._root).lstrip("/")

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects; those that are not there are passed over."""
        for name in names:
            with self._faults(name), contextlib.suppress(FileNotFoundError):
                self._fs.rm_file(self._path(name))

    def remove_all(self, under: str) -> None:
        """Remove everything below a name."""
        with self._faults(under), contextlib.suppress(FileNotFoundError):
            self._fs.rm(self._path(under), recursive=True)

    def hold(self, name: str) -> None:
        """Do nothing: object stores have no lock that a killed process would give back."""

    def release(self) -> None:
        """Do nothing."""

    def sweep(self) -> None:
        """Do nothing: a put that was cut off has left no object."""


def _fault(place: str, error: Exception) -> SoundscapeError:
    """Return what an exception of a file system means; the libraries behind fsspec have no common tree of errors."""
    if isinstance(error, SoundscapeError):
        return error
    reason = " ".join(str(error).split())[:200] or type(error).__name__
    return EnvironmentFault(
        f"{place}: {reason}", hint="check address, credentials and network; run again to go on with what is there"
    )


def open_output(place: str | os.PathLike[str] | Output) -> Output:
    """Return the output that a folder or a URL names (``file://`` is a folder); an output is returned as it is.

    Raises:
        UsageError, EnvironmentFault: as :class:`Bucket`.
    """
    if not isinstance(place, str | os.PathLike):
        return place
    given = os.fspath(place)
    scheme, found, rest = given.partition("://")
    if not found:
        return Folder(Path(given))
    return Folder(Path(rest)) if scheme == "file" else Bucket(given)
