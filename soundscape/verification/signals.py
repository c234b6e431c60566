"""Sound as it lies in files: whole clips as int16, events as the stretch of the clip in which they sound.

Nothing here is shared with what wrote the files: the digest is computed from its written definition.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from soundscape.records import ScenePlan

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """One event alone, as it is in the finished clip: float64 ``samples`` ``(n,)`` from sample ``offset`` on.

    What lies outside is silence. ``n`` may be 0.
    """

    offset: int
    samples: Floats

    @property
    def stop(self) -> int:
        """The first sample of the clip after it."""
        return self.offset + len(self.samples)

    def within(self, start: int, stop: int) -> Floats:
        """Return its samples ``start`` to ``stop`` of the clip, silence where it has none."""
        out = np.zeros(stop - start)
        low, high = max(start, self.offset), min(stop, self.stop)
        if high > low:
            out[low - start : high - start] = self.samples[low - self.offset : high - self.offset]
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """The events of a clip by id: as they are in the mix (``stems``), and their direct sound alone (``direct``).

    An event that was in no room has one and the same sound in both.
    """

    stems: Mapping[str, Sound]
    direct: Mapping[str, Sound]


#: Makes the events of a clip again from its plan, for builds without stems; may raise BankError or BuildError.
Again: TypeAlias = Callable[[ScenePlan], Signals]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A decoded audio file: int16 samples ``(frames, channels)`` and what its header says.

    ``announced`` is how many frames the header tells of, ``tags`` the text fields of the container.
    """

    pcm: NDArray[np.int16]
    sample_rate: int
    subtype: str
    announced: int
    tags: Mapping[str, str]

    @property
    def digest(self) -> str:
        """The SHA-256 that names these samples: of a line on their shape, then of the samples, little-endian."""
        frames, channels = self.pcm.shape
        state = hashlib.sha256(f"i16 {self.sample_rate} {channels} {frames}\n".encode("ascii"))
        state.update(np.ascontiguousarray(self.pcm.astype("<i2")).data)
        return state.hexdigest()


def read_clip(path: Path) -> Clip:
    """Return all samples of an audio file.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it cannot be decoded from beginning to end.
    """
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            pcm = file.read(dtype="int16", always_2d=True)
            return Clip(
                pcm=pcm,
                sample_rate=file.samplerate,
                subtype=file.subtype,
                announced=file.frames,
                tags={name: text for name, text in file.copy_metadata().items() if text},
            )
    except (soundfile.SoundFileError, RuntimeError) as error:
        path.stat()
        raise ValueError(_reason(error)) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stem:
    """A decoded stem and what its header says; ``sound`` holds its first channel, cut to where it is not silent."""

    sound: Sound
    frames: int
    sample_rate: int
    channels: int
    subtype: str


def read_stem(path: Path) -> Stem:
    """Return a stem; errors as :func:`read_clip`."""
    import soundfile

    try:
        with soundfile.SoundFile(path) as file:
            x = file.read(dtype="float64", always_2d=True)
            rate, subtype = file.samplerate, file.subtype
    except (soundfile.SoundFileError, RuntimeError) as error:
        path.stat()
        raise ValueError(_reason(error)) from None
    sounding = np.flatnonzero(x[:, 0])
    first, last = (int(sounding[0]), int(sounding[-1]) + 1) if len(sounding) else (0, 0)
    sound = Sound(offset=first, samples=np.ascontiguousarray(x[first:last, 0]))
    return Stem(sound=sound, frames=len(x), sample_rate=rate, channels=x.shape[1], subtype=subtype)


def _reason(error: Exception) -> str:
    """Return what the decoder says, without the file's name, which the finding has."""
    return str(error).rpartition(": ")[2].rstrip(".") or type(error).__name__
