"""Files in, MECAT's score out: what ``soundscape mecat-score`` does, as one call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape.errors import UsageError, nearest
from soundscape.scoring.describing.checker import Checker, open_checker
from soundscape.scoring.describing.date import METRICS, Metric
from soundscape.scoring.describing.encoders import Encoder, open_encoder
from soundscape.scoring.describing.files import References, Task, Texts, read_references, read_texts
from soundscape.scoring.describing.mecat import CAPTION_FIELDS, MecatScore, score_answers, score_captions
from soundscape.scoring.signature import Signature
from soundscape.version import __version__

TASKS: tuple[Task, ...] = ("caption", "qa")
_DIGITS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A system's score with all that is told of it."""

    system: str
    task: Task
    metric: Metric
    result: MecatScore
    signature: Signature
    notes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return all of it but the single clips as JSON values."""
        return {
            "system": self.system,
            "task": self.task,
            "metric": self.metric,
            "score": round(self.result.score, _DIGITS),
            "fields": {name: round(value, _DIGITS) for name, value in self.result.fields.items()},
            "sets": {
                part.name: {
                    "value": round(part.value, _DIGITS),
                    "similarity": round(float(part.scores.similarity.mean()), _DIGITS),
                    "discriminability": round(float(part.scores.discriminability.mean()), _DIGITS),
                    "clips": len(part.keys),
                    "missing": part.present.count(False),
                }
                for part in self.result.parts
            },
            "signature": self.signature.as_dict(),
            "notes": list(self.notes),
        }

    def lines(self) -> Iterator[dict[str, Any]]:
        """Yield every clip of every set as JSON values."""
        for part in self.result.parts:
            columns = (part.scores.similarity, part.scores.discriminability, part.scores.score)
            for key, there, s, d, value in zip(part.keys, part.present, *columns, strict=True):
                yield {
                    "set": part.name, "key": key, "present": there, "similarity": round(float(s), _DIGITS),
                    "discriminability": round(float(d), _DIGITS), "score": round(float(value), _DIGITS),
                }  # fmt: skip


def describe_files(
    key: str | Path,
    predictions: Sequence[str],
    *,
    task: str = "caption",
    metric: str = "date",
    embedder: str = "tinybert",
    checker: str = "fense",
    split: str | None = None,
    system: str | None = None,
) -> Described:
    """Mark a system's captions, or its answers, against MECAT's references.

    Args:
        key: the folder of an export to MECAT or of MECAT itself, or one file of references.
        predictions: one file that serves all fields, or ``FIELD=FILE`` for each field that is to be marked.
        task: ``caption`` or ``qa``.
        metric: ``date``, ``date-paper`` or ``fense``.
        embedder: of :func:`soundscape.scoring.describing.encoders.open_encoder`.
        checker: of :func:`soundscape.scoring.describing.checker.open_checker`; not used by ``date-paper``.
        split: which split of the folder, where it holds several.
        system: what the result calls the system; the name of the first file by default.

    Raises:
        UsageError: a name, a path or a split is none that can be used.
        DataError: references or predictions cannot be read.
        EnvironmentFault: a model is missing.
    """
    chosen, what = _one_of(metric, METRICS, "metric"), _one_of(task, TASKS, "task")
    references = read_references(key, what, split)
    given = _given(predictions, what, references)
    finder = open_checker("none" if chosen == "date-paper" else checker)
    encoder = open_encoder(embedder)
    if what == "qa":
        result = score_answers(references.items["qa"], given["qa"].texts, encoder, finder, chosen)
    else:
        items = {field: references.items[field] for field in given}
        result = score_captions(items, {f: t.texts for f, t in given.items()}, encoder, finder, chosen)
    first = next(iter(given.values()))
    return Described(
        system=system or first.path.stem,
        task=what,
        metric=chosen,
        result=result,
        signature=_sign(what, chosen, encoder, finder, result, references),
        notes=tuple(dict.fromkeys(note for texts in given.values() for note in texts.notes)),
    )


def _sign(
    task: Task, metric: Metric, encoder: Encoder, checker: Checker, result: MecatScore, references: References
) -> Signature:
    return Signature(
        (
            ("soundscape", __version__),
            ("task", task),
            ("metric", metric),
            ("embedder", encoder.name),
            ("revision", encoder.revision),
            ("weights", "none" if metric == "fense" else encoder.weighting),
            ("checker", checker.name),
            ("checker-revision", checker.revision),
            ("sets", ",".join(part.name for part in result.parts)),
            ("missing", "as-zero"),
            ("references", references.digest[:16]),
        )
    )


def _one_of(name: str, known: Sequence[Any], what: str) -> Any:
    if name not in known:
        raise UsageError(f"there is no {what} {name!r}{nearest(name, known)}", hint=f"known: {', '.join(known)}")
    return name


def _given(predictions: Sequence[str], task: Task, references: References) -> dict[str, Texts]:
    """Return the texts of each field that is to be marked."""
    named = {}
    plain = []
    for text in predictions:
        field, equals, path = text.partition("=")
        if equals and field in CAPTION_FIELDS and task == "caption":
            if field in named:
                raise UsageError(f"--pred {text}: the field {field!r} comes twice", hint="give each field one file")
            named[field] = path
        else:
            plain.append(text)
    if len(plain) > 1 or (plain and named):
        raise UsageError(
            f"{len(predictions)} files, but not one for each field",
            hint=f"give one file for all, or FIELD=FILE with: {', '.join(CAPTION_FIELDS)}",
        )
    if plain:
        texts = read_texts(Path(plain[0]), references.keys)
        return dict.fromkeys(CAPTION_FIELDS if task == "caption" else ("qa",), texts)
    read = {path: read_texts(Path(path), references.keys) for path in named.values()}
    return {field: read[named[field]] for field in CAPTION_FIELDS if field in named}
