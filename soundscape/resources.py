"""Finds the schemas and recipes, from a wheel, an editable install or a checkout alike."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from soundscape.errors import EnvironmentFault

_PACKAGE = Path(__file__).resolve().parent


@cache
def folder(kind: str) -> Path:
    """Return the folder that holds the shipped files of a kind: ``schemas`` or ``recipes``.

    Raises:
        EnvironmentFault: the installation is incomplete.
    """
    for candidate in (_PACKAGE / "_data" / kind, _PACKAGE.parent / kind):
        if candidate.is_dir():
            return candidate
    raise EnvironmentFault(
        f"the installed package lacks its folder {kind!r}",
        hint="install it again: pip install --force-reinstall soundscape",
    )
