"""What policies say of the calls of one caller, whatever the arguments: which permit a tool, which forbid it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from adaptgen.diagnostics import Where
from adaptgen.govern.authorization.authorizer import NO_POLICY
from adaptgen.govern.authorization.permit_terms import NONE, Terms
from adaptgen.govern.authorization.policies import DEFAULT_READ
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json

Applies: TypeAlias = Literal["always", "sometimes", "never"]
"""To every call of the caller; to some, by their arguments; to none."""
Call: TypeAlias = Literal["permitted", "depends", "refused"]


@value()
class PolicyEffect:
    """One policy whose scope takes a tool in. ``id``: its ``@id``, else ``<file>#<number>``; ``terms``: what it asks of
    the calls that it permits."""

    id: str
    effect: Literal["permit", "forbid"]
    where: Where
    applies: Applies
    terms: Terms = NONE

    @property
    def built_in(self) -> bool:
        """Whether no file holds it."""
        return self.id == DEFAULT_READ

    def __str__(self) -> str:
        asked = f", {self.terms}" if self.terms != NONE else ""
        return self.id if self.built_in else f"{self.id} ({self.where.file}:{self.where.line}{asked})"

    def to_json(self) -> dict[str, Json]:
        """``where`` is null for the built-in policy."""
        where = None if self.built_in else str(self.where)
        said = {"id": self.id, "effect": self.effect, "applies": self.applies, "where": where}
        asked = {"approval": self.terms.approval, "once": self.terms.once}
        return {**said, **{name: seconds for name, seconds in asked.items() if seconds is not None}}


def judge(effects: Sequence[PolicyEffect]) -> tuple[Call, tuple[PolicyEffect, ...]]:
    """Whether the caller may call the tool, and the policies that decide: a forbid wins over every permit, and what
    nothing permits is refused."""
    permits = [one for one in effects if one.effect == "permit" and one.applies != "never"]
    forbids = [one for one in effects if one.effect == "forbid" and one.applies != "never"]
    certain = tuple(one for one in forbids if one.applies == "always")
    if certain or not permits:
        return "refused", certain
    always = tuple(one for one in permits if one.applies == "always")
    if always and not forbids:
        return "permitted", always
    return "depends", (*(always or permits), *forbids)


def reason(call: Call, deciding: Sequence[PolicyEffect]) -> str:
    """The decision of :func:`judge` in words."""
    if not deciding:
        return NO_POLICY
    said = []
    for effect, verb in (("permit", "permitted by"), ("forbid", "forbidden by")):
        for applies, more in (("always", ""), ("sometimes", ", for some arguments")):
            found = [str(one) for one in deciding if (one.effect, one.applies) == (effect, applies)]
            if found:
                said.append(f"{verb} {', '.join(found)}{more}")
    return "; ".join(said)
