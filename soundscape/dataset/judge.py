"""The verdict on a clip that was made again: identical, one step off, different and since when, or short of sources."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape import schema
from soundscape.dataset.lock import Lock
from soundscape.dataset.make import Maker
from soundscape.dataset.stages import Stage, first_difference
from soundscape.errors import BankError, RecipeError
from soundscape.records import ScenePlan
from soundscape.sources.audio import pcm_digest

Status: TypeAlias = Literal["identical", "one step off", "different", "source"]

_LOSSLESS = ("flac", "wav")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a clip came out: ``source`` says that recordings are missing or changed, and ``detail`` which.

    ``stage``: since when it differs, where that is known. ``samples``: how many differ, and ``steps``: by how many
    16-bit steps at most; None where the original's samples are not at hand.
    """

    clip_id: str
    status: Status
    stage: Stage | None = None
    samples: int | None = None
    steps: int | None = None
    detail: str = ""


class _Original:
    """What can be read of the original build, clip by clip, without reading the others."""

    def __init__(self, lock: Lock, folder: Path | None) -> None:
        self._lock, self._folder = lock, folder

    def plan(self, index: int) -> ScenePlan | None:
        """Return a clip's final plan: the line of its number."""
        if self._folder is None:
            return None
        with (self._folder / "plans" / f"{self._lock.split}.jsonl").open("rb") as file:
            line = next(itertools.islice(file, index, None), b"")
        plan = schema.decode(line, ScenePlan, f"{self._folder}, plan {index}") if line else None
        return plan if plan is not None and plan.scene_index == index else None

    def samples(self, clip: str) -> NDArray[np.int16] | str:
        """Return a clip's samples, or why they are not to be had."""
        if self._folder is None or self._lock.layout != "folder" or self._lock.audio not in _LOSSLESS:
            return "samples cannot be counted: the original's lossless files are not at hand"
        found = read_pcm(self._folder / "data" / self._lock.split / f"{clip}.{self._lock.audio}")
        if found is None:
            return "samples cannot be counted: the original's file is missing or damaged"
        samples, rate = found
        if pcm_digest(samples, rate) != self._lock.clips[clip]:
            return "the original's file does not hold what its lock says; see: soundscape verify"
        return samples


def read_pcm(path: Path) -> tuple[NDArray[np.int16], int] | None:
    """Return a clip's int16 samples and rate, or None where the file cannot be read."""
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="int16")
    except (OSError, soundfile.LibsndfileError):
        return None
    return samples, int(rate)


def number(clip: str) -> int:
    """Return the number of a clip in its split, from its name."""
    return int(clip.rpartition("-")[2])


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A clip that was made again: its digest, the checks of its stages, and its samples or the file that has them."""

    digest: str
    stages: str
    samples: NDArray[np.int16] | Path


class Judge:
    """Compares clips that were made again with what a lock says of them."""

    def __init__(self, lock: Lock, maker: Maker, folder: Path | None) -> None:
        self._lock, self._maker = lock, maker
        self._original = _Original(lock, folder)

    def failed(self, clip: str, error: BankError | RecipeError) -> Outcome:
        """Return the outcome of a clip that cannot be made."""
        faults = self._faults(clip)
        if isinstance(error, BankError) or faults:
            # The first fault stopped the making of the clip; there may be more of them.
            planned = faults or self._planned_faults(clip) or [error.message]
            return Outcome(clip_id=clip, status="source", stage="sources", detail="; ".join(planned))
        return Outcome(clip_id=clip, status="different", stage="plan", detail=error.message)

    def made(self, clip: str, made: Made) -> Outcome:
        """Return the outcome of a clip."""
        if made.digest == self._lock.clips[clip]:
            return Outcome(clip_id=clip, status="identical")
        if faults := self._faults(clip):
            return Outcome(clip_id=clip, status="source", stage="sources", detail="; ".join(faults))
        stage = first_difference(self._lock.stages[clip], made.stages) if clip in self._lock.stages else None
        there = self._original.samples(clip)
        if isinstance(there, str):
            return Outcome(clip_id=clip, status="different", stage=stage, detail=there)
        found = read_pcm(made.samples) if isinstance(made.samples, Path) else (made.samples, 0)
        here = None if found is None else found[0]
        if here is None or len(here) != len(there):
            lengths = "" if here is None else f"{len(here)} samples, expected {len(there)}"
            return Outcome(clip_id=clip, status="different", stage=stage, detail=lengths)
        apart = np.abs(here.astype(np.int32) - there)
        most = int(apart.max(initial=0))
        status: Status = "one step off" if most == 1 else "different"
        return Outcome(clip_id=clip, status=status, stage=stage, samples=int(np.count_nonzero(apart)), steps=most)

    def _faults(self, clip: str) -> list[str]:
        """Return what is wrong with the recordings that the original used."""
        plan = self._original.plan(number(clip))
        return [] if plan is None else self._maker.faults(plan)

    def _planned_faults(self, clip: str) -> list[str]:
        return self._maker.faults(self._maker.plan(number(clip)))
