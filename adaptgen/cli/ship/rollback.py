"""``adaptgen rollback``: all calls to an earlier version, in one command."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from adaptgen.cli import terminal
from adaptgen.cli.ship.stages import open_clients
from adaptgen.diagnostics import error
from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.ship.deployments.live import Version
    from adaptgen.ship.deployments.rollback import Way


def run(options: SimpleNamespace) -> int:
    """Moves the calls; exit code 1 when the person declined, or the stack does not follow."""
    from adaptgen.cli.ship.deploy_review import confirmed
    from adaptgen.ship.deployments.rollback import Rollback

    if bool(options.stack) == bool(options.stage):
        raise error(
            "AG090", "the stack has no name, or two", help="rollback DIR --stage NAME, or rollback --stack NAME"
        )
    client, stack = open_clients(options)
    rollback = Rollback(client("cloudformation"), client("lambda"), say=terminal.print_error, every=options.every)
    way = rollback.plan(stack, options.to)
    if way is None:
        return _end(options, stack, None, f"{stack}: version {options.to} has all calls already", 0)
    if not options.json:
        _show(way)
    if options.dry_run:
        return _end(options, stack, way, "nothing was changed: a dry run", 0)
    if not (options.yes or confirmed("go back?")):
        return _end(options, stack, way, "nothing was changed", 1)
    done = rollback.carry_out(way)
    return _end(options, stack, way, f"{stack}: {'rolled back' if done else 'rolled back, but see above'}", not done)


def _show(way: Way) -> None:
    terminal.say(f"{way.stack.name}: {way.live}")
    if way.cancels:
        terminal.say("an update is under way: it is cancelled, and CloudFormation goes back to what was before it")
        return
    rows = [_row("from", way.source), _row("to", way.target)]
    terminal.table(("", "version", "bundle (SHA-256)", "published", "made as"), rows)
    terminal.say("Code and environment go back. Tables, secrets, roles and settings outside of the bundle do not.")


def _row(title: str, version: Version) -> tuple[str, ...]:
    return title, version.number, version.sha256[:16], version.made, version.description


def _end(options: SimpleNamespace, stack: str, way: Way | None, text: str, code: int) -> int:
    if options.json:
        terminal.say_json({
            "stack": stack,
            "from": _json(way.source) if way is not None else None,
            "to": _json(way.target) if way is not None else None,
            "cancels": way is not None and way.cancels,
            "result": text,
            "diagnostics": [],
        })  # fmt: skip
    elif code:
        terminal.print_error(text)
    else:
        terminal.say(text)
    return int(code)


def _json(version: Version) -> dict[str, Json]:
    return {"version": version.number, "sha256": version.sha256, "published": version.made}
