"""What the role of a function may do: what its settings name, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

from adaptgen.diagnostics import error
from adaptgen.ship.bundles.shipment import Deployable
from adaptgen.ship.stack.cloudformation import Json, if_, pascal, sub
from adaptgen.syntax.templates import parse

_INVOKE: dict[str, tuple[str, ...]] = {
    "lambda": ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"),
    "execute-api": ("execute-api:Invoke",),
    "bedrock-agentcore": ("bedrock-agentcore:InvokeAgentRuntime",),
}
"""What a signed request to a service needs."""

Platform: TypeAlias = Literal["lambda", "agentcore", "agentcore_image"]
"""Where the role is used: a function, or a runtime of AgentCore from a zip or from an image."""


@dataclass(slots=True)
class Statements:
    """``allowed``: statements of IAM. ``parameters``: what a person must name for them -> its description."""

    allowed: list[Json] = field(default_factory=list)
    parameters: dict[str, str] = field(default_factory=dict)

    def allow(
        self,
        actions: Iterable[str],
        *resources: Json,
        condition: str = "",
        when: Json | None = None,
        effect: Literal["Allow", "Deny"] = "Allow",
    ) -> None:
        """One statement; with ``condition`` only where that holds. Resources of the same actions share a statement."""
        said: dict[str, Any] = {"Effect": effect, "Action": list(actions), "Resource": list(resources)}
        if when is not None:
            said["Condition"] = when
        if condition:
            self.allowed.append(if_(condition, said))
            return
        for one in self.allowed:
            if {**one, "Resource": said["Resource"]} == said:
                one["Resource"] += [resource for resource in resources if resource not in one["Resource"]]
                return
        self.allowed.append(said)


def statements(shipment: Deployable, platform: Platform = "lambda") -> Statements:
    """The statements for a shipment on a platform."""
    found = Statements()
    # These have no resources: AWS knows no other form.
    found.allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")
    if platform == "lambda":
        found.allow(["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["LogGroup", "Arn"]})
        _network(found)
    else:
        _runtime(found, shipment.name if platform == "agentcore" else "")
    _references(shipment, found)
    _state(shipment, found)
    _settings(shipment, found)
    _governance(shipment, found)
    _switch(shipment, found)
    _signing(shipment, found)
    for name, role, service, tags in _signed(shipment):
        _signs(found, name, role, service, tags)
    return found


_INTERFACES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
"""What Lambda does in a VPC under the role of a function (AWSLambdaVPCAccessExecutionRole)."""


def _network(found: Statements) -> None:
    """Lambda makes the network interfaces of a function with the function's role; its code has no business there."""
    found.allow(_INTERFACES, "*", condition="HasVpc")
    found.allow(
        [*_INTERFACES, "ec2:DetachNetworkInterface"],
        "*",
        condition="HasVpc",
        effect="Deny",
        # Only requests of the code have this key. The function cannot be named: it needs the role first.
        when={"ArnLike": {"lambda:SourceFunctionArn": _arn("lambda", "function:*")}},
    )


def _runtime(found: Statements, code: str) -> None:
    """What AgentCore Runtime does under the role of a runtime: it makes the log group, and reads the ``code`` of that
    name in the bucket, or where it is "" the image."""
    runtimes = "log-group:/aws/bedrock-agentcore/runtimes/*"
    found.allow(["logs:CreateLogGroup", "logs:DescribeLogStreams"], _arn("logs", runtimes))
    found.allow(["logs:DescribeLogGroups"], _arn("logs", "log-group:*"))
    found.allow(["logs:CreateLogStream", "logs:PutLogEvents"], _arn("logs", f"{runtimes}:log-stream:*"))
    if code:
        found.allow(["s3:GetObject"], sub(f"arn:${{AWS::Partition}}:s3:::${{CodeBucket}}/adaptgen/{code}/*"))
        return
    found.allow(["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], {"Ref": "ImageRepositoryArn"})
    found.allow(["ecr:GetAuthorizationToken"], "*")


def _references(shipment: Deployable, found: Statements) -> None:
    secrets = sorted({one.name.partition("#")[0] for one in shipment.references if one.kind == "secret"})
    if secrets:
        found.allow(["secretsmanager:GetSecretValue"], *map(_secret, secrets))
    parameters = sorted({one.name for one in shipment.references if one.kind == "ssm"})
    if parameters:
        found.allow(["ssm:GetParameter"], *map(_parameter, parameters))
    # The environment, settings in S3 or AppConfig, and what is named: nothing else that the key encrypts.
    services = ["lambda", "s3", "appconfig", *(["secretsmanager"] if secrets else []), *(["ssm"] if parameters else [])]
    found.allow(["kms:Decrypt"], {"Ref": "KmsKeyArn"}, condition="HasKmsKey", when=_through(*services))


def _through(*services: str) -> Json:
    """The condition that a key is used by these services on behalf of the role, and not by the role itself."""
    return {"StringEquals": {"kms:ViaService": [sub(f"{one}.${{AWS::Region}}.amazonaws.com") for one in services]}}


def _secret(name: str) -> Json:
    # AWS adds six characters to the name, and nobody knows them before.
    return name if name.startswith("arn:") else _arn("secretsmanager", f"secret:{name}-??????")


def _parameter(name: str) -> Json:
    return name if name.startswith("arn:") else _arn("ssm", f"parameter/{name.removeprefix('/')}")


def _arn(service: str, resource: str) -> Json:
    return sub(f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}")


def _state(shipment: Deployable, found: Statements) -> None:
    if shipment.settings.state.store == "dynamodb":
        table = if_("MakesTable", {"Ref": "StateTable"}, {"Ref": "StateTableName"})
        actions = [f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete")]
        arn = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${Table}"
        found.allow([*actions, "dynamodb:Query"], sub(arn, Table=table))
        found.allow(
            ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"],
            {"Ref": "TableKmsKeyArn"},
            condition="HasTableKey",
            when=_through("dynamodb"),
        )


def _settings(shipment: Deployable, found: Statements) -> None:
    settings = shipment.settings
    authorize = settings.authorize
    if authorize is not None and authorize.engine == "verified_permissions":
        store = named_by_stack(authorize.store)
        arn = "arn:${AWS::Partition}:verifiedpermissions::${AWS::AccountId}:policy-store/${Store}"
        actions = ["GetPolicyStore", "IsAuthorized", "GetPolicy", "GetPolicyTemplate"]
        found.allow([f"verifiedpermissions:{one}" for one in actions], sub(arn, Store=store))
    for detector in settings.tokenize.detectors if settings.tokenize is not None else ():
        if detector.kind == "comprehend":
            found.allow(["comprehend:DetectPiiEntities"], "*")  # it has no resources
        else:
            guardrail = detector.guardrail
            named = guardrail if guardrail.startswith("arn:") else _arn("bedrock", f"guardrail/{guardrail}")
            found.allow(["bedrock:ApplyGuardrail"], named)
    if settings.files is not None and settings.files.store:
        store = urlsplit(settings.files.store)
        folder = f"{store.path.strip('/')}/".lstrip("/")
        named = sub(f"arn:${{AWS::Partition}}:s3:::{store.netloc}/{folder}*")
        found.allow(["s3:GetObject", "s3:PutObject"], named)
        found.allow(["kms:GenerateDataKey"], {"Ref": "KmsKeyArn"}, condition="HasKmsKey", when=_through("s3"))
    source = urlsplit(settings.switch.source)
    if source.scheme == "s3":
        found.allow(["s3:GetObject"], sub(f"arn:${{AWS::Partition}}:s3:::{source.netloc}{source.path}"))


def _switch(shipment: Deployable, found: Statements) -> None:
    """The source of the kill switch that the stack names."""
    if not has_switch(shipment):
        return
    name = {"Fn::Select": [1, {"Fn::Split": ["s3://", {"Ref": "SwitchSource"}]}]}
    found.allow(["s3:GetObject"], sub("arn:${AWS::Partition}:s3:::${Object}", Object=name), condition="HasSwitchInS3")
    parts = {"Fn::Split": ["/", {"Ref": "SwitchSource"}]}  # appconfig://application/environment/profile
    ids = {name: {"Fn::Select": [at, parts]} for at, name in ((2, "App"), (3, "Env"), (4, "Profile"))}
    resource = "application/${App}/environment/${Env}/configuration/${Profile}"
    arn = f"arn:${{AWS::Partition}}:appconfig:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"
    actions = ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"]
    found.allow(actions, sub(arn, **ids), condition="HasSwitchInAppConfig")


def has_switch(shipment: Deployable) -> bool:
    """Whether the stack may name the source of the kill switch: the settings name none, and a server behind a proxy
    leaves it to the proxy."""
    return shipment.settings.mode != "behind" and not shipment.settings.switch.source


def _signing(shipment: Deployable, found: Statements) -> None:
    audit = shipment.settings.audit
    if audit is not None and audit.kms_key:
        found.allow(["kms:GetPublicKey", "kms:Sign"], audit.kms_key)


def _governance(shipment: Deployable, found: Statements) -> None:
    """Settings that are read from elsewhere than the bundle."""
    bucket = "arn:${AWS::Partition}:s3:::${GovernanceBucket}"
    found.allow(["s3:GetObject"], sub(bucket + "/${GovernancePrefix}*"), condition="HasGovernanceBucket")
    found.allow(
        ["s3:ListBucket"],
        sub(bucket),
        condition="HasGovernanceBucket",
        when={"StringLike": {"s3:prefix": sub("${GovernancePrefix}*")}},
    )
    found.allow(
        ["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"],
        {"Ref": "AppConfigArn"},
        condition="HasAppConfig",
    )


def _signed(shipment: Deployable) -> Iterator[tuple[str, str, str, bool]]:
    """Who is called with AWS signatures: name, role that is assumed, service, whether session tags are set."""
    for name, upstream in shipment.settings.upstreams.items():
        if upstream.auth.kind == "sigv4":
            yield name, upstream.auth.role, upstream.auth.service, bool(upstream.auth.tags)
    for auth in shipment.server.auth if shipment.server is not None else ():
        if auth.sign is not None:
            yield auth.name, auth.sign.role, auth.sign.service, bool(auth.sign.tags)


def _signs(found: Statements, name: str, role: str, service: str, tags: bool) -> None:
    if role:
        found.allow(["sts:AssumeRole", *(["sts:TagSession"] if tags else [])], named_by_stack(role))
        return
    parameter = f"{pascal(name)}Arn"
    if service in _INVOKE:
        found.parameters[parameter] = f"What {name} is on AWS ({service}): the role may call it"
        found.allow(_INVOKE[service], {"Ref": parameter})


def named_by_stack(template: str) -> Json:
    """A template as CloudFormation says it: environment variables are parameters of the stack."""
    text, values = "", {}
    for part in parse(template):
        if isinstance(part, str):
            text += re.sub(r"\$\{", "${!", part)
        elif getattr(part, "kind", "") == "env":
            text += f"${{{pascal(part.name)}}}"
            values[pascal(part.name)] = True
        else:
            help = "write the name, or ${env:NAME}: its permission must name it too"
            raise error("AG090", f"{part} names what the role of the function may reach", help=help)
    return sub(text) if values else text
