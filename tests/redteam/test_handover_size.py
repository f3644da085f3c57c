"""Behind a proxy: a large body is read for the proxy alone, whose handover stands in the head then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from support.governing import FakeTarget, fact, governed, settings
from support.wire import Client, said

from adaptgen.govern.identity.identity_assertion import AssertionIssuer
from adaptgen.mcp.protocol import HANDOVER_HEADER, META_HANDOVER
from adaptgen.model.tables import Caller
from adaptgen.proxy.upstream_client import _LARGE, _with_identity
from adaptgen.transports.streamable_http import StreamableHttpServer
from adaptgen.transports.streamable_http.request_context import harmless

pytestmark = pytest.mark.asyncio
ISSUER, AUDIENCE = "https://proxy.example/mcp", "people"
ADA = Caller("ada", "bank")


def behind(folder: Path, signer: AssertionIssuer) -> Path:
    keys = {"cursors": "${env:T_CURSORS}", "audit": "${env:T_AUDIT}"}
    accept = {"issuer": ISSUER, "audience": AUDIENCE, "jwks": signer.jwks()}
    return settings(folder, mode="behind", accept=accept, authorize=None, keys=keys, tokenize=None)


async def asked(folder: Path, size: int, how: str) -> tuple[int, Any, FakeTarget]:
    signer = AssertionIssuer(ECKey.generate_key("P-256", private=True), ISSUER)
    stranger = AssertionIssuer(ECKey.generate_key("P-256", private=True), ISSUER)
    target = FakeTarget(fact("read_note", arguments={}))
    async with governed(behind(folder, signer), target, http=True) as made:
        params = {"name": "read_note", "arguments": {"text": "x" * size}}
        token = signer.sign(ADA, AUDIENCE, "tools/call", params)
        heads = {
            "proxy": token,
            "stranger": stranger.sign(ADA, AUDIENCE, "tools/call", params),
            "another server": signer.sign(ADA, "billing", "tools/call", params),
            "no token": "a.b.c",
        }
        headers = {HANDOVER_HEADER.replace("-", "_"): heads[how]} if how in heads else {}
        answer = await Client(StreamableHttpServer(made.handler)).ask(
            "tools/call", params, meta={META_HANDOVER: token}, **headers
        )
        return answer.status, said(answer), target


@pytest.mark.parametrize("how", ["nothing", "stranger", "another server", "no token"])
async def test_a_large_body_without_the_proxys_word_is_not_read(tmp_path: Path, how: str) -> None:
    status, _, target = await asked(tmp_path, 100_000, how)
    assert status == (413 if how == "nothing" else 401)
    assert target.calls == []


@pytest.mark.parametrize(
    ("size", "how"), [(10, "nothing"), (40_000, "nothing"), (100_000, "proxy"), (3_000_000, "proxy")]
)
async def test_the_proxy_sends_what_it_has_to(tmp_path: Path, size: int, how: str) -> None:
    status, answer, target = await asked(tmp_path, size, how)
    assert (status, answer["result"]["content"][0]["text"]) == (200, "done")
    assert len(target.calls[0][2]["text"]) == size
    assert HANDOVER_HEADER not in target.contexts[0].headers


async def test_the_proxy_puts_the_handover_into_the_head_of_large_requests() -> None:
    message = {"params": {"_meta": {META_HANDOVER: "token"}}}
    assert _with_identity({"a": "b"}, message, b"x" * _LARGE) == {"a": "b"}
    assert _with_identity({"a": "b"}, message, b"x" * (_LARGE + 1)) == {"a": "b", HANDOVER_HEADER: "token"}
    assert _with_identity({}, {"params": {}}, b"x" * 100_000) == {}
    assert harmless({HANDOVER_HEADER: "token", "a": "b"}) == {"a": "b"}
