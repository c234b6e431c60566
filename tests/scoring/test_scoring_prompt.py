"""The standard question: complete, true to the schema, and its example readable by the strictest reader."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from itertools import pairwise

import jsonschema

from soundscape import schema
from soundscape.records import AGES, EVENT_TYPES, GENDERS, LOUDNESS_LABELS, SPEAKING_RATES, PredictedEvent
from soundscape.scoring.parse import read_output
from soundscape.scoring.prompt import prompt_digest, prompt_text, structured_schema

FIELDS = [f.name for f in dataclasses.fields(PredictedEvent)]


def objects_in(text):
    """The JSON objects that stand on lines of their own."""
    return [json.loads(found) for found in re.findall(r"^\{\n.*?^\}$", text, re.DOTALL | re.MULTILINE)]


def test_the_example_is_an_exact_answer_and_uses_every_field():
    asked_for, example = objects_in(prompt_text())
    events, repairs, parsed = read_output(json.dumps(example), strict=True)
    assert (repairs, parsed, len(events)) == ({}, True, 5)
    assert {e.type for e in events} == set(EVENT_TYPES)
    assert {key for event in example["events"] for key in event} == set(FIELDS)
    assert any(a.end_time > b.start_time for a, b in pairwise(events[1:])), "speech overlaps"
    assert schema.problems("prediction", example) == []
    jsonschema.Draft202012Validator(asked_for).validate(example)


def test_the_question_names_every_field_type_and_value():
    text = prompt_text()
    prose = text.partition("{\n")[0]
    for name in (*FIELDS, *EVENT_TYPES):
        assert f"`{name}`" in prose
    for values in (AGES, GENDERS, SPEAKING_RATES, LOUDNESS_LABELS):
        assert ", ".join(f'"{v}"' for v in values) in prose
    assert "{{" not in text
    assert "}}" not in text.replace("\n", " ")
    assert all(len(line) <= 240 for line in text.splitlines())


def test_the_schema_asked_for_is_the_prediction_schema_without_bounds():
    asked_for, _ = objects_in(prompt_text())
    event = json.loads(json.dumps(schema.load("prediction")["$defs"]["event"]))
    for name in ("start_time", "end_time"):
        del event["properties"][name]["exclusiveMinimum"], event["properties"][name]["exclusiveMaximum"]
    assert asked_for["properties"]["events"]["items"] == event


def test_the_digest_is_of_the_text():
    assert prompt_digest() == hashlib.sha256(prompt_text().encode("utf-8")).hexdigest()


def rules(node):
    """A schema and the schemas inside it."""
    yield node
    for inner in (*node.get("properties", {}).values(), *([node["items"]] if "items" in node else [])):
        yield from rules(inner)


def test_the_structured_schema_keeps_to_what_structured_output_accepts():
    strict = structured_schema()
    jsonschema.Draft202012Validator.check_schema(strict)
    assert strict["type"] == "object"
    allowed = {"type", "title", "description", "enum", "properties", "required", "additionalProperties", "items"}
    for rule in rules(strict):
        assert set(rule) <= allowed
        if rule["type"] == "object":
            assert rule["additionalProperties"] is False
            assert rule["required"] == list(rule["properties"])
        elif "null" in rule["type"]:
            assert "enum" not in rule or None in rule["enum"]
    event = strict["properties"]["events"]["items"]["properties"]
    assert list(event) == FIELDS
    nullable = [name for name, rule in event.items() if "null" in rule["type"]]
    assert nullable == FIELDS[3:]


def test_what_the_structured_schema_allows_is_an_exact_answer():
    strict = jsonschema.Draft202012Validator(structured_schema())
    plain = schema.load("prediction")["$defs"]["event"]["properties"]
    event = structured_schema()["properties"]["events"]["items"]["properties"]
    assert list(plain) == list(event)
    for name, rule in event.items():
        assert rule.get("enum") == plain[name].get("enum")
        assert rule["description"] == plain[name]["description"]
    full = dict.fromkeys(FIELDS) | {"type": "speech", "start_time": 0.5, "end_time": 1}
    for value in ({"events": []}, {"events": [full]}, {"events": [full | {"age": "child", "emotion": "joy"}]}):
        strict.validate(value)
        assert schema.problems("prediction", value) == []
        assert read_output(json.dumps(value), strict=True)[2]
    missing = {"events": [{"type": "music", "start_time": 0, "end_time": 1}]}
    assert not strict.is_valid(missing)
