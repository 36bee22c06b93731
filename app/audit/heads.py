"""The log's end, written into the data folder: who changes the database can't change what was written there.

One JSON object a line in ``audit/heads.jsonl``, only ever appended to.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.audit import queries, rules
from app.audit.types import Fault, Head, Problem

_FIELDS = {"seq": int, "hash": str, "at": str, "seal": str}


def file_of(data_dir: Path) -> Path:
    """Where the heads stand."""
    return data_dir / "audit" / "heads.jsonl"


def write(session: Session, file: Path, key: bytes, now: datetime) -> bool:
    """Write the log's present end, unless it has not moved since the last time; answer whether it was written."""
    seq, hash_ = queries.last(session)
    known = _last_line(file)
    if seq == 0 or (known is not None and known.seq == seq and known.hash == hash_):
        return False
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    head = rules.sealed(key, seq, hash_, now)
    line = json.dumps({name: getattr(head, name) for name in _FIELDS})
    with file.open("a", encoding="utf-8") as out:
        out.write(line + "\n")
    return True


def read(file: Path, key: bytes) -> tuple[list[Head], list[Problem]]:
    """The genuine heads, and a problem for each line that is none (its number counts from 1)."""
    found: list[Head] = []
    forged: list[Problem] = []
    for number, text in enumerate(_lines(file), 1):
        head = _parsed(text)
        if head is not None and rules.is_genuine(key, head):
            found.append(head)
        else:
            forged.append(Problem(Fault.HEAD_FORGED, number))
    return found, forged


def _lines(file: Path) -> Sequence[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []


def _last_line(file: Path) -> Head | None:
    lines = _lines(file)
    return _parsed(lines[-1]) if lines else None


def _parsed(text: str) -> Head | None:
    try:
        given = json.loads(text)
    except ValueError:
        return None
    if not isinstance(given, dict) or any(type(given.get(name)) is not kind for name, kind in _FIELDS.items()):
        return None
    return Head(given["seq"], given["hash"], given["at"], given["seal"])
