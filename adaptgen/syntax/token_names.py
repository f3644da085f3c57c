"""What members, headers and cookies are called that hold the token of a session, or one against forged requests.

The planner reads declared answers with these rules, the runtime reads answers that no document describes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from adaptgen.model.frozen import lazy
from adaptgen.syntax.identifiers import vocabulary, words

FIND_TOKEN: Final = "find:token"  # noqa: S105
"""The ``save`` of a login whose answer is not described: the token is looked for, and the cookies are kept."""
FIND_CSRF: Final = "find:csrf"
"""The ``save`` of a token against forged requests (CSRF), which writes send, if there is one."""
CSRF_HEADERS: Final = ("X-CSRF-Token", "X-CSRFToken", "X-XSRF-TOKEN")
"""The headers that frameworks read it from."""

OTHER_TOKEN: Final = vocabulary(
    "refresh csrf xsrf reset device push page next previous continuation sync fcm apns registration invite invitation "
    "verification confirmation activation unsubscribe card payment captcha recaptcha upload download share request "
    "type public setup email phone password expires expiry expired expiration in at lifetime scope renewal provider "
    "mfa otp totp fa challenge firebase webhook error trace temp temporary partial pending interim intermediate pre"
)
"""Words of tokens that are not for calling the API."""

TOKEN_PARAMETERS: Final = {
    ("token",), ("auth", "token"), ("access", "token"), ("session", "token"), ("session", "id"), ("session", "key"),
    ("session",), ("jwt",), ("jwt", "token"), ("authorization",), ("api", "token"), ("user", "token"), ("ticket",),
    ("security", "token"), ("sid",), ("auth",), ("bearer", "token"), ("bearer",), ("login", "token"), ("auth", "key"),
    ("authentication", "token"), ("authorization", "token"), ("authentication",), ("auth", "ticket"), ("app", "token"),
}  # fmt: skip
"""Words of parameters and headers that take a token."""

_FIRST = (
    ("access", "token"), ("access", "jwt"), ("auth", "token"), ("session", "token"), ("bearer", "token"), ("jwt",),
    ("jwt", "token"), ("api", "token"), ("user", "token"), ("login", "token"), ("authentication", "token"),
    ("authorization", "token"), ("token",), ("access",), ("security", "token"), ("token", "value"), ("bearer",),
    ("id", "token"), ("session", "id"), ("session", "key"), ("auth", "key"), ("authorization",), ("ticket",),
    ("token", "string"), ("auth", "ticket"), ("key",), ("sid",), ("session",), ("auth",), ("api", "key"),
)  # fmt: skip
# What an object called a token or a session has it under.
_HELD = {("value",), ("id",), ("string",), ("hash",), ("text",)}
_HOLDERS = {("token",), ("session",), ("jwt",), ("ticket",)}
# "The token value used for authenticated requests", "the access token to send".
_DESCRIBED = lazy(
    r"^\W*(the |an? |your |this )?((access|auth\w*|session|bearer|api|jwt|security) token\b"
    r"(?! (type|expir|life|scope|valid|id\b|name|was|created))|token( value)? (that is |to be |to |is )?used? )",
    re.IGNORECASE,
)


def token_rank(name: str, above: Sequence[str] = (), description: str = "") -> int | None:
    """How clearly a member called ``name`` holds the session's token, 0 for best; None for not at all. ``above``: words
    of the member that holds it; ``description``: its own."""
    spoken = words(name)
    plain = spoken[1:] if len(spoken) > 1 and spoken[0] in {"x", "my"} else spoken
    if not plain or (set(plain) & OTHER_TOKEN - {"type"} and plain != ("session", "id")):
        return None
    holder = tuple(above[-1:])
    if plain == ("key",) and holder not in {("token",), ("session",), ("auth",), ()}:
        return None
    if plain in _FIRST:
        return _FIRST.index(plain)
    if plain[-1] in {"token", "jwt"}:
        return 30
    if _DESCRIBED.search(description):
        return 32
    return 34 if plain in _HELD and holder in _HOLDERS else None


def is_csrf(name: str) -> bool:
    """Whether a member, header or cookie is called a token against forged requests."""
    return "csrf" in words(name)


def takes_token(name: str) -> bool:
    """Whether a parameter is called like one that takes a token: ``X-Auth-Token``, ``Acme-UserToken``."""
    spoken = tuple(word for word in words(name) if word != "x")
    if spoken in TOKEN_PARAMETERS:
        return True
    ends = spoken[-2:] in TOKEN_PARAMETERS or spoken[-1:] in {("token",), ("jwt",)}
    return len(spoken) > 2 and ends and not set(spoken) & OTHER_TOKEN
