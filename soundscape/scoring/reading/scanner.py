"""A tolerant reader of JSON: whatever the text, it returns the values it can make out.

One pass over tokens with a stack of its own, so neither deep nesting nor a long text can exhaust anything: the time is
linear in the length of the text. Values nested more than :data:`DEEPEST` levels are passed over. A container joins its
parent when it opens, so that a text that ends too early needs no special case.

The one place where a choice is made is a quote inside a text. A key ends at the first quote. Any other text ends only
at a quote after which something stands that can follow a text: a closing bracket, a colon, a comma before another
value, or the end. Should a text find no end by this rule, the rule is given up for the rest of the answer, which keeps
the time linear.
"""

from __future__ import annotations

import re
from typing import Any

from soundscape.scoring.reading.repairs import Repairs

DEEPEST = 64

_OPENING = re.compile(r"[\[{]")
_TOKEN = re.compile(
    r"""\s*+(?:
      "(?P<plain>[^"\\\x00-\x1f]*+)"(?=\s*+[\]}:]|\s*+,\s*+["{\[\]}])
    | (?P<open>[\[{])
    | (?P<close>[\]}])
    | (?P<comma>,)
    | (?P<colon>:)
    | (?P<quote>["'“”„‘’])
    | (?P<comment>//[^\n]*+|/\*|\#[^\n]*+)
    | (?P<clock>\d++(?::\d\d?){1,2}+(?:[.,]\d++)?+)(?=[ \t]*+(?:[,\]}\r\n]|\Z))
    | (?P<number>[+-]?+(?:\d++\.?+\d*+|\.\d++)(?:[eE][+-]?+\d++)?+)(?=[ \t]*+(?:[,\]}\r\n"']|//|/\*|\#|\Z))
    | (?P<bare>[^,:\[\]{}"“”\n\r]++)
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_BODY = {q: re.compile(rf"[^{q}\\]*+(?:\\.[^{q}\\]*+)*+", re.DOTALL) for q in ('"', "'", "“”„", "‘’")}
_QUOTES = {'"': '"', "'": "'", "“": "“”„", "”": "“”„", "„": "“”„", "‘": "‘’", "’": "‘’"}
_ENDS_TEXT = re.compile(
    r"""\s*+(?: [\]}:] | \Z
      | ,\s*+(?: ["'“”„‘’{\[\]}] | -?\d | [A-Za-z_]\w*+\s*+: | \Z
            | (?:true|false|null|None|True|False|NaN|-?Infinity)\b )
      | ["'“][\w ]{1,40}+["'”]\s*+: )""",
    re.VERBOSE,
)
# Python's escapes, \x and \U, beside those of JSON.
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(x[0-9a-fA-F]{2}|U00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})|(.))", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "/": "/", "\\": "\\", '"': '"', "'": "'", "\n": ""}
_HALF = re.compile(r"[\ud800-\udfff]")
_CONTROL = re.compile(r"[\x00-\x1f]")
_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?")
_LITERALS: dict[str, tuple[Any, str | None]] = {
    "true": (True, None), "false": (False, None), "null": (None, None),
    "True": (True, "python_literal"), "False": (False, "python_literal"), "None": (None, "python_literal"),
    "NaN": (None, "not_a_number"), "nan": (None, "not_a_number"), "undefined": (None, "not_a_number"),
    "Infinity": (None, "not_a_number"), "-Infinity": (None, "not_a_number"), "inf": (None, "not_a_number"),
    "-inf": (None, "not_a_number"),
}  # fmt: skip
_LONGEST_INTEGER = 18
_EXPECTED = object()


def mended(text: str, repairs: Repairs) -> str:
    """Return a text without lone surrogates: pairs are joined, halves become U+FFFD."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        whole, halves = _HALF.subn("\N{REPLACEMENT CHARACTER}", joined)
        if halves:
            repairs["lone_surrogate"] += halves
        return whole
    return text


def scan(text: str, repairs: Repairs) -> list[Any]:
    """Return the arrays and objects that a text holds side by side, as lists and dicts; repairs are counted."""
    return _Scanner(text, repairs).values()


class _Scanner:
    """The state of one pass. ``keys`` runs beside ``stack``: the key that awaits its value, in objects."""

    __slots__ = ("found", "keys", "last", "plain_quotes", "pos", "repairs", "stack", "text", "too_deep")

    def __init__(self, text: str, repairs: Repairs) -> None:
        self.text = text
        self.pos = 0
        self.repairs = repairs
        self.found: list[Any] = []
        self.stack: list[list[Any] | dict[str, Any]] = []
        self.keys: list[Any] = []
        self.last = ""
        self.plain_quotes = False
        self.too_deep = 0

    def values(self) -> list[Any]:
        around = False
        while (opening := _OPENING.search(self.text, self.pos)) is not None:
            around = around or self._is_prose(self.pos, opening.start())
            self.pos = opening.start()
            self._read_one()
        if around or self._is_prose(self.pos, len(self.text)):
            self.repairs["text_around"] += 1
        return self.found

    def _is_prose(self, start: int, end: int) -> bool:
        return bool(self.text[start:end].strip(" \t\r\n,;"))

    def _read_one(self) -> None:
        """Read the value that opens here, to its end or the end of the text."""
        self.last = ""
        while True:
            match = _TOKEN.match(self.text, self.pos)
            kind = (match and match.lastgroup) or "end"
            if match is None or kind == "end":
                self._finish_early()
                return
            self.pos = match.end()
            if kind == "open":
                self._open(match.group("open"))
            elif kind == "close":
                self._close(match.group("close"))
                if not self.stack:
                    return
            elif self.too_deep:
                self._pass_over(kind, match)
            elif kind == "plain":
                self._put(match.group("plain"))
            elif kind == "quote":
                self._put(self._quoted(match.group("quote")))
            elif kind == "comma":
                self._comma()
            elif kind == "colon":
                self.last = "colon"
            elif kind == "comment":
                self._comment(match.group("comment"))
            else:
                self._scalar(kind, match.group(kind))

    def _pass_over(self, kind: str, match: re.Match[str]) -> None:
        if kind == "quote":
            self._quoted(match.group("quote"))
        elif kind == "comment":
            self._comment(match.group("comment"))

    def _finish_early(self) -> None:
        self.pos = len(self.text)
        self.repairs["truncated"] += 1
        self.stack.clear()
        self.keys.clear()
        self.too_deep = 0

    def _open(self, bracket: str) -> None:
        if len(self.stack) >= DEEPEST:
            if not self.too_deep:
                self.repairs["too_deep"] += 1
            self.too_deep += 1
            return
        container: list[Any] | dict[str, Any] = {} if bracket == "{" else []
        if not self.stack:
            self.found.append(container)
        else:
            if isinstance(self.stack[-1], dict) and self.keys[-1] is _EXPECTED:
                self.keys[-1] = f"#{len(self.stack[-1])}"
            self._put(container)
        self.stack.append(container)
        self.keys.append(_EXPECTED)
        self.last = "open"

    def _close(self, bracket: str) -> None:
        if self.too_deep:
            self.too_deep -= 1
            return
        kind = dict if bracket == "}" else list
        if self.last == "comma":
            self.repairs["trailing_comma"] += 1
        depth = next((d for d in range(len(self.stack), 0, -1) if isinstance(self.stack[d - 1], kind)), 0)
        if depth != len(self.stack):
            self.repairs["bracket_mismatch"] += 1
        if depth:
            self._end_pair()
            del self.stack[depth - 1 :], self.keys[depth - 1 :]
            self.last = "value"

    def _comma(self) -> None:
        if self.last in ("comma", "open"):
            self.repairs["trailing_comma"] += 1
        self._end_pair()
        self.last = "comma"

    def _end_pair(self) -> None:
        if isinstance(self.stack[-1], dict) and self.keys[-1] is not _EXPECTED:
            self.repairs["missing_value"] += 1
            self.keys[-1] = _EXPECTED

    def _put(self, value: Any) -> None:
        """Give a value its place: in a list, after a key, or as a key."""
        container = self.stack[-1]
        if isinstance(container, list):
            if self.last == "value":
                self.repairs["missing_comma"] += 1
            container.append(value)
            self.last = "value"
        elif self.keys[-1] is _EXPECTED:
            if self.last == "value":
                self.repairs["missing_comma"] += 1
            self.keys[-1] = value if isinstance(value, str) else str(value)
            self.last = "key"
        else:
            if self.last == "key" and not isinstance(value, (list, dict)):
                self.repairs["missing_colon"] += 1
            container[self.keys[-1]] = value
            self.keys[-1] = _EXPECTED
            self.last = "value"

    def _comment(self, opening: str) -> None:
        self.repairs["comment"] += 1
        if opening == "/*":
            end = self.text.find("*/", self.pos)
            self.pos = len(self.text) if end < 0 else end + 2

    def _scalar(self, kind: str, token: str) -> None:
        """Place a number, a clock or an unquoted word; one that the end of the text may have cut is not used."""
        token = token.strip()
        if self.pos >= len(self.text):
            return
        if kind == "number":
            if not _JSON_NUMBER.fullmatch(token):
                self.repairs["number_format"] += 1
            whole = token.lstrip("-").isdigit() and len(token) <= _LONGEST_INTEGER
            self._put(int(token) if whole else float(token))
        elif token in _LITERALS:
            value, repair = _LITERALS[token]
            if repair:
                self.repairs[repair] += 1
            self._put(value)
        elif token:
            self.repairs["unquoted"] += 1
            self._put(token)

    def _quoted(self, quote: str) -> str:
        """Return the text that starts after an opening quote, and move behind its closing one."""
        if quote != '"':
            self.repairs["single_quotes"] += 1
        body = _BODY[_QUOTES[quote]]
        plain = self.plain_quotes or (isinstance(self.stack[-1], dict) and self.keys[-1] is _EXPECTED)
        start, end, inner, first = self.pos, -1, 0, -1
        at = start
        while at <= len(self.text):
            match = body.match(self.text, at)
            stop = match.end() if match else len(self.text)
            if stop >= len(self.text) or self.text[stop] == "\\":
                break
            first = stop if first < 0 else first
            if plain or _ENDS_TEXT.match(self.text, stop + 1):
                end = stop
                break
            inner += 1
            at = stop + 1
        if end >= 0:
            self.repairs["inner_quote"] += inner
        elif first >= 0:
            self.plain_quotes = True
            end = first
        self.pos = end + 1 if end >= 0 else len(self.text)
        return self._unescaped(self.text[start : end if end >= 0 else len(self.text)])

    def _unescaped(self, raw: str) -> str:
        if _CONTROL.search(raw):
            self.repairs["control_character"] += 1
        if "\\" not in raw:
            return raw
        return mended(_ESCAPE.sub(self._escape, raw), self.repairs)

    def _escape(self, match: re.Match[str]) -> str:
        code, python, letter = match.groups()
        if code is not None:
            return chr(int(code, 16))
        if python is not None:
            self.repairs["python_literal"] += 1
            return chr(int(python[1:], 16))
        if letter not in _ESCAPES:
            self.repairs["bad_escape"] += 1
        return _ESCAPES.get(letter, letter)
