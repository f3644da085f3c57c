"""Clients of AWS services for deploying: the only module of it with boto3, loaded at first use."""

from __future__ import annotations

import logging
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error

# At DEBUG botocore logs whole requests: the values of parameters.
for _name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def client(service: str, region: str = "", endpoint: str = "") -> Any:
    """A client of one service; ``region`` and ``endpoint``: "" for what the environment says.

    Raises:
        AdaptgenError: AG093, boto3 is not installed, or no region is known.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError:
        help = 'pip install "adaptgen[aws]"'
        raise error("AG093", "deploying needs boto3, which is not installed", help=help) from None
    # An upload of 25 MB may take its time on a slow line.
    config = Config(connect_timeout=5, read_timeout=120, retries={"total_max_attempts": 5, "mode": "standard"})
    make: Any = boto3.client  # the stubs know one overload a service, and the service is not known here
    try:
        return make(service, region_name=region or None, endpoint_url=endpoint or None, config=config)
    except (BotoCoreError, ValueError) as why:
        raise error(
            "AG093", f"{service} cannot be asked: {why}", help="--region NAME, and credentials of AWS"
        ) from None


def refusal(problem: Exception) -> tuple[str, str]:
    """Code and text of an error of AWS; ("", …) where it is none of the service."""
    response = getattr(problem, "response", None)
    found = response.get("Error", {}) if isinstance(response, dict) else {}
    return str(found.get("Code", "")), str(found.get("Message") or type(problem).__name__)


def failed(what: str, problem: Exception) -> AdaptgenError:
    """The error for a call that AWS, or the way to it, did not let through."""
    code, text = refusal(problem)
    return error("AG093", f"{what}: {f'{code}: ' if code else ''}{text}")
