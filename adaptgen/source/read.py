"""A document from disk: its version, its tree, and the one shape that later stages read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.source.document import Document
from adaptgen.source.other_formats import HELP, LOOK, describe_mapping, describe_text
from adaptgen.source.tree import Tree
from adaptgen.source.upgrade import upgrade


def read(path: Path, overlays: Sequence[Path] = (), local: Mapping[str, Path] = {}) -> Document:
    """Read an OpenAPI document and every file that it refers to. ``overlays`` are applied first, in order; ``local``:
    URL of a reference -> the file that is read instead.

    Swagger 2.0 is turned into the shape of OpenAPI 3.0; 3.0 and 3.1 stay as they are. What can be understood is read,
    the rest is said in ``diagnostics`` (all of them warnings).

    Raises:
        AdaptgenError: AG001 to AG005, for a file that cannot be read at all; AG014, for an overlay that cannot be
            applied.
    """
    try:
        tree = Tree(path, overlays, local)
    except AdaptgenError as problem:
        what, help = _describe(path) if problem.diagnostics[0].code == "AG002" else ("", "")
        if what:
            message = f"this is not an OpenAPI document: it is {what}"
            raise error("AG004", message, Where(path.as_posix(), 1, 1), help) from None
        raise
    version, family = _version(tree.entry.value, tree.entry.places.file, tree)
    if family == "3.2":
        message = f"OpenAPI {version} is read as 3.1"
        tree.diagnostics.append(Diagnostic("AG020", message, tree.locate(["openapi"]), severity="warning"))
    root = tree.bundle()
    if family != "2.0":
        return Document(root, version, path, tree.inputs, tuple(tree.diagnostics), tree.locate)
    upgraded = upgrade(root)

    def locate(at: list[str]) -> Where:
        return tree.locate(upgraded.original(at))

    found = [Diagnostic(one.code, one.message, tree.locate(one.at), one.help, "warning") for one in upgraded.findings]
    return Document(upgraded.root, version, path, tree.inputs, (*tree.diagnostics, *found), locate)


def _describe(path: Path) -> tuple[str, str]:
    """What a file is that cannot be parsed, and what to do."""
    try:
        with path.open("rb") as file:
            return describe_text(file.read(LOOK).decode("utf-8", "replace"), path)
    except OSError:
        return "", ""


def _version(root: Any, file: str, tree: Tree) -> tuple[str, str]:
    """The version as declared, and "2.0", "3.0", "3.1" or "3.2"."""
    if not isinstance(root, dict):
        what, help = describe_text(root) if isinstance(root, str) else ("", "")
        if isinstance(root, str) and root.lstrip().startswith(("{", "openapi:", "swagger:")):
            what, help = "a text that holds a document", "take the document out of the quotes"
        kind = {list: "a list", str: "a text", type(None): "empty"}.get(type(root), "a single value")
        message = f"this is not an OpenAPI document: the file is {what or kind}"
        raise error("AG004", message, Where(file, 1, 1), help or HELP)
    for key in ("openapi", "swagger", "swaggerVersion"):
        declared = root.get(key)
        if declared is None:
            continue
        version = str(declared).strip()
        match = re.match(r"v?(\d+)\.(\d+)(?![\d])|v?(\d+)$", version)
        if match:
            major, minor = match[1] or match[3], match[2] or "0"
            if (major, minor) == ("2", "0") or (major == "3" and minor in "012"):
                return version, f"{major}.{minor}"
        where = tree.locate([key])
        if key == "swaggerVersion" or version.startswith("1."):
            raise error("AG004", f"Swagger {version} is not read", where, f"convert it to OpenAPI 3.0 first; {HELP}")
        raise error("AG004", f"the version {version!r} of OpenAPI is not read", where, HELP)
    other = describe_mapping(root)
    if other is not None:
        key, what, help = other
        raise error("AG004", f"this is not an OpenAPI document: it is {what}", tree.locate([key]), help)
    if "paths" in root:
        message = "the document has paths but does not say which version of OpenAPI it follows"
        raise error("AG004", message, Where(file, 1, 1), 'add openapi: "3.0.3", or swagger: "2.0" as the case may be')
    raise error("AG004", "this is not an OpenAPI document: it has neither openapi nor swagger", Where(file, 1, 1), HELP)
