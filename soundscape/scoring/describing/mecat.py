"""MECAT's scores: what a system says of each clip, or answers to each question, set by set.

Captions: of ``long``, ``short`` and ``environment`` all clips are one set; of ``speech``, ``music`` and ``sound`` the
clips of the pure domain are one (S00, 0M0, 00A) and those of the mixed domains another (SMA, SM0, S0A, 0MA), whose mean
is the field's. Score = 0.4·(0.8 long + 0.2 short) + 0.4·(0.6 speech + 0.3 music + 0.1 sound) + 0.2 environment.
Questions: each category is a set; score = plain mean of the six.

A clip without a prediction scores 0 (MECAT drops it). A set without clips has no value: its weight is shared out among
the others in proportion, and the result says which sets there were; numbers of different sets do not compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from soundscape.errors import UsageError
from soundscape.scoring.describing.checker import Checker, penalties
from soundscape.scoring.describing.date import DELTAS, DateScores, Metric, evaluate, mean_references
from soundscape.scoring.describing.encoders import Encoder

CAPTION_FIELDS = ("long", "short", "speech", "music", "sound", "environment")
QA_CATEGORIES = (
    "direct_perception", "sound_characteristics", "quality_assessment", "environment_reasoning",
    "inference_judgement", "application_context",
)  # fmt: skip
DOMAINS = ("000", "00A", "0M0", "0MA", "S00", "S0A", "SM0", "SMA")
PURE = {"speech": "S00", "music": "0M0", "sound": "00A"}
MIXED = ("SMA", "SM0", "S0A", "0MA")
#: What each field counts for in the caption score.
WEIGHTS = {"long": 0.32, "short": 0.08, "speech": 0.24, "music": 0.12, "sound": 0.04, "environment": 0.2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something to be described: its name, its reference texts, and what it belongs to (a domain or a category)."""

    key: str
    references: tuple[str, ...]
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One set: what it is called, its clips in order, which have a prediction, and their scores."""

    name: str
    keys: tuple[str, ...]
    present: tuple[bool, ...]
    scores: DateScores

    @property
    def value(self) -> float:
        """The mean score."""
        return self.scores.mean


@dataclass(frozen=True, slots=True, kw_only=True)
class MecatScore:
    """A score with its sets; ``fields`` are the values that enter it, by field or category."""

    score: float
    fields: dict[str, float]
    parts: tuple[Part, ...]


def score_captions(
    references: Mapping[str, Sequence[Item]],
    predictions: Mapping[str, Mapping[str, str]],
    encoder: Encoder,
    checker: Checker,
    metric: Metric = "date",
) -> MecatScore:
    """Return the caption score.

    Args:
        references: the clips of each field that is marked, with their domain as group.
        predictions: by field, then by clip.
        encoder: sentences to vectors.
        checker: finds broken sentences.
        metric: how a set is marked.

    Raises:
        UsageError: a field is unknown, or no set has a clip.
    """
    parts: list[Part] = []
    fields: dict[str, float] = {}
    for field in CAPTION_FIELDS:
        own = []
        for name, items in _sets(field, references.get(field, ())):
            if items:
                own.append(score_set(name, items, predictions.get(field, {}), encoder, checker, metric, DELTAS[field]))
        if own:
            fields[field] = float(np.mean([part.value for part in own]))
        parts += own
    return MecatScore(score=_weighted(fields, WEIGHTS), fields=fields, parts=tuple(parts))


def score_answers(
    references: Sequence[Item],
    predictions: Mapping[str, str],
    encoder: Encoder,
    checker: Checker,
    metric: Metric = "date",
) -> MecatScore:
    """Return the score of answers; the group of an item is its category. Errors as :func:`score_captions`."""
    parts = []
    for category in QA_CATEGORIES:
        items = [item for item in references if item.group == category]
        if items:
            parts.append(score_set(category, items, predictions, encoder, checker, metric, DELTAS["qa"]))
    fields = {part.name: part.value for part in parts}
    return MecatScore(score=_weighted(fields, dict.fromkeys(QA_CATEGORIES, 1.0)), fields=fields, parts=tuple(parts))


def _sets(field: str, items: Sequence[Item]) -> list[tuple[str, list[Item]]]:
    """Return the sets in which a field is marked, by name."""
    if field not in PURE:
        return [(field, list(items))]
    return [
        (f"pure_{field}", [item for item in items if item.group == PURE[field]]),
        (f"mixed_{field}", [item for item in items if item.group in MIXED]),
    ]


def _weighted(fields: Mapping[str, float], weights: Mapping[str, float]) -> float:
    total = sum(weights[name] for name in fields)
    if not total > 0.0:
        raise UsageError("nothing can be marked: no set has a clip", hint="look at the domains of the references")
    return sum(weights[name] * value for name, value in fields.items()) / total


def score_set(
    name: str,
    items: Sequence[Item],
    predictions: Mapping[str, str],
    encoder: Encoder,
    checker: Checker,
    metric: Metric,
    delta: float,
) -> Part:
    """Return one set's scores: its references are one corpus, its predictions another."""
    present = np.array([bool(predictions.get(item.key, "").strip()) for item in items])
    texts = [predictions[item.key] for item, there in zip(items, present, strict=True) if there]
    references = encoder.encode([text for item in items for text in item.references], metric)
    means = mean_references(references, [len(item.references) for item in items])
    candidates, factors = np.zeros_like(means), np.ones(len(items))
    if texts:
        candidates[present] = encoder.encode(texts, metric)
        factors[present] = penalties(checker, texts)
    scores = evaluate(candidates, means, metric=metric, delta=delta, penalties=factors, present=present)
    keys = tuple(item.key for item in items)
    return Part(name=name, keys=keys, present=tuple(bool(p) for p in present), scores=scores)
