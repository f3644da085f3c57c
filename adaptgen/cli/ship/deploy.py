"""``adaptgen deploy``: a bundle as a CloudFormation stack."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.cli.ship import package
from adaptgen.diagnostics import error

if TYPE_CHECKING:
    from adaptgen.ship.deployments.deployment import Change, Deployment, Outcome, Plan


def run(options: SimpleNamespace) -> int:
    """Deploys, or deletes; exit code 1 when AWS rolled back or nobody agreed to the changes."""
    deployment = _deployment(options)
    if options.delete:
        if not options.dry_run and not (options.yes or _confirmed(f"delete the stack {options.stack}?")):
            return 1
        return _told(deployment.delete(options.stack), options)
    if options.what is None:
        raise error("AG090", "nothing is named that could be deployed", help="adaptgen deploy DIR --stack NAME …")
    if not options.bucket:
        raise error("AG090", "the bundle needs a bucket", help="--bucket NAME, in the region of the stack")
    outcome = deployment.deploy(_plan(options))
    if outcome is None:
        terminal.print_error("nothing was changed")
        return 1
    return _told(outcome, options)


def _deployment(options: SimpleNamespace) -> Deployment:
    from adaptgen.ship.deployments.deployment import Deployment, make_client
    from adaptgen.ship.deployments.dry_run_clients import RecordingClients

    if options.dry_run:
        dry = {name: RecordingClients(name, terminal.say, exists=options.delete) for name in ("s3", "cloudformation")}
        return Deployment(dry["s3"], dry["cloudformation"], say=_quiet, agree=lambda changes: True)
    made = {name: make_client(name, options.region, options.endpoint_url) for name in ("s3", "cloudformation")}
    return Deployment(
        made["s3"],
        made["cloudformation"],
        say=terminal.print_error,
        agree=lambda changes: _shown(changes) and (options.yes or _confirmed("carry these changes out?")),
        every=options.every,
    )


def _quiet(line: str) -> None:
    """A dry run says what it would call, and nothing else."""


def _plan(options: SimpleNamespace) -> Plan:
    from adaptgen.ship.deployments.deployment import Plan
    from adaptgen.ship.stack import cloudformation, stack
    from adaptgen.ship.stack.versions import OWN, version_key

    bundle = package.make_bundle(options, "lambda")
    code = bundle.zip()
    sha256 = hashlib.sha256(code).hexdigest()
    key = stack.code_key(bundle, sha256)
    general = stack.plain(bundle, sha256)
    known = {name: one for name, one in general["Parameters"].items() if name not in OWN}
    given = _parameters(options.parameter, stack.variables(bundle), known)
    parameters = {**given, "CodeBucket": options.bucket}
    # A version holds its environment: one that changes is a new version, or the alias would stay with the old one.
    version = version_key(general, sha256, parameters, options.stack)
    stack.check_parameters(general, parameters)
    template = cloudformation.as_json(stack.plain(bundle, sha256, version))
    return Plan(options.stack, template, parameters, options.bucket, key, code)


def _parameters(given: Sequence[str], variables: Mapping[str, str], known: Mapping[str, object]) -> dict[str, str]:
    """``NAME=VALUE``, where a name is that of a parameter or of an environment variable; AG090 for an invalid or
    missing one."""
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        parameter = variables.get(name, name)
        if not equals or parameter not in known:
            names = ", ".join(sorted(set(known) - {"CodeBucket"}))
            raise error("AG090", f"{name!r} is not a parameter", help=f"--parameter NAME=VALUE; known: {names}")
        found[parameter] = value
    asked = [
        name for name, one in known.items()
        if isinstance(one, dict) and "Default" not in one and name not in found and name != "CodeBucket"
    ]  # fmt: skip
    if asked:
        help = " ".join(f"--parameter {name}=…" for name in asked)
        raise error("AG090", f"{terminal.count(len(asked), 'parameter')} without a value", help=help)
    return found


def _shown(changes: Sequence[Change]) -> bool:
    rows = [(one.action, one.type, one.name, one.replaced) for one in changes]
    terminal.table(("change", "type", "name", ""), rows)
    return True


def _confirmed(question: str) -> bool:
    if not sys.stdin.isatty():
        terminal.print_error("nobody is there to agree: --yes carries it out without a question")
        return False
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _told(outcome: Outcome, options: SimpleNamespace) -> int:
    if options.dry_run:
        return 0
    for failure in outcome.failures:
        terminal.print_error(f"{failure.name} ({failure.type}): {failure.reason}")
    terminal.say(f"{options.stack}: {outcome.status}")
    terminal.table(("output", "value"), sorted(outcome.outputs.items()))
    return 0 if outcome.done else 1
