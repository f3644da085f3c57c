"""Examples of a document (OpenAPI 3.1, 4.8.14: ``example`` and ``examples``): the shape of a body that only they show,
and those of arguments that a model reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Json
from adaptgen.pii.detectors import FOUND, find
from adaptgen.pii.field_kinds import kind_of, looks_like_name
from adaptgen.pii.secret_formats import find_random, find_secrets
from adaptgen.plan.document.descriptions import clean

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import RequestBody, Response
    from adaptgen.source import Document

_DEEP = 4
_LONG = 60
"""Characters of an example that a model reads."""
# A member of an object as people write it down, with or without the quotes and commas of JSON.
_MEMBER = re.compile(r"^\s*[\"']?([A-Za-z_][\w-]*)[\"']?\s*:\s*(?:[\"']|[\w{\[])", re.MULTILINE)


def example_schema(document: Document, body: Response | RequestBody) -> Json | None:
    """A schema (types and names only) of the first example of ``body`` that is an object; None without one."""
    for example in _examples(document, body):
        value = _read(example)
        if isinstance(value, dict) and value:
            return _schema(value, _DEEP)
    return None


def body_example(document: Document, body: RequestBody) -> Mapping[str, Json]:
    """The first example of ``body`` that is an object; empty without one."""
    return next((one for one in map(_read, _examples(document, body)) if isinstance(one, dict) and one), {})


def parameter_example(document: Document, raw: Mapping[str, Any] | None) -> Json:
    """The first example of a parameter or schema (``examples`` of a schema are a list); None without one."""
    raw = raw or {}
    examples = raw.get("examples")
    several = examples if isinstance(examples, list) else list(examples.values()) if isinstance(examples, dict) else []
    if isinstance(examples, dict):
        several = [one.get("value") for one in map(document.deref, several) if isinstance(one, Mapping)]
    return next((one for one in (raw.get("example"), *several, raw.get("x-example")) if one is not None), None)


def tell_example(name: str, schema: Mapping[str, Json], example: Json) -> str:
    """What the description of the argument ``name`` says as an example; "" where ``schema``, as it is written for the
    model, says as much, and for what is long, a secret or may be somebody's."""
    said = schema.get("description", "")
    if not isinstance(example, str) or {"enum", "default"} & schema.keys():
        return ""
    text = example.strip()
    if not text.isprintable() or not 0 < len(text) <= _LONG or text in (name, "string"):
        return ""
    if clean(text) != text:  # markup, or a character that hides something
        return ""
    if text in str(said) or kind_of(name, type="string") is not None or looks_like_name(text):
        return ""
    hidden = find(text, FOUND) or find_secrets(text) or any(find_random(text))
    return "" if hidden else f"Example: {text}"


def prose_schema(*texts: str) -> Json | None:
    """A schema of the first JSON object that is written down in ``texts`` and holds no password; None without one."""
    for text in texts:
        for found in list(re.finditer(r"\{", text[:20_000]))[:8]:
            try:
                value, _ = json.JSONDecoder().raw_decode(text[:20_000], found.start())
            except (ValueError, RecursionError):
                continue
            if isinstance(value, dict) and value and not any("pass" in str(key).lower() for key in value):
                return _schema(value, _DEEP)
    return None


def _examples(document: Document, body: Response | RequestBody) -> Iterator[Any]:
    try:
        raw = document.get(body.pointer)
        schema = document.deref(body.schema)
    except (LookupError, ValueError):
        return
    content = raw.get("content") if isinstance(raw, Mapping) else None
    for node in content.values() if isinstance(content, Mapping) else (raw,):
        if not isinstance(node, Mapping):
            continue
        yield node.get("example")
        examples = node.get("examples")
        for one in examples.values() if isinstance(examples, Mapping) else ():
            yield one.get("value") if isinstance(one, Mapping) else None
    if isinstance(schema, Mapping):
        yield schema.get("example")


def _read(example: Any) -> Any:
    if not isinstance(example, str):
        return example
    text = example.strip()[:20_000]
    try:
        return json.loads(text)
    except ValueError:
        return dict.fromkeys(_MEMBER.findall(text), "") if text.startswith("{") and text.count("{") == 1 else None


def _schema(value: Any, depth: int) -> dict[str, Any]:
    if isinstance(value, dict):
        inner = {str(key): _schema(one, depth - 1) for key, one in value.items()} if depth else {}
        return {"type": "object", "properties": inner}
    if isinstance(value, list):
        return {"type": "array", "items": _schema(value[0], depth - 1) if value and depth else {}}
    kinds = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"))
    return next(({"type": name} for kind, name in kinds if isinstance(value, kind)), {})
