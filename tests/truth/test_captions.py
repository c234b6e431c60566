"""Captions say what the key says, all of a kind of it, and nothing else."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings

from soundscape.records import AnswerKey, KeyEvent, SceneFacts
from soundscape.truth.captions import fused as fusing
from soundscape.truth.captions import mecat, questions, styles
from soundscape.truth.captions.facts import Facts, facts_of
from soundscape.truth.captions.languages import NAMES, language_name
from soundscape.truth.captions.wording import cut, described, headline, listed, number
from tests.truth.caption_cases import LANGUAGES, event, key, keys

#: The words of the grammar: whatever else stands in a caption must come from the key. Written out here on purpose, so
#: that a new clause cannot add a word unseen.
GRAMMAR = {
    "a", "about", "absent", "acoustics", "after", "all", "also", "ambient", "among", "an", "and", "another",
    "any", "are", "around", "as", "at", "audible", "backdrop", "background", "be", "begin", "beginning",
    "behind", "besides", "beyond", "by", "can", "clearly", "clip", "coincide", "come", "comes", "compete",
    "competes", "could", "cover", "covered", "damped", "direct", "do", "dry", "effects", "eight", "empty",
    "end", "event", "everything", "far", "first", "five", "follow", "for", "foreground", "four", "from",
    "front", "has", "heard", "her", "high", "his", "holds", "in", "is", "it", "kind", "language", "languages",
    "largely", "level", "lies", "like", "little", "live", "loudest", "loudness", "low", "manner", "masked",
    "moderate", "moderately", "most", "mostly", "much", "music", "never", "next", "nine", "no", "not", "nothing", "of",
    "one", "only", "onset", "or", "order", "other", "out", "outset", "over", "overall", "overlap", "overlaps",
    "part", "partly", "passage", "passages", "people", "person", "plays", "quieter", "reverberant",
    "reverberation", "room", "s", "same", "separated", "seven", "silence", "single", "six", "some", "somebody",
    "sound", "sounds", "speak", "speakers", "speaking", "speaks", "speech", "spoken", "stands", "strongly",
    "suggests", "talk", "talking", "talks", "ten", "that", "the", "their", "them", "then", "there", "they",
    "this", "those", "three", "throughout", "time", "times", "to", "turn", "twice", "two", "under",
    "underneath", "uses", "vocal", "voice", "voices", "what", "while", "with", "without", "words",
}  # fmt: skip
NOUNS = {
    "babies", "baby", "boy", "boys", "child", "children", "elderly", "fifties", "forties", "girl", "girls",
    "man", "men", "people", "person", "sixties", "teenage", "teenager", "teenagers", "thirties", "toddler",
    "toddlers", "twenties", "woman", "women",
}  # fmt: skip
#: Where a caption states how many speak; who they are follows.
COUNTED = re.compile(
    r"\b(\w+) (?:people (?:speak|speaking)\b|voices are heard|speakers talking)"
    r"|(?<=comes from )(\w+)(?= people[,;.])"
)
NUMBERS = {number(n): n for n in range(13)}


def caption_texts(facts: Facts) -> list[str]:
    """Every caption of a clip, of whatever system."""
    out = [text for texts in mecat.captions(facts).values() for text in texts]
    out += [c.text for c in styles.scene_captions(facts)]
    out += [c.text for e in facts.events for c in styles.event_captions(e)]
    found = fusing.fused(facts.key)
    return [*out, found.caption, *(cue for cues in found.cues.values() for cue in cues)]


def all_texts(facts: Facts) -> list[str]:
    found = fusing.fused(facts.key)
    asked = [t for q in questions.candidates(facts) for t in (q.question, q.answer)]
    return [*caption_texts(facts), *(a.statement for a in found.ambiguities), *asked]


def invented(text: str) -> set[int]:
    """The numbers of the events whose invented words stand in a text."""
    return {int(n) for n in re.findall(r"(?:blorf|glorp)(\d+)", text, re.IGNORECASE)}


@given(keys())
@settings(max_examples=150, deadline=None)
def test_nothing_is_said_of_what_is_not_scored_and_no_spoken_word_is_repeated(clip: AnswerKey) -> None:
    scored = {int(e.event_id[1:]) for e in clip.events if e.scored}
    for text in all_texts(facts_of(clip)):
        assert invented(text) <= scored, text
        assert "zq" not in text, text


@given(keys())
@settings(max_examples=150, deadline=None)
def test_a_clip_without_its_unscored_events_has_the_same_texts(clip: AnswerKey) -> None:
    heard = replace(clip, events=tuple(e for e in clip.events if e.scored))
    assert all_texts(facts_of(clip)) == all_texts(facts_of(heard))


@given(keys())
@settings(max_examples=150, deadline=None)
def test_languages_and_numbers_are_those_of_the_key(clip: AnswerKey) -> None:
    facts = facts_of(clip)
    speech = [e for e in clip.events if e.scored and e.type == "speech"]
    spoken = {LANGUAGES[e.language] for e in speech if e.language}
    speakers = {e.speaker_id for e in speech}
    front = [e for e in clip.events if e.scored and e.type in ("sound_event", "vocal_burst") and e.role == "foreground"]
    for text in caption_texts(facts):
        assert {name for name in NAMES.values() if re.search(rf"\b{name}\b", text)} <= spoken, text
        for one, other in COUNTED.findall(text):
            assert NUMBERS[(one or other).lower()] == len(speakers), text
        for found in re.findall(r"\b(\w+) sounds\b", text):
            if found.lower() in NUMBERS:
                assert NUMBERS[found.lower()] == len(front) or found.lower() == "no", text
        for found in re.findall(r"\b(\w+) languages\b", text):
            assert NUMBERS[found.lower()] <= len(spoken), text
        for found in re.findall(r"\b(\w+) quieter sounds?\b(?! in the background)", text):
            left = 1 if found.lower() == "a" else NUMBERS[found.lower()]
            assert left in (len(front) - 3, len(front) - 5), text


@given(keys())
@settings(max_examples=150, deadline=None)
def test_every_word_is_one_of_the_grammar_or_of_the_key(clip: AnswerKey) -> None:
    facts = facts_of(clip)
    nouns = {word for v in facts.voices or () for word in re.findall(r"\w+", f"{v.one} {v.many}")}
    nouns |= {"people", "person", "man", "men", "woman", "women"} if facts.speech else set()
    names = {word for name in facts.languages for word in name.lower().split()}
    for text in caption_texts(facts):
        for word in re.findall(r"[^\W_]+", text.lower()):
            known = word in GRAMMAR or word in nouns or word in names or word.isdigit()
            assert known or word.startswith(("blorf", "glorp")), (word, text)
            assert word not in NOUNS or word in nouns, (word, text)


@given(keys())
@settings(max_examples=100, deadline=None)
def test_fields_are_three_different_strings_of_bounded_length_and_state_absence(clip: AnswerKey) -> None:
    facts = facts_of(clip)
    told = mecat.captions(facts)
    assert tuple(told) == ("short", "long", "speech", "music", "sound", "environment")
    for name, texts in told.items():
        assert len(set(texts)) == 3, (name, texts)
        for text in texts:
            assert len(text.split()) <= (15 if name == "short" else mecat.LONGEST), (name, text)
            assert text[0] == text[0].upper()
            assert text.endswith(".")
            assert "  " not in text
    scored = [e for e in clip.events if e.scored]
    there = {"speech": {"speech"}, "music": {"music"}, "sound": {"sound_event", "vocal_burst"}}
    absent = re.compile(r"^No |absent")
    for name, types in there.items():
        assert bool(absent.search(told[name][0])) == (not any(e.type in types for e in scored)), told[name]
    letters = "".join(
        letter if any(e.type in types for e in scored) else "0"
        for letter, types in zip("SMA", there.values(), strict=True)
    )
    assert facts.domain == letters
    assert len(fusing.fused(clip).caption.split()) <= mecat.LONGEST


@given(keys())
@settings(max_examples=100, deadline=None)
def test_styles_of_a_scene_tell_of_the_same_events(clip: AnswerKey) -> None:
    facts = facts_of(clip)
    for captions in (styles.scene_captions(facts), *(styles.event_captions(e) for e in facts.events)):
        assert [c.style for c in captions] == ["plain", "narrative", "report"]
        assert len({c.text for c in captions}) == 3
        assert len({frozenset(invented(c.text)) for c in captions}) == 1
        assert len({c.confidence for c in captions}) == 1
        assert 0.0 <= captions[0].confidence <= 1.0
    told = mecat.captions(facts)
    for field in ("long", "speech", "music", "sound"):
        assert len({frozenset(invented(text)) for text in told[field]}) == 1, told[field]


@given(keys())
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_events_in_the_key_changes_nothing(clip: AnswerKey) -> None:
    mixed = list(clip.events)
    random.Random(3).shuffle(mixed)
    assert all_texts(facts_of(clip)) == all_texts(facts_of(replace(clip, events=tuple(mixed))))


@given(keys())
@settings(max_examples=150, deadline=None)
def test_questions_are_five_and_their_answers_follow_from_the_key(clip: AnswerKey) -> None:
    facts = facts_of(clip)
    asked = questions.questions(facts)
    assert len(asked) == 5
    assert len({q.name(clip.clip_id) for q in asked}) == 5
    assert len({q.category for q in asked}) == 5
    answers = {q.question: q.answer for q in questions.candidates(facts)}
    for question in questions.candidates(facts):
        assert question.category in questions.CATEGORIES
        assert question.difficulty in questions.DIFFICULTIES
        assert question.question.endswith("?")
        assert question.answer.endswith(".")
    scored = [e for e in clip.events if e.scored]
    speech = [e for e in scored if e.type == "speech"]
    if all(e.speaker_id for e in speech):
        count = len({e.speaker_id for e in speech})
        answer = answers["How many different people speak in the audio?"]
        assert answer.lower().startswith(number(count) if count else "no one")
        talk = answers["Do people talk at the same time?"]
        both = any(
            a.speaker_id != b.speaker_id and min(a.end_time, b.end_time) > max(a.start_time, b.start_time)
            for i, a in enumerate(speech) for b in speech[i + 1 :]
        )  # fmt: skip
        if both:
            assert talk.startswith("Yes")
        elif len({e.speaker_id for e in speech}) < 2:
            assert talk.startswith("No")
    spoken = sorted({LANGUAGES[e.language] for e in speech if e.language})
    if spoken:
        (answer,) = [a for q, a in answers.items() if q.startswith("Which language")]
        assert answer == listed(spoken) + "."
    loudest = sorted(scored, key=lambda e: -e.level_lufs)
    if (answer := answers.get("Which single event is the loudest?")) and loudest[0].type != "speech":
        assert loudest[0].level_lufs >= loudest[1].level_lufs + 2
        assert invented(answer) == {int(loudest[0].event_id[1:])}
    music = answers["Is there music in the audio?"]
    assert music.startswith("Yes") == any(e.type == "music" for e in scored)


def share_of_talk(clip: AnswerKey) -> float:
    """Time in which two scored speech events or more last, over the time in which one does, between all edges."""
    speech = [e for e in clip.events if e.scored and e.type == "speech"]
    edges = sorted({t for e in speech for t in (e.start_time, e.end_time)})
    depth = [(b - a, sum(e.start_time <= a and e.end_time >= b for e in speech)) for a, b in pairwise(edges)]
    talk = sum(length for length, n in depth if n)
    return sum(length for length, n in depth if n > 1) / talk if talk else 0.0


@given(keys())
@settings(max_examples=150, deadline=None)
def test_how_far_voices_overlap_is_told_as_it_is(clip: AnswerKey) -> None:
    facts = facts_of(clip)
    share = share_of_talk(clip)
    if facts.voices is None or len(facts.voices) < 2 or abs(share - 0.5) < 1e-6:
        return
    none = re.compile(r"do not talk over one another|no two voices overlap|voices never coincide", re.IGNORECASE)
    most = re.compile(r"mostly talk over|most of the t(?:alk|ime)", re.IGNORECASE)
    for text in (*mecat.captions(facts)["long"], *(c.text for c in styles.scene_captions(facts))):
        assert bool(none.search(text)) == (share == 0.0), (share, text)
        assert bool(most.search(text)) == (share >= 0.5), (share, text)


@given(keys())
@settings(max_examples=150, deadline=None)
def test_what_is_first_loudest_or_longest_is_asked_and_answered(clip: AnswerKey) -> None:
    answers = {q.question: q.answer for q in questions.candidates(facts_of(clip))}
    scored = [e for e in clip.events if e.scored]
    front = [e for e in scored if e.role == "foreground"]
    sounds = [e for e in front if e.type in ("sound_event", "vocal_burst")]

    def check(question: str, rank: Callable[[KeyEvent], float], among: list[KeyEvent], lead: float) -> None:
        best = sorted(among, key=rank, reverse=True)
        if len(best) < 2 or abs(rank(best[0]) - rank(best[1]) - lead) < 1e-6:
            return
        clear = rank(best[0]) - rank(best[1]) > lead
        assert (question in answers) == clear, question
        if clear and best[0].type != "speech":
            assert invented(answers[question]) == {int(best[0].event_id[1:])}, question

    check("Which single event is the loudest?", lambda e: e.level_lufs, scored, 2.0)
    longest = "Which foreground sound, speech and music aside, lasts longest?"
    check(longest, lambda e: e.end_time - e.start_time, sounds, 0.5)
    check("Which event is covered most by the others?", lambda e: e.masked_share, scored, 0.1)
    check("What is the first thing to be heard in the foreground?", lambda e: -e.start_time, front, 0.2)
    count = len(sounds)
    found = answers["How many separate sounds other than speech and music stand in the foreground?"]
    assert found == ("None." if not count else "A sound." if count == 1 else f"{number(count).capitalize()} sounds.")


def test_all_categories_and_difficulties_come_up_over_clips() -> None:
    taken: Counter[str] = Counter()
    for digit in "0123456789abcdef":
        clip = key(
            event(0, "speech", 1, 5, speaker_id="S1", language="de", gender="male", transcription="ja", emotion="dry"),
            event(1, "speech", 4, 9, speaker_id="S2", language="fr", transcription="oui", emotion="warm"),
            event(2, "sound_event", 8, 10, description="a door slams", level_lufs=-15.0),
            event(3, "sound_event", 12, 14, description="a dog barks"),
            plan_digest=digit * 64,
        )
        for question in questions.questions(facts_of(clip)):
            taken[question.category] += 1
            taken[question.difficulty] += 1
    assert set(taken) == {*questions.CATEGORIES, *questions.DIFFICULTIES}


def test_a_scene_in_words() -> None:
    clip = key(
        event(0, "speech", 1, 5, speaker_id="S1", language="de", gender="female", age="adult_30s", transcription="x y",
              emotion="calm and even"),
        event(1, "speech", 4, 9, speaker_id="S2", language="fr", gender="male", age="senior_60s", transcription="z"),
        event(2, "sound_event", 10, 12, description="A dog barks twice; then whines."),
        event(3, "music", 0, 30, role="background", description="Slow piano in A minor"),
        event(4, "sound_event", 20, 22, description="thunder rolls far away", scored=False),
        scene=SceneFacts(rt60_measured=0.72),
    )  # fmt: skip
    facts = facts_of(clip)
    told = mecat.captions(facts)
    assert facts.domain == "SMA"
    assert "four" not in str(told)
    assert any("a woman in her thirties speaking German (calm and even)" in text.lower().replace("german", "German")
               for text in told["speech"])  # fmt: skip
    assert all("a dog barks twice" in text.lower() for text in told["sound"])
    assert all("slow piano in A minor" in text for text in told["music"])
    assert all("0.7 s" in text and "live room" in text for text in told["environment"])
    assert "thunder" not in str(all_texts(facts))


def test_sounds_that_are_not_told_are_counted() -> None:
    sounds = [
        event(n, "sound_event", n, n + 0.5, description=f"blorf{n} rings", level_lufs=-20.0 - n) for n in range(7)
    ]
    told = mecat.captions(facts_of(key(*sounds)))
    for text in told["long"]:
        assert invented(text) == {0, 1, 2}
        assert "seven sounds" in text.lower() or "four quieter sounds" in text, text
    for text in told["sound"]:
        assert invented(text) == {0, 1, 2, 3, 4}
        assert "seven sounds" in text.lower() or "two quieter sounds" in text, text
    for caption in styles.scene_captions(facts_of(key(*sounds))):
        assert "four quieter sounds" in caption.text.lower()


def test_silence_is_told_as_silence() -> None:
    facts = facts_of(key(event(0, "sound_event", 1, 2, description="a hum", scored=False)))
    assert facts.domain == "000"
    assert all("hum" not in text for text in all_texts(facts))
    assert len(questions.questions(facts)) == 5
    assert all(re.search(r"[Nn]o(thing)? |Silence", text) for text in mecat.captions(facts)["short"])


@pytest.mark.parametrize(
    ("description", "spoken"),
    [
        ("a man says come over here quickly", "Come over here, quickly!"),
        ("a voice shouts get out", "Get out"),
        ("someone calls 今日は雨です loudly", "今日は雨ですね。"),
    ],
)
def test_fused_captions_repeat_no_words(description: str, spoken: str) -> None:
    clip = key(
        event(0, "speech", 1, 5, speaker_id="S1", language="en", transcription=spoken, emotion=f"warm, {description}"),
        event(1, "sound_event", 6, 7, description=description),
    )
    found = fusing.fused(clip)
    assert description not in str(found)
    assert "warm" not in str(found)
    assert "a sound" in str(found.cues["sound"])


def test_common_words_are_not_taken_for_quotes() -> None:
    assert not fusing.quotes("a dog barks in the street", "I saw him in the street")
    assert not fusing.quotes("cars stop", "Stop!")
    assert fusing.quotes("He says: I saw him in the street", "I saw him in the street today")


def test_quoted_words_are_taken_out_of_descriptions() -> None:
    assert described("a man says 'come here' and laughs", 20) == "a man says and laughs"
    assert described("a dog's bark, the dogs' howl", 20) == "a dog's bark, the dogs' howl"


def test_ambiguities_follow_their_rules() -> None:
    clip = key(
        event(0, "speech", 1, 5, speaker_id="S1", gender="male", distance_m=1.0, transcription="a"),
        event(1, "speech", 4, 9, speaker_id="S2", gender="male", distance_m=2.0, transcription="b"),
        event(2, "sound_event", 10, 12, description="rain drums on a roof", distance_m=3.0, masked_share=0.6),
        event(3, "sound_event", 14, 15, description="a rocket climbs without any explosion", distance_m=3.0),
        event(4, "music", 0, 30, role="background", description="slow piano"),
        scene=SceneFacts(rt60_measured=0.9, dimensions=(5.0, 4.0, 3.0)),
    )
    found = Counter(a.rule for a in fusing.ambiguities(facts_of(clip)))
    assert found == {"confusable": 1, "masked": 1, "voices": 1, "distance": 1, "source of music": 1}
    dry = replace(clip, scene=SceneFacts(), events=(clip.events[3],))
    assert list(fusing.ambiguities(facts_of(dry))) == []


def test_the_words_of_small_things() -> None:
    assert [number(n) for n in (0, 1, 12, 13)] == ["no", "one", "twelve", "13"]
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert cut("a kettle hums and whistles, then boils", 6) == "a kettle hums and whistles"
    assert cut("a kettle hums for one, then boils over", 6) == "a kettle hums for one"
    assert cut("one two three of the four", 5) == "one two three"
    assert headline("a small coin drops onto a wooden table", 5) == "a small coin drops"
    assert headline("one two three four", 3) == ""
    assert headline("two rockets climb one after the other", 5) == ""
    assert headline("an old man mutters a shaky and toneless tune", 7) == ""
    assert described("Old-fashioned swing in A minor", 9) == "old-fashioned swing in A minor"
    assert described("Latin jazz", 9) == "Latin jazz"
    assert headline("a sparrow cheeps loudly, nine short, sharp, nearly equal chirps", 8) == ""
    assert cut("a fan, a bright, whining hiss of many vanes", 7, least=2) == "a fan, a bright, whining hiss"
    assert [language_name(c) for c in ("zh", "zh-Hant", "pt_BR", "xx")] == [
        "Mandarin", "Mandarin", "Portuguese", "a language with the code xx",
    ]  # fmt: skip
    assert all(name and code == code.lower() for code, name in NAMES.items())
