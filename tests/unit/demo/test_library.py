"""The API of the tutorial: what the pages say about it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate
from starlette.testclient import TestClient

from adaptgen.demo import library


@pytest.fixture
def desk() -> Iterator[TestClient]:
    """A client that has logged in."""
    with TestClient(library.app()) as client:
        answer = client.post("/desk/login", json={"userNm": library.USERNAME, "passwd": library.PASSWORD}).json()
        client.headers["X-Desk-Ticket"] = answer["ticket"]
        yield client


def rows(client: TestClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """All rows of a list, page by page."""
    found: list[dict[str, Any]] = []
    for page in range(1, 100):
        answer = client.get(path, params={**query, "page": page}).json()
        found += answer["data"]
        if len(found) >= answer["rowCount"]:
            return found
    raise AssertionError(f"{path} does not end")


def test_there_are_250_members_of_24_fields_and_900_loans_in_pages_of_25(desk: TestClient) -> None:
    members = rows(desk, "/members")
    assert len({one["mbrNo"] for one in members}) == len(members) == 250
    assert {len(one) for one in members} == {24}
    assert len(rows(desk, "/loans")) == 900
    assert len(desk.get("/members").json()["data"]) == 25
    assert len(desk.get("/members", params={"rows": 500}).json()["data"]) == 50


def test_nobody_gets_anything_without_the_ticket(desk: TestClient) -> None:
    del desk.headers["X-Desk-Ticket"]
    assert {desk.get(path).status_code for path in ("/members", "/members/1001", "/loans")} == {401}
    assert desk.put("/members/1001", json={}).status_code == 401
    assert desk.post("/loans/1/renewal").status_code == 401
    assert desk.post("/desk/login", json={"userNm": library.USERNAME, "passwd": "x"}).status_code == 401


def test_a_put_loses_what_it_leaves_out(desk: TestClient) -> None:
    assert desk.get("/members/1001").json()["emailAddr"]
    desk.put("/members/1001", json={"ntcFlg": "Y"})
    assert desk.get("/members/1001").json() | {"mbrNo": 0, "ntcFlg": ""} == dict.fromkeys(
        desk.get("/members/1002").json()
    ) | {"mbrNo": 0, "ntcFlg": ""}


def test_a_loan_is_renewed_by_four_weeks_unless_it_was_returned(desk: TestClient) -> None:
    open_, returned = rows(desk, "/loans", stsCd="OPEN")[0], rows(desk, "/loans", stsCd="RETURNED")[0]
    answer = desk.post(f"/loans/{open_['loanNo']}/renewal").json()
    days = library.date.fromisoformat(answer["dueDt"]) - library.date.fromisoformat(open_["dueDt"])
    assert (days.days, answer["rnwlCnt"]) == (28, open_["rnwlCnt"] + 1)
    assert desk.post(f"/loans/{returned['loanNo']}/renewal").status_code == 409


def test_the_document_is_valid_with_and_without_the_scheme() -> None:
    for undeclared in (False, True):
        with TestClient(library.app(undeclared=undeclared)) as client:
            document = client.get("/openapi.json").json()
        validate(document)
        assert ("securitySchemes" in document["components"]) is not undeclared
