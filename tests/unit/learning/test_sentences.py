"""A sentence model that an installation set up: what it knows of words is learned with, and nothing else is trusted."""

import hashlib
import importlib.util
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.config import load
from app.core.errors import ConfigError
from app.learning import features, fitting, judging, model, words
from app.learning.features import Reader
from app.learning.judging import Judge
from app.learning.model import Model
from app.learning.sentences import Sentences
from app.learning.types import DESTINATIONS, Example
from tests.unit.learning import tiny_onnx

SWEET, SALTY = ("caramel", "nougat", "praline"), ("pretzel", "cracker", "brine")
MEANINGS = dict.fromkeys(SWEET, (3.0, 0.0)) | dict.fromkeys(SALTY, (0.0, 3.0))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("sentences")
    tiny_onnx.write(made, MEANINGS)
    return made


@pytest.fixture(scope="module")
def sentences(folder: Path) -> Sentences:
    return Sentences(folder, tiny_onnx.write(folder, MEANINGS))


@pytest.fixture(scope="module")
def reader(sentences: Sentences) -> Reader:
    return features.reader(words.compose(), sentences)


@pytest.fixture(scope="module")
def learned(reader: Reader) -> Model:
    return fitting.fit(taught(), reader, DESTINATIONS).model


def taught() -> list[Example]:
    """Each kind is taught by two of its three words."""
    said = [(word, "marketing") for word in SWEET[:2]] + [(word, "customer_service") for word in SALTY[:2]]
    return [Example(f"The {word} number {at}", team, None) for at in range(30) for word, team in said]


def test_texts_become_directions_in_their_own_order(sentences: Sentences) -> None:
    texts = ["caramel and nougat and praline again", "Brine", "xyzzy", "Brine caramel", ""]
    found = sentences.read([*texts, *["brine"] * 40])
    assert found[:5] == pytest.approx(np.array([[1, 0], [0, 1], [0, 0], [0.5**0.5] * 2, [0, 0]]))
    assert found[5:] == pytest.approx(np.array([[0, 1]] * 40))
    assert len(sentences.read([])) == 0


def test_a_word_nobody_taught_is_judged_by_what_it_means(reader: Reader, learned: Model) -> None:
    judge = Judge(learned, reader, DESTINATIONS)
    unheard = ["praline", "brine"]
    assert [one.team for one in judging.opinions(judge, unheard)] == ["marketing", "customer_service"]
    plain = replace(reader, sentences=None)
    without = Judge(fitting.fit(taught(), plain, DESTINATIONS).model, plain, DESTINATIONS)
    assert judging.opinions(without, unheard)[0].team != "marketing"


def test_what_was_learned_with_a_sentence_model_says_so(reader: Reader, sentences: Sentences, learned: Model) -> None:
    stored = model.from_bytes(model.to_bytes(learned))
    assert stored.learned is not None
    assert stored.learned.sentences == sentences.key
    seen = model.read(["praline"], replace(reader, sentences=None), deeply=True)
    with pytest.raises(ValueError, match="without the sentence model"):
        model.probabilities(stored, seen)


def test_only_what_was_meant_is_read(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"has no model\.onnx"):
        Sentences(tmp_path, "0" * 64)
    with pytest.raises(ConfigError, match="its SHA-256 is"):
        Sentences(folder, "0" * 64)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="onnxruntime and tokenizers is not installed"):
        Sentences(folder, tiny_onnx.write(folder, MEANINGS))


def test_what_is_no_model_says_so(tmp_path: Path) -> None:
    tiny_onnx.write(tmp_path, MEANINGS)
    (tmp_path / "model.onnx").write_bytes(b"cut short")
    broken = Sentences(tmp_path, hashlib.sha256(b"cut short").hexdigest())
    with pytest.raises(ConfigError, match="holds no model that can be read"):
        broken.read(["Hello"])


def test_the_folder_counts_from_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f"[learning]\nsentence_model = 'minilm'\nsentence_model_checksum = '{'a' * 64}'\n", "utf-8")
    assert load(file, {}).learning.sentence_model == tmp_path / "minilm"
