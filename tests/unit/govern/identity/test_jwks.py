"""Where keys and metadata may be fetched from, and what of a key set is used."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey

from adaptgen.govern.identity.jwks import KeySet

KEY = ECKey.generate_key("P-256", private=True)


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
