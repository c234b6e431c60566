"""Declarations of data sets of sound effects, vocal bursts and music."""

from __future__ import annotations

from soundscape.sources.adapters.fields import Rule
from soundscape.sources.adapters.mapping import Mapping
from soundscape.sources.licences import RESEARCH_ONLY

#: Classes of sound effect data sets that are vocal bursts, as one word; sounds that a person makes without words.
BURSTS = (
    "baby_cry", "breathing", "burping", "burping_and_eructation", "chuckle_and_chortle", "cough", "coughing",
    "crying_and_sobbing", "crying_baby", "gasp", "giggle", "hiccup", "laughing", "laughter", "screaming", "sigh",
    "sneeze", "sneezing", "snoring", "sobbing", "yawn", "yell",
)  # fmt: skip
_BURST_TYPES = dict.fromkeys(BURSTS, "vocal_burst")

_GROUNDED = "json/Flash 2.0 Annotation with Hint/caption"
AUDIOSET_GROUNDED = Mapping(
    dataset="mitermix/audioset-with-grounded-captions",
    format="webdataset",
    prose=Rule(columns=(_GROUNDED,)),
    fields={
        "type": Rule(value="sound_event"),
        "caption": Rule(columns=(_GROUNDED, "json/caption"), apply=("short",), needed=True),
        "label": Rule(columns=("json/caption",), apply=("first", "label")),
        "licence": Rule(value=RESEARCH_ONLY),
        "attribution": Rule(value="AudioSet (from YouTube), captions by audioset-with-grounded-captions"),
        "caption_origin": Rule(value="model"),
    },
)

_FREESOUND = ("json/Flash 2.5 Annotation/caption", "json/comprehensive_caption", "json/caption")
FREESOUND_PERMISSIVE = Mapping(
    dataset="laion/freesound-commercially-permissive-subset-with-captions",
    format="webdataset",
    prose=Rule(columns=_FREESOUND),
    key=Rule(columns=("json/freesound_id",)),
    fields={
        "type": Rule(value="sound_event"),
        "caption": Rule(columns=_FREESOUND, apply=("short",), needed=True),
        "group": Rule(columns=("json/username",), template="freesound-user-{}"),
        "licence": Rule(columns=("json/attribution_required",), apply=("permissive_licence",)),
        "attribution": Rule(template="{json/username} on Freesound ({json/freesound_id})"),
        "caption_origin": Rule(value="model"),
    },
)

_MUSIC = "json/Flash 2.0 Annotation/caption"
AI_MUSIC = Mapping(
    dataset="laion/captioned-ai-music-snippets",
    format="webdataset",
    prose=Rule(columns=(_MUSIC,)),
    fields={
        "type": Rule(value="music"),
        "caption": Rule(columns=(_MUSIC,), apply=("short",), needed=True),
        "attribution": Rule(value="captioned-ai-music-snippets (LAION)"),
        "caption_origin": Rule(value="model"),
    },
    note="its captions are Apache-2.0, its music states no licence and counts as unknown; declare it with --licence",
)

_BURST = "json/Flash 2.5 Annotation"
VOCAL_BURSTS = Mapping(
    dataset="laion/improved_synthetic_vocal_bursts",
    also=("laion/improved_synthetic_vocal_burts",),
    format="webdataset",
    prose=Rule(columns=(f"{_BURST}/caption",)),
    fields={
        "type": Rule(value="vocal_burst"),
        "caption": Rule(columns=(f"{_BURST}/caption",), apply=("short",), needed=True),
        "emotion": Rule(columns=(f"{_BURST}/interpretation",), apply=("short",)),
        "gender": Rule(columns=("json/gender", f"{_BURST}/gender"), apply=("gender",)),
        "attribution": Rule(value="improved_synthetic_vocal_bursts (LAION)"),
        "caption_origin": Rule(value="model"),
    },
    note="it calls itself permissive without naming a licence, and counts as unknown; declare it with --licence",
)

ESC50 = Mapping(
    dataset="ashraq/esc50",
    format="parquet",
    audio="audio",
    config="default",
    key=Rule(columns=("filename", "audio/path"), apply=("stem",), needed=True),
    fields={
        "type": Rule(columns=("category",), apply=("label",), map=_BURST_TYPES, otherwise="sound_event"),
        "caption": Rule(columns=("category",), apply=("words",), needed=True),
        "label": Rule(columns=("category",), apply=("label",)),
        # Several clips may be cut from one recording.
        "group": Rule(columns=("src_file",), template="freesound-{}"),
        "licence": Rule(value="CC-BY-NC-3.0"),
        "attribution": Rule(template="Freesound {src_file}, in ESC-50 (Piczak 2015)"),
        "caption_origin": Rule(value="template"),
        "dataset": Rule(value="ESC-50"),
    },
)

#: Records as :func:`soundscape.sources.adapters.folders.fsd50k` puts them together.
FSD50K = Mapping(
    dataset="Fhrozen/FSD50k",
    format="parquet",
    audio="audio",
    key=Rule(columns=("fname",), needed=True),
    # Every label, and what the uploader called it, is searched for speech and music.
    prose=Rule(columns=("told",)),
    fields={
        "type": Rule(columns=("labels",), apply=("first", "label"), map=_BURST_TYPES, otherwise="sound_event"),
        "caption": Rule(columns=("labels",), apply=("first", "words"), needed=True),
        "label": Rule(columns=("labels",), apply=("first", "label")),
        "group": Rule(columns=("uploader",), template="freesound-user-{}"),
        "licence": Rule(columns=("license",), apply=("licence",), needed=True),
        "attribution": Rule(template="{uploader} on Freesound ({fname})"),
        "caption_origin": Rule(value="template"),
        "dataset": Rule(value="FSD50K"),
    },
)
