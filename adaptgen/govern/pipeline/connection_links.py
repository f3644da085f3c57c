"""The link at which the caller of a tool connects its own account at the API, and who may use it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from adaptgen.mcp.json_text import as_object
from adaptgen.mcp.protocol import META_CONNECTION, ToolInfo
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Caller, Json
from adaptgen.net.addresses import base_url
from adaptgen.runtime.core.answer import ENDED, REFUSED
from adaptgen.runtime.core.caches import IdentityCache, LruCache
from adaptgen.runtime.core.seals import Seals

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.factory import Components

LASTS: Final = 600.0
"""Seconds for which a link is good."""
LOOK_FIRST: Final = "Do not repeat the call: check first what was done."
PATH: Final = "/connections"
AUTH_NAME: Final = lazy(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
"""Names of logins: those of security schemes (OpenAPI, Components Object)."""
_PURPOSE: Final = "connection link"
_SAME: Final = LASTS / 2
"""Seconds for which a call that is repeated gets the same link: a person is not asked to open many."""
_Made = LruCache[tuple[str, str, str, str], tuple[float, str]]
_MADE: Final[IdentityCache[Seals, _Made]] = IdentityCache(8, lambda _: LruCache(10_000))


@value()
class MissingAccount:
    """What a call lacks: an account of the caller for the login ``auth``; ``title`` is the API's name, and ``lost``
    what became of an earlier account."""

    auth: str
    title: str
    lost: str = ""

    @property
    def text(self) -> str:
        """What the person is asked."""
        if self.lost == REFUSED:
            return f"{self.title} did not accept your key. Enter another one to use this tool."
        if self.lost == ENDED:
            return f"Your connection with {self.title} has ended. Connect your account again to use this tool."
        return f"Connect your own account at {self.title} to use this tool."


@value()
class Ticket:
    """Who may connect which account with a link."""

    tenant: str
    sub: str
    server: str
    auth: str

    def belongs_to(self, caller: Caller) -> bool:
        """Whether ``caller`` is the one whose call lacked the account."""
        return (caller.tenant, caller.sub) == (self.tenant, self.sub)


def missing_account(tool: ToolInfo, result: Mapping[str, Json]) -> MissingAccount | None:
    """What the server of ``tool`` says its call lacks; what others say is not trusted."""
    said = as_object(as_object(result.get("_meta")).get(META_CONNECTION)) if tool.trusted else {}
    auth, title, lost = said.get("auth"), said.get("title"), said.get("lost")
    if not isinstance(auth, str) or not AUTH_NAME.fullmatch(auth):
        return None
    shown = " ".join(title.split()) if isinstance(title, str) else ""
    shown = "".join(one if one.isprintable() else "?" for one in shown)[:80]
    return MissingAccount(auth, shown or tool.server, lost if isinstance(lost, str) else "")


def link_for(parts: Components, caller: Caller, tool: ToolInfo, missing: MissingAccount) -> str | None:
    """The URL of the page where ``caller`` connects the account; None where this server has no pages."""
    settings = parts.settings
    if settings.login is None or parts.seals is None or settings.mode == "behind":
        return None
    resource = settings.listen.resource or f"http://{settings.listen.http}/mcp"
    made, whose = _MADE.get(parts.seals), (caller.tenant, caller.sub, tool.server, missing.auth)
    until, ticket = made.get(whose) or (0.0, "")
    if time.time() >= until or read_ticket(parts.seals, ticket) is None:
        ticket = make_ticket(parts.seals, caller, tool.server, missing.auth)
        made.put(whose, (time.time() + _SAME, ticket))
    return f"{base_url(resource)}{PATH}/{ticket}"


def with_advice(result: Mapping[str, Json], auth: str, *, local: bool, changed: bool = False) -> dict[str, Json]:
    """The answer of a server that has no pages, with what a person can do; ``local``: its callers are on this
    machine; ``changed``: the call may have changed something before it failed."""
    how = f"with: adaptgen connect DIR --auth {auth}" if local else "once its operators have given this server a login"
    return with_text(result, f"A person can connect one {how}. {LOOK_FIRST if changed else 'Then repeat the call.'}")


def with_text(result: Mapping[str, Json], text: str) -> dict[str, Json]:
    """``result`` with one text more."""
    content = result.get("content")
    return {**result, "content": [*(content if isinstance(content, list) else ()), {"type": "text", "text": text}]}


def make_ticket(seals: Seals, caller: Caller, server: str, auth: str) -> str:
    """The end of a link for ``caller``."""
    about: dict[str, Json] = {"tenant": caller.tenant, "sub": caller.sub, "server": server, "auth": auth}
    return seals.seal(_PURPOSE, about, LASTS)


def read_ticket(seals: Seals, text: str) -> Ticket | None:
    """What a link says; None where it was not made here, or is over."""
    found = seals.open(_PURPOSE, text)
    if found is None:
        return None
    return Ticket(str(found["tenant"]), str(found["sub"]), str(found["server"]), str(found["auth"]))
