"""Marks one clip: every guess against every true event of its type.

Goal: for each true event its best guess (many-to-one, as published) and its assigned guess (one-to-one), each with what
agrees and what does not; for the guesses, which are invented. Sums and means are made of this in
:mod:`soundscape.scoring.tally`.

Conventions
* A guess is looked at only where it overlaps a true event of its type; elsewhere IoU, and with it every product, is 0.
* Ties among speakers go to those whose events agree in time and content, speech before bursts.
* Ties among assignments go, in this order, to the greater sum of scores, of IoU, of word accuracy (or cosine), and of
  right speakers. They are added to the weights at 1e-9 and below, so totals are optimal within that.
* What then still ties goes by time and text (:func:`soundscape.scoring.prepare.place_of`), so that the order in which
  events are listed decides nothing but ties between best guesses, as published.
* A guess that is assigned to no scored event but overlaps an unscored one of its type is *excused*: it counts nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from soundscape.records import EventType, PredictedEvent
from soundscape.scoring.embedders import Captions
from soundscape.scoring.matching import assign, iou, match_speakers, overlap
from soundscape.scoring.options import Options
from soundscape.scoring.prepare import PreparedKey, TrueEvent, event_caption, label, place_of
from soundscape.scoring.text import WordErrors, bounded, count_edits, tokens

#: What became of a guess: it is some event's; it overlaps events of its type, all of which have a better one; it
#: overlaps none; it counts nowhere, because what it overlaps is not scored.
Fate: TypeAlias = Literal["assigned", "spare", "invented", "excused"]

#: Values closer than this are ties.
TIE = 1e-12


class Pair(NamedTuple):
    """A true event and a guess of its type that overlap; ``rank`` is their place where only order is left to decide.

    ``cosine`` is None where the key has no caption. ``wanted`` is IoU times content with word error rate limited to 1,
    by which guesses are chosen; ``content`` is what is scored. ``errors`` and ``wer`` exist for speech.
    """

    row: int
    column: int
    rank: tuple[int, int]
    iou: float
    content: float
    wanted: float
    cosine: float | None
    wer: float | None
    errors: WordErrors | None
    onset: float


class Match(NamedTuple):
    """The guess assigned to a true event. ``speaker`` is 1 for the right speaker or where labels are missing, else 0.

    ``right_speaker`` is None unless the event is speech whose key names a speaker.
    """

    guess: int
    iou: float
    content: float
    score: float
    cosine: float | None
    wer: float | None
    errors: WordErrors | None
    speaker: int
    right_speaker: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMark:
    """How one true event was answered.

    ``iou``, ``cosine`` and ``content`` are those of the best guess (None: nothing overlaps), ``strict_*`` those of the
    guess that the assignment by IoU times content gives it, ``match`` the assignment behind recall, precision and F1.
    ``cosine`` and ``strict_cosine`` are None where the key has no caption, and 0 for a miss.
    """

    event: TrueEvent
    guess: int | None
    iou: float
    content: float
    cosine: float | None
    strict_iou: float
    strict_content: float
    strict_cosine: float | None
    match: Match | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipMarks:
    """How one clip was answered.

    ``fates`` holds what became of every guess, in the order of the answer. ``guesses`` counts all, ``excused`` those
    that count nowhere, ``invented`` those that overlap no true event of their type, ``unassigned`` those that are
    assigned none; the last two leave out the excused.
    """

    clip_id: str
    events: tuple[EventMark, ...]
    fates: tuple[Fate, ...]
    guesses: int
    excused: int
    invented: int
    unassigned: int


def mark_clip(
    key: PreparedKey, guesses: Sequence[PredictedEvent], captions: Captions, options: Options | None = None
) -> ClipMarks:
    """Mark the guesses of one clip.

    Args:
        key: prepared under the same options.
        guesses: in the order of the answer.
        captions: compares captions.
        options: how to mark; the profile ``laion`` by default.
    """
    chosen = options or Options()
    pairs = _overlapping_pairs(key, guesses, captions, chosen)
    speakers = _speaker_map(pairs, key, guesses)
    agrees = [_speaker_agrees(key.events[p.row], guesses[p.column], speakers) for p in pairs]
    strict = _assignment(pairs, agrees, by_score=False)
    matched = _assignment(pairs, agrees, by_score=True) if chosen.assignment == "score" else strict
    by_row: dict[int, list[Pair]] = {}
    for pair in pairs:
        by_row.setdefault(pair.row, []).append(pair)
    events = []
    for row, true in enumerate(key.events):
        best = _best(by_row[row], chosen.argmax) if row in by_row else None
        fixed = pairs[strict[row]] if row in strict else None
        match = None
        if row in matched:
            pair = pairs[matched[row]]
            match = _match(true, guesses[pair.column], pair, agrees[matched[row]])
        events.append(_event_mark(true, best, fixed, match))
    assigned = {pairs[n].column for n in matched.values()}
    touching = {p.column for p in pairs}
    fates = tuple(_fate(key, guess, j in assigned, j in touching) for j, guess in enumerate(guesses))
    excused, invented = fates.count("excused"), fates.count("invented")
    return ClipMarks(
        clip_id=key.clip_id,
        events=tuple(events),
        fates=fates,
        guesses=len(guesses),
        excused=excused,
        invented=invented,
        unassigned=len(guesses) - excused - len(assigned),
    )


def _fate(key: PreparedKey, guess: PredictedEvent, assigned: bool, touching: bool) -> Fate:
    if assigned:
        return "assigned"
    if _overlaps_unscored(key, guess):
        return "excused"
    return "spare" if touching else "invented"


def _overlapping_pairs(
    key: PreparedKey, guesses: Sequence[PredictedEvent], captions: Captions, options: Options
) -> list[Pair]:
    """Return the pairs that overlap, in the order of their ranks."""
    overlaps = list(_overlaps(key, guesses))
    columns = sorted({column for _, column, _ in overlaps}, key=lambda j: place_of(guesses[j]))
    rank = {column: n for n, column in enumerate(columns)}
    texts = {column: event_caption(guesses[column]) for column in columns}
    out: list[Pair] = []
    for row, column, timing in overlaps:
        true = key.events[row]
        where = (row, column, (true.rank, rank[column]))
        out.append(_compare(true, guesses[column], where, timing, texts[column], captions, options))
    return sorted(out, key=lambda p: p.rank)


def _overlaps(key: PreparedKey, guesses: Sequence[PredictedEvent]) -> Iterator[tuple[int, int, float]]:
    """Yield row, column and IoU wherever a guess overlaps a true event of its type."""
    by_type: dict[EventType, list[tuple[int, PredictedEvent]]] = {}
    for column, guess in enumerate(guesses):
        by_type.setdefault(guess.type, []).append((column, guess))
    for row, true in enumerate(key.events):
        for column, guess in by_type.get(true.type, ()):
            if guess.start_time < true.end and guess.end_time > true.start:
                timing = iou(true.start, true.end, guess.start_time, guess.end_time)
                if timing > 0.0:
                    yield row, column, timing


def captions_needed(key: PreparedKey, guesses: Sequence[PredictedEvent]) -> Iterator[str]:
    """Yield every caption that marking a clip will look at, so that a model can embed many clips' in one batch."""
    for row, column, _ in _overlaps(key, guesses):
        wanted = key.events[row].caption
        if wanted is not None:
            yield wanted
            yield event_caption(guesses[column])


def _compare(
    true: TrueEvent,
    guess: PredictedEvent,
    where: tuple[int, int, tuple[int, int]],
    timing: float,
    caption: str,
    captions: Captions,
    options: Options,
) -> Pair:
    cosine = None if true.caption is None else captions.cosine(true.caption, caption)
    if true.type != "speech":
        content = 1.0 if cosine is None else cosine
        return Pair(*where, timing, content, timing * content, cosine, None, None, guess.start_time)
    hypothesis = tokens(
        bounded(guess.transcription, true.text_length), true.language, unit=true.unit, mode=options.text
    )
    errors = WordErrors(
        unit=true.unit,
        edits=count_edits(true.words, hypothesis),
        length=len(true.words),
        hypothesis_length=len(hypothesis),
    )
    limited = min(1.0, errors.rate)
    wer = limited if options.wer_clamp == "on" else errors.rate
    content = _speech_content(cosine, wer)
    wanted = timing * (content if wer == limited else _speech_content(cosine, limited))
    return Pair(*where, timing, content, wanted, cosine, wer, errors, guess.start_time)


def _speech_content(cosine: float | None, wer: float) -> float:
    return 1.0 - wer if cosine is None else 0.5 * cosine + 0.5 * (1.0 - wer)


def _speaker_map(pairs: list[Pair], key: PreparedKey, guesses: Sequence[PredictedEvent]) -> dict[str, str]:
    shared: dict[tuple[str, str], list[tuple[float, float]]] = {}
    affinity: dict[tuple[str, str], float] = {}
    for pair in pairs:
        true, guess = key.events[pair.row], guesses[pair.column]
        name, called = true.speaker, label(guess.speaker_id)
        if name is None or called is None:
            continue
        span = (max(true.start, guess.start_time), min(true.end, guess.end_time))
        shared.setdefault((name, called), []).append(span)
        weight = 2e-9 if true.type == "speech" else 1e-9
        affinity[name, called] = affinity.get((name, called), 0.0) + weight * pair.wanted
    return match_speakers(shared, affinity) if shared else {}


def _speaker_agrees(true: TrueEvent, guess: PredictedEvent, speakers: dict[str, str]) -> int:
    """Return 1 or 0; sounds and music have no speaker, and a missing label on either side counts as agreement."""
    called = label(guess.speaker_id)
    return 1 if true.speaker is None or called is None or speakers.get(true.speaker) == called else 0


def _assignment(pairs: list[Pair], agrees: list[int], *, by_score: bool) -> dict[int, int]:
    """Return the index of the chosen pair for every assigned row."""
    numbers = {p.rank: n for n, p in enumerate(pairs)}
    weights = {}
    for n, p in enumerate(pairs):
        score = p.wanted * agrees[n]
        first, second = (score, p.wanted) if by_score else (p.wanted, score)
        accuracy = 1.0 - min(1.0, p.wer) if p.wer is not None else p.cosine or 0.0
        weights[p.rank] = first + 1e-9 * second + 1e-11 * p.iou + 1e-12 * accuracy + 1e-13 * agrees[n]
    return {pairs[numbers[edge]].row: numbers[edge] for edge in assign(weights)}


def _best(candidates: list[Pair], argmax: str) -> Pair:
    """Return the pair that serves a true event best; ties to the higher IoU, the earlier onset, the lower index."""
    if len(candidates) == 1:
        return candidates[0]
    values = [p.iou if argmax == "iou" else p.wanted for p in candidates]
    most = max(values)
    left = [p for p, value in zip(candidates, values, strict=True) if value >= most - TIE]
    longest = max(p.iou for p in left)
    return min((p for p in left if p.iou >= longest - TIE), key=lambda p: (p.onset, p.column))


def _match(true: TrueEvent, guess: PredictedEvent, pair: Pair, agrees: int) -> Match:
    names_speaker = true.type == "speech" and true.speaker is not None
    return Match(
        guess=pair.column,
        iou=pair.iou,
        content=pair.content,
        score=pair.iou * pair.content * agrees,
        cosine=pair.cosine,
        wer=pair.wer,
        errors=pair.errors,
        speaker=agrees,
        # An answer without a label is not punished in the score, and has not named the speaker either.
        right_speaker=bool(agrees and label(guess.speaker_id)) if names_speaker else None,
    )


def _event_mark(true: TrueEvent, best: Pair | None, fixed: Pair | None, match: Match | None) -> EventMark:
    missed = None if true.caption is None else 0.0
    return EventMark(
        event=true,
        guess=best.column if best else None,
        iou=best.iou if best else 0.0,
        content=best.content if best else 0.0,
        cosine=best.cosine if best else missed,
        strict_iou=fixed.iou if fixed else 0.0,
        strict_content=fixed.content if fixed else 0.0,
        strict_cosine=fixed.cosine if fixed else missed,
        match=match,
    )


def _overlaps_unscored(key: PreparedKey, guess: PredictedEvent) -> bool:
    return any(
        kind == guess.type and overlap(start, end, guess.start_time, guess.end_time) > 0.0
        for kind, start, end in key.unscored
    )
