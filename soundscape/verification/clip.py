"""One clip's audio: whole, of the stated shape, with the stated samples, as loud as stated and no louder."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from soundscape.records import AnswerKey, ScenePlan, samples
from soundscape.verification import measures
from soundscape.verification.documents import Build
from soundscape.verification.findings import TOLERANCES, Notes
from soundscape.verification.signals import Clip, Floats, read_clip

#: Formats that give back the samples they were given, with the only subtype that they may have here.
LOSSLESS = {"flac": "PCM_16", "wav": "PCM_16"}
#: What a lossy format may do: add frames of padding, and stray by so many tolerances of loudness and peak.
_PADDING = {"ogg": 0, "mp3": 3 * 1152}
_LOSSY_LOUDNESS, _LOSSY_PEAK = 3.0, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A clip's mono samples, full scale ±1, and how it measures. ``exact`` tells that no lossy format is between."""

    mono: Floats
    sample_rate: int
    loudness_lufs: float
    true_peak_dbtp: float
    exact: bool


def check_clip(build: Build, key: AnswerKey, plan: ScenePlan | None, notes: Notes) -> Heard | None:
    """Note what is wrong with a clip's audio file; return what was heard, None where nothing could be."""
    path = build.audio(key.clip_id)
    if not path.is_file():
        return None
    name, exact = build.name(path), build.lock.audio in LOSSLESS
    try:
        clip = read_clip(path)
    except (OSError, ValueError) as error:
        notes.add("readable", str(error), "audio that can be decoded to its end", file=name)
        return None
    _shape(clip, key, build.lock.audio, notes, name)
    if exact:
        notes.same("digest", clip.digest, key.pcm_sha256, file=name)
    _clipped(clip, notes, name)
    mono = clip.pcm[:, 0].astype(np.float64) / 32768.0
    loudness, peak = measures.integrated(mono, clip.sample_rate), measures.true_peak(mono)
    loudness_scale, peak_scale = (1.0, 1.0) if exact else (_LOSSY_LOUDNESS, _LOSSY_PEAK)
    notes.near("loudness_lufs", loudness, stated_level(key.loudness_lufs), scale=loudness_scale)
    notes.near("true_peak_dbtp", peak, stated_level(key.true_peak_dbtp), scale=peak_scale)
    if plan is not None:
        _asked(loudness, peak, plan, (loudness_scale, peak_scale), notes)
    return Heard(mono=mono, sample_rate=clip.sample_rate, loudness_lufs=loudness, true_peak_dbtp=peak, exact=exact)


def stated_level(stated: float | None) -> float:
    """Return a level of the key, which has None for silence."""
    return -math.inf if stated is None else stated


def _shape(clip: Clip, key: AnswerKey, audio: str, notes: Notes, name: str) -> None:
    frames, channels = clip.pcm.shape
    if audio in LOSSLESS:
        notes.same("subtype", clip.subtype, LOSSLESS[audio], file=name)
        # Some encoders sign what they write; nothing of ours does, and a title would give the answer away.
        for tag, text in clip.tags.items():
            notes.add(f"tag {tag}", text, None, file=name)
        notes.same("frames announced", clip.announced, frames, file=name)
    notes.same("sample_rate", clip.sample_rate, key.sample_rate, file=name)
    notes.same("channels", channels, key.channels, file=name)
    expected = samples(key.duration, clip.sample_rate)
    if abs(frames - expected) > _PADDING.get(audio, 0):
        notes.add("duration", round(frames / clip.sample_rate, 6), key.duration, file=name)


def _clipped(clip: Clip, notes: Notes, name: str) -> None:
    wide = clip.pcm.astype(np.int32)
    count = int((np.abs(wide) >= 32767).sum())
    if count:
        notes.add("clipped samples", count, 0, file=name)


def _asked(loudness: float, peak: float, plan: ScenePlan, scales: tuple[float, float], notes: Notes) -> None:
    """Note a clip that misses the loudness asked for without being held down by its ceiling, or that passes that."""
    if peak > plan.true_peak_dbtp:
        notes.near("true_peak_ceiling", peak, plan.true_peak_dbtp, scale=scales[1], tolerance="true_peak_dbtp")
    if plan.loudness_lufs is None or not math.isfinite(loudness):
        return
    slack = scales[1] * TOLERANCES["true_peak_dbtp"].width
    if loudness > plan.loudness_lufs or peak < plan.true_peak_dbtp - slack:
        notes.near("loudness_asked", loudness, plan.loudness_lufs, scale=scales[0], tolerance="loudness_lufs")
