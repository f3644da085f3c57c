"""The arguments of a generated tool: which are classified, and which search classified fields.

A server needs this when it starts, and none of what reads values.
"""

from __future__ import annotations

from collections.abc import Mapping

from adaptgen.model.tables import Call, Json, Tool
from adaptgen.pii.search_arguments import SearchArgument, find_search_arguments
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.json_pointer import escape


def resource(call: Call) -> str:
    """What a call is about: the last word of its path that is not a parameter."""
    named = [one for one in call.path.split("/") if one and "{" not in one and "}" not in one]
    return named[-1] if named else ""


def resource_of(tool: Tool) -> str:
    """What the records of a tool are, in one word."""
    return resource(tool.call) if tool.call is not None else ""


def search_arguments(tool: Tool, schema: Mapping[str, Json]) -> dict[str, SearchArgument]:
    """The arguments of ``tool`` that search classified fields. ``schema``: its input schema."""
    if tool.effect != "read":
        return {name: SearchArgument(name, "search", paths, "") for name, paths in tool.searches.items()}
    given = schema.get("properties")
    properties = given if isinstance(given, Mapping) else {}
    built = bool(tool.source)  # a tool of the side file has no operation, and was not looked at by the build
    if built:
        tops = {name[1:].split("/")[0] if name.startswith("/") else name for name in tool.searches}
        properties = {name: one for name, one in properties.items() if name in tops}
    found = find_search_arguments(
        properties,
        tool.sensitive,
        holder=resource_of(tool),
        declared=tool.view or (),
        classified=tool.sensitive_arguments,
        plain=[path.removeprefix("$..") for path in tool.not_sensitive],
        hinted=tool.searches,
    )
    return {name: one for name, one in found.items() if not built or name in tool.searches}


def argument_kinds(tool: Tool) -> Mapping[str, str]:
    """The classified arguments of a tool, with those inside of ``where``: JSON Pointer -> kind, one for each way to
    write the path of a classified field (with ``[*]`` and without)."""
    if tool.page is None or not tool.sensitive:
        return tool.sensitive_arguments
    found: dict[str, str] = {}
    for path, kind in tool.sensitive.items():
        if kind == "secret":
            continue
        try:
            segments = fields.parse(path)
        except fields.PathError:
            segments = (path,)
        bare = [one for one in segments if isinstance(one, str)]
        for written in {path, fields.text(segments), fields.text(bare), ".".join(bare)}:
            found["/where/" + escape(written)] = kind
    return {**dict(sorted(found.items())), **tool.sensitive_arguments}
