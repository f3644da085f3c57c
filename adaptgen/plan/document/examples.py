"""The shape of an answer that is shown by an example only (OpenAPI 3.1, 4.8.14: ``example`` and ``examples``)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Response
    from adaptgen.source import Document

_DEEP = 4
# A member of an object as people write it down, with or without the quotes and commas of JSON.
_MEMBER = re.compile(r"^\s*[\"']?([A-Za-z_][\w-]*)[\"']?\s*:\s*(?:[\"']|[\w{\[])", re.MULTILINE)


def example_schema(document: Document, answer: Response) -> Json | None:
    """A schema (types and names only) of the first example of ``answer`` that is an object; None without one."""
    for example in _examples(document, answer):
        value = _read(example)
        if isinstance(value, dict) and value:
            return _schema(value, _DEEP)
    return None


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


def _examples(document: Document, answer: Response) -> Iterator[Any]:
    try:
        raw = document.get(answer.pointer)
    except (LookupError, ValueError):
        return
    content = raw.get("content") if isinstance(raw, Mapping) else None
    for node in content.values() if isinstance(content, Mapping) else ():
        if not isinstance(node, Mapping):
            continue
        yield node.get("example")
        examples = node.get("examples")
        for one in examples.values() if isinstance(examples, Mapping) else ():
            yield one.get("value") if isinstance(one, Mapping) else None


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
