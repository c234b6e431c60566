"""Every adapter by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from soundscape.errors import UsageError, nearest
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Adapter:
    """A data set that can be taken: what it holds, whether the hub has it, its languages where it has parts of them."""

    holds: str
    open: Callable[[Request], Opened]
    on_hub: bool = False
    languages: tuple[str, ...] = ()


def _declared(holds: str, mapping: Mapping) -> Adapter:
    return Adapter(
        holds=holds, open=partial(open_shards, mapping), on_hub=True, languages=tuple(sorted(mapping.configs))
    )


ADAPTERS: dict[str, Adapter] = {
    "mls": _declared("read speech, audiobooks", speech.MLS),
    "mls_eng": _declared("read speech, audiobooks", speech.MLS_ENG),
    "emilia": _declared("talk from podcasts and shows; terms to be accepted", speech.EMILIA),
    "emilia_yodas": _declared("talk from free videos; terms to be accepted", speech.EMILIA_YODAS),
    "emolia": _declared("emotional talk with captions of emotion", speech.EMOLIA),
    "fleurs": _declared("read sentences; speakers unknown", speech.FLEURS),
    "voxpopuli": _declared("speeches in the European Parliament", speech.VOXPOPULI),
    "crema_d": Adapter(holds="acted emotional speech, English, with votes", open=crema_d, on_hub=True),
    "audioset_grounded": _declared("sound effects with captions; research only", sounds.AUDIOSET_GROUNDED),
    "freesound_permissive": _declared("sound effects with captions, CC0 and CC BY", sounds.FREESOUND_PERMISSIVE),
    "fsd50k": Adapter(holds="sound effects of 200 classes", open=fsd50k, on_hub=True),
    "esc50": Adapter(holds="sound effects of 50 classes, 5 s each", open=esc50, on_hub=True),
    "ai_music": _declared("music made by models, with captions", sounds.AI_MUSIC),
    "vocal_bursts": _declared("vocal bursts made by models, with captions", sounds.VOCAL_BURSTS),
    "vocalsound": Adapter(holds="laughs, sighs, coughs, sneezes, sniffs of people", open=vocalsound),
    "tacos": Adapter(holds="sound effects with marked onsets and offsets", open=tacos),
    "common_voice": Adapter(holds="read speech in many languages", open=common_voice),
    "mtg_jamendo": Adapter(holds="music with tags, a licence for each track", open=mtg_jamendo),
    "audiofolder": Adapter(holds="your own: files with metadata, or folders of labels", open=audiofolder),
    "lhotse": Adapter(holds="your own speech: Lhotse cuts", open=lhotse),
    "nemo": Adapter(holds="your own speech: a NeMo manifest", open=nemo),
    "kaldi": Adapter(holds="your own speech: a Kaldi directory", open=kaldi),
}


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
    if name not in ADAPTERS:
        raise UsageError(
            f"unknown data set {name!r}{nearest(name, ADAPTERS)}",
            hint=f"known: {', '.join(ADAPTERS)}; any other one is declared by a mapping file: --mapping FILE.yaml",
        )
    return ADAPTERS[name]
