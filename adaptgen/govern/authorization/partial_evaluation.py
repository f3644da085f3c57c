"""What could be permitted, whatever the arguments: policies without what they say about ``context``.

A condition is weakened where it permits and strengthened where it forbids, so that the answer of the engine without
arguments allows at least every tool of which some call is permitted:

- ``over_approximate(e)`` is true, or an error, wherever ``e`` is true for some context;
- ``under_approximate(e)`` is false, or an error, wherever ``e`` is false for some context.

Both hold by induction over ``&&``, ``||``, ``!`` and ``if``; every other expression that reads the context is taken
for true in the first and for false in the second. A policy that fails to be evaluated refuses a call, so an error
here says nothing: the caller of this module counts it as "could be".
Works on Cedar's JSON policies (https://docs.cedarpolicy.com/policies/json-format.html).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adaptgen.model.tables import Json

_TRUE: Json = {"Value": True}
_FALSE: Json = {"Value": False}


def without_context(policy: Mapping[str, Json]) -> dict[str, Json]:
    """The policy (one member of ``staticPolicies``) as far as it does not depend on the context of a call: a permit
    applies wherever it could, a forbid only where it must."""
    return bounded(policy, upper=policy["effect"] == "permit")


def bounded(policy: Mapping[str, Json], *, upper: bool) -> dict[str, Json]:
    """The policy without context. ``upper``: it applies, or fails, wherever the policy applies for some context; else
    it applies only where the policy applies for every context."""
    conditions: list[Json] = []
    for condition in policy.get("conditions", ()):
        # `unless` negates: what is weakened there is the negation.
        weaken = upper == (condition["kind"] == "when")
        body = condition["body"]
        conditions.append(
            {"kind": condition["kind"], "body": over_approximate(body) if weaken else under_approximate(body)}
        )
    return {**policy, "conditions": conditions}


def over_approximate(expression: Json) -> Json:
    """Without context; true or an error wherever ``expression`` is true for some context."""
    return _bounded(expression, upper=True)


def under_approximate(expression: Json) -> Json:
    """Without context; false or an error wherever ``expression`` is false for some context."""
    return _bounded(expression, upper=False)


def _bounded(expression: Json, *, upper: bool) -> Json:
    if not mentions(expression, "context"):
        return expression
    for name in ("&&", "||"):
        if name in expression:
            sides = expression[name]
            return {name: {side: _bounded(sides[side], upper=upper) for side in ("left", "right")}}
    if "!" in expression:
        return {"!": {"arg": _bounded(expression["!"]["arg"], upper=not upper)}}
    if "if-then-else" in expression:
        parts = expression["if-then-else"]
        if not mentions(parts["if"], "context"):
            bounded = {side: _bounded(parts[side], upper=upper) for side in ("then", "else")}
            return {"if-then-else": {"if": parts["if"], **bounded}}
    return _TRUE if upper else _FALSE


def mentions(expression: Json, variable: str) -> bool:
    """Whether an expression reads ``principal``, ``action``, ``resource`` or ``context``."""
    return expression.get("Var") == variable or any(mentions(one, variable) for one in _parts(expression))


def read_names(expression: Json) -> frozenset[str] | None:
    """The names of all attributes that an expression reads; None where it uses the context, or its input, whole."""
    found: set[str] = set()
    return frozenset(found) if _collect(expression, found) else None


def _parts(expression: Mapping[str, Json]) -> list[Mapping[str, Json]]:
    """The expressions that one is made of. It has one key, its operator; values and variables have no parts."""
    ((operator, operand),) = expression.items()
    if operator in ("Value", "Var"):
        return []
    if operator == "Record":
        return list(operand.values())
    if isinstance(operand, list):
        return operand
    # The members beside the operands say which attribute, type or pattern is meant.
    return [one for name, one in operand.items() if name not in ("attr", "pattern", "entity_type")]


def _collect(expression: Mapping[str, Json], found: set[str]) -> bool:
    if expression.get("Var") == "context" or _is_input(expression):
        return False
    access = expression.get(".") or expression.get("has")
    if access is None:
        return all(_collect(one, found) for one in _parts(expression))
    found.add(access["attr"])
    left = access["left"]
    return _is_input(left) or left.get("Var") == "context" or _collect(left, found)


def _is_input(expression: Mapping[str, Json]) -> bool:
    access = expression.get(".")
    return access is not None and access["attr"] == "input" and access["left"].get("Var") == "context"


def names_read(policies: Iterable[Mapping[str, Json]]) -> frozenset[str] | None:
    """The attributes that any of these policies reads; None for all of them."""
    found = [read_names(one["body"]) for policy in policies for one in policy.get("conditions", ())]
    names = [one for one in found if one is not None]
    return frozenset().union(*names) if len(names) == len(found) else None
