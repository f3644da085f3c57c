"""The command lines of what explains a document or a server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adaptgen.cli.parser import Command


def add_explain(command: Command) -> None:
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


def add_inspect(command: Command) -> None:
    inspect = command(
        "inspect",
        "how ready an API is for agents, and what makes it readier",
        "A score with its parts, what an agent will stumble over with the evidence and the hint that fixes it, and "
        "what bytes and turns cost before and after. Nothing is sent anywhere.",
    )
    inspect.add_argument("spec", metavar="SPEC", type=Path, help="an OpenAPI 3.0/3.1 or Swagger 2.0 document")
    inspect.add_argument("--json", action="store_true", help="print the whole report as JSON")
    inspect.add_argument("--html", metavar="FILE", type=Path, help="write the report as one page with pictures")
    inspect.add_argument(
        "--fail-under", metavar="N", type=int, help="exit 1 if the score is under N (0 to 100): for CI"
    )


def add_init(command: Command) -> None:
    init = command(
        "init",
        "draft the side files of a document that are missing",
        "Writes hints.yaml and governance.draft.yaml next to the document's hints: what was inferred and what is not "
        "known, each line a comment with its evidence. Building with the draft as it is equals building without.",
    )
    init.add_argument("spec", metavar="SPEC", type=Path, help="an OpenAPI 3.0/3.1 or Swagger 2.0 document")
    init.add_argument(
        "--traffic",
        metavar="DIR",
        type=Path,
        help="learn from recorded answers: cassettes of vcrpy, or HTTP archives (HAR)",
    )


def add_doctor(command: Command) -> None:
    doctor = command(
        "doctor",
        "reach the API of a generated server, log in and read once",
        "Says what is wrong and what fixes it: variables, the name, the connection, TLS, the login, one read, the "
        "clock. Nothing is written to the API. Exit code 1 if a check fails.",
    )
    doctor.add_argument("folder", metavar="DIR", type=Path, help="generated/crm")
    doctor.add_argument(
        "--tool", metavar="NAME", default="", help="read with this tool; default: one that needs nothing"
    )
