"""The sense of locks (rules in :mod:`soundscape.validation.rules`)."""

from __future__ import annotations

from collections.abc import Iterator

from soundscape import schema
from soundscape.dataset.lock import Lock
from soundscape.errors import RecipeError
from soundscape.planning import recipe as recipes
from soundscape.planning.scene import clip_id
from soundscape.validation.lines import pointer_to
from soundscape.validation.rules import Complaint


def sense(lock: Lock) -> Iterator[Complaint]:
    """Yield what is wrong with a lock that agrees with its schema."""
    yield from _recipe(lock)
    if lock.seed is None and lock.seed_commitment is None:
        yield Complaint(
            rule="seed", pointer="/seed", found="neither seed nor seed_commitment", expected="one of the two"
        )
    names = [bank.name for bank in lock.banks]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Complaint(
                rule="lock-banks", pointer=f"/banks/{index}/name", found=f"{name!r} again", expected="another bank"
            )
    if lock.complete:
        yield from _clips(lock)
    else:
        yield Complaint(
            rule="unfinished",
            pointer="/complete",
            found="a build that is not finished",
            expected="true; run the same build again to finish it",
        )


def _recipe(lock: Lock) -> Iterator[Complaint]:
    found = schema.problems("recipe", lock.recipe)
    for problem in found:
        yield Complaint(
            rule="schema", pointer=f"/recipe{problem.pointer}", found=problem.found, expected=problem.expected
        )
    if found:
        return
    try:
        recipes.from_data(lock.recipe)
    except RecipeError as error:
        expected = "a recipe that makes sense"
        yield Complaint(rule="lock-recipe", pointer="/recipe", found=error.message, expected=expected)
    # Of the recipe as it is written, not as this version would fill it in.
    digest = schema.digest(lock.recipe)
    if digest != lock.recipe_digest:
        yield Complaint(
            rule="lock-recipe",
            pointer="/recipe_digest",
            found=lock.recipe_digest,
            expected=f"{digest}, the digest of /recipe",
        )


def _clips(lock: Lock) -> Iterator[Complaint]:
    name = str(lock.recipe.get("name", ""))
    expected = {clip_id(name, lock.split, index) for index in range(min(lock.clip_count, 10_000_000))}
    for clip in sorted(expected - lock.clips.keys()):
        yield Complaint(
            rule="lock-clips", pointer=pointer_to("/clips", clip), found="no such key", expected="the clip's digest"
        )
    for clip in sorted(lock.clips.keys() - expected):
        yield Complaint(
            rule="lock-clips",
            pointer=pointer_to("/clips", clip),
            found="a clip that the build does not have",
            expected=f"{lock.clip_count} clips, {clip_id(name, lock.split, 0)} and on",
        )
