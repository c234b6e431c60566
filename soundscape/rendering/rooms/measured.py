"""Measured responses: a folder of WAV files in place of simulated rooms.

There is no geometry here, so the direct sound is found by rule. The response begins where it first comes within 20 dB
of its largest sample (ISO 3382-1); the direct sound is the largest sample within 1 ms from there. What lies more than
1 ms before it is cut off. The rule errs where the direct sound is more than 20 dB weaker than a later reflection.

The response ends where its decay, in steps of 10 ms, first comes within 3 dB of the noise of the file's last tenth:
past that a convolution would only add the recording's noise. It is scaled, polarity included, so that the direct sound
is 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import BankError
from soundscape.rendering.rooms.measures import measure
from soundscape.rendering.rooms.shoebox import LAST_FADE, Response, faded
from soundscape.sources import audio

MAX_SECONDS = 30.0
"""The longest file that is taken for a response."""

_ONSET = 0.1
_DIRECT_WITHIN = 0.001
_STEP = 0.01
_ABOVE_NOISE = 2.0
_RANGE_DB = 35.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredResponse:
    """A response from a file. ``name`` is the file's name, ``digest`` the SHA-256 of its decoded samples."""

    name: str
    digest: str
    response: Response


def measured_files(folder: Path) -> tuple[Path, ...]:
    """Return the WAV files of a folder and its subfolders, in the order of their names.

    Raises:
        BankError: there is no such folder, or no WAV file in it.
    """
    if not folder.is_dir():
        raise BankError(f"{folder} is not a folder; expected one of measured room responses as WAV files")
    found = [path for path in folder.rglob("*") if path.suffix.lower() == ".wav" and path.is_file()]
    if not found:
        raise BankError(f"{folder} holds no WAV file; expected measured room responses")
    return tuple(sorted(found, key=lambda path: path.relative_to(folder).as_posix()))


def read_measured(path: Path, sample_rate: int, *, channel: int | None = None) -> MeasuredResponse:
    """Return a measured response at a sample rate, aligned, trimmed and measured.

    Args:
        path: the WAV file.
        sample_rate: in Hz, at least 6000; the file is resampled to it before all else.
        channel: which channel, from 0; needed where the file has more than one, because averaging channels would add
            the combs between the microphones to the room.

    Raises:
        BankError: undecodable, silent, not finite or too long (:class:`soundscape.sources.audio.AudioFault`), with
            several channels and none chosen, or with less than 35 dB from its direct sound to its noise, so that no
            RT60 can be measured.
    """
    samples, file_rate = audio.decode(path, max_seconds=MAX_SECONDS)
    chosen = _channel(path, samples, channel)
    digest = audio.pcm_digest(chosen, file_rate)
    h = audio.resample(chosen, file_rate, sample_rate)
    magnitude = np.abs(h)
    onset = int(np.argmax(magnitude >= _ONSET * magnitude.max()))
    direct = onset + int(np.argmax(magnitude[onset : onset + math.ceil(_DIRECT_WITHIN * sample_rate) + 1]))
    lead = min(direct, math.ceil(_DIRECT_WITHIN * sample_rate))
    end = _end(path, h, direct, sample_rate)
    kept = faded(h[direct - lead : end] / h[direct], min(end - direct, math.ceil(LAST_FADE * sample_rate)))
    facts = measure(kept, sample_rate, direct=lead)
    if facts.rt60 is None:
        raise _unmeasurable(path, "less than 20 dB of decay in the octaves at 500 Hz and 1 kHz")
    response = Response(samples=kept, sample_rate=sample_rate, direct=lead, distance=None, facts=facts)
    return MeasuredResponse(name=path.name, digest=digest, response=response)


def _channel(path: Path, samples: NDArray[np.float32], channel: int | None) -> NDArray[np.float32]:
    count = samples.shape[1]
    if channel is None and count > 1:
        raise BankError(
            f"{path} has {count} channels, expected one", hint="choose a channel, or split the file into mono files"
        )
    chosen = channel or 0
    if not 0 <= chosen < count:
        raise BankError(f"{path} has {count} channels; channel {chosen} was asked for, counted from 0")
    if not samples[:, chosen].any():
        raise BankError(f"{path}: channel {chosen} is silent")
    return np.ascontiguousarray(samples[:, chosen])


def _end(path: Path, h: NDArray[np.float32], direct: int, sample_rate: int) -> int:
    """Return where the decay meets the noise, or where the file ends; in samples."""
    squares = np.square(h[direct:], dtype=np.float64)
    noise = float(squares[-max(1, len(squares) // 10) :].mean())
    step = math.ceil(_STEP * sample_rate)
    blocks = np.add.reduceat(squares, np.arange(0, len(squares), step))
    widths = np.diff(np.append(np.arange(0, len(squares), step), len(squares)))
    power = blocks / widths
    low = np.flatnonzero(power <= _ABOVE_NOISE * noise)
    first = int(low[0]) if len(low) else len(power)
    above = 10.0 * math.log10(float(power[0]) / noise) if noise > 0.0 else math.inf
    if above < _RANGE_DB:
        raise _unmeasurable(path, f"its first 10 ms lie only {above:.1f} dB above its last tenth")
    return direct + min(first * step, len(squares))


def _unmeasurable(path: Path, why: str) -> BankError:
    return BankError(
        f"{path}: no RT60 can be measured: {why}",
        hint=f"expected a decay that can be followed for {_RANGE_DB:g} dB; record it longer or with less noise",
    )
