"""The spectrogram: tones lie where the scale says, in the columns when they sound; the PNG decodes to what went in."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from soundscape.reports import spectrogram
from soundscape.reports.spectrogram import HEIGHT, LEVELS, RANGE_DB, WIDTH, height_of, levels, png

RATE = 24_000


def tone(hz: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE)) / RATE)


@pytest.mark.parametrize("hz", [100.0, 440.0, 1_000.0, 5_000.0, 11_000.0])
def test_a_tone_lies_at_its_height(hz: float) -> None:
    strongest = levels(tone(hz, 10.0), RATE)[:, WIDTH // 2].argmax()
    # Below 200 Hz bins are wider than rows, so the strongest row may be any within one bin.
    assert abs((HEIGHT - 1 - strongest + 0.5) / HEIGHT - height_of(hz, RATE)) < (3 if hz < 200 else 1) / HEIGHT


def test_time_runs_evenly_from_edge_to_edge() -> None:
    x = np.zeros(20 * RATE)
    x[5 * RATE : 15 * RATE] = tone(1_000.0, 10.0)
    loud = np.flatnonzero(levels(x, RATE).max(axis=0) > LEVELS // 2)
    assert abs(loud[0] - WIDTH / 4) <= 2
    assert abs(loud[-1] - 3 * WIDTH / 4) <= 2
    assert len(loud) == loud[-1] - loud[0] + 1


def test_brightness_is_decibels_under_the_strongest() -> None:
    x = np.concatenate([tone(1_000.0, 5.0), tone(1_000.0, 5.0) * 10 ** (-35 / 20)])
    steps = levels(x, RATE)
    loud, soft = (int(steps[:, at].max()) for at in (WIDTH // 4, 3 * WIDTH // 4))
    assert loud == LEVELS - 1
    assert abs((loud - soft) / (LEVELS - 1) * RANGE_DB - 35.0) < RANGE_DB / LEVELS


def test_no_moment_of_a_long_clip_is_passed_over() -> None:
    x = np.zeros(600 * RATE)
    rng = np.random.default_rng(1)
    clicks = rng.integers(RATE, len(x) - RATE, 40)
    x[clicks] = 1.0
    heard = levels(x, RATE).max(axis=0)
    assert all(heard[click * WIDTH // len(x)] > 0 for click in clicks)


@pytest.mark.parametrize("samples", [1, 10, 999])
def test_clips_shorter_than_a_window_have_a_picture(samples: int) -> None:
    assert levels(np.ones(samples), RATE).shape == (HEIGHT, WIDTH)


def test_silence_is_blank_and_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not levels(np.zeros(RATE), RATE).any()
    x = np.random.default_rng(2).standard_normal(3 * RATE)
    whole = levels(x, RATE)
    monkeypatch.setattr(spectrogram, "_BLOCK", 100)
    assert np.abs(levels(x, RATE).astype(int) - whole).max() <= 1


def decoded(data: bytes) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices and the palette of a PNG, read by the standard."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, chunks = 8, {}
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size]) == (zlib.crc32(kind + content),)
        chunks[kind] = content
        at += 12 + size
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour, rest) == (8, 3, [0, 0, 0])
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not lines[:, 0].any()
    return lines[:, 1:], np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(-1, 3)


def test_the_picture_is_a_png_whose_greys_fall_evenly() -> None:
    steps = np.random.default_rng(3).integers(0, LEVELS, (HEIGHT, WIDTH)).astype(np.uint8)
    read, palette = decoded(png(steps))
    assert (read == steps).all()
    luma = palette @ np.array([0.2126, 0.7152, 0.0722])
    assert len(luma) == LEVELS
    assert luma[0] == pytest.approx(255.0)
    assert (np.diff(luma) < 0).all()  # in a grey print louder is darker, everywhere
