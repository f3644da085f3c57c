"""Clients of AWS services for governance: the only module of it with boto3, loaded at first use."""

from __future__ import annotations

import logging
from typing import Any

from adaptgen.diagnostics import error

# At DEBUG botocore logs whole requests and answers: secrets, session keys, personal data.
for _name in ("boto3", "botocore", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)


def client(service: str, region: str = "", endpoint: str = "") -> Any:
    """A client of one service. Making one reads files and takes some ms: make it once, from a thread.

    ``region`` and ``endpoint``: "" for what the environment says.

    Raises:
        AdaptgenError: AG070, boto3 is not installed.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError:
        help = 'pip install "adaptgen[aws]"'
        raise error("AG070", f"{service} needs boto3, which is not installed", help=help) from None
    config = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})
    # The stubs know one overload a service, and the service is not known here.
    make: Any = boto3.client
    return make(service, region_name=region or None, endpoint_url=endpoint or None, config=config)


def failure(problem: Exception) -> str:
    """What an error of AWS is, in a word: its code or its type. Its text may hold values."""
    response = getattr(problem, "response", None)
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return str(code) if code else type(problem).__name__
