"""Arazzo descriptions (Arazzo Specification 1.0.1) from disk: their shape checked, each error with its place.

What a description means is decided where it is planned; here it is only checked against the objects of the
specification (4.6). Its sources are files next to it: nothing is fetched.
"""

from __future__ import annotations

import hashlib
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adaptgen.config.checker import Checker
from adaptgen.config.types import (
    Anything,
    Dialect,
    Either,
    Key,
    KeyPath,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Table,
    Text,
    TextKind,
)
from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

CODE = "AG016"

_VERSION = re.compile(r"1\.0(\.\d+)?")
_REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|//")
_DIALECT = Dialect({"text": TextKind(filled=False)}, CODE, CODE, extensions=True)

_ANY = Anything()
_TEXTS = MapOf(Text())

_KIND = OneOf(("simple", "regex", "jsonpath", "xpath"))
_CRITERION = Table({
    "context": Key(Text()),
    "condition": Key(Text(), required=True),
    "type": Key(Either((_KIND, Table({"type": Key(_KIND, required=True), "version": Key(Text())})))),
})  # fmt: skip
_CRITERIA = ListOf(_CRITERION)
_REFERENCE = {"reference": Key(Text()), "value": Key(_ANY)}
_PARAMETER = Table({"name": Key(Text()), "in": Key(OneOf(("path", "query", "header", "cookie"))), **_REFERENCE})
_SUCCESS = Table({
    "name": Key(Text()), "type": Key(OneOf(("end", "goto"))), "workflowId": Key(Text()), "stepId": Key(Text()),
    "criteria": Key(_CRITERIA), **_REFERENCE,
})  # fmt: skip
_FAILURE = Table({
    "name": Key(Text()), "type": Key(OneOf(("end", "goto", "retry"))), "workflowId": Key(Text()),
    "stepId": Key(Text()), "retryAfter": Key(Number(0, whole=False)), "retryLimit": Key(Number(0)),
    "criteria": Key(_CRITERIA), **_REFERENCE,
})  # fmt: skip
_BODY = Table({
    "contentType": Key(Text()),
    "payload": Key(_ANY),
    "replacements": Key(ListOf(Table({"target": Key(Text(), required=True), "value": Key(_ANY, required=True)}))),
})  # fmt: skip
_STEP = Table({
    "stepId": Key(Text(), required=True), "description": Key(Text()), "operationId": Key(Text()),
    "operationPath": Key(Text()), "workflowId": Key(Text()), "parameters": Key(ListOf(_PARAMETER)),
    "requestBody": Key(_BODY), "successCriteria": Key(_CRITERIA), "onSuccess": Key(ListOf(_SUCCESS)),
    "onFailure": Key(ListOf(_FAILURE)), "outputs": Key(_TEXTS),
}, exactly=(("operationId", "operationPath", "workflowId"),))  # fmt: skip
_WORKFLOW = Table({
    "workflowId": Key(Text(), required=True), "summary": Key(Text()), "description": Key(Text()), "inputs": Key(_ANY),
    "dependsOn": Key(ListOf(Text())), "steps": Key(ListOf(_STEP), required=True),
    "successActions": Key(ListOf(_SUCCESS)), "failureActions": Key(ListOf(_FAILURE)), "outputs": Key(_TEXTS),
    "parameters": Key(ListOf(_PARAMETER)),
})  # fmt: skip
_SOURCE = Table({
    "name": Key(Text(), required=True), "url": Key(Text(), required=True), "type": Key(OneOf(("openapi", "arazzo"))),
})  # fmt: skip
_ROOT = Table({
    "arazzo": Key(Text(), required=True), "info": Key(_ANY, required=True),
    "sourceDescriptions": Key(ListOf(_SOURCE), required=True), "workflows": Key(ListOf(_WORKFLOW), required=True),
    "components": Key(Table({
        "inputs": Key(MapOf(_ANY)), "parameters": Key(MapOf(_PARAMETER)), "successActions": Key(MapOf(_SUCCESS)),
        "failureActions": Key(MapOf(_FAILURE)),
    })),
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Description:
    """One Arazzo description. ``root`` has the shape of the specification; ``sources``: name of a source description
    -> the path of its document, relative to the working directory; ``digest``: SHA-256 of its bytes."""

    path: Path
    root: Mapping[str, Any]
    sources: Mapping[str, Path]
    digest: str = ""
    places: SourceMap | None = field(default=None, repr=False)

    def where(self, *keys: str | int) -> Where:
        """The place of a key path, or of its nearest ancestor that exists."""
        if self.places is None:
            return Where(self.path.as_posix())
        return self.places.where(*keys)


def read_description(path: Path) -> Description:
    """Read the description at ``path``. AG001 to AG005 for the text, AG016 for every part that has not the shape of the
    specification."""
    shown = path.as_posix()
    data = read_file(path, shown)
    parsed = parse(data, shown, strict=True)
    places = SourceMap(shown, parsed.syntax, path)
    checker = Checker(places.where, _DIALECT)
    root = parsed.value
    if not isinstance(root, dict) or "arazzo" not in root:
        checker.report("this is not an Arazzo description", (), "it begins with arazzo: 1.0.1, info: and workflows:")
    elif not _VERSION.fullmatch(str(root["arazzo"])):
        message = f"the version {root['arazzo']!r} of Arazzo is not read"
        checker.report(message, ("arazzo",), "adaptgen reads 1.0")
    else:
        checker.read(root, _ROOT, ())
    sources: dict[str, Path] = {}
    if not checker.errors:
        sources = _sources(root, path, checker)
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    return Description(path, root, sources, hashlib.sha256(data).hexdigest(), places)


def _sources(root: Mapping[str, Any], path: Path, checker: Checker) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for index, one in enumerate(root["sourceDescriptions"]):
        at: KeyPath = ("sourceDescriptions", index)
        if one["name"] in found:
            checker.report(f"two source descriptions are called {one['name']!r}", (*at, "name"))
        if one.get("type") == "arazzo":
            message = "workflows of another Arazzo description cannot be called"
            checker.report(message, (*at, "type"), "put the workflow into this one")
        elif _REMOTE.match(one["url"]):
            help = "save the document and name its file, relative to this one"
            checker.report(f"{one['url']!r} is not fetched", (*at, "url"), help)
        else:
            target = Path(posixpath.normpath((path.parent / one["url"].partition("#")[0]).as_posix()))
            if not target.is_file():
                checker.report(
                    f"there is no file {one['url']!r}", (*at, "url"), "paths are relative to this file", "AG001"
                )
            found[one["name"]] = target
    ids: set[str] = set()
    for index, one in enumerate(root["workflows"]):
        if one["workflowId"] in ids:
            message = f"two workflows are called {one['workflowId']!r}"
            checker.report(message, ("workflows", index, "workflowId"))
        ids.add(one["workflowId"])
        if not one["steps"]:
            checker.report("a workflow has at least one step", ("workflows", index, "steps"))
    return found
