"""Sentences by an ONNX model of the BERT family, such as all-MiniLM-L6-v2 in int8. Needs the extra ``embeddings``."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from app.core.errors import ConfigError
from app.learning.sentences import MODEL, TOKENIZER, Table

LONGEST = 128
"""Tokens of a text that are read; what a comment is about is said by then, and time grows with them."""
BATCH = 32
_IDS, _MASK, _TYPES = "input_ids", "attention_mask", "token_type_ids"


class OnnxNetwork:
    """One model on one core: other processes judge meanwhile."""

    def __init__(self, folder: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(folder / MODEL), options, providers=["CPUExecutionProvider"])
        self._asks = {one.name for one in self._session.get_inputs()}
        self._tokens = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokens.enable_truncation(LONGEST)
        self._tokens.enable_padding()

    def read(self, texts: list[str]) -> Table:
        """The mean over a text's tokens, at length one. Texts of like length are read together."""
        rows: list[tuple[int, Table]] = []
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for start in range(0, len(order), BATCH):
            part = order[start : start + BATCH]
            rows += zip(part, self._read([texts[at] for at in part]), strict=True)
        rows.sort(key=lambda row: row[0])
        return np.stack([row for _at, row in rows]) if rows else np.zeros((0, 0), np.float32)

    def _read(self, texts: list[str]) -> Table:
        cut = self._tokens.encode_batch(texts)
        ids = np.array([one.ids for one in cut], np.int64)
        mask = np.array([one.attention_mask for one in cut], np.int64)
        given: dict[str, npt.NDArray[np.int64]] = {_IDS: ids, _MASK: mask, _TYPES: np.zeros_like(ids)}
        states = self._session.run(None, {name: value for name, value in given.items() if name in self._asks})[0]
        weight = mask[:, :, None].astype(np.float32)
        mean = (states * weight).sum(axis=1) / np.maximum(weight.sum(axis=1), 1)
        return np.asarray(mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9), np.float32)


def load(folder: Path) -> OnnxNetwork:
    """The model in a folder that ``app.learning.sentences`` has checked. Raises ConfigError when it can't be read."""
    try:
        return OnnxNetwork(folder)
    except Exception as error:  # neither package has errors of its own to tell apart
        raise ConfigError(
            f"learning.sentence_model: {folder} holds no model that can be read: {error}. See docs/operators.md."
        ) from error
