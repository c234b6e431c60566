"""What may be done to a value on its way from a column to a field: languages, genders, ages, labels, captions."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from soundscape.records import AGES, GENDERS
from soundscape.sources.captions import MOST_WORDS, derive_caption
from soundscape.sources.licences import normalise

_ISO_639_3 = {
    "ara": "ar", "ben": "bn", "bul": "bg", "cat": "ca", "ces": "cs", "cmn": "zh", "cym": "cy", "dan": "da", "deu": "de",
    "ell": "el", "eng": "en", "est": "et", "eus": "eu", "fas": "fa", "fin": "fi", "fra": "fr", "fre": "fr", "ger": "de",
    "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko", "lit": "lt",
    "lav": "lv", "nld": "nl", "dut": "nl", "nob": "nb", "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rus": "ru",
    "slk": "sk", "slv": "sl", "spa": "es", "swe": "sv", "tam": "ta", "tha": "th", "tur": "tr", "ukr": "uk", "urd": "ur",
    "vie": "vi", "zho": "zh", "chi": "zh",
}  # fmt: skip
_NAMES = {
    "arabic": "ar", "chinese": "zh", "mandarin": "zh", "czech": "cs", "danish": "da", "dutch": "nl", "english": "en",
    "finnish": "fi", "french": "fr", "german": "de", "greek": "el", "hindi": "hi", "hungarian": "hu",
    "indonesian": "id", "italian": "it", "japanese": "ja", "korean": "ko", "norwegian": "no", "polish": "pl",
    "portuguese": "pt", "romanian": "ro", "russian": "ru", "spanish": "es", "swedish": "sv", "turkish": "tr",
    "ukrainian": "uk", "vietnamese": "vi",
}  # fmt: skip
_GENDERS = {
    "m": "male", "man": "male", "masculine": "male", "male_masculine": "male", "f": "female", "woman": "female",
    "feminine": "female", "female_feminine": "female", "non-binary": "nonbinary", "non_binary": "nonbinary",
    "0": "male", "1": "female",
}  # fmt: skip
_YEARS = ((2, "baby"), (4, "toddler"), (13, "child"), (20, "teenager"), (30, "young_adult_20s"), (40, "adult_30s"),
          (50, "adult_40s"), (60, "middle_aged_50s"), (70, "senior_60s"))  # fmt: skip
_DECADES = {
    "teens": 15, "twenties": 25, "thirties": 35, "fourties": 45, "forties": 45, "fifties": 55, "sixties": 65,
    "seventies": 75, "eighties": 85, "nineties": 95,
}  # fmt: skip


def language_code(value: str) -> str | None:
    """Return the ISO 639 code of a language, however it is told: ``de_de``, ``zh-CN``, ``cmn_hans_cn``, ``German``."""
    folded = value.strip().casefold()
    if folded in _NAMES:
        return _NAMES[folded]
    first = re.split(r"[_\-]", folded)[0]
    return _ISO_639_3.get(first, first) if re.fullmatch(r"[a-z]{2,3}", first) else None


def gender(value: str) -> str | None:
    """Return a gender in the words of the UAAP format; None where it is not told."""
    folded = value.strip().casefold()
    named = _GENDERS.get(folded, folded)
    return named if named in GENDERS else None


def age(value: str) -> str | None:
    """Return an age group in the words of the UAAP format, from years (``31``) or a decade (``thirties``)."""
    folded = value.strip().casefold()
    if folded in AGES:
        return folded
    years = _DECADES.get(folded)
    if years is None:
        leading = re.match(r"\d{1,3}", folded)
        if not leading or not 0 <= int(leading[0]) <= 120:
            return None
        years = int(leading[0])
    return next((name for limit, name in _YEARS if years < limit), "elderly_70s_plus")


def words(value: str) -> str:
    """Return a label as plain words: ``Crackling_fire`` as ``crackling fire``."""
    return " ".join(value.replace("_", " ").split()).casefold()


def label(value: str) -> str:
    """Return a label as one word: ``Crackling fire`` as ``crackling_fire``."""
    return "_".join(re.findall(r"\w+", value.casefold().replace("_", " ")))


def first(value: Any) -> Any:
    """Return the first of several values, given as a list or parted by commas."""
    parts = list(value) if isinstance(value, list | tuple) else str(value).split(",")
    return parts[0] if parts else None


def joined(value: Any) -> Any:
    """Return several values as text, parted by commas; anything else as it is."""
    return ", ".join(str(part) for part in value) if isinstance(value, list | tuple) else value


def stem(value: str) -> str:
    """Return the name of a file without folders and suffix."""
    return PurePosixPath(value).stem


def short(value: str) -> str | None:
    """Return at most twelve words of a description (:func:`soundscape.sources.captions.derive_caption`)."""
    return derive_caption(value)


def long_only(value: str) -> str | None:
    """Return a description that is longer than a caption may be; None for a shorter one."""
    return value if len(value.split()) > MOST_WORDS else None


def known(value: str) -> str | None:
    """Return a value unless it says that nothing is known: ``None``, ``unknown``, ``N/A``."""
    return None if value.strip().casefold() in ("none", "unknown", "n/a", "na", "null", "nan", "-") else value


def permissive_licence(value: Any) -> str:
    """Return the licence of a Freesound sound by whether attribution is required: CC0, or CC BY of unknown version."""
    required = value is True or str(value).strip().casefold() in ("true", "1", "yes")
    return "LicenseRef-CC-BY" if required else "CC0-1.0"


#: What a rule may apply, by the names that mapping files use.
FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "language": language_code,
    "gender": gender,
    "age": age,
    "words": words,
    "label": label,
    "first": first,
    "joined": joined,
    "stem": stem,
    "short": short,
    "long_only": long_only,
    "known": known,
    "licence": normalise,
    "permissive_licence": permissive_licence,
    "lower": str.casefold,
}
#: Functions that take a value as it is; the others are given its text.
TAKES_ANY = frozenset({"first", "joined", "permissive_licence"})
