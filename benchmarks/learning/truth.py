"""What a reader can conclude about a mock API: the expected conclusion of each behaviour, or why none can be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from learning.behaviour import Api, Listing
from learning.labels import customary
from learning.records import PERSONAL, SMALL

CUSTOMARY_KEYS = frozenset(
    {
        "authorization",
        "x-api-key",
        "apikey",
        "api_key",
        "api-key",
        "x-auth-token",
        "token",
        "x-access-token",
        "x-session-token",
        "key",
        "access_token",
        "sid",
        "auth_token",
    }
)
"""Names under which one may try a credential that the document does not place."""


@dataclass(frozen=True)
class Truth:
    """One expected conclusion. ``kind``: what it is about. ``hidden``: why no reader could know it, else empty."""

    subject: str
    kind: str
    value: Any
    hidden: str = ""


def truths(api: Api) -> list[Truth]:
    """Everything that is to be found out about an API."""
    found = [*login_truths(api)]
    closed = found[0].hidden if found else ""
    for one in api.lists:
        found += list_truths(api, one, closed)
    return found


def login_truths(api: Api) -> list[Truth]:
    """How one gets in, and what a refused session looks like."""
    login, said = api.login, api.declared
    if login.kind == "none":
        return []
    if not any(True for one in api.lists if not one.parent):
        return [Truth("auth", "login", login.sent, "there is nothing to read")]
    name = login.sent.removeprefix("header ").removeprefix("query ").removeprefix("cookie:").partition(":")[0]
    template = login.sent.partition(": ")[2] if login.sent.startswith("header") else "{token}"
    usual = name.lower() in CUSTOMARY_KEYS and template in (
        "{token}", "Bearer {token}", "Token {token}", "Basic {token}",
    )  # fmt: skip
    own_cookie = login.token.startswith("cookie:")
    hidden = "" if said.security == "right" or usual or own_cookie else "nobody could guess where the token goes"
    if login.kind == "key" and login.sent.startswith("cookie:") and said.security != "right":
        hidden = "nobody could guess that a key is a cookie"
    if said.security == "right" and template not in ("{token}", "Bearer {token}", "Token {token}", "Basic {token}"):
        hidden = "nobody could guess the scheme"
    found = [Truth("auth", "login", login.sent, hidden)]
    if login.refused != "401":
        found.append(Truth("auth", "refused", login.refused, hidden))
    return found


def list_truths(api: Api, one: Listing, closed: str) -> list[Truth]:
    """What is to be found out about one list."""
    hidden = closed or unreachable(api, one)
    counts = counts_of(api, one)
    fewest = min(counts, default=0)
    found = []
    empty = hidden or ("it has no records" if fewest == 0 else "")
    found.append(Truth(one.operation, "items", one.items, empty))
    style = hidden or hidden_style(api, one, fewest)
    found.append(Truth(one.operation, "style", one.paging.styles, style))
    paged = one.paging.mechanics != "none"
    if paged and one.paging.mechanics == "page":
        found.append(Truth(one.operation, "first", one.paging.first, style or hidden_first(one)))
    if paged and one.paging.size:
        found.append(Truth(one.operation, "size", one.paging.size, style or hidden_size(one, fewest)))
    if paged and one.paging.maximum is not None:
        above = "" if fewest > one.paging.maximum or one.paging.above == "refused" else "too few records"
        found.append(Truth(one.operation, "maximum", one.paging.maximum, style or hidden_size(one, fewest) or above))
    if one.total and paged:
        few = "" if fewest > one.paging.default or one.paging.above != "ignored" else "it fits on one page"
        found.append(Truth(one.operation, "total", one.total, hidden or style or few))
    if not one.parent:
        found.append(
            Truth(one.operation, "identity", one.identity, hidden or ("" if fewest > 1 else "too few records"))
        )
        found += field_truths(one, hidden, fewest)
        found += reference_truths(api, one, hidden, fewest)
    return found


def unreachable(api: Api, one: Listing) -> str:
    """Why a list cannot be read."""
    if one.parent and not api.listing(one.parent).records:
        return "there is no parent"
    return ""


def counts_of(api: Api, one: Listing) -> list[int]:
    """The records that a reader may find in a list: of a child list, below each parent of the first page."""
    if not one.parent:
        return [len(one.records)]
    above = api.listing(one.parent)
    return [len(one.below(record[above.identity])) for record in above.records[: above.paging.default]]


def declared_names(one: Listing) -> set[str]:
    """The true names of paging that the document declares, or that anyone would try."""
    paging, said = one.paging, one.declared.paging
    named = {"right": {paging.position, paging.size}, "partly": {paging.size} if paging.size else {paging.position}}
    found = set(named.get(said, set()))
    if (paging.position, paging.size) in customary(paging.mechanics):
        found |= {paging.position, paging.size}
    return found


def hidden_style(api: Api, one: Listing, fewest: int) -> str:
    """Why nobody can know how a list pages."""
    paging = one.paging
    if fewest < 2:
        return "no records" if fewest == 0 else "one record"
    if paging.mechanics == "none":
        return ""
    names = declared_names(one)
    shrinks = paging.size in names and paging.size and paging.above != "ignored"
    if fewest <= paging.default and not shrinks:
        return "it fits on one page"
    if paging.announce in ("url", "link", "header"):
        return ""
    if paging.position not in names:
        return "nobody could guess the parameter"
    return ""


def hidden_first(one: Listing) -> str:
    """Why nobody can know the number of the first page."""
    return "" if one.paging.position in declared_names(one) else "nobody could guess the parameter"


def hidden_size(one: Listing, fewest: int) -> str:
    """Why nobody can know the parameter of the size."""
    if one.paging.size not in declared_names(one):
        return "nobody could guess the parameter"
    return "too few records" if fewest < 2 else ""


def field_truths(one: Listing, hidden: str, fewest: int) -> list[Truth]:
    """The members that hold personal data."""
    few = hidden or ("" if fewest >= 3 else "too few records")
    return [
        Truth(one.operation, f"personal {member.kind}", member.name, few)
        for member in one.fields
        if member.kind in PERSONAL
    ]


def reference_truths(api: Api, one: Listing, hidden: str, fewest: int) -> list[Truth]:
    """The arguments that point to a small list of names."""
    found = []
    for member in one.fields:
        if member.kind == "ref" and member.of in SMALL and member.name in one.filters:
            few = "too few records" if fewest < 2 or len(api.listing(member.of).records) < 2 else ""
            found.append(Truth(one.operation, "reference", (member.name, api.listing(member.of).path), hidden or few))
    return found
