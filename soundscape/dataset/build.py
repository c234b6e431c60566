"""A whole build: claim the place, make every scene, put the answer key together, compare asked with achieved.

    DIR/README.md  CREDITS.md  report.json  soundscape.lock.json
    DIR/data/<split>/<clip_id>.flac, metadata.jsonl      what a system under test may see (or shards of it)
    DIR/answer_key/<split>.jsonl   DIR/plans/<split>.jsonl   DIR/stems/<split>/<clip_id>/<event_id>.flac

A build that was stopped goes on where it was and ends with the same bytes as one that never was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from soundscape import schema
from soundscape.dataset import assemble, engines, layouts, pool, secret
from soundscape.dataset import lock as locks
from soundscape.dataset.engines import Engine
from soundscape.dataset.lock import Lock
from soundscape.dataset.make import Maker, Order
from soundscape.dataset.outputs import Folder, Output
from soundscape.dataset.report import findings
from soundscape.dataset.store import Store
from soundscape.dataset.work import Packer, Worker
from soundscape.errors import UsageError
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import clip_id
from soundscape.records import ScenePlan
from soundscape.sources.bankset import open_banks
from soundscape.sources.index import INFO_FILE
from soundscape.sources.licences import checked_policy

#: Told of progress: clips finished, clips in all, seconds of audio made in this run.
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a build came to. ``findings``: factors beyond the recipe's tolerance; ``made``: clips of this run."""

    folder: Path | str
    clips: int
    made: int
    findings: tuple[str, ...]
    report: dict[str, Any]


def prepare(
    recipe: str | dict[str, Any],
    *,
    banks: tuple[str, ...] = ("embedded",),
    seed: int | str = 1,
    split: str = "test",
    splits: dict[str, float] | None = None,
    licences: str | None = None,
) -> Maker:
    """Return a maker of scenes: recipe checked, banks open.

    Args:
        recipe: a shipped name, a YAML file, or plain data.
        banks: names or folders.
        seed: of all draws; an integer is written down, a text is secret (:mod:`soundscape.dataset.secret`).
        split: part of each clip's name, and of its draws.
        splits: the family of splits whose sources are kept apart (:func:`soundscape.dataset.splits.parse`); by default
            a split draws from everything.
        licences: the policy under which sources are drawn (:mod:`soundscape.sources.licences`), in place of the
            recipe's own.

    Raises:
        UsageError: the name of the split is none, or is not in the family; or the seed is refused; or there is no such
            policy.
    """
    found = recipes.load(recipe) if isinstance(recipe, str) else recipes.from_data(recipe)
    if licences is not None:
        found = replace(found, licences=checked_policy(licences))
    if not (split.isidentifier() and split.isascii()):
        raise UsageError(f"split {split!r}: expected letters, digits and underscores", hint="for example --split test")
    if isinstance(seed, str):
        seed = secret.check(seed, "the call")
    opened = open_banks(banks)
    return Maker(Order(recipe=recipes.to_data(found), banks=banks, seed=seed, split=split, splits=splits), opened)


def plans(maker: Maker, clips: int) -> Iterator[ScenePlan]:
    """Yield the plans of the first scenes, as first drawn."""
    for index in range(clips):
        yield maker.plan(index)


def _lock(maker: Maker, clips: int, audio: str, layout: str, stems: bool) -> Lock:
    seed = maker.order.seed
    return locks.new(
        recipe=maker.order.recipe,
        recipe_digest=recipes.digest(maker.recipe),
        banks=locks.pins(maker.digests),
        seed=seed if isinstance(seed, int) else None,
        seed_commitment=maker.order.seed_commitment,
        split=maker.order.split,
        splits=maker.order.splits,
        clip_count=clips,
        audio=audio,
        layout=layout,
        stems=stems,
    )


def build(
    maker: Maker,
    out: str | os.PathLike[str] | Output,
    *,
    clips: int | None = None,
    jobs: int | None = None,
    audio: str = "flac",
    stems: bool = False,
    layout: str = "folder",
    engine: str = "local",
    scheduler: str | None = None,
    progress: Progress | None = None,
) -> Result:
    """Make a split in a folder or a bucket, or go on with one that was begun there.

    Args:
        maker: from :func:`prepare`.
        out: a folder or a URL; new, empty, or holding this same build.
        clips: how many scenes; the recipe's own number by default.
        jobs: worker processes; as many as there are processors by default.
        audio: ``flac``, ``wav``, ``ogg`` or ``mp3``; digests are those of the samples before a lossy encoding.
        stems: also write every event's stem as 24-bit FLAC.
        layout: a key of :data:`soundscape.dataset.layouts.LAYOUTS`.
        engine: a key of :data:`soundscape.dataset.engines.ENGINES`.
        scheduler: address of a Dask cluster; the engine ``dask`` starts one on this machine without it.
        progress: told after every clip.

    Raises:
        UsageError: options do not go together.
        RecipeError, BankError, BuildError, EnvironmentFault: see their messages; what was finished stays.
    """
    layouts.layout(layout)
    count = clips if clips is not None else maker.recipe.clips
    lock = _lock(maker, count, audio, layout, stems)
    store = Store(out, maker.order.split, packed=layout != "folder")
    names = [clip_id(maker.recipe.name, maker.order.split, i) for i in range(count)]
    crew = engines.engine(engine, jobs=_reaching(store.output, engine, jobs), scheduler=scheduler)
    if store.claim(lock):
        return _result(store, count, 0, msgspec.json.decode(store.output.read("report.json")))
    try:
        # The first scene's plan finds a recipe that the banks cannot serve before any worker starts.
        maker.plan(0)
        done = store.finished(names)
        missing = [i for i, name in enumerate(names) if name not in done]
        crew.expect(len(missing))
        report = _make(maker, store, names, missing, lock, crew, progress)
        crew.stop(now=False)
        store.clear()
    except BaseException:
        crew.stop(now=True)
        raise
    finally:
        store.release()
    return _result(store, count, len(missing), report)


def _reaching(output: Output, engine: str, jobs: int | None) -> int | None:
    """Return how many jobs are wanted, after refusing workers that could not see what they are to write."""
    if output.shared:
        return jobs
    if engine != "local" or (jobs or 1) > 1:
        raise UsageError(f"{output.place} lives in this process alone", hint="use the engine local with one job")
    return 1


def _make(
    maker: Maker, store: Store, names: list[str], missing: list[int], lock: Lock, crew: Engine,
    progress: Progress | None,
) -> dict[str, Any]:  # fmt: skip
    """Make the scenes that are missing and everything that speaks of all; return the report."""
    worker = Worker(
        order=msgspec.json.encode(_for_anyone(maker.order)).decode(),
        lock=schema.encode(lock).decode(),
        place=os.fspath(store.output.path.absolute()) if isinstance(store.output, Folder) else store.output.place,
    )
    count, seconds = len(names), 0.0
    for finished, done in enumerate(pool.run(worker, missing, crew), count - len(missing) + 1):
        seconds += done.seconds
        if progress is not None:
            progress(finished, count, seconds)
    gathered = assemble.gather(store, names, lock, maker.recipe, len(maker.languages))
    found = layouts.layout(lock.layout)
    if found.write is not None:
        shards = layouts.shards(found, lock.split, gathered.durations, maker.recipe.sample_rate)
        for _ in pool.run(Packer(worker, tuple(shards)), range(len(shards)), crew):
            pass
        if lock.layout == "webdataset":
            text = msgspec.json.format(msgspec.json.encode(layouts.index(shards)), indent=2) + b"\n"
            store.write(f"data/{lock.split}/index.json", text, durable=True)
    assemble.conclude(store, gathered, lock)
    return gathered.report


def _for_anyone(order: Order) -> Order:
    """Return an order whose banks' folders are found from anywhere; names stay names (as ``open_bank`` tells them)."""
    banks = tuple(
        os.path.abspath(Path(given).expanduser()) if os.sep in given or Path(given, INFO_FILE).is_file() else given
        for given in order.banks
    )
    return replace(order, banks=banks)


def _result(store: Store, clips: int, made: int, report: dict[str, Any]) -> Result:
    output = store.output
    folder = output.path if isinstance(output, Folder) else output.place
    return Result(folder=folder, clips=clips, made=made, findings=tuple(findings(report)), report=report)
