"""How ``adaptgen deploy`` moves calls to a new version, and takes the artefact of another stage."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from adaptgen.cli import terminal
from adaptgen.cli.ship.stages import open_clients
from adaptgen.diagnostics import error

if TYPE_CHECKING:
    from adaptgen.ship.deployments.deployment import Deployment, Outcome, Plan
    from adaptgen.ship.deployments.stages import Stage


def deploy(
    plan: Plan,
    first: Deployment,
    further: Deployment,
    client: Callable[[str], Any],
    options: SimpleNamespace,
    stage: Stage | None,
) -> Outcome | None:
    """Deploy ``plan``, step by step where the stage says so. ``first`` asks, ``further`` does not."""
    from adaptgen.ship.deployments.shifting import KEEP, Rollout

    if options.dry_run:
        return first.deploy(plan)
    rollout = Rollout(
        first.deploy, further.deploy, complete=first.complete,
        cloudformation=client("cloudformation"), lambdas=client("lambda"), cloudwatch=client("cloudwatch"),
        say=terminal.print_error, every=options.every,
    )  # fmt: skip
    shift = stage.shift if stage is not None and not options.at_once else None
    keep = stage.keep_versions if stage is not None else KEEP
    return rollout.deploy(plan, shift, keep=keep, unpin=options.unpin)


def promote(options: SimpleNamespace, stage: Stage | None) -> Plan:
    """The deployment of what the stage ``options.source`` runs, to ``stage``."""
    from adaptgen.ship.deployments.promotion import check_architecture, plan_promotion, read_artefact
    from adaptgen.ship.deployments.stack_state import read_stack

    if stage is None or options.source == stage.name:
        raise error("AG090", "--from names another stage", help="deploy DIR --stage prod --from dev")
    if options.dry_run:
        raise error("AG090", "--from reads what runs, and a dry run calls nothing", help="leave one of them out")
    # Each stage has its own credentials: those of the command line are for the stage that is deployed.
    there = {**vars(options), "stage": options.source, "governance": None, "profile": ""}
    source, name = open_clients(SimpleNamespace(**there))
    artefact = read_artefact(source("cloudformation"), source("lambda"), source("s3"), name)
    here, _ = open_clients(SimpleNamespace(**{**vars(options), "governance": None}))
    check_architecture(artefact, stage.arch, read_stack(here("cloudformation"), stage.stack))
    terminal.print_error(
        f"{options.source} runs version {artefact.version}, made by adaptgen {artefact.adaptgen} for {artefact.arch}: "
        f"sha256 {artefact.sha256}"
    )
    return plan_promotion(artefact, stage, os.environ)


def say_unfinished(client: Callable[[str], Any], options: SimpleNamespace) -> None:
    """What a shift or a rollback left, if they left anything."""
    from adaptgen.ship.deployments.shifting import describe_shift
    from adaptgen.ship.deployments.stack_state import read_stack

    now = None if options.dry_run else read_stack(client("cloudformation"), options.stack)
    if now is not None and (text := describe_shift(now)):
        terminal.print_error(f"{options.stack}: {text}")
