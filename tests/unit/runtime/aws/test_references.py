"""``${secret:…}`` and ``${ssm:…}`` against moto's server: read at first use, read again when a login is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from adaptgen.model.tables import Auth, Body, Call, Login, Param, Send, Tool

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), auth=("crm",))
USER = Param("user", value="${ssm:/crm/user}")
PASSWORD = Param("password", value="${secret:crm#password}")
LOGIN = Login(id="login", call=Call("POST", "/login", body=Body(params=(USER, PASSWORD))), save={"access": "$.token"})
CRM = Auth(name="crm", kind="session", chain=(LOGIN,), send=(Send("header", "X-Token", "{access}"),))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    secrets = boto3.client("secretsmanager")
    secrets.create_secret(Name="crm", SecretString='{"password": "old"}')
    boto3.client("ssm").put_parameter(Name="/crm/user", Value="svc", Type="SecureString")
    yield secrets
    secrets.delete_secret(SecretId="crm", ForceDeleteWithoutRecovery=True)
    boto3.client("ssm").delete_parameter(Name="/crm/user")
    server.stop()


@pytest.mark.asyncio
async def test_a_secret_is_read_and_read_again_when_it_was_rotated(api: Api, make: Make, reply: Any, aws: Any) -> None:
    accepted = {"user": "svc", "password": "old"}

    def handler(one: Received) -> Any:
        if one.path == "/login":
            good = one.json() == accepted
            return reply(200, {"token": accepted["password"]}) if good else reply(401, {"message": "wrong"})
        return reply(200, {"id": 1}) if one.headers.get("x-token") == accepted["password"] else reply(401, {})

    api.handler = handler
    calls = make(READ, auth=(CRM,), environ={"AWS_DEFAULT_REGION": "eu-west-1"})
    assert await calls.ok("get_item", id=1) == {"id": 1}
    accepted["password"] = "new"
    aws.put_secret_value(SecretId="crm", SecretString='{"password": "new"}')
    assert await calls.ok("get_item", id=1) == {"id": 1}
    accepted["password"] = "unknown"
    text = await calls.error("get_item", id=1)
    assert "Check ${secret:crm#password} and ${ssm:/crm/user}." in text
    assert "new" not in text


@pytest.mark.asyncio
async def test_a_rotated_key_is_read_again_when_it_is_refused(api: Api, make: Make, reply: Any, aws: Any) -> None:
    keys = ["old"]
    api.handler = lambda one: reply(200 if one.headers["x-key"] == keys[0] else 401, {"id": 1})
    auth = Auth(name="crm", kind="api_key", send=(Send("header", "X-Key", "${secret:crm#password}"),))
    calls = make(READ, auth=(auth,), environ={"AWS_DEFAULT_REGION": "eu-west-1"})
    await calls.ok("get_item", id=1)
    keys[0] = "new"
    assert "did not accept the credentials" in await calls.error("get_item", id=1)
    aws.put_secret_value(SecretId="crm", SecretString='{"password": "new"}')
    await calls.ok("get_item", id=1)
