"""Captions as vectors: which embedder, and each caption embedded once.

Goal: the cosine between two captions, by an embedder that the caller chose by name and that the result names.

* ``lexical`` — built in, no model (:mod:`soundscape.scoring.lexical`).
* ``embeddinggemma`` — google/embeddinggemma-300m with its prompt for sentence similarity; the published choice.
* ``sentence-transformers:ID`` — any sentence-transformers model by hub id or folder; ``ID@REVISION`` pins a revision.

The last two need ``pip install 'soundscape[embed]'``. Equal captions have cosine exactly 1, whatever the embedder.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import EnvironmentFault, UsageError, nearest
from soundscape.scoring.lexical import LexicalEmbedder
from soundscape.scoring.vector_store import VectorStore, default_folder

GEMMA_ID = "google/embeddinggemma-300m"
GEMMA_PROMPT = "task: sentence similarity | query: "
MODEL_PREFIX = "sentence-transformers:"
EMBEDDER_NAMES = ("lexical", "embeddinggemma", f"{MODEL_PREFIX}ID")

#: Captions are read up to this many characters: sentence models read less, and no answer may take unbounded time.
LONGEST_CAPTION = 2_000
_MEMORY_LIMIT = 32_768


class Embedder(Protocol):
    """Turns captions into unit vectors. ``name`` and ``revision`` together determine every vector."""

    @property
    def name(self) -> str:
        """What the user asked for, without local paths."""

    @property
    def revision(self) -> str:
        """The version of the model: a commit, or a digest of its weights."""

    @property
    def keep_on_disk(self) -> bool:
        """Whether fetching a vector from disk is cheaper than computing it."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, ``(len(texts), dimensions)`` float32."""


def canonical_caption(text: str | None) -> str:
    """Return a caption as it is embedded: single spaces, no lone surrogates, at most 2,000 characters."""
    cut = (text or "")[: 2 * LONGEST_CAPTION].encode("utf-8", "replace").decode()
    return " ".join(cut.split())[:LONGEST_CAPTION]


def open_embedder(spec: str, *, cache: Path | bool | None = True) -> Embedder:
    """Return an embedder by name.

    Args:
        spec: one of :data:`EMBEDDER_NAMES`.
        cache: where vectors of model embedders are kept on disk: True for the user's cache folder, None or False for
            nowhere.

    Raises:
        UsageError: there is no embedder of that name.
        EnvironmentFault: the extra or the model is missing.
    """
    if spec == "lexical":
        return LexicalEmbedder()
    embedder: Embedder
    if spec == "embeddinggemma":
        embedder = SentenceModel(GEMMA_ID, label=spec, prompt=GEMMA_PROMPT)
    elif spec.startswith(MODEL_PREFIX) and len(spec) > len(MODEL_PREFIX):
        model, _, revision = spec.removeprefix(MODEL_PREFIX).partition("@")
        embedder = SentenceModel(model, revision=revision or None)
    else:
        raise UsageError(
            f"there is no embedder {spec!r}{nearest(spec, EMBEDDER_NAMES)}", hint=f"known: {', '.join(EMBEDDER_NAMES)}"
        )
    if cache is None or cache is False:
        return embedder
    return StoredEmbedder(embedder, default_folder() if cache is True else cache)


class SentenceModel:
    """A sentence-transformers model. Copies in other processes load it again."""

    keep_on_disk = True

    def __init__(self, model: str, *, label: str | None = None, prompt: str = "", revision: str | None = None) -> None:
        """Load a model from a folder, from the hub's local cache, or from the hub.

        Raises:
            EnvironmentFault: sentence-transformers is not installed, or the model cannot be loaded.
        """
        self._arguments = (model, label, prompt, revision)
        self._prompt = prompt
        self.name = label or MODEL_PREFIX + (Path(model).name if os.path.isdir(model) else model)
        self._model = load_sentence_model(model, revision)
        self.revision = revision_of(self._model)

    def __reduce__(self) -> tuple[object, tuple[str, str | None, str, str | None]]:
        return _reopen, self._arguments

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, ``(len(texts), dimensions)`` float32."""
        vectors = self._model.encode(
            list(texts), prompt=self._prompt, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def _reopen(model: str, label: str | None, prompt: str, revision: str | None) -> SentenceModel:
    return SentenceModel(model, label=label, prompt=prompt, revision=revision)


def load_sentence_model(model: str, revision: str | None) -> Any:
    """Return a sentence-transformers model from a folder, from the hub's local cache, or from the hub.

    Raises:
        EnvironmentFault: sentence-transformers is not installed, or the model cannot be loaded.
    """
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EnvironmentFault(
            f"the embedder {model!r} needs sentence-transformers, which is not installed ({error})",
            hint="pip install 'soundscape[embed]', or choose the embedder 'lexical', which needs no model",
        ) from None
    from transformers.utils import logging

    # Its bars go to stderr whether anybody looks or not.
    logging.disable_progress_bar()
    try:
        return SentenceTransformer(model, revision=revision)
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
        raise EnvironmentFault(
            f"the model {model!r} cannot be loaded: {reason}",
            hint="check the name and the network; a gated model needs its licence accepted and 'hf auth login'; "
            "the embedder 'lexical' needs no model",
        ) from None


def revision_of(model: Any) -> str:
    """Return the hub's commit where the model has one, else a digest of its weights."""
    config = getattr(getattr(model[0], "auto_model", None), "config", None)
    commit = getattr(config, "_commit_hash", None)
    if isinstance(commit, str) and commit:
        return commit
    state = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        state.update(name.encode() + tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return f"sha256:{state.hexdigest()[:16]}"


class StoredEmbedder:
    """An embedder whose vectors are kept on disk, so that each caption is embedded once for good."""

    keep_on_disk = True

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder = embedder
        self.name = embedder.name
        self.revision = embedder.revision
        self._store = VectorStore(folder, f"{embedder.name}\n{embedder.revision}")

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return unit vectors, ``(len(texts), dimensions)`` float32, computing only those not yet stored."""
        known = self._store.get(texts)
        missing = [t for t in dict.fromkeys(texts) if t not in known]
        if missing:
            fresh = dict(zip(missing, self._embedder.embed(missing), strict=True))
            self._store.put(fresh)
            known |= fresh
        return np.stack([known[t] for t in texts]) if texts else self._embedder.embed(texts)


class Captions:
    """Cosines between captions, each embedded once and kept in memory (the latest 32,768 or so); thread-safe.

    Captions are given in canonical form (:func:`canonical_caption`). Copies in other processes start empty.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self._vectors: dict[str, NDArray[np.float64]] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[type[Captions], tuple[Embedder]]:
        return Captions, (self.embedder,)

    def warm(self, captions: Iterable[str]) -> None:
        """Embed what is not yet known, in one batch; empty captions have no vector."""
        self._fetch([c for c in dict.fromkeys(captions) if c and c not in self._vectors])

    def vector(self, caption: str) -> NDArray[np.float64]:
        """Return a caption's vector in float64, of length 1."""
        found = self._vectors.get(caption)
        return self._fetch([caption])[0] if found is None else found

    def cosine(self, left: str, right: str) -> float:
        """Return the cosine of two captions, clipped to [0, 1]; exactly 1 for equal ones, 0 for an empty one."""
        if not left or not right:
            return 0.0
        if left == right:
            return 1.0
        value = float(self.vector(left) @ self.vector(right))
        return min(1.0, value) if value > 0.0 else 0.0

    def _fetch(self, captions: list[str]) -> list[NDArray[np.float64]]:
        if not captions:
            return []
        raw = self.embedder.embed(captions).astype(np.float64)
        lengths = np.linalg.norm(raw, axis=1, keepdims=True)
        rows = list(raw / np.where(lengths > 0.0, lengths, 1.0))
        with self._lock:
            if len(self._vectors) + len(captions) > _MEMORY_LIMIT:
                self._vectors.clear()
            self._vectors.update(zip(captions, rows, strict=True))
        return rows
