"""Policies for AgentCore Gateway: they fit its schema, and decide every call as ours do."""

from __future__ import annotations

import json
from typing import Any

import cedarpy
import pytest
from support.crm import ROOT, TOOLS

from adaptgen.cedar_schema import Record, schema_text
from adaptgen.cli.govern.policy import folder_actions, read_policies
from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.authorization import cedar_context as lowering
from adaptgen.govern.authorization import policies
from adaptgen.govern.authorization.agentcore import Gateway, render
from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
from adaptgen.govern.settings.model import Claims
from adaptgen.model.tables import Caller

ARN = "arn:aws:bedrock-agentcore:eu-central-1:111122223333:gateway/crm-a1b2c3"
ACTIONS = {one.id: one for one in folder_actions(ROOT / "generated" / "crm")}


def gateway(**claims: str) -> Gateway:
    given = Claims(**{"tenant": "org", "groups": "groups", **claims})  # type: ignore[arg-type]
    return Gateway(arn=ARN, server="crm", target="CRM", actions=ACTIONS.values(), claims=given)


def gateway_schema() -> str:
    """The schema that the service documents for the CRM's tools (policy-schema-constraints)."""
    lines = [
        "namespace AgentCore {",
        "entity OAuthUser { id: String } tags String;",
        "entity Gateway;",
        "action Mcp; action CallTool in [Mcp];",
    ]
    for action in ACTIONS.values():
        name = action.id.replace("crm__", "CRM___")
        context = schema_text([action]).split("context: ")[-1].rsplit(",\n};", 1)[0]
        applies = f"principal: OAuthUser, resource: Gateway, context: {context}"
        lines.append(f'action "{name}" in [CallTool] appliesTo {{ {applies} }};')
    return "\n".join([*lines, "}"])


def tags(caller: Caller) -> dict[str, str]:
    """Every claim is a string; a list is its JSON text."""
    claims: dict[str, Any] = {"sub": caller.sub, "groups": list(caller.groups), **caller.claims}
    if caller.tenant:
        claims["org"] = caller.tenant
    return {
        name: one if isinstance(one, str) else json.dumps(one, separators=(",", ":")) for name, one in claims.items()
    }


def at_gateway(text: str, caller: Caller, tool: str, arguments: Any) -> bool:
    """The decision of the rendered policies."""
    record: Record = ACTIONS[f"crm__{tool}"].input
    user = {"type": "AgentCore::OAuthUser", "id": caller.sub}
    entity = {"uid": user, "attrs": {"id": caller.sub}, "parents": [], "tags": tags(caller)}
    request = {
        "principal": user,
        "action": {"type": "AgentCore::Action", "id": f"CRM___{tool}"},
        "resource": {"type": "AgentCore::Gateway", "id": ARN},
        "context": lowering.context(record, arguments, None),
    }
    answer = cedarpy.is_authorized(request, text, json.dumps([entity]), gateway_schema())
    assert not answer.diagnostics.errors
    return answer.allowed


@pytest.fixture(scope="module")
def crm() -> str:
    found = read_policies(ROOT / "specs" / "crm" / "governance.yaml")
    return "\n".join(one.text for one in render(policies.read(found.files), gateway(), found.default))


def test_the_policies_of_the_crm_fit_the_schema_of_the_gateway(crm: str) -> None:
    verdict = cedarpy.validate_policies(crm, gateway_schema())

    assert verdict.validation_passed, verdict.errors
    assert "detokenize" not in crm
    assert 'Action::"read"' not in crm


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "condition",
    [
        'principal.sub == "ann"',
        'principal.tenant == "acme"',
        'principal.tenant == ""',
        'principal in Group::"acme/sales"',
        'principal in [Group::"acme/other", Group::"sales"]',
        'principal == Caller::"acme/ann"',
        'principal != Caller::"acme/ann"',
        'principal.groups.containsAll(["sales", "admin"])',
        'principal.groups.containsAny(["ales", "sale"])',
        'principal.claims has department && principal.claims.department == "north"',
        'principal.lists has roles && principal.lists.roles.contains("buyer")',
        'action == Action::"crm__pay_invoice"',
        'action in Action::"delete"',
        'action != Action::"crm__pay_invoice"',
        'resource == Server::"crm" && resource.name == "crm"',
        "principal is Caller && resource is Server",
        'if context.input.amount.lessThan(decimal("200.0")) then context has input else principal has sub',
    ],
)
@pytest.mark.parametrize(
    "caller",
    [
        Caller("ann", "acme", ("sales", "admin"), {"department": "north", "roles": ["buyer"]}),
        Caller("bob", "acme", ("presales",), {"department": "south", "roles": "buyer"}),
        Caller("ann", "", ("sales",), {}),
    ],
    ids=["ann", "bob", "nobody's ann"],
)
async def test_each_form_of_condition(condition: str, caller: Caller) -> None:
    text = f'permit (principal, action == Action::"crm__pay_invoice", resource) when {{ {condition} }};'
    cedar = CedarAuthorizer(claims=("department", "roles"), default="read")
    await cedar.load({"p.cedar": text}, TOOLS)
    arguments = {"invoiceId": 1, "amount": 100}
    rendered = "\n".join(one.text for one in render(policies.read({"p.cedar": text}), gateway(), "read"))

    ours = (await cedar.decide(caller, TOOLS["pay_invoice"], arguments)).allowed

    assert at_gateway(rendered, caller, "pay_invoice", arguments) is ours


@pytest.mark.parametrize(
    ("condition", "claims", "why"),
    [
        ('principal.groups == ["a"]', {}, "`principal.groups`"),
        ("principal.groups.contains(principal.sub)", {}, "not written out"),
        ('principal.groups.contains("a\\"b")', {}, "JSON escapes"),
        ('principal.groups.contains("a")', {"groups": ""}, "authenticate.caller"),
        ('principal.groups.contains("a")', {"groups": "realm_access.roles"}, "inside another one"),
        ('principal.tenant == "a"', {"tenant": ""}, "authenticate.caller"),
        ("context == {input: {}}", {}, "`context`"),
        ('{a: Group::"x"} has a', {}, "an entity"),
    ],
)
def test_what_cannot_be_said_names_the_policy(condition: str, claims: dict[str, str], why: str) -> None:
    written_here = policies.read(
        {"p.cedar": f'@id("odd") permit (principal, action, resource) when {{ {condition} }};'}
    )

    with pytest.raises(AdaptgenError) as caught:
        render(written_here, gateway(**claims))

    (found,) = caught.value.diagnostics
    assert "'odd'" in found.message
    assert why in found.message
    assert str(found.where) == "p.cedar:1:1"


def test_a_bare_action_says_nothing_about_other_targets() -> None:
    (_, statement) = render(policies.read({"p.cedar": "forbid (principal, action, resource);"}), gateway(), "read")

    assert statement.text.count("AgentCore::Action::") == len(TOOLS)
    assert f'AgentCore::Gateway::"{ARN}"' in statement.text


def test_a_policy_for_another_server_is_left_out() -> None:
    text = 'permit (principal, action, resource == Server::"billing");'

    assert [one.id for one in render(policies.read({"p.cedar": text}), gateway(), "read")] == ["default-read"]


@pytest.mark.parametrize("annotation", ["approval", "once"])
def test_what_an_annotation_asks_for_cannot_be_said(annotation: str) -> None:
    """Left out, the annotation would let the call through without it."""
    text = f'@{annotation}("1h") permit (principal, action == Action::"crm__create_contact", resource);'

    with pytest.raises(AdaptgenError, match=f"@{annotation} would not hold there"):
        render(policies.read({"p.cedar": text}), gateway())


def test_who_approves_does_not_concern_the_gateway() -> None:
    text = 'permit (principal, action == Action::"approve", resource) when { !context.own };'

    assert [one.id for one in render(policies.read({"p.cedar": text}), gateway(), "read")] == ["default-read"]
