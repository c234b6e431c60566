"""Every adapter by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from soundscape.errors import UsageError, nearest
from soundscape.records import EVENT_TYPES, EventType
from soundscape.sources.adapters import sounds, speech
from soundscape.sources.adapters.audiofolder import audiofolder
from soundscape.sources.adapters.candidate import Opened, Request
from soundscape.sources.adapters.clips import esc50, fsd50k, tacos
from soundscape.sources.adapters.manifests import kaldi, lhotse, nemo
from soundscape.sources.adapters.mapping import Mapping
from soundscape.sources.adapters.mapping_file import read_mapping
from soundscape.sources.adapters.music import mtg_jamendo
from soundscape.sources.adapters.shards import open_shards
from soundscape.sources.adapters.voices import common_voice, crema_d, vocalsound
from soundscape.sources.licences import UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A data set that can be taken.

    ``holds`` says what it is, ``dataset`` its name on the hub or how it is known, ``licence`` the SPDX identifier that
    all of it has, or how it is told. ``languages`` are those that it has parts of, or all that it has. ``gated``: the
    hub gives it only to those who accepted its terms. ``layout`` is what a copy on disk looks like.
    """

    holds: str
    open: Callable[[Request], Opened]
    dataset: str
    types: tuple[EventType, ...]
    licence: str
    layout: str
    on_hub: bool = False
    gated: bool = False
    languages: tuple[str, ...] = ()
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is told of a data set: as :class:`Adapter`, with its name, and ``where`` it comes from, in words."""

    name: str
    holds: str
    dataset: str
    types: tuple[EventType, ...]
    languages: tuple[str, ...]
    licence: str
    where: str
    layout: str
    note: str | None


def _declared(holds: str, mapping: Mapping, *, gated: bool = False) -> Adapter:
    type_, licence = mapping.fields["type"], mapping.fields.get("licence")
    told = licence.value if licence and licence.value and not licence.columns else None
    parts = ", named by language or in folders that are" if len(mapping.configs) > 1 else ""
    return Adapter(
        holds=holds,
        open=partial(open_shards, mapping),
        dataset=mapping.dataset,
        types=tuple(t for t in EVENT_TYPES if t == type_.value) or EVENT_TYPES,
        licence=told or ("per recording" if licence and licence.columns else UNKNOWN),
        layout=f"{'Parquet' if mapping.format == 'parquet' else 'tar'} shards{parts}",
        on_hub=True,
        gated=gated,
        languages=tuple(sorted(mapping.configs)),
        note=mapping.note,
    )


ADAPTERS: dict[str, Adapter] = {
    "mls": _declared("read speech, audiobooks", speech.MLS),
    "mls_eng": _declared("read speech, audiobooks", speech.MLS_ENG),
    "emilia": _declared("talk from podcasts and shows", speech.EMILIA, gated=True),
    "emilia_yodas": _declared("talk from free videos", speech.EMILIA_YODAS, gated=True),
    "emolia": _declared("emotional talk with captions of emotion", speech.EMOLIA),
    "fleurs": _declared("read sentences; speakers unknown", speech.FLEURS),
    "voxpopuli": _declared("speeches in the European Parliament", speech.VOXPOPULI),
    "crema_d": Adapter(
        holds="acted emotional speech, with votes of those who heard it",
        open=crema_d,
        dataset="AbstractTTS/CREMA-D",
        types=("speech",),
        languages=("en",),
        licence="ODbL-1.0",
        layout="the authors' repository (AudioWAV/, processedResults/summaryTable.csv), or Parquet shards",
        on_hub=True,
    ),
    "audioset_grounded": _declared("sound effects with captions", sounds.AUDIOSET_GROUNDED),
    "freesound_permissive": _declared("sound effects with captions, CC0 or CC BY", sounds.FREESOUND_PERMISSIVE),
    "fsd50k": Adapter(
        holds="sound effects of 200 classes",
        open=fsd50k,
        dataset="Fhrozen/FSD50k",
        types=("sound_event", "vocal_burst"),
        licence="per recording",
        layout="the archives (FSD50K.dev_audio/, FSD50K.ground_truth/, FSD50K.metadata/), or a clone from the hub",
        on_hub=True,
    ),
    "esc50": Adapter(
        holds="sound effects of 50 classes, 5 s each",
        open=esc50,
        dataset="ashraq/esc50",
        types=("sound_event", "vocal_burst"),
        licence="CC-BY-NC-3.0",
        layout="the author's repository (meta/esc50.csv, audio/), or Parquet shards",
        on_hub=True,
    ),
    "ai_music": _declared("music made by models, with captions", sounds.AI_MUSIC),
    "vocal_bursts": _declared("vocal bursts made by models, with captions", sounds.VOCAL_BURSTS),
    "vocalsound": Adapter(
        holds="laughs, sighs, coughs, sneezes, sniffs of people",
        open=vocalsound,
        dataset="VocalSound",
        types=("vocal_burst",),
        licence="CC-BY-SA-4.0",
        layout="audio_16k/f0003_0_cough.wav …, meta/",
    ),
    "tacos": Adapter(
        holds="sound effects with onsets and offsets marked by people",
        open=tacos,
        dataset="TACOS",
        types=("sound_event",),
        licence="per recording",
        layout="annotations_strong.csv, metadata.csv, audio/",
    ),
    "common_voice": Adapter(
        holds="read speech in many languages",
        open=common_voice,
        dataset="Common Voice",
        types=("speech",),
        licence="CC0-1.0",
        layout="a folder for each language, with clips/ and validated.tsv",
    ),
    "mtg_jamendo": Adapter(
        holds="music with tags",
        open=mtg_jamendo,
        dataset="MTG-Jamendo",
        types=("music",),
        licence="per recording",
        layout="a clone of the repository (data/autotagging.tsv, audio_licenses.txt) with audio/",
    ),
    "audiofolder": Adapter(
        holds="your own: files with metadata, or folders of labels",
        open=audiofolder,
        dataset="your own",
        types=EVENT_TYPES,
        licence="as stated",
        layout="files with metadata.csv, .jsonl or .parquet; or a folder for each label, and --type",
    ),
    "lhotse": Adapter(
        holds="your own speech: Lhotse cuts",
        open=lhotse,
        dataset="your own",
        types=("speech",),
        licence="as stated",
        layout="*cuts*.jsonl or .jsonl.gz, by its own name or that of its folder",
    ),
    "nemo": Adapter(
        holds="your own speech: a NeMo manifest",
        open=nemo,
        dataset="your own",
        types=("speech",),
        licence="as stated",
        layout="a manifest of audio_filepath, duration, text; by its own name or that of its folder",
    ),
    "kaldi": Adapter(
        holds="your own speech: a Kaldi directory",
        open=kaldi,
        dataset="your own",
        types=("speech",),
        licence="as stated",
        layout="wav.scp and text; segments, utt2spk, spk2gender, utt2lang where there are any",
    ),
}


def known() -> tuple[Known, ...]:
    """Return what is to be told of every data set, in the order of :data:`ADAPTERS`."""
    return tuple(map(lookup, ADAPTERS))


def lookup(name: str) -> Known:
    """Return what is to be told of a data set; errors as :func:`find`."""
    adapter = _named(name)
    return Known(
        name=name,
        holds=adapter.holds,
        dataset=adapter.dataset,
        types=adapter.types,
        languages=adapter.languages,
        licence=adapter.licence,
        where=("hub, gated" if adapter.gated else "hub") if adapter.on_hub else "disk",
        layout=adapter.layout,
        note=adapter.note,
    )


def find(name: str, request: Request) -> Adapter:
    """Return the adapter of a name, or the one that a mapping file declares.

    Raises:
        UsageError: there is none, or the mapping file is at fault.
    """
    if request.mapping is not None:
        mapping = read_mapping(request.mapping)
        return _declared(
            "declared by a mapping file", dataclasses.replace(mapping, dataset=name) if "/" in name else mapping
        )
    return _named(name)


def _named(name: str) -> Adapter:
    if name not in ADAPTERS:
        raise UsageError(
            f"unknown data set {name!r}{nearest(name, ADAPTERS)}",
            hint=f"known: {', '.join(ADAPTERS)}; any other one is declared by a mapping file: --mapping FILE.yaml",
        )
    return ADAPTERS[name]
