"""What two builds share that they should not: speakers, pieces, recordings, near-duplicates by content, and rooms.

Two questions are asked. What *do* both use, by their plans; and what *could* both use, by their locks: where both were
made with ``--splits``, nothing. A recording that a bank lists under two names or in two groups is found by its samples,
a copy at another level, rate or length by what it sounds like (:mod:`soundscape.dataset.fingerprints`).

Words are told and not held against anybody: two speakers may well say the same sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from soundscape import schema
from soundscape.dataset import lock as locks
from soundscape.dataset import splits
from soundscape.dataset.fingerprints import Bits, Likeness, alike, fingerprint
from soundscape.dataset.lock import Lock
from soundscape.errors import BuildError
from soundscape.records import ScenePlan, Source
from soundscape.sources import licences
from soundscape.sources.bank import Bank
from soundscape.sources.bankset import BankSet, open_banks

#: Told of progress: recordings heard, recordings in all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leakage:
    """What two builds share. Sources and groups are named ``<bank>:<name>``.

    ``groups``: speakers, pieces and original recordings that both use; ``recordings``: pairs of sources of equal
    samples; ``near``: pairs that sound the same; ``rooms``: simulated ones by dimensions (m) and RT60 (s), measured
    ones by folder. ``drawable``: how many groups both could have drawn; ``texts``: how many transcriptions both have;
    ``sources``: how many different ones each uses; ``listened``: whether near-duplicates were looked for.
    """

    groups: tuple[str, ...]
    recordings: tuple[tuple[str, str], ...]
    near: tuple[Likeness, ...]
    rooms: tuple[str, ...]
    drawable: int
    texts: int
    sources: tuple[int, int]
    listened: bool

    @property
    def clean(self) -> bool:
        """Whether nothing of the one build is heard in the other."""
        return not (self.groups or self.recordings or self.near or self.rooms)


@dataclass(frozen=True, slots=True)
class _Used:
    """What a build uses: its sources by id, and its rooms."""

    sources: dict[str, Source]
    rooms: set[str]

    @property
    def groups(self) -> set[str]:
        return {f"{s.bank}:{s.group}" for s in self.sources.values()}

    @property
    def texts(self) -> set[str]:
        return {s.transcription for s in self.sources.values() if s.transcription}


def leakage(
    a: Path, b: Path, *, banks: Sequence[str] = (), listen: bool = True, progress: Progress | None = None
) -> Leakage:
    """Return what two builds share.

    Args:
        a: a build's folder, with its plans.
        b: the other's.
        banks: names or folders of their banks; by default the names in the locks.
        listen: look for near-duplicates, which decodes every recording that is used.
        progress: told while recordings are listened to.

    Raises:
        BuildError: a folder holds no finished build or no plans.
        BankError: a bank lacks a source that a plan names, or a recording cannot be decoded.
    """
    first, second = locks.read(a), locks.read(b)
    names = {pin.name for lock in (first, second) for pin in lock.banks} - {locks.RESPONSES}
    opened = open_banks(tuple(banks) or tuple(sorted(names)))
    by_name = {bank.name: bank for bank in (opened.banks if isinstance(opened, BankSet) else (opened,))}
    one, other = _used(a, first, by_name), _used(b, second, by_name)
    return Leakage(
        groups=tuple(sorted(one.groups & other.groups)),
        recordings=tuple(_equal(one, other)),
        near=tuple(_near(one, other, by_name, progress)) if listen else (),
        rooms=tuple(sorted(one.rooms & other.rooms)),
        drawable=len(_drawable(first, by_name) & _drawable(second, by_name)),
        texts=len(one.texts & other.texts),
        sources=(len(one.sources), len(other.sources)),
        listened=listen,
    )


def _used(folder: Path, lock: Lock, banks: dict[str, Bank]) -> _Used:
    path = folder / "plans" / f"{lock.split}.jsonl"
    if not path.is_file():
        raise BuildError(f"{path}: no such file", hint="leakage is told from the plans, which are in the key part")
    used = _Used({}, set())
    with path.open("rb") as file:
        for line in file:
            plan = schema.decode(line, ScenePlan, str(path))
            used.rooms.update(_rooms(plan))
            for event in plan.events:
                if event.source_id not in used.sources:
                    used.sources[event.source_id] = _source(event.source_id, banks)
    return used


def _source(source_id: str, banks: dict[str, Bank]) -> Source:
    name = source_id.partition(":")[0]
    if name not in banks:
        raise BuildError(f"{source_id}: bank {name!r} is not open", hint=f"open: {', '.join(banks)}; add --bank {name}")
    return banks[name].source(banks[name].row(source_id))


def _rooms(plan: ScenePlan) -> Iterator[str]:
    if plan.room is not None:
        sides = " × ".join(f"{side:.2f}" for side in plan.room.dimensions)
        yield f"{sides} m, RT60 {plan.room.rt60:.3f} s"
    for event in plan.events:
        if event.response is not None:
            yield f"measured {event.response.path.rpartition('/')[0]}"


def _equal(one: _Used, other: _Used) -> Iterator[tuple[str, str]]:
    by_digest: dict[str, list[str]] = {}
    for name, source in other.sources.items():
        by_digest.setdefault(source.pcm_sha256, []).append(name)
    for name, source in sorted(one.sources.items()):
        for match in sorted(by_digest.get(source.pcm_sha256, ())):
            yield name, match


def _near(one: _Used, other: _Used, banks: dict[str, Bank], progress: Progress | None) -> Iterator[Likeness]:
    digests = [{s.pcm_sha256 for s in used.sources.values()} for used in (one, other)]
    # Equal samples are told as such.
    rest = [
        {name: s for name, s in sorted(used.sources.items()) if s.pcm_sha256 not in known}
        for used, known in ((one, digests[1]), (other, digests[0]))
    ]
    total, done = len(rest[0]) + len(rest[1]), 0
    heard: list[dict[str, Bits]] = [{}, {}]
    for bits, sources in zip(heard, rest, strict=True):
        for name, source in sources.items():
            samples = banks[source.bank].load_audio(source)
            begin, end = (int(t * source.sample_rate) for t in (source.active_start, source.active_end))
            bits[name] = fingerprint(samples[begin:end], source.sample_rate)
            done += 1
            if progress is not None:
                progress(done, total)
    yield from alike(*heard)


def _drawable(lock: Lock, banks: dict[str, Bank]) -> set[str]:
    """Return the groups that a build could draw."""
    found: set[str] = set()
    for pin in lock.banks:
        if pin.name in banks:
            bank = banks[pin.name]
            if lock.splits is None:
                own = splits.groups(bank)
            else:
                own = [group for group, name in splits.assignment(bank, lock.splits).items() if name == lock.split]
            policy = licences.checked_policy(lock.recipe.get("licences", "any"))
            let_in = set(bank.frame.filter(bank.filtered(policy=policy).eligible())["group"].to_list())
            found |= {f"{bank.name}:{group}" for group in own if group in let_in}
    return found
