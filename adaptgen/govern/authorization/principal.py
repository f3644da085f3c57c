"""A caller as Cedar's principal: its identifier, its groups and its attributes.

Identifiers: ``Caller::"acme/ann"`` and ``Group::"acme/sales"`` with a tenant, ``Caller::"ann"`` and ``Group::"sales"``
without one, so that groups of one name in two tenants never meet. A policy for a group of every tenant asks
``principal.groups.contains("sales")``. To keep two callers from sharing an identifier, a ``/`` in the tenant is
written ``%2F`` (and ``%`` as ``%25``), and a name with a ``/`` that has no tenant starts with one more: ``//sales``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adaptgen.cedar_schema import CALLER, GROUP, RESERVED
from adaptgen.model.tables import Caller, Json


def identifier(tenant: str, name: str) -> str:
    """The identifier of a caller or a group: never the same for two different pairs."""
    if not tenant:
        return f"/{name}" if "/" in name else name
    return f"{tenant.replace('%', '%25').replace('/', '%2F')}/{name}"


def parts(identifier: str) -> tuple[str, str]:
    """The tenant and the name that an identifier stands for."""
    tenant, slash, name = identifier.partition("/")
    return (tenant.replace("%2F", "/").replace("%25", "%"), name) if slash else ("", identifier)


def uid(caller: Caller) -> dict[str, str]:
    return {"type": CALLER, "id": identifier(caller.tenant, caller.sub)}


def entities(caller: Caller, claims: Iterable[str]) -> list[dict[str, Json]]:
    """The caller and its groups as Cedar's JSON entities. ``claims``: the names that the schema declares."""
    parents = [{"type": GROUP, "id": identifier(caller.tenant, group)} for group in dict.fromkeys(caller.groups)]
    kept = {name: caller.claims[name] for name in claims if name in caller.claims and name not in RESERVED}
    attributes = {
        "sub": caller.sub,
        "tenant": caller.tenant,
        "groups": list(caller.groups),
        "claims": {name: text for name, value in kept.items() if (text := _text(value)) is not None},
        "lists": {name: texts for name, value in kept.items() if (texts := _texts(value)) is not None},
    }
    return [
        {"uid": uid(caller), "attrs": attributes, "parents": parents},
        *({"uid": parent, "attrs": {}, "parents": []} for parent in parents),
    ]


def _text(value: Json) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return value if isinstance(value, str) else None


def _texts(value: Json) -> list[str] | None:
    """The members of a list claim; None where one is an object or a list: half of a list could permit too much."""
    if isinstance(value, (list, tuple)):
        found = [_text(one) for one in value if one is not None]
        texts = [one for one in found if one is not None]
        return texts if len(texts) == len(found) else None
    text = _text(value)
    return None if isinstance(value, Mapping) or text is None else [text]
