"""L0: what is wrong with the tools as they are written, before anything is asked.

Providers that refuse a tool, descriptions that leave a reader without what it needs (a table of rows), and pairs of
tools that a reader confuses. It judges every tool of the server, not only those that one caller sees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, Final

from adaptgen.evals.model import Check
from adaptgen.evals.surface import Surface
from adaptgen.mcp.advertised_schema import advertised_tool
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.mcp.provider_rules import check_tool
from adaptgen.model.frozen import value
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.tool_search.english import PLAIN, STOP

_PROVIDERS: Final = ("anthropic", "openai", "gemini")
_FIELDS: Final = re.compile(r" ?(?:Each item has|Returns) [^`]{0,2000}; `fields` returns others instead.*", re.DOTALL)
"""What the build adds to a description (``plan.document.descriptions``): the fields of an answer."""
_ALIKE: Final = 0.9
"""From which likeness of description and arguments on two tools are confused."""
_RUNTIME: Final = vocabulary("cursor limit fields where sort count distinct dry_run sum avg min max group_by result")
"""Arguments that the runtime adds to every such tool: no tool differs by them."""

_READS: Final = PLAIN | vocabulary(
    "search find fetch read query retrieve lookup browse load return returns display describe obtain count "
    "all detail info information by new old v1 v2 v3"
)
"""Words of names of tools that read which leave it open which of two is meant."""


@value()
class Finding:
    """What is wrong with one tool. ``argument``: of which argument, "" of the tool."""

    message: str
    help: str
    argument: str = ""


@value()
class Smell:
    """One row. ``name``: of the check; ``about``: what it looks for; ``find(tool, tools)``: where it is found."""

    name: str
    about: str
    find: Callable[[ToolInfo, Mapping[str, ToolInfo]], Iterator[Finding]]


def check(surface: Surface) -> Iterator[Check]:
    """A check of each row for each tool, and of each tool among the others."""
    tools = surface.tools
    for tool in tools.values():
        for smell in SMELLS:
            found = next(smell.find(tool, tools), None)
            yield _check(smell.name, tool, found)
    confused = dict(_confused(tools))
    for tool in tools.values():
        yield _check("static.confusable", tool, confused.get(tool.name))


def _check(name: str, tool: ToolInfo, found: Finding | None) -> Check:
    if found is None:
        return Check("L0", tool.name, name, "passed")
    message = f"{found.argument}: {found.message}" if found.argument else found.message
    return Check("L0", tool.name, name, "failed", message, help=found.help)


# ---------------------------------------------------------------------------------------------------------- the smells


def _refused_by_providers(tool: ToolInfo, tools: Mapping[str, ToolInfo]) -> Iterator[Finding]:
    listed = advertised_tool(tool.wire)
    for provider in _PROVIDERS:
        for violation in check_tool(listed, provider):
            help = f"rule {violation.rule}: rename or retype it in the hints"
            yield Finding(f"{provider} refuses it: {violation.detail}", help, violation.path.lstrip("."))


def _without_purpose(tool: ToolInfo, tools: Mapping[str, ToolInfo]) -> Iterator[Finding]:
    text = _purpose(tool)
    help = f'say what it is for, under tools: {{{tool.name}: {{description: "…"}}}} in the hints'
    if not text:
        yield Finding("it has no description", help)
        return
    telling = _all_words(text) - STOP - _READS - _PLACEHOLDERS
    own = _words_of(tool)
    beginnings = {word[:_BEGIN] for word in own if len(word) >= _BEGIN}
    if not telling:
        yield Finding("its description says nothing", help)
    elif not telling & own and not any(len(word) >= _BEGIN and word[:_BEGIN] in beginnings for word in telling):
        yield Finding("its description has no word of its name, its arguments or its answers", help)


def _words_of(tool: ToolInfo) -> set[str]:
    """The words of everything that a tool is about, but for its description."""
    names = (tool.own, tool.resource, *tool.properties, *tool.fields, *tool.tags, *tool.calls, *tool.also)
    return {singular(word) for name in names for word in words(name)}


_PLACEHOLDERS: Final = vocabulary(
    "todo tbd fixme description summary operation api endpoint tool call none n na data record entity object item list "
    "result value response request thing stuff resource element content"
)
_BEGIN: Final = 4
"""Letters by which pay and payment are the same word."""


_BOUNDS: Final = vocabulary("max min maximum minimum limit value total avg average")
_UNITS: Final[Mapping[frozenset[str], frozenset[str]]] = {
    vocabulary("duration timeout interval delay ttl latency uptime elapsed wait period"): vocabulary(
        "ms millisecond milli second sec s minute min hour hr h day week month year iso iso8601 cron unit percent"
    ),
    vocabulary("weight mass"): vocabulary("kg kilogram gram g mg lb pound ounce oz ton tonne unit percent factor"),
    vocabulary("distance radius altitude elevation"): vocabulary(
        "m meter metre km kilometer kilometre mile mi foot feet ft cm mm unit degree px pixel"
    ),
    vocabulary("temperature"): vocabulary("celsius fahrenheit kelvin c f k degree unit sampling randomness"),
    vocabulary("speed velocity"): vocabulary("kmh mph ms knot second hour unit factor"),
    vocabulary("bandwidth throughput bitrate"): vocabulary("bit byte kbps mbps gbps kb mb gb second unit"),
}
"""Words of a quantity -> the words that say in which unit it is. A size may be a count, and an amount of money has its
currency elsewhere: neither is judged."""


def _without_unit(tool: ToolInfo, tools: Mapping[str, ToolInfo]) -> Iterator[Finding]:
    for name, schema in tool.properties.items():
        if not isinstance(schema, Mapping) or schema.get("type") not in ("number", "integer") or "enum" in schema:
            continue
        own = [singular(word) for word in words(name)]
        said = _all_words(f"{schema.get('description', '')} {schema.get('title', '')}") | set(own)
        for quantities, units in _UNITS.items():
            # The quantity is the head of the name: max_weight and weight_max have it, weight_class does not.
            head = own[-2] if len(own) > 1 and own[-1] in _BOUNDS else own[-1] if own else ""
            if head in quantities and not units & said:
                yield Finding("it is a quantity, and nothing says in which unit",
                              f"say the unit in the description of {name}, in the hints", name)  # fmt: skip


def _id_without_origin(tool: ToolInfo, tools: Mapping[str, ToolInfo]) -> Iterator[Finding]:
    schema: Any = tool.wire.get("inputSchema") or {}
    for name in schema.get("required", ()):
        noun = _noun_of_id(name, tool)
        if noun is None or name in tool.lookups:
            continue
        about = f"{_description(tool)} {_argument_description(tool, name)}"
        if any(other in about for other in tools if other != tool.name):
            continue
        if not any(_gives(other, name, noun) for other in tools.values() if other.name != tool.name):
            what = f"of {noun}" if noun else "of its record"
            help = f"name the tool that returns it in the description of {name}, in the hints"
            yield Finding(f"no tool returns the id {what}, and no description says where it comes from", help, name)


def _noun_of_id(name: str, tool: ToolInfo) -> str | None:
    """What an argument identifies: ``customer`` of ``customerId``, "" where it is only an id; None for no id."""
    own = [singular(word) for word in words(name)]
    if not own or own[-1] not in ("id", "uuid", "guid", "pk"):
        return None
    return own[-2] if len(own) > 1 else singular(tool.resource.lower())


def _gives(tool: ToolInfo, argument: str, noun: str) -> bool:
    """Whether answers of a tool have the id: as a field of that name, or as the id of their own records."""
    if tool.effect != "read":
        return False
    own = singular(tool.resource.lower())
    nouns = [own, *(singular(word) for word in words(tool.own))]
    same = any(word == noun or (len(noun) > 2 and word.startswith(noun)) for word in nouns)
    if not tool.fields:
        return same and argument not in tool.properties
    wanted = "".join(words(argument))
    for path in tool.fields:
        parts = ["".join(words(part)) for part in path.replace("[*]", "").split(".")]
        if parts[-1] == wanted or "".join(parts[-2:]) == wanted or path == "*":
            return True
        if same and len(parts) == 1 and parts[0] in ("id", "uuid", "guid", "pk", "key", "name", "code"):
            return True
    return False


SMELLS: Final = (
    Smell("static.provider", "a provider of models refuses the list because of the tool", _refused_by_providers),
    Smell("static.purpose", "there is no description, or it says no more than the name", _without_purpose),
    Smell("static.units", "an argument is a quantity without its unit", _without_unit),
    Smell("static.ids", "a required id that no tool returns and no description explains", _id_without_origin),
)
"""What each tool is looked at for."""


# --------------------------------------------------------------------------------------------------------- confusable


def _confused(tools: Mapping[str, ToolInfo]) -> Iterator[tuple[str, Finding]]:
    """Each tool that reads nearly like another one, once."""
    seen = {name: (_said(_purpose(tool)), _own_arguments(tool)) for name, tool in tools.items()}
    telling = {name: _telling(tools[name], text) for name, (text, _) in seen.items()}
    for one, other in _candidates(tools, telling, {name: arguments for name, (_, arguments) in seen.items()}):
        (text, arguments), (text2, arguments2) = seen[one.name], seen[other.name]
        alike = min(_share(telling[one.name], telling[other.name]), _share(arguments, arguments2))
        if alike >= _ALIKE and _names_are_close(one, other, text | text2) and not _text_tells(one, other, text, text2):
            differs = _difference(one, other, text, text2, arguments, arguments2)
            yield (
                other.name,
                Finding(
                    f"it reads like {one.name}: {differs}",
                    f"say in the description of each when to use the other: {one.name}, {other.name}",
                ),
            )


def _candidates(
    tools: Mapping[str, ToolInfo], words: Mapping[str, set[str]], arguments: Mapping[str, set[str]]
) -> Iterator[tuple[ToolInfo, ToolInfo]]:
    """Pairs that can be alike: of a thousand tools few. Of sets with less than nine elements only equal ones are."""
    groups: dict[tuple[object, ...], list[ToolInfo]] = {}
    for name, tool in tools.items():
        key = (tool.effect, *(frozenset(one) if len(one) < 9 else None for one in (words[name], arguments[name])))
        groups.setdefault(key, []).append(tool)
    for group in groups.values():
        yield from combinations(group, 2)


def _names_are_close(one: ToolInfo, other: ToolInfo, text: set[str]) -> bool:
    """Whether the names are of the same things, or the descriptions mention those of one of the two alone: with
    nouns of their own two tools are not confused."""
    left, right = _telling(one, _name_words(one)), _telling(other, _name_words(other))
    return left <= right or right <= left or bool((left ^ right) & text)


def _telling(tool: ToolInfo, said: set[str]) -> set[str]:
    """Words by which a tool differs from others: create and update are different, list and search are not."""
    return said - _READS if tool.effect == "read" else said


def _text_tells(one: ToolInfo, other: ToolInfo, text: set[str], text2: set[str]) -> bool:
    """Whether a description has words that only its own name has, and the other description has not."""
    left, right = _telling(one, _name_words(one)), _telling(other, _name_words(other))
    if left == right:
        return False
    return bool((left - right) & (text - text2) or (right - left) & (text2 - text))


def _difference(
    one: ToolInfo, other: ToolInfo, text: set[str], text2: set[str], arguments: set[str], arguments2: set[str]
) -> str:
    parts = []
    for label, left, right in (("words", text, text2), ("arguments", arguments, arguments2)):
        only = [f"only {tool.name} has {', '.join(sorted(rest)[:4])}"
                for tool, rest in ((one, left - right), (other, right - left)) if rest]  # fmt: skip
        parts.append(f"{label}: {'; '.join(only)}" if only else f"the same {label}")
    return ", ".join(parts)


def _share(left: set[str], right: set[str]) -> float:
    return len(left & right) / len(left | right) if left | right else 1.0


def _own_arguments(tool: ToolInfo) -> set[str]:
    return {name for name in tool.properties if name not in _RUNTIME}


def _description(tool: ToolInfo) -> str:
    return str(tool.wire.get("description") or "").strip()


def _purpose(tool: ToolInfo) -> str:
    """The description without what the build adds."""
    return _FIELDS.sub("", _description(tool)).strip()


def _argument_description(tool: ToolInfo, name: str) -> str:
    schema = tool.properties.get(name)
    return str(schema.get("description", "")) if isinstance(schema, Mapping) else ""


def _name_words(tool: ToolInfo) -> set[str]:
    return {singular(word) for word in words(tool.own)}


def _all_words(text: str) -> set[str]:
    return {singular(word) for part in text.split() for word in words(part)}


def _said(text: str) -> set[str]:
    """The words of a text that say something."""
    return {word for word in _all_words(text) if word not in STOP}
