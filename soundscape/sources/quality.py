"""The quality gate: which recordings of a data set are fit to be drawn, and why the others are not.

Nothing is thrown away. Every figure is measured when a recording is indexed and kept as a column, whatever the gate
says; a recording that fails is listed as rejected, with all reasons (:data:`soundscape.sources.index.PROVENANCE`), the
first of which is its ``rejected``. Three things are looked at:

* the measured figures of the audio, against :class:`Limits` for each type;
* the transcription of speech: text that would break word error rate, and letters of another script than its language's;
* captions: intelligible speech or music in "sound effects", voices in "music", by the lists of ``terms/``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import regex

from soundscape.records import EventType

if TYPE_CHECKING:
    import polars as pl

#: Why the gate rejects a recording.
REASONS = {
    "too_short": "its active part is shorter than the limit",
    "too_long_active": "its active part is longer than the limit",
    "clipped": "too many samples are clipped",
    "dc_offset": "its mean is too far from zero",
    "upsampled": "it holds no high frequencies, as if made from a recording of a lower rate",
    "noise_floor": "its pauses are too loud",
    "low_snr": "it stands out too little from its own noise",
    "mostly_silent": "too much of it is silence",
    "inactive": "no part of it rises above -70 dBFS",
    "low_dnsmos": "the data set's own DNSMOS is under the limit",
    "empty_transcription": "its transcription has no letters",
    "digits": "its transcription holds digits, which may be read in several ways",
    "tags": "its transcription holds markup or remarks that nobody speaks",
    "symbols": "its transcription holds symbols, which may be read in several ways",
    "script": "its transcription is in another script than its language's",
    "speech_inside": "by its caption, a sound effect with speech in it",
    "music_inside": "by its caption, a sound effect with music in it",
    "vocals": "by its caption, music with voices in it",
}

_TERMS = Path(__file__).with_name("terms")
_INACTIVE_DBFS = -70.0
_NEGATED_WITHIN = 6
# What may stand between the items of a list that is negated as a whole: "no speech, music or other voices".
_JOINING = frozenset({"and", "any", "audible", "human", "nor", "of", "or", "other"})
_TAGS = regex.compile(r"<[^<>]*>|\[[^\[\]]*\]|\{[^{}]*\}|\([^()]*\)|（[^（）]*）|\*[^*]+\*|&[a-z]+;|[<>\[\]{}♪♫]")
_DIGITS = regex.compile(r"\p{N}")
_SYMBOLS = regex.compile(r"[\p{S}--[`´¨^˝˙]]|[%&@#*/\\_§†‡]", regex.V1)
_LETTER = regex.compile(r"\p{L}")
_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
# Japanese of this many letters has kana among them; Chinese never does.
_KANA_WITHIN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One reason to reject a recording: its name in :data:`REASONS`, and what was found."""

    reason: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the audio of a type must keep to; None is no limit.

    ``seconds`` bound the active part. ``bandwidth_hz``, ``snr_db`` and ``dnsmos`` are the least values, the others the
    greatest.
    """

    seconds: tuple[float, float]
    clipped_share: float | None = None
    dc_offset: float | None = 0.02
    bandwidth_hz: float | None = None
    noise_floor_dbfs: float | None = None
    snr_db: float | None = None
    silence_share: float | None = None
    dnsmos: float | None = None


#: Limits of each type unless others are asked for. Speech: 2 to 14 s and DNSMOS 2.5 as the published plan has them; the
#: telephone band ends at 3.4 kHz, so speech without anything above was recorded or resampled at 8 kHz. Noise is judged
#: in speech alone, which has pauses.
LIMITS: dict[EventType, Limits] = {
    "speech": Limits(
        seconds=(2.0, 14.0),
        clipped_share=0.001,
        bandwidth_hz=3500.0,
        noise_floor_dbfs=-30.0,
        snr_db=10.0,
        silence_share=0.6,
        dnsmos=2.5,
    ),
    "vocal_burst": Limits(seconds=(0.1, 10.0), clipped_share=0.005, silence_share=0.97),
    "sound_event": Limits(seconds=(0.05, 600.0), clipped_share=0.01, silence_share=0.99),
    "music": Limits(seconds=(2.0, 3600.0), clipped_share=0.02, silence_share=0.9),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What is asked of recordings: limits for each type, and whether texts are looked at."""

    limits: Mapping[EventType, Limits] = field(default_factory=lambda: dict(LIMITS))
    transcriptions: bool = True
    captions: bool = True

    def faults(self, row: Mapping[str, Any], prose: str | None = None) -> list[Fault]:
        """Return every reason to reject a recording, in a fixed order; none where it is fit.

        Args:
            row: the fields of a source, with ``dnsmos`` where the data set has one.
            prose: a longer description, which is searched with the caption.
        """
        found = _audio_faults(row, self.limits[row["type"]])
        if self.transcriptions and row["type"] == "speech" and row["transcription"]:
            found += transcription_faults(row["transcription"], row["language"])
        if self.captions:
            found += caption_faults(row["type"], [row["caption"], row["label"], prose])
        return found


def gate_with(*, seconds: tuple[float, float] | None = None, dnsmos: float | None = None) -> Gate:
    """Return the usual gate with other limits for speech: its active length in seconds, its least DNSMOS."""
    speech = LIMITS["speech"]
    asked = replace(speech, seconds=seconds or speech.seconds, dnsmos=speech.dnsmos if dnsmos is None else dnsmos)
    return Gate(limits={**LIMITS, "speech": asked})


def _audio_faults(row: Mapping[str, Any], limits: Limits) -> list[Fault]:
    """Return where the measured figures leave the limits. Rows that were never measured have their own reason."""
    found: list[Fault] = []

    def fault(reason: str, note: str) -> None:
        found.append(Fault(reason=reason, note=note))

    def least(reason: str, name: str, limit: float | None, unit: str) -> None:
        if limit is not None and row.get(name) is not None and row[name] < limit:
            fault(reason, f"{name} {row[name]:g}{unit}, at least {limit:g}")

    def most(reason: str, name: str, limit: float | None, unit: str, value: float) -> None:
        if limit is not None and value > limit:
            fault(reason, f"{name} {value:g}{unit}, at most {limit:g}")

    active = round(row["active_end"] - row["active_start"], 3)
    shortest, longest = limits.seconds
    if row["rms_dbfs"] < _INACTIVE_DBFS:
        fault("inactive", f"active RMS {row['rms_dbfs']:g} dBFS")
    if active < shortest:
        fault("too_short", f"active for {active:g} s, at least {shortest:g}")
    if active > longest:
        fault("too_long_active", f"active for {active:g} s, at most {longest:g}")
    most("clipped", "clipped_share", limits.clipped_share, "", row["clipped_share"])
    most("dc_offset", "dc_offset", limits.dc_offset, "", abs(row["dc_offset"]))
    least("upsampled", "bandwidth_hz", limits.bandwidth_hz, " Hz")
    most("noise_floor", "noise_floor_dbfs", limits.noise_floor_dbfs, "", row["noise_floor_dbfs"])
    least("low_snr", "snr_db", limits.snr_db, " dB")
    most("mostly_silent", "silence_share", limits.silence_share, "", row["silence_share"])
    least("low_dnsmos", "dnsmos", limits.dnsmos, "")
    return found


# ------------------------------------------------------------------------------------------------------ transcriptions


def transcription_faults(text: str, language: str | None) -> list[Fault]:
    """Return what in a transcription would break word error rate, or belongs to another language's script.

    Digits, symbols and remarks in brackets are read aloud in ways that the text does not tell, so a system that
    transcribes well would be marked wrong.
    """
    if not _LETTER.search(text):
        return [Fault(reason="empty_transcription", note=f"found {text!r}")]
    found = []
    for reason, pattern in (("digits", _DIGITS), ("tags", _TAGS), ("symbols", _SYMBOLS)):
        # Markup is told once, not again for the signs of which it is made.
        searched = _TAGS.sub(" ", text) if reason != "tags" else text
        if hit := pattern.search(searched):
            found.append(Fault(reason=reason, note=f"transcription with {hit[0]!r}"))
    share = script_share(text, language)
    if share is not None and share < SCRIPT_SHARE:
        note = f"{share:.0%} of its letters are in the scripts of {language!r}: {', '.join(_scripts()[language or ''])}"
        found.append(Fault(reason="script", note=note))
    return found


#: The least share of letters in the scripts of the language: a foreign name in Latin letters may stand in any text.
SCRIPT_SHARE = 0.6


def script_share(text: str, language: str | None) -> float | None:
    """Return the share of a text's letters that are in the scripts of a language (``terms/scripts.tsv``).

    None where the language is not listed or the text has no letters. Chinese with kana in it, and a longer Japanese
    text without any, count as 0: they share Han characters, and are told apart by kana alone.

    >>> script_share("guten Tag", "de"), script_share("добрый day", "ru"), script_share("?!", "de")
    (1.0, 0.667, None)
    """
    letters = len(_LETTER.findall(text))
    scripts = _scripts().get(language or "")
    if not letters or scripts is None:
        return None
    kana = len(_KANA.findall(text))
    if (language in ("zh", "yue") and kana) or (language == "ja" and not kana and letters >= _KANA_WITHIN):
        return 0.0
    return round(len(_script_letters(scripts).findall(text)) / letters, 3)


@cache
def _scripts() -> dict[str, tuple[str, ...]]:
    rows = (line.split("\t") for line in entries("scripts.tsv"))
    return {language: tuple(scripts.split()) for language, scripts in rows}


@cache
def _script_letters(scripts: tuple[str, ...]) -> regex.Pattern[str]:
    # Letters that scripts share, such as the long vowel mark of kana, count for each of them.
    return regex.compile("[" + "".join(rf"\p{{scx={name}}}" for name in scripts) + r"&&\p{L}]", regex.V1)


# ------------------------------------------------------------------------------------------------------------- captions

_INSIDE: dict[EventType, tuple[tuple[str, str], ...]] = {
    "sound_event": (("speech_inside", "speech.txt"), ("music_inside", "music.txt")),
    "music": (("vocals", "vocals.txt"),),
}


def caption_faults(type_: EventType, texts: Sequence[str | None]) -> list[Fault]:
    """Return what captions, labels and descriptions of a sound effect or of music tell of voices or music in it."""
    found = []
    for reason, name in _INSIDE.get(type_, ()):
        terms = (first_term(text, name) for text in texts if text)
        if term := next((term for term in terms if term), None):
            found.append(Fault(reason=reason, note=f"described with {term!r}"))
    return found


def first_term(text: str, name: str) -> str | None:
    """Return the first term of a list in ``terms/`` that a text uses and does not negate, or None.

    >>> first_term("A dog barks while a man is speaking.", "speech.txt"), first_term("rain, no speech", "speech.txt")
    ('speaking', None)
    """
    terms, overlooked = _patterns(name)
    plain = regex.sub(r"[_\-\s]+", " ", text.casefold())
    plain = overlooked.sub(" ", plain)
    for hit in terms.finditer(plain):
        if not _negated(regex.split(r"[.;:!?()]|\bbut\b", plain[: hit.start()])[-1]):
            return str(hit[0])
    return None


def _negated(before: str) -> bool:
    """Return whether what stands before a term, in its sentence, turns it into its absence."""
    near = before.split(",")[-1].split()[-_NEGATED_WITHIN:]
    if not _negations().isdisjoint(near):
        return True
    rest = before.replace(",", " ")
    for _, name in (listed for lists in _INSIDE.values() for listed in lists):
        rest = _patterns(name)[0].sub(" ", rest)
    words = rest.split()
    last = max((place for place, word in enumerate(words) if word in _negations()), default=None)
    return last is not None and _JOINING.issuperset(words[last + 1 :])


@cache
def _patterns(name: str) -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    listed = [regex.sub(r"[_\-\s]+", " ", line.casefold()) for line in entries(name)]
    terms = [line for line in listed if not line.startswith("!")]
    return _any_of(terms), _any_of([line[1:] for line in listed if line.startswith("!")])


def _any_of(phrases: list[str]) -> regex.Pattern[str]:
    ordered = sorted(phrases, key=len, reverse=True)
    parts = (
        regex.escape(p.removesuffix("*"), literal_spaces=True) + (r"\w*" if p.endswith("*") else "") for p in ordered
    )
    return regex.compile(rf"\b(?:{'|'.join(parts)})\b")


@cache
def _negations() -> frozenset[str]:
    return frozenset(entries("negations.txt"))


def entries(name: str) -> list[str]:
    """Return the entries of a list in ``terms/``, in their order, without comments and empty lines."""
    lines = (_TERMS / name).read_text(encoding="utf-8").splitlines()
    return [line.rstrip() for line in lines if line.strip() and not line.startswith("#")]


# -------------------------------------------------------------------------------------------------------------- results


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a measured figure is spread over the recordings of a type: 5th, 50th and 95th percentile.

    ``least`` and ``most`` are the bounds that the gate has unless others are asked for.
    """

    type: str
    figure: str
    sources: int
    low: float
    median: float
    high: float
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResults:
    """What the gate found in a bank: how often each reason was met (a recording may have several), and the figures."""

    faults: dict[str, int]
    spreads: tuple[Spread, ...]


#: The figures that the gate looks at, each with its least and greatest value out of the limits of a type.
_FIGURES: dict[str, Callable[[Limits], tuple[float | None, float | None]]] = {
    "active_seconds": lambda limits: limits.seconds,
    "clipped_share": lambda limits: (None, limits.clipped_share),
    "dc_offset": lambda limits: (None, limits.dc_offset),
    "bandwidth_hz": lambda limits: (limits.bandwidth_hz, None),
    "noise_floor_dbfs": lambda limits: (None, limits.noise_floor_dbfs),
    "snr_db": lambda limits: (limits.snr_db, None),
    "silence_share": lambda limits: (None, limits.silence_share),
    "dnsmos": lambda limits: (limits.dnsmos, None),
    "script_share": lambda limits: (SCRIPT_SHARE, None),
}


def gate_results(frame: pl.DataFrame, provenance: pl.DataFrame) -> GateResults:
    """Return what the gate found, over all measured recordings of a bank, rejected ones included.

    Args:
        frame: the bank's index (:func:`soundscape.sources.index.read_index`).
        provenance: :func:`soundscape.sources.index.read_provenance` of the same bank.
    """
    import polars as pl

    joined = frame.join(provenance, on="key", how="left").with_columns(
        (pl.col("active_end") - pl.col("active_start")).alias("active_seconds"), pl.col("dc_offset").abs()
    )
    reasons = joined.select(pl.coalesce("faults", "rejected").drop_nulls().str.split(",").alias("reason")).explode(
        "reason"
    )
    counted = reasons.group_by("reason").len().sort("len", "reason", descending=[True, False])
    measured = joined.filter(pl.col("frames") > 0)
    spreads = []
    for type_, limits in LIMITS.items():
        part = measured.filter(pl.col("type") == type_)
        for figure, bounds in _FIGURES.items():
            column = part[figure].drop_nulls()
            if len(column):
                low, median, high = (round(float(column.quantile(q, "linear") or 0.0), 4) for q in (0.05, 0.5, 0.95))
                least, most = bounds(limits)
                spread = Spread(type=type_, figure=figure, sources=len(column), low=low, median=median, high=high)
                spreads.append(replace(spread, least=least, most=most))
    return GateResults(faults=dict(counted.iter_rows()), spreads=tuple(spreads))
