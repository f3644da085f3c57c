"""A server for a document without a project: a file, or a URL, built into the user's cache and served from there.

What nobody reviewed only reads: tools whose every request is a GET or HEAD (RFC 9110, 9.2.1), unless the caller asks
for all. A document from a URL passes the address checks of ``adaptgen pull`` and becomes a project in the cache, the
document with a hints file, so that keeping it means copying it.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adaptgen.building.spec_files import SpecFiles
from adaptgen.diagnostics import Where, error
from adaptgen.model.tables import Call, Server, Step, Tool
from adaptgen.net.addresses import leads_here
from adaptgen.output import lock
from adaptgen.readiness.remote_document import fetch_document, is_url
from adaptgen.text.files import cache_folder

if TYPE_CHECKING:
    from adaptgen.model.plan import Plan

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
    return is_url(source) or Path(source).is_file()


def settings_of(source: str) -> Path | None:
    """The governance settings of a document, where it is a file that has them."""
    settings = None if is_url(source) else SpecFiles(Path(source)).governance
    return settings if settings is not None and settings.exists() else None


def open_document(source: str, *, allow_writes: bool, environ: Mapping[str, str] = os.environ) -> DocumentServer:
    """The server of the document at a path or a URL. Its hints and governance settings are in effect where a file has
    them.

    Raises:
        AdaptgenError: AG056 for a URL that cannot be fetched, AG026 where a document of the internet would call this
            machine, AG045 for a file with hand edits, and what a build says of the document and its hints.
    """
    remote = is_url(source)
    place = _place(source if remote else str(Path(source).resolve()), environ)
    spec = _fetched(source, place) if remote else Path(source)
    server, left_out = _built(spec, place / ("all" if allow_writes else "reading"), allow_writes)
    if remote:
        _refuse_this_machine(server, spec, environ)
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
        folder = cache_folder(environ) / "documents"
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
        result.write()
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


def cached_document(url: str, environ: Mapping[str, str] = os.environ) -> Path:
    """The document of a URL, fetched now, as a file of the user's cache with its hints next to it."""
    return _fetched(url, _place(url, environ))


def _place(source: str, environ: Mapping[str, str]) -> Path:
    return _cache(environ) / hashlib.sha256(source.encode()).hexdigest()[:16]


def _fetched(url: str, place: Path) -> Path:
    """The document of ``url`` with its hints, as files in ``place``/specs. Clients start one command at the same time:
    each file is written whole."""
    remote = fetch_document(url)
    specs = place / "specs"
    specs.mkdir(mode=0o700, parents=True, exist_ok=True)
    spec = specs / f"{remote.name}{remote.suffix}"
    remote.write(spec)
    return spec


def _refuse_this_machine(server: Server, spec: Path, environ: Mapping[str, str]) -> None:
    """A document of the internet whose API would be this machine is not served before the environment names an
    address."""
    from adaptgen import source
    from adaptgen.plan.document.reader import server_urls

    main = server.bases[0]
    if main.url or environ.get(main.env, "").strip():
        return
    for url in server_urls(source.read(spec).root.get("servers")):
        if leads_here(urlsplit(url).hostname or ""):
            help = f"set the address of the API in {main.env}"
            raise error("AG026", f"the document is not of this machine and sends calls to it: {url}", None, help)
