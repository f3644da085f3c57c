"""Lists of the CRM: four envelopes, five ways of paging, each complete and without repetition."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize(
    ("url", "field"),
    [
        ("/customers?page=0", "page"),
        ("/contracts?renewalFrom=March", "renewalFrom"),
        ("/opportunities?cursor=x", "cursor"),
    ],
)
def test_bad_parameters_are_400(client: httpx.Client, url: str, field: str) -> None:
    answer = client.get(url)
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["fieldErrors"]] == [field]
