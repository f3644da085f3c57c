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
@click.option("--target", type=click.Choice(["lambda", "agentcore"]), help="default: lambda")
@click.option("--all", is_flag=True, help="of a folder of documents, or of a proxy and its servers: every stack")
@click.option("--stage", metavar="NAME", default="", help="specs/<name>/stages/NAME.yaml, which decides everything")
@click.option("--stack", metavar="NAME", default="", help="the name of the stack, without a stage")
@click.option("--bucket", metavar="NAME", default="", help="where the bundle goes, in the stack's region")
@click.option(
    "--parameter",
    metavar="NAME=VALUE",
    multiple=True,
    help="of the template, or an environment variable; repeatable; others keep their values",
)
@click.option("--tag", metavar="NAME=VALUE", multiple=True, help="of the stack and all that it makes; repeatable")
@click.option("--role-arn", metavar="ARN", default="", help="the role that CloudFormation takes")
@click.option("--permissions-boundary", metavar="ARN", default="", help="of the roles that the stack makes")
@click.option("--protect/--no-protect", default=None, help="whether AWS refuses to delete the stack")
@click.option("--region", metavar="NAME", default="", help="default: what the environment says")
@click.option("--profile", metavar="NAME", default="", help="of the AWS configuration")
@click.option("--endpoint-url", metavar="URL", default="", help="of AWS, for tests")
@click.option("--every", metavar="SECONDS", type=float, default=3.0, help="how often to look; default: 3")
@click.option("--dry-run", is_flag=True, help="call nothing; print every call that would be made")
@click.option("--yes", is_flag=True, help="carry the changes out without a question")
@click.option("--allow-replacement", is_flag=True, help="also where a resource that holds data is made anew")
@click.option("--from", "source", metavar="STAGE", default="", help="build nothing: deploy what that stage runs")
@click.option("--at-once", is_flag=True, help="all calls to the new version at once, whatever the stage says")
@click.option("--unpin", is_flag=True, help="also a version that calls were taken back from")
@click.option("--follow", is_flag=True, help="show what happens to the stack until it is over; change nothing")
@click.option("--delete", is_flag=True, help="delete the stack; nothing else need be named")
@click.option("--json", is_flag=True, help="one JSON object: the changes and how it ended")
def deploy_command(**options: Any) -> int:
    """Packages, uploads the bundle under its hash, and shows the change set before it is carried out. What is deployed
    already is left alone. Exit code 1 when AWS rolled back, or nobody agreed."""
    from adaptgen.cli.ship.deploy import run

    return run(SimpleNamespace(**options))


def _aws(function: Callable[..., int]) -> Callable[..., int]:
    """Where AWS is."""
    for one in reversed(
        (
            click.option("--region", metavar="NAME", default="", help="default: what the environment says"),
            click.option("--profile", metavar="NAME", default="", help="of the AWS configuration"),
            click.option("--endpoint-url", metavar="URL", default="", help="of AWS, for tests"),
            click.option("--json", is_flag=True, help="one JSON object"),
        )
    ):
        function = one(function)
    return function


@command()
@argument("what", metavar="[DIR|GOVERNANCE]", type=PATH, required=False, help=_WHAT)
@click.option("--stage", metavar="NAME", default="", help="specs/<name>/stages/NAME.yaml says which stack")
@click.option("--stack", metavar="NAME", default="", help="the name of the stack, without a stage")
@click.option("--to", metavar="VERSION", default="", help="default: the one that had all calls before")
@click.option("--governance", metavar="FILE", type=PATH, help="where the stages are, if the server does not say")
@_aws
@click.option("--every", metavar="SECONDS", type=float, default=3.0, help="how often to look; default: 3")
@click.option("--dry-run", is_flag=True, help="look, and show what would be done; change nothing")
@click.option("--yes", is_flag=True, help="go back without a question")
def rollback_command(**options: Any) -> int:
    """The alias moves first, at once, then the stack that says so. Code and environment go back; tables, secrets and
    roles do not. Exit code 1 when the stack does not follow, or nobody agreed."""
    from adaptgen.cli.ship.rollback import run

    return run(SimpleNamespace(**options))


@command()
@argument("what", metavar="DIR|GOVERNANCE", type=PATH, help=_WHAT)
@click.option("--governance", metavar="FILE", type=PATH, help="where the stages are, if the server does not say")
@_aws
def stages_command(**options: Any) -> int:
    """Each with the SHA-256 of its bundle and the time when it was published. Exit code 1 when a stage cannot be
    read."""
    from adaptgen.cli.ship.stages import run

    return run(SimpleNamespace(**options))
