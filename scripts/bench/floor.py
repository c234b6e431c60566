"""The bare work of a scene: decode, convolve, add, measure loudness and peak, quantise, encode. Nothing else."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.fft
import soundfile
from numpy.typing import NDArray

from soundscape import loudness
from soundscape.dataset.make import Maker, Scene
from soundscape.records import samples


@dataclass(frozen=True)
class Ready:
    """What is known before the work begins: files, places, gains, responses."""

    events: list[tuple[Path, int, int, int, float, NDArray[np.float32] | None]]
    length: int
    rate: int
    gain: float


def ready(scene: Scene, maker: Maker) -> Ready:
    """Return a scene's work, its responses made beforehand."""
    plan, rate = scene.plan, scene.plan.sample_rate
    banks: Any = maker.banks
    events = []
    for event in plan.events:
        source = banks.source(banks.row(event.source_id))
        response = scene.rendering.responses.get(event.event_id)
        start = samples(event.crop.start, rate)
        stop = samples(event.crop.end, rate)
        gain = 10 ** (event.gain_db / 20)
        kept = None if response is None else response.samples
        events.append((banks.path(source), start, stop, max(0, samples(event.placed.start, rate)), gain, kept))
    return Ready(events=events, length=samples(plan.duration, rate), rate=rate, gain=scene.rendering.master.gain)


def work(scene: Ready) -> bytes:
    """Do it."""
    mix = np.zeros(scene.length)
    for path, start, stop, offset, gain, response in scene.events:
        x, _ = soundfile.read(path, dtype="float32", start=start, stop=stop)
        x *= np.float32(gain)
        if response is not None:
            size = scipy.fft.next_fast_len(len(x) + len(response) - 1, real=True)
            x = scipy.fft.irfft(scipy.fft.rfft(x, size) * scipy.fft.rfft(response, size), size)
        part = x[: scene.length - offset]
        mix[offset : offset + len(part)] += part
    loudness.integrated(mix, scene.rate)
    np.abs(mix).max()
    pcm = np.rint(mix * (scene.gain * 32768)).clip(-32768, 32767).astype(np.int16)
    buffer = io.BytesIO()
    soundfile.write(buffer, pcm, scene.rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
