"""``adaptgen stages``: what runs in each stage."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from adaptgen.cli import terminal
from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.tables import Json


def run(options: SimpleNamespace) -> int:
    """Prints a row for each stage; exit code 1 where one cannot be read."""
    from adaptgen.ship.deployments.planning import open_stage
    from adaptgen.ship.deployments.stages import find_stages

    folder = find_stages(options.what, options.governance)
    names = sorted(one.stem for one in folder.glob("*.yaml")) if folder.is_dir() else []
    if not names:
        raise error("AG110", f"there are no stages in {folder}", help="docs/deploy.md shows one")
    rows = []
    for name in names:
        stage = open_stage(options.what, name, options.governance)
        named = {"stage": name, "stack": stage.stack, "account": stage.account, "region": stage.region}
        try:
            client, stack = open_clients(SimpleNamespace(**{**vars(options), "stage": name}))
            rows.append(named | _read(client, stack))
        except AdaptgenError as problem:
            rows.append(named | {"error": problem.diagnostics[0].message})
    if options.json:
        terminal.say_json({"stages": rows, "diagnostics": []})
    else:
        _show(rows)
    return int(any("error" in one for one in rows))


def open_clients(options: SimpleNamespace) -> tuple[Callable[[str], Any], str]:
    """What makes clients for a stack, whose account is checked; and its name. ``options``: ``stack``, or ``what`` and
    ``stage``; ``region``, ``profile``, ``endpoint_url``."""
    from adaptgen.ship.deployments.calls import make_client
    from adaptgen.ship.deployments.planning import check_account, open_stage

    stack, region, profile = getattr(options, "stack", ""), options.region, options.profile
    stage = None
    if options.stage:
        if options.what is None:
            raise error("AG090", "a stage belongs to a server or proxy", help="name it: generated/crm, or its settings")
        stage = open_stage(options.what, options.stage, getattr(options, "governance", None))
        stack, region, profile = stage.stack, stage.region, profile or stage.profile
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            made[service] = make_client(service, region, options.endpoint_url, profile)
        return made[service]

    if stage is not None:
        check_account(client("sts"), stage)
    return client, stack


def _read(client: Callable[[str], Any], stack: str) -> dict[str, Json]:
    """What runs in one stack, from Lambda itself."""
    from adaptgen.ship.deployments.live import Versions
    from adaptgen.ship.deployments.shifting import describe_shift
    from adaptgen.ship.deployments.stack_state import read_stack

    now = read_stack(client("cloudformation"), stack)
    if now is None:
        return {"status": "not deployed"}
    versions = Versions(client("lambda"), now.function) if now.function else None
    live = versions.live() if versions is not None else None
    published = {one.number: one for one in versions.published()} if versions is not None else {}
    running = published.get(live.version) if live is not None else None
    note = describe_shift(now)
    if live is not None and not note and now.pins and (live.version != now.newest or live.weights):
        note = f"{live}, and the stack says version {now.newest}"
    return {
        "status": now.status,
        "version": live.version if live is not None else "",
        "sha256": running.sha256 if running is not None else "",
        "architecture": running.arch if running is not None else "",
        "adaptgen": now.outputs.get("AdaptgenVersion", "") if running and running.number == now.newest else "",
        "published": running.made if running is not None else "",
        "changed": now.changed,
        "versions": list(published),
        "note": note,
    }


def _show(rows: list[dict[str, Any]]) -> None:
    head = ("stage", "version", "bundle", "adaptgen", "published", "stack")
    terminal.table(head, [
        (one["stage"], one.get("version", ""), one.get("sha256", "")[:16], one.get("adaptgen", ""),
         one.get("published", ""), f"{one['stack']}: {one.get('status', 'cannot be read')}")
        for one in rows
    ])  # fmt: skip
    for one in rows:
        if one.get("note") or one.get("error"):
            terminal.print_error(f"{one['stage']}: {one.get('note') or one['error']}")
