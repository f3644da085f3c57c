"""Public keys and signatures: the examples of the RFCs, and joserfc as the other opinion."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey, OKPKey, RSAKey

from adaptgen.govern.identity.signatures import ALGORITHMS, decode, public_key

RSA = RSAKey.generate_key(2048, private=True)
KEYS: dict[str, Any] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), RSA),
    "ES256": ECKey.generate_key("P-256", private=True),
    "ES384": ECKey.generate_key("P-384", private=True),
    "ES512": ECKey.generate_key("P-521", private=True),
    "EdDSA": OKPKey.generate_key("Ed448", private=True),
    "Ed25519": OKPKey.generate_key("Ed25519", private=True),
}
RFC_7638 = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5ha"
    "jrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)


def parts(token: str) -> tuple[bytes, bytes]:
    signed, _, signature = token.rpartition(".")
    return signed.encode(), decode(signature)


@pytest.mark.parametrize(
    ("jwk", "algorithm", "token"),
    [
        (  # RFC 7515, A.3
            {
                "kty": "EC",
                "crv": "P-256",
                "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
            },
            "ES256",
            "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp"
            "0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (  # RFC 8037, A.4
            {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            "EdDSA",
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcN"
            "R4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ],
)
def test_the_examples_of_the_rfcs_hold(jwk: dict[str, str], algorithm: str, token: str) -> None:
    assert public_key(jwk).verifies(algorithm, *parts(token))


def test_each_algorithm_has_a_case() -> None:
    assert KEYS.keys() == ALGORITHMS


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("algorithm", sorted(KEYS))
def test_a_signature_holds_for_its_message_key_and_algorithm_alone(algorithm: str) -> None:
    token = jws.serialize_compact({"alg": algorithm}, b"{}", KEYS[algorithm], algorithms=[algorithm])
    message, signature = parts(token)
    key = public_key(KEYS[algorithm].as_dict(private=True))
    assert key.verifies(algorithm, message, signature)
    assert not key.verifies(algorithm, message + b"x", signature)
    for place in (0, len(signature) // 2, -1):
        changed = bytearray(signature)
        changed[place] ^= 1
        assert not key.verifies(algorithm, message, bytes(changed))
    for wrong in (b"", signature[:-1], signature + b"\0", b"\0" + signature, bytes(len(signature))):
        assert not key.verifies(algorithm, message, wrong)
    others = ALGORITHMS - ({"EdDSA", "Ed25519"} if algorithm == "Ed25519" else {algorithm})
    assert not any(key.verifies(other, message, signature) for other in others)
    assert not any(
        public_key(other.as_dict(private=False)).verifies(algorithm, message, signature)
        for other in KEYS.values()
        if other is not KEYS[algorithm]
    )


@pytest.mark.parametrize("algorithm", sorted(KEYS))
def test_the_thumbprint_is_that_of_joserfc(algorithm: str) -> None:
    found = public_key(KEYS[algorithm].as_dict(private=False))
    assert found.thumbprint == decode(KEYS[algorithm].thumbprint())


@pytest.mark.parametrize(
    "change",
    [
        {"n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbU"},  # 256 bits
        {"n": "A" * 340 + RFC_7638[:2]},  # long, and a small number
        {"e": "AQ"},
        {"e": "Ag"},
        {"e": ""},
        {"n": "+" + RFC_7638[1:]},
        {"n": 7},
        {"alg": 7},
        {"kid": 7},
        {"kty": "oct", "k": "AAAA"},
        {"kty": None},
    ],
)
def test_what_is_not_a_strong_public_key_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        public_key({"kty": "RSA", "n": RFC_7638, "e": "AQAB", **change})
