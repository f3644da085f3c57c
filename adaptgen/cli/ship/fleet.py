"""``adaptgen deploy --all``: the proxy and its servers, with their keys, by one command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from adaptgen.cli import terminal
from adaptgen.cli.ship import moving, package
from adaptgen.cli.ship.deploy_keys import ask_with, explain_missing, open_store, show_keys
from adaptgen.cli.ship.deploy_review import answer, confirmed, describe_loss, review_json, show_review
from adaptgen.diagnostics import error

if TYPE_CHECKING:
    from adaptgen.ship.bundles.package import Bundle
    from adaptgen.ship.deployments.deployment import Deployment, Outcome, Plan, Review
    from adaptgen.ship.deployments.stages import Stage
    from adaptgen.ship.fleet.deploying import Report, Shown
    from adaptgen.ship.fleet.links import Link
    from adaptgen.ship.fleet.members import Member

Clients = Callable[[str], Any]
"""Makes the client of a service, once."""
_ONE_STACK = ("governance", "arch", "target", "stack", "bucket", "parameter", "region", "role_arn", "tag",
              "permissions_boundary", "protect", "follow")  # fmt: skip
"""Options of one stack: stage files decide them for several."""


def run(options: SimpleNamespace, clients: Callable[[SimpleNamespace], Clients]) -> int:
    """Deploys or deletes every stack of a folder; exit code 1 where one of them is not as it should be."""
    from adaptgen.ship.fleet.links import find_links
    from adaptgen.ship.fleet.members import find_members

    beside = [
        f"--{name.replace('_', '-')}"
        for name in _ONE_STACK
        if getattr(options, name, None) not in (None, "", (), False)
    ]
    if beside:
        help = "write it into the stage files, or deploy one server without --all"
        raise error(
            "AG110", f"--all takes everything from stage files, and {', '.join(beside)} is next to it", help=help
        )
    if not options.stage:
        raise error("AG090", "the stage has no name", help="adaptgen deploy --all specs/ --stage NAME")
    members = find_members(options.what or Path("specs"), options.stage)
    links = find_links(members)
    terminal.diagnostics([warning for one in members for warning in one.deployable.warnings])
    if options.dry_run:
        _say_plan(members, links, delete=options.delete)
        return 0
    stage = members[0].stage
    client = clients(SimpleNamespace(**{**vars(options), "region": stage.region,
                                        "profile": options.profile or stage.profile}))  # fmt: skip
    from adaptgen.ship.deployments.planning import check_account

    for one in members:
        check_account(client("sts"), one.stage)
    return _delete(options, members, client) if options.delete else deploy_members(options, members, client)


# ------------------------------------------------------------------------------------------------------------- deploy


def deploy_members(options: SimpleNamespace, members: Sequence[Member], client: Clients) -> int:
    """Shows everything, asks once, and does it."""
    from adaptgen.ship.fleet.deploying import FleetDeployment, MissingCredentials, Stopped
    from adaptgen.ship.fleet.links import find_links
    from adaptgen.ship.fleet.needed_secrets import find_needed

    needed = find_needed(one.deployable for one in members)
    store = open_store(members[0].stage, client)
    stacks = AwsStacks(options, members, client)
    run = FleetDeployment(members, find_links(members), stacks, store, terminal.print_error)
    try:
        shown, typed = run.look(needed, ask_with(options))
    except MissingCredentials as problem:
        raise explain_missing(problem.missing, members[0].stage.region) from None
    if shown.nothing and not shown.steps:
        return _end(options, members, run.outputs, {}, [], shown)
    if not options.json:
        _show(members, shown)
    if not _agreed(options, shown):
        terminal.print_error("nothing was changed")
        return 1
    try:
        report = run.carry_out(shown, typed, lambda member, review: _agreed_again(options, member, review))
    except Stopped as stopped:
        _say_report(members, stopped.report)
        raise
    if report.failed is not None:
        name, outcome = report.failed
        for failure in outcome.failures:
            terminal.print_error(f"{name}: {failure.name} ({failure.type}): {failure.reason}")
    if report.left:
        _say_report(members, report)
    return _end(options, members, run.outputs, report.done, report.left, shown)


def member_without_url(options: SimpleNamespace, stage: Stage) -> Member | None:
    """The one server of the command line, if its public URL is that of its stack and so is known only when that is
    there."""
    from adaptgen.ship.bundles.shipment import read_deployable
    from adaptgen.ship.fleet.links import find_links
    from adaptgen.ship.fleet.members import Member

    found = Member(stage.stack, options.what, stage, read_deployable(options.what, options.governance))
    return found if stage.target == "lambda" and find_links([found]) else None


def _show(members: Sequence[Member], shown: Shown) -> None:
    """Everything that is going to happen."""
    show_keys(shown.keys, shown.typed, shown.unread)
    by_name = {one.name: one for one in members}
    for name, review in shown.reviews.items():
        terminal.say(terminal.paint(f"{by_name[name].stage.stack}", "bold"))
        show_review(review)
    terminal.say(f"order: {', '.join(step.member.stage.stack for step in shown.steps)}")


def _agreed(options: SimpleNamespace, shown: Shown) -> bool:
    if not (options.yes or confirmed("carry all of this out?")):
        return False
    return all(_loss_agreed(options, review) for review in shown.reviews.values())


def _loss_agreed(options: SimpleNamespace, review: Review) -> bool:
    """Data that is lost needs an agreement of its own: by its name, or by an option."""
    for change in () if options.allow_replacement else review.losing:
        terminal.print_error(describe_loss(change))
        if options.yes or not sys.stdin.isatty():
            terminal.print_error("--yes does not cover this: --allow-replacement does")
            return False
        if answer(f"type {change.name} to go on: ") != change.name:
            return False
    return True


def _agreed_again(options: SimpleNamespace, member: Member, review: Review) -> bool:
    terminal.print_error(f"{member.stage.stack} needs more than what was shown:")
    if not options.json:
        show_review(review)
    return bool(options.yes or confirmed("carry these changes out?")) and _loss_agreed(options, review)


def _say_report(members: Sequence[Member], report: Report) -> None:
    """What is done and what is not, after a failure."""
    by_name = {one.name: one.stage.stack for one in members}
    for name, status in report.done.items():
        terminal.print_error(f"done: {by_name[name]} ({status})")
    for name in report.left:
        terminal.print_error(f"not done: {by_name[name]}")
    terminal.print_error("the same command goes on from here")


def _end(
    options: SimpleNamespace,
    members: Sequence[Member],
    outputs: Mapping[str, Mapping[str, str]],
    done: Mapping[str, str],
    left: Sequence[str],
    shown: Shown,
) -> int:
    rows = [(one, "not done" if one.name in left else done.get(one.name, "no changes")) for one in members]
    if options.json:
        stacks = [
            {"name": one.name, "stack": one.stage.stack, "status": status, "outputs": dict(outputs.get(one.name, {})),
             **review_json(shown.reviews.get(one.name))}
            for one, status in rows
        ]  # fmt: skip
        terminal.say_json({"stacks": stacks, "keys": [one.shown for one in shown.keys], "done": not left})
        return 1 if left else 0
    urls = [outputs.get(one.name, {}).get("Url", "") for one in members]
    terminal.table(
        ("stack", "status", "url"),
        [(one.stage.stack, status, url) for (one, status), url in zip(rows, urls, strict=True)],
    )
    return 1 if left else 0


def _delete(options: SimpleNamespace, members: Sequence[Member], client: Clients) -> int:
    """Delete every stack, proxies first. Keys stay: what they sealed is read with them."""
    names = [one.stage.stack for one in reversed(members)]
    if not (options.yes or confirmed(f"delete the stacks {', '.join(names)}?")):
        return 1
    deployment = _deployment(options, client)
    failed = 0
    for name in names:
        outcome = deployment.delete(name)
        for failure in outcome.failures:
            terminal.print_error(f"{name}: {failure.name} ({failure.type}): {failure.reason}")
        for one in outcome.kept:
            terminal.print_error(f"kept: {one}")
        terminal.say(f"{name}: {outcome.status}")
        failed += not outcome.done
    terminal.print_error("the keys in the secret store stay")
    return int(bool(failed))


def _say_plan(members: Sequence[Member], links: Sequence[Link], *, delete: bool) -> None:
    """The plan for an empty account, without asking AWS anything."""
    from adaptgen.ship.fleet.needed_secrets import find_needed
    from adaptgen.ship.fleet.plan import make_plan, said_by

    if delete:
        terminal.say("\n".join(f"delete {one.stage.stack}" for one in reversed(members)))
        return
    for one in find_needed(one.deployable for one in members):
        kind = f"the key {one.key}: made if it is missing" if one.key else "a credential: asked for if it is missing"
        terminal.say(f"{one.store} {terminal.clean(one.shown)}: {kind}; {', '.join(one.readers)} reads it")
    by_name = {one.name: one.stage.stack for one in members}
    for number, step in enumerate(make_plan(members, links, said_by(members)), 1):
        later = {link.parameter for link in step.later}
        terminal.say(f"{number}. {step.member.stage.stack}{', without what is not known yet' if later else ''}")
        for link in links:
            if link.member == step.member.name and link.parameter not in later:
                terminal.say(f"     {link.parameter} = {link.wanted} of {by_name[link.source]}")


# ---------------------------------------------------------------------------------------------------------------- AWS


class AwsStacks:
    """The stacks of members, on AWS. Each is packaged once."""

    def __init__(self, options: SimpleNamespace, members: Sequence[Member], client: Clients) -> None:
        from adaptgen.ship.fleet.naming import fleets_of

        self._options = options
        self._fleets = fleets_of(members)
        self._stacks = client("cloudformation")
        self._client = client
        self._bundles: dict[str, Bundle] = {}

    def outputs(self, member: Member) -> Mapping[str, str] | None:
        """The outputs of its stack; None without a stack. AG119 if the stack belongs to another fleet."""
        from adaptgen.ship.deployments.calls import code_of, failed
        from adaptgen.ship.deployments.following import outputs_of
        from adaptgen.ship.fleet.naming import check_owner

        try:
            found = self._stacks.describe_stacks(StackName=member.stage.stack)["Stacks"][0]
        except Exception as problem:
            if code_of(problem) == "ValidationError" and "does not exist" in str(problem):
                return None
            raise failed("DescribeStacks", problem) from None
        if found["StackStatus"] in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
            return None
        check_owner(member, self._fleets[member.name], found)
        return outputs_of(found)

    def deploy(
        self, member: Member, parameters: Mapping[str, str], agree: Callable[[Review], bool], *, calm: bool,
        look: bool = False,
    ) -> Outcome | None:  # fmt: skip
        """Bring its stack to these parameters; None if ``agree`` declined the changes. ``look``: only show them."""
        stage = member.stage if calm else replace(member.stage, shift=None)
        first, further = (_deployment(self._options, self._client, one, looks=look)
                          for one in (agree, lambda review: True))  # fmt: skip
        return moving.deploy(self._plan(member, parameters), first, further, self._client, self._options, stage)

    def _plan(self, member: Member, parameters: Mapping[str, str]) -> Plan:
        from adaptgen.ship.deployments.ownership import TAG
        from adaptgen.ship.deployments.planning import plan_stage

        stage = member.stage
        whole = replace(
            stage,
            parameters={**stage.parameters, **parameters},
            tags={**stage.tags, **({TAG: self._fleets[member.name]} if len(self._fleets) > 1 else {})},
        )
        if self._options.source:
            return moving.promote(SimpleNamespace(**{**vars(self._options), "what": member.what}), whole)
        if member.name not in self._bundles:
            told = {"what": member.what, "governance": Path(stage.governance) if stage.governance else None,
                    "arch": stage.arch or None}  # fmt: skip
            if member.is_proxy:
                told["governance"] = None
            self._bundles[member.name] = package.make_bundle(
                SimpleNamespace(**{**vars(self._options), **told}), "lambda"
            )
        return plan_stage(self._bundles[member.name], whole, os.environ)


def _deployment(
    options: SimpleNamespace, client: Clients, agree: Callable[[Review], bool] = lambda review: False,
    *, looks: bool = False,
) -> Deployment:  # fmt: skip
    from adaptgen.ship.deployments.deployment import Deployment

    return Deployment(
        client("s3"),
        client("cloudformation"),
        say=terminal.print_error,
        agree=agree,
        confirm=lambda question: options.yes or confirmed(question),
        every=options.every,
        looks=looks,
    )
