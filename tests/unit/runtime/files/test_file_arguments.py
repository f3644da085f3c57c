"""File arguments that refer to a file, and answers that become one."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Body, Call, Param, Tool
from adaptgen.runtime import Answer
from adaptgen.runtime.core.answer import FileLink
from adaptgen.runtime.files.desk import FileDesk, open_desk
from adaptgen.runtime.files.rules import FileRules
from adaptgen.runtime.http.client import MAX_BYTES

if TYPE_CHECKING:
    from conftest import Api, Make

pytestmark = pytest.mark.asyncio

FORM = Body(media="multipart/form-data", params=(Param("title"), Param("upload", arg="file", encode="file")))
ADD = Tool(name="add", call=Call("POST", "/x", body=FORM), effect="write")
RAW = Tool(
    name="put",
    call=Call("PUT", "/x", body=Body(media="application/octet-stream", whole=Param("file", encode="file"))),
    effect="write",
)
GET = Tool(name="get", call=Call("GET", "/file"), effect="read")
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 2000


def desk(folder: Path, **rules: Any) -> FileDesk:
    return open_desk(FileRules(roots=(str(folder),), **rules), http=False)


@pytest.mark.parametrize(
    ("rules", "given", "said"),
    [
        ({"max_bytes": 1000}, {"source": "a.pdf"}, "larger than the 1000 bytes"),
        ({"media_types": ("image/*",)}, {"source": "a.pdf"}, "has the type application/pdf; allowed: image/*"),
        ({"media_types": ("image/*",)}, {"source": "a.pdf", "media_type": "image/png"}, "looks like application/pdf"),
        ({"media_types": ("image/*",)}, {"source": "a"}, "has the type application/pdf"),
        ({"media_types": ("image/*",)}, {"base64": "AAEC"}, "application/octet-stream; allowed"),
        ({"media_types": ("image/*",)}, {"text": "hi", "filename": "a.png"}, "declared as image/png"),
        ({"max_bytes": 1}, {"text": "hi"}, "has 2 bytes; 1 bytes are allowed"),
        ({}, {"source": "nothing.pdf"}, "no such file"),
        ({}, {"source": "https://example.com/a.pdf"}, "URLs are not fetched"),
        ({}, {"source": "upload://abc"}, "no upload slots"),
        ({}, {"source": "/etc/passwd"}, "not inside the folders"),
        ({}, {"source": "a.pdf", "text": "x"}, "either `text` or `base64`"),
    ],
)
async def test_what_is_refused_is_not_sent(
    api: Api, make: Make, tmp_path: Path, rules: dict[str, Any], given: dict[str, Any], said: str
) -> None:
    for name in ("a.pdf", "a"):
        (tmp_path / name).write_bytes(PDF)
    source = given.get("source", "")
    if source and "/" not in source:
        given = {**given, "source": str(tmp_path / source)}
    assert said in await make(ADD, files=desk(tmp_path, **rules)).error("add", file=given)
    assert not api.received


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"source": "a.pdf"}, ""),
        ({"source": "a"}, ""),
        ({"source": "a.png"}, "has the type image/png; the API takes application/pdf"),
        ({"text": "hi"}, "has the type text/plain; the API takes application/pdf"),
        ({"base64": "AAEC"}, ""),
        ({"source": "large.pdf"}, "the API takes 600000"),
    ],
)
async def test_the_types_and_the_size_of_the_document_hold(
    api: Api, make: Make, reply: Any, tmp_path: Path, given: dict[str, Any], said: str
) -> None:
    png = b"\x89PNG\r\n\x1a\n"
    for name, data in (("a.pdf", PDF), ("a", PDF), ("a.png", png), ("large.pdf", PDF + bytes(100_000))):
        (tmp_path / name).write_bytes(data)
    given = {**given, "source": str(tmp_path / given["source"])} if "source" in given else given
    api.handler = lambda _: reply(200, {})
    schemas = {"add": {"file": {"x-media-types": ["application/pdf"], "x-max-bytes": 600_000}}}
    calls = make(ADD, files=desk(tmp_path), schemas=schemas)
    if not said:
        await calls.ok("add", file=given)
        return
    assert said in await calls.error("add", file=given)
    assert not api.received


async def test_without_a_desk_there_is_no_source(api: Api, make: Make, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x")
    assert "takes no `source`" in await make(RAW).error("put", file={"source": str(tmp_path / "a")})
    assert not api.received


async def test_a_dry_run_shows_the_size(make: Make, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * 70000)
    shown = await make(RAW, files=desk(tmp_path)).ok("put", file={"source": str(tmp_path / "a")}, dry_run=True)
    assert shown["body"] == "<70000 bytes>"


# --------------------------------------------------------------------------------------------------------- downloads


async def got(api: Api, calls: Any, reply: Any, body: bytes, **headers: str) -> Answer:
    api.handler = lambda _: reply(200, body, {name.replace("_", "-"): text for name, text in headers.items()})
    answer: Answer = await calls.answer("get")
    return answer


async def test_a_large_file_becomes_a_link_to_a_local_file(api: Api, make: Make, reply: Any, tmp_path: Path) -> None:
    data = b"%PDF-1.7\n" + b"x" * (MAX_BYTES + 1000)  # more than an answer in memory may have
    name = 'attachment; filename="../Invoice 7.pdf"'
    calls = make(GET, files=desk(tmp_path))
    answer = await got(api, calls, reply, data, Content_Type="application/pdf", Content_Disposition=name)
    (link,) = answer.content
    path = tmp_path / "_Invoice 7.pdf"
    assert link == FileLink(path.as_uri(), "application/pdf", len(data), path.name)
    assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(data).digest()
    assert answer.files[0]["sha256"] == hashlib.sha256(data).hexdigest()
    assert "Invoice" not in str(answer.files)


@pytest.mark.parametrize("media", ["application/json", "text/csv", "text/plain", "application/xml"])
async def test_what_is_not_a_file_stays_in_the_answer(
    api: Api, make: Make, reply: Any, tmp_path: Path, media: str
) -> None:
    body = b'["' + b"x" * 300_000 + b'"]'
    answer = await got(api, make(GET, files=desk(tmp_path)), reply, body, Content_Type=media)
    assert not any(isinstance(one, FileLink) for one in answer.content)
    assert not list(tmp_path.glob("*.*"))


async def test_a_small_file_stays_inline(api: Api, make: Make, reply: Any, tmp_path: Path) -> None:
    calls = make(GET, files=desk(tmp_path, inline=100))
    answer = await got(api, calls, reply, b"%PDF-" + b"x" * 95, Content_Type="application/pdf")
    assert not isinstance(answer.content[0], FileLink)
    answer = await got(api, calls, reply, b"%PDF-" + b"x" * 96, Content_Type="application/pdf")
    assert isinstance(answer.content[0], FileLink)


async def test_a_file_above_the_limit_is_not_written(api: Api, make: Make, reply: Any, tmp_path: Path) -> None:
    calls = make(GET, files=desk(tmp_path, inline=10, max_bytes=1000))
    answer = await got(api, calls, reply, b"%PDF-" + b"x" * 1000, Content_Type="application/pdf")
    assert answer.is_error
    assert not list(tmp_path.glob("*.pdf"))


async def test_bytes_that_are_not_of_the_released_type_do_not_leave(
    api: Api, make: Make, reply: Any, tmp_path: Path
) -> None:
    """A table of people that calls itself an image."""
    calls = make(GET, files=desk(tmp_path, inline=10), released=lambda tool, media: media == "image/png")
    answer = await got(api, calls, reply, b"name,email\nAda,ada@example.com\n", Content_Type="image/png")
    assert answer.is_error
    assert [one for one in tmp_path.iterdir() if one.is_file()] == []
    answer = await got(api, calls, reply, b"%PDF-" + bytes(50), Content_Type="application/pdf")
    assert not isinstance(answer.content[0], FileLink)  # as without files: governance withholds it
