from __future__ import annotations

import dataclasses
import json
import typing
from typing import Any

import jsonschema
import pytest

from soundscape import records, schema
from soundscape.dataset.lock import BankPin, Lock
from soundscape.errors import DataError
from soundscape.planning import specs


@pytest.mark.parametrize("name", schema.names())
def test_every_schema_is_a_valid_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema.load(name))


def names(record: type) -> set[str]:
    return {f.name for f in dataclasses.fields(record)}


@pytest.mark.parametrize(
    ("record", "name", "path"),
    [
        (records.ScenePlan, "plan", ()),
        (records.PlannedEvent, "plan", ("$defs", "event")),
        (records.RoomPlan, "plan", ("$defs", "room")),
        (records.AnswerKey, "uaap", ()),
        (records.SceneFacts, "uaap", ("properties", "scene")),
        (records.Provenance, "uaap", ("$defs", "provenance")),
        (Lock, "lock", ()),
        (BankPin, "lock", ("properties", "banks", "items")),
        (specs.Recipe, "recipe", ()),
        (specs.SpeechSpec, "recipe", ("properties", "speech")),
        (specs.MixSpec, "recipe", ("properties", "mix")),
        (specs.RoomSpec, "recipe", ("properties", "room")),
        (specs.EffectSpec, "recipe", ("properties", "effects")),
        (specs.BurstSpec, "recipe", ("properties", "bursts")),
        (specs.MusicSpec, "recipe", ("properties", "music")),
        (specs.BackgroundSpec, "recipe", ("properties", "background")),
        (specs.LimitSpec, "recipe", ("properties", "limits")),
        (specs.AudibilitySpec, "recipe", ("properties", "audibility")),
        (specs.ToleranceSpec, "recipe", ("properties", "tolerance")),
    ],
    ids=lambda x: getattr(x, "__name__", str(x)),
)
def test_records_and_schemas_have_the_same_fields(record: type, name: str, path: tuple[str, ...]) -> None:
    node: dict[str, Any] = schema.load(name)
    for part in path:
        node = node[part]
    assert names(record) == set(node["properties"])
    assert node["additionalProperties"] is False


@pytest.mark.parametrize("type_", typing.get_args(records.EventType))
def test_an_event_of_the_key_has_the_fields_of_its_type_and_no_others(type_: str) -> None:
    node = schema.load("uaap")["$defs"][type_]
    typed = {f for fields in schema.UAAP_FIELDS.values() for f in fields}
    assert set(node["properties"]) == names(records.KeyEvent) - typed | set(schema.UAAP_FIELDS[type_])


def test_every_problem_has_pointer_found_and_expected() -> None:
    wrong = {"name": "Bad Name", "clips": 0, "speech": {"overlp": 0.2, "speakers": {"choise": [1]}}, "mix": []}
    found = {p.pointer: str(p) for p in schema.problems("recipe", wrong)}
    assert "did you mean 'overlap'" in found["/speech/overlp"]
    assert "≥ 1" in found["/clips"]
    assert "matching" in found["/name"]
    assert "type object" in found["/mix"]
    assert "choice" in found["/speech/speakers/choise"]


def test_a_missing_key_is_named_at_its_parent() -> None:
    (problem,) = schema.problems("recipe", {"clips": 3})
    assert (problem.pointer, problem.expected) == ("", "the key 'name'")


def test_canonical_json_is_sorted_dense_and_exact() -> None:
    span = records.Span(start=0.1, end=1e22)
    assert schema.encode(span) == b'{"end":1e22,"start":0.1}'
    assert json.loads(schema.encode(span)) == {"start": 0.1, "end": 1e22}
    assert schema.digest(span) == schema.digest(records.Span(end=1e22, start=0.1))


def test_text_that_is_no_record_is_a_data_error_that_names_the_place() -> None:
    with pytest.raises(DataError, match=r"plans/test.jsonl: .*start"):
        schema.decode(b'{"start": "x", "end": 1}', records.Span, "plans/test.jsonl")
    with pytest.raises(DataError, match="here"):
        schema.decode(b"{", records.Span, "here")


def test_an_unknown_schema_suggests_the_nearest() -> None:
    with pytest.raises(DataError, match="did you mean 'plan'"):
        schema.load("plann")
