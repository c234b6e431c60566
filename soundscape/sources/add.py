"""``bank add``: a folder of recordings and a table become a bank.

The recordings stay where they are; the bank refers to them by the folder's absolute path and knows them by their
samples, so a change is noticed (:meth:`soundscape.sources.bank.Bank.load_audio`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from soundscape import files
from soundscape.errors import BankError, UsageError
from soundscape.sources import places
from soundscape.sources.index import BankInfo, Row, write_bank
from soundscape.sources.ingest import Draft, index_recordings
from soundscape.sources.table import read_table
from soundscape.sources.workers import Progress
from soundscape.version import __version__

_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A source that is listed but never drawn: the reason's name, and what was found."""

    key: str
    reason: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What ``bank add`` made: the bank's folder, what its ``bank.json`` says, and every rejected source."""

    folder: Path
    info: BankInfo
    rejections: tuple[Rejection, ...]


def add_bank(
    name: str,
    folder: Path,
    table: Path,
    *,
    replace: bool = False,
    strict: bool = False,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Added:
    """Index a folder of recordings as a bank, whole or not at all.

    Args:
        name: the bank's name.
        folder: where the recordings are.
        table: what they are (:mod:`soundscape.sources.table`).
        replace: take the place of a bank of that name.
        strict: refuse to make a bank with rejected sources in it.
        jobs: processes that decode and measure.
        progress: told how many recordings are done.

    Raises:
        UsageError: the name is not valid, or taken and not to be replaced.
        TableError: the table has problems.
        BankError: all recordings are rejected, or one is and ``strict`` is set.
        EnvironmentFault: a package is missing, the disk is full, or the folder may not be written.
    """
    place = places.bank_folder(name)
    _check_free(place, replace)
    drafts = read_table(table, folder, dataset=name)
    rows = _indexed(drafts, strict=strict, jobs=jobs, progress=progress)
    with files.exclusively(place):
        _check_free(place, replace)
        with files.folder_in_the_making(place) as making:
            info = write_bank(
                making,
                rows,
                name=name,
                root=str(folder.resolve()),
                generator="soundscape bank add",
                generator_version=__version__,
            )
    return Added(folder=place, info=info, rejections=rejections(rows))


def _check_free(place: Path, replace: bool) -> None:
    if place.exists() and not replace:
        raise UsageError(f"bank {place.name!r} exists already ({place})", hint="replace it: --replace")


def _indexed(drafts: Sequence[Draft], *, strict: bool, jobs: int, progress: Progress | None) -> list[Row]:
    rows = index_recordings(drafts, jobs=jobs, progress=progress)
    found = rejections(rows)
    if found and (strict or len(found) == len(rows)):
        shown = "".join(f"\n  {r.key}: {r.reason} ({r.note})" for r in found[:_SHOWN])
        rest = f"\n  … and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise BankError(
            f"{len(found)} of {len(rows)} recordings cannot be used:{shown}{rest}",
            hint="nothing was written; mend them"
            + (", or leave out --strict to list them as rejected" if strict else ""),
        )
    return rows


def rejections(rows: Sequence[Row]) -> tuple[Rejection, ...]:
    """Return the rejected sources of rows, in their order."""
    return tuple(
        Rejection(key=row["key"], reason=row["rejected"], note=row["note"] or "")
        for row in rows
        if row["rejected"] is not None
    )
