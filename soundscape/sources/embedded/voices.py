"""The speakers of the embedded bank: who they are, how they sound, which languages they speak.

A speaker is a variant of eSpeak NG's formant synthesiser: pitch, length of the vocal tract (a common factor on all
formants), glottal source, breath, roughness, spectral balance. The definition holds in every language, so one speaker
keeps one voice in all of theirs. Each has two more variants, for whispering and for shouting. Gender and age name what
the voice resembles; the tests hold gender to measured pitch.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from soundscape.randomness import stream

__all__ = [
    "LANGUAGES",
    "SPEAKERS",
    "Language",
    "Speaker",
    "shout_variant",
    "speakers_of",
    "variant_files",
    "whisper_variant",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language: ISO 639-1 ``code``, eSpeak NG's file name for it, its name, and the accent as a caption states it."""

    code: str
    voice: str
    name: str
    accent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """A synthetic speaker.

    ``low`` and ``high`` bound the pitch at neutral intonation, in Hz; ``tract`` scales the formants, in percent (a
    shorter vocal tract has higher ones); ``source`` holds the remaining lines of the variant, in eSpeak NG's syntax;
    ``pace`` scales the speaking rate; ``noun`` is how captions name the voice.
    """

    id: str
    gender: str
    age: str
    noun: str
    timbre: str
    low: int
    high: int
    tract: int
    source: tuple[str, ...] = ()
    pace: float = 1.0

    @property
    def pitched_high(self) -> bool:
        """Whether the voice lies in the range of women and children."""
        return self.gender != "male"


# Append only: a language's place decides who speaks it.
LANGUAGES: dict[str, Language] = {
    code: Language(code=code, voice=voice, name=name, accent=f"synthetic, {accent}")
    for code, voice, name, accent in (
        ("en", "en", "English", "standard British English"),
        ("de", "de", "German", "standard German"),
        ("fr", "fr", "French", "standard French of France"),
        ("es", "es", "Spanish", "European Spanish"),
        ("it", "it", "Italian", "standard Italian"),
        ("pt", "pt", "Portuguese", "European Portuguese"),
        ("nl", "nl", "Dutch", "standard Dutch"),
        ("pl", "pl", "Polish", "standard Polish"),
        ("ru", "ru", "Russian", "standard Russian"),
        ("tr", "tr", "Turkish", "standard Turkish"),
        ("hi", "hi", "Hindi", "standard Hindi"),
        ("zh", "cmn", "Mandarin Chinese", "standard Mandarin"),
        ("ja", "ja", "Japanese", "standard Japanese"),
        ("ar", "ar", "Arabic", "Modern Standard Arabic"),
        ("sv", "sv", "Swedish", "standard Swedish"),
        ("uk", "uk", "Ukrainian", "standard Ukrainian"),
        ("cs", "cs", "Czech", "standard Czech"),
        ("el", "el", "Greek", "standard Modern Greek"),
        ("fi", "fi", "Finnish", "standard Finnish"),
        ("ko", "ko", "Korean", "standard Korean"),
        ("id", "id", "Indonesian", "standard Indonesian"),
        ("ro", "ro", "Romanian", "standard Romanian"),
        ("hu", "hu", "Hungarian", "standard Hungarian"),
        ("da", "da", "Danish", "standard Danish"),
        ("nb", "nb", "Norwegian Bokmål", "standard Norwegian Bokmål"),
        ("vi", "vi", "Vietnamese", "northern Vietnamese"),
        ("sw", "sw", "Swahili", "standard Swahili"),
        ("fa", "fa", "Persian", "standard Persian"),
    )
}


def _read(path: Path) -> tuple[Speaker, ...]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, dialect="excel-tab"))
    return tuple(
        Speaker(
            id=row["id"],
            gender=row["gender"],
            age=row["age"],
            noun=row["noun"],
            timbre=row["timbre"],
            low=int(row["low"]),
            high=int(row["high"]),
            tract=int(row["tract"]),
            source=tuple(line for line in row["source"].split("; ") if line),
            pace=float(row["pace"]),
        )
        for row in rows
    )


SPEAKERS: tuple[Speaker, ...] = _read(Path(__file__).with_name("speakers.tsv"))

# Noise in place of the glottal source; the first formant is weak, as over an open glottis.
_WHISPER = ("voicing 0", "flutter 2", "roughness 2", "breath 60 75 52 36 16 8", "breathw 180 180 230 260 420 450")


def whisper_variant(speaker: str) -> str:
    """Return the name of the variant in which a speaker whispers: no voicing, the same tract."""
    return f"{speaker}-whisper"


def shout_variant(speaker: str) -> str:
    """Return the name of the variant in which a speaker calls out: high pitch, raised first formant, flat spectrum."""
    return f"{speaker}-shout"


def _text(name: str, speaker: Speaker, pitch: tuple[int, int], formants: Iterable[str], rest: Iterable[str]) -> str:
    gender = "male" if speaker.gender == "male" else "female"
    lines = ("language variant", f"name {name}", f"gender {gender}", f"pitch {pitch[0]} {pitch[1]}")
    return "\n".join((*lines, *formants, *rest)) + "\n"


@cache
def variant_files() -> dict[str, str]:
    """Return eSpeak NG's variant definitions of all speakers, plain, whispering and shouting: name to text."""
    files: dict[str, str] = {}
    for speaker in SPEAKERS:
        tract, pitch = speaker.tract, (speaker.low, speaker.high)
        plain = [f"formant {n} {tract} 100 100" for n in range(9)]
        files[speaker.id] = _text(speaker.id, speaker, pitch, plain, speaker.source)
        name = whisper_variant(speaker.id)
        files[name] = _text(name, speaker, pitch, [f"formant 0 {tract} 0 100", *plain[1:]], _WHISPER)
        # Vocal effort raises pitch and first formant and lifts the upper spectrum (Liénard and Di Benedetto 1999).
        name = shout_variant(speaker.id)
        lifted = [f"formant 0 {tract} 60 100", f"formant 1 {round(1.14 * tract)} 100 80"]
        lifted += [f"formant {n} {round(1.03 * tract)} {100 if n == 2 else 150} 90" for n in range(2, 9)]
        kept = [line for line in speaker.source if line.split()[0] in ("klatt", "roughness", "flutter", "consonants")]
        files[name] = _text(name, speaker, (round(1.4 * speaker.low), round(1.55 * speaker.high)), lifted, kept)
    return files


def speakers_of(language: str) -> tuple[Speaker, ...]:
    """Return the eight speakers of a language, four of low and four of high voice, by id.

    Three languages in a row share out all speakers once, along a permutation of their own; so every speaker has the
    same number of languages, to within one, and adding a language changes no other.
    """
    turn, third = divmod(list(LANGUAGES).index(language), 3)
    chosen: list[Speaker] = []
    for high in (False, True):
        pool = [s for s in SPEAKERS if s.pitched_high is high]
        order = stream("embedded speech", "speakers", turn, int(high)).permutation(len(pool))
        chosen.extend(pool[i] for i in order[4 * third : 4 * third + 4])
    return tuple(sorted(chosen, key=lambda s: s.id))
