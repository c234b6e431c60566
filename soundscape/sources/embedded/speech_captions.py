"""What captions say of a spoken turn: who speaks, which language, in what manner, about what.

Every phrase states something that the synthesis was told to do, so captions are true by construction. They describe
manner, never a felt emotion. Which wording an utterance gets is drawn from its own named stream.
"""

from __future__ import annotations

from dataclasses import dataclass

from soundscape.randomness import unit
from soundscape.sources.embedded.voices import Language, Speaker

__all__ = ["STYLES", "TOPICS", "Style", "caption", "manner", "timbre"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A way of speaking.

    ``rate`` is in words per minute before the speaker's own pace, ``pitch`` and ``pitch_range`` are eSpeak NG's
    parameters, ``pause`` bounds the silence between two sentences in s. ``verbs`` follow the subject in a caption,
    ``manners`` (twelve words at most) stand in the field ``emotion``.
    """

    name: str
    label: str
    rate: int
    pitch: int
    pitch_range: int
    pause: tuple[float, float]
    verbs: tuple[str, ...]
    manners: tuple[str, ...]


STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        Style(
            name="neutral",
            label="neutral, plain delivery",
            rate=160,
            pitch=50,
            pitch_range=50,
            pause=(0.3, 0.6),
            verbs=(
                "speaks plainly and without emphasis",
                "talks in an even, everyday manner",
                "delivers the words in a level, matter-of-fact way",
                "speaks at ordinary loudness, composed throughout",
                "talks steadily, in clear and regular articulation",
                "reads out in an unforced, factual manner",
                "speaks with regular rhythm and moderate intonation",
            ),
            manners=(
                "calm everyday tone, even and unforced",
                "plain and matter-of-fact, without emphasis",
                "neutral delivery, level and composed",
                "steady and factual, moderate intonation",
                "even-tempered, conversational loudness, no particular colouring",
                "unmarked, informative tone with a regular rhythm",
                "composed and clear, neither raised nor hushed",
                "ordinary speaking tone, measured and regular",
                "sober and straightforward, evenly stressed",
                "level voice, polite and a little mechanical",
                "relaxed loudness, neutral in colour",
                "plainly spoken, no excitement, natural rise and fall",
                "businesslike and even, clearly articulated",
                "undramatic, steady from beginning to end",
            ),
        ),
        Style(
            name="whispered",
            label="whispered",
            rate=145,
            pitch=50,
            pitch_range=50,
            pause=(0.35, 0.7),
            verbs=(
                "whispers, all breath and no voice",
                "speaks in a toneless whisper",
                "whispers closely, the vowels mere rushing air",
                "utters the words under the breath, unvoiced",
                "whispers audibly, consonants hissing",
                "speaks without voicing, in airy noise alone",
                "whispers evenly, as if not to be overheard",
            ),
            manners=(
                "hushed whisper, breathy and close",
                "whispered throughout, pure breath without voice",
                "secretive hush, airy and toneless",
                "under the breath, soft hissing consonants",
                "toneless whispering, as if not to be overheard",
                "quiet breath-only delivery, intimate and near",
                "unvoiced and airy, words made of rushing breath",
                "low-key whisper, even and confidential",
                "breathy hush, no pitch at all",
                "murmured without voice, dry and whispery",
                "stage whisper, clearly articulated but unvoiced",
                "muted, rustling whisper at a steady pace",
                "confidential whisper, soft edges, steady flow",
            ),
        ),
        Style(
            name="shouted",
            label="shouting-like, raised voice",
            rate=148,
            pitch=54,
            pitch_range=65,
            pause=(0.3, 0.55),
            verbs=(
                "calls out in a raised, shouting-like voice",
                "speaks as if shouting over a distance",
                "delivers the words forcefully, high and hard in tone",
                "raises the pitch and calls the words out",
                "speaks in a loud-sounding, pressed voice",
                "calls out with hard, bright vowels",
                "projects the words like someone shouting across a yard",
            ),
            manners=(
                "raised voice, forceful, shouting-like",
                "calling out, high and pressed, hard-edged",
                "shouting-like delivery with bright, strained vowels",
                "forceful and projected, as if across a distance",
                "pitch pushed up, hard and insistent tone",
                "loud-sounding call, sharp and penetrating",
                "strained, raised tone, every word pushed out",
                "shouting manner, tense and piercing",
                "vigorous call with a hard, ringing edge",
                "voice raised high, emphatic and pressed",
                "like shouting across a yard, bright and tight",
                "commanding, raised delivery, strong upper partials",
                "urgent-sounding call, tight and high-pitched",
            ),
        ),
        Style(
            name="excited",
            label="excited, lively",
            rate=206,
            pitch=62,
            pitch_range=90,
            pause=(0.15, 0.35),
            verbs=(
                "speaks quickly, with wide leaps of pitch",
                "talks in a lively, excited manner",
                "rattles the words off, melody swinging up and down",
                "speaks with high, animated intonation and little pause",
                "talks briskly and brightly, pitch raised",
                "hurries along with exaggerated ups and downs",
                "speaks with eager pace and wide-ranging melody",
            ),
            manners=(
                "lively and quick, wide swings of pitch",
                "excited manner, raised pitch, words hurrying along",
                "animated delivery with exaggerated intonation",
                "eager-sounding, brisk and brightly pitched",
                "bubbling pace, melody leaping up and down",
                "vivacious manner, quick and bouncing intonation",
                "keyed-up and rapid, strongly melodic",
                "bright, hurried, highly inflected delivery",
                "energetic, pitch high and constantly moving",
                "brisk and vivid, stressed syllables jump upwards",
                "rapid, sing-song intonation, full of energy",
                "pressing tempo, bright tone, broad pitch range",
                "fast-flowing and animated, barely pausing",
            ),
        ),
        Style(
            name="monotone",
            label="slow, low monotone",
            rate=112,
            pitch=36,
            pitch_range=14,
            pause=(0.5, 0.9),
            verbs=(
                "drones slowly on a low, nearly constant pitch",
                "speaks in a slow, low monotone",
                "drags the words out, flat in melody",
                "speaks heavily and slowly, with hardly any intonation",
                "recites the words low and level, vowels drawn out",
                "talks sluggishly, the pitch kept down",
                "utters the words one after another, low, flat and slow",
            ),
            manners=(
                "slow, low monotone, flat and heavy",
                "drawn-out and toneless, hardly any melody",
                "droning, pitch held low, words dragged",
                "sluggish and level, long vowels",
                "flat and low in pitch, slow throughout",
                "deadpan and slow, no rise at the end",
                "heavy, unhurried drone on one low note",
                "lifeless delivery, lowered pitch, stretched syllables",
                "ponderous and even, melody almost gone",
                "dull, lowered tone with slow regular words",
                "monotonous recitation, low and dragging",
                "leaden pace, flat line of pitch",
                "slowly intoned, low, without inflection",
            ),
        ),
    )
}

TOPICS = {
    "family": "family life",
    "food": "food and cooking",
    "health": "health",
    "home": "the household",
    "leisure": "free time",
    "shopping": "shopping",
    "street": "the street and finding the way",
    "travel": "travelling",
    "weather": "the weather",
    "work": "work",
}

_DEEDS = {
    "statement": ("making a remark about {0}", "stating something about {0}", "telling something about {0}"),
    "question": ("asking a question about {0}", "asking something about {0}", "putting a question about {0}"),
    "exclamation": ("making an exclamation about {0}", "exclaiming about {0}", "making a short outburst about {0}"),
    "two": ("in two sentences about {0}", "two sentences long, about {0}", "over two sentences about {0}"),
    "three": ("in three sentences about {0}", "three sentences long, about {0}", "over three sentences about {0}"),
}

_TEMPLATES = (
    "In {language}, {voice}, {timbre}, {verb}, {deed}.",
    "{Voice} speaking {language}, {timbre}: it {verb}, {deed}.",
    "{language} speech: {voice}, {timbre}, {verb}, {deed}.",
    "{Voice} {verb}, {deed}, in {language}; the timbre is {timbre}.",
    "A synthetic speaker of {language}: {voice}, {timbre}. It {verb}, {deed}.",
    "{Voice} with a synthetic ring, {timbre}, {verb}, {deed}. The language is {language}.",
    "Heard in {language}: {voice}, {timbre}, {verb}, {deed}.",
    "{Voice}, synthetic, {timbre}; it {verb}, {deed}, in {language}.",
)


# The colour that the length of the vocal tract gives, by the largest scaling of the formants in percent.
_TRACTS = ((96, "dark and broad"), (106, "medium in colour"), (116, "light in colour"), (999, "small and bright"))


def _pick(options: tuple[str, ...], key: str, what: str) -> str:
    return options[int(unit("embedded speech", key, what) * len(options))]


def timbre(speaker: Speaker, style: Style) -> str:
    """Return what the voice sounds like in this style: a whisper keeps the tract of the voice but not its source."""
    if style.name not in ("whispered", "shouted"):
        return speaker.timbre
    size = next(colour for tract, colour in _TRACTS if speaker.tract <= tract)
    if style.name == "whispered":
        return f"airy and toneless, {size}"
    source = "strained and rounded" if "klatt 5" in speaker.source else "hard and pressed, strong in the upper range"
    rough = ", rough" if any(line.startswith("roughness") for line in speaker.source) else ""
    return f"{source}{rough}, {size}"


def manner(style: Style, key: str) -> str:
    """Return how the utterance ``key`` is said, in at most twelve words."""
    return _pick(style.manners, key, "manner")


def caption(speaker: Speaker, language: Language, style: Style, kind: str, topic: str, key: str) -> str:
    """Return a description of the utterance ``key`` in one or two sentences.

    ``kind`` is that of a sentence (statement, question, exclamation), or ``two`` or ``three`` for a longer turn.
    """
    voice = f"{'an' if speaker.noun[0] in 'aeiou' else 'a'} {speaker.noun}"
    return _pick(_TEMPLATES, key, "template").format(
        Voice=voice[0].upper() + voice[1:],
        voice=voice,
        timbre=timbre(speaker, style),
        verb=_pick(style.verbs, key, "verb"),
        language=language.name,
        deed=_pick(_DEEDS[kind], key, "deed").format(TOPICS[topic]),
    )
