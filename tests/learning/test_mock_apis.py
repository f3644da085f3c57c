"""The mock APIs do what their truth says: a reader that knows it reads every list exactly once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from learning.document import document
from learning.draw import draw
from learning.oracle import Oracle, misread, over_http
from learning.server import serving
from learning.service import Asked, Service
from learning.truth import truths
from openapi_spec_validator import validate


def test_every_list_is_read_exactly_once() -> None:
    wrong = {seed: lists for seed in range(150) if (lists := misread(Service(draw(seed))))}
    assert wrong == {}


def test_the_oracle_notices_a_list_that_repeats_a_record() -> None:
    api = next(one for one in map(draw, range(100)) if one.login.kind == "none" and len(one.lists[0].records) > 1)
    first, *others = api.lists
    broken = replace(first, records=(first.records[0], *first.records[:-1]))
    service = Service(api)
    service.api = replace(api, lists=(broken, *others))
    reader = Oracle(service)
    reader.api = api
    found = reader.read(first)
    assert found != [record[first.identity] for record in first.records]


@pytest.mark.parametrize("seed", range(4))
def test_the_server_answers_what_the_service_says(seed: int) -> None:
    with serving(Service(draw(seed))) as service:
        assert misread(service, over_http(service)) == []
        assert service.unsafe == []


def test_the_documents_are_valid() -> None:
    for seed in range(8):
        validate(document(draw(seed)))


def test_a_seed_is_always_the_same_api() -> None:
    assert draw(17) == draw(17)
    assert draw(17) != draw(100017)


def test_every_kind_of_behaviour_occurs() -> None:
    apis = [draw(seed) for seed in range(300)]
    styles = {style for api in apis for one in api.lists for style in one.paging.styles}
    assert styles == {"none", "offset", "page", "cursor", "link", "header", "next_url"}
    assert {api.login.kind for api in apis} == {"none", "basic", "key", "session"}
    assert {api.login.refused for api in apis} == {"401", "403", "200", "redirect"}
    hidden = [truth for api in apis for truth in truths(api) if truth.hidden]
    known = [truth for api in apis for truth in truths(api) if not truth.hidden]
    assert len(known) > 3 * len(hidden) > 0


def test_writes_and_unsafe_reads_are_counted() -> None:
    api = next(one for one in map(draw, range(100)) if "GET /jobs/start" in one.unsafe)
    service = Service(api)
    path = api.base + api.lists[0].path
    for asked in (Asked("GET", path, {}), Asked("DELETE", path, {}), Asked("GET", f"{api.base}/jobs/start", {})):
        service(asked)
    assert service.unsafe == [f"DELETE {path}", f"GET {api.base}/jobs/start"]
