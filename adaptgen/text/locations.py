"""Locations of the nodes of a file in its text, computed on demand."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from json.decoder import scanstring  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.model.frozen import lazy
from adaptgen.syntax.json_pointer import join
from adaptgen.text.decode import SourceText, decode

_BLANK = lazy(r"(?:[ \t\n\r,]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)


class SourceMap:
    """The places of one file. ``syntax`` is ``"json"`` or ``"yaml"``, as ``parse`` found; ``text`` is the text, or the
    path of a file that is read again when a place is asked for."""

    def __init__(self, file: str, syntax: str, text: SourceText | Path) -> None:
        self.file = file
        self.syntax = syntax
        self._text = text
        self._index: _Json | _Yaml | None = None

    def where(self, *keys: str | int) -> Where:
        """The key (or list item) at ``keys``, or its nearest ancestor; the file alone if it cannot be read again."""
        if not keys:
            return Where(self.file, 1, 1)
        if self._index is None:
            try:
                text = decode(self._text.read_bytes(), self.file) if isinstance(self._text, Path) else self._text
            except (OSError, AdaptgenError):
                return Where(self.file)
            self._index = _Json(text) if self.syntax == "json" else _Yaml(text)
        return self._index.where([str(key) for key in keys])


class _Json:
    """Scans only the collections on the way to what is asked for, and remembers them by their offset."""

    def __init__(self, text: SourceText) -> None:
        self.text = text
        self.members: dict[int, dict[str, tuple[int, int]]] = {}
        self.decoder = json.JSONDecoder(strict=False)

    def where(self, tokens: list[str]) -> Where:
        best = value = self.skip(0)
        reached: list[str] = []
        for token in tokens:
            try:
                best, value = self.scan(value)[token]
            except (KeyError, ValueError, IndexError, RecursionError):
                break
            reached.append(token)
        where = self.text.where(best)
        return replace(where, pointer=join(*reached)) if self.text.has_long_line(best) else where

    def skip(self, offset: int) -> int:
        match = _BLANK.match(self.text.text, offset)
        return match.end() if match else offset

    def scan(self, start: int) -> dict[str, tuple[int, int]]:
        """Key or index -> (offset of the key, offset of the value)."""
        if start in self.members:
            return self.members[start]
        text = self.text.text
        found: dict[str, tuple[int, int]] = {}
        self.members[start] = found
        opening = text[start]
        if opening not in "{[":
            return found
        at = self.skip(start + 1)
        while text[at] not in "}]":
            key = at
            name = str(len(found))
            if opening == "{":
                name, at = scanstring(text, at + 1, False)
                at = self.skip(at)
                at = self.skip(at + 1)
            found[name] = (key, at)
            _, at = self.decoder.raw_decode(text, at)
            at = self.skip(at)
        return found


class _Node:
    __slots__ = ("children", "column", "line")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.children: dict[str, _Node] | None = None


class _Yaml:
    """One pass over the events of the text, kept as a tree of marks."""

    def __init__(self, text: SourceText) -> None:
        import yaml

        self.file = text.file
        self.root = _Node(1, 1)
        # Old line breaks are characters here as in yaml12, so that lines count as editors count them.
        plain = re.sub("[\x85\u2028\u2029]", " ", text.text)
        plain = re.sub(r"(?m)^ *\t[ \t]*$", "", plain)
        try:
            self.read(plain)
        except yaml.YAMLError:
            pass  # what was read until there still has its places

    def where(self, tokens: list[str]) -> Where:
        node = self.root
        for token in tokens:
            below = node.children.get(token) if node.children else None
            if below is None:
                break
            node = below
        return Where(self.file, node.line, node.column)

    def read(self, text: str) -> None:
        import yaml  # as in adaptgen.text.parse: only where there is YAML

        from adaptgen.text.yaml import LOADER

        anchors: dict[str, _Node] = {}
        stack: list[tuple[_Node, bool]] = []  # (node, is a mapping)
        key: list[_Node | None] = []  # per open mapping: the key that waits for its value
        for event in yaml.parse(text, Loader=LOADER):
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                stack.pop()
                key.pop()
                continue
            if isinstance(event, yaml.DocumentEndEvent):
                return
            if not isinstance(event, (yaml.NodeEvent,)):
                continue
            node = self.place(event, stack, key, anchors)
            if isinstance(event, yaml.CollectionStartEvent):
                node.children = {}
                stack.append((node, isinstance(event, yaml.MappingStartEvent)))
                key.append(None)
            if event.anchor and not isinstance(event, yaml.AliasEvent):
                anchors[event.anchor] = node

    def place(
        self, event: Any, stack: list[tuple[_Node, bool]], key: list[_Node | None], anchors: dict[str, _Node]
    ) -> _Node:
        import yaml

        if not stack:
            return self.root
        parent, is_mapping = stack[-1]
        children = parent.children if parent.children is not None else {}
        if not is_mapping:
            node = _Node(event.start_mark.line + 1, event.start_mark.column + 1)
            children[str(len(children))] = node
        elif key[-1] is None:
            node = _Node(event.start_mark.line + 1, event.start_mark.column + 1)
            key[-1] = node
            children[getattr(event, "value", "")] = node
            return node
        else:
            node, key[-1] = key[-1], None
        if isinstance(event, yaml.AliasEvent) and event.anchor in anchors:
            node.children = anchors[event.anchor].children
        return node
