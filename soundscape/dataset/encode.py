"""Int16 samples to the bytes of an audio file. The digest of a clip is that of its samples, whatever the container."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Format name on the command line → (libsndfile's container, subtype); the name is the file's ending too.
FORMATS = {
    "flac": ("FLAC", "PCM_16"),
    "wav": ("WAV", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
_BLOCK = 1 << 16


def encode(pcm: NDArray[np.integer[Any]], sample_rate: int, audio: str = "flac", subtype: str | None = None) -> bytes:
    """Return an audio file as bytes.

    Args:
        pcm: int16 samples, or int32 ones for the subtype ``PCM_24``; shape ``(n,)``.
        sample_rate: in Hz.
        audio: a key of :data:`FORMATS`; ``ogg`` and ``mp3`` are lossy and carry no digest's promise.
        subtype: libsndfile's subtype where it is not the format's usual one.
    """
    import soundfile

    container, usual = FORMATS[audio]
    buffer = io.BytesIO()
    with soundfile.SoundFile(
        buffer, "w", samplerate=sample_rate, channels=1, format=container, subtype=subtype or usual
    ) as file:
        # In blocks: one long Vorbis write overruns libsndfile's stack.
        for start in range(0, len(pcm), _BLOCK):
            file.write(pcm[start : start + _BLOCK])
    return buffer.getvalue()
