"""Vocal bursts of the embedded bank, in the voices of its speakers.

Every burst is written out with its speaker, its making and its description, so that a caption says what was made.
"""

from __future__ import annotations

import functools
from types import ModuleType

from soundscape.randomness import stream
from soundscape.sources.embedded.bursts import breaths, calls, cries, laughs, outbursts
from soundscape.sources.embedded.bursts.take import Take, finished
from soundscape.sources.embedded.bursts.voice import voice_of
from soundscape.sources.embedded.dsp import quantise
from soundscape.sources.embedded.item import Item, Sound
from soundscape.sources.embedded.voices import SPEAKERS

_MODULES: tuple[ModuleType, ...] = (laughs, outbursts, breaths, cries, calls)
_SPEAKERS = {speaker.id: speaker for speaker in SPEAKERS}


@functools.cache
def takes() -> dict[str, Take]:
    """Return the take behind each item's key."""
    return {
        f"bursts/{kind}/{number:02d}": take
        for module in _MODULES
        for kind, listed in module.KINDS.items()
        for number, take in enumerate(listed, start=1)
    }


def items() -> tuple[Item, ...]:
    """Return every burst, kind by kind."""
    out = []
    for key, take in takes().items():
        speaker = _SPEAKERS[take.speaker]
        out.append(
            Item(
                key=key,
                type="vocal_burst",
                caption=take.caption,
                group=f"speaker:{speaker.id}",
                label=take.label,
                speaker=speaker.id,
                emotion=take.feeling,
                age=speaker.age,
                gender=speaker.gender,
                voice_timbre=speaker.timbre,
            )
        )
    return tuple(out)


def synthesise(item: Item) -> Sound:
    """Return the sound of a burst; KeyError when the item is not one of :func:`items`."""
    take = takes()[item.key]
    voice = voice_of(_SPEAKERS[take.speaker])
    return Sound(samples=quantise(finished(take.make(voice, stream("embedded", item.key)))))
