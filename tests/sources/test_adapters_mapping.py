"""Mapping files: a data set that no code knows, rules and functions, and every mistake named with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from soundscape.errors import UsageError
from soundscape.sources.adapters.fields import Malformed, Rule, apply, number
from soundscape.sources.adapters.functions import FUNCTIONS
from soundscape.sources.adapters.mapping_file import read_mapping
from tests.sources.adapters_material import audio, encoded, noise, parquet, reasons, sources, take, tar, voice


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def mapping(folder: Path, text: str) -> Path:
    path = folder / "mapping.yaml"
    path.write_text(text, encoding="utf-8")
    return path


SPEECH = """
dataset: someone/talk
format: parquet
configs: {de: deutsch, pl: polski}
type: speech
audio: sound
key: {column: "no", template: "clip-{}"}
fields:
  transcription: {column: [words, text], needed: true}
  speaker: who
  gender: {column: sex, map: {w: female, m: male}, otherwise: null}
  age: {column: years, apply: age}
  language: {column: tongue, apply: [language]}
  licence: {value: CC BY 4.0, apply: licence}
  attribution: {template: "{who}, recorded by {by}"}
  emotion: {column: mood, apply: [known, short]}
dnsmos: mos
caption_origin: human
"""


def test_a_data_set_of_parquet_needs_no_code(tmp_path: Path) -> None:
    features = {
        "sound": "audio", "no": "int", "text": "text", "who": "text", "sex": "text", "years": "int", "tongue": "text",
        "by": "text", "mos": "float", "mood": "text",
    }  # fmt: skip

    def row(no: int, **more: Any) -> dict[str, Any]:
        return {
            "sound": audio(voice(f"m{no}"), f"{no}.flac"), "no": no, "text": "ein satz", "who": "anna", "sex": "W",
            "years": 34, "tongue": "German", "by": "ben", "mos": 3.5, "mood": "unknown", **more,
        }  # fmt: skip

    rows = [row(1), row(2, mos=1.0), row(3, sex="x", by=None, mood="calm"), row(4, tongue="Polish")]
    parquet(tmp_path / "data" / "deutsch" / "train-0.parquet", rows, features)
    taken, bank = take(
        "someone/talk", tmp_path / "data", mapping=mapping(tmp_path, SPEECH), languages=("de",), per_speaker=9
    )
    found = sources(bank)
    first, third = found["de/clip-1"], found["de/clip-3"]
    assert (first.speaker, first.gender, first.age, first.emotion) == ("anna", "female", "adult_30s", None)
    assert (first.licence, first.attribution, first.dataset) == ("CC-BY-4.0", "anna, recorded by ben", "someone/talk")
    assert (third.gender, third.attribution, third.emotion) == (None, "", "calm")
    assert reasons(taken) == {"de/clip-2": "low_dnsmos", "de/clip-4": "language"}


def test_a_data_set_of_tars_needs_no_code(tmp_path: Path) -> None:
    text = """
        format: webdataset
        fields:
          type: {column: json/kind, map: {noise: sound_event, tune: music}}
          caption: {column: [json/deep/told, txt], apply: [short]}
        prose: json/deep/told
    """
    records: dict[str, Any] = {
        "a": {"json": {"kind": "noise", "deep": {"told": "The sound of a door."}}, "ogg": encoded(noise("a"), "OGG")},
        "b": {"json": {"kind": "noise"}, "txt": b"a bell", "flac": encoded(noise("b"))},
        "c": {"json": {"kind": "song"}, "txt": b"a song", "flac": encoded(noise("c"))},
    }
    tar(tmp_path / "data" / "s0.tar", records)
    taken, bank = take("mine", tmp_path / "data", mapping=mapping(tmp_path, text))
    found = sources(bank)
    assert (found["s0/a"].caption, found["s0/b"].caption, found["s0/a"].dataset) == ("a door", "a bell", "mapping")
    assert reasons(taken) == {"s0/c": "malformed"}
    assert "found 'song', expected one of speech, vocal_burst, sound_event, music" in taken.rejections[0].note


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1, 2]", "found list, expected a mapping with dataset, format"),
        ("format: [", "cannot be read as YAML"),
        ("format: parquet\ntype: speech\nfeilds: {}", "unknown 'feilds'; did you mean 'fields'"),
        ("format: zip\ntype: speech", "/format: found 'zip', expected one of parquet, webdataset"),
        ("format: parquet", "/type: found nothing, expected one of speech, vocal_burst"),
        ("format: parquet\ntype: talk", "/type: found 'talk', expected one of"),
        ("format: parquet\ntype: speech\nfields: {captoin: x}", "/fields: unknown 'captoin'; did you mean 'caption'"),
        (
            "format: parquet\ntype: speech\nfields: {caption: {colum: x}}",
            "/fields/caption: unknown 'colum'; did you mean",
        ),
        (
            "format: parquet\ntype: speech\nfields: {caption: {column: x, apply: shrt}}",
            "unknown function 'shrt'; did you",
        ),
        (
            "format: parquet\ntype: speech\nfields: {caption: 3}",
            "/fields/caption: found 3, expected the name of a column",
        ),
        ("format: parquet\ntype: speech\nfields: {caption: {}}", "/fields/caption: found no column, value or template"),
        ("format: parquet\ntype: speech\nkey: {column: no}", "/key/column: found False, expected a name; quote it"),
        ("format: parquet\ntype: speech\nfields: x", "/fields: found 'x', expected names and values"),
        ("format: parquet\ntype: speech\naudio: 3", "/audio: found 3, expected text"),
    ],
)
def test_mistakes_are_named_with_their_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_mapping(mapping(tmp_path, text))
    assert message in str(caught.value)


def test_a_mapping_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        take("someone/talk", tmp_path, mapping=tmp_path / "gone.yaml")


# ----------------------------------------------------------------------------------------------------- rules, functions


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        (Rule(columns=("b", "a")), "one two"),
        (Rule(columns=("deep/er/x",)), "7"),
        (Rule(columns=("none",), value="z"), "z"),
        (Rule(columns=("blank",)), None),
        (Rule(columns=("nan",)), None),
        (Rule(columns=("list",), apply=("first",)), "p"),
        (Rule(columns=("list",), apply=("joined",)), "p, q"),
        (Rule(columns=("a",), template="<{}> {deep/er/x}"), "<one two> 7"),
        (Rule(template="{deep/er/x} {blank}"), None),
        (Rule(columns=("whole",)), "3"),
        (Rule(columns=("a",), map={"ONE TWO": "12"}), "12"),
        (Rule(columns=("a",), map={"x": "y"}), "one two"),
        (Rule(columns=("a",), map={"x": "y"}, otherwise=None), None),
    ],
)
def test_rules(rule: Rule, value: str | None) -> None:
    record = {"a": " one  two ", "b": None, "deep": {"er": {"x": 7}}, "blank": "  ", "nan": float("nan"),
              "list": ["p", "q"], "whole": 3.0, "flag": True}  # fmt: skip
    assert apply(rule, record, "field") == value


def test_rules_name_what_does_not_fit() -> None:
    with pytest.raises(Malformed, match="b or c/d: found only a, expected a column for caption"):
        apply(Rule(columns=("b", "c/d"), needed=True), {"a": 1}, "caption")
    with pytest.raises(Malformed, match=r"found \[1\] \(list\), expected text or a number"):
        apply(Rule(columns=("a",)), {"a": [1]}, "caption")
    with pytest.raises(Malformed, match="found 'high'"):
        number("high", "dnsmos")
    assert (number("3.5", "dnsmos"), number(None, "dnsmos"), number(float("nan"), "dnsmos")) == (3.5, None, None)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("language", "de_de", "de"),
        ("language", "cmn_hans_cn", "zh"),
        ("language", "zh-CN", "zh"),
        ("language", "German", "de"),
        ("language", "fil_ph", "fil"),
        ("language", "klingon!", None),
        ("gender", "Male", "male"),
        ("gender", "F", "female"),
        ("gender", "do_not_wish_to_say", None),
        ("age", "31", "adult_30s"),
        ("age", "18-25", "teenager"),
        ("age", "fourties", "adult_40s"),
        ("age", "eighties", "elderly_70s_plus"),
        ("age", "old", None),
        ("age", "150", None),
        ("words", "Crackling_fire", "crackling fire"),
        ("label", "Chuckle and chortle", "chuckle_and_chortle"),
        ("stem", "a/b/c.d.wav", "c.d"),
        ("known", "None", None),
        ("known", "x", "x"),
        ("long_only", "short", None),
        ("licence", "http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("permissive_licence", True, "LicenseRef-CC-BY"),
        ("permissive_licence", False, "CC0-1.0"),
        ("lower", "ÄB", "äb"),
    ],
)
def test_functions(name: str, given: Any, expected: str | None) -> None:
    assert FUNCTIONS[name](given) == expected
