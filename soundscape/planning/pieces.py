"""Foreground music: pieces laid where they fit, or up to what interrupts them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from soundscape.errors import RecipeError
from soundscape.planning.catalogue import Catalogue
from soundscape.planning.conversation import Unschedulable
from soundscape.planning.coverage import Draws
from soundscape.planning.draft import PRE_ROLL, Draft, active_length, lay, peak_fits
from soundscape.planning.sounds import candidates
from soundscape.planning.specs import Recipe
from soundscape.records import Span, milliseconds

#: The part of a fade (3t² − 2t³) that lies 40 dB and more below the sound.
_FADED = 0.0587


def music(recipe: Recipe, catalogue: Catalogue, draws: Draws, duration: float, laid: Sequence[Draft]) -> list[Draft]:
    """Return foreground music: before an interruption where the recipe asks for one, else wherever it fits."""
    spec = recipe.music
    count = spec.count.integer(draws.factor("music"))
    if not count:
        return []
    rows = catalogue.pool(type="music")
    if not rows:
        raise RecipeError("/music/count: asks for music, and the banks hold none")
    cut_by = {"speech": "speech", "effect": "sound_event", None: None}[spec.interrupted_by]
    stops = sorted(d.active.start for d in laid if d.type == cut_by)
    if cut_by and len(stops) < count:
        raise Unschedulable(f"{count} pieces of music are to be interrupted, and there are {len(stops)} interruptions")
    out: list[Draft] = []
    margin = recipe.limits.margin
    for k in range(count):
        level = recipe.reference_lufs + spec.level_db.number(draws.unit("music", k, "level"))
        wish = spec.duration.number(draws.unit("music", k, "duration"))
        # Interrupted pieces fill the time before what cuts them short; the others may start anywhere that is free.
        busy = sorted((d.active for d in (*laid, *out) if d.type in (cut_by, "music")), key=lambda s: s.start)
        holes = _holes(busy, margin, duration - margin, {*stops} if cut_by else None)
        hole = max(holes, key=lambda h: (round(min(h.duration, wish), 3), -h.start), default=None)
        if hole is None or hole.duration < 1.5:
            raise Unschedulable(f"no time of 1.5 s or more for piece {k + 1} of {count} of foreground music")
        length = min(wish, hole.duration)
        end = hole.end if cut_by else hole.start + length + draws.unit("music", k, "at") * (hole.duration - length)
        span = Span(start=milliseconds(end - length), end=milliseconds(end))
        out.append(_piece(recipe, catalogue, draws, rows, span, level, [*laid, *out], k))
    return out


def _holes(busy: Sequence[Span], start: float, end: float, stops: set[float] | None) -> list[Span]:
    """Return the stretches between busy spans; with ``stops``, only those that end where one of them is."""
    out, at = [], start
    for span in (*busy, Span(start=end, end=end)):
        if span.start > at and (stops is None or span.start in stops):
            out.append(Span(start=at if at == start else milliseconds(at + 0.2), end=span.start))
        at = max(at, span.end)
    return out


def _piece(
    recipe: Recipe, catalogue: Catalogue, draws: Draws, rows: Sequence[int], span: Span, level: float,
    laid: Sequence[Draft], k: int,
) -> Draft:  # fmt: skip
    used = {d.source.group for d in laid}
    stride = max(1, round(recipe.music.count.high))
    for source in candidates(catalogue, draws, "music", rows, draws.index * stride + k):
        fade = min(recipe.music.fade, span.duration)
        spare = active_length(source) - span.duration
        if source.group in used or spare < 0 or not peak_fits(source, level, recipe.mix):
            continue
        start = milliseconds(source.active_start)
        crop = Span(start=milliseconds(max(0.0, start - PRE_ROLL)), end=milliseconds(start + span.duration))
        piece = lay(source, span.start, level, type="music", crop=crop, fade_out=fade)
        # What the fade has taken 40 dB down is no longer heard as music.
        end = milliseconds(min(piece.active.end, span.end - _FADED * fade))
        return replace(piece, active=Span(start=piece.active.start, end=end))
    raise Unschedulable(f"no piece of music is as long as {span.duration:.1f} s")
