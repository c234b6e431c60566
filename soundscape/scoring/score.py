"""Marks a system: answer keys and predictions in, a table out.

Conventions
* Every clip of the key counts. A clip without a prediction is an empty answer, and is counted as missing; one whose
  answer could not be read is an empty answer, and is counted as unparsed. Predictions for clips that the key does not
  hold are listed and change nothing.
* The table is the pooled tally of its clips (:mod:`soundscape.scoring.tally`) and carries a signature.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from soundscape.errors import BuildError, PredictionError
from soundscape.records import AnswerKey, Prediction
from soundscape.scoring.chance import chance_levels
from soundscape.scoring.clip import EventMark, Fate, captions_needed, mark_clip
from soundscape.scoring.embedders import Captions, Embedder, open_embedder
from soundscape.scoring.options import Options
from soundscape.scoring.prepare import PreparedKey, prepare
from soundscape.scoring.signature import Signature, digest_keys, sign
from soundscape.scoring.tally import Tally, pool, tally_clip

_BATCH = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipScore:
    """One clip's tally; unless it comes from a file, how each true event was answered and what became of each guess."""

    clip_id: str
    tally: Tally
    events: tuple[EventMark, ...] = ()
    fates: tuple[Fate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreTable:
    """What a system scored: in total, clip by clip in the order of the key, and what was odd about its answers.

    ``chance`` is the chance level of each column of cosines. ``repairs`` counts what had to be mended in reading.
    """

    system: str
    signature: Signature
    total: Tally
    clips: tuple[ClipScore, ...]
    chance: dict[str, float | None]
    repairs: dict[str, int] = field(default_factory=dict)
    unknown_clips: tuple[str, ...] = ()

    def columns(self) -> dict[str, float | None]:
        """Return the value of every column over the whole set."""
        return self.total.columns()

    def clip_ids_with(self, column: str) -> tuple[str, ...]:
        """Return the clips that have something in a column that counts: ``unparsed``, ``missing``, ``excused``."""
        return tuple(c.clip_id for c in self.clips if c.tally.total(column) > 0.0)


def score(
    keys: Iterable[AnswerKey],
    predictions: Mapping[str, Prediction] | Iterable[Prediction],
    *,
    embedder: Embedder | str,
    options: Options | None = None,
    system: str = "system",
    prompt_digest: str | None = None,
) -> ScoreTable:
    """Mark a system's predictions against answer keys.

    Args:
        keys: one a clip.
        predictions: at most one a clip.
        embedder: compares captions; a name as :func:`~soundscape.scoring.embedders.open_embedder` takes it, or an
            embedder. There is no default, since scores by different embedders do not mix.
        options: how to mark; the profile ``laion`` by default.
        system: what the table calls the system.
        prompt_digest: digest of the question that was put to the system, for the signature.

    Raises:
        BuildError: the key holds a clip twice.
        PredictionError: a clip is answered twice.
        EnvironmentFault: the embedder's model is missing.
    """
    chosen = options or Options()
    vectoriser = open_embedder(embedder) if isinstance(embedder, str) else embedder
    key_list = list(keys)
    refuse_repeated_keys(key_list)
    answers = predictions if isinstance(predictions, Mapping) else by_clip(predictions)
    captions = Captions(vectoriser)
    prepared = [prepare(key, chosen) for key in key_list]
    clips = tuple(_score_clips(prepared, answers, captions, chosen))
    repairs: Counter[str] = Counter()
    for key in key_list:
        if key.clip_id in answers:
            repairs.update(answers[key.clip_id].repairs)
    known = {key.clip_id for key in key_list}
    return ScoreTable(
        system=system,
        signature=sign(chosen, vectoriser, keys=digest_keys(key_list), prompt_digest=prompt_digest),
        total=pool(c.tally for c in clips),
        clips=clips,
        chance=chance_levels(prepared, captions),
        repairs=dict(sorted(repairs.items())),
        unknown_clips=tuple(sorted(set(answers) - known)),
    )


def by_clip(predictions: Iterable[Prediction]) -> dict[str, Prediction]:
    """Return predictions by clip.

    Raises:
        PredictionError: a clip is answered twice.
    """
    out: dict[str, Prediction] = {}
    for prediction in predictions:
        if prediction.clip_id in out:
            raise PredictionError(
                f"clip {prediction.clip_id!r} is answered twice", hint="keep one prediction for every clip"
            )
        out[prediction.clip_id] = prediction
    return out


def refuse_repeated_keys(keys: Sequence[AnswerKey]) -> None:
    """Raise a BuildError where a clip is among them twice."""
    ids = Counter(key.clip_id for key in keys)
    repeated = next((clip for clip, n in ids.items() if n > 1), None)
    if repeated is not None:
        raise BuildError(f"the answer key holds clip {repeated!r} {ids[repeated]} times, expected once")


def _score_clips(
    keys: Sequence[PreparedKey], answers: Mapping[str, Prediction], captions: Captions, options: Options
) -> Iterator[ClipScore]:
    for start in range(0, len(keys), _BATCH):
        batch = [(key, answers.get(key.clip_id)) for key in keys[start : start + _BATCH]]
        captions.warm(c for key, answer in batch if answer for c in captions_needed(key, answer.events))
        for key, answer in batch:
            guesses = answer.events if answer and answer.parsed else ()
            marks = mark_clip(key, guesses, captions, options)
            tally = tally_clip(marks, options, parsed=answer is None or answer.parsed, missing=answer is None)
            yield ClipScore(clip_id=key.clip_id, tally=tally, events=marks.events, fates=marks.fates)
