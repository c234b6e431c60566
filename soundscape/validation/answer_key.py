"""The sense of answer keys: what no schema can say of a clip (rules in :mod:`soundscape.validation.rules`)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from soundscape.records import AnswerKey, KeyEvent, SceneFacts
from soundscape.truth.overlap import speech_overlap
from soundscape.validation import timeline
from soundscape.validation.rules import TOLERANCE_S, Complaint

#: The share of overlapping speech is written with four decimals.
_SHARE_TOLERANCE = 1e-4
#: Positions and distances are written in centimetres (m).
_DISTANCE_TOLERANCE = 0.02


def sense(key: AnswerKey) -> Iterator[Complaint]:
    """Yield what is wrong with a key that agrees with its schema."""
    yield from timeline.events(key.events, key.duration)
    for index, event in enumerate(key.events):
        at = f"/events/{index}"
        yield from _regions(event, at, key.duration)
        yield from _words(event, at)
        yield from _claim(event, at)
        yield from _place(event, at, key.scene)
    yield from _totals(key)
    yield from _clip(key)


def _regions(event: KeyEvent, at: str, duration: float) -> Iterator[Complaint]:
    regions = event.active_regions
    if not regions:
        yield Complaint(
            rule="active-regions", pointer=f"{at}/active_regions", found="no region", expected="at least one"
        )
        return
    reached = event.start_time - TOLERANCE_S
    for index, region in enumerate(regions):
        if not (reached <= region.start < region.end <= event.end_time + TOLERANCE_S):
            yield Complaint(
                rule="active-regions",
                pointer=f"{at}/active_regions/{index}",
                found=timeline.said(region),
                expected=f"a span within [{max(reached, event.start_time):g}, {event.end_time:g})"
                + (", after the one before it" if index else ""),
            )
        reached = max(reached, region.end)
    heard = event.audible
    first, last = regions[0].start, max(region.end for region in regions)
    if not (
        -TOLERANCE_S <= heard.start <= first + TOLERANCE_S
        and last - TOLERANCE_S <= heard.end <= duration + TOLERANCE_S
        and heard.start < heard.end
    ):
        yield Complaint(
            rule="audible-span",
            pointer=f"{at}/audible",
            found=timeline.said(heard),
            expected=f"a span that holds [{first:g}, {last:g}), within [0, {duration:g})",
        )


def _words(event: KeyEvent, at: str) -> Iterator[Complaint]:
    placed, reached = event.placed, -math.inf
    for index, word in enumerate(event.words):
        # Aligners see a word begin before and end after it sounds; some of it must be in what is heard.
        heard = word.start <= placed.end and word.end >= placed.start
        if not (heard and reached <= word.start <= word.end):
            yield Complaint(
                rule="words",
                pointer=f"{at}/words/{index}",
                found=f"{word.word!r} at [{word.start:g}, {word.end:g})",
                expected=f"a word in [{placed.start:g}, {placed.end:g}), what is placed"
                + (f", from {reached:g} on" if index else ""),
            )
        reached = max(reached, word.start)


def _claim(event: KeyEvent, at: str) -> Iterator[Complaint]:
    if event.scored != (event.unscored_reason is None):
        yield Complaint(
            rule="unscored-reason",
            pointer=f"{at}/unscored_reason",
            found=repr(event.unscored_reason) if event.unscored_reason is not None else "null",
            expected="null for an event that is scored" if event.scored else "why the event is not scored",
        )
    if not event.scored:
        return
    if event.type == "speech":
        lacking = [name for name in ("transcription", "language") if not getattr(event, name)]
    else:
        lacking = [] if event.description or event.vocal_burst else ["description"]
    for name in lacking:
        yield Complaint(
            rule="claim",
            pointer=f"{at}/{name}",
            found="nothing",
            expected=f"a {name} to mark answers by, or scored: false with the reason",
        )


def _place(event: KeyEvent, at: str, scene: SceneFacts) -> Iterator[Complaint]:
    named = event.provenance
    if not named.source_id.endswith(f":{named.key}"):
        yield Complaint(
            rule="source-name",
            pointer=f"{at}/provenance/source_id",
            found=repr(named.source_id),
            expected=f"the bank's name, a colon and {named.key!r}",
        )
    if event.distance_m is None:
        return
    if scene.dimensions is None:
        yield Complaint(
            rule="scene",
            pointer=f"{at}/distance_m",
            found=f"{event.distance_m:g} m in a scene without a room",
            expected="null",
        )
    elif event.distance_m > math.hypot(*scene.dimensions) + _DISTANCE_TOLERANCE:
        yield Complaint(
            rule="scene",
            pointer=f"{at}/distance_m",
            found=f"{event.distance_m:g} m",
            expected=f"at most the room's diagonal, {math.hypot(*scene.dimensions):.2f} m",
        )


def _totals(key: AnswerKey) -> Iterator[Complaint]:
    voices = {event.speaker_id for event in key.events if event.speaker_id is not None}
    if key.num_speakers != len(voices):
        yield Complaint(
            rule="num-speakers",
            pointer="/num_speakers",
            found=str(key.num_speakers),
            expected=f"{len(voices)}, as many as the events name ({', '.join(sorted(voices)) or 'none'})",
        )
    spoken = tuple(sorted({event.language for event in key.events if event.type == "speech" and event.language}))
    if key.languages != spoken:
        yield Complaint(
            rule="languages",
            pointer="/languages",
            found=", ".join(key.languages) or "none",
            expected=", ".join(spoken) or "none",
        )
    share = speech_overlap(key.events)
    if abs(key.speech_overlap - share) > _SHARE_TOLERANCE:
        yield Complaint(
            rule="speech-overlap",
            pointer="/speech_overlap",
            found=f"{key.speech_overlap:g}",
            expected=f"{share:.4f}, (time with two or more speakers) / (time with one or more)",
        )


def _clip(key: AnswerKey) -> Iterator[Complaint]:
    yield from timeline.clip_name(key.clip_id, key.recipe)
    if key.seed is None and key.seed_commitment is None:
        yield Complaint(
            rule="seed", pointer="/seed", found="neither seed nor seed_commitment", expected="one of the two"
        )
    if key.true_peak_dbtp is not None and key.true_peak_dbtp > 0.0:
        yield Complaint(
            rule="full-scale",
            pointer="/true_peak_dbtp",
            found=f"{key.true_peak_dbtp:g} dBTP",
            expected="at most 0: the clip may be clipped",
        )
    scene = key.scene
    if scene.dimensions is None:
        given = [name for name in ("rt60_requested", "rt60_measured", "microphone") if getattr(scene, name) is not None]
        for name in given:
            yield Complaint(
                rule="scene", pointer=f"/scene/{name}", found="a value in a scene without dimensions", expected="null"
            )
    elif scene.microphone is None or not timeline.inside(scene.microphone, scene.dimensions):
        yield Complaint(
            rule="scene",
            pointer="/scene/microphone",
            found="null" if scene.microphone is None else str(list(scene.microphone)),
            expected=f"a place within {list(scene.dimensions)}",
        )
