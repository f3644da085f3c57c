"""Calls move to a new version step by step, and back when an alarm rings: on moto, with a clock of the test."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import aws
from support.services import Service
from support.shipping import EMBEDDED, bundle, governed

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import Bundle, zip_files
from adaptgen.ship.deployments.deployment import Deployment, Outcome, Plan
from adaptgen.ship.deployments.live import Versions
from adaptgen.ship.deployments.rollback import Rollback
from adaptgen.ship.deployments.shifting import Rollout
from adaptgen.ship.deployments.stack_state import StackState, read_stack
from adaptgen.ship.deployments.stages import Shift, Step
from adaptgen.ship.stack import cloudformation, stack
from adaptgen.ship.stack.alarms import WATCHED

pytestmark = pytest.mark.slow
VALUES = {
    "CrmBaseUrl": "https://crm.example",
    "CrmUsername": "u",
    "CrmPassword": "p",
    "PublicUrl": "https://mcp.crm.example/mcp",
    "FunctionUrl": "false",  # moto makes no function URLs
    "CodeBucket": "bundles",
}
TEN = Shift(10, 600)


class World:
    """One stack on moto, a clock, and what happens while somebody waits."""

    def __init__(self, service: Service, made: Bundle, name: str) -> None:
        self.made, self.name = made, name
        self.s3, self.stacks, self.lambdas, self.alarms = (
            aws.client(service, one) for one in ("s3", "cloudformation", "lambda", "cloudwatch")
        )
        self.said: list[str] = []
        self.questions = 0
        self.now = 0.0
        self.at: dict[float, Callable[[], None]] = {}
        """The time -> what happens then, once."""
        self.weights: list[tuple[float, str, dict[str, float]]] = []

    def wait(self, seconds: float) -> None:
        live = self.versions.live()
        assert live is not None
        self.weights.append((self.now, live.version, dict(live.weights)))
        self.now += seconds
        for time in [one for one in self.at if one <= self.now]:
            self.at.pop(time)()

    @property
    def versions(self) -> Versions:
        return Versions(self.lambdas, self.state.function)

    @property
    def state(self) -> StackState:
        found = read_stack(self.stacks, self.name)
        assert found is not None
        return found

    def live(self) -> tuple[str, dict[str, float]]:
        found = self.versions.live()
        assert found is not None
        return found.version, dict(found.weights)

    def numbers(self) -> list[str]:
        return [one.number for one in reversed(self.versions.published())]

    def plan(self, code: str) -> Plan:
        data = zip_files({"lambda_handler.py": code.encode()})
        sha256 = hashlib.sha256(data).hexdigest()
        template = cloudformation.as_json(stack.plain(self.made, sha256))
        return Plan(self.name, template, VALUES, "bundles", stack.code_key(self.made, sha256), data)

    def deployment(self, agree: Callable[[Any], bool]) -> Deployment:
        return Deployment(self.s3, self.stacks, say=lambda line: None, agree=agree, wait=self.wait)

    def rollout(self, agree: bool = True) -> Rollout:
        def asked(changes: Any) -> bool:
            self.questions += 1
            return agree

        return Rollout(
            self.deployment(asked).deploy,
            self.deployment(lambda changes: True).deploy,
            complete=self.deployment(asked).complete,
            cloudformation=self.stacks,
            lambdas=self.lambdas,
            cloudwatch=self.alarms,
            say=self.said.append,
            clock=lambda: self.now,
            wait=self.wait,
            every=60,
        )

    def deploy(self, code: str, shift: Shift | None = None, **more: Any) -> Outcome:
        found = self.rollout().deploy(self.plan(code), shift, **more)
        assert found is not None
        return found

    def ring(self, identity: str = "ErrorAlarm", state: str = "ALARM") -> None:
        _, name = self.state.alarms[identity]
        self.alarms.set_alarm_state(AlarmName=name, StateValue=state, StateReason="3 errors in 5 minutes")

    def rollback(self) -> Rollback:
        return Rollback(self.stacks, self.lambdas, say=self.said.append, wait=self.wait)


@pytest.fixture
def world(moto: Service, tmp_path: Path, request: pytest.FixtureRequest) -> World:
    """A stack of its own, with version 1 deployed."""
    name = "crm-" + hashlib.sha256(request.node.name.encode()).hexdigest()[:8]
    found = World(moto, bundle(governed(tmp_path, EMBEDDED)), name)
    assert found.deploy("one").done
    assert found.live() == ("1", {})
    return found


def test_a_tenth_of_the_calls_then_all(world: World) -> None:
    world.questions = 0
    assert world.deploy("two", TEN).done
    # Ten minutes of 10 %, looked at every minute, and one question for both updates.
    assert world.weights == [(60.0 * minute, "1", {"2": 0.1}) for minute in range(10)]
    assert (world.live(), world.questions) == (("2", {}), 1)
    assert (world.state.pinned, world.state.weight, world.state.earlier) == ("", 0.0, ("1",))


def test_an_alarm_takes_the_calls_back(world: World) -> None:
    world.at[180] = world.ring
    outcome = world.deploy("two", TEN)
    assert not outcome.done
    assert [(one.name, one.reason) for one in outcome.failures] == [("ErrorAlarm", "ALARM: 3 errors in 5 minutes")]
    assert world.live() == ("1", {})
    # The stack says what the alias does: the next update has nothing to revert.
    assert (world.state.pinned, world.state.newest, world.state.weight) == ("1", "2", 0.0)
    assert "version 1 has all calls again" in world.said
    assert world.numbers() == ["1", "2"]


def test_several_steps_and_an_alarm_in_the_second(world: World) -> None:
    shift = Shift(10, 120, (Step(50, 120),))
    world.at[180] = lambda: world.ring("SlowAlarm")
    assert not world.deploy("two", shift).done
    assert [weights for _, _, weights in world.weights] == [{"2": 0.1}, {"2": 0.1}, {"2": 0.5}]
    assert world.live() == ("1", {})
    assert world.state.pinned == "1"


def test_only_the_named_alarms_count(world: World) -> None:
    world.at[60] = lambda: world.ring("SlowAlarm")
    assert world.deploy("two", Shift(10, 300, alarms=("ErrorAlarm",))).done
    assert world.live() == ("2", {})


def test_an_alarm_that_rings_before_refuses_the_shift(world: World) -> None:
    world.ring()
    with pytest.raises(AdaptgenError, match="ErrorAlarm \\(ALARM\\)") as problem:
        world.deploy("two", TEN)
    assert [one.code for one in problem.value.diagnostics] == ["AG113"]
    assert world.numbers() == ["1"]
    # What ends the alarm is deployed without one.
    assert world.deploy("two").done
    assert world.live() == ("2", {})


def test_alarms_that_cannot_be_seen_take_the_calls_back(world: World) -> None:
    def blind() -> None:
        for _, name in world.state.alarms.values():
            world.alarms.delete_alarms(AlarmNames=[name])

    world.at[60] = blind
    outcome = world.deploy("two", TEN)
    assert {one.name for one in outcome.failures} == set(WATCHED)
    assert world.live() == ("1", {})


def test_nobody_agrees(world: World) -> None:
    assert world.rollout(agree=False).deploy(world.plan("two"), TEN) is None
    assert (world.live(), world.numbers()) == (("1", {}), ["1"])


def interrupted(world: World) -> None:
    """A shift whose process ends after a minute."""

    def stop() -> None:
        raise KeyboardInterrupt

    world.at[60] = stop
    with pytest.raises(KeyboardInterrupt):
        world.deploy("two", TEN)
    assert world.live() == ("1", {"2": 0.1})
    assert "adaptgen rollback --stack" in world.said[-1]
    world.said.clear()


def test_the_next_deployment_goes_on_with_an_interrupted_shift(world: World) -> None:
    interrupted(world)
    assert world.deploy("two", TEN).done
    unfinished = "an earlier shift was not finished: version 2 has 10 % and version 1 has the rest."
    assert world.said[0] == f"{unfinished} This deployment goes on with it"
    assert world.live() == ("2", {})


def test_another_artefact_replaces_an_interrupted_shift(world: World) -> None:
    interrupted(world)
    world.weights.clear()
    assert world.deploy("three", TEN).done
    assert world.weights[0] == (60.0, "1", {"3": 0.1})
    assert world.live() == ("3", {})
    # Version 2 never had all calls: a rollback goes to 1.
    assert world.state.earlier == ("1",)


def test_a_rollback_ends_an_interrupted_shift(world: World) -> None:
    interrupted(world)
    way = world.rollback().plan(world.name)
    assert way is not None
    assert (way.target.number, world.rollback().carry_out(way)) == ("1", True)
    assert (world.live(), world.state.pinned, world.state.weight) == (("1", {}), "1", 0.0)


def test_somebody_else_moves_the_alias(world: World) -> None:
    world.at[60] = lambda: world.versions.move("1")
    with pytest.raises(AdaptgenError, match="somebody else moved the alias"):
        world.deploy("two", TEN)
    assert world.live() == ("1", {})


# ------------------------------------------------------------------------------------------------------------ rollback


def go_back(world: World, to: str = "") -> tuple[str, str]:
    way = world.rollback().plan(world.name, to)
    assert way is not None
    assert world.rollback().carry_out(way), world.said
    return way.source.number, way.target.number


def test_a_rollback_goes_to_what_had_the_calls_before(world: World) -> None:
    world.deploy("two")
    world.at[60] = world.ring
    assert not world.deploy("three", TEN).done
    world.ring(state="OK")
    assert world.deploy("four").done
    assert world.live() == ("4", {})
    # Version 3 failed: a rollback from 4 goes to 2.
    assert go_back(world) == ("4", "2")
    assert (world.live(), world.state.pinned, world.state.earlier) == (("2", {}), "2", ("1",))
    assert go_back(world) == ("2", "1")
    with pytest.raises(AdaptgenError, match="there is no version before 1"):
        world.rollback().plan(world.name)


def test_a_rollback_to_a_version_by_number(world: World) -> None:
    world.deploy("two")
    assert go_back(world, "1") == ("2", "1")
    assert world.rollback().plan(world.name, "1") is None
    assert go_back(world, "2") == ("1", "2")
    # The newest is not pinned: the next deployment says nothing of a rollback.
    assert world.state.pinned == ""
    with pytest.raises(AdaptgenError, match="there is no version 9"):
        world.rollback().plan(world.name, "9")


def test_a_deployment_does_not_undo_a_rollback_in_silence(world: World) -> None:
    world.deploy("two")
    go_back(world)
    with pytest.raises(AdaptgenError, match="version 2 is what calls were taken back from") as problem:
        world.deploy("two")
    assert [one.code for one in problem.value.diagnostics] == ["AG114"]
    assert world.live() == ("1", {})
    world.said.clear()
    assert world.deploy("three").done
    assert world.said[0] == "calls were rolled back from version 2 to version 1. This deployment ends that"
    assert (world.live(), world.state.earlier) == (("3", {}), ("1",))


def test_unpin_deploys_it_all_the_same(world: World) -> None:
    world.deploy("two")
    go_back(world)
    assert world.deploy("two", unpin=True).done
    assert (world.live(), world.state.pinned, world.state.earlier) == (("2", {}), "", ("1",))


def test_an_alias_that_somebody_moved_is_said(world: World) -> None:
    world.deploy("two")
    world.versions.move("1")
    with pytest.raises(AdaptgenError, match="version 1 has all calls, and the stack says version 2"):
        world.deploy("two")
    assert world.deploy("three").done
    assert world.live() == ("3", {})
    assert "the stack says version 2" in world.said[0]


def test_unpin_moves_an_alias_back_that_somebody_moved(world: World) -> None:
    world.deploy("two")
    world.versions.move("1")
    assert world.deploy("two", unpin=True).done
    assert world.live() == ("2", {})


def test_unpin_moves_nothing_that_nobody_agreed_to(world: World) -> None:
    world.deploy("two")
    world.versions.move("1")
    questions = world.questions
    assert world.rollout(agree=False).deploy(world.plan("two"), unpin=True) is None
    assert world.questions == questions + 1
    assert world.live() == ("1", {})


def test_a_deployment_of_several_stacks_remembers_too(world: World) -> None:
    # deploy --all carries plans out itself.
    for code in ("two", "three"):
        outcome = world.deployment(lambda changes: True).deploy(world.plan(code))
        assert outcome is not None
        assert outcome.done
    assert world.state.earlier == ("2", "1")
    assert go_back(world) == ("3", "2")
    # … and neither undoes a rollback in silence.
    shown: list[Any] = []
    assert world.deployment(lambda review: not shown.append(review.notes)).deploy(world.plan("four"))
    assert "version 2 keeps its calls" in shown[0][0]
    assert world.live() == ("2", {})


def test_nothing_changes_when_nothing_changes(world: World) -> None:
    assert world.deploy("one").status == "no changes"
    assert world.deploy("two", TEN).done
    assert world.deploy("two", TEN).status == "no changes"
    assert world.state.earlier == ("1",)


# ------------------------------------------------------------------------------------------------------- old versions


def test_old_versions_are_deleted(world: World) -> None:
    for code in ("two", "three", "four"):
        assert world.deploy(code, keep=3).done
    assert world.numbers() == ["2", "3", "4"]
    assert "deleted old versions: 1" in world.said


def test_what_an_alias_points_to_stays(world: World) -> None:
    world.lambdas.create_alias(FunctionName=world.state.function, Name="canary", FunctionVersion="1")
    for code in ("two", "three", "four"):
        assert world.deploy(code, keep=1).done
    assert world.numbers() == ["1", "4"]


def test_what_failed_goes_before_what_had_the_calls(world: World) -> None:
    world.deploy("two")
    world.at[60] = world.ring
    assert not world.deploy("three", TEN).done
    world.ring(state="OK")
    assert world.deploy("four", keep=3).done
    assert world.numbers() == ["1", "2", "4"]


def test_versions_say_which_bundle_they_are(world: World) -> None:
    plan = world.plan("one")
    found = world.versions.published()[0]
    assert found.sha256 == hashlib.sha256(plan.code).hexdigest()
    assert world.state.outputs["BundleSha256"] == found.sha256
    assert json.loads(plan.template)["Outputs"]["BundleArchitecture"]["Value"] == "x86_64"
