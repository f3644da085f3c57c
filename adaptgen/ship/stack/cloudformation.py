"""Words of CloudFormation."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

Json: TypeAlias = Any
Resources: TypeAlias = dict[str, Json]
"""By their logical ids; parameters and outputs too."""


def pascal(name: str) -> str:
    """A logical name: ``CRM_BASE_URL`` -> ``CrmBaseUrl``."""
    return "".join(part[:1].upper() + part[1:].lower() for part in re.split(r"[^A-Za-z0-9]+", name) if part)


def sub(text: str, **values: Json) -> Json:
    """``Fn::Sub``."""
    return {"Fn::Sub": [text, values] if values else text}


def equals(parameter: str, value: str) -> Json:
    """The condition that a parameter has a value."""
    return {"Fn::Equals": [{"Ref": parameter}, value]}


def given(parameter: str) -> Json:
    """The condition that a parameter is not empty."""
    return {"Fn::Not": [equals(parameter, "")]}


def if_(condition: str, value: Json, otherwise: Json | None = None) -> Json:
    """``Fn::If``; without ``otherwise`` the value is left out."""
    return {"Fn::If": [condition, value, {"Ref": "AWS::NoValue"} if otherwise is None else otherwise]}


def text_parameter(description: str = "", default: str | None = None) -> Json:
    """A parameter of type String; required without a default."""
    named = {"Default": default, "Description": description or None}
    return {"Type": "String", **{name: value for name, value in named.items() if value is not None}}


def choice_parameter(default: str, *others: str) -> Json:
    """A parameter of type String with few values."""
    return {"Type": "String", "Default": default, "AllowedValues": [default, *others]}


LIMIT = 51_200
"""Bytes of a template that CloudFormation takes without a bucket."""


def as_yaml(template: Mapping[str, Any]) -> str:
    """For people: in the order in which it was made, without anchors."""
    import yaml

    plain = json.loads(json.dumps(template))
    return str(yaml.safe_dump(plain, sort_keys=False, width=120, allow_unicode=True))


def as_json(template: Mapping[str, Any]) -> str:
    """For CloudFormation: as short as it can be."""
    return json.dumps(template, separators=(",", ":"))


def parameters_of(template: str) -> dict[str, Any]:
    """The parameters that the text of a template declares."""
    found: dict[str, Any] = json.loads(template).get("Parameters", {})
    return found


def hide(template: str, names: Collection[str]) -> str:
    """The text of a template in which these parameters are ``NoEcho``."""
    if not names:
        return template
    changed: dict[str, Any] = json.loads(template)
    for name in changed["Parameters"].keys() & {*names}:
        changed["Parameters"][name]["NoEcho"] = True
    return as_json(changed)
