"""Files in, a marked system out: what ``soundscape score`` does, as one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from soundscape.scoring.answers import read_answers, summarise_notes
from soundscape.scoring.document import scores_document
from soundscape.scoring.embedders import open_embedder
from soundscape.scoring.files import PredictionFile
from soundscape.scoring.keys import find_keys
from soundscape.scoring.options import Options
from soundscape.scoring.score import ScoreTable, score
from soundscape.scoring.slices import PsychometricPoint, Slice, psychometric, slices
from soundscape.scoring.statistics import Interval, bootstrap


@dataclass(frozen=True, slots=True, kw_only=True)
class Marked:
    """A system's score with all that is told of it. ``intervals`` are at the confidence ``level``."""

    table: ScoreTable
    answers: PredictionFile
    level: float
    intervals: dict[str, Interval]
    slices: tuple[Slice, ...]
    psychometric: tuple[PsychometricPoint, ...]

    @property
    def oddities(self) -> str:
        """What is odd about the answers, in one line; empty where nothing is."""
        return summarise_notes(self.answers, len(self.table.clips))

    def document(self) -> dict[str, Any]:
        """Return all of it as JSON values, valid by ``schemas/scores.schema.json``."""
        return scores_document(
            self.table,
            intervals=self.intervals,
            level=self.level,
            slices=self.slices,
            psychometric=self.psychometric,
            notes=[str(note) for note in self.answers.notes],
        )


def mark_files(
    key: str | Path,
    predictions: Sequence[str | Path],
    *,
    embedder: str,
    options: Options | None = None,
    split: str | None = None,
    strict: bool = False,
    system: str | None = None,
    prompt_digest: str | None = None,
    level: float = 0.95,
    resamples: int = 1_000,
    seed: int | str = 0,
) -> Marked:
    """Mark a system's prediction files against a build's answer keys.

    Args:
        key: a build's folder, or a file of answer keys.
        predictions: files or folders, together one system's answers.
        embedder: compares captions, by name.
        options: how to mark; the profile ``laion`` by default.
        split: which split of the folder, where it holds several.
        strict: mend nothing in the predictions.
        system: what the table calls the system; the name of the first file or folder by default.
        prompt_digest: digest of the question that was put to the system.
        level: confidence of the intervals.
        resamples: of the bootstrap.
        seed: of the resamples.

    Raises:
        UsageError: a path, a split, the embedder or a number is none that can be used.
        DataError: the keys or the predictions cannot be read, or contradict themselves.
        EnvironmentFault: the embedder's model is missing.
    """
    key_file = find_keys(key, split)
    vectoriser = open_embedder(embedder)
    keys = list(key_file.read())
    answers = read_answers(predictions, keys, strict=strict)
    table = score(
        keys,
        answers.predictions,
        embedder=vectoriser,
        options=options,
        system=system or _name(Path(predictions[0])),
        prompt_digest=prompt_digest,
    )
    return Marked(
        table=table,
        answers=answers,
        level=level,
        intervals=bootstrap(table, level=level, resamples=resamples, seed=seed),
        slices=slices(table, keys),
        psychometric=psychometric(table, keys),
    )


def _name(path: Path) -> str:
    """Return what a file or folder calls the system: its name, of a file without the ending."""
    whole = path.resolve()
    return (whole.name if whole.is_dir() else whole.stem) or str(whole)
