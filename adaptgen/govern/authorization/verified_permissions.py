"""Amazon Verified Permissions as the engine: the same schema, entities and context, decided by a policy store.

The store holds the policies; local ones are not used. ``adaptgen policy schema --json`` prints the schema for
PutSchema. What policies the store holds is not known here, so every argument is lowered and judged (see
``cedar_context``), and a list shows every tool: all that could be permitted is in it, and each call is decided. Nothing
is cached but the client, and for some minutes whether a policy has annotations: a change in the store counts at once.
No answer in time, or none that can be read, refuses.

Decisions name the policies that decided, without their annotations. So the policies that permit a write are read, and
one with ``@approval`` or ``@once`` refuses: nothing here could do what it asks for.
https://docs.aws.amazon.com/verifiedpermissions/latest/apireference/API_IsAuthorized.html
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from adaptgen import cedar_schema as cedar
from adaptgen.diagnostics import Where, error
from adaptgen.govern.authorization import cedar_context, principal
from adaptgen.govern.authorization.authorizer import FORBIDDEN, NO_POLICY, Authorizer, Decision, Default, action
from adaptgen.govern.authorization.policies import DEFAULT_READ
from adaptgen.mcp.protocol import ToolInfo
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Caller, Json
from adaptgen.runtime.aws.errors import failure
from adaptgen.runtime.core.caches import LruCache

if TYPE_CHECKING:
    from adaptgen.runtime.aws.api import AwsApi

SERVICE = "verifiedpermissions"
TIMEOUT = 2.0
"""Seconds after which a call is refused for want of a decision."""
TERMS = "its policy has @approval or @once, which Verified Permissions cannot enforce"
_READ_FOR = 300.0
"""Seconds for which the annotations of a policy are known."""
_POLICIES = 4096
_STRINGS = lazy(r'//[^\n]*|"(?:[^"\\]|\\.)*"')
_TERMS = lazy(r"@\s*(?:approval|once)\b", re.IGNORECASE)


class VerifiedPermissions(Authorizer):
    """By a policy store. ``store``: its id; ``api``: makes what asks, at the first use."""

    def __init__(
        self,
        store: str,
        *,
        claims: Iterable[str] = (),
        mode: Literal["enforce", "log_only"] = "enforce",
        default: Default = "none",
        api: Callable[[], AwsApi] | None = None,
        timeout: float = TIMEOUT,
    ) -> None:
        super().__init__(claims, mode, default)
        self._store = store
        self._make = api or _shared
        self._timeout = timeout
        self._api: AwsApi | None = None
        self._annotated: LruCache[str, tuple[bool, float]] = LruCache(_POLICIES)
        self._tools: dict[str, tuple[Json, cedar.Action]] | None = None

    async def load(self, policies: Mapping[str, str], tools: Mapping[str, ToolInfo]) -> None:
        """Learn the tools, and that the store is there.

        Raises:
            AdaptgenError: AG072, no store is named, it cannot be reached, or there are local policies, which would be
                ignored.
        """
        if not self._store:
            raise error("AG072", "authorize.store is missing", help="the id of the policy store")
        if policies:
            first = Where(next(iter(policies)))
            help = "move them to the store, or set authorize.engine: cedar"
            raise error("AG072", "Verified Permissions reads the policies of its store, not these", first, help)
        try:
            await self._ask("GetPolicyStore", {"policyStoreId": self._store})
        except Exception as problem:
            raise error("AG072", f"the policy store cannot be used: {failure(problem)}") from None
        self._tools = {tool.action: (tool.wire.get("inputSchema"), action(tool)) for tool in tools.values()}

    async def visible(self, caller: Caller, tools: Mapping[str, ToolInfo]) -> frozenset[str]:
        """Every tool: without the policies, no tool is known to be out of reach for all arguments."""
        if self._tools is None:
            return frozenset()
        return frozenset(name for name, tool in tools.items() if tool.action in self._tools)

    async def decide(
        self,
        caller: Caller,
        tool: ToolInfo,
        input: Mapping[str, Json],
        paths: Sequence[str] = (),
        *,
        creates: bool = False,
    ) -> Decision:
        schema, known = (self._tools or {}).get(tool.action, (None, None))
        if known is None or schema != tool.wire.get("inputSchema"):
            return Decision(False, (), "the policies were not checked for this tool as it is now")
        try:
            context = cedar_context.context(known.input, input, None, paths, creates if known.creates else None)
        except cedar_context.UnrepresentableValue as why:
            return self._refused(str(why))
        decision = await self._asked(caller, known.id, tool.server, context, known.open)
        # The store's policies may name the tool as it was called before: a refusal of any name refuses.
        for old in known.was:
            before = await self._asked(caller, old, tool.server, context, known.open)
            refused = not before.allowed and before.reason != NO_POLICY
            if (refused and decision.allowed) or (before.allowed and decision.reason == NO_POLICY):
                decision = before
        return await self._without_terms(decision)

    async def _without_terms(self, decision: Decision) -> Decision:
        """The decision, refused where every policy that permits asks for what nothing here can do."""
        if not decision.allowed or decision.logged_only:
            return decision
        try:
            stored = [one for one in decision.policies if one != DEFAULT_READ]
            asking = await asyncio.gather(*map(self._asks, stored))
        except Exception as problem:
            return self._refused(f"the policy that permits it cannot be read: {failure(problem)}", decision.policies)
        if asking and all(asking) and len(stored) == len(decision.policies):
            return self._refused(TERMS, decision.policies)
        return decision

    async def _asks(self, policy: str) -> bool:
        """Whether a policy has ``@approval`` or ``@once``."""
        known = self._annotated.get(policy)
        now = time.monotonic()
        if known is not None and known[1] > now:
            return known[0]
        found = await self._ask("GetPolicy", {"policyStoreId": self._store, "policyId": policy})
        definition = found["definition"]
        if "templateLinked" in definition:
            template = definition["templateLinked"]["policyTemplateId"]
            asked = {"policyStoreId": self._store, "policyTemplateId": template}
            statement = (await self._ask("GetPolicyTemplate", asked))["statement"]
        else:
            statement = definition["static"]["statement"]
        asks = _TERMS.search(_STRINGS.sub('""', statement)) is not None
        self._annotated.put(policy, (asks, now + _READ_FOR))
        return asks

    async def _special(self, caller: Caller, action: str, server: str, context: Mapping[str, str]) -> Decision:
        try:
            decision = await self._asked(caller, action, server, cedar_context.encoded(context), False)
            return await self._without_terms(decision)
        except cedar_context.UnrepresentableValue as why:
            return self._refused(str(why))

    async def _asked(self, caller: Caller, name: str, server: str, context: str, open: bool) -> Decision:
        if self._tools is None:
            return Decision(False, (), "no policies are loaded")
        who = principal.uid(caller)
        try:
            # Actions and their groups are the schema's; the request may not name them.
            of_server = {"uid": {"type": cedar.SERVER, "id": server}, "attrs": {"name": server}, "parents": []}
            entities = cedar_context.encoded([*principal.entities(caller, self._claims), of_server])
            answer = await self._ask(
                "IsAuthorized",
                {
                    "policyStoreId": self._store,
                    "principal": {"entityType": who["type"], "entityId": who["id"]},
                    "action": {"actionType": "Action", "actionId": name},
                    "resource": {"entityType": cedar.SERVER, "entityId": server},
                    "context": {"cedarJson": context},
                    "entities": {"cedarJson": entities},
                },
            )
            deciding = tuple(sorted(one["policyId"] for one in answer["determiningPolicies"]))
            decision = _read(answer, deciding, open and self._default == "read")
        except Exception as problem:
            decision = Decision(False, (), f"no decision could be had: {failure(problem)}")
        return self._enforced(decision)

    async def _ask(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        from adaptgen.runtime.aws import background

        api = self._api = self._api or self._make()
        return await asyncio.wait_for(background.ask(lambda: api.call(operation, parameters)), self._timeout)


def _shared() -> AwsApi:
    from adaptgen.runtime.aws.background import shared_api

    return shared_api(SERVICE)


def _read(answer: Mapping[str, Any], deciding: tuple[str, ...], open: bool) -> Decision:
    if answer["errors"]:
        return Decision(False, (), "a policy cannot be evaluated for this call")
    if answer["decision"] == "ALLOW":
        return Decision(True, deciding)
    if deciding:
        return Decision(False, deciding, FORBIDDEN)
    # Nothing forbids it and nothing permits it: what needs no policy is permitted, here as in process.
    return Decision(True, (DEFAULT_READ,)) if open else Decision(False, (), NO_POLICY)
