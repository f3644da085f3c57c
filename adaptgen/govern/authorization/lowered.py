"""Policies that were read and checked when a bundle was made, so that no start of a function does it again.

The file lies next to the settings. Its first line is a digest of all that its policies were made from: the texts of
the policies, the tools with their schemas, the claims, this version of adaptgen, and of the policies below it. A file
that does not fit, or was changed, is not used: the policies are then read and checked as they are without it.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Iterable, Mapping
from pathlib import Path

import orjson

from adaptgen import __version__
from adaptgen.diagnostics import Where
from adaptgen.govern.authorization.authorizer import action
from adaptgen.govern.authorization.policies import Policy, validated
from adaptgen.mcp.protocol import ToolInfo

FORMAT = b"adaptgen lowered policies 2"
"""Another one when policies become something else than before."""
SUFFIX = ".policies"
"""``deployed.yaml`` -> ``deployed.policies``."""


def lower(files: Mapping[str, str], tools: Iterable[ToolInfo], claims: Iterable[str]) -> bytes:
    """The file for these policies (path -> text), tools and claims; AG072 where they are wrong."""
    tools, claims = tuple(tools), tuple(claims)
    found = [
        {
            "id": one.id,
            "file": one.where.file,
            "line": one.where.line,
            "column": one.where.column,
            "text": one.text,
            "body": one.body,
        }
        for one in validated(files, map(action, tools), claims)
    ]
    content = json.dumps(found, ensure_ascii=True, separators=(",", ":")).encode()
    return _digest(files, tools, claims, content) + b"\n" + content


def read_lowered(
    data: bytes, files: Mapping[str, str], tools: Iterable[ToolInfo], claims: Iterable[str], folder: str = ""
) -> tuple[Policy, ...] | None:
    """The policies of a file that :func:`lower` made, if it was made of exactly these, else None. ``folder``: what the
    paths of policies are relative to, for errors."""
    said, _, content = data.partition(b"\n")
    try:
        if said != _digest(files, tools, claims, content):
            return None
    except TypeError:  # a schema that JSON cannot hold
        return None
    found = []
    for one in orjson.loads(content):
        where = Where(posixpath.join(folder, one["file"]), one["line"], one["column"])
        found.append(Policy(one["id"], where, one["text"], one["body"]))
    return tuple(found)


def lowered_next_to(settings: Path) -> bytes:
    """The file next to settings; b"" if it is missing."""
    try:
        return settings.with_suffix(SUFFIX).read_bytes()
    except OSError:
        return b""


def _digest(files: Mapping[str, str], tools: Iterable[ToolInfo], claims: Iterable[str], content: bytes) -> bytes:
    """SHA-256, in hex. Each part with its length, so that none can pass for another."""
    schemas = [
        [
            one.action, one.server, one.effect, one.open and one.trusted, one.creates, one.actions_before,
            one.wire.get("inputSchema"),
        ]
        for one in sorted(tools, key=lambda one: one.action)
    ]  # fmt: skip
    hashed = hashlib.sha256(FORMAT)
    for part in (
        __version__.encode(),
        orjson.dumps(sorted(files.items())),
        orjson.dumps(tuple(claims)),
        orjson.dumps(schemas, option=orjson.OPT_SORT_KEYS),
        content,
    ):
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest().encode()
