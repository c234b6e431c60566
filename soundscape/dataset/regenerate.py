"""Making a split, or single clips of it, again from its lock, and telling clip by clip whether it came out the same.

Only the lock and the banks are needed. Where the folder of the original is there as well, clips that differ are
compared sample by sample, and recordings that are gone or changed are found by the original's plans. Room responses
are made anew, not read from those that an earlier build has kept, so that equality is proved from the beginning.

One clip of a thousand costs one clip: the others are neither planned nor made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset import secret
from soundscape.dataset.build import Result, build
from soundscape.dataset.judge import Judge, Made, Outcome, number
from soundscape.dataset.lock import Lock
from soundscape.dataset.make import Maker, Order
from soundscape.dataset.outputs import Folder
from soundscape.dataset.store import Store
from soundscape.dataset.work import put
from soundscape.errors import BankError, BuildError, RecipeError, UsageError, nearest
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import clip_id
from soundscape.sources.bankset import open_banks
from soundscape.version import PROTOCOL_VERSION, __version__

Progress: TypeAlias = Callable[[int, int], None]


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
    if lock.seed is not None:
        return _maker(lock, banks, lock.seed, anew)
    if seed is None:
        raise UsageError(
            "the lock commits to a secret seed, and none is given", hint=f"use --seed-file FILE or {secret.VARIABLE}"
        )
    secret.verify(lock, seed)
    return _maker(lock, banks, seed, anew)


def _maker(lock: Lock, banks: Sequence[str], seed: int | str, anew: bool) -> Maker:
    given = tuple(banks) or tuple(bank.name for bank in lock.banks if bank.name != locks.RESPONSES)
    order = Order(recipe=lock.recipe, banks=given, seed=seed, split=lock.split, splits=lock.splits, anew=anew)
    return Maker(order, open_banks(given))


def notes_on(lock: Lock, maker: Maker) -> tuple[str, ...]:
    """Return what is not as the lock has it, one line each: protocol, recipe, banks, versions, machine."""
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
    judge = Judge(lock, maker, original)
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
    lock: Lock, maker: Maker, judge: Judge, out: Path, jobs: int | None, progress: Progress | None
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
        yield judge.made(clip, Made(digest=digest, stages=new.stages.get(clip, ""), samples=path))


def _some(
    lock: Lock, maker: Maker, judge: Judge, clips: Sequence[str], out: Path | None, progress: Progress | None
) -> Iterator[Outcome]:
    """Yield the outcomes of clips, each made alone in this process; their files go to ``out``, if that is given."""
    keys, plans = [], []
    for done, clip in enumerate(clips, 1):
        try:
            scene = maker.scene(number(clip))
        except (BankError, RecipeError) as error:
            yield judge.failed(clip, error)
        else:
            pcm = scene.rendering.master.pcm
            yield judge.made(clip, Made(digest=scene.key.pcm_sha256, stages=scene.stages, samples=pcm))
            if out is not None:
                put(scene, lock, Store(out, lock.split))
                keys.append(schema.encode(scene.key) + b"\n")
                plans.append(schema.encode(scene.plan) + b"\n")
        if progress is not None:
            progress(done, len(clips))
    if out is not None and keys:
        folder = Folder(out)
        folder.write(f"answer_key/{lock.split}.jsonl", b"".join(keys))
        folder.write(f"plans/{lock.split}.jsonl", b"".join(plans))


def fresh(
    lock: Lock,
    out: Path,
    *,
    seed: int | str,
    banks: Sequence[str] = (),
    jobs: int | None = None,
    progress: Progress | None = None,
) -> Result:
    """Make a new split of the same distribution: all as the lock has it, but for the seed.

    Clips have the names of the original's: a prediction belongs to the one or to the other.

    Args:
        lock: of the finished original.
        out: as for a build.
        seed: another one; an integer is public, a text secret.
        banks: as for :func:`maker_of`.
        jobs: worker processes.
        progress: told after every clip.

    Raises:
        UsageError: the seed is the original's.
        BankError: the banks are not the lock's, so that the distribution would be another.
    """
    if isinstance(seed, str):
        seed = secret.check(seed, "the call")
    maker = _maker(lock, banks, seed, anew=False)
    if seed == lock.seed or (lock.seed_commitment is not None and maker.order.seed_commitment == lock.seed_commitment):
        raise UsageError("the seed is that of the original", hint="give another one, or let one be drawn")
    pinned = {bank.name: bank.digest for bank in lock.banks}
    for name in sorted(pinned.keys() | maker.digests.keys()):
        if pinned.get(name) != maker.digests.get(name):
            raise BankError(
                f"bank {name!r} is not the one in the lock: the new split would be of another distribution",
                hint="see: soundscape bank verify NAME; or build anew from the recipe",
            )
    return build(
        maker, out, clips=lock.clip_count, jobs=jobs, audio=lock.audio, stems=lock.stems, layout=lock.layout,
        progress=None if progress is None else lambda done, total, seconds: progress(done, total),
    )  # fmt: skip
