"""What moto's CloudFormation lacks for versions, aliases and alarms, added inside of its process.

moto has no ``AWS::Lambda::Alias`` and no ``AWS::CloudWatch::Alarm``, publishes a version before its function is
updated, counts versions by how many there are (so that a number comes again after one is deleted), gives none of the
parameters of an update to the stack, and keeps the outputs of before. ``tests/support/aws.py`` installs this in its
server.
"""

from __future__ import annotations

import copy
from contextlib import suppress
from typing import Any

from moto.awslambda import models as functions
from moto.cloudformation import models as stacks
from moto.cloudformation import parsing
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.common_models import CloudFormationModel

_LATE = ("AWS::Lambda::Version", "AWS::Lambda::Alias")


class Alias(CloudFormationModel):
    """``AWS::Lambda::Alias``, on the alias of moto's Lambda."""

    def __init__(self, arn: str, function: str, name: str) -> None:
        self.arn, self.function, self.name = arn, function, name

    @property
    def physical_resource_id(self) -> str:
        return self.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::Lambda::Alias"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "AliasArn"

    @classmethod
    def create_from_cloudformation_json(  # type: ignore[misc]
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Alias:
        said = cloudformation_json["Properties"]
        backend = functions.lambda_backends[account_id][region_name]
        function = str(said["FunctionName"])
        made = backend.create_alias(said["Name"], function, str(said["FunctionVersion"]), "", _routing(said))
        return cls(made.arn, function, said["Name"])

    @classmethod
    def update_from_cloudformation_json(  # type: ignore[misc]
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> Alias:
        said = cloudformation_json["Properties"]
        backend = functions.lambda_backends[account_id][region_name]
        backend.update_alias(
            original_resource.name, original_resource.function, str(said["FunctionVersion"]), "", _routing(said)
        )
        found: Alias = original_resource
        return found

    def delete(self, account_id: str, region_name: str) -> None:
        with suppress(Exception):  # its function may be gone already
            functions.lambda_backends[account_id][region_name].delete_alias(self.name, self.function)


def _routing(said: Any) -> Any:
    weights = (said.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or []
    return {"AdditionalVersionWeights": {str(one["FunctionVersion"]): float(one["FunctionWeight"]) for one in weights}}


class Alarm(CloudFormationModel):
    """``AWS::CloudWatch::Alarm``: its name and its state, which tests set."""

    def __init__(self, name: str, arn: str) -> None:
        self.name, self.arn = name, arn

    @property
    def physical_resource_id(self) -> str:
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        return "AlarmName"

    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::CloudWatch::Alarm"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        return self.arn

    @classmethod
    def create_from_cloudformation_json(  # type: ignore[misc]
        cls, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Alarm:
        said = cloudformation_json["Properties"]
        made = cloudwatch_backends[account_id][region_name].put_metric_alarm(
            name=resource_name, namespace=said.get("Namespace", ""), metric_name=said.get("MetricName", ""),
            comparison_operator=said["ComparisonOperator"], evaluation_periods=said["EvaluationPeriods"],
            period=said.get("Period", 300), threshold=float(said["Threshold"]), statistic=said.get("Statistic", ""),
            description=said.get("AlarmDescription", ""), dimensions=[], alarm_actions=[],
        )  # fmt: skip
        return cls(resource_name, made.alarm_arn)

    @classmethod
    def update_from_cloudformation_json(  # type: ignore[misc]
        cls, original_resource: Any, new_resource_name: str, cloudformation_json: Any, account_id: str, region_name: str
    ) -> Alarm:
        found: Alarm = original_resource  # its state is what tests look at, and it stays
        return found

    def delete(self, account_id: str, region_name: str) -> None:
        cloudwatch_backends[account_id][region_name].delete_alarms([self.name])


def install() -> None:
    """Once, before the server starts."""
    _versions()
    _updates()


def _versions() -> None:
    version: Any = functions.LambdaVersion
    highest: dict[int, int] = {}

    def published(self: Any, name_or_arn: str, description: str = "") -> Any:
        """As moto does it, but that no number comes twice."""
        latest = self.get_function_by_name_or_arn_forbid_qualifier(name_or_arn)
        versions = self._functions[latest.function_name]["versions"]
        if versions and not latest.code_or_config_updated:
            return versions[-1]
        latest.code_or_config_updated = False
        made = copy.copy(latest)
        highest[id(latest)] = highest.get(id(latest), 0) + 1
        made.set_version(highest[id(latest)])
        made.description = description or made.description
        versions.append(made)
        self._arns[made.function_arn] = made
        return made

    def create(
        cls: Any, resource_name: str, cloudformation_json: Any, account_id: str, region_name: str, **_: Any
    ) -> Any:
        said = cloudformation_json["Properties"]
        made = functions.lambda_backends[account_id][region_name].publish_version(said["FunctionName"])
        if said.get("CodeSha256", made.code_sha_256) != made.code_sha_256:
            raise ValueError(f"CodeSHA256 ({said['CodeSha256']}) is different from current CodeSHA256 in $LATEST")
        found = functions.LambdaVersion({"Version": made.version})
        found.arn = made.function_arn
        return found

    def update(cls: Any, original_resource: Any, *_: Any, **__: Any) -> Any:
        return original_resource

    def delete(self: Any, account_id: str, region_name: str) -> None:
        """Nothing: its policy keeps it, as long as there is a function."""

    version.delete = delete
    version.create_from_cloudformation_json = classmethod(create)
    version.update_from_cloudformation_json = classmethod(update)
    version.has_cfn_attr = classmethod(lambda cls, attr: attr == "Version")
    version.get_cfn_attribute = lambda self, attr: str(self.version)
    version.physical_resource_id = property(lambda self: self.arn)
    functions.LambdaStorage.publish_version = published  # type: ignore[method-assign]


def _updates() -> None:
    update, apply = parsing.ResourceMap.update, stacks.ChangeSet.apply
    change = parsing.parse_and_update_resource

    def updated(self: Any, template: Any, parameters: Any = None) -> None:
        difference = self.build_resource_diff

        def in_order(other: Any, values: Any = None) -> dict[str, list[str]]:
            """Versions and aliases after the function: as if they were there, moto makes them when it updates them."""
            found: dict[str, list[str]] = difference(other, values)
            late = [name for name in found["Add"] if other["Resources"][name]["Type"] in _LATE]
            found["Add"] = [name for name in found["Add"] if name not in late]
            rank = {name: _LATE.index(kind) if (kind := other["Resources"][name]["Type"]) in _LATE else -1
                    for name in (*found["Modify"], *late)}  # fmt: skip
            found["Modify"] = sorted(rank, key=lambda name: rank[name])
            return found

        self.build_resource_diff = in_order
        try:
            update(self, template, parameters)
        finally:
            del self.build_resource_diff

    def applied(self: Any) -> None:
        apply(self)
        self.stack.parameters = self.parameters
        self.stack.template, self.stack.template_dict = self.template, self.template_dict
        self.stack.output_map = self.stack._create_output_map()

    def as_texts(self: Any) -> dict[str, Any]:
        """What UsePreviousValue takes: moto would split a list again."""
        known = self.resource_map.resolved_parameters
        return {name: ",".join(one) if isinstance(one, list) else one for name, one in known.items()}

    def differs(self: Any) -> list[Any]:
        """moto shows no change where only values change."""
        resources = self.template_dict["Resources"]
        actions = self.stack.resource_map.build_resource_diff(self.template_dict, self.parameters)
        before = self.stack.resource_map._resource_json_map
        return [
            stacks.Change(action, name, {**before, **resources}[name]["Type"])
            for action, names in actions.items()
            for name in names
        ]

    def resolved(self: Any, instance: Any, incoming_params: Any) -> dict[str, Any]:
        """moto knows no previous value of a parameter that had its default."""
        known = getattr(instance, "stack_parameters", None) or instance.parameters
        return {
            one["ParameterKey"]: known[one["ParameterKey"]] if one.get("UsePreviousValue") else one["ParameterValue"]
            for one in incoming_params
        }

    stacks.CloudFormationBackend._resolve_update_parameters = resolved  # type: ignore[method-assign]

    def kept(logical_id: str, resource_json: Any, resources_map: Any, account_id: str, region_name: str) -> Any:
        """moto forgets a resource that it cannot update, and updates one that its condition keeps away."""
        before = resources_map._parsed_resources.get(logical_id)
        if "Condition" in resource_json and not resources_map.lazy_condition_map[resource_json["Condition"]]:
            return before
        return change(logical_id, resource_json, resources_map, account_id, region_name) or before

    parsing.parse_and_update_resource = kept
    stacks.ChangeSet.diff = differs  # type: ignore[method-assign]

    def described(self: Any) -> list[dict[str, Any]]:
        """moto shows a list as Python does."""
        return [{"ParameterKey": name, "ParameterValue": one} for name, one in as_texts(self).items()]

    stacks.Stack.parameter_list = property(described)  # type: ignore[method-assign, assignment]
    stacks.Stack.stack_parameters = property(as_texts)  # type: ignore[method-assign, assignment]
    parsing.ResourceMap.update = updated  # type: ignore[method-assign]
    stacks.ChangeSet.apply = applied  # type: ignore[method-assign]
