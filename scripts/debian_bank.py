"""Assemble a bank of real recordings from three Debian packages.

    python scripts/debian_bank.py                          a bank called ``debian``
    python scripts/debian_bank.py --name real --replace

Packages (``apt-get install -y --no-install-recommends`` and their names):

* asterisk-core-sounds-en-wav: spoken numbers, dates, letters by the phonetic alphabet and short prompts, 8 kHz. The
  file names are the transcripts; only prompts whose name says every word are taken.
* alsa-utils: spoken names of loudspeakers, 48 kHz, and a noise.
* sound-theme-freedesktop: short effects. Its spoken loudspeaker names and noise are lossy copies of those of alsa-utils
  and are left out; so are links to another file.

Captions of effects are written by hand, from what each file is for and from its pitch, envelope and spectrum. Licence
and attribution of each file come from the packages' copyright files; a file that none of their paragraphs names is of
unknown licence. The recordings are copied into a folder of their own, so that the bank does not depend on the packages
once it is made.
"""

from __future__ import annotations

import argparse
import csv
import fnmatch
import io
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from soundscape import files
from soundscape.errors import EnvironmentFault, SoundscapeError
from soundscape.sources import places
from soundscape.sources.add import Added, add_bank


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PACKAGES = ("asterisk-core-sounds-en-wav", "alsa-utils", "sound-theme-freedesktop")

NUMBERS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}
ORDINALS = _words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)
DAYS = _words("Sunday Monday Tuesday Wednesday Thursday Friday Saturday")
MONTHS = _words("January February March April May June July August September October November December")
PHONETIC = _words(
    "alpha bravo charlie delta echo foxtrot golf hotel india juliet kilo lima mike november oscar papa quebec romeo "
    "sierra tango uniform victor whiskey x-ray yankee zulu"
)
PROMPTS = _words(
    "activated added call-forwarding call-waiting calling cancelled de-activated disabled do-not-disturb enabled "
    "extension for goodbye hello hello-world hours is location lowercase minute minutes number one-moment-please "
    "please-try-again removed second seconds sorry speed-dial telephone-number time uppercase with you-entered your"
)
CHANNELS = _words("Front_Center Front_Left Front_Right Rear_Center Rear_Left Rear_Right Side_Left Side_Right")

#: Files of the telephone prompts that are no speech: label and caption.
TELEPHONE_EFFECTS = {
    "beep": ("beep", "A plain, steady telephone tone of medium pitch, held for less than half a second"),
    "beeperr": ("error_tone", "A short, rough, buzzing reject tone that falls away as if discouraged"),
    "ascending-2tone": ("chime", "Two quick electronic tones, the second an octave above the first"),
    "descending-2tone": ("chime", "Two quick electronic tones, the second dropping an octave below the first"),
    "confbridge-join": ("chime", "Two soft, low, rounded notes, stepping up as someone joins a call"),
    "confbridge-leave": ("chime", "Two soft, hollow notes swelling a little, the second lower than the first"),
    "tt-monkeys": (
        "monkey",
        "A troop of monkeys screeching and hooting wildly over one another, heard as on a telephone",
    ),
}
#: Files of the desktop sound theme: label and caption.
DESKTOP_EFFECTS = {
    "alarm-clock-elapsed": ("alarm_clock", "A thin, piercing digital alarm clock, high beeps in pairs, once a second"),
    "audio-volume-change": ("blip", "A single soft, dull blip, like a key of a volume control"),
    "bell": ("blip", "A tiny electronic blip in two steps, low then high, gone in a tenth of a second"),
    "camera-shutter": ("camera", "A mechanical camera shutter clacking open and shut, crisp and close"),
    "complete": ("chime", "A clear, glassy chime struck once, ringing on high and pure for about a second"),
    "device-added": ("knock", "Two dry, muffled knocks close together, the first one firmer"),
    "device-removed": ("knock", "Two dry, muffled knocks close together, the second one firmer"),
    "dialog-information": ("blip", "One very short, rounded electronic pop, quiet and dry"),
    "dialog-warning": ("chime", "A low, soft, wooden tone like a marimba, dying away within half a second"),
    "message-new-instant": ("chime", "A gentle, hollow chime struck once, its two notes fading slowly"),
    "message": ("blip", "One plump pop like a drop of water falling into a bowl"),
    "phone-incoming-call": ("telephone", "An electronic telephone ringing, a loud, fast warble between two pitches"),
    "phone-outgoing-busy": ("busy_tone", "A telephone busy signal, three even low beeps with a pause after each"),
    "phone-outgoing-calling": ("ringback_tone", "A telephone ringback tone, one long, steady, low hum in the earpiece"),
    "service-login": ("jingle", "Three soft, low, rounded notes rising one after another, a gentle greeting"),
    "service-logout": ("jingle", "Three soft, low, rounded notes falling one after another, a gentle farewell"),
    "suspend-error": ("alarm", "A harsh, insistent alarm, high beeps on one pitch hammering in rapid succession"),
    "trash-empty": ("paper", "A sheet of paper crumpled hastily in the hand, dry and crackling, then tossed away"),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One row of the table; the fields but ``origin`` are its columns."""

    origin: Path
    path: str
    type: str
    licence: str
    attribution: str
    dataset: str
    group: str
    caption: str = ""
    transcription: str = ""
    language: str = ""
    speaker: str = ""
    gender: str = ""
    accent: str = ""
    label: str = ""
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Rights:
    """Who holds the copyright of which files, and their licence, by a Debian copyright file (format 1.0)."""

    paragraphs: tuple[tuple[tuple[str, ...], str, str], ...]

    @classmethod
    def read(cls, path: Path) -> Rights:
        """Read the ``Files`` paragraphs of a copyright file."""
        found = []
        for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf-8")):
            entries = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*(?:\n[ \t].*)*)", paragraph, flags=re.MULTILINE))
            if "Files" in entries:
                holder = re.sub(r"\s*\n\s*", "; ", entries.get("Copyright", "").strip())
                licence = entries.get("License", "").split("\n")[0].strip()
                found.append((tuple(entries["Files"].split()), holder, licence))
        return cls(tuple(found))

    def of(self, name: str) -> tuple[str, str]:
        """Return licence and holder of a file by its name in the source package: of the last paragraph that fits."""
        for patterns, holder, licence in reversed(self.paragraphs):
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns):
                return licence, holder
        return "", ""


def spoken_files() -> dict[str, str]:
    """Return the transcript of each telephone prompt that is taken, by its name without the extension."""
    words = {f"digits/{n}": word for n, word in [*enumerate(NUMBERS), *TENS.items()]}
    words |= {f"digits/h-{n}": word for n, word in enumerate(ORDINALS, start=1)}
    words |= {f"digits/h-{n}": word[:-1] + "ieth" for n, word in TENS.items()}
    words |= {f"digits/h-{word}": f"{word}th" for word in ("hundred", "thousand", "million", "billion")}
    plain = "hundred thousand million billion minus star pound dollars at oh today tomorrow yesterday"
    words |= {f"digits/{word}": word for word in plain.split()} | {"digits/oclock": "o'clock"}
    words |= {f"digits/day-{n}": day for n, day in enumerate(DAYS)}
    words |= {f"digits/mon-{n}": month for n, month in enumerate(MONTHS)}
    words |= {f"phonetic/{word[0]}_p": word for word in PHONETIC} | {"phonetic/9_p": "niner"}
    return words | {name: name.replace("de-activated", "deactivated").replace("-", " ") for name in PROMPTS}


def telephone(share: Path) -> Iterator[Recording]:
    """Yield the recordings of asterisk-core-sounds-en-wav."""
    package = PACKAGES[0]
    rights = Rights.read(share / "doc" / package / "copyright")
    root = next(iter(sorted((share / "asterisk" / "sounds").glob("en*"))), share / "asterisk" / "sounds" / "en")
    licence, holder = rights.of("sounds")
    for name, words in spoken_files().items():
        yield Recording(
            origin=root / f"{name}.wav", path=f"telephone/{name}.wav", type="speech", transcription=words,
            language="en", speaker="allison-smith", gender="female", accent="American English",
            group="allison-smith", licence=licence, attribution=holder, dataset=package,
        )  # fmt: skip
    for name, (label, caption) in TELEPHONE_EFFECTS.items():
        yield Recording(
            origin=root / f"{name}.wav", path=f"telephone/{name}.wav", type="sound_event", caption=caption, label=label,
            group=f"telephone/{name}", licence=licence, attribution=holder, dataset=package,
        )  # fmt: skip


def loudspeakers(share: Path) -> Iterator[Recording]:
    """Yield the recordings of alsa-utils."""
    package = PACKAGES[1]
    licence, holder = Rights.read(share / "doc" / package / "copyright").of("speaker-test/samples")
    for name in CHANNELS:
        yield Recording(
            origin=share / "sounds" / "alsa" / f"{name}.wav", path=f"alsa/{name}.wav", type="speech",
            transcription=name.replace("_", " ").lower(), language="en", speaker="alsa-speaker-test",
            group="alsa-speaker-test", licence=licence, attribution=holder, dataset=package,
        )  # fmt: skip
    yield Recording(
        origin=share / "sounds" / "alsa" / "Noise.wav", path="alsa/Noise.wav", type="sound_event", label="noise",
        caption="A steady, soft rush of noise with more depth than hiss, like a distant waterfall", topic="bed",
        group="alsa/Noise", licence=licence, attribution=holder, dataset=package,
    )  # fmt: skip


def desktop(share: Path) -> Iterator[Recording]:
    """Yield the effects of sound-theme-freedesktop."""
    package = PACKAGES[2]
    rights = Rights.read(share / "doc" / package / "copyright")
    for name, (label, caption) in DESKTOP_EFFECTS.items():
        licence, holder = rights.of(f"stereo/{name}.oga")
        yield Recording(
            origin=share / "sounds" / "freedesktop" / "stereo" / f"{name}.oga", path=f"desktop/{name}.oga",
            type="sound_event", caption=caption, label=label, group=f"desktop/{name}", licence=licence,
            attribution=holder, dataset=package,
        )  # fmt: skip


def recordings(share: Path) -> list[Recording]:
    """Return every recording, in a fixed order.

    Raises:
        EnvironmentFault: a package is not installed, or lacks a file.
    """
    missing = [package for package in PACKAGES if not (share / "doc" / package / "copyright").is_file()]
    found = [] if missing else [*telephone(share), *loudspeakers(share), *desktop(share)]
    gone = sorted({recording.dataset for recording in found if not recording.origin.is_file()})
    if missing or gone:
        what = f"not installed: {', '.join(missing)}" if missing else f"files are missing of: {', '.join(gone)}"
        raise EnvironmentFault(
            f"Debian packages with recordings are {what}" if missing else what,
            hint=f"apt-get install -y --no-install-recommends {' '.join(PACKAGES)}",
        )
    return found


def assemble(share: Path, folder: Path) -> Path:
    """Copy the recordings into a folder, which is replaced as a whole, and return the table beside them."""
    found = recordings(share)
    columns = [field.name for field in fields(Recording) if field.name != "origin"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(recording, column) for column in columns] for recording in found)
    with files.exclusively(folder), files.folder_in_the_making(folder) as making:
        for recording in found:
            place = making / recording.path
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(recording.origin, place)
        files.write_bytes(making / "table.csv", text.getvalue().encode())
    return folder / "table.csv"


def make(name: str, *, share: Path, folder: Path, replace: bool = False, jobs: int = 1) -> Added:
    """Copy the recordings and index them as a bank."""
    return add_bank(name, folder, assemble(share, folder), replace=replace, jobs=jobs)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--name", default="debian", help="name of the bank (default: %(default)s)")
    parser.add_argument("--folder", type=Path, help="where the recordings are copied to (default: beside the banks)")
    parser.add_argument("--share", type=Path, default=Path("/usr/share"), help="where the packages are installed")
    parser.add_argument("--replace", action="store_true", help="replace a bank of that name")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    options = parser.parse_args()
    try:
        folder = options.folder or places.banks_folder().parent / "recordings" / places.checked_name(options.name)
        added = make(options.name, share=options.share, folder=folder, replace=options.replace, jobs=options.jobs)
    except SoundscapeError as error:
        print(f"Error: {error}", file=sys.stderr)
        return error.exit_code
    print(f"bank {added.info.name!r}: {added.info.count} recordings, {added.info.rejected} rejected, in {added.folder}")
    for rejection in added.rejections:
        print(f"  {rejection.key}: {rejection.reason} ({rejection.note})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
