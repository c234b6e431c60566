"""What kind of thing a path holds: by its name, or else by its content."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from soundscape.dataset import lock as locks
from soundscape.errors import UsageError, nearest
from soundscape.validation.build import is_build
from soundscape.validation.lines import BROKEN, lines, parse
from soundscape.validation.prediction import SUFFIXES

KINDS = ("answer-key", "prediction", "recipe", "plan", "lock", "source")

#: Keys by which a JSON object is known, in order: the first set of which one is there and all are of its kind.
_MARKS: tuple[tuple[str, frozenset[str]], ...] = (
    ("source", frozenset({"source_id"})),
    ("lock", frozenset({"clip_count", "soundscape_version", "banks"})),
    ("plan", frozenset({"scene_index", "recipe_digest", "attempt"})),
    ("answer-key", frozenset({"plan_digest", "pcm_sha256", "schema_version", "seed_commitment", "speech_overlap"})),
    ("prediction", frozenset({"events", "output"})),
)
_LINES_LOOKED_AT = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """A kind, ``build`` included, and by what it was told: ``option``, ``name`` or ``content``."""

    kind: str
    by: str


def checked(kind: str | None) -> str | None:
    """Return a kind that was asked for.

    Raises:
        UsageError: there is no such kind.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"unknown kind {kind!r}{nearest(kind, KINDS)}", hint=f"known kinds: {', '.join(KINDS)}")
    return kind


def guess(path: Path, kind: str | None = None) -> Guess:
    """Return what kind of thing a path holds.

    Args:
        path: a file or folder that exists.
        kind: what the caller says.

    Raises:
        UsageError: it cannot be told.
    """
    if path.is_dir():
        found = _folder(path, kind)
    elif kind is not None:
        found = Guess(kind=kind, by="option")
    else:
        found = _by_name(path) or _by_content(path)
    if found is None:
        raise UsageError(
            f"{path}: cannot tell what kind of {'folder' if path.is_dir() else 'file'} this is", hint=_HINT
        )
    return found


_HINT = f"name it: --kind {'|'.join(KINDS)}"


def _folder(path: Path, kind: str | None) -> Guess | None:
    from soundscape.sources.index import INFO_FILE

    if is_build(path):
        if kind in ("prediction", "recipe", "source"):
            raise UsageError(f"{path} holds a build, which has no {kind}", hint="leave --kind out to check all of it")
        return Guess(kind=kind or "build", by="option" if kind else "content")
    if (path / INFO_FILE).is_file() and kind in (None, "source"):
        return Guess(kind="source", by="option" if kind else "content")
    if kind == "prediction":
        return Guess(kind=kind, by="option")
    if kind is not None:
        raise UsageError(f"{path} is a folder, expected a file of kind {kind}", hint="name the files in it")
    answers = any(file.suffix.lower() in SUFFIXES for file in path.iterdir() if not file.name.startswith("."))
    return Guess(kind="prediction", by="content") if answers else None


def _by_name(path: Path) -> Guess | None:
    kind = {"answer_key": "answer-key", "plans": "plan"}.get(path.absolute().parent.name)
    if path.name == locks.NAME:
        kind = "lock"
    if path.suffix.lower() in (".yaml", ".yml"):
        kind = "recipe"
    return Guess(kind=kind, by="name") if kind else None


def _by_content(path: Path) -> Guess | None:
    """Return what the first line that can be read says, or else the whole file."""
    values = [parse(line.data)[0] for line in islice(lines(path), _LINES_LOOKED_AT)]
    value = next((v for v in values if isinstance(v, dict)), BROKEN)
    if value is BROKEN and path.suffix.lower() in SUFFIXES:
        from soundscape.validation.documents import read

        value = parse(read(path))[0]
        if not isinstance(value, dict):
            return (
                Guess(kind="prediction", by="name" if value is BROKEN else "content")
                if _is_answer(path, value)
                else None
            )
    keys = value.keys() if isinstance(value, dict) else ()
    for kind, marks in _MARKS:
        if marks & set(keys):
            return Guess(kind=kind, by="content")
    return None


def _is_answer(path: Path, value: object) -> bool:
    """Tell whether a file that is no object may be a raw answer: a list of events, or text."""
    return isinstance(value, list) or path.suffix.lower() == ".txt"
