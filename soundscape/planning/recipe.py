"""Recipes: what kind of scenes to make. YAML in, a frozen :class:`Recipe` out.

Any parameter that varies between scenes or events is a distribution (:mod:`soundscape.planning.distributions`). A
recipe may extend another: mappings are merged key by key, everything else is replaced. Unknown keys are refused.
"""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import msgspec
import yaml

from soundscape import resources, schema
from soundscape.errors import RecipeError, nearest
from soundscape.planning.distributions import FORMS, Distribution, parse
from soundscape.planning.specs import Recipe


def names() -> tuple[str, ...]:
    """Return the names of the shipped recipes, sorted."""
    return tuple(sorted(p.stem for p in resources.folder("recipes").glob("*.yaml")))


def locate(name_or_file: str, beside: Path | None = None) -> Path:
    """Return where a recipe lies: a shipped one by name, or a file; errors as :func:`load`."""
    if name_or_file.endswith((".yaml", ".yml")) or "/" in name_or_file:
        path = Path(name_or_file)
        if beside and not path.is_absolute():
            path = beside / path
        if not path.is_file():
            raise RecipeError(f"no recipe file {name_or_file!r}", hint="soundscape recipe list shows the shipped ones")
        return path
    path = resources.folder("recipes") / f"{name_or_file}.yaml"
    if not path.is_file():
        raise RecipeError(
            f"there is no recipe {name_or_file!r}{nearest(name_or_file, names())}",
            hint=f"shipped recipes: {', '.join(names())}; a file needs its ending .yaml",
        )
    return path


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    out = dict(base)
    for key, value in over.items():
        old = out.get(key)
        # A distribution is a value, not a section: merging two forms would make a third that nobody wrote.
        sections = isinstance(old, dict) and isinstance(value, dict) and not set(FORMS) & (set(old) | set(value))
        out[key] = _merge(old, value) if sections and isinstance(old, dict) else value
    return out


def _read(path: Path, trail: tuple[Path, ...] = ()) -> dict[str, Any]:
    path = path.resolve()
    if path in trail:
        raise RecipeError(f"{path.name}: extends itself, by way of {' → '.join(p.name for p in (*trail, path))}")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"{path.name}: cannot be read as YAML: {reason}") from None
    if not isinstance(raw, dict):
        raise RecipeError(f"{path.name}: found {type(raw).__name__}, expected a mapping of keys")
    base = raw.pop("extends", None)
    if base is None:
        return raw
    if not isinstance(base, str):
        raise RecipeError(f"{path.name}: /extends: found {base!r}, expected the name or file of a recipe")
    return _merge(_read(locate(base, path.parent), (*trail, path)), raw)


def read(name_or_file: str) -> dict[str, Any]:
    """Return a recipe as plain data with ``extends`` resolved, unchecked.

    Raises:
        RecipeError: no such recipe, unreadable YAML, or a circle of ``extends``.
    """
    return _read(locate(name_or_file))


def load(name_or_file: str) -> Recipe:
    """Return a recipe by its shipped name or from a YAML file (a name that ends in .yaml, or holds a slash).

    Raises:
        RecipeError: it cannot be found, read or understood; the message names the key.
    """
    return from_data(read(name_or_file), name_or_file)


def from_data(raw: dict[str, Any], where: str = "recipe") -> Recipe:
    """Return the recipe that plain data describes, checked against ``schemas/recipe.schema.json`` and its own sense."""
    found = [*_unusable_numbers(raw, ""), *schema.problems("recipe", raw)]
    if found:
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        raise RecipeError(f"{where}: {found[0]}{more}", hint="soundscape recipe check lists every problem")

    def hook(kind: type, value: object) -> object:
        if kind is Distribution:
            return value if isinstance(value, Distribution) else parse(value, where)
        raise TypeError(kind)

    try:
        recipe = msgspec.convert(_parse_distributions(raw, Recipe, where), Recipe, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise RecipeError(f"{where}: {error}") from None
    complaints = sense(recipe)
    if complaints:
        more = f" (and {len(complaints) - 1} more)" if len(complaints) > 1 else ""
        raise RecipeError(f"{where}: {complaints[0]}{more}", hint="soundscape recipe check lists every problem")
    return recipe


#: No parameter of a recipe is as large as this; what is larger is a slip, or no number at all.
_LARGEST = 1e9


def _unusable_numbers(value: object, pointer: str) -> list[schema.Problem]:
    """Return the numbers that YAML can write and no schema refuses: not finite, or beyond any sense."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in _unusable_numbers(v, f"{pointer}/{k}")]
    if isinstance(value, list):
        return [p for k, v in enumerate(value) for p in _unusable_numbers(v, f"{pointer}/{k}")]
    if isinstance(value, int | float) and not -_LARGEST <= value <= _LARGEST:
        return [schema.Problem(pointer=pointer, found=f"{value!r:.40}", expected=f"a number within ±{_LARGEST:g}")]
    return []


def _parse_distributions(raw: dict[str, Any], kind: type, where: str) -> dict[str, Any]:
    """Parse distributions one by one, so that their errors name the key."""
    out: dict[str, Any] = {}
    for name, hint in _hints(kind).items():
        if name not in raw:
            continue
        value, at = raw[name], f"{where}: /{name}" if kind is Recipe else f"{where}/{name}"
        if hint is Distribution and value is not None:
            out[name] = parse(value, at)
        elif hint is not None and isinstance(value, dict):
            out[name] = _parse_distributions(value, hint, at)
        else:
            out[name] = value
    return out


def _hints(kind: type) -> dict[str, type | None]:
    import typing

    found = typing.get_type_hints(kind)
    pick: dict[str, type | None] = {}
    for name, hint in found.items():
        options = [
            h for h in (typing.get_args(hint) or (hint,)) if isinstance(h, type) and hasattr(h, "__dataclass_fields__")
        ]
        pick[name] = options[0] if options else None
    return pick


#: What came after the first protocol: left out of the data where it has its default, so that digests stay.
_LATER = {"licences": "any", "emotional": 0.0}


def to_data(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain data with every default filled in but the later ones; :func:`from_data` reads it."""

    def plain(value: Any) -> Any:
        if isinstance(value, Distribution):
            return value.data()
        if dataclasses.is_dataclass(value):
            values = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
            return {k: plain(v) for k, v in values.items() if k not in _LATER or v != _LATER[k]}
        return list(value) if isinstance(value, tuple) else value

    data: dict[str, Any] = plain(recipe)
    return data


def digest(recipe: Recipe) -> str:
    """Return the SHA-256 of the canonical JSON of :func:`to_data`."""
    return schema.digest(to_data(recipe))


_SHORTEST, _LONGEST = 1.0, 600.0


def sense(recipe: Recipe) -> list[str]:
    """Return what the schema cannot say: values of the wrong kind or range, requests at odds with one another."""
    bad: list[str] = []

    def number(where: str, d: Distribution | None, low: float, high: float) -> None:
        if d is not None and not (d.low >= low and d.high <= high):
            bad.append(f"/{where}: gives values from {d.low:g} to {d.high:g}, expected within {low:g} … {high:g}")

    def names_of(where: str, d: Distribution, valid: tuple[str, ...]) -> None:
        for value in d.values or (None,):
            if value not in valid:
                near = nearest(str(value), valid)
                bad.append(f"/{where}: found {value!r}, expected one of {', '.join(valid)}{near}")

    speech = recipe.speech
    number("duration", recipe.duration, _SHORTEST, _LONGEST)
    number("speech/overlap", speech.overlap, 0.0, 0.95)
    number("speech/coverage", speech.coverage, 0.0, 1.0)
    number("speech/turns", speech.turns, 0, 200)
    number("speech/speakers", speech.speakers, 0, 32)
    number("speech/lanes", speech.lanes, 1, 16)
    number("speech/languages_per_scene", speech.languages_per_scene, 1, 32)
    for where, count in (
        ("bursts", recipe.bursts.count),
        ("effects", recipe.effects.count),
        ("music", recipe.music.count),
    ):
        number(f"{where}/count", count, 0, 100)
    number("room/rt60", recipe.room.rt60, 0.1, 3.0)
    for where, metres in (("length", recipe.room.length), ("width", recipe.room.width), ("height", recipe.room.height)):
        number(f"room/{where}", metres, 1.5, 60.0)
    number("speech/gap", speech.gap, 0.0, 60.0)
    number("bursts/gap", recipe.bursts.gap, 0.0, 60.0)
    number("music/duration", recipe.music.duration, 1.5, 600.0)
    number("background/duck_db", recipe.background.duck_db, -60.0, 0.0)
    for where, level in (
        ("speech", speech.level_db),
        ("bursts", recipe.bursts.level_db),
        ("effects", recipe.effects.level_db),
        ("music", recipe.music.level_db),
    ):
        number(f"{where}/level_db", level, -60.0, 40.0)
    number("background/snr_db", recipe.background.snr_db, -40.0, 60.0)
    names_of("background/kind", recipe.background.kind, ("music", "ambience", "silence"))
    names_of("effects/loudness", recipe.effects.loudness, ("very_quiet", "quiet", "moderate", "loud", "very_loud"))
    return bad + _odds(recipe)


def _odds(recipe: Recipe) -> list[str]:
    """Return which requests are at odds with one another."""
    bad: list[str] = []
    speech = recipe.speech
    if speech.turns is not None and speech.coverage is not None:
        bad.append("/speech: found both turns and coverage, expected one of them (null takes an inherited one away)")
    if speech.lanes.high > 1 and speech.coverage is not None:
        bad.append("/speech: found coverage with lanes above 1, where the overlap says how much is said: leave it out")
    if speech.speakers.high > 0 and speech.turns is None and speech.coverage is None and speech.lanes.low < 2:
        bad.append("/speech: speakers and no amount of talk, expected turns, coverage, or lanes of 2 and more")
    if speech.speakers.high == 0 and (speech.turns is not None or speech.coverage is not None):
        bad.append("/speech/speakers: found turns or coverage and nobody to speak, expected 1 or more")
    if speech.emotional > 0.0 and recipe.tolerance.languages <= speech.emotional:
        bad.append(
            f"/tolerance/languages: found {recipe.tolerance.languages:g}, and emotional speech in languages of its own "
            f"makes them uneven: expected more than {speech.emotional:g}"
        )
    if recipe.limits.polyphony == 1 and speech.overlap.high > 0:
        bad.append("/limits/polyphony: one event at a time, and /speech/overlap asks for more")
    if recipe.effects.duration[0] >= recipe.effects.duration[1]:
        bad.append(f"/effects/duration: found {list(recipe.effects.duration)}, expected [shortest, longest]")
    if speech.duration[0] >= speech.duration[1]:
        bad.append(f"/speech/duration: found {list(speech.duration)}, expected [shortest, longest]")
    if not math.isfinite(recipe.reference_lufs) or recipe.reference_lufs > -6:
        bad.append(f"/reference_lufs: found {recipe.reference_lufs}, expected at most -6")
    return bad
