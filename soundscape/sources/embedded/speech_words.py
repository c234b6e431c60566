"""From eSpeak NG's word events to the time of every word of the reference text.

The synthesiser is fed the ``spoken`` text and reports where some of its words begin. The reference ``text`` may be
written otherwise (kanji for kana, no vowel marks). Both are counted in *letters*: letters, digits and combining marks.
Times between two reported words are interpolated by letters, which also divides what a language merges ("has been" is
one event). A word of the reference is a token between spaces without its outer punctuation; in Chinese and Japanese,
which write no spaces, it is one character.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from soundscape.records import Word, milliseconds

__all__ = ["UNSPACED", "active_frames", "timings"]

#: Languages whose words are timed character by character.
UNSPACED = frozenset({"zh", "ja"})
FRAME_S = 0.005
_FLOOR_DB = -50.0
_LEAST_S = 0.015
_LEAST_FRAMES = 4
_RUNS = re.compile("[ぁ-ゖー]|[^ぁ-ゖー]+")  # one kana, or what lies between
# Kana of the reference that the spoken form writes by sound: particles, and long vowels.
_SOUNDS = {"は": "[はわ]", "へ": "[へえ]", "を": "[をお]", "う": "[うー]", "い": "[いー]"}


def _is_letter(c: str) -> bool:
    return c.isalnum() or unicodedata.category(c).startswith("M")


def _counts(text: str) -> NDArray[np.int64]:
    """Return the number of letters before each character of ``text``, and before its end."""
    return np.concatenate(([0], np.cumsum([_is_letter(c) for c in text], dtype=np.int64)))


def _tokens(text: str, single: bool) -> list[tuple[int, int]]:
    """Return the character spans of the words of ``text``."""
    if single:
        return [(i, i + 1) for i, c in enumerate(text) if _is_letter(c)]
    spans = []
    for match in re.finditer(r"\S+", text):
        letters = [i for i in range(*match.span()) if _is_letter(text[i])]
        if letters:
            spans.append((letters[0], letters[-1] + 1))
    return spans


def _hiragana(text: str) -> str:
    """Return the letters of ``text`` with katakana as hiragana."""
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text if _is_letter(c))


def _readings(text: str, spoken: str) -> list[tuple[float, float]] | None:
    """Return, for each letter of Japanese ``text``, its span in letters of ``spoken`` kana; None where they disagree.

    The kana of the text anchor the match; what lies between is the reading of a run of kanji, shared out evenly.
    """
    runs = _RUNS.findall(_hiragana(text))
    pattern = "".join(f"({_SOUNDS.get(run, run)})" if "ぁ" <= run[0] <= "ー" else "(.+?)" for run in runs)
    match = re.fullmatch(pattern, _hiragana(spoken))
    if match is None:
        return None
    spans = []
    for i, run in enumerate(runs, start=1):
        edges = np.linspace(match.start(i), match.end(i), len(run) + 1)
        spans += [(float(a), float(b)) for a, b in pairwise(edges)]
    return spans


def _aligned(text: str, spoken: str, language: str) -> list[tuple[str, float, float]]:
    """Return the words of ``text``, each with its span in letters of ``spoken``."""
    words = _tokens(text, language in UNSPACED)
    names = [text[a:b] for a, b in words]
    here, there = _counts(text), _counts(spoken)
    if text == spoken:
        spans = [(float(here[a]), float(here[b])) for a, b in words]
    else:
        tokens = _tokens(spoken, language in UNSPACED)
        readings = _readings(text, spoken) if language == "ja" else None
        if readings is not None:
            spans = readings
        elif len(tokens) == len(words):
            spans = [(float(there[a]), float(there[b])) for a, b in tokens]
        else:  # no common tokens: in proportion
            scale = float(there[-1]) / float(here[-1])
            spans = [(scale * float(here[a]), scale * float(here[b])) for a, b in words]
    return [(name, a, b) for name, (a, b) in zip(names, spans, strict=True)]


def active_frames(x: NDArray[np.float64], rate: int) -> NDArray[np.bool_]:
    """Return which frames of 5 ms lie within 50 dB of the loudest; the last one may be short."""
    n = round(FRAME_S * rate)
    padded = np.pad(x, (0, -len(x) % n))
    power = np.mean(np.square(padded.reshape(-1, n)), axis=1)
    return np.asarray(power > np.max(power) * 10.0 ** (_FLOOR_DB / 10.0))


def _knots(
    spoken: str, events: Sequence[tuple[int, int, float]], end: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return numbers of letters and the times at which they have been said, both rising.

    Where two vowels run together ("na arrecadação") the second word is reported right after the first; an event that
    leaves its predecessor under 15 ms a letter is therefore passed over.
    """
    there = _counts(spoken)
    knots = [(float(there[events[0][0]]), events[0][2])]
    for at, _, time in events[1:]:
        letters = float(there[at]) - knots[-1][0]
        if letters > 0.0 and time - knots[-1][1] >= _LEAST_S * letters:
            knots.append((float(there[at]), time))
    table = np.array([*knots, (float(there[-1]), max(end, knots[-1][1]))])
    return table[:, 0], table[:, 1]


def timings(
    text: str,
    spoken: str,
    language: str,
    events: Sequence[tuple[int, int, float]],
    end: float,
    active: NDArray[np.bool_],
) -> tuple[Word, ...]:
    """Return when each word of ``text`` sounds.

    Each word is narrowed to its active frames, since eSpeak NG counts the closure of an initial stop (40–70 ms of
    silence) and the pause after a comma as part of the word.

    Args:
        text: the reference, in normal orthography.
        spoken: what the synthesiser was given.
        language: ISO 639-1 code.
        events: (first character in ``spoken``, length, time in s), as the synthesiser reports them.
        end: when the speech ends, in s.
        active: from :func:`active_frames`, over the same time axis.
    """
    marks, times = _knots(spoken, events, end)
    words = []
    for name, a, b in _aligned(text, spoken, language):
        start, stop = (float(t) for t in np.interp((a, b), marks, times))
        first = int(np.ceil(start / FRAME_S - 1e-6))  # frames that lie wholly inside the word
        inside = active[first : int(stop / FRAME_S + 1e-6)]
        sounding = np.flatnonzero(inside)
        if len(sounding) and sounding[-1] - sounding[0] >= _LEAST_FRAMES:  # not the mere release of a geminate
            start = start if inside[0] else (first + int(sounding[0])) * FRAME_S
            stop = stop if inside[-1] else (first + int(sounding[-1]) + 1) * FRAME_S
        words.append(Word(word=name, start=milliseconds(start), end=milliseconds(max(stop, start))))
    return tuple(words)
