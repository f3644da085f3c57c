"""Which fields an expression of an API's own query language names: OData, RSQL, Lucene, JSON filters, sort orders.

There are many languages and one question: does it refer only to fields that anyone may search? Anything that
cannot be read counts as no.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from adaptgen.model.frozen import lazy
from adaptgen.syntax.identifiers import vocabulary

Known = Callable[[str], bool]

_QUOTED = lazy(r"'(?:[^'\\]|''|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
_VALUE: Final = "\x00"
_NAME: Final = r"[$@]?[A-Za-z_][\w$]*(?:(?:\.|/|->>?|__)[A-Za-z_][\w$]*)*"
_VALUES = r"(?:\x00|[^\s()<>=!:~\x00,;&|\[\]{}]+(?::\d\d(?::[\d.]+)?(?:Z|[+-]\d\d:\d\d)?)?)"
_LIST = lazy(
    rf"(?i)(\bnot\s+in|\bin|=in=|=out=|=any=|:|=)\s*\(\s*{_VALUES}(?:\s*(?:,|;|\bor\b|\band\b|\s)\s*{_VALUES})*\s*\)"
)
_RANGE = lazy(rf"(?i)(:|=)\s*[\[{{]\s*{_VALUES}\s+to\s+{_VALUES}\s*[\]}}]")
_FUNCTION = lazy(
    rf"(?i)\b(?:contains|startswith|endswith|substringof|indexof|matchespattern|like|eq|ne|gt|ge|lt|le)\s*\(\s*({_NAME})"
    rf"\s*,\s*{_VALUES}\s*\)(?:\s*(?:eq|==|=)\s*(?:true|false|-?\d+))?"
)
_INNER = lazy(
    rf"(?i)\b(?:tolower|toupper|trim|length|year|month|day|hour|minute|date|lower|upper|round|floor|ceiling)"
    rf"\s*\(\s*({_NAME})\s*\)"
)
_BETWEEN = lazy(rf"(?i)({_NAME})\s+between\s+{_VALUES}\s+and\s+{_VALUES}")
_CONNECTORS = lazy(r"(?i)\b(?:and|or|not)\b|&&|\|\||[;,&|()]|(?<![=<>~])!(?!=|~)")
_CLAUSE = lazy(
    rf"(?i)({_NAME})\s*(?:"
    rf"(?:=[a-z]+=|[=!<>~]=?|==|<>|!~|:[<>]?=?|=~|\b(?:eq|ne|gt|ge|lt|le|like|ilike|in|has|is|contains|is\s+not)\b)"
    rf"\s*([<>]=?)?\s*(-?{_VALUES})"
    rf"|\s(?:pr|exists|is\s+(?:not\s+)?null|is\s+(?:not\s+)?empty))"
)
_STRUCTURE = vocabulary(
    "field fieldname field_name property propertyname attribute attributename column columnname key member path on "
    "selector target left dimension id"
)
_OPERATION = vocabulary(
    "op operator operation comparator comparison condition conjunction combinator logic type function fn value values "
    "val operand right text from to min max gt gte lt lte eq ne neq in nin and or not all any none filters filter "
    "conditions rules clauses children groups criteria query must must_not should term terms match range bool where "
    "case_sensitive casesensitive mode negate order direction sort exists between like contains starts ends regex "
    "startswith endswith equals isnull elemmatch options size"
)
_LITERALS = vocabulary("true false null none asc desc ascending descending nulls first last now today")


def asks_only(expression: Any, is_public: Known, hides: Known) -> bool:
    """Whether an expression (text, or JSON) refers only to fields for which ``is_public`` holds. ``hides``:
    whether a word in place of a value names a hidden field."""
    if isinstance(expression, str):
        text = expression.strip()
        if text[:1] in "{[" and text[:1]:
            try:
                return asks_only(json.loads(text), is_public, hides)
            except ValueError:
                return False
        return _reads(text, is_public, hides)
    if isinstance(expression, (dict, list, tuple)):
        names = list(_names(expression, field=""))
        return bool(names) and all(name is not None and is_public(name) and not hides(name) for name in names)
    return True


def _reads(text: str, is_public: Known, hides: Known) -> bool:
    """Every clause compares a public field with a value that is not itself the name of a hidden field."""
    if not text:
        return True
    if _VALUE in text:
        return False
    plain = _QUOTED.sub(_VALUE, text)
    names: list[str] = []

    def clause(match: re.Match[str]) -> str:
        names.append(match[1])
        return " and "

    for _ in range(4):
        plain = _INNER.sub(r"\1", plain)
    plain = _LIST.sub(lambda match: f"{match[1]} {_VALUE}", plain)
    plain = _RANGE.sub(lambda match: f"{match[1]}{_VALUE}", plain)
    plain = _BETWEEN.sub(clause, _FUNCTION.sub(clause, plain))
    for part in _CONNECTORS.split(plain):
        rest = part.strip()
        while rest:  # `status:open priority:high` is two clauses
            found = _CLAUSE.match(rest)
            if found is None or (found.end() < len(rest) and not rest[found.end()].isspace()):
                return False
            names.append(found[1])
            value = (found[3] or "").lstrip("-")
            # `last_name eq first_name` compares two fields.
            if re.fullmatch(_NAME, value) and value.lower() not in _LITERALS and hides(value):
                return False
            rest = rest[found.end() :].strip()
    return all(is_public(name) and not hides(name) for name in names)


def _names(value: Any, *, field: str, depth: int = 0) -> Iterator[str | None]:
    """The fields that a JSON filter names; None for what cannot be read."""
    if depth > 12:
        yield None
    elif isinstance(value, (list, tuple)):
        for element in value:
            if isinstance(element, str) and not field:
                yield None  # a text of its own may be an expression
            else:
                yield from _names(element, field=field, depth=depth + 1)
    elif isinstance(value, dict):
        lowered = {str(key).lower().lstrip("$@"): key for key in value}
        structured = [key for low, key in lowered.items() if low in _STRUCTURE]
        if structured and lowered.keys() & _OPERATION:
            yield from _names_of_condition(value, structured, depth)
            return
        for key, inner in value.items():
            if _is_operation(key):
                yield from _names_of_operand(inner, field, depth)
            else:
                yield from _names_of_member(str(key), inner, field, depth)


def _names_of_condition(value: dict[str, Any], structured: list[str], depth: int) -> Iterator[str | None]:
    """``{"field": "status", "op": "eq", "value": …}``: the keys ``structured`` hold names."""
    for key in structured:
        yield value[key] if isinstance(value[key], str) else None
    for key in value.keys() - set(structured):
        if isinstance(value[key], (dict, list)):
            yield from _names(value[key], field="value", depth=depth + 1)


def _names_of_operand(operand: Any, field: str, depth: int) -> Iterator[str | None]:
    """``{"$gt": 5}``, ``{"$eq": "$other"}``, ``{"$and": […]}``."""
    if isinstance(operand, str) and operand.startswith("$"):
        yield operand[1:]
    elif isinstance(operand, (dict, list)):
        yield from _names(operand, field=field, depth=depth + 1)
    elif isinstance(operand, str) and not field:
        yield None  # {"$text": "ada"}: it searches whatever there is


def _names_of_member(key: str, inner: Any, field: str, depth: int) -> Iterator[str | None]:
    """``{"status": "open"}``, ``{"address": {"city": "Ulm"}}``."""
    named = f"{field}.{key}" if field and field != "value" else key
    if not isinstance(inner, dict) or not inner or any(map(_is_operation, inner)):
        yield named
    if isinstance(inner, (dict, list)):
        yield from _names(inner, field=named, depth=depth + 1)
    elif isinstance(inner, str) and inner.startswith("$"):
        yield inner[1:]  # a reference to another field


def _is_operation(key: Any) -> bool:
    return str(key).startswith(("$", "@")) or str(key).lower() in _OPERATION


def order_fields(value: Any) -> Iterator[str]:
    """What a sort argument names: ``-field``, ``field:desc``, ``field desc``, ``+a,-b``, lists, objects."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] in "{[" and text[:1]:
            try:
                yield from order_fields(json.loads(text))
                return
            except ValueError:
                pass
        for part in re.split(r"[\s,;|:()\[\]{}\"'=+]+|(?<!\w)-|-(?=(?:asc|desc)\b)", text):
            name = part.strip("-+.!~^<>")
            for suffix in (".asc", ".desc", "_asc", "_desc", "-asc", "-desc", "/asc", "/desc"):
                if name.lower().endswith(suffix):
                    name = name[: -len(suffix)]
            if name:
                yield name
    elif isinstance(value, (list, tuple)):
        for element in value:
            yield from order_fields(element)
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from order_fields(str(key))
            yield from order_fields(inner)
