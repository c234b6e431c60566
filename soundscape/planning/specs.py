"""What a recipe may ask for: one frozen record a section, each parameter with its unit and its default."""

from __future__ import annotations

from dataclasses import dataclass, field

from soundscape.planning.distributions import Distribution, constant


@dataclass(frozen=True, slots=True, kw_only=True)
class MixSpec:
    """The written file: loudness in LUFS (None: as mixed, attenuated only where the ceiling asks), ceiling in dBTP.

    A single sound is only used where its peak stays ``peak_margin_db`` under the ceiling at its level, so that what is
    mixed reaches its loudness. The default of −26 LUFS is the usual level of speech material (ITU-T P.56 practice).
    """

    loudness_lufs: float | None = -26.0
    true_peak_dbtp: float = -1.0
    peak_margin_db: float = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSpec:
    """Rooms: the share of scenes that have one, RT60 in s, dimensions and distances in m.

    ``responses`` names a folder of measured responses (WAV, one subfolder a room) to use instead of simulated rooms.
    """

    probability: float = 0.0
    responses: str | None = None
    rt60: Distribution = constant(0.4)
    length: Distribution = constant(6.0)
    width: Distribution = constant(5.0)
    height: Distribution = constant(3.0)
    min_wall: float = 0.5
    min_microphone: float = 0.5
    min_source: float = 0.5
    diegetic_beds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSpec:
    """Talk: who, in which languages, how much, with what overlap; levels in dB re the recipe's reference level.

    Either ``turns`` (a count, at most one in ``room_per_turn`` s of the scene) or ``coverage`` (share of the time with
    at least one speaker) says how much. ``lanes`` is the number of conversations that go on at once; from two on, the
    overlap says how much. ``speakers`` is the most there may be: a scene of few turns has no more speakers than turns.
    ``emotional`` is the share of speakers who are drawn from speech whose emotion is told, in the languages that it is
    in; languages are dealt evenly to the others.
    """

    languages: str | tuple[str, ...] = "all"
    languages_per_scene: Distribution = constant(1)
    languages_per_speaker: int = 1
    speakers: Distribution = constant(0)
    turns: Distribution | None = None
    room_per_turn: float = 4.5
    coverage: Distribution | None = None
    overlap: Distribution = constant(0.0)
    lanes: Distribution = constant(1)
    duration: tuple[float, float] = (2.0, 14.0)
    gap: Distribution = constant(0.4)
    level_db: Distribution = constant(0.0)
    emotional: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BurstSpec:
    """Vocal bursts, in the voices of the scene's speakers where the banks have them."""

    count: Distribution = constant(0)
    level_db: Distribution = constant(-2.0)
    gap: Distribution = constant(0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectSpec:
    """Foreground sound effects. ``loudness`` draws a step of the UAAP ladder (RMS), ``level_db`` is added to it."""

    count: Distribution = constant(0)
    duration: tuple[float, float] = (0.2, 10.0)
    loudness: Distribution = constant("moderate")
    level_db: Distribution = constant(0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MusicSpec:
    """Foreground music: pieces laid one after another; ``interrupted_by`` speech or an effect cuts the piece short."""

    count: Distribution = constant(0)
    duration: Distribution = constant(8.0)
    level_db: Distribution = constant(0.0)
    interrupted_by: str | None = None
    fade: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundSpec:
    """The bed under it all: a piece of music, an ambience, or silence; ``snr_db`` is foreground speech over bed."""

    kind: Distribution = constant("silence")
    snr_db: Distribution = constant(12.0)
    duck_db: Distribution = constant(0.0)
    duck_fade: float = 0.25
    crossfade: float = 0.5
    fade: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpec:
    """Bounds on the foreground: events at once, silence kept at both ends of the scene (s), tries before giving up."""

    polyphony: int = 4
    margin: float = 0.25
    attempts: int = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class AudibilitySpec:
    """The gate on what the key may claim: least glimpse proportion and SNR; what to do with an event that fails.

    ``on_failure`` is ``replan`` (raise it by ``step_db`` up to ``most_db``, then mark it unscored) or ``unscored``.
    """

    min_glimpse: float = 0.1
    min_snr_db: float = -20.0
    on_failure: str = "replan"
    step_db: float = 3.0
    most_db: float = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleranceSpec:
    """How far achieved may be from requested, over the whole build, before ``build`` fails.

    ``overlap`` and ``languages`` are for those; ``factor`` is for the mean of every other one, from 50 clips on:
    relative, and ten times as many dB for levels.
    """

    overlap: float = 0.03
    languages: float = 0.3
    factor: float = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A resolved recipe: what kind of scenes to make, out of sources of which licences (``any`` of them by default)."""

    name: str
    description: str = ""
    clips: int = 200
    licences: str = "any"
    sample_rate: int = 24_000
    duration: Distribution = constant(20.0)
    reference_lufs: float = -26.0
    mix: MixSpec = field(default_factory=MixSpec)
    room: RoomSpec = field(default_factory=RoomSpec)
    speech: SpeechSpec = field(default_factory=SpeechSpec)
    bursts: BurstSpec = field(default_factory=BurstSpec)
    effects: EffectSpec = field(default_factory=EffectSpec)
    music: MusicSpec = field(default_factory=MusicSpec)
    background: BackgroundSpec = field(default_factory=BackgroundSpec)
    limits: LimitSpec = field(default_factory=LimitSpec)
    audibility: AudibilitySpec = field(default_factory=AudibilitySpec)
    tolerance: ToleranceSpec = field(default_factory=ToleranceSpec)
