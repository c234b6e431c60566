"""Where findings are: complaints about a document become findings in a file, and ids are kept apart in flat memory."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from soundscape.validation.findings import Finding, Severity
from soundscape.validation.lines import LONGEST, Fault, Line
from soundscape.validation.rules import Complaint

_LONGEST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Place:
    """A file of a kind, in which things are found."""

    file: str
    kind: str

    def finding(
        self,
        complaint: Complaint,
        *,
        line: int | None = None,
        column: int | None = None,
        clip: str | None = None,
        severity: Severity = "problem",
        count: int = 1,
    ) -> Finding:
        """Return a complaint as a finding."""
        return Finding(
            severity=severity,
            rule=complaint.rule,
            kind=self.kind,
            file=self.file,
            line=line,
            column=column,
            clip=clip,
            pointer=complaint.pointer,
            found=_shown(complaint.found),
            expected=_shown(complaint.expected),
            count=count,
        )

    def fault(self, fault: Fault, *, first_line: int | None = None, clip: str | None = None) -> Finding:
        """Return a fault of JSON or YAML text; ``first_line`` where the text is only a part of the file."""
        line = fault.line if first_line is None else first_line + (fault.line or 1) - 1
        return self.finding(fault.complaint, line=line, column=fault.column, clip=clip)

    def simply(self, rule: str, found: str, expected: str, *, clip: str | None = None, pointer: str = "") -> Finding:
        """Return a problem of the file as a whole, or of what it says of a clip."""
        return self.finding(Complaint(rule=rule, pointer=pointer, found=found, expected=expected), clip=clip)


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


class Ids:
    """Which names the lines of a file have had: 24 bytes a line, whatever the names are."""

    def __init__(self) -> None:
        self._hashes, self._offsets, self._numbers = array("q"), array("Q"), array("Q")

    def add(self, name: str, line: Line) -> None:
        """Note the name that a line has."""
        self._hashes.append(hash(name))
        self._offsets.append(line.offset)
        self._numbers.append(line.number)

    def alike(self, path: Path) -> Iterator[list[tuple[int, bytes]]]:
        """Yield the lines, number and text, whose names have one hash: whoever is told must compare the names."""
        if not self._hashes:
            return
        hashes = np.frombuffer(self._hashes, dtype=np.int64)
        order = np.argsort(hashes, kind="stable")
        repeats = np.concatenate(([False], np.diff(hashes[order]) == 0, [False]))
        edges = np.flatnonzero(np.diff(repeats)).reshape(-1, 2)
        with path.open("rb") as file:
            for start, stop in edges.tolist():
                yield [(self._numbers[at], self._text(file, at)) for at in order[start : stop + 1].tolist()]

    def _text(self, file: BinaryIO, at: int) -> bytes:
        file.seek(self._offsets[at])
        return file.readline(LONGEST)
