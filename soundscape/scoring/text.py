"""Transcriptions made comparable, and their errors counted.

Goal: a system loses for words it got wrong, never for commas, capitals or the width of a character.

Conventions
* Languages without spaces (:data:`CHARACTER_LANGUAGES`) are compared by graphemes (Unicode extended grapheme clusters,
  UAX 29), all others, Korean included, by words. Where the language is unknown, the script of the reference decides.
* The reference's language decides for both texts, so that a hypothesis cannot choose its own rules.
* Edits are insertions + deletions + substitutions (Levenshtein), as jiwer counts them.

Modes
* ``soundscape``: English by Whisper's English normaliser, after brackets have become spaces, so that what stands in
  them is kept. Everything else: apostrophes inside words removed, NFKC, case folding (Turkish and Azeri by the Unicode
  rules for Turkic), NFKC again, punctuation and symbols to spaces, marks (category M) kept, ignorable code points
  (category Cf, variation selectors) removed, spaces collapsed.
* ``whisper``: Whisper's normalisers as they are published (Radford et al. 2022, appendix C): English, or the basic one,
  which drops marks and whatever stands in brackets, with letters split for the languages without spaces.
* ``xares``: the preparation of XARES-LLM: NFKC, lower case, hyphens to spaces, ASCII punctuation dropped, spaces
  collapsed.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, TypeAlias, get_args

import regex
from rapidfuzz.distance import Levenshtein

TextMode: TypeAlias = Literal["soundscape", "whisper", "xares"]
Unit: TypeAlias = Literal["word", "character"]

TEXT_MODES: tuple[TextMode, ...] = get_args(TextMode)
#: ISO 639-1 or 639-3 codes of languages that are written without spaces: marked by graphemes.
CHARACTER_LANGUAGES = frozenset({"zh", "yue", "ja", "th", "lo", "my"})
#: A hypothesis is read up to this many characters, or four times the reference where that is more.
LONGEST_TEXT = 20_000

_TURKIC = frozenset({"tr", "az"})
_ALIASES = {
    "cmn": "zh", "zho": "zh", "chi": "zh", "jpn": "ja", "tha": "th", "lao": "lo", "mya": "my", "bur": "my",
    "eng": "en", "tur": "tr", "aze": "az",
}  # fmt: skip
_CACHED_LENGTH = 2_000

_UNSPACED_LETTER = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Myanmar}]")
_LETTER = regex.compile(r"\p{L}")
_GRAPHEME = regex.compile(r"\X")
_INNER_APOSTROPHE = regex.compile(r"(?<=[\p{L}\p{M}\p{N}])['’ʼ＇‘ʹ`´](?=[\p{L}\p{N}])")
_SEPARATOR = regex.compile(r"[\p{P}\p{S}\p{Cc}\u200b]+")
_IGNORABLE = regex.compile(r"[\p{Cf}\p{Cs}\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
_ORPHAN_MARK = regex.compile(r"(?<!\S)\p{M}+")
_BRACKET = regex.compile(r"[<>\[\](){}]")
_XARES_DROPPED = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True, kw_only=True)
class WordErrors:
    """Edits against a reference of ``length`` tokens, in words or in characters; summable within one unit."""

    unit: Unit
    edits: int
    length: int
    hypothesis_length: int

    def __add__(self, other: WordErrors) -> WordErrors:
        """Pool two counts.

        Raises:
            ValueError: one counts words and the other characters.
        """
        if self.unit != other.unit:
            raise ValueError(f"a count of {self.unit}s cannot be pooled with a count of {other.unit}s")
        return WordErrors(
            unit=self.unit,
            edits=self.edits + other.edits,
            length=self.length + other.length,
            hypothesis_length=self.hypothesis_length + other.hypothesis_length,
        )

    @property
    def rate(self) -> float:
        """Edits over reference length; an empty reference gives 0 where the hypothesis is empty too, else 1."""
        if self.length == 0:
            return 1.0 if self.hypothesis_length else 0.0
        return self.edits / self.length


def base_language(language: str | None) -> str | None:
    """Return the language of a tag without region or script (``zh-Hant`` → ``zh``), or None where it is unknown."""
    primary = (language or "").strip().replace("_", "-").split("-", 1)[0].casefold()
    return _ALIASES.get(primary, primary) if primary not in ("", "und", "unknown") else None


def unit_of(language: str | None, reference: str) -> Unit:
    """Return what a reference is counted in: by its language, or where that is unknown by half of its letters."""
    base = base_language(language)
    if base is not None:
        return "character" if base in CHARACTER_LANGUAGES else "word"
    unspaced = len(_UNSPACED_LETTER.findall(reference))
    return "character" if unspaced and 2 * unspaced >= len(_LETTER.findall(reference)) else "word"


def normalise(text: str, language: str | None = None, *, mode: TextMode = "soundscape") -> str:
    """Return a text as it is compared: one line, single spaces, none at the ends."""
    base = base_language(language)
    if mode == "xares":
        cleaned = unicodedata.normalize("NFKC", text).lower().replace("-", " ").translate(_XARES_DROPPED)
    elif mode == "whisper":
        cleaned = _whisper(text, base)
    elif base == "en":
        cleaned = _whisper(_IGNORABLE.sub("", _BRACKET.sub(" ", text)), base)
    else:
        cleaned = _multilingual(text, base)
    return " ".join(cleaned.split())


def tokens(text: str, language: str | None = None, *, unit: Unit, mode: TextMode = "soundscape") -> tuple[str, ...]:
    """Return a text as normalised words, or as graphemes with spaces left out."""
    if len(text) <= _CACHED_LENGTH:
        return _cached_tokens(text, language, unit, mode)
    return _tokens(text, language, unit, mode)


def count_edits(reference: Sequence[Hashable], hypothesis: Sequence[Hashable]) -> int:
    """Return the least number of insertions, deletions and substitutions between two token sequences."""
    edits: int = Levenshtein.distance(reference, hypothesis)
    return edits


def word_errors(
    reference: str | None, hypothesis: str | None, language: str | None = None, *, mode: TextMode = "soundscape"
) -> WordErrors:
    """Count the errors of a hypothesis against a reference; None is an empty text."""
    wanted = reference or ""
    unit = unit_of(language, wanted)
    left = tokens(wanted, language, unit=unit, mode=mode)
    right = tokens(bounded(hypothesis, len(wanted)), language, unit=unit, mode=mode)
    return WordErrors(unit=unit, edits=count_edits(left, right), length=len(left), hypothesis_length=len(right))


def bounded(hypothesis: str | None, reference_length: int) -> str:
    """Return a hypothesis cut to what can matter, so that no answer takes unbounded time to mark."""
    return (hypothesis or "")[: max(LONGEST_TEXT, 4 * reference_length)]


def _tokens(text: str, language: str | None, unit: Unit, mode: TextMode) -> tuple[str, ...]:
    cleaned = normalise(text, language, mode=mode)
    if unit == "character":
        return tuple(_GRAPHEME.findall(cleaned.replace(" ", "")))
    return tuple(cleaned.split())


_cached_tokens = lru_cache(maxsize=16_384)(_tokens)


def _multilingual(text: str, base: str | None) -> str:
    joined = unicodedata.normalize("NFKC", _INNER_APOSTROPHE.sub("", text))
    if base in _TURKIC:
        joined = joined.replace("İ", "i").replace("I", "ı")
    folded = unicodedata.normalize("NFKC", joined.casefold())
    # Separators first: taking a symbol away can leave its combining mark behind.
    cleaned: str = _ORPHAN_MARK.sub("", _SEPARATOR.sub(" ", _IGNORABLE.sub("", folded.replace("\u200b", " "))))
    return cleaned


def _whisper(text: str, base: str | None) -> str:
    # Lone surrogates, which JSON can carry, and number words beyond Python's limits must not stop a training loop.
    clean = text.encode("utf-8", "replace").decode()
    kind = "en" if base == "en" else "split" if base in CHARACTER_LANGUAGES else "basic"
    try:
        return _whisper_normaliser(kind)(clean)
    except (ValueError, ArithmeticError, LookupError):
        return _whisper_normaliser("basic")(clean)


@cache
def _whisper_normaliser(kind: Literal["en", "split", "basic"]) -> Callable[[str], str]:
    from whisper_normalizer.basic import BasicTextNormalizer  # type: ignore[import-untyped]
    from whisper_normalizer.english import EnglishTextNormalizer  # type: ignore[import-untyped]

    if kind != "en":
        basic: Callable[[str], str] = BasicTextNormalizer(split_letters=kind == "split")
        return basic
    english = EnglishTextNormalizer()
    # The library adds four rewritings that Whisper does not have; one of them turns the noun "cause" into "because".
    for addition in (r"\bkinda\b", r"\bsorta\b", r"\bdunno\b", r"\bcause\b"):
        english.replacers.pop(addition, None)
    normaliser: Callable[[str], str] = english
    return normaliser
