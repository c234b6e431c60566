"""Sound effects of the embedded bank: what is promised of every item, and what measuring hears in every kind."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import subprocess
import sys
import time
from functools import cache

import numpy as np
import pytest

from soundscape.errors import UsageError
from soundscape.sources.embedded import effects
from soundscape.sources.embedded.item import SAMPLE_RATE, Item
from tests.reference import listening

ITEMS = {item.key.removeprefix("effects/"): item for item in effects.items()}
KEYS = tuple(ITEMS)
BEDS = tuple(key for key, item in ITEMS.items() if item.topic == "bed")


@cache
def made(key):
    started = time.process_time()
    samples = effects.synthesise(ITEMS[key]).samples
    return samples, time.process_time() - started


def heard(key):
    return made(key)[0] / 32768.0


def keys_of(kind):
    return [key for key in KEYS if key.startswith(f"{kind}/")]


# What is promised of every item


def test_there_are_kinds_takes_and_beds_enough():
    takes = {kind: len(list(group)) for kind, group in itertools.groupby(KEYS, lambda key: key.split("/")[0])}
    assert len(takes) >= 22
    assert len(KEYS) >= 110
    assert min(takes.values()) >= 5
    assert len({key.split("/")[0] for key in BEDS}) >= 6


@pytest.mark.parametrize("key", KEYS)
def test_item_is_described(key):
    item = ITEMS[key]
    assert re.fullmatch(r"effects/[a-z_]+/\d\d", item.key)
    assert item.type == "sound_event"
    assert item.group == item.key
    assert item.label
    assert item.topic in (None, "bed")
    assert item.speaker is None
    assert item.transcription is None
    words = item.caption.split()
    assert 8 <= len(words) <= 22
    assert item.caption[0].islower()
    assert not item.caption.endswith(".")


def test_keys_and_captions_are_unique_and_wordings_vary():
    captions = [item.caption for item in effects.items()]
    assert len(set(captions)) == len(captions)
    assert len({item.key for item in effects.items()}) == len(captions)
    openings = [" ".join(caption.split()[:4]) for caption in captions]
    assert len(set(openings)) > 0.8 * len(openings)


@pytest.mark.parametrize("key", KEYS)
def test_sound_is_sound(key):
    samples, _ = made(key)
    x = heard(key)
    assert samples.dtype == np.int16
    assert samples.ndim == 1
    length = len(samples) / SAMPLE_RATE
    assert 12.0 <= length <= 20.0 if key in BEDS else 0.19 <= length <= 8.4
    assert np.max(np.abs(samples.astype(np.int32))) == round(0.7 * 32767)
    assert abs(np.mean(x)) < 0.002 * np.sqrt(np.mean(np.square(x)))
    audible = np.flatnonzero(np.abs(x) > 1e-3 * np.max(np.abs(x)))
    assert audible[0] <= 0.03 * SAMPLE_RATE
    assert len(x) - audible[-1] <= 0.03 * SAMPLE_RATE


def test_takes_of_a_kind_really_differ():
    for _, group in itertools.groupby(KEYS, lambda key: key.split("/")[0]):
        pictures = {key: listening.picture(heard(key)) for key in group}
        for a, b in itertools.combinations(pictures, 2):
            apart = np.mean(np.abs(pictures[a] - pictures[b]))
            longer = abs(np.log(len(heard(a)) / len(heard(b))))
            assert apart > 2.0 or longer > 0.1, (a, b, apart, longer)


@pytest.mark.slow
def test_same_samples_in_any_order_and_in_another_process():
    some = KEYS[:: len(KEYS) // 9]
    here = {key: hashlib.sha256(made(key)[0].tobytes()).hexdigest() for key in some}
    again = {key: effects.synthesise(ITEMS[key]).samples for key in reversed(some)}
    assert {key: hashlib.sha256(samples.tobytes()).hexdigest() for key, samples in again.items()} == here
    code = (
        "import hashlib, json, sys\n"
        "from soundscape.sources.embedded import effects\n"
        "items = {i.key.removeprefix('effects/'): i for i in effects.items()}\n"
        "print(json.dumps({k: hashlib.sha256(effects.synthesise(items[k]).samples.tobytes()).hexdigest()"
        " for k in sys.argv[1:]}))"
    )
    there = subprocess.run([sys.executable, "-c", code, *some[::-1]], capture_output=True, check=True, text=True)
    assert json.loads(there.stdout) == here


def test_unknown_item_is_refused_with_the_nearest_name():
    stranger = Item(key="effects/sirens/01", type="sound_event", caption="x", group="x")
    with pytest.raises(UsageError, match="effects/siren/01"):
        effects.synthesise(stranger)


def test_making_is_far_faster_than_real_time():
    audio = sum(len(made(key)[0]) for key in KEYS) / SAMPLE_RATE
    assert audio / sum(made(key)[1] for key in KEYS) > 50.0


@pytest.mark.parametrize("key", BEDS)
def test_bed_is_a_texture_without_holes_that_can_be_looped(key):
    x = heard(key)
    seconds = x[: len(x) // SAMPLE_RATE * SAMPLE_RATE].reshape(-1, SAMPLE_RATE)
    level = 10.0 * np.log10(np.mean(np.square(seconds), axis=1))
    steady = key.startswith(("rain/", "fan/", "stream/", "train_ride/")) or key == "traffic/02"
    assert np.std(level) < (1.8 if steady else 6.0)
    assert np.max(level) - np.min(level) < (7.0 if steady else 22.0)
    both = [listening.centroid(part) for part in (x[: 4 * SAMPLE_RATE], x[-4 * SAMPLE_RATE :])]
    assert 0.4 < both[0] / both[1] < 2.5


# What measuring hears: counts. Each line: key, the word of the caption that says so, events, least gap in seconds.

COUNTED = """
alarm_clock/01 four 16 .1 | alarm_clock/03 six 6 .1 | alarm_clock/04 fours 20 .1 | smoke_alarm/01 three 6 .1
smoke_alarm/02 three 3 .1 | smoke_alarm/03 four 8 .1 | smoke_alarm/05 two 2 .1 | telephone_bell/01 once 1 .5
telephone_bell/03 three 3 .5 | telephone_bell/04 again 2 .5 | ringtone/01 two 2 .5 | ringtone/04 three 3 .5
doorbell/01 ding-dong 2 .1 | doorbell/02 twice 2 .1 | doorbell/03 twice 4 .1 | doorbell/04 four 4 .1
car_horn/01 two 3 .1 | car_horn/02 twice 2 .1 | car_horn/03 one 1 .1 | car_horn/04 five 5 .1
car_horn/05 twice 2 .8 | car_horn/06 one 1 .1 | train_horn/01 long, 4 .1 | train_horn/03 single 1 .1
train_horn/04 two 4 .1 | church_bell/01 once 1 .1 | church_bell/02 three 3 .1 | church_bell/05 three 6 .1
crossing_bell/05 eight 8 .1 | bicycle_bell/01 twice 2 .4 | bicycle_bell/02 once 1 .1 | bicycle_bell/03 two 4 .1
door_knock/01 three 3 .1 | door_knock/02 two 2 .1 | door_knock/03 eight 8 .1
door_knock/04 five 7 .1 | door_knock/05 four 4 .1 | door_knock/06 five 5 .1 | hammering/01 six 6 .1
hammering/02 four 4 .1 | hammering/03 five 5 .1 | hammering/04 ten 10 .1 | hammering/05 eight 8 .1
glass_clink/01 once 1 .1 | glass_clink/02 five 5 .1 | glass_clink/03 one 1 .1 | glass_clink/04 six 6 .1
glass_clink/05 three 3 .2 | ping_pong/02 seven 14 .1 | ping_pong/03 twelve 24 .1 | basketball/01 nine 9 .1
basketball/03 fourteen 14 .1 | applause/03 seven 7 .1 | camera_shutter/01 double 2 .1
camera_shutter/02 seven 7 .1 | camera_shutter/05 three 3 .1 | dog_bark/01 four 4 .1 | dog_bark/02 eight 8 .1
dog_bark/03 three 6 .1 | dog_bark/05 single 1 .1 | cat/01 once 1 .3 | cat/02 three 3 .3 | cat/03 two 2 .3
cat/04 one 1 .3 | frog/01 ribbit, 3 .6 | frog/02 two 2 1 | frog/04 seven 7 .2 | cow/01 once 1 1
cow/04 twice 2 1 | bird_song/02 nine 9 .1 | bird_song/04 three 6 .1 | bird_song/06 six 12 .1 | owl/01 two 5 .1
owl/03 three 3 .1 | owl/05 double 4 .1 | crow/01 three 3 .1 | crow/02 twice 2 .1 | crow/03 seven 7 .1
crow/04 twice 3 .1 | crow/05 one 1 .1 | seagull/01 two 2 .1 | seagull/02 eight 8 .1 | seagull/03 four 4 .1
seagull/04 three 3 .1 | seagull/05 five 6 .1 | water_drip/03 four 4 1 | bubbling/04 nine 9 .1
fireworks/02 six 6 .1 | footsteps/01 ten 10 .35 | footsteps/03 eight 8 .5 | footsteps/04 seven 7 .55
footsteps/07 six 6 .45 | typing/04 dozen 12 .22 | whistle/02 three 3 .3 | whistle/04 four 4 .3
"""
COUNTS = [line.split() for line in COUNTED.replace("\n", "|").split("|") if line.strip()]


@pytest.mark.parametrize(("key", "word", "count", "gap"), COUNTS)
def test_as_many_events_as_the_caption_says(key, word, count, gap):
    assert re.search(rf"\b{re.escape(word)}", ITEMS[key].caption)
    assert len(listening.onsets(heard(key), gap=float(gap))) == int(count)


@pytest.mark.parametrize(
    ("key", "word", "count", "depth", "bridge"),
    [
        ("printer/01", "four", 4, 7, 0.1),
        ("printer/02", "seven", 7, 7, 0.06),
        ("printer/03", "two", 2, 7, 0.2),
        ("printer/05", "three", 3, 7, 0.1),
        ("bird_song/01", "four", 4, 25, 0.3),
        ("bird_song/03", "three", 3, 25, 0.3),
        ("bird_song/05", "two", 2, 25, 0.5),
        ("telephone_bell/02", "twice", 2, 10, 0.5),
        ("zipper/05", "three", 3, 15, 0.2),
    ],
)
def test_as_many_phrases_as_the_caption_says(key, word, count, depth, bridge):
    assert word in ITEMS[key].caption
    assert len(listening.runs(heard(key), depth, bridge, shortest=0.12)) == count


# What measuring hears: rates


@pytest.mark.parametrize(
    ("key", "interval"),
    [("clock_ticking/01", 1.0), ("clock_ticking/02", 1.0), ("clock_ticking/03", 0.5), ("clock_ticking/04", 0.2)],
)
def test_clock_ticks_evenly(key, interval):
    ticks = np.diff(listening.onsets(heard(key), gap=0.05))
    assert np.all(np.abs(ticks - interval) <= 0.0101)


def test_lame_clock_limps():
    ticks = np.diff(listening.onsets(heard("clock_ticking/05"), gap=0.05))
    assert np.mean(ticks) == pytest.approx(0.25, abs=0.005)
    assert np.all(ticks[0:18:2] > ticks[1:18:2] + 0.04)


@pytest.mark.parametrize(
    ("key", "low", "high", "least", "most"),
    [
        ("siren/01", 0.2, 2.0, 0.35, 0.45),
        ("siren/02", 1.0, 8.0, 3.0, 4.0),
        ("telephone_bell/01", 10.0, 30.0, 18.0, 22.0),
        ("alarm_clock/02", 8.0, 40.0, 17.0, 24.0),
        ("whistle/01", 10.0, 80.0, 30.0, 45.0),
        ("crossing_bell/01", 2.0, 5.0, 3.1, 3.5),
        ("crossing_bell/04", 1.0, 8.0, 4.9, 5.5),
        ("church_bell/04", 1.0, 4.0, 1.8, 2.05),
        ("applause/04", 1.0, 6.0, 1.9, 2.1),
        ("helicopter/01", 5.0, 40.0, 9.0, 16.0),
        ("helicopter/02", 5.0, 40.0, 9.0, 12.0),
        ("steam_train/02", 3.0, 15.0, 7.2, 8.2),
        ("sawing/02", 1.0, 8.0, 4.2, 5.2),
        ("sawing/03", 0.4, 4.0, 1.0, 1.3),
        ("zipper/02", 40.0, 200.0, 70.0, 100.0),
        ("pouring/02", 2.0, 8.0, 4.2, 4.8),
        ("cat/05", 10.0, 60.0, 20.0, 30.0),
        ("frog/05", 10.0, 60.0, 20.0, 28.0),
        ("crickets/01", 10.0, 60.0, 28.0, 36.0),
        ("crickets/02", 0.5, 5.0, 1.3, 1.8),
        ("crickets/03", 20.0, 80.0, 42.0, 50.0),
        ("train_ride/01", 0.8, 2.0, 1.15, 1.35),
        ("fan/03", 3.0, 12.0, 6.5, 7.5),
        ("ocean/01", 0.08, 1.0, 0.08, 0.2),
        ("ocean/02", 0.08, 1.0, 0.22, 0.33),
    ],
)
def test_rhythm_is_that_of_the_real_thing(key, low, high, least, most):
    assert least <= listening.beat(heard(key), low, high) <= most


@pytest.mark.parametrize(
    ("key", "restitution"),
    [("ping_pong/01", 0.86), ("ping_pong/05", 0.88), ("ping_pong/04", 0.76), ("basketball/02", 0.74)],
)
def test_bounces_close_up_geometrically(key, restitution):
    flights = np.diff(listening.onsets(heard(key), gap=0.03, rise=6.0, floor=40.0))[:6]
    assert flights[1:] / flights[:-1] == pytest.approx(restitution, abs=0.04)


@pytest.mark.parametrize(
    ("key", "faster"), [("steam_train/01", True), ("steam_train/05", False), ("footsteps/06", True)]
)
def test_pace_changes_as_told(key, faster):
    pace = np.diff(listening.onsets(heard(key), gap=0.12))
    first, last = np.median(pace[:4]), np.median(pace[-4:])
    assert first > 1.4 * last if faster else last > 1.4 * first


# What measuring hears: pitch


@pytest.mark.parametrize(
    ("key", "low", "high", "lowest", "highest"),
    [
        ("siren/01", 400, 2000, 500, 1500),
        ("siren/02", 400, 2000, 600, 1600),
        ("siren/06", 100, 1100, 100, 560),
    ],
)
def test_siren_sweeps_its_range(key, low, high, lowest, highest):
    pitch = listening.track(heard(key), low, high)
    assert lowest <= np.min(pitch) < 1.25 * lowest
    assert 0.85 * highest < np.max(pitch) <= highest


def test_two_tone_siren_swaps_a_fourth_and_the_passing_one_drops():
    pitch = listening.track(heard("siren/04"), 400, 700)
    assert np.percentile(pitch, 90) / np.percentile(pitch, 10) == pytest.approx(4 / 3, abs=0.02)
    passing = listening.track(heard("siren/05"), 700, 1100)
    assert np.max(passing[:20]) / np.max(passing[-20:]) == pytest.approx((343 + 20) / (343 - 20), abs=0.03)


@pytest.mark.parametrize(
    ("key", "start", "end", "low", "high", "ratio"),
    [
        ("kettle/01", 1.0, 5.0, 700, 4000, 2.0),
        ("kettle/02", 2.0, 3.3, 700, 4000, 0.55),
        ("pouring/01", 0.2, 3.6, 300, 4000, 4.0),
        ("pouring/05", 0.2, 3.2, 250, 5000, 5.0),
        ("owl/04", 0.1, 1.5, 300, 2000, 0.55),
        ("fireworks/01", 0.1, 1.4, 700, 4000, 2.2),
    ],
)
def test_pitch_glides_as_told(key, start, end, low, high, ratio):
    x = heard(key)
    ends = [x[round(at * SAMPLE_RATE) : round(at * SAMPLE_RATE) + 4800] for at in (start, end - 0.2)]
    first, last = (np.median(listening.track(part, low, high)) for part in ends)
    assert 0.7 * ratio < last / first < 1.5 * ratio


def test_struck_and_sung_intervals():
    for key, high, low in (("doorbell/01", 659.3, 523.3), ("bird_song/04", 665.0, 537.0)):
        pitch = listening.fundamental(heard(key), 400, 800)
        assert np.percentile(pitch, 85) == pytest.approx(high, rel=0.04)
        assert np.percentile(pitch, 20) == pytest.approx(low, rel=0.04)
    nail = heard("hammering/01")
    blows = listening.onsets(nail)
    rings = [listening.track(nail[round(t * 24_000) : round(t * 24_000) + 1024], 2000, 3600)[0] for t in blows]
    assert rings[-1] > 1.3 * rings[0]


@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        ("cat/01", 400, 900),
        ("cat/02", 800, 1400),
        ("cow/01", 80, 220),
        ("cow/02", 180, 350),
        ("dog_bark/01", 150, 450),
        ("dog_bark/02", 500, 1100),
        ("seagull/01", 600, 1400),
        ("owl/01", 250, 450),
        ("owl/03", 1000, 1500),
    ],
)
def test_animal_voice_has_its_pitch(key, least, most):
    assert least <= np.median(listening.fundamental(heard(key), 60, 2000)) <= most


# What measuring hears: spectrum and decay


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        ("siren", 600, 2000),
        ("smoke_alarm", 800, 5000),
        ("telephone_bell", 1000, 3000),
        ("doorbell", 400, 2500),
        ("car_horn", 800, 3000),
        ("train_horn", 500, 2000),
        ("whistle", 1800, 4000),
        ("church_bell", 250, 1500),
        ("door_knock", 150, 1000),
        ("glass_clink", 1000, 4000),
        ("glass_breaking", 2500, 7000),
        ("coin_drop", 2500, 7000),
        ("ping_pong", 900, 4000),
        ("basketball", 100, 600),
        ("applause", 1200, 4500),
        ("typing", 600, 4000),
        ("camera_shutter", 1000, 4000),
        ("zipper", 2000, 6000),
        ("dog_bark", 500, 2000),
        ("crow", 1000, 2600),
        ("seagull", 1400, 3500),
        ("water_drip", 800, 3500),
        ("helicopter", 100, 800),
        ("crickets", 2500, 9000),
        ("train_ride", 100, 900),
    ],
)
def test_brightness_is_that_of_the_real_thing(kind, least, most):
    found = [round(listening.centroid(heard(key))) for key in keys_of(kind)]
    assert least <= min(found)
    assert max(found) <= most


def test_shares_of_the_spectrum():
    for key in keys_of("thunder"):
        assert listening.share(heard(key), 0, 300) > 0.8, key
    for key in ("bird_song/01", "bird_song/02", "bird_song/03", "bird_song/06"):
        assert listening.share(heard(key), 2000, 11000) > 0.95, key
    assert listening.share(heard("rain/02"), 1000, 12000) > 0.6
    assert listening.share(heard("traffic/02"), 0, 600) > 0.85
    assert listening.share(heard("smoke_alarm/01"), 3000, 3300) > 0.7
    assert listening.share(heard("smoke_alarm/02"), 490, 550) > 0.6


@pytest.mark.parametrize(
    ("key", "start", "end", "least", "most"),
    [
        ("church_bell/01", 0.3, 4.0, 5.0, 20.0),
        ("glass_clink/01", 0.2, 1.5, 15.0, 45.0),
        ("hammering/02", 3.0, 4.0, 25.0, 60.0),
        ("doorbell/01", 0.8, 1.8, 25.0, 60.0),
        ("door_knock/01", 0.66, 0.75, 250.0, 900.0),
        ("door_knock/05", 1.42, 1.9, 60.0, 200.0),
    ],
)
def test_decays_are_long_for_metal_and_short_for_wood(key, start, end, least, most):
    assert least <= listening.fading(heard(key), start, end) <= most
