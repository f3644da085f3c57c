"""Where secrets of a login go, and where they do not.

The attacks, what must happen, and where they are described:

- codes, tokens, verifiers, states and claims in logs, audit, spans, pages, state: never (RFC 9700, 4.9.2; MCP, Token
  Theft; OAuth 2.1, 7.1)
- pages in the history or the cache of a browser: no-store (RFC 9700, 4.3; RFC 6749, 5.1)
- the referrer of a page: none to other sites, and nothing of others on it (RFC 9700, 4.2)
- a redirect that repeats a form: 302 or 303, never 307 or 308 (RFC 9700, 4.12)
- errors that tell what was sent, or what is inside: neither (RFC 9700, 4.3; OAuth 2.1, 7.11)
- a guess that gets nearer by the time it takes: compared in constant time (OAuth 2.1, 7.6)
"""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import httpx
import pytest
from support.login_scene import BASE, Client, Scene, scene
from support.openid import SECRET
from support.scripted_browser import Browser

import adaptgen


class Seen:
    """Everything that the server answers, beside what the client and the browser must get."""

    def __init__(self, it: Scene) -> None:
        self.answers: list[tuple[httpx.Request, httpx.Response]] = []
        answer = it.answer

        async def kept(request: httpx.Request) -> httpx.Response:
            got = await answer(request)
            self.answers.append((request, got))
            return got

        it.answer = kept

    def of_server(self) -> list[tuple[httpx.Request, httpx.Response]]:
        return [(asked, got) for asked, got in self.answers if str(asked.url).startswith(BASE)]


def a_whole_life(it: Scene, browser: Browser) -> list[str]:
    """A login, calls, refreshes, reuse, revocation, and errors; every secret of it."""
    client = it.client()
    answer = client.authorize(browser)
    secrets = [answer["code"], client.verifier, client.state]
    tokens = client.token(code=answer["code"]).json()
    for _ in range(2):
        secrets += [tokens["access_token"], tokens["refresh_token"]]
        it.call(tokens["access_token"], "tools/call", name="look", arguments={"text": "x"})
        it.call(tokens["access_token"] + "x")
        tokens = client.refresh(tokens["refresh_token"]).json()
    client.token(code=answer["code"])
    client.token(code="wrong-code-canary")
    client.refresh("wrong-token-canary", client_secret="wrong-secret-canary")
    it.browser().open(client.request(redirect_uri="https://evil-canary.example/", state="state-canary"))
    it.http.get(f"{BASE}/login/callback?code=callback-canary&state=state-canary&error_description=words-canary")
    it.http.post(it.metadata["revocation_endpoint"], data={"token": tokens["refresh_token"], "client_id": client.id})
    given = ["wrong-code-canary", "wrong-token-canary", "wrong-secret-canary", "callback-canary", "words-canary"]
    cookies = [one.value for one in browser.cookies.values() if one.value]
    names = ("code_verifier", "code", "refresh_token")
    forms = [form[name] for form in it.provider.forms for name in names if name in form]
    asked = [one[name] for one in it.provider.asked for name in ("state", "nonce")]
    return [*secrets, *given, *cookies, *forms, *asked, *it.provider.issued, SECRET]


def test_no_secret_of_a_login_is_written_anywhere(
    it: Scene, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = set(a_whole_life(it, it.browser()))
    assert len(secrets) > 20
    audit = "".join(path.read_text("utf-8", "replace") for path in it.folder.rglob("*") if path.is_file())
    assert "look" in audit, "calls are on record"
    said = capfd.readouterr()
    # httpx and httpcore are those of this test as well; the server's own requests are in their logs without a query.
    records = [one for one in caplog.records if not one.name.startswith(("httpx", "httpcore"))]
    log = "".join(f"{one.getMessage()} {one.__dict__!r}\n" for one in records)
    state = repr(vars(it.store))
    for secret in secrets:
        for name, where in {"log": log, "audit": audit, "output": said.out + said.err, "state": state}.items():
            assert secret not in where, (name, secret[:12])


def test_errors_do_not_repeat_what_was_sent(it: Scene) -> None:
    seen = Seen(it)
    a_whole_life(it, it.browser())
    for asked, got in seen.of_server():
        if got.status_code >= 400:
            assert "canary" not in got.text, (asked.url.path, got.text[:200])
            assert "Traceback" not in got.text
            assert "adaptgen/" not in got.text


def test_nothing_of_a_login_is_cached_or_refers(it: Scene) -> None:
    seen = Seen(it)
    a_whole_life(it, it.browser())
    pages = 0
    for asked, got in seen.of_server():
        path = asked.url.path
        if path.startswith(("/oauth/", "/login/")):
            assert "no-store" in got.headers.get("cache-control", ""), (path, got.status_code)
        if path.startswith(("/oauth/authorize", "/login/")):
            assert got.headers["referrer-policy"] in ("no-referrer", "same-origin"), path
        if "html" in got.headers.get("content-type", ""):
            assert got.headers["x-content-type-options"] == "nosniff"
            pages += 1
        assert got.status_code not in (301, 307, 308)
        if asked.method == "POST" and got.status_code in (302, 303):
            assert b"password" not in asked.content
    assert pages > 2


def test_codes_are_the_only_secret_in_a_url(it: Scene) -> None:
    seen = Seen(it)
    secrets = a_whole_life(it, it.browser())
    tokens = [one for one in secrets if len(one) > 60]
    for asked, got in seen.answers:
        for token in tokens:
            assert token not in str(asked.url), asked.url.path
            assert token not in got.headers.get("location", "")


def test_an_answer_with_a_code_has_nothing_else(it: Scene, client: Client) -> None:
    said = client.authorize(it.browser())
    assert said.keys() == {"code", "state", "iss"}
    assert len(said["code"]) < 4000


def test_a_failing_store_is_no_way_in(tmp_path: Path) -> None:
    """Without the state nobody can know whether a code or a family has ended: everybody is refused."""
    from adaptgen.runtime.store.protocol import StoreError

    async def broken(*_: object, **__: object) -> None:
        raise StoreError("away")

    with scene(tmp_path) as it:
        client = it.client()
        tokens = client.log_in()
        code = client.authorize(it.browser())["code"]
        for name in ("get", "put", "add", "swap", "delete", "take"):
            setattr(it.store, name, broken)
        access, refresh = tokens["access_token"], tokens["refresh_token"]
        for answer in (client.token(code=code), client.refresh(refresh), it.call(access)):
            assert answer.status_code in (500, 503), answer.text
            assert "away" not in answer.text


def test_secrets_are_compared_in_constant_time() -> None:
    """No comparison of a secret by ``==`` in what the web and identities are made of. Values that are opened by
    authenticated encryption, or looked up by their hash, are compared by that."""
    folder = Path(adaptgen.__file__).parent
    found = []
    for path in [*(folder / "web").rglob("*.py"), *(folder / "govern" / "identity").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                sides = " ".join(ast.unparse(one) for one in (node.left, *node.comparators))
                if any(word in sides.lower() for word in ("secret", "verifier", "signature")):
                    found.append(f"{path.name}: {ast.unparse(node)}")
    assert [one for one in found if "len(" not in one and not one.endswith(("== ''", "!= ''"))] == []
