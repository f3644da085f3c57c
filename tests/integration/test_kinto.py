"""Kinto: Swagger 2.0 without a word about its login or its paging header."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from support.generated import call, engine, generate, text, walk
from support.kinto import BASIC, RECORDS, records
from support.services import Service

from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine

pytestmark = [pytest.mark.slow, pytest.mark.asyncio]

PLACE = {"bucket_id": "crm", "collection_id": "contacts"}
HINTS = """\
adaptgen: 1
tools:
  list_records:
    call: GET /buckets/{bucket_id}/collections/{collection_id}/records
    view: [id, first_name, last_name, stage]
    page: {style: header, header: Next-Page, limit: _limit, items: $.data}
  get_record: {call: "GET /buckets/{bucket_id}/collections/{collection_id}/records/{id}"}
  update_record: {call: "PATCH /buckets/{bucket_id}/collections/{collection_id}/records/{id}"}
"""


@pytest_asyncio.fixture
async def tools(kinto_service: Service, tmp_path: Path) -> AsyncIterator[Engine]:
    with urllib.request.urlopen(kinto_service.url + kinto_service.facts["document"]) as answer:
        document = answer.read()
    package = generate(tmp_path, "kinto", {"kinto.json": document}, HINTS)
    facts = kinto_service.facts
    environ = {
        "KINTO_BASE_URL": kinto_service.url,
        "KINTO_USERNAME": facts["username"],
        "KINTO_PASSWORD": facts["password"],
    }
    made = engine(package, environ)
    yield made
    await made.aclose()


def raw(service: Service, name: str) -> Any:
    return service.json("GET", f"{RECORDS}/{name}", headers=BASIC)["data"]


async def test_every_record_comes_exactly_once_through_the_next_page_header(tools: Engine) -> None:
    items, _ = await walk(tools, "list_records", **PLACE)
    assert sorted(item["id"] for item in items) == sorted(row["id"] for row in records(500))


async def test_a_partial_update_leaves_every_other_field_as_it_was(tools: Engine, kinto_service: Service) -> None:
    before = raw(kinto_service, "contact-0010")
    await call(tools, "update_record", **PLACE, id="contact-0010", data={"stage": "won"})
    after = raw(kinto_service, "contact-0010")
    assert after.pop("last_modified") > before.pop("last_modified")
    assert json.dumps(after) == json.dumps({**before, "stage": "won"})


async def test_a_stale_update_is_refused_without_showing_the_record(tools: Engine, kinto_service: Service) -> None:
    with urllib.request.urlopen(
        urllib.request.Request(f"{kinto_service.url}{RECORDS}/contact-0011", headers=BASIC)
    ) as answer:
        etag = answer.headers["ETag"]
    kinto_service.json("PATCH", f"{RECORDS}/contact-0011", {"data": {"stage": "lost"}}, BASIC)
    answer = await tools.call(
        LOCAL, "update_record", {**PLACE, "id": "contact-0011", "data": {"stage": "won"}, "If-Match": etag}
    )
    said = text(answer)
    assert answer.is_error
    assert "412" in said or "changed" in said
    secret = raw(kinto_service, "contact-0011")
    assert secret["stage"] == "lost"
    assert not any(secret[field] in said for field in ("email", "phone", "ssn", "last_name"))


async def test_of_two_updates_that_race_one_is_refused(tools: Engine, kinto_service: Service) -> None:
    """Both read the same version; the second to write meets its ``If-Match`` and is told so, or merges after it."""
    for attempt in range(20):
        name = f"contact-{100 + attempt:04d}"
        calls = [
            tools.call(LOCAL, "update_record", {**PLACE, "id": name, "data": {field: "changed"}})
            for field in ("stage", "notes")
        ]
        first, second = await asyncio.gather(*calls)
        record = raw(kinto_service, name)
        for answer, field in ((first, "stage"), (second, "notes")):
            assert (record[field] == "changed") != answer.is_error, text(answer)
