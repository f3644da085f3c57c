"""``adaptgen deploy``: a bundle as a CloudFormation stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from adaptgen.cli import terminal
from adaptgen.cli.ship import moving, package
from adaptgen.cli.ship.deploy_review import answer, confirmed, describe_loss, review_json, show_review
from adaptgen.diagnostics import error

if TYPE_CHECKING:
    from adaptgen.cli.ship.deploy_keys import StageKeys
    from adaptgen.ship.deployments.deployment import Deployment, Outcome, Plan, Review
    from adaptgen.ship.deployments.stages import Stage

_DECIDED = ("governance", "target", "arch", "stack", "bucket", "parameter", "region", "role_arn", "tag",
            "permissions_boundary", "protect")  # fmt: skip
"""Options that a stage file has keys for."""
_PLACE = ("region", "profile")


def run(options: SimpleNamespace) -> int:
    """Deploys, deletes or follows; exit code 1 when AWS rolled back or nobody agreed to the changes."""
    if options.all:
        from adaptgen.cli.ship import fleet

        return fleet.run(options, _clients)
    stage = _stage(options)
    if stage is not None:
        options = _staged(options, stage)
    if not options.stack:
        raise error("AG090", "the stack has no name", help="--stage NAME, or --stack NAME")
    client = _clients(options)
    if stage is not None:
        from adaptgen.ship.deployments.planning import check_account

        client("sts").get_caller_identity() if options.dry_run else check_account(client("sts"), stage)
    talk = Conversation(options)
    deployment = talk.deployment(client)
    if options.follow:
        followed = deployment.follow(options.stack)
        moving.say_unfinished(client, options)
        return _told(followed, options, talk)
    if options.delete:
        if not options.dry_run and not (options.yes or confirmed(f"delete the stack {options.stack}?")):
            return 1
        return _told(deployment.delete(options.stack), options, talk)
    if options.what is None:
        raise error("AG090", "nothing is named that could be deployed", help="adaptgen deploy DIR --stage NAME")
    if not options.bucket:
        raise error("AG090", "the bundle needs a bucket", help="--bucket NAME, in the region of the stack")
    if stage is not None and not options.dry_run:
        from adaptgen.cli.ship import deploy_keys, fleet

        member = None if options.source else fleet.member_without_url(options, stage)
        if member is not None:
            return fleet.deploy_members(options, [member], client)
        talk.keys = deploy_keys.StageKeys(options, stage, client)
    plan = moving.promote(options, stage) if options.source else _plan(options, stage, client)
    outcome = moving.deploy(plan, deployment, talk.deployment(client, asks=False), client, options, stage)
    if outcome is None or not talk.agree_to_keys():
        terminal.print_error("nothing was changed")
        if options.json:
            terminal.say_json(_json(None, options, talk))
        return 1
    return _told(outcome, options, talk)


# ----------------------------------------------------------------------------------------------------------- the stage


def _stage(options: SimpleNamespace) -> Stage | None:
    """The stage that is named. No option can decide what its file decides."""
    if not options.stage:
        return None
    beside = [name for name in _DECIDED if getattr(options, name) not in (None, "", ())]
    if beside:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in beside)
        raise error("AG110", f"--stage {options.stage} decides everything, and {names} is next to it",
                    help="write it into the stage file, or leave --stage out")  # fmt: skip
    if options.what is None:
        raise error("AG090", "a stage belongs to a server or proxy", help="adaptgen deploy DIR --stage NAME")
    from adaptgen.ship.deployments.planning import open_stage

    return open_stage(options.what, options.stage)


def _staged(options: SimpleNamespace, stage: Stage) -> SimpleNamespace:
    """The options with what the stage decides."""
    named = Path(stage.governance) if stage.governance else None
    is_proxy = options.what.is_file()
    decided = {
        "what": named if is_proxy and named else options.what,
        "governance": None if is_proxy else named,
        "target": stage.target,
        "arch": stage.arch or None,
        "stack": stage.stack,
        "bucket": stage.bucket,
        "region": stage.region,
        "profile": options.profile or stage.profile,  # the account is checked in either case
    }
    return SimpleNamespace(**{**vars(options), **decided})


def _plan(options: SimpleNamespace, stage: Stage | None, client: Any) -> Plan:
    from adaptgen.ship.deployments.planning import BOUNDARY, plan_named, plan_stage, region_of
    from adaptgen.ship.stack.variables import readable_secrets

    bundle = package.make_bundle(options, options.target or "lambda")
    terminal.diagnostics(readable_secrets(bundle))
    if stage is not None:
        return plan_stage(bundle, stage, os.environ)
    given = _pairs(options.parameter, "--parameter")
    if options.permissions_boundary:
        given[BOUNDARY] = options.permissions_boundary
    region = options.region or ("" if options.dry_run else region_of(client("cloudformation")))
    plan = plan_named(bundle, options.stack, options.bucket, given, region=region, tags=_pairs(options.tag, "--tag"))
    return replace(plan, role_arn=options.role_arn, protect=options.protect)


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """``NAME=VALUE`` each; AG090 for anything else."""
    found: dict[str, str] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or not name:
            raise error("AG090", f"{name!r} has no value", help=f"{option} NAME=VALUE")
        found[name] = value
    return found


def _clients(options: SimpleNamespace) -> Any:
    """What makes the client of a service, once."""
    from adaptgen.ship.deployments.calls import make_client
    from adaptgen.ship.deployments.dry_run_clients import RecordingClients

    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made and options.dry_run:
            made[service] = RecordingClients(service, terminal.say, exists=options.delete or options.follow)
        elif service not in made:
            made[service] = make_client(service, options.region, options.endpoint_url, options.profile)
        return made[service]

    return client


# ------------------------------------------------------------------------------------------------------------- talking


class Conversation:
    """What is shown and asked. ``review``: what was shown last."""

    def __init__(self, options: SimpleNamespace) -> None:
        self._options = options
        self.review: Review | None = None
        self.keys: StageKeys | None = None

    def deployment(self, client: Any, *, asks: bool = True) -> Deployment:
        """``asks``: whether changes are shown before they are carried out."""
        from adaptgen.ship.deployments.deployment import Deployment

        dry = self._options.dry_run
        return Deployment(
            client("s3"),
            client("cloudformation"),
            say=_quiet if dry else terminal.print_error,
            agree=self.agree if asks and not dry else lambda review: True,
            confirm=(lambda question: True) if dry else lambda question: self._options.yes or confirmed(question),
            every=self._options.every,
            place=" ".join(
                f"--{name} {one}" for name in ("region", "profile") if (one := getattr(self._options, name))
            ),
        )

    def agree(self, review: Review) -> bool:
        """Data that is lost needs an agreement of its own: by its name, or by an option."""
        self.review = review
        if not self._options.json:
            if self.keys is not None:
                self.keys.show()
            show_review(review)
        if not (self._options.yes or confirmed("carry these changes out?")):
            return False
        for change in () if self._options.allow_replacement else review.losing:
            terminal.print_error(describe_loss(change))
            if self._options.yes or not sys.stdin.isatty():
                terminal.print_error("--yes does not cover this: --allow-replacement does")
                return False
            if answer(f"type {change.name} to go on: ") != change.name:
                return False
        if self.keys is not None:
            self.keys.make()
        return True

    def agree_to_keys(self) -> bool:
        """Whether no key is missing: those of a stack without changes are asked about by themselves."""
        if self.keys is not None and self.keys.missing:
            if not self._options.json:
                self.keys.show()
            if not (self._options.yes or confirmed("make them?")):
                return False
            self.keys.make()
        return True


def _quiet(line: str) -> None:
    """A dry run says what it would call, and nothing else."""


def _told(outcome: Outcome, options: SimpleNamespace, talk: Conversation) -> int:
    if options.dry_run:
        return 0
    if options.json:
        terminal.say_json(_json(outcome, options, talk))
        return 0 if outcome.done else 1
    for failure in outcome.failures:
        terminal.print_error(f"{failure.name} ({failure.type}): {failure.reason}")
    for one in outcome.kept:
        terminal.print_error(f"kept: {one}")
    terminal.say(f"{options.stack}: {outcome.status}")
    terminal.table(("output", "value"), sorted(outcome.outputs.items()))
    return 0 if outcome.done else 1


def _json(outcome: Outcome | None, options: SimpleNamespace, talk: Conversation) -> dict[str, Any]:
    return {
        "stack": options.stack,
        "status": outcome.status if outcome is not None else None,
        "done": outcome is not None and outcome.done,
        **review_json(talk.review),
        "outputs": dict(outcome.outputs) if outcome is not None else {},
        "failures": [{"name": one.name, "type": one.type, "reason": one.reason} for one in outcome.failures]
        if outcome is not None
        else [],
        "kept": list(outcome.kept) if outcome is not None else [],
        "diagnostics": [],
    }
