"""Identity handed over from a proxy to the server behind it, both running as processes: what the server refuses."""

from __future__ import annotations

import base64
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from support import redis
from support.command import refused, request, serving
from support.governing import KEYS
from support.handing import (
    NAME,
    RESOURCE,
    Chain,
    behind,
    decoded,
    handover_of,
    replaced,
    rewritten,
    shared,
    without_length,
)
from support.services import Unavailable
from support.web import Asked, Said, forwarding, post

from adaptgen.govern.identity.identity_assertion import AssertionIssuer
from adaptgen.mcp.protocol import META_HANDOVER
from adaptgen.model.tables import Caller


def assert_refused(chain: Chain, said: Said, why: str) -> None:
    """The server answers 401 with the reason, and the API has seen nothing."""
    body = json.loads(said.data())
    assert (said.status, "result" in body) == (401, False), body
    assert why in body["error"]["message"]
    assert chain.api.seen == []


def test_a_call_through_the_proxy_is_executed_for_its_caller(chain: Chain) -> None:
    text, failed = chain.proxy.call("people__list_people", {})
    assert not failed, text
    (sent,) = chain.tap.of("POST")
    claims = decoded(handover_of(sent))
    assert (claims["iss"], claims["aud"], claims["sub"], claims["tenant"]) == (RESOURCE, NAME, "ada", "bank")
    assert claims["exp"] - claims["iat"] <= 60
    assert len(chain.api.seen) >= 1


def test_the_handover_that_the_proxy_made_is_accepted_once(chain: Chain) -> None:
    asked = chain.handed()
    assert chain.send(asked).status == 200
    chain.api.seen.clear()
    assert_refused(chain, chain.send(asked), "used before")


def test_many_at_once_with_one_handover_are_one_call(chain: Chain) -> None:
    asked = chain.handed("create_note", {"text": "once"})
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.append(chain.send(asked).status)) for _ in range(12)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(found) == [200] + [401] * 11
    assert len(chain.api.of("POST")) == 1


def test_a_call_without_a_handover_is_refused(chain: Chain) -> None:
    assert_refused(chain, chain.send(replaced(chain.handed(), None)), "the handover is missing")


@pytest.mark.parametrize("wrong", ["", "x", "a.b.c", 7, None, ["x"], {"jwt": "x"}])
def test_what_is_no_handover_is_refused(chain: Chain, wrong: Any) -> None:
    asked = chain.handed()
    body = asked.json()
    body["params"]["_meta"][META_HANDOVER] = wrong
    assert_refused(chain, chain.send(replaced_body(asked, body)), "handover")


def replaced_body(asked: Asked, body: Any) -> Asked:
    """The request with another body, under its headers."""
    return Asked(asked.method, asked.target, without_length(asked.headers), json.dumps(body).encode())


def test_the_callers_access_token_is_no_handover(chain: Chain) -> None:
    assert_refused(chain, chain.send(replaced(chain.handed(), chain.issuer.token())), "handover")


def test_an_expired_handover_is_refused(chain: Chain) -> None:
    now = int(time.time())
    forged = chain.forged(chain.handed(), iat=now - 70, exp=now - 40)
    assert_refused(chain, chain.send(forged), "expired")


@pytest.mark.parametrize("claims", [{"exp": None}, {"iat": None}, {"jti": None}, {"sub": None}, {"call": None}])
def test_a_handover_that_lacks_a_claim_is_refused(chain: Chain, claims: dict[str, None]) -> None:
    assert_refused(chain, chain.send(chain.forged(chain.handed(), **claims)), "")


def test_a_handover_that_lives_too_long_is_refused(chain: Chain) -> None:
    now = int(time.time())
    assert_refused(chain, chain.send(chain.forged(chain.handed(), iat=now, exp=now + 3600)), "too long")


def test_a_handover_of_the_future_is_refused(chain: Chain) -> None:
    now = int(time.time())
    forged = chain.forged(chain.handed(), iat=now + 600, nbf=now + 600, exp=now + 630)
    assert_refused(chain, chain.send(forged), "")


@pytest.mark.parametrize("audience", ["billing", "People", "people2", "", None, ["billing", "crm"], {"people": True}])
def test_a_handover_for_another_server_is_refused(chain: Chain, audience: Any) -> None:
    assert_refused(chain, chain.send(chain.forged(chain.handed(), aud=audience)), "")


@pytest.mark.parametrize("issuer", ["http://127.0.0.1/mcp/", "https://evil.example", "", None])
def test_a_handover_of_another_proxy_is_refused(chain: Chain, issuer: str | None) -> None:
    assert_refused(chain, chain.send(chain.forged(chain.handed(), iss=issuer)), "")


def test_a_handover_for_another_tool_is_refused(chain: Chain) -> None:
    asked = chain.handed("get_person", {"id": 1})
    assert_refused(chain, chain.send(rewritten(asked, name="list_people", arguments={})), "another request")


def test_a_handover_for_another_method_is_refused(chain: Chain) -> None:
    asked = chain.handed()
    body = asked.json()
    body["method"] = "tools/list"
    headers = {**asked.headers, "mcp-method": "tools/list"}
    del headers["mcp-name"]
    moved = replaced_body(Asked(asked.method, asked.target, headers, asked.body), body)
    assert_refused(chain, chain.send(moved), "another request")


@pytest.mark.parametrize(
    "arguments",
    [{"id": 2}, {"id": 1.5}, {"id": "1"}, {"id": 1, "fields": ["*"]}, {}, {"id": True}],
    ids=json.dumps,
)
def test_swapped_arguments_are_refused(chain: Chain, arguments: dict[str, Any]) -> None:
    asked = chain.handed("get_person", {"id": 1})
    assert_refused(chain, chain.send(rewritten(asked, arguments=arguments)), "another request")


def test_added_params_are_refused(chain: Chain) -> None:
    assert_refused(chain, chain.send(rewritten(chain.handed(), requestState="x")), "another request")


def test_a_second_key_of_the_same_name_cannot_smuggle_arguments_in(chain: Chain) -> None:
    asked = chain.handed("get_person", {"id": 1})
    doubled = asked.body.replace(b'"arguments":{"id":1}', b'"arguments":{"id":1},"arguments":{"id":2}')
    assert doubled != asked.body
    sent = replaced_body(asked, asked.json())
    said = chain.send(Asked(sent.method, sent.target, sent.headers, doubled))
    assert said.status in (400, 401)
    assert chain.api.seen == []


def test_a_wrong_signer_is_refused(chain: Chain) -> None:
    forged = chain.forged(chain.handed(), key=ECKey.generate_key("P-256", private=True))
    assert_refused(chain, chain.send(forged), "")


def test_an_unknown_key_id_is_refused(chain: Chain) -> None:
    assert_refused(chain, chain.send(chain.forged(chain.handed(), kid="another")), "")


@pytest.mark.parametrize("alg", ["none", "None", "NONE"])
def test_alg_none_is_refused(chain: Chain, alg: str) -> None:
    asked = chain.handed()
    header = base64.urlsafe_b64encode(json.dumps({"alg": alg, "typ": "adaptgen-handover+jwt"}).encode()).rstrip(b"=")
    token = f"{header.decode()}.{handover_of(asked).split('.')[1]}."
    assert_refused(chain, chain.send(replaced(asked, token)), "")


def test_hs256_with_the_public_key_is_refused(chain: Chain) -> None:
    asked = chain.handed()
    token = shared(chain.key.as_pem(private=False), "adaptgen-handover+jwt", decoded(handover_of(asked)))
    assert_refused(chain, chain.send(replaced(asked, token)), "")


def test_a_token_of_the_same_key_and_another_type_is_refused(chain: Chain) -> None:
    from joserfc import jwt

    asked = chain.handed()
    kid = AssertionIssuer(chain.key, RESOURCE)._header["kid"]
    claims = {**decoded(handover_of(asked)), "jti": "another-identifier-of-it"}
    token = jwt.encode({"alg": "ES256", "typ": "JWT", "kid": kid}, claims, chain.key)
    assert_refused(chain, chain.send(replaced(asked, token)), "")


def test_a_key_that_the_token_brings_along_is_refused(chain: Chain) -> None:
    from joserfc import jws

    asked = chain.handed()
    evil = ECKey.generate_key("P-256", private=True)
    header = {"alg": "ES256", "typ": "adaptgen-handover+jwt", "jwk": evil.as_dict(private=False)}
    token = jws.serialize_compact(header, json.dumps(decoded(handover_of(asked))).encode(), evil)
    assert_refused(chain, chain.send(replaced(asked, token)), "")


def test_the_handshake_revisions_need_a_handover_too(chain: Chain) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_people", "arguments": {}}}
    headers = {
        "content-type": "application/json",
        "accept": "application/json, text/event-stream",
        "mcp-protocol-version": "2025-11-25",
    }
    assert_refused(chain, post(chain.server.url, json.dumps(body).encode(), headers), "the handover is missing")


def test_the_list_of_tools_needs_a_handover_too(chain: Chain) -> None:
    body, headers = request("tools/list", {})
    assert_refused(chain, post(chain.server.url, body, headers), "the handover is missing")


def test_tampering_on_the_way_is_an_error_for_the_agent_and_nothing_is_executed(chain: Chain) -> None:
    chain.tap.answer = forwarding(chain.server.url, lambda asked: rewritten(asked, arguments={"text": "other"}))
    text, failed = chain.proxy.call("people__create_note", {"text": "mine"})
    assert failed, text
    assert text.endswith("it does not accept the proxy's credentials. Nothing was executed.")
    assert chain.api.seen == []


def test_an_agent_cannot_bring_a_handover_of_its_own(chain: Chain) -> None:
    evil = ECKey.generate_key("P-256", private=True)
    params = {"name": "people__list_people", "arguments": {}}
    own = AssertionIssuer(evil, RESOURCE).sign(
        Caller("root", "bank"), NAME, "tools/call", {**params, "name": "list_people"}
    )
    body, headers = request("tools/call", params, chain.proxy.token, {META_HANDOVER: own})
    assert post(chain.proxy.url, body, headers).status == 200
    (sent,) = chain.tap.of("POST")
    assert own not in chain.tap.log
    assert decoded(handover_of(sent))["sub"] == "ada"


def test_the_callers_token_stays_at_the_proxy(chain: Chain) -> None:
    chain.proxy.call("people__list_people", {})
    assert chain.proxy.token not in chain.tap.log + chain.api.log
    assert "authorization" not in (chain.tap.log + chain.api.log).lower()


def test_the_identity_of_one_caller_does_not_serve_another(chain: Chain) -> None:
    """The confused deputy: Eve's request under the handover that was made for Ada's."""
    ada = chain.handed("get_person", {"id": 1})
    chain.proxy.token, before = chain.issuer.token("eve"), chain.proxy.token
    try:
        eve = chain.handed("get_person", {"id": 2})
    finally:
        chain.proxy.token = before
    assert decoded(handover_of(eve))["sub"] == "eve"
    assert_refused(chain, chain.send(replaced(eve, handover_of(ada))), "another request")


# ------------------------------------------------------------------------------------------- keys of a server behind


def test_a_server_behind_a_proxy_needs_no_token_key(chain: Chain) -> None:
    """It runs, and masks nothing itself; the environment of its process holds none of the proxy's keys."""
    given = Path(f"/proc/{chain.server.process.pid}/environ").read_bytes().decode()
    assert KEYS["T_CURSORS"] in given
    for name in ("T_TOKENS", "T_AUDIT", "T_SURROGATES"):
        assert KEYS[name] not in given
    assert "PRIVATE KEY" not in given
    assert "T_TOKENS" not in (chain.folder / "server" / "governance.yaml").read_text()


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"tokens": {"current": "k1", "all": {"k1": "${env:T_TOKENS}"}}}, "a server behind a proxy holds no token key"),
        ({"surrogates": "${env:T_SURROGATES}"}, "a server behind a proxy holds no token key"),
        ({"handover": "${env:T_HANDOVER}"}, "a server behind a proxy holds no key of the proxy"),
    ],
)
def test_settings_that_give_a_server_behind_a_proxys_key_are_refused(
    package: Path, tmp_path: Path, keys: dict[str, Any], said: str
) -> None:
    key = ECKey.generate_key("P-256", private=True)
    named = behind(tmp_path, key, keys={"cursors": "${env:T_CURSORS}", **keys})
    code, out, errors = refused(tmp_path, "serve", package, "--http", "127.0.0.1:0", "--governance", named, **KEYS)
    assert (code, out) == (2, "")
    assert said in errors
    assert "AG073" in errors
    assert f"{named.name}:1:" in errors


def test_a_private_key_for_those_who_verify_is_refused(package: Path, tmp_path: Path) -> None:
    key = ECKey.generate_key("P-256", private=True)
    accept = {"issuer": RESOURCE, "audience": NAME, "jwks": {"keys": [key.as_dict(private=True)]}}
    named = behind(tmp_path, key, accept=accept)
    code, _, errors = refused(tmp_path, "serve", package, "--http", "127.0.0.1:0", "--governance", named, **KEYS)
    assert code == 2
    assert "AG073" in errors
    assert "private key" in errors
    assert str(key.as_dict(private=True)["d"]) not in errors


def test_a_server_that_knows_its_proxys_principal_answers_nobody_else(chain: Chain, package: Path) -> None:
    """Where the platform vouches for no IAM principal, a genuine handover does not suffice."""
    folder = chain.folder / "principal"
    jwks = AssertionIssuer(chain.key, RESOURCE).jwks()
    principal = "arn:aws:iam::123456789012:role/proxy"
    accept = {"issuer": RESOURCE, "audience": NAME, "jwks": jwks, "principal": principal}
    named = behind(folder, chain.key, accept=accept)
    arguments = ("serve", package, "--http", "127.0.0.1:0", "--governance", named)
    asked = chain.handed()
    with serving(folder, *arguments, PEOPLE_BASE_URL=chain.api.url, T_CURSORS=KEYS["T_CURSORS"]) as server:
        context = json.dumps({"identity": {"userArn": principal}})
        more = {"x-amzn-iam-user-arn": principal, "x-amzn-requestcontext": context}
        for headers in (asked.headers, {**asked.headers, **more}):
            assert post(server.url, asked.body, without_length(headers)).status == 403
    assert chain.api.seen == []


@pytest.mark.slow
@pytest.mark.network
def test_a_handover_is_accepted_once_by_all_processes_of_a_server(chain: Chain, package: Path, tmp_path: Path) -> None:
    """Two processes that share their state: what one has accepted, the other refuses."""
    try:
        service = redis.start(tmp_path)
    except Unavailable as why:
        pytest.skip(str(why))
    environ = {"PEOPLE_BASE_URL": chain.api.url, "T_CURSORS": KEYS["T_CURSORS"]}
    try:
        named = behind(tmp_path / "shared", chain.key, state={"store": "redis", "url": service.url})
        arguments = ("serve", package, "--http", "127.0.0.1:0", "--governance", named)
        with serving(tmp_path, *arguments, **environ) as first, serving(tmp_path, *arguments, **environ) as second:
            for one, other in ((first, second), (second, first)):
                asked = chain.handed()
                headers = without_length(asked.headers)
                assert post(one.url, asked.body, headers).status == 200
                assert post(other.url, asked.body, headers).status == 401
    finally:
        service.stop()
