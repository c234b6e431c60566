"""The kinds of repair, each with what it means. Reading counts them; nothing is mended without a count."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

Repairs: TypeAlias = "Counter[str]"

REPAIR_KINDS: dict[str, str] = {
    # the text around the JSON
    "byte_order_mark": "a byte order mark was taken away",
    "bad_encoding": "bytes that are not UTF-8 were replaced",
    "lone_surrogate": "halves of surrogate pairs, which no text may hold, were replaced",
    "thinking_block": "what stood in <think> or <reasoning> tags was taken away",
    "code_fence": "the answer was taken out of a code fence",
    "text_around": "prose around the JSON was passed over",
    # its syntax
    "truncated": "the text ended inside the JSON; what was open is closed, a number cut by the end is not used",
    "bracket_mismatch": "a closing bracket had no partner, or closed more than its partner",
    "trailing_comma": "a comma stood before a closing bracket",
    "missing_comma": "two values or pairs had no comma between them",
    "missing_colon": "a key had no colon after it",
    "missing_value": "a key had no value",
    "single_quotes": "text stood in single or typographic quotes",
    "unquoted": "a key or a text had no quotes",
    "inner_quote": "a quote inside a text was not escaped",
    "bad_escape": "a backslash stood before a character that has no escape",
    "control_character": "a line break or tab stood bare inside a text",
    "python_literal": "None, True or False stood for null, true or false; or an escape of Python's was read",
    "not_a_number": "NaN, Infinity or undefined was read as null",
    "number_format": "a number was written as JSON does not allow: +1, .5, 5., 007",
    "comment": "a comment was passed over",
    "not_json": "decoded values that JSON cannot hold, such as cycles, were given up",
    "too_deep": "brackets were nested too deeply; what they held was passed over",
    # how the events are held
    "json_lines": "several JSON values were read as one list",
    "double_encoded": "the answer was JSON inside a JSON text",
    "wrapper_key": "the events stood under another key than 'events', or under several",
    "nested_list": "the events stood in a list inside a list",
    "single_event": "one event stood where a list was expected",
    "stray_value": "something that is no object stood among the events",
    # their fields
    "field_name": "a field had another name or spelling",
    "unknown_field": "a field that predictions do not have was passed over",
    "type_alias": "the type had another name or spelling",
    "type_from_key": "the type was taken from the key that held the list, or from the label",
    "label_from_type": "the type named a kind of vocal burst",
    "numeric_string": "a time was a number in quotes",
    "time_format": "a time was written as a clock (MM:SS) or with a unit",
    "named_time": "a time was the word 'start' or 'end'",
    "time_pair": "both times stood in one field",
    "end_from_duration": "the end was the start plus a duration",
    "old_emotion": "an emotion in the older form label_intensity (anger_3) became a caption",
    "number_as_text": "a number stood for a text",
    "list_as_text": "a list stood for a text; its items were joined",
    "enum_value": "a value of a closed set had another name or spelling",
    "unknown_value": "a value outside its closed set was left out",
    "wrong_value": "a value that its field cannot hold was left out",
    "dropped_event": "an event without a usable type or without usable times was dropped",
}
