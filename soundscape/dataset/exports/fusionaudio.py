"""FusionAudio: cues by modality beside one fused caption, and what stays open to the ear alone.

fusionaudio.jsonl   {key, audio, duration, modalities, cues: {speech: […], music: […], sound: […]}, caption,
                     ambiguities: [{rule, statement, events}]} a line
audio/<clip>.<ending>
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from soundscape.dataset.exports.finished import Finished
from soundscape.dataset.exports.statistics import Statistics
from soundscape.truth.captions.facts import facts_of
from soundscape.truth.captions.fused import fused


def write(build: Finished, folder: Path, statistics: Statistics, told: Callable[[], None]) -> None:
    """Fill a folder with a build's clips as FusionAudio has them."""
    (folder / "audio").mkdir()
    with (folder / "fusionaudio.jsonl").open("xb") as file:
        for clip in build.clips():
            facts, name = facts_of(clip.key), clip.key.clip_id
            found = fused(clip.key)
            audio = f"audio/{name}.{clip.ending}"
            line = {
                "key": name,
                "audio": audio,
                "duration": clip.key.duration,
                "modalities": facts.modalities,
                "cues": found.cues,
                "caption": found.caption,
                "ambiguities": found.ambiguities,
            }
            (folder / audio).write_bytes(clip.audio)
            file.write(msgspec.json.encode(line) + b"\n")
            statistics.add(facts, [found.caption])
            told()
