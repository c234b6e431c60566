"""The question that is put to every system under test, and the schemas that go with it.

Scores are comparable only where the question was the same, so its digest is part of a score's signature. The text is
``prompt.md`` beside this module, with the closed sets and the schema filled in from where they are defined.
"""

from __future__ import annotations

import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from soundscape import schema
from soundscape.records import AGES, GENDERS, LOUDNESS_LABELS, SPEAKING_RATES

_SHORT_LIST = re.compile(r"\[[^\[\]{}]*\]")
_SETS = {"age": AGES, "gender": GENDERS, "speaking_rate": SPEAKING_RATES, "loudness": LOUDNESS_LABELS}


@cache
def prompt_text() -> str:
    """Return the standard question: what to list, every field, the schema, and a worked example."""
    text = Path(__file__).with_name("prompt.md").read_text(encoding="utf-8")
    for field, values in _SETS.items():
        text = text.replace(f"{{{{{field}}}}}", ", ".join(f'"{v}"' for v in values))
    asked_for = json.dumps(_asked_for(), indent=2, ensure_ascii=False)
    return text.replace("{{schema}}", _SHORT_LIST.sub(lambda found: " ".join(found.group().split()), asked_for))


@cache
def prompt_digest() -> str:
    """Return the SHA-256 of the question's UTF-8 text, in hex."""
    return hashlib.sha256(prompt_text().encode()).hexdigest()


def structured_schema() -> dict[str, Any]:
    """Return the prediction schema for structured-output modes.

    It keeps to what such modes accept: one object at the root, every field required, null where a field does not apply,
    no additional fields, no references and no ``$`` keywords.
    """
    return {key: value for key, value in schema.load("prediction.strict").items() if not key.startswith("$")}


def _asked_for() -> dict[str, Any]:
    """Return the form that the question asks for: of those that are read, the object with events; bounds left out."""
    event = dict(schema.load("prediction")["$defs"]["event"])
    event["properties"] = {
        name: {rule: value for rule, value in field.items() if not rule.startswith("exclusive")}
        for name, field in event["properties"].items()
    }
    return {"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "items": event}}}
