"""The frozen records that travel between the rooms of the package.

Times are seconds from the start of their file or clip, as half-open spans ``[start, end)``. :func:`samples` is the one
rule by which seconds become samples. Levels are in dB of the scale that the field's name ends with.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

EventType: TypeAlias = Literal["speech", "vocal_burst", "sound_event", "music"]
Role: TypeAlias = Literal["foreground", "background"]
Loudness: TypeAlias = Literal["very_quiet", "quiet", "moderate", "loud", "very_loud"]
CaptionOrigin: TypeAlias = Literal["human", "model", "template", "synthesis"]
Position: TypeAlias = tuple[float, float, float]

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)
LOUDNESS_LABELS: tuple[Loudness, ...] = get_args(Loudness)
CAPTION_ORIGINS: tuple[CaptionOrigin, ...] = get_args(CaptionOrigin)
AGES = (
    "baby", "toddler", "child", "teenager", "young_adult_20s", "adult_30s", "adult_40s", "middle_aged_50s",
    "senior_60s", "elderly_70s_plus",
)  # fmt: skip
GENDERS = ("male", "female", "nonbinary", "unclear")
SPEAKING_RATES = ("very_slow", "slow", "normal", "fast", "very_fast")


def samples(seconds: float, sample_rate: int) -> int:
    """Return the sample index of a time: rounded to nearest, halves up."""
    return math.floor(seconds * sample_rate + 0.5)


def milliseconds(seconds: float) -> float:
    """Return a time rounded to whole milliseconds, as the plan and the answer key state it."""
    return math.floor(seconds * 1000.0 + 0.5) / 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A half-open span of time ``[start, end)``, in seconds."""

    start: float
    end: float

    @property
    def duration(self) -> float:
        """The length in seconds."""
        return self.end - self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word and when it is spoken, in seconds."""

    word: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A recording that a bank offers: what it is, whose it is, and what was measured when it was indexed.

    ``path`` is relative to the bank's root, with forward slashes. ``group`` names what splits keep apart (speaker,
    piece of music, original recording). ``licence`` is an SPDX id or ``unknown``. ``pcm_sha256`` is the digest of the
    decoded samples (:func:`soundscape.sources.audio.pcm_digest`). A source with ``rejected`` is listed, never drawn.
    """

    source_id: str
    bank: str
    key: str
    path: str
    type: EventType
    caption: str | None
    group: str
    label: str | None = None
    transcription: str | None = None
    language: str | None = None
    speaker: str | None = None
    emotion: str | None = None
    emotion_label: str | None = None
    age: str | None = None
    gender: str | None = None
    voice_timbre: str | None = None
    speaking_style: str | None = None
    accent: str | None = None
    speaking_rate: str | None = None
    lyrics: str | None = None
    topic: str | None = None
    dataset: str = ""
    licence: str = "unknown"
    attribution: str = ""
    caption_origin: CaptionOrigin = "human"
    words: tuple[Word, ...] = ()
    sample_rate: int
    channels: int
    frames: int
    duration: float
    active_start: float
    active_end: float
    active_regions: tuple[Span, ...]
    level_lufs: float
    rms_dbfs: float
    peak_dbfs: float
    clipped_share: float
    bandwidth_hz: float
    dc_offset: float
    noise_floor_dbfs: float
    snr_db: float
    silence_share: float
    pcm_sha256: str
    rejected: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GainPoint:
    """A corner of a gain curve: linear gain at a time of the scene; straight lines of amplitude between corners."""

    time: float
    gain: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomPlan:
    """A shoebox room: inner dimensions and positions in metres, RT60 in seconds.

    ``tail_seed`` names the noise of the diffuse tails, so that rendering draws nothing.
    """

    dimensions: Position
    rt60: float
    microphone: Position
    tail_seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredPlace:
    """A measured room response: its file, relative to the recipe's folder of them, and the digest of its samples."""

    path: str
    pcm_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEvent:
    """One event as it is asked for.

    ``crop`` is the part of the source that is used, ``placed`` where it lies in the scene (longer than the crop only
    for beds that loop, with an equal-power crossfade of ``loop_crossfade`` seconds). ``start_time`` and ``end_time``
    bound the active part, direct sound at the microphone. ``gain_db`` applies to the decoded samples before the room;
    ``level_lufs`` is the level this is expected to give before the master gain. ``position`` is where it stands in the
    scene's room, ``response`` the measured response it comes by; both None where the event is dry (non-diegetic).
    """

    event_id: str
    role: Role
    type: EventType
    source_id: str
    pcm_sha256: str
    crop: Span
    placed: Span
    start_time: float
    end_time: float
    gain_db: float
    level_lufs: float
    fade_in: float = 0.0
    fade_out: float = 0.0
    loop_crossfade: float = 0.0
    gain_curve: tuple[GainPoint, ...] = ()
    position: Position | None = None
    response: MeasuredPlace | None = None
    speaker_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenePlan:
    """Everything that rendering needs to know about a scene, and nothing it would have to decide.

    ``factors`` holds what the recipe asked of this scene (requested overlap, RT60, background kind …), to be compared
    with what was achieved.
    """

    schema_version: str
    protocol_version: int
    clip_id: str
    recipe: str
    recipe_digest: str
    split: str
    scene_index: int
    duration: float
    sample_rate: int
    loudness_lufs: float | None
    true_peak_dbtp: float
    room: RoomPlan | None
    events: tuple[PlannedEvent, ...]
    factors: dict[str, float | str] = field(default_factory=dict)
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a sound came from and on what terms."""

    source_id: str
    dataset: str
    key: str
    licence: str
    attribution: str
    caption_origin: CaptionOrigin
    gain_db: float


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvent:
    """One event of an answer key: the UAAP fields of its type, then what was measured on the rendered scene.

    Fields that do not belong to the event's type are left out when it is written.
    """

    event_id: str
    type: EventType
    start_time: float
    end_time: float
    transcription: str | None = None
    speaker_id: str | None = None
    language: str | None = None
    emotion: str | None = None
    emotion_label: str | None = None
    age: str | None = None
    gender: str | None = None
    voice_timbre: str | None = None
    speaking_style: str | None = None
    accent: str | None = None
    speaking_rate: str | None = None
    vocal_burst: str | None = None
    description: str | None = None
    lyrics: str | None = None
    loudness: Loudness | None = None
    role: Role
    placed: Span
    audible: Span
    active_regions: tuple[Span, ...]
    level_lufs: float
    snr_db: float | None
    glimpse_proportion: float
    masked_share: float
    distance_m: float | None = None
    scored: bool = True
    unscored_reason: str | None = None
    words: tuple[Word, ...] = ()
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneFacts:
    """The place in which a clip was heard; None of a dry scene's figures exist."""

    dimensions: Position | None = None
    rt60_requested: float | None = None
    rt60_measured: float | None = None
    microphone: Position | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerKey:
    """What is where in one clip, and how the clip measures. One line of ``answer_key/<split>.jsonl``."""

    schema_version: str
    clip_id: str
    duration: float
    num_speakers: int
    languages: tuple[str, ...]
    events: tuple[KeyEvent, ...]
    scene: SceneFacts
    recipe: str
    seed: int | None
    seed_commitment: str | None
    plan_digest: str
    pcm_sha256: str
    sample_rate: int
    channels: int
    loudness_lufs: float | None
    true_peak_dbtp: float | None
    speech_overlap: float
    factors: dict[str, float | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictedEvent:
    """One event that a system under test claims to hear; ``start_time``/``end_time`` may be any finite numbers."""

    type: EventType
    start_time: float
    end_time: float
    transcription: str | None = None
    speaker_id: str | None = None
    language: str | None = None
    emotion: str | None = None
    age: str | None = None
    gender: str | None = None
    voice_timbre: str | None = None
    speaking_style: str | None = None
    accent: str | None = None
    speaking_rate: str | None = None
    vocal_burst: str | None = None
    description: str | None = None
    loudness: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A system's answer for one clip, as far as it could be read.

    ``repairs`` counts what had to be mended, by kind. ``parsed`` is False where nothing could be read: the answer then
    counts as empty, and as unparsed.
    """

    clip_id: str
    events: tuple[PredictedEvent, ...]
    repairs: dict[str, int] = field(default_factory=dict)
    parsed: bool = True
