"""What AWS would refuse, or what would leave a door open, found before anything is made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.ship.stack.cloudformation import Json, Resources, equals, given
from adaptgen.ship.stack.resolving import holds, resolve
from adaptgen.ship.stack.role import INLINE, MANAGED

ENVIRONMENT = 4096
"""Bytes of all environment variables of a function."""


def _needs(what: Json, other: Json) -> Json:
    """A rule: where ``what`` holds, ``other`` has to."""
    return {"Fn::Or": [{"Fn::Not": [what]}, other]}


_RULES: Mapping[str, tuple[Json, str]] = {
    "RestNeedsDomain": (_needs(equals("Gateway", "rest"), given("DomainName")), "Gateway=rest needs DomainName"),
    "DomainNeedsGateway": (
        _needs(given("DomainName"), {"Fn::Not": [equals("Gateway", "none")]}),
        "DomainName needs Gateway=http or Gateway=rest",
    ),
    "DomainNeedsCertificate": (_needs(given("DomainName"), given("CertificateArn")), "DomainName needs CertificateArn"),
    "RecordNeedsDomain": (_needs(given("HostedZoneId"), given("DomainName")), "HostedZoneId needs DomainName"),
    "TruststoreNeedsDomain": (_needs(given("TruststoreUri"), given("DomainName")), "TruststoreUri needs DomainName"),
    "WafNeedsRest": (
        {"Fn::Or": [equals("Gateway", "rest"), {"Fn::And": [equals("Waf", "false"), equals("WebAclArn", "")]}]},
        "Waf and WebAclArn need Gateway=rest: AWS WAF does not protect HTTP APIs and Function URLs",
    ),
}
"""Name -> what has to hold, and what to say where it does not."""


def template_rules() -> Resources:
    """The same for CloudFormation, which checks them for everybody who deploys without this tool."""
    return {
        name: {"Assertions": [{"Assert": rule, "AssertDescription": text}]} for name, (rule, text) in _RULES.items()
    }


def check_parameters(template: Mapping[str, Json], parameters: Mapping[str, str]) -> None:
    """Whether a stack of ``template`` can have these parameters (those without a value have their defaults).

    ``parameters``: every value that the stack will have, those that it keeps too.

    Raises:
        AdaptgenError: AG122: they contradict each other; AG120, AG121: with them the environment or the permissions are
            larger than what AWS takes.
    """
    found = list(_contradictions(template, parameters))
    if found:
        raise AdaptgenError(*found)
    resources = resolve(template, parameters)
    size = environment_bytes(resources) if "Function" in resources else 0
    if size > ENVIRONMENT:
        help = "write values into the settings in place of ${env:…}; the settings can be in S3 or AppConfig"
        message = f"the environment has {size:,} bytes, and Lambda takes {ENVIRONMENT:,}"
        raise AdaptgenError(Diagnostic("AG120", message, help=help))
    for name, size, limit in policy_sizes(resources):
        if size > limit:
            message = f"the permissions in {name} have {size:,} characters, and IAM takes {limit:,}"
            raise AdaptgenError(Diagnostic("AG121", message, help="divide the upstreams among several proxies"))


def _contradictions(template: Mapping[str, Json], parameters: Mapping[str, str]) -> Iterator[Diagnostic]:
    known = template["Parameters"]
    if "Gateway" in known:
        for rule, text in _RULES.values():
            if not holds(template, parameters, rule):
                yield Diagnostic("AG122", text, help="docs/deploy.md lists the parameters")
    public = template["Conditions"].get("HasResource")
    if public and not holds(template, parameters, {"Fn::Or": [public, {"Condition": "HasDomain"}]}):
        parameter = public["Fn::Not"][0]["Fn::Equals"][0]["Ref"]
        text = f"the public URL is not known: {parameter} or DomainName is needed"
        help = (
            f"{parameter}: https://…/mcp in the stage file, or --parameter {parameter}=…; deploy --stage finds it out"
        )
        yield Diagnostic("AG122", text, help=help)
    subnets, groups = (parameters.get(name, "") for name in ("SubnetIds", "SecurityGroupIds"))
    if bool(subnets) != bool(groups):
        yield Diagnostic("AG122", "SubnetIds and SecurityGroupIds need each other", help="name both, or neither")


def environment_bytes(resources: Resources) -> int:
    """Bytes of the environment of the function; ``resources``: resolved."""
    variables = resources["Function"]["Properties"]["Environment"]["Variables"]
    return sum(len(name.encode()) + len(str(value).encode()) for name, value in variables.items())


def policy_sizes(resources: Resources) -> Iterator[tuple[str, int, int]]:
    """Where permissions are, their characters and how many IAM takes there; ``resources``: resolved."""
    inline = resources["Role"]["Properties"].get("Policies", ())
    yield "the role", sum(_characters(one["PolicyDocument"]) for one in inline), INLINE
    for name, one in resources.items():
        if one["Type"] == "AWS::IAM::ManagedPolicy":
            yield name, _characters(one["Properties"]["PolicyDocument"]), MANAGED


def _characters(document: Json) -> int:
    """As IAM counts: without white space."""
    return len("".join(json.dumps(document, ensure_ascii=False, separators=(",", ":")).split()))
