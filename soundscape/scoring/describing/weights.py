"""How much each token of a sentence counts: soft TF-IDF over the input embeddings of a model.

With cos_uv the cosine of the input word embeddings of two tokens (no position, no context) and the content of a
sentence its tokens but the special ones:

* tf_s(u) = Σ over t in the content of s of cos_ut²: itself included, repeats counted;
* df(u) = Σ over sentences of min(1, tf_s(u)), idf(u) = ln((n + 1)/(df(u) + 1)) + 1, n the number of sentences;
* the weight of t in s is idf(t)·tf_s(t), divided by the sentence's mean.

As the public code of MECAT has it. A corpus is weighted as a whole: references and candidates each by their own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_BLOCK = 1 << 22


def soft_tf_idf(contents: Sequence[Sequence[int]], table: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    """Return the weight of each token, by sentence, with a mean of 1; an empty sentence has none.

    Args:
        contents: the token ids of each sentence, without special tokens.
        table: the model's input word embeddings, one row a token id, ``(vocabulary, dimensions)``.
    """
    from scipy import sparse

    lengths = [len(content) for content in contents]
    flat = np.array([token for content in contents for token in content], dtype=np.int64)
    if not len(flat):
        return [np.ones(0) for _ in contents]
    tokens, places = np.unique(flat, return_inverse=True)
    rows = np.repeat(np.arange(len(contents)), lengths)
    # Sentences by tokens: how often each occurs.
    counts = sparse.csr_array((np.ones(len(flat)), (rows, places)), shape=(len(contents), len(tokens)))
    counts.sum_duplicates()
    units = _units(table[tokens])
    weights = np.empty(len(flat))
    size = max(1, _BLOCK // max(len(contents), len(tokens)))
    for start in range(0, len(tokens), size):
        block = slice(start, min(start + size, len(tokens)))
        squares = (units @ units[block].T) ** 2
        tf: NDArray[np.float64] = np.asarray(counts @ squares)
        idf = np.log((len(contents) + 1.0) / (np.minimum(1.0, tf).sum(axis=0) + 1.0)) + 1.0
        inside = (places >= block.start) & (places < block.stop)
        columns = places[inside] - start
        weights[inside] = idf[columns] * tf[rows[inside], columns]
    return [_scaled(part) for part in np.split(weights, np.cumsum(lengths)[:-1])]


def _units(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return wide / np.where(lengths > 0.0, lengths, 1.0)


def _scaled(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights with a mean of 1; those of tokens whose embeddings are nothing stay as they are, all 1."""
    mean = weights.mean() if len(weights) else 0.0
    return weights / mean if mean > 0.0 else np.ones(len(weights))
