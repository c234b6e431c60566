"""Absent-event probes and meeting error rates."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from soundscape.errors import EnvironmentFault
from soundscape.records import Prediction
from soundscape.scoring.baselines import baseline
from soundscape.scoring.embedders import Captions
from soundscape.scoring.lexical import LexicalEmbedder
from soundscape.scoring.meetings import MeetingErrors, meeting_errors
from soundscape.scoring.prepare import event_caption
from soundscape.scoring.probes import PROBED_TYPES, Probe, ask_probes, draw_probes

SOUNDS = ["a dog barks", "rain on a roof", "a siren wails", "glass shatters", "a clock ticks", "a train passes"]


@pytest.fixture
def captions():
    return Captions(LexicalEmbedder())


@pytest.fixture(scope="module")
def keys(cases):
    def sound(n):
        return cases.true_event(f"s{n}", "sound_event", n, n + 1, description=SOUNDS[n % len(SOUNDS)])

    return [cases.answer_key(f"clip{n}", [sound(n), sound(n + 1)]) for n in range(6)]


def _answers(name, keys):
    return {p.clip_id: p for p in baseline(name, keys)}


def test_absent_probes_resemble_nothing_in_the_clip(keys, captions):
    probes = draw_probes(keys, captions)
    assert sum(p.present for p in probes) == sum(not p.present for p in probes) == 12
    for probe in probes:
        there = [event_caption(e) for k in keys if k.clip_id == probe.clip_id for e in k.events]
        assert probe.type in PROBED_TYPES
        assert (probe.description in there) == probe.present
        if not probe.present:
            assert all(captions.cosine(probe.description, c) < 0.3 for c in there)


def test_probes_do_not_depend_on_the_order_of_clips(keys, captions):
    assert draw_probes(keys, captions) == draw_probes(keys[::-1], captions)
    assert draw_probes(keys, captions, seed=1) != draw_probes(keys, captions)


def test_the_truth_claims_what_is_there_and_nothing_else(keys, captions):
    result = ask_probes(draw_probes(keys, captions), _answers("oracle", keys), captions)
    assert (result.present_claimed, result.absent_claimed) == (12, 0)
    assert result.j == 1.0


def test_saying_everything_of_every_clip_is_worth_nothing(cases, keys, captions):
    everything = [cases.guess("sound_event", 0, 1, description=d) for d in SOUNDS]
    answers = {k.clip_id: cases.prediction(k.clip_id, everything) for k in keys}
    assert ask_probes(draw_probes(keys, captions), answers, captions).j == 0.0
    assert ask_probes(draw_probes(keys, captions), {}, captions).j == 0.0


def test_types_and_unparsed_answers_do_not_claim(cases, captions):
    probes = [Probe(clip_id="c", type="music", description="soft piano", present=True)]
    other = cases.prediction("c", [cases.guess("sound_event", 0, 1, description="soft piano")])
    unread = Prediction(clip_id="c", events=(cases.guess("music", 0, 1, description="soft piano"),), parsed=False)
    for answer in (other, unread):
        assert ask_probes(probes, {"c": answer}, captions).present_claimed == 0
    assert ask_probes(probes, {}, captions).j is None


def test_a_clip_that_is_like_everything_is_not_probed(cases, captions):
    key = cases.answer_key("c", [cases.true_event("s", "sound_event", 0, 1, description="a dog barks")])
    assert draw_probes([key], captions) == ()


# cpWER and tcpWER

needs_meeteval = pytest.mark.skipif(
    importlib.util.find_spec("meeteval") is None, reason="the extra soundscape[meetings] is not installed"
)


def test_missing_meeteval_names_the_command(monkeypatch, cases):
    monkeypatch.setitem(sys.modules, "meeteval", None)
    key = cases.answer_key("c", [cases.true_event("e", "speech", 0, 1, transcription="a", language="de")])
    with pytest.raises(EnvironmentFault, match=r"soundscape\[meetings\]"):
        meeting_errors([key], {})


def test_meeting_errors_add_up():
    both = MeetingErrors(clips=1, length=4, cp_errors=1, tcp_errors=2) + MeetingErrors(
        clips=1, length=0, cp_errors=1, tcp_errors=0
    )
    assert (both.clips, both.cpwer, both.tcpwer) == (2, 0.5, 0.5)
    assert MeetingErrors(clips=1, length=0, cp_errors=1, tcp_errors=0).cpwer == 1.0


def _talk(cases, clip_id="c", languages=("de", "de")):
    said = [("anna", "guten Morgen Herr Meier"), ("ben", "was für ein Tag")]
    events = [
        cases.true_event(f"e{n}", "speech", 10.0 * n, 10.0 * n + 4, transcription=t, speaker_id=s, language=language)
        for n, ((s, t), language) in enumerate(zip(said, languages, strict=True))
    ]
    return cases.answer_key(clip_id, events)


@needs_meeteval
@pytest.mark.filterwarnings("default")
def test_meeting_rates_by_hand(cases):
    key = _talk(cases)
    right = meeting_errors([key], _answers("oracle", [key]))["word"]
    assert (right.length, right.cp_errors, right.tcp_errors) == (8, 0, 0)
    silent = meeting_errors([key], {})["word"]
    assert (silent.cpwer, silent.tcpwer) == (1.0, 1.0)
    # one voice for both: the second turn is missed for ben and inserted for anna
    one = cases.prediction(
        "c", [cases.guess("speech", e.start_time, e.end_time, transcription=e.transcription, speaker_id="x")
              for e in key.events]
    )  # fmt: skip
    assert meeting_errors([key], {"c": one})["word"].cp_errors == 8
    # the right words at the wrong time: cpWER forgives, tcpWER does not
    late = cases.prediction(
        "c", [cases.guess("speech", e.start_time + 25, e.end_time + 25, transcription=e.transcription,
                          speaker_id=e.speaker_id) for e in key.events]
    )  # fmt: skip
    moved = meeting_errors([key], {"c": late})["word"]
    assert (moved.cp_errors, moved.tcp_errors) == (0, 16)


@needs_meeteval
@pytest.mark.filterwarnings("default")
def test_units_and_odd_answers(cases):
    keys = [
        _talk(cases, "a"),
        _talk(cases, "b", ("zh", "zh")),
        _talk(cases, "m", ("zh", "de")),
        cases.answer_key("n", []),
    ]
    assert {u: e.clips for u, e in meeting_errors(keys, {}).items()} == {"word": 1, "character": 1, "mixed": 1}
    crowd = [cases.guess("speech", 5.0, 1.0, transcription="guten Morgen", speaker_id=f"s{n}") for n in range(60)] + [
        cases.guess("speech", 1.0, 2.0, transcription=None)
    ]
    found = meeting_errors(keys[:1], {"a": cases.prediction("a", crowd)})["word"]
    # one voice gets half of anna right, another stands for ben and gets nothing; the other 58 are inserted
    assert found.cp_errors == 2 + 4 + 58 * 2
