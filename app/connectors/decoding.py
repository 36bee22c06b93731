"""JSON in answers, whatever else may come where it is due."""

import json
from collections.abc import Iterator
from typing import Any

from app.connectors import errors
from app.connectors.errors import Permanent
from app.core.http import Response
from app.core.text import one_line


def decoded(body: bytes | str) -> Any:
    """The JSON in an answer, None when there is none. Some servers put a byte order mark or blank lines before it."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def decoded_object(body: bytes | str) -> dict[str, Any] | None:
    """The JSON object in an answer, None when there is none."""
    found = decoded(body)
    return found if isinstance(found, dict) else None


def objects(data: Any) -> Iterator[dict[str, Any]]:
    """The objects of a list. Raises Permanent(BAD_ANSWER) when it is no list of objects."""
    if not isinstance(data, list) or not all(isinstance(one, dict) for one in data):
        raise Permanent(errors.BAD_ANSWER, "not a list of objects")
    yield from data


def not_json(response: Response) -> str:
    """What came instead, for the operator."""
    return f"HTTP {response.status}, not JSON: {one_line(response.body[:200].decode('utf-8', 'replace'))}"
