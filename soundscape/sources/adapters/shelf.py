"""Single files of a data set, on the hub or in a copy on disk, under the same names."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from soundscape.sources.adapters.candidate import LayoutError, Recording, Request
from soundscape.sources.adapters.hub import hub_faults, resolved_revision


class Shelf:
    """Files beneath a root of any file system that ``fsspec`` knows.

    Args:
        dataset: the name of the data set, for messages.
        root: folder or URL.
    """

    def __init__(self, dataset: str, root: str) -> None:
        import fsspec

        self._dataset, self._root = dataset, root
        self._files: Any
        self._files, self._base = fsspec.core.url_to_fs(root)
        local = "file" in (self._files.protocol if isinstance(self._files.protocol, tuple) else (self._files.protocol,))
        #: The folder, where it is one on this machine.
        self.folder = Path(self._base) if local else None

    def first(self, *names: str) -> str:
        """Return the first of several names that there is a file of.

        Raises:
            LayoutError: there is none.
            EnvironmentFault: the hub cannot be reached or refuses.
        """
        with self._faults(names[0]):
            found = next((name for name in names if self._files.isfile(self._place(name))), None)
        if found is None:
            raise LayoutError(f"{self._root}: neither {' nor '.join(names)} is there")
        return found

    def read(self, name: str) -> bytes:
        """Return the bytes of a file; errors as :meth:`first`."""
        with self._faults(name):
            return bytes(self._files.cat_file(self._place(name)))

    def recording(self, name: str) -> Recording:
        """Return a file as a recording: its path, or, elsewhere than on this machine, how to fetch it."""
        suffix = PurePosixPath(name).suffix
        if self.folder is not None:
            return Recording(path=self.folder / name, suffix=suffix)
        return Recording(fetch=lambda: self.read(name), suffix=suffix)

    def _place(self, name: str) -> str:
        return f"{self._base.rstrip('/')}/{name}"

    @contextlib.contextmanager
    def _faults(self, name: str) -> Iterator[None]:
        if self.folder is not None:
            yield
        else:
            with hub_faults(self._dataset, name, local=False):
                yield


def open_shelf(dataset: str, request: Request) -> tuple[Shelf, str | None]:
    """Return the files of a data set, and the commit of it on the hub that they are of.

    Raises:
        LayoutError: the copy on disk is not there.
        EnvironmentFault: the hub cannot be reached or refuses.
    """
    if request.path is not None:
        if not request.path.is_dir():
            raise LayoutError(f"{request.path}: there is no such folder; expected a copy of {dataset}")
        return Shelf(dataset, str(request.path)), None
    revision = resolved_revision(dataset, request.revision)
    return Shelf(dataset, f"hf://datasets/{dataset}@{revision}"), revision
