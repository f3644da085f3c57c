"""What the runtime asks of AWS, through boto3: the only runtime module with it, loaded at first use.

Everything here blocks; call it from a thread.
"""

from __future__ import annotations

import json
import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from adaptgen.runtime.core.answer import ToolError
from adaptgen.syntax.templates import Reference

if TYPE_CHECKING:
    from collections.abc import Mapping


# At DEBUG botocore logs whole requests and answers: secrets, session keys, personal data.
for _name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_making: Final = threading.Lock()
"""boto3's default session must not make two clients at once."""


class AwsError(Exception):
    """AWS cannot be asked or refuses. The text names the service and the code; ``code`` is AWS's own, if it came."""

    def __init__(self, text: str, code: str = "") -> None:
        super().__init__(text)
        self.code = code


def client(service: str, region: str = "", endpoint: str = "", *, timeout: float = 5.0, attempts: int = 3) -> Any:
    """A boto3 client, which threads may share. ``timeout`` in seconds for one attempt.

    Raises:
        AwsError: boto3 is not installed, or no region is known.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise AwsError(f'{service} needs boto3: pip install "adaptgen[aws]"') from None
    config = Config(
        connect_timeout=min(timeout, 3.0),
        read_timeout=timeout,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=32,
    )
    with _making:
        try:
            make: Any = boto3.client  # the service is a variable, which the stubs do not take
            return make(service, region_name=region or None, endpoint_url=endpoint or None, config=config)
        except (BotoCoreError, ValueError) as problem:
            raise AwsError(f"{service} cannot be asked: {type(problem).__name__}") from None


def call(client: Any, operation: str, **parameters: Any) -> Mapping[str, Any]:
    """One call of a client.

    Raises:
        AwsError: with AWS's code; never with a value.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found: Mapping[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as problem:
        code = str(problem.response.get("Error", {}).get("Code", "refused"))
        raise AwsError(f"AWS refuses {operation}: {code}", code) from None
    except BotoCoreError as problem:
        raise AwsError(f"AWS cannot be asked for {operation}: {type(problem).__name__}") from None
    return found


def read_own_keys() -> tuple[str, str, str]:
    """The access key, secret and session token of this process, as boto3 finds and renews them.

    Raises:
        AwsError: there are none.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError
    except ImportError:
        raise AwsError('signing for AWS needs boto3: pip install "adaptgen[aws]"') from None
    with _making:
        try:
            found = (boto3.DEFAULT_SESSION or _session(boto3)).get_credentials()
            frozen = found.get_frozen_credentials() if found else None
        except BotoCoreError as problem:
            raise AwsError(f"the keys of this process cannot be read: {type(problem).__name__}") from None
    if frozen is None or not frozen.access_key or not frozen.secret_key:
        raise AwsError("this process has no AWS keys")
    return frozen.access_key, frozen.secret_key, frozen.token or ""


def _session(boto3: Any) -> Any:
    boto3.setup_default_session()
    return boto3.DEFAULT_SESSION


def read_reference(reference: Reference, environ: Mapping[str, str]) -> str:
    """The value of a ``${secret:name#key}`` or ``${ssm:/path}``. Blocks; call it from a thread.

    Raises:
        ToolError: boto3 is not installed, or AWS does not hand out the value; the text names the reference.
    """
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise ToolError(f'{reference} needs boto3: pip install "adaptgen[aws]".') from None
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
