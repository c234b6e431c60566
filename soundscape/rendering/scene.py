"""A planned scene as stems, a mix and a finished clip. Draws nothing, decides nothing: all of it stands in the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from soundscape.records import PlannedEvent, RoomPlan, ScenePlan, samples
from soundscape.rendering.events import Mono, dry
from soundscape.rendering.mix import Master, Stem, master, total
from soundscape.rendering.rooms import Response
from soundscape.rendering.rooms.respond import Responder

#: Gives the samples of a source, mono float32 at a sample rate: ``load(source_id, pcm_sha256, sample_rate)``.
Load = Callable[[str, str, int], Mono]


#: Gives the response by which an event reaches the microphone: ``respond(room, event, sample_rate)``; None: dry.
Respond = Callable[[RoomPlan | None, PlannedEvent, int], Response | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """The sounds of a scene as they reach the microphone at unit gain, by event id, and the responses they came by.

    Gains are applied afterwards: they can change without anything being decoded or convolved again. ``direct`` holds
    the direct sound alone, of the events that are in a room.
    """

    stems: dict[str, Stem]
    responses: dict[str, Response]
    direct: dict[str, Stem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """A scene as it was made. Stems hold their events' gains, not yet the master gain.

    ``direct`` holds the direct sound alone, of the events that are in a room: what the stem would be without walls.
    """

    plan: ScenePlan
    stems: tuple[Stem, ...]
    direct: tuple[Stem, ...]
    mix: NDArray[np.float64]
    master: Master
    responses: dict[str, Response]


def convolve(x: Mono, response: Mono) -> Mono:
    """Return the full linear convolution of two float32 signals, ``(n + m - 1,)``, through one FFT."""
    length = len(x) + len(response) - 1
    size = scipy.fft.next_fast_len(length, real=True)
    spectrum = scipy.fft.rfft(x, size, workers=1)
    spectrum *= scipy.fft.rfft(response, size, workers=1)
    out: Mono = scipy.fft.irfft(spectrum, size, workers=1)[:length]
    return out


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
    stems: dict[str, Stem] = {}
    responses: dict[str, Response] = {}
    direct: dict[str, Stem] = {}
    find = respond or Responder()
    by_place: dict[object, Response | None] = {}
    for event in plan.events:
        part = dry(load(event.source_id, event.pcm_sha256, rate), event, rate)
        offset = samples(event.placed.start, rate)
        place = event.response or event.position
        if place not in by_place:
            by_place[place] = find(plan.room, event, rate)
        found = by_place[place]
        if found is not None:
            responses[event.event_id] = found
            gain = np.float32(found.pink_gain)
            # In every response the direct sound is 1.
            direct[event.event_id] = _within(event.event_id, part * gain, offset, length)
            part = convolve(part, found.samples * gain)
            offset -= found.direct
        stems[event.event_id] = _within(event.event_id, part, offset, length)
    return Arrivals(stems=stems, responses=responses, direct=direct)


def mixed(plan: ScenePlan, arrived: Arrivals) -> Rendering:
    """Return the scene that a plan makes of its arrived sounds: gains, sum, master."""
    length = samples(plan.duration, plan.sample_rate)
    gains = {event.event_id: np.float32(10.0 ** (event.gain_db / 20.0)) for event in plan.events}
    stems, direct = (
        tuple(replace(found[e], samples=found[e].samples * gain) for e, gain in gains.items() if e in found)
        for found in (arrived.stems, arrived.direct)
    )
    mix = total(stems, length)
    highest = max((float(np.abs(stem.samples).max(initial=0.0)) for stem in stems), default=0.0)
    finished = master(mix, plan.sample_rate, plan.loudness_lufs, plan.true_peak_dbtp, highest)
    return Rendering(plan=plan, stems=stems, direct=direct, mix=mix, master=finished, responses=arrived.responses)


def render(plan: ScenePlan, load: Load) -> Rendering:
    """Return a plan as audio; errors as :func:`arrivals`."""
    return mixed(plan, arrivals(plan, load))
