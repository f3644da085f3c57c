"""Clients of boto3, for deployments and for models on Bedrock: the only module with it, loaded at first use.

What serves asks AWS by ``api``, and needs no boto3. Everything here blocks; call it from a thread.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from adaptgen.runtime.aws.errors import AwsError as AwsError

if TYPE_CHECKING:
    from collections.abc import Mapping


# At DEBUG botocore logs whole requests and answers: secrets, session keys, personal data.
for _name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_making: Final = threading.Lock()
"""boto3's default session must not make two clients at once."""


def _boto3(purpose: str) -> Any:
    try:
        import boto3
    except ImportError:
        raise AwsError(f'{purpose} needs boto3, which is not installed: pip install "adaptgen[aws]"') from None
    return boto3


def client(
    service: str,
    region: str = "",
    endpoint: str = "",
    *,
    timeout: float = 10.0,
    attempts: int = 3,
    profile: str = "",
) -> Any:
    """A boto3 client, which threads may share; making one takes some ms. ``region`` and ``endpoint``: "" for what the
    environment says. ``timeout``: seconds for one attempt. ``profile``: of the AWS configuration; "" for what the
    environment says.

    Raises:
        AwsError: boto3 is not installed, or no region is known.
    """
    boto3 = _boto3(service)
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError

    config = Config(
        connect_timeout=min(timeout, 5.0),
        read_timeout=timeout,
        retries={"total_max_attempts": attempts, "mode": "standard"},
        max_pool_connections=32,
    )
    with _making:
        try:
            session = boto3.Session(profile_name=profile) if profile else boto3
            return session.client(service, region_name=region or None, endpoint_url=endpoint or None, config=config)
        except (BotoCoreError, ValueError) as problem:
            raise AwsError(f"{service} cannot be asked: {type(problem).__name__}") from None


def refusal(problem: Exception) -> tuple[str, str]:
    """Code and text of an error of AWS; ("", …) where it is none of the service. The text may hold values."""
    response = getattr(problem, "response", None)
    found = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(found.get("Code", "")), str(found.get("Message") or type(problem).__name__)


def call(client: Any, operation: str, **parameters: Any) -> Mapping[str, Any]:
    """One call of a client.

    Raises:
        AwsError: with AWS's code; never with a value.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found: Mapping[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as problem:
        code = refusal(problem)[0] or type(problem).__name__
        raise AwsError(f"AWS refuses {operation}: {code}", code) from None
    except BotoCoreError as problem:
        raise AwsError(f"AWS cannot be asked for {operation}: {type(problem).__name__}") from None
    return found
