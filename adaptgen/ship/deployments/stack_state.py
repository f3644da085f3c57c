"""A stack as it is: what its template says about versions, and what runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any

from adaptgen.model.frozen import value
from adaptgen.runtime.aws import clients as aws
from adaptgen.ship.deployments.calls import attempt, failed
from adaptgen.ship.stack.versions import EARLIER, OWN, PINNED, WEIGHT

ALARMS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


@value()
class StackState:
    """``alarms``: logical id -> (type, name). ``newest``: number of the version that the stack published last;
    ``version_id``: its logical id. ``pins``: whether the template has the parameters of versions."""

    name: str
    status: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)
    outputs: Mapping[str, str] = field(default_factory=dict)
    function: str = ""
    newest: str = ""
    version_id: str = ""
    alarms: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rollback: Mapping[str, Any] = field(default_factory=dict)
    changed: str = ""

    @property
    def pins(self) -> bool:
        return self.parameters.keys() >= OWN

    @property
    def pinned(self) -> str:
        """The version that the stack sends the calls to, "" for the newest."""
        return self.parameters.get(PINNED, "")

    @property
    def weight(self) -> float:
        """The share of the newest version while another is pinned."""
        try:
            return float(self.parameters.get(WEIGHT) or 0) if self.pinned else 0.0
        except ValueError:
            return 0.0

    @property
    def earlier(self) -> tuple[str, ...]:
        """The versions that had all calls before, the latest first."""
        return tuple(one for one in self.parameters.get(EARLIER, "").split(",") if one)

    def keep_triggers(self, own: Sequence[str]) -> dict[str, Any]:
        """The ``RollbackConfiguration`` without the alarms of this stack (``own``: their ARNs): those of a shift would
        roll back every later update."""
        kept = [one for one in self.rollback.get("RollbackTriggers", ()) if one["Arn"] not in own]
        minutes = self.rollback.get("MonitoringTimeInMinutes", 0) if kept else 0
        return {"RollbackTriggers": kept, "MonitoringTimeInMinutes": minutes}


def read_stack(client: Any, name: str) -> StackState | None:
    """The stack; None for one that does not exist. AG093 where AWS refuses a call."""
    try:
        said: Mapping[str, Any] = client.describe_stacks(StackName=name)["Stacks"][0]
    except Exception as problem:
        code, text = aws.refusal(problem)
        if code == "ValidationError" and "does not exist" in text:
            return None
        raise failed("DescribeStacks", problem) from None
    if said["StackStatus"] in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
        return None
    resources = attempt("DescribeStackResources", client.describe_stack_resources, StackName=name)["StackResources"]
    by_type: dict[str, list[tuple[str, str]]] = {}
    alarms: dict[str, tuple[str, str]] = {}
    for one in resources:
        logical, physical, kind = (
            one.get(key) or "" for key in ("LogicalResourceId", "PhysicalResourceId", "ResourceType")
        )
        if one.get("ResourceStatus", "").startswith("DELETE_") or not physical:
            continue
        by_type.setdefault(kind, []).append((logical, physical))
        if kind in ALARMS:
            alarms[logical] = (kind, physical)
    version = by_type.get("AWS::Lambda::Version", [("", "")])[-1]
    function = dict(by_type.get("AWS::Lambda::Function", ())).get("Function", "")
    changed = said.get("LastUpdatedTime") or said.get("CreationTime")
    return StackState(
        said.get("StackName", name),
        said["StackStatus"],
        {one["ParameterKey"]: one.get("ParameterValue", "") for one in said.get("Parameters", ())},
        {one["OutputKey"]: one.get("OutputValue", "") for one in said.get("Outputs", ())},
        function,
        version[1].rpartition(":")[2],
        version[0],
        alarms,
        said.get("RollbackConfiguration") or {},
        str(changed or "")[:19],
    )
