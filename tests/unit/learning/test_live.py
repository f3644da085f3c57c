import asyncio
from pathlib import Path

import httpx
import pytest
from support.learning import Api, list_operation, make_result, operation_of

from adaptgen.learning.probe import ReadInputs

PATHS = {
    "/things": {"get": list_operation(), "post": {"responses": {"201": {"description": ""}}}},
    "/things/{id}": {"get": list_operation(), "delete": {"responses": {"204": {"description": ""}}}},
    "/things/import": {"post": {"responses": {"201": {"description": ""}}}},
    "/things/purge": {"get": {"operationId": "purgeThings", "summary": "Delete all things", "responses": {}}},
    "/search": {"post": list_operation(operationId="searchThings")},
}


def answer_list(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, json=[{"id": 1, "name": "a"}])


def test_a_read_sends_undeclared_parameters(tmp_path: Path) -> None:
    api, result = Api(answer_list), make_result(tmp_path, PATHS)
    probe = api.probe(result)
    reply = asyncio.run(
        probe.read(operation_of(result, "GET /things"), ReadInputs(query={"per page": "2"}, headers={"X-A": "b"}))
    )
    assert (reply.status, reply.json) == (200, [{"id": 1, "name": "a"}])
    assert api.seen == ["GET /things?per%20page=2"]


@pytest.mark.parametrize("key", ["POST /things", "DELETE /things/{id}", "GET /things/purge", "POST /search"])
def test_nothing_but_reads_may_be_sent(tmp_path: Path, key: str) -> None:
    api, result = Api(answer_list), make_result(tmp_path, PATHS)
    probe = api.probe(result)
    assert not probe.may_read(operation_of(result, key))
    with pytest.raises(ValueError, match="may not be read"):
        asyncio.run(probe.read(operation_of(result, key), ReadInputs({"id": 1})))
    assert api.seen == []


def test_no_post_is_sent_whatever_the_hints_call_it(tmp_path: Path) -> None:
    hints = "tools:\n  find_things:\n    call: POST /search\n    effect: read\n"
    assert (
        not Api(answer_list)
        .probe(result := make_result(tmp_path, PATHS, hints=hints))
        .may_read(operation_of(result, "POST /search"))
    )


def test_a_redirect_to_a_logout_is_not_followed(tmp_path: Path) -> None:
    api = Api(lambda _: httpx.Response(302, headers={"location": "/api/account/logout"}))
    result = make_result(tmp_path, PATHS)
    asyncio.run(api.probe(result).read(operation_of(result, "GET /things")))
    assert api.seen == ["GET /things"]


def test_a_redirect_to_another_origin_is_not_followed(tmp_path: Path) -> None:
    api = Api(lambda _: httpx.Response(302, headers={"location": "http://127.0.0.2/api/things"}))
    result = make_result(tmp_path, PATHS)
    reply = asyncio.run(api.probe(result).read(operation_of(result, "GET /things")))
    assert (reply.failed, len(api.seen)) == ("redirect", 1)


def test_a_link_is_followed_on_the_same_origin_only(tmp_path: Path) -> None:
    api, result = Api(answer_list), make_result(tmp_path, PATHS)
    probe, things = api.probe(result), operation_of(result, "GET /things")
    replies = [
        asyncio.run(probe.follow(things, url))
        for url in ("/api/things?after=7", "/api/things/8", "http://127.0.0.2:9/api/things?after=7")
    ]
    assert [one.status for one in replies] == [200, 200, 0]
    assert api.seen == ["GET /things?after=7", "GET /things/8"]


@pytest.mark.parametrize(
    "path",
    ["/things/purge", "/things/import", "/things/bulk-delete", "/things/deleteAll", "/things/1/pay", "/other", "/../x"],
)
@pytest.mark.parametrize("leads", ["link", "redirect"])
def test_nothing_is_followed_but_a_read_that_is_declared(tmp_path: Path, path: str, leads: str) -> None:
    moved = httpx.Response(302, headers={"location": f"/api{path}"})
    api, result = Api(answer_list if leads == "link" else lambda _: moved), make_result(tmp_path, PATHS)
    probe, things = api.probe(result), operation_of(result, "GET /things")
    if leads == "link":
        assert asyncio.run(probe.follow(things, f"/api{path}")).status == 0
    else:
        assert asyncio.run(probe.read(things)).failed == "redirect"
    assert api.seen == ([] if leads == "link" else ["GET /things"])


def test_a_long_pause_is_not_waited_for(tmp_path: Path) -> None:
    api = Api(lambda _: httpx.Response(429, headers={"retry-after": "4000"}))
    result = make_result(tmp_path, PATHS)
    reply = asyncio.run(api.probe(result).read(operation_of(result, "GET /things")))
    assert (reply.status, reply.failed, len(api.seen)) == (429, "busy", 1)


SECURED = {
    "security": [{"key": []}],
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
}


def test_another_server_of_the_document_gets_no_credentials_unless_the_environment_names_it(tmp_path: Path) -> None:
    keys: list[tuple[str, str | None]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append((request.url.host, request.headers.get("x-key")))
        return answer_list(request)

    paths = {"/things": {**PATHS["/things"], "servers": [{"url": "http://127.0.0.2:9"}]}}
    result = make_result(tmp_path, paths, servers=[{"url": "http://127.0.0.1:9"}], **SECURED)
    named = next(base.env for base in result.plan.server.bases if base.name)
    things = operation_of(result, "GET /things")
    environ = {"SHOP_API_KEY": "secret-7"}
    asyncio.run(Api(answer).probe(result, **environ).read(things))
    asyncio.run(Api(answer).probe(result, **environ, **{named: "http://127.0.0.2:9"}).read(things))
    assert keys == [("127.0.0.2", None), ("127.0.0.2", "secret-7")]
