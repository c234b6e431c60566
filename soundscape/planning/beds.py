"""The bed under a scene: which piece or ambience, how loud, and how it makes way for speech."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from soundscape.errors import RecipeError
from soundscape.planning.catalogue import Catalogue
from soundscape.planning.coverage import Draws
from soundscape.planning.draft import Draft, active_length
from soundscape.planning.sounds import BED, candidates
from soundscape.planning.specs import Recipe
from soundscape.records import GainPoint, Span, milliseconds


def bed(
    recipe: Recipe, catalogue: Catalogue, draws: Draws, duration: float, kind: str, laid: Sequence[Draft]
) -> list[Draft]:
    """Return the scene's bed: one draft that spans it, or none for silence."""
    if kind == "silence":
        return []
    spec = recipe.background
    rows = catalogue.pool(type="music") if kind == "music" else catalogue.pool(type="sound_event", topic=BED)
    level = recipe.reference_lufs - spec.snr_db.number(draws.factor("background_snr"))
    used = {d.source.group for d in laid}
    for source in candidates(catalogue, draws, f"beds/{kind}", rows, draws.index):
        length = active_length(source)
        if source.group in used or length < max(2.0, 3 * spec.crossfade):
            continue
        spare = length - duration
        start = source.active_start + (draws.unit("bed", "crop") * spare if spare > 0 else 0.0)
        crop = Span(start=milliseconds(start), end=milliseconds(start + min(length, duration)))
        everywhere = Span(start=0.0, end=duration)
        curve = duck([d.active for d in laid if d.type == "speech"], recipe, draws)
        gain = round(level - source.level_lufs, 2)
        return [
            Draft(
                type=source.type, role="background", source=source, crop=crop, placed=everywhere, active=everywhere,
                level_lufs=round(level + _lowered_db(curve, duration), 2), gain_db=gain, gain_curve=curve,
                fade_in=spec.fade, fade_out=spec.fade, loop_crossfade=spec.crossfade if spare < 0 else 0.0,
            )
        ]  # fmt: skip
    raise RecipeError(
        f"/background/kind: asks for {kind}, and the banks hold no fitting bed among {len(rows)} sources",
        hint=f"beds are music, or sound effects whose topic is {BED!r}, of 2 s or more",
    )


def _lowered_db(curve: Sequence[GainPoint], duration: float) -> float:
    """Return how many dB a gain curve takes off a steady sound: the mean of its square, straight lines integrated."""
    if not curve:
        return 0.0
    first, last = min(0.0, curve[0].time), max(duration, curve[-1].time)
    ends = [GainPoint(time=first, gain=curve[0].gain), *curve, GainPoint(time=last, gain=curve[-1].gain)]
    energy = sum(
        (b.time - a.time) * (a.gain * a.gain + a.gain * b.gain + b.gain * b.gain) / 3.0
        for a, b in itertools.pairwise(ends)
    )
    return 10.0 * math.log10(energy / (last - first))


def duck(speech: Sequence[Span], recipe: Recipe, draws: Draws) -> tuple[GainPoint, ...]:
    """Return the bed's gain curve: lowered under speech, with fades before and after it; empty where nothing is."""
    spec = recipe.background
    depth = spec.duck_db.number(draws.unit("bed", "duck"))
    if depth == 0.0 or not speech:
        return ()
    low, fade = round(10.0 ** (depth / 20.0), 6), spec.duck_fade
    merged: list[list[float]] = []
    for span in sorted(speech, key=lambda s: s.start):
        if merged and span.start - merged[-1][1] < 2 * fade + 0.5:
            merged[-1][1] = max(merged[-1][1], span.end)
        else:
            merged.append([span.start, span.end])
    points = []
    for start, end in merged:
        points += [(start - fade, 1.0), (start, low), (end, low), (end + fade, 1.0)]
    return tuple(GainPoint(time=milliseconds(t), gain=g) for t, g in points)
