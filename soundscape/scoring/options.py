"""The choices that the published text of the score leaves open, each with a name, and the profiles that settle them.

Two numbers are comparable exactly when all of these agree, along with embedder, prompt and tool version:
:mod:`soundscape.scoring.signature`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, get_args, get_type_hints

from soundscape.errors import UsageError, nearest
from soundscape.scoring.text import TextMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to mark; the defaults are the profile ``laion``.

    Attributes:
        argmax: what makes a guess the best for a true event where several guesses may serve, and one guess several
            events: IoU times content, or IoU alone. Ties go to the higher IoU, then the earlier onset, then the
            lower index.
        assignment: what the one-to-one assignment behind recall, precision, F1, WER, how, snd and spkAcc maximises:
            IoU times content, or that times speaker.
        halluc: a guess is real when it overlaps any true event of its type, or only when it is assigned one.
        misses: whether missed events stay out of WER, how, snd and burst, or enter them at their worst.
        wer_clamp: whether an event's WER is limited to 1. Which guess is best, and which is assigned, is decided with
            the limit on, always.
        reward_mean: whether the means over true events pool all clips, or average the means of clips.
        f1: whether a match counts for its score, or for 1 from ``f1_threshold`` upwards and 0 below.
        style: whether a speech event's manner is marked only where the key states an emotion, or where it states
            emotion or speaking style. Where it is not marked, the words alone are.
        text: how transcriptions are normalised (:mod:`soundscape.scoring.text`).

    Raises:
        UsageError: a value is none of the allowed ones.
    """

    argmax: Literal["iou-content", "iou"] = "iou-content"
    assignment: Literal["iou-content", "score"] = "iou-content"
    halluc: Literal["many-to-one", "one-to-one"] = "many-to-one"
    misses: Literal["left-out", "as-zero"] = "left-out"
    wer_clamp: Literal["on", "off"] = "on"
    reward_mean: Literal["pooled", "per-clip"] = "pooled"
    f1: Literal["soft", "hard"] = "soft"
    f1_threshold: float = 0.5
    style: Literal["emotion", "either"] = "emotion"
    text: TextMode = "soundscape"

    def __post_init__(self) -> None:
        for name, allowed in CHOICES.items():
            value = getattr(self, name)
            if value not in allowed:
                raise UsageError(
                    f"option {name} is {value!r}{nearest(str(value), allowed)}", hint=f"allowed: {', '.join(allowed)}"
                )
        threshold = self.f1_threshold
        if isinstance(threshold, bool) or not isinstance(threshold, (int, float)) or not 0.0 <= threshold <= 1.0:
            raise UsageError(f"option f1_threshold is {threshold!r}, expected a number from 0 to 1")

    def as_dict(self) -> dict[str, str]:
        """Return every option by name as text, in a fixed order."""
        return {f.name: str(getattr(self, f.name)) for f in fields(self)}


CHOICES: dict[str, tuple[str, ...]] = {
    name: get_args(kind) for name, kind in get_type_hints(Options).items() if get_args(kind)
}
#: Named settlements of all options.
PROFILES: dict[str, Options] = {"laion": Options()}


def profile(name: str = "laion", changes: Mapping[str, str | float] | None = None) -> Options:
    """Return a profile's options with some of them changed.

    Args:
        name: a key of :data:`PROFILES`.
        changes: values by option name; numbers may be given as text.

    Raises:
        UsageError: the profile, an option or a value is unknown.
    """
    if name not in PROFILES:
        raise UsageError(f"there is no profile {name!r}{nearest(name, PROFILES)}", hint=f"known: {', '.join(PROFILES)}")
    known = [f.name for f in fields(Options)]
    values: dict[str, str | float] = {f: getattr(PROFILES[name], f) for f in known}
    for option, value in (changes or {}).items():
        if option not in values:
            raise UsageError(
                f"there is no scoring option {option!r}{nearest(option, known)}", hint=f"known: {', '.join(known)}"
            )
        values[option] = _number(value) if option == "f1_threshold" else value
    return Options(**values)  # type: ignore[arg-type]


def profile_of(options: Options) -> str:
    """Return the name of the profile that these options are, or ``custom``."""
    return next((name for name, settled in PROFILES.items() if settled == options), "custom")


def _number(value: str | float) -> str | float:
    try:
        return float(value)
    except ValueError:
        return value
