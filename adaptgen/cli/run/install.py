"""``adaptgen install``: the entry of a server in the configuration of an MCP client, written or printed."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from types import SimpleNamespace

from adaptgen.cli import terminal
from adaptgen.cli.govern import governance
from adaptgen.cli.run import serve
from adaptgen.clients.catalog import CLIENTS, Client, Scope
from adaptgen.clients.entry import Entry, local, remote, snippet, variables
from adaptgen.clients.install import Edit, add, remove
from adaptgen.diagnostics import error
from adaptgen.net.addresses import find_problem
from adaptgen.readiness.document_server import is_document

_DIRECTORY_HELP = "name the folder that adaptgen build wrote, a document, or --url of a server that runs elsewhere"


def run(options: SimpleNamespace) -> int:
    """Exit code 0 also where the file already says it."""
    client = CLIENTS[options.client]
    scope: Scope = options.scope or client.scope
    if scope == "project" and not client.project:
        raise error("AG095", f"{client.title} has no configuration of a project", None, "--scope user")
    project = Path(options.project) if options.project else Path.cwd()
    file = Path(options.config) if options.config else client.file(scope, project, os.environ)
    if options.remove:
        edit = remove(file, client, _named(options))
        return _finish(edit, client, options, Entry({}))
    name, entry = _entry(options, client, scope)
    if options.dry_run:
        terminal.print_error(f"{client.title} reads this entry in {file}:")
        terminal.say(snippet(client, name, entry))
        add(file, client, name, entry)  # what stands against it is told now
        return 0
    return _finish(add(file, client, name, entry), client, options, entry)


def _entry(options: SimpleNamespace, client: Client, scope: Scope) -> tuple[str, Entry]:
    if options.url:
        if not client.remote:
            help = (
                "Claude Desktop connects to URLs as connectors (Settings > Connectors > Add custom connector), from "
                f"its maker's network; from this machine: npx mcp-remote {options.url}"
            )
            raise error("AG095", f"the configuration file of {client.title} takes no URLs", None, help)
        if problem := find_problem(options.url):
            raise error("AG095", f"the URL {problem}", None, "https://HOST/mcp, or http on loopback")
        return _named(options), remote(client, options.url)
    if not options.folder:
        raise error("AG058", "DIR is missing", None, _DIRECTORY_HELP)
    if options.with_secrets and scope == "project" and not options.config:
        help = "leave it out: the entry names the variables; or --scope user"
        raise error("AG095", "files of a project are committed, so no secret is written there", None, help)
    server, settings = governance.open_server(options, os.environ)
    remote_document = is_document(options.folder) and not Path(options.folder).is_file()
    arguments = [options.folder if remote_document else str(Path(options.folder).resolve())]
    if options.no_governance:
        arguments.append("--no-governance")
    elif settings and (options.governance or os.environ.get(governance.VARIABLE)):
        arguments += ["--governance", settings if "://" in settings else str(Path(settings).resolve())]
    if options.allow_writes:
        arguments.append("--allow-writes")
    if serve.open_files(options.files, governed=settings is not None, http=False) is not None:
        arguments += [word for folder in options.files for word in ("--files", str(Path(folder).resolve()))]
    needed = variables(server, os.environ, _of_settings(settings))
    entry = local(client, arguments, needed, os.environ, with_secrets=options.with_secrets)
    return options.name or server.name, entry


def _of_settings(named: str | None) -> set[str]:
    """The variables that the settings need. Those elsewhere (``s3://``) are read when the server starts."""
    if named is None or "://" in named:
        return set()
    from adaptgen.govern.settings.load import read
    from adaptgen.govern.settings.references import variables_on_stdio

    return variables_on_stdio(read(Path(named)))


def _named(options: SimpleNamespace) -> str:
    if options.name:
        return str(options.name)
    if options.folder and not is_document(options.folder):
        from adaptgen.transports.load import load_server

        return load_server(Path(options.folder)).name
    raise error("AG058", "nothing says what the server is called", None, "--name NAME")


def _finish(edit: Edit, client: Client, options: SimpleNamespace, entry: Entry) -> int:
    if not edit.changed:
        terminal.say(f"{edit.file} is up to date")
        return 0
    if options.dry_run:
        old = (edit.old or "").splitlines(keepends=True)
        new = edit.new.splitlines(keepends=True)
        terminal.say("".join(difflib.unified_diff(old, new, str(edit.file), str(edit.file))).rstrip())
        return 0
    edit.write()
    verb = "changed" if edit.old is not None else "created"
    terminal.say(terminal.paint(f"{edit.file}: {verb}", "green"))
    if entry.written:
        terminal.print_error(f"the file holds {', '.join(entry.written)} now: keep it to yourself")
    if entry.unset:
        where = "in the environment of the client" if client.variable else "in the env block of the file"
        terminal.print_error(f"set {', '.join(entry.unset)} {where}")
    terminal.print_error(f"next: {client.after}")
    return 0
