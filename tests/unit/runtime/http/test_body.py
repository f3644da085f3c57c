"""Request bodies as they go over the wire."""

from __future__ import annotations

import email.parser
import email.policy
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Body, Call, Param, Tool

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio


async def sent(api: Api, make: Make, reply: Any, body: Body, /, **given: Any) -> Received:
    api.handler = lambda _: reply(200, {})
    tool = Tool(name="add", call=Call("POST", "/x", body=body), effect="write")
    await make(tool).ok("add", **given)
    return api.received[-1]


async def test_json_properties_constants_and_extras(api: Api, make: Make, reply: Any) -> None:
    params = (Param("name"), Param("kind", value="person"), Param("n", value=3), Param("data", encode="json"))
    body = Body(params=params, extra="more", inside="contact")
    one = await sent(api, make, reply, body, name=None, more={"x": 1, "kind": "other"}, data={"a": 1})
    assert one.json() == {"contact": {"x": 1, "kind": "person", "name": None, "n": 3, "data": '{"a":1}'}}
    assert one.headers["content-type"] == "application/json"


async def test_a_whole_body_that_is_not_given_is_not_sent(api: Api, make: Make, reply: Any) -> None:
    one = await sent(api, make, reply, Body(whole=Param("body")))
    assert (one.body, "content-type" in one.headers) == (b"", False)


async def test_forms(api: Api, make: Make, reply: Any) -> None:
    params = (Param("name"), Param("tags", explode=False), Param("ok"), Param("none"))
    body = Body(media="application/x-www-form-urlencoded", params=params)
    one = await sent(api, make, reply, body, name="Ada & Co", tags=["a", "b"], ok=True, none=None)
    assert one.body == b"name=Ada+%26+Co&tags=a,b&ok=true"
    assert one.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_multipart(api: Api, make: Make, reply: Any) -> None:
    params = (Param("title"), Param("meta"), Param("tags"), Param("upload", arg="file", encode="file"))
    given = {
        "title": "Ünïcode",
        "meta": {"a": 1},
        "tags": ["x", "y"],
        "file": {"filename": '../../etc/pass"wd\r\nX: y', "media_type": "image/png", "base64": "iVBORw0KGgo="},
    }
    one = await sent(api, make, reply, Body(media="multipart/form-data", params=params), **given)
    # The oracle is the standard library's MIME parser.
    head = f"Content-Type: {one.headers['content-type']}\r\n\r\n".encode()
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + one.body)
    parts = [
        (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_content_type())
        for part in message.iter_parts()  # type: ignore[attr-defined]
    ]
    assert parts == [
        ("title", None, "text/plain"),
        ("meta", None, "application/json"),
        ("tags", None, "text/plain"),
        ("tags", None, "text/plain"),
        ("upload", "pass%22wdX: y", "image/png"),
    ]
    contents = [part.get_payload(decode=True) for part in message.iter_parts()]  # type: ignore[attr-defined]
    assert contents == ["Ünïcode".encode(), b'{"a":1}', b"x", b"y", b"\x89PNG\r\n\x1a\n"]


@pytest.mark.parametrize("source", ["dropbox", {"kind": "dropbox"}])
async def test_an_object_with_a_source_is_no_file(api: Api, make: Make, reply: Any, source: Any) -> None:
    body = Body("multipart/form-data", params=(Param("link", encode="application/octet-stream"),))
    one = await sent(api, make, reply, body, link={"source": source, "size": 3})
    assert b'"size"' in one.body


async def test_bytes_and_text(api: Api, make: Make, reply: Any) -> None:
    octets = Body(media="application/octet-stream", whole=Param("file", encode="file"))
    one = await sent(api, make, reply, octets, file={"filename": "a", "base64": "AAEC"})
    assert (one.body, one.headers["content-type"]) == (b"\x00\x01\x02", "application/octet-stream")
    one = await sent(api, make, reply, Body(media="application/xml", whole=Param("body")), body="<a>ü</a>")
    assert (one.body, one.headers["content-type"]) == ("<a>ü</a>".encode(), "application/xml")


async def test_a_file_in_json_is_base64(api: Api, make: Make, reply: Any) -> None:
    one = await sent(api, make, reply, Body(params=(Param("photo", encode="file"),)), photo={"text": "hi"})
    assert one.json() == {"photo": "aGk="}


async def test_a_file_that_is_no_file_is_explained(api: Api, make: Make) -> None:
    body = Body(media="multipart/form-data", params=(Param("upload", arg="file", encode="file"),))
    tool = Tool(name="add", call=Call("POST", "/x", body=body), effect="write")
    assert "either `text` or `base64`" in await make(tool).error("add", file={"filename": "x"})
    assert "not valid base64" in await make(tool).error("add", file={"filename": "x", "base64": "*"})
    assert not api.received


async def test_the_boundary_of_a_form_wins_over_a_content_type_that_was_given(api: Api, make: Make, reply: Any) -> None:
    api.handler = lambda _: reply(200, {})
    body = Body(media="multipart/form-data", params=(Param("name"),))
    call = Call("POST", "/x", headers=(Param("Content-Type", value="multipart/form-data"),), body=body)
    await make(Tool(name="add", call=call, effect="write")).ok("add", name="Ada")
    assert "; boundary=" in api.received[-1].headers["content-type"]


@pytest.mark.parametrize(
    ("method", "empty", "sent"), [("DELETE", True, b"{}"), ("POST", False, b""), ("POST", None, b"{}")]
)
async def test_a_body_of_nothing(
    api: Api, make: Make, reply: Any, method: str, empty: bool | None, sent: bytes
) -> None:
    api.handler = lambda _: reply(200, {})
    tool = Tool(name="add", call=Call(method, "/x", body=Body(params=(Param("a"),), empty=empty)), effect="write")
    await make(tool).ok("add")
    assert api.received[-1].body == sent
