"""Declarations of speech data sets: which columns they have, and what those mean."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping as MappingABC
from pathlib import PurePosixPath
from typing import Any

from soundscape.sources.adapters.fields import Malformed, Rule, blank, look_up
from soundscape.sources.adapters.functions import language_code
from soundscape.sources.adapters.mapping import Mapping

_SPEECH = Rule(value="speech")
_MLS_FIELDS = {
    "type": _SPEECH,
    "transcription": Rule(columns=("transcript",), needed=True),
    # Readers of LibriVox have one number, whatever language they read: the same person in two languages is known.
    "speaker": Rule(columns=("speaker_id",), template="librivox-{}", needed=True),
    "licence": Rule(value="CC-BY-4.0"),
    "attribution": Rule(template="LibriVox reader {speaker_id}, Multilingual LibriSpeech"),
}
MLS = Mapping(
    dataset="facebook/multilingual_librispeech",
    format="parquet",
    audio="audio",
    configs={
        "de": "german",
        "es": "spanish",
        "fr": "french",
        "it": "italian",
        "nl": "dutch",
        "pl": "polish",
        "pt": "portuguese",
    },
    key=Rule(columns=("id",)),
    fields=_MLS_FIELDS,
)
MLS_ENG = Mapping(
    dataset="parler-tts/mls_eng",
    format="parquet",
    audio="audio",
    configs={"en": "default"},
    key=Rule(columns=("id",)),
    fields=_MLS_FIELDS,
)

_FLEURS = (
    "af_za am_et ar_eg as_in ast_es az_az be_by bg_bg bn_in bs_ba ca_es ceb_ph ckb_iq cmn_hans_cn cs_cz cy_gb da_dk "
    "de_de el_gr en_us es_419 et_ee fa_ir ff_sn fi_fi fil_ph fr_fr ga_ie gl_es gu_in ha_ng he_il hi_in hr_hr hu_hu "
    "hy_am id_id ig_ng is_is it_it ja_jp jv_id ka_ge kam_ke kea_cv kk_kz km_kh kn_in ko_kr ky_kg lb_lu lg_ug ln_cd "
    "lo_la lt_lt luo_ke lv_lv mi_nz mk_mk ml_in mn_mn mr_in ms_my mt_mt my_mm nb_no ne_np nl_nl nso_za ny_mw oc_fr "
    "om_et or_in pa_in pl_pl ps_af pt_br ro_ro ru_ru sd_in sk_sk sl_si sn_zw so_so sr_rs sv_se sw_ke ta_in te_in tg_tj "
    "th_th tr_tr uk_ua umb_ao ur_pk uz_uz vi_vn wo_sn xh_za yo_ng yue_hant_hk zu_za"
)
FLEURS = Mapping(
    dataset="google/fleurs",
    format="parquet",
    audio="audio",
    configs={str(language_code(config)): config for config in _FLEURS.split()},
    # `id` is the sentence, which several people read; the file is the recording.
    key=Rule(columns=("path", "audio/path"), apply=("stem",), needed=True),
    fields={
        "type": _SPEECH,
        "transcription": Rule(columns=("transcription",), needed=True),
        "language": Rule(columns=("lang_id",), apply=("language",)),
        "gender": Rule(columns=("gender",), apply=("gender",)),
        # Its second version names no speakers. Who reads a sentence is unknown, so the sentence is what is kept apart.
        "group": Rule(columns=("id",), template="sentence-{}"),
        "licence": Rule(value="CC-BY-4.0"),
        "attribution": Rule(value="FLEURS (Google)"),
    },
)

_VOXPOPULI = "cs de en es et fi fr hr hu it lt nl pl ro sk sl"
VOXPOPULI = Mapping(
    dataset="facebook/voxpopuli",
    format="parquet",
    audio="audio",
    configs={code: code for code in _VOXPOPULI.split()},
    key=Rule(columns=("audio_id",), needed=True),
    fields={
        "type": _SPEECH,
        "transcription": Rule(columns=("normalized_text",), needed=True),
        "language": Rule(columns=("language",), apply=("language",)),
        "speaker": Rule(columns=("speaker_id",), apply=("known",), template="voxpopuli-{}", needed=True),
        "gender": Rule(columns=("gender",), apply=("gender",)),
        "accent": Rule(columns=("accent",), apply=("known",)),
        "licence": Rule(value="CC0-1.0"),
        "attribution": Rule(value="European Parliament, VoxPopuli"),
    },
)

_EMILIA_FIELDS = {
    "type": _SPEECH,
    "transcription": Rule(columns=("json/text",), needed=True),
    "speaker": Rule(columns=("json/speaker",), needed=True),
    "language": Rule(columns=("json/language",), apply=("language",), needed=True),
    # Transcriptions are those of a recogniser.
    "caption_origin": Rule(value="model"),
    "attribution": Rule(template="Emilia {json/id}"),
}
EMILIA = Mapping(
    dataset="amphion/Emilia-Dataset",
    format="webdataset",
    configs={code.casefold(): code for code in ("DE", "EN", "FR", "JA", "KO", "ZH")},
    not_part="Emilia-YODAS",
    shards="Emilia/{config}/*.tar",
    key=Rule(columns=("json/id",)),
    dnsmos=Rule(columns=("json/dnsmos",)),
    fields={**_EMILIA_FIELDS, "licence": Rule(value="CC-BY-NC-4.0")},
)
EMILIA_YODAS = Mapping(
    dataset="amphion/Emilia-Dataset",
    format="webdataset",
    configs=EMILIA.configs,
    part="Emilia-YODAS",
    shards="Emilia-YODAS/{config}/*.tar",
    key=Rule(columns=("json/id",)),
    dnsmos=Rule(columns=("json/dnsmos",)),
    fields={**_EMILIA_FIELDS, "licence": Rule(value="CC-BY-4.0")},
)


def _nested(name: str) -> tuple[str, ...]:
    """Return where Emolia may have a key: flat or under the annotation, both perhaps within another ``json``."""
    inner = (name, f"emotion_annotation/{name}")
    return tuple(f"{outer}/{path}" for outer in ("json", "json/json") for path in inner)


def _scored_gender(value: Any) -> str | None:
    """Return a gender from a score between −2 (very masculine) and 2 (very feminine), where it is clear."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return "male" if value <= -1.0 else "female" if value >= 1.0 else None


def _emolia_licence(url: Any) -> str:
    """Return the licence of a shard: its YODAS part is CC BY, all else is Emilia's own, which is not for commerce."""
    return "CC-BY-4.0" if "yodas" in PurePosixPath(str(url)).name.casefold() else "CC-BY-NC-4.0"


EMOLIA = Mapping(
    dataset="laion/Emolia",
    format="webdataset",
    configs=EMILIA.configs,
    shards="{config}-*.tar.gz",
    key=Rule(columns=_nested("id")),
    prose=Rule(columns=_nested("emotion_caption")),
    dnsmos=Rule(columns=_nested("dnsmos")),
    fields={
        "type": _SPEECH,
        "transcription": Rule(columns=_nested("text"), needed=True),
        "speaker": Rule(columns=_nested("speaker"), needed=True),
        "language": Rule(columns=_nested("language"), apply=("language",), needed=True),
        "emotion": Rule(columns=_nested("emotion_caption"), apply=("short",), needed=True),
        "gender": Rule(columns=_nested("Gender_best"), apply=(_scored_gender,)),
        "licence": Rule(columns=("__url__",), apply=(_emolia_licence,), value="CC-BY-NC-4.0"),
        "attribution": Rule(value="Emilia (Amphion), emotions by Emolia (LAION)"),
        "caption_origin": Rule(value="model"),
    },
    note="Emolia declares CC-BY-4.0; what is not of its YODAS part comes from Emilia and is taken as CC-BY-NC-4.0",
)

# ------------------------------------------------------------------------------------------------------------- CREMA-D

_CREMA_NAME = re.compile(r"(\d{4})_([A-Z]{3})_(ANG|DIS|FEA|HAP|NEU|SAD)_(LO|MD|HI|XX?)")
_CREMA_SENTENCES = {
    "DFA": "Don't forget a jacket.",
    "IEO": "It's eleven o'clock.",
    "IOM": "I'm on my way to the meeting.",
    "ITH": "I think I have a doctor's appointment.",
    "ITS": "I think I've seen this before.",
    "IWL": "I would like a new alarm clock.",
    "IWW": "I wonder what this is about.",
    "MTI": "Maybe tomorrow it will be cold.",
    "TAI": "The airplane is almost full.",
    "TIE": "That is exactly what happened.",
    "TSI": "The surface is slick.",
    "WSI": "We'll stop in a couple of minutes.",
}
_CREMA_EMOTIONS = {
    "A": ("anger", "angry"),
    "D": ("disgust", "disgusted"),
    "F": ("fear", "afraid"),
    "H": ("happiness", "happy"),
    "N": ("neutral", "neutral"),
    "S": ("sadness", "sad"),
}
_CREMA_LEVELS = {"LO": 20.0, "MD": 50.0, "HI": 80.0}
_STRONG, _SLIGHT = 200.0 / 3.0, 100.0 / 3.0


def crema_d(record: MappingABC[str, Any]) -> dict[str, Any]:
    """Return what a CREMA-D recording's name, and the votes of those who heard it, say.

    A name is ``<actor>_<sentence>_<emotion>_<level>``. Where ``VoiceVote`` and ``VoiceLevel`` (the emotion that most
    heard, by voice alone, and how strong, 0 to 100) are there, they are what is told; otherwise what was asked for.

    Raises:
        Malformed: no column has such a name.
    """
    places = ("file", "filename", "fileName", "FileName", "path", "audio/path")
    named = [str(look_up(record, place)) for place in places if not blank(look_up(record, place))]
    found = next((match for match in map(_CREMA_NAME.search, named) if match), None)
    if found is None or found[2] not in _CREMA_SENTENCES:
        raise Malformed("file name", ", ".join(named) or "nothing", "a name such as 1001_DFA_ANG_XX.wav")
    votes, levels = str(record.get("VoiceVote") or ""), str(record.get("VoiceLevel") or "")
    heard = [vote for vote in votes.split(":") if vote in _CREMA_EMOTIONS]
    if heard:
        level = _mean(levels.split(":"))
    else:
        heard, level = [found[3][0]], _CREMA_LEVELS.get(found[4])
    said = " or ".join(_CREMA_EMOTIONS[vote][1] for vote in heard)
    much = (
        ""
        if level is None or heard == ["N"]
        else "clearly "
        if level >= _STRONG
        else "slightly "
        if level <= _SLIGHT
        else ""
    )
    return {
        "crema": {
            "key": found[0],
            "actor": found[1],
            "sentence": _CREMA_SENTENCES[found[2]],
            "emotion": f"{much}{said}",
            "label": _CREMA_EMOTIONS[heard[0]][0] if len(heard) == 1 else None,
            "origin": "human" if votes else "template",
        },
    }


def _mean(values: list[str]) -> float | None:
    numbers = [float(value) for value in values if re.fullmatch(r"\d+(?:\.\d+)?", value.strip())]
    return sum(numbers) / len(numbers) if numbers else None


CREMA_D = Mapping(
    dataset="AbstractTTS/CREMA-D",
    format="parquet",
    audio="audio",
    config="default",
    prepare=crema_d,
    key=Rule(columns=("crema/key",)),
    fields={
        "type": _SPEECH,
        "language": Rule(value="en"),
        "transcription": Rule(columns=("crema/sentence",)),
        "speaker": Rule(columns=("crema/actor",), template="crema-d-{}"),
        "emotion": Rule(columns=("crema/emotion",)),
        "emotion_label": Rule(columns=("crema/label",)),
        "gender": Rule(columns=("Sex",), apply=("gender",)),
        "age": Rule(columns=("Age",), apply=("age",)),
        "licence": Rule(value="ODbL-1.0"),
        "attribution": Rule(value="CREMA-D (Cao et al. 2014)"),
        "caption_origin": Rule(columns=("crema/origin",)),
        "dataset": Rule(value="CREMA-D"),
    },
)
