"""Requests signed for AWS: with the keys of this process, or of a role that is assumed in the caller's name."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from adaptgen.model.tables import Caller, Json, SigV4
from adaptgen.runtime.aws import sigv4
from adaptgen.runtime.aws.assume_role import session_tags
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.request import Request
from adaptgen.syntax.templates import fill, references

if TYPE_CHECKING:
    from adaptgen.runtime.auth.shared_context import SessionContext

_AS_SENT = "%/:?#[]@!$&'()*+,;=~-._"
"""What HTTP clients leave as it is in a URL."""


class Signer:
    """Signs the requests of one session. ``about``: what templates may say of the caller (``whose.about``)."""

    def __init__(self, how: SigV4, common: SessionContext, caller: Caller, about: Mapping[str, Any]) -> None:
        self._how = how
        self._common = common
        self._name = caller.sub if about else f"adaptgen-{common.server}"
        self._about: Mapping[str, Json] = about.get("caller", {})
        self._keys: sigv4.AwsKeys | None = None

    def __repr__(self) -> str:
        return f"Signer({self._how.service!r})"

    def secrets(self) -> list[str]:
        """The secrets of the last signature; AWS repeats the session token in what it says of a wrong one."""
        keys = self._keys
        return [] if keys is None else [one for one in (keys.secret, keys.token) if one]

    async def sign(self, request: Request) -> None:
        """Add the signature. Afterwards nothing may change.

        Raises:
            ToolError: there are no keys, the region is not known, or the caller lacks a claim of the session tags.
        """
        credentials = self._common.credentials
        how = self._how
        await credentials.prepare(references([how.region, how.role]), "the signature for AWS needs")
        region = str(fill(how.region, {}, credentials.resolve)) or self._common.region
        role = str(fill(how.role, {}, credentials.resolve))
        if not region:
            raise ToolError("The region of the signature is not known; set AWS_REGION. Nothing was sent.")
        tags = session_tags(how.tags, self._about.get)
        keys = self._keys = await self._common.roles.keys(role, self._name, tags, region)
        request.url = quote(request.url, safe=_AS_SENT)
        lower = {name.lower(): name for name in request.headers}
        for name in ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"):
            if name in lower:
                del request.headers[lower[name]]
        digest = await asyncio.to_thread(request.stream.sha256) if request.stream is not None else ""
        request.headers |= sigv4.sign(
            request.method, request.url, request.headers, request.content or b"", keys,
            region=region, service=how.service, digest=digest,
        )  # fmt: skip
