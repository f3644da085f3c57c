"""``adaptgen deploy --all`` against moto: from an empty account, an update of one, nothing, and a crash in the middle.

moto has no Function URLs in CloudFormation and permits principals that do not exist: ``support/moto_urls`` adds both.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from support import aws
from support.fleets import SERVERS, write_fleet, write_yaml
from support.services import Service

from adaptgen import build
from adaptgen.cli import main
from adaptgen.cli.ship import package as packaging
from adaptgen.ship.bundles.package import Bundle
from adaptgen.ship.deployments.deployment import Deployment, Failure, Outcome, Prepared

pytestmark = pytest.mark.slow
KINDS = ("api", "governance")


@pytest.fixture(scope="module")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = aws.start(tmp_path_factory.mktemp("moto"))
    try:
        yield service
    finally:
        service.stop()


class Account:
    """An account with a bucket and nothing else, and a folder with a proxy and three servers."""

    def __init__(self, service: Service, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        httpx.post(f"{service.url}/moto-api/reset").raise_for_status()
        aws.client(service, "s3").create_bucket(
            Bucket="bundles", CreateBucketConfiguration={"LocationConstraint": aws.REGION}
        )
        self.service, self.folder, self._capsys = service, folder, capsys
        self.specs = write_fleet(folder)
        for name in SERVERS:
            self.know(name)
        self.seen = ""
        """Everything that was printed."""

    def client(self, name: str) -> Any:
        return aws.client(self.service, name)

    def deploy(self, *options: str, stage: str = "dev", where: str = "specs") -> int:
        """The exit code of the one command."""
        code = main(["deploy", where, "--all", "--stage", stage, "--yes", "--every", "0", "--endpoint-url",
                     self.service.url, *options])  # fmt: skip
        self.last = self._capsys.readouterr()
        self.seen += self.last.out + self.last.err
        return code

    def know(self, name: str) -> None:
        """The credential of an API, which people know."""
        text = json.dumps({"token": f"known-to-people-of-{name}"})
        self.client("secretsmanager").create_secret(Name=f"{name}-api", SecretString=text)

    def versions(self) -> dict[str, int]:
        """How many events each stack has: every change leaves some."""
        stacks = self.client("cloudformation")
        return {name: len(stacks.describe_stack_events(StackName=name)["StackEvents"]) for name in self.stacks()}

    def stack(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        return found | {"Outputs": {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", ())}}

    def stacks(self) -> dict[str, str]:
        return {
            one["StackName"]: one["StackStatus"] for one in self.client("cloudformation").describe_stacks()["Stacks"]
        }

    def function(self, stack: str) -> dict[str, Any]:
        """The configuration of the function of a stack."""
        found = self.client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId="Function")
        name = found["StackResourceDetail"]["PhysicalResourceId"]
        said: dict[str, Any] = self.client("lambda").get_function_configuration(FunctionName=name)
        return said

    def environment(self, stack: str) -> dict[str, str]:
        found: dict[str, str] = self.function(stack)["Environment"]["Variables"]
        return found

    def parameters(self, stack: str) -> dict[str, str]:
        return {one["ParameterKey"]: one["ParameterValue"] for one in self.stack(stack)["Parameters"]}

    def secrets(self) -> dict[str, Any]:
        store = self.client("secretsmanager")
        return {
            one["Name"]: json.loads(
                store.get_secret_value(SecretId=one["Name"], VersionStage="AWSCURRENT")["SecretString"]
            )
            for one in store.list_secrets()["SecretList"]
        }

    def everything(self) -> str:
        """All that was printed, and all that CloudFormation knows."""
        stacks = self.client("cloudformation")
        texts = [self.seen]
        for name in self.stacks():
            texts.append(json.dumps(stacks.describe_stacks(StackName=name), default=str))
            texts.append(json.dumps(stacks.get_template(StackName=name), default=str))
            texts.append(json.dumps(stacks.describe_stack_events(StackName=name), default=str))
        return "\n".join(texts)


@pytest.fixture
def account(
    moto: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Account:
    monkeypatch.chdir(tmp_path)
    for name, text in aws.KEYS.items():
        monkeypatch.setenv(name, text)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    small: Callable[..., Bundle] = lambda options, target: replace(  # noqa: E731
        packaged(options), files={"lambda_handler.py": b"", **packaged(options).shipment.files}
    )
    monkeypatch.setattr(packaging, "make_bundle", small)
    return Account(moto, tmp_path, capsys)


def packaged(options: Any) -> Bundle:
    from adaptgen.ship.bundles.shipment import read_deployable
    from adaptgen.ship.bundles.target import Target

    found = read_deployable(options.what, options.governance)
    return Bundle(found, Target(), "lambda_handler.handler", {})


def test_one_command_from_an_empty_account(account: Account) -> None:
    assert account.deploy() == 0, account.last
    assert account.stacks() == {
        "proxy-dev": "UPDATE_COMPLETE", **{f"{name}-dev": "CREATE_COMPLETE" for name in SERVERS},
    }  # fmt: skip
    proxy = account.stack("proxy-dev")["Outputs"]
    role = "arn:aws:iam::123456789012:role/proxy-dev-eu-central-1"
    assert proxy["RoleArn"] == role
    variables = account.environment("proxy-dev")
    assert variables["PROXY_RESOURCE"] == proxy["Url"]
    # moto does not update SnapStart of a function.
    assert account.parameters("proxy-dev")["SnapStart"] == "PublishedVersions"
    secrets = account.secrets()
    handover = secrets["proxy-governance"]["handover"]
    for name in SERVERS:
        outputs, own = account.stack(f"{name}-dev")["Outputs"], account.environment(f"{name}-dev")
        assert variables[f"{name.upper()}_URL"] == outputs["Url"]
        assert (own["PROXY_RESOURCE"], own["PROXY_ROLE"]) == (proxy["Url"], role)
        assert account.function(f"{name}-dev")["Role"].endswith(f"role/{name}-dev-eu-central-1")
        (key,) = json.loads(own["PROXY_JWKS"])["keys"]
        assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["x"], key["y"]) == public_numbers(handover)
        said = account.client("lambda").get_policy(FunctionName=account.function(f"{name}-dev")["FunctionName"])
        assert role in said["Policy"]
        assert '"*"' not in said["Policy"]
    assert {name: sorted(members) for name, members in secrets.items()} == {
        "proxy-governance": ["audit", "handover", "k1"], **{f"{name}-governance": ["cursors"] for name in SERVERS},
        **{f"{name}-api": ["token"] for name in SERVERS},
    }  # fmt: skip
    everything = account.everything()
    for members in secrets.values():
        for value in members.values():
            assert all(line not in everything for line in value.splitlines() if len(line) > 16)

    assert account.deploy() == 0
    assert "make the key" not in account.last.out
    assert account.last.out.count("no changes") == 4
    assert account.secrets() == secrets


def test_an_update_of_one_server_touches_nothing_else(account: Account) -> None:
    assert account.deploy() == 0, account.last
    before = account.versions()
    spec = account.specs / "crm.yaml"
    spec.write_text(spec.read_text().replace("All items", "All items of the CRM"))
    build(spec, out=account.folder / "generated").write()
    assert account.deploy() == 0, account.last
    assert account.last.out.count("no changes") == 3
    assert account.stacks()["crm-dev"] == "UPDATE_COMPLETE"
    after = account.versions()
    assert {name for name in after if after[name] != before[name]} == {"crm-dev"}
    assert account.deploy() == 0, account.last
    assert account.last.out.count("no changes") == 4
    assert account.secrets().keys() == {"proxy-governance", *(f"{name}-{kind}" for name in SERVERS for kind in KINDS)}


def test_a_server_more_changes_the_proxy_and_no_other_server(account: Account) -> None:
    more = "wiki"
    assert account.deploy() == 0, account.last
    before = account.versions()
    account.know(more)
    write_fleet(account.folder, (*SERVERS, more))
    assert account.deploy() == 0, account.last
    after = account.versions()
    assert {name for name in after if after.get(name) != before.get(name)} == {"proxy-dev", "wiki-dev"}
    assert account.environment("proxy-dev")["WIKI_URL"] == account.stack("wiki-dev")["Outputs"]["Url"]
    # The proxy was complete before, and it is deployed once.
    assert [line for line in account.last.err.splitlines() if line.endswith(":")] == ["wiki-dev:", "proxy-dev:"]


@pytest.mark.parametrize("which", [1, 2, 3, 5])
def test_after_a_crash_the_same_command_goes_on(account: Account, monkeypatch: pytest.MonkeyPatch, which: int) -> None:
    """In the middle of the stack ``which``: AWS finishes it, and nobody is there to see it."""
    done: list[str] = []
    execute = Deployment.execute

    def crash(self: Deployment, prepared: Prepared) -> Outcome:
        found = execute(self, prepared)
        done.append(prepared.plan.stack)
        if len(done) == which:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(Deployment, "execute", crash)
    assert account.deploy() == 130, account.last
    keys = account.secrets()
    if which == 1:  # the first part of the proxy: its URLs lead nowhere, and no start is tried
        assert account.environment("proxy-dev")["CRM_URL"] == "https://not-known-yet.invalid/mcp"
        assert account.parameters("proxy-dev")["SnapStart"] == "None"
    monkeypatch.setattr(Deployment, "execute", execute)
    assert account.deploy() == 0, account.last
    assert account.secrets() == keys
    variables = account.environment("proxy-dev")
    for name in SERVERS:
        outputs = account.stack(f"{name}-dev")["Outputs"]
        assert variables[f"{name.upper()}_URL"] == outputs["Url"]
        assert account.environment(f"{name}-dev")["PROXY_RESOURCE"] == variables["PROXY_RESOURCE"]
    assert "not-known-yet" not in json.dumps(variables)
    assert account.parameters("proxy-dev")["SnapStart"] == "PublishedVersions"
    assert account.deploy() == 0
    assert account.last.out.count("no changes") == 4


def test_a_failure_in_the_middle_says_what_is_done(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    execute = Deployment.execute

    def fail(self: Deployment, prepared: Prepared) -> Outcome:
        if prepared.plan.stack == "crm-dev":
            return Outcome("ROLLBACK_COMPLETE", {}, (Failure("Function", "AWS::Lambda::Function", "no capacity"),))
        return execute(self, prepared)

    monkeypatch.setattr(Deployment, "execute", fail)
    assert account.deploy() == 1
    lines = account.last.err.splitlines()
    assert "crm: Function (AWS::Lambda::Function): no capacity" in lines
    assert "done: billing-dev (CREATE_COMPLETE)" in lines
    assert [line for line in lines if line.startswith("not done")] == [
        "not done: proxy-dev", "not done: crm-dev", "not done: hr-dev",
    ]  # fmt: skip
    monkeypatch.setattr(Deployment, "execute", execute)
    assert account.deploy() == 0, account.last


def test_without_its_credentials_nothing_is_deployed(account: Account) -> None:
    account.client("secretsmanager").delete_secret(SecretId="hr-api", ForceDeleteWithoutRecovery=True)
    assert account.deploy() == 2
    assert "hr-api#token" in account.last.err
    assert "aws secretsmanager create-secret --name hr-api --secret-string file:///dev/stdin" in account.last.err
    assert account.stacks() == {}
    assert "proxy-governance" not in account.secrets()


def test_the_stack_of_another_fleet_is_not_touched(account: Account) -> None:
    assert account.deploy() == 0, account.last
    before = account.versions()
    (account.specs / "proxy").rename(account.specs / "front")
    assert account.deploy() == 2
    assert "AG119" in account.last.err
    assert "belongs to the fleet of proxy-dev" in account.last.err
    assert account.versions() == before


def test_a_stack_of_something_else_is_not_touched(account: Account) -> None:
    body = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Description": "Billing of 2019"})
    account.client("cloudformation").create_stack(StackName="billing-dev", TemplateBody=body)
    assert account.deploy() == 2
    assert "the stack billing-dev is not one of billing: adaptgen did not make it" in account.last.err
    assert account.stacks() == {"billing-dev": "CREATE_COMPLETE"}
    assert "proxy-governance" not in account.secrets()


def test_one_artefact_is_promoted_from_stage_to_stage(account: Account) -> None:
    assert account.deploy() == 0, account.last
    codes = {name: account.function(f"{name}-dev")["CodeSha256"] for name in (*SERVERS, "proxy")}
    for path in sorted(account.specs.glob("*/stages/dev.yaml")):
        said = yaml.safe_load(path.read_text()) | {"tags": {"cost-centre": "42"}}
        write_yaml(path.with_name("prod.yaml"), said)
    assert account.deploy(stage="prod") == 0, account.last
    assert {name: account.function(f"{name}-prod")["CodeSha256"] for name in codes} == codes
    assert len(account.stacks()) == 8
    zips = account.client("s3").list_objects_v2(Bucket="bundles")["Contents"]
    assert len([one for one in zips if one["Key"].endswith(".zip")]) == 4  # each once
    # What dev runs, whatever lies here now.
    spec = account.specs / "crm.yaml"
    spec.write_text(spec.read_text().replace("All items", "All items of the CRM"))
    build(spec, out=account.folder / "generated").write()
    assert account.deploy("--from", "dev", stage="prod") == 0, account.last
    assert account.last.out.count("no changes") == 4
    assert account.deploy(stage="dev") == 0, account.last
    assert account.deploy("--from", "dev", stage="prod") == 0, account.last
    found = account.function("crm-prod")["CodeSha256"]
    assert found == account.function("crm-dev")["CodeSha256"] != codes["crm"]
    assert account.stack("crm-prod")["Outputs"]["RoleArn"].endswith("role/crm-prod-eu-central-1")
    tags = {one["Key"]: one["Value"] for one in account.stack("crm-prod")["Tags"]}
    assert tags == {"cost-centre": "42", "adaptgen:fleet": "proxy-prod"}


def test_all_of_it_is_deleted_and_the_keys_stay(account: Account) -> None:
    assert account.deploy() == 0, account.last
    keys = account.secrets()
    assert account.deploy("--delete") == 0, account.last
    assert account.stacks() == {}
    assert account.secrets() == keys


def test_a_dry_run_asks_nobody(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in aws.KEYS:
        monkeypatch.delenv(name)
    code = main(["deploy", "specs", "--all", "--stage", "dev", "--dry-run", "--endpoint-url", "http://127.0.0.1:9"])
    assert code == 0
    assert account.stacks() == {}


# ---------------------------------------------------------------------------------------------------------- one server


ALONE = {
    "adaptgen": 1,
    "listen": {"resource": "${env:CRM_RESOURCE}"},
    "authenticate": {"issuer": "https://idp.example/", "audience": "${env:CRM_RESOURCE}", "caller": {"sub": "sub"}},
    "keys": {"cursors": "${secret:alone#cursors}", "audit": "${secret:alone#audit}"},
    "audit": {"sink": "stdout"},
}


def alone(account: Account, **parameters: str) -> list[str]:
    """The command that deploys one server, which checks tokens itself."""
    write_yaml(account.specs / "crm" / "alone.yaml", ALONE)
    path = account.specs / "crm" / "stages" / "dev.yaml"
    said = yaml.safe_load(path.read_text()) | {"governance": "../alone.yaml"}
    write_yaml(path, said | {"parameters": said["parameters"] | parameters})
    return ["deploy", "generated/crm", "--stage", "dev", "--every", "0", "--endpoint-url", account.service.url]


def test_one_server_gets_its_keys_and_its_own_url(account: Account, capsys: pytest.CaptureFixture[str]) -> None:
    command = alone(account)
    assert main([*command, "--yes"]) == 0
    assert account.environment("crm-dev")["CRM_RESOURCE"] == account.stack("crm-dev")["Outputs"]["Url"]
    assert sorted(account.secrets()["alone"]) == ["audit", "cursors"]
    assert account.parameters("crm-dev")["SnapStart"] == "PublishedVersions"
    assert account.parameters("crm-dev")["RoleName"] == ""
    capsys.readouterr()
    assert main([*command, "--yes"]) == 0
    assert "no changes" in capsys.readouterr().out


def test_one_server_with_a_known_url_gets_its_keys(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = alone(account, CRM_RESOURCE="https://mcp.example/mcp")
    assert main(command) == 1  # nobody agrees
    assert "alone" not in account.secrets()
    assert account.stacks() == {}
    assert main([*command, "--yes"]) == 0
    keys = account.secrets()["alone"]
    assert sorted(keys) == ["audit", "cursors"]
    said = capsys.readouterr()
    assert "made the key alone#cursors" in said.err
    assert all(text not in said.out + said.err for text in keys.values())
    # A key that is missing later is made although the stack is as it should be.
    account.client("secretsmanager").put_secret_value(
        SecretId="alone", SecretString=json.dumps({"cursors": keys["cursors"]})
    )
    assert main([*command, "--yes"]) == 0
    assert account.secrets()["alone"]["cursors"] == keys["cursors"]
    assert account.secrets()["alone"]["audit"] != keys["audit"]


def test_a_credential_is_typed_without_showing_it(
    account: Account, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account.client("secretsmanager").delete_secret(SecretId="hr-api", ForceDeleteWithoutRecovery=True)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    asked: list[str] = []
    monkeypatch.setattr("getpass.getpass", lambda question, stream: asked.append(question) or "hunter2-hunter2")
    monkeypatch.setattr("adaptgen.cli.ship.fleet.confirmed", lambda question: True)
    code = main(["deploy", "specs", "--all", "--stage", "dev", "--every", "0", "--endpoint-url", account.service.url])
    said = capsys.readouterr()
    assert code == 0, said
    assert asked == ["hr-api#token is missing; its value, or nothing to stop: "]
    assert account.secrets()["hr-api"] == {"token": "hunter2-hunter2"}
    assert "hunter2" not in said.out + said.err + account.everything()


def test_keys_are_encrypted_with_the_key_of_the_stage(account: Account) -> None:
    arn = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"
    assert main([*alone(account, CRM_RESOURCE="https://mcp.example/mcp", KmsKeyArn=arn), "--yes"]) == 0
    assert account.client("secretsmanager").describe_secret(SecretId="alone")["KmsKeyId"] == arn


def public_numbers(private: str) -> tuple[str, str]:
    """The point of an EC key as a JWK writes it."""
    import base64

    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key = load_pem_private_key(private.encode(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    numbers = key.public_key().public_numbers()
    x, y = (base64.urlsafe_b64encode(one.to_bytes(32, "big")).rstrip(b"=").decode() for one in (numbers.x, numbers.y))
    return x, y
