"""Settings with which nobody could log in, or logins would be worth nothing, are refused at their place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.settings.load import check_target, parse
from adaptgen.govern.settings.model import Keys, Login, Settings, State
from adaptgen.govern.settings.rules import check_issuer

GOOD = (
    "adaptgen: 1\n"
    "listen: {resource: https://mcp.bank.example/mcp}\n"
    "authenticate: {issuer: https://idp.example, audience: https://mcp.bank.example/mcp}\n"
    "keys: {cursors: '${env:C}', audit: '${env:A}'}\n"
    "login: {client_id: web, client_secret: '${env:S}'}\n"
)


def refused(text: str) -> list[tuple[str, int, str]]:
    with pytest.raises(AdaptgenError) as caught:
        parse(text.encode(), "g.yaml")
    return [(one.code, one.where.line if one.where else 0, one.message) for one in caught.value.diagnostics]


def helps(text: str) -> str:
    with pytest.raises(AdaptgenError) as caught:
        parse(text.encode(), "g.yaml")
    [found] = caught.value.diagnostics
    return found.help


@pytest.mark.parametrize(
    ("change", "code", "line", "message"),
    [
        pytest.param(lambda t: t.replace(t.splitlines()[2] + "\n", ""), "AG129", 4,
                     "login needs authenticate, which says who people are", id="nobody"),
        pytest.param(lambda t: t.replace(t.splitlines()[2], "authenticate: {iam: true}"), "AG129", 5,
                     "people cannot log in where callers come with an IAM identity", id="iam"),
        pytest.param(lambda t: t.replace(t.splitlines()[1] + "\n", ""), "AG129", 4,
                     "login needs listen.resource, the public URL of this server", id="no address"),
        pytest.param(lambda t: t.replace("web,", "web, issuer: 'http://idp.example',"), "AG129", 5,
                     "login.issuer: 'http://idp.example' is not https, and the host is not loopback", id="http"),
        pytest.param(lambda t: t.replace("web,", "web, issuer: 'https://idp.example/a/.well-known/openid-configuration',"),
                     "AG129", 5, "login.issuer is the URL of the provider's metadata", id="metadata"),
        pytest.param(lambda t: t.replace("web,", "web, claims: access_token, issuer: 'https://sso.example',"), "AG129",
                     5, "login.claims: access_token needs the tokens of authenticate.issuer", id="two issuers"),
        pytest.param(lambda t: t.replace("web,", "web, redirects: [claude.ai, 'https:x'],"), "AG129", 5,
                     "login.redirects: 'https:x' is not the name of a host", id="scheme in a host"),
        pytest.param(lambda t: t.replace("web,", "web, redirects: '*.example',"), "AG129", 5,
                     "login.redirects: '*.example' is not the name of a host", id="wildcard"),
        pytest.param(lambda t: t.replace("web,", "web, redirects: 169.254.169.254,"), "AG129", 5,
                     "login.redirects: '169.254.169.254' is not the name of a host", id="metadata service"),
        pytest.param(lambda t: t.replace("'${env:S}'", "hunter2"), "AG073", 5,
                     "login.client_secret must refer to a secret and not hold it", id="secret in the file"),
        pytest.param(lambda t: t.replace("web,", "web, access: 20m,"), "AG070", 5, "", id="long access token"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_located(change: object, code: str, line: int, message: str) -> None:
    assert callable(change)
    found = refused(change(GOOD))
    assert [one[:2] for one in found] == [(code, line)]
    assert message in found[0][2]


@pytest.mark.parametrize(
    ("written", "help"),
    [
        ("per: user", "known: client_id"),
        ("redirect_uri: 'https://mcp.bank.example/login/callback'", "remove it: what to register at the identity"),
        ("callback: x", "remove it: what to register at the identity provider"),
        ("tenant: org", "authenticate.caller says"),
        ("dynamic: true", "clients: [dynamic, metadata]"),
        ("clients: [cimd]", "did you mean 'metadata'?"),
        ("redirects: []", "write at least one, or remove the key"),
        ("redirects: ['https://claude.ai/api/mcp/auth_callback']", "write the host alone"),
        ("redirects: ['cursor://anysphere.cursor-mcp/oauth']", "write the host alone"),
        ("redirects: ['cursor:']", "a private-use scheme such as cursor, without colon"),
    ],
)
def test_the_fix_is_for_what_was_meant(written: str, help: str) -> None:
    assert help in helps(GOOD.replace("web,", f"web, {written},"))


def test_the_issuer_of_tokens_is_not_the_address_of_its_metadata() -> None:
    text = GOOD.replace("issuer: https://idp.example", "issuer: https://idp.example/.well-known/openid-configuration")
    assert refused(text) == [
        ("AG074", 3, "authenticate.issuer is the URL of the provider's metadata, and not its issuer")
    ]


def test_behind_a_proxy_nobody_logs_in() -> None:
    text = (
        "adaptgen: 1\nmode: behind\naccept: {issuer: i, audience: a, jwks: 'https://p.example/jwks'}\n"
        "keys: {cursors: '${env:C}'}\nlogin: {client_id: web}\n"
    )
    assert refused(text) == [("AG070", 5, "login has no place behind a proxy: people log in at the proxy")]


def needed(settings: Settings) -> list[tuple[str, str]]:
    try:
        check_target(settings, loopback=False)
    except AdaptgenError as problem:
        return [(one.code, one.message[:40]) for one in problem.diagnostics]
    return []


def test_several_processes_share_a_key_and_what_was_used() -> None:
    alone = parse(GOOD.encode(), "g.yaml")
    check_target(alone, loopback=True)
    assert needed(alone) == [("AG130", "login needs state that all processes sha")]
    shared = replace(alone, state=State(store="redis", url="rediss://r.example"))
    assert needed(shared) == []
    for keys in (Keys(), Keys(audit="${env:A}"), Keys(surrogates="${env:A}", pins="${env:B}")):
        assert ("AG130", "no key for logins outlives the process: ") in needed(replace(shared, keys=keys))
    for one in (Keys(cursors="${env:A}"), Keys(cursors="${env:A}", handover="${env:B}")):
        assert needed(replace(shared, keys=one)) == []


def test_a_provider_for_development_is_for_loopback() -> None:
    there = replace(parse(GOOD.encode(), "g.yaml"), login=Login(client_id="web", issuer="http://127.0.0.1:9000"))
    check_issuer(there, loopback=True)
    with pytest.raises(AdaptgenError) as caught:
        check_issuer(there, loopback=False)
    assert [one.code for one in caught.value.diagnostics] == ["AG129"]
