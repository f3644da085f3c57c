"""Drafts of cases: one plausible question for each tool that reads, by its name and its contract.

Nothing is taken from texts of the document: questions are made of names, arguments of types. What was learned of an API
is in the plan already, so a draft asks for the fields that answers really have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from adaptgen.model.plan import Plan
from adaptgen.model.tables import Contract, Json, Tool
from adaptgen.readiness.drafting.lines import flow
from adaptgen.syntax.identifiers import is_id, singular, vocabulary, words

NAME: Final = "draft.yaml"
_MOST: Final = 200
"""Cases of one draft: more than people review."""
_HEAD: Final = """\
# Drafted by adaptgen init: one question for each tool that reads. What fails in a draft is reported as not run.
# Put in real questions and values, say what they answer, and take draft: true away. docs/evals.md has every key.
adaptgen: 1
cases:
"""
_VERBS: Final = vocabulary(
    "list get search find fetch read query retrieve lookup browse show view check describe download export run"
)
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_ .-]{0,39}")
_FORMATS: Final[Mapping[str, Json]] = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "email": "someone@example.com",
}
_EXAMPLES: Final[Mapping[str, Json]] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}


def draft_cases(planned: Plan) -> str:
    """The file; "" where no tool reads."""
    lines: list[str] = []
    drafted = 0
    for module in planned.modules:
        for tool in module.tools:
            contract = module.contracts.get(tool.name)
            if tool.effect == "read" and contract is not None and drafted < _MOST:
                drafted += 1
                lines += _case(tool, contract)
    return _HEAD + "".join(f"{line}\n" for line in lines) if lines else ""


def _case(tool: Tool, contract: Contract) -> Iterator[str]:
    properties = contract.input_schema.get("properties", {})
    arguments: dict[str, Json] = {}
    for name in contract.input_schema.get("required", ()):
        arguments[name] = _matcher(properties.get(name, {}))
    chosen = _choice(tool, properties, arguments) if tool.page is not None else None
    if chosen is not None:
        arguments[chosen[0]] = chosen[1]
    yield f"  {tool.name.replace('_', '-')}:"
    yield f"    question: {flow(_question(tool, arguments, chosen))}"
    yield f"    calls: [{flow({'tool': tool.name, 'arguments': arguments, 'more_arguments': True})}]"
    answer = _answer(tool)
    if answer:
        yield f"    answer: {flow(answer)}"
    yield "    draft: true"


def _question(tool: Tool, arguments: Mapping[str, Json], chosen: tuple[str, str] | None) -> str:
    own = words(tool.name)
    things = " ".join(own[1:] if own[0] in _VERBS and len(own) > 1 else own)
    if chosen is not None:
        return f"Which {things} have the {' '.join(words(chosen[0]))} {chosen[1]}?"
    said = [f"{' '.join(words(name))} {_example_of(matcher)}" for name, matcher in arguments.items()]
    if tool.page is not None:
        return f"Which {things} are there{f' for {said[0]}' if said else ''}?"
    if said:
        return f"What is known about the {singular(things)} with the {' and the '.join(said[:2])}?"
    return f"Show me the {things}."


def _choice(tool: Tool, properties: Mapping[str, Any], arguments: Mapping[str, Json]) -> tuple[str, str] | None:
    """The first optional argument that takes one of some words, and its first word."""
    for name, schema in properties.items():
        values = schema.get("enum") if isinstance(schema, Mapping) and name not in arguments else None
        if isinstance(values, list) and values and isinstance(values[0], str) and _PLAIN.fullmatch(values[0]):
            return name, values[0]
    return None


def _matcher(schema: Any) -> Json:
    """Any value of the type, and one to call with."""
    if not isinstance(schema, Mapping):
        return {"$any": True, "$example": "1"}
    values = schema.get("enum")
    if isinstance(values, list) and values:
        return values[0]
    kind = schema.get("type")
    kind = next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind
    word = {"array": "list"}.get(str(kind), str(kind)) if kind in _EXAMPLES else "string"
    return {"$type": word, "$example": example_of(schema)}


def example_of(schema: Any) -> Json:
    """Some value that a schema of an argument allows, as far as its type and its format say."""
    if not isinstance(schema, Mapping):
        return "1"
    values, kind = schema.get("enum"), schema.get("type")
    if isinstance(values, list) and values:
        return values[0]
    kind = next((one for one in kind if one != "null"), "string") if isinstance(kind, list) else kind
    least = schema.get("minimum")
    if kind in ("integer", "number") and isinstance(least, (int, float)):
        return least
    return _EXAMPLES[str(kind)] if kind in _EXAMPLES else _FORMATS.get(str(schema.get("format")), "1")


def _example_of(matcher: Json) -> str:
    example = matcher.get("$example") if isinstance(matcher, dict) else matcher
    return str(example) if is_id(str(example)) or _PLAIN.fullmatch(str(example)) else "…"


def _answer(tool: Tool) -> dict[str, Json]:
    """What an answer certainly has: its items, or the first field of its view."""
    if tool.page is not None:
        return {"$.items": {"$type": "list"}}
    first = next((path for path in tool.view or () if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", path)), "")
    return {f"$.{first}": {"$any": True}} if first else {}
