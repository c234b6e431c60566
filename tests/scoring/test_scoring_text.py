"""Normalisation by language and mode, and the counting of errors."""

from __future__ import annotations

import random
import time

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundscape.scoring.text import (
    TEXT_MODES,
    WordErrors,
    base_language,
    count_edits,
    normalise,
    tokens,
    unit_of,
    word_errors,
)

NORMALISED = [
    # Chinese: full-width forms, punctuation, Latin and digits inside
    ("zh", "你好，世界！", "你好 世界"),
    ("zh", "ＡＢＣ１２３（括号）", "abc123 括号"),
    ("zh-Hant", "「謝謝」", "謝謝"),
    ("yue", "唔該晒～", "唔該晒"),
    # Japanese: half-width kana and its marks, the long vowel mark is a letter
    ("ja", "ｶﾞｷﾞｸﾞ・コーヒー。", "ガギグ コーヒー"),
    ("ja", "おはよう、ございます！", "おはよう ございます"),
    ("ja", "々〆ヶ", "々〆ヶ"),
    # Thai and Burmese: vowel signs and tones are marks, and stay
    ("th", "สวัสดี ครับ!", "สวัสดี ครับ"),
    ("th", "ที่\u200bนี่", "ที่ นี่"),
    ("my", "မင်္ဂလာပါ။", "မင်္ဂလာပါ"),
    # Korean: composed syllables whatever the input form
    ("ko", "네,그래요…", "네 그래요"),
    ("ko", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국"),
    # Hindi: signs, nukta in either form, the danda is punctuation
    ("hi", "नमस्ते, दुनिया।", "नमस्ते दुनिया"),
    ("hi", "क़लम \u0915\u093cलम", "क़लम क़लम"),
    # Arabic: vowel marks stay, Arabic punctuation goes, direction marks vanish
    ("ar", "السَّلامُ عليكم؟", "السَّلامُ عليكم"),
    ("ar", "\u200fمرحبا، بك\u200e", "مرحبا بك"),
    # Russian: hyphens separate, guillemets go, й and ё keep their marks
    ("ru", "Кто-то сказал: «Да, ёж!»", "кто то сказал да ёж"),
    ("ru", "и\u0306", "й"),
    # Turkish: the dotted and the dotless i, suffixes after an apostrophe
    ("tr", "İSTANBUL'DA IŞIK", "istanbulda ışık"),
    ("tr", "Isparta ve İzmir", "ısparta ve izmir"),
    ("az", "I İ", "ı i"),
    # German: sharp s folds, umlauts stay
    ("de", "Die STRASSE, die Straße — groß.", "die strasse die strasse gross"),
    ("de", "Über-Äpfel [lacht] (leise)", "über äpfel lacht leise"),
    ("de", "I", "i"),
    # English: contractions, spelling, numbers, fillers; brackets keep their content
    ("en", "I'm gonna PAY you twenty-five dollars!", "i am going to pay you $25"),
    ("en", "Um, the colour of nineteen eighty four, hmm.", "the color of 1984"),
    ("en", "Mr. O'Neil can't (whispering) go [now]", "mister 0 neil can not whispering go now"),
    ("en", "two hundred and one point five percent", "201.5%"),
    ("en-GB", "He'd been organising 1,000,000 things", "he had been organizing 1000000 things"),
    ("en", "the cause of it, kinda", "the cause of it kinda"),
    # unknown: as all others; apostrophes of every kind vanish inside words
    (None, "L’Homme aujourd'hui ‘quoted’", "lhomme aujourdhui quoted"),
    (None, "㎏ ½ ﬁ ™ ❤️", "kg 1 2 fi tm"),
    (None, "a ´ b ¨c", "a b c"),
]


@pytest.mark.parametrize(("language", "text", "expected"), NORMALISED)
def test_normalises(language, text, expected):
    assert normalise(text, language) == expected


@pytest.mark.parametrize(("language", "text", "expected"), NORMALISED)
def test_normalising_twice_changes_nothing(language, text, expected):
    if base_language(language) != "en":  # Whisper's English is not idempotent: "0 neil" reads on as a number
        assert normalise(expected, language) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("zh", "你好，世界 ok", ["你", "好", "世", "界", "o", "k"]),
        ("ja", "がぎ グ", ["が", "ぎ", "グ"]),
        ("th", "ที่นี่", ["ที่", "นี่"]),
        ("lo", "ສະບາຍດີ", ["ສ", "ະ", "ບ", "າ", "ຍ", "ດີ"]),
        ("my", "ပါတယ်", ["ပ", "ါ", "တ", "ယ်"]),
        ("ko", "안녕 하세요", ["안녕", "하세요"]),
        ("hi", "नमस्ते दुनिया", ["नमस्ते", "दुनिया"]),
        ("cmn", "你好", ["你", "好"]),
        ("zh_TW", "你好", ["你", "好"]),
    ],
)
def test_tokens(language, text, expected):
    assert list(tokens(text, language, unit=unit_of(language, text))) == expected


@pytest.mark.parametrize(
    ("language", "reference", "unit"),
    [
        ("zh", "hello", "character"),
        ("ko", "안녕", "word"),
        ("km", "សួស្តី", "word"),
        (None, "你好 ok", "character"),
        (None, "hello 你 world", "word"),
        ("und", "สวัสดี", "character"),
        ("", "안녕하세요", "word"),
        (None, "", "word"),
        (None, "123", "word"),
    ],
)
def test_unit(language, reference, unit):
    assert unit_of(language, reference) == unit


# Outputs of openai-whisper 20250625; the first four are what whisper-normalizer 0.1.15 alone would rewrite further.
WHISPER_ENGLISH = [
    ("that is kinda the cause, 'cause I dunno", "that is kinda the cause cause i dunno"),
    ("he is sorta late", "he is sorta late"),
    ("the cause of death", "the cause of death"),
    ("I dunno", "i dunno"),
    ("Let's go, it's 20% (aside) [noise] <unk>", "let us go it is 20%"),
    ("double oh seven", "007"),
    ("three and a half dollars", "$3.5"),
]


@pytest.mark.parametrize(("text", "expected"), WHISPER_ENGLISH)
def test_whisper_english(text, expected):
    assert normalise(text, "en", mode="whisper") == expected


def test_whisper_basic_drops_marks_and_brackets():
    assert normalise("नमस्ते (धीरे)", "hi", mode="whisper") == "नमस त"
    assert tokens("你好[笑]。", "zh", unit="character", mode="whisper") == ("你", "好")


def test_xares():
    assert normalise("Well-known: İt’s “ＡＢＣ” — 1,000!", "en", mode="xares") == "well known i̇t’s “abc” — 1000"


@pytest.mark.parametrize("language", ["en", "de", "zh", None])
def test_the_reference_decides_the_unit(language):
    errors = word_errors("你好世界", "你好 世界", language)
    assert errors.rate == (0.0 if language in ("zh", None) else 2.0)


@pytest.mark.parametrize(
    ("reference", "hypothesis", "rate"),
    [
        ("", "", 0.0),
        (None, None, 0.0),
        ("", "words", 1.0),
        ("?!", "-", 0.0),
        ("um", "hmm", 0.0),
        ("one two", None, 1.0),
        ("go home now", "go home", 1 / 3),
        ("go home", "go home at once now please", 2.0),
    ],
)
def test_rate(reference, hypothesis, rate):
    assert word_errors(reference, hypothesis, "en").rate == pytest.approx(rate)


def test_pooling_adds_and_refuses_mixed_units():
    a, b = word_errors("ein Haus", "ein Haus", "de"), word_errors("der Regen fällt", "Regen", "de")
    assert a + b == WordErrors(unit="word", edits=2, length=5, hypothesis_length=3)
    with pytest.raises(ValueError, match="words cannot be pooled with"):
        a + word_errors("你好", "你", "zh")


def test_edits_are_those_of_jiwer():
    rng = random.Random(3)
    for _ in range(300):
        left = " ".join(rng.choices("abcd", k=rng.randint(1, 9)))
        right = " ".join(rng.choices("abcd", k=rng.randint(1, 9)))
        found = jiwer.process_words(left, right)
        expected = found.substitutions + found.insertions + found.deletions
        assert count_edits(left.split(), right.split()) == expected


@given(st.text(max_size=60), st.sampled_from(["en", "de", "zh", "tr", None]), st.sampled_from(TEXT_MODES))
def test_never_raises_and_is_clean(text, language, mode):
    found = normalise(text, language, mode=mode)
    assert found == " ".join(found.split())


@pytest.mark.parametrize("mode", TEXT_MODES)
def test_lone_surrogates_are_text_too(mode):
    assert word_errors("hello", "hello \ud83d", "en", mode=mode).edits <= 1
    assert word_errors("hallo", "hallo \udc00", "de", mode=mode).edits <= 1


@pytest.mark.parametrize("filler", ["billion ", "( ", "' ", "1.", "[[<"])
def test_a_huge_hypothesis_takes_bounded_time(filler):
    began = time.monotonic()
    errors = word_errors("a short reference", filler * 2_000_000, "en")
    assert time.monotonic() - began < 5.0
    assert errors.hypothesis_length <= 20_000
