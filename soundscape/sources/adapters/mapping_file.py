"""Mapping files: a data set declared in YAML, so that a new one needs no code.

    dataset: someone/door-sounds        # name on the hub; also what stands in `dataset` of every source
    format: parquet                     # parquet, or webdataset (tar shards)
    split: train                        # parquet only
    configs: {de: german, fr: french}   # language: name of the part that holds it; or `config: default`; or neither
    type: sound_event                   # or a rule under `fields`
    audio: audio                        # column with bytes; of tars, any member that is audio when left out
    key: {column: id}                   # unique; shard and number when left out
    fields:
      caption: {column: description, apply: [short]}
      label: category                   # the same as {column: category}
      licence: {value: CC-BY-4.0}
      attribution: {template: "{uploader} on someplace"}
      language: {column: [lang, json/lang], apply: [language], needed: true}
      gender: {column: sex, map: {m: male, w: female}, otherwise: null}
    prose: long_description             # kept; what captions are derived from
    dnsmos: quality/dnsmos
    caption_origin: human               # of every source, unless `fields` has a rule

Rules are those of :mod:`soundscape.sources.adapters.fields`, functions those of ``functions.py``.
"""

from __future__ import annotations

from collections.abc import Mapping as MappingABC
from pathlib import Path
from typing import Any, get_args

import yaml

from soundscape.errors import UsageError, nearest
from soundscape.records import CAPTION_ORIGINS, EVENT_TYPES
from soundscape.sources.adapters.candidate import FIELDS
from soundscape.sources.adapters.fields import Rule
from soundscape.sources.adapters.functions import FUNCTIONS
from soundscape.sources.adapters.mapping import Format, Mapping

_KEYS = ("dataset", "format", "split", "configs", "config", "type", "audio", "key", "fields", "prose", "dnsmos",
         "caption_origin", "shards")  # fmt: skip
_RULE_KEYS = ("column", "value", "apply", "map", "otherwise", "template", "needed")


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        UsageError: it cannot be read, or a part of it is unknown or not as it should be; the message names the part.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{path}: cannot be read as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise UsageError(f"{path}: found {type(document).__name__}, expected a mapping with {', '.join(_KEYS)}")
    reader = _Reader(path)
    reader.known(document, _KEYS, "")
    fields = {name: reader.rule(value, f"fields/{name}") for name, value in reader.table(document, "fields").items()}
    reader.known(fields, FIELDS, "fields")
    for name, allowed in (("type", EVENT_TYPES), ("caption_origin", CAPTION_ORIGINS)):
        if name in document:
            fields.setdefault(name, Rule(value=reader.one_of(document[name], allowed, name)))
    if "type" not in fields:
        raise reader.fault("type", "nothing", f"one of {', '.join(EVENT_TYPES)}, or a rule under fields/type")
    rules = {name: reader.rule(document[name], name) for name in ("key", "prose", "dnsmos") if name in document}
    configs = {str(k): str(v) for k, v in reader.table(document, "configs").items()}
    plain = {
        name: reader.string(document[name], name) for name in ("audio", "config", "split", "shards") if name in document
    }
    format_ = reader.one_of(document.get("format"), get_args(Format), "format")
    return Mapping(
        dataset=reader.string(document.get("dataset", path.stem), "dataset"),
        format="parquet" if format_ == "parquet" else "webdataset",
        fields=fields,
        configs=configs,
        key=rules.get("key"),
        prose=rules.get("prose"),
        dnsmos=rules.get("dnsmos"),
        audio=plain.get("audio") or ("audio" if format_ == "parquet" else ""),
        config=plain.get("config"),
        split=plain.get("split") or "train",
        shards=plain.get("shards") or "**/*.tar",
    )


class _Reader:
    """The parts of one mapping file, checked as they are taken."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def fault(self, place: str, found: str, expected: str) -> UsageError:
        return UsageError(f"{self._path}: /{place}: found {found}, expected {expected}")

    def known(self, found: MappingABC[str, Any], names: tuple[str, ...], place: str) -> None:
        for name in found:
            if name not in names:
                raise UsageError(f"{self._path}: /{place}: unknown {name!r}{nearest(str(name), names)}")

    def table(self, document: dict[str, Any], name: str) -> dict[str, Any]:
        value = document.get(name) or {}
        if not isinstance(value, dict):
            raise self.fault(name, repr(value), "names and values")
        return value

    def string(self, value: Any, place: str) -> str:
        if not isinstance(value, str) or not value:
            raise self.fault(place, repr(value), "text")
        return value

    def one_of(self, value: Any, allowed: tuple[str, ...], place: str) -> str:
        if value not in allowed:
            raise self.fault(place, repr(value), f"one of {', '.join(allowed)}")
        return str(value)

    def several(self, value: Any, place: str) -> tuple[str, ...]:
        parts = value if isinstance(value, list) else [] if value is None else [value]
        for part in parts:
            if not isinstance(part, str):
                # YAML takes a bare no, on or 7 for something else than a name.
                raise self.fault(place, repr(part), "a name; quote it")
        return tuple(parts)

    def rule(self, value: Any, place: str) -> Rule:
        if isinstance(value, str):
            value = {"column": value}
        if not isinstance(value, dict):
            raise self.fault(place, repr(value), "the name of a column, or a rule")
        self.known(value, _RULE_KEYS, place)
        columns, functions = (self.several(value.get(name), f"{place}/{name}") for name in ("column", "apply"))
        for name in functions:
            if name not in FUNCTIONS:
                raise UsageError(f"{self._path}: /{place}: unknown function {name!r}{nearest(name, FUNCTIONS)}")
        if not columns and "value" not in value and "template" not in value:
            raise self.fault(place, "no column, value or template", "one of them")
        replaced = self.table(value, "map")
        return Rule(
            columns=columns,
            value=None if value.get("value") is None else str(value["value"]),
            apply=functions,
            map={str(k): str(v) for k, v in replaced.items()} if replaced else None,
            otherwise=value.get("otherwise", ""),
            template=value.get("template"),
            needed=bool(value.get("needed", False)),
        )
