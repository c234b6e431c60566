"""The fast path against the slow second implementation, under every option."""

from __future__ import annotations

import functools
import random

import pytest

from soundscape.scoring.clip import mark_clip
from soundscape.scoring.embedders import Captions
from soundscape.scoring.lexical import LexicalEmbedder
from soundscape.scoring.options import CHOICES, Options
from soundscape.scoring.prepare import prepare
from soundscape.scoring.tally import COLUMN_NAMES, pool, tally_clip
from soundscape.scoring.text import tokens, unit_of

BASE = {f: str(v) for f, v in Options().as_dict().items()}


@functools.cache
def _embed(text):
    return LexicalEmbedder().embed([text])[0].astype(float).tolist()


def _tokenise(mode):
    def tokenise(true, text):
        unit = unit_of(true.language, true.transcription or "")
        return tokens(text or "", true.language, unit=unit, mode=mode)

    return tokenise


def _agree(reference, clips, options):
    captions = Captions(LexicalEmbedder())
    plain = options.as_dict() | {"f1_threshold": options.f1_threshold}
    fast, slow = [], []
    for key, guesses in clips:
        tally = tally_clip(mark_clip(prepare(key, options), guesses, captions, options), options)
        sums = reference.mark(key, guesses, _embed, _tokenise(options.text), plain)
        for name in COLUMN_NAMES:
            if name in ("unparsed", "missing"):
                continue
            total, count = sums.get(name, (0.0, 0))
            assert tally.count(name) == count, (key.clip_id, name)
            assert tally.total(name) == pytest.approx(total, abs=1e-9), (key.clip_id, name)
        for label, errors in tally.words:
            language = None if label.startswith("und") else label
            assert (errors.edits, errors.length) == sums[f"edits:{language}"], (key.clip_id, label)
        fast.append(tally)
        slow.append(sums)
    pooled, expected = pool(fast), reference.pooled(slow)
    for name in COLUMN_NAMES:
        if name in expected and expected[name] is not None:
            assert pooled.value(name) == pytest.approx(expected[name], abs=1e-9), name


def test_the_published_profile(cases, reference):
    _agree(reference, cases.random_set("published", 1500), Options())


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in CHOICES.items() for value in values if value != getattr(Options(), name)],
)
def test_each_option_alone(cases, reference, name, value):
    _agree(reference, cases.random_set(f"{name}={value}", 60), Options(**{name: value}))


def test_options_together(cases, reference):
    rng = random.Random(7)
    for n in range(40):
        options = Options(
            f1_threshold=rng.choice([0.0, 0.3, 0.5, 1.0]), **{k: rng.choice(v) for k, v in CHOICES.items()}
        )
        _agree(reference, cases.random_set(f"together {n}", 12), options)
