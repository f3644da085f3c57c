"""What may stand on the command line of ``diff``, ``pull`` and ``ci``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

Command = Callable[[str, str, str], argparse.ArgumentParser]
"""(name, summary, description) -> the parser of a command."""


def add(command: Command) -> None:
    """Add the commands of regeneration."""
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
