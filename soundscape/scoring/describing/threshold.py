"""The threshold of an audio–text filter: below which similarity a caption is thrown away (FusionAudio).

Positive class: captions to discard. F_β = (1 + β²)PR/(β²P + R) with β = 1.05. A caption is discarded where its
similarity lies under the threshold. (FusionAudio chose 0.08 on CLAP.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from soundscape.errors import UsageError

BETA = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A threshold, F_β, precision and recall of what it discards, and the share of all that it keeps."""

    value: float
    f: float
    precision: float
    recall: float
    kept: float


def f_beta(precision: float, recall: float, beta: float = BETA) -> float:
    """Return F_β; 0 where both are 0."""
    bottom = beta * beta * precision + recall
    return (1.0 + beta * beta) * precision * recall / bottom if bottom > 0.0 else 0.0


def best_threshold(similarities: Sequence[float], discard: Sequence[bool], *, beta: float = BETA) -> Threshold:
    """Return the threshold of greatest F_β; of several the lowest, which keeps most.

    Halfway between neighbouring similarities, so that it does not hang on one caption's last digit.

    Args:
        similarities: between audio and caption, one a caption.
        discard: whether people would throw the caption away.
        beta: weight of recall against precision.

    Raises:
        UsageError: lists differ in length, a similarity is not finite, or nothing is to be discarded.
    """
    values, wanted = np.asarray(similarities, dtype=np.float64), np.asarray(discard, dtype=bool)
    if values.shape != wanted.shape or values.ndim != 1:
        raise UsageError(f"{values.size} similarities and {wanted.size} verdicts", hint="give one of each a caption")
    if not np.isfinite(values).all():
        raise UsageError("a similarity is not a finite number", hint="leave such captions out")
    if not wanted.any():
        raise UsageError("no caption is to be discarded, so that no threshold is better than another")
    order = np.argsort(values, kind="stable")
    ranked, hits = values[order], np.cumsum(wanted[order])
    best: Threshold | None = None
    for count in range(1, len(ranked) + 1):
        if count < len(ranked) and ranked[count] == ranked[count - 1]:
            continue
        above = ranked[count] if count < len(ranked) else ranked[-1] + 1.0
        precision, recall = float(hits[count - 1]) / count, float(hits[count - 1] / hits[-1])
        f = f_beta(precision, recall, beta)
        if best is None or f > best.f:
            best = Threshold(
                value=float(ranked[count - 1] + (above - ranked[count - 1]) / 2.0), f=f, precision=precision,
                recall=recall, kept=1.0 - count / len(ranked),
            )  # fmt: skip
    assert best is not None
    return best
