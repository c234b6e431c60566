"""What an embedded generator offers (:class:`Item`) and what it makes of it (:class:`Sound`).

Each generator module exposes ``items() -> tuple[Item, ...]``, cheap and without audio, and
``synthesise(item) -> Sound``, a pure function of the item: same samples in every process and in any order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from soundscape.records import EventType, Word

#: Every embedded source is mono at this rate, in Hz.
SAMPLE_RATE = 24_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One source of the embedded bank, described before it exists.

    ``key`` is unique, stable and safe as a path without its extension (``effects/siren/02``). ``caption`` tells what
    is heard, how and with what character. ``group`` names what must not be shared between splits: the speaker, the
    piece of music, the recording. The rest follows the UAAP field of the same name and is None where it does not apply.
    """

    key: str
    type: EventType
    caption: str
    group: str
    label: str | None = None
    transcription: str | None = None
    spoken: str | None = None
    language: str | None = None
    speaker: str | None = None
    emotion: str | None = None
    emotion_label: str | None = None
    age: str | None = None
    gender: str | None = None
    voice_timbre: str | None = None
    speaking_style: str | None = None
    accent: str | None = None
    speaking_rate: str | None = None
    lyrics: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """Mono int16 samples at :data:`SAMPLE_RATE`; word timings in seconds from the first sample, where known."""

    samples: NDArray[np.int16]
    words: tuple[Word, ...] = ()
