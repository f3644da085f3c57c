"""The command lines of ``build`` and of what keeps documents and servers up to date."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adaptgen.cli.parser import Command


def add_build(command: Command) -> None:
    build = command(
        "build",
        "generate MCP servers from OpenAPI or Swagger documents",
        "Each document becomes one folder below --out, named by server.name of its hints (specs/crm.yaml is hinted by "
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
    build.add_argument(
        "--rename",
        action="store_true",
        help="rename tools by the current rules; earlier names still work",
    )
    build.add_argument("--validate", action="store_true", help="also report where the document breaks OpenAPI")
    build.add_argument("--quiet", action="store_true", help="print warnings and the last line only")


def add_diff(command: Command) -> None:
    diff = command(
        "diff",
        "what changed for agents",
        "OLD and NEW are OpenAPI documents (planned with their hints; a document without any takes those of the "
        "other), generated folders, folders of them, or git revisions of either: HEAD~1:generated/crm, "
        "main:specs/crm.yaml. A revision alone takes the other's path. Nothing that is compared is executed. Exit code "
        "1 with --fail-on.",
    )
    diff.add_argument("old", metavar="OLD", help="a document, a generated folder, or a revision")
    diff.add_argument("new", metavar="NEW", help="the same at a later time")
    form = diff.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object")
    form.add_argument("--github", action="store_true", help="annotations of a GitHub workflow, then the text")
    diff.add_argument(
        "--fail-on",
        choices=["breaking", "review", "additive"],
        help="exit 1 if there is a change of this kind or a worse one",
    )


def add_ci(command: Command) -> None:
    ci = command(
        "ci",
        "write the workflow that keeps servers up to date",
        "On a commit: generated/ is fresh, what changes for agents, contract tests. On a schedule: pull, build, diff, "
        "contract tests, and a change request. Its shell lines are plain POSIX.",
    )
    ci.add_argument("platform", choices=["github", "gitlab"], help="whose workflow")
    ci.add_argument(
        "--out", metavar="FILE", nargs="?", const="", help="write it, by default where the platform looks for it"
    )
    ci.add_argument("--install", metavar="LINES", help="shell lines that make adaptgen and pytest available")


def add_pull(command: Command) -> None:
    pull = command(
        "pull",
        "fetch documents from their sources",
        "The hints say where a document comes from: source: {url: …, headers: {…}}. It is fetched if it is another one "
        "(ETag, Last-Modified), normalised, and written with what it changes for agents. Nothing is generated.",
    )
    pull.add_argument(
        "specs", metavar="SPEC", nargs="*", type=Path, help="such as specs/crm.yaml; default: all that name a source"
    )
    pull.add_argument("--check", action="store_true", help="write nothing; exit 1 if a document is another one now")


def add_record(command: Command) -> None:
    record = command(
        "record",
        "record the real API for contract tests",
        "Calls each tool that reads once, with identifiers that lists before it answered, and writes what went over "
        "the wire to specs/NAME/cassettes/, with stand-ins for secrets and personal data. A cassette in which any "
        "remains is refused. Addresses and credentials come from the environment, as for serve.",
    )
    record.add_argument("folder", metavar="DIR", type=Path, help="a generated server, such as generated/crm")
    record.add_argument("--out", metavar="DIR", type=Path, help="default: specs/NAME/cassettes")
    record.add_argument(
        "--writes", metavar="TOOL", action="append", default=[], help="also call this tool, which writes; repeatable"
    )
    record.add_argument("--skip", metavar="TOOL", action="append", default=[], help="leave this tool out; repeatable")
    record.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 with what the API answers otherwise than before"
    )
