"""``adaptgen deploy`` with a shift, ``rollback``, ``stages`` and ``deploy --from``, as a person runs them, on moto."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import aws
from support.services import Service
from support.shipping import EMBEDDED, bundle, governed

from adaptgen.cli import main
from adaptgen.cli.ship import package as packaging
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.deployments.alarm_watch import AlarmWatch
from adaptgen.ship.deployments.live import Versions
from adaptgen.ship.deployments.stack_state import read_stack

pytestmark = pytest.mark.slow
WATCH = AlarmWatch.watch
STAGE = """\
adaptgen: 1
account: "123456789012"
region: eu-central-1
bucket: bundles
{more}
parameters:
  CRM_BASE_URL: https://crm.example
  CRM_USERNAME: u
  CRM_PASSWORD: "${{env:CRM_PASSWORD}}"
  PUBLIC_URL: https://mcp.example/mcp
  FunctionUrl: "false"
"""


class Person:
    """Somebody at a terminal, with a server and two stages."""

    def __init__(self, service: Service, capsys: pytest.CaptureFixture[str]) -> None:
        self._service = service
        self._capsys = capsys
        self.code = b"one"
        self.out = self.err = ""

    def run(self, *command: str) -> int:
        code = main([*command, "--endpoint-url", self._service.url])
        self.out, self.err = self._capsys.readouterr()
        return code

    def deploy(self, stage: str = "dev", *more: str) -> int:
        return self.run("deploy", "generated/crm", "--stage", stage, "--yes", "--every", "0.01", *more)

    def live(self, stage: str) -> str:
        now = read_stack(aws.client(self._service, "cloudformation"), f"crm-{stage}")
        assert now is not None
        return str(Versions(aws.client(self._service, "lambda"), now.function).live())

    def ring(self, stage: str, state: str) -> None:
        now = read_stack(aws.client(self._service, "cloudformation"), f"crm-{stage}")
        assert now is not None
        alarms = aws.client(self._service, "cloudwatch")
        alarms.set_alarm_state(AlarmName=now.alarms["ErrorAlarm"][1], StateValue=state, StateReason="3 errors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("project")
    governed(found, EMBEDDED)
    stages = found / "specs" / "crm" / "stages"
    stages.mkdir(parents=True, exist_ok=True)
    (stages / "dev.yaml").write_text(STAGE.format(more=""))
    (stages / "prod.yaml").write_text(STAGE.format(more="shift: {weight: 10, for: 10m}\nkeep_versions: 2"))
    return found


@pytest.fixture
def person(moto: Service, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Person:
    found = Person(moto, capsys)
    for name, value in {**aws.KEYS, "CRM_PASSWORD": "hunter2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    small: Callable[..., Bundle] = lambda options, target: replace(  # noqa: E731
        bundle(options.what), files={"lambda_handler.py": found.code}
    )
    monkeypatch.setattr(packaging, "make_bundle", small)
    # Ten minutes are over after one look.
    monkeypatch.setattr(AlarmWatch, "watch", lambda self, until: WATCH(self, 0))
    return found


def test_from_dev_to_prod_and_back(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """One story: dev, the same artefact in prod, an update with a shift, an alarm, a rollback."""
    assert person.deploy("dev") == 0, person.err
    # Promotion builds nothing: what is here now is something else.
    person.code = b"not this"
    assert person.deploy("prod", "--from", "dev") == 0, person.err
    assert "dev runs version 1" in person.err
    assert person.run("stages", "generated/crm", "--json") == 0
    dev, prod = json.loads(person.out)["stages"]
    assert (dev["stage"], prod["stage"]) == ("dev", "prod")
    assert dev["sha256"] == prod["sha256"] != ""
    assert (dev["version"], prod["version"], prod["status"]) == ("1", "1", "CREATE_COMPLETE")

    person.code = b"two"
    assert person.deploy("dev") == 0, person.err
    assert person.deploy("prod", "--from", "dev") == 0, person.err
    assert "version 2 has 10 %, version 1 the rest" in person.err
    assert person.live("prod") == "version 2 has all calls"

    person.code = b"three"
    person.ring("prod", "ALARM")
    assert person.deploy("prod") == 2
    assert "AG113" in person.err
    assert "--at-once" in person.err
    person.ring("prod", "OK")

    # The alarm rings as soon as the new version has its share.
    def rings(self: Any, until: float) -> Any:
        person.ring("prod", "ALARM")
        return WATCH(self, 0)

    with monkeypatch.context() as patch:
        patch.setattr(AlarmWatch, "watch", rings)
        assert person.deploy("prod") == 1
    assert "ErrorAlarm (AWS::CloudWatch::Alarm): ALARM: 3 errors" in person.err
    assert person.live("prod") == "version 2 has all calls"

    assert person.run("rollback", "generated/crm", "--stage", "prod", "--dry-run") == 0
    assert person.live("prod") == "version 2 has all calls"
    assert person.run("rollback", "generated/crm", "--stage", "prod") == 1  # nobody is there to agree
    assert person.run("rollback", "generated/crm", "--stage", "prod", "--yes", "--json") == 0, person.err
    said = json.loads(person.out)
    assert (said["from"]["version"], said["to"]["version"]) == ("2", "1")
    assert said["to"]["sha256"] == dev["sha256"]
    assert person.live("prod") == "version 1 has all calls"
    assert person.run("rollback", "--stack", "crm-prod", "--yes") == 2
    assert "there is no version before 1" in person.err
    assert person.run("stages", "generated/crm") == 0
    assert "prod: version 1 has all calls, and not the newest" in person.err
    # What is rolled back is not promoted.
    assert person.deploy("dev", "--from", "prod") == 2
    assert "AG115" in person.err


def test_names_that_are_missing(person: Person) -> None:
    assert person.run("rollback") == 2
    assert person.run("rollback", "--stage", "prod") == 2
    assert person.run("rollback", "generated/crm", "--stage", "prod", "--stack", "crm-prod") == 2
    assert person.deploy("dev", "--from", "dev") == 2
    assert person.deploy("prod", "--from", "dev", "--dry-run") == 2
    assert person.run("deploy", "generated/crm", "--stack", "x", "--bucket", "bundles", "--from", "dev") == 2
