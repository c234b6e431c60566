"""What is kept aside while a bank is being taken, so that a killed run goes on where it was.

``banks/.<name>.partial/`` holds

    request.json     what was asked for, and which revision of the data set is read; stays with the bank
    audio/           recordings, where the bank owns them
    batches/         one file for every few dozen records: their rows, and where in the data set they end

and, once everything is taken, the finished bank's ``index.parquet`` and ``bank.json``. A batch counts when its file is
there; files appear whole or not at all. The folder then takes the bank's place by one rename.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from soundscape import files
from soundscape.errors import BankError, UsageError
from soundscape.sources import places
from soundscape.sources.index import INFO_FILE, Row

AUDIO = "audio"
_REQUEST, _BATCHES = "request.json", "batches"
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some rows and where they end: the number of the stream, its position there, and whether it has ended."""

    stream: int
    position: Any
    ended: bool
    rows: list[Row]


class Partial:
    """The folder of an unfinished bank; to be used under its lock (:func:`files.exclusively`).

    Args:
        place: the folder that the bank is to have.
        asked: everything that what is taken depends on, as JSON values.
        restart: throw away what an earlier run with other wishes has left.

    Raises:
        UsageError: an unfinished run had other wishes, and is not to be thrown away.
    """

    def __init__(self, place: Path, asked: dict[str, Any], *, restart: bool = False) -> None:
        self._place, self._asked = place, asked
        self.folder = folder_of(place)
        if restart:
            self.discard()
        earlier = self._read_request()
        if (
            earlier
            and earlier.get("asked") != asked
            and not any((self.folder / _BATCHES).glob("*.json"))
            and not self.complete
        ):
            # It came to nothing, so nothing is lost.
            self.discard()
            earlier = {}
        #: What an earlier run wrote down besides what it was asked for; empty where there was none.
        self.told: dict[str, Any] = earlier.get("told") or {}
        if earlier and earlier.get("asked") != asked:
            raise UsageError(
                f"an unfinished run for bank {place.name!r} was asked for something else ({self.folder})",
                hint="finish it with the options it was begun with, or throw it away: --restart",
            )
        #: The batches that were finished, in order.
        self.batches: list[Batch] = self._read_batches() if earlier else []

    @property
    def complete(self) -> bool:
        """Whether everything is taken and only the folder's name is still to be changed."""
        return (self.folder / INFO_FILE).is_file()

    def begin(self, told: dict[str, Any]) -> None:
        """Write down what is asked for, and what is to be known of the data set when it is gone on with."""
        self.told = told
        with files.disk_faults(self.folder):
            (self.folder / _BATCHES).mkdir(parents=True, exist_ok=True)
        content = msgspec.json.encode({"asked": self._asked, "told": told}, order="sorted")
        files.write_bytes(self.folder / _REQUEST, content)

    def add(self, batch: Batch) -> None:
        """Keep a batch."""
        self.batches.append(batch)
        files.write_bytes(self.folder / _BATCHES / f"{len(self.batches):06d}.json", msgspec.json.encode(batch))

    def rows(self) -> list[Row]:
        """Return the rows of all batches."""
        return [row for batch in self.batches for row in batch.rows]

    def publish(self) -> None:
        """Give the finished bank its place; to be called under the lock of that place too."""
        shutil.rmtree(self.folder / _BATCHES, ignore_errors=True)
        files.swap_in(self.folder, self._place)

    def discard(self) -> None:
        """Throw everything away."""
        with files.disk_faults(self.folder):
            if self.folder.exists():
                shutil.rmtree(self.folder)

    def _read_request(self) -> dict[str, Any]:
        path = self.folder / _REQUEST
        if not path.is_file():
            # Killed before anything was asked for.
            self.discard()
            return {}
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        except msgspec.DecodeError as error:
            raise BankError(f"{path} cannot be read: {error}", hint="begin again: --restart") from None

    def _read_batches(self) -> list[Batch]:
        try:
            return [
                msgspec.json.decode(path.read_bytes(), type=Batch)
                for path in sorted((self.folder / _BATCHES).glob("*.json"))
            ]
        except msgspec.DecodeError as error:
            raise BankError(
                f"{self.folder / _BATCHES} cannot be read: {error}", hint="begin again: --restart"
            ) from None


def folder_of(place: Path) -> Path:
    """Return where an unfinished bank is kept that is to have a place."""
    return place.parent / f".{place.name}{_PARTIAL}"


def unfinished() -> tuple[str, ...]:
    """Return the names of banks of which a run has taken a part, sorted."""
    found = places.banks_folder().glob(f".*{_PARTIAL}/{_REQUEST}")
    return tuple(sorted(path.parent.name[1:].removesuffix(_PARTIAL) for path in found))


def discarded_files(folder: Path, rows: Sequence[Row]) -> None:
    """Delete recordings that no row refers to, left by a run that was killed within a batch."""
    known = {row["path"] for row in rows}
    audio = folder / AUDIO
    for path in sorted(audio.rglob("*")) if audio.is_dir() else ():
        if path.is_file() and path.relative_to(audio).as_posix() not in known:
            path.unlink()
