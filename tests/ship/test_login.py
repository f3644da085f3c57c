"""A login that is deployed: what is in its bundle, what its doors let through, where it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.shipping import EMBEDDED, HTTP, LOGIN, REST, ROOT, SHA, bundle, governed, made_of, of_type, write

from adaptgen.cli.ship.deploy import _staged
from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import Bundle, package, roots, serving_files
from adaptgen.ship.bundles.shipment import read_deployable
from adaptgen.ship.bundles.target import Target
from adaptgen.ship.deployments.stages import Stage
from adaptgen.ship.stack import stack, variables

PATHS = {
    "/oauth/{proxy+}", "/login/{proxy+}", "/connections", "/connections/{proxy+}", "/approvals", "/approvals/{proxy+}",
}  # fmt: skip


def diagnostics(settings: dict[str, Any], folder: Path, kind: str = "lambda") -> list[tuple[str, int]]:
    """Codes and lines of what is refused."""
    with pytest.raises(AdaptgenError) as failed:
        package(read_deployable(write(folder, settings)), Target(kind), folder / "wheels", compile=False)  # type: ignore[arg-type]
    return [(one.code, one.where.line if one.where else 0) for one in failed.value.diagnostics]


def line_of(text: str, folder: Path) -> int:
    lines = (folder / "governance.yaml").read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.startswith(text))


def test_a_bundle_has_the_parts_of_a_login_only_for_settings_with_one(made: Callable[..., Bundle]) -> None:
    parts = {"authlib", "jinja2"}
    assert parts <= set(roots(made("login").shipment, Target()))
    assert not parts & set(roots(made("proxy").shipment, Target()))
    web = {path for path in serving_files() if path.startswith("adaptgen/web/")}
    assert web == {"adaptgen/web/__init__.py", "adaptgen/web/routes.py"}


def test_a_bundle_has_every_page() -> None:
    shown = {path.rpartition("/")[2] for path in serving_files(pages=True) if "/templates/" in path}
    assert {"layout.html", "problem.html"} <= shown


def test_a_browser_reaches_every_page_through_an_http_api(made: Callable[..., Bundle]) -> None:
    def paths(kind: str) -> set[str]:
        return {one["RouteKey"] for one in of_type(made_of(made(kind), HTTP), "AWS::ApiGatewayV2::Route")}

    # Scripts that read the metadata with a header of MCP ask first (CORS).
    assert paths("login") - paths("proxy") == {f"ANY {path}" for path in PATHS} | {
        "OPTIONS /.well-known/{proxy+}",
        "GET /",
    }


def test_a_browser_reaches_every_page_through_a_rest_api_without_a_token(made: Callable[..., Bundle]) -> None:
    def methods(kind: str) -> dict[tuple[str, str], bool]:
        """Verb and path, and whether the API itself wants a token."""
        resources = made_of(made(kind), REST)
        parts = {
            name: one["Properties"] for name, one in resources.items() if one["Type"] == "AWS::ApiGateway::Resource"
        }
        by_ref = {f"{'s' * 40}-{name}-{'X' * 12}": name for name in parts}

        def path(ref: str) -> str:
            name = by_ref.get(ref)
            return f"{path(parts[name]['ParentId'])}/{parts[name]['PathPart']}" if name else ""

        return {
            (one["HttpMethod"], path(one["ResourceId"])): "RequestValidatorId" in one
            for one in of_type(resources, "AWS::ApiGateway::Method")
        }

    more = methods("login").items() - methods("proxy").items()
    assert {verb_path for verb_path, _ in more} == {
        *(("ANY", path) for path in (*PATHS, "/oauth", "/login")),
        ("OPTIONS", "/.well-known/{proxy+}"),
        ("GET", ""),
    }
    assert not any(guarded for _, guarded in more)
    assert methods("login")["ANY", "/mcp"]


def test_a_firewall_lets_laptops_log_in_and_holds_floods_of_registrations(made: Callable[..., Bundle]) -> None:
    (acl,) = of_type(made_of(made("login"), REST), "AWS::WAFv2::WebACL")
    rules = {one["Name"]: one for one in acl["Rules"]}
    common = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
    # redirect_uri=http://127.0.0.1:… is what "remote file inclusion" looks like; sealed identifiers are long.
    assert {one["Name"] for one in common} >= {
        "GenericRFI_QUERYARGUMENTS", "GenericRFI_BODY", "SizeRestrictions_QUERYSTRING",
    }  # fmt: skip
    limited = rules["registrations"]["Statement"]["RateBasedStatement"]
    assert limited["ScopeDownStatement"]["ByteMatchStatement"]["SearchString"] == "/oauth/register"
    (acl,) = of_type(made_of(made("proxy"), REST), "AWS::WAFv2::WebACL")
    assert "registrations" not in {one["Name"] for one in acl["Rules"]}
    assert "GenericRFI_BODY" not in str(acl)


def test_the_secret_of_a_login_is_read_by_the_role_or_hidden_as_a_parameter(
    made: Callable[..., Bundle], tmp_path: Path
) -> None:
    (policy,) = stack.plain(made("login"), SHA)["Resources"]["Role"]["Properties"]["Policies"]
    assert "secret:proxy-??????" in str(policy)
    login = {"client_id": "${env:IDP_CLIENT}", "client_secret": "${env:IDP_WORD}"}
    one = bundle(write(tmp_path, LOGIN | {"login": login}))
    assert variables.secret_variables(one.shipment) == {"IDP_WORD"}
    parameters = stack.plain(one, SHA)["Parameters"]
    assert parameters["IdpWord"]["NoEcho"] is True
    assert "NoEcho" not in parameters["IdpClient"]


def test_agentcore_lets_nothing_through_but_mcp(tmp_path: Path) -> None:
    assert diagnostics(LOGIN, tmp_path, "agentcore") == [("AG143", line_of("login:", tmp_path))]


def test_an_embedded_server_can_log_people_in(tmp_path: Path) -> None:
    settings = EMBEDDED | {name: LOGIN[name] for name in ("login", "state")}
    assert "authlib" in roots(read_deployable(governed(tmp_path, settings)), Target())


def test_the_example_is_the_proxy_of_the_guide_with_a_login() -> None:
    found = [read_deployable(ROOT / "specs/proxy" / name) for name in ("governance.yaml", "login.yaml")]
    plain, login = (json.loads(one.files[one.governance]) for one in found)
    assert login.pop("login")["client_secret"].startswith("${secret:")
    assert login == plain


def test_the_stage_of_a_proxy_names_its_settings() -> None:
    """``governance: ../login.yaml`` in the stage file, as for a server."""
    settings = str(ROOT / "specs/proxy/login.yaml")
    stage = Stage("web", "web.yaml", "123456789012", "eu-central-1", "bundles", "proxy-web", governance=settings)
    options = _staged(SimpleNamespace(what=ROOT / "specs/proxy/governance.yaml", profile=None), stage)
    assert read_deployable(options.what, options.governance).settings.login is not None
