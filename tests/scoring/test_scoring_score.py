"""Marking a whole set: odd prediction sets, sums, chance, signatures, options, and score files."""

from __future__ import annotations

import dataclasses
import json
import math

import numpy as np
import pytest

from soundscape import schema
from soundscape.errors import BuildError, DataError, PredictionError, UsageError
from soundscape.records import Prediction
from soundscape.scoring import score as score_module
from soundscape.scoring.baselines import baseline
from soundscape.scoring.chance import chance_levels, corrected
from soundscape.scoring.document import (
    clip_lines,
    read_scores,
    scores_document,
    write_clip_lines,
    write_scores,
)
from soundscape.scoring.embedders import Captions
from soundscape.scoring.lexical import LexicalEmbedder
from soundscape.scoring.options import Options, profile, profile_of
from soundscape.scoring.prepare import prepare
from soundscape.scoring.score import score
from soundscape.scoring.signature import digest_keys, sign
from soundscape.scoring.slices import psychometric, slices
from soundscape.scoring.statistics import bootstrap
from soundscape.scoring.tally import COLUMN_NAMES, Tally, pool


@pytest.fixture(scope="module")
def drawn(cases):
    return cases.random_set("score", 40)


@pytest.fixture(scope="module")
def keys(drawn):
    return [key for key, _ in drawn]


@pytest.fixture(scope="module")
def answers(cases, drawn):
    return [cases.prediction(key.clip_id, guesses) for key, guesses in drawn]


@pytest.fixture(scope="module")
def table(keys, answers):
    return score(keys, answers, embedder="lexical", system="drawn")


def test_the_total_pools_the_clips(table):
    assert table.total == pool(c.tally for c in table.clips)
    rates = [c.tally.value("reward") for c in table.clips if c.tally.count("reward")]
    assert table.columns()["reward"] != pytest.approx(sum(rates) / len(rates))


def test_per_clip_means_on_request(keys, answers, table):
    averaged = score(keys, answers, embedder="lexical", options=Options(reward_mean="per-clip"))
    rates = [c.tally.value("reward") for c in table.clips if c.tally.count("reward")]
    assert averaged.columns()["reward"] == pytest.approx(sum(rates) / len(rates))
    assert averaged.columns()["f1"] == table.columns()["f1"]


def test_tallies_add_in_any_grouping(table):
    parts = [c.tally for c in table.clips]
    left = pool(parts[:7]) + pool(parts[7:])
    assert left.counts == table.total.counts
    assert left.totals == pytest.approx(table.total.totals)
    assert left.words == table.total.words


def test_a_tally_refuses_to_contradict_itself(table):
    counts = [0] * len(COLUMN_NAMES)
    totals = [0.0] * len(COLUMN_NAMES)
    assert Tally(tuple(totals), tuple(counts)).value("reward") is None
    with pytest.raises(ValueError, match="column reward has the total"):
        Tally((0.5, *totals[1:]), tuple(counts))
    with pytest.raises(ValueError, match="over a count of -1"):
        Tally(tuple(totals), (-1, *counts[1:]))
    with pytest.raises(ValueError, match="20 columns"):
        Tally((0.0,), (0,))


def test_missing_unparsed_and_unknown_clips(keys, answers):
    kept = answers[3:]
    broken = Prediction(clip_id=keys[0].clip_id, events=(), parsed=False, repairs={"prose": 2})
    stray = Prediction(clip_id="somewhere-else", events=answers[5].events)
    table = score(keys, [*kept, broken, stray], embedder="lexical")
    assert table.clip_ids_with("unparsed") == (keys[0].clip_id,)
    assert table.clip_ids_with("missing") == (keys[1].clip_id, keys[2].clip_id)
    assert table.unknown_clips == ("somewhere-else",)
    assert table.repairs == {"prose": 2}
    empty = [Prediction(clip_id=k.clip_id, events=()) for k in keys[:3]]
    emptied = score(keys, [*kept, *empty], embedder="lexical")
    for name in COLUMN_NAMES:
        if name not in ("unparsed", "missing"):
            assert table.columns()[name] == emptied.columns()[name]


def test_an_unparsed_answer_is_empty_whatever_it_holds(keys, answers):
    claimed = dataclasses.replace(answers[0], parsed=False)
    (clip,) = score(keys[:1], [claimed], embedder="lexical").clips
    assert clip.tally.value("pred") == 0.0


def test_a_clip_answered_twice_is_refused(keys, answers):
    with pytest.raises(PredictionError, match=r"'clip-00000' is answered twice"):
        score(keys, [*answers, answers[0]], embedder="lexical")


def test_a_key_that_repeats_a_clip_is_refused(keys, answers):
    with pytest.raises(BuildError, match="2 times"):
        score([*keys, keys[0]], answers, embedder="lexical")


def test_predictions_may_come_by_name(keys, answers, table):
    named = {a.clip_id: a for a in answers}
    assert score(iter(keys), named, embedder=LexicalEmbedder()).total == table.total


def test_batches_leave_no_trace(monkeypatch, keys, answers, table):
    monkeypatch.setattr(score_module, "_BATCH", 3)
    assert score(keys, answers, embedder="lexical").total == table.total


def test_word_errors_are_kept_apart_by_language_and_unit(table):
    words = dict(table.total.words)
    assert set(words) == {"en", "de", "zh", "und-words"}
    assert words["zh"].unit == "character"
    assert words["de"].unit == "word"


# Chance


def test_chance_by_hand(cases):
    class Axes:
        name, revision, keep_on_disk = "axes", "1", False

        def embed(self, texts):
            angle = {"a": 0.0, "b": 60.0, "c": 180.0}
            radians = np.radians([angle[t] for t in texts])
            return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)

    events = [cases.true_event(f"m{n}", "music", n, n + 1, description=d) for n, d in enumerate(["a", "a", "b", "c"])]
    events += [cases.true_event("s", "sound_event", 0, 1, description="a", scored=True)]
    events += [cases.true_event("u", "music", 0, 1, description="c", scored=False)]
    levels = chance_levels([prepare(cases.answer_key("c", events), Options())], Captions(Axes()))
    # six pairs: aa 1, ab ½, ac 0, ab ½, ac 0, bc −½ → 0
    assert levels["snd"] == pytest.approx((1 + 0.5 + 0.5) / 6)
    assert levels["how"] is None
    assert levels["burst"] is None
    above = corrected({"snd": 0.5, "how": None, "burst": 1.0}, levels)
    assert above["snd"] == pytest.approx((0.5 - 1 / 3) / (1 - 1 / 3))
    assert above["how"] is above["burst"] is None


def test_shuffled_captions_score_near_chance(cases):
    keys = [key for key, _ in cases.random_set("chance", 250)]
    table = score(keys, baseline("shuffled", keys), embedder="lexical")
    above = corrected(table.columns(), table.chance)
    for column in ("how", "snd", "burst"):
        assert abs(above[column]) < 0.25
    right = score(keys, baseline("oracle", keys), embedder="lexical")
    assert corrected(right.columns(), right.chance)["snd"] == 1.0


def test_chance_of_very_many_events_is_drawn(monkeypatch, cases):
    from soundscape.scoring import chance

    keys = [prepare(key, Options()) for key, _ in cases.random_set("many", 120)]
    captions = Captions(LexicalEmbedder())
    exact = chance_levels(keys, captions)
    monkeypatch.setattr(chance, "_MOST", 60)
    monkeypatch.setattr(chance, "_BLOCK", 2)
    drawn = chance_levels(keys, captions)
    assert drawn["snd"] == pytest.approx(exact["snd"], abs=0.1)
    assert drawn != exact
    assert drawn == chance_levels(keys, captions)


# Options and signatures


def test_profiles_and_changes():
    assert profile() == Options()
    changed = profile("laion", {"argmax": "iou", "f1": "hard", "f1_threshold": "0.3"})
    assert (changed.argmax, changed.f1, changed.f1_threshold) == ("iou", "hard", 0.3)
    assert (profile_of(changed), profile_of(Options())) == ("custom", "laion")


@pytest.mark.parametrize(
    ("name", "changes", "message"),
    [
        ("layon", {}, "did you mean 'laion'"),
        ("laion", {"argmacs": "iou"}, "did you mean 'argmax'"),
        ("laion", {"halluc": "many to one"}, "did you mean 'many-to-one'"),
        ("laion", {"f1_threshold": "high"}, "expected a number from 0 to 1"),
        ("laion", {"f1_threshold": 1.5}, "expected a number from 0 to 1"),
        ("laion", {"f1_threshold": "nan"}, "expected a number from 0 to 1"),
    ],
)
def test_unknown_options_are_refused_with_the_nearest(name, changes, message):
    with pytest.raises(UsageError, match=message):
        profile(name, changes)


def test_the_signature_holds_all_that_matters(keys, answers, table):
    fields = table.signature.as_dict()
    assert {"soundscape", "profile", "embedder", "revision", "prompt", "keys", "text", "halluc"} <= set(fields)
    assert "embedder:lexical|revision:1" in str(table.signature)
    other = score(keys, answers, embedder="lexical", options=Options(halluc="one-to-one"), prompt_digest="f" * 64)
    assert table.signature.differences(other.signature) == {
        "profile": ("laion", "custom"),
        "halluc": ("many-to-one", "one-to-one"),
        "prompt": ("none", "f" * 16),
    }
    assert not table.signature.differences(score(keys, [], embedder="lexical").signature)


def test_the_digest_of_keys_sees_every_change_and_no_order(keys):
    assert digest_keys(keys) == digest_keys(keys[::-1])
    moved = dataclasses.replace(keys[0], events=keys[0].events[1:])
    assert digest_keys(keys) != digest_keys([moved, *keys[1:]])
    assert sign(Options(), LexicalEmbedder(), keys=digest_keys(keys)) != sign(Options(), LexicalEmbedder())


# Files


@pytest.fixture(scope="module")
def document(table, keys):
    return scores_document(
        table,
        intervals=bootstrap(table, resamples=50),
        slices=slices(table, keys),
        psychometric=psychometric(table, keys),
        notes=["line 3: broken"],
    )


def test_the_document_states_the_table(document, table):
    for name, value in table.columns().items():
        assert document["columns"][name]["value"] == (None if value is None else pytest.approx(value, abs=1e-9))
    assert document["chance"]["snd"]["level"] == pytest.approx(table.chance["snd"])
    assert document["wer_by_language"]["zh"]["wer"] == pytest.approx(dict(table.total.words)["zh"].rate)
    assert document["signature_text"] == str(table.signature)


def test_the_document_is_valid(document):
    assert schema.problems("scores", document) == []
    assert json.loads(json.dumps(document, allow_nan=False)) == document


@pytest.mark.parametrize("pointer", ["columns", "signature", "per_clip", "answers", "wer_by_language"])
def test_the_schema_refuses_what_is_missing(document, pointer):
    assert schema.problems("scores", {k: v for k, v in document.items() if k != pointer})
    assert schema.problems("scores", document | {"extra": 1})


def test_a_document_of_nothing_is_valid(keys):
    for some in ([], keys[:1]):
        assert schema.problems("scores", scores_document(score(some, [], embedder="lexical"))) == []


def test_a_score_file_comes_back(tmp_path, document, table):
    write_scores(tmp_path / "deep" / "s.json", document)
    back, intervals = read_scores(tmp_path / "deep" / "s.json")
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["s.json"]
    assert back.system == "drawn"
    assert back.signature == table.signature
    assert back.total.counts == table.total.counts
    assert back.total.totals == pytest.approx(table.total.totals, abs=1e-9)
    assert back.total.words == table.total.words
    assert [c.clip_id for c in back.clips] == [c.clip_id for c in table.clips]
    assert back.clips[4].tally.counts == table.clips[4].tally.counts
    assert intervals["reward"].low <= back.columns()["reward"] <= intervals["reward"].high


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no JSON"), ("[1]", "no score file"), ('{"system": 1}', "no score file"), ("\udcff", "no JSON")],
)
def test_what_is_no_score_file_is_refused(tmp_path, text, message):
    path = tmp_path / "x.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(DataError, match=message):
        read_scores(path)


def test_a_missing_score_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.json: cannot be read"):
        read_scores(tmp_path / "gone.json")


@pytest.mark.parametrize("column", ["totals", "counts"])
def test_a_score_file_that_contradicts_itself_is_refused(tmp_path, document, column):
    broken = json.loads(json.dumps(document))
    broken["per_clip"][column]["reward"] = broken["per_clip"][column]["reward"][1:]
    write_scores(tmp_path / "x.json", broken)
    with pytest.raises(DataError, match="contradicts itself"):
        read_scores(tmp_path / "x.json")


def test_clip_lines_tell_every_event(tmp_path, table, keys):
    write_clip_lines(tmp_path / "clips.jsonl", table)
    lines = [json.loads(line) for line in (tmp_path / "clips.jsonl").read_text().splitlines()]
    assert lines == list(clip_lines(table))
    by_id = {key.clip_id: key for key in keys}
    for line in lines:
        assert [e["event_id"] for e in line["events"]] == [
            e.event_id for e in by_id[line["clip_id"]].events if e.scored
        ]
        if line["events"]:
            assert line["columns"]["reward"] == pytest.approx(
                math.fsum(e["reward"] for e in line["events"]) / len(line["events"]), abs=1e-9
            )
