"""Speech and vocal bursts on a user's disk: VocalSound, Common Voice, CREMA-D as its authors give it."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from soundscape.sources.adapters import speech
from soundscape.sources.adapters.candidate import LayoutError, Opened, Recording, Request
from soundscape.sources.adapters.fields import Rule
from soundscape.sources.adapters.mapping import Mapping
from soundscape.sources.adapters.shards import open_shards
from soundscape.sources.adapters.tables import Record, Records, at, folder_of, opened, rows, table_if_there

_VOCALSOUND_NAME = re.compile(r"([fm]\d{4})_(\d+)_(laughter|sigh|cough|throatclearing|sneeze|sniff)")
_VOCALSOUND = {
    "laughter": ("laughter", "laughing"),
    "sigh": ("sigh", "sighing"),
    "cough": ("cough", "coughing"),
    "throatclearing": ("throat_clearing", "clearing the throat"),
    "sneeze": ("sneeze", "sneezing"),
    "sniff": ("sniff", "sniffing"),
}
_VOCALSOUND_MAPPING = Mapping(
    dataset="VocalSound",
    format="parquet",
    audio="audio",
    key=Rule(columns=("name",)),
    fields={
        "type": Rule(value="vocal_burst"),
        "label": Rule(columns=("label",)),
        "caption": Rule(columns=("caption",)),
        "speaker": Rule(columns=("speaker",), template="vocalsound-{}"),
        "gender": Rule(columns=("gender",), apply=("gender",)),
        "age": Rule(columns=("age",), apply=("age",)),
        "licence": Rule(value="CC-BY-SA-4.0"),
        "attribution": Rule(value="VocalSound (Gong et al. 2022)"),
        "caption_origin": Rule(value="template"),
    },
)


def vocalsound(request: Request) -> Opened:
    """Open VocalSound: ``audio_16k/`` or ``audio_44k/`` with names such as ``f0003_0_cough.wav``, and ``meta/``."""
    root = folder_of(request, "VocalSound", "audio_16k/ with files such as f0003_0_cough.wav")
    files = {path.stem: path for path in sorted(root.rglob("*.wav")) if _VOCALSOUND_NAME.fullmatch(path.stem)}
    if not files:
        raise LayoutError(f"{root}: no files such as audio_16k/f0003_0_cough.wav")
    ages = _vocalsound_ages(root)

    def records() -> Iterator[tuple[Record, Recording]]:
        for name, path in files.items():
            found = _VOCALSOUND_NAME.fullmatch(name)
            if found is None:
                continue
            label, doing = _VOCALSOUND[found[3]]
            who = "woman" if found[1][0] == "f" else "man"
            record = {
                "name": name, "speaker": found[1], "label": label, "gender": found[1][0], "age": ages.get(found[1]),
                "caption": f"a {who} {doing}",
            }  # fmt: skip
            yield record, at(path)

    return opened(_VOCALSOUND_MAPPING, root, {"all": records})


def _vocalsound_ages(root: Path) -> dict[str, str]:
    """Return the age of each speaker, from tables or JSON of speaker, gender, age, country, language and health."""
    ages: dict[str, str] = {}
    for path in sorted(root.rglob("*_meta.csv")) + sorted(root.rglob("*_meta.json")):
        try:
            rows: Any = (
                json.loads(path.read_text(encoding="utf-8"))
                if path.suffix == ".json"
                else list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
            )
        except ValueError as error:
            raise LayoutError(f"{path}: cannot be read: {error}") from None
        for row in rows.values() if isinstance(rows, dict) else rows:
            cells = list(row.values()) if isinstance(row, dict) else row
            if isinstance(cells, list) and len(cells) >= 3 and re.fullmatch(r"[fm]\d{4}", str(cells[0])):
                ages[str(cells[0])] = str(cells[2])
    return ages


_COMMON_VOICE = Mapping(
    dataset="Common Voice",
    format="parquet",
    audio="audio",
    key=Rule(columns=("path",), apply=("stem",)),
    fields={
        "type": Rule(value="speech"),
        "transcription": Rule(columns=("sentence",), needed=True),
        "language": Rule(columns=("locale", "folder"), apply=("language",)),
        "speaker": Rule(columns=("client_id",), apply=(lambda value: str(value)[:32],), template="cv-{}", needed=True),
        "age": Rule(columns=("age",), apply=("age",)),
        "gender": Rule(columns=("gender",), apply=("gender",)),
        "accent": Rule(columns=("accents", "accent"), apply=("known",)),
        "licence": Rule(value="CC0-1.0"),
        "attribution": Rule(value="Common Voice (Mozilla)"),
    },
)


def common_voice(request: Request) -> Opened:
    """Open Common Voice: a folder for each language, with ``clips/`` and tables such as ``validated.tsv``."""
    root = folder_of(request, "Common Voice", "a folder for each language with clips/ and validated.tsv")
    name = f"{request.split or 'validated'}.tsv"
    tables = sorted(path for path in (*root.glob(name), *root.glob(f"*/{name}"), *root.glob(f"*/*/{name}")))
    if not tables:
        raise LayoutError(f"{root}: no {name}; expected one for each language, beside its clips/")
    parts = {_locale(path): _common_voice_rows(path) for path in tables}
    return opened(_COMMON_VOICE, root, parts, by_language=True)


def _locale(path: Path) -> str:
    """Return the locale that a table's first row tells; older versions tell it by the folder alone."""
    first = next(rows(path, "\t", quoted=False, columns=("client_id", "path", "sentence")), {})
    return str(first.get("locale") or path.parent.name)


def _common_voice_rows(path: Path) -> Records:
    def records() -> Iterator[tuple[Record, Recording]]:
        # Sentences hold quotation marks that open and never close.
        for row in rows(path, "\t", quoted=False, columns=("client_id", "path", "sentence")):
            yield {**row, "folder": path.parent.name}, at(path.parent / "clips" / str(row["path"]))

    return records


def crema_d(request: Request) -> Opened:
    """Open CREMA-D: its authors' repository on disk (``AudioWAV/``, tables of votes and actors), or Parquet shards."""
    root = request.path
    if root is None or not (root / "AudioWAV").is_dir():
        return open_shards(speech.CREMA_D, request)
    actors = {row["ActorID"]: row for row in table_if_there(root / "VideoDemographics.csv", ("ActorID", "Age", "Sex"))}
    votes = {
        _file_name(row): row for row in table_if_there(root / "processedResults" / "summaryTable.csv", ("VoiceVote",))
    }

    files = sorted((root / "AudioWAV").glob("*.wav"))
    if not files:
        raise LayoutError(f"{root}: AudioWAV/ holds no files such as 1001_DFA_ANG_XX.wav")

    def records() -> Iterator[tuple[Record, Recording]]:
        for path in files:
            yield {**actors.get(path.stem[:4], {}), **votes.get(path.stem, {}), "file": path.name}, at(path)

    return opened(speech.CREMA_D, root, {"all": records})


def _file_name(row: Record) -> str:
    return str(next((v for k, v in row.items() if k.casefold() == "filename"), ""))
