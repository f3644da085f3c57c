"""Secrets Manager and Parameter Store, through boto3: the only runtime module with it, loaded at first use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from adaptgen.references import Reference
from adaptgen.runtime.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read(reference: Reference, environ: Mapping[str, str]) -> str:
    """The value of a ``${secret:name#key}`` or ``${ssm:/path}``. Blocks; call it from a thread.

    Raises:
        ToolError: boto3 is not installed, or AWS does not hand out the value; the text names the reference.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise ToolError(f"{reference} needs boto3: install adaptgen[aws].") from None
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    try:
        if reference.kind == "ssm":
            parameters = boto3.client("ssm", region_name=region)
            found = parameters.get_parameter(Name=reference.name, WithDecryption=True)
            return str(found["Parameter"]["Value"])
        name, _, key = reference.name.partition("#")
        return _member(
            reference, boto3.client("secretsmanager", region_name=region).get_secret_value(SecretId=name), key
        )
    except ClientError as problem:
        code = problem.response.get("Error", {}).get("Code", "refused")
        raise ToolError(f"AWS does not give {reference}: {code}.") from None
    except BotoCoreError as problem:
        raise ToolError(f"AWS cannot be asked for {reference}: {type(problem).__name__}.") from None


def _member(reference: Reference, found: Mapping[str, Any], key: str) -> str:
    value = found.get("SecretString")
    if value is None:
        value = bytes(found.get("SecretBinary", b"")).decode("utf-8", "replace")
    if not key:
        return str(value)
    try:
        member = json.loads(value)[key]
    except (ValueError, KeyError, TypeError):
        raise ToolError(f"{reference}: the secret is no JSON object with the key {key!r}.") from None
    return member if isinstance(member, str) else json.dumps(member)
