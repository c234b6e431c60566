"""Questions with answers that the key decides: five a clip, over MECAT's six categories and four difficulties.

Every question that applies to a clip is a candidate. Five are taken: from the categories in an order drawn by the
clip's name, one each as long as there are any, and of each the one whose difficulty is taken least so far.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from soundscape.randomness import unit
from soundscape.records import KeyEvent
from soundscape.truth.captions import clauses
from soundscape.truth.captions.facts import SHORTEST_OVERLAP, Facts, describe, groups, manner, shared
from soundscape.truth.captions.languages import language_name
from soundscape.truth.captions.wording import counted, listed, number, sentence

CATEGORIES = (
    "direct_perception", "sound_characteristics", "quality_assessment", "environment_reasoning",
    "inference_judgement", "application_context",
)  # fmt: skip
DIFFICULTIES = ("basic", "intermediate", "advanced", "complex")
PER_CLIP = 5
#: Two levels or SNRs closer than this (dB) are not told apart.
CLEAR_DB = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, its answer, and what it is of."""

    category: str
    difficulty: str
    question: str
    answer: str

    def name(self, clip_id: str) -> str:
        """Return the key under which MECAT has it: the clip and a digest of the question."""
        return f"{clip_id}_{hashlib.sha256(self.question.encode()).hexdigest()[:8]}"


def questions(facts: Facts) -> tuple[Question, ...]:
    """Return the five questions of a clip."""
    found = candidates(facts)
    seed = facts.key.plan_digest
    order = sorted(CATEGORIES, key=lambda c: unit(seed, "question", c))
    used: Counter[str] = Counter()
    taken: list[Question] = []
    while len(taken) < PER_CLIP and found:
        for category in order:
            own = [q for q in found if q.category == category]
            if own and len(taken) < PER_CLIP:
                best = min(own, key=lambda q: (used[q.difficulty], unit(seed, "question", q.question)))
                taken.append(best)
                used[best.difficulty] += 1
                found.remove(best)
    return tuple(taken)


def candidates(facts: Facts) -> list[Question]:
    """Return every question that applies to a clip."""
    makers: tuple[Callable[[Facts], Iterator[Question]], ...] = (
        _perception, _characteristics, _quality, _environment, _inference, _application,
    )  # fmt: skip
    return [q for make in makers for q in make(facts)]


def _ask(category: str, difficulty: str, question: str, answer: str) -> Question:
    return Question(category=category, difficulty=difficulty, question=question, answer=sentence(answer))


def _told(event: KeyEvent) -> str:
    """Return an event as an answer names it."""
    if event.type != "speech":
        return describe(event)
    return f"speech in {language_name(event.language)}" if event.language else "speech"


def _perception(facts: Facts) -> Iterator[Question]:
    ask = "direct_perception"
    voices = facts.voices
    if voices is not None:
        count = len(voices)
        who = groups(voices)
        answer = "no one is speaking" if not count else f"{number(count)}{f': {who}' if who else ''}"
        yield _ask(ask, "basic", "How many different people speak in the audio?", answer)
    yield _ask(ask, "basic", "Is there music in the audio?", _yes(clauses.music(facts), "no music can be heard"))
    if facts.speech and facts.languages:
        plural = "languages are" if len(facts.languages) > 1 else "language is"
        yield _ask(ask, "intermediate", f"Which {plural} spoken?", listed(facts.languages))
    count = len(facts.sounds)
    answer = counted(count, "sound", "sounds") if count else "none"
    yield _ask(
        ask, "intermediate", "How many separate sounds other than speech and music stand in the foreground?", answer
    )
    front = [e for e in facts.events if e.role == "foreground"]
    if len(front) >= 2 and front[1].start_time - front[0].start_time >= SHORTEST_OVERLAP:
        yield _ask(ask, "basic", "What is the first thing to be heard in the foreground?", _told(front[0]))
        last = sorted(front, key=lambda e: e.end_time)
        if last[-1].end_time - last[-2].end_time >= SHORTEST_OVERLAP:
            yield _ask(ask, "intermediate", "Which foreground sound is the last to end?", _told(last[-1]))


def _yes(found: clauses.Wordings | None, absent: str) -> str:
    return f"no, {absent}" if found is None else f"yes; {found[0]}"


def _characteristics(facts: Facts) -> Iterator[Question]:
    ask = "sound_characteristics"
    loud = sorted(facts.events, key=lambda e: -e.level_lufs)
    if len(loud) >= 2 and loud[0].level_lufs - loud[1].level_lufs >= CLEAR_DB:
        yield _ask(ask, "advanced", "Which single event is the loudest?", _told(loud[0]))
    if facts.music:
        yield _ask(ask, "intermediate", "What is the music like?", "; then ".join(describe(e) for e in facts.music[:3]))
    voices = facts.voices or ()
    if len(voices) == 1 and (how := manner(voices[0].turns[0])):
        yield _ask(ask, "intermediate", "In what manner does the speaker begin to talk?", how)
    if len(voices) >= 2:
        talk = sorted(((sum(e.end_time - e.start_time for e in v.turns), v) for v in voices), key=lambda p: -p[0])
        (most, who), (second, _) = talk[:2]
        unique = sum(v.article == who.article and v.languages == who.languages for v in voices) == 1
        if most - second >= 1.0 and unique:
            answer = f"{who.article} speaking {clauses.languages(who.languages)}" if who.languages else who.article
            yield _ask(ask, "complex", "Who talks for the longest time in all?", answer)
    if facts.sounds:
        longest = sorted(facts.sounds, key=lambda e: e.start_time - e.end_time)
        if len(longest) == 1:
            yield _ask(
                ask, "basic", "What is the one foreground sound that is neither speech nor music?", _told(longest[0])
            )
        elif _length(longest[0]) - _length(longest[1]) >= 0.5:
            yield _ask(
                ask, "advanced", "Which foreground sound, speech and music aside, lasts longest?", _told(longest[0])
            )
    level = clauses.level(facts)
    yield _ask(ask, "basic", "How loud is the audio as a whole?", level[0] if level else "it has no measurable level")


def _length(event: KeyEvent) -> float:
    return event.end_time - event.start_time


def _quality(facts: Facts) -> Iterator[Question]:
    ask = "quality_assessment"
    clear = clauses.clarity(facts)
    if clear is not None:
        yield _ask(ask, "intermediate", "How well do the foreground sounds stand out from the rest?", clear[0])
    rated = sorted((e for e in facts.speech if e.snr_db is not None), key=lambda e: e.snr_db or 0.0)
    if rated:
        worst = rated[0].snr_db or 0.0
        answer = f"at its worst it is {abs(worst):.0f} dB {'below' if worst < 0 else 'above'} everything else"
        yield _ask(ask, "advanced", "How does the speech compare in level with everything else at its worst?", answer)
    hidden = sorted(facts.events, key=lambda e: -e.masked_share)
    if len(hidden) >= 2 and hidden[0].masked_share - hidden[1].masked_share >= 0.1:
        question = "Which event is covered most by the others?"
        yield _ask(ask, "complex", question, f"{_told(hidden[0])}, about {hidden[0].masked_share:.0%} of it")
    peak = facts.key.true_peak_dbtp
    if peak is None:
        answer = "there is no signal to be distorted"
    elif peak < 0:
        answer = f"no, the true peak of {peak:.1f} dBTP stays below full scale"
    else:
        answer = f"it may be, with a true peak of {peak:.1f} dBTP"
    yield _ask(ask, "basic", "Is the recording driven into clipping?", answer)


def _environment(facts: Facts) -> Iterator[Question]:
    ask = "environment_reasoning"
    yield _ask(ask, "intermediate", "How reverberant does the place sound?", clauses.room(facts)[0])
    under = [e for e in (*facts.beds, *facts.music) if e.role == "background"]
    answer = "; also ".join(_told(e) for e in under[:2]) if under else "nothing"
    yield _ask(ask, "basic", "What lies in the background of the whole scene?", answer)
    placed = sorted((e for e in facts.events if e.distance_m is not None), key=lambda e: e.distance_m or 0.0)
    if len(placed) >= 2:
        near, far = placed[0].distance_m or 0.0, placed[-1].distance_m or 0.0
        if far - near >= 1.0:
            answer = f"about {near:.0f} m away the nearest and {far:.0f} m the farthest; nearest: {_told(placed[0])}"
            yield _ask(ask, "complex", "How near and how far are the sources in the room?", answer)
    size = facts.key.scene.dimensions
    if size is not None:
        volume = size[0] * size[1] * size[2]
        kind = "a small room" if volume < 50 else "a medium-sized room" if volume < 150 else "a large room"
        yield _ask(
            ask, "advanced", "What size of room does the reverberation belong to?", f"{kind} of about {volume:.0f} m³"
        )


def _inference(facts: Facts) -> Iterator[Question]:
    ask = "inference_judgement"
    both = clauses.simultaneous(facts)
    if both is not None:
        answer = f"{_told(both[0])}; and {_told(both[1])}"
        yield _ask(ask, "complex", "Which two foreground events share the most time?", answer)
    voices = facts.voices
    if voices is not None:
        if len(voices) < 2:
            answer = "no, there is one voice at most" if voices else "no, no one speaks at all"
        else:
            answer = f"yes; {clauses.conversation(facts)[0]}" if facts.overlap else "no, the speakers never overlap"  # type: ignore[index]
        yield _ask(ask, "intermediate", "Do people talk at the same time?", answer)
        turns = sorted((e for v in voices for e in v.turns), key=lambda e: e.start_time)
        changes = sum(a.speaker_id != b.speaker_id for a, b in pairwise(turns))
        if len(voices) >= 2:
            answer = f"it changes {number(changes)} times" if changes > 1 else "it changes once"
            yield _ask(ask, "advanced", "How often does the turn pass from one speaker to another?", answer)
        switch = clauses.switching(facts)
        if len(facts.languages) > 1:
            answer = f"no; {switch[0]}" if switch else "yes, nobody changes language"
            yield _ask(ask, "complex", "Does every speaker keep to one language?", answer)
    kinds = {"speech": "speech", "music": "music", "sound": "other sounds"}
    present = [kinds[m] for m in facts.modalities]
    answer = listed(present) if present else "none of them"
    yield _ask(ask, "basic", "Which of speech, music and other sounds does the audio hold?", answer)
    interrupted = [(a, e) for a in facts.speech for e in facts.sounds if shared(a, e) >= SHORTEST_OVERLAP]
    if facts.speech and facts.sounds:
        others = list(dict.fromkeys(_told(e) for _, e in interrupted))
        answer = f"yes: {'; '.join(others[:3])}" if others else "no, none of them coincides with speech"
        yield _ask(ask, "advanced", "Do sounds fall into somebody's speech?", answer)


def _application(facts: Facts) -> Iterator[Question]:
    ask = "application_context"
    if facts.speech and facts.languages:
        few = len(facts.languages)
        answer = f"{number(few)}: {listed(facts.languages)}"
        yield _ask(ask, "intermediate", "How many languages must a transcription service handle here?", answer)
    else:
        answer = "some talk" if facts.speech else "nothing, as no one speaks"
        yield _ask(ask, "basic", "What would a transcription service find to write down?", answer)
    named = [describe(e) for e in facts.sounds[:4]]
    answer = "; ".join(named) if named else "none"
    yield _ask(ask, "basic", "Which sounds should captions for deaf viewers name first, in order?", answer)
    if facts.voices is not None:
        many = len(facts.voices) > 1
        answer = (
            "yes, with speech that overlaps"
            if many and facts.overlap
            else "yes, but no speech overlaps"
            if many
            else "no"
        )
        yield _ask(ask, "advanced", "Would telling the speakers apart be needed to make minutes of this?", answer)
    if facts.speech and facts.snr is not None:
        masked, crowded = facts.snr < clauses.SNR_STEPS[1], facts.overlap >= 0.2
        told = (("other sounds compete with it", masked), ("voices overlap", crowded))
        reasons = [reason for reason, holds in told if holds]
        answer = f"no: {listed(reasons)}" if reasons else "yes, it stands out and voices hardly overlap"
        yield _ask(ask, "complex", "Would this do as clean speech for training a synthetic voice?", answer)
