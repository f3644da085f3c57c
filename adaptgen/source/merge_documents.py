"""Several documents as one: usual where an API is split by team, or where logging in has a document of its own."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from adaptgen.diagnostics import Diagnostic, Where
from adaptgen.source.document import FILES, Document, Part
from adaptgen.source.references import link, walk
from adaptgen.syntax import json_pointer as pointers

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def join(main: Document, others: Iterable[tuple[Part, Document]]) -> Document:
    """``main`` with the operations of ``others``, whose roots are changed and must not be used any more.

    Each keeps its own components, its default security and its places. A path that another document has too gets
    a fragment, which is never sent: ``/status#billing``. Different security schemes of the same name are prefixed
    with the name of the document.
    """
    root = dict(main.root)
    root["paths"] = dict(root["paths"]) if isinstance(root.get("paths"), dict) else {}
    components = dict(root["components"]) if isinstance(root.get("components"), dict) else {}
    schemes = components.get("securitySchemes")
    components["securitySchemes"] = dict(schemes) if isinstance(schemes, dict) else {}
    root["components"] = components
    files = root.get(FILES)
    root[FILES] = dict(files) if isinstance(files, dict) else {}
    joined = _Merged(main, root)
    for part, document in others:
        joined.add(part, document)
    return replace(
        main,
        root=root,
        inputs=tuple(sorted(joined.inputs.items())),
        diagnostics=tuple(joined.diagnostics),
        locate=joined.locate,
        parts=joined.parts,
    )


class _Merged:
    def __init__(self, main: Document, root: dict[str, Any]) -> None:
        self.main, self.root = main, root
        self.parts: dict[str, Part] = {}
        self.inputs = dict(main.inputs)
        self.diagnostics: list[Diagnostic] = list(main.diagnostics)
        self.documents: dict[str, Document] = {}
        self.written: dict[str, tuple[Document, str]] = {}

    def add(self, part: Part, document: Document) -> None:
        # No file has such a path, so it cannot be one of the tree's.
        at = f"//{part.name}"
        self.documents[at] = document
        _moved(document.root, f"#/{FILES}/{pointers.escape(at)}")
        self.root[FILES][at] = document.root
        self.diagnostics += document.diagnostics
        folder = posixpath.relpath(
            document.path.resolve().parent.as_posix(), self.main.path.resolve().parent.as_posix()
        )
        for name, digest in document.inputs:
            self.inputs[posixpath.normpath(posixpath.join(folder, name))] = digest
        names = self.schemes(part, document)
        default = document.root.get("security")
        reader = Document(self.root)
        paths = document.root.get("paths")
        for key, node in paths.items() if isinstance(paths, dict) else ():
            if not isinstance(key, str) or key.startswith("x-"):
                continue
            item = _followed(reader, node)
            written = self.free(key, part.name)
            self.root["paths"][written] = self.item(reader, item, names, default)
            self.parts[written] = replace(part, servers=_servers(document.root))
            self.written[written] = (document, key)

    def free(self, key: str, name: str) -> str:
        taken, wanted = self.root["paths"], key
        while wanted in taken:
            wanted = f"{wanted}-{name}" if "#" in wanted else f"{wanted}#{name}"
        return wanted

    def schemes(self, part: Part, document: Document) -> dict[str, str]:
        """The name of each security scheme of the document in the joined one."""
        own = (document.root.get("components") or {}).get("securitySchemes")
        every = self.root["components"]["securitySchemes"]
        names: dict[str, str] = {}
        for name, scheme in own.items() if isinstance(own, dict) else ():
            names[name] = name
            if name in every and every[name] != scheme:
                names[name] = f"{part.name}_{name}"
            every[names[name]] = scheme
        return names

    def item(self, reader: Document, item: Any, names: Mapping[str, str], default: Any) -> Any:
        if not isinstance(item, dict):
            return item
        made = dict(item)
        for method in _METHODS:
            operation = _followed(reader, item.get(method))
            if not isinstance(operation, dict):
                continue
            security = operation.get("security", default)
            made[method] = dict(operation)
            if isinstance(security, list):
                made[method]["security"] = [_renamed(one, names) for one in security]
            elif "security" not in operation and isinstance(self.main.root.get("security"), list):
                # What the main document demands of its own operations says nothing about these: no scheme is named, and
                # that they were public is not said either.
                made[method]["security"] = [{}]
        return made

    def locate(self, at: list[str]) -> Where:
        if len(at) > 1 and at[0] == "paths" and at[1] in self.written:
            document, key = self.written[at[1]]
            return document.where(pointers.join("paths", key, *at[2:]))
        if len(at) > 1 and at[0] == FILES and at[1] in self.documents:
            return self.documents[at[1]].where(pointers.join(*at[2:]))
        return self.main.where(pointers.join(*at))


def _followed(reader: Document, node: Any) -> Any:
    try:
        target = reader.deref(node)
    except LookupError:
        return node
    if target is not node and isinstance(target, dict) and isinstance(node, dict):
        return {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    return target


def _renamed(requirement: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(requirement, dict):
        return requirement
    return {names.get(name, name): scopes for name, scopes in requirement.items()}


def _moved(root: dict[str, Any], below: str) -> None:
    """Let every reference of a root lead below ``below``."""
    seen: set[int] = set()
    files = root.get(FILES)
    for value in (root, *(files.values() if isinstance(files, dict) else ())):
        for place in walk(value, seen, link([])):
            text = place.node[place.name]
            if isinstance(text, str) and text.startswith("#"):
                place.node[place.name] = f"{below}{text[1:]}"


def _servers(root: Mapping[str, Any]) -> tuple[Any, ...]:
    servers = root.get("servers")
    return tuple(servers) if isinstance(servers, list) else ()
