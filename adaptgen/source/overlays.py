"""OpenAPI Overlays (Overlay Specification 1.0 and 1.1): changes to a document, kept next to it and applied first."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

At = tuple[str | int, ...]

_VERSION = re.compile(r"1\.[01](\.\d+)?")
_ROOT = frozenset(("overlay", "info", "extends", "actions"))
_ACTION = frozenset(("target", "description", "update", "copy", "remove"))
_CHANGES = ("update", "copy", "remove")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")


@dataclass(frozen=True, eq=False)
class Overlay:
    """One overlay as it was read. ``actions`` are checked; ``where`` returns the location of a path in its text."""

    path: Path
    digest: str
    actions: tuple[dict[str, Any], ...]
    places: SourceMap = field(repr=False)
    diagnostics: tuple[Diagnostic, ...] = ()

    def where(self, *at: str | int) -> Where:
        """The place of a path in the overlay."""
        return self.places.where(*at)


def read_overlay(path: Path, target: Path) -> Overlay:
    """Read an overlay for the document ``target``.

    Raises:
        AdaptgenError: AG001 to AG005 for the text, AG014 for everything that is not an overlay, all of it at once.
    """
    shown = path.as_posix()
    data = read_file(path, shown)
    parsed = parse(data, shown, strict=True)
    places = SourceMap(shown, parsed.syntax, path)
    root = parsed.value
    checker = _Checker(places)
    checker.root(root)
    if checker.found:
        raise AdaptgenError(*checker.found)
    said = list(parsed.diagnostics)
    extends = root.get("extends")
    if isinstance(extends, str) and not _SCHEME.match(extends):
        named = posixpath.normpath(posixpath.join(path.parent.as_posix(), extends))
        if Path(named).resolve() != target.resolve():
            message = f"the overlay says that it extends {extends!r}, which is not {target.as_posix()}"
            where = places.where("extends")
            said.append(Diagnostic("AG014", message, where, "name the document that it is for", "warning"))
    digest = hashlib.sha256(data).hexdigest()
    return Overlay(path, digest, tuple(root["actions"]), places, tuple(said))


class _Checker:
    """The shape of an overlay, every error of it."""

    def __init__(self, places: SourceMap) -> None:
        self._places = places
        self.found: list[Diagnostic] = []

    def say(self, message: str, at: At, help: str = "") -> None:
        self.found.append(Diagnostic("AG014", message, self._places.where(*at), help))

    def root(self, root: Any) -> None:
        if not isinstance(root, dict) or "overlay" not in root:
            help = "an overlay begins with overlay: 1.0.0, info: and actions:"
            self.say("this is not an OpenAPI Overlay", (), help)
            return
        version = root["overlay"]
        if not _VERSION.fullmatch(str(version)):
            self.say(f"the version {version!r} of Overlay is not read", ("overlay",), "adaptgen reads 1.0 and 1.1")
        self.keys(root, _ROOT, ())
        info = root.get("info")
        for name in ("title", "version"):
            if not isinstance(info, dict) or not isinstance(info.get(name), str):
                self.say(f"info.{name} is required, as a text", ("info",), f'add {name}: "…" under info:')
        actions = root.get("actions")
        if not isinstance(actions, list) or not actions:
            self.say("actions is required: a list of at least one action", ("actions",))
            return
        for index, action in enumerate(actions):
            self.action(action, ("actions", index), str(version))

    def keys(self, given: dict[str, Any], known: frozenset[str], at: At) -> None:
        for key in given:
            if key not in known and not key.startswith("x-"):
                self.say(f"an overlay has no key {key!r} here", (*at, key), f"known are {', '.join(sorted(known))}")

    def action(self, action: Any, at: At, version: str) -> None:
        if not isinstance(action, dict):
            self.say("an action is a mapping with target and update, copy or remove", at)
            return
        self.keys(action, _ACTION, at)
        if not isinstance(action.get("target"), str):
            self.say("target is required: a JSONPath", at, "such as $.paths['/pets'].get")
        else:
            self.query(action["target"], (*at, "target"))
        given = [one for one in _CHANGES if one in action and action[one] is not False]
        if "remove" in action and not isinstance(action["remove"], bool):
            self.say("remove is true or false", (*at, "remove"))
        elif len(given) > 1:
            self.say(
                f"an action has one of {', '.join(_CHANGES)}, not {' and '.join(given)}", at, "make it two actions"
            )
        elif not given:
            self.say(f"the action does nothing: it has none of {', '.join(_CHANGES)}", at)
        if "copy" in action:
            if version.startswith("1.0"):
                self.say("copy is of Overlay 1.1", (*at, "copy"), "write overlay: 1.1.0")
            elif not isinstance(action["copy"], str):
                self.say("copy is a JSONPath", (*at, "copy"))
            else:
                self.query(action["copy"], (*at, "copy"))

    def query(self, text: str, at: At) -> None:
        from adaptgen.syntax import jsonpath as queries

        try:
            queries.compiled(text)
        except queries.QueryError as wrong:
            self.say(f"the JSONPath cannot be read: {wrong}", at, "write it as RFC 9535 does")


class Overlaid:
    """A root under its overlays. ``added``: every string under ``$ref`` that came in; ``locate`` returns locations in
    overlays.
    """

    def __init__(self, root: Any) -> None:
        self.root = root
        self.added: set[str] = set()
        self._placed = _Placed()

    def locate(self, at: list[str]) -> Where | list[str]:
        """The location of a node that an overlay put there, else the path in the document as it was written (of a list
        from which an overlay took something, the list itself)."""
        node, found = self._placed, None
        for length, token in enumerate(at, 1):
            below = node.children.get(token)
            if below is None:
                break
            node = below
            found = node.where or found
            if node.moved:
                found, at = None, at[:length]
        return found or at

    def apply(self, overlay: Overlay) -> list[Diagnostic]:
        """Apply the actions in order, each to what the previous one left. Returns warnings: actions whose target
        selects nothing. An action that cannot be carried out is an AdaptgenError (AG014)."""
        said: list[Diagnostic] = []
        for index, action in enumerate(overlay.actions):
            where = overlay.where("actions", index, "target")
            found = self._select(action["target"], where)
            if not found:
                message = f"the overlay changes nothing: {action['target']} selects no node"
                said.append(Diagnostic("AG014", message, where, "correct the target", "warning"))
                continue
            if action.get("remove"):
                self._remove(found, where)
                continue
            if "copy" in action:
                place = overlay.where("actions", index, "copy")
                sources = self._select(action["copy"], place)
                if len(sources) != 1:
                    message = f"copy must select one node; {action['copy']} selects {len(sources)}"
                    raise error("AG014", message, place)
                change = deepcopy(_at(self.root, sources[0]))
                self._update(found, change, lambda *_, place=place: place, where)
            else:
                change = action["update"]
                self._update(found, change, partial(overlay.where, "actions", index, "update"), where)
        return said

    # ------------------------------------------------------------------------------------------------------- inside

    def _select(self, text: str, where: Where) -> list[At]:
        from adaptgen.syntax import jsonpath as queries

        try:
            return queries.compiled(text).locations(self.root)
        except (queries.TooMuchError, TimeoutError) as wrong:
            message = f"{text} cannot be looked for in this document: {wrong}"
            raise error("AG014", message, where, "write a narrower path") from None

    def _own(self, at: At) -> Any:
        """The node at ``at``, copied on the way: an alias of YAML puts one node in several places."""
        here = self.root
        for key in at:
            child = here[key]
            if isinstance(child, (dict, list)):
                child = here[key] = child.copy()
            here = child
        return here

    def _remove(self, found: list[At], where: Where) -> None:
        # From the end, so that the places of what is left to remove stay true.
        for at in sorted(found, key=lambda one: [(isinstance(key, int), key) for key in one], reverse=True):
            if not at:
                raise error("AG014", "the whole document cannot be removed", where)
            try:
                parent = self._own(at[:-1])
                del parent[at[-1]]
            except (KeyError, IndexError, TypeError):
                continue  # it went with what held it
            if isinstance(parent, list):
                self._node(at[:-1]).moved = True
            else:
                self._node(at[:-1]).children.pop(str(at[-1]), None)

    def _update(self, found: list[At], change: Any, place: Any, where: Where) -> None:
        self.added.update(_refs(change))
        for at in found:
            if not at:
                self.root = self._merged(self.root, change, (), (), place, where)
                continue
            parent = self._own(at[:-1])
            parent[at[-1]] = self._merged(parent[at[-1]], change, at, (), place, where)

    def _merged(self, old: Any, new: Any, at: At, below: At, place: Any, where: Where) -> Any:
        """``old`` with ``new`` in it; ``below`` is the path inside of the change."""
        if isinstance(old, dict) and isinstance(new, dict):
            made = dict(old)
            for key, value in new.items():
                here, there = (*at, key), (*below, key)
                if key in made and (isinstance(made[key], (dict, list)) or isinstance(value, (dict, list))):
                    self._matches(made[key], value, here, place(*there) or where)
                    made[key] = self._merged(made[key], value, here, there, place, where)
                else:
                    made[key] = deepcopy(value)
                    self._place(here, place(*there) or where)
            return made
        if isinstance(old, list):
            entries = new if isinstance(new, list) else [new]
            for index in range(len(entries)):
                self._place((*at, len(old) + index), place(*below, *([index] if new is entries else [])) or where)
            return [*old, *deepcopy(entries)]
        if isinstance(old, dict) or isinstance(new, (dict, list)):
            self._matches(old, new, at, where)
        self._place(at, place(*below) or where)
        return deepcopy(new)

    def _matches(self, old: Any, new: Any, at: At, where: Where) -> None:
        """Objects merge with objects and lists with lists; everything else would lose what is there."""
        kinds = [
            "an object" if isinstance(one, dict) else "a list" if isinstance(one, list) else "a value"
            for one in (old, new)
        ]
        if kinds[0] != kinds[1]:
            named = "/".join(map(str, at)) or "the document"
            raise error(
                "AG014",
                f"{kinds[1]} cannot take the place of {kinds[0]} at {named}",
                where,
                "remove it in an action before this one",
            )

    def _place(self, at: At, where: Where) -> None:
        node = self._node(at)
        node.where, node.moved, node.children = where, False, {}

    def _node(self, at: At) -> _Placed:
        node = self._placed
        for key in at:
            node = node.children.setdefault(str(key), _Placed())
        return node


class _Placed:
    """A node of the root of which overlays said something: where, and whether entries of a list moved."""

    __slots__ = ("children", "moved", "where")

    def __init__(self) -> None:
        self.where: Where | None = None
        self.moved = False
        self.children: dict[str, _Placed] = {}


def _at(root: Any, at: At) -> Any:
    for key in at:
        root = root[key]
    return root


def _refs(value: Any) -> Iterator[str]:
    """Every text that may be a reference."""
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield node["$ref"]
            mapping = node.get("mapping")
            if isinstance(mapping, dict):
                yield from (one for one in mapping.values() if isinstance(one, str))
            stack += node.values()
        elif isinstance(node, list):
            stack += node
