"""A sentence model of a few hundred bytes: every word has a direction of its own making, written by hand as ONNX.

The file is what ``onnx.proto`` says: a graph of one Gather, which looks up a row of a table for every token.
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

_FLOAT, _INT64 = 1, 7
_IR_VERSION, _OPSET = 8, 13


def write(folder: Path, words: Mapping[str, Sequence[float]]) -> str:
    """A model and its tokenizer; words that are not named all mean the same. Answers the model's SHA-256."""
    size = len(next(iter(words.values())))
    table = np.array([[0.0] * size, *words.values()], np.float32)
    folder.mkdir(parents=True, exist_ok=True)
    data = _model(table)
    (folder / "model.onnx").write_bytes(data)
    known = {"[UNK]": 0} | {word: at for at, word in enumerate(words, 1)}
    cutter = Tokenizer(WordLevel(known, unk_token="[UNK]"))
    cutter.normalizer, cutter.pre_tokenizer = Lowercase(), Whitespace()
    cutter.save(str(folder / "tokenizer.json"))
    return hashlib.sha256(data).hexdigest()


def _model(table: "np.ndarray[tuple[int, int], np.dtype[np.float32]]") -> bytes:
    rows, size = table.shape
    tensor = _number(1, rows) + _number(1, size) + _number(2, _FLOAT) + _bytes(8, b"table") + _bytes(9, table.tobytes())
    node = _bytes(1, b"table") + _bytes(1, b"input_ids") + _bytes(2, b"states") + _bytes(4, b"Gather")
    graph = (
        _bytes(1, node)
        + _bytes(2, b"tiny")
        + _bytes(5, tensor)
        + _bytes(11, _value("input_ids", _INT64, ("batch", "sequence")))
        + _bytes(12, _value("states", _FLOAT, ("batch", "sequence", size)))
    )
    return _number(1, _IR_VERSION) + _bytes(7, graph) + _bytes(8, _number(2, _OPSET))


def _value(name: str, kind: int, shape: Sequence[str | int]) -> bytes:
    sizes = b"".join(_bytes(1, _number(1, one) if isinstance(one, int) else _bytes(2, one.encode())) for one in shape)
    tensor = _number(1, kind) + _bytes(2, sizes)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])
