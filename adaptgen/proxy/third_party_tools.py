"""What governance knows of a tool of another server: by that server's own word where it is ours, else by names.

A third party is not believed: neither its annotations nor keys of ours in its ``_meta`` count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, get_args

from adaptgen.govern.settings.model import ToolRule
from adaptgen.govern.tokenization.classification import NOT_PERSONAL, Node, positions
from adaptgen.govern.tokenization.tool_plans import pointer_of
from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import (
    META_ARGUMENTS,
    META_EFFECT,
    META_LOOKUPS,
    META_MENU,
    META_SEARCHES,
    META_SENSITIVE,
    ToolInfo,
    without_own_meta,
)
from adaptgen.mcp.provider_rules import short_name
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Effect, Json
from adaptgen.pii.field_kinds import kind_of
from adaptgen.pii.search_arguments import Role, SearchArgument, find_search_arguments
from adaptgen.syntax.json_pointer import local, pattern_of

_EFFECTS: dict[str, Effect] = {"read": "read", "write": "write", "delete": "delete"}
_HEADER = lazy(r"(?i)x-(?:[a-z0-9]+-)*header(?:-name)?")
"""Annotations that put an argument into a header."""
_DEPTH = 8
_MOST = 2000
"""Depth and number of the properties that are looked at."""
_TAGS, _ALSO, _FIELDS = 32, 64, 200
"""Tags, other words and fields of a tool that search knows."""


def rule_for(rules: Mapping[str, ToolRule], server: str, names: Iterable[str]) -> ToolRule:
    """All rules that fit a tool as one; of two that say something about the same, the later counts. ``names``: its name
    and the earlier ones."""
    paths = [f"{server}/{name}" for name in names]
    fitting = [rule for glob, rule in rules.items() if any(fnmatchcase(path, glob) for path in paths)]
    if len(fitting) == 1:
        return fitting[0]
    effects = [rule.effect for rule in fitting if rule.effect is not None]
    return ToolRule(
        effect=effects[-1] if effects else None,
        arguments={name: kind for rule in fitting for name, kind in rule.arguments.items()},
        sensitive={path: kind for rule in fitting for path, kind in rule.sensitive.items()},
        release=tuple(dict.fromkeys(kind for rule in fitting for kind in rule.release)),
        hide=any(rule.hide for rule in fitting),
    )


def names_before(tool: Mapping[str, Json], ours: bool) -> tuple[str, ...]:
    """The names that a tool had on its server. What a third party says of them does not count: policies hold for a
    tool by its earlier names too."""
    return _texts(as_object(as_object(tool.get("_meta")).get(META_MENU)).get("was")) if ours else ()


def facts(tool: Mapping[str, Json], server: str, prefix: str, *, ours: bool, rule: ToolRule) -> ToolInfo:
    own = str(tool["name"])
    # The same in every process, and the whole name is served on.
    name = short_name(prefix + own)
    wire = {**without_own_meta(tool), "name": name}
    said = as_object(tool.get("_meta")) if ours else {}
    effect, is_open = _effect(said.get(META_EFFECT))
    if rule.effect is not None:
        effect, is_open = rule.effect, rule.effect == "read"
    about, earlier = as_object(said.get(META_MENU)), names_before(tool, ours)
    # What a third party's arguments are called is its choice: it would choose what it gets in clear.
    arguments = _kinds(said.get(META_ARGUMENTS))
    return ToolInfo(
        name=name,
        server=server,
        own=own,
        effect=effect,
        open=is_open,
        wire=wire,
        arguments={name: kind for name, kind in {**arguments, **rule.arguments}.items() if kind},
        sensitive={**_kinds(said.get(META_SENSITIVE)), **rule.sensitive},
        trusted=ours,
        was=(*(() if name == prefix + own else (prefix + own,)), *(prefix + one for one in earlier)),
        own_was=earlier,
        tags=_texts(about.get("tags"))[:_TAGS],
        calls=_texts(about.get("calls")),
        also=_texts(about.get("also"))[:_ALSO],
        fields=_texts(about.get("fields"))[:_FIELDS],
        revision=lambda: str(about.get("revision", "")),
        lookups=as_object(said.get(META_LOOKUPS)),
        creates=as_object(said.get(META_EFFECT)).get("creates") is True,
        **_searches(said, tool, effect, arguments) if ours else {},
    )


def _searches(
    said: Mapping[str, Json], tool: Mapping[str, Json], effect: Effect, arguments: Mapping[str, str]
) -> dict[str, Any]:
    """What the arguments of a tool of ours search; where a server does not say it, its contract decides."""
    about = as_object(said.get(META_SEARCHES))
    plain, holder = _texts(about.get("plain")), str(about.get("resource") or _resource(said.get(META_MENU)))
    known = about.get("arguments")
    if isinstance(known, dict):
        searches = {
            str(name): SearchArgument(str(name), one["role"], _texts(one.get("fields")), "")
            for name, one in known.items()
            if isinstance(one, dict) and one.get("role") in get_args(Role)
        }
    else:
        properties = as_object(as_object(tool.get("inputSchema")).get("properties"))
        searches = (
            {}
            if effect != "read"
            else find_search_arguments(
                properties,
                _kinds(said.get(META_SENSITIVE)),
                holder=holder,
                declared=("id",),
                classified=arguments,
            )
        )
    return {"searches": searches, "plain": plain, "resource": holder}


def _resource(menu: Json) -> str:
    """What the records of a tool are, from the address of its first call."""
    calls = as_object(menu).get("calls")
    first = str(calls[0]).partition(" ")[2] if isinstance(calls, list) and calls else ""
    named = [one for one in first.split("/") if one and "{" not in one]
    return named[-1] if named else ""


def _texts(said: Json) -> tuple[str, ...]:
    return tuple(one for one in said if isinstance(one, str)) if isinstance(said, list) else ()


def _effect(said: Json) -> tuple[Effect, bool]:
    known = as_object(said)
    effect = _EFFECTS.get(str(known.get("effect")), "write")
    return effect, known.get("open") is True and effect == "read"


def _kinds(said: Json) -> dict[str, str]:
    return {key: kind for key, kind in as_object(said).items() if isinstance(kind, str)}


def exposed_argument(schema: Json, classified: Mapping[str, str]) -> str:
    """A classified argument that a tool wants to see in a header of the request (SEP-2243, and what is called alike);
    "" for none."""
    kinds = positions({pointer_of(place): kind for place, kind in classified.items()}).root
    todo: list[tuple[tuple[str, ...], Json, Node | None, bool, int]] = [((), schema, kinds, False, 0)]
    seen = 0
    while todo and kinds is not None:
        path, part, node, personal, depth = todo.pop()
        part = _resolved(part, schema)
        seen += 1
        if part is None or depth > _DEPTH or seen > _MOST:
            continue
        personal = personal or (node is not None and node.kind not in (None, NOT_PERSONAL))
        if personal and any(_HEADER.fullmatch(str(key)) and value for key, value in part.items()):
            return ".".join(path)
        for key in ("allOf", "anyOf", "oneOf"):
            branches = part.get(key)
            todo += [(path, one, node, personal, depth + 1) for one in (branches if isinstance(branches, list) else ())]
        for key, one in as_object(part.get("properties")).items():
            todo.append(((*path, key), one, node.at(key) if node is not None else None, personal, depth + 1))
        if "items" in part:
            todo.append((path, part["items"], node.each if node is not None else None, personal, depth + 1))
    return ""


def suspected(schema: Json) -> Iterator[tuple[str, str]]:
    """Arguments of an input schema that may hold personal data, by the words of their names, for a person to say so: a
    plain name at the top, a JSON Pointer with ``*`` for elements below.
    """
    seen = 0
    todo: list[tuple[tuple[str, ...], Json, int]] = [((), schema, 0)]
    while todo:
        path, part, depth = todo.pop()
        part = _resolved(part, schema)
        seen += 1
        if part is None or depth > _DEPTH or seen > _MOST:
            continue
        name = path[-1] if path else ""
        kind = _kind(path, part)
        if kind is not None:
            yield (pattern_of(path) if len(path) > 1 else name), kind
            continue
        for key in ("allOf", "anyOf", "oneOf"):
            several = part.get(key)
            if isinstance(several, list):
                todo += [(path, one, depth + 1) for one in several]
        todo += [((*path, key), one, depth + 1) for key, one in as_object(part.get("properties")).items()]
        if path and isinstance(part.get("items"), dict):
            todo.append(((*path, "*"), part["items"], depth + 1))


def _kind(path: tuple[str, ...], part: Mapping[str, Any]) -> str | None:
    """The kind of a value; a list of values goes by the name of the list, a field also by what it is a field of."""
    named = [step for step in path if step != "*"]
    if not named or part.get("type") in ("object", "array") or "properties" in part or "items" in part:
        return None
    kind = part.get("type") if isinstance(part.get("type"), str) else None
    form = part.get("format") if isinstance(part.get("format"), str) else None
    found = kind_of(named[-1], type=kind, format=form)
    if found is None and len(named) > 1:
        found = kind_of(f"{named[-2]}_{named[-1]}", type=kind, format=form)
    return found


def _resolved(part: Json, root: Json) -> dict[str, Any] | None:
    """``part``, or what its local reference names."""
    for _ in range(_DEPTH):
        if not isinstance(part, dict):
            return None
        reference = part.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return part
        part = local(root, reference)
    return None
