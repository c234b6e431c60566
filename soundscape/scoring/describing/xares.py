"""The metrics of XARES-LLM: accuracy, mean average precision, iWER, iCER, and the overall score.

Conventions
* All texts are prepared alike (:func:`prepare`): NFKC, lower case, hyphens to spaces, ASCII punctuation dropped, spaces
  collapsed.
* Every metric lies in 0…1, more is better. References and hypotheses are lists of equal length.

Differences from the public code: labels are split at the separator before they are prepared (there ``;`` is dropped as
punctuation first, so that the labels of a clip become one label); a hypothesis against empty references counts as 0
instead of raising.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from soundscape.errors import UsageError
from soundscape.scoring.text import count_edits, normalise


def prepare(text: str) -> str:
    """Return a text as it is compared."""
    return normalise(text, mode="xares")


def validate(references: Sequence[str], hypotheses: Sequence[str]) -> None:
    """Check that every reference has a hypothesis.

    Raises:
        UsageError: the lists differ in length.
    """
    if len(references) != len(hypotheses):
        raise UsageError(
            f"{len(references)} references and {len(hypotheses)} hypotheses", hint="give one of each a clip"
        )


def accuracy(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return the share of clips whose prepared texts are equal; 0 of no clips."""
    validate(references, hypotheses)
    right = sum(prepare(a) == prepare(b) for a, b in zip(references, hypotheses, strict=True))
    return right / len(references) if references else 0.0


def mean_average_precision(
    references: Sequence[str], hypotheses: Sequence[str], *, classes: int | None = None, separator: str = ";"
) -> float:
    """Return the mean over classes of the average precision of labels that are there or not.

    Of a class with P positives among N clips, named in H answers of which T rightly, the curve has two points: recall
    T/P at precision T/H, and recall 1 at precision P/N. So AP = (T/P)·(T/H) + (1 − T/P)·(P/N).

    Args:
        references: labels of each clip, joined by the separator.
        hypotheses: the same, as answered; labels that no reference has count for nothing.
        classes: how many classes there are; those that no reference has count as 0. By default only those that occur.
        separator: between labels.

    Raises:
        UsageError: lists differ in length, or there are more classes than stated.
    """
    validate(references, hypotheses)
    wanted, given = ([_labels(t, separator) for t in texts] for texts in (references, hypotheses))
    known = sorted(set().union(*wanted)) if wanted else []
    if classes is not None and len(known) > classes:
        raise UsageError(
            f"{len(known)} classes occur, but {classes} are stated", hint="leave the number out, or raise it"
        )
    total = 0.0
    for label in known:
        positive = [label in labels for labels in wanted]
        named = [label in labels for labels in given]
        hits = sum(p and n for p, n in zip(positive, named, strict=True))
        recall = hits / sum(positive)
        precision = hits / sum(named) if any(named) else 0.0
        total += recall * precision + (1.0 - recall) * sum(positive) / len(wanted)
    count = len(known) if classes is None else classes
    return total / count if count else 0.0


def _labels(text: str, separator: str) -> set[str]:
    return {label for label in (prepare(part) for part in text.split(separator)) if label}


def iwer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return max(0, 1 − WER), errors and words pooled over all clips."""
    return _inverted(references, hypotheses, "word")


def icer(references: Sequence[str], hypotheses: Sequence[str]) -> float:
    """Return max(0, 1 − CER), errors and characters (spaces among them) pooled over all clips."""
    return _inverted(references, hypotheses, "character")


def _inverted(references: Sequence[str], hypotheses: Sequence[str], unit: Literal["word", "character"]) -> float:
    validate(references, hypotheses)
    edits = length = 0
    for reference, hypothesis in zip(references, hypotheses, strict=True):
        left, right = prepare(reference), prepare(hypothesis)
        edits += count_edits(left, right) if unit == "character" else count_edits(left.split(), right.split())
        length += len(left) if unit == "character" else len(left.split())
    if not length:
        return 0.0 if edits else 1.0
    return max(0.0, 1.0 - edits / length)


def overall(
    values: Mapping[str, float],
    weights: Mapping[str, float] | None = None,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> float:
    """Return the weighted mean of tasks' metrics.

    Args:
        values: metric by task.
        weights: by task; 1 where none is given.
        bounds: the paper's form: worst and best value by task, so that (M − worst)/(best − worst) enters the mean.

    Raises:
        UsageError: there are no tasks, a weight is negative or all are 0, or bounds are not in order.
    """
    shares = {task: 1.0 if weights is None else weights.get(task, 1.0) for task in values}
    total = sum(shares.values())
    if not total > 0.0 or min(shares.values()) < 0.0:
        raise UsageError("weights must be at least 0, and one of them more", hint="give every task a weight")
    scaled = dict(values)
    for task, (worst, best) in (bounds or {}).items():
        if not worst < best:
            raise UsageError(
                f"bounds of {task!r} are {worst} and {best}", hint="give the worst value first, then the best"
            )
        if task in scaled:
            scaled[task] = (scaled[task] - worst) / (best - worst)
    return sum(scaled[task] * share for task, share in shares.items()) / total
