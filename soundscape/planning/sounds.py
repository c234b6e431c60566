"""Vocal bursts and foreground sound effects: chosen, and placed where there is room for them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence

from soundscape.errors import RecipeError
from soundscape.planning.catalogue import Catalogue
from soundscape.planning.conversation import Unschedulable
from soundscape.planning.coverage import Draws, tour
from soundscape.planning.draft import Draft, active_length, fits, lay, peak_fits, touches
from soundscape.planning.specs import Recipe
from soundscape.records import Source

#: The UAAP loudness ladder: active RMS of 0.020, 0.040, 0.075, 0.12 and 0.18, in dBFS.
LADDER_DBFS = {"very_quiet": -33.98, "quiet": -27.96, "moderate": -22.50, "loud": -18.42, "very_loud": -14.89}
#: The topic that marks a sound effect as fit to lie under a whole scene.
BED = "bed"
_TRIES = 40


def candidates(catalogue: Catalogue, draws: Draws, pool: str, rows: Sequence[int], position: int) -> Iterator[Source]:
    """Yield a pool's sources from a position of its walk on, each once, at most 256 of them."""
    for k in itertools.islice(tour(draws.seed, pool, position + draws.attempt, len(rows)), 256):
        yield catalogue.source(rows[k])


def _place(draft_at: Callable[[float], Draft], times: Sequence[float], free: Callable[[Draft], bool]) -> Draft | None:
    """Return the first placement at one of the times that is free."""
    return next((d for t in times if free(d := draft_at(t))), None)


def bursts(recipe: Recipe, catalogue: Catalogue, draws: Draws, duration: float, laid: Sequence[Draft]) -> list[Draft]:
    """Return vocal bursts, each in the voice of someone in the scene, near a turn of theirs and never over it."""
    spec = recipe.bursts
    count = spec.count.integer(draws.factor("bursts"))
    speaking = sorted({d.voice for d in laid if d.voice})
    voices = [v for v in speaking if catalogue.pool(type="vocal_burst", speaker=v)]
    if count and not voices:
        anyone = catalogue.pool(type="vocal_burst")
        if not anyone:
            raise RecipeError("/bursts/count: asks for vocal bursts, and the banks hold none")
    out: list[Draft] = []
    for k in range(count):
        voice = voices[int(draws.unit("burst", k, "voice") * len(voices))] if voices else None
        rows = catalogue.pool(type="vocal_burst", speaker=voice)
        level = recipe.reference_lufs + spec.level_db.number(draws.unit("burst", k, "level"))
        gap = spec.gap.number(draws.unit("burst", k, "gap"))
        out.append(_burst(recipe, catalogue, draws, duration, [*laid, *out], voice, rows, level, gap, k))
    return out


def _burst(
    recipe: Recipe, catalogue: Catalogue, draws: Draws, duration: float, laid: Sequence[Draft], voice: str | None,
    rows: Sequence[int], level: float, gap: float, k: int,
) -> Draft:  # fmt: skip
    margin = recipe.limits.margin
    used = {d.source.source_id for d in laid}
    rng = draws.stream("burst", k, "onset")
    first = int(draws.unit("burst", k, "source") * len(rows))
    for source in candidates(catalogue, draws, f"bursts/{voice}", rows, first):
        length = active_length(source)
        last = duration - margin - length
        if source.source_id in used or last < margin or not peak_fits(source, level, recipe.mix):
            continue
        # A voice that the banks know from bursts alone is a speaker of its own.
        owner = voice or source.speaker or source.source_id
        near = [t for d in laid if d.voice == voice for t in (d.active.end + gap, d.active.start - gap - length)]
        times = [near[i] for i in rng.permutation(len(near)).tolist()]
        times += (margin + rng.random(_TRIES) * (last - margin)).tolist()

        def draft_at(t: float, source: Source = source, owner: str = owner) -> Draft:
            return lay(source, t, level, type="vocal_burst", voice=owner)

        def free(d: Draft, owner: str = owner, last: float = last) -> bool:
            own = [o.active for o in laid if o.voice == owner]
            inside = margin <= d.active.start <= last
            return inside and not any(touches(d.active, o) for o in own) and _polyphonic(recipe, d, laid)

        found = _place(draft_at, times, free)
        if found:
            return found
    raise Unschedulable(f"no free place of a vocal burst of {voice or 'anyone'} beside {len(laid)} events")


def _polyphonic(recipe: Recipe, draft: Draft, laid: Sequence[Draft]) -> bool:
    return fits(draft.active, [d.active for d in laid], recipe.limits.polyphony)


def effects(recipe: Recipe, catalogue: Catalogue, draws: Draws, duration: float, laid: Sequence[Draft]) -> list[Draft]:
    """Return foreground sound effects, no kind twice at one time, none twice in a scene."""
    spec = recipe.effects
    count = spec.count.integer(draws.factor("effects"))
    if not count:
        return []
    rows = catalogue.pool(type="sound_event")
    margin = recipe.limits.margin
    stride = max(1, round(spec.count.high))
    out: list[Draft] = []
    for k in range(count):
        step = spec.loudness.at(draws.unit("effect", k, "loudness"))
        rms = LADDER_DBFS[str(step)] + spec.level_db.number(draws.unit("effect", k, "level"))
        rng = draws.stream("effect", k, "onset")
        used = {d.source.group for d in (*laid, *out)}
        labels = {d.source.label for d in out}
        for source in candidates(catalogue, draws, "effects", rows, draws.index * stride + k):
            length = active_length(source)
            last = duration - margin - length
            odd = source.topic == BED or source.group in used or (source.label and source.label in labels)
            if odd or not spec.duration[0] <= length <= spec.duration[1] or last < margin:
                continue
            level = rms + source.level_lufs - source.rms_dbfs
            if not peak_fits(source, level, recipe.mix):
                continue
            others = [*laid, *out]
            times = (margin + rng.random(_TRIES) * (last - margin)).tolist()

            def draft_at(t: float, source: Source = source, level: float = level) -> Draft:
                return lay(source, t, level, type="sound_event")

            def free(d: Draft, others: Sequence[Draft] = others) -> bool:
                return _polyphonic(recipe, d, others)

            found = _place(draft_at, times, free)
            if found:
                out.append(found)
                break
        else:
            raise Unschedulable(
                f"no effect of {spec.duration[0]:g} to {spec.duration[1]:g} s fits as number {k + 1} of {count} "
                f"among {len(rows)} in the banks"
            )
    return out
