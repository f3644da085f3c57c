"""Who somebody is: groups that are not what they look like, and keys that nobody can confirm any more."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from support.idp import Idp

from adaptgen.govern.identity.authenticator import Authenticator
from adaptgen.govern.identity.claims import UnusableClaim, caller
from adaptgen.govern.settings.model import Authenticate, Claims, Listen, Settings
from adaptgen.mcp.protocol import Challenge, Context

RESOURCE = "https://mcp.bank.example/mcp"
pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize(
    "value", ["sales admin", "sales,admin", "sales, admin", '["sales", "admin"]', "admin", "sales;admin", "s a l e s"]
)
@pytest.mark.parametrize("claim", ["groups", "cognito:groups", "roles"])
async def test_one_string_is_one_group(value: str, claim: str) -> None:
    rules = Claims(groups=claim)
    assert caller({"sub": "ann", claim: value}, rules).groups == (value,)
    assert caller({"sub": "ann", claim: [value, "staff"]}, rules).groups == (value, "staff")


async def test_groups_that_are_there_are_there() -> None:
    for claim, value, groups in (
        ("groups", ["sales", "staff"], ("sales", "staff")),
        ("groups", "", ()),
        ("groups", [], ()),
        ("realm.roles", ["a b"], ("a b",)),
        ("scope", "read write", ("read", "write")),
        ("scp", "read write", ("read", "write")),
    ):
        claims: dict[str, Any] = {"sub": "ann"}
        claims |= {"realm": {"roles": value}} if claim == "realm.roles" else {claim: value}
        assert caller(claims, Claims(groups=claim)).groups == groups
    with pytest.raises(UnusableClaim):
        caller({"sub": "ann", "groups": {"sales": True}}, Claims(groups="groups"))


async def test_groups_that_do_not_fit_into_the_token_are_not_no_groups() -> None:
    """OpenID Connect Core, 5.6.2: the token says where the claim is. ``forbid … contains("contractors")`` must hold."""
    source = {"src1": {"endpoint": "https://graph.example/users/1/getMemberObjects"}}
    overage = {"sub": "ann", "_claim_names": {"groups": "src1"}, "_claim_sources": source}
    with pytest.raises(UnusableClaim) as caught:
        caller(overage, Claims(groups="groups"))
    assert caught.value.about == "groups"
    with pytest.raises(UnusableClaim):
        caller({**overage, "groups": ["staff"]}, Claims(groups="groups"))
    with pytest.raises(UnusableClaim):
        caller({**overage, "_claim_names": {"realm": "src1"}}, Claims(groups="realm.roles"))
    assert caller(overage, Claims(groups="roles")).groups == ()
    assert caller({**overage, "roles": ["admin"]}, Claims(groups="roles")).groups == ("admin",)


# ----------------------------------------------------------------------------------------------------------- stale keys


class Clock:
    """Wall-clock time that a test moves."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


@pytest_asyncio.fixture
async def idp() -> AsyncIterator[Idp]:
    made = Idp()
    await made.start()
    yield made
    await made.stop()


async def started(idp: Idp, clock: Clock, **rules: Any) -> Authenticator:
    given = Authenticate(issuer=idp.url, audience=(RESOURCE,), leeway=30.0, **rules)
    made = Authenticator(Settings(authenticate=given, listen=Listen(resource=RESOURCE)), clock=clock)
    await made.start()
    return made


async def let_in(made: Authenticator, token: str) -> bool:
    try:
        await made({"authorization": f"Bearer {token}"}, Context(request_id="r"))
    except Challenge:
        return False
    return True


BROKEN = {
    "an error": (500, {}, b""),
    "no keys": (200, {}, {"keys": []}),
    "no JSON": (200, {}, b"<html>"),
    "a redirect": (302, {"location": "https://elsewhere.example/"}, b""),
}


@pytest.mark.parametrize("verified", [False, "false", None, 0])
async def test_an_address_that_nobody_has_checked_is_nobody(verified: object) -> None:
    """OpenID Connect Core, 5.7: such an address may be somebody else's."""
    wanted = Claims(sub="email")
    given = {"sub": "x", "email": "ann@bank.example"}
    assert caller(given, wanted).sub == "ann@bank.example"
    assert caller({**given, "email_verified": True}, wanted).sub == "ann@bank.example"
    with pytest.raises(UnusableClaim):
        caller({**given, "email_verified": verified}, wanted)
    assert caller({**given, "email_verified": verified}, Claims()).sub == "x"


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("stale", [3600.0, 900.0])
async def test_keys_that_cannot_be_confirmed_end(
    idp: Idp, answer: Any, stale: float, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    made = await started(idp, clock, **({} if stale == 3600.0 else {"stale": stale}))
    token = idp.issue(exp=int(clock.now) + 100_000)
    assert await let_in(made, token)
    keys = idp.answers.get("/jwks")
    idp.answers["/jwks"] = answer
    for passed in (310.0, stale - 400.0, 50.0):
        clock.now += passed
        assert await let_in(made, token), "the last good keys still count"
    clock.now += 100.0
    assert not await let_in(made, token), "a token that was accepted before"
    assert not await let_in(made, idp.issue(sub="eve", exp=int(clock.now) + 100)), "a token that was never seen"
    assert "nobody is let in" in caplog.text
    clock.now += 31.0
    if keys is None:
        del idp.answers["/jwks"]
    assert await let_in(made, token), "the issuer answers again"
    await made.aclose()


async def test_an_issuer_that_is_gone_lets_nobody_in(idp: Idp) -> None:
    clock = Clock()
    made = await started(idp, clock)
    token = idp.issue(exp=int(clock.now) + 100_000)
    await idp.stop()
    clock.now += 3000
    assert await let_in(made, token)
    clock.now += 700
    assert not await let_in(made, token)
    await made.aclose()
