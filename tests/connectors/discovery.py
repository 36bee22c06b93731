"""Checks requests and answers against one of Google's discovery documents."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

DATA = Path(__file__).parent / "google_data"


class Discovery:
    """Unknown paths, parameters and properties are mistakes, whatever a server thinks."""

    def __init__(self, name: str) -> None:
        self._document = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
        self._schemas = {one: _closed(schema) for one, schema in self._document["schemas"].items()}

    def check(self, method: str, path: str, query: str, body: Any) -> Mapping[str, Any]:
        """The method of the interface that a request is; raises AssertionError for one that is not described."""
        found = self._method(method, path)
        known = {name: one for name, one in found["parameters"].items() if one["location"] == "query"}
        given = parse_qsl(query, keep_blank_values=True)
        for name, value in given:
            assert name in known, f"{method} {path} has no parameter {name}"
            for one in value.split(",") if known[name].get("repeated") else [value]:
                _check_value(f"{path}?{name}", one, known[name])
        missing = {name for name, one in known.items() if one.get("required")} - {name for name, _value in given}
        assert not missing, f"{method} {path} needs {missing}"
        if body is not None:
            assert "request" in found, f"{method} {path} takes no body"
            self._validate(found["request"], body)
        return found

    def check_answer(self, found: Mapping[str, Any], body: Any) -> None:
        """Raises ValidationError for an answer that is not described."""
        if "response" in found:
            self._validate(found["response"], body)
        else:
            assert body is None, "no answer is described"

    def _validate(self, schema: Mapping[str, Any], body: Any) -> None:
        Draft202012Validator({**_closed(schema), "schemas": self._schemas}).validate(body)

    def _method(self, method: str, path: str) -> Mapping[str, Any]:
        for resource in self._document["resources"].values():
            for one in resource["methods"].values():
                described = self._document["servicePath"] + one["path"]
                pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(described))
                if one["httpMethod"] == method and re.fullmatch(pattern, path.lstrip("/")):
                    return dict(one)
        raise AssertionError(f"{method} {path} is not described")


def _closed(schema: Any) -> Any:
    """A schema of Google's as JSON Schema, in which nothing may be that is not described."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": f"#/schemas/{schema['$ref']}"}
    closed = {name: _closed(one) for name, one in schema.items() if name not in ("id", "format", "default")}
    if isinstance(schema.get("properties"), dict):
        closed["properties"] = {name: _closed(one) for name, one in schema["properties"].items()}
        closed["additionalProperties"] = False
    return closed


def _check_value(where: str, value: str, parameter: Mapping[str, Any]) -> None:
    kind = parameter["type"]
    assert kind != "integer" or value.isdigit(), f"{where} is no number: {value}"
    assert kind != "boolean" or value in ("true", "false"), f"{where} is neither true nor false: {value}"
    assert value in parameter.get("enum", [value]), f"{where} can't be {value}"
    if kind == "integer":
        least, most = int(parameter.get("minimum", 0)), int(parameter.get("maximum", 2**32))
        assert least <= int(value) <= most, f"{where} can't be {value}"
