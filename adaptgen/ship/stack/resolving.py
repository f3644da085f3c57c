"""A template as CloudFormation would see it with given parameters: conditions decided, references resolved.

What only AWS knows (names and ARNs of resources that are not there yet) becomes a text of the length that it has at
most, so that sizes can be checked before anything is made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adaptgen.ship.stack.cloudformation import Json, Resources

PSEUDO: Mapping[str, str] = {
    "AWS::Region": "ap-northeast-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": "s" * 40,
    "AWS::StackId": "arn:aws:cloudformation:ap-northeast-1:123456789012:stack/s/0",
}
"""The account and the region, where the caller does not say them."""
_SERVICES = {"AWS::Logs::LogGroup": "logs", "AWS::DynamoDB::Table": "dynamodb", "AWS::IAM::Role": "iam"}
_NOTHING = object()
_NAME = re.compile(r"\$\{(!?)([^}]*)\}")


def resolve(
    template: Mapping[str, Json], parameters: Mapping[str, str], pseudo: Mapping[str, str] = PSEUDO
) -> Resources:
    """The resources that a stack would have, by their logical ids, with resolved properties; ``parameters``: those
    that are set. What is decided against is left out."""
    return Resolver(template, parameters, pseudo).resources()


def outputs(
    template: Mapping[str, Json], parameters: Mapping[str, str], pseudo: Mapping[str, str] = PSEUDO
) -> Resources:
    """The outputs that a stack would have: name -> value."""
    return Resolver(template, parameters, pseudo).outputs()


def holds(template: Mapping[str, Json], parameters: Mapping[str, str], condition: Json) -> bool:
    """Whether a condition holds: the name of one, or a function."""
    return Resolver(template, parameters, PSEUDO).holds(condition)


class Resolver:
    """Decides conditions and resolves references; what stands for a resource is for its subclasses to say."""

    def __init__(self, template: Mapping[str, Json], parameters: Mapping[str, str], pseudo: Mapping[str, str]) -> None:
        self._template = template
        self._pseudo = pseudo
        self._values: dict[str, Json] = {}
        for name, one in template["Parameters"].items():
            value = str(parameters.get(name, one.get("Default", "")))
            self._values[name] = value.split(",") if one["Type"] == "CommaDelimitedList" else value

    def resources(self) -> Resources:
        """Those that there are, with their properties."""
        return {
            name: {**one, "Properties": self._value(one.get("Properties", {}))}
            for name, one in self._template["Resources"].items()
            if self._exists(name)
        }

    def outputs(self) -> Resources:
        """Those that there are: name -> value."""
        return {
            name: self._value(one["Value"])
            for name, one in self._template.get("Outputs", {}).items()
            if "Condition" not in one or self.holds(one["Condition"])
        }

    def holds(self, condition: Json) -> bool:
        """Whether a condition holds: the name of one, or a function."""
        if isinstance(condition, str):
            return self.holds(self._template["Conditions"][condition])
        ((function, given),) = condition.items()
        match function:
            case "Condition":
                return self.holds(given)
            case "Fn::Equals":
                first, second = (self._value(one) for one in given)
                return str(first) == str(second)
            case "Fn::Not":
                return not self.holds(given[0])
            case "Fn::And":
                return all(map(self.holds, given))
            case "Fn::Or":
                return any(map(self.holds, given))
            case _:
                raise ValueError(f"{function} is not a condition")

    def _exists(self, name: str) -> bool:
        one = self._template["Resources"][name]
        return "Condition" not in one or self.holds(one["Condition"])

    def _value(self, value: Json) -> Any:
        if isinstance(value, list):
            return [one for one in map(self._value, value) if one is not _NOTHING]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((function, given),) = value.items()
            match function:
                case "Ref":
                    return self._reference(given)
                case "Fn::If":
                    return self._value(given[1 if self.holds(given[0]) else 2])
                case "Fn::Sub":
                    return self._substituted(given)
                case "Fn::GetAtt":
                    return self._attribute(*given)
                case "Fn::Join":
                    return given[0].join(map(str, self._value(given[1])))
                case "Fn::Select":
                    return self._value(given[1])[int(given[0])]
                case "Fn::Split":
                    return str(self._value(given[1])).split(given[0])
        made = {name: self._value(one) for name, one in value.items()}
        return {name: one for name, one in made.items() if one is not _NOTHING}

    def _reference(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self._values:
            return self._values[name]
        if name in self._pseudo:
            return self._pseudo[name]
        kind = self._template["Resources"][name]["Type"]
        if kind in ("AWS::Lambda::Alias", "AWS::Lambda::Version", "AWS::IAM::ManagedPolicy"):
            return self._attribute(name, "Arn")
        return f"{self._pseudo['AWS::StackName']}-{name}-{'X' * 12}"

    def _substituted(self, given: Json) -> Any:
        text, values = (given, {}) if isinstance(given, str) else given

        def one(match: re.Match[str]) -> str:
            if match[1]:
                return f"${{{match[2]}}}"
            if match[2] in values:
                return str(self._value(values[match[2]]))
            resource, dot, attribute = match[2].partition(".")
            return str(self._attribute(resource, attribute) if dot else self._reference(match[2]))

        return _NAME.sub(one, text)

    def _attribute(self, name: str, attribute: str) -> Any:
        if not self._exists(name):
            raise ValueError(f"{name} is not there under these parameters")
        if attribute != "Arn":
            return f"{name}.{attribute}"
        service = _SERVICES.get(self._template["Resources"][name]["Type"], "lambda")
        place = ":".join(self._pseudo[f"AWS::{part}"] for part in ("Region", "AccountId", "StackName"))
        return f"arn:{self._pseudo['AWS::Partition']}:{service}:{place}-{name}-XXXXXXXXXXXX"
