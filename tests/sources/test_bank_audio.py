"""Decoding within limits, digests of samples, exact writing."""

from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from soundscape.errors import EnvironmentFault
from soundscape.sources import audio
from soundscape.sources.audio import AudioFault

RATE = 16_000


def noise(seconds: float = 1.0, channels: int = 1) -> np.ndarray:
    drawn = np.random.default_rng(3).normal(scale=0.1, size=(round(seconds * RATE), channels))
    return (np.clip(drawn, -0.9, 0.9) * 32768).astype(np.int16)


def fault(path: Path, **limits: float) -> AudioFault:
    with pytest.raises(AudioFault) as caught:
        audio.decode(path, **limits)
    assert str(path) in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "PCM_16"), ("flac", "PCM_16"), ("aiff", "PCM_16"), ("au", "PCM_16"), ("wav", "PCM_24"), ("wav", "FLOAT")],
)
def test_lossless_formats_decode_to_the_same_samples_and_digest(tmp_path: Path, suffix: str, subtype: str) -> None:
    samples = noise(channels=2)
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, samples / 32768.0, RATE, subtype=subtype)
    decoded, rate = audio.decode(path)
    assert (decoded.dtype, rate) == (np.float32, RATE)
    assert np.array_equal(decoded * 32768, samples)
    assert audio.pcm_digest(decoded, rate) == audio.pcm_digest(samples, RATE)


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_lossy_formats_decode_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, noise(3.0) / 32768.0, RATE)
    decoded, rate = audio.decode(path)
    assert rate == RATE
    assert abs(len(decoded) - 3 * RATE) <= 1152


def test_missing_file(tmp_path: Path) -> None:
    assert fault(tmp_path / "none.wav").reason == "missing"
    assert fault(tmp_path).reason == "missing"


def test_empty_file_and_file_without_frames(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()
    soundfile.write(tmp_path / "b.wav", np.zeros(0), RATE)
    assert fault(tmp_path / "a.wav").reason == "empty"
    assert fault(tmp_path / "b.wav").reason == "empty"


def test_text_that_calls_itself_audio(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("this is no sound at all, however long it may be\n" * 50)
    assert fault(tmp_path / "a.wav").reason == "format"


def test_wave_header_without_a_format(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF" + struct.pack("<I", 4) + b"WAVE")
    assert fault(tmp_path / "a.wav").reason == "format"


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "au", "ogg", "mp3"])
@pytest.mark.parametrize("share", [0.5, 0.95])
def test_truncated_files_are_found(tmp_path: Path, suffix: str, share: float) -> None:
    whole, cut = tmp_path / f"whole.{suffix}", tmp_path / f"cut.{suffix}"
    soundfile.write(whole, noise(3.0) / 32768.0, RATE)
    data = whole.read_bytes()
    cut.write_bytes(data[: int(len(data) * share)])
    audio.decode(whole)
    assert fault(cut).reason == "truncated"


def test_header_of_a_stream_that_did_not_know_its_length_is_not_truncation(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(), RATE)
    data = bytearray(path.read_bytes())
    data[4:8] = data[40:44] = b"\xff\xff\xff\xff"
    path.write_bytes(data)
    decoded, _ = audio.decode(path)
    assert np.array_equal(decoded * 32768, noise())


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_samples_that_are_not_finite(tmp_path: Path, value: float) -> None:
    samples = np.full((RATE, 2), 0.1, dtype=np.float32)
    samples[77, 1] = value
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    error = fault(tmp_path / "a.wav")
    assert error.reason == "not_finite"
    assert "frame 77" in error.message


def test_silence_is_refused_and_the_quietest_sound_is_not(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.full(RATE, 3, dtype=np.int16), RATE)
    soundfile.write(tmp_path / "quiet.wav", np.full(RATE, 4, dtype=np.int16), RATE)
    assert fault(tmp_path / "silent.wav").reason == "silent"
    audio.decode(tmp_path / "quiet.wav")


def test_limits_of_duration_and_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(2.0), RATE)
    assert fault(path, max_seconds=1.99).reason == "too_long"
    assert fault(path, max_bytes=4 * 2 * RATE - 1).reason == "too_large"
    audio.decode(path, max_seconds=2.0, max_bytes=4 * 2 * RATE + 44)


def test_an_enormous_header_is_refused_before_memory_is_taken(tmp_path: Path) -> None:
    # A sparse file of 3 h at 16 kHz: 350 MB that do not exist.
    path = tmp_path / "a.wav"
    frames = 3 * 3600 * RATE
    header = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + 2 * frames, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2,
                         16, b"data", 2 * frames)  # fmt: skip
    with path.open("wb") as file:
        file.write(header)
        file.truncate(44 + 2 * frames)
    assert fault(path).reason == "too_long"


def test_rates_that_no_recording_has(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", noise(), 800)
    assert fault(tmp_path / "a.wav").reason == "format"


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
class TestFfmpeg:
    def encode(self, tmp_path: Path, name: str, *options: str) -> Path:
        soundfile.write(tmp_path / "in.wav", noise(3.0), RATE)
        path = tmp_path / name
        command = ["ffmpeg", "-loglevel", "error", "-y", "-i", str(tmp_path / "in.wav"), *options, str(path)]
        subprocess.run(command, check=True)
        return path

    @pytest.mark.parametrize("name", ["a.m4a", "a.webm", "a.aac", "a.wv"])
    def test_formats_that_soundfile_does_not_know(self, tmp_path: Path, name: str) -> None:
        decoded, rate = audio.decode(self.encode(tmp_path, name))
        assert abs(len(decoded) / rate - 3.0) < 0.2
        assert 0.05 < float(decoded.std()) < 0.15

    def test_wavpack_is_lossless(self, tmp_path: Path) -> None:
        decoded, _ = audio.decode(self.encode(tmp_path, "a.wv"))
        assert np.array_equal(decoded * 32768, noise(3.0))

    def test_flac_stream_of_unknown_length(self, tmp_path: Path) -> None:
        path = tmp_path / "a.flac"
        path.write_bytes(subprocess.run(
            ["ffmpeg", "-loglevel", "error", "-i", str(self.encode(tmp_path, "b.wav")), "-f", "flac", "-"],
            check=True, capture_output=True,
        ).stdout)  # fmt: skip
        assert soundfile.info(path).frames > 2**62
        decoded, _ = audio.decode(path)
        assert np.array_equal(decoded * 32768, noise(3.0))

    def test_variable_bit_rate_without_a_header_loses_nothing(self, tmp_path: Path) -> None:
        # Quiet first, loud after: from the first frame libsndfile estimates about half of what there is.
        samples = np.concatenate([noise(8.0) // 512, noise(8.0)])
        soundfile.write(tmp_path / "in.wav", samples, RATE)
        path = tmp_path / "a.mp3"
        command = ["ffmpeg", "-loglevel", "error", "-i", str(tmp_path / "in.wav"), "-q:a", "4", "-write_xing", "0"]
        subprocess.run([*command, str(path)], check=True)
        assert soundfile.info(path).frames < 0.9 * len(samples)
        decoded, _ = audio.decode(path)
        assert abs(len(decoded) - len(samples)) <= 3 * 1152

    def test_limit_of_duration(self, tmp_path: Path) -> None:
        assert fault(self.encode(tmp_path, "a.m4a"), max_seconds=2.0).reason == "too_long"

    def test_damaged_container(self, tmp_path: Path) -> None:
        path = self.encode(tmp_path, "a.m4a")
        path.write_bytes(path.read_bytes()[:2000])
        assert fault(path).reason == "format"

    def test_missing_ffmpeg_is_the_machines_fault_and_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = self.encode(tmp_path, "a.m4a")
        monkeypatch.setenv("PATH", "")
        with pytest.raises(EnvironmentFault, match=r"MPEG-4.*ffmpeg not installed") as caught:
            audio.decode(path)
        assert "soundscape[decode]" in str(caught.value)
        (tmp_path / "b.wav").write_bytes(b"no audio at all, whoever is asked")
        assert fault(tmp_path / "b.wav").reason == "format"


def test_audio_fault_survives_the_way_back_from_a_worker() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(AudioFault("a: b", reason="silent", hint="c")))
    assert (error.message, error.reason, error.hint) == ("a: b", "silent", "c")


# ------------------------------------------------------------------------------------------------ digests and writing

int16_arrays = hnp.arrays(np.int16, st.tuples(st.integers(1, 40), st.integers(1, 3)))


@given(int16_arrays)
def test_digest_is_that_of_the_int16_samples_whatever_carries_them(samples: np.ndarray) -> None:
    expected = audio.pcm_digest(samples, RATE)
    assert audio.pcm_digest(samples.astype(np.float32) / 32768, RATE) == expected
    assert audio.pcm_digest(samples.astype(np.float64) / 32768, RATE) == expected
    assert audio.pcm_digest(np.asfortranarray(samples), RATE) == expected


@given(int16_arrays, st.data())
def test_digest_tells_apart_samples_rate_and_shape(samples: np.ndarray, data: st.DataObject) -> None:
    expected = audio.pcm_digest(samples, RATE)
    other = samples.copy()
    at = data.draw(st.integers(0, samples.size - 1))
    other.flat[at] ^= 1
    assert audio.pcm_digest(other, RATE) != expected
    assert audio.pcm_digest(samples, RATE + 1) != expected
    flat = samples.reshape(-1, 1)
    assert (audio.pcm_digest(flat, RATE) == expected) == (flat.shape == samples.shape)
    assert (samples.astype(np.float32) / 32768 + np.float32(2**-20)).shape == samples.shape
    assert audio.pcm_digest(samples.astype(np.float32) / 32768 + np.float32(2**-20), RATE) != expected


def test_digest_layout_is_the_documented_one() -> None:
    samples = np.array([[1, -2], [3, 32767]], dtype=np.int16)
    data = b"i16 8000 2 2\n" + struct.pack("<4h", 1, -2, 3, 32767)
    assert audio.pcm_digest(samples, 8000) == hashlib.sha256(data).hexdigest()
    floats = np.array([0.1, -0.0], dtype=np.float32)
    data = b"f32 8000 1 2\n" + struct.pack("<2f", 0.1, 0.0)
    assert audio.pcm_digest(floats, 8000) == hashlib.sha256(data).hexdigest()


@settings(max_examples=20)
@given(int16_arrays)
def test_written_samples_come_back_exactly(tmp_path_factory: pytest.TempPathFactory, samples: np.ndarray) -> None:
    folder = tmp_path_factory.mktemp("written")
    content = audio.write_flac(folder / "a.flac", samples, RATE, durable=False)
    back, rate = soundfile.read(folder / "a.flac", dtype="int16", always_2d=True)
    assert rate == RATE
    assert np.array_equal(back, samples)
    assert content == hashlib.sha256((folder / "a.flac").read_bytes()).hexdigest()
    assert [p.name for p in folder.iterdir()] == ["a.flac"]


def test_the_writer_refuses_what_it_would_have_to_round(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="int16"):
        audio.write_flac(tmp_path / "a.flac", np.zeros(10, dtype=np.float32), RATE)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import os

    path = tmp_path / "a.flac"
    audio.write_flac(path, noise(), RATE)
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EnvironmentFault, match="no space left"):
        audio.write_flac(path, noise(2.0), RATE)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.flac"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_really_full_disk_is_named() -> None:
    from soundscape import files

    full = Path("/dev/full")
    with (
        pytest.raises(EnvironmentFault, match="no space left"),
        files.disk_faults(full),
        full.open("wb", buffering=0) as file,
    ):
        file.write(b"x")


# ---------------------------------------------------------------------------------------------- channels and resampling


def test_mono_is_the_mean_of_the_channels() -> None:
    samples = np.array([[0.5, 0.25], [-1.0, 1.0]], dtype=np.float32)
    assert audio.to_mono(samples).tolist() == [0.375, 0.0]
    assert audio.to_mono(samples[:, :1]).tolist() == [0.5, -1.0]
    assert audio.to_mono(samples[:, 0]).tolist() == [0.5, -1.0]


@given(
    st.integers(1, 5000), st.sampled_from([8000, 16000, 22050, 44100, 48000]), st.sampled_from([16000, 24000, 48000])
)
def test_resampled_length_follows_the_rule(frames: int, from_rate: int, to_rate: int) -> None:
    made = audio.resample(np.zeros(frames, dtype=np.float32), from_rate, to_rate)
    assert len(made) == int(np.floor(frames * to_rate / from_rate + 0.5))
    assert made.dtype == np.float32


def test_resampling_keeps_time_and_level() -> None:
    time = np.arange(RATE) / RATE
    tone = np.sin(2 * np.pi * 440 * time) * np.hanning(RATE)
    made = audio.resample(tone, RATE, 24_000)
    expected = np.sin(2 * np.pi * 440 * np.arange(24_000) / 24_000) * np.interp(
        np.arange(24_000) / 24_000, time, np.hanning(RATE)
    )
    assert np.abs(made - expected).max() < 1e-4
