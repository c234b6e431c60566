"""Sound effects and ambient beds, synthesised: every caption is true of its sound by construction.

:data:`KINDS` lists what there is; each family module keeps its captions beside the generators that they describe.
"""

from __future__ import annotations

from soundscape.errors import UsageError, nearest
from soundscape.randomness import stream
from soundscape.sources.embedded.dsp import quantise
from soundscape.sources.embedded.effects import (
    alarms,
    animals,
    beds,
    bells,
    birds,
    bounces,
    glass,
    handling,
    horns,
    impacts,
    liquids,
    machines,
    people,
    scraping,
    sky,
    telephones,
    weather_beds,
)
from soundscape.sources.embedded.effects.kind import Kind, Take
from soundscape.sources.embedded.effects.tools import settle
from soundscape.sources.embedded.item import Item, Sound

#: Names the random streams of this part of the bank; a new value is a new bank.
SEED = "embedded effects 1"

KINDS: tuple[Kind, ...] = (
    *alarms.KINDS,
    *telephones.KINDS,
    *horns.KINDS,
    *bells.KINDS,
    *impacts.KINDS,
    *glass.KINDS,
    *bounces.KINDS,
    *people.KINDS,
    *handling.KINDS,
    *scraping.KINDS,
    *animals.KINDS,
    *birds.KINDS,
    *liquids.KINDS,
    *sky.KINDS,
    *machines.KINDS,
    *weather_beds.KINDS,
    *beds.KINDS,
)

_TAKES: dict[str, tuple[Kind, Take]] = {
    f"effects/{kind.name}/{number:02d}": (kind, take)
    for kind in KINDS
    for number, take in enumerate(kind.takes, start=1)
}


def items() -> tuple[Item, ...]:
    """Return every effect and bed, in a stable order, without making any audio.

    Beds, textures that may be looped under a scene, carry the topic ``bed``; events carry none.
    """
    return tuple(
        Item(
            key=key,
            type="sound_event",
            caption=take.caption,
            group=key,
            label=kind.label,
            topic="bed" if kind.bed else None,
        )
        for key, (kind, take) in _TAKES.items()
    )


def synthesise(item: Item) -> Sound:
    """Return the sound of one of :func:`items`: mono int16 at 24 kHz, the same in every process and order.

    Raises:
        UsageError: when the item is not one of this module's.
    """
    if item.key not in _TAKES:
        raise UsageError(f"the embedded bank has no sound effect {item.key!r}{nearest(item.key, _TAKES)}")
    kind, take = _TAKES[item.key]
    return Sound(samples=quantise(settle(take.make(stream(SEED, item.key)), bed=kind.bed)))
