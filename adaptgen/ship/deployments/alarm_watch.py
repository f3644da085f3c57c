"""The alarms of a stack, watched while calls move to a new version."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.model.frozen import value
from adaptgen.ship.deployments.calls import attempt
from adaptgen.ship.stack.alarms import WATCHED

TRIGGERS = 5
"""How many alarms CloudFormation watches for one stack."""
_LOOKS = 3
"""How often a look may fail one after the other before nothing is known any more."""


@value()
class Alarm:
    """``id``: of the template. ``state``: of CloudWatch, or ``MISSING``."""

    id: str
    type: str
    name: str
    arn: str
    state: str
    reason: str = ""

    @property
    def rings(self) -> bool:
        return self.state in ("ALARM", "MISSING")


class AlarmWatch:
    """``chosen``: logical id -> (type, name). ``clock`` counts seconds; ``wait`` sleeps; ``every``: between looks."""

    def __init__(
        self,
        client: Any,
        chosen: Mapping[str, tuple[str, str]],
        *,
        clock: Callable[[], float],
        wait: Callable[[float], None],
        every: float,
    ) -> None:
        self._client = client
        self._chosen = chosen
        self._clock = clock
        self._wait = wait
        self._every = every

    def look(self) -> list[Alarm]:
        """Each alarm as it is now. AG093 where AWS refuses the call."""
        if not self._chosen:
            return []
        said = attempt(
            "DescribeAlarms",
            self._client.describe_alarms,
            AlarmNames=[name for _, name in self._chosen.values()],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=100,
        )
        there = {one["AlarmName"]: one for kind in ("MetricAlarms", "CompositeAlarms") for one in said.get(kind, ())}
        found = []
        for identity, (kind, name) in self._chosen.items():
            one = there.get(name, {})
            reason = one.get("StateReason", "") if one else "the alarm does not exist"
            found.append(
                Alarm(identity, kind, name, one.get("AlarmArn", ""), one.get("StateValue", "MISSING"), str(reason))
            )
        return found

    def watch(self, until: float) -> list[Alarm]:
        """Look until the clock says ``until``, once at least: the alarms that ring, none where all is well. Where
        nothing can be seen any more, all of them ring: what is not watched must not go on."""
        blind = 0
        while True:
            try:
                ringing = [one for one in self.look() if one.rings]
                blind = 0
            except AdaptgenError as problem:
                ringing, blind = [], blind + 1
                if blind >= _LOOKS:
                    reason = f"it cannot be watched: {problem.diagnostics[0].message}"
                    return [Alarm(key, kind, name, "", "MISSING", reason) for key, (kind, name) in self._chosen.items()]
            left = until - self._clock()
            if ringing or (left <= 0 and not blind):
                return ringing
            self._wait(min(self._every, max(left, 0.0)) or self._every)


def choose_alarms(
    there: Mapping[str, tuple[str, str]], stays: Mapping[str, Any], named: Sequence[str]
) -> dict[str, tuple[str, str]]:
    """The alarms that are watched: ``named`` by the stage, or those that a new version can break (``WATCHED``), or all.
    ``there``: of the stack; ``stays``: the resources of the new template, because an alarm that the update removes
    watches nothing.

    Raises:
        AdaptgenError: AG113, without an alarm to watch.
    """
    known = {key: one for key, one in there.items() if stays.get(key, {}).get("Type") == one[0]}
    missing = [one for one in named if one not in known]
    if missing or not known:
        message = f"the stack has no alarm {', '.join(missing)}" if missing else "the stack has no alarms"
        help = f"alarms: {', '.join(sorted(known))}" if known else "leave shift out of the stage"
        raise error("AG113", f"{message}: nothing would watch the shift", help=help)
    chosen = named or [one for one in WATCHED if one in known] or sorted(known)
    return {key: known[key] for key in chosen}
