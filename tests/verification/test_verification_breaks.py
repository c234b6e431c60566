"""Ways to break a build, and what verification says of each: what, in which clip, in which event."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from soundscape.errors import BuildError
from soundscape.verification import Finding, verify

# (clip's index or None, event or None, figure)
Expected = list[tuple[int | None, str | None, str]]
Break = Callable[[Any], Expected]

BREAKS: dict[str, Break] = {}


def way(function: Break) -> Break:
    BREAKS[function.__name__] = function
    return function


def speech(b: Any, index: int = 0) -> str:
    return str(b.event_of(index, type="speech"))


# --- audio -----------------------------------------------------------------------------------------------------------


@way
def audio_50_ms_late(b: Any) -> Expected:
    b.rewrite(b.audio(1), lambda x: np.roll(x, 1200))
    return [(1, None, "digest"), (1, None, "stems_sum")]


@way
def two_clips_swapped(b: Any) -> Expected:
    one, other = b.audio(0).read_bytes(), b.audio(1).read_bytes()
    b.audio(0).write_bytes(other)
    b.audio(1).write_bytes(one)
    return [(0, None, "digest"), (1, None, "digest")]


@way
def flac_truncated(b: Any) -> Expected:
    data = b.audio(1).read_bytes()
    b.audio(1).write_bytes(data[: len(data) // 2])
    return [(1, None, "readable")]


@way
def one_byte_of_audio_flipped(b: Any) -> Expected:
    data = bytearray(b.audio(2).read_bytes())
    data[len(data) // 2] ^= 0x10
    b.audio(2).write_bytes(data)
    return [(2, None, "readable")]


@way
def one_sample_one_step_off(b: Any) -> Expected:
    def change(x: Any) -> Any:
        x[5000] += 1 << 16
        return x

    b.rewrite(b.audio(0), change)
    return [(0, None, "digest")]


@way
def audio_empty(b: Any) -> Expected:
    b.audio(0).write_bytes(b"")
    return [(0, None, "readable")]


@way
def sample_rate_of_another(b: Any) -> Expected:
    b.rewrite(b.audio(1), lambda x: x, rate=16_000)
    return [(1, None, "sample_rate"), (1, None, "duration")]


@way
def mono_made_stereo(b: Any) -> Expected:
    b.rewrite(b.audio(2), lambda x: np.stack([x, x], axis=1))
    return [(2, None, "channels")]


@way
def end_cut_off(b: Any) -> Expected:
    b.rewrite(b.audio(0), lambda x: x[:-2400])
    return [(0, None, "duration")]


@way
def samples_clipped(b: Any) -> Expected:
    def change(x: Any) -> Any:
        x[3000:3010] = 2**31 - 1
        return x

    b.rewrite(b.audio(1), change)
    return [(1, None, "clipped samples"), (1, None, "true_peak_ceiling"), (1, None, "true_peak_dbtp")]


@way
def louder_file_with_its_digests_made_to_fit(b: Any) -> Expected:
    b.rewrite(b.audio(0), lambda x: np.rint(x / 65536.0 * 1.41).astype(np.int32) << 16)
    x = soundfile.read(b.audio(0), dtype="int16")[0]
    digest = hashlib.sha256(f"i16 24000 1 {len(x)}\n".encode() + x.tobytes()).hexdigest()
    b.edit(b.key, 0, lambda k: k.update(pcm_sha256=digest))
    b.edit_json("soundscape.lock.json", lambda lock: lock["clips"].update({b.clips[0]: digest}))
    return [
        (0, None, "loudness_lufs"),
        (0, None, "loudness_asked"),
        (0, None, "true_peak_dbtp"),
        (0, None, "stems_sum"),
    ]


@way
def title_in_the_audio_file(b: Any) -> Expected:
    with soundfile.SoundFile(b.audio(1)) as file:
        x = file.read(dtype="int16")
    with soundfile.SoundFile(b.audio(1), "w", 24_000, 1, "PCM_16", format="FLAC") as file:
        file.title = "two people talk over music"
        file.write(x)
    return [(1, None, "tag title")]


@way
def audio_of_24_bits(b: Any) -> Expected:
    b.rewrite(b.audio(1), lambda x: x, subtype="PCM_24")
    return [(1, None, "subtype")]


# --- files -----------------------------------------------------------------------------------------------------------


@way
def clip_missing(b: Any) -> Expected:
    b.audio(1).unlink()
    return [(1, None, "file")]


@way
def file_too_many(b: Any) -> Expected:
    shutil.copy(b.audio(0), b.audio(0).with_name("small-test-000003.flac"))
    return [(None, None, "file")]


@way
def transcript_beside_the_audio(b: Any) -> Expected:
    b.audio(2).with_suffix(".txt").write_text("what is said")
    return [(2, None, "file")]


@way
def clip_renamed(b: Any) -> Expected:
    b.audio(2).rename(b.audio(2).with_name("small-test-000009.flac"))
    return [(2, None, "file"), (None, None, "file")]


@way
def credits_missing(b: Any) -> Expected:
    (b.folder / "CREDITS.md").unlink()
    return [(None, None, "file")]


# --- what a system may see -------------------------------------------------------------------------------------------


@way
def metadata_tell_the_words(b: Any) -> Expected:
    b.edit(b.metadata, 1, lambda m: m.update(transcription="what is said"))
    return [(1, None, "metadata transcription")]


@way
def metadata_with_another_duration(b: Any) -> Expected:
    b.edit(b.metadata, 0, lambda m: m.update(duration=m["duration"] + 0.5))
    return [(0, None, "metadata duration")]


@way
def metadata_without_a_clip(b: Any) -> Expected:
    b.metadata.write_bytes(b"".join(b.metadata.read_bytes().splitlines(keepends=True)[:2]))
    return [(2, None, "metadata")]


# --- answer key ------------------------------------------------------------------------------------------------------


@way
def start_time_edited(b: Any) -> Expected:
    event = speech(b)
    b.edit_event(0, event, lambda e: e.update(start_time=round(e["start_time"] + 0.1, 3)))
    return [(0, event, "start_time"), (0, event, "onset"), (0, event, "active_regions")]


@way
def end_time_edited(b: Any) -> Expected:
    event = b.event_of(2, type="sound_event", role="foreground")
    b.edit_event(2, event, lambda e: e.update(end_time=round(e["end_time"] - 0.05, 3)))
    return [(2, event, "end_time"), (2, event, "offset")]


@way
def times_edited_in_key_and_plan_alike(b: Any) -> Expected:
    event = speech(b, 1)

    def later(e: dict[str, Any]) -> None:
        for name in ("start_time", "end_time"):
            e[name] = round(e[name] + 0.05, 3)
        for span in [e["placed"], *e.get("active_regions", [])]:
            span.update({k: round(v + 0.05, 3) for k, v in span.items()})

    def plan(p: dict[str, Any]) -> None:
        later(next(e for e in p["events"] if e["event_id"] == event))

    b.edit(b.plans, 1, plan)
    digest = hashlib.sha256(b.plans.read_bytes().splitlines()[1]).hexdigest()
    b.edit_event(1, event, later)
    b.edit(b.key, 1, lambda k: k.update(plan_digest=digest))
    return [(1, event, "onset"), (1, event, "offset")]


@way
def event_dropped(b: Any) -> Expected:
    event = b.foreground(0)[-1]
    b.edit(b.key, 0, lambda k: k.update(events=[e for e in k["events"] if e["event_id"] != event]))
    return [(0, event, "event"), (0, event, "file"), (0, None, "stems_sum")]


@way
def event_added(b: Any) -> Expected:
    b.edit(b.key, 1, lambda k: k["events"].append({**k["events"][0], "event_id": "e77"}))
    return [(1, "e77", "event"), (1, "e77", "file")]


@way
def event_id_twice(b: Any) -> Expected:
    first, second = b.foreground(0)[:2]
    b.edit_event(0, second, lambda e: e.update(event_id=first))
    return [(0, first, "event_id"), (0, second, "event")]


@way
def nan_in_the_key(b: Any) -> Expected:
    text = b.key.read_text()
    b.key.write_text(text.replace('"level_lufs":', '"level_lufs":NaN,"was":', 1))
    return [(0, None, "json")]


@way
def one_byte_of_the_key_flipped(b: Any) -> Expected:
    rows = b.key.read_bytes().splitlines()
    rows[2] = rows[2].replace(b'"channels"', b'"chan.els"', 1)
    b.key.write_bytes(b"\n".join(rows) + b"\n")
    return [(2, None, "schema /chan.els")]


@way
def one_byte_of_the_json_flipped(b: Any) -> Expected:
    rows = b.key.read_bytes().splitlines()
    rows[1] = rows[1].replace(b'"channels":', b'"channels"{', 1)
    b.key.write_bytes(b"\n".join(rows) + b"\n")
    return [(1, None, "json")]


@way
def clip_twice_in_the_key(b: Any) -> Expected:
    rows = b.key.read_bytes().splitlines(keepends=True)
    b.key.write_bytes(b"".join([*rows, rows[1]]))
    return [(1, None, "clip")]


@way
def clip_without_a_key(b: Any) -> Expected:
    b.key.write_bytes(b"".join(b.key.read_bytes().splitlines(keepends=True)[:2]))
    return [(2, None, "clip")]


@way
def key_of_an_unknown_clip(b: Any) -> Expected:
    b.edit(b.key, 2, lambda k: k.update(clip_id="small-test-000008"))
    return [(None, None, "clip"), (2, None, "clip")]


@way
def level_edited(b: Any) -> Expected:
    event = speech(b, 1)
    b.edit_event(1, event, lambda e: e.update(level_lufs=e["level_lufs"] - 0.5))
    return [(1, event, "level_lufs")]


@way
def snr_edited(b: Any) -> Expected:
    event = speech(b, 2)
    b.edit_event(2, event, lambda e: e.update(snr_db=e["snr_db"] + 1.0))
    return [(2, event, "snr_db")]


@way
def glimpse_proportion_edited(b: Any) -> Expected:
    event = speech(b, 1)
    b.edit_event(1, event, lambda e: e.update(glimpse_proportion=round(e["glimpse_proportion"] - 0.05, 4)))
    return [(1, event, "glimpse_proportion")]


@way
def loudness_label_edited(b: Any) -> Expected:
    event = b.event_of(0, type="sound_event", role="foreground")
    b.edit_event(0, event, lambda e: e.update(loudness="very_loud"))
    return [(0, event, "loudness")]


@way
def inaudible_event_marked(b: Any) -> Expected:
    event = speech(b)
    b.edit_event(0, event, lambda e: e.update(glimpse_proportion=0.01))
    return [(0, event, "scored"), (0, event, "glimpse_proportion")]


@way
def one_voice_for_two(b: Any) -> Expected:
    talk = [e for e in b.clip(1)["events"] if e["type"] == "speech"]
    one, other = next(
        (x, y) for x in talk for y in talk if x["start_time"] < y["start_time"] < x["end_time"] - 0.01
    )  # fmt: skip
    b.edit_event(1, other["event_id"], lambda e: e.update(speaker_id=one["speaker_id"]))
    return [(1, other["event_id"], "speaker overlap"), (1, other["event_id"], "speaker_id")]


@way
def overlap_of_speech_edited(b: Any) -> Expected:
    b.edit(b.key, 0, lambda k: k.update(speech_overlap=round(k["speech_overlap"] + 0.02, 4)))
    return [(0, None, "speech_overlap")]


@way
def languages_edited(b: Any) -> Expected:
    b.edit(b.key, 2, lambda k: k.update(languages=["zh"]))
    return [(2, None, "languages")]


@way
def clip_loudness_edited(b: Any) -> Expected:
    b.edit(b.key, 2, lambda k: k.update(loudness_lufs=k["loudness_lufs"] + 0.3))
    return [(2, None, "loudness_lufs")]


@way
def true_peak_edited(b: Any) -> Expected:
    b.edit(b.key, 1, lambda k: k.update(true_peak_dbtp=k["true_peak_dbtp"] - 0.3))
    return [(1, None, "true_peak_dbtp")]


@way
def rt60_edited(b: Any) -> Expected:
    clip = b.roomy
    b.edit(b.key, clip, lambda k: k["scene"].update(rt60_measured=round(1.15 * k["scene"]["rt60_measured"], 3)))
    return [(clip, None, "rt60_measured")]


@way
def factor_edited(b: Any) -> Expected:
    b.edit(b.key, 1, lambda k: k["factors"].update(speakers=3.0))
    return [(1, None, "factor speakers")]


# --- lock, plans, report ---------------------------------------------------------------------------------------------


@way
def digest_in_the_lock_edited(b: Any) -> Expected:
    b.edit_json("soundscape.lock.json", lambda lock: lock["clips"].update({b.clips[1]: 64 * "0"}))
    return [(1, None, "pcm_sha256")]


@way
def recipe_in_the_lock_edited(b: Any) -> Expected:
    b.edit_json("soundscape.lock.json", lambda lock: lock["recipe"]["mix"].update(loudness_lufs=-20.0))
    return [(None, None, "recipe_digest"), *((clip, None, "loudness_lufs") for clip in range(3))]


@way
def gain_in_the_plan_edited(b: Any) -> Expected:
    event = b.foreground(2)[0]

    def change(p: dict[str, Any]) -> None:
        next(e for e in p["events"] if e["event_id"] == event)["gain_db"] += 1.0

    b.edit(b.plans, 2, change)
    return [(2, None, "plan_digest"), (2, event, "gain_db")]


@way
def clip_without_a_plan(b: Any) -> Expected:
    b.plans.write_bytes(b"".join(b.plans.read_bytes().splitlines(keepends=True)[1:]))
    return [(0, None, "clip")]


@way
def report_edited(b: Any) -> Expected:
    b.edit_json("report.json", lambda r: r["factors"]["speech_overlap"].update(achieved_mean=0.3))
    return [(None, None, "report /factors/speech_overlap/achieved_mean")]


@way
def report_with_other_counts(b: Any) -> Expected:
    b.edit_json("report.json", lambda r: r["events"].update(speech=99))
    return [(None, None, "report /events/speech")]


# --- stems -----------------------------------------------------------------------------------------------------------


@way
def gain_of_a_stem_changed(b: Any) -> Expected:
    clip = b.roomy
    event = speech(b, clip)
    b.rewrite(b.stem(clip, event), lambda x: np.rint(x / 256.0 * 0.8).astype(np.int32) << 8)
    return [(clip, event, "level_lufs"), (clip, event, "stems_sum"), (clip, event, "direct_gain")]


@way
def stems_swapped(b: Any) -> Expected:
    one, other = b.foreground(1)[:2]
    first, second = b.stem(1, one).read_bytes(), b.stem(1, other).read_bytes()
    b.stem(1, one).write_bytes(second)
    b.stem(1, other).write_bytes(first)
    return [(1, one, "snr_db"), (1, one, "glimpse_proportion")]


@way
def stem_missing(b: Any) -> Expected:
    event = b.foreground(1)[1]
    b.stem(1, event).unlink()
    return [(1, event, "file")]


@way
def stem_too_many(b: Any) -> Expected:
    shutil.copy(b.stem(1, b.foreground(1)[0]), b.stem(1, "e55"))
    return [(1, "e55", "file")]


@way
def stem_truncated(b: Any) -> Expected:
    event = b.foreground(2)[0]
    data = b.stem(2, event).read_bytes()
    b.stem(2, event).write_bytes(data[: len(data) * 2 // 3])
    return [(2, event, "readable")]


@way
def stem_of_16_bits(b: Any) -> Expected:
    event = b.foreground(0)[0]
    b.rewrite(b.stem(0, event), lambda x: x, subtype="PCM_16")
    return [(0, event, "shape")]


@way
def stem_silent(b: Any) -> Expected:
    event = b.foreground(1)[0]
    b.rewrite(b.stem(1, event), np.zeros_like)
    return [(1, event, "level_lufs"), (1, None, "stems_sum")]


@way
def direct_sound_early(b: Any) -> Expected:
    clip = b.roomy
    event = b.foreground(clip)[-1]
    b.rewrite(b.stem(clip, event, "direct"), lambda x: np.roll(x, -1200))
    return [(clip, event, "onset"), (clip, event, "offset"), (clip, event, "direct_delay")]


@way
def direct_sound_of_another_event(b: Any) -> Expected:
    clip = b.roomy
    one, other = b.foreground(clip)[:2]
    shutil.copy(b.stem(clip, other, "direct"), b.stem(clip, one, "direct"))
    return [(clip, one, "onset"), (clip, one, "direct_delay"), (clip, one, "direct_gain")]


@way
def dry_sound_in_place_of_the_one_in_the_room(b: Any) -> Expected:
    clip = b.roomy
    event = speech(b, clip)
    shutil.copy(b.stem(clip, event, "direct"), b.stem(clip, event))
    return [(clip, None, "stems_sum"), (clip, event, "level_lufs")]


# ---------------------------------------------------------------------------------------------------------------------


def names(findings: tuple[Finding, ...], clips: list[str]) -> set[tuple[int | None, str | None, str]]:
    return {(clips.index(f.clip) if f.clip in clips else None, f.event, f.figure) for f in findings}


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_build_is_found_broken_where_it_is(name: str, broken: Any) -> None:
    expected = BREAKS[name](broken)
    found = names(verify(broken.folder).findings, broken.clips)
    assert set(expected) <= found
    # Nothing is said of clips that were left alone.
    assert {clip for clip, _, _ in found} - {None} == {clip for clip, _, _ in expected} - {None}


def test_words_that_do_not_fit_the_sound_are_beyond_measurement(broken: Any) -> None:
    broken.edit_event(0, speech(broken), lambda e: e.update(transcription="something else"))
    assert verify(broken.folder).well


def test_a_build_that_is_not_finished_is_refused(broken: Any) -> None:
    broken.edit_json("soundscape.lock.json", lambda lock: lock.update(complete=False))
    with pytest.raises(BuildError, match="not finished"):
        verify(broken.folder)


def test_a_folder_without_a_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="no such file"):
        verify(tmp_path)


def test_a_finding_says_all_that_is_known_of_it(broken: Any) -> None:
    event = speech(broken, 1)
    broken.edit_event(1, event, lambda e: e.update(level_lufs=-10.0))
    found = [f for f in verify(broken.folder).findings if f.figure == "level_lufs"]
    assert len(found) == 1
    assert (found[0].clip, found[0].event) == (broken.clips[1], event)
    assert found[0].expected == -10.0
    assert found[0].tolerance == 0.2
    assert isinstance(found[0].found, float)
    assert str(found[0]).startswith(f"{broken.clips[1]} {event}: level_lufs: found ")
    assert "expected -10 ± 0.2 LUFS" in str(found[0])
    assert json.dumps({"found": found[0].found})
