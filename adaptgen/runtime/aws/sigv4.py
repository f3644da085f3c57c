"""AWS Signature Version 4, for APIs (and servers) that authenticate callers by IAM.

After "Create a signed AWS API request" of the IAM user guide: the signature covers method, path, sorted query, the
headers and the SHA-256 of the body, under a key that is derived for one day, region and service.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes, urlsplit

from adaptgen.model.frozen import value

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_UNSIGNED: Final = frozenset({
    "authorization", "connection", "content-length", "expect", "te", "trailer", "transfer-encoding", "upgrade",
    "user-agent", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token", "x-amzn-trace-id",
})  # fmt: skip
"""What is added by the signature itself, belongs to the connection, or is changed on the way."""
_PLAIN: Final = "-_.~"
_PORTS: Final = {"http": 80, "https": 443}


@value()
class AwsKeys:
    """An access key. ``token`` comes with temporary keys."""

    access: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


def sign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    keys: AwsKeys,
    *,
    region: str,
    service: str,
    now: datetime | None = None,
    digest: str = "",
) -> dict[str, str]:
    """The headers to add to a request: ``Authorization``, ``X-Amz-Date`` and, for temporary keys,
    ``X-Amz-Security-Token``; for S3 also ``X-Amz-Content-Sha256``.

    ``headers`` are those that will be sent: all of them are signed but those of the connection. ``Host`` need not be
    among them. Sign last: whatever changes afterwards breaks the signature. ``now`` is the moment, in UTC.
    ``digest``: the SHA-256, in hex, of a body that is not at hand.
    """
    stamp = _stamp(now)
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    digest = digest or hashlib.sha256(body).hexdigest()
    added = {"X-Amz-Date": stamp}
    if keys.token:
        added["X-Amz-Security-Token"] = keys.token
    if service == "s3":
        added["X-Amz-Content-Sha256"] = digest
    signed = {name.lower(): value for name, value in headers.items() if name.lower() not in _UNSIGNED}
    signed.setdefault("host", _host(url))
    signed |= {name.lower(): value for name, value in added.items()}
    names = ";".join(sorted(signed))
    signature = _signature(method, url, signed, digest, keys, stamp, region, service)
    added["Authorization"] = (
        f"{_ALGORITHM} Credential={keys.access}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return added


def presign(
    method: str,
    url: str,
    headers: Mapping[str, str],
    keys: AwsKeys,
    *,
    region: str,
    seconds: int,
    now: datetime | None = None,
) -> str:
    """``url``, an object of S3 without a query, with a signature that is good for ``seconds``: anyone with it may send
    this request with exactly these ``headers``, and any content.

    After "Authenticating Requests: Using Query Parameters" of the S3 API reference.
    """
    stamp = _stamp(now)
    signed = {name.lower(): value for name, value in headers.items()} | {"host": _host(url)}
    parameters = {
        "X-Amz-Algorithm": _ALGORITHM,
        "X-Amz-Credential": f"{keys.access}/{stamp[:8]}/{region}/s3/aws4_request",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        "X-Amz-SignedHeaders": ";".join(sorted(signed)),
        **({"X-Amz-Security-Token": keys.token} if keys.token else {}),
    }
    url = f"{url}?{'&'.join(f'{name}={quote(value, safe=_PLAIN)}' for name, value in parameters.items())}"
    return f"{url}&X-Amz-Signature={_signature(method, url, signed, 'UNSIGNED-PAYLOAD', keys, stamp, region, 's3')}"


def _stamp(now: datetime | None) -> str:
    return (now or datetime.now(UTC)).astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _signature(
    method: str,
    url: str,
    signed: Mapping[str, str],
    digest: str,
    keys: AwsKeys,
    stamp: str,
    region: str,
    service: str,
) -> str:
    canonical = "\n".join(
        (
            method.upper(),
            _path(url, service),
            _query(url),
            *(f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed)),
            "",
            ";".join(sorted(signed)),
            digest,
        )
    )
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join((_ALGORITHM, stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()))
    key = _key(keys.secret, stamp[:8], region, service)
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=64)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _host(url: str) -> str:
    """The ``Host`` header that HTTP clients send: without the default port of the scheme."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return host if parts.port in (None, _PORTS.get(parts.scheme)) else f"{host}:{parts.port}"


def _path(url: str, service: str) -> str:
    """The path as sent, without dot segments and empty ones, encoded once more; S3 takes it as it is."""
    path = urlsplit(url).path or "/"
    if service == "s3":
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    end = "/" if path.endswith("/") and kept else ""
    return quote("/" + "/".join(kept) + end, safe="/~")


def _query(url: str) -> str:
    """The parameters, each encoded as RFC 3986 wants it, ordered by name and value."""
    pairs = [pair.partition("=") for pair in urlsplit(url).query.split("&") if pair]
    return "&".join("=".join(pair) for pair in sorted((_encoded(name), _encoded(value)) for name, _, value in pairs))


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_PLAIN)
