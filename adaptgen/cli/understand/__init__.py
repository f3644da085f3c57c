"""The command lines of what explains a document or a server."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import click

from adaptgen.cli.commands import PATH, Choice, argument, command, tool_names
from adaptgen.cli.understand.evaluation_model import model_options

_SPEC = "an OpenAPI 3.0/3.1 or Swagger 2.0 document"


@command()
@argument("folder", metavar="DIR", type=PATH, help="a generated server, such as generated/crm")
@argument("tool", metavar="[TOOL]", default="", shell_complete=tool_names, help="the name of the tool")
@click.option(
    "--json",
    is_flag=True,
    help="each decision with its evidence and how sure it is; TOOL may also be an operation: 'GET /notes'",
)
@click.option("--spec", metavar="SPEC", type=PATH, help="the document that the server was built from")
def explain_command(**options: Any) -> int:
    """Source lines, evidence, request, arguments, paging, view and sensitive fields of one tool; without TOOL what was
    inferred for the whole server. Evidence and source lines need the document: it is looked for next to the output
    folder, or given by --spec."""
    from adaptgen.cli.understand.explain import run

    return run(SimpleNamespace(**options))


@command(exclusive=("governance", "no_governance"))
@argument("folder", metavar="DIR|DOCUMENT", type=click.Path(), help=f"a generated server; or {_SPEC}, a file or a URL")
@click.option("--json", is_flag=True, help="one JSON object")
@click.option("--governance", metavar="FILE", help="the settings; default: those that the server was built with")
@click.option("--no-governance", is_flag=True, help="without policies")
def tools_command(**options: Any) -> int:
    """A row for each tool: its effect, the arguments (* is required; without those that the runtime adds, such as
    cursor and fields), the fields that it returns, and the policies that permit or forbid it, with the groups that they
    name. Fits the terminal; in a pipe the columns are whole, with tabs between them."""
    from adaptgen.cli.understand.tools import run

    return run(SimpleNamespace(**options))


@command()
@argument("spec", metavar="SPEC|URL", help=f"{_SPEC}, a file or a URL")
@click.option("--json", is_flag=True, help="print the whole report as JSON")
@click.option("--html", metavar="FILE", type=PATH, help="write the report as one page with pictures")
@click.option("--fail-under", metavar="N", type=int, help="exit 1 if the score is under N (0 to 100): for CI")
def inspect_command(**options: Any) -> int:
    """A score with its parts, what an agent will stumble over with the evidence and the hint that fixes it, and what
    bytes and turns cost before and after. Nothing is sent anywhere."""
    from adaptgen.cli.understand.readiness import run_inspect

    return run_inspect(SimpleNamespace(**options))


@command()
@argument("spec", metavar="SPEC", type=PATH, help=_SPEC)
@click.option(
    "--traffic",
    metavar="DIR",
    type=PATH,
    help="learn from recorded answers: cassettes of vcrpy, or HTTP archives (HAR)",
)
def init_command(**options: Any) -> int:
    """Writes hints.yaml and governance.draft.yaml next to the document's hints: what was inferred and what is not
    known, each line a comment with its evidence; and evals/draft.yaml, a question for each tool that reads. Building
    with the drafts as they are equals building without."""
    from adaptgen.cli.understand.readiness import run_init

    return run_init(SimpleNamespace(**options))


@command(exclusive=("dry_run", "check"))
@argument("spec", metavar="SPEC", type=PATH, help=_SPEC)
@click.option("--requests", metavar="N", type=click.IntRange(1, 100_000), default=200, help="send at most N (200)")
@click.option("--dry-run", is_flag=True, help="print what would be asked first; nothing is sent")
@click.option("--offline", metavar="DIR", type=PATH, help="the same on recorded traffic: cassettes or archives (HAR)")
@click.option("--report", metavar="[FILE]", is_flag=False, flag_value="-", help="where document and API disagree")
@click.option("--check", is_flag=True, help="exit 1 if learned.yaml says something else; writes nothing: for CI")
@click.option("--restart", is_flag=True, help="begin anew, also where a run was interrupted")
@click.option("--json", is_flag=True, help="one JSON object: every experiment and line")
def learn_command(**options: Any) -> int:
    """Tries the API with reads that are judged safe, and the login: how it pages, what it answers, where its document
    is wrong. Writes learned.yaml, which every build reads and hints.yaml outranks, and learned.json with the
    experiments. The address and the credentials come from the environment, as for doctor. No value of an answer is
    kept."""
    from adaptgen.cli.understand.learn import run

    return run(SimpleNamespace(**options))


@command(required=("folder", "governance"))
@argument("folder", metavar="[DIR]", type=PATH, required=False, help="a generated server, such as generated/crm")
@click.option("--tool", metavar="NAME", default="", help="read with this tool; default: one that needs nothing")
@click.option(
    "--governance", metavar="FILE", type=PATH, help="settings with login: whether people can log in under them"
)
@click.option("--json", is_flag=True, help="one JSON object: the checks")
def doctor_command(**options: Any) -> int:
    """Says what is wrong and what fixes it: variables, the name, the connection, TLS, the login, one read, the clock.
    With --governance: what the identity provider says of itself, what to register there, and whether clients find this
    server's metadata. Nothing is written to the API, and no secret is sent to the provider. Exit code 1 if a check
    fails."""
    from adaptgen.cli.understand.readiness import run_doctor, run_login_doctor

    given = SimpleNamespace(**options)
    return run_doctor(given) if given.governance is None else run_login_doctor(given)


@command(exclusive=("governance", "no_governance"))
@argument("folder", metavar="DIR", type=PATH, help="a generated server, such as generated/crm")
@click.option("--cases", metavar="DIR", type=PATH, help="the folder of the cases; default: specs/NAME/evals")
@click.option(
    "--layer",
    "layers",
    metavar="L0|L1|L2|L3",
    multiple=True,
    type=Choice(("L0", "L1", "L2", "L3")),
    help="only this layer; may be repeated",
)
@click.option("--case", "only", metavar="NAME", multiple=True, help="only these cases; * stands for any letters")
@click.option("--live", is_flag=True, help="ask the API of the environment; default: the cassettes")
@click.option("--allow-writes", is_flag=True, help="with --live: make the writes too, on a test system")
@model_options
@click.option("--against", metavar="REV|DIR", help="the same cases on another server: what a change of the tools did")
@click.option(
    "--fail-on",
    metavar="failure|regression",
    type=Choice(("failure", "regression")),
    default="failure",
    help="exit 1 for what fails (default), or only for what did not fail with --against",
)
@click.option("--fail-under", metavar="N", type=click.IntRange(0, 100), help="exit 1 if less than N % of checks pass")
@click.option("--json", is_flag=True, help="one JSON object: cases, checks and scores")
@click.option("--junit", metavar="FILE", type=PATH, help="write the checks as JUnit XML: for CI")
@click.option("--html", metavar="FILE", type=PATH, help="write the result as one page")
@click.option("--governance", metavar="FILE", help="the settings; default: those that the server was built with")
@click.option("--no-governance", is_flag=True, help="without policies")
def eval_command(**options: Any) -> int:
    """Checks the cases in specs/NAME/evals: L0 the tools as they are written, L1 whether a caller is shown the tools
    that answer a question, L2 whether the expected calls return the right answer, for this caller and for no other, L3
    what a model does with them. Without --live and --model nothing leaves the machine. Exit code 1 if a check fails or
    a recording of a model is stale."""
    from adaptgen.cli.understand.evaluate import run

    return run(SimpleNamespace(**options))
