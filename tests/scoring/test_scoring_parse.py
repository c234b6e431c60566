"""Reading model output: exact, mended, hopeless; the same content in every form gives the same events."""

from __future__ import annotations

import ast
import dataclasses
import gc
import json
import math
import re
import time
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from soundscape import schema
from soundscape.records import (
    AGES,
    EVENT_TYPES,
    GENDERS,
    LOUDNESS_LABELS,
    SPEAKING_RATES,
    AnswerKey,
    PredictedEvent,
)
from soundscape.scoring import parse
from soundscape.scoring.parse import read_output
from soundscape.scoring.reading.fields import STRENGTHS
from soundscape.scoring.reading.repairs import REPAIR_KINDS
from soundscape.scoring.reading.scanner import scan

SPEECH = {
    "type": "speech", "start_time": 1.0, "end_time": 2.5, "transcription": "Is that \"it\", then? – Ja, é só isso.",
    "speaker_id": "A", "language": "en", "emotion": "intense anger", "age": "adult_30s", "gender": "female",
    "voice_timbre": "warm", "speaking_style": "whispered", "accent": None, "speaking_rate": "slow",
}  # fmt: skip
BURST = {
    "type": "vocal_burst", "start_time": 3, "end_time": 3.25, "vocal_burst": "chuckle", "speaker_id": "A",
    "emotion": "slight amusement", "transcription": None, "description": "a short chuckle",
}  # fmt: skip
SOUND = {"type": "sound_event", "start_time": 0, "end_time": 9.5, "description": "Rain, steady", "loudness": "quiet"}
MUSIC = {"type": "music", "start_time": 4.25, "end_time": 9.5, "description": "A slow waltz", "loudness": "very_loud"}
ALL = [SPEECH, BURST, SOUND, MUSIC]
EVENTS = tuple(PredictedEvent(**e) for e in ALL)
WRAPPER = {"clip_id": "c", "duration": 9.5, "num_speakers": 1, "languages": ["en"], "events": ALL}

MEND = {"type": "sound_event", "start_time": 1.0, "end_time": 2.0, "description": "a door"}
MENDED = (PredictedEvent(**MEND),)


def text_of(value):
    return json.dumps(value, ensure_ascii=False)


def read(answer, **options):
    events, repairs, parsed = read_output(answer, **options)
    assert set(repairs) <= set(REPAIR_KINDS)
    assert all(n > 0 for n in repairs.values())
    assert list(repairs) == sorted(repairs)
    return events, repairs, parsed


# --- exact answers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "answer",
    [
        text_of(ALL), text_of(WRAPPER), text_of({"events": ALL}), text_of(ALL).encode(), json.dumps(ALL, indent=4), ALL,
        tuple(ALL), WRAPPER, json.dumps(ALL), bytearray(text_of(ALL).encode()), list(EVENTS),
    ],
)  # fmt: skip
def test_exact_answers_need_no_repair(answer, strict):
    assert read(answer, strict=strict) == (EVENTS, {}, True)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("answer", ["[]", '{"events": []}', [], {"events": []}, '{"clip_id": null, "events": []}'])
def test_an_empty_list_is_an_answer(answer, strict):
    assert read(answer, strict=strict) == ((), {}, True)


def test_times_keep_what_they_say():
    odd = [{**MEND, "start_time": 7.0, "end_time": -3.0}]
    assert read(text_of(odd))[0] == (dataclasses.replace(MENDED[0], start_time=7.0, end_time=-3.0),)


def test_the_exact_form_has_the_fields_and_sets_of_the_record():
    assert parse._Event.__struct_fields__ == tuple(f.name for f in dataclasses.fields(PredictedEvent))
    assert parse._Wrapper.__struct_fields__[1:] == ("clip_id", "duration", "num_speakers", "languages")
    assert set(parse._Wrapper.__struct_fields__) <= {f.name for f in dataclasses.fields(AnswerKey)}
    for field, values in {"age": AGES, "gender": GENDERS, "speaking_rate": SPEAKING_RATES, "loudness": LOUDNESS_LABELS,
                          "type": EVENT_TYPES}.items():  # fmt: skip
        properties = schema.load("prediction")["$defs"]["event"]["properties"]
        assert [v for v in properties[field]["enum"] if v is not None] == list(values)
        for value in values:
            assert read(text_of([{**MEND, field: value}]), strict=True)[2]
        assert not read(text_of([{**MEND, field: "other"}]), strict=True)[2]


# --- one case for every kind of repair -------------------------------------------------------------------------------

PLAIN = text_of([MEND])
INNER = text_of(MEND)[1:-1]
CASES = {
    "byte_order_mark": ("\ufeff" + PLAIN, {"byte_order_mark": 1}),
    "byte_order_mark_in_bytes": (b"\xef\xbb\xbf" + PLAIN.encode(), {"byte_order_mark": 1}),
    "bad_encoding": (PLAIN.encode() + b"\xff", {"bad_encoding": 1, "text_around": 1}),
    "lone_surrogate_around": (PLAIN + "\ud800", {"lone_surrogate": 1, "text_around": 1}),
    "thinking_block": (f"<think>Maybe [{{\n</think>{PLAIN}", {"thinking_block": 1}),
    "thinking_block_begun_before": (f"so I say [1, 2]</think>\n{PLAIN}", {"thinking_block": 1}),
    "thinking_blocks": (f"<think>a</think><Reasoning>{PLAIN}</reasoning>{PLAIN}", {"thinking_block": 2}),
    "thinking_block_never_closed": (f"{PLAIN}<think>was that right? [{{", {"thinking_block": 1}),
    "code_fence": (f"```json\n{PLAIN}\n```", {"code_fence": 1}),
    "code_fence_bare": (f"```{PLAIN}```", {"code_fence": 1}),
    "code_fence_left_open": (f"```JSON\n{PLAIN}\n", {"code_fence": 1}),
    "code_fence_tildes": (f"~~~\n{PLAIN}\n~~~", {"code_fence": 1}),
    "code_fence_in_prose": (f"I hear [a door]:\n```json\n{PLAIN}\n```\nSure.", {"code_fence": 1, "text_around": 1}),
    "code_fence_of_code": (f"{PLAIN}\n```python\nx = [1]\n```", {"text_around": 1}),
    "text_around": (f"Here is what I hear: {PLAIN} I hope it helps!", {"text_around": 1}),
    "text_around_brackets": (f"[Listening] {{hm}} {PLAIN}", {"missing_value": 1, "text_around": 1, "unquoted": 2}),
    "truncated_list": (PLAIN[:-1], {"truncated": 1}),
    "truncated_object": (PLAIN[:-2], {"truncated": 1}),
    "truncated_text": (PLAIN[:-3], {"truncated": 1}),
    "truncated_second": (f"[{text_of(MEND)}, {text_of(MEND)[:45]}", {"truncated": 1, "dropped_event": 1}),
    "bracket_mismatch": (f"[{{{INNER}]", {"bracket_mismatch": 1}),
    "bracket_mismatch_extra": (f"[{{{INNER}]}}]", {"bracket_mismatch": 1, "text_around": 1}),
    "trailing_comma": (f"[{{{INNER},}},]", {"trailing_comma": 2}),
    "missing_comma": (PLAIN.replace(', "desc', ' "desc'), {"missing_comma": 1}),
    "missing_comma_between_events": (f"[{{{INNER}}}\n{{{INNER}}}]", {"missing_comma": 1}),
    "missing_colon": (PLAIN.replace('"type":', '"type"'), {"missing_colon": 1}),
    "missing_value": (f'[{{"loudness", "accent":, {INNER}}}]', {"missing_value": 2}),
    "single_quotes": (repr([MEND]), {"single_quotes": 6}),
    "typographic_quotes": (re.sub(r'"([^"]*)"', r"“\1”", PLAIN), {"single_quotes": 6}),
    "unquoted": ("[{type: sound_event, start_time: 1, end_time: 2, description: a door}]", {"unquoted": 6}),
    "inner_quote": (PLAIN.replace("a door", 'a "door" there'), {"inner_quote": 2}),
    "inner_quote_before_comma": (PLAIN.replace("a door", 'it says "go", or so'), {"inner_quote": 2}),
    "bad_escape": (PLAIN.replace("a door", r"a \door"), {"bad_escape": 1}),
    "control_character": (PLAIN.replace("a door", "a\ndoor"), {"control_character": 1}),
    "python_literal": (f'[{{{INNER}, "accent": None}}]', {"python_literal": 1}),
    "python_escapes": (PLAIN.replace("a door", r"a\U0001e2fa \x01door"), {"python_literal": 2}),
    "not_a_number": (f'[{{{INNER}, "accent": NaN, "emotion": -Infinity}}]', {"not_a_number": 2}),
    "number_format": (PLAIN.replace("1.0", "+1.").replace("2.0", "02"), {"number_format": 2}),
    "comment": (f"[ // the list\n{{{INNER} /* all */ }} # done\n]", {"comment": 3}),
    "too_deep": (f'[{{{INNER}, "accent": {"[" * 500}{"]" * 500}}},]',
                 {"too_deep": 1, "trailing_comma": 1, "wrong_value": 1}),
    "json_lines": (f"{{{INNER}}}\n{{{INNER}}}\n", {"json_lines": 1}),
    "several_lists": (f"Sounds: {PLAIN}\nMusic: {PLAIN}", {"json_lines": 1, "text_around": 1}),
    "double_encoded": (json.dumps(PLAIN), {"double_encoded": 1}),
    "double_encoded_in_wrapper": (json.dumps({"output": PLAIN}), {"double_encoded": 1, "wrapper_key": 1}),
    "double_encoded_events": (json.dumps({"events": f"```{PLAIN}```"}), {"double_encoded": 1, "code_fence": 1}),
    "double_encoded_lines": (json.dumps([text_of(MEND), text_of(MEND)]), {"double_encoded": 2}),
    "chat_message": (json.dumps({"choices": [{"message": {"role": "assistant", "content": f"Here:\n{PLAIN}"}}]}),
                     {"double_encoded": 1, "text_around": 1, "wrapper_key": 3}),
    "content_block": (json.dumps([{"type": "text", "text": PLAIN}]), {"double_encoded": 1, "wrapper_key": 1}),
    "wrapper_key": (text_of({"annotations": [MEND], "model": "x"}), {"wrapper_key": 1}),
    "wrapper_in_wrapper": (text_of({"result": {"events": [MEND]}}), {"wrapper_key": 1}),
    "events_by_name": (text_of({"first": MEND, "second": MEND}), {"wrapper_key": 1}),
    "nested_list": (text_of([[MEND]]), {"nested_list": 1}),
    "single_event": (text_of(MEND), {"single_event": 1}),
    "single_event_in_wrapper": (text_of({"events": MEND}), {"single_event": 1}),
    "stray_value": (text_of([MEND, "and", 3]), {"stray_value": 2}),
    "field_name": (PLAIN.replace("start_time", "startTime").replace("end_time", "Offset"), {"field_name": 2}),
    "field_name_caption": (PLAIN.replace("description", "caption"), {"field_name": 1}),
    "unknown_field": (f'[{{{INNER}, "confidence": 0.5, "caption": "x"}}]', {"unknown_field": 2}),
    "type_alias": (PLAIN.replace("sound_event", "SFX"), {"type_alias": 1}),
    "type_alias_with_rest": (PLAIN.replace("sound_event", "Sound Effect (near)"), {"type_alias": 1}),
    "type_from_key": (text_of({"sound_events": [{k: v for k, v in MEND.items() if k != "type"}]}),
                      {"type_from_key": 1, "wrapper_key": 1}),
    "type_from_label": (PLAIN.replace('"type"', '"label"'), {"type_from_key": 1}),
    "numeric_string": (PLAIN.replace("1.0", '"1.0"').replace("2.0", '" 2 "'), {"numeric_string": 2}),
    "decimal_comma": (PLAIN.replace("2.0", '"2,0"'), {"numeric_string": 1}),
    "time_format": (PLAIN.replace("1.0", '"0:01"').replace("2.0", '"00:00:02,000"'), {"time_format": 2}),
    "time_unit": (PLAIN.replace("1.0", '"1s"').replace("2.0", '"2000 ms"'), {"time_format": 2}),
    "time_unquoted": (PLAIN.replace("1.0", "00:01").replace("2.0", "2s"), {"time_format": 2, "unquoted": 2}),
    "named_time": (PLAIN.replace("2.0", '"End"'), {"named_time": 1}),
    "time_pair": (f'[{{{INNER.replace("start_time", "time").replace("1.0,", "[1, 2],")}}}]',
                  {"field_name": 1, "time_pair": 1}),
    "time_pair_text": ('[{"type": "sound_event", "timestamp": "0:01 - 0:02", "description": "a door"}]',
                       {"time_pair": 1, "time_format": 2, "field_name": 1}),
    "time_pair_object": ('[{"type": "sound_event", "span": {"start": 1, "end": 2}, "description": "a door"}]',
                         {"time_pair": 1}),
    "end_from_duration": (PLAIN.replace('"end_time": 2.0', '"duration": 1'), {"end_from_duration": 1}),
    "null_events": ('{"events": null}', {"wrong_value": 1}),
    "dropped_event": (text_of([MEND, {**MEND, "type": "smell"}, {**MEND, "start_time": None}, {"note": 1}]),
                      {"dropped_event": 3}),
    "dropped_infinite": (PLAIN[:-1] + ',{"type": "music", "start_time": 1e999, "end_time": 2}]', {"dropped_event": 1}),
    "dropped_absurd": (PLAIN[:-1] + ',{"type": "music", "start_time": 1, "end_time": 1e18}]', {"dropped_event": 1}),
}  # fmt: skip

TEXTS = {
    "inner_quote": 'a "door" there', "inner_quote_before_comma": 'it says "go", or so', "control_character": "a\ndoor",
    "python_escapes": "a\U0001e2fa \x01door",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_repairs(name):
    answer, expected = CASES[name]
    events, repairs, parsed = read(answer, duration=2.0)
    assert parsed
    text = TEXTS.get(name, "a door")
    copies = 0 if name == "null_events" else 2 if name in (
        "missing_comma_between_events", "json_lines", "several_lists", "double_encoded_lines", "events_by_name"
    ) else 1  # fmt: skip
    assert events == tuple(dataclasses.replace(e, description=text) for e in MENDED * copies)
    assert repairs == expected
    assert read(answer, strict=True) == ((), {}, False), "strict mode mends nothing"


FIELD_CASES = [
    ({"speaker_id": 3}, {"speaker_id": "3"}, {"number_as_text": 1}),
    ({"speaker_id": 2.0}, {"speaker_id": "2"}, {"number_as_text": 1}),
    ({"transcription": 1.5}, {"transcription": "1.5"}, {"number_as_text": 1}),
    ({"transcription": True}, {"transcription": None}, {"wrong_value": 1}),
    ({"transcription": {"a": 1}}, {"transcription": None}, {"wrong_value": 1}),
    ({"transcription": 10**30}, {"transcription": None}, {"wrong_value": 1}),
    ({"language": ["en", "de", 3]}, {"language": "en, de, 3"}, {"list_as_text": 1}),
    ({"words": [{"word": "no"}]}, {"transcription": None}, {"field_name": 1, "wrong_value": 1}),
    ({"text": "no", "start": 5}, {"transcription": "no"}, {"field_name": 1, "unknown_field": 1}),
    ({"emotion": "anger_3"}, {"emotion": "intense anger"}, {"old_emotion": 1}),
    ({"emotion": "Emotional_Numbness_1, fear_4"}, {"emotion": "slight emotional numbness, extreme fear"},
     {"old_emotion": 1}),
    ({"emotion": ["anger_2", "fear_1"]}, {"emotion": "moderate anger, slight fear"},
     {"list_as_text": 1, "old_emotion": 1}),
    ({"emotion": "route_66"}, {"emotion": "route_66"}, {}),
    ({"emotion": "anger_5"}, {"emotion": "anger_5"}, {}),
    ({"age": "Young Adult 20s"}, {"age": "young_adult_20s"}, {"enum_value": 1}),
    ({"gender": "Woman"}, {"gender": "female"}, {"enum_value": 1}),
    ({"speaking_rate": "medium"}, {"speaking_rate": "normal"}, {"enum_value": 1}),
    ({"age": "37"}, {"age": None}, {"unknown_value": 1}),
    ({"age": 37}, {"age": None}, {"unknown_value": 1}),
    ({"loudness": "Very-Quiet"}, {"loudness": "very_quiet"}, {"enum_value": 1}),
    ({"volume": "medium"}, {"loudness": "moderate"}, {"enum_value": 1, "field_name": 1}),
    ({"emotion": "caf\ud83d"}, {"emotion": "caf\N{REPLACEMENT CHARACTER}"}, {"lone_surrogate": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("given_fields", "expected", "counts"), FIELD_CASES)
@pytest.mark.parametrize("form", ["text", "value"])
def test_fields(given_fields, expected, counts, form):
    base = {"type": "speech", "start_time": 1.0, "end_time": 2.0}
    answer = [{**base, **given_fields}]
    events, repairs, parsed = read(json.dumps(answer) if form == "text" else answer)
    assert (events, parsed) == ((PredictedEvent(**base, **expected),), True)
    assert repairs == counts


@pytest.mark.parametrize(
    ("kind", "label", "repair"),
    [
        ("laughter", "laughter", "label_from_type"), ("Throat clearing", "throat_clearing", "label_from_type"),
        ("vocal burst", None, "type_alias"), ("nonverbal vocalization", None, "type_alias"),
    ],
)  # fmt: skip
def test_types_that_name_a_vocal_burst(kind, label, repair):
    base = {"start_time": 1.0, "end_time": 2.0}
    assert read([{"type": kind, **base}]) == (
        (PredictedEvent(type="vocal_burst", vocal_burst=label, **base),), {repair: 1}, True
    )  # fmt: skip
    named = [{"type": kind, "vocal_burst": "belly_laugh", **base}]
    assert read(named)[0][0].vocal_burst == "belly_laugh", "a stated label wins"
    free = [{"type": "vocal_burst", "label": "gasp", "caption": "a sharp gasp", **base}]
    assert read(free)[0] == (
        PredictedEvent(type="vocal_burst", vocal_burst="gasp", description="a sharp gasp", **base),
    )


@pytest.mark.parametrize("key", ["music", "Background Music", "songs"])
def test_types_from_keys_and_empty_groups(key):
    answer = {"speech": [], key: [{"start": 1, "end": 2, "description": "a waltz"}]}
    assert read(answer)[0] == (PredictedEvent(type="music", start_time=1.0, end_time=2.0, description="a waltz"),)
    assert read({"speech": [], "music": []})[::2] == ((), True)


def test_every_kind_of_repair_is_documented_and_occurs():
    seen = set()
    for answer, _ in CASES.values():
        seen |= set(read(answer, duration=2.0)[1])
    for fields, _, _ in FIELD_CASES:
        seen |= set(read([{"type": "speech", "start_time": 1.0, "end_time": 2.0, **fields}])[1])
    seen |= set(read([{"type": "laughter", "start_time": 1.0, "end_time": 2.0}])[1])
    cycle = [MEND]
    cycle.append(cycle)
    seen |= set(read(cycle)[1])
    assert seen == set(REPAIR_KINDS)


def test_named_end_needs_the_duration():
    answer = PLAIN.replace("2.0", '"end"')
    assert read(answer, duration=7.5)[0][0].end_time == 7.5
    assert read(answer) == ((), {"dropped_event": 1}, False)


# --- what is no answer -----------------------------------------------------------------------------------------------


class Hostile(dict):
    def items(self):
        raise RuntimeError("no")

    keys = values = __iter__ = __getitem__ = get = items


@pytest.mark.parametrize(
    "answer",
    [
        "", "   \n", "I hear a door.", "null", "42", '"a door"', "{}", "[", "{", "[{", "]", '{"events": ', "[1, 2, 3]",
        '["a", "b"]', '[{"type": "music"}]', '[{"description": "a door"}]', '{"events": ["a"]}', "[[[]]]", b"\xff\xfe",
        "<think>[{", '{"a": {"b": []}}', None, 42, 1.5, math.nan, object(), {"a", "b"}, {}, [None], [[]], [1], {1: 2},
        {(1, 2): [MEND]}, Hostile(a=1), [object()], "\ud800", "[}", '{"clip_id": "c"}', (), range(3), iter([MEND]),
        PredictedEvent(**MEND), "NaN", "-", '"', "'", "\\", "`", "```", "[NaN]", "/*", "[/*",
    ],
)  # fmt: skip
@pytest.mark.parametrize("strict", [False, True])
def test_what_is_no_answer_is_unparsed(answer, strict):
    if answer == ():
        assert read(answer, strict=strict) == ((), {}, True)
        return
    events, repairs, parsed = read(answer, strict=strict)
    assert (events, parsed) == ((), False)
    assert not strict or repairs == {}


def test_nothing_is_invented():
    answer = [{"start_time": 1, "end_time": 2, "description": "music plays"}, {"type": "music", "start_time": 1}]
    assert read(answer) == ((), {"dropped_event": 2}, False)


# --- the same content in every form ----------------------------------------------------------------------------------

captions = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="`"), max_size=30).filter(
    lambda s: not re.search(r"</?(think|thought|reason|analy|reflect)", s, re.IGNORECASE)
)
times = st.integers(0, 30000).map(lambda ms: ms / 1000)
emotions = st.tuples(st.sampled_from(["anger", "fear", "deep joy"]), st.sampled_from(sorted(STRENGTHS)))


def optional(strategy):
    return st.none() | strategy


@st.composite
def contents(draw):
    """Events as they should be read, each with an emotion that the older form can hold."""
    events = []
    for _ in range(draw(st.integers(1, 4))):
        label, strength = draw(emotions)
        event = {
            "type": draw(st.sampled_from(EVENT_TYPES)), "start_time": draw(times), "end_time": draw(times),
            "transcription": draw(optional(captions)), "speaker_id": draw(optional(st.sampled_from("ABC"))),
            "language": draw(optional(st.sampled_from(["en", "zh"]))),
            "emotion": draw(optional(st.just(f"{STRENGTHS[strength]} {label}"))),
            "age": draw(optional(st.sampled_from(AGES))), "gender": draw(optional(st.sampled_from(GENDERS))),
            "voice_timbre": draw(optional(captions)), "speaking_style": draw(optional(captions)),
            "accent": draw(optional(captions)), "speaking_rate": draw(optional(st.sampled_from(SPEAKING_RATES))),
            "vocal_burst": draw(optional(st.sampled_from(["chuckle", "gasp"]))),
            "description": draw(optional(captions)),
            "loudness": draw(optional(st.sampled_from(LOUDNESS_LABELS[1:]))),
        }  # fmt: skip
        events.append({k: v for k, v in event.items() if v is not None})
    return events


def older(event):
    """The older form: labels with a strength; four loudness levels are four of the five."""
    emotion = event.get("emotion")
    if emotion is None:
        return event
    word, label = emotion.split(" ", 1)
    strength = next(n for n, s in STRENGTHS.items() if s == word)
    return {**event, "emotion": f"{label.replace(' ', '_')}_{strength}"}


@given(contents(), st.booleans(), st.integers(0, 4))
@settings(max_examples=150, deadline=None)
def test_equal_content_gives_equal_events_in_every_form(content, ascii_only, indent):
    expected = tuple(PredictedEvent(**e) for e in content)
    plain = json.dumps(content, ensure_ascii=ascii_only, indent=indent or None)
    assert read(plain) == (expected, {}, True)
    assert read(json.dumps({**WRAPPER, "events": content}, ensure_ascii=ascii_only)) == (expected, {}, True)
    fenced = f"I listened closely. Here is the list:\n\n```json\n{plain}\n```\n\nLet me know!"
    assert read(fenced) == (expected, {"code_fence": 1, "text_around": 1}, True)
    assert read(f"My answer: {plain}.") == (expected, {"text_around": 1}, True)
    old = [older(e) for e in content]
    changed = sum("emotion" in e for e in content)
    assert read(json.dumps({"events": old})) == (expected, {"old_emotion": changed} if changed else {}, True)
    assert read(content) == (expected, {}, True)
    assert read(json.dumps({"output": plain}))[::2] == (expected, True)
    lines = "\n".join(json.dumps(e) for e in content)
    assert read(lines)[::2] == (expected, True)
    assert read(plain.rstrip("]\n ") + ",]") == (expected, {"trailing_comma": 1}, True)
    assert read(plain.rstrip("]\n ")) == (expected, {"truncated": 1}, True)


@given(contents())
@settings(max_examples=100, deadline=None)
def test_python_reprs_are_read(content):
    assert ast.literal_eval(repr(content)) == content
    assert read(repr(content))[::2] == (tuple(PredictedEvent(**e) for e in content), True)


@given(contents(), st.data())
@settings(max_examples=100, deadline=None)
def test_a_cut_answer_keeps_its_whole_events(content, data):
    plain = json.dumps(content)
    cut = data.draw(st.integers(0, len(plain) - 1))
    whole = sum(len(json.dumps(content[: n + 1])) - 1 <= cut for n in range(len(content)))
    events, repairs, parsed = read(plain[:cut])
    expected = tuple(PredictedEvent(**e) for e in content)
    assert events[:whole] == expected[:whole]
    assert len(events) in (whole, whole + 1)
    for partial in events[whole:]:
        assert (partial.type, partial.start_time, partial.end_time) == (
            expected[whole].type, expected[whole].start_time, expected[whole].end_time
        )  # fmt: skip
    assert parsed == bool(events)
    assert cut == 0 or repairs["truncated"] == 1


# --- strict mode is the schema ---------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from(["", "en", "male", "1"])
loose_events = st.dictionaries(
    st.sampled_from([*parse._Event.__struct_fields__[3:], "extra"]),
    st.sampled_from(["quiet", "slow", "male", "child", None, 3]) | scalars,
    max_size=3,
).flatmap(
    lambda extra: st.fixed_dictionaries(
        {"type": st.sampled_from([*EVENT_TYPES, "sfx", None]), "start_time": times | scalars, "end_time": times},
    ).map(lambda base: {**base, **extra})
)
loose_wrappers = st.fixed_dictionaries(
    {"events": st.lists(loose_events, max_size=2)},
    optional={
        "clip_id": scalars, "duration": scalars, "num_speakers": st.none() | st.integers(0, 3) | st.just("2"),
        "languages": st.none() | st.lists(st.sampled_from(["en", 3]), max_size=2), "other": scalars,
    },
)  # fmt: skip


@given(st.lists(loose_events, max_size=2) | loose_wrappers | scalars | st.just({}))
@settings(max_examples=300, deadline=None)
def test_strict_mode_takes_exactly_what_the_schema_allows(value):
    valid = not schema.problems("prediction", value)
    events, repairs, parsed = read(json.dumps(value), strict=True)
    assert (parsed, repairs) == (valid, {})
    if valid:
        assert read(json.dumps(value))[0] == events


@pytest.mark.parametrize("value", [1e18, -1e18, 1e300])
def test_absurd_times_are_outside_the_schema_too(value):
    answer = [{**MEND, "start_time": value}]
    assert schema.problems("prediction", answer)
    assert not read(json.dumps(answer), strict=True)[2]


# --- never raises, never takes long ----------------------------------------------------------------------------------

fragments = st.sampled_from(
    [
        *"[]{},:\"'“”’\\`<>/#*-+.eE \n\t\0\ud800\ufeff", "```json\n", "<think>", "</think>", '"type":', '"speech"',
        "start_time", '"end_time": 2', "1:05", "NaN", "None", "true", "\\u", "\\ud83d", "\\x4", "//", "/*", "*/",
        "1e999", '{"type": "music", "start_time": 1, "end_time": 2}', "[[[[", "]]]]", '"events": [', "0" * 30,
        '\\"', '": "',
    ]
)  # fmt: skip
json_like = st.recursive(
    scalars | st.text(max_size=5) | st.integers() | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=4) | st.sampled_from(["events", "type", "start", "end", "span"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(fragments, max_size=40).map("".join))
@settings(max_examples=400, deadline=None)
def test_never_raises_on_scrambled_json(text):
    for strict in (False, True):
        events, _, parsed = read(text, strict=strict)
        assert parsed or events == ()
        for event in events:
            assert event.type in EVENT_TYPES
            assert math.isfinite(event.start_time)
            assert math.isfinite(event.end_time)
            json.dumps(dataclasses.asdict(event)).encode()
            "".join(v for v in dataclasses.asdict(event).values() if isinstance(v, str)).encode()


@given(st.text() | st.binary() | json_like)
@settings(max_examples=300, deadline=None)
def test_never_raises_on_anything(answer):
    events, _, parsed = read(answer)
    assert parsed or events == ()
    assert read(answer, strict=True)[1] == {}


well_formed = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(st.lists(well_formed) | st.dictionaries(st.text(), well_formed), st.booleans(), st.integers(0, 3))
@settings(max_examples=300, deadline=None)
def test_the_scanner_reads_json_as_it_is(value, ascii_only, indent):
    repairs = Counter()
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent or None)
    assert scan(text, repairs) == [json.loads(text)]
    assert not +repairs


@given(contents(), st.data())
@settings(max_examples=200, deadline=None)
def test_never_raises_on_damaged_answers(content, data):
    plain = json.dumps(content, ensure_ascii=False)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(plain)))
        plain = plain[:at] + data.draw(fragments | st.just("")) + plain[at + data.draw(st.integers(0, 5)) :]
    read(plain)


HOSTILE = {
    "brackets": lambda n: "[" * n,
    "braces": lambda n: "{" * n,
    "objects in lists": lambda n: "[{" * (n // 2),
    "nested objects": lambda n: '{"a":' * (n // 5),
    "closed": lambda n: "[" * (n // 2) + "]" * (n // 2),
    "closers": lambda n: "[{" + "]" * n,
    "quotes": lambda n: '["' * (n // 2),
    "loose quotes": lambda n: '["a" b ' * (n // 7),
    "only quotes": lambda n: "[" + '"' * n,
    "quotes and spaces": lambda n: "[" + '" ' * (n // 2),
    "quotes and long spaces": lambda n: "[" + ('"a"' + " " * 996 + "x") * (n // 1000),
    "keys": lambda n: '[{"' + ("a" * 41 + '":') * (n // 43),
    "typographic": lambda n: "[“" * (n // 2),
    "backslashes": lambda n: '["' + "\\" * (n + 1),
    "digits": lambda n: '[{"type":"music","start_time":' + "9" * (n // 2) + ',"end_time":1.' + "1" * (n // 2) + "},]",
    "commas": lambda n: "[" + "," * n,
    "colons": lambda n: "{" + ":" * n,
    "words": lambda n: "[a b " * (n // 5),
    "thinking": lambda n: "<think>" * (n // 7),
    "thoughts": lambda n: "<think>[</think>" * (n // 16),
    "fences": lambda n: "```" * (n // 3),
    "open fences": lambda n: "```json\n[{" * (n // 10),
    "comments": lambda n: "[/*" * (n // 3),
    "comments and closers": lambda n: "[/* */" * (n // 6),
    "surrogates": lambda n: '["' + "\\ud800" * (n // 6),
    "bare surrogates": lambda n: "[" + "\ud800" * n,
    "nothing": lambda n: "\0" * n,
    "inner objects": lambda n: "{" + ",".join(f'"k{i}":{{}}' for i in range(n // 10)) + "}",
    "layers": lambda n: json.dumps(json.dumps(json.dumps(json.dumps("[{" * (n // 20))))),
    "clocks": lambda n: "[" + "1:11:" * (n // 5),
    "events": lambda n: json.dumps([MEND] * (n // 80))[:-1] + ",]",
}


def seconds(text):
    gc.collect()
    begun = time.process_time()
    read(text)
    return time.process_time() - begun


@pytest.mark.parametrize("name", HOSTILE)
def test_time_is_linear_in_the_size(name):
    small, large = (HOSTILE[name](n) for n in (20_000, 160_000))
    took = min(seconds(large) for _ in range(2))
    # Eight times the text: about eight times the time, where anything quadratic takes sixty-four.
    assert took < max(24.0 * min(seconds(small) for _ in range(3)), 0.25), name
    assert took < 2.0


def test_deep_nesting_of_a_million_brackets():
    assert read("[" * 1_000_000)[::2] == ((), False)
    inside = "[" * 1_000_000 + "]" * 1_000_000
    assert read(f"{PLAIN[:-1]}, {inside}]")[0] == MENDED


@pytest.mark.slow
def test_an_answer_of_ten_megabytes():
    events = [{**SPEECH, "transcription": "x" * 900, "start_time": i} for i in range(10_000)]
    text = json.dumps(events)
    assert len(text) > 10_000_000
    exact = read(text)
    assert (len(exact[0]), exact[1:]) == (10_000, ({}, True))
    for damaged, repairs in ((text[:-1] + ",]", {"trailing_comma": 1}), (text[:-1], {"truncated": 1})):
        begun = time.process_time()
        assert read(damaged) == (exact[0], repairs, True)
        assert time.process_time() - begun < 10.0


def test_deep_and_cyclic_values():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert read(deep) == ((), {"not_json": 1}, False)
    cycle = {"events": [MEND]}
    cycle["again"] = cycle
    assert read(cycle) == ((), {"not_json": 1}, False)


def test_exact_answers_are_read_fast():
    text = text_of([SPEECH, SPEECH, BURST, SOUND, MUSIC])
    times = []
    for _ in range(20):
        begun = time.process_time()
        for _ in range(50):
            read_output(text)
        times.append((time.process_time() - begun) / 50)
    # A quarter of it on an idle machine.
    assert min(times) < 30e-6


def test_joined_lists_keep_their_order():
    parts = [json.dumps([{**MEND, "start_time": i}]) for i in range(4)]
    events, repairs, _ = read("First: " + " then ".join(parts))
    assert all(a.start_time < b.start_time for a, b in pairwise(events))
    assert (len(events), repairs) == (4, {"json_lines": 1, "text_around": 1})
