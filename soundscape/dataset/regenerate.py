"""Making a split, or single clips of it, again from its lock, and telling clip by clip whether it came out the same.

Only the lock and the banks are needed. Where the folder of the original is there as well, clips that differ are compared
sample by sample, and recordings that are gone or changed are found by the original's plans. Room responses are made
anew, not read from those that an earlier build has kept, so that equality is proved from the beginning.

A clip costs what it costs, however many the lock has: nothing here looks at the others.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset import secret
from soundscape.dataset.build import build
from soundscape.dataset.encode import encode
from soundscape.dataset.lock import Lock
from soundscape.dataset.make import Maker, Order, Scene
from soundscape.dataset.outputs import Folder
from soundscape.dataset.stages import Stage, first_difference
from soundscape.dataset.store import WORK, Store
from soundscape.errors import BankError, BuildError, RecipeError, UsageError, nearest
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import clip_id
from soundscape.records import ScenePlan
from soundscape.rendering.mix import quantise_stem
from soundscape.sources.audio import pcm_digest
from soundscape.sources.bankset import open_banks
from soundscape.version import PROTOCOL_VERSION, __version__

Status: TypeAlias = Literal["identical", "one step off", "different", "source"]
Progress: TypeAlias = Callable[[int, int], None]

#: What a lock pins beside banks.
_RESPONSES = "room responses"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Regeneration:
    """What came of it. ``notes``: versions, machine facts and banks that are not those of the lock."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether every clip came out identical."""
        return all(outcome.status == "identical" for outcome in self.outcomes)

    @property
    def counts(self) -> dict[str, int]:
        """How many clips came out in which way."""
        return dict(Counter(outcome.status for outcome in self.outcomes))


def open_lock(path: Path) -> tuple[Lock, Path | None]:
    """Return a finished build's lock from its folder or file, and the folder of the build where it is there.

    Raises:
        BuildError: there is no lock, or the build is not finished.
    """
    lock = locks.read(path)
    if not lock.complete:
        raise BuildError(f"{path}: the lock of a build that is not finished", hint="run that build again to finish it")
    folder = path if path.is_dir() else path.parent
    return lock, folder if (folder / "plans" / f"{lock.split}.jsonl").is_file() else None


def maker_of(lock: Lock, *, banks: Sequence[str] = (), seed: str | None = None, anew: bool = True) -> Maker:
    """Return the maker of a lock's scenes.

    Args:
        lock: of a finished build.
        banks: names or folders; by default the names that the lock has.
        seed: the secret seed, where the lock commits to one; checked before anything else is done.
        anew: make room responses again, rather than read kept ones.

    Raises:
        UsageError: a secret seed is needed and not given, or a bank is not known here.
        BuildError: the seed is not the one that the lock commits to.
        RecipeError: this version cannot read the lock's recipe.
    """
    if lock.seed is None and seed is None:
        raise UsageError(
            "the lock commits to a secret seed, and none is given", hint=f"use --seed-file FILE or {secret.VARIABLE}"
        )
    if lock.seed is None and seed is not None:
        secret.verify(lock, seed)
    chosen = lock.seed if lock.seed is not None else seed
    assert chosen is not None
    given = tuple(banks) or tuple(bank.name for bank in lock.banks if bank.name != _RESPONSES)
    order = Order(recipe=lock.recipe, banks=given, seed=chosen, split=lock.split, splits=lock.splits, anew=anew)
    return Maker(order, open_banks(given))


def notes_on(lock: Lock, maker: Maker) -> tuple[str, ...]:
    """Return what is not as it was when the lock was made, one line each: protocol, recipe, banks, versions, machine."""
    out = []

    def compare(name: str, there: object, here: object) -> None:
        if there != here:
            out.append(f"{name}: {there or 'none'} in the lock, {here or 'none'} here")

    compare("protocol version", lock.protocol_version, PROTOCOL_VERSION)
    compare("soundscape", lock.soundscape_version, __version__)
    compare("recipe as this version reads it", lock.recipe_digest[:12], recipes.digest(maker.recipe)[:12])
    pinned = {bank.name: bank.digest for bank in lock.banks}
    for name in sorted(pinned.keys() | maker.digests.keys()):
        compare(f"bank {name!r}", pinned.get(name, "")[:12], maker.digests.get(name, "")[:12])
    for there, here in ((lock.versions, locks.versions()), (lock.machine, locks.machine())):
        for name in sorted(there.keys() | here.keys()):
            compare(name, there.get(name, ""), here.get(name, ""))
    return tuple(out)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A clip that was made again: its digest, the checks of its stages, and a way to its samples."""

    digest: str
    stages: str
    samples: Callable[[], NDArray[np.int16] | None]


class _Judge:
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

    def made(self, clip: str, made: _Made) -> Outcome:
        """Return the outcome of a clip."""
        if made.digest == self._lock.clips[clip]:
            return Outcome(clip_id=clip, status="identical")
        if faults := self._faults(clip):
            return Outcome(clip_id=clip, status="source", stage="sources", detail="; ".join(faults))
        stage = first_difference(self._lock.stages[clip], made.stages) if clip in self._lock.stages else None
        there = self._original.samples(clip)
        if isinstance(there, str):
            return Outcome(clip_id=clip, status="different", stage=stage, detail=there)
        here = made.samples()
        if here is None or len(here) != len(there):
            lengths = "" if here is None else f"{len(here)} samples, expected {len(there)}"
            return Outcome(clip_id=clip, status="different", stage=stage, detail=lengths)
        apart = np.abs(here.astype(np.int32) - there)
        most = int(apart.max(initial=0))
        status: Status = "one step off" if most == 1 else "different"
        return Outcome(clip_id=clip, status=status, stage=stage, samples=int(np.count_nonzero(apart)), steps=most)

    def _faults(self, clip: str) -> list[str]:
        """Return what is wrong with the recordings that the original used."""
        plan = self._original.plan(int(clip[-6:]))
        return [] if plan is None else self._maker.faults(plan)

    def _planned_faults(self, clip: str) -> list[str]:
        return self._maker.faults(self._maker.plan(int(clip[-6:])))


def regenerate(
    lock: Lock,
    maker: Maker,
    out: Path,
    *,
    original: Path | None = None,
    clips: Sequence[str] = (),
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Regeneration:
    """Make a whole split again, or only some clips, into a folder, and compare with the lock.

    Args:
        lock: of the finished original (:func:`open_lock`).
        maker: of its scenes (:func:`maker_of`).
        out: a folder that is new or empty; a regeneration of the whole split that was stopped goes on there.
        original: the original's folder, where it is there.
        clips: ids of the clips that are wanted; all by default. Files of those alone are then written.
        jobs: worker processes for a whole split.
        progress: told after every clip.

    Raises:
        UsageError: the lock has no such clip.
        BuildError: ``out`` holds something else, or a build that is finished.
        EnvironmentFault: something is missing on this machine.
    """
    for clip in clips:
        if clip not in lock.clips:
            raise UsageError(f"the lock has no clip {clip!r}{nearest(clip, lock.clips)}", hint="see its part 'clips'")
    _check_out(out, whole=not clips)
    judge = _Judge(lock, maker, original)
    if clips:
        outcomes = tuple(_some(lock, maker, judge, list(dict.fromkeys(clips)), out, progress))
    else:
        try:
            outcomes = tuple(_whole(lock, maker, judge, out, jobs, progress))
        except (BankError, RecipeError):
            # What a build cannot finish is still told clip by clip.
            names = [clip_id(maker.recipe.name, lock.split, index) for index in range(lock.clip_count)]
            outcomes = tuple(_some(lock, maker, judge, names, None, progress))
    return Regeneration(outcomes=outcomes, notes=notes_on(lock, maker))


def _check_out(out: Path, *, whole: bool) -> None:
    if (out / locks.NAME).exists():
        raise BuildError(
            f"{out} holds a finished build: nothing would be made, so nothing proved", hint="choose another --out"
        )
    if not whole and out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise BuildError(f"{out} is not an empty folder", hint="choose another --out; nothing there was touched")


def _whole(
    lock: Lock, maker: Maker, judge: _Judge, out: Path, jobs: int | None, progress: Progress | None
) -> Iterator[Outcome]:
    def told(done: int, total: int, seconds: float) -> None:
        if progress is not None:
            progress(done, total)

    build(
        maker, out, clips=lock.clip_count, jobs=jobs, audio=lock.audio, stems=lock.stems, layout=lock.layout,
        progress=told,
    )  # fmt: skip
    new = locks.read(out)
    for clip, digest in new.clips.items():
        path = out / "data" / lock.split / f"{clip}.{lock.audio}"
        made = _Made(digest=digest, stages=new.stages.get(clip, ""), samples=lambda p=path: _samples(p))  # type: ignore[misc]
        yield judge.made(clip, made)


def _samples(path: Path) -> NDArray[np.int16] | None:
    found = read_pcm(path)
    return None if found is None else found[0]


def _some(
    lock: Lock, maker: Maker, judge: _Judge, clips: Sequence[str], out: Path | None, progress: Progress | None
) -> Iterator[Outcome]:
    """Yield the outcomes of clips, each made alone in this process; their files go to ``out``, if that is given."""
    keys, plans = [], []
    for number, clip in enumerate(clips, 1):
        try:
            scene = maker.scene(int(clip[-6:]))
        except (BankError, RecipeError) as error:
            yield judge.failed(clip, error)
        else:
            pcm = scene.rendering.master.pcm
            yield judge.made(
                clip, _Made(digest=scene.key.pcm_sha256, stages=scene.stages, samples=lambda pcm=pcm: pcm)  # type: ignore[misc]
            )
            if out is not None:
                _write(scene, lock, out)
                keys.append(schema.encode(scene.key) + b"\n")
                plans.append(schema.encode(scene.plan) + b"\n")
        if progress is not None:
            progress(number, len(clips))
    if out is not None and keys:
        folder = Folder(out)
        folder.write(f"answer_key/{lock.split}.jsonl", b"".join(keys))
        folder.write(f"plans/{lock.split}.jsonl", b"".join(plans))


def _write(scene: Scene, lock: Lock, out: Path) -> None:
    """Write a clip's audio and stems where a build of the layout ``folder`` has them."""
    store = Store(out, lock.split)
    clip, rate, finished = scene.plan.clip_id, scene.plan.sample_rate, scene.rendering.master
    store.write(store.audio(clip, lock.audio), encode(finished.pcm, rate, lock.audio))
    for stem in scene.rendering.stems if lock.stems else ():
        data = encode(quantise_stem(stem, finished.gain, len(finished.pcm)), rate, "flac", "PCM_24")
        store.write(store.stem(clip, stem.event_id), data)
