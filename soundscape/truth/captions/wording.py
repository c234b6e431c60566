"""The small change of English: numbers, lists, capitals, descriptions cut to length, choices between wordings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from soundscape.randomness import Name, unit
from soundscape.truth.captions.languages import NAMES

_NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
_TIMES = ("never", "once", "twice")
#: First words that keep their capital within a sentence, beside the names of languages.
_NAMES = frozenset((
    "I", "African", "American", "Andean", "Asian", "Australian", "Austrian", "Balkan", "Baltic", "Bavarian",
    "Brazilian", "British", "Canadian", "Caribbean", "Celtic", "Christmas", "Cuban", "Easter", "Egyptian",
    "European", "Flemish", "Gothic", "Gregorian", "Hawaiian", "Indian", "Jamaican", "Jewish", "Latin",
    "Mexican", "Middle", "Moroccan", "Nordic", "Persian", "Roman", "Scandinavian", "Scottish", "Slavic",
    "Swiss", "Tuvan", "Victorian", "Viennese", "Western",
)) | frozenset(NAMES.values())  # fmt: skip
_QUOTED = re.compile(r"“[^”]*”|\"[^\"]*\"|«[^»]*»|‘[^’]*’(?!\w)|(?<!\w)'[^']*'(?!\w)")
_BREAK = re.compile(r"[,;:–—]\s|\s(?:and|then|with|while|before|after|as|over)\s")
#: Where the head of a description may end: before a comma, a clause word, or a preposition.
_HEAD = re.compile(
    r"[,;:–—]\s|\s(?:and|then|with|while|before|after|as|over|from|in|on|onto|into|at|down|up|across|against|through|"
    r"behind|under|beside|between|again|once|twice|that|which|somewhere|several|every|like|by|for|around|along)\s"
)
_END = " \t\n.,;:–—-"
_SPACES = re.compile(r"\s+")
_ARTICLES = ("a", "an", "the")
_DANGLING = frozenset((
    "a", "an", "the", "of", "in", "on", "at", "to", "and", "or", "with", "from", "by", "for", "its", "their", "his",
    "her", "then", "while", "as",
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wording:
    """Chooses between wordings of one meaning. ``seed`` is what a clip's choices are named after."""

    seed: str

    def pick(self, options: Sequence[str], style: int, *name: Name) -> str:
        """Return a wording: the first is drawn by name, further styles take the next ones in turn."""
        first = int(unit(self.seed, "caption", *name) * len(options))
        return options[(first + style) % len(options)]


def number(count: int) -> str:
    """Return a count in words up to twelve, in figures beyond."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def times(count: int) -> str:
    """Return how often: never, once, twice, three times …"""
    return _TIMES[count] if count < len(_TIMES) else f"{number(count)} times"


def listed(parts: Sequence[str]) -> str:
    """Return parts joined by commas and "and"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its noun: ``a sound``, ``two sounds``."""
    if count == 1:
        return f"{'an' if one[0] in 'aeiou' else 'a'} {one}"
    return f"{number(count)} {many}"


def sentence(text: str) -> str:
    """Return a text with a capital at its start and a full stop at its end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def words(text: str) -> int:
    """Return how many words a text has."""
    return len(text.split())


def described(text: str, most: int) -> str:
    """Return a description as it can stand inside a sentence, in at most ``most`` words.

    Speech that it quotes is taken out, semicolons become commas, a first word that is no name loses its capital. What
    is too long ends before the last comma or clause word that leaves four words at least, or else after ``most``
    words.
    """
    plain = _SPACES.sub(" ", _QUOTED.sub(" ", text).replace(";", ",").replace("(", "").replace(")", "")).strip(_END)
    plain = re.sub(r"\s+([,.!?])", r"\1", plain)
    first, _, rest = plain.partition(" ")
    if re.fullmatch(r"[A-Z][a-z'’-]*,?", first) and re.split(r"\W", first)[0] not in _NAMES:
        plain = f"{first.lower()} {rest}".strip()
    return cut(plain, most)


def headline(text: str, most: int) -> str:
    """Return the beginning of a description up to the last natural break within ``most`` words; empty where none is."""
    if words(text) <= most:
        return text
    fitting = [text[:end] for end in _ends(text, _HEAD) if 2 <= words(text[:end]) <= most]
    return fitting[-1].strip(_END) if fitting else ""


def cut(text: str, most: int, *, least: int = 4) -> str:
    """Return a text, or its beginning up to the last natural break within ``most`` words."""
    if words(text) <= most:
        return text
    fitting = [text[:end] for end in _ends(text, _BREAK) if least <= words(text[:end]) <= most]
    if fitting:
        return fitting[-1].strip(_END)
    kept = text.split()[:most]
    while len(kept) > 1 and kept[-1].strip(_END).casefold() in _DANGLING:
        kept.pop()
    return " ".join(kept).strip(_END)


def _ends(text: str, breaks: re.Pattern[str]) -> list[int]:
    """Return where a text may end: at breaks that leave no word hanging and split no row of adjectives.

    A comma or "and" splits one where the word before it follows an article or a number, a comma also where the part
    before it is one word, or the part after it has fewer than three words and another comma behind it.
    """
    found = []
    for match in breaks.finditer(text):
        before = text[: match.start()].rstrip(_END)
        *_, second, last = ["", "", *before.casefold().split()]
        if last in _DANGLING or last in _NUMBERS:
            continue
        if match.group() in (", ", " and ") and (second in _ARTICLES or second in _NUMBERS):
            continue
        if match.group().startswith(","):
            part = before.rpartition(",")[2].split()
            after, comma, _ = text[match.end() :].partition(",")
            if len(part) < 2 or (comma and words(after) < 3):
                continue
        found.append(match.start())
    return found
