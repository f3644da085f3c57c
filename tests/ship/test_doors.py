"""Who may come in, and through which door: each front as CloudFormation would make it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.shipping import DOMAIN, HTTP, REST, SETTINGS, bundle, governed, made_of, of_type

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack import resolving, stack, versions

SHA = "0123456789abcdef" * 4
CALLS = {"ANY /mcp", "ANY /mcp/{proxy+}"}
DOORS = {"AWS::Lambda::Url", "AWS::ApiGatewayV2::Api", "AWS::ApiGateway::RestApi"}
FRONTS: dict[str, dict[str, str]] = {
    "url": {}, "none": {"FunctionUrl": "false"}, "http": {"Gateway": "http"}, "domain": HTTP, "rest": REST,
}  # fmt: skip


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize(
    ("front", "doors"),
    [("url", ["AWS::Lambda::Url"]), ("none", []), ("http", ["AWS::ApiGatewayV2::Api"]),
     ("domain", ["AWS::ApiGatewayV2::Api"]), ("rest", ["AWS::ApiGateway::RestApi"])],
)  # fmt: skip
def test_a_stack_has_one_door_at_most(made: Callable[..., Bundle], kind: str, front: str, doors: list[str]) -> None:
    resources = made_of(made(kind), FRONTS[front])
    assert [one["Type"] for one in resources.values() if one["Type"] in DOORS] == doors


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("front", FRONTS)
def test_a_door_without_a_check_of_iam_leads_to_a_function_that_checks_tokens(
    made: Callable[..., Bundle], kind: str, front: str
) -> None:
    one = made(kind)
    settings = one.shipment.settings
    checks_tokens = settings.authenticate is not None and bool(settings.authenticate.issuer)
    resources = made_of(one, FRONTS[front])
    opened = [url["AuthType"] == "NONE" for url in of_type(resources, "AWS::Lambda::Url")]
    opened += [
        route["AuthorizationType"] == "NONE"
        for route in of_type(resources, "AWS::ApiGatewayV2::Route")
        if route["RouteKey"] in CALLS
    ]
    opened += [
        method["AuthorizationType"] == "NONE"
        for method in of_type(resources, "AWS::ApiGateway::Method")
        if method["HttpMethod"] == "ANY"
    ]
    assert set(opened) <= {checks_tokens}
    assert bool(opened) == (front != "none")


@pytest.mark.parametrize("front", ["domain", "rest"])
def test_with_a_domain_there_is_no_other_address(made: Callable[..., Bundle], front: str) -> None:
    resources = made_of(made("proxy"), FRONTS[front])
    (api,) = of_type(resources, "AWS::ApiGatewayV2::Api") + of_type(resources, "AWS::ApiGateway::RestApi")
    assert api["DisableExecuteApiEndpoint"] is True
    (domain,) = of_type(resources, "AWS::ApiGatewayV2::DomainName")
    assert domain["DomainNameConfigurations"] == [
        {"CertificateArn": DOMAIN["CertificateArn"], "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    ]
    assert "MutualTlsAuthentication" not in domain
    (mapping,) = of_type(resources, "AWS::ApiGatewayV2::ApiMapping")
    assert "ApiMappingKey" not in mapping  # /mcp of the domain is /mcp of the function


def test_clients_of_mutual_tls_are_known(made: Callable[..., Bundle]) -> None:
    resources = made_of(made("proxy"), HTTP | {"TruststoreUri": "s3://trust/ca.pem"})
    (domain,) = of_type(resources, "AWS::ApiGatewayV2::DomainName")
    assert domain["MutualTlsAuthentication"] == {"TruststoreUri": "s3://trust/ca.pem"}


def test_the_record_of_the_domain_is_made_in_a_zone_that_is_named(made: Callable[..., Bundle]) -> None:
    one = made("proxy")
    assert not of_type(made_of(one, HTTP), "AWS::Route53::RecordSet")
    (record,) = of_type(made_of(one, HTTP | {"HostedZoneId": "Z1"}), "AWS::Route53::RecordSet")
    assert (record["HostedZoneId"], record["Name"], record["Type"]) == ("Z1", "mcp.crm.example", "A")


@pytest.mark.parametrize(
    ("parameters", "url"),
    [
        (HTTP, "https://mcp.crm.example/mcp"),
        (REST, "https://mcp.crm.example/mcp"),
        ({}, "Url.FunctionUrlmcp"),  # a Function URL ends in a slash
        ({"FunctionUrl": "false"}, None),
    ],
)
def test_the_output_is_the_url_that_clients_are_given(
    made: Callable[..., Bundle], parameters: dict[str, str], url: str | None
) -> None:
    assert resolving.outputs(stack.plain(made("proxy"), SHA), parameters).get("Url") == url


def test_the_public_url_follows_from_the_domain_unless_it_is_named(made: Callable[..., Bundle]) -> None:
    one = made("embedded")

    def variable(parameters: dict[str, str]) -> str:
        found: str = made_of(one, parameters)["Function"]["Properties"]["Environment"]["Variables"]["PUBLIC_URL"]
        return found

    assert variable(HTTP) == "https://mcp.crm.example/mcp"
    assert variable(HTTP | {"PublicUrl": "https://other.example/mcp"}) == "https://other.example/mcp"


def test_only_the_api_of_the_stack_may_invoke_for_it(made: Callable[..., Bundle]) -> None:
    resources = made_of(made("proxy"), HTTP)
    permissions = of_type(resources, "AWS::Lambda::Permission")
    assert [(one["Principal"], one["Action"]) for one in permissions] == [
        ("apigateway.amazonaws.com", "lambda:InvokeFunction")
    ]
    assert "-HttpApi-" in permissions[0]["SourceArn"]


@pytest.mark.parametrize("front", ["http", "rest"])
def test_access_logs_hold_no_token_path_address_or_caller(made: Callable[..., Bundle], front: str) -> None:
    resources = made_of(made("proxy"), FRONTS[front])
    (stage,) = of_type(resources, "AWS::ApiGatewayV2::Stage") + of_type(resources, "AWS::ApiGateway::Stage")
    log = stage.get("AccessLogSettings") or stage["AccessLogSetting"]
    logged = set(json.loads(log["Format"]).values())
    assert logged == {
        "$context.requestId", "$context.requestTime", "$context.httpMethod", "$context.status",
        "$context.responseLength", "$context.responseLatency", "$context.integrationLatency",
    }  # fmt: skip
    quiet = made_of(made("proxy"), FRONTS[front] | {"AccessLogs": "false"})
    assert "AccessLogGroup" not in quiet


@pytest.mark.parametrize("front", ["http", "rest"])
def test_an_api_is_throttled(made: Callable[..., Bundle], front: str) -> None:
    resources = made_of(made("proxy"), FRONTS[front] | {"ThrottleRate": "7", "ThrottleBurst": "9"})
    stages = of_type(resources, "AWS::ApiGatewayV2::Stage") + of_type(resources, "AWS::ApiGateway::Stage")
    settings = stages[0].get("DefaultRouteSettings") or stages[0]["MethodSettings"][0]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == ("7", "9")
    assert settings.get("DataTraceEnabled", False) is False


# ----------------------------------------------------------------------------------------------------------- REST API


def test_a_rest_api_says_itself_where_to_get_a_token(made: Callable[..., Bundle]) -> None:
    resources = made_of(made("proxy"), REST)
    (answer,) = of_type(resources, "AWS::ApiGateway::GatewayResponse")
    assert (answer["ResponseType"], answer["StatusCode"]) == ("BAD_REQUEST_PARAMETERS", "401")
    said = 'Bearer resource_metadata="https://mcp.crm.example/.well-known/oauth-protected-resource/mcp"'
    assert answer["ResponseParameters"] == {"gatewayresponse.header.WWW-Authenticate": f"'{said}'"}
    guarded = [one for one in of_type(resources, "AWS::ApiGateway::Method") if one["HttpMethod"] == "ANY"]
    assert all(one["RequestParameters"] == {"method.request.header.Authorization": True} for one in guarded)
    assert all("RequestValidatorId" in one for one in guarded)
    others = [one for one in of_type(resources, "AWS::ApiGateway::Method") if one["HttpMethod"] != "ANY"]
    assert others
    assert not any("RequestValidatorId" in one for one in others)


def deployment(template: dict[str, Any]) -> str:
    """The logical id of the deployment of the REST API, which is a copy of the API."""
    resources = resolving.resolve(template, REST)
    return next(name for name, one in resources.items() if one["Type"] == "AWS::ApiGateway::Deployment")


def test_another_api_is_another_deployment_and_the_same_is_none(made: Callable[..., Bundle]) -> None:
    proxy, embedded, behind = (deployment(stack.plain(made(kind), SHA)) for kind in ("proxy", "embedded", "behind"))
    assert proxy == embedded != behind


def test_a_value_that_the_api_has_too_is_another_deployment(made: Callable[..., Bundle]) -> None:
    """A stage's domain is in the answer to calls without a token."""
    template = stack.plain(made("embedded"), SHA)
    keys = [versions.version_key(template, SHA, REST | {"DomainName": one}) for one in ("a.example", "b.example")]
    first, second = (deployment(versions.with_version(template, key)) for key in keys)
    assert first != second
    again = versions.with_version(template, keys[0])
    assert (deployment(again), resolving.resolve(again, REST)["RestStage"]["Properties"]["DeploymentId"][41:]) == (
        first, f"{first}-XXXXXXXXXXXX",
    )  # fmt: skip


def test_a_deployment_waits_for_everything_that_it_copies(made: Callable[..., Bundle]) -> None:
    resources = made_of(made("proxy"), REST)
    (waits,) = [one["DependsOn"] for one in resources.values() if one["Type"] == "AWS::ApiGateway::Deployment"]
    copied = {"AWS::ApiGateway::Method", "AWS::ApiGateway::GatewayResponse"}
    assert set(waits) == {name for name, one in resources.items() if one["Type"] in copied}


def test_the_firewall_blocks_what_is_bad_and_not_what_is_large(made: Callable[..., Bundle]) -> None:
    resources = made_of(made("proxy"), REST | {"WafRate": "500"})
    (acl,) = of_type(resources, "AWS::WAFv2::WebACL")
    *groups, rate = acl["Rules"]
    found = {one["Statement"]["ManagedRuleGroupStatement"]["Name"]: one["Statement"]["ManagedRuleGroupStatement"]
             for one in groups}  # fmt: skip
    assert set(found) == {
        "AWSManagedRulesAmazonIpReputationList", "AWSManagedRulesKnownBadInputsRuleSet", "AWSManagedRulesCommonRuleSet",
    }  # fmt: skip
    counted = [one["Name"] for one in found["AWSManagedRulesCommonRuleSet"]["RuleActionOverrides"]]
    assert counted == ["SizeRestrictions_BODY", "CrossSiteScripting_BODY"]
    assert rate["Statement"] == {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": "500"}}
    assert [one["Priority"] for one in acl["Rules"]] == [0, 1, 2, 3]
    # A sampled request shows its Authorization to everybody who may look at the firewall.
    views = [one["VisibilityConfig"] for one in (acl, *acl["Rules"])]
    assert all(one["SampledRequestsEnabled"] is False for one in views)


def test_a_firewall_of_your_own_takes_the_place_of_the_one_of_the_stack(made: Callable[..., Bundle]) -> None:
    arn = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/ours/1"
    resources = made_of(made("proxy"), REST | {"WebAclArn": arn})
    assert not of_type(resources, "AWS::WAFv2::WebACL")
    (association,) = of_type(resources, "AWS::WAFv2::WebACLAssociation")
    assert association["WebACLArn"] == arn
    assert association["ResourceArn"].endswith("/stages/" + "s" * 40 + "-RestStage-XXXXXXXXXXXX")


# ------------------------------------------------------------------------------------------- what contradicts itself


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"Gateway": "rest"}, "Gateway=rest needs DomainName"),
        (DOMAIN, "DomainName needs Gateway=http or Gateway=rest"),
        ({"Gateway": "http", "DomainName": "mcp.crm.example"}, "DomainName needs CertificateArn"),
        ({"HostedZoneId": "Z1"}, "HostedZoneId needs DomainName"),
        ({"Gateway": "http", "TruststoreUri": "s3://x/y"}, "TruststoreUri needs DomainName"),
        (HTTP | {"Waf": "true"}, "Waf and WebAclArn need Gateway=rest"),
        ({"WebAclArn": "arn:…"}, "Waf and WebAclArn need Gateway=rest"),
        ({"SubnetIds": "subnet-1"}, "SubnetIds and SecurityGroupIds need each other"),
    ],
)
def test_parameters_that_contradict_each_other_are_refused(
    made: Callable[..., Bundle], parameters: dict[str, str], said: str
) -> None:
    with pytest.raises(AdaptgenError) as problem:
        stack.check_parameters(stack.plain(made("proxy"), SHA), parameters)
    (one,) = problem.value.diagnostics
    assert one.code == "AG122"
    assert one.message.startswith(said)


def test_a_server_without_a_public_url_is_refused(made: Callable[..., Bundle]) -> None:
    template = stack.plain(made("embedded"), SHA)
    with pytest.raises(AdaptgenError, match="PublicUrl or DomainName is needed"):
        stack.check_parameters(template, {})
    stack.check_parameters(template, HTTP)
    stack.check_parameters(template, {"PublicUrl": "https://x.example/mcp"})


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("kind", SETTINGS)
def test_each_front_is_in_order(made: Callable[..., Bundle], kind: str, front: str) -> None:
    stack.check_parameters(stack.plain(made(kind), SHA), FRONTS[front] | {"PublicUrl": "https://x.example/mcp"})


def test_an_environment_that_lambda_refuses_is_refused_before(tmp_path: Path) -> None:
    template = stack.plain(bundle(governed(tmp_path, SETTINGS["embedded"])), SHA)
    values = {"PublicUrl": "https://x.example/mcp", "CrmBaseUrl": "https://crm.example/" + "x" * 3800}
    stack.check_parameters(template, values)
    with pytest.raises(AdaptgenError) as problem:
        stack.check_parameters(template, values | {"CrmPassword": "y" * 400})
    assert [one.code for one in problem.value.diagnostics] == ["AG120"]


def test_permissions_that_are_too_long_with_these_values_are_refused(made: Callable[..., Bundle]) -> None:
    template = stack.plain(made("proxy"), SHA)
    with pytest.raises(AdaptgenError) as problem:
        stack.check_parameters(template, {"CrmArn": "a" * 10_000})
    assert [one.code for one in problem.value.diagnostics] == ["AG121"]
