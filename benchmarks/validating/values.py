"""Arguments made from the published input schema of a tool, in five manners.

``required``: what must be given and nothing else. ``all``: everything, plain values. ``unicode``: everything, with
characters that addresses, headers and forms must escape. ``empty``: everything that may be empty or null is. ``long``:
long strings and lists. What the schema leaves open (``{}``: it was cut) is filled from a fuller schema of the same
argument, as somebody would who read the documentation that it names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from validating.strings import matching, string

MANNERS = ("required", "all", "unicode", "empty", "long")

_TEXT = {
    "required": "text",
    "all": "Ada Lovelace",
    "unicode": "Zoë 東京 🚀 a/b?c&d=e+f%20#g;h'i\"j",
    "empty": "",
    "long": "long, " * 60,
}
_ASCII = {**_TEXT, "unicode": "a/b?c&d=e+f%20#g'h(i)", "empty": "x"}
"""For headers and cookies, which hold printable ASCII (RFC 9110, 5.5), and neither comma nor semicolon."""
_DEPTH = 5
_NAMED = re.compile(r"One of \d+ values: (.*?)(?:, …| Example: |$)")
_PATTERN = re.compile(r"Pattern: (.+?)(?: Example: .*)?$")
_FILE = {"filename", "media_type", "text", "base64"}
_LEFT_OUT = object()


class Maker:
    """Makes the values of one call. ``opened``: how many open values were filled from the fuller schemas."""

    def __init__(self, manner: str, *, changes: bool = False, known: bool = False) -> None:
        """``changes``: of a body at least one property is given, since an update must change something. ``known``:
        what need not be given and is open is left out, since no value for it is known to be right."""
        self.manner = manner
        self.known = known
        self.opened = 0
        self.changes = changes

    def arguments(self, schema: Mapping[str, Any], places: Mapping[str, str], fuller: Mapping[str, Any]) -> Any:
        """Arguments for a tool with this input schema.

        ``places`` has argument -> path, query, header, cookie or body (absent: the runtime's own), ``fuller`` argument
        -> a schema that says more.
        """
        made: dict[str, Any] = {}
        required = set(schema.get("required", ()))
        for name, one in schema.get("properties", {}).items():
            if name not in places:
                if self.manner != "required" and name in ("limit", "fields"):
                    made[name] = 5 if name == "limit" else ["id"]
                continue
            if name not in required and self.manner == "required" and not (self.changes and places[name] == "body"):
                continue
            first = self.changes and places[name] == "body"
            self.changes = self.changes and not first
            value = self.value(one, fuller.get(name), places[name], 0)
            if first and value in ({}, [], ""):
                value = Maker("all").value(one, fuller.get(name), places[name], 0)
                value = value if value != {} else {"name": "text"}  # an object of which nothing is declared
            if value is _LEFT_OUT:
                if name not in required:
                    continue
                value = "text"
            made[name] = value
        return made

    def value(self, schema: Any, fuller: Any, place: str, depth: int) -> Any:
        """A value that ``schema`` allows; ``_LEFT_OUT`` where none was found."""
        if not isinstance(schema, Mapping):
            schema = {}
        if is_open(schema) and isinstance(fuller, Mapping) and not is_open(fuller):
            self.opened += 1
            schema, fuller = fuller, None
        fuller = fuller if isinstance(fuller, Mapping) else {}
        if schema.get("type") in ("string", ["string", "null"]) and fuller.get("type") == schema["type"]:
            said = {key: fuller[key] for key in ("enum", "format", "pattern") if key in fuller and key not in schema}
            if said and not _NAMED.search(str(schema.get("description", ""))):
                self.opened += 1
                schema = {**schema, **said}
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self.chosen(schema["enum"])
        if set(schema.get("properties", ())) == _FILE:
            return {"filename": "a b.txt", "text": "Hello"} if self.manner != "all" else {
                "filename": "a.bin", "media_type": "application/octet-stream", "base64": "AAEC"}  # fmt: skip
        options = schema.get("anyOf") or schema.get("oneOf")
        if isinstance(options, list) and options:
            return self.alternative(schema, options, fuller, place, depth)
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else list(kinds or ())
        if self.manner == "empty" and "null" in kinds and place in ("body", "query"):
            return None
        kind = next((one for one in kinds if one != "null"), None)
        if kind is None:
            kind = "null" if kinds else "object" if "properties" in schema else "array" if "items" in schema else None
        named = _NAMED.search(str(schema.get("description", "")))
        if kind in ("string", None) and named:
            values = [one for one in named[1].split(", ") if one]
            return self.chosen(values) if values else "text"
        if kind == "object":
            return self.object(schema, fuller, place, depth)
        if kind == "array":
            return self.array(schema, fuller, place, depth)
        if kind in ("integer", "number"):
            return self.number(schema, kind)
        if kind == "boolean":
            return self.manner != "empty"
        if kind == "null":
            return None
        return self.text(schema, place)

    def chosen(self, values: list[Any]) -> Any:
        """One of an enum: the first, or for ``long`` and ``unicode`` the last."""
        known = [one for one in values if one not in (None, "")] or values
        if self.manner == "empty" and None in values:
            return None
        return known[-1] if self.manner in ("long", "unicode") else known[0]

    def text(self, schema: Mapping[str, Any], place: str) -> Any:
        """A string; one that can stand where it is sent."""
        text = _ASCII[self.manner] if place in ("header", "cookie") else _TEXT[self.manner]
        if place == "path":
            # Separators, and what would decode to them, are refused unless the document shows that values hold one.
            text = text.replace("/", ".").replace("%20", "%")
        if place == "path" and not text:
            text = "x"
        if place in ("header", "cookie") and self.manner == "long":
            text = "long " * 40 + "long"
        told = _PATTERN.search(str(schema.get("description", "")))
        if told and "pattern" not in schema:
            if matching(told[1], text, schema.get("minLength", 0), schema.get("maxLength", 1 << 20)) is None:
                return _LEFT_OUT  # no value fits
            schema = {**schema, "pattern": told[1]}
        made = string(schema, text)
        return made if made or place not in ("path", "header", "cookie") else "x"

    def number(self, schema: Mapping[str, Any], kind: str) -> Any:
        """A number within its bounds; for ``long`` the largest, for ``empty`` the smallest."""
        low, high = schema.get("minimum"), schema.get("maximum")
        above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
        step = schema.get("multipleOf")
        unit: Any = 1 if kind == "integer" else 0.5
        least = low if low is not None else above + unit if above is not None else None
        most = high if high is not None else below - unit if below is not None else None
        if above is not None and low is not None and above >= low:
            least = above + unit
        if below is not None and high is not None and below <= high:
            most = below - unit
        wanted: Any = {"required": 1, "all": 7, "unicode": 12, "empty": 0, "long": 2_000_000_000}[self.manner]
        if kind == "number" and self.manner == "all" and not step:
            wanted = 7.5
        if least is not None and wanted < least:
            wanted = least
        if most is not None and wanted > most:
            wanted = most
        if kind == "integer" and isinstance(wanted, float):
            wanted = int(wanted) if least is None or int(wanted) >= least else int(wanted) + 1
        if isinstance(step, (int, float)) and step > 0:
            times = int(wanted / step)
            wanted = times * step
            if least is not None and wanted < least:
                wanted = (times + 1) * step
            if isinstance(wanted, float) and not float(step).is_integer():
                wanted = round(wanted, 10)
        return wanted

    def array(self, schema: Mapping[str, Any], fuller: Mapping[str, Any], place: str, depth: int) -> Any:
        """A list of as many items as the manner wants and the schema allows."""
        count = {"required": 1, "all": 2, "unicode": 1, "empty": 0, "long": 5}[self.manner]
        if place in ("path", "header", "cookie"):
            count = max(count, 1)
        if depth >= _DEPTH or (depth and "items" not in schema and "items" not in fuller):
            count = 0  # a list that contains itself is not written out
        if _unknown(schema.get("items")) and (self.known or is_open(fuller.get("items"))):
            count = 0
        count = max(count, schema.get("minItems", 0))
        count = min(count, schema.get("maxItems", count))
        prefix = schema.get("prefixItems")
        if isinstance(prefix, list):
            return [self.value(one, None, place, depth + 1) for one in prefix]
        items, other = schema.get("items", {}), fuller.get("items")
        made = [self.value(items, other, place, depth + 1) for _ in range(count)]
        made = [one for one in made if one is not _LEFT_OUT]
        if schema.get("uniqueItems") and len(made) > 1:
            made = [one for index, one in enumerate(made) if one not in made[:index]]
            values = items.get("enum") if isinstance(items, Mapping) else None
            for index in range(len(made), count):
                spare = [one for one in values or () if one not in made]
                if spare:
                    made.append(spare[0])
                elif made and not values and isinstance(made[0], str) and not ({"format", "pattern"} & set(items)):
                    made.append(f"{made[0][:-2]}{index}")
                elif made and isinstance(made[0], int) and not isinstance(made[0], bool):
                    made.append(made[0] - index if "maximum" in items else made[0] + index)
        return made

    def object(self, schema: Mapping[str, Any], fuller: Mapping[str, Any], place: str, depth: int) -> Any:
        """An object: what it requires, and what it may have down to a few levels."""
        made: dict[str, Any] = {}
        required = list(schema.get("required", ()))
        known, more = schema.get("properties", {}), fuller.get("properties", {})
        optional = self.manner != "required" and depth < _DEPTH - 2 and self.manner != "empty"
        for name, one in known.items():
            if name in required or optional or (self.manner == "empty" and depth == 0):
                # What was cut and is told nowhere else is left out: no value for it is known to be right.
                if name not in required and _unknown(one) and (self.known or is_open(more.get(name))):
                    continue
                value = self.value(one, more.get(name), place, depth + 1)
                if value is not _LEFT_OUT or name in required:
                    made[name] = "text" if value is _LEFT_OUT else value
        for name in required:
            made.setdefault(name, self.value(more.get(name, {}), None, place, depth + 1))
        extra = schema.get("additionalProperties")
        wanted = 0 if known or self.manner in ("empty", "required") else 1
        wanted = max(wanted, schema.get("minProperties", 0) - len(made))
        if extra is not False and (isinstance(extra, Mapping) or wanted):
            for index in range(wanted):
                made[f"key{index}"] = self.value(extra if isinstance(extra, Mapping) else {}, None, place, depth + 1)
        elif place in ("path", "header", "cookie") and not made:
            made["key"] = "x"
        return made

    def alternative(
        self, schema: Mapping[str, Any], options: list[Any], fuller: Mapping[str, Any], place: str, depth: int
    ) -> Any:
        """A value of one alternative, and of no other where that can be had (``oneOf`` is published as ``anyOf``)."""
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
        more = fuller.get("anyOf") or fuller.get("oneOf") or []
        found: list[tuple[int, int, Any]] = []
        validators = [Draft202012Validator(one if isinstance(one, (Mapping, bool)) else {}) for one in options]
        whole = Draft202012Validator(schema)
        manners = [self.manner] + [one for one in ("all", "required") if one != self.manner]
        for manner in manners:
            maker = self if manner == self.manner else Maker(manner, known=self.known)
            for index, option in enumerate(options):
                other = more[index] if len(more) == len(options) else None
                if isinstance(option, Mapping) and (rest.get("properties") or rest.get("type")):
                    option = combined(rest, option)
                value = maker.value(option, other, place, depth + 1)
                if not whole.is_valid(value):
                    continue
                fits = sum(one.is_valid(value) for one in validators)
                if fits == 1:
                    return value
                found.append((fits, len(found), value))
            if place != "body" and found:
                break
        if depth >= _DEPTH - 3 and place == "body":
            # Too deep for what is optional, which may be what tells the alternatives apart.
            for option in options:
                value = Maker("all", known=self.known).value(option, None, place, 1)
                if whole.is_valid(value) and sum(one.is_valid(value) for one in validators) == 1:
                    return value
        if found:
            return min(found, key=lambda one: one[:2])[2]
        return self.value(options[0], None, place, depth + 1)


def combined(rest: Mapping[str, Any], option: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of both at once, as far as making a value needs it."""
    made: dict[str, Any] = {**rest, **option}
    made["properties"] = {**rest.get("properties", {}), **option.get("properties", {})}
    made["required"] = [*rest.get("required", ()), *option.get("required", ())]
    if not made["properties"]:
        del made["properties"]
    if not made["required"]:
        del made["required"]
    return made


def _unknown(schema: Any) -> bool:
    """Whether the schema was cut where values inside it may have to be something."""
    said = str(schema.get("description", "")) if isinstance(schema, Mapping) else ""
    return is_open(schema) and "s the API documents it" in said


def is_open(schema: Any) -> bool:
    """Whether the schema says no more than a type at most about a structured value."""
    if not isinstance(schema, Mapping):
        return True
    says = {"properties", "items", "prefixItems", "enum", "const", "anyOf", "oneOf", "additionalProperties"}
    if says & schema.keys():
        return False
    kind = schema.get("type")
    structured = kind in (None, "object", "array") or (isinstance(kind, list) and {"object", "array"} & set(kind))
    return bool(structured) and not _NAMED.search(str(schema.get("description", "")))
