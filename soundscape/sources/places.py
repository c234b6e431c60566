"""Where banks live on this machine.

``SOUNDSCAPE_HOME``, where set, holds everything: ``banks/<name>`` for one's own banks, ``cache/`` for what can be made
again. Otherwise banks lie in the user's data folder and the rest in the user's cache folder, as the platform has it
(on Linux ``~/.local/share/soundscape`` and ``~/.cache/soundscape``).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from soundscape.errors import UsageError

#: The bank that is synthesised on first use; no other bank may take its name.
EMBEDDED = "embedded"

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def _home() -> Path | None:
    given = os.environ.get("SOUNDSCAPE_HOME")
    return Path(given).expanduser().absolute() if given else None


def banks_folder() -> Path:
    """Return the folder whose subfolders are one's own banks; it need not exist."""
    home = _home()
    return home / "banks" if home else Path(platformdirs.user_data_dir("soundscape", appauthor=False)) / "banks"


def cache_folder() -> Path:
    """Return the folder of what can be made again; it need not exist."""
    home = _home()
    return home / "cache" if home else Path(platformdirs.user_cache_dir("soundscape", appauthor=False))


def checked_name(name: str) -> str:
    """Return a name that a new bank may take.

    Raises:
        UsageError: it is not made of lowercase letters, digits, dots, hyphens and underscores, or is taken.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"bank name {name!r} is not valid",
            hint="use 1 to 64 of a-z, 0-9, '.', '-' and '_', beginning with a letter or digit",
        )
    if name == EMBEDDED:
        raise UsageError(f"the name {name!r} belongs to the bank that comes with the package", hint="choose another")
    return name


def bank_folder(name: str) -> Path:
    """Return the folder of one's own bank of that name, there or not.

    Raises:
        UsageError: as :func:`checked_name`.
    """
    return banks_folder() / checked_name(name)
