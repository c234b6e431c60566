"""Measured responses from files: aligned by rule, trimmed, measured, refused with a reason."""

import numpy as np
import pytest
import soundfile

from soundscape.errors import BankError
from soundscape.records import RoomPlan
from soundscape.rendering.rooms import measured_files, read_measured, response

ROOM = RoomPlan(dimensions=(6.0, 5.0, 3.0), rt60=0.5, microphone=(2.0, 2.0, 1.5), tail_seed=3)


def recording(sample_rate, lead=2000, noise_db=-75.0, gain=0.3):
    """A simulated response as a microphone would record it: late, quieter, and followed by noise."""
    made = response(ROOM, (3.4, 2.5, 1.2), sample_rate, name="e")
    x = np.random.default_rng(1).standard_normal(lead + len(made.samples) + sample_rate // 2) * 10 ** (noise_db / 20)
    x[lead : lead + len(made.samples)] += made.samples
    return (x * gain).astype(np.float32), made


def write(folder, name, x, sample_rate):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, x, sample_rate, subtype="FLOAT")
    return path


@pytest.mark.parametrize("gain", [0.3, -0.3])
def test_delay_gain_and_polarity_are_taken_out(tmp_path, gain):
    x, made = recording(24_000, gain=gain)
    found = read_measured(write(tmp_path, "hall.wav", x, 24_000), 24_000)
    heard = found.response
    assert heard.samples[heard.direct] == pytest.approx(1.0)
    assert heard.direct == 24
    np.testing.assert_allclose(heard.samples[24 : 24 + 4000], made.samples[:4000], atol=0.01)
    assert heard.facts.rt60 == pytest.approx(0.5, rel=0.05)
    assert heard.distance is None
    assert found.name == "hall.wav"


def test_noise_after_the_decay_is_cut_off(tmp_path):
    x, made = recording(24_000, noise_db=-70.0)
    heard = read_measured(write(tmp_path, "a.wav", x, 24_000), 24_000).response
    assert 0.6 * len(made.samples) < len(heard.samples) < 1.1 * len(made.samples)


def test_other_rates_are_resampled_and_the_digest_stays(tmp_path):
    # Hardly any noise: where noise meets the decay depends on how much of the spectrum is looked at.
    x, _ = recording(48_000, noise_db=-110.0)
    path = write(tmp_path, "a.wav", x, 48_000)
    slow, fast = read_measured(path, 24_000), read_measured(path, 48_000)
    assert slow.digest == fast.digest
    assert slow.response.sample_rate == 24_000
    assert slow.response.samples[slow.response.direct] == pytest.approx(1.0)
    assert slow.response.facts.rt60 == pytest.approx(fast.response.facts.rt60, rel=0.03)
    assert len(slow.response.samples) == pytest.approx(len(fast.response.samples) / 2, rel=0.05)


def test_digest_names_the_samples(tmp_path):
    x, _ = recording(24_000)
    one = read_measured(write(tmp_path, "a.wav", x, 24_000), 24_000)
    same = read_measured(write(tmp_path, "b.wav", x, 24_000), 24_000)
    x[5000] += 0.01
    other = read_measured(write(tmp_path, "c.wav", x, 24_000), 24_000)
    assert one.digest == same.digest != other.digest


def test_a_later_reflection_that_is_stronger_does_not_count_as_direct(tmp_path):
    x, _ = recording(24_000)
    x[2000 + 300] = 2.0 * x[2000]
    heard = read_measured(write(tmp_path, "a.wav", x, 24_000), 24_000).response
    assert heard.samples[heard.direct + 300] == pytest.approx(2.0, rel=0.01)


def test_channels_are_chosen_never_mixed(tmp_path):
    x, _ = recording(24_000)
    path = write(tmp_path, "two.wav", np.stack([np.zeros_like(x), x], axis=1), 24_000)
    with pytest.raises(BankError, match="2 channels"):
        read_measured(path, 24_000)
    with pytest.raises(BankError, match="channel 2"):
        read_measured(path, 24_000, channel=2)
    with pytest.raises(BankError, match="channel 0 is silent"):
        read_measured(path, 24_000, channel=0)
    alone = read_measured(write(tmp_path, "one.wav", x, 24_000), 24_000)
    assert read_measured(path, 24_000, channel=1).digest == alone.digest


def test_what_is_no_response_is_refused(tmp_path):
    x, _ = recording(24_000)
    broken = x.copy()
    broken[100] = np.nan
    noise = np.random.default_rng(2).standard_normal(24_000).astype(np.float32) * 0.1
    click = np.zeros(24_000, dtype=np.float32)
    click[500] = 0.5
    for name, samples, words in (
        ("silent", np.zeros(24_000, dtype=np.float32), "silen"),
        ("broken", broken, "NaN"),
        ("noise", noise, "no RT60"),
        ("click", click, "no RT60"),
    ):
        with pytest.raises(BankError, match=words):
            read_measured(write(tmp_path, f"{name}.wav", samples, 24_000), 24_000)
    with pytest.raises(BankError):
        read_measured(tmp_path / "absent.wav", 24_000)


def test_files_are_listed_by_name_in_all_subfolders(tmp_path):
    x = np.ones(10, dtype=np.float32)
    for name in ("b.wav", "a/z.WAV", "a/b.wav", "notes.txt"):
        if name.endswith("txt"):
            (tmp_path / name).write_text("no audio")
        else:
            write(tmp_path, name.lower(), x, 24_000).rename(tmp_path / name)
    found = [p.relative_to(tmp_path).as_posix() for p in measured_files(tmp_path)]
    assert found == ["a/b.wav", "a/z.WAV", "b.wav"]


def test_folders_without_files_are_refused(tmp_path):
    with pytest.raises(BankError, match="no WAV"):
        measured_files(tmp_path)
    with pytest.raises(BankError, match="not a folder"):
        measured_files(tmp_path / "absent")
