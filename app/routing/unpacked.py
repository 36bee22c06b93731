"""The model that tells languages, kept unpacked: as it comes along, unpacking takes longer than judging a thousand
comments, and every process would have its own 58 MB of it. Unpacked it is mapped into memory, and shared.
"""

import os
import shutil
import zlib
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import structlog
from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

from app.learning.types import LANGUAGES

log = structlog.get_logger()
_FOLDER = "languages"
_FEATURES, _BEGIN, _MOVES, _ROWS, _FOUND = "features.npy", "begin.npy", "moves.npy", "rows.npy", "found.npy"
_KNOWN = sorted(LANGUAGES)


class _House:
    folder: Path | None = None


def keep_in(folder: Path) -> None:
    """Keep the unpacked model there from now on; said once, when a process starts."""
    _House.folder = folder


def identifier() -> LanguageIdentifier:
    """What tells LANGUAGES from each other; unpacks the model unless it is there already."""
    if _House.folder is None:
        return _packed()
    place = _House.folder / _FOLDER / _mark()
    try:
        return _mapped(place)
    except (OSError, ValueError):  # none is there, or something else is
        fresh = _packed()
        _keep(fresh, place)
        return fresh


def _mark() -> str:
    """Another one for another model and for other languages."""
    file = (MODEL_DIR / MODEL_FILE).stat()
    return f"{zlib.crc32(f'{file.st_size} {file.st_mtime_ns} {_KNOWN}'.encode()):08x}"


def _packed() -> LanguageIdentifier:
    every = LanguageIdentifier.from_model_file(MODEL_FILE)
    every.set_languages(_KNOWN)
    return LanguageIdentifier(
        every.nb_ptc, every.nb_pc, every.nb_classes, every.tk_nextmove, every.tk_output, tk_row=every.tk_row
    )


def _mapped(place: Path) -> LanguageIdentifier:
    """Raises OSError or ValueError when the files are not there or not whole."""
    part = {name: np.load(place / name, mmap_mode="r") for name in (_FEATURES, _BEGIN, _MOVES, _ROWS, _FOUND)}
    moves, found = memoryview(part[_MOVES]), memoryview(part[_FOUND])  # numbers out of these are Python's own
    return LanguageIdentifier(part[_FEATURES], part[_BEGIN], _KNOWN, moves, found, tk_row=part[_ROWS].tolist())


def _keep(fresh: LanguageIdentifier, place: Path) -> None:
    """Write it beside and put it in its place at once; what an earlier model left is removed, and what
    a process that was killed left."""
    parts = {
        _FEATURES: fresh.nb_ptc,
        _BEGIN: fresh.nb_pc,
        _MOVES: np.frombuffer(fresh.tk_nextmove, np.dtype(fresh.tk_nextmove.typecode)),
        _ROWS: np.frombuffer(fresh.tk_row, np.dtype(fresh.tk_row.typecode)),
        _FOUND: np.array(fresh.tk_output, np.int32),
    }
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(mkdtemp(dir=place.parent))
        try:
            for name, numbers in parts.items():
                with (beside / name).open("wb") as file:
                    np.save(file, np.ascontiguousarray(numbers))
                    os.fsync(file.fileno())  # after a power cut it is whole, or is not there
            shutil.rmtree(place, ignore_errors=True)
            beside.rename(place)
            for other in place.parent.iterdir():
                if other != place:
                    shutil.rmtree(other, ignore_errors=True)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        if place.is_dir():
            return  # another process came first
        log.warning("language_model_not_kept", why=str(error))
