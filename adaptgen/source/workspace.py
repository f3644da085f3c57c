"""``specs/adaptgen.yaml``: many APIs, and what they share. What an API says itself always wins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adaptgen.config.checker import Checker
from adaptgen.config.json_schema import published
from adaptgen.config.types import Key, ListOf, MapOf, Number, Table, Text
from adaptgen.diagnostics import AdaptgenError, Where, did_you_mean
from adaptgen.model import tables as model
from adaptgen.source.hints.kinds import HINTS_DIALECT
from adaptgen.source.hints.names import check_auth
from adaptgen.source.hints.table import AUTH, DEFAULTS, SENSITIVE
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

NAME = "adaptgen.yaml"
"""The file, next to the documents."""

FLEET = Table({
    "adaptgen": Key(Number(1, 1), "The format of this file"),
    "apis": Key(MapOf(Table({
        "spec": Key(Text("file"), "Its document, relative to this file", required=True),
        "auth": Key(ListOf(Text("name")), "Which of the shared ways to authenticate it has; all, if nothing is said"),
    }), key="name"), "The APIs, by names of your choice", required=True),
    "auth": Key(MapOf(AUTH, key="auth"), "Ways to authenticate, as in hints"),
    "defaults": Key(DEFAULTS, "As in hints"),
    "sensitive": Key(SENSITIVE, "As in hints"),
    "governance": Key(Text("file"), "Settings of every server without its own, relative to this file"),
})  # fmt: skip


@model.value()
class WorkspaceDefaults:
    """What one API inherits: members of a hints file, and their locations."""

    raw: Mapping[str, Any] = field(default_factory=dict)
    where: Callable[..., Where] | None = field(default=None, repr=False)

    def under(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The hints ``own`` with everything inherited that they do not say."""
        merged = dict(own)
        for key, value in self.raw.items():
            merged[key] = {**value, **own.get(key, {})}
        return merged

    def digest(self) -> str:
        """A hash of what is inherited; "" for nothing."""
        text = json.dumps(self.raw, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest() if any(self.raw.values()) else ""


NOTHING = WorkspaceDefaults()


@dataclass(frozen=True, eq=False)
class Workspace:
    """The whole file. ``specs``: the documents, in the order of the file."""

    path: Path
    raw: Mapping[str, Any]
    places: SourceMap = field(repr=False)

    @property
    def specs(self) -> list[Path]:
        return [self.path.parent / one["spec"] for one in self.raw["apis"].values()]

    @property
    def governance(self) -> Path | None:
        """The settings of every server without its own."""
        said = self.raw.get("governance")
        return self.path.parent / said if said else None

    def shared(self, folder: str) -> WorkspaceDefaults:
        """The defaults of the API whose side files are in the folder of that name."""
        for one in self.raw["apis"].values():
            if Path(one["spec"]).with_suffix("").as_posix() == folder:
                auth = self.raw.get("auth", {})
                chosen = {name: auth[name] for name in one.get("auth", auth)}
                parts = {"auth": chosen, **{key: self.raw.get(key, {}) for key in ("defaults", "sensitive")}}
                return WorkspaceDefaults({key: value for key, value in parts.items() if value}, self.places.where)
        return NOTHING

    def holds(self, spec: Path) -> bool:
        """Whether ``spec`` is one of its documents."""
        return any(one.resolve() == spec.resolve() for one in self.specs)


def read_fleet(path: Path) -> Workspace:
    """Read the file.

    Raises:
        AdaptgenError: every error of the file at once, each with its place (AG001 to AG005, AG030, AG031, AG035 to
            AG039).
    """
    shown = path.as_posix()
    parsed = parse(read_file(path, shown), shown, strict=True)
    raw = parsed.value if parsed.value is not None else {}
    places = SourceMap(shown, parsed.syntax, path)
    checker = Checker(places.where, HINTS_DIALECT)
    checker.read(raw, FLEET, ())
    if not checker.errors:
        _check(raw, path, checker)
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    return Workspace(path, raw, places)


def _check(raw: Mapping[str, Any], path: Path, checker: Checker) -> None:
    known = raw.get("auth", {})
    specs: dict[Path, str] = {}
    for name, api in raw["apis"].items():
        spec = path.parent / api["spec"]
        if Path(api["spec"]).name != api["spec"]:
            checker.report("the document must be next to this file", ("apis", name, "spec"))
        if (other := specs.setdefault(spec, name)) != name:
            checker.report(f"{other!r} has the same document", ("apis", name, "spec"), code="AG039")
        for index, one in enumerate(api.get("auth", ())):
            if one not in known:
                at = ("apis", name, "auth", index)
                checker.report(f"no shared auth is called {one!r}", at, did_you_mean(one, set(known)), "AG037")
    if "governance" in raw and not (path.parent / raw["governance"]).is_file():
        checker.report(f"{raw['governance']} cannot be read", ("governance",), code="AG001")
    for name, auth in known.items():
        check_auth(auth, ("auth", name), checker)


def fleet_of(folder: Path) -> Workspace | None:
    """The fleet of the documents in ``folder``, where there is one."""
    path = folder / NAME
    return read_fleet(path) if path.is_file() else None


def schema_text() -> str:
    """The published file, ``docs/fleet.schema.json``."""
    about = "Many APIs, and what they share (specs/adaptgen.yaml)"
    return published(FLEET, HINTS_DIALECT, "A fleet of adaptgen", about)
