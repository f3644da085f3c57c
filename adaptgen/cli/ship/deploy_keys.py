"""Keys and credentials of a deployment: what is missing is shown, made or asked for, and never printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from adaptgen.cli import terminal
from adaptgen.diagnostics import AdaptgenError, error

if TYPE_CHECKING:
    from adaptgen.ship.deployments.stages import Stage
    from adaptgen.ship.fleet.needed_secrets import NeededSecret
    from adaptgen.ship.fleet.secret_store import SecretStore


class StageKeys:
    """What one server or proxy reads from the secret stores of its stage, and what of it is missing."""

    def __init__(self, options: SimpleNamespace, stage: Stage, client: Callable[[str], Any]) -> None:
        """AG118 for credentials that are missing, and for keys of a wrong form."""
        from adaptgen.ship.bundles.shipment import read_deployable
        from adaptgen.ship.fleet.needed_secrets import find_needed

        self._keys: tuple[NeededSecret, ...] = ()
        self._unread: tuple[NeededSecret, ...] = ()
        self._typed: dict[NeededSecret, str] = {}
        needed = find_needed([read_deployable(options.what, options.governance)])
        if not needed:
            return
        self._store = open_store(stage, client)
        report = self._store.check(needed)
        ask = ask_with(options)
        self._typed = {one: text for one in report.credentials if ask is not None and (text := ask(one))}
        missing = [one for one in report.credentials if one not in self._typed]
        if missing:
            raise explain_missing(missing, stage.region)
        self._keys, self._unread = report.keys, report.unread

    @property
    def missing(self) -> bool:
        """Whether something is to be written."""
        return bool(self._keys or self._typed)

    def show(self) -> None:
        """What is going to be written, by its names."""
        show_keys(self._keys, tuple(self._typed), self._unread)

    def make(self) -> None:
        """Write it."""
        if self.missing:
            self._store.put_credentials(self._typed, terminal.print_error)
            self._store.make_keys(self._keys, terminal.print_error)
        self._keys, self._typed = (), {}


def show_keys(keys: Iterable[NeededSecret], typed: Iterable[NeededSecret], unread: Iterable[NeededSecret]) -> None:
    """What is made, written and not checked, by its names."""
    for one in keys:
        terminal.say(f"make the key {terminal.clean(one.shown)}, which {', '.join(one.readers)} reads")
    for one in typed:
        terminal.say(f"write {terminal.clean(one.shown)}, as it was typed")
    for one in unread:
        terminal.print_error(f"not checked, because it may not be read: {terminal.clean(one.shown)}")


def open_store(stage: Stage, client: Callable[[str], Any]) -> SecretStore:
    """The secret stores of a stage; what is made there is encrypted with the stage's key."""
    from adaptgen.ship.fleet.secret_store import SecretStore

    key = stage.parameters.get("KmsKeyArn", "")
    return SecretStore(client("secretsmanager"), client("ssm"), kms_key=key, tags=stage.tags)


def ask_with(options: SimpleNamespace) -> Callable[[NeededSecret], str] | None:
    """Asks for a credential on the terminal, without showing what is typed; None without a terminal."""
    if options.yes or not sys.stdin.isatty():
        return None
    import getpass

    return lambda one: getpass.getpass(
        f"{terminal.clean(one.shown)} is missing; its value, or nothing to stop: ", sys.stderr
    )


def explain_missing(missing: Sequence[NeededSecret], region: str) -> AdaptgenError:
    """The error for credentials that are missing, with the command that sets each."""
    from adaptgen.ship.fleet.secret_store import explain_missing

    names = ", ".join(one.shown for one in missing)
    help = "; ".join((*explain_missing(missing, region), "or deploy on a terminal, which asks for them"))
    return error("AG118", f"missing in the secret store: {names}", missing[0].where, help)
