"""A model of sentences, if somebody set one up: what a text means as a few hundred numbers, whatever its words.

Nothing here needs the optional packages; ``app.learning.onnx`` does, and is loaded when the first text is read.
"""

import hashlib
import importlib.util
from functools import cached_property
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from app.core.errors import ConfigError

Table = npt.NDArray[np.float32]
MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
_NEEDED = "app.learning.onnx"


class Network(Protocol):
    """What turns texts into numbers."""

    def read(self, texts: list[str]) -> Table:
        """One row a text; the squares of a row add up to one."""
        ...


class Sentences:
    """The model in a folder. Made when a process starts, loaded when it is first asked."""

    def __init__(self, folder: Path, sha256: str) -> None:
        """Raises ConfigError when the folder does not hold the model that was meant, or nothing can read it."""
        for name in (MODEL, TOKENIZER):
            if not (folder / name).is_file():
                raise ConfigError(f"learning.sentence_model: {folder} has no {name}. See docs/operators.md.")
        found = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
        if found != sha256:
            raise ConfigError(
                f"learning.sentence_model_checksum: {folder / MODEL} is another file, its SHA-256 is {found}. "
                "Get the right one, or write down this sum if you trust it."
            )
        missing = [name for name in ("onnxruntime", "tokenizers") if importlib.util.find_spec(name) is None]
        if missing:
            raise ConfigError(
                f"learning.sentence_model: {' and '.join(missing)} is not installed. "
                "“pip install 'porchlight[embeddings]'” does that."
            )
        self.key = found[:16]
        """Tells this model from others; a version that was learned with one judges with no other."""
        self._folder = folder

    @cached_property
    def _network(self) -> Network:
        return cast("Network", importlib.import_module(_NEEDED).load(self._folder))

    def read(self, texts: list[str]) -> Table:
        """One row a text; the squares of a row add up to one."""
        return self._network.read(texts)
