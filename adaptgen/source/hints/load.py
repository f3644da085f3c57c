"""``hints.yaml`` from disk: checked against the table, then made into typed values."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from adaptgen.config.checker import Checker
from adaptgen.config.types import parse_duration
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.plan import Registry
from adaptgen.source.arazzo import Description, read_description
from adaptgen.source.document import Document, Part
from adaptgen.source.hints import values as hint_values
from adaptgen.source.hints.kinds import HINTS_DIALECT
from adaptgen.source.hints.model import Hints, SourceHint
from adaptgen.source.hints.names import check_names
from adaptgen.source.hints.table import HINTS
from adaptgen.source.merge_documents import join
from adaptgen.source.read import read
from adaptgen.source.workspace import NOTHING, WorkspaceDefaults, fleet_of
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse


def read_hints(path: Path) -> Hints:
    """Read a hints file and the other documents that it names. What the fleet shares (``adaptgen.yaml`` in the folder
    above) is merged under what the file says; a file that is not there says nothing.

    Raises:
        AdaptgenError: every error of the file at once, each with its place (AG001 to AG005 for the text itself, AG030
            and AG031, AG035 to AG037, AG039), or the errors of another document.
    """
    shown = path.as_posix()
    fleet = fleet_of(path.parent.parent)
    shared = fleet.shared(path.parent.name) if fleet else NOTHING
    there = path.exists() or not shared.raw
    data = read_file(path, shown) if there else b"{}"
    # A file of comments only says nothing, which is fine.
    parsed = parse(data, shown, strict=True)
    raw = {} if parsed.value is None else parsed.value
    places = SourceMap(shown, parsed.syntax, path)
    checker = Checker(places.where, HINTS_DIALECT)
    checker.read(raw, HINTS, ())
    own_raw = raw
    if not checker.errors:
        check_names(raw, checker)
        raw = shared.under(raw)
        _files(raw, path.parent, checker)
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    documents, inputs = _documents(raw, path, places.where)
    workflows = tuple(read_description(path.parent / one) for one in raw.get("workflows", ()))
    inputs += described(workflows, path, documents)
    own = [(path.name, hashlib.sha256(data).hexdigest())] if there else []
    server, defaults = raw.get("server", {}), raw.get("defaults", {})
    return Hints(
        path=path,
        **hint_values.given(server, "name", "title", "base_url", "surface"),
        registry=Registry(**server.get("registry", {})),
        trusted_origins=tuple(server.get("trusted_origins", ())),
        credentials=hint_values.credentials(server.get("credentials", {})),
        **hint_values.given(defaults, "page_size", "max_bytes"),
        form=defaults.get("result"),
        timeout=parse_duration(raw.get("connection", {}).get("timeout")),
        source=SourceHint(**raw["source"]) if "source" in raw else None,
        connection=hint_values.connection(raw.get("connection", {})),
        auth={name: hint_values.auth(one) for name, one in raw.get("auth", {}).items()},
        sensitive=raw.get("sensitive", {}),
        tools={name: hint_values.tool(one) for name, one in raw.get("tools", {}).items()},
        hide=tuple(raw.get("hide", ())),
        pin=tuple(raw.get("pin", ())),
        joins={name: hint_values.joined(one, path.parent) for name, one in raw.get("documents", {}).items()},
        overlays=tuple(_beside(path, one) for one in raw.get("overlays", ())),
        references={url: _beside(path, one) for url, one in raw.get("references", {}).items()},
        workflows=workflows,
        documents=documents,
        inputs=tuple(sorted({*own, *inputs})),
        locate=partial(_locate, places, own_raw, shared),
    )


def _beside(hints: Path, file: str) -> Path:
    """A file that the hints name, relative to them."""
    return Path(posixpath.normpath((hints.parent / file).as_posix()))


def read_under(path: Path, hints: Hints) -> Document:
    """The document at ``path`` as its hints want it: under their overlays, with the other documents joined to it.

    Raises:
        AdaptgenError: as :func:`adaptgen.source.read` does.
    """
    document = read(path, hints.overlays, hints.references)
    if not hints.joins:
        return document
    joined = (
        (Part(name, one.base_url), read(one.path, (), hints.references)) for name, one in sorted(hints.joins.items())
    )
    return join(document, joined)


def _locate(places: SourceMap, own: Mapping[str, Any], shared: WorkspaceDefaults, keys: list[str]) -> Where:
    """In the file itself, or where the fleet says what it does not."""
    inherited = len(keys) > 1 and keys[1] in shared.raw.get(keys[0], {}) and keys[1] not in own.get(keys[0], {})
    return shared.where(*keys) if inherited and shared.where is not None else places.where(*keys)


# ------------------------------------------------------------------------------------------------ what names what


def _files(raw: Mapping[str, Any], folder: Path, checker: Checker) -> None:
    """The files must be there; a reference to a certificate is looked up when the server runs."""
    for index, named in enumerate(raw.get("overlays", ())):
        if not (folder / named).is_file():
            checker.report(
                f"there is no file {named!r}", ("overlays", index), "paths are relative to the hints", "AG001"
            )
    for index, named in enumerate(raw.get("workflows", ())):
        if not (folder / named).is_file():
            checker.report(
                f"there is no file {named!r}", ("workflows", index), "paths are relative to the hints", "AG001"
            )
    for url, named in raw.get("references", {}).items():
        if not (folder / named).exists():
            checker.report(
                f"there is no file {named!r}", ("references", url), "paths are relative to the hints", "AG001"
            )
    for name, one in raw.get("documents", {}).items():
        named = one if isinstance(one, str) else one["file"]
        if not (folder / named).is_file():
            help = "paths are relative to the hints"
            checker.report(f"there is no file {named!r}", ("documents", name), help, "AG001")
    connection = raw.get("connection", {})
    for key in ("ca", "client_cert"):
        named = connection.get(key, "")
        if named and "${" not in named and not (folder / named).is_file():
            help = "paths are relative to the hints; a secret is referred to: ${secret:name}"
            checker.report(f"connection.{key}: there is no file {named!r}", ("connection", key), help, "AG001")


# ---------------------------------------------------------------------------------------------- other documents


def _documents(
    raw: Mapping[str, Any], path: Path, where: Callable[..., Where]
) -> tuple[dict[str, Document], list[tuple[str, str]]]:
    documents: dict[str, Document] = {}
    inputs: list[tuple[str, str]] = []
    for name, at in _named(raw, ()):
        if name in documents:
            continue
        try:
            documents[name] = read(path.parent / name)
        except AdaptgenError as broken:
            first = broken.diagnostics[0]
            if first.code != "AG001":
                raise
            raise AdaptgenError(Diagnostic("AG001", f"{name}: {first.message}", where(*at))) from None
        folder = posixpath.dirname(name)
        inputs += ((posixpath.normpath(posixpath.join(folder, one)), digest) for one, digest in documents[name].inputs)
    return documents, inputs


def described(workflows: Iterable[Description], path: Path, documents: dict[str, Document]) -> list[tuple[str, str]]:
    """Read the documents that Arazzo descriptions name into ``documents``, by their paths, except the one that the
    hints at ``path`` are about; returns what was read."""
    inputs: list[tuple[str, str]] = []
    for one in workflows:
        inputs.append((posixpath.relpath(one.path.as_posix(), path.parent.as_posix()), one.digest))
        for target in one.sources.values():
            own = target.with_suffix("").resolve() == path.parent.resolve()
            if own or target.as_posix() in documents:
                continue
            found = documents[target.as_posix()] = read(target)
            folder = posixpath.relpath(target.parent.as_posix(), path.parent.as_posix())
            inputs += ((posixpath.normpath(posixpath.join(folder, name)), digest) for name, digest in found.inputs)
    return inputs


def _named(value: Any, at: tuple[str | int, ...]) -> Iterable[tuple[str, tuple[str | int, ...]]]:
    """Every ``document`` next to or inside a ``call``."""
    if isinstance(value, dict):
        if "call" in value:
            call = value["call"]
            if isinstance(call, dict) and isinstance(call.get("document"), str):
                yield call["document"], (*at, "call", "document")
            if isinstance(value.get("document"), str):
                yield value["document"], (*at, "document")
        for key, item in value.items():
            yield from _named(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _named(item, (*at, index))
