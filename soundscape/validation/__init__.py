"""Checks everything that the package reads or writes: against its schema, its own sense, and the rest of its build.

    found = validate("demo")                       # a build's folder, with all that is in it
    found = validate("answers.jsonl", strict=True)
    for group in found.groups:
        print(group.count, group.pattern, group.about)

:mod:`soundscape.validation.rules` lists the rules.
"""

from __future__ import annotations

from soundscape.validation.findings import Finding, Group
from soundscape.validation.kinds import KINDS
from soundscape.validation.rules import RULES
from soundscape.validation.run import Checked, Validation, validate

__all__ = ["KINDS", "RULES", "Checked", "Finding", "Group", "Validation", "validate"]
