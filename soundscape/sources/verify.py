"""``bank verify``: whether a bank still holds what was indexed.

Every recording is decoded again and compared by the digest of its samples. Findings of kind ``extra`` (a recording in
the bank's folder that the index does not know) are told but do no harm; all others mean that scenes drawn from the bank
would not be those its digest promises.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, TypeAlias

from soundscape import files
from soundscape.sources import index, places
from soundscape.sources.audio import AudioFault, decode, pcm_digest
from soundscape.sources.bank import Bank
from soundscape.sources.index import Row
from soundscape.sources.workers import Progress, run

Kind: TypeAlias = Literal["missing", "undecodable", "changed", "decoder", "index", "embedded", "extra"]

_SUFFIXES = (
    ".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".au", ".caf", ".m4a", ".aac", ".webm", ".wma",
)  # fmt: skip
_CHECKED = ("key", "path", "pcm_sha256", "file_sha256", "frames", "sample_rate", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it was indexed.

    ``missing`` the file is gone; ``undecodable`` it cannot be read any more; ``changed`` it holds other samples;
    ``decoder`` the same bytes decode to other samples on this machine; ``index`` the index is not the one whose digest
    ``bank.json`` states; ``embedded`` a source of the embedded bank is not the one this version of the package makes;
    ``extra`` the index does not know the file.
    """

    kind: Kind
    key: str
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.path or self.key}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found in how many sources; ``ok`` where nothing but extra files was."""

    bank: str
    digest: str
    count: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether the bank holds what was indexed."""
        return all(finding.kind == "extra" for finding in self.findings)

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        return dict(sorted(Counter(finding.kind for finding in self.findings).items()))


def verify_bank(bank: Bank, *, jobs: int = 1, progress: Progress | None = None) -> Verification:
    """Decode every recording of a bank again and compare it with the index.

    Args:
        bank: the bank; its filters do not matter.
        jobs: processes.
        progress: told how many recordings are done.
    """
    findings = list(_index_findings(bank))
    rows = bank.frame.select(_CHECKED).to_dicts()
    per_row = run(partial(_check_chunk, bank.root), rows, jobs=jobs, progress=progress)
    findings += [finding for finding in per_row if finding is not None]
    if bank.name == places.EMBEDDED:
        from soundscape.sources.embedded.build import differences

        findings += [Finding(kind="embedded", key=key, path="", message=message) for key, message in differences(rows)]
    findings += _extras(bank, {row["path"] for row in rows})
    return Verification(bank=bank.name, digest=bank.digest, count=len(rows), findings=tuple(findings))


def _index_findings(bank: Bank) -> Iterator[Finding]:
    digest = index.bank_digest(bank.frame.iter_rows(named=True))
    if digest != bank.digest:
        message = f"its rows have the digest {digest}, {index.INFO_FILE} says {bank.digest}"
        yield Finding(kind="index", key="", path=index.INDEX_FILE, message=message)


def _check_chunk(root: Path, rows: Sequence[Row]) -> list[Finding | None]:
    return [_check(root, row) for row in rows]


def _check(root: Path, row: Row) -> Finding | None:
    path = root / row["path"]

    def finding(kind: Kind, message: str) -> Finding:
        return Finding(kind=kind, key=row["key"], path=row["path"], message=message)

    # A recording that could not be decoded when it was indexed is listed so; it may still be what it was, or gone.
    never_decoded = not row["pcm_sha256"]
    if not path.is_file():
        return None if never_decoded else finding("missing", f"not in {root}")
    try:
        samples, sample_rate = decode(path)
    except AudioFault as error:
        return None if never_decoded else finding("undecodable", error.message)
    if pcm_digest(samples, sample_rate) == row["pcm_sha256"]:
        return None
    if files.digest(path) == row["file_sha256"]:
        return finding("decoder", "the same bytes decode to other samples here")
    then = f"{row['frames']} frames at {row['sample_rate']} Hz"
    return finding("changed", f"{len(samples)} frames at {sample_rate} Hz, indexed with {then} and other samples")


def _extras(bank: Bank, known: set[str]) -> list[Finding]:
    found = (path for path in bank.root.rglob("*") if path.suffix.casefold() in _SUFFIXES and path.is_file())
    names = sorted(path.relative_to(bank.root).as_posix() for path in found)
    return [Finding(kind="extra", key="", path=name, message="not in the index") for name in names if name not in known]
