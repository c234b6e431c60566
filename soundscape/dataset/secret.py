"""Secret seeds: where they come from, and the commitment that stands for them until they are revealed.

Whoever knows the seed of a build can make its answer key, so a held-out split has a secret one. It comes from a file or
from the environment, never from the command line, which others on the machine can read; and it is written nowhere. The
lock holds a commitment instead (:func:`soundscape.dataset.lock.commitment`), published before anybody is marked:
revealing the seed later proves that the clips were not chosen after results were seen.

A commitment can be tried against guesses for ever, so a seed that could be guessed is refused. That test is coarse: it
counts characters, and can tell neither a quotation nor a date written twice from chance. ``draw`` gives one that holds.
"""

from __future__ import annotations

import hmac
import math
import os
import secrets
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from soundscape import files
from soundscape.dataset import lock as locks
from soundscape.dataset.lock import Lock
from soundscape.errors import BuildError, EnvironmentFault, UsageError

#: Where a seed is looked for when no file is named.
VARIABLE = "SOUNDSCAPE_SEED"
#: The least number of characters, and of bits by their frequencies in the seed itself.
SHORTEST = 22
LEAST_BITS = 64.0
_LONGEST_FILE = 4096
_MAKE = "make one: head -c 32 /dev/urandom | base64 > FILE"


def draw() -> str:
    """Return a new secret seed of 256 bits, as 64 hexadecimal digits, from the operating system's generator."""
    return secrets.token_hex(32)


def draw_public() -> int:
    """Return a new public seed of 48 bits from the operating system's generator."""
    return secrets.randbits(48)


def check(seed: str, where: str) -> str:
    """Return a seed that is fit to be secret, without the white space around it; ``where`` it came from is told.

    Raises:
        UsageError: it is too short, too monotonous, or holds what cannot be printed. The seed is not in the message.
    """
    text = seed.strip()
    if not text.isprintable():
        raise UsageError(f"the seed in {where} holds line breaks or control characters; expected one line", hint=_MAKE)
    counts = Counter(text).values()
    bits = -sum(n * math.log2(n / len(text)) for n in counts)
    if len(text) < SHORTEST or bits < LEAST_BITS:
        raise UsageError(
            f"the seed in {where} could be guessed: {len(text)} characters, at most {bits:.0f} bits; expected "
            f"{SHORTEST} characters and {LEAST_BITS:.0f} bits or more",
            hint=_MAKE,
        )
    return text


def find(file: Path | None, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the secret seed from a file or, where none is named, from ``SOUNDSCAPE_SEED``; None where neither is set.

    Raises:
        UsageError: the file cannot be read, or the seed is refused (:func:`check`).
    """
    if file is None:
        value = (os.environ if environment is None else environment).get(VARIABLE)
        return None if value is None else check(value, VARIABLE)
    try:
        with file.open("rb") as opened:
            data = opened.read(_LONGEST_FILE + 1)
        text = data.decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"--seed-file {file} cannot be read: {reason}", hint=_MAKE) from None
    if len(data) > _LONGEST_FILE:
        raise UsageError(f"--seed-file {file} is longer than {_LONGEST_FILE} bytes; expected one line", hint=_MAKE)
    return check(text, os.fspath(file))


def choose(
    public: int | None, file: Path | None, environment: Mapping[str, str] | None = None, *, draw_into: bool = False
) -> int | str | None:
    """Return the one seed that is given: a public number, or a secret text; None where there is none.

    Args:
        public: the number, if one was given.
        file: the file of a secret seed, if one was named.
        environment: looked at where no file is named.
        draw_into: draw a secret seed into the file where that is not there.

    Raises:
        UsageError: both sorts are given, or the secret one is refused.
    """
    hidden = find_or_draw(file) if file is not None and draw_into else find(file, environment)
    if public is not None and hidden is not None:
        other = VARIABLE if file is None else "--seed-file"
        raise UsageError(f"--seed and {other} are both given", hint="a seed is either public or secret: leave one out")
    return public if hidden is None else hidden


def find_or_draw(file: Path) -> str:
    """Return the secret seed from a file; where there is none, draw one and keep it there for its owner alone."""
    if file.exists():
        return check(find(file) or "", os.fspath(file))
    seed = draw()
    try:
        with files.disk_faults(file), os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(seed + "\n")
            new.flush()
            os.fsync(new.fileno())
    except OSError as error:
        raise EnvironmentFault(f"{file} cannot be written: {error.strerror}", hint="choose another file") from None
    return seed


def verify(lock: Lock, seed: str) -> None:
    """Check that a revealed seed is the one that a lock commits to.

    Raises:
        BuildError: it is not; or the lock commits to none, because its seed is public.
    """
    if lock.seed_commitment is None:
        raise BuildError("the lock commits to no secret seed: its seed is public", hint=f"it is {lock.seed}")
    own = locks.commitment(
        seed, lock.recipe_digest, lock.banks, lock.split, lock.splits, protocol_version=lock.protocol_version
    )
    if not hmac.compare_digest(own, lock.seed_commitment):
        raise BuildError(
            f"the seed is not the one that the lock commits to: {own[:12]}…, expected {lock.seed_commitment[:12]}…",
            hint="another seed, or the lock's recipe, banks or split were changed since",
        )
