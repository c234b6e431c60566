"""Answer keys on disk, and the audio that belongs to them: all that marking needs to know of a build's folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from soundscape import schema
from soundscape.errors import BuildError, DataError, UsageError, nearest
from soundscape.records import AnswerKey

_KEYS = "answer_key"
_ENDINGS = (".flac", ".wav", ".ogg", ".mp3")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """A file of answer keys, one clip a line. ``audio_folder`` is where a build puts the clips' audio."""

    path: Path
    audio_folder: Path

    def read(self) -> Iterator[AnswerKey]:
        """Yield the keys in the order of the file.

        Raises:
            BuildError: the file cannot be read, or a line is no answer key; the message names it.
        """
        try:
            with self.path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield _key(line, f"{self.path}:{number}")
        except OSError as error:
            raise BuildError(
                f"{self.path}: cannot be read: {error.strerror or error}", hint="check the path and its permissions"
            ) from None

    def audio(self, clip_id: str) -> Path:
        """Return a clip's audio file.

        Raises:
            BuildError: there is none.
        """
        for ending in _ENDINGS:
            file = self.audio_folder / f"{clip_id}{ending}"
            if file.is_file():
                return file
        raise BuildError(
            f"{self.audio_folder}: no audio of clip {clip_id!r}, expected {clip_id}{' or '.join(_ENDINGS)}",
            hint="listening needs a build in the layout 'folder' with all of its clips",
        )


def find_keys(place: str | Path, split: str | None = None) -> KeyFile:
    """Return the answer keys of a build's folder, or those in a file.

    Args:
        place: a folder with ``answer_key/<split>.jsonl``, or a file of answer keys.
        split: which one, where a folder holds several.

    Raises:
        UsageError: there is no such path or split, or the split is left open.
        BuildError: the folder holds no answer key.
    """
    path = Path(place)
    if not path.exists():
        raise UsageError(f"{path}: no such file or folder", hint="name a build's folder or a file of answer keys")
    if not path.is_dir():
        return _beside(path)
    found = {file.stem: file for file in sorted((path / _KEYS).glob("*.jsonl"))}
    if not found:
        raise BuildError(
            f"{path}: holds no {_KEYS}/<split>.jsonl",
            hint="name the folder of a finished build; one that was interrupted goes on with the same soundscape build",
        )
    if split is not None and split not in found:
        raise UsageError(
            f"{path}: there is no split {split!r}{nearest(split, found)}", hint=f"splits there: {', '.join(found)}"
        )
    if split is None and len(found) > 1:
        raise UsageError(f"{path}: holds several splits: {', '.join(found)}", hint="choose one with --split")
    return _beside(found[split] if split is not None else next(iter(found.values())))


def _beside(path: Path) -> KeyFile:
    return KeyFile(path=path, audio_folder=path.parent.parent / "data" / path.stem)


def _key(line: bytes, where: str) -> AnswerKey:
    try:
        return schema.decode(line, AnswerKey, where)
    except DataError as error:
        raise BuildError(error.message, hint=error.hint) from None
