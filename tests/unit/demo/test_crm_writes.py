"""Writes of the CRM, and the answers that are no success."""

from __future__ import annotations

import httpx

from adaptgen.demo.crm import Running


def test_a_stale_entity_tag_is_412(client: httpx.Client) -> None:
    read = client.get("/customers/1001")
    body = {"name": "A", "status": "ACTIVE"}
    assert client.put("/customers/1001", json=body, headers={"If-Match": read.headers["etag"]}).status_code == 200
    stale = client.put("/customers/1001", json=body, headers={"If-Match": read.headers["etag"]})
    assert (stale.status_code, stale.json()["errorCode"]) == (412, "OBJ-0412")


def test_validation_errors_come_in_two_formats(client: httpx.Client) -> None:
    old = client.post("/customers", json={"name": "A", "status": "GOOD"})
    assert (old.status_code, old.json()["fieldErrors"][0]["field"]) == (400, "status")
    new = client.post("/contacts", json={"customer_id": 1, "last_name": "B"})
    assert (new.status_code, list(new.json()["errors"])) == (422, ["customer_id"])


def test_the_credit_agency_refuses_every_third_time(client: httpx.Client) -> None:
    answers = [client.get("/customers/1001/creditScore") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [503, 200, 200, 503, 200, 200]
    assert answers[0].headers["retry-after"] == "1"


def test_a_payment_beyond_what_is_open_is_409(client: httpx.Client) -> None:
    invoice = client.get("/invoices", params={"status": "OPEN"}).json()["result"]["rows"][0]
    url = f"/invoices/{invoice['id']}/payments"
    assert client.post(url, json={"amount": invoice["amountOpen"] + 0.01}).status_code == 409
    paid = client.post(url, json={"amount": invoice["amountOpen"]}).json()["result"]
    assert (paid["status"], paid["amountOpen"]) == ("PAID", 0.0)


def test_slashes_are_redirected(client: httpx.Client, crm: Running) -> None:
    missing = client.get("/countries")
    assert (missing.status_code, missing.headers["location"]) == (301, f"{crm.url}/countries/")
    spare = client.get("/customers/1001/", params={"a": "b"})
    assert (spare.status_code, spare.headers["location"]) == (301, f"{crm.url}/customers/1001?a=b")


def test_reset_brings_everything_back(crm: Running, client: httpx.Client) -> None:
    client.delete("/contacts/5001")
    assert client.get("/contacts/5001").status_code == 404
    stats = httpx.get(f"{crm.origin}/__stats").json()
    assert stats["logins"] == 1
    assert stats["by_operation"]["DELETE /contacts/{contactId}"] == 1
    httpx.post(f"{crm.origin}/__reset")
    assert crm.stats.requests == 0
    assert crm.crm.state.database.execute("SELECT count(*) FROM contacts WHERE id = 5001").fetchone()[0] == 1
    assert client.get("/users").status_code == 403, "sessions end too"
