"""The guard of searches where the red-team suite does not reach: third parties, older servers, the handover."""

from __future__ import annotations

from typing import Any

import pytest
from support.shielding import ANNA, KEY, always, never, run, tool

from adaptgen.govern.settings.keys import KeyRing
from adaptgen.govern.settings.model import ToolRule
from adaptgen.govern.tokenization.search_guard import SearchGuard, SearchRefused
from adaptgen.govern.tokenization.token_formats import Tokens, scope_of
from adaptgen.mcp.protocol import META_ARGUMENTS, META_EFFECT, META_MENU, META_SENSITIVE
from adaptgen.proxy.third_party_tools import facts
from adaptgen.runtime.store.protocol import MemoryStore

KINDS = frozenset({"email", "name", "phone"})
TOKENS = Tokens(KeyRing("k1", {"k1": KEY}), KINDS)
TEXT = {"type": "string"}


def guard(budget: int = 60, store: Any = None) -> SearchGuard:
    return SearchGuard(KINDS, TOKENS, store or MemoryStore(), KEY, budget)


def check(one: SearchGuard, facts_: Any, arguments: dict[str, Any], permitted: Any = always) -> dict[str, bool]:
    found: dict[str, bool] = run(one.check(ANNA, facts_, arguments, permitted))
    return found


def token(kind: str = "email", value: str = "ada@example.org") -> str:
    return TOKENS.seal(scope_of("tenant", ANNA, "crm"), kind, value)


def test_arguments_that_settings_classify_are_guarded_on_third_parties() -> None:
    third = tool({"payer": "name", "filters[*].mail": "email"}, schema={"payer": TEXT})
    assert check(guard(), third, {"payer": "Ada"}) == {"payer": True}
    assert check(guard(), third, {"payer": token("name", "Ada")}) == {"payer": False}
    for arguments in ({"payer": "Ada"}, {"filters": [{"mail": "a"}]}, {"payer": ["x", token("name", "Ada")]}):
        with pytest.raises(SearchRefused, match="pass a token"):
            check(guard(), third, arguments, never)
    assert check(guard(), third, {"payer": None, "other": "Ada"}, never) == {}


def test_a_server_of_0_1_behind_a_proxy_is_guarded_by_its_contract() -> None:
    listed = {
        "name": "find",
        "inputSchema": {"type": "object", "properties": {"q": TEXT, "order_by": TEXT, "city": TEXT}},
        "_meta": {
            META_ARGUMENTS: {},
            META_SENSITIVE: {"email": "email", "full_name": "name"},
            META_EFFECT: {"effect": "read", "open": True},
            META_MENU: {"calls": ["GET /people/{team}/members"]},
        },
    }
    made = facts(listed, "crm", "crm__", ours=True, rule=ToolRule())
    assert made.resource == "members"
    for arguments in ({"q": "ad"}, {"order_by": "-full_name"}):
        with pytest.raises(SearchRefused):
            check(guard(), made, arguments, never)
    assert check(guard(), made, {"city": "Ulm", "order_by": "city"}, never) == {}


def test_the_handover_carries_what_is_searched() -> None:
    from joserfc.jwk import ECKey

    from adaptgen.govern.identity.identity_assertion import AssertionIssuer, AssertionVerifier
    from adaptgen.govern.settings.model import Accept
    from adaptgen.model.tables import Caller

    key = ECKey.generate_key("P-256", private=True)
    handover = AssertionIssuer(key, "https://proxy.example")
    accept = Accept(issuer="https://proxy.example", audience="crm", jwks=handover.jwks())
    caller = Caller("ada", "bank", searched={"q": True, "email": False}, tokens="padded")

    async def handed() -> Caller:
        acceptance = AssertionVerifier(accept, MemoryStore())
        await acceptance.start()
        params = {"name": "find", "arguments": {}}
        return await acceptance.open(handover.sign(caller, "crm", "tools/call", params), "tools/call", params)

    got = run(handed())
    assert (dict(got.searched), got.tokens) == ({"q": True, "email": False}, "padded")
