"""DATE, soft TF-IDF and the other measures of descriptions, slow and plain: a second implementation to compare with."""

from __future__ import annotations

import math
from collections.abc import Sequence

Vector = Sequence[float]


def dot(a: Vector, b: Vector) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))


def cosine(a: Vector, b: Vector) -> float:
    lengths = math.sqrt(dot(a, a)) * math.sqrt(dot(b, b))
    return dot(a, b) / lengths if lengths > 0 else 0.0


def token_weights(sentences: Sequence[Sequence[int]], table: Sequence[Vector]) -> list[list[float]]:
    """The weight of each token of each sentence, with a mean of 1."""

    def tf(token: int, sentence: Sequence[int]) -> float:
        return sum(cosine(table[token], table[other]) ** 2 for other in sentence)

    def idf(token: int) -> float:
        df = sum(min(1.0, tf(token, sentence)) for sentence in sentences)
        return math.log((len(sentences) + 1) / (df + 1)) + 1

    out = []
    for sentence in sentences:
        raw = [idf(token) * tf(token, sentence) for token in sentence]
        mean = sum(raw) / len(raw) if raw else 0.0
        out.append([w / mean if mean > 0 else 1.0 for w in raw])
    return out


def date(
    candidates: Sequence[Vector | None],
    references: Sequence[Sequence[Vector]],
    *,
    delta: float,
    penalties: Sequence[float] | None = None,
    paper: bool = False,
) -> list[float]:
    """The score of every clip; a candidate that is None is missing."""
    count = len(candidates)

    def similarity(i: int, j: int) -> float:
        candidate = candidates[i]
        if candidate is None:
            return 0.0
        factor = 1.0 if penalties is None or paper else penalties[i]
        return factor * sum(dot(candidate, r) for r in references[j]) / len(references[j])

    out = []
    for i in range(count):
        if candidates[i] is None:
            out.append(0.0)
            continue
        s = similarity(i, i)
        if paper:
            rank = sum(j == i or similarity(j, i) >= s - 1e-9 for j in range(count) if candidates[j] is not None)
        else:
            rank = sum(j == i or similarity(i, j) >= s - delta / 2 - 1e-9 for j in range(count))
        d = 1 - rank / count
        out.append(2 * s * d / (s + d) if s + d > 0 else 0.0)
    return out


def f_beta(similarities: Sequence[float], discard: Sequence[bool], threshold: float, beta: float) -> float:
    """F of throwing away what lies under a threshold."""
    thrown = [s < threshold for s in similarities]
    hits = sum(t and d for t, d in zip(thrown, discard, strict=True))
    precision = hits / sum(thrown) if any(thrown) else 0.0
    recall = hits / sum(discard)
    bottom = beta * beta * precision + recall
    return (1 + beta * beta) * precision * recall / bottom if bottom > 0 else 0.0


def average_precision(truth: Sequence[bool], scores: Sequence[float]) -> float:
    """Area under precision and recall in steps: sum over falling thresholds of (gain in recall) · precision."""
    total = last = 0.0
    for threshold in sorted(set(scores), reverse=True):
        chosen = [t for t, s in zip(truth, scores, strict=True) if s >= threshold]
        recall = sum(chosen) / sum(truth)
        total += (recall - last) * sum(chosen) / len(chosen)
        last = recall
    return total
