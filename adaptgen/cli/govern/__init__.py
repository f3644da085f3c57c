"""The command lines about policies, audit trails and shared state."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adaptgen.cli.parser import Command


def add_audit(command: Command) -> None:
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


def add_policy(command: Command) -> None:
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


def add_usage(command: Command) -> None:
    usage = command(
        "usage",
        "print what each group had of each tool",
        "Calls, errors and bytes of answers by tenant, group and tool, from the shared state of the settings (Redis or "
        "DynamoDB).",
    )
    usage.add_argument("governance", metavar="GOVERNANCE", help="governance.yaml; or s3://…, appconfig://…")
    usage.add_argument("--json", action="store_true", help="a list of objects instead of a table")


def add_erase(command: Command) -> None:
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
