"""Where the embedded bank lies, and whether it is there: light, so that opening it does not import what makes it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from soundscape.errors import BankError
from soundscape.sources import places
from soundscape.sources.index import read_info

#: The version of the bank that is told to people. Raised when the measures of its index change; what changes its
#: samples or descriptions is told apart by the digest list.
VERSION = "4"
DIGESTS = Path(__file__).with_name("digests.tsv")


def folder() -> Path:
    """Return where this version's bank lies in the cache, made or not."""
    listed = hashlib.sha256(DIGESTS.read_bytes()).hexdigest()[:12]
    return places.cache_folder() / f"{places.EMBEDDED}-{VERSION}-{listed}"


def whole(place: Path) -> bool:
    """Return whether a bank was made there to the end."""
    try:
        read_info(place)
    except BankError:
        return False
    return True
