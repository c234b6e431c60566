"""Rows by what they are: which sources of a bank have a type, a language, a speaker, a topic.

The first question about a combination of fields scans the index once; after that every question about it is one
look-up, so planning a scene costs the same in a bank of a thousand rows and in one of a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, overload

import numpy as np
import polars as pl
from numpy.typing import NDArray

Codes: TypeAlias = NDArray[np.int64]

#: The fields by which sources can be asked for. ``emotional`` is ``yes`` where the emotion of speech is told.
FIELDS = ("type", "language", "speaker", "topic", "label", "emotional")


class Rows(Sequence[int]):
    """Row numbers in ascending order, without a copy."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Codes) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Rows: ...
    def __getitem__(self, index: int | slice) -> int | Rows:
        if isinstance(index, slice):
            return Rows(self._rows[index])
        return int(self._rows[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rows) and np.array_equal(self._rows, other._rows)

    def __hash__(self) -> int:
        return hash(self._rows.tobytes())

    def __repr__(self) -> str:
        return f"Rows({self._rows.tolist()})" if len(self) <= 8 else f"<Rows: {len(self)}>"

    def array(self) -> Codes:
        """Return the rows as an int64 array that must not be written to."""
        return self._rows


class _Field:
    """The values of one column as numbers, in sorted order; the last number stands for null."""

    def __init__(self, column: pl.Series) -> None:
        values: list[str] = column.drop_nulls().unique().sort().to_list()
        self.values: list[str | None] = [*values, None]
        self.code = {value: code for code, value in enumerate(self.values)}
        physical = column.cast(pl.Enum(values)).to_physical().cast(pl.Int64).fill_null(len(values))
        self.codes: Codes = physical.to_numpy()


class _Grouping:
    """The eligible rows sorted by a combination of fields, and where each combination begins and ends."""

    def __init__(self, fields: Sequence[_Field], eligible: Codes) -> None:
        self._fields = fields
        combined = np.zeros(len(eligible), dtype=np.int64)
        for field in fields:
            combined = combined * len(field.values) + field.codes[eligible]
        order = np.argsort(combined, kind="stable")
        ordered = combined[order]
        starts = np.flatnonzero(np.diff(ordered, prepend=-1))
        ends = np.append(starts, len(ordered))[1:]
        self._rows = eligible[order]
        self._rows.flags.writeable = False
        self._span = dict(zip(ordered[starts].tolist(), zip(starts.tolist(), ends.tolist(), strict=True), strict=True))

    def rows(self, values: Sequence[str]) -> Rows:
        """Return the rows in which the fields have these values."""
        combined = 0
        for field, value in zip(self._fields, values, strict=True):
            code = field.code.get(value)
            if code is None:
                return Rows(self._rows[:0])
            combined = combined * len(field.values) + code
        start, end = self._span.get(combined, (0, 0))
        return Rows(self._rows[start:end])

    def values(self) -> list[tuple[str | None, ...]]:
        """Return the combinations that occur, in sorted order with null last."""
        found = []
        for combined in sorted(self._span):
            parts: list[str | None] = []
            for field in reversed(self._fields):
                combined, code = divmod(combined, len(field.values))
                parts.append(field.values[code])
            found.append(tuple(reversed(parts)))
        return found


class Pools:
    """The pools of one bank: its eligible rows by any combination of :data:`FIELDS`."""

    def __init__(self, frame: pl.DataFrame, eligible: Codes) -> None:
        """Take the columns :data:`FIELDS` of an index and the rows that may be drawn, ascending."""
        self._frame = frame
        self._eligible = eligible
        self._fields: dict[str, _Field] = {}
        self._groupings: dict[tuple[str, ...], _Grouping] = {}

    def rows(self, wanted: dict[str, str]) -> Rows:
        """Return the rows in which every named field has the value given; all of them where none is named."""
        return self._grouping(tuple(wanted)).rows(tuple(wanted.values()))

    def values(self, *fields: str) -> list[tuple[str | None, ...]]:
        """Return the combinations of values that occur in these fields, in sorted order with null last."""
        return self._grouping(fields).values()

    def _grouping(self, fields: tuple[str, ...]) -> _Grouping:
        if fields not in self._groupings:
            for name in fields:
                if name not in self._fields:
                    self._fields[name] = _Field(self._frame[name])
            self._groupings[fields] = _Grouping([self._fields[name] for name in fields], self._eligible)
        return self._groupings[fields]
