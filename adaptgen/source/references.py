"""Where an OpenAPI tree has references, and where text that looks like one is data.

``$ref`` is a reference only where the specification allows one. Examples, defaults and enumerations are data, so are
extensions; and the keys of a map of names (``properties``, ``responses``, …) are names, even ``example`` or ``$ref``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from adaptgen.syntax.json_pointer import join, split

NAMES = frozenset(
    (
        "$defs", "callbacks", "content", "definitions", "dependencies", "dependentSchemas", "encoding", "headers",
        "links", "parameters", "pathItems", "paths", "patternProperties", "properties", "requestBodies", "responses",
        "schemas", "securityDefinitions", "securitySchemes", "variables", "webhooks",
    )
)  # fmt: skip
"""Keywords whose value maps names that people chose to objects of the specification."""

DATA = frozenset(("const", "default", "enum", "example", "examples"))
"""Keywords whose value is data."""

Link = tuple[Any, str] | None
"""A path of tokens as a linked list, so that walking builds no unused paths."""


def link(path: Iterable[str]) -> Link:
    """The link of a path."""
    end: Link = None
    for token in path:
        end = (end, token)
    return end


def tokens(link: Link) -> list[str]:
    """The tokens of a link, from the root."""
    found: list[str] = []
    while link is not None:
        link, token = link
        found.append(token)
    return found[::-1]


class Place:
    """A reference: ``node[name]`` is its text, ``parent[key]`` is ``node``, ``link`` leads to ``node``.

    ``is_map``: it stands for a whole map of names (``paths: {$ref: paths.yaml}``).
    """

    __slots__ = ("is_map", "key", "link", "name", "node", "parent")

    def __init__(
        self, node: dict[str, Any], parent: Any, key: Any, link: Link, is_map: bool = False, name: str = "$ref"
    ) -> None:
        self.node = node
        self.parent = parent
        self.key = key
        self.link = link
        self.is_map = is_map
        self.name = name

    @property
    def tokens(self) -> list[str]:
        """The path to the text of the reference."""
        return [*tokens(self.link), self.name]


def walk(root: Any, seen: set[int], start: Link = None) -> Iterator[Place]:
    """Every reference below ``root`` in the order of the document, those of discriminator mappings too. ``seen`` holds
    the ids of mappings and lists that were walked already; YAML aliases put one node in several places.
    """
    stack: list[tuple[Any, Any, Any, Link, bool]] = [(root, None, None, start, False)]
    while stack:
        node, parent, key, link, is_map = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if type(node) is list:
            stack += [
                (node[index], node, index, (link, str(index)), False)
                for index in range(len(node) - 1, -1, -1)
                if type(node[index]) is dict or type(node[index]) is list
            ]
            continue
        if type(node) is not dict:
            continue
        if type(node.get("$ref")) is str:
            yield Place(node, parent, key, link, is_map)
        below: list[tuple[Any, Any, Any, Link, bool]] = []
        under_paths = is_map and link is not None and link[1] == "paths"
        for name, value in node.items():
            if type(value) is not dict and type(value) is not list:
                continue
            if is_map:
                if not (under_paths and name.startswith("x-")):
                    below.append((value, node, name, (link, name), False))
            elif name == "discriminator":
                yield from _mapping(value, node, (link, name))
            elif name not in DATA and not name.startswith("x-"):
                below.append((value, node, name, (link, name), name in NAMES and type(value) is dict))
        stack += reversed(below)


def _mapping(discriminator: Any, parent: dict[str, Any], link: Link) -> Iterator[Place]:
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    if isinstance(mapping, dict):
        for name, value in list(mapping.items()):
            # Anything else is the name of a schema (OpenAPI 3.1, Discriminator Object).
            if isinstance(value, str) and ("/" in value or "#" in value):
                yield Place(mapping, discriminator, "mapping", (link, "mapping"), name=name)


_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
_PARTS = {"parameters": "inputs", "requestBody": "body", "responses": "answer"}


def losses(root: dict[str, Any], lost: Collection[str]) -> dict[str, list[str]]:
    """Reference of ``lost`` -> the operations that reach it, with what they lose: ``GET /orders (inputs, answer)``."""
    paths = root.get("paths")
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    known: dict[str, tuple[set[str], set[str]]] = {}
    for path, item in paths.items() if lost and isinstance(paths, dict) else ():
        shared = item.get("parameters") if isinstance(item, dict) else None
        for method in _METHODS if isinstance(item, dict) else ():
            operation = item.get(method)
            if not isinstance(operation, dict):
                continue
            for key, part in _PARTS.items():
                nodes = [operation.get(key), shared if key == "parameters" else None]
                for ref in _reached(root, nodes, known) & set(lost):
                    found[ref][f"{method.upper()} {path}"].append(part)
    return {
        ref: [f"{operation} ({', '.join(parts)})" for operation, parts in users.items()] for ref, users in found.items()
    }


def _reached(root: Any, nodes: list[Any], known: dict[str, tuple[set[str], set[str]]]) -> set[str]:
    """The external references below ``nodes``, through all internal ones. ``known``: definition -> its own external
    references and the definitions that it refers to."""
    outside, waiting = _own(nodes)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in known:
            node = root
            for token in split(name):
                node = node.get(token) if isinstance(node, dict) else None
            known[name] = _own([node])
        outside |= known[name][0]
        waiting |= known[name][1]
    return outside


def _own(nodes: list[Any]) -> tuple[set[str], set[str]]:
    """The external references below ``nodes``, and the definitions that the internal ones lead into."""
    refs = {place.node[place.name] for node in nodes for place in walk(node, set())}
    inside = {ref for ref in refs if ref.startswith("#/")}
    names = set()
    for ref in inside:
        tokens = split(ref[1:])
        names.add(join(*tokens[: 3 if tokens[0] == "components" else 2]).removeprefix("#"))
    return refs - inside, names
