"""Threats to a proxy, a server behind it and the API, all running as processes: callers, headers, names, addresses."""

from __future__ import annotations

import base64
import gzip
import json
import re
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from support.command import request
from support.handing import RESOURCE, Chain, decoded, shared
from support.people import person
from support.web import Asked, Said, post, web


def assert_refused(chain: Chain, said: Said, status: int = 401) -> None:
    """Refused before anything was asked of the server."""
    assert said.status == status, said
    assert b'"result"' not in said.data()
    assert chain.tap.seen == []
    assert chain.api.seen == []


def list_people(chain: Chain, token: str) -> Said:
    return chain.proxy.rpc("tools/call", {"name": "people__list_people", "arguments": {}}, token)


# ---------------------------------------------------------------------------------------------------- access tokens


def test_token_for_another_audience(chain: Chain) -> None:
    for audience in ("https://other.example/mcp", RESOURCE + "/", [RESOURCE + "x"], "", None, 7):
        assert_refused(chain, list_people(chain, chain.issuer.token(aud=audience)))


def test_token_of_another_issuer(chain: Chain) -> None:
    for issuer in ("https://evil.example", chain.issuer.url + "/", "", None):
        assert_refused(chain, list_people(chain, chain.issuer.token(iss=issuer)))


def test_token_that_has_expired(chain: Chain) -> None:
    assert_refused(chain, list_people(chain, chain.issuer.token(exp=int(time.time()) - 120)))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_alg_none(chain: Chain, alg: str) -> None:
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "kid": "k1"}).encode()).rstrip(b"=").decode()
    assert_refused(chain, list_people(chain, f"{header}.{chain.issuer.token().split('.')[1]}."))


def test_hs256_with_the_public_key(chain: Chain) -> None:
    claims = decoded(chain.issuer.token())
    public = json.dumps(chain.issuer.key.as_dict(private=False)).encode()
    for secret in (chain.issuer.key.as_pem(private=False), public):
        assert_refused(chain, list_people(chain, shared(secret, "JWT", claims, kid="k1")))


def test_unknown_kid(chain: Chain) -> None:
    claims = decoded(chain.issuer.token())
    other = ECKey.generate_key("P-256", private=True)
    for kid, key in (("k2", chain.issuer.key), ("k1", other), ("../k1", other), ("k" * 10_000, other)):
        token = jwt.encode({"alg": "ES256", "kid": kid}, claims, key)
        assert_refused(chain, list_people(chain, token))


def test_a_key_that_the_token_names_itself(chain: Chain) -> None:
    """``jku``, ``x5u`` and ``jwk`` in the header are the attacker's word; no request goes to their address."""
    from joserfc import jws

    evil = ECKey.generate_key("P-256", private=True)
    registry = jws.JWSRegistry(algorithms=["ES256"], strict_check_header=False)
    with web(lambda _: {"keys": [{**evil.as_dict(private=False), "kid": "k1"}]}) as elsewhere:
        payload = json.dumps(decoded(chain.issuer.token())).encode()
        for extra in ({"jku": elsewhere.url}, {"x5u": elsewhere.url}, {"jwk": evil.as_dict(private=False)}):
            header = {"alg": "ES256", "kid": "k1", **extra}
            assert_refused(chain, list_people(chain, jws.serialize_compact(header, payload, evil, registry=registry)))
        assert elsewhere.seen == []


def test_jwks_floods(chain: Chain) -> None:
    """Key ids that nobody knows cost the authorization server one request, however many come and at once."""
    claims = decoded(chain.issuer.token())
    tokens = [jwt.encode({"alg": "ES256", "kid": f"flood-{n}"}, claims, chain.issuer.key) for n in range(60)]
    found: list[int] = []

    def flood(some: list[str]) -> None:
        found.extend(list_people(chain, token).status for token in some)

    threads = [threading.Thread(target=flood, args=(tokens[n::6],)) for n in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [401] * 60
    assert len(chain.issuer.web.seen) <= 2
    assert list_people(chain, chain.issuer.token()).status == 200


def test_tokens_in_the_wrong_place(chain: Chain) -> None:
    """RFC 6750 allows a token in the query; OAuth 2.1 and MCP do not. Cookies are no credentials."""
    token = chain.issuer.token()
    body, headers = request("tools/call", {"name": "people__list_people", "arguments": {}})
    for url, more in (
        (f"{chain.proxy.url}?access_token={token}", {}),
        (chain.proxy.url, {"cookie": f"access_token={token}"}),
        (chain.proxy.url, {"authorization": f"Basic {token}"}),
        (chain.proxy.url, {"x-forwarded-user": "ada", "x-amzn-iam-user-arn": "arn:aws:iam::1:root"}),
    ):
        assert_refused(chain, post(url, body, {**headers, **more}))


def test_caller_tokens_never_reach_the_upstream(chain: Chain) -> None:
    """In no header and no body, neither to the server nor to the API, in both eras, nor what else a client sends."""
    token = chain.issuer.token("mallory")
    secrets = {
        "cookie": "session=COOKIE-SECRET",
        "proxy-authorization": "Basic UFJPWFk6U0VDUkVU",
        "x-api-key": "KEY-SECRET",
        "x-forwarded-for": "203.0.113.7",
        "x-evil": "EVIL-HEADER",
    }
    body, headers = request("tools/call", {"name": "people__list_people", "arguments": {}}, token)
    assert post(chain.proxy.url, body, {**headers, **secrets}).status == 200
    old = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "people__get_person", "arguments": {"id": 1}},
    }
    assert post(chain.proxy.url, json.dumps(old).encode(), {
        "authorization": f"Bearer {token}",
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
        **secrets,
    }).status == 200  # fmt: skip
    assert len(chain.tap.of("POST")) == 2
    log = chain.tap.log + chain.api.log
    assert token not in log
    assert not any(part in log for part in token.split("."))
    for word in ("COOKIE-SECRET", "UFJPWFk6U0VDUkVU", "KEY-SECRET", "203.0.113.7", "EVIL-HEADER"):
        assert word not in log
    assert "authorization" not in log.lower()


# --------------------------------------------------------------------------------------------- headers, names, lists


@pytest.mark.parametrize(
    "headers",
    [
        {"mcp_name": "people__get_person"},
        {"mcp_name": "PEOPLE__LIST_PEOPLE"},
        {"mcp_name": ""},
        {"mcp_method": "tools/list"},
        {"mcp_method": "TOOLS/CALL"},
        {"mcp_method": ""},
        {"mcp_name": "=?base64?cGVvcGxlX19nZXRfcGVyc29u?="},
    ],
    ids=str,
)
def test_header_and_body_disagree(chain: Chain, headers: dict[str, str]) -> None:
    """A gateway that decided on the header would have decided on another call: -32020, and nothing is executed."""
    said = chain.proxy.rpc("tools/call", {"name": "people__list_people", "arguments": {}}, **headers)
    assert_refused(chain, said, 400)
    assert json.loads(said.data())["error"]["code"] == -32020


def test_a_missing_name_header_disagrees(chain: Chain) -> None:
    body, headers = request("tools/call", {"name": "people__list_people", "arguments": {}}, chain.proxy.token)
    for name in ("mcp-name", "mcp-method"):
        said = post(chain.proxy.url, body, {key: value for key, value in headers.items() if key != name})
        assert_refused(chain, said, 400)
        assert json.loads(said.data())["error"]["code"] == -32020


HIDDEN = "people__create_note"


def test_a_hidden_tool_by_its_name(chain: Chain) -> None:
    """A guest's answer for a tool that it may not use is that for a tool which does not exist."""
    guest = chain.issuer.token("gil", groups=["guests"])
    hidden = chain.proxy.rpc("tools/call", {"name": HIDDEN, "arguments": {"text": "x"}}, guest)
    unknown = chain.proxy.rpc("tools/call", {"name": "people__create_nota", "arguments": {"text": "x"}}, guest)
    # The hint at the end depends on the letters of the name, and names what the caller's list holds.
    without = [re.sub(rb"did you mean `people__(get|list)_\w+`", b"", one.data()) for one in (hidden, unknown)]
    assert without[0] == without[1].replace(b"create_nota", b"create_note")
    assert hidden.status == unknown.status
    assert chain.tap.seen == []
    assert chain.proxy.call(HIDDEN, {"text": "x"})[1] is False


@pytest.mark.parametrize(
    "name",
    [
        "People__create_note",
        "PEOPLE__CREATE_NOTE",
        "people__create_note ",
        " people__create_note",
        "people__create_note\u200b",
        "people__create\u00adnote",
        "pe\u043eple__create_note",
        "ｐeople__create_note",
        "people__create_note\x00",
        "people__create_note\n",
        "people/create_note",
        "people__create_note/../list_people",
        "create_note",
        "people__people__create_note",
    ],
    ids=ascii,
)  # fmt: skip
def test_a_hidden_tool_by_a_variant_of_its_name(chain: Chain, name: str) -> None:
    """Nobody reaches a tool by another spelling; not even somebody who may use it."""
    encoded = f"=?base64?{base64.b64encode(name.encode()).decode()}?="
    for token in (chain.issuer.token("gil", groups=["guests"]), chain.proxy.token):
        said = chain.proxy.rpc("tools/call", {"name": name, "arguments": {"text": "x"}}, token, mcp_name=encoded)
        body = json.loads(said.data())
        assert body.get("result", {}).get("isError") or said.status == 400, body
    assert chain.tap.seen == []
    assert chain.api.seen == []


def test_lists_are_not_cached_across_callers(chain: Chain) -> None:
    guest = chain.issuer.token("gil", groups=["guests"])

    def names(token: str) -> list[str]:
        listed = json.loads(chain.proxy.rpc("tools/list", {}, token).data())["result"]
        assert listed["cacheScope"] == "private"
        return [tool["name"] for tool in listed["tools"]]

    first, second, third = names(chain.proxy.token), names(guest), names(chain.proxy.token)
    assert HIDDEN in first
    assert set(first) - set(second) == {HIDDEN}
    assert third == first


# -------------------------------------------------------------------------------------------------- confused deputy


def test_a_cursor_of_another_caller(chain: Chain) -> None:
    chain.people.people = [person(n) for n in range(60)]
    text, failed = chain.proxy.call("people__list_people", {"limit": 5})
    cursor = json.loads(text)["next_cursor"]
    assert not failed
    text, failed = chain.proxy.call("people__list_people", {"limit": 5, "cursor": cursor}, chain.issuer.token("eve"))
    assert failed, text
    text, failed = chain.proxy.call(
        "people__list_people", {"limit": 5, "cursor": cursor}, chain.issuer.token(org="other")
    )
    assert failed, text
    assert chain.proxy.call("people__list_people", {"limit": 5, "cursor": cursor})[1] is False


def test_a_cursor_of_a_caller_whose_names_read_alike(chain: Chain) -> None:
    """Tenant ``a`` with ``b/c`` and tenant ``a/b`` with ``c`` are two callers."""
    chain.people.people = [person(n) for n in range(60)]
    one, other = chain.issuer.token("b/c", org="a"), chain.issuer.token("c", org="a/b")
    text, _ = chain.proxy.call("people__list_people", {"limit": 5}, one)
    arguments = {"limit": 5, "cursor": json.loads(text)["next_cursor"]}
    assert chain.proxy.call("people__list_people", arguments, other)[1]
    assert chain.proxy.call("people__list_people", arguments, one)[1] is False


def test_a_token_of_another_tenant(chain: Chain) -> None:
    """A personal-data token that Ada's tenant was shown opens nothing for another tenant's caller."""
    shown, _ = chain.proxy.call("people__get_person", {"id": 1, "fields": ["email"]})
    token = json.loads(shown)["email"]
    assert token.startswith("tok_email_")
    text, failed = chain.proxy.call("people__list_people", {"email": token}, chain.issuer.token("eve", org="other"))
    assert failed, text
    assert "email" in text
    chain.api.seen.clear()
    text, failed = chain.proxy.call("people__list_people", {"email": token})
    assert not failed, text
    assert chain.api.seen[0].query["email"] == "ada@example.org"


# -------------------------------------------------------------------------------------------- requests to elsewhere


def test_redirects_of_the_api_to_elsewhere(chain: Chain) -> None:
    with web(lambda _: person(99)) as internal:
        for status in (301, 302, 303, 307, 308):
            answer = Said(b"", status, {"location": f"{internal.url}/latest/meta-data"})
            chain.people.on["GET /people/1"] = lambda _, answer=answer: answer
            text, failed = chain.proxy.call("people__get_person", {"id": 1})
            assert failed, text
        chain.people.on["POST /notes"] = lambda _: Said(b"", 307, {"location": f"{internal.url}/steal"})
        assert chain.proxy.call("people__create_note", {"text": "mine"})[1]
        assert internal.seen == []


def test_redirects_of_the_server_to_elsewhere(chain: Chain) -> None:
    with web(lambda _: {"jsonrpc": "2.0", "id": 1, "result": {"content": []}}) as internal:
        chain.tap.answer = lambda _: Said(b"", 307, {"location": internal.url})
        text, failed = chain.proxy.call("people__list_people", {})
        assert failed, text
        assert internal.seen == []


def test_next_page_urls_to_elsewhere(chain: Chain) -> None:
    with web(lambda _: {"results": [{"id": 2, "title": "SECRET"}]}) as internal:
        for url in (
            internal.url,
            internal.url.replace("http://", "http://people@"),
            internal.url[5:],
            "file:///etc/passwd",
        ):
            page = {"results": [{"id": 1, "title": "one"}], "next": url}
            chain.people.on["GET /events"] = lambda _, page=page: page
            text, _ = chain.proxy.call("people__list_events", {"limit": 50})
            if '"next_cursor"' in text:
                cursor = json.loads(text)["next_cursor"]
                text += chain.proxy.call("people__list_events", {"limit": 50, "cursor": cursor})[0]
            assert "SECRET" not in text
        assert internal.seen == []


def test_next_page_urls_of_the_same_origin_are_followed(chain: Chain) -> None:
    """The control of the test above: the page style does follow what it may."""

    def answer(asked: Asked) -> Any:
        if asked.query.get("page") == "2":
            return {"results": [{"id": 2, "title": "two"}]}
        return {"results": [{"id": 1, "title": "one"}], "next": f"{chain.api.url}/events?page=2"}

    chain.people.on["GET /events"] = answer
    text, failed = chain.proxy.call("people__list_events", {"limit": 50})
    assert not failed
    assert "two" in text


def test_refs_of_documents_to_elsewhere(tmp_path: Path) -> None:
    """A document whose ``$ref`` names another host or a file outside is refused, and nothing is fetched."""
    from adaptgen.cli import main

    with web(lambda _: {"type": "string"}) as internal:
        for ref in (f"{internal.url}/schema.json", "file:///etc/passwd", "../../../../../../etc/passwd#/x"):
            content = {"application/json": {"schema": {"$ref": ref}}}
            operation = {"operationId": "get", "responses": {"200": {"description": "ok", "content": content}}}
            document = {"openapi": "3.0.3", "info": {"title": "x", "version": "1"}, "paths": {"/x": {"get": operation}}}
            (tmp_path / "x.json").write_text(json.dumps(document))
            main(["build", str(tmp_path / "x.json"), "--out", str(tmp_path / "generated")])
            built = "".join(path.read_text() for path in (tmp_path / "generated").rglob("*.*") if path.is_file())
            assert "root:" not in built
        assert internal.seen == []


# ----------------------------------------------------------------------------------------------- requests that do harm


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b'{"jsonrpc":"2.0","id":1,"method":"tools/call","params":' + b"[" * 100_000, {}, 400),
        (b"[" * 2_000_000, {}, 400),
        (gzip.compress(b'{"a":"' + bytes(50_000_000) + b'"}'), {"content-encoding": "gzip"}, 400),
        (b"{" + b'"a":1,' * 1_000_000, {}, 413),
        (b"\xff\xfe{}", {}, 400),
        (b"", {}, 400),
    ],
    ids=["nested", "arrays", "gzip", "large", "bytes", "empty"],
)
def test_bodies_that_do_harm(chain: Chain, body: bytes, more: dict[str, str], status: int) -> None:
    _, headers = request("tools/call", {"name": "people__list_people"}, chain.proxy.token)
    try:
        said = post(chain.proxy.url, body, {**headers, **more})
    except ConnectionError:
        assert status == 413  # the connection is closed before all of it was sent
    else:
        assert said.status in (status, 415), said
        assert len(said.data()) < 1000
    assert chain.tap.seen == []
    assert peak(chain.proxy.process.pid) < 400


def test_hosts_and_origins_of_others(chain: Chain) -> None:
    """DNS rebinding: a page of another origin, or under another name, reaches nothing."""
    body, headers = request("tools/call", {"name": "people__list_people", "arguments": {}}, chain.proxy.token)
    assert_refused(chain, post(chain.proxy.url, body, {**headers, "origin": "https://evil.example"}), 403)
    assert_refused(chain, post(chain.proxy.url, body, {**headers, "host": "evil.example"}), 421)


# -------------------------------------------------------------------------------------------- arguments that inject


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\x00b", "a\r\n\r\nGET /evil"])
def test_line_ends_in_arguments(chain: Chain, value: str) -> None:
    """In a header, a path and a query: no header, no request line, no second request."""
    calls = [
        ("people__get_file", {"name": "a", "X-Trace": value}),
        ("people__get_file", {"name": value}),
        ("people__list_people", {"email": value}),
    ]
    schemas = json.loads(chain.proxy.rpc("tools/list", {}).data())["result"]["tools"]
    (trace,) = [
        name
        for tool in schemas
        if tool["name"] == "people__get_file"
        for name in tool["inputSchema"]["properties"]
        if "trace" in name.lower()
    ]
    calls[0][1][trace] = calls[0][1].pop("X-Trace")
    for tool, arguments in calls:
        chain.proxy.call(tool, arguments)
    for asked in chain.api.seen:
        assert "x-evil" not in asked.headers
        assert asked.path.startswith(("/files/", "/people"))
        assert "evil" not in asked.path.lower() or "%0" in asked.path.lower()
    assert not any(asked.path == "/evil" for asked in chain.api.seen)


@pytest.mark.parametrize(
    "name",
    ["..", ".", "../people/1", "..%2fpeople%2f1", "%2e%2e/people/1", "a/../../people", "..\\people", "/people/1", "a/b",
     "%2e%2e", "a%2fb", "..;/people", "a?x=1", "a#b", "//evil.example/x", ""],
    ids=ascii,
)  # fmt: skip
def test_path_arguments_stay_one_segment(chain: Chain, name: str) -> None:
    chain.proxy.call("people__get_file", {"name": name})
    for asked in chain.api.seen:
        assert asked.path.startswith("/files/"), asked.target
        segment = asked.path.removeprefix("/files/")
        assert segment not in ("", ".", "..")
        assert "/" not in segment
        assert "\\" not in segment
        # Decoded once, as servers do, it is what was given, and never two dots alone.
        from urllib.parse import unquote

        assert unquote(segment) == name
        assert unquote(segment) not in ("..", ".")
        assert "?" not in asked.target


# ---------------------------------------------------------------------------------------------------- logs and audit


def test_log_injection(chain: Chain) -> None:
    """Nothing that a caller writes starts a line of the audit trail or of stderr, or reaches a terminal."""
    audit = chain.folder / "proxy" / "audit.jsonl"
    before = len(audit.read_text().splitlines())
    evil = 'x"}\n{"v":1,"event":"decision","decision":"permit"}\r\n\x1b[2J\x1b]0;title\x07\u2028\u0085\u202e'
    encoded = f"=?base64?{base64.b64encode(evil.encode()).decode()}?="
    chain.proxy.rpc("tools/call", {"name": evil, "arguments": {evil: evil}}, mcp_name=encoded)
    chain.proxy.call("people__get_file", {"name": evil})
    chain.proxy.call("people__list_people", {"email": evil})
    chain.proxy.rpc("resources/read", {"uri": evil}, mcp_name=encoded)
    chain.proxy.rpc("prompts/get", {"name": evil}, mcp_name=encoded)
    chain.proxy.rpc(evil, {}, mcp_method=encoded)
    list_people(chain, chain.issuer.token(sub=evil, org=evil))
    lines = audit.read_text().splitlines()[before:]
    assert len(lines) >= 5
    for line in lines:
        read = json.loads(line)
        assert read["event"] in ("decision", "result", "challenge", "checkpoint")
        assert "mac" in read
        assert all(" " <= one < "\x7f" for one in line), line
    for line in chain.proxy.lines + chain.server.lines:
        assert all(one.isprintable() for one in line.rstrip("\n")), line
        assert "permit" not in line


def test_the_audit_trail_holds_after_all_that(chain: Chain) -> None:
    from support.governing import KEYS

    from adaptgen.govern.audit.verify import verify

    chain.proxy.call("people__list_people", {})
    found = verify([chain.folder / "proxy" / "audit.jsonl"], base64.b64decode(KEYS["T_AUDIT"]))
    assert [one for one in found if "without" not in str(one) and "end" not in str(one)] == []


# ------------------------------------------------------------------------------------------ answers that do harm


def test_decompression_bombs(chain: Chain) -> None:
    bomb = gzip.compress(b'{"id":1,"note":"' + b"a" * 200_000_000 + b'"}', 9)
    answer = Said(bomb, 200, {"content-encoding": "gzip"})
    chain.people.on["GET /people/1"] = lambda _: answer
    text, failed = chain.proxy.call("people__get_person", {"id": 1})
    assert failed
    assert len(text) < 1000
    assert peak(chain.server.process.pid) < 400
    assert chain.proxy.call("people__list_people", {})[1] is False


def peak(pid: int) -> float:
    """The most memory that a process has used, in MB."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def test_oversize_answers(chain: Chain) -> None:
    big = json.dumps(person(note="a" * 20_000_000)).encode()
    chain.people.on["GET /people/1"] = lambda _: Said(big)
    text, failed = chain.proxy.call("people__get_person", {"id": 1})
    assert failed
    assert len(text) < 1000


def test_slow_answers(chain: Chain) -> None:
    """The API never answers; the call ends when its time is over, and others go on meanwhile."""
    release = threading.Event()

    def slow(_: Asked) -> Any:
        release.wait(30)
        return person()

    chain.people.on["GET /people/1"] = slow
    found: list[tuple[str, bool]] = []
    caller = threading.Thread(target=lambda: found.append(chain.proxy.call("people__get_person", {"id": 1})))
    began = time.monotonic()
    caller.start()
    assert chain.proxy.call("people__list_people", {})[1] is False
    caller.join()
    release.set()
    assert time.monotonic() - began < 20
    assert found[0][1], found


def test_endless_answers(chain: Chain) -> None:
    """An answer that says it is long and then drips, and one that closes before its end."""
    chain.people.on["GET /people/1"] = lambda _: Said(b'{"id":', 200, {"content-length": "1000000"})
    began = time.monotonic()
    text, failed = chain.proxy.call("people__get_person", {"id": 1})
    assert failed, text
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "answer", [None, Said({"x": 1}, 503, {"retry-after": "0"}), Said({"x": 1}, 500), Said({}, 429)]
)
def test_writes_are_not_tried_again(chain: Chain, answer: Said | None) -> None:
    """One POST reaches the API, whatever becomes of it; where it may have been executed the agent is told so."""
    chain.people.on["POST /notes"] = lambda _: answer
    text, failed = chain.proxy.call("people__create_note", {"text": "once"})
    assert failed, text
    expected = 1 if answer is None or answer.status != 429 else len(chain.api.of("POST"))
    assert len(chain.api.of("POST")) == expected
    if answer is None:
        assert "may" in text, text
    if expected > 1:  # 429: it was not executed, by what the status means (RFC 6585, 4)
        assert expected <= 3
