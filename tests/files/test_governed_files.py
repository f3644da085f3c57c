"""Upload slots and links under governance: who may have one, what it takes, what is on record, what stays hidden."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey
from support.file_api import FileApi, content, sha
from support.governing import KEYS, META, ask, settings
from support.handing import behind
from support.web import Web

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.pipeline.assemble import GovernedServer, govern_server
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.telemetry.spans import Span
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.mcp.protocol import Challenge, Context
from adaptgen.model.tables import Caller
from adaptgen.tool_search import over
from adaptgen.transports.load import load_server
from adaptgen.transports.streamable_http.files import routes
from adaptgen.transports.streamable_http.server import StreamableHttpServer

ADA = Caller("ada", "bank", ("staff",))
BOB = Caller("bob", "bank", ("staff",))
ADA_ELSEWHERE = Caller("ada", "shop", ("staff",))
EVE = Caller("eve", "bank", ("guests",))
POLICIES = """
permit (principal in Group::"bank/staff", action, resource);
permit (principal in Group::"shop/staff", action, resource);
permit (principal in Group::"bank/guests", action == Action::"files__get_note", resource);
"""
PDF = content(3000)
FILES: dict[str, Any] = {"expires": "15m", "inline": 1000}


class AsCaller:
    """The endpoint's handler, where authentication has let ``caller`` in (None: nobody)."""

    def __init__(self, made: GovernedServer) -> None:
        self.caller: Caller | None = ADA
        self._made = made

    async def authenticate(self, headers: Any, context: Any) -> Caller:
        if self.caller is None:
            raise Challenge(401, "Bearer", "a token is needed")
        return self.caller

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made.handler, name)


@dataclass
class Session:
    """A governed server, its API, and both ways to it."""

    made: GovernedServer
    folder: Path
    web: Web
    api: FileApi
    handler: AsCaller = field(init=False)
    server: StreamableHttpServer = field(init=False)

    def __post_init__(self) -> None:
        self.handler = AsCaller(self.made)
        files = routes(self.handler, self.made.files, "http://127.0.0.1:8000/mcp", self.made.handler.admit_file)  # type: ignore[arg-type]
        self.server = StreamableHttpServer(self.handler, files=files)  # type: ignore[arg-type]

    async def call(self, tool: str, caller: Caller = ADA, **arguments: Any) -> dict[str, Any]:
        result: dict[str, Any] = await ask(self.made, caller, "tools/call", {"name": tool, "arguments": arguments})
        return result

    async def slot(self, caller: Caller = ADA, data: bytes = PDF, **given: Any) -> tuple[str, str]:
        """A slot: its reference and the path of its URL."""
        said = json.loads(
            text(await self.call("create_upload", caller, **{"filename": "Ada.pdf", "size": len(data), **given}))
        )
        return said["source"], said["upload"]["url"].removeprefix("http://127.0.0.1:8000")

    async def http(
        self, method: str, path: str, data: bytes = b"", caller: Caller | None = ADA, **headers: str
    ) -> HttpAnswer:
        async def chunks(limit: int) -> AsyncIterator[bytes]:
            for at in range(0, len(data), 1000):
                yield data[at : at + 1000]

        async def read(limit: int) -> bytes:
            return data

        lines = {"host": "127.0.0.1:8000", "content-length": str(len(data)), "content-type": "application/pdf"}
        lines |= {name.replace("_", "-"): value for name, value in headers.items()}
        self.handler.caller = caller
        lines = {name: value for name, value in lines.items() if value}
        return await self.server.handle(HttpRequest(method, path, lines, read, chunks=chunks))

    def audit(self, event: str = "") -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in (self.folder / "audit.jsonl").read_text().splitlines()]
        return [line for line in lines if not event or line["event"] == event]


Play = Callable[[Session], Awaitable[None]]


@pytest.fixture
def play(package: Path, api: tuple[Web, FileApi], tmp_path: Path) -> Callable[..., None]:
    """``play(test, **settings)``: runs an asynchronous test over a governed server."""

    def run(test: Play, *, http: bool = True, **given: Any) -> None:
        path = settings(tmp_path, POLICIES, **{"files": FILES, **given})
        environ = {**KEYS, "FILES_BASE_URL": api[0].url, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}

        async def whole() -> None:
            made = await govern_server(str(path), load_server(package), ServingContext(http=http, environ=environ))
            try:
                await test(Session(made, tmp_path, *api))
            finally:
                await made.aclose()

        asyncio.run(whole())

    return run


def text(result: dict[str, Any]) -> str:
    (block,) = result["content"]
    return str(block["text"])


async def whole(answer: HttpAnswer) -> bytes:
    return answer.body if isinstance(answer.body, bytes) else b"".join([chunk async for chunk in answer.body])


def test_a_file_travels_by_a_slot(play: Any) -> None:
    async def test(one: Session) -> None:
        source, path = await one.slot()
        assert "sent to this upload slot yet" in text(await one.call("upload_document", file={"source": source}))
        assert (await one.http("PUT", path, PDF)).status == 201
        got = json.loads(text(await one.call("upload_document", file={"source": source}, title="T")))
        assert (got["sha256"], got["named"], got["type"]) == (sha(PDF), "Ada.pdf", "application/pdf")
        again = json.loads(text(await one.call("replace_raw", file={"source": source})))
        assert again["sha256"] == sha(PDF)
        assert len(one.web.seen) == 2

    play(test)


@pytest.mark.parametrize("other", [BOB, ADA_ELSEWHERE, EVE, None])
def test_a_slot_is_its_callers_alone(play: Any, other: Caller | None) -> None:
    async def test(one: Session) -> None:
        source, path = await one.slot()
        refused = await one.http("PUT", path, PDF, other)
        assert refused.status == (401 if other is None else 404)
        assert (await one.http("PUT", path, PDF)).status == 201
        if other is not None and other is not EVE:
            assert "upload slot is not known" in text(await one.call("replace_raw", other, file={"source": source}))
        assert one.web.seen == []

    play(test)


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        (PDF[:-1], {}, 400),
        (PDF + b"x", {}, 400),
        (PDF, {"content_length": ""}, 411),
        (PDF + b"x", {"content_length": "3000"}, 413),
        (PDF[:-1], {"content_length": "3000"}, 400),
        (PDF, {"content_type": "image/png"}, 415),
        (PDF, {"content_encoding": "gzip"}, 415),
        (b"<html>" + PDF[6:], {}, 415),
    ],
)
def test_only_the_declared_file_is_taken_and_it_can_be_sent_again(
    play: Any, data: bytes, headers: dict[str, str], status: int
) -> None:
    async def test(one: Session) -> None:
        source, path = await one.slot()
        assert (await one.http("PUT", path, data, **headers)).status == status
        assert "sent to this upload slot yet" in text(await one.call("replace_raw", file={"source": source}))
        assert (await one.http("PUT", path, PDF, content_type="")).status == 201
        assert (await one.http("PUT", path, PDF)).status == 409

    play(test)


def test_a_slot_ends(play: Any) -> None:
    async def test(one: Session) -> None:
        source, path = await one.slot()
        later, late_path = await one.slot()
        assert (await one.http("PUT", path, PDF)).status == 201
        slots: Any = one.made.files and one.made.files.slots
        now = slots._clock()
        slots._clock = lambda: now + 901
        assert (await one.http("PUT", late_path, PDF)).status == 404
        for reference in (source, later):
            assert "expired" in text(await one.call("replace_raw", file={"source": reference}))
        assert slots._slots == {}

    play(test)


def test_a_caller_has_only_so_many_slots(play: Any) -> None:
    async def test(one: Session) -> None:
        for _ in range(8):
            await one.slot()
        assert "You have 8 upload slots" in text(await one.call("create_upload", filename="a", size=1))
        await one.slot(BOB)
        links = [(await one.call("download_document", name="a.pdf", size=5000))["content"][0]["uri"] for _ in range(9)]
        status = [(await one.http("HEAD", link.removeprefix("http://127.0.0.1:8000"))).status for link in links]
        assert status == [404, *[200] * 8]  # the oldest makes room

    play(test, tokenize=None)


def test_a_slot_needs_a_tool_that_takes_files(play: Any) -> None:
    async def test(one: Session) -> None:
        shown = {
            who: [tool["name"] for tool in (await ask(one.made, who, "tools/list", {}))["tools"]] for who in (ADA, EVE)
        }
        assert ("create_upload" in shown[ADA], shown[EVE]) == (True, ["download_document", "get_note"])
        refused = await one.call("create_upload", EVE, filename="a", size=1)
        unknown = await one.call("create_uploaf", EVE, filename="a", size=1)
        assert refused["isError"]
        assert text(refused).replace("create_upload", "create_uploaf") == text(unknown)
        assert [line["reason"] for line in one.audit("decision") if "reason" in line] == ["hidden", "unknown"]

    play(test)


def test_slots_are_listed_where_agents_search_and_in_parts_with_a_tool_that_takes_files(play: Any) -> None:
    async def test(one: Session) -> None:
        menu = over(one.made)
        for effect, listed in (("", True), ("write", True), ("read", False)):
            context = Context(request_id="1")
            context.effect = effect
            tools: Any = (await menu.request(ADA, "tools/list", {}, context))["tools"]
            assert ("create_upload" in [tool["name"] for tool in tools]) is listed, effect
            given = {"name": "create_upload", "arguments": {"filename": "a", "size": 1}}
            assert bool((await menu.request(ADA, "tools/call", given, context)).get("isError")) is not listed
            assert await menu.schema(ADA, "create_upload", context)

    play(test, surface={"mode": "search"})


def test_policy_decides_on_the_call_that_uses_the_file(play: Any) -> None:
    only_raw = 'permit (principal, action == Action::"files__replace_raw", resource);'

    async def test(one: Session) -> None:
        (one.folder / "all.cedar").write_text(only_raw)
        await one.made.watch.look()
        source, path = await one.slot()
        await one.http("PUT", path, PDF)
        assert (await one.call("upload_document", file={"source": source}))["isError"]
        assert one.web.seen == []
        assert not (await one.call("replace_raw", file={"source": source})).get("isError")

    play(test)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"size": 10**9}, "may have 100.0 MB at most"),
        ({"size": -1}, "number of bytes"),
        ({"size": True}, "number of bytes"),
        ({"filename": ""}, "name of the file"),
        ({"media_type": "pdf"}, "media type such as"),
        ({"media_type": "image/png"}, "must have one of the types application/pdf"),
        ({"url": "http://169.254.169.254/"}, "no argument"),
    ],
)
def test_what_is_declared_is_checked(play: Any, given: dict[str, Any], said: str) -> None:
    async def test(one: Session) -> None:
        result = await one.call("create_upload", **{"filename": "a.pdf", "size": 5, **given})
        assert (result["isError"], said in text(result)) == (True, True), text(result)

    play(test, files={**FILES, "media_types": ["application/pdf"]})


@pytest.mark.parametrize(
    "source", ["/etc/passwd", "file:///etc/passwd", "https://example.com/a", "upload://nothing", "s3://b/k"]
)
def test_over_http_only_slots_are_taken(play: Any, source: str) -> None:
    async def test(one: Session) -> None:
        assert (await one.call("replace_raw", file={"source": source}))["isError"]
        assert one.web.seen == []

    play(test, files={**FILES, "roots": ["/etc"]})


# --------------------------------------------------------------------------------------------------------- downloads


def test_a_large_answer_is_a_link_for_its_caller(play: Any) -> None:
    async def test(one: Session) -> None:
        (link,) = (await one.call("download_document", name="Ada%20Lovelace.pdf", size=5000))["content"]
        assert (link["type"], link["mimeType"], link["size"]) == ("resource_link", "application/pdf", 5000)
        assert "Ada" not in json.dumps(link)
        path = link["uri"].removeprefix("http://127.0.0.1:8000")
        for other, status in ((BOB, 404), (ADA_ELSEWHERE, 404), (None, 401)):
            assert (await one.http("GET", path, caller=other)).status == status
        got = await one.http("GET", path)
        assert (got.status, await whole(got)) == (200, content(5000))
        assert got.headers["content-length"] == "5000"
        assert got.headers["x-content-type-options"] == "nosniff"
        assert (await one.http("HEAD", path)).body == b""
        assert (await one.http("PUT", path, PDF)).status == 404  # a link is no slot
        assert (await one.call("replace_raw", file={"source": "upload://" + path.rpartition("/")[2]}))["isError"]
        (small,) = (await one.call("download_document", name="a.pdf", size=900))["content"]
        assert small["type"] == "resource"

    play(test, tokenize={"kinds": ["email"], "release": ["application/pdf"]})


def test_a_link_is_no_way_round_tokenization(play: Any) -> None:
    """What would be withheld inside of an answer is withheld as a link, and nothing is written anywhere."""

    async def test(one: Session) -> None:
        for size in (900, 5000):
            shown = text(await one.call("download_document", name="a.pdf", size=size))
            assert shown.startswith("[Withheld: content of the type application/pdf")
        # It calls itself what is released, and is something else.
        one.api.media, one.api.kind = "image/png", b"name,email\nAda,ada@example.com\n"
        assert "not of the declared media type" in text(await one.call("download_document", name="a.png", size=5000))
        slots: Any = one.made.files and one.made.files.slots
        assert slots._slots == {}

    play(test, tokenize={"kinds": ["email"], "release": ["image/*"]})


def test_on_stdio_files_are_written_and_read_below_the_roots(play: Any, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "in" / "a.pdf").write_bytes(PDF)

    async def test(one: Session) -> None:
        tools = [tool["name"] for tool in (await ask(one.made, ADA, "tools/list", {}))["tools"]]
        assert "create_upload" not in tools
        got = json.loads(text(await one.call("upload_document", file={"source": str(tmp_path / "in" / "a.pdf")})))
        assert got["sha256"] == sha(PDF)
        (link,) = (await one.call("download_document", name="b.pdf", size=5000))["content"]
        assert link["uri"] == (tmp_path / "out" / "b.pdf").as_uri()
        assert (tmp_path / "out" / "b.pdf").read_bytes() == content(5000)
        assert (await one.call("replace_raw", file={"source": str(tmp_path / "audit.jsonl")}))["isError"]

    play(test, http=False, files={**FILES, "roots": ["in"], "downloads": "out"}, tokenize=None)


# ------------------------------------------------------------------------------------------------------------- audit


def test_every_step_is_on_record_without_name_content_or_reference(play: Any) -> None:
    async def test(one: Session) -> None:
        source, path = await one.slot()
        await one.http("PUT", path, PDF)
        await one.call("replace_raw", file={"source": source})
        (link,) = (await one.call("download_document", name="x.pdf", size=5000))["content"]
        await one.http("GET", link["uri"].removeprefix("http://127.0.0.1:8000"))
        results = [line["files"] for line in one.audit("result") if "files" in line]
        passed = [line["file"] for line in one.audit("file")]
        made, used, given = [files[0] for files in results]
        received, fetched = passed
        assert [one["direction"] for one in (made, received, used, given, fetched)] == [
            "slot", "received", "upload", "download", "fetched",
        ]  # fmt: skip
        assert made["slot"] == received["slot"] == used["slot"]
        assert given["slot"] == fetched["slot"] != made["slot"]
        assert received["content"] == used["content"] != given["content"] == fetched["content"]
        assert (used["size"], used["media_type"]) == (3000, "application/pdf")
        assert {line["caller"]["sub"] for line in one.audit("file")} == {"ada"}
        trail = (one.folder / "audit.jsonl").read_text()
        for hidden in ("Ada.pdf", source.rpartition("/")[2], link["uri"].rpartition("/")[2], sha(PDF)):
            assert hidden not in trail

    play(test, tokenize=None)


def test_what_cannot_be_put_on_record_is_not_kept(play: Any) -> None:
    async def test(one: Session) -> None:
        source, path = await one.slot()
        trail: Any = one.made.handler._trail
        sink, trail._sink = trail._sink, None
        assert (await one.http("PUT", path, PDF)).status == 500
        assert "on record" not in source
        trail._sink = sink
        assert "upload slot is not known" in text(await one.call("replace_raw", file={"source": source}))

    play(test)


def test_the_kill_switch_cuts_files_off_too(play: Any) -> None:
    async def test(one: Session) -> None:
        _, path = await one.slot()
        (link,) = (await one.call("download_document", name="x.pdf", size=5000))["content"]
        rules = json.loads((one.folder / "governance.yaml").read_text())
        (one.folder / "governance.yaml").write_text(json.dumps({**rules, "switch": {"callers": ["ada"]}}))
        assert await one.made.watch.look()
        assert (await one.http("PUT", path, PDF)).status == 403
        assert (await one.http("GET", link["uri"].removeprefix("http://127.0.0.1:8000"))).status == 403
        assert (await one.call("create_upload", filename="a", size=1))["isError"]

    play(test, tokenize=None)


# ---------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"files": {"store": "https://bucket/"}}, "AG070"),
        ({"files": {"max_bytes": "lots"}}, "AG070"),
        ({"mode": "proxy", "upstreams": {"crm": {"url": "https://x.example/mcp"}}, "files": {}}, "AG070"),
        ({"files": {"roots": ["nowhere"]}}, "AG106"),
    ],
)
def test_settings_that_cannot_be_used(play: Any, given: dict[str, Any], code: str) -> None:
    async def test(one: Session) -> None:
        """Not reached."""

    with pytest.raises(AdaptgenError, match=code):
        play(test, http=False, **given)


def test_a_function_with_a_bucket_signs_and_keeps_nothing(package: Path, tmp_path: Path) -> None:
    """As Lambda serves: nothing is kept between two calls, and nobody is asked."""
    path = settings(tmp_path, files={"store": "s3://crm-files/agents", "region": "eu-central-1"})
    aws = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}

    async def run() -> str:
        place = ServingContext(http=True, environ=KEYS, frozen=True)
        made = await govern_server(str(path), load_server(package), place)
        try:
            assert routes(made.handler, made.files, "https://x.example/mcp") is None
            given = {"filename": "a.pdf", "size": 5}
            return text(await ask(made, ADA, "tools/call", {"name": "create_upload", "arguments": given}))
        finally:
            await made.aclose()

    with pytest.MonkeyPatch.context() as patched:
        for name, value in aws.items():
            patched.setenv(name, value)
        said = json.loads(asyncio.run(run()))
    assert said["upload"]["url"].startswith("https://crm-files.s3.")
    assert said["upload"]["headers"] == {"Content-Type": "application/pdf", "If-None-Match": "*"}
    assert said["expires_in"] == 900


def test_behind_a_proxy_only_a_bucket_will_do(tmp_path: Path, package: Path) -> None:
    path = behind(tmp_path, ECKey.generate_key("P-256", private=True), "files", files={})
    with pytest.raises(AdaptgenError, match="AG107"):
        asyncio.run(govern_server(str(path), load_server(package), ServingContext(http=True, environ=KEYS)))


def test_behind_a_proxy_slots_are_listed_as_what_writes_and_answers_are_no_links(
    tmp_path: Path, package: Path, api: tuple[Web, FileApi]
) -> None:
    store = {"store": "s3://crm-files/agents", "region": "eu-central-1", "inline": 10}
    path = behind(tmp_path, ECKey.generate_key("P-256", private=True), "files", files=store)
    environ = {**KEYS, "FILES_BASE_URL": api[0].url, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}

    async def run() -> tuple[Any, Any]:
        made = await govern_server(str(path), load_server(package), ServingContext(http=True, environ=environ))
        try:
            pipeline: Any = made.handler
            context = Context(request_id="1")
            listed = await pipeline._list(pipeline.parts, ADA, {}, context, Span())
            target = pipeline.target
            tool = target.tools()["download_document"]
            return listed["tools"], await target.call(ADA, tool, {"name": "a.pdf", "size": 5000}, context)
        finally:
            await made.aclose()

    listed, answered = asyncio.run(run())
    (slot,) = [tool for tool in listed if tool["name"] == "create_upload"]
    assert slot["_meta"] == {META + "effect": {"effect": "write", "open": False}}
    assert [one["type"] for one in answered["content"]] == ["resource"]


def test_a_function_needs_a_store(package: Path, tmp_path: Path) -> None:
    path = settings(tmp_path, files={})
    place = ServingContext(http=True, environ=KEYS, frozen=True)
    with pytest.raises(AdaptgenError, match="AG107"):
        asyncio.run(govern_server(str(path), load_server(package), place))
