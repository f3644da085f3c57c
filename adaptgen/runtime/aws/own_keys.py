"""The AWS keys of this process, from wherever AWS puts them: the environment (Lambda), a web identity (EKS, CI), the
container (ECS, EKS Pod Identity, SnapStart), or the instance (EC2, IMDSv2).

In the order of AWS's SDKs ("Standardized credential providers", AWS SDKs and Tools Reference Guide). Profiles, SSO and
processes, which configuration files of people name, are left to boto3 where it is installed. Keys that end are
renewed some minutes before, once for everyone who waits; where that fails, they are used until they end.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import httpx

from adaptgen.net.addresses import split_url
from adaptgen.runtime.aws.endpoints import configured_endpoint, find_region, own_endpoint
from adaptgen.runtime.aws.errors import AwsError, clean_code, tag_texts
from adaptgen.runtime.aws.sigv4 import AwsKeys
from adaptgen.runtime.core.caches import SingleFlight
from adaptgen.runtime.core.connections import context_of

_log = logging.getLogger("adaptgen.runtime")

_EARLY: Final = 600.0
"""Seconds before their end at which keys are renewed: AWS puts new ones there at least five minutes before."""
_LEAST: Final = 30.0
_PAUSE: Final = 30.0
"""Seconds after a renewal that failed, before the next one."""
_MAX_BYTES: Final = 65_536
_STS: Final = "STS"
_CONTAINER: Final = "http://169.254.170.2"
_AGENTS: Final = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23", "localhost"})
"""Hosts that may be asked without TLS, besides loopback addresses: those of ECS and EKS."""
_INSTANCE: Final = {"ipv4": "http://169.254.169.254", "ipv6": "http://[fd00:ec2::254]"}
_ROLE: Final = "/latest/meta-data/iam/security-credentials/"
_NEVER: Final = float("inf")


class OwnKeys:
    """The keys of the process whose environment is ``environ``. ``clock``: seconds since the epoch; ``transport``
    replaces the network."""

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        *,
        clock: Callable[[], float] = time.time,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._environ = environ
        self._clock = clock
        self._transport = transport
        self._found: tuple[AwsKeys, float] | None = None
        self._source: object = None
        self._retry_at = 0.0
        self._flight: SingleFlight[str, AwsKeys] = SingleFlight()

    def __repr__(self) -> str:
        return "OwnKeys()"

    async def get(self) -> AwsKeys:
        """Keys that are good for half a minute at least.

        Raises:
            AwsError: they cannot be found, or their source does not answer.
        """
        given = self._given()
        if given is not None:
            return given
        if self._found is not None:
            keys, ends = self._found
            now = self._clock()
            if now < ends - _EARLY or (now < self._retry_at and now < ends - _LEAST):
                return keys
        return await self._flight.run("", self._renew)

    def forget(self) -> None:
        """Find them anew: they were refused, or the process goes on elsewhere."""
        self._found = None
        self._retry_at = 0.0

    def _given(self) -> AwsKeys | None:
        access, secret = self._environ.get("AWS_ACCESS_KEY_ID", ""), self._environ.get("AWS_SECRET_ACCESS_KEY", "")
        if not access or not secret:
            return None
        token = self._environ.get("AWS_SESSION_TOKEN") or self._environ.get("AWS_SECURITY_TOKEN") or ""
        return AwsKeys(access, secret, token)

    async def _renew(self) -> AwsKeys:
        try:
            self._found = await self._find()
        except AwsError as problem:
            if self._found is None or self._clock() >= self._found[1] - _LEAST:
                raise
            self._retry_at = self._clock() + _PAUSE
            _log.warning("the AWS keys of this process could not be renewed: %s", problem)
        return self._found[0]

    async def _find(self) -> tuple[AwsKeys, float]:
        environ = self._environ
        if environ.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environ.get("AWS_ROLE_ARN"):
            return await self._of_web_identity()
        if (profiled := await self._of_profile()) is not None:
            return profiled
        if environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") or environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"):
            return await self._of_container()
        return await self._of_instance()

    # ------------------------------------------------------------------------------------------------- web identity

    async def _of_web_identity(self) -> tuple[AwsKeys, float]:
        environ = self._environ
        name = environ.get("AWS_ROLE_SESSION_NAME") or f"adaptgen-{int(self._clock())}"
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": environ["AWS_ROLE_ARN"],
            "RoleSessionName": name,
            "WebIdentityToken": _content(environ["AWS_WEB_IDENTITY_TOKEN_FILE"], "the web identity token"),
        }
        address = configured_endpoint("sts", environ) or own_endpoint("sts", find_region(environ), environ)
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "Accept": "text/xml"}
        text = await self._ask(_STS, "POST", f"{address}/", headers, urlencode(form).encode(), 5.0)
        return keys_of_xml(text)

    # ---------------------------------------------------------------------------------------------------- container

    async def _of_container(self) -> tuple[AwsKeys, float]:
        environ = self._environ
        if relative := environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", ""):
            url = f"{_CONTAINER}{relative}" if relative.startswith("/") else ""
        else:
            url = environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
        if not _may_have_token(url):
            raise AwsError("the address of the container's AWS keys is neither https nor of this machine")
        token = environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
        if file := environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", ""):
            token = _content(file, "the token of the container")
        if "\r" in token or "\n" in token:
            raise AwsError("the token of the container is not one line")
        headers = {"Accept": "application/json", **({"Authorization": token} if token else {})}
        return _keys_of_json(await self._ask("the container's endpoint", "GET", url, headers, b"", 2.0, tries=3))

    # ----------------------------------------------------------------------------------------------------- instance

    async def _of_instance(self) -> tuple[AwsKeys, float]:
        environ = self._environ
        if environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
            raise AwsError("this process has no AWS keys")
        mode = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "").lower()
        address = environ.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _INSTANCE.get(mode, _INSTANCE["ipv4"])
        address = address.rstrip("/")
        seconds = _positive(environ.get("AWS_METADATA_SERVICE_TIMEOUT", ""), 1.0)
        tries = int(_positive(environ.get("AWS_METADATA_SERVICE_NUM_ATTEMPTS", ""), 1.0))
        try:
            headers = {"X-aws-ec2-metadata-token-ttl-seconds": "21600"}
            token = await self._ask(
                "the instance", "PUT", f"{address}/latest/api/token", headers, b"", seconds, tries=tries
            )
            headers = {"X-aws-ec2-metadata-token": token.strip()}
            role = await self._ask("the instance", "GET", address + _ROLE, headers, b"", seconds, tries=tries)
            name = role.strip().partition("\n")[0].strip()
            url = f"{address}{_ROLE}{name}"
            found = await self._ask("the instance", "GET", url, headers, b"", seconds, tries=tries)
        except (AwsError, ValueError):
            raise AwsError("this process has no AWS keys") from None
        return _keys_of_json(found)

    # --------------------------------------------------------------------------------------------------- configuration

    async def _of_profile(self) -> tuple[AwsKeys, float] | None:
        environ = self._environ
        named = bool(environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE"))
        if not named and not _has_files(environ):
            return None
        try:
            return await asyncio.to_thread(self._by_boto3)
        except ImportError:
            if named:
                help = 'a profile of AWS needs boto3, which is not installed: pip install "adaptgen[aws]"'
                raise AwsError(help) from None
            return None

    def _by_boto3(self) -> tuple[AwsKeys, float] | None:
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.session import get_session

        try:
            if self._source is None:
                self._source = get_session().get_credentials()
            source: Any = self._source
            frozen = source.get_frozen_credentials() if source is not None else None
        except (BotoCoreError, ClientError) as problem:  # a role of a profile may be refused; the text names it
            raise AwsError(f"the keys of this process cannot be read: {type(problem).__name__}") from None
        if frozen is None or not frozen.access_key or not frozen.secret_key:
            return None
        # boto3 renews them by itself, minutes ahead: it is asked again each minute.
        return AwsKeys(frozen.access_key, frozen.secret_key, frozen.token or ""), self._clock() + _EARLY + 60.0

    async def _ask(
        self,
        whom: str,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        seconds: float,
        *,
        tries: int = 2,
    ) -> str:
        """The text of an answer. Only requests to STS go through a proxy of the environment."""
        trust = whom == _STS
        verify = context_of(self._environ.get("AWS_CA_BUNDLE", "")) if url.startswith("https:") else False
        status = "no connection"
        for attempt in range(max(1, tries)):
            if attempt:
                await asyncio.sleep(0.1 * attempt)
            try:
                async with httpx.AsyncClient(
                    timeout=seconds, trust_env=trust, verify=verify, transport=self._transport, follow_redirects=False
                ) as client:
                    answer = await client.request(method, url, headers=dict(headers), content=body)
            except (httpx.HTTPError, httpx.InvalidURL):
                continue
            if answer.status_code == 200 and len(answer.content) <= _MAX_BYTES:
                return answer.text
            status = clean_code(tag_texts(answer.text, "Code").get("Code")) or f"status {answer.status_code}"
            if answer.status_code < 500:
                break
        raise AwsError(f"{whom} does not return the AWS keys of this process ({status})")


def keys_of_xml(text: str) -> tuple[AwsKeys, float]:
    """The keys in an answer of STS, and when they end.

    Raises:
        AwsError: it has none.
    """
    found = tag_texts(text, "AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")
    try:
        keys = AwsKeys(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
        return keys, _moment(found["Expiration"])
    except (KeyError, ValueError):
        raise AwsError("STS returns no keys that can be read") from None


def _keys_of_json(text: str) -> tuple[AwsKeys, float]:
    try:
        found = json.loads(text)
        ends = _moment(found["Expiration"]) if found.get("Expiration") else _NEVER
        return AwsKeys(found["AccessKeyId"], found["SecretAccessKey"], found.get("Token") or ""), ends
    except (ValueError, KeyError, TypeError, AttributeError):
        raise AwsError("the AWS keys of this process cannot be read") from None


def _moment(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _content(path: str, what: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, ValueError):
        raise AwsError(f"{what} cannot be read") from None


def _has_files(environ: Mapping[str, str]) -> bool:
    """Whether there are configuration files of AWS."""
    files = (
        environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials",
        environ.get("AWS_CONFIG_FILE") or "~/.aws/config",
    )
    return any(Path(one).expanduser().is_file() for one in files)


def _may_have_token(url: str) -> bool:
    """Whether the token of the container may be sent there: with TLS anywhere, else on this machine alone."""
    try:
        parts = split_url(url)
        host = parts.hostname or ""
        if parts.scheme == "https" and host:
            return True
        return parts.scheme == "http" and (host in _AGENTS or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def _positive(text: str, usual: float) -> float:
    try:
        return max(float(text), 0.1) if text else usual
    except ValueError:
        return usual
