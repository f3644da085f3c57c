"""How an API is reached: private certificates, an egress proxy, and how much at once; counted by the servers."""

from __future__ import annotations

import asyncio
import base64
import time
from pathlib import Path
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.runtime import LOCAL
from adaptgen.runtime.engine import Engine
from adaptgen.runtime.http.client import until
from adaptgen.runtime.http.connection import TokenBucket

pytestmark = pytest.mark.asyncio


async def said(engine: Engine, tool: str = "get_thing") -> str:
    answer = await engine.call(LOCAL, tool, {})
    return answer.content[0].text  # type: ignore[union-attr]


async def test_a_private_ca_and_a_client_certificate_open_the_api(
    closed: Any, connect: Any, authority: Any, tmp_path: Path
) -> None:
    (tmp_path / "corp.pem").write_bytes(authority.ca)
    (tmp_path / "client.pem").write_bytes(authority.certificate("adaptgen"))
    assert await said(connect(closed.url, ca="corp.pem", client_cert="client.pem")) == '{"id":1}'
    assert closed.served == 1


async def test_certificates_come_from_references_as_text_or_as_paths(
    closed: Any, connect: Any, authority: Any, tmp_path: Path
) -> None:
    (tmp_path / "corp.pem").write_bytes(authority.ca)
    environ = {"CA": str(tmp_path / "corp.pem"), "CERT": authority.certificate("adaptgen").decode()}
    assert await said(connect(closed.url, environ, ca="${env:CA}", client_cert="${env:CERT}")) == '{"id":1}'


async def test_without_the_ca_the_api_is_not_trusted(closed: Any, connect: Any, authority: Any) -> None:
    environ = {"CERT": authority.certificate("adaptgen").decode()}
    assert "its TLS certificate is not accepted" in await said(connect(closed.url, environ, client_cert="${env:CERT}"))
    assert closed.served == 0


@pytest.mark.parametrize("certificate", ["", "stranger"])
async def test_without_its_certificate_the_api_does_not_answer(
    closed: Any, connect: Any, authority: Any, certificate: str
) -> None:
    environ = {"CA": authority.ca.decode()}
    more = {}
    if certificate:
        environ["CERT"] = type(authority)("Another CA").certificate(certificate).decode()
        more["client_cert"] = "${env:CERT}"
    answer = await connect(closed.url, environ, ca="${env:CA}", **more).call(LOCAL, "get_thing", {})
    assert answer.is_error
    assert closed.served == 0


@pytest.mark.parametrize("text", ["no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
@pytest.mark.parametrize("what", ["ca", "client_cert"])
async def test_a_broken_certificate_is_said_and_not_shown(closed: Any, connect: Any, what: str, text: str) -> None:
    answer = await said(connect(closed.url, {"PEM": text}, **{what: "${env:PEM}"}))
    assert f"connection.{what}" in answer
    assert "AAAA" not in answer
    assert closed.served == 0


async def test_a_certificate_that_is_not_there_is_refused_at_start(connect: Any) -> None:
    with pytest.raises(AdaptgenError, match=r"corp\.pem: error AG066: the file of connection\.ca is not there"):
        connect("https://127.0.0.1", ca="corp.pem")


async def test_calls_go_through_the_egress_proxy(
    closed: Any, proxy: Any, connect: Any, authority: Any, tmp_path: Path
) -> None:
    proxy.wanted = "basic " + base64.b64encode(b"svc:pw").decode().lower()
    environ = {
        "EGRESS": proxy.url.replace("//", "//svc:pw@"),
        "CA": authority.ca.decode(),
        "CERT": authority.certificate("adaptgen").decode(),
    }
    engine = connect(closed.url, environ, ca="${env:CA}", client_cert="${env:CERT}", proxy="${env:EGRESS}")
    assert await said(engine) == '{"id":1}'
    assert proxy.asked == [f"CONNECT {closed.url.removeprefix('https://')}"]


async def test_a_proxy_that_refuses_has_let_no_write_through(closed: Any, proxy: Any, connect: Any) -> None:
    proxy.wanted = "basic other"
    answer = await connect(closed.url, proxy=proxy.url).call(LOCAL, "make_thing", {})
    assert "The egress proxy does not let this call through" in answer.content[0].text
    assert not answer.unknown
    assert closed.served == 0


@pytest.mark.parametrize("url", ["ftp://proxy", "proxy:3128", "http://"])
async def test_a_proxy_must_be_a_url(api: Any, connect: Any, url: str) -> None:
    answer = await said(connect(api.url, {"EGRESS": url}, proxy="${env:EGRESS}"))
    assert answer.startswith("connection.proxy must be an http or https URL")
    assert api.served == 0


async def test_no_more_than_so_many_at_once(api: Any, connect: Any) -> None:
    api.hold = asyncio.Event()
    engine = connect(api.url, concurrency=3)
    calls = [asyncio.ensure_future(said(engine)) for _ in range(10)]
    async with api.arrived:
        await api.arrived.wait_for(lambda: api.at_once == 3)
    api.hold.set()
    assert set(await asyncio.gather(*calls)) == {'{"id":1}'}
    assert (api.served, api.most) == (10, 3)


async def test_waiting_for_a_turn_ends_with_the_budget_of_the_call(api: Any, connect: Any) -> None:
    api.hold = asyncio.Event()
    engine = connect(api.url, concurrency=1, timeout=30.0)
    first = asyncio.ensure_future(said(engine))
    async with api.arrived:
        await api.arrived.wait_for(lambda: api.served == 1)
    until.set(time.monotonic() + 0.2)
    answer = await engine.call(LOCAL, "make_thing", {})
    assert "as many as it may at once" in answer.content[0].text
    assert not answer.unknown
    assert api.served == 1
    api.end()
    assert await first == '{"id":1}'


async def test_a_rate_that_is_used_up_says_when_to_come_back(api: Any, connect: Any) -> None:
    engine = connect(api.url, rate="1/h")
    assert await said(engine) == '{"id":1}'
    assert await said(engine) == (
        "This server may call the API 1 times in 1 h, and has. Nothing was sent. Try again in 3600 s."
    )
    assert api.served == 1


async def test_a_rate_lets_through_what_it_says(api: Any, connect: Any) -> None:
    engine = connect(api.url, rate="20/s", timeout=1.0)
    begun = time.monotonic()
    answers = await asyncio.gather(*(said(engine) for _ in range(60)))
    seconds = time.monotonic() - begun
    # On a busy machine the budget of a call may end after it was sent: what the API got is what the rate let through.
    assert 20 <= sum(1 for one in answers if one == '{"id":1}') <= api.served
    assert 30 <= api.served <= 20 + 20 * seconds + 1  # 20 at once, and 20 in each second that the others may wait


async def test_a_bucket_fills_with_time_and_takes_nothing_for_a_turn_that_comes_too_late() -> None:
    now = 0.0
    bucket = TokenBucket(2.0, lambda: now)
    assert [bucket.take(0.0), bucket.take(0.0)] == [0.0, 0.0]
    assert bucket.take(0.4) == 0.5
    assert bucket.take(0.5) == 0.5
    assert bucket.take(9.0) == 1.0
    now = 10.0
    assert [bucket.take(0.0), bucket.take(0.0), bucket.take(0.0)] == [0.0, 0.0, 0.5]
