"""The command lines of ``build`` and of what keeps documents and servers up to date."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from adaptgen.cli.commands import PATH, Choice, argument, command, output

_SPEC = "an OpenAPI 3.0/3.1 or Swagger 2.0 document"


@command(exclusive=("verbose", "quiet"))
@argument("specs", metavar="[SPEC]...", nargs=-1, type=PATH, help=f"{_SPEC}; default: all in specs/")
@output(Path("generated"), metavar="DIR", type=PATH, help="default: generated")
@click.option("--check", is_flag=True, help="write nothing; exit 1 with a diff if the output is stale")
@click.option("--rename", is_flag=True, help="rename tools by the current rules; earlier names still work")
@click.option("--validate", is_flag=True, help="also report where the document breaks OpenAPI")
@click.option("--verbose", is_flag=True, help="print what was inferred, also where nothing has changed")
@click.option("--json", is_flag=True, help="one JSON object: servers, their files, diagnostics")
def build_command(**options: Any) -> int:
    """Each document becomes one folder below --out, named by server.name of its hints (specs/crm.yaml is hinted by
    specs/crm/hints.yaml) or after the document. Prints what was inferred and from what evidence."""
    from adaptgen.cli.generate.build import run

    return run(SimpleNamespace(**options))


@command(exclusive=("json", "github"))
@argument("old", metavar="OLD", help="a document, a generated folder, or a revision")
@argument("new", metavar="NEW", help="the same at a later time")
@click.option("--json", is_flag=True, help="one JSON object")
@click.option("--github", is_flag=True, help="annotations of a GitHub workflow, then the text")
@click.option("--summary", metavar="FILE", type=PATH, help="also append it as Markdown: at most 1 MB, the worst first")
@click.option("--comment", metavar="FILE", type=PATH, help="also write it as Markdown for a change request: 60 kB")
@click.option(
    "--fail-on",
    type=Choice(["breaking", "review", "additive"]),
    help="exit 1 if there is a change of this kind or a worse one",
)
def diff_command(**options: Any) -> int:
    """OLD and NEW are OpenAPI documents (planned with their hints; a document without any takes those of the other),
    generated folders, folders with servers anywhere below, or git revisions of either: HEAD~1:generated/crm. A
    revision alone takes the other's path; main... is the commit where HEAD left main. What a generated folder was made
    from is compared, too. Nothing that is compared is executed. Exit code 1 with --fail-on."""
    from adaptgen.cli.generate.regenerate import run_diff

    return run_diff(SimpleNamespace(**options))


@command(exclusive=("install", "requirements"))
@argument("platform", metavar="PLATFORM", type=Choice(["github", "gitlab"]), help="whose workflow: github or gitlab")
@output(metavar="[FILE]", is_flag=False, flag_value="", help="write it, by default where the platform looks for it")
@click.option("--project", metavar="DIR", multiple=True, help="a folder with specs/, from the root; repeatable")
@click.option("--requirements", metavar="FILE", type=PATH, help="install what it pins by hashes, and nothing else")
@click.option("--install", metavar="LINES", help="shell lines that make adaptgen and pytest available")
def ci_command(**options: Any) -> int:
    """On a change: generated/ is fresh, what changes for agents, contract tests. On a schedule: pull, build, diff,
    contract tests, and a change request. Its shell lines are plain POSIX. In a folder of a repository, it is the
    workflow of this folder; --project names several."""
    from adaptgen.cli.generate.pipeline import run_ci

    return run_ci(SimpleNamespace(**options))


@command()
@argument("specs", metavar="[SPEC|URL]...", nargs=-1, help="such as specs/crm.yaml; default: all that name a source")
@output(metavar="FILE", type=PATH, help="of a URL: the file of the document; default: specs/TITLE.yaml, or .json")
@click.option("--check", is_flag=True, help="write nothing; exit 1 if a document is another one now")
def pull_command(**options: Any) -> int:
    """The hints say where a document comes from: source: {url: …, headers: {…}}. It is fetched if it is another one
    (ETag, Last-Modified), normalised, and written with what it changes for agents. With a URL the document
    is written, and hints that name this source. Nothing is generated."""
    from adaptgen.cli.generate.regenerate import run_pull

    return run_pull(SimpleNamespace(**options))


@command()
@argument("folder", metavar="DIR", type=PATH, help="a generated server, such as generated/crm")
@output(metavar="DIR", type=PATH, help="default: specs/NAME/cassettes")
@click.option("--writes", metavar="TOOL", multiple=True, help="also call this tool, which writes; repeatable")
@click.option("--skip", metavar="TOOL", multiple=True, help="leave this tool out; repeatable")
@click.option("--check", is_flag=True, help="write nothing; exit 1 with what the API answers otherwise than before")
def record_command(**options: Any) -> int:
    """Calls each tool that reads once, with identifiers that lists before it answered, and writes what went over the
    wire to specs/NAME/cassettes/, with stand-ins for secrets and personal data. A cassette in which any remains is
    refused. Addresses and credentials come from the environment, as for serve."""
    from adaptgen.cli.generate.record import run

    return run(SimpleNamespace(**options))
