"""Score files: a table as JSON (``schemas/scores.schema.json``), and its clips as JSON lines.

A score file holds totals and counts of every clip, so that intervals and tests can be computed from files alone. What
comes back from one has no events: slices need the predictions. Numbers are written with ten decimals: beyond those,
sums may differ between machines.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from soundscape import files, schema
from soundscape.errors import DataError
from soundscape.scoring.chance import corrected
from soundscape.scoring.clip import EventMark
from soundscape.scoring.score import ClipScore, ScoreTable
from soundscape.scoring.signature import Signature
from soundscape.scoring.slices import PsychometricPoint, Slice
from soundscape.scoring.statistics import Interval
from soundscape.scoring.tally import COLUMN_NAMES, Tally
from soundscape.scoring.text import WordErrors

_DECIMALS = 10


def scores_document(
    table: ScoreTable,
    *,
    intervals: Mapping[str, Interval] | None = None,
    level: float = 0.95,
    slices: Sequence[Slice] = (),
    psychometric: Sequence[PsychometricPoint] = (),
    notes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return a score as JSON values, valid by ``schemas/scores.schema.json``.

    Args:
        table: the score.
        intervals: of its columns, at the confidence ``level``.
        level: confidence of the intervals.
        slices: the score by factor.
        psychometric: the score against SNR.
        notes: what was odd about the prediction files, one sentence each.
    """
    values = table.columns()
    above = corrected(values, table.chance)
    columns = {}
    for name in COLUMN_NAMES:
        interval = (intervals or {}).get(name)
        columns[name] = {
            "value": values[name],
            "low": interval.low if interval else None,
            "high": interval.high if interval else None,
            "total": table.total.total(name),
            "count": table.total.count(name),
        }
    document = {
        "schema_version": schema.SCHEMA_VERSION,
        "system": table.system,
        "signature": table.signature.as_dict(),
        "signature_text": str(table.signature),
        "clips": len(table.clips),
        "level": level if intervals else None,
        "columns": columns,
        "chance": {c: {"level": table.chance[c], "corrected": above[c]} for c in table.chance},
        "wer_by_language": {language: _word_counts(errors) for language, errors in table.total.words},
        "answers": {
            "missing": list(table.clip_ids_with("missing")),
            "unparsed": list(table.clip_ids_with("unparsed")),
            "unknown": list(table.unknown_clips),
            "repairs": table.repairs,
            "notes": list(notes),
        },
        "slices": [_slice(s) for s in slices],
        "psychometric": [schema.to_builtins(p) for p in psychometric],
        "per_clip": {
            "clip_id": [c.clip_id for c in table.clips],
            "totals": {n: [c.tally.totals[i] for c in table.clips] for i, n in enumerate(COLUMN_NAMES)},
            "counts": {n: [c.tally.counts[i] for c in table.clips] for i, n in enumerate(COLUMN_NAMES)},
        },
    }
    rounded: dict[str, Any] = _rounded(document)
    return rounded


def clip_lines(table: ScoreTable) -> Iterator[dict[str, Any]]:
    """Yield one JSON object a clip: its columns and how each true event was answered."""
    for clip in table.clips:
        line = {
            "clip_id": clip.clip_id,
            "columns": clip.tally.columns(),
            "events": [event_document(mark) for mark in clip.events],
        }
        yield _rounded(line)


def write_scores(path: Path, document: Mapping[str, Any]) -> None:
    """Write a score file, whole or not at all."""
    _write(path, json.dumps(document, ensure_ascii=False, indent=1) + "\n")


def write_clip_lines(path: Path, table: ScoreTable) -> None:
    """Write one JSON line a clip, whole or not at all."""
    _write(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in clip_lines(table)))


def read_scores(path: Path) -> tuple[ScoreTable, dict[str, Interval]]:
    """Return the score in a file, without its events, and its intervals.

    Raises:
        DataError: the file is missing, is no JSON, or is no score file; the message names the place.
    """
    hint = "soundscape score --out writes such files"
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}", hint=hint) from None
    except ValueError as error:
        raise DataError(f"{path}: no JSON: {error}", hint=hint) from None
    problems = schema.problems("scores", document)
    if problems:
        raise DataError(f"{path}: no score file: {problems[0]}", hint=hint)
    try:
        return _table(document), _intervals(document)
    except ValueError as error:
        raise DataError(f"{path}: contradicts itself: {error}", hint=hint) from None


def _table(document: Mapping[str, Any]) -> ScoreTable:
    per_clip, columns = document["per_clip"], document["columns"]
    totals = zip(*(per_clip["totals"][n] for n in COLUMN_NAMES), strict=True)
    counts = zip(*(per_clip["counts"][n] for n in COLUMN_NAMES), strict=True)
    clips = tuple(
        ClipScore(clip_id=name, tally=Tally(tuple(t), tuple(c)))
        for name, t, c in zip(per_clip["clip_id"], totals, counts, strict=True)
    )
    words = tuple(
        (
            language,
            WordErrors(unit=w["unit"], edits=w["edits"], length=w["length"], hypothesis_length=w["hypothesis_length"]),
        )
        for language, w in document["wer_by_language"].items()
    )
    return ScoreTable(
        system=document["system"],
        signature=Signature.from_dict(document["signature"]),
        total=Tally(
            tuple(columns[n]["total"] for n in COLUMN_NAMES), tuple(columns[n]["count"] for n in COLUMN_NAMES), words
        ),
        clips=clips,
        chance={name: entry["level"] for name, entry in document["chance"].items()},
        repairs=document["answers"]["repairs"],
        unknown_clips=tuple(document["answers"]["unknown"]),
    )


def _intervals(document: Mapping[str, Any]) -> dict[str, Interval]:
    return {
        name: Interval(low=c["low"], high=c["high"]) for name, c in document["columns"].items() if c["low"] is not None
    }


def _word_counts(errors: WordErrors) -> dict[str, Any]:
    return {
        "unit": errors.unit,
        "edits": errors.edits,
        "length": errors.length,
        "hypothesis_length": errors.hypothesis_length,
        "wer": errors.rate,
    }


def _slice(part: Slice) -> dict[str, Any]:
    return {"factor": part.factor, "bin": part.bin, "events": part.events, "clips": part.clips, "values": part.values}


def event_document(mark: EventMark) -> dict[str, Any]:
    """Return how one true event was answered as JSON values: its best guess, and under ``match`` the assigned one."""
    match = mark.match
    return {
        "event_id": mark.event.event_id,
        "type": mark.event.type,
        "guess": mark.guess,
        "reward": mark.iou * mark.content,
        "iou": mark.iou,
        "cosine": mark.cosine,
        "content": mark.content,
        "strict_reward": mark.strict_iou * mark.strict_content,
        "match": {
            "guess": match.guess,
            "iou": match.iou,
            "content": match.content,
            "score": match.score,
            "cosine": match.cosine,
            "wer": match.wer,
            "right_speaker": match.right_speaker,
        }
        if match
        else None,
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, _DECIMALS)
    if isinstance(value, Mapping):
        return {k: _rounded(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(v) for v in value]
    return value


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_bytes(path, text.encode())
