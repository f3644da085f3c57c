"""The command lines of ``serve``, ``call``, ``proxy`` and ``demo``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from adaptgen.cli.parser import Command


def add_serve(command: Command) -> None:
    serve = command(
        "serve",
        "run a generated server",
        "Speaks MCP on stdin and stdout, or with --http over streamable HTTP. Credentials and addresses come from the "
        "environment; the server's README.md names the variables.",
    )
    serve.add_argument("folder", metavar="DIR", type=Path, help="a generated server, such as generated/crm")
    serve.add_argument(
        "--http", metavar="HOST:PORT", help="serve http://HOST:PORT/mcp; without governance on loopback only"
    )
    serve.add_argument(
        "--tag", metavar="TAG", default="", help="stdio: only the tools of this tag; over HTTP: /mcp/TAG"
    )
    serve.add_argument(
        "--effect", choices=["read", "write"], default="", help="stdio: only tools that read, or that write"
    )
    serve.add_argument(
        "--for",
        dest="profile",
        choices=["openai-strict"],
        default="",
        help="schemas for clients that send tools with strict: true; without it every model provider takes them",
    )
    _add_governed(serve)


def add_call(command: Command) -> None:
    call = command(
        "call",
        "call one tool and print what an agent would see",
        "Values take the types of the tool's schema: name=Ada limit=5 active=true tags=a tags=b. Objects are JSON; "
        "key:=JSON passes any value as JSON. Exit code 1 when the tool answers with an error.",
    )
    call.add_argument("folder", metavar="DIR", type=Path, help="a generated server, such as generated/crm")
    call.add_argument("tool", metavar="TOOL", help="the name of the tool")
    call.add_argument("arguments", metavar="KEY=VALUE", nargs="*", help="or one JSON object, or - for one on stdin")
    _add_governed(call)


def add_proxy(command: Command) -> None:
    proxy = command(
        "proxy",
        "run the governance proxy",
        "Serves the tools, prompts and resources of the MCP servers that the settings name, to callers that it "
        "authenticates, under the policies that it is given.",
    )
    proxy.add_argument(
        "governance", metavar="GOVERNANCE", help="governance.yaml with mode: proxy; or s3://…, appconfig://…"
    )
    proxy.add_argument("--http", metavar="HOST:PORT", help="default: listen.http of the settings")
    proxy.add_argument("--jwks", action="store_true", help="print the public keys for accept.jwks of servers, and end")
    proxy.add_argument("--review", action="store_true", help="print what servers have changed or added, and end")
    proxy.add_argument(
        "--accept",
        metavar="SERVER[/NAME]",
        action="append",
        default=[],
        help="pin what a server has changed or added as it is now, and end; again for more, * for any",
    )


def add_demo(command: Command) -> None:
    demo = command(
        "demo",
        "the whole story on a bundled legacy CRM",
        "Starts the CRM on loopback, builds a server for it, runs an agent's session against both and compares.",
    )
    demo.add_argument("--json", action="store_true", help="one JSON object instead of tables")


def _add_governed(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--governance", metavar="FILE", help="the settings: a file, s3://… or appconfig://…; also ADAPTGEN_GOVERNANCE"
    )
    which.add_argument(
        "--no-governance", action="store_true", help="one local caller who may do everything; loopback and stdio only"
    )
