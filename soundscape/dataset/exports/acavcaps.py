"""ACAVCaps: captions of every scene and every event, three of one meaning each, with questions.

acavcaps.jsonl   {key, audio, duration, domain, captions: [{style, text, confidence} × 3],
                  events: [{event_id, type, start, end, captions: […]}], qa: [{…} × 5]} a line
audio/<clip>.<ending>
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from soundscape.dataset.exports.finished import Finished
from soundscape.dataset.exports.statistics import Statistics
from soundscape.truth.captions.facts import facts_of
from soundscape.truth.captions.questions import questions
from soundscape.truth.captions.styles import event_captions, scene_captions


def write(build: Finished, folder: Path, statistics: Statistics, told: Callable[[], None]) -> None:
    """Fill a folder with a build's clips as ACAVCaps has them."""
    (folder / "audio").mkdir()
    with (folder / "acavcaps.jsonl").open("xb") as file:
        for clip in build.clips():
            facts, name = facts_of(clip.key), clip.key.clip_id
            audio = f"audio/{name}.{clip.ending}"
            scene, asked = scene_captions(facts), questions(facts)
            events = [(event, event_captions(event)) for event in facts.events]
            line = {
                "key": name,
                "audio": audio,
                "duration": clip.key.duration,
                "domain": facts.domain,
                "captions": scene,
                "events": [
                    {
                        "event_id": e.event_id,
                        "type": e.type,
                        "start": e.start_time,
                        "end": e.end_time,
                        "captions": texts,
                    }
                    for e, texts in events
                ],
                "qa": asked,
            }
            (folder / audio).write_bytes(clip.audio)
            file.write(msgspec.json.encode(line) + b"\n")
            texts = [c.text for c in (*scene, *(c for _, captions in events for c in captions))]
            statistics.add(facts, texts, len(asked))
            told()
