"""``server.json`` fits the schema of 2025-12-11 (modelcontextprotocol/registry) whatever a document says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml

import adaptgen

# What that schema demands of the members that are written, after its definitions ServerDetail, Package and Input.
_TEXT = {"type": "string"}
RULES = {
    "type": "object",
    "required": ["name", "description", "version"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"},
        "name": {"type": "string", "minLength": 3, "maxLength": 200, "pattern": r"^[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+$"},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": "string", "minLength": 1, "maxLength": 100},
        "version": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "not": {"pattern": r"[\^~<>=*|\s]|^latest$|\.x"},
        },
        "remotes": {
            "type": "array",
            "items": {
                "required": ["type", "url"],
                "properties": {"type": {"const": "streamable-http"}, "url": {"pattern": r"^https?://[^\s]+$"}},
            },
        },
        "packages": {
            "type": "array",
            "items": {
                "required": ["registryType", "identifier", "transport"],
                "properties": {
                    "environmentVariables": {
                        "items": {
                            "required": ["name"],
                            "additionalProperties": False,
                            "properties": {
                                "name": _TEXT,
                                "description": _TEXT,
                                "isRequired": {"type": "boolean"},
                                "isSecret": {"type": "boolean"},
                            },
                        }
                    }
                },
            },
        },
    },
}


def built(tmp_path: Path, info: dict[str, Any], registry: dict[str, str] | None = None) -> dict[str, Any]:
    operation = {"operationId": "listPets", "responses": {"200": {"description": "ok"}}, "security": [{"key": []}]}
    document = {
        "openapi": "3.0.3",
        "info": info,
        "paths": {"/pets": {"get": operation}},
        "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
    }
    spec = tmp_path / "pets.json"
    spec.write_text(json.dumps(document))
    (tmp_path / "pets").mkdir(exist_ok=True)
    (tmp_path / "pets" / "hints.yaml").write_text(yaml.safe_dump({"server": {"registry": registry or {}}}))
    value: dict[str, Any] = json.loads(adaptgen.build(spec).files["server.json"])
    jsonschema.validate(value, RULES)
    return value


def test_the_hints_say_where_it_is(tmp_path: Path) -> None:
    said = {
        "namespace": "com.example",
        "version": "1.4.0",
        "url": "https://mcp.example.com/pets/mcp",
        "image": "registry.example.com/pets:1.4.0",
    }
    value = built(tmp_path, {"title": "Pets", "version": "7"}, said)
    assert (value["name"], value["version"]) == ("com.example/pets", "1.4.0")
    assert value["remotes"] == [{"type": "streamable-http", "url": "https://mcp.example.com/pets/mcp"}]
    (package,) = value["packages"]
    assert package["identifier"] == "registry.example.com/pets:1.4.0"
    needed = [(one["name"], one["isRequired"], one["isSecret"]) for one in package["environmentVariables"]]
    assert needed == [("PETS_API_KEY", True, True), ("PETS_BASE_URL", True, False)]
