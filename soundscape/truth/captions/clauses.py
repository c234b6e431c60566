"""The clauses that captions are made of: each says one thing of a clip, in several wordings of one meaning."""

from __future__ import annotations

from collections.abc import Sequence

from soundscape.records import KeyEvent
from soundscape.truth.captions.facts import (
    SHORTEST_OVERLAP,
    Facts,
    Voice,
    describe,
    groups,
    manner,
    most_prominent,
    shared,
    throughout,
)
from soundscape.truth.captions.wording import counted, listed, number, times

Wordings = tuple[str, ...]

#: Reverberation times in s between the words for them, and SNR in dB; as in the slices of a score.
RT60_STEPS = (0.3, 0.6, 1.0)
ROOMS = ("a damped room", "a moderately reverberant room", "a live room", "a strongly reverberant room")
SNR_STEPS = (0.0, 10.0)
#: Levels of a clip in LUFS between quiet, moderate and loud.
LEVEL_STEPS = (-35.0, -20.0)
_LEVELS = ("low", "moderate", "high")

NO_SPEECH = ("No one can be heard speaking", "No speech is audible", "Speech is absent from what can be heard")
NO_MUSIC = ("No music can be heard", "No music is audible", "Music is absent from what can be heard")
NO_SOUND = (
    "No sound effects or ambient sounds can be heard", "No sounds beyond speech and music are audible",
    "Other sounds are absent from what can be heard",
)  # fmt: skip
NOTHING = ("Nothing stands out that could be heard", "No audible event of any kind", "Silence, as far as can be heard")


def step(value: float, bounds: Sequence[float]) -> int:
    """Return between which bounds a value lies, counted from below."""
    return sum(value >= bound for bound in bounds)


def languages(names: Sequence[str], most: int = 4) -> str:
    """Return languages by name, or beyond a few by their number."""
    return listed(names) if len(names) <= most else f"{number(len(names))} languages"


def speakers(facts: Facts) -> Wordings:
    """Say who speaks and in which languages. There must be speech."""
    voices, named = facts.voices, languages(facts.languages, most=6)
    suffix = f" in {named}" if named else ""
    if voices is None:
        return (f"speech{suffix} can be heard", f"there is talk{suffix}", f"spoken passages{suffix} are audible")
    who = groups(voices)
    speaks = f"speaks {named}" if named else "speaks"
    speak = f"speak {named}" if named else "speak"
    if len(voices) == 1:
        return (f"{who} {speaks}", f"{who} is heard speaking{suffix}", f"speech{suffix} comes from {who}")
    count = number(len(voices))
    return (
        f"{count} people {speak}{f': {who}' if who else ''}",
        f"{count} voices are heard{suffix}{f', those of {who}' if who else ''}",
        f"speech{suffix} comes from {count} people{f', {who}' if who else ''}",
    )


def conversation(facts: Facts) -> Wordings | None:
    """Say whether voices overlap, and who changes language; None of fewer than two voices."""
    voices = facts.voices
    if voices is None or len(voices) < 2:
        return None
    if facts.overlap == 0.0:
        return ("they do not talk over one another", "no two voices overlap", "the voices never coincide")
    if facts.overlap < 0.5:
        return ("they talk over one another at times", "some of the talk overlaps", "the voices overlap in part")
    return (
        "they mostly talk over one another", "for most of the talk, voices overlap",
        "the voices overlap most of the time",
    )  # fmt: skip


def switching(facts: Facts) -> Wordings | None:
    """Say who speaks several languages; None where nobody does."""
    several = [v for v in facts.voices or () if len(v.languages) > 1]
    if not several:
        return None
    voice = several[0]
    own = languages(voice.languages)
    return (f"{voice.article} uses {own}", f"{own} come from one and the same voice", f"one voice speaks {own}")


def turn(voice: Voice) -> str:
    """Return a voice with its language and the manner of its longest turn."""
    longest = max(voice.turns, key=lambda e: (e.end_time - e.start_time, e.event_id))
    how = manner(longest)
    language = f" speaking {languages(voice.languages)}" if voice.languages else ""
    return f"{voice.article}{language}" + (f" ({how})" if how else "")


def sounds(events: Sequence[KeyEvent], most: int = 3) -> Wordings | None:
    """Tell the loudest few sounds in order of onset, and how many there are; None where there are none."""
    if not events:
        return None
    chosen = [describe(e) for e in most_prominent(events, most)]
    told = "; then ".join(chosen)
    if len(events) == 1:
        return (told, f"one sound is heard: {told}", f"there is a single sound: {told}")
    if len(chosen) == len(events):
        count = number(len(events))
        return (f"{count} sounds follow: {told}", f"in order of onset, {told}", f"the {count} sounds, in order: {told}")
    rest = counted(len(events) - len(chosen), "quieter sound", "quieter sounds")
    return (
        f"of {number(len(events))} sounds, the loudest are, in order: {told}",
        f"in order of onset, {told}; besides {rest}",
        f"the loudest sounds, in order: {told}; and {rest}",
    )


def beds(facts: Facts) -> Wordings | None:
    """Tell the sounds that lie under the scene; None where there are none."""
    if not facts.beds:
        return None
    told = "; also ".join(describe(e) for e in facts.beds[:2])
    if all(throughout(e, facts.key.duration) for e in facts.beds[:2]):
        return (f"throughout, {told}", f"from beginning to end, {told}", f"all the while, {told}")
    return (f"in the background, {told}", f"as a backdrop, {told}", f"part of the time, in the background, {told}")


def music(facts: Facts, most: int = 2) -> Wordings | None:
    """Tell the loudest few pieces of music in order of onset, and how many there are; None where there are none."""
    if not facts.music:
        return None
    chosen = most_prominent(facts.music, most)
    told = "; then ".join(describe(e) for e in chosen)
    if len(facts.music) > 1:
        count = number(len(facts.music))
        among = " among them" if len(chosen) < len(facts.music) else ""
        return (
            f"{count} passages of music{among}: {told}",
            f"music is heard {times(len(facts.music))}{among}: {told}",
            f"the music comes in {count} passages{among}: {told}",
        )
    event = chosen[0]
    if event.role == "background":
        place = "throughout" if throughout(event, facts.key.duration) else "in the background"
        return (f"music {place}: {told}", f"under it lies music, {place}: {told}", f"the music heard {place}: {told}")
    return (f"music plays: {told}", f"there is music: {told}", f"the music: {told}")


def room(facts: Facts) -> Wordings:
    """Say how reverberant the place sounds."""
    if facts.rt60 is None:
        return ("the sound is dry, without a room around it", "no reverberation of a room is heard",
                "everything sounds dry and direct")  # fmt: skip
    name = ROOMS[step(facts.rt60, RT60_STEPS)]
    figure = f"{facts.rt60:.1f} s"
    return (
        f"it sounds like {name}, with about {figure} of reverberation",
        f"the acoustics are those of {name} (reverberation time about {figure})",
        f"reverberation of about {figure} suggests {name}",
    )


def clarity(facts: Facts) -> Wordings | None:
    """Say how far what is in front stands out from the rest; None where there is nothing to compare."""
    if facts.snr is None:
        return None
    match step(facts.snr, SNR_STEPS):
        case 0:
            return ("what is in front is mostly covered by other sounds", "foreground sounds are largely masked",
                    "other sounds cover much of the foreground")  # fmt: skip
        case 1:
            return ("what is in front stands out only moderately", "foreground sounds are partly masked",
                    "other sounds compete with the foreground")  # fmt: skip
        case _:
            return ("what is in front stands out clearly", "foreground sounds are clearly separated",
                    "little competes with the foreground")  # fmt: skip


def level(facts: Facts) -> Wordings | None:
    """Say how loud the clip is; None of a clip without level."""
    if facts.key.loudness_lufs is None:
        return None
    name = _LEVELS[step(facts.key.loudness_lufs, LEVEL_STEPS)]
    return (f"the overall level is {name}", f"overall loudness is {name}", f"the clip has a {name} level")


def backdrop(facts: Facts) -> Wordings:
    """Say whether something lies under the scene, without telling what it is."""
    under = [e for e in (*facts.beds, *facts.music) if e.role == "background"]
    if not under:
        return ("nothing lies underneath", "there is no background sound to speak of", "the background is empty")
    kind = "music" if under[0].type == "music" else "ambient sound"
    return (f"{kind} lies underneath", f"there is {kind} in the background", f"the background holds {kind}")


def simultaneous(facts: Facts) -> tuple[KeyEvent, KeyEvent] | None:
    """Return the two events in front that share the most time; None where none do."""
    front = [e for e in facts.events if e.role == "foreground"]
    pairs = [(shared(a, b), a, b) for i, a in enumerate(front) for b in front[i + 1 :]]
    pairs = [pair for pair in pairs if pair[0] >= SHORTEST_OVERLAP]
    if not pairs:
        return None
    _, a, b = max(pairs, key=lambda pair: (pair[0], pair[1].event_id, pair[2].event_id))
    return a, b
