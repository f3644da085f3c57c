"""Who calls. Without governance there is one caller, ``local``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from adaptgen.model.tables import Json


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated agent or user: ``sub`` as in RFC 7519, the tenant and the groups it belongs to.

    ``claims`` are the verified claims that the settings allow to travel on. ``token`` is the access token that the
    caller came with, kept for token exchange (RFC 8693) alone: it is never sent on, shown or logged. ``searched`` is of
    one call: the arguments that search personal data which agents see as tokens, and whether they hold clear text;
    ``tokens`` is the form of the tokens that personal data in the answer becomes.
    """

    sub: str
    tenant: str = ""
    groups: tuple[str, ...] = ()
    claims: Mapping[str, Json] = field(default_factory=dict, compare=False, repr=False)
    token: str = field(default="", compare=False, repr=False)
    searched: Mapping[str, bool] = field(default_factory=dict, compare=False, repr=False)
    tokens: Literal["sealed", "padded", "short"] = field(default="sealed", compare=False, repr=False)

    @property
    def key(self) -> str:
        """Tenant and sub in one text: never the same for two different pairs, whatever their letters."""
        return f"{len(self.tenant)}:{self.tenant}/{self.sub}"


LOCAL = Caller("local")
