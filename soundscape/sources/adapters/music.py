"""Music on a user's disk: MTG-Jamendo."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from soundscape.sources.adapters.candidate import LayoutError, Opened, Recording, Request
from soundscape.sources.adapters.fields import Rule
from soundscape.sources.adapters.mapping import Mapping
from soundscape.sources.adapters.tables import Record, at, folder_of, opened

_TABLES = ("autotagging", "raw_30s_cleantags_50artists", "raw_30s_cleantags", "raw_30s", "raw")
_AUDIO = ("audio", "audio-low", "raw_30s/audio", "raw_30s/audio-low", "autotagging_moodtheme/audio", ".")
_TITLE = re.compile(r"(?P<title>.+) by (?P<artist>.+?) from Jamendo: \S+")
_LICENCE = re.compile(r"Available under .*: (?P<url>https?://\S+)")
_FIRST_COLUMNS = ["TRACK_ID", "ARTIST_ID", "ALBUM_ID", "PATH", "DURATION", "TAGS"]
_MOST_INSTRUMENTS = 3
# Tags are written without spaces.
_TAG_WORDS = {
    "acousticguitar": "acoustic guitar", "acousticbassguitar": "acoustic bass guitar", "classicalguitar": "guitar",
    "drummachine": "drum machine", "easylistening": "easy listening", "electricguitar": "electric guitar",
    "electricpiano": "electric piano", "hiphop": "hip hop", "newage": "new age", "soundtrack": "soundtrack",
    "synthesizer": "synthesizer", "triphop": "trip hop", "drumnbass": "drum and bass", "deephouse": "deep house",
    "poprock": "pop rock", "punkrock": "punk rock", "world": "world", "worldfusion": "world fusion",
}  # fmt: skip

_MAPPING = Mapping(
    dataset="MTG-Jamendo",
    format="parquet",
    audio="audio",
    key=Rule(columns=("TRACK_ID",)),
    prose=Rule(columns=("tags",)),
    fields={
        "type": Rule(value="music"),
        "caption": Rule(columns=("caption",)),
        "label": Rule(columns=("genre",), apply=("label",)),
        "group": Rule(columns=("ARTIST_ID",), template="jamendo-{}"),
        "licence": Rule(columns=("licence",), apply=("licence",)),
        "attribution": Rule(columns=("credit",)),
        "caption_origin": Rule(value="template"),
    },
)


def mtg_jamendo(request: Request) -> Opened:
    """Open MTG-Jamendo: a clone of its repository (``data/*.tsv``, ``audio_licenses.txt``) with the audio in it.

    The table is ``data/autotagging.tsv`` or the nearest that is there, or the one that ``split`` names. A caption is
    made of tags; the licence of each track is the one that ``audio_licenses.txt`` states for its path.
    """
    root = folder_of(request, "MTG-Jamendo", "data/autotagging.tsv, audio_licenses.txt and audio/")
    names = (request.split,) if request.split else _TABLES
    table = next((p for name in names if (p := root / "data" / f"{name}.tsv").is_file()), None)
    if table is None:
        raise LayoutError(
            f"{root}: no data/{names[0]}.tsv; expected a clone of the repository, with the audio beside it"
        )
    terms = _terms(root / "audio_licenses.txt")

    def records() -> Iterator[tuple[Record, Recording]]:
        for record in _tracks(table):
            licence, credit = terms.get(record["PATH"], (None, None))
            yield {**record, "licence": licence, "credit": credit}, at(_audio(root, record["PATH"]))

    return opened(_MAPPING, root, {"all": records})


def _audio(root: Path, path: str) -> Path:
    """Return where a track lies; low quality copies are named ``<track>.low.mp3``."""
    low = path.removesuffix(".mp3") + ".low.mp3"
    places = [root / folder / name for folder in _AUDIO for name in (path, low)]
    return next((place for place in places if place.is_file()), places[0])


def _tracks(table: Path) -> Iterator[Record]:
    """Yield the rows of a table; all columns from the sixth on are tags such as ``genre---rock``."""
    try:
        lines = table.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise LayoutError(f"{table}: byte {error.start} is not UTF-8") from None
    if not lines or lines[0].split("\t") != _FIRST_COLUMNS:
        raise LayoutError(f"{table}: expected the columns {', '.join(_FIRST_COLUMNS)}; found {lines[:1] or 'nothing'}")
    for number, line in enumerate(lines[1:], start=2):
        cells = line.split("\t")
        if len(cells) < len(_FIRST_COLUMNS) - 1:
            raise LayoutError(f"{table}: line {number} has {len(cells)} columns, expected at least 5")
        tags: dict[str, list[str]] = {}
        for tag in cells[5:]:
            category, _, name = tag.partition("---")
            tags.setdefault(category, []).append(_TAG_WORDS.get(name, name))
        genres = tags.get("genre", [])
        yield {
            **dict(zip(_FIRST_COLUMNS, cells[:5], strict=False)),
            "tags": ", ".join(f"{category} {name}" for category, names in tags.items() for name in names) or None,
            "genre": genres[0] if genres else None,
            "caption": _caption(tags.get("mood/theme", []), genres, tags.get("instrument", [])),
        }


def _caption(moods: list[str], genres: list[str], instruments: list[str]) -> str | None:
    """Return a caption made of tags: ``calm ambient music with piano and strings``; None where there are none."""
    if not (moods or genres or instruments):
        return None
    named = instruments[:_MOST_INSTRUMENTS]
    listed = ", ".join(named[:-1]) + (" and " if len(named) > 1 else "") + named[-1] if named else ""
    return " ".join([*moods[:1], *genres[:1], "music", *(["with", listed] if listed else [])])


def _terms(path: Path) -> dict[str, tuple[str | None, str | None]]:
    """Return licence and credit of each track by path, from blocks of path, who made what, and licence."""
    terms: dict[str, tuple[str | None, str | None]] = {}
    if not path.is_file():
        return terms
    track, credit = None, None
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.strip()
        # Anchored at paths rather than counted, so that a missing blank line shifts nothing.
        if re.fullmatch(r"\d+/\d+\.mp3", text):
            track, credit = text, None
        elif track and (found := _TITLE.fullmatch(text)):
            credit = f"{found['title']} by {found['artist']} (Jamendo)"
            terms[track] = (None, credit)
        elif track and (found := _LICENCE.fullmatch(text)):
            terms[track] = (found["url"], credit)
    return terms
