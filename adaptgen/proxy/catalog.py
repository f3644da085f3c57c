"""What all servers together offer at one moment, and who answers for what. Never changed, only replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from adaptgen.govern.settings.model import ToolRule
from adaptgen.mcp.headers import HeaderParameter, header_parameters
from adaptgen.mcp.protocol import ToolInfo, without_own_meta
from adaptgen.model.frozen import value
from adaptgen.proxy.catalog_reader import Entry, ServerCatalog, without
from adaptgen.proxy.third_party_tools import exposed_argument, facts, names_before, rule_for
from adaptgen.proxy.upstream_client import UpstreamClient
from adaptgen.syntax.uri_templates import LONGEST, LONGEST_TEMPLATE, UriTemplate

TEMPLATES = 256
"""Resource templates of one server: every URI is matched with all of them."""
_QUIET = ("io.modelcontextprotocol/ui",)
"""Extensions that need no methods of their own."""


@value()
class CatalogEntry:
    """A prompt or resource: whose it is, its own name there, and how callers see it."""

    server: str
    own: str
    wire: Entry


@value()
class Template:
    """A resource template, and the URIs that it stands for."""

    server: str
    wire: Entry
    form: UriTemplate


@value()
class Catalog:
    """Everything by the name that callers use."""

    tools: Mapping[str, ToolInfo] = field(default_factory=dict)
    headers: Mapping[str, tuple[HeaderParameter, ...]] = field(default_factory=dict)
    prompts: Mapping[str, CatalogEntry] = field(default_factory=dict)
    resources: Mapping[str, CatalogEntry] = field(default_factory=dict)
    templates: tuple[Template, ...] = ()
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    instructions: str = ""
    readers: tuple[str, ...] = ()
    withheld: frozenset[str] = frozenset()
    name_conflicts: tuple[str, ...] = ()

    def reader(self, uri: str) -> str:
        """The server of a resource or of a template: who listed it, or the only one that has resources at all."""
        known = self.resources.get(uri)
        if known is not None:
            return known.server
        if uri in self.withheld:
            return ""
        if len(uri) > LONGEST:
            return ""
        for template in self.templates:
            if template.wire["uriTemplate"] == uri or template.form.matches(uri):
                return template.server
        return self.readers[0] if len(self.readers) == 1 else ""


def make(
    listings: Sequence[tuple[UpstreamClient, ServerCatalog]],
    rules: Mapping[str, ToolRule],
    quarantined: Mapping[str, Mapping[str, frozenset[str]]],
    before: Catalog,
) -> Catalog:
    """The catalog of these listings, in the order of the settings. ``quarantined``: what of each server is
    quarantined, by kind. What has not changed since ``before`` is the same object.
    """
    tools: dict[str, ToolInfo] = {}
    prompts: dict[str, CatalogEntry] = {}
    resources: dict[str, CatalogEntry] = {}
    templates: dict[str, Template] = {}
    name_conflicts: list[str] = []
    withheld: set[str] = set()
    for remote, whole in listings:
        held = quarantined.get(remote.name, {})
        listing = without(whole, held)
        withheld |= {*held.get("resources", ()), *held.get("templates", ())}
        for one in _facts(remote, listing, rules, name_conflicts):
            _add(tools, one.name, _same(one, before), "tool", one.server, name_conflicts)
        for entry in listing.prompts:
            name = remote.prefix + entry["name"]
            shown = CatalogEntry(remote.name, entry["name"], {**without_own_meta(entry), "name": name})
            _add(prompts, name, shown, "prompt", remote.name, name_conflicts)
        for entry in listing.resources:
            shown = CatalogEntry(remote.name, entry["uri"], without_own_meta(entry))
            _add(resources, entry["uri"], shown, "resource", remote.name, name_conflicts)
        for entry in _bounded(remote.name, listing.templates, name_conflicts):
            uri = entry["uriTemplate"]
            template = Template(remote.name, without_own_meta(entry), UriTemplate.parse(uri))
            _add(templates, uri, template, "template", remote.name, name_conflicts)
    _part_actions(tools, name_conflicts)
    listings = [(remote, without(one, quarantined.get(remote.name, {}))) for remote, one in listings]
    return Catalog(
        tools=before.tools if _unchanged(tools, before.tools) else tools,
        headers={name: rows for name, one in tools.items() if (rows := header_parameters(one.wire.get("inputSchema")))},
        prompts=prompts,
        resources=resources,
        templates=tuple(templates.values()),
        capabilities=_capabilities(listings),
        instructions=_instructions(listings),
        readers=tuple(remote.name for remote, listing in listings if "resources" in listing.capabilities),
        withheld=frozenset(withheld),
        name_conflicts=tuple(name_conflicts),
    )


def _facts(
    remote: UpstreamClient, listing: ServerCatalog, rules: Mapping[str, ToolRule], name_conflicts: list[str]
) -> list[ToolInfo]:
    found = []
    for tool in listing.tools:
        rule = rule_for(rules, remote.name, (tool["name"], *names_before(tool, remote.ours)))
        if rule.hide or not isinstance(tool.get("inputSchema"), dict):
            continue
        made = facts(tool, remote.name, remote.prefix, ours=remote.ours, rule=rule)
        exposed = "" if remote.ours else exposed_argument(tool["inputSchema"], made.arguments)
        if exposed:
            name_conflicts.append(
                f"the tool {made.own!r} of {remote.name} is not served: it wants the argument {exposed!r}, which is "
                "classified, in a header, which everything on the way may log"
            )
            continue
        found.append(made)
    return found


def _part_actions(tools: dict[str, ToolInfo], name_conflicts: list[str]) -> None:
    """Keep the actions of servers apart: a policy for ``a__b__c`` applies to the tool of one server only. Where the
    names of a server and a tool make the action of another server's tool, neither of a third party is served."""
    owners: dict[str, list[ToolInfo]] = {}
    for one in tools.values():
        owners.setdefault(one.action, []).append(one)
    for action, several in owners.items():
        if len({one.server for one in several}) < 2:
            continue
        for one in several:
            if not one.trusted or sum(other.trusted for other in several) > 1:
                name_conflicts.append(
                    f"the tool {one.own!r} of {one.server} is not served: policies know {action!r} twice"
                )
                del tools[one.name]


def _same(one: ToolInfo, before: Catalog) -> ToolInfo:
    """The facts of before where nothing has changed: what is derived from them is kept by their identity."""
    old = before.tools.get(one.name)
    return old if old == one and old is not None and old.arguments == one.arguments else one


def _unchanged(tools: Mapping[str, ToolInfo], before: Mapping[str, ToolInfo]) -> bool:
    return list(tools) == list(before) and all(before[name] is one for name, one in tools.items())


def _add(into: dict[str, Any], name: str, value: Any, what: str, server: str, name_conflicts: list[str]) -> None:
    if name in into:
        name_conflicts.append(f"the {what} {name!r} of {server} is not served: {into[name].server} has it already")
        return
    into[name] = value


def _bounded(server: str, templates: Sequence[Entry], name_conflicts: list[str]) -> list[Entry]:
    """The templates that can be matched in time."""
    usable = [one for one in templates if len(one["uriTemplate"]) <= LONGEST_TEMPLATE][:TEMPLATES]
    if len(usable) < len(templates):
        name_conflicts.append(
            f"{len(templates) - len(usable)} resource templates of {server} are not served: a server may have "
            f"{TEMPLATES} of at most {LONGEST_TEMPLATE} characters"
        )
    return usable


def _capabilities(listings: Sequence[tuple[UpstreamClient, ServerCatalog]]) -> dict[str, Any]:
    """What any of the servers can, and the proxy can pass on."""
    merged: dict[str, Any] = {"tools": {}}
    for _, listing in listings:
        for name in ("tools", "prompts", "resources", "logging", "completions"):
            declared = listing.capabilities.get(name)
            if isinstance(declared, dict):
                known = merged.setdefault(name, {})
                known.update({flag: True for flag, value in declared.items() if value is True})
        extensions = listing.capabilities.get("extensions")
        for name in _QUIET:
            if isinstance(extensions, dict) and isinstance(extensions.get(name), dict):
                merged.setdefault("extensions", {}).setdefault(name, extensions[name])
    return merged


def _instructions(listings: Sequence[tuple[UpstreamClient, ServerCatalog]]) -> str:
    said = [(remote.name, listing.instructions.strip()) for remote, listing in listings if listing.instructions.strip()]
    if len(listings) == 1 and said:
        return said[0][1]
    return "\n\n".join(f"{name}: {text}" for name, text in said)
