"""Calls move to a new version in steps, while alarms are watched; one that rings takes the calls back.

Each step is an update of the stack, so the template always says what the alias does:

1. The new version is published and gets its share (``PinnedVersion``: the old one, ``NewVersionWeight``: the share).
   CloudFormation itself watches the alarms for as long as the step takes (``RollbackConfiguration``) and rolls the
   whole update back when one rings, also if this process has ended.
2. The last update sends all calls to the new version and removes the triggers.

This process watches too: it prints what rings, and it takes the calls back between two updates, when CloudFormation
does not watch. If it ends in between, the share stays as it is; the next ``deploy`` goes on, ``rollback`` ends it, and
both say so.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.ship.deployments.advice import advise
from adaptgen.ship.deployments.alarm_watch import TRIGGERS, Alarm, AlarmWatch, choose_alarms
from adaptgen.ship.deployments.deployment import Failure, Outcome, Plan
from adaptgen.ship.deployments.live import Live, Versions, percent
from adaptgen.ship.deployments.stack_state import StackState, read_stack
from adaptgen.ship.deployments.stages import Shift
from adaptgen.ship.stack.versions import EARLIER, HISTORY, PINNED, WEIGHT, version_id

Deploy: TypeAlias = Callable[[Plan], Outcome | None]
"""Carries a plan out; None where the person declined."""
KEEP = 3
"""How many versions stay."""
_UNTIL = 180
"""Minutes that CloudFormation watches at most."""


class Rollout:
    """``first`` deploys after it has asked, ``further`` without a question; ``complete`` returns a plan with the
    version that the stack will have. ``say`` gets lines of progress; ``clock`` counts seconds, ``wait`` sleeps,
    ``every``: seconds between two looks at the alarms."""

    def __init__(
        self,
        first: Deploy,
        further: Deploy,
        *,
        complete: Callable[[Plan], Plan],
        cloudformation: Any,
        lambdas: Any,
        cloudwatch: Any,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], None] = time.sleep,
        every: float = 3.0,
    ) -> None:
        self._first = first
        self._further = further
        self._complete = complete
        self._stacks = cloudformation
        self._lambdas = lambdas
        self._cloudwatch = cloudwatch
        self._say = say
        self._clock = clock
        self._wait = wait
        self._every = every

    def deploy(
        self, plan: Plan, shift: Shift | None = None, *, keep: int = KEEP, unpin: bool = False
    ) -> Outcome | None:
        """Deploy ``plan``; with ``shift`` a new version gets its calls step by step. None where the person declined.

        ``unpin``: deploy a version too that calls were taken back from.

        Raises:
            AdaptgenError: AG113, where the shift cannot be watched, or an alarm rings before it begins; AG114, where
                this deployment would undo a rollback; AG093, where AWS refuses a call.
        """
        if not version_id(json.loads(plan.template)):
            return self._first(plan)  # no function of Lambda
        now = self._await_rest(plan.stack)
        if now is not None and advise(now.status).act != "update":
            return self._first(plan)  # which says what is wrong, or mends it
        plan = self._complete(plan)
        publishes = version_id(json.loads(plan.template))
        versions = Versions(self._lambdas, now.function) if now is not None and now.function else None
        live = versions.live() if versions is not None else None
        if now is None or versions is None or live is None:
            return self._first(_with(plan, "", 0, ()))
        published = publishes == now.version_id
        unfinished = published and now.weight > 0
        self._tell(now, live, published=published, unpin=unpin)
        if published and not now.pinned and not _drifted(now, live):
            return self._first(_with(plan, "", 0, now.earlier))
        if published and not now.pinned:
            return self._put_back(plan, now, live, versions)
        if shift is None:
            return self._all_at_once(plan, now, live, versions, keep)
        steps = [one for one in shift.steps if not unfinished or one.weight / 100 > now.weight + 1e-9]
        move = _Move(plan, live.version, now, versions, keep)
        watch = self._choose(move, shift)
        try:
            return self._steps(move, [(one.weight / 100, one.seconds) for one in steps], watch)
        except KeyboardInterrupt:
            self._say(
                f"interrupted: AWS goes on with what it has begun, and nothing moves by itself after that. "
                f"Deploy again to go on; adaptgen rollback --stack {plan.stack} takes all calls back to version "
                f"{move.old}"
            )
            raise

    # ------------------------------------------------------------------------------------------------ before it begins

    def _await_rest(self, stack: str) -> StackState | None:
        """The stack, once what AWS does by itself is over."""
        said = ""
        while True:
            now = read_stack(self._stacks, stack)
            advice = advise(now.status) if now is not None else None
            if now is None or advice is None or advice.act != "wait" or now.status == "DELETE_IN_PROGRESS":
                return now
            if advice.says != said:
                said = advice.says
                self._say(f"{stack} is {now.status}: {said}; waiting")
            self._wait(self._every)

    def _tell(self, now: StackState, live: Live, *, published: bool, unpin: bool) -> None:
        """What an earlier command left, so that nothing is undone in silence."""
        if _drifted(now, live):
            wanted = f"version {now.pinned or now.newest}"
            text = f"{live}, and the stack says {wanted}: a rollback was interrupted, or somebody moved the alias"
            if published and not unpin:
                help = "--unpin, to send the calls to the version of the stack; or adaptgen rollback --to VERSION"
                raise error("AG114", text, help=help)
            self._say(text)
        elif now.weight > 0:
            goes = "goes on with it" if published else "replaces it"
            self._say(f"an earlier shift was not finished: {live}. This deployment {goes}")
        elif now.pinned and published and not unpin:
            raise error(
                "AG114",
                f"version {now.newest} is what calls were taken back from (to version {now.pinned}), and this deploys "
                f"it again",
                help="deploy something else; or --unpin, to send it the calls all the same",
            )
        elif now.pinned:
            from_newest = f" from version {now.newest}" if now.newest != now.pinned else ""
            self._say(f"calls were rolled back{from_newest} to version {now.pinned}. This deployment ends that")

    def _choose(self, move: _Move, shift: Shift) -> AlarmWatch:
        """The alarms of the shift; AG113 where one rings already."""
        template = json.loads(move.plan.template)
        chosen = choose_alarms(move.now.alarms, template["Resources"], shift.alarms)
        watch = AlarmWatch(self._cloudwatch, chosen, clock=self._clock, wait=self._wait, every=self._every)
        alarms = watch.look()
        ringing = [one for one in alarms if one.rings]
        if ringing:
            names = ", ".join(f"{one.id} ({one.state})" for one in ringing)
            help = "wait until it is over; or --at-once, to deploy what ends it without a shift"
            raise error("AG113", f"{names}: the shift would be rolled back at once", help=help)
        move.triggers = [{"Arn": one.arn, "Type": one.type} for one in alarms]
        if len(alarms) > TRIGGERS:
            more = ", ".join(one.id for one in alarms[TRIGGERS:])
            self._say(f"CloudFormation watches {TRIGGERS} alarms at most; adaptgen alone looks at {more}")
        return watch

    # ------------------------------------------------------------------------------------------------------- the moves

    def _put_back(self, plan: Plan, now: StackState, live: Live, versions: Versions) -> Outcome | None:
        """All calls to the version that the stack says (--unpin): the stack itself has nothing to change for that."""
        note = f"the calls move to version {now.newest}, as the stack says; now {live}"
        plan = replace(plan, notes=(*plan.notes, note))
        outcome = self._first(_with(plan, "", 0, _history(live.version, now.earlier)))
        if outcome is None or not outcome.done:
            return outcome
        found = versions.live()
        # The update of the stack may have put the alias where it belongs.
        if found is not None and (found.version, dict(found.weights)) == (live.version, dict(live.weights)):
            versions.move(now.newest, found.revision)
        elif found is None or found.version != now.newest or found.weights:
            text = f"somebody else moved the alias after this was shown: {found or 'it is gone'}"
            raise error("AG114", text, help="deploy again, with --unpin")
        self._say(f"version {now.newest} has all calls, as the stack says")
        return outcome

    def _all_at_once(self, plan: Plan, now: StackState, live: Live, versions: Versions, keep: int) -> Outcome | None:
        newest = now.version_id == version_id(json.loads(plan.template))
        earlier = now.earlier if newest and now.newest == live.version else _history(live.version, now.earlier)
        own = own_triggers(now)
        outcome = self._first(_with(plan, "", 0, earlier, now.keep_triggers(own) if own else None))
        if outcome is None or not outcome.done:
            return outcome
        self._finish(plan, versions, keep, earlier)
        return outcome

    def _steps(self, move: _Move, steps: Sequence[tuple[float, float]], watch: AlarmWatch) -> Outcome | None:
        """All updates, the last one with all calls."""
        deploy = self._first
        share, outcome = 0.0, None
        for share, seconds in steps:
            begun = self._clock()
            minutes = min(math.ceil(seconds / 60), _UNTIL)
            outcome = deploy(move.step(share, minutes))
            if outcome is None:
                return None
            if not outcome.done:
                return self._failed(move, outcome, watch)
            new = _number(outcome, move.now)
            self._say(f"version {new} has {percent(share)}, version {move.old} the rest, for {seconds:g} s; "
                      f"{len(move.triggers)} alarms are watched")  # fmt: skip
            ringing = watch.watch(begun + seconds)
            if ringing:
                return self._take_back(move, outcome, ringing)
            live = move.versions.live()
            if live is None or live.version != move.old or abs(live.weights.get(new, 0) - share) > 1e-3:
                raise error("AG113", f"somebody else moved the alias, so the shift ends here: {live or 'it is gone'}",
                            help=f"adaptgen rollback --stack {move.plan.stack}, or deploy again")  # fmt: skip
            deploy = self._further
        earlier = _history(move.old, move.now.earlier)
        outcome = deploy(_with(move.plan, "", 0, earlier, move.kept_triggers()))
        if outcome is None:
            return None
        if not outcome.done:
            return self._failed(move, outcome, watch)
        self._finish(move.plan, move.versions, move.keep, earlier)
        return outcome

    def _failed(self, move: _Move, outcome: Outcome, watch: AlarmWatch) -> Outcome:
        """CloudFormation rolled an update back, to the previous step, in which the new version may have had calls."""
        try:
            ringing = [one for one in watch.look() if one.rings]
        except AdaptgenError:
            ringing = []
        live = move.versions.live()
        if live is not None and live.weights:
            return self._take_back(move, outcome, ringing)
        self._say(f"CloudFormation rolled it back: version {move.old} has all calls")
        return replace(outcome, failures=(*outcome.failures, *map(_failure, ringing)))

    def _take_back(self, move: _Move, outcome: Outcome, ringing: Sequence[Alarm]) -> Outcome:
        """All calls to the old version: first the alias, which takes effect at once, then the stack that says so."""
        for one in ringing:
            self._say(f"{one.id} is in {one.state}: {one.reason}")
        move.versions.move(move.old)
        self._say(f"version {move.old} has all calls again")
        failures = (*outcome.failures, *map(_failure, ringing))
        try:
            done = self._further(_with(move.plan, move.old, 0, move.now.earlier, move.kept_triggers()))
        except AdaptgenError as problem:
            self._say(f"the stack could not be updated: {problem.diagnostics[0].message}")
            done = None
        if done is None or not done.done:
            self._say(f"the stack still sends calls to the new version; adaptgen rollback --stack {move.plan.stack} "
                      f"--to {move.old}, before anything else is deployed")  # fmt: skip
        return Outcome("ROLLBACK_BY_ALARM" if ringing else "ROLLBACK", done.outputs if done else {}, failures)

    def _finish(self, plan: Plan, versions: Versions, keep: int, earlier: Sequence[str]) -> None:
        """The alias as the stack says it, and old versions deleted."""
        now = read_stack(self._stacks, plan.stack)
        live = versions.live()
        if now is None or live is None:
            return
        if live.version == now.newest and live.weights:
            # CloudFormation leaves weights alone that it is not told of.
            versions.move(now.newest, live.revision)
        elif live.version != now.newest:
            self._say(f"{live}, and the stack says version {now.newest}: no version is deleted")
            return
        try:
            gone, stayed = versions.prune(keep, earlier, now.newest)
        except AdaptgenError as problem:
            self._say(f"old versions are kept: {problem.diagnostics[0].message}")
            return
        if gone:
            self._say(f"deleted old versions: {', '.join(gone)}")
        for number, code in stayed.items():
            self._say(f"version {number} cannot be deleted ({code}); while it exists, its SnapStart is billed")


class _Move:
    """One shift: from ``old``, with the alarms that CloudFormation watches."""

    def __init__(self, plan: Plan, old: str, now: StackState, versions: Versions, keep: int) -> None:
        self.plan = plan
        self.old = old
        self.now = now
        self.versions = versions
        self.keep = keep
        self.triggers: list[dict[str, str]] = []

    def step(self, share: float, minutes: int) -> Plan:
        """The plan in which the new version has its share."""
        triggers = [*self.kept_triggers()["RollbackTriggers"], *self.triggers][:TRIGGERS]
        rollback = {"RollbackTriggers": triggers, "MonitoringTimeInMinutes": minutes}
        return _with(self.plan, self.old, share, self.now.earlier, rollback)

    def kept_triggers(self) -> dict[str, Any]:
        """The configuration without the alarms of the shift."""
        return self.now.keep_triggers([one["Arn"] for one in self.triggers])


def describe_shift(now: StackState) -> str:
    """What a shift or a rollback left, "" where the newest version has all calls."""
    if now.weight > 0:
        return (
            f"a shift was not finished: version {now.newest} has {percent(now.weight)}, version {now.pinned} the rest. "
            f"Deploy again to go on; adaptgen rollback --stack {now.name} ends it"
        )
    if now.pinned:
        return f"version {now.pinned} has all calls, and not the newest, {now.newest}: they were taken back from it"
    return ""


def own_triggers(now: StackState) -> list[str]:
    """The ARNs of the stack's own alarms among its triggers: what a shift that was not finished left."""
    names = {name for _, name in now.alarms.values()}
    triggers = now.rollback.get("RollbackTriggers", ())
    return [one["Arn"] for one in triggers if one["Arn"].partition(":alarm:")[2] in names]


def _with(
    plan: Plan, pinned: str, share: float, earlier: Sequence[str], rollback: Mapping[str, Any] | None = None
) -> Plan:
    own = {PINNED: pinned, WEIGHT: f"{share:.4g}", EARLIER: ",".join(earlier)}
    return replace(plan, parameters={**plan.parameters, **own}, rollback=rollback)


def _history(old: str, earlier: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((old, *earlier)))[:HISTORY]


def _drifted(now: StackState, live: Live) -> bool:
    """Whether the alias is elsewhere than the stack says."""
    if not now.pins:
        return False
    weights = {now.newest: now.weight} if now.weight > 0 else {}
    close = all(abs(live.weights.get(one, 0) - weights.get(one, 0)) < 1e-3 for one in {*live.weights, *weights})
    return live.version != (now.pinned or now.newest) or not close


def _number(outcome: Outcome, before: StackState) -> str:
    return outcome.outputs.get("NewestVersionArn", "").rpartition(":")[2] or before.newest


def _failure(alarm: Alarm) -> Failure:
    return Failure(alarm.id, alarm.type, f"{alarm.state}: {alarm.reason}")
