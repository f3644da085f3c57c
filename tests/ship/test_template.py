"""Templates: valid by the tools that there are, and right where these look away."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from support.shipping import SETTINGS

from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.stack import cloudformation, stack

SHA = "0123456789abcdef" * 4
RUNTIMES = {"python3.12", "python3.13", "python3.14"}


# ------------------------------------------------------------------------------------------------------------- valid


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.filterwarnings("ignore")
def test_sam_expands_to_the_plain_template(made: Callable[..., Bundle], kind: str) -> None:
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    one = made(kind)
    given = json.loads(json.dumps(stack.sam(one, "s3://bucket/key.zip")))
    translator = Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-central-1"))
    found = translator.translate(given, {})["Resources"]
    plain = json.loads(json.dumps(stack.plain(one, SHA)))["Resources"]
    assert _alike(found) == _alike(plain)


def _alike(resources: dict[str, Any]) -> dict[str, Any]:
    """Without what SAM names and tags in its own way: the version by a hash, the code by its place."""
    text = re.sub(r"(RestDeployment[0-9a-f]{10})Version[0-9a-f]{12}", r"\1", json.dumps(resources))
    text = re.sub(r"(?:Function)?Version[0-9a-f]{10,12}", "Version", text)
    found: dict[str, Any] = json.loads(text)
    properties = found["Function"]["Properties"]
    properties.pop("Code")
    properties["Tags"] = [one for one in properties["Tags"] if one["Key"] != "lambda:createdBy"]
    properties["Tags"].sort(key=lambda one: str(one["Key"]))
    for one in found.values():
        one.pop("Metadata", None)
    # A version and where calls go, which only the plain template can say: tests/unit/ship/stack/test_versions.py.
    properties.pop("Description")
    found["Version"] = {"Type": found["Version"]["Type"]}
    for name in ("FunctionVersion", "RoutingConfig"):
        found["FunctionAliaslive"]["Properties"].pop(name, None)
    return found


@pytest.mark.parametrize("kind", SETTINGS)
def test_a_template_fits_into_a_request(made: Callable[..., Bundle], kind: str) -> None:
    text = cloudformation.as_json(stack.plain(made(kind), SHA))
    assert len(text.encode()) < cloudformation.LIMIT
    assert yaml.safe_load(cloudformation.as_yaml(stack.plain(made(kind, arch="arm64"), SHA)))["Resources"]["Function"]


# ------------------------------------------------------------------------------------------------- what linters miss


@pytest.mark.parametrize("kind", SETTINGS)
@pytest.mark.parametrize("form", ["plain", "sam"])
def test_the_function_is_one_that_lambda_has(made: Callable[..., Bundle], kind: str, form: str) -> None:
    one = made(kind, arch="arm64", python="3.14")
    template = stack.plain(one, SHA) if form == "plain" else stack.sam(one, "bundle.zip")
    properties = template["Resources"]["Function"]["Properties"]
    assert properties["Runtime"] in RUNTIMES
    assert properties["Architectures"] == ["arm64"]
    assert properties["Handler"] == one.handler
    reserved = {"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "LAMBDA_TASK_ROOT"}
    assert not reserved & set(properties["Environment"]["Variables"])


def test_only_the_role_of_the_proxy_calls_a_server_behind_it(made: Callable[..., Bundle]) -> None:
    resources = stack.plain(made("behind"), SHA)["Resources"]
    assert resources["Url"]["Properties"]["AuthType"] == "AWS_IAM"
    permissions = [resources[name] for name in ("UrlPermission", "InvokePermission")]
    assert {one["Properties"]["Action"] for one in permissions} == {
        "lambda:InvokeFunctionUrl", "lambda:InvokeFunction",
    }  # fmt: skip
    assert all(one["Properties"]["Principal"] == {"Ref": "ProxyRoleArn"} for one in permissions)


@pytest.mark.parametrize(
    ("kind", "auth", "principal"), [("proxy", "NONE", "*"), ("iam", "AWS_IAM", {"Ref": "CallerPrincipal"})]
)
def test_the_front_door_is_the_token_or_iam(made: Callable[..., Bundle], kind: str, auth: str, principal: Any) -> None:
    resources = stack.plain(made(kind), SHA)["Resources"]
    assert resources["Url"]["Properties"]["AuthType"] == auth
    assert resources["UrlPermission"]["Properties"]["FunctionUrlAuthType"] == auth
    assert resources["UrlPermission"]["Properties"]["Principal"] == principal


def test_direct_invocation_is_denied_where_the_event_names_the_caller(made: Callable[..., Bundle]) -> None:
    for template in (stack.plain(made("iam"), SHA), stack.sam(made("iam"), "crm.zip")):
        policy = template["Resources"]["DenyDirectInvoke"]["Properties"]
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert "lambda:InvokeFunction" in statement["Action"]
        assert statement["Resource"] == [{"Fn::GetAtt": ["Function", "Arn"]}, {"Fn::Sub": "${Function.Arn}:*"}]
        assert statement["Condition"] == {"BoolIfExists": {"lambda:InvokedViaFunctionUrl": "false"}}
        assert template["Outputs"]["DenyDirectInvoke"]["Value"] == {"Ref": "DenyDirectInvoke"}
        assert "impersonates" in policy["Description"]
        assert "InvokeFunction" in template["Parameters"]["CallerPrincipal"]["Description"]
    for kind in ("proxy", "behind"):  # a signature says who calls
        assert "DenyDirectInvoke" not in stack.plain(made(kind), SHA)["Resources"]


def test_a_table_is_made_as_the_state_wants_it_and_under_its_name(made: Callable[..., Bundle]) -> None:
    named = stack.plain(made("rich"), SHA)
    table = named["Resources"]["StateTable"]["Properties"]
    assert table["TableName"] == "adaptgen"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["KeySchema"] == [{"AttributeName": "key", "KeyType": "HASH"}]
    by_variable = stack.plain(made("behind"), SHA)["Resources"]
    assert "TableName" not in by_variable["StateTable"]["Properties"]
    variables = by_variable["Function"]["Properties"]["Environment"]["Variables"]
    assert variables["STATE_TABLE"]["Fn::If"][1] == {"Ref": "StateTable"}
    assert "StateTable" not in stack.plain(made("embedded"), SHA)["Resources"]


def test_stages_differ_in_parameters_alone(made: Callable[..., Bundle]) -> None:
    parameters = stack.plain(made("embedded"), SHA)["Parameters"]
    # What has no default must be said for each stage: the bundle, and what the server reads from its environment.
    asked = {name for name, one in parameters.items() if "Default" not in one}
    assert asked == {"CodeBucket", "CrmBaseUrl", "CrmPassword", "CrmUsername"}
    assert parameters["CrmPassword"]["NoEcho"] is True
    assert parameters["Stage"]["Default"] == "dev"


def test_a_new_bundle_is_a_new_version(made: Callable[..., Bundle]) -> None:
    one = made("embedded")
    first, second = (stack.plain(one, sha)["Resources"] for sha in (SHA, "f" * 64))
    versions = [{name for name in found if name.startswith("Version")} for found in (first, second)]
    assert versions[0] != versions[1]
    (name,) = versions[0]
    newest = first[stack.ALIAS]["Properties"]["FunctionVersion"]["Fn::If"][2]
    assert newest == {"Fn::GetAtt": [name, "Version"]}
    assert first["Function"]["Properties"]["SnapStart"] == {"ApplyOn": {"Ref": "SnapStart"}}
