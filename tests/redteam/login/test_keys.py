"""Who has one key of the settings for something else.

The attacks, what must happen, and where they are described:

- whoever verifies audit trails makes an access token, or the cookie of a browser, for somebody else: refused. A key is
  for one purpose (NIST SP 800-57 Part 1, 5.2)
- a token that never ends, of somebody who had the right key for a moment: refused, as settings allow 15 minutes
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from pathlib import Path

import pytest
from support.governing import KEYS
from support.login_scene import BASE, RESOURCE, Scene, scene

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.identity.claims import login_source
from adaptgen.govern.identity.own_tokens import Grant, mint
from adaptgen.model.tables import Caller
from adaptgen.runtime.core.seals import Seals
from adaptgen.runtime.store.protocol import MemoryStore
from adaptgen.web.browser.cookies import Cookies


def forged(it: Scene, key: str, seconds: float) -> str:
    """An access token for somebody else, made with a key of the settings in the family of an honest login."""
    client = it.client()
    answer = client.authorize(it.browser())
    assert client.token(code=answer["code"]).status_code == 200
    seals = Seals([hmac.digest(base64.b64decode(KEYS[key]), b"adaptgen web", "sha256")])
    family = hashlib.sha256(f"family\0{answer['code']}".encode()).hexdigest()[:32]
    grant = Grant(family, client.id, "ann", "", time.time() + 1)
    source = login_source(it.governed[0].settings)
    return mint(seals, grant, Caller("boss", "", ("admins",)), RESOURCE, "", seconds, source=source)


@pytest.mark.parametrize("key", ["T_AUDIT", "T_CURSORS"])
def test_a_key_for_something_else_makes_no_token(it: Scene, key: str) -> None:
    assert it.call(forged(it, "T_TOKENS", 600)).status_code == 200, "the test forges as the server does"
    assert it.call(forged(it, key, 600)).status_code == 401


def test_no_token_counts_longer_than_settings_allow(it: Scene) -> None:
    assert it.call(forged(it, "T_TOKENS", 1000)).status_code == 401


def test_the_key_of_the_trail_makes_no_browser(it: Scene) -> None:
    about = {"caller": {"sub": "boss", "tenant": "", "groups": [], "claims": {}}, "name": "Boss", "since": time.time()}
    bound = repr((BASE, login_source(it.governed[0].settings))).encode()

    def welcome(key: str) -> str:
        seals = Seals([hmac.digest(base64.b64decode(KEYS[key]), b"adaptgen web", "sha256")])
        text = seals.seal("login.session", {"v": {**about, "id": "x"}}, 600, bound=bound)
        cookie = Cookies(BASE).set("session", text, 600)[0].partition(";")[0]
        return it.http.get(f"{BASE}/", headers={"cookie": cookie, "accept": "text/html"}).text

    assert "Boss" in welcome("T_TOKENS"), "the test forges as the server does"
    assert "Boss" not in welcome("T_AUDIT")


AUDIT_ONLY = {"keys": {"audit": "${env:T_AUDIT}"}, "tokenize": None}


def test_on_this_machine_a_login_needs_no_key(tmp_path: Path) -> None:
    with scene(tmp_path, **AUDIT_ONLY) as it:
        assert it.call(it.client().log_in()["access_token"]).status_code == 200
        assert it.call(forged(it, "T_AUDIT", 600)).status_code == 401


def test_a_state_that_lasts_needs_a_key_that_does(tmp_path: Path) -> None:
    class Shared(MemoryStore):
        local = False

    with pytest.raises(AdaptgenError, match=r"AG130.*keys\.audit"), scene(tmp_path, store=Shared(), **AUDIT_ONLY):
        pass
