"""What planning may know of the banks: facts that were measured when they were indexed, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from soundscape.records import Source


class Catalogue(Protocol):
    """The banks of a build, as planning sees them. Rejected sources and those of other splits are not in any pool.

    ``emotional`` leaves only speech whose emotion is told.
    """

    def __hash__(self) -> int:
        """Return what tells one catalogue from another: facts of it are found once and kept."""
        ...

    def languages(self, *, emotional: bool = False) -> Sequence[str]:
        """Return the languages in which there is speech, sorted."""
        ...

    def speakers(self, language: str, *, emotional: bool = False) -> Sequence[str]:
        """Return the speakers of a language, sorted."""
        ...

    def pool(
        self,
        *,
        type: str,
        language: str | None = None,
        speaker: str | None = None,
        topic: str | None = None,
        emotional: bool = False,
    ) -> Sequence[int]:
        """Return the rows that match, in a fixed order; None means any."""
        ...

    def source(self, row: int) -> Source:
        """Return one source."""
        ...
