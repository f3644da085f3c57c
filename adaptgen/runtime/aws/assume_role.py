"""The AWS keys that requests are signed with: this process's own, or those of a role, assumed once and kept.

A role is assumed with *session tags* (STS, AssumeRole), so that a policy at the API can refer to the caller
(``aws:PrincipalTag/tenant``). Each combination of role, session and tags has keys of its own; nothing of one caller is
ever used for another.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urlencode

from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Json
from adaptgen.runtime.aws.errors import AwsError
from adaptgen.runtime.aws.sigv4 import AwsKeys
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.core.caches import ExpiringCache

_DURATION: Final = 900
"""Seconds of an assumed role: the least that STS allows, for it outlives what the caller may do by so much."""
_MARGIN: Final = 60.0
_TAG_VALUE: Final = lazy(r"[\w\s.:/=+\-@]{0,256}")
_NAME: Final = lazy(r"[^\w+=,.@-]", re.ASCII)

_Key: TypeAlias = tuple[str, str, str, tuple[tuple[str, str], ...]]


class Roles:
    """Keys by role, session name and tags; at most ``most`` are kept, the least recently used go first."""

    def __init__(self, *, most: int = 1000, endpoint: str = "", clock: Callable[[], float] = time.time) -> None:
        self._endpoint = endpoint
        self._clock = clock
        self._kept: ExpiringCache[_Key, AwsKeys] = ExpiringCache(most, clock=clock)

    def __repr__(self) -> str:
        return f"Roles({len(self._kept)})"

    async def keys(
        self, role: str = "", session: str = "adaptgen", tags: Mapping[str, str] | None = None, region: str = ""
    ) -> AwsKeys:
        """Keys that are good for a minute at least. ``role`` is its ARN, "" for the process's own keys.

        Raises:
            ToolError: AWS refuses; the text has its code, never a tag.
        """
        if not role:
            from adaptgen.runtime.aws.api import OWN_KEYS

            try:
                return await OWN_KEYS.get()
            except AwsError as problem:
                raise ToolError(f"The server cannot sign for AWS: {problem}. Nothing was sent.") from None
        key: _Key = (role, region, session_name(session), tuple(sorted((tags or {}).items())))
        return await self._kept.get(key, lambda: self._get(key))

    async def _get(self, key: _Key) -> tuple[AwsKeys, float]:
        role, region, session, tags = key
        try:
            keys, ends = await self._assume(role, region, session, tags)
        except AwsError as problem:
            raise ToolError(f"The server cannot sign for AWS: {problem}. Nothing was sent.") from None
        return keys, ends - _MARGIN

    async def _assume(
        self, role: str, region: str, session: str, tags: tuple[tuple[str, str], ...]
    ) -> tuple[AwsKeys, float]:
        from adaptgen.runtime.aws.api import AwsApi
        from adaptgen.runtime.aws.own_keys import keys_of_xml

        form = {
            "Action": "AssumeRole",
            "Version": "2011-06-15",
            "RoleArn": role,
            "RoleSessionName": session,
            "DurationSeconds": str(_DURATION),
        }
        for number, (name, text) in enumerate(tags, 1):
            form |= {f"Tags.member.{number}.Key": name, f"Tags.member.{number}.Value": text}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        # Once in a quarter of an hour for each caller: no connection is kept for it.
        sts = AwsApi("sts", region, self._endpoint, timeout=5.0)
        try:
            answer = await sts.send("POST", "/", headers=headers, body=urlencode(form).encode(), name="AssumeRole")
        finally:
            await sts.aclose()
        return keys_of_xml(answer.body.decode("utf-8", "replace"))


def session_name(sub: str) -> str:
    """A RoleSessionName (2 to 64 characters) that differs between callers, even where it must be shortened."""
    plain = _NAME.sub("-", sub)
    if plain == sub and 2 <= len(sub) <= 64:
        return sub
    return f"{plain[:47]}-{hashlib.sha256(sub.encode(errors='surrogatepass')).hexdigest()[:16]}"


def session_tags(tags: Mapping[str, str], claim: Callable[[str], Json]) -> dict[str, str]:
    """The session tags: ``tags`` maps their names to claims, ``claim`` returns the value of one (None: it is missing).

    Raises:
        ToolError: a claim is missing, or STS takes no such value. A tag is never left out: the policy at the API might
            then apply to another person.
    """
    found: dict[str, str] = {}
    for name, source in tags.items():
        value = claim(source)
        text = value if isinstance(value, str) else ""
        if isinstance(value, int) and not isinstance(value, bool):
            text = str(value)
        if not text or not _TAG_VALUE.fullmatch(text):
            wrong = "is missing" if value in (None, "") else "cannot be a session tag"
            raise ToolError(f"The claim {source!r} of the caller {wrong}. Nothing was sent.")
        found[name] = text
    return found
