"""The command lines about policies, audit trails and shared state."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import click

from adaptgen.cli.commands import PATH, CommandGroup, argument, command, tool_names

_GOVERNANCE = "governance.yaml; or s3://…, appconfig://…"
_POLICIES = "governance.yaml, a folder, or a *.cedar file"
_HERE = "adaptgen.cli.govern"

audit_command = CommandGroup("audit", {"commands": {"verify": (_HERE, "check an audit trail")}})


@command()
@argument("files", metavar="FILE...", nargs=-1, required=True, type=PATH, help="files of the trail")
@click.option("--key", metavar="REFERENCE", multiple=True, help="such as '${secret:name#key}'; repeatable")
@click.option("--checkpoints", metavar="FILE", type=PATH, help="the checkpoints that were held elsewhere")
@click.option(
    "--public-key",
    metavar="FILE",
    multiple=True,
    type=PATH,
    help="the public key, in PEM, that must have signed every checkpoint; repeatable",
)
@click.option("--running", is_flag=True, help="processes may still be writing: chains may be open")
def audit_verify_command(**options: Any) -> int:
    """Reads the files in the order given and reports edits, gaps, lines out of order, chains that end without an end
    and, with --checkpoints, tails that were cut. The key comes from the environment variable ADAPTGEN_AUDIT_KEY;
    several keys are separated by spaces. Exit code 1 when something does not hold."""
    from adaptgen.cli.govern.audit import run

    return run(SimpleNamespace(**options))


dev_command = CommandGroup(
    "dev",
    {"commands": {"issuer": (_HERE, "run an issuer of access tokens on this machine, for development")}},
    help="Nothing of it is for a server that others can reach.",
)


@command()
@click.option("--http", metavar="HOST:PORT", default="127.0.0.1:9000", help="default: 127.0.0.1:9000; loopback only")
@click.option("--sub", metavar="NAME", default="", help="who the tokens are for, such as bob")
@click.option("--groups", metavar="NAMES", multiple=True, help="the caller's groups, such as interns,staff; repeatable")
@click.option(
    "--claim", "claims", metavar="NAME=VALUE", multiple=True, help="a further claim, such as org=bank; repeatable"
)
@click.option(
    "--audience",
    metavar="URL",
    default="http://127.0.0.1:8000/mcp",
    help="the server that the tokens are for (authenticate.audience); default: http://127.0.0.1:8000/mcp",
)
@click.option("--ttl", metavar="TIME", default="1h", help="how long a token lives: 30s, 10m, 1h; default: 1h")
@click.option("--print-token", "--token-only", is_flag=True, help="print a token alone and end: TOKEN=$(adaptgen …)")
def dev_issuer_command(**options: Any) -> int:
    """Prints the settings that accept its tokens, and with --sub a token. Anyone on this machine can be any caller, so
    a server that others can reach does not start with it. The key is kept in the user's state folder (ADAPTGEN_STATE):
    tokens outlive the issuer, and --print-token makes them for one that runs."""
    from adaptgen.cli.govern.dev_issuer import run

    return run(SimpleNamespace(**options))


govern_command = CommandGroup(
    "govern", {"commands": {"init": (_HERE, "write governance that works: settings, keys, two policies")}}
)


@command()
@argument("what", metavar="SERVER", type=PATH, help="a generated server, its document, or its name: crm")
@click.option("--force", is_flag=True, help="write settings and policies anew; keys are never replaced")
@click.option(
    "--http", metavar="HOST:PORT", default="127.0.0.1:8000", help="where it will listen; default: 127.0.0.1:8000"
)
@click.option(
    "--issuer",
    metavar="URL",
    default="http://127.0.0.1:9000",
    help="who issues callers' tokens; default: http://127.0.0.1:9000, that of adaptgen dev issuer",
)
def govern_init_command(**options: Any) -> int:
    """Writes next to the document's hints: governance.yaml, with personal data as tokens, an audit trail and a trace on
    the terminal; policies/ with two policies, by which interns read and admins do everything; and local/ with the keys,
    which git ignores. What is there already is left alone. Then prints the commands that try it out."""
    from adaptgen.cli.govern.init import run

    return run(SimpleNamespace(**options))


policy_command = CommandGroup(
    "policy",
    {
        "commands": {
            "check": (_HERE, "hold policies against the tools of servers"),
            "explain": (_HERE, "which policies let a caller see and call each tool"),
            "schema": (_HERE, "print the Cedar schema of servers, for editors and Verified Permissions"),
            "agentcore": (_HERE, "print the policies in the form of AgentCore Gateway"),
        }
    },
    help="Policies are written against a schema that follows from the tools of generated servers.",
)


@command()
@argument("policies", metavar="POLICIES", type=PATH, help=_POLICIES)
@argument(
    "folders",
    metavar="[DIR]...",
    nargs=-1,
    type=PATH,
    help="generated servers; default: those that belong to the policies",
)
@click.option("--json", is_flag=True, help="one JSON object: the policies, the tools")
def policy_check_command(**options: Any) -> int:
    """Each policy must name actions, attributes and claims that there are. Exit code 2 when one does not."""
    from adaptgen.cli.govern.policy import check

    return check(SimpleNamespace(**options))


@command()
@argument("folder", metavar="DIR", type=PATH, help="a generated server, such as generated/crm")
@argument("tool", metavar="[TOOL]", default="", shell_complete=tool_names, help="one tool; default: all")
@argument("arguments", metavar="[KEY=VALUE]...", nargs=-1, help="decide the call of the tool with these arguments")
@click.option("--sub", metavar="NAME", default="", help="the caller, such as bob; default: the one on stdio (local)")
@click.option("--groups", metavar="NAMES", multiple=True, help="the caller's groups, such as interns,staff; repeatable")
@click.option("--tenant", metavar="NAME", default="", help="the caller's tenant")
@click.option("--claim", "claims", metavar="NAME=VALUE", multiple=True, help="a claim that policies read; repeatable")
@click.option("--governance", metavar="FILE", help="the settings; default: those that the server was built with")
@click.option("--json", is_flag=True, help="one JSON object")
def policy_explain_command(**options: Any) -> int:
    """Decided as the running server decides, without a call: a tool that no call of the caller can be permitted of is
    hidden. What depends on the arguments is said so; with arguments the one call is decided. Nothing is sent."""
    from adaptgen.cli.govern.policy_explain import run

    return run(SimpleNamespace(**options))


@command()
@argument("folders", metavar="DIR...", nargs=-1, required=True, type=PATH, help="generated servers")
@click.option("--governance", metavar="FILE", type=PATH, help="settings with the claims that policies read")
@click.option("--json", is_flag=True, help="in Cedar's JSON syntax")
def policy_schema_command(**options: Any) -> int:
    """Goes to stdout."""
    from adaptgen.cli.govern.policy import schema

    return schema(SimpleNamespace(**options))


@command()
@argument("policies", metavar="POLICIES", type=PATH, help=_POLICIES)
@argument("folder", metavar="DIR", type=PATH, help="the generated server behind the gateway's target")
@click.option("--gateway-arn", metavar="ARN", required=True, help="the gateway's ARN")
@click.option("--target", metavar="NAME", help="the name of the target; default: the server's")
@click.option("--json", is_flag=True, help="a JSON array of names and statements")
def policy_agentcore_command(**options: Any) -> int:
    """A policy that the gateway cannot evaluate is an error."""
    from adaptgen.cli.govern.policy import agentcore

    return agentcore(SimpleNamespace(**options))


@command()
@argument("governance", metavar="GOVERNANCE", help=_GOVERNANCE)
@click.option("--json", is_flag=True, help="a list of objects instead of a table")
def usage_command(**options: Any) -> int:
    """Calls, errors and bytes of answers by tenant, group and tool, from the shared state of the settings (Redis or
    DynamoDB)."""
    from adaptgen.cli.govern.shared_state import run_usage

    return run_usage(SimpleNamespace(**options))


connections_command = CommandGroup(
    "connections",
    {
        "commands": {
            "list": (_HERE, "print whose accounts are connected, and since when"),
            "revoke": (_HERE, "end accounts, here and at the API"),
        }
    },
)
_KEEPER = "the folder of a generated server; or the settings of a proxy"
_SETTINGS = "the settings of the generated server: a file, s3://… or appconfig://…; also ADAPTGEN_GOVERNANCE"


@command()
@argument("where", metavar="DIR|GOVERNANCE", help=_KEEPER)
@click.option("--governance", metavar="FILE", help=_SETTINGS)
@click.option("--sub", metavar="SUB", default="", help="of this caller; a proxy needs it")
@click.option("--tenant", metavar="TENANT", default="", help="the tenant of the caller")
@click.option("--json", is_flag=True, help="a list of objects instead of a table")
def connections_list_command(**options: Any) -> int:
    """The accounts that callers have connected themselves. The API is not asked. A proxy asks its servers about one
    caller; the settings of a server name all of them."""
    from adaptgen.cli.govern.connections import run_list

    return run_list(SimpleNamespace(**options))


@command(required=("sub", "all"))
@argument("where", metavar="DIR|GOVERNANCE", help=_KEEPER)
@click.option("--governance", metavar="FILE", help=_SETTINGS)
@click.option("--sub", metavar="SUB", default="", help="the accounts of this caller")
@click.option("--tenant", metavar="TENANT", default="", help="the tenant of the caller")
@click.option("--all", is_flag=True, help="the accounts of all callers; not at a proxy")
@click.option("--server", metavar="SERVER", default="", help="at a proxy: the accounts at this server alone")
@click.option("--json", is_flag=True, help="a list of objects instead of a table")
def connections_revoke_command(**options: Any) -> int:
    """Ends accounts: no process uses them from its next request on. The API is asked to end them, too, if it can be.
    Each is written to the audit trail of the settings."""
    from adaptgen.cli.govern.connections import run_revoke

    return run_revoke(SimpleNamespace(**options))


@command(required=("token", "kind"))
@argument("governance", metavar="GOVERNANCE", help=_GOVERNANCE)
@click.option("--token", metavar="TOKEN", default="", help="the token")
@click.option("--kind", metavar="KIND", default="", help="the kind of the value that is read from stdin")
@click.option("--tenant", metavar="TENANT", default="", help="the tenant of whom the token was made for")
@click.option("--sub", metavar="SUB", default="", help="the caller; only scope: caller needs it")
@click.option("--server", metavar="SERVER", default="", help="the server; only scope: server needs it")
def erase_command(**options: Any) -> int:
    """For tokens of form: short. The entry is named by its token, or by its kind with the value on standard input; by
    the tenant, caller or server that tokenize.scope binds it to."""
    from adaptgen.cli.govern.shared_state import run_erase

    return run_erase(SimpleNamespace(**options))


@command(required=("sub", "client"))
@argument("governance", metavar="GOVERNANCE", help=_GOVERNANCE)
@click.option("--sub", metavar="SUB", default="", help="the person")
@click.option("--tenant", metavar="TENANT", default="", help="the tenant of the person")
@click.option("--client", metavar="CLIENT_ID", default="", help="an MCP client: its id, or as in the audit trail")
def logout_command(**options: Any) -> int:
    """Ends all access and refresh tokens that a person has, or a client, at servers with these settings and this state,
    within seconds. Consents that were remembered are asked for again. Who may log in is up to the identity provider."""
    from adaptgen.cli.govern.shared_state import run_logout

    return run_logout(SimpleNamespace(**options))
