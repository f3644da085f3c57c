"""No token, code or secret is in a log, an error or the audit trail; what people do is on record."""

from __future__ import annotations

import hashlib
import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from support.idp import Idp
from support.logins import site
from support.oauth_clients import OAuthClient, call, json_of


@pytest.mark.asyncio
async def test_the_audit_trail_says_who_and_holds_no_token(
    tmp_path: Path, idp: Idp, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    trail = tmp_path / "audit.jsonl"
    given = {"audit": {"sink": str(trail)}}
    async with site(tmp_path, idp, **given) as one:
        client = OAuthClient(one)
        await client.register(token_endpoint_auth_method="client_secret_post")
        secret = client.registered["client_secret"]
        code = (await client.authorize())["code"]
        tokens = json_of(await client.redeem(code, client_secret=secret))
        await call(one, tokens["access_token"])
        later = json_of(await client.refresh(tokens["refresh_token"], client_secret=secret))
        await client.redeem(code, client_secret=secret)  # again: ends the family
        await client.refresh(later["refresh_token"], client_secret=secret)
        await client.decide(await client.open(prompt="consent"), "deny")
        await client.token("/oauth/revoke", token=later["access_token"], client_secret=secret)
    text = trail.read_text() + caplog.text
    upstream = [form[name] for form in idp.forms for name in ("code", "refresh_token", "code_verifier") if name in form]
    for canary in (
        secret,
        code,
        client.client_id,
        tokens["access_token"],
        tokens["refresh_token"],
        later["access_token"],
        later["refresh_token"],
        *upstream,
    ):
        assert canary not in text
    lines = [json.loads(line) for line in trail.read_text().splitlines()]
    events = [(one["event"], one.get("caller", {}).get("sub"), one.get("client_name")) for one in lines]
    assert [one for one in events if one[2]] == [
        ("consent", "ann", "Acme Agent"),
        ("login", "ann", "Acme Agent"),
        ("code_reuse", None, "Acme Agent"),
        ("refresh_refused", "ann", "Acme Agent"),
        ("consent_denied", "ann", "Acme Agent"),
        ("logout", "ann", "Acme Agent"),
    ]
    named = hashlib.sha256(f"client\0{client.client_id}".encode()).hexdigest()[:32]
    acted = {"consent", "login", "decision", "code_reuse", "refresh_refused", "consent_denied", "logout"}
    assert {one["event"] for one in lines if one.get("client") == named} == acted  # as `adaptgen logout` takes it


def test_a_server_that_starts_loads_neither_authlib_nor_jinja2() -> None:
    code = (
        "import sys\n"
        "import adaptgen.transports.streamable_http.server, adaptgen.web, adaptgen.govern.pipeline.assemble\n"
        "import adaptgen.transports.aws_lambda.handler, adaptgen.govern.identity.own_tokens\n"
        "print(sorted({'authlib', 'jinja2', 'adaptgen.web.oauth', 'adaptgen.web.browser'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
