"""Decoded sources at the scene's sample rate, kept per worker up to a number of bytes."""

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
from soundscape.sources.audio import resample


class Loader(Protocol):
    """What rendering needs of the banks: :class:`soundscape.sources.bank.Bank` and ``BankSet`` have it."""

    def row(self, source_id: str) -> int:
        """Return the row of a source; BankError where there is none."""
        ...

    def source(self, row: int) -> Source:
        """Return a source by its row."""
        ...

    def load_audio(self, source: Source) -> Mono:
        """Return a source's samples, mono, at its own rate; BankError where the file is not the one indexed."""
        ...


class SourceCache:
    """Loads sources, resampled whole and once; the least recently used leave when ``most_bytes`` is passed."""

    def __init__(self, banks: Loader, most_bytes: int = 256 << 20) -> None:
        self._banks = banks
        self._most = most_bytes
        self._held: OrderedDict[tuple[str, int], Mono] = OrderedDict()
        self._bytes = 0
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
        if active_regions(self._banks.load_audio(source), source.sample_rate) != source.active_regions:
            return source
        part = self(source_id, source.pcm_sha256, sample_rate)
        # Of a sound that lies above half the rate a rest may be left, which the event's level then lifts.
        peak = float(np.max(np.abs(part), initial=0.0))
        found = active_regions(part, sample_rate) or active_regions(part / (peak or 1.0), sample_rate)
        if not found or found == source.active_regions:
            return source
        return replace(source, active_regions=found, active_start=found[0].start, active_end=found[-1].end)

    def __call__(self, source_id: str, pcm_sha256: str, sample_rate: int) -> Mono:
        """Return a source's samples ``(n,)``, float32 at ``sample_rate``.

        Raises:
            BankError: it is missing, or not the recording that the plan names by its digest.
        """
        key = (pcm_sha256, sample_rate)
        if key in self._held:
            self._held.move_to_end(key)
            return self._held[key]
        source = self.source(source_id)
        if source.pcm_sha256 != pcm_sha256:
            raise BankError(
                f"{source_id}: planned with samples {pcm_sha256[:12]}, and the bank holds {source.pcm_sha256[:12]}",
                hint="use the bank that the lock names, or build anew",
            )
        native = self._banks.load_audio(source)
        part: Mono = resample(native, source.sample_rate, sample_rate).astype(np.float32, copy=False)
        self._held[key] = part
        self._bytes += part.nbytes
        while self._bytes > self._most and len(self._held) > 1:
            _, old = self._held.popitem(last=False)
            self._bytes -= old.nbytes
        return part
