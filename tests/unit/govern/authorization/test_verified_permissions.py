"""Verified Permissions: what is asked of the service and what its answers mean, as botocore's model has them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from support.aws_transcripts import Transcript, fixed_keys
from support.policies import ANN, TOOLS, facts

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.authorization.authorizer import Decision
from adaptgen.govern.authorization.verified_permissions import VerifiedPermissions
from adaptgen.model.tables import Caller
from adaptgen.runtime.aws.api import AwsApi

STORE = "PSEXAMPLEabcdefg111111"
ARN = f"arn:aws:verifiedpermissions::123456789012:policy-store/{STORE}"
FOUND = {
    "policyStoreId": STORE,
    "arn": ARN,
    "validationSettings": {"mode": "STRICT"},
    "createdDate": "2026-01-01T00:00:00Z",
    "lastUpdatedDate": "2026-01-01T00:00:00Z",
}


@pytest.fixture
def service() -> Iterator[Transcript]:
    made = Transcript("verifiedpermissions")
    made.expect("GetPolicyStore", FOUND, {"policyStoreId": STORE})
    yield made
    made.done()


async def loaded(service: Transcript, **options: Any) -> VerifiedPermissions:
    made = VerifiedPermissions(STORE, claims=("department",), api=service.api, **options)
    await made.load({}, TOOLS)
    return made


def answer(decision: str, *policies: str, errors: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "decision": decision,
        "determiningPolicies": [{"policyId": one} for one in policies],
        "errors": [{"errorDescription": one} for one in errors],
    }


def policy(statement: str = "", *, template: str = "") -> dict[str, Any]:
    """What GetPolicy says of the policy P1: a text of its own, or linked to a template."""
    who = {"entityType": "Group", "entityId": "g"}
    linked = {"templateLinked": {"policyTemplateId": template, "principal": who}}
    return {
        "policyStoreId": STORE,
        "policyId": "P1",
        "policyType": "TEMPLATE_LINKED" if template else "STATIC",
        "definition": linked if template else {"static": {"statement": statement}},
        "createdDate": "2026-01-01T00:00:00Z",
        "lastUpdatedDate": "2026-01-01T00:00:00Z",
    }


def asked(caller: Caller, action: str, context: Any, server: str = "crm") -> dict[str, Any]:
    """The request, written out for a caller of a tenant with one group."""
    who, group = f"{caller.tenant}/{caller.sub}", f"{caller.tenant}/{caller.groups[0]}"
    attributes = {
        "sub": caller.sub,
        "tenant": caller.tenant,
        "groups": list(caller.groups),
        "claims": {"department": "north"},
        "lists": {"department": ["north"]},
    }
    entities = [
        {"uid": {"type": "Caller", "id": who}, "attrs": attributes, "parents": [{"type": "Group", "id": group}]},
        {"uid": {"type": "Group", "id": group}, "attrs": {}, "parents": []},
        {"uid": {"type": "Server", "id": server}, "attrs": {"name": server}, "parents": []},
    ]
    return {
        "policyStoreId": STORE,
        "principal": {"entityType": "Caller", "entityId": who},
        "action": {"actionType": "Action", "actionId": action},
        "resource": {"entityType": "Server", "entityId": server},
        "context": {"cedarJson": json.dumps(context, separators=(",", ":"))},
        "entities": {"cedarJson": json.dumps(entities, separators=(",", ":"))},
    }


@pytest.mark.asyncio
async def test_a_call_is_decided_by_the_store(service: Transcript) -> None:
    cedar = await loaded(service)
    context = {"input": {"amount": {"__extn": {"fn": "decimal", "arg": "12.5000"}}, "id": 7}, "paths": []}
    service.expect("IsAuthorized", answer("ALLOW", "P1"), asked(ANN, "crm__pay", context))
    service.expect(
        "GetPolicy", policy("permit (principal, action, resource);"), {"policyStoreId": STORE, "policyId": "P1"}
    )
    service.expect("IsAuthorized", answer("DENY", "P2"), asked(ANN, "crm__pay", {"input": {}, "paths": []}))

    assert await cedar.decide(ANN, TOOLS["pay"], {"id": 7, "amount": 12.5}) == Decision(True, ("P1",))
    assert await cedar.decide(ANN, TOOLS["pay"], {}) == Decision(False, ("P2",), "a policy forbids it")


ASKING = '@id("a") @approval("1h") permit (principal, action, resource);'
PLAIN = 'permit (principal, action, resource) // @approval("1h")\nwhen { context.note == "@once(1h)" };'


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("statements", "allowed"),
    [((ASKING,), False), ((ASKING.replace("approval", "once"),), False), ((PLAIN,), True), ((ASKING, PLAIN), True)],
)
async def test_a_write_whose_policy_asks_for_an_approval_is_refused(
    service: Transcript, statements: tuple[str, ...], allowed: bool
) -> None:
    """The decision does not say so, and nothing could enforce it: the policies that permit are read, once."""
    cedar = await loaded(service)
    ids = [f"P{number}" for number in range(len(statements))]
    for first in (True, False):
        service.expect("IsAuthorized", answer("ALLOW", *ids))
        for one in statements if first else ():
            service.expect("GetPolicy", policy(one))

        assert (await cedar.decide(ANN, TOOLS["pay"], {})).allowed is allowed


@pytest.mark.asyncio
async def test_what_else_such_a_policy_permits_is_refused_too(service: Transcript) -> None:
    """Reads, and clear text: there, too, nobody would be asked."""
    cedar = await loaded(service)
    service.expect("IsAuthorized", answer("ALLOW", "P1"))
    service.expect("GetPolicy", policy(ASKING))
    service.expect("IsAuthorized", answer("ALLOW", "P1"))

    assert not (await cedar.decide(ANN, TOOLS["search"], {})).allowed
    assert not (await cedar.detokenize(ANN, TOOLS["find"], "email")).allowed


@pytest.mark.asyncio
async def test_the_template_of_a_linked_policy_counts(service: Transcript) -> None:
    cedar = await loaded(service)
    service.expect("IsAuthorized", answer("ALLOW", "P1"))
    service.expect("GetPolicy", policy(template="T1"))
    template = {"policyStoreId": STORE, "policyTemplateId": "T1", "statement": ASKING}
    dates = dict.fromkeys(("createdDate", "lastUpdatedDate"), "2026-01-01T00:00:00Z")
    service.expect("GetPolicyTemplate", {**template, **dates}, {"policyStoreId": STORE, "policyTemplateId": "T1"})

    assert "@approval" in (await cedar.decide(ANN, TOOLS["pay"], {})).reason


@pytest.mark.asyncio
async def test_a_write_whose_policy_cannot_be_read_is_refused(service: Transcript) -> None:
    cedar = await loaded(service)
    service.expect("IsAuthorized", answer("ALLOW", "P1"))
    service.refuse("GetPolicy", "AccessDeniedException", "no")

    assert not (await cedar.decide(ANN, TOOLS["pay"], {})).allowed


@pytest.mark.asyncio
async def test_what_no_policy_decides_is_refused_unless_reading_is_the_default(service: Transcript) -> None:
    cedar = await loaded(service)
    service.expect("IsAuthorized", answer("DENY"))
    assert await cedar.decide(ANN, TOOLS["find"], {}) == Decision(False, (), "no policy permits it")
    service.expect("GetPolicyStore", FOUND)
    cedar = await loaded(service, default="read")
    for _ in range(3):
        service.expect("IsAuthorized", answer("DENY"))
    assert await cedar.decide(ANN, TOOLS["find"], {}) == Decision(True, ("default-read",))
    assert await cedar.decide(ANN, TOOLS["pay"], {}) == Decision(False, (), "no policy permits it")
    assert await cedar.decide(ANN, TOOLS["search"], {}) == Decision(False, (), "no policy permits it")


@pytest.mark.asyncio
async def test_a_policy_that_fails_refuses(service: Transcript) -> None:
    cedar = await loaded(service)
    service.expect("IsAuthorized", answer("ALLOW", "P1", errors=("overflow",)))
    service.expect("IsAuthorized", answer("DENY", errors=("overflow",)))

    assert not (await cedar.decide(ANN, TOOLS["pay"], {})).allowed
    assert not (await cedar.decide(ANN, TOOLS["find"], {})).allowed


@pytest.mark.asyncio
async def test_a_service_that_fails_refuses_and_tells_no_value(service: Transcript) -> None:
    cedar = await loaded(service)
    service.refuse("IsAuthorized", "ThrottlingException", "secret-value")

    decision = await cedar.decide(ANN, TOOLS["find"], {})

    assert decision == Decision(False, (), "no decision could be had: ThrottlingException")


@pytest.mark.asyncio
async def test_a_service_that_does_not_answer_in_time_refuses() -> None:
    async def slow(request: httpx.Request) -> httpx.Response:
        if request.headers["x-amz-target"].endswith("IsAuthorized"):
            await asyncio.sleep(10)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    api = AwsApi("verifiedpermissions", "eu-central-1", keys=fixed_keys, transport=httpx.MockTransport(slow))
    cedar = VerifiedPermissions(STORE, api=lambda: api)
    await cedar.load({}, TOOLS)
    cedar._timeout = 0.02

    decision = await cedar.decide(ANN, TOOLS["pay"], {})

    assert decision == Decision(False, (), "no decision could be had: TimeoutError")


@pytest.mark.asyncio
async def test_what_cedar_cannot_hold_is_not_asked(service: Transcript) -> None:
    cedar = await loaded(service)

    assert not (await cedar.decide(ANN, TOOLS["find"], {"amount": 1e30})).allowed
    assert not (await cedar.decide(ANN, TOOLS["find"], {"anything": {"__entity": {}}})).allowed


@pytest.mark.asyncio
async def test_tokens_and_resources_are_decided_too(service: Transcript) -> None:
    cedar = await loaded(service)
    context = {"tool": "crm__find", "effect": "read", "kind": "email"}
    service.expect("IsAuthorized", answer("ALLOW", "P1"), asked(ANN, "detokenize", context))
    service.expect("GetPolicy", policy(PLAIN))
    service.expect("IsAuthorized", answer("DENY"), asked(ANN, "resource", {"name": "file:///a"}, "other"))

    assert (await cedar.detokenize(ANN, TOOLS["find"], "email")).allowed
    assert not (await cedar.other(ANN, "other", "resource", "file:///a")).allowed


@pytest.mark.asyncio
async def test_log_only_permits_and_says_so(service: Transcript) -> None:
    cedar = await loaded(service, mode="log_only")
    service.expect("IsAuthorized", answer("DENY", "P2"))

    decision = await cedar.decide(ANN, TOOLS["pay"], {})

    assert decision == Decision(True, ("P2",), "a policy forbids it", logged_only=True)


@pytest.mark.asyncio
async def test_the_list_leaves_out_only_tools_that_are_not_known(service: Transcript) -> None:
    cedar = await loaded(service)

    assert await cedar.visible(ANN, {**TOOLS, "new": facts("new")}) == TOOLS.keys()
    assert not (await cedar.decide(ANN, facts("new"), {})).allowed


@pytest.mark.asyncio
async def test_a_store_that_is_not_there_is_told_at_start() -> None:
    service = Transcript("verifiedpermissions")
    service.refuse("GetPolicyStore", "ResourceNotFoundException", "no such store")
    with pytest.raises(AdaptgenError, match="AG072: the policy store cannot be used: ResourceNotFoundException"):
        await VerifiedPermissions(STORE, api=service.api).load({}, TOOLS)


@pytest.mark.asyncio
@pytest.mark.parametrize(("store", "files"), [("", {}), (STORE, {"p.cedar": "permit (principal, action, resource);"})])
async def test_settings_that_would_not_be_read_are_told_at_start(store: str, files: dict[str, str]) -> None:
    with pytest.raises(AdaptgenError, match="AG072"):
        await VerifiedPermissions(store, api=Transcript("verifiedpermissions").api).load(files, TOOLS)
