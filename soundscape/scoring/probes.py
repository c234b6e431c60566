"""Absent-event probes: does a system claim what is not there as readily as what is?

A caption that fits everything earns cosine everywhere. For each clip, descriptions that occur in it are probed beside
descriptions of other clips that nothing in it resembles. A probe is *claimed* when a guess of its type, anywhere in the
clip, comes within a cosine of it. The share of present probes claimed less the share of absent ones (Youden's J) is 0
for a system that says the same of every clip and 1 for one that names what is there and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from soundscape.randomness import stream
from soundscape.records import AnswerKey, EventType, Prediction
from soundscape.scoring.embedders import Captions
from soundscape.scoring.prepare import event_caption

#: Speech is marked by its words; what is probed is what is described.
PROBED_TYPES: tuple[EventType, ...] = ("vocal_burst", "sound_event", "music")


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A description, and whether anything in the clip is it."""

    clip_id: str
    type: EventType
    description: str
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """How many present and absent probes there were, and how many of each were claimed."""

    present: int
    absent: int
    present_claimed: int
    absent_claimed: int

    @property
    def j(self) -> float | None:
        """Youden's J, from −1 to 1; None without probes of both kinds."""
        if not self.present or not self.absent:
            return None
        return self.present_claimed / self.present - self.absent_claimed / self.absent


def draw_probes(
    keys: Iterable[AnswerKey],
    captions: Captions,
    *,
    per_clip: int = 4,
    unlike: float = 0.3,
    tries: int = 40,
    seed: int | str = 0,
) -> tuple[Probe, ...]:
    """Draw as many absent as present descriptions for every clip.

    Args:
        keys: the answer keys; more clips offer more absent descriptions.
        captions: compares descriptions.
        per_clip: most present probes a clip.
        unlike: an absent description has a lower cosine than this to every event of the clip, unscored ones included.
        tries: descriptions drawn for each absent probe before it is given up, and its present one with it.
        seed: of the draws; a clip's probes do not depend on the order of clips.
    """
    key_list = sorted(keys, key=lambda key: key.clip_id)
    pools: dict[EventType, list[str]] = {
        kind: sorted({event_caption(e) for k in key_list for e in k.events if e.type == kind} - {""})
        for kind in PROBED_TYPES
    }
    out: list[Probe] = []
    for key in key_list:
        rng = stream(seed, "probe", key.clip_id)
        there = [c for c in (event_caption(e) for e in key.events if e.type in PROBED_TYPES) if c]
        scored = [(e.type, event_caption(e)) for e in key.events if e.scored and e.type in PROBED_TYPES]
        candidates = [(kind, text) for kind, text in dict.fromkeys(scored) if text]
        for i in rng.permutation(len(candidates))[:per_clip].tolist():
            kind, text = candidates[i]
            drawn = (pools[kind][int(rng.integers(len(pools[kind])))] for _ in range(tries))
            absent = next((d for d in drawn if all(captions.cosine(d, c) < unlike for c in there)), None)
            if absent is not None:
                out.append(Probe(clip_id=key.clip_id, type=kind, description=text, present=True))
                out.append(Probe(clip_id=key.clip_id, type=kind, description=absent, present=False))
    return tuple(out)


def ask_probes(
    probes: Iterable[Probe], predictions: Mapping[str, Prediction], captions: Captions, *, like: float = 0.6
) -> ProbeResult:
    """Count which probes a system claims.

    Args:
        probes: as :func:`draw_probes` returns them.
        predictions: by clip; a clip without one claims nothing.
        captions: compares descriptions.
        like: the cosine from which a guess claims a probe of its type.
    """
    asked, claimed = {True: 0, False: 0}, {True: 0, False: 0}
    for probe in probes:
        answer = predictions.get(probe.clip_id)
        guesses = answer.events if answer and answer.parsed else ()
        texts = {event_caption(g) for g in guesses if g.type == probe.type}
        asked[probe.present] += 1
        claimed[probe.present] += any(captions.cosine(probe.description, text) >= like for text in texts)
    return ProbeResult(
        present=asked[True], absent=asked[False], present_claimed=claimed[True], absent_claimed=claimed[False]
    )
