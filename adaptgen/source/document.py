"""The document: an OpenAPI 3.x tree that everything after this stage reads, with pointers back into the text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import Diagnostic, Where
from adaptgen.model.tables import value
from adaptgen.syntax import json_pointer as pointers

FILES = "x-adaptgen-files"
"""The member of the root that holds the other files of a tree, by their path relative to the entry."""


@value()
class Part:
    """A document that was joined to another. ``base_url``: a template, if its hint has one; ``servers``: the
    Server Objects that it declares."""

    name: str
    base_url: str = ""
    servers: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Document:
    """An OpenAPI document in the shape of 3.x, whatever it was written in.

    ``root`` holds internal references only (``#/...``), save those that lead nowhere; other files of the tree are
    under ``root["x-adaptgen-files"][<path>]``. ``version`` is the declared one (``"2.0"``, ``"3.0.3"``). ``inputs``
    are (path relative to the entry's folder, SHA-256 of the bytes) of every file that was read, sorted.
    ``diagnostics`` are warnings. ``parts``: key of the Paths Object -> the joined document that it comes from.
    Nothing in ``root`` is checked: every consumer meets nodes of any type anywhere.
    """

    root: dict[str, Any]
    version: str = "3.1.0"
    path: Path = Path("openapi.yaml")
    inputs: tuple[tuple[str, str], ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    locate: Callable[[list[str]], Where] | None = field(default=None, repr=False)
    parts: Mapping[str, Part] = field(default_factory=dict)

    def get(self, pointer: str) -> Any:
        """The node at a JSON Pointer, with or without ``#``; tokens may be percent-encoded, and references on the way
        are followed. LookupError if nothing is found there."""
        return pointers.resolve(self.root, pointer)

    def deref(self, node: Any) -> Any:
        """Where a chain of ``{"$ref": "#/..."}`` ends; ``node`` itself if it is not a reference.

        A mapping whose ``$ref`` is not a string is not a reference (a property may be *named* ``$ref``). Siblings of
        ``$ref`` are not merged: a caller that needs them reads them from ``node``.

        Raises:
            LookupError: if the chain leads nowhere, out of the document, or to itself.
        """
        for _ in range(pointers.CHAIN):
            if not isinstance(node, dict):
                return node
            ref = node.get("$ref")
            if not isinstance(ref, str):
                return node
            if not ref.startswith("#"):
                raise LookupError(ref)
            node = self.get(ref)
        raise LookupError(f"{ref} leads to itself")

    def where(self, pointer: str) -> Where:
        """The file, line and column (from 1) of the key at ``pointer``, or of its nearest ancestor that exists."""
        if self.locate is None:
            return Where(self.path.as_posix())
        try:
            return self.locate(pointers.split(pointer))
        except LookupError:
            return Where(self.path.as_posix())


MOST = 50
"""Violations that are listed."""


def violations(document: Document) -> tuple[Diagnostic, ...]:
    """One AG020 warning for each place that breaks OpenAPI 3.0 or 3.1 as openapi-pydantic reads it, in document order,
    at most :data:`MOST`. A Swagger 2.0 document is judged by what it says in OpenAPI 3.0.

    Real documents break the specification often and are served all the same, so a build does not ask; a person who may
    correct the document can.
    """
    from openapi_pydantic.v3 import v3_0, v3_1
    from pydantic import ValidationError

    model = v3_1.OpenAPI if document.version.startswith("3.1") else v3_0.OpenAPI
    try:
        model.model_validate(document.root)
    except ValidationError as broken:
        found = broken.errors(include_url=False, include_context=False, include_input=False)
    else:
        return ()
    said: dict[str, Diagnostic] = {}
    for one in found:
        if "Reference" in one["loc"]:
            continue  # every object that may be a reference is tried as one too
        pointer = _place(document.root, one["loc"])
        missing = f"{one['loc'][-1]}: " if one["type"] == "missing" else ""
        message = f"{missing}{one['msg'][:1].lower()}{one['msg'][1:]}"
        help = "adaptgen reads it leniently; correct the document if it is yours"
        said.setdefault(pointer + missing, Diagnostic("AG020", message, document.where(pointer), help, "warning"))
    told = list(said.values())[:MOST]
    if len(said) > MOST:
        told.append(Diagnostic("AG020", f"{len(said) - MOST} more places break OpenAPI", None, "", "warning"))
    return tuple(told)


def _place(root: Any, steps: tuple[int | str, ...]) -> str:
    """The JSON pointer (RFC 6901) of an error's place.

    Between keys and indexes an error names the models that were tried, which are not in the document.
    """
    node, tokens = root, []
    for step in steps:
        inside = step < len(node) if isinstance(node, list) and isinstance(step, int) else False
        if inside or (isinstance(node, dict) and step in node):
            node = node[step]
            tokens.append(step)
    return pointers.join(*tokens)
