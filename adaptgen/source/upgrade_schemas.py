"""Schemas of Swagger 2.0 as schemas of OpenAPI 3.0, and references to the new places."""

from __future__ import annotations

import re
from typing import Any

from adaptgen.source.references import DATA, NAMES
from adaptgen.syntax import json_pointer as pointers

_MOVED = {
    "definitions": "#/components/schemas",
    "parameters": "#/components/parameters",
    "responses": "#/components/responses",
    "securityDefinitions": "#/components/securitySchemes",
}


class Schemas:
    """Converts schemas of one document. ``hoisted``: new component name -> old pointer of schemas that are referred to
    inside of paths, which moved too.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self.root = root
        self.hoisted: dict[str, str] = {}

    def ref(self, ref: str) -> str:
        """The reference to its target's place in 3.0."""
        if not ref.startswith("#/"):
            return ref
        head, _, rest = ref[2:].partition("/")
        if head in _MOVED:
            return f"{_MOVED[head]}/{rest}" if rest else _MOVED[head]
        if head != "paths":
            return ref
        try:
            tokens = pointers.split(ref)
            pointers.resolve(self.root, ref)
        except LookupError:
            return ref
        if len(tokens) == 2:
            return ref  # a whole path item
        known = next((name for name, pointer in self.hoisted.items() if pointer == ref), None)
        if known is None:
            known = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(tokens[1:])).strip("_")
            taken = self.root.get("definitions")
            while known in self.hoisted or (isinstance(taken, dict) and known in taken):
                known += "_"
            self.hoisted[known] = ref
        return f"#/components/schemas/{known}"

    def convert(self, node: Any, is_map: bool = False) -> Any:
        """A copy of a schema, or of a collection of schemas, in the words of 3.0. Data is not copied."""
        if type(node) is list:
            return [self.convert(item) for item in node]
        if type(node) is not dict:
            return node
        if is_map:
            return {name: self.convert(item) for name, item in node.items()}
        new: dict[str, Any] = {}
        for key, value in node.items():
            if type(value) is dict or type(value) is list:
                if key in DATA or key.startswith("x-"):
                    new[key] = value
                else:
                    new[key] = self.convert(value, key in NAMES)
            elif key == "$ref" and type(value) is str:
                new[key] = self.ref(value)
            elif key == "discriminator" and type(value) is str:
                new[key] = {"propertyName": value}
            elif key == "x-nullable":
                new["nullable"] = value is True
            elif key == "type" and value == "file":
                new["type"], new["format"] = "string", "binary"
            elif key != "collectionFormat":
                new[key] = value
        return new
