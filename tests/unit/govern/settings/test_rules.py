"""Keys of the settings that are right alone and do not fit together, and what a target that others reach needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.settings_texts import BEHIND, PROXY, refused

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.settings.load import advice, check_target, parse, read

# --------------------------------------------------------------------------------------------- what fits together


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "message"),
    [
        pytest.param("adaptgen: 1\nauthenticate: {audience: a}\n", "AG074", 2, 1, "authenticate needs 'issuer'",
                     id="missing issuer"),
        pytest.param("adaptgen: 1\nauthenticate: {issuer: https://i.example}\n", "AG074", 2, 1,
                     "authenticate needs 'audience': without it a token for another server would be accepted",
                     id="missing audience"),
        pytest.param("adaptgen: 1\nmode: proxy\n", "AG070", 2, 1, "a proxy needs upstreams", id="proxy alone"),
        pytest.param("adaptgen: 1\nmode: proxy\nupstreams: {crm: http://crm.example/mcp}\n", "AG070", 3, 13,
                     "upstreams.crm: 'http://crm.example/mcp' is not https, and the host is not loopback",
                     id="http upstream"),
        pytest.param("adaptgen: 1\nupstreams: {crm: https://crm.example/mcp}\n", "AG070", 2, 1,
                     "only a proxy has upstreams, and mode is embedded", id="upstreams of an embedded server"),
        pytest.param(PROXY + "listen: 0.0.0.0:8000\n", "AG078", 4, 1,
                     "0.0.0.0:8000 can be reached by others, and nothing says who may call", id="open listener"),
        pytest.param("adaptgen: 1\nmode: behind\nkeys: {cursors: '${env:C}'}\n", "AG070", 2, 1,
                     "mode: behind needs accept", id="behind without accept"),
        pytest.param(BEHIND.replace("keys: {cursors", "keys: {tokens: {current: k1, all: {k1: '${env:K}'}}, cursors"),
                     "AG073", 4, 8, "a server behind a proxy holds no token key", id="token key behind"),
        pytest.param(BEHIND.replace("keys: {cursors", "keys: {surrogates: '${env:K}', cursors"),
                     "AG073", 4, 8, "a server behind a proxy holds no token key", id="surrogate key behind"),
        pytest.param(BEHIND.replace("keys: {cursors", "keys: {handover: '${env:K}', cursors"),
                     "AG073", 4, 8, "a server behind a proxy holds no key of the proxy", id="handover key behind"),
        pytest.param(BEHIND.partition("keys")[0], "AG073", 2, 1, "a server behind a proxy needs keys.cursors",
                     id="no cursor key behind"),
        pytest.param(BEHIND.replace("jwks: https://mcp", "jwks: http://mcp"), "AG070", 3, 63,
                     "accept.jwks: 'http://mcp.bank.example/jwks' is not https, and the host is not loopback",
                     id="http jwks behind"),
        pytest.param(BEHIND.replace("jwks: https://mcp.bank.example/jwks", "jwks: {keys: [{kty: EC, d: x}]}"), "AG073",
                     3, 63, "accept.jwks holds a private key", id="private key in accept"),
        pytest.param("adaptgen: 1\ntokenize: {direction: api}\n", "AG073", 2, 12,
                     "tokenize.direction: api needs keys.surrogates: what a random key wrote into the API could never "
                     "be read again", id="surrogates without a key"),
        pytest.param("adaptgen: 1\nkeys: {tokens: {current: k2, all: {k1: '${env:K}'}}}\n", "AG073", 2, 17,
                     "keys.tokens: the current key 'k2' is not among all", id="unknown current key"),
        pytest.param("adaptgen: 1\nkeys: {cursors: c2VjcmV0LWtleS1pbi10aGUtZmlsZQ}\n", "AG073", 2, 8,
                     "keys.cursors must refer to a secret and not hold it", id="key in the file"),
        pytest.param("adaptgen: 1\nkeys: {cursors: '${vault:x}'}\n", "AG071", 2, 8, "keys.cursors: is not a reference",
                     id="unknown reference"),
        pytest.param("adaptgen: 1\nmode: proxy\nupstreams: {crm: 'https://x.example/{caller.tenant}'}\n", "AG071", 3,
                     13, "upstreams.crm: there is nothing that {caller.tenant} could stand for", id="placeholder"),
        pytest.param(PROXY.replace('mcp"}', 'mcp", auth: {kind: sigv4, role: r, tags: {t: orgg}}}'), "AG070", 3, 87,
                     "unknown claim 'orgg': callers do not have it", id="unknown claim"),
        pytest.param(PROXY.replace('mcp"}', 'mcp", auth: {kind: oauth2, token_url: "https://i.example"}}'), "AG070",
                     3, 51, "auth of 'crm': oauth2 needs 'client_id'", id="client credentials without a client"),
        pytest.param(PROXY.replace('mcp"}', 'mcp", auth: {kind: exchange, token_url: "https://i.example"}}'), "AG070",
                     3, 51, "auth of 'crm': exchange needs callers that come with a token", id="exchange of nothing"),
        pytest.param("adaptgen: 1\nauthorize: {policies: [nowhere/]}\n", "AG072", 2, 24,
                     "the policies 'nowhere/' cannot be read: these settings have no files next to them",
                     id="missing policies"),
        pytest.param("adaptgen: 1\nstate: redis\n", "AG070", 2, 1, "state: redis needs 'url'", id="redis nowhere"),
        pytest.param(PROXY + "tools: {cmr/*: {effect: read}}\n", "AG070", 4, 9, "upstream 'cmr' not found",
                     id="rule for nobody"),
    ],
)  # fmt: skip
def test_keys_that_do_not_fit_together_are_located(text: str, code: str, line: int, column: int, message: str) -> None:
    assert refused(text)[0][:4] == (code, line, column, message)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda folder: None, "cannot be read: no such file or directory"),
        (lambda folder: folder.mkdir(), "no policy found in"),
        (lambda folder: (folder.mkdir(), (folder / "a.cedar").write_text(" \n")), "no policy found in"),
        (lambda folder: (folder.mkdir(), (folder / "a.cedar").write_bytes(b"\xff\xfe")), "cannot be read: not UTF-8"),
    ],
)
def test_policies_that_cannot_be_used_are_located(tmp_path: Path, make: Any, reason: str) -> None:
    make(tmp_path / "policies")
    path = tmp_path / "governance.yaml"
    path.write_text("adaptgen: 1\nauthorize:\n  policies: [policies]\n")
    with pytest.raises(AdaptgenError) as caught:
        read(path)
    (one,) = caught.value.diagnostics
    assert one.code == "AG072"
    assert reason in one.message
    assert one.where == Where(path.as_posix(), 3, 14)


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    text = "adaptgen: 1\nkeys: {audit: 'correct-horse-battery{', cursors: correct-horse-battery}\n"
    assert "horse" not in str(refused(text))
    with_password = PROXY.replace("https://", "https://me:correct-horse@")
    assert "horse" not in str(refused(with_password))


# ------------------------------------------------------------------------------------------------------ the target


def target(text: str) -> list[tuple[str, str]]:
    settings = parse(text.encode(), "g.yaml")
    check_target(settings, loopback=True)
    with pytest.raises(AdaptgenError) as caught:
        check_target(settings, loopback=False)
    assert all(one.where is not None for one in caught.value.diagnostics)
    return [(one.code, one.message) for one in caught.value.diagnostics]


def test_an_embedded_server_that_others_reach_needs_a_cursor_key() -> None:
    keys = "keys: {tokens: {current: k1, all: {k1: '${env:K}'}}}\n"
    text = "adaptgen: 1\nauthenticate: {iam: true}\ntokenize: {form: short}\n" + keys
    assert target(text) == [
        ("AG073", "keys.cursors is missing: the pages of a list would end when a process ends"),
        ("AG076", "tokenize.form: short needs a vault that outlives the process"),
    ]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ("", ["AG125"]),
        ("keys: {audit: '${env:K}'}\n", ["AG125"]),
        ("state: {store: redis, url: 'redis://127.0.0.1'}\n", ["AG125"]),
        ("state: {store: redis, url: 'redis://127.0.0.1'}\nkeys: {pins: '${env:K}'}\n", []),
    ],
)
def test_processes_that_do_not_share_the_sessions_of_clients_are_warned_of(more: str, found: list[str]) -> None:
    text = "adaptgen: 1\nmode: proxy\nupstreams: {a: {url: 'https://a.example/mcp'%s}}\n" + more
    settings = parse((text % "").encode(), "g.yaml")
    assert [one.code for one in advice(settings, processes=True)] == found
    assert advice(settings, processes=False) == []
    ours = parse((text % ", ours: true").encode(), "g.yaml")
    assert advice(ours, processes=True) == []


def test_several_processes_on_a_memory_store_are_warned_of() -> None:
    text = "adaptgen: 1\nlimits: {per: sub, rate: 1/s}\n"
    settings = parse(text.encode(), "g.yaml")
    assert [one.severity for one in advice(settings, processes=True)] == ["warning"]
    assert advice(settings, processes=False) == []
