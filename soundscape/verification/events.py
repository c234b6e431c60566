"""The events of one clip, each measured alone: from its stem, or from the scene made again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from soundscape.records import LOUDNESS_LABELS, AnswerKey, KeyEvent, ScenePlan, samples
from soundscape.verification import glimpses, measures, room
from soundscape.verification.activity import extent
from soundscape.verification.clip import Heard
from soundscape.verification.documents import Build
from soundscape.verification.findings import TOLERANCES, Notes
from soundscape.verification.folder import check_stems
from soundscape.verification.signals import Floats, Signals, Sound, read_stem

#: Power of the rest of the mix, in dB, under which the key states no SNR.
_SILENT_REST_DB = -100.0
#: Shares of frequencies from which a room must be known to be judged.
_DIRECT_KNOWN, _MID_KNOWN = 0.5, 0.97
#: The boundaries between the loudness labels, in dBFS: geometric means of 0.020, 0.040, 0.075, 0.12 and 0.18.
_LADDER = (0.020, 0.040, 0.075, 0.12, 0.18)
_LABEL_SLACK_DB = 0.2
#: Four steps of 24 bits.
_ROUNDING = 2.0**-21

Differences = dict[str, list[float]]


@dataclass(slots=True)
class Measured:
    """What was measured of a clip's events: differences by figure, and how many events were measured."""

    events: int = 0
    foreground: int = 0
    differences: Differences = field(default_factory=dict)

    def add(self, figure: str, difference: float) -> None:
        """Keep a difference between measured and stated."""
        if math.isfinite(difference):
            self.differences.setdefault(figure, []).append(difference)


def in_room(key: AnswerKey, plan: ScenePlan | None) -> frozenset[str]:
    """Return the events that came through a room, simulated or measured; without a plan, the simulated ones."""
    if plan is None:
        return frozenset(e.event_id for e in key.events if e.distance_m is not None)
    simulated = {e.event_id for e in plan.events if plan.room is not None and e.position is not None}
    return frozenset(simulated | {e.event_id for e in plan.events if e.response is not None})


def read_signals(build: Build, key: AnswerKey, roomy: frozenset[str], notes: Notes) -> Signals | None:
    """Return a clip's stems, and direct sounds of those in a room, from their files; None where any is of no use."""
    events = tuple(e.event_id for e in key.events)
    expected = {"stems": events, "direct": tuple(e for e in events if e in roomy)}
    found: dict[str, dict[str, Sound]] = {"stems": {}, "direct": {}}
    for kind, event in check_stems(build, expected, notes):
        path = build.stem(key.clip_id, event, kind)
        name = build.name(path)
        try:
            stem = read_stem(path)
        except (OSError, ValueError) as error:
            notes.add("readable", str(error), "audio that can be decoded to its end", event=event, file=name)
            continue
        shape = f"{stem.frames} frames, {stem.channels} channels, {stem.sample_rate} Hz, {stem.subtype}"
        wanted = f"{samples(key.duration, key.sample_rate)} frames, 1 channels, {key.sample_rate} Hz, PCM_24"
        if notes.same("shape", shape, wanted, event=event, file=name):
            found[kind][event] = stem.sound
    if any(len(found[kind]) < len(wanted) for kind, wanted in expected.items()):
        return None
    return Signals(stems=found["stems"], direct={**found["stems"], **found["direct"]})


def check_events(
    key: AnswerKey, signals: Signals, roomy: frozenset[str], heard: Heard | None, measured: Measured, notes: Notes
) -> None:
    """Note every event whose sound is not what the key says.

    Args:
        key: the clip's answer key.
        signals: its events, each alone.
        roomy: the ids of those that came through a room.
        heard: the clip itself, to compare with the sum of the stems.
        measured: takes every difference.
        notes: those of the clip.
    """
    rate = key.sample_rate
    total = np.zeros(max(samples(key.duration, rate), *(s.stop for s in signals.stems.values()), 0))
    for sound in signals.stems.values():
        total[sound.offset : sound.stop] += sound.samples
    if heard is not None and heard.sample_rate == rate and len(heard.mono) == len(total):
        (_sum if heard.exact else _likeness)(total, heard.mono, signals.stems, measured, notes)
    weighted_total = measures.k_weighted(total, rate)
    decays = []
    for event in key.events:
        sound, direct = signals.stems[event.event_id], signals.direct[event.event_id]
        if not len(sound.samples) or not len(direct.samples):
            notes.add("level_lufs", "silence", event.level_lufs, event=event.event_id)
            continue
        measured.events += 1
        if event.role == "foreground":
            measured.foreground += 1
            _times(event, direct, rate, measured, notes)
        _levels(event, sound, total, weighted_total, rate, measured, notes)
        if event.event_id in roomy:
            delay = _delay(_begin(sound), _begin(direct)) / rate
            measured.add("direct_delay", delay)
            notes.near("direct_delay", delay, 0.0, event=event.event_id)
            found = room.passage(sound, direct, rate)
            if found.known >= _DIRECT_KNOWN:
                measured.add("direct_gain", found.direct_gain - 1.0)
                notes.near("direct_gain", found.direct_gain, 1.0, event=event.event_id)
            if found.mid_known >= _MID_KNOWN and found.rt60 is not None:
                decays.append(found.rt60)
    stated = key.scene.rt60_measured
    if decays and stated is not None:
        rt60 = float(np.median(decays))
        measured.add("rt60_measured", rt60 / stated - 1.0)
        notes.near("rt60_measured", rt60, stated)


def _begin(sound: Sound) -> tuple[int, int]:
    """Return the first samples of the clip in which a sound is more than rounding, and more than twice that."""
    loud = (np.flatnonzero(np.abs(sound.samples) > least) for least in (_ROUNDING, 2.0 * _ROUNDING))
    first, surely = (sound.offset + int(at[0]) if len(at) else sound.stop for at in loud)
    return first, surely


def _delay(late: tuple[int, int], early: tuple[int, int]) -> int:
    """Return by how many samples one beginning comes after another, as far as both are known; negative: before it."""
    return max(0, late[0] - early[1]) - max(0, early[0] - late[1])


def _sum(total: Floats, mix: Floats, stems: Mapping[str, Sound], measured: Measured, notes: Notes) -> None:
    """Note a mix that is not the sum of its stems, with the stem that explains most of what is left, if one does."""
    left = mix - total
    steps = float(np.abs(left).max(initial=0.0)) * 32768.0
    measured.add("stems_sum", steps)
    if steps <= TOLERANCES["stems_sum"].width + 0.01:
        return
    energy = float(np.square(left).sum())
    explained = {}
    for name, sound in stems.items():
        own = float(np.square(sound.samples).sum())
        shared = float(left[sound.offset : sound.stop] @ sound.samples)
        explained[name] = shared * shared / (own * energy) if own > 0.0 else 0.0
    best = max(explained, key=lambda name: explained[name], default=None)
    culprit = best if best is not None and explained[best] > 0.9 else None
    notes.near("stems_sum", steps, 0.0, event=culprit)


def _likeness(total: Floats, mix: Floats, stems: Mapping[str, Sound], measured: Measured, notes: Notes) -> None:
    """Note a mix in a lossy format that is not much like the sum of its stems, sample by sample."""
    energy = float(np.square(total).sum() * np.square(mix).sum())
    alike = float(total @ mix) / math.sqrt(energy) if energy > 0.0 else 1.0
    measured.add("stems_likeness", alike - 1.0)
    notes.near("stems_likeness", alike, 1.0)


def _times(event: KeyEvent, direct: Sound, rate: int, measured: Measured, notes: Notes) -> None:
    found = extent(direct, rate)
    if found is None:
        return
    for figure, at, stated in (("onset", found.start, event.start_time), ("offset", found.end, event.end_time)):
        measured.add(figure, at - stated)
        notes.near(figure, at, stated, event=event.event_id)


def _levels(
    event: KeyEvent, sound: Sound, total: Floats, weighted_total: Floats, rate: int, measured: Measured, notes: Notes
) -> None:
    # A frame more on either side: frames at the edges hold some of the rest from beyond the stem.
    first, stop = max(0, sound.offset - rate // 10), min(len(total), sound.stop + rate // 10)
    active = glimpses.ranges(event.active_regions, first, stop, rate)
    if not active:
        notes.add("level_lufs", "silence", event.level_lufs, event=event.event_id)
        return
    own = sound.within(first, stop)
    weighted = measures.k_weighted(own, rate)
    found = glimpses.levels(own, weighted, weighted_total[first:stop] - weighted, active)
    heard, masked = glimpses.glimpses(own, total[first:stop] - own, first, active, rate)
    for figure, value in (
        ("level_lufs", found.level_lufs),
        ("glimpse_proportion", heard),
        ("masked_share", masked),
    ):
        measured.add(figure, value - getattr(event, figure))
        notes.near(figure, value, getattr(event, figure), event=event.event_id)
    if event.snr_db is not None:
        measured.add("snr_db", found.snr_db - event.snr_db)
        notes.near("snr_db", found.snr_db, event.snr_db, event=event.event_id)
    elif found.rest_db > _SILENT_REST_DB + 1.0:
        notes.add("snr_db", round(found.snr_db, 2), None, event=event.event_id)
    if event.loudness is not None:
        labels = {_label(found.rms_dbfs + slack) for slack in (-_LABEL_SLACK_DB, _LABEL_SLACK_DB)}
        if event.loudness not in labels:
            notes.add("loudness", " or ".join(sorted(labels)), event.loudness, event=event.event_id)


def _label(rms_dbfs: float) -> str:
    """Return the step of the ladder that lies nearest to a level, by ratio."""
    steps = [20.0 * math.log10(step) for step in _LADDER]
    nearest = min(range(len(steps)), key=lambda i: abs(steps[i] - rms_dbfs))
    return LOUDNESS_LABELS[nearest]
