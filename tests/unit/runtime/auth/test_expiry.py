"""When an access token ends: what an API says of it may be anything."""

from __future__ import annotations

import pytest

from adaptgen.model.tables import Expires
from adaptgen.runtime.auth.expiry import find_end
from adaptgen.runtime.http.response import Response


def response(said: str) -> Response:
    return Response(200, {}, f'{{"end": {said}}}'.encode())


@pytest.mark.parametrize("said", ["9" * 400, "1e999", "NaN", "null", '"soon"', "true", '"inf"'])
def test_an_end_that_is_not_a_finite_number_is_none(said: str) -> None:
    assert find_end(Expires(after="$.end"), response(said), []) is None


@pytest.mark.parametrize("said", ["0", "-1", '"0"'])
def test_a_lifetime_of_nothing_is_that_of_a_token_that_does_not_end(said: str) -> None:
    assert find_end(Expires(after="$.end"), response(said), []) is None
