"""The shared state at start: open or refused, with the place in the settings."""

from __future__ import annotations

from typing import Any

import pytest
from support.services import free_port

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.settings.model import Settings, State
from adaptgen.govern.settings.references import open_store
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.store import store_from

pytestmark = pytest.mark.asyncio

PLACES = {("state",): 7, ("state", "url"): 8, ("state", "table"): 9}


def settings(**state: Any) -> Settings:
    return Settings(state=State(**state), where=lambda *keys: Where("governance.yaml", PLACES.get(keys, 7), 3))


@pytest.mark.parametrize(
    ("state", "environ", "code", "line", "said"),
    [
        ({"store": "redis"}, {}, "AG076", 7, "needs url"),
        ({"store": "redis", "url": "${env:NOT_SET}"}, {}, "AG071", 8, "NOT_SET"),
        ({"store": "redis", "url": "http://x"}, {}, "AG076", 8, "redis://"),
        ({"store": "redis", "url": "${env:U}"}, {"U": f"redis://:hunter22@127.0.0.1:{free_port()}"}, "AG076", 8, "re"),
        ({"store": "dynamodb", "table": "t", "endpoint": f"http://127.0.0.1:{free_port()}", "region": "eu-west-1"}, {},
         "AG076", 9, "'t'"),
    ],
)  # fmt: skip
async def test_a_state_that_cannot_be_used_is_told_at_its_place(
    monkeypatch: pytest.MonkeyPatch, state: Any, environ: dict[str, str], code: str, line: int, said: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with pytest.raises(AdaptgenError) as caught:
        await open_store(settings(**state), Credentials(environ))
    (found,) = caught.value.diagnostics
    assert (found.code, found.where) == (code, Where("governance.yaml", line, 3))
    assert said in found.message
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("memory:", "MemoryStore(0)"),
        ("redis://:pw@h:1/0", "RedisStore('Redis at h:1')"),
        ("rediss://h", "RedisStore('Redis at h')"),
        ("dynamodb://t?region=eu-west-1&prefix=p", "DynamoStore('t')"),
    ],
)
async def test_a_url_names_a_store(url: str, shown: str) -> None:
    assert repr(store_from(url)) == shown


@pytest.mark.parametrize("url", ["", "http://:pw@h", "dynamodb://", "dynamodb://t?regoin=x"])
async def test_other_urls_are_refused_without_repeating_them(url: str) -> None:
    with pytest.raises(ValueError, match="redis://HOST:PORT/DB") as caught:
        store_from(url)
    assert "pw" not in str(caught.value)
