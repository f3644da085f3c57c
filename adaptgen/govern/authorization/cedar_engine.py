"""Cedar in this process (cedarpy). Policies are parsed once; callers are made entities once and kept.

A decision is one call of the engine over the parsed policies whose scope takes the action in: 10 microseconds, and
about 2 more for each of them. The list of a caller is decided without arguments (``partial_evaluation``), once for all
tools that no policy distinguishes, and kept for as long as caller, tools and policies stay the same.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from typing import Any, Literal

import orjson

from adaptgen import cedar_schema as cedar
from adaptgen.diagnostics import error
from adaptgen.govern.authorization import cedar_context, partial_evaluation, permit_terms, policies, principal
from adaptgen.govern.authorization.authorizer import (
    FORBIDDEN,
    NO_POLICY,
    Authorizer,
    Decision,
    Default,
    action,
    action_groups,
)
from adaptgen.govern.authorization.explanation import Applies, PolicyEffect
from adaptgen.govern.authorization.lowered import read_lowered
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.core.caches import LruCache

_log = logging.getLogger("adaptgen.govern")
_CALLERS = 4096
_NOT_LOADED = Decision(False, (), "no policies are loaded")


@value()
class _Known:
    """A tool as the policies were validated for it; ``read``: the attributes that a policy for it reads (None: all)."""

    action: cedar.Action
    schema: Json
    kind: _Kind
    read: frozenset[str] | None


@value()
class _Kind:
    """What a list of tools depends on: the server, and the policies whose scope includes the action.

    ``action``: its identifier where one of these has a condition on the action itself, else "".
    """

    server: str
    fitting: frozenset[str]
    action: str = ""


class _Sets:
    """Parsed sets of some of the policies, each made at its first use."""

    def __init__(self, cedarpy: Any, bodies: Mapping[str, Mapping[str, Json]]) -> None:
        self._cedarpy = cedarpy
        self._bodies = bodies
        self._made: dict[frozenset[str], Any] = {}

    def of(self, names: frozenset[str]) -> Any:
        if names not in self._made:
            chosen = {name: self._bodies[name] for name in sorted(names)}
            text = json.dumps({"staticPolicies": chosen, "templates": {}, "templateLinks": []})
            self._made[names] = self._cedarpy.PolicySet.from_json_str(text)
        return self._made[names]


@value()
class _Force:
    """Policies and tools in force: made as a whole, replaced as a whole. What a tool needs is made at its first use."""

    policies: Mapping[str, policies.Policy]
    bodies: Mapping[str, Mapping[str, Json]]
    weakened: Mapping[str, Mapping[str, Json]]
    decide: _Sets
    could: _Sets
    base: Any
    tools: Mapping[str, ToolInfo]
    special: Mapping[str, frozenset[str]]
    terms: Mapping[str, permit_terms.Terms]
    ready: dict[str, _Known] = field(default_factory=dict)
    callers: LruCache[Any, Any] = field(default_factory=lambda: LruCache(_CALLERS))
    lists: LruCache[Any, tuple[Mapping[str, ToolInfo], frozenset[str]]] = field(
        default_factory=lambda: LruCache(_CALLERS)
    )
    restored: LruCache[Any, Decision] = field(default_factory=lambda: LruCache(_CALLERS))

    def known(self, tool: ToolInfo) -> _Known | None:
        """The tool, if the policies were validated for the arguments that it has now.

        On values of other types a policy would fail or not apply, and a forbid that does not apply permits.
        """
        known = self.ready.get(tool.action)
        if known is None:
            info = self.tools.get(tool.action)
            if info is None:
                return None
            known = self.ready[tool.action] = _known(
                action(info), info.wire.get("inputSchema"), self.bodies, self.weakened
            )
        schema = tool.wire.get("inputSchema")
        return known if known.schema is schema or known.schema == schema else None


class CedarAuthorizer(Authorizer):
    """By Cedar policies. ``folder``: what the paths of policies are relative to, for errors. ``lowered``: returns the
    policies as they were checked when a bundle was made, or b""."""

    def __init__(
        self,
        *,
        claims: Iterable[str] = (),
        mode: Literal["enforce", "log_only"] = "enforce",
        default: Default = "none",
        folder: str = "",
        lowered: Callable[[], bytes] = bytes,
    ) -> None:
        super().__init__(claims, mode, default)
        self._cedarpy = policies.engine()
        self._folder = folder
        self._lowered = lowered
        self._force: _Force | None = None

    async def load(self, policies: Mapping[str, str], tools: Mapping[str, ToolInfo]) -> None:
        """See ``Authorizer.load``; parses and validates in a thread."""
        self._force = await asyncio.to_thread(self._made, dict(policies), tuple(tools.values()))

    async def visible(self, caller: Caller, tools: Mapping[str, ToolInfo]) -> frozenset[str]:
        """See ``Authorizer.visible``. ``tools`` is a snapshot: the same object as long as nothing changes."""
        force = self._force
        if force is None:
            return frozenset()
        if self._mode == "log_only":
            return frozenset(tools)
        try:
            key = self._key(caller)
            # The snapshot is kept with the list, so that no other object can come to have its identity.
            known = force.lists.get((key, id(tools)))
            if known is None:
                known = force.lists.put((key, id(tools)), (tools, self._listed(force, key, caller, tools)))
        except (cedar_context.UnrepresentableValue, ValueError):
            return frozenset()
        return known[1]

    async def sees(self, caller: Caller, name: str, tools: Mapping[str, ToolInfo]) -> bool:
        """See ``Authorizer.sees``: one tool is decided without all the others, so that a first call does not wait for
        them."""
        force, tool = self._force, tools.get(name)
        if force is None or tool is None:
            return False
        if self._mode == "log_only":
            return True
        try:
            key = self._key(caller)
            known = force.lists.get((key, id(tools))) or force.lists.get((key, id(tools), name))
            if known is None:
                alone = self._listed(force, key, caller, {name: tool})
                known = force.lists.put((key, id(tools), name), (tools, alone))
        except (cedar_context.UnrepresentableValue, ValueError):
            return False
        return name in known[1]

    async def decide(
        self,
        caller: Caller,
        tool: ToolInfo,
        input: Mapping[str, Json],
        paths: Sequence[str] = (),
        *,
        creates: bool = False,
    ) -> Decision:
        force = self._force
        if force is None:
            return _NOT_LOADED
        known = force.known(tool)
        if known is None:
            return self._refused("the policies were not checked for this tool as it is now")
        try:
            context = cedar_context.context(
                known.action.input, input, known.read, paths, creates if known.action.creates else None
            )
            return self._asked(force, known.kind.fitting, _request(caller, tool.action, tool.server, context), caller)
        except cedar_context.UnrepresentableValue as why:
            return self._refused(str(why))

    async def detokenize(self, caller: Caller, tool: ToolInfo, kind: str) -> Decision:
        force = self._force
        if force is None:
            return _NOT_LOADED
        try:
            # All that policies can ask for: the same decision as long as they are in force.
            key = (self._key(caller), tool.server, tool.action, tool.effect, kind)
        except cedar_context.UnrepresentableValue as why:
            return self._refused(str(why))
        known = force.restored.get(key)
        return known or force.restored.put(key, await super().detokenize(caller, tool, kind))

    def explain(self, caller: Caller, tool: ToolInfo) -> tuple[PolicyEffect, ...]:
        """Every policy that is about ``tool``, in the order of the files, and whether it applies to the calls of this
        caller.

        Raises:
            AdaptgenError: AG074, the caller is one that no policy can judge.
        """
        force = self._force
        if force is None:
            return ()
        try:
            entities = self._entities(force, self._key(caller), caller)
        except (cedar_context.UnrepresentableValue, ValueError) as why:
            raise error("AG074", f"the caller cannot be judged: {why}") from None
        request = _request(caller, tool.action, tool.server, "{}")

        def applies(body: Mapping[str, Json]) -> Applies:
            words: tuple[Applies, ...] = ("always", "sometimes")
            for upper, word in zip((False, True), words, strict=True):
                alone = _Sets(self._cedarpy, {"one": partial_evaluation.bounded(body, upper=upper)})
                told = self._cedarpy.is_authorized(request, alone.of(frozenset(("one",))), entities).diagnostics
                if told.reasons or (upper and told.errors):
                    return word
            return "never"

        return tuple(
            PolicyEffect(one.id, one.body["effect"], one.where, applies(one.body), permit_terms.terms_of(one.body))
            for one in self.policies_of(tool)
        )

    def policies_of(self, tool: ToolInfo) -> tuple[policies.Policy, ...]:
        """The policies whose scope takes ``tool`` in, in the order of the files, that of the tools that only read
        first."""
        known = self._force.known(tool) if self._force is not None else None
        if self._force is None or known is None:
            return ()
        return tuple(one for name, one in self._force.policies.items() if name in known.kind.fitting)

    async def approve(self, approver: Caller, tool: ToolInfo, input: Mapping[str, Json], *, own: bool) -> Decision:
        force = self._force
        known = force.known(tool) if force is not None else None
        if force is None or known is None:
            return _NOT_LOADED
        try:
            fitting = force.special[cedar.APPROVE]
            read = partial_evaluation.names_read(force.bodies[name] for name in fitting)
            said = {"tool": tool.action, "effect": tool.effect, "own": own}
            # By the types of this tool: an argument that another tool has with another type is there all the same, as a
            # limit that looks whether it is there would otherwise end.
            context = cedar_context.context(known.action.input, input, read, more=said)
            decision = self._asked(force, fitting, _request(approver, cedar.APPROVE, tool.server, context), approver)
        except cedar_context.UnrepresentableValue as why:
            return Decision(False, (), str(why))
        # `mode: log_only` lets calls through, which then need no approval. It makes nobody an approver.
        asked = decision.logged_only or decision.approval is not None
        return replace(decision, allowed=decision.allowed and not asked, logged_only=False, approval=None, once=None)

    @property
    def asks_for_approval(self) -> bool:
        return self._mode == "enforce" and any(one.approval is not None for one in self._terms())

    @property
    def asks_once(self) -> bool:
        return self._mode == "enforce" and any(one.once is not None for one in self._terms())

    def _terms(self) -> Iterable[permit_terms.Terms]:
        return self._force.terms.values() if self._force is not None else ()

    async def _special(self, caller: Caller, action: str, server: str, context: Mapping[str, str]) -> Decision:
        if self._force is None:
            return _NOT_LOADED
        try:
            request = _request(caller, action, server, cedar_context.encoded(context))
            decision = self._asked(self._force, self._force.special[action], request, caller)
        except cedar_context.UnrepresentableValue as why:
            return self._refused(str(why))
        if decision.approval is not None:
            return self._refused("only calls of tools can be approved", decision.policies)
        return replace(decision, once=None) if decision.once is not None else decision

    def _asked(self, force: _Force, fitting: frozenset[str], request: dict[str, Json], caller: Caller) -> Decision:
        try:
            entities = self._entities(force, self._key(caller), caller)
            answer = self._cedarpy.is_authorized(request, force.decide.of(fitting), entities)
        except ValueError:
            return self._refused("the caller cannot be judged")
        told = answer.diagnostics
        decision = answer.decision.value
        if told.errors or decision == "NoDecision":
            # Cedar would go on without the policy that failed: a forbid that cannot be evaluated must not permit.
            return self._refused("a policy cannot be evaluated for this call")
        deciding = tuple(sorted(told.reasons))
        if decision == "Allow":
            if not force.terms:
                return Decision(True, deciding)
            asked = permit_terms.combine(force.terms.get(name, permit_terms.NONE) for name in deciding)
            if self._mode == "log_only":
                return Decision(True, deciding, logged_only=asked.approval is not None)
            return Decision(True, deciding, approval=asked.approval, once=asked.once)
        return self._refused(FORBIDDEN if deciding else NO_POLICY, deciding)

    # ------------------------------------------------------------------------------------------------------- callers

    def _key(self, caller: Caller) -> tuple[str, str, tuple[str, ...], bytes]:
        """What policies can distinguish callers by, without the access token, since keys are stored."""
        kept = {name: caller.claims[name] for name in self._claims if name in caller.claims}
        try:
            claims = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS) if kept else b""
        except TypeError as problem:
            raise cedar_context.UnrepresentableValue("the caller cannot be judged") from problem
        return caller.sub, caller.tenant, caller.groups, claims

    def _entities(self, force: _Force, key: Any, caller: Caller) -> Any:
        entities = force.callers.get(key)
        if entities is None:
            text = cedar_context.encoded(principal.entities(caller, self._claims))
            entities = force.callers.put(key, force.base.with_added_json_str(text))
        return entities

    def _listed(self, force: _Force, key: Any, caller: Caller, tools: Mapping[str, ToolInfo]) -> frozenset[str]:
        entities = self._entities(force, key, caller)
        alike: dict[_Kind, list[str]] = {}
        for name, tool in tools.items():
            known = force.known(tool)
            if known is not None:
                alike.setdefault(known.kind, []).append(name)
        found: list[str] = []
        for kind, names in alike.items():
            request = _request(caller, tools[names[0]].action, kind.server, "{}")
            answer = self._cedarpy.is_authorized(request, force.could.of(kind.fitting), entities)
            if _could(answer.decision.value, answer.diagnostics):
                found += names
        return frozenset(found)

    # ---------------------------------------------------------------------------------------------------------- load

    def _made(self, files: dict[str, str], tools: tuple[ToolInfo, ...]) -> _Force:
        known = {tool.action: tool for tool in {(tool.server, tool.own): tool for tool in tools}.values()}
        own = self._validated(files, tools)
        in_force = (*policies.built_in(self._default), *own)
        bodies = {policy.id: policy.body for policy in in_force}
        weakened = {name: partial_evaluation.without_context(body) for name, body in bodies.items()}
        return _Force(
            policies={policy.id: policy for policy in in_force},
            bodies=bodies,
            weakened=weakened,
            decide=_Sets(self._cedarpy, bodies),
            could=_Sets(self._cedarpy, weakened),
            base=self._cedarpy.Entities.from_json_str(json.dumps(_entities(known.values()))),
            tools=known,
            special={name: _fitting({name}, bodies) for name in (cedar.APPROVE, cedar.DETOKENIZE, *cedar.OTHERS)},
            terms={one.id: terms for one in own if (terms := permit_terms.terms_of(one.body)) != permit_terms.NONE},
        )

    def _validated(self, files: dict[str, str], tools: tuple[ToolInfo, ...]) -> tuple[policies.Policy, ...]:
        once = tuple({(tool.server, tool.own): tool for tool in tools}.values())
        if data := self._lowered():
            found = read_lowered(data, files, once, self._claims, self._folder)
            if found is not None:
                return found
            _log.warning("the policies, the tools or this version are others than those of the bundle: checked anew")
        return policies.validated(files, map(action, once), self._claims, self._folder)


def _entities(tools: Iterable[ToolInfo]) -> list[Json]:
    """The servers, and the groups of the actions: what a schema would say of them, without a schema."""
    listed = tuple(tools)
    servers = sorted({tool.server for tool in listed})
    return [
        *({"uid": {"type": cedar.SERVER, "id": name}, "attrs": {"name": name}, "parents": []} for name in servers),
        *(
            {
                "uid": {"type": "Action", "id": tool.action},
                "attrs": {},
                "parents": [{"type": "Action", "id": name} for name in action_groups(tool)],
            }
            for tool in listed
        ),
    ]


def _request(caller: Caller, action: str, server: str, context: str) -> dict[str, Json]:
    return {
        "principal": principal.uid(caller),
        "action": {"type": "Action", "id": action},
        "resource": {"type": cedar.SERVER, "id": server},
        "context": context,
    }


def _could(decision: str, told: Any) -> bool:
    """Whether a call could be permitted: it is, without arguments, or no forbid is certain and some policy is open."""
    return decision == "Allow" or (decision == "Deny" and not told.reasons and bool(told.errors))


def _known(
    action: cedar.Action,
    schema: Json,
    bodies: Mapping[str, Mapping[str, Json]],
    weakened: Mapping[str, Mapping[str, Json]],
) -> _Known:
    fitting = _fitting({action.id, *action.groups()}, bodies)
    conditions = (one["body"] for name in fitting for one in weakened[name].get("conditions", ()))
    alone = any(partial_evaluation.mentions(one, "action") for one in conditions)
    kind = _Kind(action.server, fitting, action.id if alone else "")
    return _Known(action, schema, kind, partial_evaluation.names_read(bodies[name] for name in fitting))


def _fitting(names: set[str], bodies: Mapping[str, Mapping[str, Json]]) -> frozenset[str]:
    """The policies whose scope takes in an action; ``names``: its identifier and its groups."""

    def fits(scope: Mapping[str, Json]) -> bool:
        named = scope.get("entities") or ([scope["entity"]] if "entity" in scope else [])
        return scope["op"] == "All" or not names.isdisjoint(one["id"] for one in named)

    return frozenset(name for name, body in bodies.items() if fits(body["action"]))
