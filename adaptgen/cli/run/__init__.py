"""The command lines of ``serve``, ``call``, ``proxy`` and ``demo``."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import click

from adaptgen.cli.commands import Choice, argument, command, tool_names

_SOURCE = "a generated server, such as generated/crm; or an OpenAPI document, a file or a URL"
_WHICH = ("governance", "no_governance")


_FILES = click.option(
    "--files",
    metavar="DIR",
    multiple=True,
    help="file arguments may name files below DIR, and large answers go there; over HTTP: upload slots and links",
)


def _governed(function: Callable[..., int]) -> Callable[..., int]:
    """The options of a command that runs under governance settings, or under none."""
    settings = click.option(
        "--governance", metavar="FILE", help="the settings: a file, s3://… or appconfig://…; also ADAPTGEN_GOVERNANCE"
    )
    none = click.option(
        "--no-governance", is_flag=True, help="one local caller who may do everything; loopback and stdio only"
    )
    writes = click.option(
        "--allow-writes", is_flag=True, help="with a document: all of its tools, not only those that read"
    )
    return settings(none(writes(function)))


@command(exclusive=_WHICH)
@argument("folder", metavar="DIR|DOCUMENT", type=click.Path(), help=_SOURCE)
@click.option("--http", metavar="HOST:PORT", help="serve http://HOST:PORT/mcp; without governance on loopback only")
@click.option("--tag", metavar="TAG", default="", help="stdio: only the tools of this tag; over HTTP: /mcp/TAG")
@click.option("--effect", type=Choice(["read", "write"]), default="", help="stdio: only tools that read, or that write")
@_FILES
@click.option(
    "--for",
    "profile",
    type=Choice(["openai-strict"]),
    default="",
    help="schemas for clients that send tools with strict: true; without it every model provider takes them",
)
@click.option(
    "--result",
    type=Choice(["columns", "objects", "structured"]),
    default="",
    help="the form of all answers; structured: with an output schema, for clients that write code",
)
@_governed
def serve_command(**options: Any) -> int:
    """Speaks MCP on stdin and stdout, or with --http over streamable HTTP. Credentials and addresses come from the
    environment; the server's README.md names the variables."""
    from adaptgen.cli.run.serve import run

    return run(SimpleNamespace(**options))


@command(exclusive=_WHICH)
@argument("folder", metavar="DIR|DOCUMENT", type=click.Path(), help=_SOURCE)
@argument("tool", metavar="TOOL", shell_complete=tool_names, help="the name of the tool")
@argument("arguments", metavar="[KEY=VALUE]...", nargs=-1, help="or one JSON object, or - for one on stdin")
@click.option("--json", is_flag=True, help="one JSON value, also on a terminal, and for errors")
@_FILES
@_governed
def call_command(**options: Any) -> int:
    """Values take the types of the tool's schema: name=Ada limit=5 active=true tags=a tags=b. Objects are JSON;
    key:=JSON passes any value as JSON. A terminal shows lists as tables, a pipe gets what an agent reads. Exit code 1
    when the tool answers with an error."""
    from adaptgen.cli.run.call import run

    return run(SimpleNamespace(**options))


@command(exclusive=_WHICH)
@argument("folder", metavar="[DIR|DOCUMENT]", required=False, type=click.Path(), help=_SOURCE)
@click.option(
    "--client",
    type=Choice(["claude", "claude-code", "cursor", "vscode"]),
    required=True,
    help="claude: Claude Desktop; claude-code; cursor; vscode",
)
@click.option(
    "--scope", type=Choice(["user", "project"]), default="", help="default: user; project for claude-code, vscode"
)
@click.option("--project", metavar="DIR", default="", help="the folder of --scope project; default: this one")
@click.option("--config", metavar="FILE", default="", help="another configuration file than the client's own")
@click.option("--name", metavar="NAME", default="", help="what the client calls the server; default: the server's name")
@click.option("--url", metavar="URL", default="", help="a server that runs elsewhere: https://HOST/mcp")
@click.option(
    "--with-secrets", is_flag=True, help="write credentials from the environment into the file; not into a project's"
)
@click.option("--remove", is_flag=True, help="take the entry out")
@click.option("--dry-run", is_flag=True, help="print the entry, and write nothing")
@_FILES
@_governed
def install_command(**options: Any) -> int:
    """Merges an entry that starts the server into the client's file: absolute paths, and an env block. The rest of the
    file stays as it is written. Other values than secrets come from the environment; for a secret the client gets
    which variable to read, or asks."""
    from adaptgen.cli.run.install import run

    return run(SimpleNamespace(**options))


@command()
@argument("governance", metavar="GOVERNANCE", help="governance.yaml with mode: proxy; or s3://…, appconfig://…")
@click.option("--http", metavar="HOST:PORT", help="default: listen.http of the settings")
@click.option("--jwks", is_flag=True, help="print the public keys for accept.jwks of servers, and end")
@click.option("--review", is_flag=True, help="print what servers have changed or added, and end")
@click.option(
    "--accept",
    metavar="SERVER[/NAME]",
    multiple=True,
    help="pin what a server has changed or added as it is now, and end; again for more, * for any",
)
def proxy_command(**options: Any) -> int:
    """Serves the tools, prompts and resources of the MCP servers that the settings name, to callers that it
    authenticates, under the policies that it is given."""
    from adaptgen.cli.run.proxy import run

    return run(SimpleNamespace(**options))


_ACCOUNT = click.option("--auth", metavar="NAME", default="", help="which account, where the server has several")


@command(exclusive=_WHICH)
@argument("folder", metavar="DIR|DOCUMENT", type=click.Path(), help=_SOURCE)
@_ACCOUNT
@click.option("--port", metavar="PORT", type=int, default=0, help="come back to this port; default: any that is free")
@click.option("--no-browser", is_flag=True, help="print the address of the page, and open nothing")
@_governed
def connect_command(**options: Any) -> int:
    """Opens the page where the API asks for your consent, or asks for your key. The calls of the local caller then run
    on your behalf. Callers of a server with a login connect at its page /connections."""
    from adaptgen.cli.run.connect import connect

    return connect(SimpleNamespace(**options))


@command(exclusive=_WHICH)
@argument("folder", metavar="DIR|DOCUMENT", type=click.Path(), help=_SOURCE)
@_ACCOUNT
@_governed
def disconnect_command(**options: Any) -> int:
    """Deletes what connect has stored. It takes effect at once, also in servers that run. The tokens are ended at the
    API, too, where the hints have a revocation_url."""
    from adaptgen.cli.run.connect import disconnect

    return disconnect(SimpleNamespace(**options))


@command()
@click.option("--json", is_flag=True, help="one JSON object instead of tables")
def demo_command(**options: Any) -> int:
    """Starts the CRM on loopback, builds a server for it, runs an agent's session against both and compares."""
    from adaptgen.demo import story

    return story.run(SimpleNamespace(**options))
