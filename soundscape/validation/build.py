"""A build's folder: every document in it, and whether they tell the same story (rules from ``unfinished`` on in
:mod:`soundscape.validation.rules`).

Read in this order: the lock, the plans, the answer key with each clip's plan and audio beside it, the public metadata,
the report, the credits. Plans are found by their place in the file, so that memory grows with the number of clips and
not with what is in them. Samples are not decoded here; ``soundscape verify`` measures them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset.lock import Lock
from soundscape.dataset.report import Report
from soundscape.dataset.store import WORK
from soundscape.records import AnswerKey, ScenePlan
from soundscape.validation import agreement, documents
from soundscape.validation.documents import Seen, Tick
from soundscape.validation.findings import Finding
from soundscape.validation.lines import Line, lines, parse
from soundscape.validation.places import Place
from soundscape.validation.rules import Complaint
from soundscape.version import __version__


def is_build(folder: Path) -> bool:
    """Tell whether a folder holds a build, finished or not."""
    return (folder / locks.NAME).is_file() or (folder / WORK / "lock.json").is_file()


def check(folder: Path, tick: Tick) -> Iterator[Finding]:
    """Yield everything that is wrong with a build's folder."""
    place = Place(str(folder), "build")
    if not (folder / locks.NAME).is_file():
        yield place.simply(
            "unfinished", f"no {locks.NAME}", "a finished build; run the same build again to go on with it"
        )
        return
    found, lock = documents.whole(folder / locks.NAME, "lock", tick)
    yield from found
    if lock is not None:
        yield from _Check(folder, lock, tick).findings()


@dataclass(slots=True)
class _Clip:
    """What is remembered of a clip while the files go by."""

    plan_at: int = -1
    duration: float | None = None
    in_plans: bool = False
    in_keys: bool = False
    in_metadata: bool = False


class _Check:
    """One pass over a build of which the lock is known."""

    def __init__(self, folder: Path, lock: Lock, tick: Tick) -> None:
        self._folder, self._lock, self._tick = folder, lock, tick
        self._plans = folder / "plans" / f"{lock.split}.jsonl"
        self._keys = folder / "answer_key" / f"{lock.split}.jsonl"
        self._data = folder / "data" / lock.split
        self._metadata = self._data / "metadata.jsonl"
        self._clips = {clip: _Clip() for clip in lock.clips}
        self._sources: set[str] = set()
        # A report is worth comparing only while plans and keys are without fault.
        self._sound = True

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the documents and between them."""
        yield from self._files()
        if self._plans.is_file():
            yield from self._noting(
                documents.by_line(self._plans, "plan", self._tick, more=self._plan, seen=self._seen("in_plans"))
            )
        if self._keys.is_file():
            yield from self._answer_key()
        if self._in_folders and self._metadata.is_file():
            yield from self._public()
        yield from self._missing()
        yield from self._credits()

    @property
    def _in_folders(self) -> bool:
        return self._lock.layout == "folder"

    def _noting(self, findings: Iterator[Finding]) -> Iterator[Finding]:
        for finding in findings:
            self._sound = False
            yield finding

    def _files(self) -> Iterator[Finding]:
        """Yield files that are missing, and files that have no business where systems or scorers read."""
        needed = [
            self._plans,
            self._keys,
            *(self._folder / name for name in ("README.md", "CREDITS.md", "report.json")),
        ]
        known = {self._plans.parent: {self._plans.name}, self._keys.parent: {self._keys.name}}
        if self._in_folders:
            needed.append(self._metadata)
            known[self._data] = {self._metadata.name, *(f"{clip}.{self._lock.audio}" for clip in self._lock.clips)}
        for file in needed:
            if not file.is_file():
                yield _build(file).simply("file-missing", "no such file", f"the build's {file.name}")
        for folder, names in known.items():
            for file in sorted(folder.iterdir()) if folder.is_dir() else ():
                if file.name not in names and not file.name.startswith("."):
                    yield _build(file).simply("file-unknown", "a file that the lock does not tell of", "no such file")

    def _seen(self, name: str) -> Seen:
        """Return what notes that a file has a line on a clip, right or wrong: only the others are missing there."""

        def note(clip_id: str) -> None:
            if clip_id in self._clips:
                setattr(self._clips[clip_id], name, True)

        return note

    def _plan(self, plan: ScenePlan, line: Line) -> Iterator[Complaint]:
        yield from agreement.plan_with_lock(plan, self._lock)
        if plan.clip_id in self._clips:
            self._clips[plan.clip_id].plan_at = line.offset

    def _answer_key(self) -> Iterator[Finding]:
        file = self._folder / "report.json"
        stated, faults = parse(documents.read(file)) if file.is_file() else (None, ())
        yield from (Place(str(file), "report").fault(fault) for fault in faults)
        report = Report(*_tolerances(stated), languages=_languages(stated))

        def more(key: AnswerKey, line: Line) -> Iterator[Complaint]:
            yield from agreement.key_with_lock(key, self._lock)
            self._sources |= {event.provenance.source_id for event in key.events}
            clip = self._clips.get(key.clip_id)
            if clip is None:
                return
            clip.duration = key.duration
            yield from self._sound_files(key)
            plan = self._read_plan(clip)
            if plan is not None:
                yield from agreement.key_with_plan(key, plan)
                if self._sound and plan.clip_id == key.clip_id:
                    report.add(plan, key)

        yield from self._noting(
            documents.by_line(self._keys, "answer-key", self._tick, more=more, seen=self._seen("in_keys"))
        )
        # Another version may measure otherwise.
        comparable = self._lock.soundscape_version == __version__ and stated is not None and not faults
        whole = all(clip.duration is not None and clip.plan_at >= 0 for clip in self._clips.values())
        if self._sound and comparable and whole:
            for complaint in agreement.same(stated, schema.to_builtins(report.summary())):
                yield Place(str(file), "report").finding(complaint)

    def _sound_files(self, key: AnswerKey) -> Iterator[Complaint]:
        if self._in_folders:
            yield from agreement.key_with_audio(key, self._data / f"{key.clip_id}.{self._lock.audio}")
        if self._lock.stems:
            yield from agreement.key_with_stems(key, self._folder / "stems" / self._lock.split / key.clip_id)

    def _read_plan(self, clip: _Clip) -> ScenePlan | None:
        """Return a clip's plan, which lies in a file of any size at a known place."""
        if clip.plan_at < 0:
            return None
        with self._plans.open("rb") as file:
            file.seek(clip.plan_at)
            return schema.decode(file.readline(), ScenePlan, str(self._plans))

    def _public(self) -> Iterator[Finding]:
        place = Place(str(self._metadata), "metadata")
        for line in lines(self._metadata):
            self._tick(len(line.data or b"") + 1)
            value, faults = parse(line.data)
            yield from (place.fault(fault, first_line=line.number) for fault in faults)
            if faults:
                continue
            name = documents.identity("metadata", value)
            clip = self._clips.get(name or "")
            complaints = list(agreement.public(value, self._lock, clip.duration if clip else None))
            if clip is not None and clip.in_metadata:
                found = f"{name!r} again"
                complaints.append(Complaint(rule="duplicate", pointer="/clip_id", found=found, expected="only once"))
            elif clip is not None:
                clip.in_metadata = True
            for complaint in complaints:
                yield place.finding(complaint, line=line.number, clip=name)

    def _missing(self) -> Iterator[Finding]:
        for file, name in ((self._plans, "in_plans"), (self._keys, "in_keys"), (self._metadata, "in_metadata")):
            for clip_id, clip in self._clips.items() if file.is_file() else ():
                if not getattr(clip, name):
                    expected = "one line for every clip of the lock"
                    yield _build(file).simply("clip-missing", "no line of this clip", expected, clip=clip_id)

    def _credits(self) -> Iterator[Finding]:
        file = self._folder / "CREDITS.md"
        if not file.is_file():
            return
        text = file.read_text(encoding="utf-8", errors="replace")
        for source in sorted(self._sources):
            if source.replace("|", "\\|").replace("\n", " ") not in text:
                expected = "an entry for every source that is heard"
                yield Place(str(file), "credits").simply("credits", f"no entry of {source!r}", expected)


def _build(file: Path) -> Place:
    return Place(str(file), "build")


def _languages(report: Any) -> int:
    """Return how many languages a report says there should be."""
    try:
        return int(report["languages"]["asked"])
    except (TypeError, KeyError, ValueError):
        return 0


def _tolerances(report: Any) -> tuple[dict[str, float], float]:
    """Return the tolerances that a report states: what it says of them depends on the recipe, not on the clips."""
    try:
        found = {
            name: float(f["tolerance_of_mean"]) for name, f in report["factors"].items() if "tolerance_of_mean" in f
        }
        return found, float(report["languages"]["tolerance"])
    except (TypeError, KeyError, AttributeError, ValueError):
        return {}, 0.0
