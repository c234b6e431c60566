"""Decoded sources at the scene's sample rate, kept per worker up to a number of bytes.

What is 16-bit is kept as that: twice as many recordings stay at hand, and reading them costs a multiplication.

Scenes walk through pools in a circle, so the recording that was not used for longest is the one that comes next:
replacing that one would make every use a miss. What came first stays, and what finds no room any more is kept only for
the scene that it is used in.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache
from typing import Protocol

import numpy as np

from soundscape.activity import active_regions
from soundscape.errors import BankError
from soundscape.records import Source
from soundscape.rendering.events import Mono
from soundscape.sources.audio import Int16, Stored, as_floats, resample


class Loader(Protocol):
    """What rendering needs of the banks: :class:`soundscape.sources.bank.Bank` and ``BankSet`` have it."""

    def row(self, source_id: str) -> int:
        """Return the row of a source; BankError where there is none."""
        ...

    def source(self, row: int) -> Source:
        """Return a source by its row."""
        ...

    def load_stored(self, source: Source) -> Stored:
        """Return a source's samples, mono, at its own rate; BankError where the file is not the one indexed."""
        ...


class SourceCache:
    """Loads sources, resampled whole and once; keeps up to ``most_bytes`` of them, and the last few beside those."""

    def __init__(self, banks: Loader, most_bytes: int = 256 << 20, passing_bytes: int = 32 << 20) -> None:
        self._banks = banks
        self._room, self._passing_room = most_bytes, passing_bytes
        self._held: dict[tuple[str, int], Stored] = {}
        self._passing: OrderedDict[tuple[str, int], Stored] = OrderedDict()
        #: Returns the facts of a source by its id.
        self.source = lru_cache(maxsize=4096)(self._look_up)
        #: Returns the same with its activity at a sample rate: ``heard(source_id, sample_rate)``.
        self.heard = lru_cache(maxsize=4096)(self._heard)

    def _look_up(self, source_id: str) -> Source:
        return self._banks.source(self._banks.row(source_id))

    def _heard(self, source_id: str, sample_rate: int) -> Source:
        """Return the facts of a source with its active regions as at a sample rate; those of humans are left alone."""
        source = self.source(source_id)
        if sample_rate == source.sample_rate:
            return source
        native = as_floats(self._banks.load_stored(source))
        if active_regions(native, source.sample_rate) != source.active_regions:
            return source
        part = as_floats(self._resampled(native, source, sample_rate))
        # Of a sound that lies above half the rate a rest may be left, which the event's level then lifts.
        peak = float(np.max(np.abs(part), initial=0.0))
        found = active_regions(part, sample_rate) or active_regions(part / (peak or 1.0), sample_rate)
        if not found or found == source.active_regions:
            return source
        return replace(source, active_regions=found, active_start=found[0].start, active_end=found[-1].end)

    def __call__(self, source_id: str, pcm_sha256: str, sample_rate: int) -> Stored:
        """Return a source's samples ``(n,)`` at ``sample_rate``: int16 where that says all of them, else float32.

        Raises:
            BankError: it is missing, or not the recording that the plan names by its digest.
        """
        key = (pcm_sha256, sample_rate)
        held = self._held.get(key)
        if held is None:
            held = self._passing.get(key)
        if held is not None:
            return held
        source = self.source(source_id)
        if source.pcm_sha256 != pcm_sha256:
            raise BankError(
                f"{source_id}: planned with samples {pcm_sha256[:12]}, and the bank holds {source.pcm_sha256[:12]}",
                hint="use the bank that the lock names, or build anew",
            )
        native = self._banks.load_stored(source)
        if source.sample_rate != sample_rate:
            return self._resampled(as_floats(native), source, sample_rate)
        compact = native if native.dtype == np.int16 else _compact(as_floats(native))
        self._keep(key, compact)
        return compact

    def _resampled(self, native: Mono, source: Source, sample_rate: int) -> Stored:
        """Return samples at another rate, and keep them."""
        compact = _compact(resample(native, source.sample_rate, sample_rate).astype(np.float32, copy=False))
        self._keep((source.pcm_sha256, sample_rate), compact)
        return compact

    def _keep(self, key: tuple[str, int], held: Stored) -> None:
        if key in self._held or key in self._passing:
            return
        if held.nbytes <= self._room:
            self._held[key] = held
            self._room -= held.nbytes
            return
        self._passing[key] = held
        self._passing_room -= held.nbytes
        while self._passing_room < 0 and len(self._passing) > 1:
            _, old = self._passing.popitem(last=False)
            self._passing_room += old.nbytes


def _compact(part: Mono) -> Stored:
    """Return int16 samples where they say all of it, else the floats."""
    scaled = part * np.float32(32768.0)
    if scaled.min(initial=0.0) >= -32768.0 and scaled.max(initial=0.0) <= 32767.0:
        integers: Int16 = scaled.astype(np.int16)
        if np.array_equal(integers, scaled):
            return integers
    return part
