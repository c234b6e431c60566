"""From the records of finished scenes to everything that speaks of the whole split, reading one scene at a time."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.cards import Credits, card
from soundscape.dataset.layouts import Clip
from soundscape.dataset.lock import Lock
from soundscape.dataset.report import Report
from soundscape.dataset.store import SceneRecord, Store
from soundscape.planning.specs import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What the records of a split come to: the report, the credits, and digest, stages and duration (s) of clips."""

    report: dict[str, Any]
    credits: Credits
    digests: dict[str, str]
    stages: dict[str, str]
    durations: tuple[float, ...]


def gather(store: Store, names: Sequence[str], lock: Lock, recipe: Recipe, languages: int) -> Gathered:
    """Write answer key, plans and, for the layout ``folder``, the public metadata; return the rest."""
    tolerance = recipe.tolerance
    report = Report(
        {"speech_overlap": tolerance.overlap}, tolerance.languages, relative=tolerance.factor, languages=languages
    )
    credits_ = Credits()
    digests: dict[str, str] = {}
    stages: dict[str, str] = {}
    durations: list[float] = []
    split = lock.split
    with contextlib.ExitStack() as files:
        keys = files.enter_context(store.output.writer(f"answer_key/{split}.jsonl"))
        plans = files.enter_context(store.output.writer(f"plans/{split}.jsonl"))
        public = None
        if lock.layout == "folder":
            public = files.enter_context(store.output.writer(f"data/{split}/metadata.jsonl"))
        for kept in store.records(iter(names)):
            record = kept.record
            report.add(record.plan, record.key)
            credits_.add(record.key)
            digests[record.key.clip_id] = record.key.pcm_sha256
            stages[record.key.clip_id] = record.stages
            durations.append(record.plan.duration)
            keys.write(kept.key_line)
            plans.write(kept.plan_line)
            if public is not None:
                public.write(schema.encode(_public(record, lock.audio)) + b"\n")
    return Gathered(
        report=report.summary(), credits=credits_, digests=digests, stages=stages, durations=tuple(durations)
    )


def _public(record: SceneRecord, audio: str) -> dict[str, object]:
    """Return what a system under test may know of a clip beside its audio."""
    clip = Clip(clip_id=record.plan.clip_id, ending=audio, audio=b"", duration=record.plan.duration)
    return {"file_name": f"{clip.clip_id}.{audio}", **clip.facts}


def conclude(store: Store, gathered: Gathered, lock: Lock) -> None:
    """Write report, credits and card and, when nothing else is left to do, the lock that says so."""
    pretty = msgspec.json.format(msgspec.json.encode(gathered.report, order="sorted"), indent=2) + b"\n"
    store.write("report.json", pretty, durable=True)
    store.write("CREDITS.md", gathered.credits.text().encode(), durable=True)
    store.write("README.md", card(lock, gathered.report, gathered.credits).encode(), durable=True)
    # What orphans of a killed build may have left since the place was claimed.
    store.output.sweep()
    complete = replace(lock, complete=True, clips=gathered.digests, stages=gathered.stages)
    text = msgspec.json.format(schema.encode(complete), indent=2) + b"\n"
    store.write(locks.NAME, text, durable=True)
