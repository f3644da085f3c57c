"""Back to an earlier version: first the alias, in one call, then the stack that must say the same.

A version holds its code and its environment, and these go back with it. Tables, secrets, roles, alarms and settings
outside of the bundle do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.frozen import value
from adaptgen.ship.deployments.calls import attempt
from adaptgen.ship.deployments.live import Live, Version, Versions
from adaptgen.ship.deployments.shifting import own_triggers
from adaptgen.ship.deployments.stack_state import StackState, read_stack
from adaptgen.ship.stack.versions import EARLIER, PINNED, WEIGHT

_READY = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")
_NOTHING = ("No updates are to be performed", "didn't contain changes")
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


@value()
class Way:
    """What a rollback would do: all calls from ``live`` (``source``: its version) to ``target``. ``cancels``: an update
    that is under way is cancelled, and CloudFormation itself takes the calls back."""

    stack: StackState
    live: Live
    source: Version
    target: Version
    cancels: bool = False


class Rollback:
    """``say`` gets lines of progress; ``wait`` sleeps, ``every``: seconds between two looks at the stack."""

    def __init__(
        self,
        cloudformation: Any,
        lambdas: Any,
        *,
        say: Callable[[str], None],
        wait: Callable[[float], None] = time.sleep,
        every: float = 3.0,
    ) -> None:
        self._stacks = cloudformation
        self._lambdas = lambdas
        self._say = say
        self._wait = wait
        self._every = every

    def plan(self, stack: str, to: str = "") -> Way | None:
        """What :meth:`carry_out` would do; nothing is changed. None where the version has all calls already. ``to``: a
        version; "" for the one before.

        Raises:
            AdaptgenError: AG114, where there is nothing to go back to; AG093, where AWS refuses a call.
        """
        now = read_stack(self._stacks, stack)
        if now is None or not now.function:
            raise error("AG114", f"there is no stack {stack} with a function", help="--stack NAME, and --region")
        versions = Versions(self._lambdas, now.function)
        live = versions.live()
        if live is None:
            raise error("AG114", f"the function of {stack} has no alias live", help="deploy it")
        there = {one.number: one for one in versions.published()}
        source = there.get(live.version, Version(live.version, "", ""))
        if now.status == "UPDATE_IN_PROGRESS":
            if to:
                raise error("AG114", f"an update of {stack} is under way: it can only be cancelled",
                            help="leave out --to, and roll back to another version afterwards")  # fmt: skip
            return Way(now, live, source, source, cancels=True)
        if now.status not in _READY:
            raise error("AG114", f"the stack {stack} is {now.status}",
                        help=f"adaptgen deploy --follow --stack {stack}, then again")  # fmt: skip
        number = to or _before(now, live, there)
        if not number:
            raise error("AG114", f"there is no version before {live.version}", help="deploy what you want to run")
        if number not in there:
            known = ", ".join(there)
            raise error("AG114", f"there is no version {number}", help=f"--to VERSION; these exist: {known}")
        target = there[number]
        if target.state == "Failed":
            raise error("AG114", f"{target} is in the state Failed, and cannot run", help="--to another VERSION")
        if number == live.version and not live.weights and now.pinned == _pin(now, number):
            return None
        return Way(now, live, there.get(live.version, source), target)

    def carry_out(self, way: Way) -> bool:
        """Do it; whether the stack says so too. AG093 where AWS refuses to move the alias: nothing is changed then."""
        if way.cancels:
            return self._cancel(way)
        now, versions = way.stack, Versions(self._lambdas, way.stack.function)
        if way.target.state == "Inactive":
            self._say(f"{way.target} has not run for long: its first calls are slow")
        versions.move(way.target.number, way.live.revision)
        self._say(f"{way.target} has all calls")
        if not now.pins:
            self._say(
                "the stack was deployed by an earlier adaptgen and cannot say so: the next deploy moves the alias"
            )
            return True
        try:
            return self._record(way)
        except AdaptgenError as problem:
            self._say(f"the stack {now.name} still says another version: {problem.diagnostics[0].message}")
            return False

    # ------------------------------------------------------------------------------------------------------- inside

    def _record(self, way: Way) -> bool:
        """Write into the stack where the alias is: only the parameters of versions change."""
        now, number = way.stack, way.target.number
        earlier = [one for one in now.earlier if one != number]
        if number in now.earlier:
            earlier = list(now.earlier[now.earlier.index(number) + 1 :])
        own = {PINNED: _pin(now, number), WEIGHT: "0", EARLIER: ",".join(earlier)}
        kept = [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(now.parameters) if name not in own]
        triggers = own_triggers(now)
        try:
            self._stacks.update_stack(
                StackName=now.name,
                UsePreviousTemplate=True,
                Parameters=[*kept, *({"ParameterKey": key, "ParameterValue": one} for key, one in own.items())],
                Capabilities=_CAPABILITIES,
                # Triggers of a shift would roll this back, for their alarm may ring now.
                **({"RollbackConfiguration": now.keep_triggers(triggers)} if triggers else {}),
            )
        except Exception as problem:
            if any(text in str(problem) for text in _NOTHING):
                return True
            attempt("UpdateStack", _raise, problem=problem)
        status = self._end(now.name)
        done = status == "UPDATE_COMPLETE"
        self._say(f"{now.name}: {status}" if done else f"{now.name} is {status}: it still says another version")
        return done

    def _cancel(self, way: Way) -> bool:
        """Stop an update whose alarms are watched: CloudFormation goes back to what was before it."""
        name = way.stack.name
        attempt("CancelUpdateStack", self._stacks.cancel_update_stack, StackName=name)
        self._say(f"the update of {name} is cancelled")
        status = self._end(name)
        live = Versions(self._lambdas, way.stack.function).live()
        self._say(f"{name}: {status}; {live or 'the alias does not exist'}")
        return status == "UPDATE_ROLLBACK_COMPLETE"

    def _end(self, name: str) -> str:
        """The state of the stack, once nothing is in progress."""
        while True:
            now = read_stack(self._stacks, name)
            if now is None or not now.status.endswith("IN_PROGRESS") or "CLEANUP" in now.status:
                return now.status.partition("_CLEANUP")[0] if now is not None else "DELETE_COMPLETE"
            self._wait(self._every)


def _raise(problem: Exception) -> None:
    raise problem


def _pin(now: StackState, number: str) -> str:
    """What the stack says for all calls to a version: the newest needs no name."""
    return "" if number == now.newest else number


def _before(now: StackState, live: Live, there: dict[str, Version]) -> str:
    """The version before: of a shift the old one; else the last that had all calls; else the next lower number."""
    if live.weights:
        return live.version
    for number in now.earlier:
        if number in there and number != live.version:
            return number
    lower = [int(one) for one in there if live.version.isdigit() and int(one) < int(live.version)]
    return str(max(lower)) if lower and not now.earlier else ""
