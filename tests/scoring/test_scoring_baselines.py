"""What trivial systems do, what they score, and that only one of them listens."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import soundfile

from soundscape.errors import BuildError, UsageError
from soundscape.records import EVENT_TYPES
from soundscape.scoring.baselines import BASELINES, baseline
from soundscape.scoring.listening import loud_spans
from soundscape.scoring.score import score

RATE = 16_000


@pytest.fixture(scope="module")
def keys(cases):
    return [key for key, _ in cases.random_set("baselines", 60)]


@pytest.fixture(scope="module")
def tables(keys):
    return {
        name: score(keys, baseline(name, keys), embedder="lexical", system=name).columns()
        for name in BASELINES
        if name != "energy"
    }


def test_the_oracle_scores_exactly_one(tables):
    oracle = tables["oracle"]
    for column in ("reward", "strict_reward", "iou_cos", "iou", "f1", "recall", "precision", "how", "snd", "spk_acc"):
        assert oracle[column] == 1.0, column
    assert oracle["wer"] == oracle["halluc"] == 0.0


def test_silence_scores_nothing_but_the_empty_clips(keys, tables):
    empty = sum(not any(e.scored for e in k.events) for k in keys)
    assert tables["silence"]["reward"] == tables["silence"]["recall"] == 0.0
    assert tables["silence"]["f1"] == empty / len(keys)


def test_no_deaf_system_comes_near_the_truth(tables):
    for name in ("silence", "whole-clip", "random", "spam"):
        assert tables[name]["f1"] < 0.15, name
        assert tables[name]["strict_reward"] < 0.3, name


def test_spam_shows_what_reward_and_iou_do_not_punish(tables):
    assert tables["spam"]["iou"] > 2 * tables["whole-clip"]["iou"]
    assert tables["spam"]["f1"] < tables["whole-clip"]["f1"]
    assert tables["spam"]["precision"] < 0.02


def test_shuffled_captions_keep_time_type_and_speaker(keys, tables):
    assert tables["shuffled"]["strict_iou"] > 0.75
    assert tables["shuffled"]["reward"] < 0.7
    for key, answer in zip(keys, baseline("shuffled", keys), strict=True):
        assert [(e.type, e.start_time, e.speaker_id) for e in answer.events] == [
            (e.type, e.start_time, e.speaker_id) for e in key.events
        ]


def test_no_event_keeps_its_own_words(cases):
    events = [cases.true_event(f"m{n}", "music", n, n + 1, description=f"piece {n}") for n in range(9)]
    events.append(cases.true_event("s", "sound_event", 0, 1, description="the only sound"))
    key = cases.answer_key("c", events)
    (answer,) = baseline("shuffled", [key])
    pairs = [(t.description, g.description) for t, g in zip(key.events, answer.events, strict=True)]
    assert all(own != lent for own, lent in pairs)
    assert {lent for _, lent in pairs[:9]} == {f"piece {n}" for n in range(9)}


@pytest.mark.parametrize("name", ["whole-clip", "random", "spam"])
def test_deaf_systems_know_only_name_and_duration(keys, name):
    blank = [dataclasses.replace(k, events=()) for k in keys]
    assert list(baseline(name, keys)) == list(baseline(name, blank))


def test_whole_clip_and_spam_cover_every_type(keys):
    (whole,) = baseline("whole-clip", keys[:1])
    assert [(e.type, e.start_time, e.end_time) for e in whole.events] == [(t, 0.0, 10.0) for t in EVENT_TYPES]
    (spam,) = baseline("spam", keys[:1])
    assert {e.end_time - e.start_time for e in spam.events} == {1.0, 2.0, 4.0, 8.0, 10.0}
    assert all(0.0 <= e.start_time < e.end_time <= 10.0 for e in spam.events)


def test_random_is_seeded_by_clip(keys):
    assert list(baseline("random", keys)) == list(baseline("random", keys))
    assert list(baseline("random", keys[3:4])) == list(baseline("random", keys))[3:4]
    assert list(baseline("random", keys, seed=1)) != list(baseline("random", keys))


def test_unknown_names_and_missing_audio_are_refused(keys):
    with pytest.raises(UsageError, match="did you mean 'oracle'"):
        baseline("orakle", keys)
    with pytest.raises(UsageError, match="given no audio"):
        baseline("energy", keys)


# Listening


def _clip(tmp_path, name, spans, *, seconds=10.0, channels=1, bed=0.003):
    rng = np.random.default_rng(5)
    x = bed * rng.standard_normal((round(seconds * RATE), channels))
    for start, end in spans:
        x[round(start * RATE) : round(end * RATE)] += 0.3 * rng.standard_normal((round((end - start) * RATE), channels))
    path = tmp_path / f"{name}.flac"
    soundfile.write(path, np.clip(x, -1, 1), RATE, subtype="PCM_16")
    return path


@pytest.mark.parametrize("channels", [1, 2])
def test_loud_spans_are_found_to_a_frame(tmp_path, channels):
    spans = [(1.0, 2.5), (4.0, 4.4), (7.0, 9.0)]
    found = loud_spans(_clip(tmp_path, "a", spans, channels=channels))
    assert [(s.start, s.end) for s in found] == [pytest.approx(s, abs=0.051) for s in spans]


def test_long_clips_are_read_in_blocks(tmp_path):
    found = loud_spans(_clip(tmp_path, "a", [(2.0, 30.0), (70.0, 72.0)], seconds=75.0))
    assert [(s.start, s.end) for s in found] == [pytest.approx((2, 30), abs=0.051), pytest.approx((70, 72), abs=0.051)]


def test_near_spans_join_and_clicks_drop(tmp_path):
    found = loud_spans(_clip(tmp_path, "a", [(1.0, 2.0), (2.2, 3.0), (6.0, 6.04)]))
    assert [(s.start, s.end) for s in found] == [pytest.approx((1.0, 3.0), abs=0.051)]


def test_flat_and_silent_clips(tmp_path):
    assert [(s.start, s.end) for s in loud_spans(_clip(tmp_path, "flat", [(0, 10)]))] == [(0.0, 10.0)]
    assert loud_spans(_clip(tmp_path, "silent", [], bed=0.0)) == ()
    assert loud_spans(_clip(tmp_path, "short", [], seconds=0.01)) == ()


def test_what_is_no_audio_is_named(tmp_path):
    (tmp_path / "x.flac").write_text("no audio")
    with pytest.raises(BuildError, match=r"x\.flac: cannot be read as audio"):
        loud_spans(tmp_path / "x.flac")
    with pytest.raises(BuildError, match=r"gone\.flac: cannot be read as audio"):
        loud_spans(tmp_path / "gone.flac")


def test_energy_beats_the_deaf_on_timing(tmp_path, cases):
    keys = []
    for n, spans in enumerate([[(1.0, 3.0), (6.0, 7.0)], [(2.0, 2.5), (5.0, 9.0)]]):
        _clip(tmp_path, f"clip{n}", spans)
        events = [cases.true_event(f"e{i}", "sound_event", *s, description="a dog") for i, s in enumerate(spans)]
        keys.append(cases.answer_key(f"clip{n}", events, duration=10.0))
    heard = score(keys, baseline("energy", keys, audio=lambda c: tmp_path / f"{c}.flac"), embedder="lexical")
    whole = score(keys, baseline("whole-clip", keys), embedder="lexical")
    assert heard.columns()["iou"] > 0.85
    assert whole.columns()["iou"] < 0.5
    assert heard.columns()["f1"] < 0.2
