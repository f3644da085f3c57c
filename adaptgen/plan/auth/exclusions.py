"""What looks like a login and is none: who signs up gets a token too, a key that is kept is made like one, and the
token endpoint of OAuth 2.0 may want a code that only a browser brings.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from adaptgen.plan.auth.field_roles import LoginInput
from adaptgen.plan.document.reader import Operation
from adaptgen.syntax.identifiers import singular, vocabulary, words
from adaptgen.syntax.lazy_regex import lazy

GRANTS = frozenset(
    {
        "authorization_code",
        "client_credentials",
        "password",
        "refresh_token",
        "device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:device_code",
    }
)
"""The grants of RFC 6749 (4.1 to 4.4 and 6), RFC 7523 and RFC 8628."""

_MAKES = vocabulary("create creates add adds register registers invite invites onboard onboards provision provisions")
_PEOPLE = vocabulary(
    "user account customer consumer member guest subuser subaccount client merchant tenant employee administrator "
    "organization company contact profile person player seller partner"
)
_LEAVES = vocabulary("for with of by in on at from to using via and or if as when which that given the")
_KEPT = vocabulary("token key apikey authorization secret credential")
_CHECKS = vocabulary("check checks validate validates verify verifies test tests")
_CODE = lazy(r"\bauthori[sz]ation[ _]code\b", re.IGNORECASE)
_OTHERWISE = lazy(r"\bclient[ _]credentials?\b|\bgrant_type\W{0,5}password\b|\bpassword grant\b", re.IGNORECASE)


def makes_account(operation: Operation) -> bool:
    """Whether the operation makes somebody or something that may log in afterwards: "Create a new managed account",
    not "Create an account token"."""
    phrases = [re.split(r"[(,.;:\n]", one[:200].strip())[0] for one in (operation.summary, operation.description)]
    return any(_makes(words(one)) for one in (*phrases, operation.id or ""))


def _makes(said: Sequence[str]) -> bool:
    if not said or said[0] not in _MAKES:
        return False
    object: list[str] = []
    for word in said[1:]:
        if word in _LEAVES - {"the"} or (word == "the" and object):
            break
        object.append(word)
    return bool(object) and singular(object[-1]) in _PEOPLE


def keeps_tokens(operation: Operation, operations: Sequence[Operation]) -> bool:
    """Whether what the operation makes is a record that stays, one of a collection of tokens or keys: the collection
    is listed, and each of its members is read, changed or deleted by its id."""
    path = operation.path.rstrip("/")
    last = words(path.rpartition("/")[2])
    if not last or singular(last[-1]) not in _KEPT:
        return False
    listed = any(one.method == "GET" and one.path.rstrip("/") == path for one in operations)
    member = re.compile(rf"{re.escape(path)}/\{{[^/]+\}}/?")
    return listed and any(
        one.method in {"GET", "PUT", "PATCH", "DELETE"} and member.fullmatch(one.path) for one in operations
    )


def only_checks(operation: Operation) -> bool:
    """Whether the operation says of itself that it checks credentials."""
    return any(word in _CHECKS for word in words(operation.summary)[:1])


def grants_of(given: Sequence[LoginInput]) -> set[str]:
    """The grants that a token endpoint takes: those that it lists, else the standard ones that its description names;
    empty where nothing says so."""
    grants = [one for one in given if one.role == "grant"]
    listed = {str(value) for one in grants for value in one.enum or ()}
    return listed or {name for one in grants for name in GRANTS if re.search(rf"\b{name}\b", one.description)}


def wants_code(operation: Operation, given: Sequence[LoginInput]) -> bool:
    """Whether the endpoint exchanges the code of a redirect (RFC 6749, 4.1.3) and nothing else is said of it."""
    if any(one.role == "password" for one in given):
        return False
    grants = grants_of(given)
    if grants & GRANTS:
        return not grants & {"client_credentials", "password"}
    text = f"{operation.summary}\n{operation.description}"
    text += "".join(f"\n{one.description}" for one in given)
    return bool(_CODE.search(text)) and not _OTHERWISE.search(text)
