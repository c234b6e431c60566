"""A whole build: claim the folder, make every scene, put the answer key together, compare asked with achieved.

    DIR/README.md  CREDITS.md  report.json  soundscape.lock.json
    DIR/data/<split>/<clip_id>.flac, metadata.jsonl      what a system under test may see
    DIR/answer_key/<split>.jsonl   DIR/plans/<split>.jsonl   DIR/stems/<split>/<clip_id>/<event_id>.flac

A build that was stopped goes on where it was and ends with the same bytes as one that never was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset import pool
from soundscape.dataset.cards import Credits, card
from soundscape.dataset.lock import BankPin, Lock
from soundscape.dataset.make import Maker, Order
from soundscape.dataset.report import Report, findings
from soundscape.dataset.store import SceneRecord, Store
from soundscape.dataset.work import Done, Worker
from soundscape.errors import UsageError
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import clip_id
from soundscape.records import ScenePlan
from soundscape.sources.bankset import open_banks

#: Told of progress: clips finished, clips in all, seconds of audio made in this run.
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a build came to. ``findings``: factors beyond the recipe's tolerance; ``made``: clips of this run."""

    folder: Path
    clips: int
    made: int
    findings: tuple[str, ...]
    report: dict[str, Any]


def prepare(
    recipe: str | dict[str, Any], *, banks: tuple[str, ...] = ("embedded",), seed: int = 1, split: str = "test"
) -> Maker:
    """Return a maker of scenes: recipe checked, banks open.

    Args:
        recipe: a shipped name, a YAML file, or plain data.
        banks: names or folders.
        seed: of all draws.
        split: part of each clip's name.
    """
    found = recipes.load(recipe) if isinstance(recipe, str) else recipes.from_data(recipe)
    if not split.isidentifier():
        raise UsageError(f"split {split!r}: expected letters, digits and underscores", hint="for example --split test")
    opened = open_banks(banks)
    made = Order(recipe=recipes.to_data(found), banks=banks, seed=seed, seed_commitment=None, split=split)
    return Maker(made, opened)


def plans(maker: Maker, clips: int) -> Iterator[ScenePlan]:
    """Yield the plans of the first scenes, as first drawn."""
    for index in range(clips):
        yield maker.plan(index)


def _lock(maker: Maker, clips: int, audio: str, layout: str, stems: bool) -> Lock:
    seed = maker.order.seed
    return locks.new(
        recipe=maker.order.recipe,
        recipe_digest=recipes.digest(maker.recipe),
        banks=tuple(BankPin(name=name, digest=digest) for name, digest in sorted(maker.banks.digests.items())),
        seed=seed if isinstance(seed, int) else None,
        seed_commitment=maker.order.seed_commitment,
        split=maker.order.split,
        clip_count=clips,
        audio=audio,
        layout=layout,
        stems=stems,
    )


def build(
    maker: Maker,
    out: Path,
    *,
    clips: int | None = None,
    jobs: int | None = None,
    audio: str = "flac",
    stems: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Make a split in a folder, or go on with one that was begun there.

    Args:
        maker: from :func:`prepare`.
        out: the folder; new, empty, or holding this same build.
        clips: how many scenes; the recipe's own number by default.
        jobs: worker processes; as many as there are processors by default.
        audio: ``flac``, ``wav``, ``ogg`` or ``mp3``; digests are those of the samples before a lossy encoding.
        stems: also write every event's stem as 24-bit FLAC.
        progress: told after every clip.

    Raises:
        RecipeError, BankError, BuildError, EnvironmentFault: see their messages; what was finished stays.
    """
    count = clips if clips is not None else maker.recipe.clips
    lock = _lock(maker, count, audio, "folder", stems)
    store = Store(out, maker.order.split)
    names = [clip_id(maker.recipe.name, maker.order.split, i) for i in range(count)]
    if store.claim(lock):
        report = msgspec.json.decode((out / "report.json").read_bytes())
        return Result(folder=out, clips=count, made=0, findings=tuple(findings(report)), report=report)
    # The first scene's plan finds a recipe that the banks cannot serve before any worker starts.
    maker.plan(0)
    worker = Worker(msgspec.json.encode(maker.order).decode(), out, audio, stems)
    missing = [i for i, name in enumerate(names) if not store.done(name)]
    finished, seconds = count - len(missing), 0.0
    most = jobs if jobs is not None else pool.default_jobs()
    for done in pool.run(worker, missing, min(most, max(1, len(missing)))):
        finished, seconds = _told(done, finished, seconds, count, progress)
    report = _finish(store, names, lock, maker)
    store.clear()
    return Result(folder=out, clips=count, made=len(missing), findings=tuple(findings(report)), report=report)


def _told(done: Done, finished: int, seconds: float, count: int, progress: Progress | None) -> tuple[int, float]:
    finished, seconds = finished + 1, seconds + done.seconds
    if progress is not None:
        progress(finished, count, seconds)
    return finished, seconds


class _Lines:
    """Writes a JSONL file line by line beside its place, and puts it there when all is well."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._beside = path.with_name(f".{path.name}.part")
        self._file = self._beside.open("wb")

    def add(self, line: bytes) -> None:
        self._file.write(line + b"\n")

    def done(self) -> None:
        self._file.close()
        self._beside.replace(self._path)


def _finish(store: Store, names: list[str], lock: Lock, maker: Maker) -> dict[str, Any]:
    """Put together everything that speaks of the whole split, reading one scene at a time."""
    tolerance = maker.recipe.tolerance
    tolerances = {"speech_overlap": tolerance.overlap}
    report, credits_, digests = Report(tolerances, tolerance.languages), Credits(), {}
    keys, plan_lines, public = (
        _Lines(store.folder / "answer_key" / f"{store.split}.jsonl"),
        _Lines(store.folder / "plans" / f"{store.split}.jsonl"),
        _Lines(store.folder / "data" / store.split / "metadata.jsonl"),
    )
    for record in store.records(iter(names)):
        name = record.plan.clip_id
        report.add(record.plan, record.key)
        credits_.add(record.key)
        digests[name] = record.key.pcm_sha256
        keys.add(schema.encode(record.key))
        plan_lines.add(schema.encode(record.plan))
        public.add(schema.encode(_public(record, lock.audio)))
    for lines in (keys, plan_lines, public):
        lines.done()
    summary = report.summary()
    pretty = msgspec.json.format(msgspec.json.encode(summary, order="sorted"), indent=2) + b"\n"
    store.write(store.folder / "report.json", pretty)
    store.write(store.folder / "CREDITS.md", credits_.text().encode())
    store.write(store.folder / "README.md", card(lock, summary, credits_.licences).encode())
    complete = replace(lock, complete=True, clips=digests)
    text = msgspec.json.format(schema.encode(complete), indent=2) + b"\n"
    store.write(store.folder / locks.NAME, text, durable=True)
    return summary


def _public(record: SceneRecord, audio: str) -> dict[str, object]:
    """Return what a system under test may know of a clip beside its audio."""
    name = record.plan.clip_id
    return {"file_name": f"{name}.{audio}", "clip_id": name, "duration": record.plan.duration}
