"""The linter of the embedded bank's sentences, run over every file, and proof that it catches what it should."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import regex

import soundscape.sources.embedded as embedded

FOLDER = Path(embedded.__file__).parent / "sentences"
HEADER = ["id", "topic", "kind", "text", "spoken"]
TOPICS = ["home", "street", "food", "travel", "work", "weather", "family", "health", "shopping", "leisure"]
PER_TOPIC = 6
UNSPACED = {"zh", "ja"}
BASIC = "abcdefghijklmnopqrstuvwxyz"

# The lower-case letters of each language, with hyphen and apostrophe where it writes them. Letters of foreign words
# alone (k, w in Italian; q, v, x in Polish) are left out, so that such words are noticed.
ALPHABETS = {
    "en": BASIC + "'",
    "de": BASIC + "äöüß",
    "fr": BASIC + "àâçéèêëîïôœùûüÿ'-",
    "es": BASIC + "áéíóúüñ",
    "it": "abcdefghilmnopqrstuvz" + "àèéìòù'",
    "pt": "abcdefghijlmnopqrstuvxz" + "áâãàçéêíóôõú-",
    "nl": BASIC + "éëïöü'",
    "pl": "abcdefghijklłmnoprstuwyz" + "ąćęńóśźż",
    "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя-",
    "tr": "abcçdefgğhıijklmnoöprsştuüvyz",
    "hi": "ऀ-ःअ-ह़ा-्",
    "zh": r"\p{Han}",
    "ja": r"\p{Han}\p{Hiragana}\p{Katakana}ー",
    "ar": "ء-غف-ي",
    "sv": BASIC + "åäöé",
    "id": "abcdefghijklmnoprstuvwyz-",
}
CASED = set(ALPHABETS) - {"hi", "zh", "ja", "ar"}
# Statement, question, exclamation, comma.
MARKS = {"hi": "।?!,", "zh": "。？！，", "ja": "。？！、", "ar": ".؟!،"}
KINDS = ("statement", "question", "exclamation")

ABBREVIATIONS = "mr mrs dr st etc usw bzw ca mme mlle sr sra dott prof enz bijv itd np ул др vb bkz dsb dll osv"
# What a synthesiser has to guess at: whole words, or for Chinese characters outside the words that settle them.
HOMOGRAPHS = {
    "en": "read lead live lives tear tears wind winds close minute bow row wound wounded use used uses record records "
    "present presents object desert content contract project produce refuse subject conduct permit polish invalid "
    "perfect separate estimate graduate alternate bass dove sewer entrance contest console progress rebel resume sow "
    "suspect axes buffet excuse moped august job increase decrease upset insert",
    "fr": "fils os couvent président content convient violent négligent excellent plus tous sens ours fier parent "
    "portions notions options vis jet",
    "it": "ancora subito principi capitano pesca nocciolo balia turbine",
    "ru": "замок замки мука дома стоит стоят большая большие большим большой уже потом все атлас белки кружки писать "
    "плачу полки пропасть сорок стрелки трусить хлопок ирис моя твоя леса города окна руки ноги",
    "zh": "得着重长乐朝降弹薄便散行只",
}
SETTLED = regex.compile("散步|行李|只好")
# The first person's past and, in Hindi, present tell the speaker's gender.
GENDERED = {
    "pl": r"[aeiyuąędk]ł[ae]m\b",
    "ru": r"\b[Яя] (?:\p{L}+ )*?\p{L}+л[аи]?(?:сь|ся)?\b",
    "hi": r"[तह][ाी] हूँ|मैं .*(?:ऊँगा|ऊँगी|ूँगा|ूँगी)",
}

_HARAKAT = "\u064b-\u0650\u0652\u0670"
_SHADDA = "\u0651"
_SUN = "تثدذرزسشصضطظلن"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    id: str
    topic: str
    kind: str
    text: str
    spoken: str


def load(language: str) -> list[Row]:
    content = (FOLDER / f"{language}.tsv").read_bytes().decode("utf-8")
    assert content.endswith("\n"), "the last line is not closed"
    assert not regex.search(r"[\r\ufeff]|\n\n", content), "carriage return, byte-order mark or empty line"
    header, *lines = content.removesuffix("\n").split("\n")
    assert header.split("\t") == HEADER
    assert [line for line in lines if line.count("\t") != len(HEADER) - 1] == []
    return [Row(**dict(zip(HEADER, line.split("\t"), strict=True))) for line in lines]


def marks(language: str) -> str:
    return MARKS.get(language, ".?!,")


def letters(language: str) -> str:
    alphabet = ALPHABETS[language].replace("-", r"\-") if language in CASED else ALPHABETS[language]
    upper = "".join(c.upper() for c in ALPHABETS[language] if c.isalpha() and c != "ß") if language in CASED else ""
    return alphabet + upper + ("İ" if language == "tr" else "")


def words(text: str) -> list[str]:
    return [match[0] for match in regex.finditer(r"[\p{L}\p{M}'-]+", text)]


def unvowelled(spoken: str) -> str:
    """Return the ordinary spelling of vowelled Arabic: pausal ه as ة is the one thing that cannot be told."""
    plain = regex.sub(f"ٱل{_SHADDA}(?!\u064eذ)", "الل", spoken)
    plain = regex.sub(f"ٱ(?!ل)([{_SUN}]){_SHADDA}", r"ال\1", plain).replace("ٱ", "ا")
    return str(regex.sub(f"[{_HARAKAT}{_SHADDA}]", "", plain))


def lint_arabic(row: Row) -> list[str]:
    found = []
    if regex.search(f"[{_HARAKAT}]{_SHADDA}", row.spoken):
        found.append("a vowel stands before its shadda")
    same = len(row.text) == len(unvowelled(row.spoken)) and all(
        a == b or (a, b) == ("ة", "ه") for a, b in zip(row.text, unvowelled(row.spoken), strict=True)
    )
    if not same:
        found.append("spoken and text are not the same words")
    # Alif, waw, ya, madda and alif maqsura may be bare as long vowels; the lam of an article that opens a phrase is,
    # and so may be the last letter before a pause.
    body = regex.sub("(^|، )ال", r"\1", row.spoken)
    if regex.search(rf"[ءأإئؤبتةثجحخدذرزسشصضطظعغفقكلمنه](?![{_HARAKAT}{_SHADDA}]|[،.؟!])", body):
        found.append("spoken lacks a vowel mark")
    return found


def lint_japanese(row: Row) -> list[str]:
    found = []
    if not regex.fullmatch(r"[\p{Hiragana}ー]+(?:、? [\p{Hiragana}ー]+|、 ?)*[。？！]", row.spoken):
        found.append("spoken is not kana in spaced words")
    if regex.search(r"り[ゃゅょ]", row.spoken):
        found.append("spoken holds a syllable that the synthesiser misreads")
    if regex.search(r"(?:^| )[をはへ](?:$| )", row.spoken):
        found.append("a particle is not written as it sounds")
    as_heard = {"は": "[はわ]", "へ": "[へえ]", "を": "お", "う": "[うー]", "い": "[いー]"}
    hiragana = regex.sub(r"[ァ-ヶ]", lambda m: chr(ord(m[0]) - 0x60), row.text)
    pattern = regex.sub(r"\p{Han}+", ".+?", "".join(as_heard.get(c, c) for c in hiragana))
    if not regex.fullmatch(pattern, row.spoken.replace(" ", "")):
        found.append("spoken does not hold the kana of the text")
    return found


def lint_words(language: str, text: str) -> list[str]:
    found = []
    lower = [word.casefold() for word in words(text)]
    if regex.search(r"\p{Lu}{2}", text):
        found.append("an acronym")
    if set(ABBREVIATIONS.split()) & set(lower):
        found.append("an abbreviation")
    if language == "zh":
        if set(SETTLED.sub("", text)) & set(HOMOGRAPHS["zh"]):
            found.append("a character of several readings")
    elif set(lower) & set(HOMOGRAPHS.get(language, "").split()):
        found.append("a homograph")
    if language in GENDERED and regex.search(GENDERED[language], text):
        found.append("the first person shows its gender")
    size = len(regex.findall(r"[\p{L}\p{M}]", text)) if language in UNSPACED else len(lower)
    low, high = (8, 40) if language in UNSPACED else (4, 18)
    if not low <= size <= high:
        found.append(f"{size} words or characters, {low} to {high} expected")
    return found


def lint(language: str, row: Row) -> list[str]:
    """Return everything wrong with one row."""
    text, ends, comma = row.text, marks(language)[:3], marks(language)[3]
    found = []
    if not unicodedata.is_normalized("NFC", text):
        found.append("text is not in NFC")
    gap = "" if language in UNSPACED else " "
    word = f"[{letters(language)}]+"
    close = "[.]|\u202f[?!]" if language == "fr" else f"[{regex.escape(ends)}]"
    sentence = f"{word}(?:{comma}?{gap}{word})*(?:{close})" if gap else f"{word}(?:{comma}{word})*(?:{close})"
    body = text.lstrip("¿¡") if language == "es" else text
    if not regex.fullmatch(sentence, body):
        found.append("text is not one sentence in the language's letters and marks")
    if language in CASED and not body[:1].isupper():
        found.append("no capital at the start")
    if row.kind not in KINDS or text[-1:] != ends[KINDS.index(row.kind)]:
        found.append("kind and closing mark disagree")
    if language == "es" and text[: len(text) - len(body)] != {"question": "¿", "exclamation": "¡"}.get(row.kind, ""):
        found.append("opening mark")
    found += lint_words(language, text)
    if language == "ar":
        found += lint_arabic(row)
    elif language == "ja":
        found += lint_japanese(row)
    elif row.spoken and not (language == "zh" and len(row.spoken) == len(text)):
        found.append("spoken is set")
    return found


def test_the_files_are_the_languages_listed() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.tsv")) == sorted(ALPHABETS)
    assert f": {' '.join(sorted(ALPHABETS))}." in (FOLDER / "README.md").read_text(encoding="utf-8").replace("\n", " ")


@pytest.mark.parametrize("language", ALPHABETS)
def test_every_row_is_clean(language: str) -> None:
    assert {row.id: found for row in load(language) if (found := lint(language, row))} == {}


@pytest.mark.parametrize("language", ALPHABETS)
def test_topics_come_in_order_with_six_sentences_each(language: str) -> None:
    rows = load(language)
    assert [row.topic for row in rows] == [topic for topic in TOPICS for _ in range(PER_TOPIC)]
    assert [row.id for row in rows] == [f"{language}-{n:03}" for n in range(1, len(rows) + 1)]


@pytest.mark.parametrize("language", ALPHABETS)
def test_questions_and_exclamations_have_their_share(language: str) -> None:
    rows = load(language)
    kinds = Counter(row.kind for row in rows)
    assert 0.15 <= kinds["question"] / len(rows) <= 0.35
    assert 0.05 <= kinds["exclamation"] / len(rows) <= 0.20


def test_no_text_occurs_twice() -> None:
    seen = Counter(row.text.casefold() for language in ALPHABETS for row in load(language))
    assert [text for text, n in seen.items() if n > 1] == []


GOOD_ARABIC = "فِي ٱشَّارِعِ بَيْتٌ كَبِير."
GOOD_JAPANESE = "この みち わ とても ながい です。"


@pytest.mark.parametrize(
    ("language", "text", "spoken", "finding"),
    [
        ("en", "We have three dogs at home.", "", None),
        ("en", "We have 3 dogs at home.", "", "letters and marks"),
        ("en", "We paid five € for the dog.", "", "letters and marks"),
        ("en", "We wrote to www.dog.org for help.", "", "letters and marks"),
        ("en", "We said “no” to the dog.", "", "letters and marks"),
        ("en", "We left (with the dog) today.", "", "letters and marks"),
        ("en", "We left; the dog stayed here.", "", "letters and marks"),
        ("en", "We left. The dog stayed here.", "", "letters and marks"),
        ("en", "We love  the dog 🐕 a lot.", "", "letters and marks"),
        ("en", "We saw the NASA dog again.", "", "acronym"),
        ("en", "We saw the dog etc.", "", "abbreviation"),
        ("en", "We read the dog a story.", "", "homograph"),
        ("en", "We have dogs.", "", "3 words"),
        ("en", "we have three dogs at home.", "", "capital"),
        ("en", "We have three dogs at home?", "", "kind"),
        ("en", "We have three dogs at home.", "We have dogs.", "spoken is set"),
        ("ru", "Он купил new машину вчера.", "", "letters and marks"),
        ("ru", "Я вчера купил новую машину.", "", "gender"),
        ("pl", "Wczoraj kupiłam sobie nowy rower.", "", "gender"),
        ("hi", "मैं आज बाज़ार जाता हूँ।", "", "gender"),
        ("de", "Wir gehen in den Ga\u0308rten.", "", "NFC"),
        ("fr", "Tu viens avec nous ce soir?", "", "letters and marks"),
        ("es", "¿Hoy comemos todos en casa.", "", "opening mark"),
        ("zh", "他的头发长得很快吗，我看不是。", "", "several readings"),
        ("zh", "今天天气很好。", "", "6 words or characters"),
        ("ja", "この道はとても長いです。", GOOD_JAPANESE, None),
        ("ja", "この道はとても長いです。", GOOD_JAPANESE.replace(" わ ", " は "), "particle"),
        ("ja", "この道はとても長いです。", GOOD_JAPANESE.replace("です", "ます"), "does not hold"),
        ("ja", "この道はとても長いです。", GOOD_JAPANESE.replace("みち", "道"), "not kana"),
        ("ja", "この旅館はとても広いです。", "この りょかん わ とても ひろい です。", "misreads"),
        ("ar", "في الشارع بيت كبير.", GOOD_ARABIC, None),
        ("ar", "في الشارع بيت كبير.", GOOD_ARABIC.replace("كَبِير", "صَغِير"), "same words"),
        ("ar", "في الشارع بيت كبير.", GOOD_ARABIC.replace("بَيْتٌ", "بَيت"), "lacks a vowel"),
        ("ar", "في الشارع بيت كبير.", unicodedata.normalize("NFC", GOOD_ARABIC), "before its shadda"),
    ],
)
def test_the_linter_catches(language: str, text: str, spoken: str, finding: str | None) -> None:
    if language == "ar" and finding != "before its shadda":
        spoken = regex.sub(f"([{_HARAKAT}]){_SHADDA}", rf"{_SHADDA}\1", spoken)  # this file is in NFC
    row = Row(id="", topic="home", kind="statement", text=text, spoken=spoken)
    found = lint(language, row)
    assert (found == []) if finding is None else any(finding in line for line in found)


# The library is loaded in a process of its own: it is global, and not ours to keep.
_PHONEMES = """
import ctypes, json, sys
import espeakng_loader
library = ctypes.CDLL(espeakng_loader.get_library_path())
library.espeak_TextToPhonemes.restype = ctypes.c_char_p
assert library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0x8000) > 0
answer = {}
for language, texts in json.load(sys.stdin).items():
    assert library.espeak_SetVoiceByName({"zh": "cmn"}.get(language, language).encode()) == 0, language
    answer[language] = []
    for text in texts:
        left, clauses = ctypes.c_char_p(text.encode()), []
        while left.value is not None:
            clauses.append((library.espeak_TextToPhonemes(ctypes.byref(left), 1, 2) or b"").decode())
        answer[language].append(" ".join(clauses))
json.dump(answer, sys.stdout)
"""


def test_the_synthesiser_reads_every_row_in_its_own_language() -> None:
    texts = {language: [row.spoken or row.text for row in load(language)] for language in ALPHABETS}
    texts["fr"].append(
        "La réunion du week-end dure trop longtemps."
    )  # proof that a switch shows: week-end is read as English
    done = subprocess.run(
        [sys.executable, "-c", _PHONEMES], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert "(en)" in answer["fr"].pop()
    readings = [(language, text) for language, spoken in answer.items() for text in spoken]
    assert len(readings) == len(TOPICS) * PER_TOPIC * len(ALPHABETS)
    assert [reading for reading in readings if "(" in reading[1] or not regex.search(r"\p{L}", reading[1])] == []
