"""Verification: a finished build measured once more, from its files and its answer key alone.

What planning decided, rendering made and annotation wrote down is taken for a claim. Nothing of those three is imported
here, nor the package's own loudness and activity measures: every figure comes by a second implementation.

:func:`verify` looks at

* the folder: every file that the lock tells of and no other; public metadata and audio tags that give nothing away;
* the documents: schema, digests, key against plan against lock, spans in order, nobody talking over themselves, the
  recipe's gate, overlap and every other factor against the report;
* each clip: decoded to its end, its digest, shape, loudness, true peak, clipped samples;
* each event, from its stem or from the scene made again: onset and offset of its direct sound, level, SNR, glimpse
  proportion, masked share, loudness label, the sum of the stems, and what the room did between direct sound and stem.

What no measurement can tell is whether the words fit the sound: transcription, caption, language and emotion are those
of the source, and only somebody who listens could object.
"""

from __future__ import annotations

from soundscape.verification.findings import TOLERANCES, Finding, Spread
from soundscape.verification.run import Verification, verify
from soundscape.verification.signals import Again, Signals, Sound

__all__ = ["TOLERANCES", "Again", "Finding", "Signals", "Sound", "Spread", "Verification", "verify"]
