"""Which sound effects are fit to lie under a whole scene.

Planning takes its ambience from sound effects whose ``topic`` is ``bed``. Data sets do not say so, therefore a sound
effect without a topic becomes a bed when all of these hold:

* it is active for at least four seconds, so that a loop of it is not heard as one;
* at most a twentieth of it is silence: it goes on throughout;
* its caption or label names something that goes on (``terms/beds.txt``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from soundscape.sources.quality import first_term

BED = "bed"
_LEAST_SECONDS = 4.0
_MOST_SILENCE = 0.05


def topic_of(row: Mapping[str, Any]) -> str | None:
    """Return the topic of a source: the one it has, or ``bed`` where it is fit to be one.

    Args:
        row: of an index, measured.
    """
    if row["topic"] is not None or row["type"] != "sound_event" or row["rejected"] is not None:
        return None if row["topic"] is None else str(row["topic"])
    steady = row["active_end"] - row["active_start"] >= _LEAST_SECONDS and row["silence_share"] <= _MOST_SILENCE
    named = any(text and first_term(str(text), "beds.txt") for text in (row["caption"], row["label"]))
    return BED if steady and named else None
