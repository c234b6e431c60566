from __future__ import annotations

import pickle

import pytest

from soundscape import errors


def leaves(kind: type[errors.SoundscapeError]) -> list[type[errors.SoundscapeError]]:
    return [kind, *(x for sub in kind.__subclasses__() for x in leaves(sub))]


@pytest.mark.parametrize("kind", leaves(errors.SoundscapeError), ids=lambda k: k.__name__)
def test_errors_survive_the_way_back_from_a_worker(kind: type[errors.SoundscapeError]) -> None:
    if kind.__module__ != "soundscape.errors":
        pytest.skip("tested beside its own module")
    again = pickle.loads(pickle.dumps(kind("what was found", hint="what to do")))
    assert type(again) is kind
    assert str(again) == "what was found\n  what to do"
    assert kind.exit_code in (1, 2, 3)


def test_every_error_of_the_tree_is_drawn_in_its_docstring() -> None:
    for kind in leaves(errors.SoundscapeError):
        if kind.__module__ == "soundscape.errors":
            assert kind.__name__ in (errors.__doc__ or "")


def test_nearest_suggests_only_what_is_near() -> None:
    assert errors.nearest("overlp", ["overlap", "speakers"]) == "; did you mean 'overlap'?"
    assert errors.nearest("OVERLAP", ["overlap"]) == "; did you mean 'overlap'?"
    assert errors.nearest("zzz", ["overlap"]) == ""
