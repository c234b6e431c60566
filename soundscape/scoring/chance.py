"""What a cosine is worth: the level that captions of the wrong events reach, and the cosine above it.

Sentence embeddings find any two captions of the same kind alike: a column of cosines may span 0.25 to 0.32 over all
systems, deaf ones included. The chance level c0 is the mean cosine, clipped at 0 as in the score, between the captions
of two different scored events of one type; a column is corrected as (cos − c0) / (1 − c0), 0 for guessing and 1 for
being right, like Cohen's κ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from soundscape.randomness import stream
from soundscape.scoring.embedders import Captions
from soundscape.scoring.prepare import PreparedKey

#: The event types whose captions enter a column.
CHANCE_COLUMNS: dict[str, tuple[str, ...]] = {
    "how": ("speech",),
    "snd": ("sound_event", "music"),
    "burst": ("vocal_burst",),
}
_MOST = 4_000
_BLOCK = 1_000


def chance_levels(keys: Iterable[PreparedKey], captions: Captions) -> dict[str, float | None]:
    """Return the chance level of every column of cosines; None where fewer than two events of a type have captions.

    A column of two types has the mean of their levels, weighted by events. Of more than 4,000 events of a type, 4,000
    are drawn.
    """
    by_type: dict[str, list[str]] = {}
    for key in keys:
        for event in key.events:
            if event.caption is not None:
                by_type.setdefault(event.type, []).append(event.caption)
    levels = {kind: (len(texts), _level(kind, texts, captions)) for kind, texts in by_type.items() if len(texts) > 1}
    return {column: _weighted([levels[k] for k in kinds if k in levels]) for column, kinds in CHANCE_COLUMNS.items()}


def corrected(columns: Mapping[str, float | None], levels: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return columns of cosines above chance; None where either is unknown, or where chance leaves no room."""
    out: dict[str, float | None] = {}
    for column, level in levels.items():
        value = columns[column]
        out[column] = None if value is None or level is None or level >= 1.0 else (value - level) / (1.0 - level)
    return out


def _weighted(levels: Sequence[tuple[int, float]]) -> float | None:
    events = sum(n for n, _ in levels)
    return sum(n * level for n, level in levels) / events if events else None


def _level(kind: str, texts: list[str], captions: Captions) -> float:
    """Return the mean cosine over ordered pairs of different events; equal captions of different events count as 1."""
    if len(texts) > _MOST:
        drawn = stream("chance level", kind, len(texts)).choice(len(texts), size=_MOST, replace=False)
        texts = [texts[i] for i in np.sort(drawn)]
    counts = Counter(texts)
    captions.warm(counts)
    vectors = np.stack([captions.vector(text) for text in counts])
    weights = np.array(list(counts.values()), dtype=np.float64)
    total = 0.0
    for start in range(0, len(weights), _BLOCK):
        stop = min(start + _BLOCK, len(weights))
        block = np.clip(vectors[start:stop] @ vectors.T, 0.0, 1.0)
        block[np.arange(stop - start), np.arange(start, stop)] = 1.0
        total += float(weights[start:stop] @ block @ weights)
    events = len(texts)
    return (total - events) / (events * (events - 1))
