"""Which stacks come in which order, and what each gets from the others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.fleets import proxy, write_fleet, write_server, write_yaml
from support.shipping import ROOT

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.bundles.target import Target
from adaptgen.ship.deployments.planning import plan_stage
from adaptgen.ship.fleet.links import find_links
from adaptgen.ship.fleet.members import Member, find_members
from adaptgen.ship.fleet.naming import ROLE, role_name
from adaptgen.ship.fleet.plan import make_plan, outputs_of, parameters_of, said_by


@pytest.fixture
def specs(tmp_path: Path) -> Path:
    return write_fleet(tmp_path, ("billing", "crm"))


def order(members: tuple[Member, ...], known: Any) -> list[tuple[str, list[str]]]:
    steps = make_plan(members, find_links(members), known)
    return [(step.member.name, sorted(link.parameter for link in step.later)) for step in steps]


def there(name: str, role: str = "") -> Any:
    """What is known of a stack that exists."""
    role = role or role_name(f"{name}-dev", "eu-central-1")
    arn = f"arn:aws:iam::123456789012:role/{role}"
    return {"Url": f"https://{name}.url.example/mcp", "FunctionArn": f"arn:{name}", "RoleArn": arn}


# ------------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("stack", ["crm-dev", "a" * 128, "a" * 127 + "b"])
def test_names_of_roles_fit_and_differ(stack: str) -> None:
    names = {role_name(stack, region) for region in ("eu-central-1", "us-gov-west-1")}
    assert len(names) == 2
    assert all(len(one) <= ROLE for one in names)
    assert role_name(stack, "eu-central-1") != role_name(stack + "x", "eu-central-1")


# ----------------------------------------------------------------------------------------------------------- members


def test_the_settings_of_a_proxy_bring_its_servers(specs: Path) -> None:
    write_server(specs.parent, "hr")
    found = find_members(specs / "proxy" / "governance.yaml", "dev")
    assert [one.name for one in found] == ["billing", "crm", "proxy"]


def test_what_cannot_be_one_fleet_is_an_error(specs: Path) -> None:
    with pytest.raises(AdaptgenError, match="no folder has a file for the stage 'live'"):
        find_members(specs, "live")
    stage = specs / "crm" / "stages" / "dev.yaml"
    text = stage.read_text()
    stage.write_text(text + "stack: billing-dev\n")
    with pytest.raises(AdaptgenError, match="crm and billing have the same stack"):
        find_members(specs, "dev")
    stage.write_text(text.replace("123456789012", "123456789013"))
    with pytest.raises(AdaptgenError, match="crm is for account 123456789013"):
        find_members(specs, "dev")
    (specs / "new" / "stages").mkdir(parents=True)
    (specs / "new" / "stages" / "dev.yaml").write_text(text.partition("governance")[0])
    with pytest.raises(AdaptgenError, match="no server is built") as problem:
        find_members(specs, "dev")
    assert {one.code for one in problem.value.diagnostics} == {"AG116"}


# ------------------------------------------------------------------------------------------------------------- links


@pytest.mark.parametrize(("said", "message"), [
    ({"handover": "other"}, "makes identities for 'other', and crm accepts 'crm'"),
    ({"handover": ""}, "hands it no identity"),
    ({"auth": "none"}, "does not sign requests"),
])  # fmt: skip
def test_settings_that_contradict_each_other_are_an_error_at_their_place(
    specs: Path, said: dict[str, Any], message: str
) -> None:
    settings = proxy(["billing", "crm"])
    settings["upstreams"]["crm"] |= said
    if not settings["upstreams"]["crm"]["handover"]:
        del settings["upstreams"]["crm"]["handover"]
    write_yaml(specs / "proxy" / "governance.yaml", settings)
    with pytest.raises(AdaptgenError, match=message) as problem:
        find_links(find_members(specs, "dev"))
    (found,) = problem.value.diagnostics
    assert found.code == "AG117"
    assert found.where is not None
    assert found.where.line


def test_a_server_that_checks_tokens_itself_gets_no_identities(specs: Path) -> None:
    settings = {key: text for key, text in proxy(["crm"]).items() if key not in ("upstreams", "mode")}
    settings["keys"] = {key: text for key, text in settings["keys"].items() if key != "handover"}
    settings["keys"]["cursors"] = "${secret:crm#cursors}"
    write_yaml(specs / "crm" / "behind.yaml", settings)
    (specs / "crm" / "policies").mkdir()
    (specs / "crm" / "policies" / "all.cedar").write_text("permit (principal, action, resource);\n")
    with pytest.raises(AdaptgenError, match="hands identities to crm, and crm is mode: embedded"):
        find_links(find_members(specs, "dev"))


# ------------------------------------------------------------------------------------------------------------- order


def test_where_everything_is_known_each_comes_once_and_the_proxy_last(specs: Path) -> None:
    members = find_members(specs, "dev")
    known = {pair: text for one in members for pair, text in outputs_of(one, there(one.name)).items()}
    assert order(members, known) == [("billing", []), ("crm", []), ("proxy", [])]
    without = {pair: text for pair, text in known.items() if pair[0] != "crm"}
    assert order(members, without) == [("billing", []), ("crm", []), ("proxy", [])]


def test_a_role_that_will_get_another_name_is_made_before_it_is_named(specs: Path) -> None:
    members = find_members(specs, "dev")
    known = {pair: text for one in members for pair, text in outputs_of(one, there(one.name, "made-by-aws")).items()}
    assert order(members, known) == [("proxy", []), ("billing", []), ("crm", [])]


def test_the_stage_file_has_the_last_word(specs: Path) -> None:
    path = specs / "proxy" / "stages" / "dev.yaml"
    path.write_text(
        path.read_text() + "parameters: {PROXY_RESOURCE: https://mcp.example/mcp, CrmUrl: https://c.example}\n"
    )
    members = find_members(specs, "dev")
    links = find_links(members)
    by_name = {one.name: one for one in members}
    known = said_by(members) | {("crm", "FunctionArn"): "arn:crm"}
    assert parameters_of(by_name["crm"], links, known, by_name)["ProxyResource"] == "https://mcp.example/mcp"
    assert parameters_of(by_name["proxy"], links, known, by_name) == {
        "RoleName": "proxy-dev-eu-central-1",
        "CrmArn": "arn:crm",
        "BillingUrl": "https://not-known-yet.invalid/mcp",
        "BillingArn": "arn:aws:lambda:eu-central-1:123456789012:function:not-known-yet",
    }


def test_a_domain_makes_the_public_url_known_at_once(specs: Path) -> None:
    path = specs / "proxy" / "stages" / "dev.yaml"
    path.write_text(path.read_text() + "parameters: {DomainName: mcp.example, Gateway: http, FunctionUrl: false}\n")
    members = find_members(specs, "dev")
    links = find_links(members)
    by_name = {one.name: one for one in members}
    assert parameters_of(by_name["crm"], links, said_by(members), by_name)["ProxyResource"] == "https://mcp.example/mcp"
    # The template makes it of the domain itself.
    assert "ProxyResource" not in parameters_of(by_name["proxy"], links, said_by(members), by_name)


def test_a_server_without_any_url_is_an_error(specs: Path) -> None:
    path = specs / "crm" / "stages" / "dev.yaml"
    path.write_text(path.read_text().replace("parameters:", "parameters:\n  FunctionUrl: false"))
    with pytest.raises(AdaptgenError, match="crm has no URL on AWS, and CrmUrl of proxy is to be its URL"):
        find_links(find_members(specs, "dev"))


# -------------------------------------------------------------------------------------------- the files of this folder


def test_the_files_that_the_docs_name_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """``specs/proxy`` and ``specs/crm/behind.yaml``: every parameter of their templates has a value."""
    monkeypatch.chdir(ROOT)
    members = find_members(Path("specs"), "shared")
    links = find_links(members)
    assert [one.deployable.settings.path for one in members] == ["specs/crm/behind.yaml", "specs/proxy/governance.yaml"]
    assert not [warning for one in members for warning in one.deployable.warnings]
    by_name = {one.name: one for one in members}
    for member in members:
        linked = parameters_of(member, links, said_by(members), by_name)
        stage = replace(member.stage, parameters={**member.stage.parameters, **linked})
        made = Bundle(member.deployable, Target(), "lambda_handler.handler", {})
        plan = plan_stage(made, stage, {"CRM_PASSWORD": "x"})
        assert plan.stack == f"{member.name}-shared"
        assert plan.parameters["RoleName"] == f"{member.name}-shared-eu-central-1"
