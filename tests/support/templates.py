"""Every template that a stack can have: kinds of settings, fronts, and what else parameters switch on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

from support.shipping import SETTINGS, bundle_of

from adaptgen.ship.stack import resolving, stack

SHA = "0123456789abcdef" * 4
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/00000000-0000-0000-0000-00000000000"
DOMAIN = {
    "DomainName": "mcp.crm.example",
    "CertificateArn": f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/1",
}
FRONTS: Mapping[str, Mapping[str, str]] = {
    "url": {},
    "none": {"FunctionUrl": "false"},
    "http": {"Gateway": "http"},
    "domain": {"Gateway": "http", "HostedZoneId": "Z1", "TruststoreUri": "s3://trust/ca.pem"} | DOMAIN,
    "rest": {"Gateway": "rest", "Waf": "true"} | DOMAIN,
}
EXTRAS: Mapping[str, Mapping[str, str]] = {
    "plain": {},
    "everything": {
        "KmsKeyArn": f"{KEY}1", "LogKmsKeyArn": f"{KEY}2", "TableKmsKeyArn": f"{KEY}3",
        "SubnetIds": "subnet-11111111,subnet-22222222", "SecurityGroupIds": "sg-11111111", "Ipv6": "true",
        "RoleName": "crm-prod", "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/bound",
        "ReservedConcurrency": "20", "TableDeletionProtection": "true", "LogRetentionDays": "2557",
        "AlarmTopicArn": f"arn:aws:sns:eu-central-1:{ACCOUNT}:ops", "GovernanceBucket": "settings",
        "AppConfigArn": f"arn:aws:appconfig:eu-central-1:{ACCOUNT}:application/a/environment/b/configuration/c",
        "SwitchSource": "s3://ops/switch/crm.yaml",
    },
}  # fmt: skip
VALUES = {
    "CodeBucket": "bundles",
    "CrmBaseUrl": "https://crm.example",
    "CrmUsername": "u",
    "CrmPassword": "p",
    "CrmUrl": "https://crm.internal.example/mcp",
    "CrmArn": f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:crm:live",
    "PublicUrl": "https://mcp.crm.example/mcp",
    "ProxyRoleArn": f"arn:aws:iam::{ACCOUNT}:role/proxy",
    "Proxy": "https://proxy.example/mcp",
    "CallerPrincipal": f"arn:aws:iam::{ACCOUNT}:role/agents",
    "PolicyStore": "PSEXAMPLE1",
    "Otlp": "https://otel.example",
}
COMBINATIONS = [f"{kind}-{front}-{extra}" for kind, front, extra in product(SETTINGS, FRONTS, EXTRAS)]


def template_of(name: str, folder: Path, form: str = "plain") -> tuple[dict[str, Any], dict[str, str]]:
    """The template of a combination, and the parameters of a stack of it."""
    kind, front, extra = name.split("-")
    made = bundle_of(kind, folder, arch="arm64", python="3.13")
    template = stack.plain(made, SHA) if form == "plain" else stack.sam(made, "bundle.zip")
    wanted = {**VALUES, **FRONTS[front], **EXTRAS[extra]}
    return template, {key: one for key, one in wanted.items() if key in template["Parameters"]}


class Decided(resolving.Resolver):
    """A template whose parameters and conditions are decided, and whose resources still name each other."""

    def template(self) -> dict[str, Any]:
        """One without parameters and conditions."""
        found = {
            name: {key: one for key, one in resource.items() if key != "Condition"}
            for name, resource in self.resources().items()
        }
        for one in found.values():
            if isinstance(one.get("DependsOn"), list):
                one["DependsOn"] = [name for name in one["DependsOn"] if name in found]
        kept = {key: self._template[key] for key in ("Transform",) if key in self._template}
        values = {name: {"Value": value} for name, value in self.outputs().items()}
        return {"AWSTemplateFormatVersion": "2010-09-09", **kept, "Resources": found, "Outputs": values}

    def _reference(self, name: str) -> Any:
        return super()._reference(name) if name in self._values or name == "AWS::NoValue" else {"Ref": name}

    def _attribute(self, name: str, attribute: str) -> Any:
        return {"Fn::GetAtt": [name, attribute]}

    def _substituted(self, given: Any) -> Any:
        text, values = (given, {}) if isinstance(given, str) else given
        left: dict[str, Any] = {}

        def one(match: re.Match[str]) -> str:
            name = match[2]
            if match[1]:
                return match[0]
            value = self._value(values[name]) if name in values else self._values.get(name)
            if isinstance(value, str):
                return value
            if value is not None:
                left[name] = value
            return match[0]

        said = re.sub(r"\$\{(!?)([^}]*)\}", one, text)
        if "${" not in said:
            return said
        return {"Fn::Sub": [said, left] if left else said}


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_in(one)
