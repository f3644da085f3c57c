"""Callers as JSON and back, for what is sealed: codes, tokens, cookies, requests for approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adaptgen.model.tables import Caller, Json


def caller_value(caller: Caller) -> dict[str, Json]:
    """A caller as JSON, without the access token."""
    return {
        "sub": caller.sub,
        "tenant": caller.tenant,
        "groups": list(caller.groups),
        "claims": dict(caller.claims),
    }


def caller_of(about: Mapping[str, Any], token: str = "") -> Caller:
    """The caller of :func:`caller_value`."""
    return Caller(about["sub"], about["tenant"], tuple(about["groups"]), about["claims"], token)
