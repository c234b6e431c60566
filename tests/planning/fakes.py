"""A catalogue of invented sources: the facts that planning sees, without any audio."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from soundscape.randomness import stream
from soundscape.records import Source, Span

LANGUAGES = ("ar", "de", "en", "es", "fr", "hi", "it", "ja", "nl", "pl", "pt", "ru", "tr", "zh")


def source(row: int, key: str, type: str, duration: float, **more: object) -> Source:
    fields: dict[str, object] = {
        "source_id": f"fake:{key}", "bank": "fake", "key": key, "path": f"audio/{key}.flac", "type": type,
        "caption": f"a sound called {key}", "group": key, "sample_rate": 24000, "channels": 1,
        "frames": round(duration * 24000), "duration": duration, "active_start": 0.03, "active_end": duration - 0.1,
        "active_regions": (Span(start=0.03, end=duration - 0.1),), "level_lufs": -20.0, "rms_dbfs": -20.0,
        "peak_dbfs": -6.0, "clipped_share": 0.0, "bandwidth_hz": 11000.0, "dc_offset": 0.0, "noise_floor_dbfs": -80.0,
        "snr_db": 60.0, "silence_share": 0.0, "pcm_sha256": f"{row:064x}",
    }  # fmt: skip
    return Source(**(fields | more))  # type: ignore[arg-type]


class FakeCatalogue:
    """14 languages × 8 of 24 speakers × 10 utterances, 6 bursts a speaker, 120 effects, 20 beds, 48 pieces.

    ``unknown``: so many recordings more of a language, each of somebody whom nobody knows. ``emotional``: so many
    recordings more of a language, by four actors of its own, whose emotion is told.
    """

    def __init__(
        self,
        languages: Sequence[str] = LANGUAGES,
        per_language: int = 8,
        utterances: int = 10,
        unknown: Mapping[str, int] | None = None,
        emotional: Mapping[str, int] | None = None,
    ) -> None:
        rows: list[Source] = []
        self._pools: dict[tuple[str, str | None, str | None, str | None], list[int]] = {}

        def add(key: str, type: str, duration: float, **more: object) -> None:
            rows.append(source(len(rows), key, type, round(duration, 3), **more))

        lengths = stream(0, "fake")
        for number, language in enumerate(languages):
            for s in range(per_language):
                speaker = f"spk{(number * 5 + s * 3) % 24:02d}"
                for u in range(utterances):
                    key = f"speech/{language}/{speaker}-{u}"
                    words = f"{language} {speaker} {u}"
                    add(key, "speech", 2.5 + 5 * lengths.random(), language=language, speaker=speaker,
                        transcription=words, group=f"speaker:{speaker}")  # fmt: skip
        for s in range(24):
            for b in range(6):
                add(f"bursts/{s}-{b}", "vocal_burst", 0.6 + lengths.random(), speaker=f"spk{s:02d}", label="laugh")
        for e in range(120):
            add(f"effects/{e}", "sound_event", 0.5 + 4 * lengths.random(), label=f"kind {e // 5}")
        for b in range(20):
            add(f"beds/{b}", "sound_event", 15.0, topic="bed")
        for m in range(48):
            add(f"music/{m}", "music", 22.0)
        for language, count in (unknown or {}).items():
            for n in range(count):
                add(f"speech/{language}/unknown-{n}", "speech", 2.5 + 3 * lengths.random(), language=language,
                    speaker=f"fake:unknown:{language}/{n}", transcription=f"{language} somebody {n}")  # fmt: skip
        for language, count in (emotional or {}).items():
            for n in range(count):
                add(f"speech/{language}/actor-{n}", "speech", 2.5 + 3 * lengths.random(), language=language,
                    speaker=f"{language} actor {n % 4}", emotion="angry",
                    transcription=f"{language} felt {n}")  # fmt: skip
        self._rows = rows

    @cache  # noqa: B019
    def languages(self, *, emotional: bool = False) -> Sequence[str]:
        return sorted({s.language for s in self._rows if s.language and (s.emotion or not emotional)})

    @cache  # noqa: B019
    def speakers(self, language: str, *, emotional: bool = False) -> Sequence[str]:
        own = (s for s in self._rows if s.language == language and (s.emotion or not emotional))
        return sorted({s.speaker for s in own if s.speaker})

    @cache  # noqa: B019
    def pool(
        self,
        *,
        type: str,
        language: str | None = None,
        speaker: str | None = None,
        topic: str | None = None,
        emotional: bool = False,
    ) -> Sequence[int]:
        wanted = {"type": type, "language": language, "speaker": speaker, "topic": topic}
        named = {k: v for k, v in wanted.items() if v is not None}
        found = (i for i, s in enumerate(self._rows) if all(getattr(s, k) == v for k, v in named.items()))
        return [i for i in found if self._rows[i].emotion or not emotional]

    def source(self, row: int) -> Source:
        return self._rows[row]
