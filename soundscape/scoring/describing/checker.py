"""FENSE's detector of broken sentences: cut short, repeated, without a verb (Zhou et al. 2022).

A BERT encoder with one linear layer on the output of its first token; the last of its classes is "any error". A
sentence is broken where that probability is over 0.9. Sentences are read up to 64 tokens. As the public code has it,
with one exception: there, up to 32 sentences at once are compared in all classes, not in the last, which fails or means
another thing.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import EnvironmentFault, UsageError
from soundscape.scoring.describing.date import PENALTY
from soundscape.scoring.embedders import canonical_caption
from soundscape.scoring.vector_store import default_folder

PUBLISHED = "fense"
CHECKER_NAMES = (PUBLISHED, "none", "FILE.ckpt")
THRESHOLD = 0.9
LONGEST = 64
_NAME = "echecker_clotho_audiocaps_base.ckpt"
_ADDRESS = f"https://github.com/blmoistawinde/fense/releases/download/V0.1/{_NAME}"
_DIGEST = "1a719f090af70614bbdb9f9437530b7e133c48cfa4a58d964de0d47fc974a2fa"
_BATCH = 64


class Checker(Protocol):
    """Finds broken sentences."""

    @property
    def name(self) -> str:
        """``fense``, ``none``, or what a file is called."""

    @property
    def revision(self) -> str:
        """A digest of the weights."""

    def errors(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability that a sentence is broken, ``(len(texts),)``."""


def penalties(checker: Checker, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return what each sentence's similarity is multiplied by: 0.1 where it is broken, else 1."""
    return np.where(checker.errors(texts) > THRESHOLD, PENALTY, 1.0)


class NoChecker:
    """Finds every sentence sound."""

    name, revision = "none", "1"

    def errors(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return zeros."""
        return np.zeros(len(texts))


def open_checker(spec: str) -> Checker:
    """Return a checker by name.

    Args:
        spec: ``fense`` (the published weights, downloaded once), ``none``, or a file of weights in the same form.

    Raises:
        UsageError: there is no such checker.
        EnvironmentFault: the extra or the weights are missing.
    """
    if spec == "none":
        return NoChecker()
    if spec == PUBLISHED:
        return ErrorChecker(_published(), label=PUBLISHED)
    if not Path(spec).is_file():
        raise UsageError(f"there is no checker {spec!r}", hint=f"known: {', '.join(CHECKER_NAMES)}")
    return ErrorChecker(Path(spec), label=Path(spec).stem)


def _published() -> Path:
    """Return the published weights, fetched on first use and proved by their digest."""
    path = default_folder().parent / "models" / _NAME
    if path.is_file():
        return path
    torch = _torch()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.hub.download_url_to_file(_ADDRESS, os.fspath(path), hash_prefix=_DIGEST, progress=False)
    except (OSError, RuntimeError) as error:
        raise EnvironmentFault(
            f"the weights of FENSE's checker cannot be fetched: {error}",
            hint=f"download {_ADDRESS} and name the file with --checker, or go without: --checker none",
        ) from None
    return path


class ErrorChecker:
    """The checker of a file of weights: ``model_type``, ``num_classes`` and ``state_dict``, as FENSE publishes them."""

    def __init__(self, path: Path, *, label: str) -> None:
        """Load the weights.

        Raises:
            EnvironmentFault: torch or transformers is not installed, the file is none, or its encoder cannot be loaded.
        """
        torch = _torch()
        self.name = label
        self.revision = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()[:16]}"
        try:
            stored = torch.load(path, map_location="cpu", weights_only=True)
            self._encoder, self._head, self._tokenizer = _assemble(torch, stored)
        except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
            raise _unusable(path, error) from None
        except Exception as error:
            # What pickle finds wrong with a file that is none has a class of its own.
            if type(error).__module__.split(".")[0] not in ("pickle", "_pickle"):
                raise
            raise _unusable(path, error) from None

    def errors(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability that a sentence is broken, ``(len(texts),)``."""
        torch = _torch()
        out = np.zeros(len(texts))
        for start in range(0, len(texts), _BATCH):
            part = [canonical_caption(t) for t in texts[start : start + _BATCH]]
            read = self._tokenizer(part, truncation=True, padding=True, max_length=LONGEST, return_tensors="pt")
            with torch.inference_mode():
                first = self._encoder(**read).last_hidden_state[:, 0, :]
                out[start : start + len(part)] = torch.sigmoid(self._head(first))[:, -1].double().numpy()
        return out


def _assemble(torch: Any, stored: Any) -> tuple[Any, Any, Any]:
    """Return encoder, head and tokenizer with the stored weights."""
    from transformers import AutoConfig, AutoModel, AutoTokenizer

    kind, state = stored["model_type"], stored["state_dict"]
    encoder = AutoModel.from_config(AutoConfig.from_pretrained(kind))
    head = torch.nn.Linear(encoder.config.hidden_size, stored["num_classes"])
    # Older versions of transformers stored positions among the weights.
    own = {k.removeprefix("encoder."): v for k, v in state.items() if k.startswith("encoder.")}
    own.pop("embeddings.position_ids", None)
    encoder.load_state_dict(own)
    head.load_state_dict({k.removeprefix("clf."): v for k, v in state.items() if k.startswith("clf.")})
    return encoder.eval(), head.eval(), AutoTokenizer.from_pretrained(kind)


def _unusable(path: Path, error: Exception) -> EnvironmentFault:
    reason = next(iter(str(error).splitlines()), type(error).__name__)[:200]
    return EnvironmentFault(
        f"{path}: not the weights of a checker that can be used: {reason}",
        hint="give FENSE's echecker_clotho_audiocaps_base.ckpt or go without: --checker none",
    )


def _torch() -> Any:
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise EnvironmentFault(
            f"FENSE's checker needs torch and transformers, which are not installed ({error})",
            hint="pip install 'soundscape[embed]', or go without: --checker none",
        ) from None
    return torch
