"""Audio as other systems take it, and the archives they take it from: 16 kHz FLAC in tar.gz shards.

Shards are the same bytes for the same clips: headers carry no time and no owner, the gzip header neither name nor time,
and nothing is compressed twice (level 0: FLAC does not become smaller, and stored bytes depend on no version of zlib).
"""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from soundscape.dataset.encode import encode
from soundscape.errors import BuildError

RATE = 16_000
CLIPS_PER_SHARD = 1000
BYTES_PER_SHARD = 1 << 30


def flac_16k(audio: bytes, where: str) -> bytes:
    """Return an audio file as mono 16-bit FLAC at 16 kHz.

    Resampled by soxr ``HQ`` as everywhere in this package, rounded to nearest, halves up, and cut at full scale.

    Args:
        audio: the bytes of an audio file.
        where: what to call it in an error.

    Raises:
        BuildError: it cannot be decoded.
    """
    import soundfile

    from soundscape.sources.audio import resample

    try:
        samples, rate = soundfile.read(io.BytesIO(audio), dtype="float64", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise BuildError(f"{where}: cannot be decoded: {error}", hint="soundscape verify looks at the build") from None
    mono = samples.mean(axis=1)
    if rate != RATE:
        mono = resample(mono, rate, RATE)
    pcm = np.clip(np.floor(mono * 32768.0 + 0.5), -32768, 32767).astype(np.int16)
    return encode(pcm, RATE)


class Shards:
    """A series of tar.gz files, each of at most a thousand clips and about 1 GiB.

    Args:
        folder: below which they lie.
        series: what their names have in common, relative to the folder: ``<series>_<seven digits>.tar.gz``.
    """

    def __init__(self, folder: Path, series: str) -> None:
        self._folder = folder
        self._series = series
        self._files: list[IO[bytes] | gzip.GzipFile] = []
        self._tar: tarfile.TarFile | None = None
        self._clips = self._bytes = 0
        self.names: list[str] = []

    def add(self, key: str, members: Mapping[str, bytes]) -> None:
        """Add a sample: its members by ending."""
        size = sum(len(data) for data in members.values())
        if self._tar is None or self._clips >= CLIPS_PER_SHARD or self._bytes + size > BYTES_PER_SHARD:
            self._next()
        assert self._tar is not None
        for ending, data in sorted(members.items()):
            info = tarfile.TarInfo(f"{key}.{ending}")
            info.size = len(data)
            self._tar.addfile(info, io.BytesIO(data))
        self._clips += 1
        self._bytes += size

    def _next(self) -> None:
        self.close()
        name = f"{self._series}_{len(self.names):07d}.tar.gz"
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
        packed = gzip.GzipFile(filename="", mode="wb", fileobj=file, compresslevel=0, mtime=0)
        self._files = [packed, file]
        self._tar = tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT)  # noqa: SIM115
        self._clips = self._bytes = 0
        self.names.append(name)

    def close(self) -> None:
        """Finish the file that is being written."""
        if self._tar is not None:
            self._tar.close()
            self._tar = None
        for file in self._files:
            file.close()
        self._files = []
