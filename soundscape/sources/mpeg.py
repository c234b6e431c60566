"""How many samples an MP3 file holds, by walking its frame headers (ISO/IEC 11172-3 and 13818-3, layer III).

libsndfile estimates the length of a file without a Xing or Info header from its first frame, and reads no further than
that: of a variable bit rate file it may return half without a word. The walk is how :mod:`soundscape.sources.audio`
notices.
"""

from __future__ import annotations

_KBPS_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_KBPS_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_LAYER_III = 1


def count_samples(data: bytes) -> int | None:
    """Return the number of samples a channel in the frames of an MP3 file, encoder delay and padding included.

    None where the data is not a plain run of layer III frames after an optional ID3v2 tag.
    """
    at = _after_id3(data)
    total = 0
    while at + 4 <= len(data):
        step = _frame(data, at)
        if step is None:
            break
        length, count = step
        at += length
        total += count
    # An ID3v1 or APE tag may follow the last frame; anything longer means that the walk lost its way.
    return total if total and len(data) - at <= 1 << 16 else None


def _after_id3(data: bytes) -> int:
    if data[:3] != b"ID3" or len(data) < 10:
        return 0
    a, b, c, d = data[6:10]
    return 10 + (a << 21 | b << 14 | c << 7 | d)


def _frame(data: bytes, at: int) -> tuple[int, int] | None:
    """Return the length in bytes and in samples of the frame that begins here, or None."""
    if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    bit_rate, rate, padding = data[at + 2] >> 4, data[at + 2] >> 2 & 3, data[at + 2] >> 1 & 1
    if layer != _LAYER_III or version not in _RATES or rate == 3 or bit_rate in (0, 15):
        return None
    kbps, factor, count = (_KBPS_1, 144, 1152) if version == 3 else (_KBPS_2, 72, 576)
    return factor * kbps[bit_rate] * 1000 // _RATES[version][rate] + padding, count
