"""The command lines of ``package`` and ``deploy``."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import click

from adaptgen.cli.commands import PATH, Choice, argument, command, output

_WHAT = "generated/crm, or the settings of a proxy"


def _bundle(function: Callable[..., int]) -> Callable[..., int]:
    """The options of what goes into a bundle."""
    for one in reversed(
        (
            click.option("--governance", metavar="FILE", type=PATH, help="other settings than the server's own"),
            click.option("--arch", type=Choice(["x86_64", "arm64"]), help="default: x86_64, and arm64 for agentcore"),
            click.option("--python", metavar="VERSION", default="3.12", help="3.12 or later; default: 3.12"),
            click.option(
                "--interpreter", metavar="PATH", default="", help="a Python of that version, for the bytecode"
            ),
            click.option("--no-compile", is_flag=True, help="leave the bytecode out: starts are slower"),
        )
    ):
        function = one(function)
    return function


@command()
@argument("what", metavar="DIR|GOVERNANCE", type=PATH, help=_WHAT)
@click.option("--target", type=Choice(["lambda", "agentcore"]), default="lambda", help="default: lambda")
@output(metavar="PATH", type=PATH, help="the zip, or the folder of the image; default: dist/NAME.zip, dist/NAME")
@click.option("--json", is_flag=True, help="one JSON object: what was written")
@_bundle
def package_command(**options: Any) -> int:
    """A generated server, or with settings of mode: proxy the proxy, with all that it needs and nothing else: the same
    bytes every time. Wheels are fetched through pip and kept in the user's cache."""
    from adaptgen.cli.ship.package import run

    return run(SimpleNamespace(**options))


@command()
@argument("what", metavar="[DIR|GOVERNANCE]", type=PATH, required=False, help=_WHAT)
@_bundle
@click.option("--stack", metavar="NAME", required=True, help="the name of the stack")
@click.option("--bucket", metavar="NAME", default="", help="where the bundle goes, in the stack's region")
@click.option(
    "--parameter",
    metavar="NAME=VALUE",
    multiple=True,
    help="of the template, or an environment variable; repeatable",
)
@click.option("--region", metavar="NAME", default="", help="default: what the environment says")
@click.option("--endpoint-url", metavar="URL", default="", help="of AWS, for tests")
@click.option("--every", metavar="SECONDS", type=float, default=3.0, help="how often to look; default: 3")
@click.option("--dry-run", is_flag=True, help="call nothing; print every call that would be made")
@click.option("--yes", is_flag=True, help="carry the changes out without a question")
@click.option("--delete", is_flag=True, help="delete the stack; nothing else need be named")
def deploy_command(**options: Any) -> int:
    """Packages, uploads the bundle under its hash, and shows the change set before it is carried out. What is deployed
    already is left alone. Exit code 1 when AWS rolled back."""
    from adaptgen.cli.ship.deploy import run

    return run(SimpleNamespace(**options))
