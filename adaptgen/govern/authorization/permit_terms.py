"""What a permit asks of the calls that it allows: ``@approval("1h")`` and ``@once("10m")``.

``@approval``: somebody whom a policy for ``Action::"approve"`` permits must approve the call first. The request is open
for that long, and once approved it may be executed for that long. ``@once``: the same write of the same caller is not
executed again within that time.

Each permit states what it allows and what it asks for. A call needs only one permit, so the ones that ask for less
decide: one without ``@approval`` is enough; among those, one without ``@once``, else the shortest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from adaptgen.cedar_schema import APPROVE
from adaptgen.config.types import parse_duration
from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.govern.authorization.policies import Policy

APPROVAL: Final = "approval"
ONCE: Final = "once"
_NAMES: Final = (APPROVAL, ONCE)
_SHORTEST, _LONGEST = 1.0, 30 * 86_400.0
_FREE: Final = frozenset(("id", "description", "advice", "reason", "note", "owner", "severity", "shadow_mode"))
"""Names that people use for notes."""


@value()
class Terms:
    """What one permit asks for, in seconds; None: nothing."""

    approval: float | None = None
    once: float | None = None

    def __str__(self) -> str:
        said = []
        if self.approval is not None:
            said.append("after approval")
        if self.once is not None:
            said.append(f"once in {self.once:g} s")
        return ", ".join(said)


NONE: Final = Terms()


def terms_of(body: Mapping[str, Json]) -> Terms:
    """What a policy (one member of ``staticPolicies``) asks for. Call :func:`check` before."""
    annotations = body.get("annotations")
    if not annotations:
        return NONE
    return Terms(parse_duration(annotations.get(APPROVAL)), parse_duration(annotations.get(ONCE)))


def combine(permits: Iterable[Terms]) -> Terms:
    """What a call is asked for that all of these permits allow."""
    found = list(permits)
    free = [one for one in found if one.approval is None]
    chosen = free or found
    once = None if any(one.once is None for one in chosen) else min((one.once or 0.0 for one in chosen), default=None)
    return Terms(None if free else max((one.approval or 0.0 for one in found), default=None), once)


def check(policies: Iterable[Policy]) -> None:
    """Refuse annotations that cannot be read, or that look like one of ours and are not.

    Raises:
        AdaptgenError: AG141, each at its place.
    """
    problems: list[Diagnostic] = []
    for policy in policies:
        for name, said in (policy.body.get("annotations") or {}).items():
            message, help = _fault(name, said, str(policy.body["effect"]))
            if message:
                where = policy.place_of_annotation(name)
                problems.append(Diagnostic("AG141", f"policy {policy.id!r}: {message}", where, help))
    if problems:
        raise AdaptgenError(*problems)


def find_approvers_missing(policies: Iterable[Policy]) -> Diagnostic | None:
    """A warning where permits ask for approvals, and no permit says who may approve."""
    known = tuple(policies)
    asking = next((one for one in known if terms_of(one.body).approval is not None), None)
    if asking is None or any(_permits_approving(one.body) for one in known):
        return None
    message = f"policy {asking.id!r} asks for an approval, and no policy permits anybody to approve"
    help = 'permit (principal in Group::"…", action == Action::"approve", resource);'
    return Diagnostic("AG142", message, asking.place_of_annotation(APPROVAL), help, "warning")


def _permits_approving(body: Mapping[str, Json]) -> bool:
    scope = body["action"]
    named = scope.get("entities") or ([scope["entity"]] if "entity" in scope else [])
    fits = scope["op"] == "All" or any(one["id"] == APPROVE for one in named)
    return fits and body["effect"] == "permit" and terms_of(body).approval is None


def _fault(name: str, said: Json, effect: str) -> tuple[str, str]:
    """What is wrong with an annotation, and what to do; "" where nothing is."""
    if name not in _NAMES:
        near = [] if name in _FREE else get_close_matches(name.lower(), (*_NAMES, "approve", "approved"), 1, 0.75)
        meant = APPROVAL if "approv" in name.lower() else ONCE if "once" in name.lower().split("_") else ""
        near = near or ([meant] if meant and name not in _FREE else [])
        ours = {"approve": APPROVAL, "approved": APPROVAL}.get(near[0], near[0]) if near else ""
        return (f"there is no annotation @{name}", f'did you mean @{ours}("1h")?') if near else ("", "")
    if effect != "permit":
        return f"@{name} belongs to a permit: a forbid refuses every call that it applies to", "write it on the permit"
    seconds = parse_duration(said) if isinstance(said, str) else None
    if seconds is None:
        shown = f"{said!r} is not a duration" if isinstance(said, str) and said else "the duration is missing"
        return f"@{name}: {shown}", f'write a number and s, m, h or d: @{name}("1h")'
    if not _SHORTEST <= seconds <= _LONGEST:
        return f"@{name}: {said!r} is not between 1s and 30d", "write a duration from 1s to 30d"
    return "", ""
