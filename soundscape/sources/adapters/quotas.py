"""How much of a data set is taken.

Only sources that pass the gate count. ``hours`` are shared evenly among the languages that are read, so that the first
language of a data set does not fill them; a language that runs dry leaves its share unused. Sources are decided on one
by one in the order of the data set, so what is taken depends on nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


class Quotas:
    """What was taken so far, and whether more is wanted.

    Args:
        languages: those that are read; empty where all are, or where there are none.
        hours: of usable recordings in all.
        per_language: usable recordings of each language; in all, of what is no speech.
        per_speaker: usable recordings of each speaker.
    """

    def __init__(
        self, languages: Sequence[str], hours: float | None, per_language: int | None, per_speaker: int | None
    ) -> None:
        self._languages = frozenset(languages)
        self._share = None if hours is None else hours * 3600.0 / max(1, len(self._languages))
        self._per_language, self._per_speaker = per_language, per_speaker
        self._count: Counter[str | None] = Counter()
        self._said: Counter[str] = Counter()
        #: Seconds of usable recordings by language; None where there is none.
        self.seconds: Counter[str | None] = Counter()

    def wants(self, type_: str, language: str | None, speaker: str | None) -> bool:
        """Return whether a recording may be taken. Speech of no known language is, to be listed as rejected."""
        if type_ == "speech" and self._languages and language is not None and language not in self._languages:
            return False
        if speaker is not None and self._per_speaker is not None and self._said[speaker] >= self._per_speaker:
            return False
        return not self._full(language if type_ == "speech" else None)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a row that was taken; rejected ones do not count."""
        if row["rejected"] is not None:
            return
        language = row["language"] if row["type"] == "speech" else None
        self._count[language] += 1
        self.seconds[language] += row["duration"]
        if row["speaker"] is not None:
            self._said[row["speaker"]] += 1

    def done(self, language: str | None) -> bool:
        """Return whether nothing more is wanted of a stream, given its language, or None where it has several."""
        if language is not None:
            return self._full(language)
        if self._languages:
            return all(map(self._full, self._languages))
        # Without languages to count off, another one may always come, unless hours in all are what is asked for.
        return self._share is not None and self._full(None) if self._per_language is None else self._full(None)

    @property
    def reached(self) -> tuple[int, int]:
        """How far taking is, and how far it goes (0 where that is not known).

        In seconds where hours are asked for, or else in recordings.
        """
        if self._share is None:
            return self._count.total(), (self._per_language or 0) * len(self._languages)
        if not self._languages:
            return int(self.seconds.total()), int(self._share)
        done = sum(min(self.seconds[language], self._share) for language in self._languages)
        return int(done), int(self._share * len(self._languages))

    @property
    def short(self) -> tuple[str, ...]:
        """The languages of which less was taken than was asked for; ``all`` where languages were not asked for."""
        if self._share is None and self._per_language is None:
            return ()
        if not self._languages:
            return () if self._full(None) else ("all",)
        return tuple(language for language in sorted(self._languages) if not self._full(language))

    def _full(self, language: str | None) -> bool:
        spent = self.seconds[language] if self._languages else self.seconds.total()
        if self._share is not None and spent >= self._share:
            return True
        return self._per_language is not None and self._count[language] >= self._per_language
