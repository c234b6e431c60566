"""The rules that a file may break, each with what holds where it is kept.

``schema`` stands for everything in ``schemas/*.json``; such findings state their own expectation. The rules on the
sense of a document are checked once it agrees with its schema, those on a build as its files are read side by side.
"""

from __future__ import annotations

from dataclasses import dataclass

#: How far two times that were each rounded to a millisecond may be apart, in s.
TOLERANCE_S = 0.0015

RULES: dict[str, str] = {
    # reading
    "json": "one JSON value (RFC 8259) in UTF-8, without NaN, Infinity or numbers beyond a 64-bit float",
    "yaml": "a YAML mapping that can be read, with what it extends",
    "schema": "agreement with the schema",
    "duplicate": "every clip and every source only once in a file",
    "sense": "recipes whose parameters lie in their ranges and fit together",
    "empty": "at least one line",
    # answer keys and plans
    "event-ids": "no event id twice in a clip",
    "event-span": "start_time before end_time, both within the clip",
    "placed-span": "placed spans that have a length and hold the active span (start_time to end_time)",
    "speakers": "a speaker for every speech and vocal burst, and none for other events",
    "speaker-overlap": "nobody speaking, laughing or coughing while they speak already",
    "clip-name": "clip ids made of recipe, split and at least six digits",
    # answer keys
    "active-regions": "active regions in order, apart, with a length, within start_time to end_time",
    "audible-span": "an audible span that has a length, holds the active regions and lies within the clip",
    "words": "words in order, none ending before it starts, each with a part in the placed span",
    "num-speakers": "num_speakers as many as there are speakers among the events",
    "languages": "languages of the speech events, sorted, and no others",
    "speech-overlap": "speech_overlap as the speech events have it",
    "unscored-reason": "a reason exactly where an event is not scored",
    "claim": "scored events that say what is to be heard: words and language, or a description or label",
    "source-name": "source ids made of bank and key",
    "scene": "distances and microphone that fit the room, and none in a dry scene",
    "full-scale": "a true peak of at most 0 dBTP",
    "seed": "a seed or the commitment to one",
    # plans
    "crop": "crops that have a length, start at 0 or later, and are as long as what is placed unless they loop",
    "fades": "fades that fit into what is placed, and loop crossfades into the crop",
    "gain-curve": "corners of a gain curve in order of time, within the clip",
    "room": "microphone and events within the room, and no positions in a dry scene",
    "source-twice": "no source twice in a scene",
    # locks
    "lock-recipe": "a recipe that is valid, with the digest that the lock states",
    "lock-banks": "every bank once",
    "lock-clips": "a digest for every clip of a finished build, and for no other",
    # sources
    "source-span": "an active span that has a length within a recording as long as its frames say",
    "source-path": "paths relative to the bank's root, with forward slashes, that do not leave it",
    "source-needs": "a transcription and a language for speech, a caption for the rest, or a rejection",
    # predictions
    "unparsed": "an answer that can be read, if only with repairs",
    "repair": "nothing to mend",
    "ignored": "files <clip_id>.json or <clip_id>.txt in a folder of answers",
    "prediction-span": "start_time before end_time, from 0 on; other guesses count and match nothing",
    # builds
    "unfinished": "a finished build",
    "file-missing": "every file that the lock tells of",
    "file-unknown": "no file that the lock does not tell of",
    "clip-missing": "every clip of the lock in answer key, plans and metadata",
    "clip-unknown": "no clip that the lock does not have",
    "lock-agrees": "recipe, split, seed and digests as in the lock",
    "plan-digest": "the digest of the clip's plan in its answer key",
    "plan-agrees": "clip and events as they were planned",
    "audio": "audio of the length, sample rate and channels that the answer key states",
    "public": "metadata of file_name, clip_id and duration, and nothing else",
    "report": "a report that the answer key and the plans give",
    "credits": "every source in CREDITS.md",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One thing wrong within a document: the rule, a JSON pointer, what was found, what was expected."""

    rule: str
    pointer: str
    found: str
    expected: str
