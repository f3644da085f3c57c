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
"""The member of the root under which the other files of a tree stand, by their path relative to the entry."""


@value()
class Part:
    """A document that was joined to another. ``base_url``: a template, where its hint gives one; ``servers``: the
    Server Objects that it declares."""

    name: str
    base_url: str = ""
    servers: tuple[Any, ...] = ()


@dataclass(frozen=True, eq=False)
class Document:
    """An OpenAPI document in the shape of 3.x, whatever it was written in.

    ``root`` holds internal references only (``#/...``), save those that lead nowhere; other files of the tree stand
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
        """The node at a JSON Pointer, with or without ``#``; tokens may be percent-encoded, and
        references on the way are followed.

        Raises:
            LookupError: if there is none.
        """
        return pointers.resolve(self.root, pointer)

    def deref(self, node: Any) -> Any:
        """Where a chain of ``{"$ref": "#/..."}`` ends; ``node`` itself if it is no reference.

        A mapping whose ``$ref`` is not a string is no reference (a property may be *named* ``$ref``). Siblings of
        ``$ref`` are not merged: who needs them reads them from ``node``.

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
