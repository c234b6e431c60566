"""Speech from eSpeak NG, spoken in a worker process of its own.

The library is under the GPL and keeps global state, so it never enters this process: requests and samples cross a pipe
(:mod:`soundscape.sources.embedded.espeak_worker` describes the framing). Each utterance is a pure function of its
fields: whatever was spoken before, by whichever process, the samples are the same.

    with Engine() as engine:
        for spoken in engine.speak_all(utterances):
            ...

An engine belongs to one thread of one process. Any process may open one, a worker of a pool included.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from soundscape.errors import EnvironmentFault
from soundscape.sources.embedded.espeak_worker import RATE, frame, read_frame
from soundscape.sources.embedded.voices import variant_files

__all__ = ["RATE", "Engine", "Spoken", "Utterance", "speak_all"]

_WORKER = "soundscape.sources.embedded.espeak_worker"
_PATIENCE_S = 5.0
# Requests that may wait in the pipe while samples come back: far less than a pipe holds, so neither side can block
# the other.
_MOST_IN_FLIGHT, _BYTES_IN_FLIGHT = 8, 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What to say, and how.

    ``voice`` is a language by eSpeak NG's own file name (``en``, ``cmn``, ``fr``, ``nb``, ``pt-BR``); ``variant`` the
    name of one of our speaker variants (:func:`soundscape.sources.embedded.voices.variant_files`), None for the
    language's plain voice. ``rate`` is in words per minute (80–450), ``pitch``, ``pitch_range`` and ``volume`` run from
    0 to 100, where pitch 50 and range 50 leave the variant as it is defined. With ``phonemes``, text in double square
    brackets is read as eSpeak phoneme mnemonics.
    """

    text: str
    voice: str
    variant: str | None = None
    rate: int = 165
    pitch: int = 50
    pitch_range: int = 50
    volume: int = 90
    phonemes: bool = False
    seed: int = 1

    def __post_init__(self) -> None:
        if not 80 <= self.rate <= 450:
            raise ValueError(f"rate is {self.rate} words per minute; give 80 to 450")
        for name, value in (("pitch", self.pitch), ("pitch_range", self.pitch_range), ("volume", self.volume)):
            if not 0 <= value <= 100:
                raise ValueError(f"{name} is {value}; give 0 to 100")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What was said: mono int16 samples at :data:`RATE`, untrimmed, and when each word of the text begins.

    ``words`` holds (first character, number of characters, time in s) as the library reports them, in order of time;
    words that the language merges are reported as one.
    """

    samples: NDArray[np.int16]
    words: tuple[tuple[int, int, float], ...]


class Engine:
    """A running worker; a context manager, so that no process outlives its use."""

    def __init__(self, variants: Mapping[str, str] | None = None) -> None:
        """Start a worker that knows ``variants``, name to eSpeak NG voice text; by default those of our speakers.

        Raises:
            EnvironmentFault: the package espeakng-loader is missing, or the worker does not start.
        """
        self._variants = dict(variant_files() if variants is None else variants)
        self._folder = tempfile.mkdtemp(prefix="soundscape-espeak-")  # the worker removes it, and so does close()
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - close() closes it
        self._last_words = ""
        # -P: not the current folder but the package's own must be on the worker's path, even where it is not installed.
        path = os.pathsep.join(p for p in (os.environ.get("PYTHONPATH"), str(Path(__file__).parents[3])) if p)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", _WORKER, self._folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                env={**os.environ, "PYTHONPATH": path},
            )
        except BaseException:
            self._complaints.close()
            shutil.rmtree(self._folder, ignore_errors=True)
            raise
        try:
            self._greet()
        except BaseException:
            self.close()
            raise

    def _greet(self) -> None:
        self._send(frame(b"H", json.dumps(self._variants).encode()))
        kind, body = self._receive()
        if kind == b"M":
            raise EnvironmentFault(
                f"speech synthesis needs the package espeakng-loader, which is missing here ({body.decode()})",
                hint="pip install espeakng-loader",
            )

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except (BrokenPipeError, ValueError):  # ValueError: closed
            raise self._death() from None

    def _receive(self) -> tuple[bytes, bytes]:
        assert self._process.stdout is not None
        if self._process.stdout.closed or (answer := read_frame(self._process.stdout)) is None:
            raise self._death()
        return answer

    def _death(self) -> EnvironmentFault:
        """Return the error that tells how the worker ended, once it has."""
        self.close()
        code = self._process.returncode
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return EnvironmentFault(
            f"the eSpeak NG worker process has ended ({how})" + (f": {self._last_words}" if self._last_words else ""),
            hint="run it again; if that repeats, reinstall the engine: pip install --force-reinstall espeakng-loader",
        )

    def close(self) -> None:
        """End the worker and wait for it; harmless when repeated."""
        # Its output first: a worker that is blocked in writing then notices.
        for pipe in (self._process.stdout, self._process.stdin):
            if pipe is not None and not pipe.closed:
                with contextlib.suppress(OSError):
                    if pipe.writable():  # the end of file alone would not show while a sibling fork holds a copy
                        pipe.write(frame(b"Q"))
                    pipe.close()
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        if not self._complaints.closed:
            self._complaints.seek(0)
            lines = self._complaints.read().decode(errors="replace").strip().splitlines()
            self._last_words = lines[-1][:300] if lines else ""
            self._complaints.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def speak(self, utterance: Utterance) -> Spoken:
        """Return one utterance; errors as :meth:`speak_all`."""
        return next(self.speak_all((utterance,)))

    def speak_all(self, utterances: Iterable[Utterance]) -> Iterator[Spoken]:
        """Yield the speech of each utterance, in order; the worker is a few utterances ahead of the reader.

        Raises:
            ValueError: a variant that this engine was not given.
            EnvironmentFault: eSpeak NG refuses an utterance (a voice that it does not have), or the worker has died.
        """
        waiting: deque[int] = deque()
        try:
            for utterance in utterances:
                if utterance.variant is not None and utterance.variant not in self._variants:
                    raise ValueError(f"no speaker variant {utterance.variant!r}")
                request = frame(b"U", json.dumps(asdict(utterance)).encode())
                while waiting and (len(waiting) >= _MOST_IN_FLIGHT or sum(waiting) + len(request) > _BYTES_IN_FLIGHT):
                    waiting.popleft()
                    yield self._answer()
                self._send(request)
                waiting.append(len(request))
            while waiting:
                waiting.popleft()
                yield self._answer()
        except (GeneratorExit, Exception):
            # The next caller must not get these answers.
            with contextlib.suppress(EnvironmentFault):
                for _ in waiting:
                    self._receive()
            raise
        except BaseException:  # interrupted, perhaps in the middle of a frame
            self.close()
            raise

    def _answer(self) -> Spoken:
        kind, body = self._receive()
        if kind == b"E":
            raise EnvironmentFault(body.decode(), hint="check the installed version of espeakng-loader")
        count = int.from_bytes(body[:4], "little")
        samples = np.frombuffer(body, "<i2", count, 4).astype(np.int16)
        words = np.frombuffer(body, "<i4", offset=4 + 2 * count).reshape(-1, 3)
        return Spoken(samples=samples, words=tuple((int(c), int(n), int(at) / RATE) for c, n, at in words))


def speak_all(utterances: Iterable[Utterance]) -> Iterator[Spoken]:
    """Yield the speech of each utterance, in order, from one worker that lives as long as the iteration.

    Raises as :class:`Engine` and :meth:`Engine.speak_all`.
    """
    with Engine() as engine:
        yield from engine.speak_all(utterances)
