"""Self-contained JSON Schemas (2020-12) of a bounded size, made of the schemas of a document.

A schema that is too large is written with ever less detail (shorter descriptions, long enums as text, fewer levels)
until it fits. What is cut becomes an open value with a description: validation may get weaker, but no input is lost.
"""

from __future__ import annotations

import marshal
import math
import re
from typing import TYPE_CHECKING, Any, Literal

from adaptgen.model.tables import Json
from adaptgen.plan.document.descriptions import clean, hides, shorten
from adaptgen.plan.document.examples import parameter_example, tell_example
from adaptgen.plan.document.schemas import MISSING, Shape, identity, memory, shape
from adaptgen.plan.document.shapes import is_null, undeclared
from adaptgen.syntax.text_formats import fits

if TYPE_CHECKING:
    from adaptgen.source import Document

Direction = Literal["input", "output"]

# From fine to coarse: levels of objects, characters of a nested description, values of an enum.
DETAIL = ((8, 200, 100), (5, 120, 60), (4, 80, 40), (3, 60, 25), (2, 40, 15), (1, 40, 10), (1, 0, 5))
_NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
_COUNTS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_OF_TYPE = {
    "string": ("minLength", "maxLength", "pattern"),
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "array": ("minItems", "maxItems", "uniqueItems"),
    "object": ("minProperties", "maxProperties"),
}
# Look-around, back references, inline flags, named groups, Unicode classes: dialects differ, so no validator is asked.
# Line breaks as they are: nobody reads them.
_UNSAFE = re.compile(r"\(\?(?!:)|\\[1-9pPkAZzGQE]|\[\[:|[+*}?]\+|[+*]\)[+*{]|\[\[|&&|^/|[\t\n\r]")


_ITEMS = ("items", "prefixItems")
_FORMAT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")


_NESTED = 40
"""How deep lists and maps may nest; objects end earlier."""


_SMALL = 4000
"""Bytes of a schema that is looked up by what it says."""


class _Over(Exception):
    """The budget is spent."""


def inline(document: Document, schema: Json, *, budget: int, direction: Direction) -> tuple[Json, bool]:
    """``schema`` as JSON Schema 2020-12 without references, of at most about ``budget`` bytes as compact JSON.

    ``direction`` "input" leaves read-only properties out, "output" write-only ones. The second value is whether
    anything was cut: levels, enum values, cycles. The result is shared: do not change it.
    """
    known = memory(document)
    # Shares of a budget differ by a few bytes from tool to tool: steps of 1/8 let tools share results.
    step = max(1 << max(budget.bit_length() - 4, 0), 1)
    rest = ("inline", budget // step, step, direction)
    key = (identity(schema), *rest)
    if key not in known:
        # Generated documents write the same parameters again for every operation: by content they are read once.
        same = (content, *rest) if (content := _content(schema)) else key
        if same not in known:
            known[same] = (schema, *_inline(document, schema, budget // step * step, direction))
        # The node is kept beside the result, so that no other can take its place in memory.
        known[key] = (schema, *known[same][1:])
    _, made, anything = known[key]
    return made, anything


def _content(schema: Json) -> bytes:
    """What a small schema says; b"" for a large one, which hardly occurs twice."""
    try:
        said = marshal.dumps(schema, 2)
    except ValueError:  # it holds what no document does, or nests too deep
        return b""
    return said if len(said) <= _SMALL else b""


def _inline(document: Document, schema: Json, budget: int, direction: Direction) -> tuple[Json, bool]:
    for depth, text, values in DETAIL:
        writer = _Writer(document, direction, budget, text, values)
        try:
            return writer.write(schema, depth, ()), writer.cut
        except _Over:
            continue
    one = shape(document, schema)
    return cut(one, max(0, budget - 60), _items(document, one)), True


def _items(document: Document, one: Shape) -> str:
    """The type of the items of an array; "" where there are several or none is declared."""
    items = shape(document, one.items) if isinstance(one.items, dict) else None
    return items.type or "" if items is not None and not items.variants and not items.nullable else ""


def size(value: Json) -> int:
    """Bytes of ``value`` as compact JSON, near enough and fast."""
    # The usual types first and exactly: asking for a Mapping costs as much as all the rest.
    kind = type(value)
    if kind is dict:
        total = 2
        for key, item in value.items():
            total += len(key) + 4 + size(item)
        return total
    if kind is str:
        return len(value) + 2 if value.isascii() else len(value.encode("utf-8", "replace")) + 2
    if isinstance(value, dict):
        return 2 + sum(len(key) + 4 + size(item) for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return 2 + sum(1 + size(item) for item in value)
    return 4 if value is None or value is True else 5 if value is False else len(str(value))


def cut(one: Shape, cap: int = 120, items: str = "") -> dict[str, Json]:
    """The open value that stands for a schema that is not written out. ``items``: the type of what an array holds."""
    what = f"{one.name} as the API documents it" if one.name else "as the API documents it"
    room = min(100, cap - len(what) - 3)  # that something was cut is said in any case
    said = clean(one.description or one.title, room) if room > 0 else ""
    text = shorten(f"{said} ({what})" if said else what[0].upper() + what[1:], max(cap, 2)) if cap > 4 else ""
    result: dict[str, Json] = {}
    if one.type in ("object", "array") and not one.nullable:
        result["type"] = one.type
    elif one.type and not one.variants:
        result["type"] = [one.type, "null"] if one.nullable else one.type
    if one.type == "array" and items:
        result["items"] = {"type": items}
    if text:
        result["description"] = text
    return result


class _Writer:
    def __init__(self, document: Document, direction: Direction, budget: int, text: int, values: int) -> None:
        self.document, self.direction = document, direction
        self.left, self.text, self.values = budget, text, values
        self.cut = False

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise _Over

    def write(self, schema: Json, depth: int, above: tuple[str | int, ...], beside: Shape | None = None) -> Json:
        """``beside``: the schema that ``schema`` is an alternative of."""
        one = shape(self.document, schema)
        if schema is False:
            self.spend(8)
            return {"not": {}}
        mark: str | int = one.pointer or id(one)
        if _holds_others(one) and (mark in above or _too_deep(one, depth, len(above))):
            self.cut = True
            made = cut(one, self.text + 60 if self.text else 0, _items(self.document, one))
            self.spend(size(made))
            return made
        made = self.scalar(one)
        self.spend(size(made) + 2)
        above = (*above, mark)
        if one.type == "array" or (one.type is None and one.items is not None):
            self.array(one, made, depth, above)
        if one.properties or one.additional not in (True, False):
            self.object(one, made, depth, above, beside)
        elif one.closed and one.type == "object" and not one.variants:
            made["additionalProperties"] = False
            self.spend(30)
        if one.variants:
            self.alternatives(one, made, depth, above)
        return made

    def alternatives(self, one: Shape, made: dict[str, Json], depth: int, above: tuple[str | int, ...]) -> None:
        self.spend(12)
        made["anyOf"] = [self.variant(one, variant, depth - 1, above) for variant in one.variants]
        if one.type == "array" and not self.lists(one):
            # An array that is one of several objects cannot be; either may be meant, so each stands for itself.
            made["anyOf"].append({"type": "array"} | {key: made.pop(key) for key in _ITEMS if key in made})
            self.spend(18)
        if one.nullable and "type" not in made:
            made["anyOf"].append({"type": "null"})

    def lists(self, one: Shape, *, told: bool = False) -> bool:
        """Whether an alternative may be an array; ``told``: and says so."""
        found = (shape(self.document, variant).types for variant in one.variants)
        return any("array" in kinds or not (kinds or told) for kinds in found)

    def variant(self, one: Shape, variant: Json, depth: int, above: tuple[str | int, ...]) -> Json:
        """One alternative. With a discriminator, its property has the values that mean this one
        (OpenAPI 3.1, 4.8.25)."""
        made = self.write(variant, depth, above, one)
        self.needed(one, shape(self.document, variant), made)
        name, values = _discriminated(one, variant)
        inner = made.get("properties", {}).get(name) if values and isinstance(made, dict) else None
        if isinstance(inner, dict) and inner.get("type") == "string" and "enum" not in inner:
            made["properties"][name] = {**inner, "enum": values}
            self.spend(size(values) + 8)
        return made

    def needed(self, one: Shape, variant: Shape, made: Json) -> None:
        """What an alternative of ``one`` requires, or ``one`` requires of it, where only the other declares it."""
        if not isinstance(made, dict) or (variant.types and "object" not in variant.types):
            return
        inner: dict[str, Json] = made.get("properties", {})
        wanted = {name for name in one.required if name in inner}
        for name in variant.required - inner.keys():
            node = one.properties.get(name, MISSING)
            if node is not MISSING and not (self.direction == "input" and shape(self.document, node).read_only):
                wanted.add(name)
        missing = sorted(wanted - set(made.get("required", ())))
        if missing:
            made["properties"] = {**inner, **{name: {} for name in missing if name not in inner}}
            made["required"] = [*made.get("required", ()), *missing]
            self.spend(2 * size(missing) + 40)

    def scalar(self, one: Shape) -> dict[str, Json]:
        made: dict[str, Json] = {}
        types = self.types(one)
        if types:
            made["type"] = types[0] if len(types) == 1 else types
        elif not one.types and one.nullable and is_null(one.raw):
            made["type"] = "null"
        enum, described = self.enum(one)
        if text := self.description(one, described):
            made["description"] = text
        if enum is not None:
            made["enum"] = [*enum, None] if one.nullable else enum
            if types and not all(_fits(value, types) for value in enum):
                del made["type"]
        if one.format and _FORMAT.fullmatch(one.format) and _is_kept(one, one.format):
            made["format"] = one.format
        if one.type and enum is None:
            made.update(_constraints(one))
        if one.default is not MISSING and _is_small(one.default):
            made["default"] = one.default
        return made

    def types(self, one: Shape) -> list[str]:
        """The types that are written. Alternatives carry their own; one next to them that they contradict would refuse
        everything."""
        types = list(one.types)
        if one.variants and not (one.properties and types == ["object"] and not self.lists(one, told=True)):
            return []
        return [*types, "null"] if types and one.nullable else types

    def description(self, one: Shape, described: str) -> str:
        """The cleaned description, with what ``described`` says of the values or the pattern that is not checked."""
        if not self.text:
            return described
        text = clean(one.description or one.title, self.text)
        if not described and one.type == "string" and (pattern := _told(one.constraints.get("pattern"))):
            described = f"Pattern: {pattern}"
        return f"{text} {described}" if text and described else text or described

    def enum(self, one: Shape) -> tuple[list[Json] | None, str]:
        """The allowed values in the declared type, or, where they are too many, a text that names some of them."""
        if not one.enum:
            return None, ""
        values = list({(type(value), str(value)): value for value in (cast(v, one.type) for v in one.enum)}.values())
        if not all(_finite(value) for value in values):
            return None, ""
        if len(values) <= self.values and size(values) <= 2500:
            return values, ""
        self.cut = True
        shown = ", ".join(clean(str(value), 60) for value in values[: max(self.values // 2, 3)])
        return None, f"One of {len(values)} values: {shown}, …" if self.text else ""

    def array(self, one: Shape, made: dict[str, Json], depth: int, above: tuple[str | int, ...]) -> None:
        if one.prefix:
            made["prefixItems"] = [self.write(item, depth - 1, above) for item in one.prefix]
            self.spend(18)
        elif isinstance(one.items, dict):
            self.spend(10)
            made["items"] = self.write(one.items, depth, above)

    def with_example(self, name: str, one: Shape, made: Json) -> Json:
        """The schema of a member, with an example in its description where the document has one."""
        raw = one.raw if self.direction == "input" and self.text and isinstance(one.raw, dict) else None
        example = parameter_example(self.document, raw) if raw is not None and isinstance(made, dict) else None
        if not (more := tell_example(name, made, example) if example is not None else ""):
            return made
        self.spend(len(more) + (1 if "description" in made else 18))
        return {**made, "description": " ".join(filter(None, (made.get("description"), more)))}

    def object(
        self, one: Shape, made: dict[str, Json], depth: int, above: tuple[str | int, ...], beside: Shape | None
    ) -> None:
        properties: dict[str, Json] = {}
        for name, node in one.properties.items():
            inner = shape(self.document, node)
            if inner.read_only if self.direction == "input" else inner.write_only:
                continue
            self.spend(len(name) + 5)
            properties[name] = self.with_example(name, inner, self.write(node, depth - 1, above))
        if self.direction == "input" and not one.variants:
            for name in undeclared(one):
                if beside is not None and name in beside.properties:
                    continue
                self.spend(len(name) + 7)
                properties[name] = {}
        if properties:
            made["properties"] = properties
        required = [name for name in properties if name in one.required]
        if required:
            made["required"] = required
            self.spend(size(required) + 12)
        if one.additional not in (True, False):
            made["additionalProperties"] = self.write(one.additional, depth - 1, above)
            self.spend(25)
        elif one.closed and not one.variants:
            made["additionalProperties"] = False
            self.spend(30)


def _holds_others(one: Shape) -> bool:
    return bool(one.properties or one.variants or one.items is not None or isinstance(one.additional, dict))


def _too_deep(one: Shape, depth: int, above: int) -> bool:
    return above >= _NESTED or (depth <= 0 and bool(one.properties or one.variants))


def _is_small(default: Json) -> bool:
    """Whether a default is a value that a schema can state: a scalar that is not too long."""
    scalar = isinstance(default, (str, int, float, bool))
    return scalar and not hides(default) and size(default) <= 100 and _finite(default)


def _discriminated(one: Shape, variant: Json) -> tuple[str, list[str]]:
    """The property that discriminates the alternatives of ``one``, and its values for ``variant``."""
    said = one.raw.get("discriminator") if isinstance(one.raw, dict) else None
    ref = variant.get("$ref") if isinstance(variant, dict) else None
    name = said.get("propertyName") if isinstance(said, dict) else None
    if not isinstance(ref, str) or not isinstance(name, str):
        return "", []
    own = ref.rpartition("/")[2]
    mapping = said.get("mapping") if isinstance(said, dict) else None
    mapped = mapping if isinstance(mapping, dict) else {}
    return name, sorted(str(key) for key, target in mapped.items() if target in (ref, own)) or [own]


def _told(pattern: Json) -> str:
    """A pattern that is left to the API to check, as a word to the reader; "" for none."""
    if not isinstance(pattern, str) or len(pattern) > 120 or safe_pattern(pattern):
        return ""
    return pattern if clean(pattern, 120) == pattern else ""


def _constraints(one: Shape) -> dict[str, Json]:
    """The restrictions that fit the type, in the spelling of 2020-12; what is malformed is left out."""
    found: dict[str, Json] = {}
    given = one.constraints
    for keyword in _OF_TYPE.get(one.type or "", ()):
        if keyword not in given:
            continue
        value = given[keyword]
        if keyword in _NUMBERS:
            if isinstance(value, bool):  # OpenAPI 3.0: a flag beside `minimum`
                bound = _number(given.get("minimum" if keyword == "exclusiveMinimum" else "maximum"))
                if value and bound is not None:
                    found[keyword] = bound
                    found.pop("minimum" if keyword == "exclusiveMinimum" else "maximum", None)
                continue
            number = _number(value)
            if number is not None and (keyword != "multipleOf" or number > 0):
                found[keyword] = number
        elif keyword in _COUNTS:
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                found[keyword] = value
        elif keyword == "uniqueItems":
            if value is True:
                found[keyword] = True
        elif isinstance(value, str) and safe_pattern(value):
            found[keyword] = value
    return found


def safe_pattern(pattern: str) -> bool:
    """A regular expression that means the same to ECMA 262, Python and Rust, and cannot run away."""
    if not pattern or len(pattern) > 200 or hides(pattern) or _UNSAFE.search(pattern):
        return False
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    # Rust has no other way to write a literal brace, and large counts compile to large automata.
    return not re.search(r"\{(?!\d{1,3}(?:,\d{0,3})?\})", re.sub(r"\\.", "", pattern))


def _number(value: Json) -> float | int | None:
    if isinstance(value, str):
        try:
            value = float(value) if "." in value or "e" in value.lower() else int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # What validators and other languages cannot hold is no bound that anyone reaches.
    return value if (math.isfinite(value) if isinstance(value, float) else -(2**63) <= value < 2**64) else None


def _finite(value: Json) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _finite(item) for key, item in value.items())
    if isinstance(value, list):
        return all(map(_finite, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return -(2**63) <= value < 2**64
    return value is None or isinstance(value, (str, bool))


def cast(value: Json, kind: str | None) -> Json:
    """An enum value in the declared type where it was only spelled in another one (``yes``, ``"1"``)."""
    if kind == "string" and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if kind in ("integer", "number") and isinstance(value, str):
        number = _number(value)
        return value if number is None or (kind == "integer" and not isinstance(number, int)) else number
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


def _is_kept(one: Shape, format: str) -> bool:
    """Whether a format holds for the examples next to it."""
    raw = one.raw if isinstance(one.raw, dict) else {}
    examples = raw.get("examples")
    samples = [raw.get("example"), *(examples if isinstance(examples, list) else ())]
    return all(fits(format, sample) for sample in samples if isinstance(sample, str))


def _fits(value: Json, types: list[Any]) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    if isinstance(value, int):
        return "integer" in types or "number" in types
    if isinstance(value, float):
        return "number" in types or ("integer" in types and value.is_integer())
    if isinstance(value, str):
        return "string" in types
    return ("array" if isinstance(value, list) else "object" if isinstance(value, dict) else "null") in types
