"""Recordings in and out: decoding within limits, one digest of the samples, exact writing.

Samples are float32 ``(frames, channels)`` with full scale ±1. What a file holds is named by :func:`pcm_digest` of its
decoded samples, never by its bytes: containers carry time stamps and serial numbers.

libsndfile decodes; what it does not know goes to ffmpeg through pydub (``soundscape[decode]``). A file that is at fault
raises :class:`AudioFault`, whose ``reason`` is one of :data:`REASONS`.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import stat
import warnings
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from soundscape import files
from soundscape.errors import BankError, EnvironmentFault
from soundscape.sources.mpeg import count_samples

Samples: TypeAlias = NDArray[np.float32]
Int16: TypeAlias = NDArray[np.int16]
#: Samples as a recording has them: int16, or float32 with full scale ±1.
Stored: TypeAlias = Samples | Int16

#: Why a recording cannot be used, and what that means.
REASONS = {
    "missing": "there is no such file",
    "empty": "it holds no samples",
    "format": "it is not audio that can be decoded",
    "truncated": "it ends before its header says",
    "too_long": "it is longer than the limit",
    "too_large": "it is larger than the limit",
    "not_finite": "it holds NaN or infinite samples",
    "silent": "no sample rises above the silence limit",
}

#: Limits of one recording: seconds, bytes of decoded float32 samples, Hz, channels.
MAX_SECONDS = 7200.0
MAX_BYTES = 2 * 2**30
RATES = (4_000, 768_000)
MAX_CHANNELS = 32

#: A recording whose highest sample stays under this level is silent, in dBFS.
SILENCE_DBFS = -80.0

_BLOCK_FRAMES = 1 << 18
_AT_MOST_16_BITS = ("PCM_16", "PCM_S8", "PCM_U8")
_UNRECOGNISED, _UNSUPPORTED = 1, 4
_CLAIM = re.compile(
    r"^ *(?:RIFF|RIFX|riff|Riff size|data|FORM|SSND|Data Size) *: (\d+) \(should be (\d+)\)", re.MULTILINE
)
# Writers that do not know the length in advance put one of these where the size belongs.
_UNKNOWN_SIZES = (0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF, 2**63 - 1, 2**64 - 1)
_SLACK_BYTES = 64
_UNKNOWN_FRAMES = 2**62
# The length in an MP3 header leaves out encoder delay and padding: up to three frames of what the walk counts.
_MPEG_FRAME = 1152
_MPEG_SLACK_FRAMES = 4 * _MPEG_FRAME
_LARGEST_OGG_PAGE, _OGG_HEADER, _OGG_LAST_PAGE = 65_307, 27, 4
_FOREIGN = {
    b"\x1aE\xdf\xa3": (0, "Matroska or WebM"),
    b"ftyp": (4, "MPEG-4"),
    b"0&\xb2u": (0, "Windows Media"),
    b"wvpk": (0, "WavPack"),
    b"MAC ": (0, "Monkey's Audio"),
    b"#!AMR": (0, "AMR"),
    b"\xff\xf1": (0, "AAC"),
    b"\xff\xf9": (0, "AAC"),
}


class AudioFault(BankError):
    """A recording that cannot be used. ``reason`` is a key of :data:`REASONS`."""

    def __init__(self, message: str, *, reason: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason

    def __reduce__(self) -> Any:
        return _rebuild, (self.message, self.reason, self.hint)


def _rebuild(message: str, reason: str, hint: str | None) -> AudioFault:
    return AudioFault(message, reason=reason, hint=hint)


def _fault(path: Path, reason: str, detail: str = "", hint: str | None = None) -> AudioFault:
    return AudioFault(f"{path}: {REASONS[reason]}{f' ({detail})' if detail else ''}", reason=reason, hint=hint)


def decode(path: Path, *, max_seconds: float = MAX_SECONDS, max_bytes: int = MAX_BYTES) -> tuple[Samples, int]:
    """Decode a recording and refuse what nobody can use.

    Limits are checked against the header before memory is taken, and again while reading.

    Args:
        path: the file.
        max_seconds: the longest duration that is accepted.
        max_bytes: the most memory that its float32 samples may take; no file may be larger than this either.

    Returns:
        Samples ``(frames, channels)`` with at least one frame, finite and not silent, and the sample rate in Hz.

    Raises:
        AudioFault: missing, empty, of no known format, truncated, beyond a limit, not finite or silent.
        EnvironmentFault: the format needs pydub and ffmpeg, and one of them is not there.
    """
    samples, sample_rate = decode_as_stored(path, max_seconds=max_seconds, max_bytes=max_bytes)
    return as_floats(samples), sample_rate


def decode_as_stored(path: Path, *, max_seconds: float = MAX_SECONDS, max_bytes: int = MAX_BYTES) -> tuple[Stored, int]:
    """Decode as :func:`decode` does, and leave samples of at most 16 bits as int16."""
    try:
        there = path.stat()
    except (OSError, ValueError):
        raise _fault(path, "missing") from None
    if not stat.S_ISREG(there.st_mode):
        raise _fault(path, "missing")
    size = there.st_size
    if size == 0:
        raise _fault(path, "empty", "0 bytes")
    if size > max_bytes:
        raise _fault(path, "too_large", f"{size:,} bytes, at most {max_bytes:,}")
    decoded = _decode_with_soundfile(path, max_seconds, max_bytes)
    samples, sample_rate = decoded or _decode_with_ffmpeg(path, max_seconds, max_bytes)
    _check_samples(path, samples)
    return samples, sample_rate


def as_floats(samples: Stored) -> Samples:
    """Return samples as float32 with full scale ±1."""
    if samples.dtype == np.int16:
        return np.multiply(samples, np.float32(1.0 / 32768.0), dtype=np.float32)
    return samples.astype(np.float32, copy=False)


def _check_samples(path: Path, samples: Stored) -> None:
    if len(samples) == 0:
        raise _fault(path, "empty", "0 frames")
    if samples.dtype != np.int16 and not np.isfinite(samples).all():
        raise _fault(path, "not_finite", f"first at frame {int(np.argmin(np.isfinite(samples).all(axis=1)))}")
    full_scale = 32768.0 if samples.dtype == np.int16 else 1.0
    if max(float(samples.max()), -float(samples.min())) / full_scale < 10.0 ** (SILENCE_DBFS / 20.0):
        raise _fault(path, "silent", f"nothing above {SILENCE_DBFS:g} dBFS")


def _check_shape(path: Path, frames: int, channels: int, sample_rate: int, limits: tuple[float, int]) -> None:
    max_seconds, max_bytes = limits
    if not RATES[0] <= sample_rate <= RATES[1] or not 1 <= channels <= MAX_CHANNELS:
        raise _fault(
            path,
            "format",
            f"{channels} channels at {sample_rate} Hz, expected up to {MAX_CHANNELS} at {RATES[0]} to {RATES[1]} Hz",
        )
    if frames > max_seconds * sample_rate:
        raise _fault(path, "too_long", f"{frames / sample_rate:.1f} s, at most {max_seconds:g} s")
    if 4 * frames * channels > max_bytes:
        raise _fault(path, "too_large", f"{4 * frames * channels:,} bytes of samples, at most {max_bytes:,}")


def _decode_with_soundfile(path: Path, max_seconds: float, max_bytes: int) -> tuple[Stored, int] | None:
    """Return what libsndfile decodes, or None where it knows neither the format nor where the file ends."""
    try:
        with soundfile.SoundFile(path) as file:
            if file.frames >= _UNKNOWN_FRAMES:
                return None
            samples = _read(path, file, max_seconds, max_bytes)
            if file.format == "MP3" and len(samples) + _MPEG_SLACK_FRAMES < (count_samples(path.read_bytes()) or 0):
                return None
            return samples, file.samplerate
    except soundfile.LibsndfileError as error:
        if error.code in (_UNRECOGNISED, _UNSUPPORTED):
            return None
        raise _fault(path, "truncated" if "lost sync" in str(error) else "format", str(error)) from None


def _read(path: Path, file: Any, max_seconds: float, max_bytes: int) -> Stored:
    limits = (max_seconds, max_bytes)
    _check_shape(path, file.frames, file.channels, file.samplerate, limits)
    dtype = "int16" if file.subtype in _AT_MOST_16_BITS else "float32"
    blocks: list[Any] = []
    frames = 0
    while len(block := file.read(_BLOCK_FRAMES, dtype=dtype, always_2d=True)):
        frames += len(block)
        _check_shape(path, frames, file.channels, file.samplerate, limits)
        blocks.append(block)
    if frames + (_MPEG_FRAME if file.format == "MP3" else 0) < file.frames:
        raise _fault(path, "truncated", f"{frames} of {file.frames} frames")
    if frames:
        _check_container(path, file)
        return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
    return np.zeros((0, file.channels), dtype=np.float32)


def _check_container(path: Path, file: Any) -> None:
    """Find what libsndfile mends without a word: chunks longer than the file, Ogg streams without their last page."""
    for claimed, there in _CLAIM.findall(file.extra_info):
        if int(claimed) not in _UNKNOWN_SIZES and int(claimed) > int(there) + _SLACK_BYTES:
            raise _fault(path, "truncated", f"{int(there):,} of {int(claimed):,} bytes")
    if file.format == "OGG":
        with path.open("rb") as raw:
            raw.seek(max(0, path.stat().st_size - _LARGEST_OGG_PAGE))
            if not _ends_ogg_stream(raw.read()):
                raise _fault(path, "truncated", "the Ogg stream lacks its last page")


def _ends_ogg_stream(tail: bytes) -> bool:
    """Return whether the last Ogg page is marked as the last of its stream and is all there (RFC 3533)."""
    page = tail[max(tail.rfind(b"OggS"), 0) :]
    if len(page) < _OGG_HEADER or not page.startswith(b"OggS") or not page[5] & _OGG_LAST_PAGE:
        return False
    segments = page[_OGG_HEADER : _OGG_HEADER + page[26]]
    return len(page) >= _OGG_HEADER + page[26] + sum(segments)


def _foreign_format(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(16)
    return next((name for magic, (at, name) in _FOREIGN.items() if head[at:].startswith(magic)), None)


def _pydub() -> Any:
    """Return the pydub package, or None. Its import warns where there is no ffmpeg; ours says what to do instead."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pydub
        except ImportError:
            return None
    return pydub


def _decode_with_ffmpeg(path: Path, max_seconds: float, max_bytes: int) -> tuple[Samples, int]:
    pydub = _pydub()
    ffmpeg = shutil.which("ffmpeg") is not None and shutil.which("ffprobe") is not None
    if pydub is None or not ffmpeg:
        missing = " and ".join(n for n, there in (("pydub", pydub is not None), ("ffmpeg", ffmpeg)) if not there)
        how = "pip install 'soundscape[decode]', and install ffmpeg (apt-get install ffmpeg, brew install ffmpeg)"
        name = _foreign_format(path)
        if name is None:
            raise _fault(
                path, "format", f"soundfile cannot decode it; {missing} not installed", f"if it is audio: {how}"
            )
        raise EnvironmentFault(f"{path}: {name} audio needs pydub and ffmpeg; {missing} not installed", hint=how)
    try:
        # One second more than the limit tells a file at the limit from a longer one, and bounds what is decoded.
        segment = pydub.AudioSegment.from_file(str(path), duration=max_seconds + 1.0)
    except (pydub.exceptions.CouldntDecodeError, IndexError, KeyError, ValueError, OSError):
        raise _fault(path, "format", "neither soundfile nor ffmpeg decodes it") from None
    _check_shape(path, int(segment.frame_count()), segment.channels, segment.frame_rate, (max_seconds, max_bytes))
    width = segment.sample_width
    integers = np.frombuffer(segment.raw_data, dtype={1: "<i1", 2: "<i2", 4: "<i4"}[width])
    scaled = (integers.astype(np.float64) / 2.0 ** (8 * width - 1)).astype(np.float32)
    return scaled.reshape(-1, segment.channels), int(segment.frame_rate)


def to_mono(samples: Samples) -> Samples:
    """Return the mean of the channels, shape ``(frames,)``: the one rule by which recordings become mono.

    Summed in float64, so that the result does not depend on the order of the channels' storage.
    """
    if samples.ndim == 1:
        return samples
    if samples.shape[1] == 1:
        return np.ascontiguousarray(samples[:, 0])
    total = np.zeros(len(samples), dtype=np.float64)
    for channel in range(samples.shape[1]):
        total += samples[:, channel]
    mean: Samples = (total / samples.shape[1]).astype(np.float32)
    return mean


def resample(samples: NDArray[Any], from_rate: int, to_rate: int) -> NDArray[Any]:
    """Return samples at another rate, without delay: soxr's ``HQ`` (linear phase, stop band under −120 dB).

    Args:
        samples: floats ``(frames,)`` or ``(frames, channels)``.
        from_rate: their rate in Hz.
        to_rate: the rate wanted, in Hz.

    Returns:
        ``round(frames * to_rate / from_rate)`` frames, halves up, of the dtype given.
    """
    if from_rate == to_rate:
        return samples
    wanted = (2 * len(samples) * to_rate + from_rate) // (2 * from_rate)
    made: NDArray[Any] = np.asarray(soxr.resample(samples, from_rate, to_rate, quality="HQ"))
    if len(made) < wanted:
        made = np.concatenate([made, np.zeros((wanted - len(made), *made.shape[1:]), dtype=made.dtype)])
    return made[:wanted]


def pcm_digest(samples: NDArray[Any], sample_rate: int) -> str:
    """Return the SHA-256, in hex, that names a recording by its samples.

    Layout: the ASCII line ``<kind> <sample_rate> <channels> <frames>\\n``, then the samples, interleaved and little-
    endian. Kind ``i16`` holds them as int16 wherever all are multiples of 1/32768 within its range, so that FLAC, WAV
    and 8-bit copies of one recording agree; otherwise kind ``f32`` holds float32, with −0 as 0.

    Args:
        samples: int16, or floats with full scale ±1; ``(frames,)`` or ``(frames, channels)``.
        sample_rate: in Hz.
    """
    wide = samples[:, None] if samples.ndim == 1 else samples
    kind, data = _canonical(wide)
    state = hashlib.sha256(f"{kind} {sample_rate} {wide.shape[1]} {len(wide)}\n".encode())
    state.update(data)
    return state.hexdigest()


def _canonical(wide: NDArray[Any]) -> tuple[str, bytes]:
    if wide.dtype == np.int16:
        return "i16", np.ascontiguousarray(wide, dtype="<i2").tobytes()
    single = wide.astype(np.float32, copy=False)
    scaled = single * np.float32(32768.0)
    exact = (
        len(scaled) > 0 and bool((scaled == np.rint(scaled)).all()) and -32768 <= scaled.min() <= scaled.max() <= 32767
    )
    if exact:
        return "i16", np.ascontiguousarray(scaled, dtype="<i2").tobytes()
    return "f32", np.ascontiguousarray(single + np.float32(0.0), dtype="<f4").tobytes()


def write_flac(path: Path, samples: Int16, sample_rate: int, *, durable: bool = True) -> str:
    """Write int16 samples ``(frames,)`` or ``(frames, channels)`` as 16-bit FLAC, whole or not at all.

    Returns:
        The SHA-256 of the file's bytes, in hex.

    Raises:
        TypeError: the samples are not int16; quantise them first, encoders round in different ways.
        EnvironmentFault: the disk is full or the folder may not be written.
    """
    if samples.dtype != np.int16:
        raise TypeError(f"samples have dtype {samples.dtype}, expected int16: quantise them before writing")
    # Encoded in memory first, because libsndfile does not tell a full disk from success.
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, sample_rate, format="FLAC", subtype="PCM_16")
    data = buffer.getvalue()
    files.write_bytes(path, data, durable=durable)
    return hashlib.sha256(data).hexdigest()
