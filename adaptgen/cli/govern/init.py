"""``adaptgen govern init``: settings, keys and policies that work on this machine, and the commands that try them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adaptgen.building.spec_files import SpecFiles
from adaptgen.cli import terminal
from adaptgen.diagnostics import Where, did_you_mean, error
from adaptgen.output import lock
from adaptgen.output.write import write_file

if TYPE_CHECKING:
    from adaptgen.govern.settings.model import Settings

_IGNORED = "# What belongs to this machine: keys, the audit trail.\n*\n"
GENERATED, SPECS = Path("generated"), Path("specs")


def run(options: SimpleNamespace) -> int:
    """Write what is missing and print what to do next. AG001 where there is no such document."""
    from adaptgen.building.build import build
    from adaptgen.govern.settings.load import read
    from adaptgen.govern.settings.table import schema_text
    from adaptgen.readiness.drafting import starter_files, with_schema

    address, issuer = _check(options)
    spec, out = _find(options.what)
    result = build(spec, out=out, side_files=False, locked=True, progress=terminal.progress)
    folder = SpecFiles(spec).folder
    for name, text in starter_files(result.plan, address, issuer).items():
        path = folder / name
        if path.exists() and not options.force:
            terminal.say(f"{path} is there already and was left alone (--force writes it anew)")
            continue
        if path.suffix == ".yaml":
            text = with_schema(text, "governance", schema_text(), path, spec.parent)
        write_file(path, text.encode())
        terminal.say(f"{path}: written")
    for path in make_keys(folder / "governance.yaml"):
        terminal.say(f"{path}: a new key, for you alone")
    if not options.quiet:
        writes = next((tool.name for tool in result.plan.server.tools if tool.effect != "read"), "")
        terminal.say()
        terminal.say("next:")
        for line in next_commands(spec, result.folder, read(folder / "governance.yaml"), writes):
            terminal.say(f"  {line}")
    return 0


def make_keys(settings: Path) -> list[Path]:
    """Make the key files that the settings name and that are not there, in a folder that git ignores.

    Raises:
        AdaptgenError: AG051, a file cannot be written; and whatever is wrong with the settings.
    """
    from adaptgen.govern.settings.key_files import make_key_file
    from adaptgen.govern.settings.keys import key_files, new_key
    from adaptgen.govern.settings.load import read

    made = []
    for path, name in key_files(read(settings)).items():
        try:
            if not path.parent.exists():
                path.parent.mkdir(mode=0o700, parents=True)
                write_file(path.parent / ".gitignore", _IGNORED.encode())
            if make_key_file(path, new_key(name)):
                made.append(path)
        except OSError as why:
            raise error("AG051", f"the key cannot be written: {why.strerror}", Where(path.as_posix())) from None
    return made


def _check(options: SimpleNamespace) -> tuple[str, str]:
    """Where the server listens and the issuer is; AG062 beyond this machine."""
    from adaptgen.net.addresses import is_loopback
    from adaptgen.transports import address

    host, port = address.parse(options.http)
    parts = urlsplit(options.issuer)
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if parts.scheme != "https" and not local:
        help = "https://idp.example/, or http://127.0.0.1:9000 for adaptgen dev issuer"
        raise error("AG074", f"{options.issuer!r} is neither https nor on this machine", None, help)
    # Tokens name their issuer exactly as it calls itself; that of development has no path.
    issuer = options.issuer.rstrip("/") if local else options.issuer
    return address.origin(host, port).removeprefix("http://"), issuer


def _find(what: Path) -> tuple[Path, Path]:
    """The document of a server, and the folder that holds the server."""
    from adaptgen.cli.understand.explain import find_spec

    for path in (what, *(SPECS / f"{what}{end}" for end in (".yaml", ".yml", ".json"))):
        if path.is_file():
            return path, GENERATED
    for folder in (what, GENERATED / what):
        if (folder / lock.NAME).is_file():
            spec = find_spec(folder)
            if spec is None:
                help = "name the document instead: adaptgen govern init specs/crm.yaml"
                raise error("AG001", "its document was not found, or has changed since", Where(str(folder)), help)
            return spec, folder.parent
    known = [path.stem for path in SPECS.glob("*") if path.is_file()] if SPECS.is_dir() else []
    help = did_you_mean(str(what), known)
    help = help or "name a generated server (generated/crm), its document (specs/crm.yaml) or its name (crm)"
    raise error("AG001", f"there is no server {str(what)!r}", None, help)


def next_commands(spec: Path, folder: Path, settings: Settings, write: str) -> Iterator[str]:
    """Commands that work as they are when pasted in this order, for the settings as they are. ``write``: a tool that
    changes something, "" where all only read."""
    from adaptgen.govern.settings.keys import key_files

    out = "" if folder.parent == GENERATED else f" -o {quote(str(folder.parent))}"
    server, http, rules = quote(str(folder)), settings.listen.http, settings.authenticate
    yield f"adaptgen build {quote(str(spec))}{out} -q"
    yield f"adaptgen policy check {quote(settings.path)} {server}"
    yield f"adaptgen policy explain {server} --sub bob --groups interns{f' {write}' if write else ''}"
    local = rules is not None and rules.development
    where = audience = ""
    if rules is not None and local:
        where = "" if rules.issuer == "http://127.0.0.1:9000" else f" --http {urlsplit(rules.issuer).netloc}"
        audience = "" if rules.audience[0] == "http://127.0.0.1:8000/mcp" else f" --audience {quote(rules.audience[0])}"
        yield f"adaptgen dev issuer{where} &"
        # Before the server, which needs the issuer to be there: this takes as long as the issuer to start.
        yield f"TOKEN=$(adaptgen dev issuer{where}{audience} --print-token --sub bob --groups interns)"
    yield f"adaptgen serve {server} --http {http} &"
    if local:
        asked = """'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'"""
        # The server may still be starting.
        header = '-H "Authorization: Bearer $TOKEN"'
        yield f"curl -s -w '\\n' --retry 9 --retry-connrefused http://{http}/mcp {header} --json {asked}"
    key = next((path for path, name in key_files(settings).items() if name == "audit"), None)
    if key is not None and settings.audit is not None and settings.audit.sink not in ("none", "stderr", "stdout"):
        trail = Path(settings.path).parent / settings.audit.sink
        verify = f"adaptgen audit verify {quote(str(trail))} --running"
        yield f'ADAPTGEN_AUDIT_KEY="$(cat {quote(str(key))})" {verify}'
