"""DATE: is a description close to its own reference, and closer to it than to those of other clips?

Conventions
* Vectors are rows of length 1. A clip has one candidate and one or more references; cosines with its references are
  averaged. M[i, j] is the similarity of candidate i with the references of clip j, lowered where the candidate is a
  broken sentence (FENSE's penalty). Differences up to 1e-9 are ties.
* s = M[i, i] is how close the candidate is, d = 1 − r/N how well it tells its clip from the N of the set; the score is
  their harmonic mean, 0 where s + d ≤ 0. Even a perfect candidate has d = 1 − 1/N.
* A clip without a candidate has s = d = score = 0, and its references still compete. (MECAT drops such clips.)

Metrics
* ``date``: as the public code of MECAT has it. r counts the clips j whose references are about as close to candidate i
  as its own: M[i, j] ≥ s − δ/2, its own included.
* ``date-paper``: as its text has it. r counts the candidates j that are as close to the references of clip i as its
  own: M[j, i] ≥ s. Neither a band for ties nor a penalty.
* ``fense``: s alone (Zhou et al. 2022).

Method: Niu et al. 2025, "MECAT", arXiv 2507.23511. What sentences become vectors by is not decided here
(:mod:`soundscape.scoring.describing.encoders`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import UsageError

Metric: TypeAlias = Literal["date", "date-paper", "fense"]
Vectors: TypeAlias = NDArray[np.float64]

METRICS: tuple[Metric, ...] = get_args(Metric)
#: δ by what is described, as measured in the public code; questions have that of ``long``.
DELTAS = {
    "long": 0.1703, "short": 0.1772, "speech": 0.2078, "music": 0.1566, "sound": 0.1988, "environment": 0.2150,
    "qa": 0.1703,
}  # fmt: skip
#: What a broken sentence's similarity is multiplied by.
PENALTY = 0.1
#: Similarities closer than this are equal: products of matrices round differently by size and processor.
_EQUAL = 1e-9
_BLOCK = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class DateScores:
    """Similarity, discriminability and score of each clip, ``(N,)`` float64, in the order given."""

    similarity: Vectors
    discriminability: Vectors
    score: Vectors

    @property
    def mean(self) -> float:
        """The mean score; 0 of no clips."""
        return float(self.score.mean()) if len(self.score) else 0.0


def validate(
    candidates: Vectors, references: Vectors, penalties: Vectors | None, present: NDArray[np.bool_] | None
) -> None:
    """Check what :func:`evaluate` is given.

    Raises:
        UsageError: shapes do not go together.
    """
    if candidates.ndim != 2 or candidates.shape != references.shape:
        raise UsageError(
            f"candidates have the shape {candidates.shape} and references {references.shape}",
            hint="give one row a clip in both",
        )
    for name, values in (("penalties", penalties), ("present", present)):
        if values is not None and values.shape != (len(candidates),):
            raise UsageError(f"{name} have the shape {values.shape}, expected ({len(candidates)},)")


def mean_references(vectors: Vectors, counts: Sequence[int]) -> Vectors:
    """Return the mean vector of each clip's references; its product with a candidate is the mean of the cosines.

    Args:
        vectors: those of all references, clip after clip.
        counts: how many each clip has, at least one.

    Raises:
        UsageError: the counts do not add up, or a clip has none.
    """
    if sum(counts) != len(vectors) or min(counts, default=1) < 1:
        raise UsageError(f"{len(vectors)} reference vectors for counts that add up to {sum(counts)}, each at least 1")
    if not counts:
        return vectors
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    sums: Vectors = np.add.reduceat(vectors, starts, axis=0)
    return sums / np.asarray(counts, dtype=np.float64)[:, None]


def evaluate(
    candidates: Vectors,
    references: Vectors,
    *,
    metric: Metric = "date",
    delta: float = DELTAS["long"],
    penalties: Vectors | None = None,
    present: NDArray[np.bool_] | None = None,
) -> DateScores:
    """Return the scores of one set of clips.

    Args:
        candidates: one row a clip, ``(N, dimensions)``.
        references: the mean of each clip's reference vectors, ``(N, dimensions)``.
        metric: one of :data:`METRICS`.
        delta: width of the band of ties, of ``date`` alone.
        penalties: what each candidate's similarities are multiplied by; 1 by default, not used by ``date-paper``.
        present: which clips have a candidate; all by default.

    Raises:
        UsageError: there is no such metric, or shapes do not go together.
    """
    if metric not in METRICS:
        raise UsageError(f"there is no metric {metric!r}", hint=f"known: {', '.join(METRICS)}")
    validate(candidates, references, penalties, present)
    there = np.ones(len(candidates), dtype=bool) if present is None else present
    # Where no candidate is, no vector is: nothing ranks before anything by it.
    rows = np.where(there[:, None], candidates, 0.0)
    if penalties is not None and metric != "date-paper":
        rows = rows * penalties[:, None]
    similarity: Vectors = np.einsum("ij,ij->i", rows, references)
    if metric == "fense":
        score = np.where(there, similarity, 0.0)
        return DateScores(similarity=score, discriminability=np.zeros_like(score), score=score)
    if metric == "date":
        ranks = _at_least(rows, references, similarity - delta / 2.0, similarity, None)
    else:
        ranks = _at_least(references, rows, similarity, similarity, there)
    discriminability = 1.0 - ranks / max(len(rows), 1)
    score = harmonic(similarity, discriminability)
    return DateScores(
        similarity=np.where(there, similarity, 0.0),
        discriminability=np.where(there, discriminability, 0.0),
        score=np.where(there, score, 0.0),
    )


def harmonic(similarity: Vectors, discriminability: Vectors) -> Vectors:
    """Return 2sd/(s + d), and 0 where s + d ≤ 0."""
    total = similarity + discriminability
    out = np.zeros_like(total)
    np.divide(2.0 * similarity * discriminability, total, out=out, where=total > 0.0)
    return out


def _at_least(
    rows: Vectors, columns: Vectors, floors: Vectors, diagonal: Vectors, counted: NDArray[np.bool_] | None
) -> Vectors:
    """Return for each row how many of the columns have a product of at least its floor, a block of rows at a time.

    ``diagonal`` are the products of row i with column i: products of matrices may round another way, and its own must
    count for sure. ``counted``: the columns that count; all by default.
    """
    out = np.zeros(len(rows))
    size = max(1, _BLOCK // max(len(rows), 1))
    for start in range(0, len(rows), size):
        stop = min(start + size, len(rows))
        products = rows[start:stop] @ columns.T
        own = np.arange(start, stop)
        products[own - start, own] = diagonal[own]
        found = products >= floors[start:stop, None] - _EQUAL
        out[start:stop] = (found if counted is None else found & counted).sum(axis=1)
    return out
