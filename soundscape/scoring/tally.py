"""The columns of the table, as sums that can be added.

Goal: nobody averages rates by accident. A column is a total over a count, both kept; tallies of clips add up to the
tally of the set, and a value is taken at the end. After meeteval's error rates.

=============== ======================================================= ====================================
column          total                                                   count
=============== ======================================================= ====================================
reward          IoU · content at the best guess, a miss 0               true events
iou_cos         IoU · cosine at the best guess                          true events with a caption
iou             IoU at the best guess                                   true events
strict_*        the same three at the assigned guess                    the same
f1              2ΣS / (#true + #pred); 1 with none of either            clips
recall          ΣS / #true                                              clips with true events
precision       ΣS / #pred                                              clips with guesses
wer             word error rate                                         matched speech
how             cosine of style captions                                matched speech with a style caption
snd             cosine of captions                                      matched sound events and music
burst           cosine of captions                                      matched vocal bursts
spk_acc         right speakers                                          matched speech whose key has a speaker
halluc          guesses that overlap no true event of their type        guesses
pred, true      guesses, true events                                    clips
excused         guesses at unscored events, in no other column          clips
unparsed        answers that could not be read                          clips
missing         clips without an answer                                 clips
=============== ======================================================= ====================================

S is IoU · content · speaker at the assigned guess; guesses that are excused are left out of #pred and halluc.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from soundscape.scoring.clip import ClipMarks, EventMark
from soundscape.scoring.options import Options
from soundscape.scoring.text import WordErrors

#: Column name to (heading, whether more is better: None where neither is).
COLUMNS: dict[str, tuple[str, bool | None]] = {
    "reward": ("Reward", True),
    "iou_cos": ("IoU×cos", True),
    "iou": ("IoU", True),
    "strict_reward": ("Strict Reward", True),
    "strict_iou_cos": ("Strict IoU×cos", True),
    "strict_iou": ("Strict IoU", True),
    "f1": ("F1", True),
    "recall": ("recall", True),
    "precision": ("precision", True),
    "wer": ("WER", False),
    "how": ("how (cos)", True),
    "snd": ("snd (cos)", True),
    "burst": ("burst (cos)", True),
    "spk_acc": ("spkAcc", True),
    "halluc": ("halluc", False),
    "pred": ("#pred", None),
    "true": ("#true", None),
    "excused": ("excused", None),
    "unparsed": ("unparsed", False),
    "missing": ("missing", False),
}
COLUMN_NAMES = tuple(COLUMNS)
_INDEX = {name: i for i, name in enumerate(COLUMN_NAMES)}


@dataclass(frozen=True, slots=True)
class Tally:
    """Totals and counts of every column, in the order of :data:`COLUMNS`, and word errors by language.

    Raises:
        ValueError: a count is negative, or a column has a total without a count.
    """

    totals: tuple[float, ...]
    counts: tuple[int, ...]
    words: tuple[tuple[str, WordErrors], ...] = ()

    def __post_init__(self) -> None:
        if len(self.totals) != len(COLUMN_NAMES) or len(self.counts) != len(COLUMN_NAMES):
            raise ValueError(f"a tally holds {len(COLUMN_NAMES)} columns, not {len(self.totals)}/{len(self.counts)}")
        for name, total, count in zip(COLUMN_NAMES, self.totals, self.counts, strict=True):
            if count < 0 or (count == 0 and total != 0.0):
                raise ValueError(f"column {name} has the total {total} over a count of {count}")

    def __add__(self, other: Tally) -> Tally:
        """Return the tally of both sets of clips together."""
        return pool((self, other))

    def value(self, column: str) -> float | None:
        """Return a column's total over its count, or None where there is nothing to count."""
        i = _INDEX[column]
        return self.totals[i] / self.counts[i] if self.counts[i] else None

    def total(self, column: str) -> float:
        """Return a column's total."""
        return self.totals[_INDEX[column]]

    def count(self, column: str) -> int:
        """Return a column's count."""
        return self.counts[_INDEX[column]]

    def columns(self) -> dict[str, float | None]:
        """Return the value of every column."""
        return {name: self.value(name) for name in COLUMN_NAMES}


def pool(tallies: Iterable[Tally]) -> Tally:
    """Return the tally of many sets of clips together."""
    totals, counts = [0.0] * len(COLUMN_NAMES), [0] * len(COLUMN_NAMES)
    words: dict[str, WordErrors] = {}
    for tally in tallies:
        totals = [a + b for a, b in zip(totals, tally.totals, strict=True)]
        counts = [a + b for a, b in zip(counts, tally.counts, strict=True)]
        _add_words(words, tally.words)
    return Tally(tuple(totals), tuple(counts), tuple(sorted(words.items())))


def _add_words(sums: dict[str, WordErrors], more: Iterable[tuple[str, WordErrors]]) -> None:
    for language, errors in more:
        sums[language] = sums[language] + errors if language in sums else errors


def tally_clip(marks: ClipMarks, options: Options, *, parsed: bool = True, missing: bool = False) -> Tally:
    """Return the tally of one clip."""
    sums: dict[str, tuple[float, int]] = {}
    words: dict[str, WordErrors] = {}
    _add_event_means(sums, marks, per_clip=options.reward_mean == "per-clip")
    _add_f1(sums, marks, options)
    _add_matched(sums, marks, misses_count=options.misses == "as-zero")
    _add_words(words, ((e.event.language_label, e.match.errors) for e in marks.events if e.match and e.match.errors))
    counted = marks.guesses - marks.excused
    sums["halluc"] = (marks.unassigned if options.halluc == "one-to-one" else marks.invented), counted
    sums["pred"], sums["true"] = (counted, 1), (len(marks.events), 1)
    sums["excused"], sums["unparsed"], sums["missing"] = (marks.excused, 1), (not parsed, 1), (missing, 1)
    pairs = [sums.get(name, (0.0, 0)) for name in COLUMN_NAMES]
    return Tally(tuple(float(t) for t, _ in pairs), tuple(c for _, c in pairs), tuple(sorted(words.items())))


def _add_event_means(sums: dict[str, tuple[float, int]], marks: ClipMarks, *, per_clip: bool) -> None:
    events = marks.events
    captioned = [e for e in events if e.cosine is not None]
    strictly = [e for e in events if e.strict_cosine is not None]
    values = {
        "reward": [e.iou * e.content for e in events],
        "iou_cos": [e.iou * (e.cosine or 0.0) for e in captioned],
        "iou": [e.iou for e in events],
        "strict_reward": [e.strict_iou * e.strict_content for e in events],
        "strict_iou_cos": [e.strict_iou * (e.strict_cosine or 0.0) for e in strictly],
        "strict_iou": [e.strict_iou for e in events],
    }
    for name, each in values.items():
        if each:
            sums[name] = (sum(each) / len(each), 1) if per_clip else (sum(each), len(each))


def _add_f1(sums: dict[str, tuple[float, int]], marks: ClipMarks, options: Options) -> None:
    scores = [e.match.score for e in marks.events if e.match]
    credit = sum(scores)
    if options.f1 == "hard":
        credit = sum(score >= options.f1_threshold for score in scores)
    true, counted = len(marks.events), marks.guesses - marks.excused
    sums["f1"] = (2.0 * credit / (true + counted) if true + counted else 1.0), 1
    if true:
        sums["recall"] = credit / true, 1
    if counted:
        sums["precision"] = credit / counted, 1


def _add_matched(sums: dict[str, tuple[float, int]], marks: ClipMarks, *, misses_count: bool) -> None:
    considered = [e for e in marks.events if e.match or misses_count]
    speech = [e for e in considered if e.event.type == "speech"]
    captioned = [e for e in considered if e.event.caption is not None]
    groups: dict[str, list[float]] = {
        "wer": [1.0 if e.match is None or e.match.wer is None else e.match.wer for e in speech],
        "how": [_matched_cosine(e) for e in captioned if e.event.type == "speech"],
        "snd": [_matched_cosine(e) for e in captioned if e.event.type in ("sound_event", "music")],
        "burst": [_matched_cosine(e) for e in captioned if e.event.type == "vocal_burst"],
        "spk_acc": [float(e.match.right_speaker) for e in speech if e.match and e.match.right_speaker is not None],
    }
    for name, each in groups.items():
        if each:
            sums[name] = sum(each), len(each)


def _matched_cosine(mark: EventMark) -> float:
    return mark.match.cosine or 0.0 if mark.match else 0.0
