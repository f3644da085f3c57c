"""How a caller logs in: declared security schemes, login chains found by their evidence, and what hints say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from adaptgen.diagnostics import Diagnostic
from adaptgen.model.plan import Evidence, Variable
from adaptgen.model.tables import Auth, Base, value


@value()
class AuthPlan:
    """``by_operation``: pointer -> names of auths. ``login_operations``: pointer -> name of the auth that it serves.
    ``absorbed``: (pointer, place, parameter) -> name of the auth that sends it. ``bases``: of other documents that
    the hints call. ``unsaid``: pointers of operations that declare no security, which get the one way in.
    ``instead``: a login that no operation uses, for an API that refuses what its document declares. ``likely``: pointer
    of an operation that authenticates, and is not needed for any of this -> why it is not a tool."""

    auths: tuple[Auth, ...] = ()
    by_operation: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    login_operations: Mapping[str, str] = field(default_factory=dict)
    absorbed: Mapping[tuple[str, str, str], str] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    bases: tuple[Base, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    unsaid: frozenset[str] = frozenset()
    instead: tuple[Auth, ...] = ()
    likely: Mapping[str, str] = field(default_factory=dict)
