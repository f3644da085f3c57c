"""Keys in the secret stores of AWS (moto): made where they are missing, never replaced, never shown."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from support import aws
from support.services import Service

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.fleet.needed_secrets import NeededSecret
from adaptgen.ship.fleet.secret_store import SecretReport, SecretStore

pytestmark = pytest.mark.slow

CURSORS = NeededSecret("secret", "crm-governance", "cursors", "cursors", ("crm",))
AUDIT = NeededSecret("secret", "crm-governance", "audit", "audit", ("crm",))
HANDOVER = NeededSecret("secret", "proxy", "handover", "handover", ("proxy",))
CHECKPOINTS = NeededSecret("secret", "proxy", "checkpoints", "checkpoints", ("proxy",))
WHOLE = NeededSecret("secret", "whole", "", "surrogates", ("crm",))
PARAMETER = NeededSecret("ssm", "/crm/audit", "", "audit", ("crm",))
PASSWORD = NeededSecret("secret", "crm-api", "password", "", ("crm",))
ALL = (CURSORS, AUDIT, HANDOVER, CHECKPOINTS, WHOLE, PARAMETER, PASSWORD)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = aws.start(tmp_path_factory.mktemp("moto"))
    try:
        yield service
    finally:
        service.stop()


class Account:
    """An empty account, and what a store said."""

    def __init__(self, service: Service) -> None:
        import httpx

        httpx.post(f"{service.url}/moto-api/reset").raise_for_status()
        self.secrets = aws.client(service, "secretsmanager")
        self.parameters = aws.client(service, "ssm")
        self.said: list[str] = []
        self.store = SecretStore(self.secrets, self.parameters, kms_key="", tags={"adaptgen": "crm-dev"})

    def value(self, name: str) -> str:
        return str(self.secrets.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")["SecretString"])

    def make(self, *missing: NeededSecret) -> None:
        self.store.make_keys(missing, self.said.append)


@pytest.fixture
def account(server: Service) -> Account:
    return Account(server)


def test_every_missing_key_is_made_in_its_own_form_and_none_is_shown(account: Account) -> None:
    report = account.store.check(ALL)
    assert set(report.keys) == {*ALL} - {PASSWORD}
    assert report.credentials == (PASSWORD,)
    account.make(*report.keys)
    own, proxy = json.loads(account.value("crm-governance")), json.loads(account.value("proxy"))
    for text in (own["cursors"], own["audit"], account.value("whole")):
        assert len(base64.b64decode(text, validate=True)) == 32
    assert own["cursors"] != own["audit"]
    handover = load_pem_private_key(proxy["handover"].encode(), None)
    assert isinstance(handover, EllipticCurvePrivateKey)
    assert isinstance(handover.curve, SECP256R1)
    assert isinstance(load_pem_private_key(proxy["checkpoints"].encode(), None), Ed25519PrivateKey)
    parameter = account.parameters.get_parameter(Name="/crm/audit", WithDecryption=True)["Parameter"]
    assert parameter["Type"] == "SecureString"
    assert len(base64.b64decode(parameter["Value"], validate=True)) == 32
    said = "\n".join(account.said)
    assert "made the key crm-governance#cursors" in said
    for value in (*own.values(), *proxy.values(), account.value("whole"), parameter["Value"]):
        assert value not in said
        assert value not in repr((account.store, report))
    assert account.store.check({*ALL} - {PASSWORD}) == SecretReport()
    (tags,) = [one["Tags"] for one in account.secrets.list_secrets()["SecretList"] if one["Name"] == "proxy"]
    assert tags == [{"Key": "adaptgen", "Value": "crm-dev"}]


def test_members_are_added_beside_those_that_are_there(account: Account) -> None:
    kept = base64.b64encode(bytes(range(32))).decode()
    account.secrets.create_secret(Name="crm-governance", SecretString=json.dumps({"cursors": kept, "other": {"a": 1}}))
    before = account.secrets.get_secret_value(SecretId="crm-governance")["VersionId"]
    assert account.store.check((CURSORS, AUDIT)).keys == (AUDIT,)
    account.make(AUDIT, CURSORS)
    found = json.loads(account.value("crm-governance"))
    assert (found["cursors"], found["other"]) == (kept, {"a": 1})
    assert len(base64.b64decode(found["audit"], validate=True)) == 32
    previous = account.secrets.get_secret_value(SecretId="crm-governance", VersionStage="AWSPREVIOUS")
    assert previous["VersionId"] == before


def test_what_another_writes_at_the_same_moment_stays(account: Account) -> None:
    """Between reading and writing the current version changes: theirs is kept, and ours goes on from it."""
    theirs = base64.b64encode(bytes(range(1, 33))).decode()
    account.secrets.create_secret(Name="crm-governance", SecretString=json.dumps({"x": "1"}))
    moved: list[str] = []

    def interfere(**_: Any) -> None:
        if not moved:
            moved.append("once")
            account.secrets.meta.events.unregister("before-call.secrets-manager.UpdateSecretVersionStage", interfere)
            account.secrets.put_secret_value(
                SecretId="crm-governance", SecretString=json.dumps({"x": "1", "cursors": theirs})
            )

    account.secrets.meta.events.register("before-call.secrets-manager.UpdateSecretVersionStage", interfere)
    account.make(CURSORS, AUDIT)
    assert moved
    found = json.loads(account.value("crm-governance"))
    assert (found["cursors"], found["x"]) == (theirs, "1")
    assert len(base64.b64decode(found["audit"], validate=True)) == 32
    assert account.said == ["made the key crm-governance#audit"]


def test_a_secret_without_a_value_gets_its_first_one(account: Account) -> None:
    """Terraform's aws_secretsmanager_secret alone."""
    account.secrets.create_secret(Name="crm-governance")
    assert account.store.check((CURSORS,)).keys == (CURSORS,)
    account.make(CURSORS, AUDIT)
    found = json.loads(account.value("crm-governance"))
    assert {name: len(base64.b64decode(one, validate=True)) for name, one in found.items()} == {
        "cursors": 32, "audit": 32,
    }  # fmt: skip
    assert sorted(account.said) == ["made the key crm-governance#audit", "made the key crm-governance#cursors"]
    assert account.store.check((CURSORS, AUDIT)) == SecretReport()


def test_a_first_value_that_another_writes_at_the_same_moment_stays(account: Account) -> None:
    theirs = base64.b64encode(bytes(range(32))).decode()
    account.secrets.create_secret(Name="crm-governance")
    moved: list[str] = []

    def interfere(**_: Any) -> None:
        if not moved:
            moved.append("once")
            account.secrets.put_secret_value(SecretId="crm-governance", SecretString=json.dumps({"cursors": theirs}))

    account.secrets.meta.events.register("before-call.secrets-manager.PutSecretValue", interfere)
    account.make(CURSORS, AUDIT)
    found = json.loads(account.value("crm-governance"))
    assert found["cursors"] == theirs
    assert len(base64.b64decode(found["audit"], validate=True)) == 32
    assert account.said == ["made the key crm-governance#audit"]


def test_a_secret_that_another_creates_at_the_same_moment_stays(account: Account) -> None:
    theirs = base64.b64encode(bytes(range(1, 33))).decode()
    moved: list[str] = []

    def interfere(**_: Any) -> None:
        if not moved:
            moved.append("once")
            account.secrets.create_secret(Name="crm-governance", SecretString=json.dumps({"cursors": theirs}))

    account.secrets.meta.events.register("before-call.secrets-manager.CreateSecret", interfere)
    account.make(CURSORS, AUDIT)
    assert json.loads(account.value("crm-governance"))["cursors"] == theirs
    assert account.said == ["made the key crm-governance#audit"]


@pytest.mark.parametrize(("text", "why"), [
    ('{"cursors": "c2hvcnQ="}', "too short"), ('{"cursors": "hunter2 hunter2"}', "neither base64 nor hex"),
    ("hunter2", "not a JSON object"),
])  # fmt: skip
def test_a_key_of_a_wrong_form_is_an_error_and_neither_shown_nor_replaced(
    account: Account, text: str, why: str
) -> None:
    account.secrets.create_secret(Name="crm-governance", SecretString=text)
    with pytest.raises(AdaptgenError) as problem:
        account.store.check((CURSORS,))
    assert [one.code for one in problem.value.diagnostics] == ["AG118"]
    assert why in str(problem.value)
    assert "hunter2" not in str(problem.value)
    assert "c2hvcnQ" not in str(problem.value)
    assert account.value("crm-governance") == text


def test_a_secret_that_is_to_be_deleted_is_an_error(account: Account) -> None:
    account.secrets.create_secret(Name="crm-governance", SecretString="{}")
    account.secrets.delete_secret(SecretId="crm-governance", RecoveryWindowInDays=7)
    with pytest.raises(AdaptgenError, match="restore-secret"):
        account.store.check((CURSORS,))


def test_credentials_are_written_only_where_there_are_none(account: Account) -> None:
    account.store.put_credentials({PASSWORD: "hunter2"}, account.said.append)
    account.store.put_credentials({PASSWORD: "other"}, account.said.append)
    assert json.loads(account.value("crm-api")) == {"password": "hunter2"}
    assert account.said == ["wrote crm-api#password"]


def test_interrupted_after_the_new_version_it_is_done_again(account: Account, tmp_path: Path) -> None:
    account.secrets.create_secret(Name="crm-governance", SecretString='{"x": "1"}')

    def crash(**_: Any) -> None:
        raise KeyboardInterrupt

    account.secrets.meta.events.register("before-call.secrets-manager.UpdateSecretVersionStage", crash)
    with pytest.raises(KeyboardInterrupt):
        account.make(AUDIT)
    assert account.value("crm-governance") == '{"x": "1"}'
    account.secrets.meta.events.unregister("before-call.secrets-manager.UpdateSecretVersionStage", crash)
    account.make(AUDIT)
    assert sorted(json.loads(account.value("crm-governance"))) == ["audit", "x"]
