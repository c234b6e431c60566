"""Intervals, paired tests, slices and the view against SNR."""

from __future__ import annotations

import dataclasses
import itertools
import random

import numpy as np
import pytest

from soundscape.errors import DataError, UsageError
from soundscape.records import SceneFacts
from soundscape.scoring.baselines import as_prediction, baseline
from soundscape.scoring.document import read_scores, scores_document, write_scores
from soundscape.scoring.options import Options
from soundscape.scoring.score import score
from soundscape.scoring.slices import FACTORS, bin_of, psychometric, slices, wilson
from soundscape.scoring.statistics import bootstrap, compare
from soundscape.scoring.tally import pool


@pytest.fixture(scope="module")
def drawn(cases):
    return cases.random_set("statistics", 80)


@pytest.fixture(scope="module")
def keys(drawn):
    return [key for key, _ in drawn]


@pytest.fixture(scope="module")
def table(cases, drawn):
    answers = [cases.prediction(key.clip_id, guesses) for key, guesses in drawn]
    return score([key for key, _ in drawn], answers, embedder="lexical", system="drawn")


@pytest.fixture(scope="module")
def worse(cases, drawn):
    answers = [cases.prediction(key.clip_id, guesses[::2]) for key, guesses in drawn]
    return score([key for key, _ in drawn], answers, embedder="lexical", system="half")


@pytest.fixture(scope="module")
def oracle(keys):
    return score(keys, baseline("oracle", keys), embedder="lexical", system="oracle")


# Intervals


def test_intervals_hold_the_value_and_repeat(table):
    intervals = bootstrap(table)
    values = table.columns()
    assert set(intervals) == {name for name, value in values.items() if value is not None}
    for name, interval in intervals.items():
        assert interval.low <= values[name] <= interval.high, name
    assert bootstrap(table) == intervals
    assert bootstrap(table, seed=1) != intervals


def test_more_confidence_is_wider(table):
    narrow, wide = bootstrap(table, level=0.5)["reward"], bootstrap(table, level=0.99)["reward"]
    assert wide.low < narrow.low < narrow.high < wide.high


def test_the_oracle_leaves_no_doubt(oracle):
    interval = bootstrap(oracle)["reward"]
    assert interval.low == interval.high == 1.0


def test_the_bootstrap_against_every_resample_of_three_clips(table):
    three = dataclasses.replace(table, clips=table.clips[:3], total=pool(c.tally for c in table.clips[:3]))
    exact = [pool(c.tally for c in drawn).value("f1") for drawn in itertools.product(three.clips, repeat=3)]
    interval = bootstrap(three, level=0.8, resamples=4_000)["f1"]
    low, high = np.quantile(exact, [0.1, 0.9])
    assert interval.low == pytest.approx(low, abs=0.05)
    assert interval.high == pytest.approx(high, abs=0.05)


def test_intervals_cover_as_often_as_they_say(cases):
    """Sixty sets of 40 clips from one population: 80 % intervals of F1 cover its mean in most."""
    rng = random.Random(11)
    clips = [cases.random_clip(rng, n) for n in range(200)]
    keys = [key for key, _ in clips]
    answers = [cases.prediction(key.clip_id, guesses) for key, guesses in clips]
    numbered = [dataclasses.replace(k, clip_id=str(n)) for n, k in enumerate(keys)]
    whole = score(numbered, [dataclasses.replace(a, clip_id=str(n)) for n, a in enumerate(answers)], embedder="lexical")
    truth = whole.columns()["f1"]
    covered = 0
    for n in range(60):
        some = tuple(rng.choices(whole.clips, k=40))
        part = dataclasses.replace(whole, clips=some, total=pool(c.tally for c in some))
        interval = bootstrap(part, level=0.8, resamples=100, seed=n)["f1"]
        covered += interval.low <= truth <= interval.high
    assert 0.63 <= covered / 60 <= 0.93


@pytest.mark.parametrize(("arguments", "message"), [({"level": 1.0}, "level"), ({"resamples": 3}, "resamples")])
def test_senseless_requests_are_refused(table, arguments, message):
    with pytest.raises(UsageError, match=message):
        bootstrap(table, **arguments)


def test_no_clips_no_intervals(cases):
    assert bootstrap(score([], [], embedder="lexical"), resamples=10) == {}


# Comparison


def test_the_better_system_is_found(table, worse):
    rows = {d.column: d for d in compare(table, worse).columns}
    reward = rows["reward"]
    assert reward.difference == pytest.approx(table.columns()["reward"] - worse.columns()["reward"])
    assert reward.p <= 0.01
    assert reward.better == "drawn"
    assert reward.interval.low > 0.0
    turned = {d.column: d for d in compare(worse, table).columns}["reward"]
    assert turned.difference == -reward.difference
    assert turned.better == "drawn"
    assert rows["true"].better is None


def test_less_is_better_where_it_is(cases, keys, drawn):
    def spoilt(n):
        answers = [
            cases.prediction(
                k.clip_id, [*(as_prediction(e) for e in k.events), *([cases.guess("music", 900, 901)] * n)]
            )
            for k in keys
        ]
        return score(keys, answers, embedder="lexical", system=f"{n} inventions")

    rows = {d.column: d for d in compare(spoilt(1), spoilt(3)).columns}
    assert rows["halluc"].better == "1 inventions"
    assert rows["pred"].better is None


def test_a_system_does_not_differ_from_itself(table):
    comparison = compare(table, dataclasses.replace(table, system="copy"))
    assert comparison.clips == 80
    for row in comparison.columns:
        assert (row.difference, row.p, row.better) == (0.0, 1.0, None)


def test_p_values_against_every_shuffle_of_few_clips(table, worse):
    def first(t):
        return dataclasses.replace(t, clips=t.clips[:7], total=pool(c.tally for c in t.clips[:7]))

    a, b = first(table), first(worse)
    observed = a.columns()["f1"] - b.columns()["f1"]
    extreme = 0
    for swaps in itertools.product([False, True], repeat=7):
        pairs = [(y, x) if s else (x, y) for s, x, y in zip(swaps, a.clips, b.clips, strict=True)]
        difference = pool(x.tally for x, _ in pairs).value("f1") - pool(y.tally for _, y in pairs).value("f1")
        extreme += abs(difference) >= abs(observed) - 1e-12
    row = next(d for d in compare(a, b, resamples=5_000).columns if d.column == "f1")
    assert row.p == pytest.approx(extreme / 2**7, abs=0.03)


def test_the_test_is_honest_when_nothing_differs(cases):
    """Two systems that differ by chance alone: p values under 0.1 in about a tenth of the comparisons."""
    rng = random.Random(3)
    clips = cases.random_set("null", 40)
    keys = [key for key, _ in clips]
    full = score(keys, [cases.prediction(k.clip_id, g) for k, g in clips], embedder="lexical", system="a")
    half = score(keys, [cases.prediction(k.clip_id, g[::2]) for k, g in clips], embedder="lexical", system="b")
    low = 0
    for n in range(60):
        swaps = [rng.random() < 0.5 for _ in keys]
        one = tuple(y if s else x for s, x, y in zip(swaps, full.clips, half.clips, strict=True))
        two = tuple(x if s else y for s, x, y in zip(swaps, full.clips, half.clips, strict=True))
        a = dataclasses.replace(full, clips=one, total=pool(c.tally for c in one))
        b = dataclasses.replace(half, clips=two, total=pool(c.tally for c in two))
        row = next(d for d in compare(a, b, resamples=100, seed=n).columns if d.column == "reward")
        low += row.p <= 0.1
    assert low <= 14


def test_files_compare_as_tables_do(tmp_path, table, worse):
    for t in (table, worse):
        write_scores(tmp_path / f"{t.system}.json", scores_document(t))
    back = [read_scores(tmp_path / f"{t.system}.json")[0] for t in (table, worse)]
    fresh, stored = compare(table, worse), compare(*back)
    for a, b in zip(fresh.columns, stored.columns, strict=True):
        assert (b.column, b.better) == (a.column, a.better)
        assert b.difference == pytest.approx(a.difference, abs=1e-8)
        assert b.p == pytest.approx(a.p, abs=0.01)


def test_different_signatures_are_refused_by_field(cases, drawn, table):
    answers = [cases.prediction(key.clip_id, guesses) for key, guesses in drawn]
    other = score([key for key, _ in drawn], answers, embedder="lexical", options=Options(argmax="iou"), system="other")
    with pytest.raises(DataError, match="argmax is 'iou-content' and 'iou'"):
        compare(table, other)


def test_different_clips_are_refused(table, worse):
    odd = dataclasses.replace(worse, clips=worse.clips[:-1])
    with pytest.raises(DataError, match="different clips, 'clip-00079' among them"):
        compare(table, odd)


# Slices


def test_event_slices_make_up_the_whole(table, keys):
    for factor in ("type", "snr_db", "glimpse_proportion", "distance_m", "event_duration"):
        parts = slices(table, keys, [factor])
        assert sum(p.events for p in parts) == table.total.total("true")
        weighted = sum(p.events * p.values["reward"] for p in parts)
        assert weighted == pytest.approx(table.total.total("reward"))


def test_clip_slices_make_up_the_whole(table, keys):
    for factor in ("overlap", "rt60", "speakers", "clip_duration"):
        parts = slices(table, keys, [factor])
        assert sum(p.clips for p in parts) == len(keys)
        assert sum(p.clips * p.values["f1"] for p in parts) == pytest.approx(table.total.total("f1"))


def test_languages_are_those_of_speech(table, keys):
    parts = slices(table, keys, ["language"])
    speech = sum(e.scored and e.type == "speech" for k in keys for e in k.events)
    assert {p.bin for p in parts} == {"en", "de", "zh", "none"}
    assert sum(p.events for p in parts) == speech


def test_slices_by_hand(cases):
    events = [
        cases.true_event("m", "music", 0, 4, description="piano", snr_db=-12.0, distance_m=3.0),
        cases.true_event("n", "music", 6, 9, description="piano", snr_db=4.0, distance_m=None),
        cases.true_event("s", "sound_event", 1, 2, description="dog", snr_db=4.9, scored=False),
    ]
    scene = SceneFacts(rt60_measured=0.45)
    key = cases.answer_key("c", events, scene=scene, speech_overlap=0.2, num_speakers=3, duration=12.0)
    table = score([key], [cases.prediction("c", [cases.guess("music", 6, 9, description="piano")])], embedder="lexical")
    found = {(p.factor, p.bin): p for p in slices(table, [key])}
    assert found["snr_db", "<-10"].values["reward"] == 0.0
    assert found["snr_db", "<-10"].values["cosine"] is None
    assert found["snr_db", "0…5"].values["reward"] == 1.0
    assert found["snr_db", "0…5"].events == 1
    assert found["distance_m", "none"].values["detected"] == 1.0
    assert found["distance_m", "2…4"].values["detected"] == 0.0
    assert found["rt60", "0.3…0.6"].values["f1"] == pytest.approx(2 / 3)
    assert found["speakers", "3"].clips == 1
    assert found["clip_duration", "10…30"].clips == 1
    assert found["overlap", "0.1…0.25"].events == 2
    assert found["event_duration", "3…10"].events == 2
    assert {f for f, _ in found} == set(FACTORS) - {"language"}


@pytest.mark.parametrize(
    ("factor", "value", "expected"),
    [
        ("snr_db", -10.0, "-10…-5"),
        ("snr_db", 25.0, "≥20"),
        ("snr_db", None, "none"),
        ("glimpse_proportion", 1.0, "≥0.75"),
        ("overlap", 0.0, "0…0.001"),
        ("speakers", 2, "2"),
        ("type", "music", "music"),
    ],
)
def test_bins(factor, value, expected):
    assert bin_of(factor, value)[1] == expected


def test_bins_stand_in_order(cases):
    events = [
        cases.true_event(f"m{n}", "music", n, n + 1, description="x", snr_db=db)
        for n, db in enumerate([30.0, -20.0, 2.0, None, 12.0])
    ]
    key = cases.answer_key("c", events)
    parts = slices(score([key], [], embedder="lexical"), [key], ["snr_db"])
    assert [p.bin for p in parts] == ["<-10", "0…5", "10…20", "≥20", "none"]


def test_slices_refuse_what_they_cannot_do(tmp_path, table, keys):
    with pytest.raises(UsageError, match="did you mean 'snr_db'"):
        slices(table, keys, ["snr"])
    with pytest.raises(DataError, match="the answer keys lack clip"):
        slices(table, keys[1:])
    write_scores(tmp_path / "s.json", scores_document(table))
    with pytest.raises(DataError, match="holds no events"):
        psychometric(read_scores(tmp_path / "s.json")[0], keys)


# Against SNR


def test_detection_rises_with_snr_as_built(cases):
    rng = random.Random(4)
    keys, answers = [], []
    for n in range(150):
        level = rng.uniform(-15, 15)
        event = cases.true_event("m", "music", 2, 6, description="soft piano", snr_db=level)
        heard = rng.random() < 1 / (1 + np.exp(-level / 2))
        keys.append(cases.answer_key(str(n), [event]))
        answers.append(cases.prediction(str(n), [cases.guess("music", 2, 6, description="piano")] if heard else []))
    points = psychometric(score(keys, answers, embedder="lexical"), keys)
    assert [p.snr_db for p in points] == sorted(p.snr_db for p in points)
    assert sum(p.events for p in points) == 150
    assert points[0].detection < 0.1 < 0.9 < points[-1].detection
    for p in points:
        assert p.low <= p.detection <= p.high
        assert (p.content is None) == (p.detection == 0.0)
        expected = 1 / (1 + np.exp(-p.snr_db / 2))
        assert p.low - 0.15 <= expected <= p.high + 0.15


def test_detection_asks_for_timing(cases):
    key = cases.answer_key("c", [cases.true_event("m", "music", 0, 4, description="x", snr_db=1.6)])
    table = score([key], [cases.prediction("c", [cases.guess("music", 2, 6, description="x")])], embedder="lexical")
    (strict,) = psychometric(table, [key])
    (lenient,) = psychometric(table, [key], iou=0.3)
    assert (strict.snr_db, strict.detection, strict.content) == (3.0, 0.0, None)
    assert (lenient.detection, lenient.content) == (1.0, 1.0)


def test_wilson_by_hand():
    assert wilson(0, 10) == pytest.approx((0.0, 0.27753), abs=1e-4)
    assert wilson(5, 10) == pytest.approx((0.23659, 0.76341), abs=1e-4)
    assert wilson(10, 10)[1] == 1.0
