"""Several banks as one: the same questions, with rows numbered through and people kept apart.

The banks stand in the order of their names, however they were given, so that a plan does not depend on it. A speaker or
group is named ``<bank>:<name>`` here, because two banks may each have a speaker ``f1`` who are two people; a person's
recordings therefore belong into one bank.
"""

from __future__ import annotations

import dataclasses
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from soundscape.errors import BankError, UsageError
from soundscape.records import Source
from soundscape.sources import licences
from soundscape.sources.audio import Samples, Stored
from soundscape.sources.bank import Bank, open_bank
from soundscape.sources.pools import Rows
from soundscape.sources.workers import Progress


class BankSet:
    """Banks of different names, joined; the interface is that of :class:`soundscape.sources.bank.Bank`.

    Raises:
        UsageError: no bank is given, or two of one name.
    """

    def __init__(self, banks: Sequence[Bank]) -> None:
        if not banks:
            raise UsageError("no bank is given", hint="name one: --bank embedded")
        self.banks = tuple(sorted(banks, key=lambda bank: bank.name))
        names = [bank.name for bank in self.banks]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise UsageError(f"bank {twice[0]!r} is given twice", hint="banks are told apart by their names")
        self._named = dict(zip(names, self.banks, strict=True))
        self._first = [0]
        for bank in self.banks:
            self._first.append(self._first[-1] + len(bank))
        # Joining copies, which is too dear to do for every scene.
        self._pool = cache(self._joined_pool)
        self._speakers = cache(self._joined_speakers)

    def __reduce__(self) -> Any:
        return BankSet, (self.banks,)

    def __len__(self) -> int:
        return self._first[-1]

    def __repr__(self) -> str:
        return f"<BankSet {', '.join(self._named)}: {len(self)} sources>"

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each bank under its name."""
        return {name: bank.digest for name, bank in self._named.items()}

    def filtered(self, *, policy: licences.Policy = "any", keep: Callable[[str], bool] | None = None) -> BankSet:
        """Return the same banks under other filters; ``keep`` is told ``<bank>:<group>``."""
        return BankSet([bank.filtered(policy=policy, keep=_named_keep(bank.name, keep)) for bank in self.banks])

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
        """Return the rows that match, ascending; as :meth:`Bank.pool`."""
        return self._pool(type, language, speaker, topic, label, emotional)

    def _joined_pool(
        self, type: str | None, language: str | None, speaker: str | None, topic: str | None, label: str | None,
        emotional: bool,
    ) -> Rows:  # fmt: skip
        only, _, own = (speaker or "").partition(":")
        parts = []
        for bank, first in zip(self.banks, self._first, strict=False):
            if speaker is None or bank.name == only:
                rows = bank.pool(
                    type=type, language=language, speaker=own or None, topic=topic, label=label, emotional=emotional
                )
                parts.append(rows.array() + first)
        return Rows(np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64))

    def languages(self, *, emotional: bool = False) -> tuple[str, ...]:
        """Return the languages in which there is speech, or emotional speech, sorted."""
        return tuple(sorted({language for bank in self.banks for language in bank.languages(emotional=emotional)}))

    def speakers(self, language: str, *, emotional: bool = False) -> tuple[str, ...]:
        """Return the speakers of a language as ``<bank>:<speaker>``, sorted; as :meth:`Bank.speakers`."""
        return self._speakers(language, emotional)

    def _joined_speakers(self, language: str, emotional: bool) -> tuple[str, ...]:
        speakers = ((bank.name, s) for bank in self.banks for s in bank.speakers(language, emotional=emotional))
        return tuple(sorted(f"{name}:{speaker}" for name, speaker in speakers))

    def source(self, row: int) -> Source:
        """Return the source of a row, its speaker and group named with the bank; errors as :meth:`Bank.source`."""
        if not 0 <= row < len(self):
            raise IndexError(f"row {row} of banks {', '.join(self._named)}, which have {len(self)}")
        at = bisect_right(self._first, row) - 1
        bank = self.banks[at]
        source = bank.source(row - self._first[at])
        speaker = None if source.speaker is None else f"{bank.name}:{source.speaker}"
        return dataclasses.replace(source, speaker=speaker, group=f"{bank.name}:{source.group}")

    def row(self, source_id: str) -> int:
        """Return the row of a source; errors as :meth:`Bank.row`."""
        bank = self.bank(source_id)
        return self._first[self.banks.index(bank)] + bank.row(source_id)

    def bank(self, source_id: str) -> Bank:
        """Return the bank that a source belongs to.

        Raises:
            BankError: it is none of these.
        """
        name = source_id.partition(":")[0]
        if name not in self._named:
            raise BankError(
                f"source {source_id!r} belongs to bank {name!r}, which is not open",
                hint=f"open: {', '.join(self._named)}; add --bank {name}",
            )
        return self._named[name]

    def load_audio(self, source: Source) -> Samples:
        """Return a source's samples; as :meth:`Bank.load_audio`."""
        return self.bank(source.source_id).load_audio(source)

    def load_stored(self, source: Source) -> Stored:
        """Return the same as they are stored; as :meth:`Bank.load_stored`."""
        return self.bank(source.source_id).load_stored(source)


AnyBank: TypeAlias = Bank | BankSet


def _named_keep(name: str, keep: Callable[[str], bool] | None) -> Callable[[str], bool] | None:
    return None if keep is None else _Named(name, keep)


@dataclasses.dataclass(frozen=True, slots=True)
class _Named:
    """A keep function that is told the bank as well; a class, so that it can be sent to a worker."""

    name: str
    keep: Callable[[str], bool]

    def __call__(self, group: str) -> bool:
        return self.keep(f"{self.name}:{group}")


def open_banks(names_or_folders: Sequence[str | Path], *, progress: Progress | None = None) -> AnyBank:
    """Open one bank, or several as a :class:`BankSet`; errors as :func:`soundscape.sources.bank.open_bank`."""
    banks = [open_bank(given, progress=progress) for given in names_or_folders]
    return banks[0] if len(banks) == 1 else BankSet(banks)
