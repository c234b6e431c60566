"""Music of the embedded bank: short pieces composed and played with NumPy.

Every piece is written out as key, tempo, chord progressions, instruments and groove; melodies, fills and human timing
are drawn from streams named after the piece. So what a caption says about a piece is what it was made from.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import ModuleType

from soundscape.randomness import stream
from soundscape.sources.embedded.dsp import quantise
from soundscape.sources.embedded.item import Item, Sound
from soundscape.sources.embedded.music.genres import (
    ambient,
    bossa,
    chiptune,
    classical,
    folk,
    funk,
    jazz,
    lofi,
    march,
    reggae,
    rock,
    techno,
)
from soundscape.sources.embedded.music.mixing import mix
from soundscape.sources.embedded.music.score import Draw, Piece, Score

Composer = Callable[[Piece, Draw], Score]

_MODULES: tuple[ModuleType, ...] = (
    ambient,
    bossa,
    chiptune,
    classical,
    folk,
    funk,
    jazz,
    lofi,
    march,
    reggae,
    rock,
    techno,
)
#: Label -> its pieces and its way of arranging them.
GENRES: dict[str, tuple[tuple[Piece, ...], Composer]] = {m.LABEL: (m.PIECES, m.compose) for m in _MODULES}


def _item(genre: str, number: int, piece: Piece) -> Item:
    key = f"music/{genre}/{number:02d}"
    caption = piece.caption.format(bpm=piece.tempo, key=piece.key)
    return Item(key=key, type="music", caption=caption, group=key, label=genre)


@functools.cache
def pieces() -> dict[str, tuple[str, Piece]]:
    """Return the genre and the piece behind each item's key."""
    return {
        _item(genre, number, piece).key: (genre, piece)
        for genre, (listed, _) in GENRES.items()
        for number, piece in enumerate(listed, start=1)
    }


def items() -> tuple[Item, ...]:
    """Return every piece, genre by genre."""
    return tuple(_item(key.split("/")[1], int(key.split("/")[2]), piece) for key, (_, piece) in pieces().items())


def score_of(item: Item) -> Score:
    """Return what is played in a piece: parts, notes in beats, tempo."""
    genre, piece = pieces()[item.key]

    return GENRES[genre][1](piece, functools.partial(stream, "embedded", item.key))


def synthesise(item: Item) -> Sound:
    """Return the recording of a piece; KeyError when the item is not one of :func:`items`."""
    return Sound(samples=quantise(mix(score_of(item), functools.partial(stream, "embedded", item.key))))
