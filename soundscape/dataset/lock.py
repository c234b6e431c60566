"""The lock: all that is needed, beside the banks, to make a split again and to prove that it is the same.

It names the resolved recipe, the banks by digest, the seed or a commitment to it, the versions and machine facts that
can change bits, and the PCM digest of every clip.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from soundscape import schema
from soundscape.errors import BuildError, DataError
from soundscape.version import PROTOCOL_VERSION, __version__

NAME = "soundscape.lock.json"

#: The name under which a lock pins measured room responses, beside the banks.
RESPONSES = "room responses"

#: The packages whose version can change a plan or a sample.
_DEPENDENCIES = ("numpy", "scipy", "soundfile", "soxr", "polars", "msgspec")


@dataclass(frozen=True, slots=True, kw_only=True)
class BankPin:
    """A bank as it was used: its name and the digest of all it holds."""

    name: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """``soundscape.lock.json``. ``complete`` is False while the build is still going on: ``clips`` is then empty.

    ``splits``: the family of splits whose sources are kept apart, with shares that sum to 1; None where the build draws
    from everything. ``stages``: what came before each clip's samples (:class:`soundscape.dataset.make.Scene`), by which
    a clip that comes out different tells since when it does.
    """

    schema_version: str
    protocol_version: int
    soundscape_version: str
    recipe: dict[str, Any]
    recipe_digest: str
    banks: tuple[BankPin, ...]
    seed: int | None
    seed_commitment: str | None
    split: str
    clip_count: int
    audio: str
    layout: str
    stems: bool
    versions: dict[str, str]
    machine: dict[str, str]
    complete: bool = False
    clips: dict[str, str] = field(default_factory=dict)
    splits: dict[str, float] | None = None
    stages: dict[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> dict[str, Any]:
        """What decides every byte of the build; two builds are the same when theirs are equal."""
        own = schema.to_builtins(self)
        for name in ("versions", "machine", "complete", "clips", "stages", "soundscape_version"):
            del own[name]
        return dict(own)


def versions() -> dict[str, str]:
    """Return the versions that can change a plan or a sample."""
    import soundfile

    found = {name: importlib.metadata.version(name) for name in _DEPENDENCIES}
    return {"python": platform.python_version(), "libsndfile": soundfile.__libsndfile_version__, **found}


def machine() -> dict[str, str]:
    """Return the facts of this machine that can change bits: architecture, system, and NumPy's vector width."""
    import numpy as np

    simd: Any = np.show_config(mode="dicts")
    found = simd.get("SIMD Extensions", {}).get("found", []) if isinstance(simd, dict) else []
    return {
        "architecture": platform.machine(),
        "system": platform.system(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "simd": ",".join(found),
    }


def pins(digests: Mapping[str, str]) -> tuple[BankPin, ...]:
    """Return digests by name as the lock has them, sorted."""
    return tuple(BankPin(name=name, digest=digest) for name, digest in sorted(digests.items()))


def commitment(
    seed: str,
    recipe_digest: str,
    banks: tuple[BankPin, ...],
    split: str,
    splits: dict[str, float] | None,
    protocol_version: int = PROTOCOL_VERSION,
) -> str:
    """Return the SHA-256, in hex, that ties a secret seed to all else that decides the clips.

    It is taken of the canonical JSON (:func:`soundscape.schema.encode`) of an object with the keys ``banks`` (name →
    digest), ``protocol_version``, ``recipe_digest``, ``seed``, ``split`` and ``splits``. Were split or protocol left
    out, other clips could be had from the same commitment by another choice of them.
    """
    return schema.digest(
        {
            "banks": {bank.name: bank.digest for bank in banks},
            "protocol_version": protocol_version,
            "recipe_digest": recipe_digest,
            "seed": seed,
            "split": split,
            "splits": splits,
        }
    )


def new(
    *, recipe: dict[str, Any], recipe_digest: str, banks: tuple[BankPin, ...], seed: int | None,
    seed_commitment: str | None, split: str, clip_count: int, audio: str, layout: str, stems: bool,
    splits: dict[str, float] | None = None,
) -> Lock:  # fmt: skip
    """Return the lock of a build that begins."""
    return Lock(
        schema_version=schema.SCHEMA_VERSION,
        protocol_version=PROTOCOL_VERSION,
        soundscape_version=__version__,
        recipe=recipe,
        recipe_digest=recipe_digest,
        banks=banks,
        seed=seed,
        seed_commitment=seed_commitment,
        split=split,
        clip_count=clip_count,
        audio=audio,
        layout=layout,
        stems=stems,
        splits=splits,
        versions=versions(),
        machine=machine(),
    )


def read(path: Path) -> Lock:
    """Return the lock in a file or in a build's folder.

    Raises:
        BuildError: there is none, or it is not one.
    """
    file = path / NAME if path.is_dir() else path
    if not file.is_file():
        raise BuildError(f"{file}: no such file", hint="name a folder that soundscape build has made, or its lock")
    try:
        return schema.decode(file.read_bytes(), Lock, os.fspath(file))
    except DataError as error:
        raise BuildError(error.message, hint=error.hint) from None


def difference(a: Lock, b: Lock) -> str:
    """Return what the first differing part of two builds' identities is, or an empty string."""
    left, right = a.identity, b.identity
    for name in sorted(left):
        if left[name] != right[name]:
            one, other = (str(x) if len(str(x)) < 40 else f"{str(x)[:36]}…" for x in (left[name], right[name]))
            return f"{name} ({one} there, {other} asked)"
    return ""
