"""A planned scene as stems, a mix and a finished clip. Draws nothing, decides nothing: all of it stands in the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from soundscape import loudness
from soundscape.records import ScenePlan, samples
from soundscape.rendering.convolution import convolved
from soundscape.rendering.events import Mono, dry
from soundscape.rendering.mix import Master, Stem, master, total
from soundscape.rendering.rooms import Response
from soundscape.rendering.rooms.respond import Responder
from soundscape.sources.audio import Stored

#: Gives the samples of a source, mono at a sample rate: ``load(source_id, pcm_sha256, sample_rate)``.
Load = Callable[[str, str, int], Stored]


#: Gives the responses by which a plan's events reach the microphone, by event id; dry events have none.
Respond = Callable[[ScenePlan], dict[str, Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The sounds of a scene as they reach the microphone, by event id, and the responses they came by.

    Stems have unit gain: the events' gains are set afterwards, and can change without anything being decoded or
    convolved again. ``direct`` holds the direct sound alone, of the events that are in a room.
    """

    stems: dict[str, Stem]
    responses: dict[str, Response]
    direct: dict[str, Stem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A scene as it was made. Stems have their events' gains, not yet the master gain.

    ``direct`` holds the direct sound alone, of the events that are in a room: what the stem would be without walls.
    """

    plan: ScenePlan
    stems: tuple[Stem, ...]
    direct: tuple[Stem, ...]
    mix: NDArray[np.float64]
    master: Master
    responses: dict[str, Response]


def _within(event_id: str, part: Mono, offset: int, length: int) -> Stem:
    """Return a stem cut to the scene."""
    skip = max(0, -offset)
    stop = max(skip, min(len(part), length - offset))
    return Stem(event_id=event_id, offset=offset + skip, samples=part[skip:stop])


def arrivals(plan: ScenePlan, load: Load, respond: Respond | None = None) -> Arrivals:
    """Return a plan's sounds as they reach the microphone.

    The direct sound of every event arrives at its planned time: the way's travel time is taken out of the response.
    Responses are scaled to unit energy for pink noise: distance changes the direct-to-reverberant ratio, not the level.

    Raises:
        BankError: a source is missing or is not what the plan was made from.
        BuildError: the plan cannot be rendered.
    """
    rate, length = plan.sample_rate, samples(plan.duration, plan.sample_rate)
    responses = (respond or Responder())(plan)
    parts, direct = {}, {}
    for event in plan.events:
        name = event.event_id
        parts[name] = dry(load(event.source_id, event.pcm_sha256, rate), event, rate)
        if name in responses:
            # In every response the direct sound is 1.
            own = _within(name, parts[name], samples(event.placed.start, rate), length)
            direct[name] = replace(own, gain=np.float32(responses[name].pink_gain))
    stems = {}
    wet = _in_rooms(parts, responses)
    for event in plan.events:
        name, offset = event.event_id, samples(event.placed.start, rate)
        early = responses[name].direct if name in responses else 0
        stems[name] = _within(name, wet.get(name, parts[name]), offset - early, length)
    return Arrivals(stems=stems, responses=responses, direct=direct)


def _in_rooms(parts: Mapping[str, Mono], responses: Mapping[str, Response]) -> dict[str, Mono]:
    """Return the sounds that have a response, after it, at the response's pink gain."""
    places = list({id(response): response for response in responses.values()}.values())
    number = {id(response): k for k, response in enumerate(places)}
    sounds = [(parts[name], number[id(response)]) for name, response in responses.items()]
    wet = convolved(sounds, [place.samples * np.float32(place.pink_gain) for place in places])
    return dict(zip(responses, wet, strict=True))


def mixed(plan: ScenePlan, arrived: Arrivals) -> Rendering:
    """Return the scene that a plan makes of its arrived sounds: gains, sum, master."""
    length = samples(plan.duration, plan.sample_rate)
    gains = {event.event_id: np.float32(loudness.db_to_gain(event.gain_db)) for event in plan.events}
    stems, direct = (
        tuple(replace(found[e], gain=found[e].gain * gain) for e, gain in gains.items() if e in found)
        for found in (arrived.stems, arrived.direct)
    )
    mix = total(stems, length)
    highest = max((stem.peak for stem in stems), default=0.0)
    finished = master(mix, plan.sample_rate, plan.loudness_lufs, plan.true_peak_dbtp, highest)
    return Rendering(plan=plan, stems=stems, direct=direct, mix=mix, master=finished, responses=arrived.responses)


def render(plan: ScenePlan, load: Load) -> Rendering:
    """Return a plan as audio; errors as :func:`arrivals`."""
    return mixed(plan, arrivals(plan, load))
