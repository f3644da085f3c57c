"""Positions of classified values, as trees: JSON Pointers (RFC 6901) with ``*`` for every element, paths, and names."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from adaptgen.runtime.pii.tagged_values import canonical
from adaptgen.syntax.json_pointer import pattern

NOT_PERSONAL: Final = "none"
"""The kind of a position that is said to hold nothing personal, whatever its name is."""

_SMALL: Final = 200


class Node:
    """A position: the ``kind`` of the value there and below, its ``members`` by key, ``each`` for all others."""

    __slots__ = ("each", "kind", "members")

    def __init__(self) -> None:
        self.kind: str | None = None
        self.members: dict[str, Node] = {}
        self.each: Node | None = None

    def at(self, key: str) -> Node | None:
        return self.members.get(key) or self.each

    def column(self, index: int) -> str | None:
        """The kind of the ``index``-th element, where elements are scalars."""
        node = self.members.get(str(index)) or self.each
        return node.kind if node is not None else None


class Classification:
    """``root``: pointers as a tree. ``names``: key -> (key that holds it, or "", and the kind) for values
    anywhere."""

    __slots__ = ("names", "root")

    def __init__(self, classified: Mapping[str, str]) -> None:
        self.root: Node | None = None
        self.names: dict[str, list[tuple[str, str]]] = {}
        for place, kind in classified.items():
            if place == "" or place.startswith("/"):
                self._point(place, canonical(kind))
            else:
                keys = [part for part in place.removeprefix("$").replace("[*]", "").split(".") if part]
                if keys:
                    self.names.setdefault(keys[-1], []).append((keys[-2] if len(keys) > 1 else "", canonical(kind)))

    def _point(self, pointer: str, kind: str) -> None:
        node = self.root = self.root or Node()
        for key in pattern(pointer) if pointer else ():
            if key is None:
                node.each = node.each or Node()
                node = node.each
            else:
                node = node.members.setdefault(key, Node())
        node.kind = kind

    def named(self, key: str, holder: str) -> str | None:
        """The kind of ``key`` within ``holder``, by the names."""
        for wanted, kind in self.names.get(key, ()):
            if not wanted or wanted == holder:
                return kind
        return None


_NOWHERE: Final = Classification({})


def positions(classified: Mapping[str, str]) -> Classification:
    """The tree of a map, kept for the next answer of the same form."""
    if not classified:
        return _NOWHERE
    return Classification(classified) if len(classified) > _SMALL else _kept(tuple(classified.items()))


@lru_cache(maxsize=256)
def _kept(classified: tuple[tuple[str, str], ...]) -> Classification:
    return Classification(dict(classified))
