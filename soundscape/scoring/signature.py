"""What a number depends on beside the answer: two scores are comparable exactly when their signatures are equal.

After sacrebleu, which attaches version and settings to each score. The text form reads
``soundscape:0.1.0|profile:laion|embedder:lexical|revision:1|…|prompt:none|keys:9f86d081884c7d65``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata

from soundscape import schema
from soundscape.records import AnswerKey
from soundscape.scoring.embedders import Embedder
from soundscape.scoring.options import Options, profile_of
from soundscape.version import __version__

_ENGLISH = "whisper-normalizer"


@dataclass(frozen=True, slots=True)
class Signature:
    """The fields of a signature by name, in order."""

    fields: tuple[tuple[str, str], ...]

    @classmethod
    def from_dict(cls, fields: Mapping[str, str]) -> Signature:
        """Return the signature that a score file states."""
        return cls(tuple((str(k), str(v)) for k, v in fields.items()))

    def as_dict(self) -> dict[str, str]:
        """Return the fields as a mapping."""
        return dict(self.fields)

    def differences(self, other: Signature) -> dict[str, tuple[str | None, str | None]]:
        """Return the fields that differ, with both values; None stands for a missing field."""
        left, right = self.as_dict(), other.as_dict()
        names = dict.fromkeys((*left, *right))
        return {n: (left.get(n), right.get(n)) for n in names if left.get(n) != right.get(n)}

    def __str__(self) -> str:
        return "|".join(f"{name}:{value}" for name, value in self.fields)


def sign(options: Options, embedder: Embedder, *, keys: str = "none", prompt_digest: str | None = None) -> Signature:
    """Return the signature of a score.

    Args:
        options: how it was marked.
        embedder: what compared the captions.
        keys: :func:`digest_keys` of the answer keys.
        prompt_digest: digest of the question that was put to the system; None where it is not known.
    """
    return Signature(
        (
            ("soundscape", __version__),
            ("profile", profile_of(options)),
            ("embedder", embedder.name),
            ("revision", embedder.revision),
            *options.as_dict().items(),
            (_ENGLISH, metadata.version(_ENGLISH)),
            ("prompt", (prompt_digest or "none")[:16]),
            ("keys", keys[:16]),
        )
    )


def digest_keys(keys: Iterable[AnswerKey]) -> str:
    """Return a digest of the answer keys, whatever their order, in hex."""
    return hashlib.sha256("\n".join(sorted(schema.digest(key) for key in keys)).encode()).hexdigest()
