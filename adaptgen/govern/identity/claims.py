"""From verified claims to a caller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adaptgen.govern.settings.model import Claims, Settings
from adaptgen.model.tables import Caller, Json

_SCOPES: Final = ("scope", "scp")
_LONGEST: Final = 512
"""Characters of an identifier."""


class UnusableClaim(Exception):
    """A claim that the settings need is missing or of a wrong kind. The text names the claim, not its value.

    ``about``: ``sub``, ``tenant`` or ``groups``; ``problem``: the text without the token that it is about.
    """

    def __init__(self, about: str, name: str, why: str) -> None:
        self.about = about
        self.problem = f"{why} {name!r}"
        super().__init__(f"the access token has {self.problem}")


def find(claims: Mapping[str, Any], path: str) -> Json:
    """The claim of that very name (``cognito:groups``, ``https://acme.example/org``), else by dotted path; or None."""
    if path in claims:
        found: Json = claims[path]
        return found
    here: Any = claims
    for member in path.split("."):
        if not isinstance(here, Mapping) or member not in here:
            return None
        here = here[member]
    result: Json = here
    return result


def caller(claims: Mapping[str, Any], wanted: Claims, token: str = "") -> Caller:
    """The caller that these claims are about.

    Raises:
        UnusableClaim: there is no subject, the tenant is named in the settings but missing, a value is not a string, or
            the token only says where the groups can be fetched.
    """
    sub = _identifier(claims, "sub", wanted.sub)
    tenant = _identifier(claims, "tenant", wanted.tenant) if wanted.tenant else ""
    groups = _groups(find(claims, wanted.groups), wanted.groups) if wanted.groups else ()
    if wanted.groups and _is_elsewhere(claims, wanted.groups):
        raise UnusableClaim("groups", wanted.groups, "only a reference to the claim")
    kept = {name: value for name in wanted.keep if (value := find(claims, name)) is not None}
    return Caller(sub, tenant, groups, kept, token, client=_client(claims), name=display_name(claims))


def display_name(claims: Mapping[str, Any]) -> str:
    """What people call somebody, for pages alone; "" where no claim says it (OpenID Connect Core, 5.1)."""
    found = (claims.get(name) for name in ("name", "preferred_username", "email"))
    return next((one[:_LONGEST] for one in found if isinstance(one, str) and one.strip()), "")


def _client(claims: Mapping[str, Any]) -> str:
    """Which client the token was issued to: RFC 9068, 2.2; before it ``azp``, and ``appid`` in Microsoft's tokens."""
    named = (claims.get(name) for name in ("client_id", "azp", "appid"))
    return next((one[:_LONGEST] for one in named if isinstance(one, str) and one and one.isprintable()), "")


def _is_elsewhere(claims: Mapping[str, Any], path: str) -> bool:
    """Whether a claim is an aggregated or distributed one (OpenID Connect Core, 5.6.2). Issuers do so with more groups
    than fit into a token. A caller without its groups would pass every rule that forbids something to a group."""
    names = claims.get("_claim_names")
    return isinstance(names, Mapping) and bool({path, path.partition(".")[0]} & names.keys())


def _identifier(claims: Mapping[str, Any], about: str, name: str) -> str:
    value = find(claims, name)
    if value is None or value == "":
        raise UnusableClaim(about, name, "no claim")
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise UnusableClaim(about, name, "an unusable claim")
    if name == "email" and claims.get("email_verified", True) not in (True, "true"):
        # Whoever may enter an address that nobody checks would be its owner (OpenID Connect Core, 5.1 and 5.7).
        raise UnusableClaim(about, name, "an unverified claim")
    return value


def _groups(value: Json, name: str) -> tuple[str, ...]:
    """Groups as a list of strings. One string is one group, as names of groups may contain spaces and
    commas. Only the claims that are defined as a list with spaces (RFC 8693, 4.2) are read as one.
    """
    if value is None or value == "":
        return ()
    listed: Json = value
    if isinstance(value, str):
        listed = list(value.split()) if name in _SCOPES else [value]
    if not isinstance(listed, list):
        raise UnusableClaim("groups", name, "an unusable claim")
    texts: list[str] = []
    for one in listed:
        if not isinstance(one, str) or not one or len(one) > _LONGEST or not one.isprintable():
            raise UnusableClaim("groups", name, "an unusable claim")
        texts.append(one)
    return tuple(dict.fromkeys(texts))


def scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """The scopes of a token: ``scope`` (RFC 8693, 4.2), or ``scp`` as some issuers call it; text or list."""
    found: set[str] = set()
    for name in _SCOPES:
        value = claims.get(name)
        if isinstance(value, str):
            found.update(value.split())
        elif isinstance(value, list):
            found.update(one for one in value if isinstance(one, str))
    return frozenset(found)


def identity(principal: str) -> dict[str, str]:
    """An IAM principal as claims: ``sub`` (its ARN), ``account``, and ``role`` and ``session`` or ``user``.

    The session name of an assumed role is chosen by the one who assumes it; the ARN is vouched for as a whole.

    Raises:
        UnusableClaim: not the ARN of a principal.
    """
    parts = principal.split(":", 5)
    if len(parts) != 6 or parts[0] != "arn" or parts[2] not in ("iam", "sts") or not principal.isprintable():
        raise UnusableClaim("sub", "principal", "an unusable")
    kind, _, rest = parts[5].partition("/")
    known = {"sub": principal, "account": parts[4]}
    if kind == "assumed-role":
        role, _, session = rest.partition("/")
        known |= {"role": role, "session": session}
    elif kind in ("user", "role"):
        known[kind] = rest.rpartition("/")[2]
    return known


def is_principal(principal: str, allowed: str) -> bool:
    """Whether an IAM principal is the one allowed: that ARN, or a session of that role.

    The ARN of a session leaves out the path of its role; role names are unique in an account whatever their path.
    """
    if principal == allowed:
        return bool(allowed)
    have, want = principal.split(":", 5), allowed.split(":", 5)
    if len(have) != 6 or len(want) != 6 or have[1] != want[1] or have[4] != want[4]:
        return False
    if have[2] != "sts" or want[2] != "iam" or not want[5].startswith("role/"):
        return False
    kind, _, rest = have[5].partition("/")
    return kind == "assumed-role" and rest.partition("/")[0] == want[5].rpartition("/")[2]


def login_source(settings: Settings) -> str:
    """Where the people who log in come from, and how their claims become callers. What says who somebody is counts
    under the same one only: another provider, or another claim, may call somebody else so."""
    login, rules = settings.login, settings.authenticate
    if login is None or rules is None:
        return ""
    return repr((login.issuer or rules.issuer, login.client_id, login.claims, rules.caller))


def caller_value(caller: Caller) -> dict[str, Json]:
    """A caller as JSON, without the access token, for what is sealed: codes, tokens, cookies, requests for approval."""
    return {
        "sub": caller.sub,
        "tenant": caller.tenant,
        "groups": list(caller.groups),
        "claims": dict(caller.claims),
        **({"name": caller.name} if caller.name else {}),
    }


def caller_of(about: Mapping[str, Any], token: str = "") -> Caller:
    """The caller of :func:`caller_value`."""
    name = about.get("name", "")
    return Caller(about["sub"], about["tenant"], tuple(about["groups"]), about["claims"], token, name=name)
