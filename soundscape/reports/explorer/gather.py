"""What the explorer shows, read from files and checked, before a line of HTML is written.

Scores are those of :mod:`soundscape.scoring`, achieved factors those of :mod:`soundscape.dataset.report`; nothing is
measured here.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import quote

import msgspec
import numpy as np
import soundfile

from soundscape.dataset.clips import StoredClip, stored_clips
from soundscape.dataset.report import achieved
from soundscape.errors import BuildError, UsageError, nearest
from soundscape.records import AnswerKey, Prediction
from soundscape.reports import spectrogram
from soundscape.scoring.keys import KeyFile, find_keys
from soundscape.scoring.options import Options
from soundscape.scoring.prompt import prompt_digest
from soundscape.scoring.run import Marked, mark_files
from soundscape.scoring.score import ClipScore, refuse_repeated_keys

#: Clips that get pictures and a player, and the bytes of encoded audio that go into a page, unless told otherwise.
CLIPS = 24
EMBEDDED_MIB = 32.0
#: A clip of more bytes is linked even where there is room: browsers keep all of a page in memory.
LARGEST_MIB = 8.0

_CHECK = "soundscape validate lists every problem of the build"
#: How far a file may be longer or shorter than its key says, in s: lossy formats pad.
_SLACK_S = 0.1
_SLOWEST = 1_000
Way: TypeAlias = Literal["embedded", "linked", "none"]


class Factor(msgspec.Struct, frozen=True):
    """A factor as ``report.json`` has it: of numbers the means, of names the shares."""

    requested_mean: float | None = None
    achieved_mean: float | None = None
    tolerance_of_mean: float | None = None
    requested_share: dict[str, float] = {}
    achieved_share: dict[str, float] = {}
    within: bool | None = None


class Languages(msgspec.Struct, frozen=True):
    """Languages as ``report.json`` has them."""

    even_share: float = 0.0
    share_of_speech_time: dict[str, float] = {}
    tolerance: float = 0.0


class Report(msgspec.Struct, frozen=True):
    """What the explorer takes from ``report.json``."""

    factors: dict[str, Factor] = {}
    languages: Languages = Languages()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A clip of the key. ``number`` counts from 0; ``achieved`` are its factors as the key shows them."""

    number: int
    key: AnswerKey
    achieved: dict[str, float | str]
    score: ClipScore | None = None
    answer: Prediction | None = None
    shown: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A clip to look at and hear: a PNG, and its audio in the page (``data``), by a link (``link``), or not at all."""

    picture: bytes
    way: Way
    place: str
    kind: str
    data: bytes = b""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a page tells, but for pictures and sound, which :class:`Sounds` reads clip by clip."""

    name: str
    split: str
    clips: tuple[Clip, ...]
    report: Report | None
    marked: Marked | None
    files: dict[str, StoredClip] = field(repr=False)

    @property
    def shown(self) -> tuple[Clip, ...]:
        """The clips that have pictures."""
        return tuple(clip for clip in self.clips if clip.shown)


def gather(
    build: str | Path,
    *,
    key: str | Path | None = None,
    split: str | None = None,
    clips: Sequence[str] = (),
    most: int = CLIPS,
    predictions: Sequence[str | Path] = (),
    embedder: str = "lexical",
    options: Options | None = None,
    strict: bool = False,
) -> View:
    """Read a build's key and report, and mark a system's answers where there are any.

    Args:
        build: the folder that holds ``data/<split>``, in any layout.
        key: the folder or file with its answer key, where that was published apart.
        split: which one, where there are several.
        clips: ids of those that get pictures; the first ``most`` by default.
        most: how many get pictures where none are named.
        predictions: files or folders that together are one system's answers.
        embedder: compares captions, by name.
        options: how to mark; the profile ``laion`` by default.
        strict: mend nothing in the predictions.

    Raises:
        UsageError: a path, split, clip or option is none that there is.
        DataError: a file is missing, broken, or contradicts itself.
        EnvironmentFault: the embedder's model is missing.
    """
    if Path(build).is_file():
        raise UsageError(f"{build}: a file, expected a build's folder", hint="name the folder; a key goes with --key")
    place = build if key is None else key
    found = find_keys(place, split)
    keys = _sound_keys(found)
    chosen = _chosen([one.clip_id for one in keys], clips, most, found.path)
    files = stored_clips(Path(build), found.path.stem)
    for name in sorted(chosen):
        if name not in files:
            raise BuildError(f"{build}: no audio of clip {name!r} in data/{found.path.stem}", hint=_CHECK)
    marked = None
    if predictions:
        marked = mark_files(
            place, predictions, embedder=embedder, options=options, split=split, strict=strict,
            prompt_digest=prompt_digest(),
        )  # fmt: skip
    scores = {score.clip_id: score for score in marked.table.clips} if marked else {}
    answers = marked.answers.predictions if marked else {}
    return View(
        name=keys[0].recipe,
        split=found.path.stem,
        clips=tuple(
            Clip(
                number=number, key=one, achieved=_achieved(one, found.path), score=scores.get(one.clip_id),
                answer=answers.get(one.clip_id), shown=one.clip_id in chosen,
            )
            for number, one in enumerate(keys)
        ),
        report=_report(found.path),
        marked=marked,
        files=files,
    )  # fmt: skip


def _sound_keys(file: KeyFile) -> list[AnswerKey]:
    keys = list(file.read())
    if not keys:
        raise BuildError(f"{file.path}: holds no clip", hint="name the folder of a finished build")
    refuse_repeated_keys(keys)
    for key in keys:
        _refuse_impossible(key, file.path)
    return keys


def _chosen(names: Sequence[str], clips: Sequence[str], most: int, file: Path) -> frozenset[str]:
    """Return which clips get pictures."""
    known = set(names)
    for name in clips:
        if name not in known:
            raise UsageError(f"--clip {name}: {file} holds no such clip{nearest(name, known)}")
    return frozenset(clips or names[:most])


def _refuse_impossible(key: AnswerKey, file: Path) -> None:
    """Refuse what could not be drawn; all else that a schema asks for is the business of ``validate``."""
    if not (math.isfinite(key.duration) and key.duration > 0.0):
        raise BuildError(f"{file}: clip {key.clip_id!r}: duration is {key.duration}, expected more than 0", hint=_CHECK)
    for event in key.events:
        if not event.start_time < event.end_time:
            raise BuildError(
                f"{file}: clip {key.clip_id!r}: event {event.event_id!r}: start_time {event.start_time} and end_time "
                f"{event.end_time}, expected an end after the start",
                hint=_CHECK,
            )


def _achieved(key: AnswerKey, file: Path) -> dict[str, float | str]:
    try:
        return achieved(key)
    except (ArithmeticError, ValueError) as error:
        raise BuildError(f"{file}: clip {key.clip_id!r}: its levels make no sense: {error}", hint=_CHECK) from None


def _report(keys: Path) -> Report | None:
    """Return the report of the build that a file of answer keys belongs to; None where there is none."""
    file = keys.parent.parent / "report.json"
    if keys.parent.name != "answer_key":
        return None
    try:
        return msgspec.json.decode(file.read_bytes(), type=Report)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise BuildError(f"{file}: no report: {error}", hint=_CHECK) from None


class Sounds:
    """Reads clips for a page, and decides which audio goes into it while there is room.

    Args:
        view: what is shown.
        page: where the page will lie, for links.
        room_mib: how much encoded audio may go into it, in MiB.
    """

    def __init__(self, view: View, page: Path, room_mib: float = EMBEDDED_MIB) -> None:
        self._files, self._page = view.files, page.resolve().parent
        self._room = round(room_mib * 2**20)
        self.ways: dict[Way, int] = {"embedded": 0, "linked": 0, "none": 0}

    def of(self, key: AnswerKey) -> Sound:
        """Return a clip's picture and sound.

        Raises:
            BuildError: its audio cannot be read, or is not what the key tells of.
        """
        stored = self._files[key.clip_id]
        data = stored.read()
        picture = _picture(data, key, stored)
        inside = len(data) <= min(self._room, LARGEST_MIB * 2**20)
        way: Way = "embedded" if inside else "none" if stored.packed else "linked"
        self._room -= len(data) if inside else 0
        self.ways[way] += 1
        link = ""
        if way == "linked":
            link = quote(Path(os.path.relpath(stored.file.resolve(), self._page)).as_posix())
        return Sound(
            picture=picture,
            way=way,
            place=f"{'/'.join(stored.file.parts[-3:])}",
            kind=f"audio/{ {'mp3': 'mpeg'}.get(stored.ending, stored.ending) }",
            data=data if inside else b"",
            link=link,
        )


def _picture(data: bytes, key: AnswerKey, stored: StoredClip) -> bytes:
    where = f"{stored.file}: clip {key.clip_id!r}"
    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="float64", always_2d=True)
    except (soundfile.SoundFileError, ValueError, AssertionError) as error:
        raise BuildError(f"{where}: cannot be decoded: {error}", hint=_CHECK) from None
    seconds = len(samples) / rate
    if rate != key.sample_rate or rate < _SLOWEST or abs(seconds - key.duration) > _SLACK_S or not len(samples):
        raise BuildError(
            f"{where}: {seconds:.3f} s at {rate} Hz, expected {key.duration:.3f} s at {key.sample_rate} Hz by the key",
            hint="audio and answer key are not of the same build; soundscape verify tells more",
        )
    if not np.isfinite(samples).all():
        raise BuildError(f"{where}: holds samples that are no numbers", hint=_CHECK)
    return spectrogram.png(spectrogram.levels(samples.mean(axis=1), rate))


def most_at_once(key: AnswerKey) -> int:
    """Return how many events are active at the busiest moment of a clip."""
    # At one instant ends come before starts: spans are half-open.
    steps = sorted([(e.start_time, 1) for e in key.events] + [(e.end_time, -1) for e in key.events])
    return max(accumulate((step for _, step in steps), initial=0))


def languages(clips: Iterable[Clip]) -> tuple[str, ...]:
    """Return the languages of clips, sorted."""
    return tuple(sorted({language for clip in clips for language in clip.key.languages}))
