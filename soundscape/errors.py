"""The error tree: whose fault it is decides the exit code, and every message says what to do.

    SoundscapeError
    ├── UsageError            exit 2   the call is wrong: an unknown name, options that do not go together
    ├── DataError             exit 1   the data is at fault
    │   ├── RecipeError                a recipe: unknown key, bad value, a request that nothing can meet
    │   ├── BankError                  a bank or its recordings: missing, changed, undecodable
    │   ├── PredictionError            a prediction file
    │   └── BuildError                 a build folder, lock, answer key or plan
    └── EnvironmentFault      exit 3   something is missing on this machine: a package, a model, a network, space

Messages are one or two lines: what was found, where, what was expected, what to do about it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class SoundscapeError(Exception):
    """The root of all errors that the package raises on purpose."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  {self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[object, tuple[type[SoundscapeError], str, str | None]]:
        # Exceptions with keyword-only arguments do not survive the way back from a worker process otherwise.
        return _rebuild, (type(self), self.message, self.hint)


def _rebuild(kind: type[SoundscapeError], message: str, hint: str | None) -> SoundscapeError:
    return kind(message, hint=hint)


class UsageError(SoundscapeError):
    """The call itself is wrong."""

    exit_code = 2


class DataError(SoundscapeError):
    """The data is at fault: invalid, different, or with findings."""


class RecipeError(DataError):
    """The recipe is at fault, or asks for what the banks cannot give."""


class BankError(DataError):
    """A bank or one of its recordings is at fault."""


class PredictionError(DataError):
    """A prediction file is at fault."""


class BuildError(DataError):
    """A build folder, lock, plan or answer key is at fault."""


class EnvironmentFault(SoundscapeError):
    """Something is missing on this machine; the hint names the command that installs it."""

    exit_code = 3


def nearest(name: str, valid: Iterable[str], *, most: int = 1) -> str:
    """Return a clause such as ``; did you mean 'overlap'?``, or an empty string when nothing is near.

    Matching is by edit similarity (difflib, cutoff 0.6), ignoring case.
    """
    by_fold = {v.casefold(): v for v in sorted(valid)}
    found = difflib.get_close_matches(name.casefold(), list(by_fold), n=most, cutoff=0.6)
    return f"; did you mean {' or '.join(repr(by_fold[f]) for f in found)}?" if found else ""
