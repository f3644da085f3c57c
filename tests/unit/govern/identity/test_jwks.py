"""Where keys and metadata may be fetched from, and what of a key set is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from joserfc.jwk import ECKey, OKPKey, RSAKey

from adaptgen.govern.identity.http_fetch import Fetch, Fetched, FetchError, trusted
from adaptgen.govern.identity.jwks import KeySet, KeySource
from adaptgen.govern.identity.jwt import InvalidToken, Verifier
from adaptgen.govern.identity.oauth_metadata import metadata_url, well_known

KEY = ECKey.generate_key("P-256", private=True)


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example/jwks",
        "http://10.0.0.1/jwks",
        "http://169.254.169.254/latest/meta-data",
        "http://localhost.evil.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "https://user:pw@idp.example/",
        "https://idp.example/#x",
        "https://idp.example/a b",
        "https://idp.example/a\r\nHost: evil",
        "https://idp.example:99999999/",
        "https://[::1",
        "https:///jwks",
        "file:///etc/passwd",
        "ftp://idp.example/",
        "",
    ],
)
@pytest.mark.asyncio
async def test_requests_go_nowhere_but_https_and_loopback(url: str) -> None:
    with pytest.raises(FetchError, match=r"is not https|not a valid URL|holds user information") as caught:
        await Fetch()("GET", url, {}, b"", limit=10, timeout=1)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://idp.example/jwks?a=1", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/"]
)
def test_https_and_loopback_are_trusted(url: str) -> None:
    assert trusted(url) == url


@pytest.mark.asyncio
async def test_an_address_from_metadata_is_judged_whoever_sends_the_request() -> None:
    sent: list[str] = []

    async def requests(
        method: str, url: str, headers: Mapping[str, str], body: bytes, *, limit: int, timeout: float
    ) -> Fetched:
        sent.append(url)
        return 200, {}, b"{}"

    async def address() -> str:
        return "http://169.254.169.254/"

    with pytest.raises(FetchError):
        await KeySource(address, requests).start()
    assert not sent


@pytest.mark.parametrize("name", ["none", "HS256"])
@pytest.mark.asyncio
async def test_no_setting_makes_a_verifier_accept_what_needs_no_public_key(name: str) -> None:
    verifier = Verifier(KeySet(KEY.as_dict(private=False)), algorithms=(name,), types=("",))
    head = {"none": "eyJhbGciOiJub25lIn0", "HS256": "eyJhbGciOiJIUzI1NiJ9"}[name]
    with pytest.raises(InvalidToken, match="algorithm"):
        await verifier.claims(f"{head}.e30.")


def test_keys_are_picked_by_id_and_algorithm() -> None:
    edwards = OKPKey.generate_key("Ed25519", private=True)
    public = [{**key.as_dict(private=False), "kid": "same"} for key in (KEY, edwards)]
    keys = KeySet({"keys": public})
    assert keys.pick("ES256", "same").type == "EC"  # type: ignore[union-attr]
    assert keys.pick("EdDSA", "same").type == "OKP"  # type: ignore[union-attr]
    assert keys.pick("ES256", "other") is None
    assert keys.pick("RS256", "same") is None


def test_a_key_made_for_one_algorithm_serves_no_other() -> None:
    public = RSAKey.generate_key(2048, private=True).as_dict(private=False)
    keys = KeySet({**public, "alg": "RS512"})
    assert keys.pick("RS512", None) is not None
    assert keys.pick("RS256", None) is None


def test_without_a_key_id_an_ambiguous_set_gives_none() -> None:
    public = [ECKey.generate_key("P-256", private=True).as_dict(private=False) for _ in range(2)]
    assert KeySet({"keys": public}).pick("ES256", None) is None


def test_private_parts_of_a_set_are_left_out() -> None:
    found = KeySet(KEY.as_dict(private=True)).pick("ES256", None)
    assert found is not None
    assert not hasattr(found.key, "private_bytes")


@pytest.mark.parametrize(
    "keys",
    [
        [],
        None,
        "x",
        [7],
        [{}],
        [{"kty": ["EC"]}],
        [{"kty": "EC", "crv": "P-256"}],
        [{"kty": "EC", "crv": "P-256", "x": 1, "y": 2}],
        [{"kty": "EC", "crv": "X", "x": "AA", "y": "AA"}],
        [{"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"}],
        [{"kty": "RSA", "n": "AA", "e": "AQAB"}],
        [{"kty": "OKP", "crv": "Ed25519", "x": "%"}],
        [{**KEY.as_dict(private=False), "use": "enc"}],
        [{**KEY.as_dict(private=False), "key_ops": ["sign"]}],
        [{**KEY.as_dict(private=False), "key_ops": "verify"}],
    ],
)
def test_a_set_without_a_usable_key_is_refused(keys: Any) -> None:
    with pytest.raises(ValueError, match="no usable public key"):
        KeySet({"keys": keys})


@pytest.mark.parametrize(
    ("issuer", "expected"),
    [
        (
            "https://idp.example",
            [
                "https://idp.example/.well-known/oauth-authorization-server",
                "https://idp.example/.well-known/openid-configuration",
            ],
        ),
        (
            "https://idp.example/tenant1/",
            [
                "https://idp.example/.well-known/oauth-authorization-server/tenant1",
                "https://idp.example/.well-known/openid-configuration/tenant1",
                "https://idp.example/tenant1/.well-known/openid-configuration",
            ],
        ),
    ],
)
def test_metadata_is_looked_for_where_the_mcp_specification_says(issuer: str, expected: list[str]) -> None:
    assert well_known(issuer) == expected


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        ("https://mcp.example.com", "https://mcp.example.com/.well-known/oauth-protected-resource"),
        ("https://example.com/public/mcp", "https://example.com/.well-known/oauth-protected-resource/public/mcp"),
        ("https://example.com:8443/mcp?a=1", "https://example.com:8443/.well-known/oauth-protected-resource/mcp?a=1"),
    ],
)
def test_our_own_metadata_stands_where_rfc_9728_says(resource: str, expected: str) -> None:
    assert metadata_url(resource) == expected
