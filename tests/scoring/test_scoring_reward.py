"""Rewards: the table's number, from raw text, in threads and processes, without ever raising."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import pickle
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape.errors import UsageError
from soundscape.records import Prediction
from soundscape.scoring.baselines import as_prediction
from soundscape.scoring.lexical import LexicalEmbedder
from soundscape.scoring.options import Options
from soundscape.scoring.reward import REWARD_COLUMNS, Rewarder, reward, rewards
from soundscape.scoring.score import score
from soundscape.scoring.tally import COLUMNS


@pytest.fixture(scope="module")
def drawn(cases):
    return cases.random_set("reward", 60)


@pytest.mark.parametrize("column", REWARD_COLUMNS)
@pytest.mark.parametrize("options", [Options(), Options(f1="hard", argmax="iou", style="either", text="whisper")])
def test_the_same_number_as_the_table(cases, drawn, column, options):
    answers = [cases.prediction(key.clip_id, guesses) for key, guesses in drawn]
    table = score([key for key, _ in drawn], answers, embedder="lexical", options=options)
    rewarder = Rewarder(column=column, options=options)
    assert COLUMNS[column][1]
    for (key, guesses), clip, answer in zip(drawn, table.clips, answers, strict=True):
        expected = clip.tally.value(column)
        if expected is not None:
            assert rewarder(answer, key) == rewarder(guesses, key) == expected


def test_reward_is_the_default_column(drawn):
    key, guesses = next((k, g) for k, g in drawn if g and k.events)
    assert reward(guesses, key) == Rewarder(column="reward")(guesses, key)


def test_where_the_column_is_undefined(cases):
    empty = cases.answer_key("c", [])
    busy = cases.answer_key("d", [cases.true_event("m", "music", 0, 4, description="piano")])
    noise = [cases.guess("music", 0, 1)]
    assert [reward(g, empty, column="recall") for g in ([], noise)] == [1.0, 0.0]
    assert [reward(g, empty, column="reward") for g in ([], noise)] == [1.0, 0.0]
    assert reward([], busy, column="precision") == 0.0


def _raw(key):
    texts = ("transcription", "speaker_id", "emotion", "speaking_style", "description", "vocal_burst", "language")
    fields = ("type", "start_time", "end_time", *texts)
    events = [as_prediction(e) for e in key.events]
    return [{f: getattr(e, f) for f in fields if getattr(e, f) is not None} for e in events]


def test_raw_text_json_and_records_are_one(drawn):
    for key, _ in drawn[:20]:
        events = _raw(key)
        text = json.dumps(events)
        forms = [
            events,
            {"events": events},
            text,
            f"Here it is:\n```json\n{text}\n```\nDone.",
            json.dumps({"events": events}),
        ]
        assert {reward(form, key, column="f1") for form in forms} == {1.0}


def test_what_cannot_be_read_is_an_empty_answer(drawn):
    key, _ = next((k, g) for k, g in drawn if k.events and k.events[0].scored)
    for junk in ("I hear nothing at all.", "", None, 17, {"answer": 1}, [1, 2], b"bytes", "\ud800", "{" * 100_000):
        assert reward(junk, key) == 0.0
    unparsed = Prediction(clip_id=key.clip_id, events=tuple(as_prediction(e) for e in key.events), parsed=False)
    assert reward(unparsed, key) == 0.0


def test_strict_reading_mends_nothing(drawn):
    key, _ = next((k, g) for k, g in drawn if k.events and k.events[0].scored)
    prose = f"Sure! {json.dumps(_raw(key))}"
    assert reward(prose, key, column="f1") == 1.0
    assert reward(prose, key, column="f1", strict=True) == 0.0


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=12) | st.sampled_from(["speech", "music", "12:30"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "start_time", "end_time", "events", "description", "emotion", "x"]), inner
        )
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150)
@given(st.text(max_size=200) | json_values.map(lambda v: json.dumps(v)[:-1]) | json_values)
def test_never_raises(cases, answer):
    key = cases.random_clip(random.Random(5), 0)[0]
    assert 0.0 <= reward(answer, key) <= 1.0


def test_batches_match_single_calls(drawn):
    keys, answers = [k for k, _ in drawn], [g for _, g in drawn]
    assert rewards(answers, keys) == [reward(a, k) for a, k in zip(answers, keys, strict=True)]
    with pytest.raises(ValueError):
        rewards(answers[1:], keys)


def test_a_model_embeds_a_batch_at_once(drawn):
    class Model(LexicalEmbedder):
        keep_on_disk = True
        calls = 0

        def embed(self, texts):
            self.calls += 1
            return super().embed(texts)

    keys, answers = [k for k, _ in drawn], [g for _, g in drawn]
    model = Model()
    assert Rewarder(embedder=model).batch(answers, keys) == rewards(answers, keys)
    assert model.calls == 1


def test_threads_and_copies_agree(drawn):
    rewarder = Rewarder(column="f1")
    keys, answers = [k for k, _ in drawn] * 4, [g for _, g in drawn] * 4
    expected = rewarder.batch(answers, keys)
    fresh = Rewarder(column="f1")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fresh, answers, keys)) == expected
    copy = pickle.loads(pickle.dumps(rewarder))
    assert copy.batch(answers[:10], keys[:10]) == expected[:10]
    assert (copy.column, copy.options) == (rewarder.column, rewarder.options)


def test_a_changed_key_is_a_new_key(drawn):
    rewarder = Rewarder()
    key, guesses = next((k, g) for k, g in drawn if rewarder(g, k) > 0)
    silenced = dataclasses.replace(key, events=tuple(dataclasses.replace(e, scored=False) for e in key.events))
    assert rewarder(guesses, silenced) != rewarder(guesses, key)


def test_memory_is_bounded(monkeypatch, drawn):
    from soundscape.scoring import reward as module

    monkeypatch.setattr(module, "_KEYS_KEPT", 10)
    rewarder = Rewarder()
    first = [rewarder(g, k) for k, g in drawn]
    assert len(rewarder._keys) <= 10
    assert [rewarder(g, k) for k, g in drawn] == first


def test_columns_that_reward_nothing_good_are_refused():
    with pytest.raises(UsageError, match="'halluc' cannot be a reward"):
        Rewarder(column="halluc")
    with pytest.raises(UsageError, match="did you mean 'strict_reward'"):
        Rewarder(column="strict-reward")


def test_the_documented_reward_function(drawn):
    """The example of the module's docstring, with chat and plain completions."""
    rewarder = Rewarder(column="f1", embedder="lexical")
    keys = {key.clip_id: key for key, _ in drawn}

    def soundscape_reward(completions, clip_id, **_):
        texts = [c if isinstance(c, str) else c[0]["content"] for c in completions]
        return rewarder.batch(texts, [keys[name] for name in clip_id])

    names = [key.clip_id for key, _ in drawn[:3]]
    texts = [json.dumps(_raw(keys[n])) for n in names]
    chats = [[{"role": "assistant", "content": t}] for t in texts]
    assert soundscape_reward(texts, clip_id=names, prompts=[""] * 3) == [1.0] * 3
    assert soundscape_reward(chats, clip_id=names) == [1.0] * 3


def test_four_forms_of_equal_content_earn_the_same(cases):
    events = [
        cases.true_event(
            "e1",
            "speech",
            1.25,
            4.5,
            transcription="go home now",
            language="en",
            emotion="intense anger",
            speaker_id="a",
        ),
        cases.true_event("e2", "music", 0.0, 9.0, description="calm piano", loudness="quiet"),
        cases.true_event("e3", "vocal_burst", 5.0, 6.0, vocal_burst="chuckle", description="a low chuckle"),
    ]
    key = cases.answer_key("c", events, duration=9.0)
    new = [
        {"type": "speech", "start_time": 1.5, "end_time": 4.5, "transcription": "Go home!", "speaker_id": "S1",
         "language": "en", "emotion": "intense anger"},
        {"type": "music", "start_time": 0, "end_time": 8, "description": "slow piano", "loudness": "quiet"},
        {"type": "vocal_burst", "start_time": 5, "end_time": 6, "vocal_burst": "chuckle", "description": "a chuckle"},
    ]  # fmt: skip
    old = [dict(new[0], emotion="anger_3"), new[1], dict(new[2], transcription=None)]
    wrapper = {"clip_id": "c", "duration": 9.0, "num_speakers": 1, "languages": ["en"], "events": new}
    prose = f"I listened twice.\n\n```json\n{json.dumps(wrapper, indent=2)}\n```\nAnything else?"
    for column in REWARD_COLUMNS:
        found = {reward(form, key, column=column) for form in (new, json.dumps(new), wrapper, prose, old)}
        assert len(found) == 1, column
        assert 0.0 < found.pop() < 1.0
