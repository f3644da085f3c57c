"""Clients of AWS for a deployment, and what their errors mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adaptgen.diagnostics import AdaptgenError, error
from adaptgen.runtime.aws import clients as aws

_EXPIRED = frozenset({
    "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRetrievalError", "SSOTokenLoadError",
    "UnauthorizedSSOTokenError", "CredentialRetrievalError",
})  # fmt: skip
_UNKNOWN = frozenset({
    "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure", "SignatureDoesNotMatch", "InvalidAccessKeyId",
    "NoCredentialsError", "PartialCredentialsError", "IncompleteSignature", "ProfileNotFound",
})  # fmt: skip
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"})
_PASSING = frozenset({
    "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "ServiceUnavailable",
    "InternalFailure", "InternalError", "RequestTimeout", "SlowDown", "500", "502", "503", "504",
    "EndpointConnectionError", "ConnectionClosedError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionError",
    "ProxyConnectionError", "HTTPClientError", "IncompleteReadError", "ResponseParserError",
})  # fmt: skip
"""Codes of AWS, and types of errors on the way to it, that may be over with the next call."""


_PATIENCE = 120.0
"""Seconds for one attempt of a call."""


class CallFailed(AdaptgenError):
    """AWS did not do what it was asked. ``code``: its own, or the type of an error on the way to it; ``passing``: the
    same call may succeed later."""

    def __init__(self, problem: AdaptgenError, code: str) -> None:
        super().__init__(*problem.diagnostics)
        self.code = code
        self.passing = code in _PASSING


def make_client(service: str, region: str = "", endpoint: str = "", profile: str = "") -> Any:
    """A client of one service; ``region``, ``endpoint`` and ``profile``: "" for what the environment says. AG093 where
    boto3 is not installed, no region is known, or there is no such profile."""
    try:
        # An upload of 25 MB may take its time on a slow line; CloudFormation throttles those who look often.
        return aws.client(service, region, endpoint, timeout=_PATIENCE, attempts=8, profile=profile)
    except aws.AwsError as why:
        raise error("AG093", str(why), help="--region NAME, and credentials of AWS") from None


def code_of(problem: Exception) -> str:
    """The code of AWS, or the type of an error on the way to it."""
    return aws.refusal(problem)[0] or type(problem).__name__


def failed(what: str, problem: Exception) -> CallFailed:
    """The error for a call that AWS, or the way to it, did not let through."""
    return CallFailed(_explained(what, problem), code_of(problem))


def _explained(what: str, problem: Exception) -> AdaptgenError:
    code, text = aws.refusal(problem)
    kind = code_of(problem)
    said = f"{what}: {f'{code}: ' if code else ''}{printable(text)}"
    if kind in _EXPIRED:
        return error("AG093", f"{what}: the credentials have expired ({kind})", help="log in again, then repeat it")
    if kind in _UNKNOWN:
        return error("AG093", f"{what}: AWS does not know these credentials ({kind})",
                     help="check AWS_PROFILE and AWS_ACCESS_KEY_ID, or pass --profile NAME")  # fmt: skip
    if kind in _DENIED:
        return error("AG093", said, help="the one who deploys lacks this permission; docs/deploy.md lists them")
    if kind in _PASSING:
        return error("AG093", said, help="AWS is busy or cannot be reached; repeat it")
    return error("AG093", said)


def attempt(what: str, call: Callable[..., Any], **arguments: Any) -> Any:
    """One call; AG093 where it fails."""
    try:
        return call(**arguments)
    except Exception as problem:
        raise failed(what, problem) from None


def printable(text: str) -> str:
    """One line for a terminal: names and reasons may hold line ends and escapes."""
    return "".join(one if one.isprintable() else " " for one in " ".join(str(text).split()))
