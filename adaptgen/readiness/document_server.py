"""A server for a document without a project: a file, or a URL, built into the user's cache and served from there.

What nobody reviewed only reads: tools whose every request is a GET or HEAD (RFC 9110, 9.2.1), unless the caller asks
for all. A document from a URL passes the address checks of ``adaptgen pull`` and becomes a project in the cache, the
document with a hints file, so that keeping it means copying it.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import re
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from adaptgen.building.spec_files import SpecFiles, identifier
from adaptgen.diagnostics import AdaptgenError, Where, error, moved
from adaptgen.model.tables import Call, Server, Step, Tool
from adaptgen.net.addresses import is_loopback
from adaptgen.output import build_cache, lock
from adaptgen.output.write import write, write_file
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.model.plan import Plan
    from adaptgen.source import Document

_URL = re.compile(r"https?://", re.IGNORECASE)
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class DocumentServer:
    """A server that was built for the moment. ``spec``: its document, in the cache for a URL. ``left_out``:
    how many tools are not served because they may write. ``keep``: the command that makes a project of it."""

    server: Server
    spec: Path
    left_out: int
    keep: str


def is_document(source: str) -> bool:
    """Whether ``source`` is a URL or a file, so no folder that ``adaptgen build`` wrote."""
    return bool(_URL.match(source)) or Path(source).is_file()


def settings_of(source: str) -> Path | None:
    """The governance settings of a document, where it is a file that has them."""
    settings = None if _URL.match(source) else SpecFiles(Path(source)).governance
    return settings if settings is not None and settings.exists() else None


def open_document(source: str, *, allow_writes: bool, environ: Mapping[str, str] = os.environ) -> DocumentServer:
    """The server of the document at a path or a URL. Its hints, governance settings and hand edits are in effect where
    a file has them.

    Raises:
        AdaptgenError: AG056 for a URL that cannot be fetched, AG026 where a document of the internet would call this
            machine, and what a build says of the document and its hints.
    """
    cache = _cache(environ)
    remote = bool(_URL.match(source))
    place = cache / hashlib.sha256((source if remote else str(Path(source).resolve())).encode()).hexdigest()[:16]
    spec = _fetched(source, place) if remote else Path(source)
    server, left_out = _built(spec, place / ("all" if allow_writes else "reading"), allow_writes)
    if remote:
        _refuse_this_machine(server, source, environ)
    if remote:
        shown = shlex.quote(str(spec.parent))
        keep = f"cp -r {shown} . && adaptgen build specs/{shlex.quote(spec.name)}"
    else:
        keep = f"adaptgen build {shlex.quote(source)}"
    return DocumentServer(server, spec, left_out, keep)


def only_reads(tool: Tool) -> bool:
    """Whether every request that the tool makes, logins aside, is a GET or HEAD."""
    return tool.effect == "read" and all(call.method.upper() in _SAFE for call in _calls(tool.call, tool.steps))


def _calls(call: Call | None, steps: Sequence[Step]) -> list[Call]:
    found = [call] if call is not None else []
    for step in steps:
        found += _calls(step.call, step.flow.steps if step.flow is not None else ())
    return found


def _cache(environ: Mapping[str, str]) -> Path:
    """A folder of this user alone: its code is run."""
    try:
        folder = build_cache.user_cache(environ) / "documents"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except (OSError, RuntimeError):
        pass  # a service without a home, or with one that is read-only
    folder = Path(tempfile.mkdtemp(prefix="adaptgen-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _built(spec: Path, out: Path, allow_writes: bool) -> tuple[Server, int]:
    """The server of ``spec``, and how many of its tools were left out."""
    from adaptgen.building.build import build
    from adaptgen.transports.load import load_server

    files = SpecFiles(spec)
    if files.overrides.exists():
        help = f"adaptgen build {shlex.quote(str(spec))}, and name the folder that it writes"
        raise error("AG045", "hand edits belong to a generated server", Where(files.overrides.as_posix()), help)
    folder = files.up_to_date(out)
    if folder is None:
        result = build(spec, out=out)
        if not allow_writes:
            result = replace(result, plan=_reading(result.plan))
        folder = result.folder
        written = lock.keep(folder, result.files)
        write(folder, written)
        build_cache.record(folder, inputs=result.inputs, options=result.options, files=written)
    server = load_server(folder)
    # The references of a generated server are relative to its project, and the cache is elsewhere.
    if settings := settings_of(str(spec)):
        server = replace(server, governance=str(settings.resolve()))
    known = lock.read(folder)
    tools = {tool.name for tool in server.tools}
    return server, sum(given[0] not in tools for given in known.names.values()) if known else 0


def _reading(plan: Plan) -> Plan:
    """``plan`` with the tools that only read. One whose arguments take names that a tool which is left out would look
    up is left out with it."""
    tools = {tool.name: tool for module in plan.modules for tool in module.tools if only_reads(tool)}
    names = {name for name, tool in tools.items() if all(one.tool in tools for one in tool.lookups.values())}
    modules = []
    for module in plan.modules:
        if kept := tuple(tool for tool in module.tools if tool.name in names):
            contracts = {tool.name: module.contracts[tool.name] for tool in kept}
            modules.append(replace(module, tools=kept, contracts=contracts))
    shown = tuple(tool for tool in plan.server.tools if tool.name in names)
    pinned = tuple(name for name in plan.server.pin if name in names)
    return replace(plan, server=replace(plan.server, tools=shown, pin=pinned), modules=tuple(modules))


def _fetched(url: str, place: Path) -> Path:
    """The document of ``url`` with its hints, as files in ``place``/specs."""
    from adaptgen import source
    from adaptgen.readiness import fetch
    from adaptgen.readiness.normalize_text import normalize

    try:
        body = fetch.fetch(url, {}).body or b""
        text = normalize(body)
    except fetch.Unfetched as problem:
        help = "save the document in a file, or fetch it with headers: adaptgen pull (docs/regenerate.md)"
        raise error("AG056", f"the document cannot be fetched: {problem}", None, help) from None
    except UnicodeDecodeError:
        raise error("AG056", "the answer is not text", None, "name the URL of the OpenAPI document") from None
    specs = place / "specs"
    specs.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Clients start one command at the same time: each reads a file of its own before it takes the place.
    with tempfile.TemporaryDirectory(dir=place) as folder:
        fresh = Path(folder) / ("document.json" if text.startswith(("{", "[")) else "document.yaml")
        fresh.write_bytes(text.encode())
        try:
            document = source.read(fresh)
        except AdaptgenError as problem:
            raise AdaptgenError(*(moved(one, fresh, _shown(url)) for one in problem.diagnostics)) from None
        spec = specs / f"{_name(document, url)}{fresh.suffix}"
        fresh.replace(spec)
    side = SpecFiles(spec).hints
    hints: dict[str, dict[str, str]] = {}
    if base := _base(document, url):
        hints["server"] = {"base_url": base}
    if not urlsplit(url).query and "@" not in urlsplit(url).netloc:  # either may hold a credential
        hints["source"] = {"url": escape(url)}
    lines = [f"{part}: {json.dumps(said)}\n" for part, said in hints.items()]
    write_file(side, "".join(lines or ["{}\n"]).encode())
    return spec


def _shown(url: str) -> str:
    """The URL without its user and its query, which may hold credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _name(document: Document, url: str) -> str:
    """A name for the server: the document's title, else the host."""
    info = document.root.get("info")
    title = info.get("title") if isinstance(info, dict) else ""
    name = identifier(title if isinstance(title, str) else "")
    if name == "api":
        name = identifier(urlsplit(url).hostname or "")
    return name[:40].strip("_")


def _base(document: Document, url: str) -> str:
    """The base URL for the hints: a relative server URL is resolved against the place of the document (OpenAPI 3.1,
    4.8.5); "" where one that the document declares is absolute."""
    from adaptgen.plan.document.reader import server_urls

    declared = server_urls(document.root.get("servers"))
    if any(_URL.match(one) for one in declared):
        return ""
    return escape(urljoin(url, next(iter(declared), "/")).rstrip("/"))


def _refuse_this_machine(server: Server, url: str, environ: Mapping[str, str]) -> None:
    """A document of the internet must not send calls to this machine, unless the environment names that address."""
    if is_loopback(urlsplit(url).hostname or ""):
        return
    for base in server.bases:
        if is_loopback(urlsplit(base.url).hostname or "") and not environ.get(base.env):
            help = f"set the address of the API in {base.env}"
            raise error("AG026", f"the document is not of this machine and sends calls to it: {base.url}", None, help)
