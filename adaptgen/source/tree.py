"""A tree of files as one document: relative ``$ref``s are bundled, never the network, never outside of the folder."""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.source.document import FILES
from adaptgen.source.overlays import Overlaid, read_overlay
from adaptgen.source.references import Place, link, losses, walk
from adaptgen.syntax import json_pointer as pointers
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import Parsed, parse

MAX_FILES = 10_000
"""How many files one tree may have."""

_NAMED = 5
"""Operations that a message names."""
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_PROSE = (".md", ".txt", ".html")


class File:
    """One file of the tree. ``name`` is its path relative to the entry's folder, with forward slashes."""

    def __init__(self, name: str, path: Path, shown: str, data: bytes, parsed: Parsed) -> None:
        self.name = name
        self.digest = hashlib.sha256(data).hexdigest()
        self.value = parsed.value
        self.refs = parsed.refs
        self.diagnostics = parsed.diagnostics
        self.places = SourceMap(shown, parsed.syntax, path)
        self.seen: set[int] = set()
        self.overlaid: Overlaid | None = None

    def where(self, at: list[str]) -> Where:
        place = at if self.overlaid is None else self.overlaid.locate(at)
        return place if isinstance(place, Where) else self.places.where(*place)


class Tree:
    """The entry document and the files that it refers to, read one by one, with every reference made internal."""

    def __init__(self, entry: Path, overlays: Sequence[Path] = (), local: Mapping[str, Path] = {}) -> None:
        self.folder = entry.parent
        data = read_file(entry, entry.as_posix())
        self.entry = File(entry.name, entry, entry.as_posix(), data, parse(data, entry.as_posix()))
        self.files: dict[str, File | None] = {}
        self.diagnostics = list(self.entry.diagnostics)
        self.said: set[tuple[str, str]] = set()
        self.lost: dict[str, int] = {}
        self.local = {url: _relative(file, self.folder) for url, file in local.items()}
        self.internal: set[str] = set()
        self.overlays = tuple(read_overlay(one, entry) for one in overlays)
        self.overlay()

    def overlay(self) -> None:
        """Apply the overlays to the entry."""
        if not self.overlays:
            return
        overlaid = Overlaid(self.entry.value)
        for one in self.overlays:
            self.diagnostics += one.diagnostics
            self.diagnostics += overlaid.apply(one)
        self.entry.value = overlaid.root
        self.entry.refs = self.entry.refs | overlaid.added
        self.entry.overlaid = overlaid

    @property
    def inputs(self) -> tuple[tuple[str, str], ...]:
        """(path relative to the entry's folder, SHA-256) of every file and overlay, sorted."""
        files = [self.entry, *(file for file in self.files.values() if file is not None)]
        found = {file.name: file.digest for file in files}
        found |= {_relative(one.path, self.folder): one.digest for one in self.overlays}
        return tuple(sorted(found.items()))

    def locate(self, at: list[str]) -> Where:
        """The place of a pointer into the bundled root."""
        if len(at) > 1 and at[0] == FILES:
            file = self.files.get(at[1])
            if file is not None:
                return file.where(at[2:])
        return self.entry.where(at)

    def bundle(self) -> dict[str, Any]:
        """The root of the entry with the other files under ``x-adaptgen-files`` and all references internal.

        References that lead nowhere stay as they are and are reported (AG010), as do those that leave the folder or
        the machine (AG011) and those that lead to themselves (AG012).
        """
        root: dict[str, Any] = self.entry.value
        self.internal = {ref for ref in self.entry.refs if ref.startswith("#") and self.found(root, ref)}
        if len(self.internal) == len(self.entry.refs):
            self.cycles(root)
            return root
        queue: deque[tuple[File, Any, list[str]]] = deque([(self.entry, root, [])])
        maps: list[Place] = []
        while queue:
            file, value, start = queue.popleft()
            for place in walk(value, file.seen, link(start)):
                target = self.resolve(file, place)
                if target is None:
                    continue
                other, at, node = target
                if isinstance(node, str) and place.parent is not None:
                    place.parent[place.key] = node  # prose in a file of its own
                    continue
                if place.is_map and isinstance(node, dict):
                    maps.append(place)
                # What is referred to is walked even where the walk does not come by: another file, an extension.
                if isinstance(node, (dict, list)) and id(node) not in other.seen:
                    queue.append((other, node, at))
        bundled = {name: file.value for name, file in sorted(self.files.items()) if file is not None}
        if bundled:
            root[FILES] = bundled
        for place in maps:
            _spread(root, place.node)
        for ref, users in losses(root, self.lost).items():
            one = self.diagnostics[self.lost[ref]]
            more = f" and {len(users) - _NAMED} more" if len(users) > _NAMED else ""
            message = f"{one.message}; without it: {', '.join(users[:_NAMED])}{more}"
            self.diagnostics[self.lost[ref]] = replace(one, message=message)
        self.cycles(root)
        return root

    def found(self, root: Any, ref: str) -> bool:
        try:
            pointers.resolve(root, ref)
        except LookupError:
            return False
        return True

    def cycles(self, root: dict[str, Any]) -> None:
        """Report references that lead to themselves."""
        endless = pointers.endless(root, self.internal) & self.internal
        if endless:
            for place in walk(root, set()):
                ref = place.node[place.name]
                if ref in endless:
                    self.say("AG012", ref, "leads to itself", self.locate(place.tokens), "point it at a definition")

    def say(self, code: str, ref: str, what: str, where: Where, help: str) -> None:
        if (code, ref) not in self.said:
            self.said.add((code, ref))
            self.diagnostics.append(Diagnostic(code, f"the $ref {ref!r} {what}", where, help, "warning"))

    def resolve(self, file: File, place: Place) -> tuple[File, list[str], Any] | None:
        """The file, pointer and value that a reference leads to; the reference is rewritten. None: left as it is."""
        ref = place.node[place.name]
        path, _, fragment = ref.partition("#")
        other = file
        if path:
            named = self.by_name(file, place, ref)
            if named is not None:
                return named
            found = self.other(file, place, ref, path)
            if found is None:
                return None
            other = found
        try:
            at = pointers.split(fragment)
            node = pointers.follow(other.value, at)
        except LookupError:
            return self.elsewhere(file, other, place, ref, fragment)
        self.rewrite(place, other, fragment)
        return other, at, node

    def rewrite(self, place: Place, file: File, fragment: str) -> None:
        if file is self.entry:
            place.node[place.name] = f"#{fragment}"
        else:
            # The pointer is percent-decoded when it is read: a percent sign of the name must survive that.
            name = pointers.escape(file.name).replace("%", "%25")
            place.node[place.name] = f"#/{FILES}/{name}{fragment}"
        self.internal.add(place.node[place.name])

    def by_name(self, file: File, place: Place, ref: str) -> tuple[File, list[str], Any] | None:
        """``$ref: Pet``, as Swagger 1.2 had it, names a definition."""
        if "/" in ref or "#" in ref or _is_file(self.folder / Path(file.name).parent / ref):
            return None
        for at in (["definitions", ref], ["components", "schemas", ref]):
            try:
                node = pointers.follow(self.entry.value, at)
            except LookupError:
                continue
            where = file.where(place.tokens)
            self.say(
                "AG020", ref, "is a bare name and was read as that of a schema", where, f"write {pointers.join(*at)}"
            )
            self.rewrite(place, self.entry, pointers.join(*at)[1:])
            return self.entry, at, node
        return None

    def elsewhere(
        self, file: File, other: File, place: Place, ref: str, fragment: str
    ) -> tuple[File, list[str], Any] | None:
        """A pointer that the file does not have: perhaps the entry has it, perhaps it goes through a reference."""
        where = file.where(place.tokens)
        if other is file and file is not self.entry and self.found(self.entry.value, f"#{fragment}"):
            self.rewrite(place, self.entry, fragment)
            what = "is not in this file and was read as one into the entry document"
            self.say("AG020", ref, what, where, f"write {self.entry.name}#{fragment}")
            at = pointers.split(fragment)
            return self.entry, at, None
        if other is self.entry and self.found(self.entry.value, f"#{fragment}"):
            self.rewrite(place, other, fragment)
            return None
        self.say("AG010", ref, "leads nowhere", where, "correct it, or add what it names")
        if other is not self.entry:
            # What does not exist must not be found by chance in the entry.
            self.rewrite(place, other, fragment)
        return None

    def other(self, file: File, place: Place, ref: str, path: str) -> File | None:
        """The file that a reference names, read if need be; None, and a diagnostic, if that is not possible."""
        where_at = place.tokens
        folder = posixpath.dirname(file.name)
        if (local := self.mapped(path)) is not None:
            path, folder = local, ""
        elif _ABSOLUTE.match(path):
            self.lost.setdefault(ref, len(self.diagnostics))
            what = "leads off this machine and is not followed"
            help = f"save it below the folder of the document and map it in the hints: references: {{{path}: FILE}}"
            self.say("AG011", ref, what, file.where(where_at), help)
            return None
        decoded = unquote(path.partition("?")[0])
        for candidate in dict.fromkeys((decoded, path)):
            name = posixpath.normpath(posixpath.join(folder, candidate.replace("\\", "/")))
            if name == self.entry.name:
                return self.entry
            if self.escapes(name):
                what = "leaves the folder of the document and is not followed"
                self.say("AG011", ref, what, file.where(where_at), "put the file below the folder of the document")
                return None
            if name in self.files:
                return self.files[name]
            if _is_file(self.folder / name):
                return self.read(name, file, where_at)
        self.say(
            "AG010", ref, "leads to a file that does not exist", file.where(where_at), "correct it, or add the file"
        )
        return None

    def mapped(self, url: str) -> str | None:
        """The file for ``url``, relative to the folder of the document: the hints map it, or a URL that it begins
        with and that ends in ``/``."""
        known = [one for one in self.local if url == one or (one.endswith("/") and url.startswith(one))]
        if not known:
            return None
        longest = max(known, key=len)
        return posixpath.join(self.local[longest], url[len(longest) :]) if longest != url else self.local[longest]

    def escapes(self, name: str) -> bool:
        if name.startswith(("../", "/")) or name in ("..", ".") or "\x00" in name:
            return True
        try:
            return not (self.folder / name).resolve().is_relative_to(self.folder.resolve())
        except (OSError, RuntimeError):
            return True

    def read(self, name: str, file: File, where_at: list[str]) -> File | None:
        if len(self.files) >= MAX_FILES:
            raise error("AG005", f"the tree has more than {MAX_FILES:,} files", file.where(where_at))
        path = self.folder / name
        self.files[name] = None
        try:
            data = read_file(path, path.as_posix())
            if path.suffix.lower() in _PROSE:
                parsed = Parsed(data.decode("utf-8", "replace"), frozenset(), "yaml", ())
            else:
                parsed = parse(data, path.as_posix())
        except AdaptgenError as broken:
            # The document goes on without the file; what it would have held is missing, and said to be.
            help = "everything that refers to this file is missing"
            self.diagnostics += (
                Diagnostic(one.code, one.message, one.where, one.help or help, "warning") for one in broken.diagnostics
            )
            return None
        read = File(name, path, path.as_posix(), data, parsed)
        self.files[name] = read
        self.diagnostics += parsed.diagnostics
        return read


def _is_file(path: Path) -> bool:
    """Whether there is such a file; False for a name that no file can have (too long, with a NUL)."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _relative(path: Path, folder: Path) -> str:
    return posixpath.relpath(path.resolve().as_posix(), folder.resolve().as_posix())


def _spread(root: dict[str, Any], node: dict[str, Any]) -> None:
    """A map of names that is a reference becomes a map of references. Copying what is there could go in circles."""
    ref = node.pop("$ref")
    target = pointers.resolve(root, ref)
    for name, value in list(target.items()):
        if isinstance(value, dict):
            node.setdefault(name, {"$ref": f"{ref}/{pointers.escape(name).replace('%', '%25')}"})
        elif not isinstance(value, list):
            node.setdefault(name, value)
