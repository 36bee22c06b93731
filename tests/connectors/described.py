"""Checks that a request is one the platform's own description allows: path, method, parameters, body."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jsonschema import Draft202012Validator


class OpenApi:
    """An OpenAPI 3 description. Unknown paths, parameters and properties are mistakes, whatever a server thinks."""

    def __init__(self, file: Path) -> None:
        self._document = json.loads(file.read_text(encoding="utf-8"))

    def check(self, method: str, url: str, body: Any = None) -> None:
        """Raises AssertionError for what is not described."""
        parts = urlsplit(url)
        path, operation = self._operation(method, parts.path)
        parameters = [self._resolved(one) for one in operation.get("parameters", [])]
        described = {one["name"]: one for one in parameters if one["in"] == "query"}
        given = [(name.removesuffix("[]"), value) for name, value in parse_qsl(parts.query, keep_blank_values=True)]
        for name, value in given:
            assert name in described, f"{method} {path} has no parameter {name}"
            self._check_values(f"{path}?{name}", value, described[name])
        missing = {name for name, one in described.items() if one.get("required")} - {name for name, _ in given}
        assert not missing, f"{method} {path} needs {missing}"
        self._check_body(f"{method} {path}", operation, body)

    def _operation(self, method: str, path: str) -> tuple[str, Mapping[str, Any]]:
        for template, methods in self._document["paths"].items():
            pattern = re.sub(r"\\\{[^{}]+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in methods:
                return template, methods[method.lower()]
        raise AssertionError(f"{method} {path} is not described")

    def check_answer(self, method: str, url: str, status: int, body: Any) -> None:
        """Raises ValidationError for an answer that is not described, AssertionError where nothing at all is."""
        path, operation = self._operation(method, urlsplit(url).path)
        answers = operation["responses"]
        described = answers.get(str(status), answers.get("default"))
        assert described is not None, f"{method} {path} never answers {status}"
        if "application/json" in described.get("content", {}) and (status < 400 or str(status) in answers):
            self._validator(described["content"]["application/json"]["schema"]).validate(body)

    def _check_values(self, where: str, value: str, parameter: Mapping[str, Any]) -> None:
        schema = self._resolved(parameter.get("schema", {}))
        one_by_one = schema.get("type") == "array" and parameter.get("explode") is False
        for one in value.split(",") if one_by_one else [value]:
            self._check_value(where, one, schema)

    def _validator(self, schema: Mapping[str, Any]) -> Draft202012Validator:
        return Draft202012Validator({**schema, "components": self._document.get("components", {})})

    def _check_value(self, where: str, value: str, schema: Mapping[str, Any]) -> None:
        schema = self._resolved(schema)
        schema = self._resolved(schema.get("items", schema))
        kind = schema.get("type")
        assert kind != "integer" or re.fullmatch(r"-?\d+", value), f"{where} is no number: {value}"
        assert kind != "boolean" or value in ("true", "false"), f"{where} is neither true nor false: {value}"
        assert value in schema.get("enum", [value]), f"{where} can't be {value}"
        assert re.search(schema.get("pattern", ""), value), f"{where} can't be {value}"
        if kind == "integer":
            assert schema.get("minimum", int(value)) <= int(value) <= schema.get("maximum", int(value)), where

    def _check_body(self, where: str, operation: Mapping[str, Any], body: Any) -> None:
        content = operation.get("requestBody", {}).get("content", {})
        if body is None:
            assert not operation.get("requestBody", {}).get("required"), f"{where} needs a body"
            return
        schema = content["application/json"]["schema"]
        known = set(self._properties(schema))
        assert set(body) <= known, f"{where} has no {set(body) - known}"
        self._validator(schema).validate(body)

    def _properties(self, schema: Mapping[str, Any]) -> Iterator[str]:
        schema = self._resolved(schema)
        yield from schema.get("properties", {})
        for part in ("oneOf", "anyOf", "allOf"):
            for one in schema.get(part, []):
                yield from self._properties(one)

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in schema:
            _root, _components, kind, name = schema["$ref"].split("/")
            schema = self._document["components"][kind][name]
        return schema
