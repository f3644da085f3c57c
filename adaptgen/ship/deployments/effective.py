"""What a template means with its parameters: the properties that each resource really has, as far as they are known
before AWS makes it. Secrets are in it as digests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from adaptgen.ship.stack.cloudformation import Json

_SECRET = re.compile("\x00([^\x00]*)\x00")
_GONE: Final = object()
_VARIABLE = re.compile(r"\$\{([^!${}][^${}]*)\}")


def secret_mark(digest: str) -> str:
    """What stands for a secret in resolved properties."""
    return f"\x00{digest}\x00"


def holds_secret(text: str) -> bool:
    """Whether resolved text has a secret in it."""
    return bool(_SECRET.search(text))


def resolve_resources(template: Mapping[str, Any], values: Mapping[str, str]) -> dict[str, dict[str, Json]]:
    """The resources that are made, by name, with parameters and conditions applied. ``values``: parameter -> value;
    for a secret a :func:`secret_mark`. What only AWS knows stays as it is written."""
    known = _Resolver(template, values)
    return {
        name: {key: known.resolve(one) for key, one in resource.items()}
        for name, resource in template.get("Resources", {}).items()
        if known.condition(resource.get("Condition", "")) is not False
    }


class _Resolver:
    def __init__(self, template: Mapping[str, Any], values: Mapping[str, str]) -> None:
        self._parameters = template.get("Parameters", {})
        self._written = template.get("Conditions", {})
        self._values = values
        self._known: dict[str, bool | None] = {}

    def condition(self, name: str) -> bool | None:
        """Whether it holds; None where only AWS knows. None at all holds."""
        if not name:
            return True
        if name not in self._known:
            self._known[name] = None  # one that leads to itself is not known
            self._known[name] = self._holds(self._written.get(name))
        return self._known[name]

    def _holds(self, node: Json) -> bool | None:
        match node:
            case {"Condition": str(name)}:
                return self.condition(name)
            case {"Fn::Not": [one]}:
                held = self._holds(one)
                return None if held is None else not held
            case {"Fn::And": list(several)}:
                found = [self._holds(one) for one in several]
                return False if False in found else None if None in found else True
            case {"Fn::Or": list(several)}:
                found = [self._holds(one) for one in several]
                return True if True in found else None if None in found else False
            case {"Fn::Equals": [left, right]}:
                first, second = self.resolve(left), self.resolve(right)
                if isinstance(first, (str, int, float)) and isinstance(second, (str, int, float)):
                    return str(first) == str(second)
                return True if first == second else None
        return None

    def resolve(self, node: Json) -> Json:
        """``node`` with everything that is known in its place."""
        found = self._resolve(node)
        return None if found is _GONE else found

    def _resolve(self, node: Json) -> Json:
        match node:
            case {"Ref": "AWS::NoValue"}:
                return _GONE
            case {"Ref": str(name)} if name in self._values:
                return self._value(name)
            case {"Fn::If": [str(name), one, other]}:
                held = self.condition(name)
                if held is None:
                    return {"Fn::If": [name, self.resolve(one), self.resolve(other)]}
                return self._resolve(one if held else other)
            case {"Fn::Join": [str(by), several]}:
                items = self._resolve(several)
                if isinstance(items, list) and all(isinstance(one, str) for one in items):
                    return by.join(items)
                return {"Fn::Join": [by, items]}
            case {"Fn::Sub": str(text)}:
                return self._substitute(text, {})
            case {"Fn::Sub": [str(text), dict(own)]}:
                return self._substitute(text, own)
            case dict():
                pairs = ((key, self._resolve(one)) for key, one in node.items())
                return {key: one for key, one in pairs if one is not _GONE}
            case list():
                return [one for one in map(self._resolve, node) if one is not _GONE]
        return node

    def _value(self, name: str) -> Json:
        text = self._values[name]
        if "List" in str(self._parameters.get(name, {}).get("Type", "")):
            return text.split(",") if text else []
        return text

    def _substitute(self, text: str, own: Mapping[str, Json]) -> Json:
        left: dict[str, Json] = {}

        def put(match: re.Match[str]) -> str:
            name = match[1]
            found = self._resolve(own[name]) if name in own else self._values.get(name)
            if isinstance(found, (str, int, float)):
                return str(found)
            if name in own:
                left[name] = found
            return match[0]

        whole = _VARIABLE.sub(put, text)
        if not left and not _VARIABLE.search(whole):
            return whole.replace("${!", "${")
        return {"Fn::Sub": [whole, left] if left else whole}
