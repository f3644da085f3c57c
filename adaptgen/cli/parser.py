"""What may stand on the command line. Each command's module is imported when it runs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from adaptgen import __version__
from adaptgen.cli import parser_readiness, parser_record, parser_regenerate, parser_ship

Command = Callable[[str, str, str], argparse.ArgumentParser]
"""(name, summary, description) -> the parser of a command."""

_EPILOG = """\
exit codes: 0 done, 1 a finding (stale output, failed call), 2 bad input or usage

start here:
  adaptgen demo                                   the whole story on a bundled legacy CRM
  adaptgen build specs/crm.yaml                   writes generated/crm/
  adaptgen serve generated/crm                    an MCP server on stdio
  adaptgen call generated/crm list_invoices status=OVERDUE
"""


def parser(only: str = "") -> argparse.ArgumentParser:
    """The parser of every command; the parsed options carry ``run(options) -> exit code``.

    ``only``: what stands where a command is expected. If it is one, no other is added: making the parsers of all
    takes longer than reading a small document.
    """
    top = argparse.ArgumentParser(
        prog="adaptgen",
        description="MCP servers for legacy HTTP APIs, generated from their OpenAPI documents.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"adaptgen {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    wanted = [add for names, add in _COMMANDS if only in names] or [add for _, add in _COMMANDS]
    for add in wanted:
        add(partial(_command, commands))
    return top


def _build(command: Command) -> None:
    build = command(
        "build",
        "generate MCP servers from OpenAPI or Swagger documents",
        "Each document gives one folder below --out, named by server.name of its hints (specs/crm.yaml is hinted by "
        "specs/crm/hints.yaml) or after the document. Prints what was inferred and from what evidence.",
    )
    build.add_argument(
        "specs",
        metavar="SPEC",
        nargs="*",
        type=Path,
        help="an OpenAPI 3.0/3.1 or Swagger 2.0 document; default: all in specs/",
    )
    build.add_argument("--out", metavar="DIR", type=Path, default=Path("generated"), help="default: %(default)s")
    build.add_argument("--check", action="store_true", help="write nothing; exit 1 with a diff if the output is stale")
    build.add_argument("--validate", action="store_true", help="also tell where the document breaks OpenAPI")
    build.add_argument("--quiet", action="store_true", help="print warnings and the last line only")


def _serve(command: Command) -> None:
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
    _governed(serve)


def _call(command: Command) -> None:
    call = command(
        "call",
        "call one tool and print what an agent would see",
        "Values take the types of the tool's schema: name=Ada limit=5 active=true tags=a tags=b. Objects are JSON; "
        "key:=JSON gives any value as JSON. Exit code 1 when the tool answers with an error.",
    )
    call.add_argument("folder", metavar="DIR", type=Path, help="a generated server, such as generated/crm")
    call.add_argument("tool", metavar="TOOL", help="the name of the tool")
    call.add_argument("arguments", metavar="KEY=VALUE", nargs="*", help="or one JSON object, or - for one on stdin")
    _governed(call)


def _proxy(command: Command) -> None:
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


def _explain(command: Command) -> None:
    explain = command(
        "explain",
        "show where a tool comes from and what it does",
        "Source lines, evidence, request, arguments, paging, view and sensitive fields of one tool; without TOOL what "
        "was inferred for the whole server. Evidence and source lines need the document: it is looked for next to the "
        "output folder, or given by --spec.",
    )
    explain.add_argument("folder", metavar="DIR", type=Path, help="a generated server, such as generated/crm")
    explain.add_argument("tool", metavar="TOOL", nargs="?", default="", help="the name of the tool")
    explain.add_argument(
        "--json",
        action="store_true",
        help="each decision with its evidence and how sure it is; TOOL may also be an operation: 'GET /notes'",
    )
    explain.add_argument("--spec", metavar="SPEC", type=Path, help="the document that the server was built from")


def _audit(command: Command) -> None:
    audit = command(
        "audit",
        "check an audit trail",
        "Reads the files in the order given and reports edits, gaps, lines out of order, chains that end without an "
        "end and, with --checkpoints, tails that were cut. The key comes from the environment variable "
        "ADAPTGEN_AUDIT_KEY; several keys are separated by spaces. Exit code 1 when something does not hold.",
    )
    audit.add_argument("action", choices=["verify"], help="what to do")
    audit.add_argument("files", metavar="FILE", nargs="+", type=Path, help="files of the trail")
    audit.add_argument("--key", metavar="REFERENCE", action="append", help="such as '${secret:name#key}'; repeatable")
    audit.add_argument("--checkpoints", metavar="FILE", type=Path, help="the checkpoints that were held elsewhere")
    audit.add_argument(
        "--public-key",
        metavar="FILE",
        action="append",
        type=Path,
        help="the public key, in PEM, that must have signed every checkpoint; repeatable",
    )
    audit.add_argument("--running", action="store_true", help="processes may still be writing: chains may be open")


def _usage(command: Command) -> None:
    usage = command(
        "usage",
        "print what each group had of each tool",
        "Calls, errors and bytes of answers by tenant, group and tool, from the shared state of the settings (Redis or "
        "DynamoDB).",
    )
    usage.add_argument("governance", metavar="GOVERNANCE", help="governance.yaml; or s3://…, appconfig://…")
    usage.add_argument("--json", action="store_true", help="a list of objects instead of a table")


def _erase(command: Command) -> None:
    erase = command(
        "erase",
        "forget what a short token stands for",
        "For tokens of form: short. The entry is named by its token, or by its kind with the value on standard input; "
        "by the tenant, caller or server that tokenize.scope binds it to.",
    )
    erase.add_argument("governance", metavar="GOVERNANCE", help="governance.yaml; or s3://…, appconfig://…")
    which = erase.add_mutually_exclusive_group(required=True)
    which.add_argument("--token", metavar="TOKEN", default="", help="the token")
    which.add_argument("--kind", metavar="KIND", default="", help="the kind of the value that is read from stdin")
    erase.add_argument("--tenant", default="", help="the tenant of whom the token was made for")
    erase.add_argument("--sub", default="", help="the caller; only scope: caller needs it")
    erase.add_argument("--server", default="", help="the server; only scope: server needs it")


def _demo(command: Command) -> None:
    demo = command(
        "demo",
        "the whole story on a bundled legacy CRM",
        "Starts the CRM on loopback, builds a server for it, runs an agent's session against both and compares.",
    )
    demo.add_argument("--json", action="store_true", help="one JSON object instead of tables")


def _governed(command: argparse.ArgumentParser) -> None:
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--governance", metavar="FILE", help="the settings: a file, s3://… or appconfig://…; also ADAPTGEN_GOVERNANCE"
    )
    which.add_argument(
        "--no-governance", action="store_true", help="one local caller who may do everything; loopback and stdio only"
    )


def _policy(command: Command) -> None:
    policy = command(
        "policy",
        "check Cedar policies, show their schema, render them for AgentCore",
        "Policies are written against a schema that follows from the tools of generated servers.",
    )
    kinds = policy.add_subparsers(title="what to do", metavar="WHAT", required=True, dest="what")
    check = kinds.add_parser("check", help="hold policies against the tools of servers")
    schema = kinds.add_parser("schema", help="print the Cedar schema of servers, for editors and Verified Permissions")
    agentcore = kinds.add_parser("agentcore", help="print the policies in the form of AgentCore Gateway")
    for one in (check, agentcore):
        one.add_argument("policies", metavar="POLICIES", type=Path, help="governance.yaml, a folder, or a *.cedar file")
    check.add_argument(
        "folders", metavar="DIR", type=Path, nargs="*", help="generated servers; default: those that belong to them"
    )
    schema.add_argument("folders", metavar="DIR", type=Path, nargs="+", help="generated servers")
    schema.add_argument("--governance", metavar="FILE", type=Path, help="settings with the claims that policies read")
    schema.add_argument("--json", action="store_true", help="in Cedar's JSON syntax")
    agentcore.add_argument("folder", metavar="DIR", type=Path, help="the generated server behind the gateway's target")
    agentcore.add_argument("--gateway-arn", metavar="ARN", required=True, help="the gateway's ARN")
    agentcore.add_argument("--target", metavar="NAME", help="the name of the target; default: the server's")
    agentcore.add_argument("--json", action="store_true", help="a JSON array of names and statements")


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str, text: str
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}. {text}")
    command.set_defaults(run=_runner(name), command=name)
    return command


def _runner(name: str) -> Callable[[argparse.Namespace], int]:
    def run(options: argparse.Namespace) -> int:
        code: int = import_module(f"adaptgen.cli.{name}").run(options)
        return code

    return run


_COMMANDS: tuple[tuple[tuple[str, ...], Callable[[Command], None]], ...] = (
    (("build",), _build),
    (("serve",), _serve),
    (("call",), _call),
    (("proxy",), _proxy),
    (("explain",), _explain),
    (("audit",), _audit),
    (("policy",), _policy),
    (("usage",), _usage),
    (("package", "deploy"), parser_ship.add),
    (("inspect", "init", "doctor"), parser_readiness.add),
    (("diff", "ci", "pull"), parser_regenerate.add),
    (("record",), parser_record.add),
    (("erase",), _erase),
    (("demo",), _demo),
)
"""The commands in the order of the help, and what adds them."""
