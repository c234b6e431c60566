"""Captions of at most twelve words out of prose of several hundred characters.

Many data sets describe a sound by a paragraph that a model wrote. A caption says what is heard, how, with what
character, in a few words; a longer one is rewarded for its length by every measure of text. The paragraph is kept as it
is (``prose`` in :data:`soundscape.sources.index.PROVENANCE`), and a caption is cut from it by rules that add no word:

1. Unicode form NFC, markup taken off (``*``, ``_``, ``#``, backticks, quotation marks around the whole), every run of
   white space one space.
2. The first sentence that says something: sentences end at ``. ! ? 。`` before a space; openings such as "The audio
   features" (``terms/openings.txt``) are taken off, again and again; a sentence with fewer than two words left is
   passed over. Where the whole is one sentence of at most twelve words, it is a caption as it is when no more than one
   word would be left.
3. Remarks in brackets are left out.
4. Of more than twelve words, the longest part of four to twelve that ends at a comma, semicolon, colon or dash, or
   before a word that begins a new clause (``while``, ``which``, ``followed`` …). Where there is none, the longest that
   ends before ``and``, ``but`` or ``with``; where there is none either, the first twelve words.
5. Of what was cut, words at the end that cannot stand there (articles, prepositions, conjunctions) are taken off, and
   of everything the punctuation at its ends.

The rules count words that are parted by spaces. Prose in Han, kana, Thai, Lao, Khmer or Burmese script gives no
caption, and the source then needs one.
"""

from __future__ import annotations

import unicodedata
from functools import cache

import regex

from soundscape.sources.quality import entries

#: The most words of a caption.
MOST_WORDS = 12
_FEWEST = 4

_SENTENCES = regex.compile(r"(?<=[.!?…。])[\"'”’)]*\s+(?=\P{Ll})")
_MARKUP = regex.compile(r"(?<!\w)[*_#`>]+|[*_#`]+(?!\w)")
_QUOTED = regex.compile(r"^[\"'“”‘’«»„]+(.*?)[\"'“”‘’«»„]+$", regex.DOTALL)
_BRACKETS = regex.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
_WITHOUT_SPACES = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_CLAUSES = frozenset(
    {
        *("while", "which", "who", "whose", "where", "as", "although", "though", "because", "before", "after", "until"),
        *(
            "that",
            "then",
            "followed",
            "accompanied",
            "punctuated",
            "interspersed",
            "suggesting",
            "indicating",
            "creating",
        ),
        *("giving", "evoking", "conveying"),
    }
)
_JOINTS = frozenset({"and", "but", "with"})
_DANGLING = frozenset(
    {
        *("a", "an", "and", "are", "as", "at", "be", "before", "but", "by", "for", "from", "has", "have", "her", "his"),
        *("in", "into", "is", "it", "its", "of", "off", "on", "onto", "or", "over", "than", "that", "the", "their"),
        *("then", "through", "to", "under", "very", "was", "were", "when", "where", "which", "while", "who", "with"),
        *("without",),
    }
)
_EDGES = " \t,;:–—-.!…。"


def derive_caption(prose: str | None, most: int = MOST_WORDS) -> str | None:
    """Return a caption of at most ``most`` words cut from prose, by the rules of this module, or None.

    >>> derive_caption("The audio features a dog barking twice, with a long echo, in a large and empty hall. It stops.")
    'a dog barking twice, with a long echo'
    """
    text = _plain(prose or "")
    if not text or 2 * len(_WITHOUT_SPACES.findall(text)) > len(regex.findall(r"\p{L}", text)):
        return None
    sentences = _SENTENCES.split(text)
    for sentence in sentences:
        words = _BRACKETS.sub("", _opened(sentence)).split()
        cut = len(words) > most
        caption = _trimmed(words[: _cut(words, most)] if cut else words, dangling=cut)
        if len(caption.split()) >= 2:
            return caption
    short = len(sentences) == 1 and len(text.split()) <= most
    return (_trimmed(text.split(), dangling=False) or None) if short else None


def _plain(prose: str) -> str:
    text = _MARKUP.sub(" ", unicodedata.normalize("NFC", prose))
    text = " ".join(text.split())
    quoted = _QUOTED.match(text)
    return quoted[1].strip() if quoted else text


def _opened(sentence: str) -> str:
    """Return a sentence without the openings that say nothing."""
    while (found := _openings().match(sentence)) and found.end() < len(sentence):
        sentence = sentence[found.end() :].lstrip(_EDGES)
    return sentence


@cache
def _openings() -> regex.Pattern[str]:
    listed = "|".join(f"(?:{line})" for line in entries("openings.txt"))
    return regex.compile(rf"(?:{listed})(?=\W|$)", regex.IGNORECASE)


def _cut(words: list[str], most: int) -> int:
    """Return after how many words a sentence is cut: at the last break that fits, or else at the limit."""
    fitting = range(most, _FEWEST - 1, -1)
    for count in fitting:
        following = words[count].casefold().strip(_EDGES)
        if words[count - 1][-1] in ",;:–—" or not following or following in _CLAUSES:
            return count
    return next((count for count in fitting if words[count].casefold() in _JOINTS), most)


def _trimmed(words: list[str], *, dangling: bool) -> str:
    """Return words as a caption: no punctuation at its ends, nothing at its end that asks for more."""
    kept = [word for word in words if word.strip(_EDGES)]
    while dangling and len(kept) > 1 and kept[-1].casefold().strip(_EDGES) in _DANGLING:
        kept.pop()
    return " ".join(kept).strip(_EDGES)
