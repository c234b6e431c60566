"""What validation finds, one by one and gathered: a million wrong lines make a page, not a million screens.

Findings belong together where they break the same rule in the same kind of document, in the same place but for numbers
of list items and ids of clips, with the same expectation. A :class:`Summary` keeps counts and the first few of each
group, so its size depends on how many ways there are to be wrong, not on how many lines are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from soundscape.validation.rules import RULES

Severity: TypeAlias = Literal["problem", "warning"]

#: Findings that a group shows.
EXAMPLES = 3
#: Groups that are told apart; what comes later is counted together.
MOST_GROUPS = 500

_NUMBER = re.compile(r"/\d+(?=/|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem, or one warning that does not make a file invalid.

    ``rule`` is a key of :data:`soundscape.validation.rules.RULES`; ``line`` and ``column`` count from 1, columns in
    characters; ``pointer`` is a JSON pointer (RFC 6901) into the line or file, empty for all of it. ``count`` is above
    1 where the same was found that often in one place.
    """

    severity: Severity
    rule: str
    kind: str
    file: str
    line: int | None = None
    column: int | None = None
    clip: str | None = None
    pointer: str = ""
    found: str
    expected: str
    count: int = 1

    @property
    def where(self) -> str:
        """File, line, column and clip, as far as they are known."""
        parts = [self.file]
        parts += [f"line {self.line}"] if self.line is not None else []
        parts += [f"column {self.column}"] if self.column is not None else []
        parts += [f"clip {self.clip}"] if self.clip is not None else []
        return ", ".join(parts)

    def __str__(self) -> str:
        pointer = f"{self.pointer}: " if self.pointer else ""
        return f"{self.where}: {pointer}found {self.found}, expected {self.expected}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Findings of one sort: how many, and the first of them.

    ``about`` is what was expected, of a repair what would be mended; ``pattern`` a pointer as :func:`pattern` has it.
    """

    severity: Severity
    rule: str
    kind: str
    pattern: str
    about: str
    count: int
    examples: tuple[Finding, ...]


def pattern(finding: Finding) -> str:
    """Return a finding's pointer with ``*`` for numbers of list items and for the clip's id."""
    pointer = finding.pointer
    if finding.clip:
        pointer = pointer.replace("/" + finding.clip.replace("~", "~0").replace("/", "~1"), "/*")
    return _NUMBER.sub("/*", pointer) or "/"


def _about(finding: Finding) -> str:
    """Return what all findings of a group have in common."""
    if finding.rule == "schema":
        return finding.expected.partition("; did you mean")[0]
    return finding.found if finding.rule == "repair" else RULES[finding.rule]


@dataclass(slots=True)
class _Gathered:
    """A group while it grows: examples of different lines, and others of the same lines in case there are no more."""

    count: int = 0
    examples: list[Finding] = field(default_factory=list)
    others: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        self.count += finding.count
        if len(self.examples) >= EXAMPLES:
            return
        last = self.examples[-1] if self.examples else None
        known = last is not None and last.line is not None and (last.file, last.line) == (finding.file, finding.line)
        if not known:
            self.examples.append(finding)
        elif len(self.others) < EXAMPLES:
            self.others.append(finding)


class Summary:
    """Findings by group, in the order in which the groups came up. Memory does not grow with their number."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Severity, str, str, str, str], _Gathered] = {}
        self.problems = 0
        self.warnings = 0
        self.beyond = 0

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it where it is one of the first of its group."""
        if finding.severity == "problem":
            self.problems += finding.count
        else:
            self.warnings += finding.count
        key = (finding.severity, finding.rule, finding.kind, pattern(finding), _about(finding))
        if key not in self._groups:
            if len(self._groups) >= MOST_GROUPS:
                self.beyond += finding.count
                return
            self._groups[key] = _Gathered()
        self._groups[key].add(finding)

    def groups(self) -> tuple[Group, ...]:
        """Return the groups: problems before warnings, the greater before the smaller."""
        found = [
            Group(
                severity=severity,
                rule=rule,
                kind=kind,
                pattern=where,
                about=about,
                count=g.count,
                examples=tuple((g.examples + g.others)[:EXAMPLES]),
            )
            for (severity, rule, kind, where, about), g in self._groups.items()
        ]
        return tuple(sorted(found, key=lambda g: (g.severity != "problem", -g.count)))
