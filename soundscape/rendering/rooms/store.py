"""A store of responses on disk: what was made once is read again.

An entry holds the responses of a scene, and is named by what they were made from: room, positions, sample rate, names
and protocol version. Entries appear whole or not at all and end with a digest of all before it, so processes may share
a store without a lock; one that is damaged is made again. Where the store outgrows its bound, the entries that were not
used for longest go.

Layout of an entry: a line of JSON (sizes and facts), the samples as little-endian float32, 32 bytes of SHA-256.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from soundscape import files, schema
from soundscape.errors import UsageError
from soundscape.records import Position, RoomPlan
from soundscape.rendering.rooms.measures import ResponseFacts
from soundscape.rendering.rooms.shoebox import Response, responses
from soundscape.version import PROTOCOL_VERSION

DEFAULT_BYTES = 2**30
"""The bound of a store that is given none: about 10,000 responses of 0.6 s at 48 kHz."""

_SUFFIX = ".response"
_SEAL = 32
_KEEP = 0.9
_ABANDONED = 3600.0


class ResponseStore:
    """Responses by what they are made from, kept in a folder that stays below a bound.

    Args:
        folder: where; made on first use.
        max_bytes: the bound, above 0. With several processes the folder may pass it by what the others have added since
            each last looked, that is by at most a tenth of the bound for each.
    """

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_BYTES) -> None:
        if max_bytes <= 0:
            raise UsageError(f"a response store of {max_bytes} bytes holds nothing; expected more than 0")
        self.folder = folder
        self.max_bytes = max_bytes
        # What this process may still add before it has to look at the folder again.
        self._allowance = 0

    def responses(self, room: RoomPlan, positions: Mapping[str, Position], sample_rate: int) -> dict[str, Response]:
        """Return what :func:`soundscape.rendering.rooms.responses` returns, from the disk where it is there.

        Raises:
            BuildError: as there.
            EnvironmentFault: the disk is full or the folder may not be written.
        """
        path = self.path(room, positions, sample_rate)
        found = _read(path)
        if found is not None:
            # Only says which entries are in use; one that another process has just removed needs no mark.
            with contextlib.suppress(OSError):
                os.utime(path)
            return found
        made = responses(room, positions, sample_rate)
        self._write(path, _encode(made))
        return made

    def path(self, room: RoomPlan, positions: Mapping[str, Position], sample_rate: int) -> Path:
        """Return where the entry lies, whether it is there or not."""
        key = schema.digest(
            {
                "protocol": PROTOCOL_VERSION,
                "room": schema.digest(room),
                "positions": list(positions.items()),
                "sample_rate": sample_rate,
            }
        )
        return self.folder / key[:2] / f"{key}{_SUFFIX}"

    def size(self) -> int:
        """Return how many bytes the entries take."""
        return sum(size for _, _, size in self._entries())

    def _write(self, path: Path, data: bytes) -> None:
        if len(data) > self.max_bytes:
            return
        if len(data) > self._allowance:
            self._make_room(len(data))
        with files.disk_faults(self.folder):
            path.parent.mkdir(parents=True, exist_ok=True)
        files.write_bytes(path, data, durable=False)
        self._allowance -= len(data)

    def _entries(self) -> list[tuple[float, Path, int]]:
        """Return when each entry was last used, where it lies and its size; the one unused for longest first."""
        entries = []
        for path in self.folder.glob(f"*/*{_SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                facts = path.stat()
                entries.append((facts.st_mtime, path, facts.st_size))
        return sorted(entries)

    def _make_room(self, needed: int) -> None:
        """Remove entries until ``needed`` bytes fit, and set how much may be added before the next look."""
        entries = self._entries()
        total = sum(size for _, _, size in entries)
        if total + needed > self.max_bytes:
            for _, path, size in entries:
                if total + needed <= self.max_bytes * _KEEP or total == 0:
                    break
                path.unlink(missing_ok=True)
                total -= size
            self._sweep()
        self._allowance = min(self.max_bytes - total, max(needed, int(self.max_bytes * (1.0 - _KEEP))))

    def _sweep(self) -> None:
        """Remove what killed writers have left beside the entries."""
        for path in self.folder.glob("*/.*.part"):
            with contextlib.suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > _ABANDONED:
                    path.unlink()


def _encode(made: Mapping[str, Response]) -> bytes:
    head = [
        {
            "name": name,
            "facts": dataclasses.asdict(response.facts),
            "sample_rate": response.sample_rate,
            "direct": response.direct,
            "distance": response.distance,
            "frames": len(response.samples),
        }
        for name, response in made.items()
    ]
    parts = [response.samples.astype("<f4", copy=False).tobytes() for response in made.values()]
    body = b"".join([json.dumps(head).encode(), b"\n", *parts])
    return body + hashlib.sha256(body).digest()


def _read(path: Path) -> dict[str, Response] | None:
    """Return an entry, or None where there is none or it is damaged."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    body = data[:-_SEAL]
    if hashlib.sha256(body).digest() != data[-_SEAL:]:
        return None
    line, _, rest = body.partition(b"\n")
    found, at = {}, 0
    for head in json.loads(line):
        facts = head["facts"] | {"rt60_bands": tuple(head["facts"]["rt60_bands"])}
        found[head["name"]] = Response(
            samples=np.frombuffer(rest, dtype="<f4", count=head["frames"], offset=at),
            sample_rate=head["sample_rate"],
            direct=head["direct"],
            distance=head["distance"],
            facts=ResponseFacts(**facts),
        )
        at += 4 * head["frames"]
    return found
