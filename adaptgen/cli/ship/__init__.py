"""The command lines of ``package`` and ``deploy``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from adaptgen.cli.parser import Command


def add_package(command: Command) -> None:
    package = command(
        "package",
        "make a bundle for AWS Lambda or AgentCore Runtime",
        "A generated server, or with settings of mode: proxy the proxy, with all that it needs and nothing else: the "
        "same bytes every time. Wheels are fetched through pip and kept in the user's cache.",
    )
    package.add_argument("--target", choices=["lambda", "agentcore"], default="lambda", help="default: %(default)s")
    package.add_argument(
        "--out",
        metavar="PATH",
        type=Path,
        help="the zip, or the folder of the image; default: dist/NAME.zip, dist/NAME",
    )
    _add_bundle(package)


def add_deploy(command: Command) -> None:
    deploy = command(
        "deploy",
        "deploy a bundle as a CloudFormation stack",
        "Packages, uploads the bundle under its hash, and shows the change set before it is carried out. What is "
        "deployed already is left alone. Exit code 1 when AWS rolled back.",
    )
    _add_bundle(deploy, optional=True)
    deploy.add_argument("--stack", metavar="NAME", required=True, help="the name of the stack")
    deploy.add_argument("--bucket", metavar="NAME", default="", help="where the bundle goes, in the stack's region")
    deploy.add_argument(
        "--parameter", metavar="NAME=VALUE", action="append", default=[],
        help="of the template, or an environment variable; repeatable",
    )  # fmt: skip
    deploy.add_argument("--region", metavar="NAME", default="", help="default: what the environment says")
    deploy.add_argument("--endpoint-url", metavar="URL", default="", help="of AWS, for tests")
    deploy.add_argument("--every", metavar="SECONDS", type=float, default=3.0, help="how often to look; default: 3")
    deploy.add_argument("--dry-run", action="store_true", help="call nothing; print every call that would be made")
    deploy.add_argument("--yes", action="store_true", help="carry the changes out without a question")
    deploy.add_argument("--delete", action="store_true", help="delete the stack; nothing else need be named")


def _add_bundle(command: argparse.ArgumentParser, *, optional: bool = False) -> None:
    command.add_argument(
        "what", metavar="DIR|GOVERNANCE", type=Path, nargs="?" if optional else None,
        help="generated/crm, or the settings of a proxy",
    )  # fmt: skip
    command.add_argument("--governance", metavar="FILE", type=Path, help="other settings than the server's own")
    command.add_argument("--arch", choices=["x86_64", "arm64"], help="default: x86_64, and arm64 for agentcore")
    command.add_argument("--python", metavar="VERSION", default="3.12", help="3.12 or later; default: %(default)s")
    command.add_argument("--interpreter", metavar="PATH", default="", help="a Python of that version, for the bytecode")
    command.add_argument("--no-compile", action="store_true", help="leave the bytecode out: starts are slower")
