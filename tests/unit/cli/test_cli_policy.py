"""``adaptgen policy``, and what ``adaptgen build`` says of policies."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cedarpy
import pytest

from adaptgen.cli import main

BUILT = "generated/notes"
DELETE = 'permit (principal, action == Action::"notes__delete_note", resource)'


@pytest.fixture
def built(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["build", "specs/notes.json"]) == 0
    capsys.readouterr()
    return workplace


def write(text: str, path: str = "specs/notes/policies/a.cedar") -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


TENANTS = """\
adaptgen: 1
local: {groups: [staff]}
authenticate: {issuer: "https://idp.example/", audience: "https://mcp.example/mcp", caller: {tenant: org, groups: g}}
authorize: {policies: [policies/]}
"""
NO_TENANTS = TENANTS.replace("tenant: org, ", "")


@pytest.mark.parametrize(
    ("settings", "forbid", "said"),
    [
        (TENANTS, '(principal in Group::"staff", action, resource);', 'and Group::"staff" has none'),
        (TENANTS, '(principal == Caller::"ann", action, resource);', 'with a tenant, and Caller::"ann" has none'),
        (TENANTS, '(principal is Caller in Group::"staff", action, resource);', 'Group::"staff" has none'),
        (TENANTS, '{ANY} when { principal in Group::"staff" && context has input };', "has none"),
        (TENANTS, '{ANY} when { principal in [Group::"a", Group::"b"] };', 'Group::"a" has none'),
        (NO_TENANTS, '(principal in Group::"bank/staff", action, resource);', 'Group::"bank/staff" has one'),
        (TENANTS, '(principal, action, resource == Server::"note");', "no server is called 'note'"),
        (TENANTS, '{ANY} when { resource.name == "note" };', "no server is called 'note'"),
        (TENANTS, '{DETOKENIZE} when { context.tool == "notes__x" };',
         "no tool is called 'notes__x'"),
        (TENANTS, '{DETOKENIZE} when { ["x"].contains(context.tool) };',
         "no tool is called 'x'"),
        (TENANTS, '(principal in Group::"bank/staff", action, resource == Server::"notes");', ""),
        (TENANTS, '(principal, action, resource) unless { principal in Group::"staff" };', ""),
        (TENANTS, '{ANY} when { principal.groups.contains("staff") };', ""),
        (TENANTS, '{ANY} when { principal in [Group::"a", Group::"bank/b"] };', ""),
        (NO_TENANTS, '(principal in Group::"staff", action, resource);', ""),
        (NO_TENANTS, '(principal in Group::"//staff", action, resource);', ""),
        ("", '(principal in Group::"staff", action, resource);', ""),
        (TENANTS + "mode: proxy\nupstreams: {notes: {url: 'https://n.example'}, crm: {url: 'https://c.example'}}\n",
         '(principal, action, resource == Server::"crm");', ""),
        (TENANTS, '{DETOKENIZE} when { context.tool == "notes__get_note" };', ""),
    ],
)  # fmt: skip
def test_a_forbid_that_matches_nobody_is_said(
    built: Path, capsys: pytest.CaptureFixture[str], settings: str, forbid: str, said: str
) -> None:
    detokenize = '(principal, action == Action::"detokenize", resource)'
    forbid = forbid.replace("{ANY}", "(principal, action, resource)").replace("{DETOKENIZE}", detokenize)
    write(f"forbid {forbid}")
    if settings:
        write(settings, "specs/notes/governance.yaml")
    for source in ("specs/notes/policies", "specs/notes/governance.yaml") if settings else ("specs/notes/policies",):
        assert main(["policy", "check", source, BUILT]) == 0
        err = capsys.readouterr().err
        assert ("forbids nothing" in err, said in err) == (bool(said), True)
        assert not said or "specs/notes/policies/a.cedar:1:" in err


def test_check_finds_the_server_that_belongs_to_policies(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(f"{DELETE};")
    write("adaptgen: 1\nauthorize: {default: read, policies: [policies/]}\n", "specs/notes/governance.yaml")
    assert main(["build", "specs/notes.json", "--quiet"]) == 0
    capsys.readouterr()

    assert main(["policy", "check", "specs/notes/governance.yaml"]) == 0
    assert main(["policy", "check", "specs/notes/policies"]) == 0
    assert capsys.readouterr().out == "1 policy checked against 3 tools\n" * 2
    write(f"{DELETE};", "elsewhere/a.cedar")
    assert main(["policy", "check", "elsewhere"]) == 2
    assert "no generated server belongs to these policies" in capsys.readouterr().err


def test_check_warns_of_approvals_that_nobody_gives(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(f'@approval("1h") {DELETE};')
    assert main(["policy", "check", "specs/notes/policies", BUILT]) == 0
    assert "specs/notes/policies/a.cedar:1:1: warning AG142: policy 'a.cedar#1' asks" in capsys.readouterr().err
    assert main(["build", "specs/notes.json"]) == 0
    assert "warning AG142" in capsys.readouterr().err

    write(f'@approval("1h") {DELETE};\npermit (principal, action == Action::"approve", resource);')
    assert main(["policy", "check", "specs/notes/policies", BUILT]) == 0
    assert "AG142" not in capsys.readouterr().err


def test_check_without_policies_says_so(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "specs/gone", BUILT]) == 2
    assert "there is no such file or folder" in capsys.readouterr().err


def test_the_schema_is_cedars_in_both_forms(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "schema", BUILT]) == 0
    text = capsys.readouterr().out
    assert main(["policy", "schema", BUILT, "--json"]) == 0
    same = json.loads(capsys.readouterr().out)

    policy = f'{DELETE} when {{ context.input.id == 7 && principal.groups.contains("a") }};'
    assert cedarpy.validate_policies(policy, text)
    assert cedarpy.validate_policies(policy, same)
    assert same[""]["actions"].keys() >= {"notes__list_notes", "notes__delete_note"}


def test_agentcore_as_text_and_as_json(built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(f'@id("tidy-up") {DELETE} when {{ principal.groups.contains("admin") }};')
    write("adaptgen: 1\nauthorize: {default: read, policies: [policies/]}\n", "specs/notes/governance.yaml")
    command = [
        "policy",
        "agentcore",
        "specs/notes/governance.yaml",
        BUILT,
        "--gateway-arn",
        "arn:x",
        "--target",
        "Notes",
    ]

    assert main(command) == 0
    text = capsys.readouterr().out
    assert 'AgentCore::Action::"Notes___delete_note"' in text
    assert main([*command, "--json"]) == 0
    statements = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in statements] == ["default_read", "tidy_up"]
    assert "\n".join(one["statement"] for one in statements) in text.replace("// tidy-up\n", "")


def test_build_holds_policies_against_a_server_that_is_up_to_date(
    built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("permit (principal, action, resourc);")

    assert main(["build", "specs/notes.json"]) == 2
    assert "specs/notes/policies/a.cedar:1:28: error AG072" in capsys.readouterr().err


def test_build_without_cedarpy_warns(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("not looked at")
    monkeypatch.setitem(sys.modules, "cedarpy", None)

    assert main(["build", "specs/notes.json"]) == 0
    assert "warning AG072: the policies were not validated: cedarpy is not installed" in capsys.readouterr().err

    assert main(["build", "specs/notes.json", "--json"]) == 0
    assert "AG072" in [one["code"] for one in json.loads(capsys.readouterr().out)["diagnostics"]]
