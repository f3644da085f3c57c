"""Who calls. Without governance there is one caller, ``local``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated agent or user: ``sub`` as in RFC 7519, and the tenant it belongs to."""

    sub: str
    tenant: str = ""


LOCAL = Caller("local")
