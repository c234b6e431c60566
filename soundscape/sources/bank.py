"""Banks: named, indexed collections of recordings that planning may draw from.

    bank = open_bank("embedded")                      # or a name given to `bank add`, or a folder
    for row in bank.pool(type="speech", language="de"):
        source = bank.source(row)
    samples = bank.load_audio(source)                 # float32 mono at the source's own rate

Planning asks for pools of row numbers and for the facts of single rows, never for audio. Rows are sorted by key, so a
bank indexed again from the same material gives the same rows on every machine. Several banks are joined by
:class:`soundscape.sources.bankset.BankSet`, which has the same interface.
"""

from __future__ import annotations

import bisect
import os
from collections.abc import Callable
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import polars as pl

from soundscape import files
from soundscape.errors import BankError, UsageError, nearest
from soundscape.records import Source
from soundscape.sources import index, licences, places
from soundscape.sources.audio import AudioFault, Samples, Stored, as_floats, decode_as_stored, pcm_digest, to_mono
from soundscape.sources.embedded import place
from soundscape.sources.index import BankInfo
from soundscape.sources.pools import FIELDS, Pools, Rows
from soundscape.sources.workers import Progress


class Bank:
    """An opened bank. Pools hold only sources that are not rejected and that the filters let in.

    Args:
        folder: the bank's folder.
        policy: licence policy that every pool obeys (:mod:`soundscape.sources.licences`).
        keep: told a source's ``group``, says whether the source may be drawn: the hook by which splits are kept apart.

    Raises:
        BankError: the folder is no bank, or its index is damaged.
    """

    def __init__(
        self, folder: Path, *, policy: licences.Policy = "any", keep: Callable[[str], bool] | None = None
    ) -> None:
        self.folder = folder
        self.info: BankInfo = index.read_info(folder)
        self.policy, self._keep = policy, keep
        #: The whole index (:data:`index.COLUMNS`), rejected rows included; it stays, whatever happens to the disk.
        self.frame = index.read_index(folder)
        if len(self.frame) != self.info.count:
            raise BankError(
                f"bank {self.name!r}: the index has {len(self.frame)} rows, expected {self.info.count}",
                hint=f"index it again: soundscape bank add {self.name} … --replace",
            )
        eligible = np.flatnonzero(self.eligible().to_numpy()).astype(np.int64)
        told = (pl.col("type") == "speech") & pl.any_horizontal(pl.col("emotion", "emotion_label").is_not_null())
        fields = self.frame.with_columns(pl.when(told).then(pl.lit("yes")).alias("emotional")).select(FIELDS)
        self._pools = Pools(fields, eligible)

    def __reduce__(self) -> Any:
        # Workers open the bank themselves: an index of a million rows is not worth sending.
        return _reopen, (self.folder, self.policy, self._keep, self.digest)

    def __len__(self) -> int:
        return self.info.count

    def __repr__(self) -> str:
        return f"<Bank {self.name!r}: {len(self)} sources>"

    @property
    def name(self) -> str:
        """The bank's name, which begins the ``source_id`` of each of its sources."""
        return self.info.name

    @property
    def digest(self) -> str:
        """The digest of everything in the bank, the same on every machine (:func:`index.bank_digest`)."""
        return self.info.digest

    @property
    def digests(self) -> dict[str, str]:
        """The digest under the bank's name, as :class:`BankSet` has one for each of its banks."""
        return {self.name: self.digest}

    @property
    def root(self) -> Path:
        """The folder in which the paths of the sources begin."""
        return (self.folder / self.info.root).absolute()

    def eligible(self) -> pl.Series:
        """Return for each row of :attr:`frame` whether it may be drawn: not rejected, and let in by the filters."""
        columns = self.frame
        mask = columns["rejected"].is_null()
        if self.policy != "any":
            let_in = [x for x in columns["licence"].unique().to_list() if licences.allowed(x, self.policy)]
            mask &= columns["licence"].is_in(let_in)
        if self._keep is not None:
            kept = [group for group in columns["group"].unique().to_list() if self._keep(group)]
            mask &= columns["group"].is_in(kept)
        return mask

    def filtered(self, *, policy: licences.Policy = "any", keep: Callable[[str], bool] | None = None) -> Bank:
        """Return the same bank under other filters; digest and row numbers stay. Errors as :func:`licences.allowed`."""
        return Bank(self.folder, policy=policy, keep=keep)

    def pool(
        self,
        *,
        type: str | None = None,
        language: str | None = None,
        speaker: str | None = None,
        topic: str | None = None,
        label: str | None = None,
        emotional: bool = False,
    ) -> Rows:
        """Return the rows that match, ascending; None means any value, ``emotional`` speech whose emotion is told."""
        wanted = {
            "type": type, "language": language, "speaker": speaker, "topic": topic, "label": label,
            "emotional": "yes" if emotional else None,
        }  # fmt: skip
        return self._pools.rows({field: value for field, value in wanted.items() if value is not None})

    def languages(self, *, emotional: bool = False) -> tuple[str, ...]:
        """Return the languages in which there is speech, or emotional speech, sorted."""
        return tuple(self._feelers if emotional else self._speakers)

    def speakers(self, language: str, *, emotional: bool = False) -> tuple[str, ...]:
        """Return the speakers of whom there is speech, or emotional speech, in a language, sorted."""
        return (self._feelers if emotional else self._speakers).get(language, ())

    @cached_property
    def _speakers(self) -> dict[str, tuple[str, ...]]:
        """The speakers of each language in which there is speech, both sorted."""
        return _by_language(self._pools.values("type", "language", "speaker"), "speech")

    @cached_property
    def _feelers(self) -> dict[str, tuple[str, ...]]:
        """The speakers of each language in which there is speech whose emotion is told, both sorted."""
        return _by_language(self._pools.values("emotional", "language", "speaker"), "yes")

    def source(self, row: int) -> Source:
        """Return the source of a row.

        Raises:
            IndexError: there is no such row.
            BankError: the row is damaged.
        """
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of bank {self.name!r}, which has {len(self)}")
        return self._known(row)

    @cached_property
    def _known(self) -> Callable[[int], Source]:
        # Planning looks at the same sources scene after scene.
        return lru_cache(maxsize=4096)(lambda row: index.from_row(self._facts(row), self.name))

    def _facts(self, row: int) -> index.Row:
        return self.frame.row(row, named=True)

    def row(self, source_id: str) -> int:
        """Return the row of a source.

        Raises:
            BankError: the bank has no such source.
        """
        bank, _, key = source_id.partition(":")
        keys = self.frame["key"]
        at = bisect.bisect_left(keys, key) if bank == self.name else len(self)
        if at >= len(self) or keys[at] != key:
            raise BankError(
                f"bank {self.name!r} has no source {source_id!r}", hint="is it the bank with which the plan was made?"
            )
        return at

    def path(self, source: Source) -> Path:
        """Return where a source's recording lies.

        Raises:
            BankError: the path leaves the bank's root.
        """
        relative = PurePosixPath(source.path)
        if relative.is_absolute() or ".." in relative.parts:
            raise BankError(f"bank {self.name!r}, key {source.key!r}: path {source.path!r} leaves the bank's folder")
        return self.root / relative

    def load_audio(self, source: Source) -> Samples:
        """Return a source's samples: float32 mono ``(source.frames,)`` at ``source.sample_rate``.

        Raises:
            BankError: the recording is gone, cannot be decoded, or is not the one that was indexed.
        """
        return as_floats(self.load_stored(source))

    def load_stored(self, source: Source) -> Stored:
        """Return a source's samples as :meth:`load_audio` does, as int16 where they have at most 16 bits."""
        path = self.path(source)
        try:
            samples, sample_rate = decode_as_stored(path)
        except AudioFault as error:
            raise BankError(f"bank {self.name!r}: {error.message}", hint=self._remedy()) from None
        if pcm_digest(samples, sample_rate) != source.pcm_sha256:
            raise BankError(f"bank {self.name!r}: {path} {self._difference(source, path)}", hint=self._remedy())
        return samples[:, 0] if samples.shape[1] == 1 else to_mono(as_floats(samples))

    def _difference(self, source: Source, path: Path) -> str:
        if files.digest(path) == self._facts(self.row(source.source_id))["file_sha256"]:
            return "decodes differently here than where it was indexed, as lossy formats may"
        return "changed since it was indexed"

    def _remedy(self) -> str:
        if self.name == places.EMBEDDED:
            return f"delete {self.folder}; it is made again at the next use"
        return f"see all changes: soundscape bank verify {self.name}; accept them: soundscape bank add … --replace"


def _by_language(values: list[tuple[str | None, ...]], first: str) -> dict[str, tuple[str, ...]]:
    """Return the speakers of each language, out of sorted values of which the first one must be as given."""
    found: dict[str, list[str]] = {}
    for value, language, speaker in values:
        if value == first and language is not None:
            found.setdefault(language, []).extend([] if speaker is None else [speaker])
    return {language: tuple(speakers) for language, speakers in found.items()}


def _reopen(folder: Path, policy: licences.Policy, keep: Callable[[str], bool] | None, digest: str) -> Bank:
    bank = Bank(folder, policy=policy, keep=keep)
    if bank.digest != digest:
        raise BankError(f"bank {bank.name!r} was replaced while it was in use", hint="run the command again")
    return bank


def open_bank(name_or_folder: str | Path, *, progress: Progress | None = None) -> Bank:
    """Open a bank by name or by folder; ``embedded`` is synthesised first where it is not in the cache.

    What holds a path separator, or is a folder with a ``bank.json``, is a folder; anything else a name.

    Raises:
        UsageError: there is no bank of that name.
        BankError: the bank is damaged.
    """
    given = os.fspath(name_or_folder)
    if given == places.EMBEDDED:
        where = place.folder()
        if not place.whole(where):
            from soundscape.sources.embedded.build import ensure

            where = ensure(progress=progress)
        return Bank(where)
    if os.sep in given or (Path(given) / index.INFO_FILE).is_file():
        return Bank(Path(given).expanduser())
    known = bank_names()
    if given not in known:
        raise UsageError(
            f"unknown bank {given!r}{nearest(given, known)}",
            hint=f"known banks: {', '.join(known)}; add one: soundscape bank add --help",
        )
    return Bank(places.bank_folder(given))


def bank_names() -> tuple[str, ...]:
    """Return the names by which banks can be opened: ``embedded``, then one's own, sorted."""
    folder = places.banks_folder()
    for replaced in sorted(folder.glob(".*.replaced")):
        bank = folder / replaced.name.removeprefix(".").removesuffix(".replaced")
        with files.exclusively(bank):
            files.restore(bank)
    own = sorted(p.parent.name for p in folder.glob(f"*/{index.INFO_FILE}") if not p.parent.name.startswith("."))
    return (places.EMBEDDED, *own)
