"""DATE and its company: the worked example, a slow second implementation, and what no answer may gain."""

from __future__ import annotations

import math
import warnings
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from soundscape.errors import SoundscapeError, UsageError
from soundscape.scoring.describing import xares
from soundscape.scoring.describing.checker import NoChecker, penalties
from soundscape.scoring.describing.date import DELTAS, METRICS, evaluate, harmonic, mean_references
from soundscape.scoring.describing.encoders import PlainEncoder, open_encoder
from soundscape.scoring.describing.mecat import (
    CAPTION_FIELDS,
    QA_CATEGORIES,
    WEIGHTS,
    Item,
    score_answers,
    score_captions,
    score_set,
)
from soundscape.scoring.describing.threshold import BETA, best_threshold, f_beta
from soundscape.scoring.describing.weights import soft_tf_idf
from soundscape.scoring.lexical import LexicalEmbedder

CANDIDATES = np.array([[1, 0, 0], [0, 1, 0], [0.6, 0.8, 0]])
REFERENCES = np.array([[0.8, 0.6, 0], [0, 0.65, 0.76], [0.6, 0, 0.8]])


class TestWorkedExample:
    def test_similarities(self) -> None:
        expected = [[0.8, 0, 0.6], [0.6, 0.65, 0], [0.96, 0.52, 0.36]]
        assert np.allclose(CANDIDATES @ REFERENCES.T, expected, atol=1e-12)

    def test_date(self) -> None:
        found = evaluate(CANDIDATES, REFERENCES, delta=0.1703)
        assert [round(x, 6) for x in found.score] == [0.727273, 0.440678, 0.0]
        assert round(found.mean, 6) == 0.389317

    def test_without_a_band_of_ties(self) -> None:
        assert round(evaluate(CANDIDATES, REFERENCES, delta=0.0).mean, 6) == 0.461834

    def test_with_a_broken_sentence(self) -> None:
        found = evaluate(CANDIDATES, REFERENCES, delta=0.1703, penalties=np.array([0.1, 1, 1]))
        assert round(found.mean, 6) == 0.146893

    def test_the_paper_ranks_among_candidates(self) -> None:
        # By hand: column 1 (0.8, 0.6, 0.96) puts candidate 1 second, columns 2 and 3 put theirs first and second.
        found = evaluate(CANDIDATES, REFERENCES, metric="date-paper", penalties=np.array([0.1, 1, 1]))
        assert np.allclose(found.discriminability, [1 / 3, 2 / 3, 1 / 3])
        assert np.allclose(found.score, [2 * 0.8 / 3 / (0.8 + 1 / 3), 2 * 0.65 * 2 / 3 / (0.65 + 2 / 3),
                                         2 * 0.36 / 3 / (0.36 + 1 / 3)])  # fmt: skip

    def test_fense_is_similarity_alone(self) -> None:
        found = evaluate(CANDIDATES, REFERENCES, metric="fense", penalties=np.array([0.1, 1, 1]))
        assert np.allclose(found.score, [0.08, 0.65, 0.36])


@st.composite
def sets(draw: st.DrawFn) -> tuple[np.ndarray, list[np.ndarray], np.ndarray, np.ndarray, float]:
    """Candidates, references, penalties, who is there, and a band; vectors on a grid, so that ties occur."""
    count, dimensions = draw(st.integers(1, 7)), draw(st.integers(1, 4))
    grid = st.integers(-4, 4).map(lambda n: n / 4.0)

    def vectors(rows: int) -> np.ndarray:
        return draw(hnp.arrays(np.float64, (rows, dimensions), elements=grid))

    references = [vectors(draw(st.sampled_from([1, 2, 4]))) for _ in range(count)]
    broken = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    there = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    return (
        vectors(count),
        references,
        np.where(broken, 0.1, 1.0),
        there,
        draw(st.sampled_from([0.0, 0.1703, 0.25, 1.0])),
    )


@given(sets())
@settings(max_examples=300, deadline=None)
@pytest.mark.parametrize("metric", ["date", "date-paper"])
def test_date_agrees_with_the_slow_reference(plain: ModuleType, metric: str, given_set: tuple) -> None:
    candidates, references, factors, there, delta = given_set
    means = mean_references(np.concatenate(references), [len(r) for r in references])
    found = evaluate(candidates, means, metric=metric, delta=delta, penalties=factors, present=there)
    slow = plain.date(
        [c.tolist() if t else None for c, t in zip(candidates, there, strict=True)],
        [r.tolist() for r in references], delta=delta, penalties=factors.tolist(), paper=metric == "date-paper",
    )  # fmt: skip
    assert np.allclose(found.score, slow, atol=1e-9)


@given(sets())
@settings(max_examples=100, deadline=None)
def test_scores_are_bounded_and_missing_ones_are_0(given_set: tuple) -> None:
    candidates, references, factors, there, delta = given_set
    lengths = np.linalg.norm(candidates, axis=1, keepdims=True)
    units = candidates / np.where(lengths > 0, lengths, 1)
    means = mean_references(
        np.concatenate([r / max(1.0, np.abs(r).sum()) for r in references]), [len(r) for r in references]
    )
    for metric in METRICS:
        found = evaluate(units, means, metric=metric, delta=delta, penalties=factors, present=there)
        assert (found.score <= 1.0).all()
        assert (found.score[~there] == 0.0).all()
        assert (found.similarity[~there] == 0.0).all()
        assert (found.discriminability <= 1 - 1 / len(units) + 1e-12).all()


def test_a_large_set_is_marked_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    candidates, references = rng.standard_normal((2, 40, 6))
    whole = evaluate(candidates, references)
    monkeypatch.setattr("soundscape.scoring.describing.date._BLOCK", 90)
    assert np.array_equal(evaluate(candidates, references).score, whole.score)


def test_a_perfect_answer_is_held_down_by_the_size_of_the_set_alone() -> None:
    for count in (1, 2, 10):
        found = evaluate(np.eye(count), np.eye(count))
        expected = 1 - 1 / count
        assert np.allclose(found.score, 2 * expected / (1 + expected))


@pytest.mark.parametrize("metric", ["date", "date-paper"])
def test_equal_texts_tie_whatever_the_rounding(metric: str) -> None:
    rng = np.random.default_rng(7)
    one, other = rng.standard_normal((2, 313))
    rows = np.tile(one / np.linalg.norm(one), (50, 1))
    means = np.tile(other / np.linalg.norm(other), (50, 1))
    wobbling = rows * (1 + 1e-15 * rng.standard_normal((50, 1)))
    assert (evaluate(wobbling, means, metric=metric, delta=0.0).discriminability == 0.0).all()


def test_the_same_text_for_all_clips_earns_nothing() -> None:
    one = np.tile([1.0, 0, 0], (3, 1))
    assert evaluate(one, np.tile([1.0, 0, 0], (3, 1))).mean == 0.0
    assert harmonic(np.array([0.5, -0.5]), np.array([0.0, 0.25])).tolist() == [0.0, 0.0]


def test_empty_sets_and_wrong_shapes() -> None:
    nothing = np.zeros((0, 3))
    assert evaluate(nothing, mean_references(nothing, [])).mean == 0.0
    for call in (
        lambda: evaluate(np.eye(2), np.eye(3)),
        lambda: evaluate(np.eye(2), np.eye(2), penalties=np.ones(3)),
        lambda: evaluate(np.eye(2), np.eye(2), metric="data"),
        lambda: mean_references(np.eye(2), [1, 2]),
        lambda: mean_references(np.eye(2), [0, 2]),
    ):
        with pytest.raises(UsageError):
            call()


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_weights_agree_with_the_slow_reference(plain: ModuleType, data: st.DataObject) -> None:
    vocabulary = data.draw(st.integers(1, 6))
    table = data.draw(hnp.arrays(np.float32, (vocabulary, 3), elements=st.integers(-3, 3).map(float)))
    sentence = st.lists(st.integers(0, vocabulary - 1), max_size=6)
    sentences = data.draw(st.lists(sentence, min_size=1, max_size=5))
    found = soft_tf_idf(sentences, table)
    slow = plain.token_weights(sentences, table.tolist())
    assert [len(f) for f in found] == [len(s) for s in sentences]
    for one, other in zip(found, slow, strict=True):
        assert np.allclose(one, other, atol=1e-9)
        assert not len(one) or math.isclose(one.mean(), 1.0)


def test_rare_tokens_weigh_more_and_repeats_count(monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.eye(3)
    sentences = [[0, 1], [0, 2, 2], [0], []]
    weights = soft_tf_idf(sentences, table)
    idf = [math.log(5 / (df + 1)) + 1 for df in (3, 1, 1)]
    assert np.allclose(weights[0], np.array([idf[0], idf[1]]) / np.mean([idf[0], idf[1]]))
    raw = [idf[0], 2 * idf[2], 2 * idf[2]]
    assert np.allclose(weights[1], np.array(raw) / np.mean(raw))
    assert weights[2].tolist() == [1.0]
    assert len(weights[3]) == 0
    monkeypatch.setattr("soundscape.scoring.describing.weights._BLOCK", 4)
    assert all(np.allclose(a, b) for a, b in zip(soft_tf_idf(sentences, table), weights, strict=True))


class TestMecat:
    encoder = PlainEncoder(LexicalEmbedder())

    def items(self, field: str) -> list[Item]:
        out = []
        for domain, count in (("S00", 3), ("0M0", 2), ("00A", 2), ("SMA", 3), ("SM0", 2), ("000", 1)):
            for n in range(count):
                key = f"{domain}-{n}"
                out.append(Item(key=key, references=(f"{field} {key} words {n} of {domain}",), group=domain))
        return out

    def test_the_score_is_the_published_sum(self) -> None:
        references = {field: self.items(field) for field in CAPTION_FIELDS}
        predictions = {f: {i.key: f"a {i.references[0]} there" for i in items} for f, items in references.items()}
        found = score_captions(references, predictions, self.encoder, NoChecker())
        value = {part.name: part.value for part in found.parts}
        assert set(value) == {
            "long", "short", "environment",
            *(f"{kind}_{field}" for kind in ("pure", "mixed") for field in ("speech", "music", "sound")),
        }  # fmt: skip
        content = {f: (value[f"pure_{f}"] + value[f"mixed_{f}"]) / 2 for f in ("speech", "music", "sound")}
        expected = (
            0.4 * (0.8 * value["long"] + 0.2 * value["short"])
            + 0.4 * (0.6 * content["speech"] + 0.3 * content["music"] + 0.1 * content["sound"])
            + 0.2 * value["environment"]
        )
        assert math.isclose(found.score, expected)
        assert math.isclose(sum(WEIGHTS.values()), 1.0)
        sizes = {part.name: len(part.keys) for part in found.parts}
        assert sizes == {
            "long": 13, "short": 13, "environment": 13, "pure_speech": 3, "mixed_speech": 5, "pure_music": 2,
            "mixed_music": 5, "pure_sound": 2, "mixed_sound": 5,
        }  # fmt: skip

    def test_each_set_has_its_own_band(self) -> None:
        items = self.items("speech")
        texts = {i.key: i.references[0] for i in items[:8]}
        found = score_captions({"speech": items}, {"speech": texts}, self.encoder, NoChecker())
        own = [i for i in items if i.group == "S00"]
        (pure,) = [p for p in found.parts if p.name == "pure_speech"]
        alone = score_set("x", own, texts, self.encoder, NoChecker(), "date", DELTAS["speech"])
        assert pure.value == alone.value

    def test_missing_and_empty_texts_score_0_and_lower_the_mean(self) -> None:
        items = self.items("long")
        full = {i.key: i.references[0] for i in items}
        part = {k: (" " if n == 0 else v) for n, (k, v) in enumerate(full.items()) if n != 1}
        whole = score_set("long", items, full, self.encoder, NoChecker(), "date", 0.0)
        less = score_set("long", items, part, self.encoder, NoChecker(), "date", 0.0)
        assert less.present.count(False) == 2
        assert less.scores.score[:2].tolist() == [0.0, 0.0]
        assert math.isclose(less.value, whole.scores.score[2:].sum() / len(items))
        none = score_set("long", items, {}, self.encoder, NoChecker(), "date", 0.0)
        assert none.value == 0.0

    def test_broken_sentences_count_a_tenth(self) -> None:
        class Finder:
            name, revision = "test", "1"

            def errors(self, texts: list[str]) -> np.ndarray:
                return np.array([0.91 if "broken" in t else 0.9 for t in texts])

        assert penalties(Finder(), ["a broken one", "a sound one"]).tolist() == [0.1, 1.0]
        items = self.items("long")[:4]
        texts = {i.key: f"{i.references[0]} broken" for i in items}
        sound = score_set("x", items, texts, self.encoder, NoChecker(), "fense", 0.0)
        broken = score_set("x", items, texts, self.encoder, Finder(), "fense", 0.0)
        assert np.allclose(broken.scores.score, 0.1 * sound.scores.score)
        paper = [
            score_set("x", items, texts, self.encoder, f, "date-paper", 0.0).value for f in (Finder(), NoChecker())
        ]
        assert paper[0] == paper[1]

    def test_sets_without_clips_share_out_their_weight(self) -> None:
        items = [i for i in self.items("music") if i.group in ("S00", "000")]
        references = dict.fromkeys(CAPTION_FIELDS, items)
        predictions = {field: {i.key: i.references[0] for i in items} for field in CAPTION_FIELDS}
        found = score_captions(references, predictions, self.encoder, NoChecker())
        assert set(found.fields) == {"long", "short", "environment", "speech"}
        total = 0.32 + 0.08 + 0.2 + 0.24
        expected = sum(WEIGHTS[f] * v for f, v in found.fields.items()) / total
        assert math.isclose(found.score, expected)
        with pytest.raises(UsageError, match="no set has a clip"):
            score_captions({"music": items}, {"music": {}}, self.encoder, NoChecker())

    def test_answers_are_the_mean_over_categories(self) -> None:
        items = [
            Item(key=f"{c}-{n}", references=(f"{c} answer {n}",), group=c)
            for c in QA_CATEGORIES
            for n in range(3 if c == "direct_perception" else 2)
        ]
        texts = {i.key: i.references[0] for i in items}
        found = score_answers(items, texts, self.encoder, NoChecker())
        assert list(found.fields) == list(QA_CATEGORIES)
        assert math.isclose(found.score, sum(found.fields.values()) / 6)


class TestXares:
    def test_texts_are_prepared(self) -> None:
        assert xares.prepare("  Ｗell-known, “Don't”!\tYES. ") == "well known “dont” yes"
        assert xares.accuracy(["A-b.", "c"], ["a b", "d"]) == 0.5
        assert xares.accuracy([], []) == 0.0

    @given(st.lists(st.tuples(st.text("ab c-.", max_size=8), st.text("ab c-.", max_size=8)), min_size=1, max_size=5))
    @settings(max_examples=150, deadline=None)
    def test_iwer_and_icer_agree_with_jiwer(self, pairs: list[tuple[str, str]]) -> None:
        jiwer = pytest.importorskip("jiwer")
        # jiwer refuses empty references.
        kept = [(r, h) for r, h in pairs if xares.prepare(r)]
        if not kept:
            return
        references, hypotheses = ([xares.prepare(t) for t in side] for side in zip(*kept, strict=True))
        assert math.isclose(xares.iwer(references, hypotheses), max(0, 1 - jiwer.wer(references, hypotheses)))
        assert math.isclose(xares.icer(references, hypotheses), max(0, 1 - jiwer.cer(references, hypotheses)))

    def test_rates_are_pooled_over_clips(self) -> None:
        assert math.isclose(xares.iwer(["a b c d", "e"], ["a b c d", "x"]), 1 - 1 / 5)
        assert xares.iwer(["a"], ["b c d"]) == 0.0
        assert xares.iwer([""], [""]) == 1.0
        assert xares.iwer([""], ["a"]) == 0.0
        assert math.isclose(xares.icer(["今天下雨"], ["今天下雪"]), 0.75)

    @given(
        st.lists(st.tuples(st.sets(st.sampled_from("abc"), min_size=1), st.sets(st.sampled_from("abcd"))), min_size=1)
    )
    @settings(max_examples=150, deadline=None)
    def test_precision_agrees_with_the_slow_reference(
        self, plain: ModuleType, clips: list[tuple[set[str], set[str]]]
    ) -> None:
        known = sorted(set().union(*(t for t, _ in clips)))
        slow = [
            plain.average_precision([c in t for t, _ in clips], [float(c in given) for _, given in clips])
            for c in known
        ]
        references, hypotheses = ([";".join(sorted(labels)) for labels in side] for side in zip(*clips, strict=True))
        found = xares.mean_average_precision(references, hypotheses)
        assert math.isclose(found, sum(slow) / len(known))
        assert math.isclose(xares.mean_average_precision(references, hypotheses, classes=5), sum(slow) / 5)

    def test_labels_are_split_before_they_are_prepared(self) -> None:
        assert xares.mean_average_precision(["Dog;Cat", "Dog"], ["cat; dog", "dog"]) == 1.0
        with pytest.raises(UsageError, match="3 classes occur"):
            xares.mean_average_precision(["a;b;c"], ["a"], classes=2)

    def test_precision_agrees_with_scikit_learn(self) -> None:
        metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
        rng = np.random.default_rng(3)
        truth, named = rng.random((2, 30, 4)) < 0.4
        texts = [[";".join(f"c{i}" for i in np.flatnonzero(row)) for row in side] for side in (truth, named)]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = metrics.average_precision_score(truth, named.astype(float))
        assert math.isclose(xares.mean_average_precision(*texts, classes=4), expected)

    def test_the_overall_score(self) -> None:
        values, weights = {"a": 0.5, "b": 0.8}, {"a": 1.0, "b": 3.0}
        assert math.isclose(xares.overall(values), 0.65)
        assert math.isclose(xares.overall(values, weights), (0.5 + 2.4) / 4)
        assert math.isclose(xares.overall(values, weights, {"a": (0.25, 0.75)}), (0.5 + 2.4) / 4)
        assert math.isclose(xares.overall(values, weights, {"b": (0.6, 1.0)}), (0.5 + 1.5) / 4)
        for call in (
            lambda: xares.overall({}),
            lambda: xares.overall(values, {"a": 0.0, "b": 0.0}),
            lambda: xares.overall(values, {"a": -1.0, "b": 2.0}),
            lambda: xares.overall(values, None, {"a": (1.0, 1.0)}),
            lambda: xares.iwer(["a"], []),
        ):
            with pytest.raises(UsageError):
                call()


class TestThreshold:
    @given(
        st.lists(st.tuples(st.integers(-5, 5).map(lambda n: n / 10), st.booleans()), min_size=1, max_size=12).filter(
            lambda pairs: any(d for _, d in pairs)
        )
    )
    @settings(max_examples=200, deadline=None)
    def test_no_other_threshold_is_better(self, plain: ModuleType, pairs: list[tuple[float, bool]]) -> None:
        values, discard = [v for v, _ in pairs], [d for _, d in pairs]
        found = best_threshold(values, discard)
        tried = [plain.f_beta(values, discard, t / 20, BETA) for t in range(-20, 21)]
        assert math.isclose(found.f, max(tried), abs_tol=1e-12)
        assert math.isclose(plain.f_beta(values, discard, found.value, BETA), found.f, abs_tol=1e-12)
        assert math.isclose(found.kept, sum(v >= found.value for v in values) / len(values))

    def test_the_published_formula(self) -> None:
        assert math.isclose(f_beta(0.5, 0.8), (1 + 1.05**2) * 0.4 / (1.05**2 * 0.5 + 0.8))
        assert f_beta(0.0, 0.0) == 0.0
        found = best_threshold([0.02, 0.05, 0.11, 0.3], [True, True, False, False])
        assert math.isclose(found.value, 0.08)
        assert (found.precision, found.recall, found.f) == (1.0, 1.0, 1.0)

    def test_what_cannot_be_decided_is_refused(self) -> None:
        for values, discard in (([0.1], [False]), ([0.1], [True, False]), ([math.nan], [True])):
            with pytest.raises(UsageError):
                best_threshold(values, discard)


def test_an_unknown_embedder_is_refused() -> None:
    with pytest.raises(SoundscapeError, match="tinybert"):
        open_encoder("tinybird")
    assert open_encoder("lexical").weighting == "none"
