"""Policies that forbid nothing, because they name a group, a server or a tool that cannot be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from adaptgen import cedar_schema as cedar
from adaptgen.diagnostics import Diagnostic, did_you_mean
from adaptgen.govern.authorization import principal
from adaptgen.govern.authorization.policies import place_of_text
from adaptgen.model.tables import Json

if TYPE_CHECKING:
    from adaptgen.govern.authorization.policies import Policy
    from adaptgen.govern.settings.model import Settings

_TOOL: Final = {".": {"left": {"Var": "context"}, "attr": "tool"}}
_SERVER_NAME: Final = {".": {"left": {"Var": "resource"}, "attr": "name"}}


def find_unmatched(
    policies: Iterable[Policy], actions: Iterable[cedar.Action], settings: Settings | None
) -> list[Diagnostic]:
    """A warning for each ``forbid`` that no call can match. ``settings``: None where callers are not known."""
    actions = tuple(actions)
    return [
        problem
        for policy in policies
        if policy.body["effect"] == "forbid" and (problem := _Reading(policy, actions, settings).find_problem())
    ]


class _Reading:
    """Reads one policy: what of it cannot hold, and the first name that is to blame."""

    def __init__(self, policy: Policy, actions: tuple[cedar.Action, ...], settings: Settings | None) -> None:
        self._policy = policy
        self._settings = settings
        self._tools = {name: action.server for action in actions for name in (action.id, *action.was)}
        upstreams = settings.upstreams if settings is not None else ()
        self._servers = {*self._tools.values(), *upstreams}
        self._unseen = set(upstreams) - set(self._tools.values())
        self._blame: tuple[str, str, str] | None = None

    def find_problem(self) -> Diagnostic | None:
        body = self._policy.body
        scopes = [self._scope(name, body[name]) for name in ("principal", "resource")]
        conditions = [self._condition(condition) for condition in body.get("conditions", ())]
        if False not in (*scopes, *conditions) and self._meets_its_server(body):
            return None
        if self._blame is None:
            return None  # it says so itself: `when { false }`
        name, why, help = self._blame
        message = f"policy {self._policy.id!r} forbids nothing: {why}"
        return Diagnostic("AG072", message, place_of_text(self._policy, name), help, "warning")

    def _meets_its_server(self, body: Mapping[str, Json]) -> bool:
        """Whether a tool that the scope names is one of a server that it names."""
        tools = [id for id in _ids(body["action"]) if id in self._tools]
        servers = set(_ids(body["resource"]))
        if not tools or not servers or len(tools) < len(list(_ids(body["action"]))):
            return True
        if servers & {self._tools[tool] for tool in tools}:
            return True
        self._blame = self._blame or (
            tools[0],
            f"the tool {tools[0]!r} is not one of the server {min(servers)!r}",
            f'resource == {cedar.SERVER}::"{self._tools[tools[0]]}"',
        )
        return False

    def _condition(self, condition: Mapping[str, Json]) -> bool | None:
        """Whether the policy may apply by this condition: True or False where that is certain."""
        value = self._value(condition["body"])
        if condition["kind"] == "when" or value is None:
            return value
        return not value

    def _scope(self, name: str, scope: Mapping[str, Json]) -> bool | None:
        entities = [scope.get("entity"), (scope.get("in") or {}).get("entity"), *scope.get("entities", ())]
        named = [entity for entity in entities if entity is not None]
        return self._any_there(named) if named else None

    def _value(self, expression: Json) -> bool | None:
        """What a condition is for every call; None where that depends on the call."""
        if not isinstance(expression, Mapping):
            return None
        if isinstance(expression.get("Value"), bool):
            return bool(expression["Value"])
        for operator, operand in expression.items():
            if operator == "!":
                inner = self._value(operand["arg"])
                return None if inner is None else not inner
            if operator in ("&&", "||"):
                decisive: bool = operator == "||"
                sides = [self._value(operand["left"]), self._value(operand["right"])]
                if decisive in sides:
                    return decisive
                return None if None in sides else not decisive
            if operator in ("==", "in", "contains"):
                return self._compared(operand["left"], operand["right"])
        return None

    def _compared(self, left: Json, right: Json) -> bool | None:
        for subject, value in ((left, right), (right, left)):
            if subject in ({"Var": "principal"}, {"Var": "resource"}):
                return self._any_there([one["Value"]["__entity"] for one in _members(value) if _is_entity(one)])
            if subject in (_TOOL, _SERVER_NAME):
                names = [one["Value"] for one in _members(value) if isinstance(one.get("Value"), str)]
                exists = self._tool_exists if subject == _TOOL else self._server_exists
                found = [exists(name) for name in names]
                return False if found and not any(found) else None
        return None

    def _any_there(self, entities: list[Any]) -> bool | None:
        """False where none of these entities can be part of a call."""
        found = [self._is_there(str(entity["type"]), str(entity["id"])) for entity in entities]
        return False if found and not any(found) else None

    def _is_there(self, kind: str, id: str) -> bool:
        if kind == cedar.SERVER:
            return self._server_exists(id)
        return kind not in (cedar.GROUP, cedar.CALLER) or self._tenant_exists(kind, id)

    def _server_exists(self, name: str) -> bool:
        if name in self._servers:
            return True
        listed = f"the servers are {', '.join(sorted(self._servers))}" if self._servers else ""
        self._blame = self._blame or (
            name,
            f"no server is called {name!r}",
            did_you_mean(name, self._servers) or listed,
        )
        return False

    def _tool_exists(self, name: str) -> bool:
        if name in self._tools or any(name.startswith(f"{server}__") for server in self._unseen):
            return True
        help = did_you_mean(name, self._tools) or "adaptgen policy schema shows every action"
        self._blame = self._blame or (name, f"no tool is called {name!r}", help)
        return False

    def _tenant_exists(self, kind: str, id: str) -> bool:
        """Whether callers come with a tenant just where the identifier has one (``principal.identifier``)."""
        if self._settings is None:
            return True
        tenant, name = principal.parts(id)
        rules, local = self._settings.authenticate, self._settings.local
        if rules is None and not tenant and local.tenant:
            wanted = f'{kind}::"{principal.identifier(local.tenant, name)}"'
            why = f"the one caller has the tenant {local.tenant!r}, and {kind}::{cedar.quoted(id)} has none"
        elif rules is not None and rules.caller.tenant and not tenant:
            wanted = f'{kind}::"TENANT/{name}"'
            if kind == cedar.GROUP:
                wanted += f"; for every tenant: principal.groups.contains({cedar.quoted(name)})"
            why = f"callers come with a tenant, and {kind}::{cedar.quoted(id)} has none"
        elif tenant and not local.tenant and (rules is None or not rules.caller.tenant):
            wanted = f"{kind}::{cedar.quoted(principal.identifier('', name))}, or set authenticate.caller.tenant"
            why = f"callers come without a tenant, and {kind}::{cedar.quoted(id)} has one"
        else:
            return True
        self._blame = self._blame or (id, why, wanted)
        return False


def _ids(scope: Mapping[str, Json]) -> Iterator[str]:
    entities = scope.get("entities") or ([scope["entity"]] if "entity" in scope else [])
    for entity in entities:
        yield str(entity["id"])


def _members(expression: Json) -> list[Any]:
    """The literals of a set, or the only one."""
    if not isinstance(expression, Mapping):
        return []
    return list(expression.get("Set", (expression,)))


def _is_entity(expression: Any) -> bool:
    return isinstance(expression.get("Value"), Mapping) and "__entity" in expression["Value"]
