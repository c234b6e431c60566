"""Vectors on disk: one SQLite file per embedder, addressed by content, shared by processes, bounded.

A file belongs to what determines its vectors (embedder and revision), so it never has to be invalidated; a damaged one
is thrown away, for it holds nothing that cannot be computed again. The oldest entries go when there are too many.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import platformdirs
from numpy.typing import NDArray

from soundscape.errors import EnvironmentFault

_BATCH = 500
_PATIENCE_S = 60.0
_TABLE = (
    "CREATE TABLE IF NOT EXISTS vectors (id INTEGER PRIMARY KEY, digest BLOB UNIQUE NOT NULL, vector BLOB NOT NULL)"
)


def default_folder() -> Path:
    """Return the user's folder for caption vectors, under ``SOUNDSCAPE_HOME`` where that is set."""
    home = os.environ.get("SOUNDSCAPE_HOME")
    cache = Path(home).expanduser() / "cache" if home else platformdirs.user_cache_path("soundscape", appauthor=False)
    return cache / "captions"


class VectorStore:
    """Float32 vectors by text, for one embedder. Safe for several threads and processes on one machine."""

    def __init__(self, folder: Path, owner: str, *, most: int = 200_000) -> None:
        """Name the file; it is made at the first write.

        Args:
            folder: where stores lie; one file an owner.
            owner: whatever determines the vectors.
            most: entries kept; beyond that the oldest go.
        """
        self.path = folder / f"{hashlib.sha256(owner.encode()).hexdigest()[:24]}.sqlite3"
        self._most = most

    def get(self, texts: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors that are known, by text."""
        if not self.path.exists():
            return {}
        wanted = {_digest(t): t for t in texts}
        digests = list(wanted)
        found: dict[str, NDArray[np.float32]] = {}
        with self._rebuilding(), self._open() as db:
            for i in range(0, len(digests), _BATCH):
                part = digests[i : i + _BATCH]
                marks = ",".join("?" * len(part))
                for digest, blob in db.execute(f"SELECT digest, vector FROM vectors WHERE digest IN ({marks})", part):
                    found[wanted[digest]] = np.frombuffer(blob, dtype="<f4").astype(np.float32)
        return found

    def put(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Store vectors; those known already stay as they are."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._fault(error) from None
        rows = [(_digest(t), np.asarray(v, dtype="<f4").tobytes()) for t, v in vectors.items()]
        with self._rebuilding(), self._open() as db, db:
            db.executemany("INSERT OR IGNORE INTO vectors (digest, vector) VALUES (?, ?)", rows)
            (count,) = db.execute("SELECT COUNT(*) FROM vectors").fetchone()
            if count > self._most:
                # A tenth more than needed, so that a full store is not trimmed at every write.
                surplus = count - self._most + self._most // 10
                db.execute("DELETE FROM vectors WHERE id IN (SELECT id FROM vectors ORDER BY id LIMIT ?)", (surplus,))

    def __len__(self) -> int:
        if not self.path.exists():
            return 0
        with self._open() as db:
            (count,) = db.execute("SELECT COUNT(*) FROM vectors").fetchone()
        return int(count)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, timeout=_PATIENCE_S)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute(_TABLE)
            yield db

    @contextmanager
    def _rebuilding(self) -> Iterator[None]:
        """Drop a damaged file and go on without it; anything else that keeps it from working is the machine's fault."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise self._fault(error) from None
        except sqlite3.DatabaseError:
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def _fault(self, error: Exception) -> EnvironmentFault:
        return EnvironmentFault(
            f"the cache of caption vectors {self.path} cannot be used: {error}",
            hint="set SOUNDSCAPE_HOME to a folder that can be written, or free some space",
        )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:16]
