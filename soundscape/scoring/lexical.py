"""The embedder that is always there: captions as hashed words, word pieces and small groups of synonyms.

Goal: a deterministic stand-in for a sentence model where none can be had (tests, reward loops, first contact), with
the properties a caption score needs: equal texts are one vector, unrelated texts are near orthogonal, inflections and
near synonyms lie close. It knows words, not meaning; scores made with it carry its name and mix with no others.

Method: feature hashing with signs (Weinberger et al. 2009) into :data:`DIMENSIONS` components, unit length.

* A word contributes its stem, its letter trigrams and, where it has one, its group of synonyms. Stop words weigh 0.08,
  words of degree and of recording 0.25, all others 1; n repeats weigh √n.
* Neighbouring words contribute a pair, so that order counts for a little.
* Runs of scripts without spaces contribute characters and pairs of characters.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
import regex
from numpy.typing import NDArray

from soundscape.scoring.lexicon import STOP_WORDS, SYNONYMS, WEAK_WORDS
from soundscape.scoring.text import normalise

DIMENSIONS = 1024

_STOP_WEIGHT, _WEAK_WEIGHT = 0.08, 0.25
_STEM_ALONE, _STEM_IN_GROUP, _GROUP = 1.0, 0.5, 0.75
_TRIGRAMS, _PAIR = 0.4, 0.3
_CHARACTER, _CHARACTER_PAIR = 0.8, 0.7
_UNSPACED_RUN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Myanmar}\p{M}ー]+")
_UNSPACED_SPLIT = regex.compile(f"({_UNSPACED_RUN.pattern})")
_VOWEL = regex.compile(r"[aeiouy]")
_LONGEST_WORD = 40


class LexicalEmbedder:
    """Embeds by words; needs nothing but NumPy. ``revision`` changes whenever any vector would."""

    name = "lexical"
    revision = "1"
    #: Computing a vector is faster than fetching it from disk.
    keep_on_disk = False

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one unit vector a text, ``(len(texts), 1024)`` float32."""
        out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in enumerate(texts):
            out[row] = _vector(text)
        return out


def stem(word: str) -> str:
    """Return a lower-case word without common English endings; other words come back as they are."""
    if len(word) <= 3 or not word.isascii():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith(("sses", "xes", "zes", "ches", "shes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    if word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) >= 3 and _VOWEL.search(rest):
            doubled = rest[-1] == rest[-2] and rest[-1] not in "lsz"
            word = rest[:-1] if doubled else rest
            break
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


_GROUP_OF = {stem(word): number for number, words in enumerate(SYNONYMS) for word in words}


def _place(feature: str, weight: float) -> tuple[int, float]:
    """Return a feature's component and its signed weight."""
    value = int.from_bytes(hashlib.blake2b(feature.encode("utf-8", "replace"), digest_size=8).digest(), "little")
    return value % DIMENSIONS, weight if value >> 63 else -weight


def _weight(word: str) -> float:
    return _STOP_WEIGHT if word in STOP_WORDS else _WEAK_WEIGHT if word in WEAK_WORDS else 1.0


@lru_cache(maxsize=65_536)
def _word_features(word: str) -> tuple[tuple[int, float], ...]:
    weight = _weight(word)
    if _UNSPACED_RUN.fullmatch(word):
        singles = [_place(f"k:{c}", _CHARACTER) for c in word]
        return (*singles, *(_place(f"k:{a}{b}", _CHARACTER_PAIR) for a, b in pairwise(word)))
    root = stem(word)
    group = _GROUP_OF.get(root)
    if group is None:
        features = [_place(f"w:{root}", weight * _STEM_ALONE)]
    else:
        features = [_place(f"w:{root}", weight * _STEM_IN_GROUP), _place(f"g:{SYNONYMS[group][0]}", weight * _GROUP)]
    if weight > _STOP_WEIGHT:
        padded = f"^{root}$"
        pieces = [padded[i : i + 3] for i in range(len(padded) - 2)]
        features += [_place(f"t:{p}", weight * _TRIGRAMS / math.sqrt(len(pieces))) for p in pieces]
    return tuple(features)


@lru_cache(maxsize=65_536)
def _pair_feature(left: str, right: str) -> tuple[int, float]:
    return _place(f"p:{stem(left)} {stem(right)}", _PAIR * min(_weight(left), _weight(right)))


def _words(text: str) -> list[str]:
    out: list[str] = []
    for word in normalise(text).split():
        # Unspaced runs stand apart from the Latin words they touch; absurdly long words are cut.
        pieces = (word,) if word.isascii() else _UNSPACED_SPLIT.split(word)
        out += [piece[:_LONGEST_WORD] for piece in pieces if piece]
    return out


def _vector(text: str) -> NDArray[np.float64]:
    words = _words(text)
    features: list[tuple[int, float]] = []
    for word, count in Counter(words).items():
        scale = math.sqrt(count)
        features += _word_features(word) if count == 1 else [(i, v * scale) for i, v in _word_features(word)]
    features += [_pair_feature(a, b) for a, b in pairwise(words)]
    if not features:
        features = [_place(f"raw:{text}", 1.0)]
    components, values = zip(*features, strict=True)
    vector = np.bincount(components, weights=values, minlength=DIMENSIONS).astype(np.float64)
    length = float(np.linalg.norm(vector))
    if length == 0.0:  # features that cancel exactly: fall back to the text as a whole
        component, value = _place(f"raw:{text}", 1.0)
        vector[component] = value
        return vector
    return vector / length
