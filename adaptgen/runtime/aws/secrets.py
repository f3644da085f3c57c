"""Secrets of AWS Secrets Manager and parameters of Systems Manager: one request each, in the background."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from adaptgen.runtime.aws.background import shared_api
from adaptgen.runtime.aws.errors import AwsError


async def read_stored(kind: str, name: str, region: str) -> str:
    """The whole text of the secret or parameter ``name``; runs in the background alone.

    Raises:
        AwsError: AWS does not return it.
    """
    if kind == "ssm":
        found = await shared_api("ssm", region).call("GetParameter", {"Name": name, "WithDecryption": True})
        return _text(_member(found, "Parameter").get("Value"))
    found = await shared_api("secretsmanager", region).call("GetSecretValue", {"SecretId": name})
    if found.get("SecretString") is not None:
        return _text(found["SecretString"])
    try:
        return base64.b64decode(_text(found.get("SecretBinary"))).decode("utf-8", "replace")
    except ValueError:
        raise AwsError("the secret cannot be read") from None


def _member(found: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    member = found.get(name)
    if not isinstance(member, dict):
        raise AwsError("the value cannot be read")
    return member


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise AwsError("the value cannot be read")
    return value
