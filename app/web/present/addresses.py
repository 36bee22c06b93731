"""Addresses within Porchlight, put together once: a list has twenty, nearly all the same for everybody."""

from functools import lru_cache
from typing import Any

from flask import request, url_for


def address(endpoint: str, **values: Any) -> str:
    """Flask's ``url_for``, for templates."""
    if "_external" in values:  # depends on more of the request than where Porchlight is mounted
        return url_for(endpoint, **values)
    return _made(endpoint, request.script_root, **values)


@lru_cache(maxsize=2_000, typed=True)
def _made(endpoint: str, _root: str, **values: Any) -> str:
    return url_for(endpoint, **values)
