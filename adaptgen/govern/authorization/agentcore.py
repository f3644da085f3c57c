"""The same policies for the policy engine of Amazon Bedrock AgentCore Gateway.

There a caller is an ``AgentCore::OAuthUser`` whose claims are tags (each a string, a list its JSON text), an action is
``<target>___<tool>``, the resource is the gateway, and ``context.input`` holds the arguments
(https://docs.aws.amazon.com/bedrock-agentcore/latest/devguide/policy-schema-constraints.html). Action groups and bare
actions become lists of this server's tools, so that nothing is said about other targets of the gateway. A policy that
cannot be said there is an error; one about tokens, prompts or resources alone does not concern the gateway and is left
out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from adaptgen import cedar_schema as cedar
from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.govern.authorization import policies, principal
from adaptgen.govern.authorization.authorizer import Default
from adaptgen.govern.authorization.permit_terms import APPROVAL, NONE, ONCE, terms_of
from adaptgen.govern.authorization.policies import Policy
from adaptgen.govern.settings.model import Claims
from adaptgen.model.frozen import value
from adaptgen.model.tables import Json

USER = "AgentCore::OAuthUser"
GATEWAY = "AgentCore::Gateway"
ACTION = "AgentCore::Action"

_PRINCIPAL: Json = {"Var": "principal"}


class Unsayable(Exception):
    """A part of a policy that has no form at the gateway."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gateway:
    """Where policies go. ``target``: the name of the server's target; ``claims``: which claim holds what."""

    arn: str
    server: str
    target: str
    actions: Iterable[cedar.Action]
    claims: Claims = field(default_factory=Claims)


@value()
class Statement:
    """One policy of the gateway: its identifier here, and its text."""

    id: str
    text: str


def render(written: Iterable[Policy], gateway: Gateway, default: Default = "none") -> list[Statement]:
    """The statements of all policies that concern tools, that of ``default: read`` included. AG072 names every
    policy that cannot be said at the gateway."""
    engine = policies.engine()
    statements: list[Statement] = []
    problems: list[Diagnostic] = []
    for policy in (*policies.built_in(default), *written):
        try:
            body = _Rendering(gateway).policy(policy.body)
        except Unsayable as why:
            message = f"policy {policy.id!r} cannot be said at an AgentCore gateway: {why}"
            problems.append(Diagnostic("AG072", message, policy.where, "say it otherwise, or leave it to the server"))
            continue
        if body is not None:
            whole = {"staticPolicies": {"policy0": body}, "templates": {}, "templateLinks": []}
            text = engine.format_policies(engine.policies_from_json_str(json.dumps(whole)), 100, 2)
            statements.append(Statement(policy.id, text.strip() + "\n"))
    if problems:
        raise AdaptgenError(*problems)
    return statements


class _Rendering:
    """Renders the JSON form of policies for one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._actions = {action.id: action for action in gateway.actions}
        self._who: list[Json] = []

    def policy(self, body: Mapping[str, Json]) -> dict[str, Json] | None:
        """The policy; None where it concerns no tool of this server."""
        named = self._tools(body["action"])
        if not named or not self._concerns(body["resource"]):
            return None
        asked = terms_of(body)
        if asked != NONE:
            name = APPROVAL if asked.approval is not None else ONCE
            raise Unsayable(f"the gateway reads no annotations, so @{name} would not hold there")
        scope = self._principal(body["principal"])
        conditions = [{"kind": one["kind"], "body": self.expression(one["body"])} for one in body.get("conditions", ())]
        action = {"op": "==", "entity": named[0]} if len(named) == 1 else {"op": "in", "entities": named}
        return {
            "effect": body["effect"],
            "principal": scope,
            "action": action,
            "resource": {"op": "==", "entity": {"type": GATEWAY, "id": self._gateway.arn}},
            "conditions": [{"kind": "when", "body": one} for one in self._who] + conditions,
        }

    # --------------------------------------------------------------------------------------------------------- scope

    def _tools(self, scope: Mapping[str, Json]) -> list[Json]:
        entities = scope.get("entities") or ([scope["entity"]] if "entity" in scope else [])
        names = {one["id"] for one in entities}
        every = scope["op"] == "All"
        chosen = [
            action for action in self._actions.values() if every or not names.isdisjoint((action.id, *action.groups()))
        ]
        return [self._uid(action) for action in sorted(chosen, key=lambda one: one.id)]

    def _uid(self, action: cedar.Action) -> Json:
        own = action.id.removeprefix(cedar.action_id(self._gateway.server, ""))
        return {"type": ACTION, "id": f"{self._gateway.target}___{own}"}

    def _concerns(self, scope: Mapping[str, Json]) -> bool:
        entity = scope.get("entity") or (scope.get("in") or {}).get("entity")
        return entity is None or self._is_server(entity)

    def _is_server(self, entity: Mapping[str, Json]) -> bool:
        return entity == {"type": cedar.SERVER, "id": self._gateway.server}

    def _principal(self, scope: Mapping[str, Json]) -> Json:
        entity = scope.get("entity") or (scope.get("in") or {}).get("entity")
        if entity is not None:
            self._who.append(self._identity(entity))
        return {"op": "is", "entity_type": USER}

    def _identity(self, entity: Mapping[str, Json]) -> Json:
        tenant, name = principal.parts(entity["id"])
        if entity["type"] == cedar.CALLER:
            who: Json = {"==": {"left": _PRINCIPAL, "right": {"Value": {"__entity": {"type": USER, "id": name}}}}}
        elif entity["type"] == cedar.GROUP:
            who = self._member(self._gateway.claims.groups, name)
        else:
            raise Unsayable(f"no principal is a {entity['type']}")
        if not tenant and not self._gateway.claims.tenant:
            return who
        # Without a tenant in its name, a caller or a group is one of those that have none.
        return _and({"==": {"left": self._attribute(".", "tenant"), "right": {"Value": tenant}}}, who)

    # --------------------------------------------------------------------------------------------------------- claims

    def _tag(self, claim: str) -> Json:
        return {"getTag": {"left": _PRINCIPAL, "right": {"Value": _given(claim)}}}

    def _has(self, claim: str) -> Json:
        return {"hasTag": {"left": _PRINCIPAL, "right": {"Value": _given(claim)}}}

    def _member(self, claim: str, name: str) -> Json:
        """Whether a claim is ``name`` or a list with it: then the tag is JSON text, and ``name`` is quoted."""
        if json.dumps(name) != f'"{name}"':
            raise Unsayable(f"the name {name!r} has a character that JSON escapes")
        alone = {"==": {"left": self._tag(claim), "right": {"Value": name}}}
        pattern: list[Json] = ["Wildcard", *({"Literal": char} for char in f'"{name}"'), "Wildcard"]
        listed = {"like": {"left": self._tag(claim), "pattern": pattern}}
        return _and(self._has(claim), {"||": {"left": alone, "right": listed}})

    # ---------------------------------------------------------------------------------------------------- expressions

    def expression(self, expression: Mapping[str, Json]) -> Json:
        """An expression as the gateway can evaluate it."""
        ((operator, operand),) = expression.items()
        if operator == "Value":
            return self._value(operand)
        if operator == "Var":
            raise Unsayable(f"`{operand}` as a whole")
        if operator in (".", "has"):
            return self._access(operator, operand)
        if operator in ("contains", "containsAny", "containsAll"):
            claim = self._list_claim(operand["left"])
            if claim is not None:
                return self._members(operator, claim, operand["right"])
        if operator in ("==", "!=", "in", "is"):
            found = self._entity_test(operator, operand)
            if found is not None:
                return found
        return {operator: _mapped(operator, operand, self.expression)}

    def _access(self, operator: str, operand: Mapping[str, Json]) -> Json:
        left, attribute = operand["left"], operand["attr"]
        if left == _PRINCIPAL:
            return self._attribute(operator, attribute)
        if left in (_attribute_of("claims"), _attribute_of("lists")):
            if operator == "." and left == _attribute_of("lists"):
                raise Unsayable(f"`principal.lists.{attribute}` but for a test of its members")
            return self._has(attribute) if operator == "has" else self._tag(attribute)
        if left == {"Var": "resource"}:
            return {"Value": True if operator == "has" else self._gateway.server}
        if left == {"Var": "context"}:
            if attribute != "input":
                raise Unsayable(f"`context.{attribute}`")
            return {"Value": True} if operator == "has" else {".": operand}
        return {operator: {"left": self.expression(left), "attr": attribute}}

    def _attribute(self, operator: str, attribute: str) -> Json:
        if operator == "has":
            return {"Value": True}
        if attribute == "sub":
            return {".": {"left": _PRINCIPAL, "attr": "id"}}
        if attribute == "tenant":
            claim = self._gateway.claims.tenant
            return {"if-then-else": {"if": self._has(claim), "then": self._tag(claim), "else": {"Value": ""}}}
        raise Unsayable(f"`principal.{attribute}` but for a test of its members")

    def _list_claim(self, left: Mapping[str, Json]) -> str | None:
        if left == _attribute_of("groups"):
            return _given(self._gateway.claims.groups)
        access = left.get(".")
        if access is not None and access["left"] == _attribute_of("lists"):
            return str(access["attr"])
        return None

    def _members(self, operator: str, claim: str, right: Mapping[str, Json]) -> Json:
        listed = [right] if operator == "contains" else right.get("Set")
        names = [one.get("Value") for one in listed] if isinstance(listed, list) else []
        if not names or not all(isinstance(one, str) for one in names):
            raise Unsayable("a test of members that are not written out")
        tests = [self._member(claim, str(one)) for one in names]
        whole = tests[0]
        for one in tests[1:]:
            whole = _and(whole, one) if operator == "containsAll" else {"||": {"left": whole, "right": one}}
        return whole

    def _entity_test(self, operator: str, operand: Mapping[str, Json]) -> Json | None:
        """A test of principal, action or resource themselves; None for every other comparison."""
        variable = operand["left"].get("Var")
        if variable not in ("principal", "action", "resource"):
            return None
        if operator == "is":
            if variable == "action" or operand.get("in") is not None:
                raise Unsayable(f"`{variable} is … in …`")
            return {"Value": operand["entity_type"] == {"principal": cedar.CALLER}.get(variable, cedar.SERVER)}
        right = operand["right"]
        entities = [one["Value"]["__entity"] for one in right.get("Set", [right]) if _is_entity(one)]
        if len(entities) != len(right.get("Set", [right])):
            raise Unsayable(f"a test of `{variable}` against what is not written out")
        if variable == "action":
            scope = {"op": "in", "entities": entities}
            found: Json = {"in": {"left": {"Var": "action"}, "right": {"Set": self._values(self._tools(scope))}}}
        elif variable == "resource":
            found = {"Value": any(self._is_server(one) for one in entities)}
        else:
            found = {"Value": False}
            for one in entities:
                found = {"||": {"left": found, "right": self._identity(one)}}
        return {"!": {"arg": found}} if operator == "!=" else found

    @staticmethod
    def _values(entities: Iterable[Json]) -> list[Json]:
        return [{"Value": {"__entity": one}} for one in entities]

    @staticmethod
    def _value(value: Json) -> Json:
        if isinstance(value, Mapping) and "__entity" in value:
            raise Unsayable("an entity in a place where only this server knows it")
        return {"Value": value}


def _and(left: Json, right: Json) -> Json:
    return {"&&": {"left": left, "right": right}}


def _attribute_of(name: str) -> Json:
    return {".": {"left": _PRINCIPAL, "attr": name}}


def _is_entity(expression: Mapping[str, Json]) -> bool:
    value = expression.get("Value")
    return isinstance(value, Mapping) and "__entity" in value


def _given(claim: str) -> str:
    if not claim:
        raise Unsayable("the settings do not say which claim gives it (authenticate.caller)")
    if "." in claim and "://" not in claim:
        raise Unsayable(f"the claim {claim!r} lies inside another one, and tags are whole claims")
    return claim


def _mapped(operator: str, operand: Json, change: Callable[[Mapping[str, Json]], Json]) -> Json:
    """The operand with each of its expressions changed."""
    if isinstance(operand, list):
        return [change(one) for one in operand]
    if operator == "Record":
        return {name: change(one) for name, one in operand.items()}
    kept = ("attr", "pattern", "entity_type")
    return {name: one if name in kept else change(one) for name, one in operand.items()}
