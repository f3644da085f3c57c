"""API Gateway in front of the function, under a domain of your own: an HTTP API, or a REST API with a firewall.

AWS WAF protects REST APIs and not HTTP APIs, so the parameter ``Gateway`` chooses (docs/decisions/0047). Neither checks
tokens: the function does, and says where to get one. A REST API renames the function's ``WWW-Authenticate``, so it
answers calls without a token itself.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from adaptgen.govern.identity.oauth_metadata import challenge
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack.cloudformation import (
    Json,
    Resources,
    choice_parameter,
    equals,
    given,
    if_,
    sub,
    text_parameter,
)
from adaptgen.ship.stack.data import log_group
from adaptgen.ship.stack.doors import callers
from adaptgen.ship.stack.firewall import firewall, firewall_conditions, firewall_parameters
from adaptgen.ship.stack.versions import ALIAS
from adaptgen.web.routes import BEGINNINGS

_HTTP_SECONDS = 30
"""How long an HTTP API waits at most."""
_OPEN_ROUTES = ("GET /healthz", "GET /.well-known/{proxy+}", "OPTIONS /mcp", "OPTIONS /mcp/{proxy+}")
"""What everybody may ask: health, where to log in, and what browsers ask before they call."""
_CALLS = ("ANY /mcp", "ANY /mcp/{proxy+}")
_WELL_KNOWN = "/.well-known/"
_REST_ROOT = "RestRoot"
"""The resource of a REST API that exists with it, at ``/``."""
_LOGGED = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTime",
    "method": "$context.httpMethod",
    "status": "$context.status",
    "bytes": "$context.responseLength",
    "milliseconds": "$context.responseLatency",
    "functionMilliseconds": "$context.integrationLatency",
}
"""Of each request: no header, no path, no address, no caller."""


def gateway_parameters() -> Resources:
    """Of an API, its domain and what it lets through."""
    return {
        "Gateway": {
            **choice_parameter("none", "http", "rest"),
            "Description": "http or rest: API Gateway in place of the Function URL; a firewall needs rest",
        },
        "DomainName": {
            **text_parameter("Of the API, in small letters: the public URL is https://DOMAIN/mcp", ""),
            "AllowedPattern": "|[a-z0-9-]+(\\.[a-z0-9-]+)+",
        },
        "CertificateArn": {
            **text_parameter("The certificate of the domain, in AWS Certificate Manager of this region", ""),
            "AllowedPattern": "|arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/.+",
        },
        "HostedZoneId": {
            **text_parameter("The zone in Route 53 that gets a record for the domain; empty: you make it", ""),
            "AllowedPattern": "|[A-Z0-9]{1,32}",
        },
        "TruststoreUri": {
            **text_parameter("s3://…: who signs the certificates of clients (mutual TLS); empty: any client", ""),
            "AllowedPattern": "|s3://.+",
        },
        "ThrottleRate": {
            "Type": "Number", "Default": 100, "MinValue": 1, "Description": "Requests a second",
        },
        "ThrottleBurst": {
            "Type": "Number", "Default": 200, "MinValue": 1, "Description": "Requests at once, for a moment",
        },
        "AccessLogs": {
            **choice_parameter("true", "false"),
            "Description": "Of the API, without tokens, paths or addresses; a REST API needs the account's logs role",
        },
        **firewall_parameters(),
    }  # fmt: skip


def gateway_conditions() -> Resources:
    """Which API there is, and what it has."""
    return {
        "HasHttp": equals("Gateway", "http"),
        "HasRest": equals("Gateway", "rest"),
        "HasGateway": {"Fn::Not": [equals("Gateway", "none")]},
        "HasDomain": {"Fn::And": [{"Condition": "HasGateway"}, given("DomainName")]},
        "HasRecord": {"Fn::And": [{"Condition": "HasDomain"}, given("HostedZoneId")]},
        "HasCertificate": given("CertificateArn"),
        "HasTruststore": given("TruststoreUri"),
        "Traces": equals("Tracing", "Active"),
        "HasAccessLogs": {"Fn::And": [{"Condition": "HasGateway"}, equals("AccessLogs", "true")]},
        "HasDoor": {"Fn::Or": [{"Condition": one} for one in ("HasUrl", "HasHttp", "HasDomain")]},
        **firewall_conditions(),
    }


def gateway(bundle: Bundle, version: str = "") -> Resources:
    """Both kinds of API, each with its condition, and what they share. ``version``: of the function, its logical id."""
    logs = {"AccessLogGroup": {"Condition": "HasAccessLogs", **log_group()}}
    return {**_http(bundle), **_rest(bundle, version), **_shared(), **logs, **firewall(bundle)}


def public_url(otherwise: Json) -> Json:
    """The URL that clients use; ``otherwise``: that of a stack without an API."""
    domain = sub("https://${DomainName}/mcp")
    default = sub("https://${HttpApi}.execute-api.${AWS::Region}.${AWS::URLSuffix}/mcp")
    return if_("HasDomain", domain, if_("HasHttp", default, otherwise))


def _logging() -> Json:
    text = json.dumps(_LOGGED, separators=(",", ":"))
    return if_("HasAccessLogs", {"DestinationArn": {"Fn::GetAtt": ["AccessLogGroup", "Arn"]}, "Format": text})


def _shared() -> Resources:
    """The domain, its record, its way to the API, and the permission of the API."""
    api = if_("HasHttp", {"Ref": "HttpApi"}, {"Ref": "RestApi"})
    return {
        "Domain": {
            "Type": "AWS::ApiGatewayV2::DomainName",
            "Condition": "HasDomain",
            "Properties": {
                "DomainName": {"Ref": "DomainName"},
                "DomainNameConfigurations": [
                    {
                        # Without one the domain fails: better than an API that is open without it.
                        "CertificateArn": if_("HasCertificate", {"Ref": "CertificateArn"}),
                        "EndpointType": "REGIONAL",
                        "SecurityPolicy": "TLS_1_2",
                    }
                ],
                "MutualTlsAuthentication": if_("HasTruststore", {"TruststoreUri": {"Ref": "TruststoreUri"}}),
            },
        },
        "DomainMapping": {
            "Type": "AWS::ApiGatewayV2::ApiMapping",
            "Condition": "HasDomain",
            "Properties": {
                "ApiId": api,
                "DomainName": {"Ref": "Domain"},
                "Stage": if_("HasHttp", {"Ref": "HttpStage"}, {"Ref": "RestStage"}),
            },
        },
        "DomainRecord": {
            "Type": "AWS::Route53::RecordSet",
            "Condition": "HasRecord",
            "Properties": {
                "HostedZoneId": {"Ref": "HostedZoneId"},
                "Name": {"Ref": "DomainName"},
                "Type": "A",
                "AliasTarget": {
                    "DNSName": {"Fn::GetAtt": ["Domain", "RegionalDomainName"]},
                    "HostedZoneId": {"Fn::GetAtt": ["Domain", "RegionalHostedZoneId"]},
                },
            },
        },
        "GatewayPermission": {
            "Type": "AWS::Lambda::Permission",
            "Condition": "HasGateway",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": {"Ref": ALIAS},
                "Principal": "apigateway.amazonaws.com",
                "SourceArn": sub(
                    "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*", Api=api
                ),
            },
        },
    }


# ----------------------------------------------------------------------------------------------------------- HTTP API


def _http(bundle: Bundle) -> Resources:
    made: Resources = {
        "HttpApi": {
            "Type": "AWS::ApiGatewayV2::Api",
            "Properties": {
                "Name": sub("${AWS::StackName}"),
                "ProtocolType": "HTTP",
                # With a domain that is the only way in: what it asks for (mutual TLS) cannot be passed by.
                "DisableExecuteApiEndpoint": if_("HasDomain", True, False),
            },
        },
        "HttpIntegration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": {"Ref": ALIAS},
                "PayloadFormatVersion": "2.0",
                "TimeoutInMillis": _HTTP_SECONDS * 1000,
            },
        },
        "HttpStage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "StageName": "$default",
                "AutoDeploy": True,
                "DefaultRouteSettings": {
                    "ThrottlingRateLimit": {"Ref": "ThrottleRate"},
                    "ThrottlingBurstLimit": {"Ref": "ThrottleBurst"},
                    "DetailedMetricsEnabled": True,
                },
                "AccessLogSettings": _logging(),
            },
        },
    }
    for route in (*_CALLS, *_OPEN_ROUTES, *_web_routes(bundle)):
        authorization = "AWS_IAM" if callers(bundle) and route in _CALLS else "NONE"
        made[f"Http{_name_of(route)}"] = {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {
                "ApiId": {"Ref": "HttpApi"},
                "RouteKey": route,
                "AuthorizationType": authorization,
                "Target": sub("integrations/${HttpIntegration}"),
            },
        }
    return _when("HasHttp", made)


def _web_paths(bundle: Bundle) -> tuple[str, ...]:
    """The beginnings of paths that people and clients which log in need; none without ``login``."""
    if bundle.shipment.settings.login is None:
        return ()
    return tuple(one for one in BEGINNINGS if not one.startswith(_WELL_KNOWN))


def _web_routes(bundle: Bundle) -> Iterator[str]:
    paths = _web_paths(bundle)
    if paths:
        yield f"OPTIONS {_WELL_KNOWN}{{proxy+}}"  # scripts that look for the metadata ask first
        yield "GET /"  # the page that says what this server is
    for path in paths:
        if not path.endswith("/"):
            yield f"ANY {path}"
        yield f"ANY {path.rstrip('/')}/{{proxy+}}"


def _name_of(route: str) -> str:
    """``ANY /mcp/{proxy+}`` -> ``AnyMcpProxy``; ``GET /`` -> ``GetRoot``."""
    route = f"{route}root" if route.endswith(" /") else route
    return "".join(part.capitalize() for part in route.replace("/.", "/").replace("-", " ").replace("/", " ").split()
                   ).replace("{proxy+}", "Proxy")  # fmt: skip


def _when(condition: str, made: Resources) -> Resources:
    return {name: {"Type": one["Type"], "Condition": condition, **one} for name, one in made.items()}


# ----------------------------------------------------------------------------------------------------------- REST API


def _rest(bundle: Bundle, version: str) -> Resources:
    signed = bool(callers(bundle))
    root, api = {"Fn::GetAtt": ["RestApi", "RootResourceId"]}, {"Ref": "RestApi"}
    made: Resources = {
        "RestApi": {
            "Type": "AWS::ApiGateway::RestApi",
            "Properties": {
                "Name": sub("${AWS::StackName}"),
                "EndpointConfiguration": {"Types": ["REGIONAL"]},
                "DisableExecuteApiEndpoint": True,  # the firewall and the domain are the only way in
            },
        },
        "RestValidator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": api, "ValidateRequestParameters": True},
        },
    }
    paths: dict[str, Json] = {"": root, "mcp": {"Ref": "RestMcp"}, ".well-known": {"Ref": "RestWellKnown"}}
    paths |= {parent: {"Ref": _rest_name(parent)} for parent in _web_parts(bundle)}
    for name, parent, part in (
        ("RestMcp", "", "mcp"),
        ("RestMcpProxy", "mcp", "{proxy+}"),
        ("RestWellKnown", "", ".well-known"),
        ("RestWellKnownProxy", ".well-known", "{proxy+}"),
        ("RestHealthz", "", "healthz"),
        *_web_resources(bundle),
    ):
        made[name] = {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {"RestApiId": api, "ParentId": paths[parent], "PathPart": part},
        }
    methods = [
        ("RestMcp", "ANY", True), ("RestMcp", "OPTIONS", False), ("RestMcpProxy", "ANY", True),
        ("RestMcpProxy", "OPTIONS", False), ("RestWellKnownProxy", "GET", False), ("RestHealthz", "GET", False),
        *_web_methods(bundle),
    ]  # fmt: skip
    for resource, verb, guarded in methods:
        place = root if resource == _REST_ROOT else {"Ref": resource}
        made[f"{resource}{verb.capitalize()}"] = _method(place, verb, guarded, signed=signed)
    waits = sorted(f"{resource}{verb.capitalize()}" for resource, verb, _ in methods)
    if not signed:
        made["RestUnauthorized"] = _unauthorized(bundle)
        waits.append("RestUnauthorized")
    # A deployment is a copy of the API: another API is another deployment. So is another version of the function, for
    # a value that it has may be in the API too: the domain.
    deployment = f"RestDeployment{_fingerprint(made)}{version}"
    made[deployment] = {
        "Type": "AWS::ApiGateway::Deployment",
        "DependsOn": waits,
        "Properties": {"RestApiId": api},
    }
    throttle = {
        "ResourcePath": "/*",
        "HttpMethod": "*",
        "ThrottlingRateLimit": {"Ref": "ThrottleRate"},
        "ThrottlingBurstLimit": {"Ref": "ThrottleBurst"},
        "MetricsEnabled": True,
        "DataTraceEnabled": False,  # it would write tokens and bodies
    }
    made["RestStage"] = {
        "Type": "AWS::ApiGateway::Stage",
        "Properties": {
            "RestApiId": api,
            "DeploymentId": {"Ref": deployment},
            "StageName": "live",
            "MethodSettings": [throttle],
            "AccessLogSetting": _logging(),
            "TracingEnabled": if_("Traces", True, False),
        },
    }
    return _when("HasRest", made)


def _web_parts(bundle: Bundle) -> tuple[str, ...]:
    return tuple(path.strip("/") for path in _web_paths(bundle))


def _rest_name(part: str) -> str:
    return f"Rest{part.capitalize()}"


def _web_resources(bundle: Bundle) -> Iterator[tuple[str, str, str]]:
    """Logical id, parent and part of the path of each resource of the web."""
    for part in _web_parts(bundle):
        yield _rest_name(part), "", part
        yield f"{_rest_name(part)}Proxy", part, "{proxy+}"


def _web_methods(bundle: Bundle) -> Iterator[tuple[str, str, bool]]:
    if parts := _web_parts(bundle):
        yield "RestWellKnownProxy", "OPTIONS", False
        yield _REST_ROOT, "GET", False
        for part in parts:
            yield _rest_name(part), "ANY", False
            yield f"{_rest_name(part)}Proxy", "ANY", False


def _method(resource: Json, verb: str, guarded: bool, *, signed: bool) -> Json:
    path = "lambda:path/2015-03-31/functions/${To}/invocations"
    properties: dict[str, Json] = {
        "RestApiId": {"Ref": "RestApi"},
        "ResourceId": resource,
        "HttpMethod": verb,
        "AuthorizationType": "AWS_IAM" if guarded and signed else "NONE",
        "Integration": {
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": sub("arn:${AWS::Partition}:apigateway:${AWS::Region}:" + path, To={"Ref": ALIAS}),
            # TimeoutInMillis is not named: its default of 29 s is the most that an account has without a higher quota.
        },
    }
    if guarded and not signed:
        # A call without a token is answered here: what the function says of it would be renamed.
        properties["RequestParameters"] = {"method.request.header.Authorization": True}
        properties["RequestValidatorId"] = {"Ref": "RestValidator"}
    return {"Type": "AWS::ApiGateway::Method", "Properties": properties}


def _unauthorized(bundle: Bundle) -> Json:
    """The answer to a call without a token: where to get one (RFC 9728)."""
    authenticate = bundle.shipment.settings.authenticate
    scopes = authenticate.scopes if authenticate is not None else ()
    header = challenge(401, "", resource="https://${DomainName}/mcp", scopes=scopes).header
    return {
        "Type": "AWS::ApiGateway::GatewayResponse",
        "Properties": {
            "RestApiId": {"Ref": "RestApi"},
            "ResponseType": "BAD_REQUEST_PARAMETERS",
            "StatusCode": "401",
            "ResponseParameters": {"gatewayresponse.header.WWW-Authenticate": sub(f"'{header}'")},
            "ResponseTemplates": {"application/json": '{"error":"a token is needed"}'},
        },
    }


def _fingerprint(made: Resources) -> str:
    return hashlib.sha256(json.dumps(made, sort_keys=True).encode()).hexdigest()[:10]
