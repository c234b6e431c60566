"""What an export is told by: how many words its captions draw on, and how many clips mix speech, music and sound."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from soundscape.truth.captions.facts import Facts

_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(slots=True)
class Statistics:
    """Counts over an export's clips. Tokens are words in lower case, with inner apostrophes."""

    clips: int = 0
    captions: int = 0
    questions: int = 0
    tokens: int = 0
    vocabulary: set[str] = field(default_factory=set)
    domains: Counter[str] = field(default_factory=Counter)
    modalities: Counter[int] = field(default_factory=Counter)

    def add(self, facts: Facts, captions: Iterable[str], questions: int = 0) -> None:
        """Count a clip, the captions that are written of it, and its questions."""
        self.clips += 1
        self.questions += questions
        self.domains[facts.domain] += 1
        self.modalities[len(facts.modalities)] += 1
        for caption in captions:
            words = [w.lower() for w in _TOKEN.findall(caption)]
            self.captions += 1
            self.tokens += len(words)
            self.vocabulary.update(words)

    def report(self) -> dict[str, Any]:
        """Return the counts and shares; shares of modalities are over all clips."""
        clips = max(self.clips, 1)
        return {
            "clips": self.clips,
            "captions": self.captions,
            "questions": self.questions,
            "words_per_caption": round(self.tokens / max(self.captions, 1), 2),
            "unique_tokens": len(self.vocabulary),
            "domains": dict(sorted(self.domains.items())),
            "modality_shares": {str(n): round(self.modalities[n] / clips, 4) for n in range(4)},
            "mixed_share": round(sum(self.modalities[n] for n in (2, 3)) / clips, 4),
        }
