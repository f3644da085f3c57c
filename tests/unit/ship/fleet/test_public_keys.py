"""The public part of a proxy's key, as a stack hands it to a server."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from support.shipping import ROOT

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.identity.identity_assertion import AssertionIssuer, AssertionVerifier
from adaptgen.govern.settings.keys import new_key
from adaptgen.govern.settings.load import read
from adaptgen.govern.settings.references import resolve
from adaptgen.model.tables import Caller
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.ship.fleet.deploying import public_part

URL, ROLE = "https://proxy.example/mcp", "arn:aws:iam::123456789012:role/proxy-shared-eu-central-1"


def test_a_server_with_the_documented_settings_accepts_what_the_proxy_signs() -> None:
    private = new_key("handover")
    environ = {"PROXY_RESOURCE": URL, "PROXY_ROLE": ROLE, "PROXY_JWKS": public_part(private)}

    async def accepted() -> str:
        settings = await resolve(read(ROOT / "specs/crm/behind.yaml"), Credentials(environ), http=True)
        assert settings.accept is not None
        assert settings.accept.principal == ROLE
        verifier = AssertionVerifier(settings.accept, MemoryStore())
        await verifier.start()
        token = AssertionIssuer(private, URL).sign(Caller("ada"), "crm", "tools/list", {})
        found = await verifier.open(token, "tools/list", {})
        return found.sub

    assert asyncio.run(accepted()) == "ada"


def test_the_public_part_is_one_line_that_no_form_of_a_secret_matches() -> None:
    text = public_part(new_key("handover"))
    assert "\n" not in text
    assert not re.search(r'"d"|PRIVATE', text)
    assert len(text) < 300
    assert list(json.loads(text)) == ["keys"]


@pytest.mark.parametrize("text", ["hunter2", new_key("checkpoints"), new_key("cursors")], ids=("text", "pem", "base64"))
def test_another_key_is_an_error_that_shows_nothing_of_it(text: str) -> None:
    with pytest.raises(AdaptgenError) as problem:
        public_part(text)
    assert all(line not in str(problem.value) for line in text.split())
