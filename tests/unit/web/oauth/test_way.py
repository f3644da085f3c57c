"""The way of a client: it registers, its person logs in and agrees, it gets tokens, calls, refreshes and leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.idp import Idp
from support.logins import RESOURCE, Site, site
from support.oauth_clients import OAuthClient, call

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("form", ["{0}, Bearer {0}", "{0} {0}", "{0}x", "mcp_at_", "mcp_at_{0}"])
async def test_exactly_one_whole_token_is_accepted(bank: Site, form: str) -> None:
    token = (await OAuthClient(bank).log_in())["access_token"]
    assert (await call(bank, form.format(token))).status in (400, 401)


async def test_settings_that_change_are_checked_as_at_the_start(tmp_path: Path, idp: Idp) -> None:
    async with site(tmp_path, idp, authenticate={"audience": [RESOURCE, "other"]}) as one:
        path = tmp_path / "governance.yaml"
        path.write_text(path.read_text().replace('"client_id": "web"', '"client_id": "other"'))
        assert not await one.governed.watch.look()
        assert one.governed.settings.login is not None
        assert one.governed.settings.login.client_id == "web"
