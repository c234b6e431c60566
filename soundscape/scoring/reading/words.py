"""Other names that systems use for fields, types and values.

Keys of the tables are compact: case folded, without spaces, hyphens and underscores (:func:`compact`).
"""

from __future__ import annotations

from functools import lru_cache

from soundscape.records import AGES, EVENT_TYPES, GENDERS, LOUDNESS_LABELS, SPEAKING_RATES, EventType

TEXT_FIELDS = (
    "transcription", "speaker_id", "language", "emotion", "voice_timbre", "speaking_style", "accent", "vocal_burst",
    "description",
)  # fmt: skip
#: Fields that hold one value of a closed set.
CLOSED_FIELDS: dict[str, tuple[str, ...]] = {
    "age": AGES,
    "gender": GENDERS,
    "speaking_rate": SPEAKING_RATES,
    "loudness": LOUDNESS_LABELS,
}
#: Fields that may say when an event is: canonical ones, a pair in one field, and a length.
TIME_FIELDS = ("start_time", "end_time", "span", "duration")
#: What a field of these names means depends on the event's type.
FREE_FIELDS = ("label", "name", "event", "sound", "caption", "text", "content")

_LONGEST_NAME = 64

_FIELD_ALIASES = {
    "type": "eventtype kind category class soundtype eventclass",
    "start_time": "start starts starttimes startsec startseconds begin begins begintime onset onsettime from tstart",
    "end_time": "end ends endsec endseconds stop stoptime finish offset offsettime to until tend",
    "duration": "length dur",
    "span": "time times timestamp timestamps timerange timespan interval segment range",
    "transcription": "transcript utterance spokentext words speechtext transcribedtext",
    "speaker_id": "speaker speakers spk spkid speakerlabel speakername",
    "language": "lang languagecode languages",
    "emotion": "emotions mood feeling emotioncaption",
    "age": "agegroup speakerage agerange",
    "gender": "sex speakergender",
    "voice_timbre": "timbre voicequality voice",
    "speaking_style": "style delivery speechstyle",
    "accent": "dialect",
    "speaking_rate": "rate pace speed speechrate",
    "vocal_burst": "burst bursttype vocalbursttype burstlabel",
    "description": "desc details descriptions sounddescription eventdescription",
    "loudness": "volume loudnesslevel",
}
_TYPE_ALIASES: dict[EventType, str] = {
    "speech": "speeches speechevent speechsegment spoken speaking talking talk voice dialogue dialog utterance",
    "vocal_burst": """vocalbursts burst vocal vocals vocalisation vocalization vocalisations vocalizations vocalsound
        vocalsounds nonverbal nonverbalvocalisation nonverbalvocalization nonspeechvocal nonspeechvocalization""",
    "sound_event": """soundevents sfx sound sounds soundeffect soundeffects effect effects noise noises audioevent
        environmentalsound environmentalsounds environment ambient ambience ambientsound background backgroundnoise
        backgroundsound foley""",
    "music": "musics song songs musical musicsegment backgroundmusic bgm instrumental instrumentalmusic",
}
#: Kinds of vocal burst that systems write where the type belongs.
_BURSTS = """
laughter laugh laughing chuckle giggle snicker cough coughing sneeze sneezing sigh sighing gasp gasping cry crying sob
sobbing weeping whimper scream screaming shriek yawn yawning groan groaning moan moaning grunt hum humming sniff sniffle
snort scoff throat_clearing clearing_throat hiccup burp whistling wheeze belly_laugh gentle_sob
"""
_VALUE_ALIASES = {
    "age": {"infant": "baby", "teen": "teenager", "adolescent": "teenager", "kid": "child"},
    "gender": {"man": "male", "m": "male", "woman": "female", "f": "female", "unknown": "unclear"},
    "speaking_rate": {"moderate": "normal", "medium": "normal", "average": "normal", "rapid": "fast"},
    "loudness": {"medium": "moderate", "normal": "moderate", "soft": "quiet", "faint": "very_quiet"},
}


def compact(text: str) -> str:
    """Return a name without case, spaces, hyphens and underscores."""
    return text.casefold().translate(_NO_SEPARATORS)


_NO_SEPARATORS = {ord(c): None for c in " \t\r\n-_"}
_FIELDS = {compact(f): f for f in (*TEXT_FIELDS, *CLOSED_FIELDS, *TIME_FIELDS, *FREE_FIELDS, "type")} | {
    alias: field for field, aliases in _FIELD_ALIASES.items() for alias in aliases.split()
}
_TYPES: dict[str, EventType] = {compact(t): t for t in EVENT_TYPES} | {
    alias: t for t, aliases in _TYPE_ALIASES.items() for alias in aliases.split()
}
_BURST_LABELS = {compact(b): b for b in _BURSTS.split()}
_VALUES = {field: {compact(v): v for v in values} | _VALUE_ALIASES[field] for field, values in CLOSED_FIELDS.items()}


@lru_cache(maxsize=4096)
def _field(name: str) -> str | None:
    return _FIELDS.get(compact(name))


def field_of(name: str) -> str | None:
    """Return the field that a key means, or None where it means none."""
    return _field(name) if len(name) <= _LONGEST_NAME else None


def type_of(text: str) -> tuple[EventType, str | None] | None:
    """Return the type that a text means, with the vocal burst's label where it names one; None where it means none.

    Of a text such as ``speech (male)`` or ``sound/dog`` the part before the bracket or slash counts.
    """
    if len(text) > _LONGEST_NAME:
        return None
    for part in (text, text.partition("(")[0].partition("/")[0].partition(":")[0].partition("|")[0]):
        name = compact(part)
        if name in _TYPES:
            return _TYPES[name], None
        if name in _BURST_LABELS:
            return "vocal_burst", _BURST_LABELS[name]
    return None


def value_of(field: str, text: str) -> str | None:
    """Return the value of a closed field that a text means, or None where it means none."""
    return _VALUES[field].get(compact(text)) if len(text) <= _LONGEST_NAME else None
