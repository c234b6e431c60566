"""The score of one clip as a number, for training loops: the same number as the table's, fast, and it never raises.

A reward function for TRL's GRPO trainer, whose data set has a column ``clip_id``::

    from soundscape.scoring.reward import Rewarder

    rewarder = Rewarder(column="f1", embedder="lexical")
    keys = {key.clip_id: key for key in answer_keys}

    def soundscape_reward(completions, clip_id, **_):
        texts = [c if isinstance(c, str) else c[0]["content"] for c in completions]
        return rewarder.batch(texts, [keys[name] for name in clip_id])

    trainer = GRPOTrainer(model=..., reward_funcs=soundscape_reward, train_dataset=...)

Which column: ``reward``, the default, is the published ranking metric. It does not punish invented events, so a policy
trained on it learns to spam; ``strict_reward`` lets a guess serve one event only, and ``f1`` punishes invention.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from soundscape.errors import UsageError, nearest
from soundscape.records import AnswerKey, PredictedEvent, Prediction
from soundscape.scoring.clip import captions_needed, mark_clip
from soundscape.scoring.embedders import Captions, Embedder, open_embedder
from soundscape.scoring.options import Options
from soundscape.scoring.prepare import PreparedKey, prepare
from soundscape.scoring.tally import tally_clip

#: Columns that serve as a reward: from 0 to 1, more is better.
REWARD_COLUMNS = (
    "reward", "strict_reward", "f1", "iou_cos", "strict_iou_cos", "iou", "strict_iou", "recall", "precision",
)  # fmt: skip
#: Raw model text, decoded JSON, events, or a prediction.
Answer: TypeAlias = "str | Prediction | Sequence[PredictedEvent] | dict[str, Any] | list[Any] | None"

_KEYS_KEPT = 16_384


class Rewarder:
    """Rewards answers by one column of the table.

    Keys are prepared and captions embedded once each, and kept in memory. One rewarder may serve several threads;
    copies in other processes start with empty memories.
    """

    def __init__(
        self,
        *,
        column: str = "reward",
        options: Options | None = None,
        embedder: Embedder | str = "lexical",
        strict: bool = False,
    ) -> None:
        """Choose what is rewarded.

        Args:
            column: one of :data:`REWARD_COLUMNS`.
            options: how to mark; the profile ``laion`` by default.
            embedder: compares captions; scores by different embedders do not mix.
            strict: whether raw text that needs mending counts as an empty answer.

        Raises:
            UsageError: the column or the embedder is unknown.
            EnvironmentFault: the embedder's model is missing.
        """
        if column not in REWARD_COLUMNS:
            raise UsageError(
                f"{column!r} cannot be a reward{nearest(column, REWARD_COLUMNS)}",
                hint=f"columns that can: {', '.join(REWARD_COLUMNS)}",
            )
        self.column = column
        self.options = options or Options()
        self.strict = strict
        self._captions = Captions(open_embedder(embedder) if isinstance(embedder, str) else embedder)
        self._keys: dict[int, tuple[AnswerKey, PreparedKey]] = {}
        self._lock = threading.Lock()

    def __reduce__(self) -> tuple[object, tuple[str, Options, Embedder, bool]]:
        return _rebuild, (self.column, self.options, self._captions.embedder, self.strict)

    def __call__(self, prediction: Answer, answer_key: AnswerKey) -> float:
        """Return the reward of one answer, as the table states it for the clip.

        Args:
            prediction: raw model text, decoded JSON, predicted events, or a prediction. What cannot be read is an
                empty answer.
            answer_key: the clip's key.

        Returns:
            The column's value. Where the clip leaves it undefined (recall without true events, precision without
            guesses …): 1 with neither true events nor guesses, else 0.
        """
        key = self._prepared(answer_key)
        return self._mark(key, self._events(prediction, key.duration))

    def batch(self, predictions: Iterable[Answer], answer_keys: Iterable[AnswerKey]) -> list[float]:
        """Return the reward of every answer, in order; a sentence model embeds the captions of all at once.

        Raises:
            ValueError: there are not as many answers as keys.
        """
        read = []
        for prediction, answer_key in zip(predictions, answer_keys, strict=True):
            key = self._prepared(answer_key)
            read.append((key, self._events(prediction, key.duration)))
        if self._captions.embedder.keep_on_disk:
            self._captions.warm(c for key, guesses in read for c in captions_needed(key, guesses))
        return [self._mark(key, guesses) for key, guesses in read]

    def _mark(self, key: PreparedKey, guesses: Sequence[PredictedEvent]) -> float:
        marks = mark_clip(key, guesses, self._captions, self.options)
        value = tally_clip(marks, self.options).value(self.column)
        if value is not None:
            return value
        return 0.0 if key.events or marks.guesses > marks.excused else 1.0

    def _prepared(self, key: AnswerKey) -> PreparedKey:
        # By identity: comparing two keys costs more than marking. The key is kept with it, so no other gets its id.
        found = self._keys.get(id(key))
        if found is not None:
            return found[1]
        ready = prepare(key, self.options)
        with self._lock:
            if len(self._keys) >= _KEYS_KEPT:
                self._keys.clear()
            self._keys[id(key)] = (key, ready)
        return ready

    def _events(self, answer: Answer, duration: float) -> Sequence[PredictedEvent]:
        if isinstance(answer, Prediction):
            return answer.events if answer.parsed else ()
        if isinstance(answer, (list, tuple)) and all(isinstance(e, PredictedEvent) for e in answer):
            return answer
        from soundscape.scoring.parse import read_output

        events, _, parsed = read_output(answer, strict=self.strict, duration=duration)
        return events if parsed else ()


def _rebuild(column: str, options: Options, embedder: Embedder, strict: bool) -> Rewarder:
    return Rewarder(column=column, options=options, embedder=embedder, strict=strict)


@lru_cache(maxsize=32)
def _shared(column: str, options: Options, embedder: str, strict: bool) -> Rewarder:
    return Rewarder(column=column, options=options, embedder=embedder, strict=strict)


def reward(
    prediction: Answer,
    answer_key: AnswerKey,
    *,
    column: str = "reward",
    options: Options | None = None,
    embedder: str = "lexical",
    strict: bool = False,
) -> float:
    """Return the reward of one answer; arguments and errors as :class:`Rewarder`, which this keeps between calls."""
    return _shared(column, options or Options(), embedder, strict)(prediction, answer_key)


def rewards(
    predictions: Iterable[Answer],
    answer_keys: Iterable[AnswerKey],
    *,
    column: str = "reward",
    options: Options | None = None,
    embedder: str = "lexical",
    strict: bool = False,
) -> list[float]:
    """Return the reward of every answer, in order; as :func:`reward`."""
    return _shared(column, options or Options(), embedder, strict).batch(predictions, answer_keys)
