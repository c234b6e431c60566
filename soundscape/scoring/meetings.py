"""Who said what over whole clips: cpWER and tcpWER, as meeting transcription is marked, through ``meeteval``.

Unlike the table's WER, these see every word: missed speech is deletions, invented speech insertions, and words given
to the wrong speaker count as errors. cpWER joins each speaker's words and takes the best mapping of speakers (Watanabe
et al. 2020); tcpWER also asks that words lie near each other in time, within a collar (von Neumann et al. 2023).

Conventions
* Speech that the key does not score is no part of the reference; unlabelled speech is one speaker's.
* A clip is counted in words or in characters where all its speech is, else in characters as ``mixed``; the three are
  never pooled. A guess is normalised by its own language, or by the clip's where it has but one.
* Of more than 15 predicted speakers, the words of those who say least are insertions.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from soundscape.errors import EnvironmentFault
from soundscape.records import AnswerKey, KeyEvent, PredictedEvent, Prediction
from soundscape.scoring.prepare import label
from soundscape.scoring.text import TextMode, Unit, base_language, bounded, tokens, unit_of

ClipUnit: TypeAlias = Literal["word", "character", "mixed"]

_MOST_SPEAKERS = 15
_SHORTEST_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingErrors:
    """Errors against ``length`` reference words or characters over some clips; summable within one unit."""

    clips: int
    length: int
    cp_errors: int
    tcp_errors: int

    def __add__(self, other: MeetingErrors) -> MeetingErrors:
        """Return the counts of both sets of clips together."""
        return MeetingErrors(
            clips=self.clips + other.clips,
            length=self.length + other.length,
            cp_errors=self.cp_errors + other.cp_errors,
            tcp_errors=self.tcp_errors + other.tcp_errors,
        )

    @property
    def cpwer(self) -> float:
        """cpWER; of an empty reference 0 without errors, else 1."""
        return self.cp_errors / self.length if self.length else float(self.cp_errors > 0)

    @property
    def tcpwer(self) -> float:
        """tcpWER; of an empty reference 0 without errors, else 1."""
        return self.tcp_errors / self.length if self.length else float(self.tcp_errors > 0)


def meeting_errors(
    keys: Iterable[AnswerKey],
    predictions: Mapping[str, Prediction],
    *,
    collar: float = 5.0,
    mode: TextMode = "soundscape",
) -> dict[ClipUnit, MeetingErrors]:
    """Return pooled cpWER and tcpWER counts, by what the clips are counted in; clips without speech are left out.

    Args:
        keys: the answer keys.
        predictions: by clip; a clip without one is an empty answer.
        collar: of tcpWER, in seconds.
        mode: how transcriptions are normalised.

    Raises:
        EnvironmentFault: meeteval is not installed.
    """
    sums: dict[ClipUnit, MeetingErrors] = {}
    for key in keys:
        speech = [e for e in key.events if e.type == "speech" and e.scored]
        answer = predictions.get(key.clip_id)
        guesses = [g for g in answer.events if g.type == "speech"] if answer and answer.parsed else []
        if not speech:
            continue
        unit = _clip_unit(speech)
        errors = _clip_errors(speech, guesses, unit, collar, mode)
        sums[unit] = sums[unit] + errors if unit in sums else errors
    return sums


def _clip_unit(speech: list[KeyEvent]) -> ClipUnit:
    units = {unit_of(e.language, e.transcription or "") for e in speech}
    return units.pop() if len(units) == 1 else "mixed"


def _clip_errors(
    speech: list[KeyEvent], guesses: list[PredictedEvent], unit: ClipUnit, collar: float, mode: TextMode
) -> MeetingErrors:
    meeteval = _meeteval()
    counted: Unit = "word" if unit == "word" else "character"
    languages = {base_language(e.language) for e in speech}
    only = languages.pop() if len(languages) == 1 else None
    reference = [_segment(e, tokens(e.transcription or "", e.language, unit=counted, mode=mode)) for e in speech]
    longest = max(len(e.transcription or "") for e in speech)
    hypothesis = [
        _segment(g, tokens(bounded(g.transcription, longest), g.language or only, unit=counted, mode=mode))
        for g in guesses
    ]
    hypothesis, surplus = _fewer_speakers([h for h in hypothesis if h["words"]])
    left, right = meeteval.io.SegLST(reference), meeteval.io.SegLST(hypothesis)
    cp = meeteval.wer.wer.cp.cp_word_error_rate(left, right)
    tcp = meeteval.wer.wer.time_constrained.time_constrained_minimum_permutation_word_error_rate(
        left, right, collar=collar
    )
    return MeetingErrors(clips=1, length=cp.length, cp_errors=cp.errors + surplus, tcp_errors=tcp.errors + surplus)


def _segment(event: KeyEvent | PredictedEvent, words: tuple[str, ...]) -> dict[str, Any]:
    start = event.start_time
    return {
        "session_id": "clip",
        "start_time": start,
        # An utterance that ends before it starts is still said.
        "end_time": max(event.end_time, start + max(_SHORTEST_S, 1e-9 * abs(start))),
        "speaker": label(event.speaker_id) or "",
        "words": " ".join(words),
    }


def _fewer_speakers(segments: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Return the segments of those who say most, and the number of words of the others."""
    said: dict[str, int] = {}
    for segment in segments:
        said[segment["speaker"]] = said.get(segment["speaker"], 0) + len(segment["words"].split())
    kept = set(sorted(said, key=lambda name: -said[name])[:_MOST_SPEAKERS])
    return [s for s in segments if s["speaker"] in kept], sum(n for name, n in said.items() if name not in kept)


def _meeteval() -> Any:
    try:
        import meeteval  # type: ignore[import-not-found,import-untyped,unused-ignore]
        import meeteval.wer.wer.cp  # type: ignore[import-not-found,import-untyped,unused-ignore]
        import meeteval.wer.wer.time_constrained  # type: ignore[import-not-found,import-untyped,unused-ignore]
    except ImportError as error:
        raise EnvironmentFault(
            f"cpWER and tcpWER need meeteval, which is not installed ({error})",
            hint="pip install 'soundscape[meetings]'",
        ) from None
    return meeteval
