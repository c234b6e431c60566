"""Sentences to vectors, as DATE wants them.

* ``tinybert`` — sentence-transformers/paraphrase-TinyBERT-L6-v2, the published choice of MECAT.
* ``sentence-transformers:ID[@REVISION]`` — any sentence model with a word embedding table, by hub id or folder.
* ``lexical`` — built in, no model and no weights of tokens; its numbers mix with no others.

The first two need ``pip install 'soundscape[embed]'``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import EnvironmentFault, UsageError, nearest
from soundscape.scoring.describing.date import Metric, Vectors
from soundscape.scoring.describing.weights import soft_tf_idf
from soundscape.scoring.embedders import (
    MODEL_PREFIX,
    Embedder,
    canonical_caption,
    load_sentence_model,
    revision_of,
)
from soundscape.scoring.lexical import LexicalEmbedder

TINYBERT_ID = "sentence-transformers/paraphrase-TinyBERT-L6-v2"
ENCODER_NAMES = ("tinybert", "lexical", f"{MODEL_PREFIX}ID")
_BATCH = 64


class Encoder(Protocol):
    """Turns a corpus into unit vectors. ``weighting`` says how tokens are weighted, for signatures."""

    @property
    def name(self) -> str:
        """What the user asked for, without local paths."""

    @property
    def revision(self) -> str:
        """The version of the model."""

    @property
    def weighting(self) -> str:
        """``soft-tf-idf``, or ``none`` where the embedder knows no tokens."""

    def encode(self, texts: Sequence[str], metric: Metric) -> Vectors:
        """Return unit vectors of a whole corpus, ``(len(texts), dimensions)`` float64, as the metric wants them."""


def open_encoder(spec: str) -> Encoder:
    """Return an encoder by name.

    Raises:
        UsageError: there is none of that name.
        EnvironmentFault: the extra or the model is missing.
    """
    if spec == "lexical":
        return PlainEncoder(LexicalEmbedder())
    if spec == "tinybert":
        return TokenEncoder(TINYBERT_ID, label=spec)
    if spec.startswith(MODEL_PREFIX) and len(spec) > len(MODEL_PREFIX):
        model, _, revision = spec.removeprefix(MODEL_PREFIX).partition("@")
        return TokenEncoder(model, revision=revision or None)
    raise UsageError(
        f"there is no embedder {spec!r} for descriptions{nearest(spec, ENCODER_NAMES)}",
        hint=f"known: {', '.join(ENCODER_NAMES)}",
    )


class PlainEncoder:
    """An embedder of whole captions: every metric gets the same vectors."""

    weighting = "none"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name = embedder.name
        self.revision = embedder.revision

    def encode(self, texts: Sequence[str], metric: Metric) -> Vectors:
        """Return unit vectors, whatever the metric."""
        return _units(np.asarray(self._embedder.embed([canonical_caption(t) for t in texts]), dtype=np.float64))


class TokenEncoder:
    """A sentence model whose tokens are weighted: at the input for ``date``, when pooled for ``date-paper``.

    * ``date``: token t enters as w_t·E[t] instead of E[t], the first special token with the greatest weight of the
      sentence and all others with the least (1 without content); then the whole model with its own pooling.
    * ``date-paper``: the model's outputs of the content tokens, summed with their weights; without content its pooling.
    * ``fense``: the model as it is.
    """

    weighting = "soft-tf-idf"

    def __init__(self, model: str, *, label: str | None = None, revision: str | None = None) -> None:
        """Load a model from a folder, from the hub's local cache, or from the hub.

        Raises:
            EnvironmentFault: sentence-transformers is not installed, the model cannot be loaded, or it has no
                transformer with word embeddings.
        """
        self._model = load_sentence_model(model, revision)
        self.name = label or MODEL_PREFIX + (Path(model).name if Path(model).is_dir() else model)
        self.revision = revision_of(self._model)
        inner = getattr(self._model[0], "auto_model", None)
        if inner is None or self._model.tokenizer is None:
            raise EnvironmentFault(
                f"the model {model!r} has no transformer whose words could be weighted",
                hint="choose another sentence model, or the embedder 'lexical'",
            )
        self._words: Any = inner.get_input_embeddings()
        self._special = frozenset(self._model.tokenizer.all_special_ids) - {self._model.tokenizer.unk_token_id}

    @property
    def table(self) -> NDArray[np.float32]:
        """The model's input word embeddings, one row a token id."""
        table: NDArray[np.float32] = self._words.weight.detach().cpu().numpy()
        return table

    def tokens(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of sentences as the model reads them, special tokens included, cut to its length."""
        if not texts:
            return []
        limit = self._model.max_seq_length
        read = self._model.tokenizer(
            [canonical_caption(t) for t in texts], truncation=limit is not None, max_length=limit
        )
        return [list(ids) for ids in read["input_ids"]]

    def encode(self, texts: Sequence[str], metric: Metric) -> Vectors:
        """Return unit vectors of a whole corpus, ``(len(texts), dimensions)`` float64; equal texts have equal ones."""
        tokens = self.tokens(texts)
        if metric == "fense":
            weights = [np.ones(len(ids)) for ids in tokens]
        else:
            contents = [[t for t in ids if t not in self._special] for ids in tokens]
            own = soft_tf_idf(contents, self.table)
            weights = [self._spread(ids, content) for ids, content in zip(tokens, own, strict=True)]
        # Each text is run once: in another batch its last digits would be others.
        first: dict[str, int] = {}
        places = [first.setdefault(text, i) for i, text in enumerate(texts)]
        distinct = list(first.values())
        made = self.run([tokens[i] for i in distinct], [weights[i] for i in distinct], pooled=metric == "date-paper")
        row = {place: n for n, place in enumerate(distinct)}
        return made[[row[place] for place in places]]

    def _spread(self, ids: Sequence[int], content: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a weight for each token: those of the content, the greatest for the first, the least for others."""
        if not len(content):
            return np.ones(len(ids))
        out = np.full(len(ids), content.min())
        inside = np.array([t not in self._special for t in ids])
        out[inside] = content
        if not inside[0]:
            out[0] = content.max()
        return out

    def run(
        self, tokens: Sequence[Sequence[int]], weights: Sequence[NDArray[np.float64]], *, pooled: bool = False
    ) -> Vectors:
        """Return the unit vectors of weighted sentences, ``(len(tokens), dimensions)`` float64.

        Args:
            tokens: ids of each sentence.
            weights: one for each token.
            pooled: weigh the model's outputs instead of its inputs.
        """
        order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
        dimensions = int(self._model.get_embedding_dimension() if hasattr(self._model, "get_embedding_dimension")
                         else self._model.get_sentence_embedding_dimension())  # fmt: skip
        out = np.zeros((len(tokens), dimensions))
        for places in _batches(order):
            out[places] = self._batch([tokens[i] for i in places], [weights[i] for i in places], pooled)
        return _units(out)

    def _batch(
        self, tokens: Sequence[Sequence[int]], weights: Sequence[NDArray[np.float64]], pooled: bool
    ) -> NDArray[np.floating]:
        import torch

        longest = max(len(ids) for ids in tokens)
        pad = self._model.tokenizer.pad_token_id or 0
        ids, mask, factor = (np.zeros((len(tokens), longest), dtype=d) for d in (np.int64, np.int64, np.float32))
        ids += pad
        for row, (own, weight) in enumerate(zip(tokens, weights, strict=True)):
            ids[row, : len(own)], mask[row, : len(own)], factor[row, : len(own)] = own, 1, weight
        device = self._words.weight.device
        with torch.inference_mode():
            there = torch.from_numpy(mask).to(device)
            scale = torch.from_numpy(factor).to(device)[..., None]
            words = self._words(torch.from_numpy(ids).to(device))
            features = {"inputs_embeds": words if pooled else words * scale, "attention_mask": there}
            made = self._model(features)
            if not pooled:
                vectors: NDArray[np.floating] = made["sentence_embedding"].float().cpu().numpy()
                return vectors
            content = torch.from_numpy(~np.isin(ids, list(self._special))).to(device)[..., None]
            summed = (made["token_embeddings"] * scale * content).sum(dim=1)
            empty = ~content.any(dim=1)
            result: NDArray[np.floating] = torch.where(empty, made["sentence_embedding"], summed).float().cpu().numpy()
            return result


def _batches(order: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(order), _BATCH):
        yield list(order[start : start + _BATCH])


def _units(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0.0, lengths, 1.0)
