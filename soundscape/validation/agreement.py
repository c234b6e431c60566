"""What the documents of one build must say alike (the rules on builds in :mod:`soundscape.validation.rules`)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundscape import schema
from soundscape.dataset.lock import Lock
from soundscape.records import AnswerKey, KeyEvent, PlannedEvent, ScenePlan, samples
from soundscape.validation.lines import pointer_to
from soundscape.validation.rules import Complaint

#: How far loudness and true peak of a clip may pass what was planned, in LU and dB.
_LEVEL_TOLERANCE = 0.1
#: Two gains, each rounded to hundredths of a dB.
_GAIN_TOLERANCE_DB = 0.021
#: Figures of a report are written with up to four decimals.
_FIGURE_TOLERANCE = 1.1e-4
#: Encoders of lossy formats pad what they write, by so many samples at most.
_PADDING = {"flac": 0, "wav": 0, "ogg": 0, "mp3": 3 * 1152}
_PUBLIC = ("file_name", "clip_id", "duration")


def _differs(rule: str, pointer: str, found: object, expected: object, where: str) -> Iterator[Complaint]:
    if found != expected:
        yield Complaint(rule=rule, pointer=pointer, found=_shown(found), expected=f"{_shown(expected)}, as {where}")


def _shown(value: object) -> str:
    text = schema.encode(value).decode()
    return text if len(text) <= 80 else f"{text[:79]}…"


def plan_with_lock(plan: ScenePlan, lock: Lock) -> Iterator[Complaint]:
    """Yield where a plan and the lock of its build differ."""
    yield from _known_clip(plan.clip_id, lock)
    for name, expected in (
        ("recipe", lock.recipe.get("name")),
        ("recipe_digest", lock.recipe_digest),
        ("split", lock.split),
        ("protocol_version", lock.protocol_version),
    ):
        yield from _differs("lock-agrees", f"/{name}", getattr(plan, name), expected, "in the lock")
    yield from _banks((event.source_id for event in plan.events), "/events/{}/source_id", lock)


def _known_clip(clip: str, lock: Lock) -> Iterator[Complaint]:
    if clip not in lock.clips:
        yield Complaint(rule="clip-unknown", pointer="/clip_id", found=repr(clip), expected="a clip that the lock has")


def _banks(source_ids: Iterator[str], pointer: str, lock: Lock) -> Iterator[Complaint]:
    names = {bank.name for bank in lock.banks}
    for index, source_id in enumerate(source_ids):
        if source_id.partition(":")[0] not in names:
            yield Complaint(
                rule="lock-agrees",
                pointer=pointer.format(index),
                found=repr(source_id),
                expected=f"a source of {', '.join(sorted(names))}, as in the lock",
            )


def key_with_lock(key: AnswerKey, lock: Lock) -> Iterator[Complaint]:
    """Yield where a clip's answer key and the lock of its build differ."""
    yield from _known_clip(key.clip_id, lock)
    if key.clip_id in lock.clips:
        digest = lock.clips[key.clip_id]
        yield from _differs("lock-agrees", "/pcm_sha256", key.pcm_sha256, digest, "in the lock")
    for name in ("seed", "seed_commitment"):
        yield from _differs("lock-agrees", f"/{name}", getattr(key, name), getattr(lock, name), "in the lock")
    found = (event.provenance.source_id for event in key.events)
    yield from _banks(found, "/events/{}/provenance/source_id", lock)


def key_with_plan(key: AnswerKey, plan: ScenePlan) -> Iterator[Complaint]:
    """Yield where a clip's answer key and its plan differ."""
    digest = schema.digest(plan)
    if key.plan_digest != digest:
        yield Complaint(
            rule="plan-digest", pointer="/plan_digest", found=key.plan_digest, expected=f"{digest}, that of its plan"
        )
    for name in ("recipe", "duration", "sample_rate", "factors"):
        yield from _differs("plan-agrees", f"/{name}", getattr(key, name), getattr(plan, name), "planned")
    for name in ("loudness_lufs", "true_peak_dbtp"):
        got, limit = getattr(key, name), getattr(plan, name)
        if got is not None and limit is not None and got > limit + _LEVEL_TOLERANCE:
            yield Complaint(
                rule="plan-agrees", pointer=f"/{name}", found=f"{got:g}", expected=f"at most {limit:g}, as planned"
            )
    ids, planned_ids = ([event.event_id for event in events] for events in (key.events, plan.events))
    if ids != planned_ids:
        yield from _differs("plan-agrees", "/events", ids, planned_ids, "planned")
        return
    gains = [k.provenance.gain_db - p.gain_db for k, p in zip(key.events, plan.events, strict=True)]
    for index, (event, planned) in enumerate(zip(key.events, plan.events, strict=True)):
        yield from _event(event, planned, f"/events/{index}")
        if abs(gains[index] - sorted(gains)[len(gains) // 2]) > _GAIN_TOLERANCE_DB:
            yield Complaint(
                rule="plan-agrees",
                pointer=f"/events/{index}/provenance/gain_db",
                found=f"{event.provenance.gain_db:g}, {gains[index]:.2f} dB over the planned gain",
                expected=f"{sorted(gains)[len(gains) // 2]:.2f} dB over it, the master gain of the other events",
            )


def _event(event: KeyEvent, planned: PlannedEvent, at: str) -> Iterator[Complaint]:
    for name in ("type", "role", "start_time", "end_time", "placed", "speaker_id"):
        yield from _differs("plan-agrees", f"{at}/{name}", getattr(event, name), getattr(planned, name), "planned")
    source = event.provenance.source_id
    yield from _differs("plan-agrees", f"{at}/provenance/source_id", source, planned.source_id, "planned")


def key_with_audio(key: AnswerKey, path: Path) -> Iterator[Complaint]:
    """Yield where a clip's audio file is not what the key says, by its header."""
    import soundfile

    if not path.is_file():
        yield Complaint(rule="file-missing", pointer="/clip_id", found=f"no {path.name}", expected=f"audio at {path}")
        return
    try:
        info = soundfile.info(str(path))
    except (soundfile.LibsndfileError, RuntimeError) as error:
        reason = str(error).splitlines()[0] if str(error) else "no reason given"
        yield Complaint(
            rule="audio", pointer="/clip_id", found=f"{path.name} cannot be read: {reason}", expected="audio"
        )
        return
    expected = samples(key.duration, key.sample_rate)
    padding = _PADDING.get(path.suffix.removeprefix("."), 0)
    if info.samplerate == key.sample_rate and not expected <= info.frames <= expected + padding:
        yield Complaint(
            rule="audio",
            pointer="/duration",
            found=f"{key.duration:g} s, where {path.name} has {info.frames} samples at {info.samplerate} Hz",
            expected=f"{info.frames / info.samplerate:.3f} s, or {expected} samples",
        )
    for name, got in (("sample_rate", info.samplerate), ("channels", info.channels)):
        yield from _differs("audio", f"/{name}", getattr(key, name), got, f"in {path.name}")


def key_with_stems(key: AnswerKey, folder: Path) -> Iterator[Complaint]:
    """Yield events of a clip that lack their stem."""
    for index, event in enumerate(key.events):
        file = folder / f"{event.event_id}.flac"
        if not file.is_file():
            yield Complaint(
                rule="file-missing",
                pointer=f"/events/{index}/event_id",
                found=f"no stem {file.name}",
                expected=f"the stem of every event in {folder}",
            )


def public(value: Any, lock: Lock, duration: float | None) -> Iterator[Complaint]:
    """Yield what is wrong with a line of the public metadata; ``duration`` is the clip's, where its key is known."""
    expected = ", ".join(_PUBLIC)
    if not isinstance(value, dict):
        yield Complaint(rule="public", pointer="", found=_shown(value), expected=f"an object of {expected}")
        return
    for name in sorted(value.keys() - set(_PUBLIC)):
        yield Complaint(
            rule="public",
            pointer=pointer_to("", name),
            found="a key that is not public",
            expected=f"{expected} alone: anything more may give an answer away",
        )
    for name in _PUBLIC:
        if name not in value:
            yield Complaint(rule="public", pointer="", found=f"no key {name!r}", expected=expected)
    clip = value.get("clip_id")
    if "clip_id" in value and not (isinstance(clip, str) and clip in lock.clips):
        yield Complaint(rule="clip-unknown", pointer="/clip_id", found=_shown(clip), expected="a clip of the lock")
    elif {"clip_id", "file_name"} <= value.keys():
        yield from _differs(
            "public", "/file_name", value["file_name"], f"{clip}.{lock.audio}", "the clip's file is named"
        )
    if duration is not None and "duration" in value:
        yield from _differs("public", "/duration", value["duration"], duration, "in the answer key")


def same(found: Any, expected: Any, pointer: str = "") -> Iterator[Complaint]:
    """Yield where a report differs from the one that the clips give."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in sorted(expected.keys() | found.keys()):
            at = pointer_to(pointer, key)
            if key not in found:
                yield Complaint(rule="report", pointer=at, found="no such key", expected=_shown(expected[key]))
            elif key not in expected:
                yield Complaint(rule="report", pointer=at, found="a key too many", expected="no such key")
            else:
                yield from same(found[key], expected[key], at)
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, (one, other) in enumerate(zip(found, expected, strict=True)):
            yield from same(one, other, f"{pointer}/{index}")
    elif not _alike(found, expected):
        where = "the answer key and the plans give"
        yield from _differs("report", pointer, found, expected, where)


def _alike(a: Any, b: Any) -> bool:
    numbers = all(isinstance(x, int | float) and not isinstance(x, bool) for x in (a, b))
    return math.isclose(a, b, rel_tol=1e-6, abs_tol=_FIGURE_TOLERANCE) if numbers else bool(a == b)
