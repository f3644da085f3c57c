"""Third parties choose nothing: not what they get in clear, not what is served, not what is taken for reviewed."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.fake_mcp import Exchange, FakeServer, aggregated, running, tool, until
from support.governing import KEYS, settings

from adaptgen.cli import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.authorization.cedar_engine import CedarAuthorizer
from adaptgen.govern.pipeline.assemble import GovernedServer, assemble
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.model import ToolRule
from adaptgen.govern.settings.source import source
from adaptgen.mcp.protocol import Context, RpcError, ToolInfo
from adaptgen.model.tables import Caller, Json
from adaptgen.proxy.pin_store import FilePins, PinSigner, StorePins, UntrustedPins
from adaptgen.proxy.proxy_target import UpstreamAggregator
from adaptgen.proxy.start import start_aggregator
from adaptgen.runtime.store.protocol import MemoryStore

ALICE = Caller("alice")
KEY = bytes(range(32))
FAST = {"resync": 0.01}
PEOPLE = {
    "type": "object",
    "properties": {
        "email": {"type": "string", "format": "email"},
        "phone": {"type": "string"},
        "q": {"type": "string", "description": "Name or e-mail address of the person"},
        "count": {"type": "integer", "maximum": 5},
    },
    "required": ["count"],
    "additionalProperties": False,
}


@asynccontextmanager
async def proxy(
    folder: Path, *servers: FakeServer, upstream: Mapping[str, Any] = {}, **given: Any
) -> AsyncIterator[GovernedServer]:
    """The proxy before servers called ``a``, ``b``, …"""
    named = {name: {"url": one.url, "timeout": 10, **upstream} for name, one in zip("abc", servers, strict=False)}
    path = settings(folder, mode="proxy", upstreams=named, **given)
    environ = {**os.environ, **KEYS}
    made = await assemble(source(str(path), environ), start_aggregator, ServingContext(http=True, environ=environ))
    try:
        yield made
    finally:
        await made.aclose()


async def call(made: GovernedServer, name: str, arguments: Mapping[str, Json]) -> tuple[str, bool]:
    context = Context(request_id="r")
    result = await made.handler.request(ALICE, "tools/call", {"name": name, "arguments": dict(arguments)}, context)
    return json.dumps(result), result.get("isError") is True


def answering(text: str, *tools: Mapping[str, Any]) -> FakeServer:
    async def answer(exchange: Exchange) -> None:
        exchange.result({"content": [{"type": "text", "text": text}]})

    return FakeServer(tools=[dict(one) for one in tools], on={"tools/call": answer})


# ------------------------------------------------------------------------------------------- what it gets in clear


@pytest.mark.asyncio
@pytest.mark.parametrize("name", ["email", "phone", "q"])
@pytest.mark.parametrize(
    "meta", [{}, {"_meta": {"dev.adaptgen/arguments": {"email": "email", "phone": "phone", "q": "email"}}}]
)
async def test_a_third_party_gets_no_value_by_the_names_of_its_arguments(
    tmp_path: Path, name: str, meta: dict[str, Any]
) -> None:
    server = answering('{"email": "ada@example.org", "phone": "+4915112345678"}', tool("x", inputSchema=PEOPLE, **meta))
    async with running(server), proxy(tmp_path, server) as made:
        said, _ = await call(made, "a__x", {"count": 1})
        found = json.loads(json.loads(said)["content"][0]["text"])
        server.seen.clear()
        for kind in ("email", "phone"):
            assert found[kind].startswith("tok_")
            said, failed = await call(made, "a__x", {name: found[kind], "count": 1})
            assert failed
            assert "takes no tokens" in said
        assert server.of("tools/call") == []


@pytest.mark.asyncio
async def test_the_settings_say_what_it_gets(tmp_path: Path) -> None:
    server = answering('{"email": "ada@example.org"}', tool("x", inputSchema=PEOPLE))
    rules = {"a/x": {"arguments": {"q": "email"}}}
    async with running(server), proxy(tmp_path, server, tools=rules) as made:
        said, _ = await call(made, "a__x", {"count": 1})
        token = json.loads(json.loads(said)["content"][0]["text"])["email"]
        said, failed = await call(made, "a__x", {"q": token, "count": 1})
        assert not failed
        assert server.of("tools/call")[-1].params["arguments"] == {"q": "ada@example.org", "count": 1}
        assert "ada@example.org" not in said


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "schema",
    [
        {"properties": {"payer": {"type": "string", "x-mcp-header": "Payer"}}},
        {"properties": {"payer": {"type": "string", "X-MCP-Header": "Payer"}}},
        {"properties": {"payer": {"anyOf": [{"type": "string", "x-http-header": "P"}, {"type": "null"}]}}},
        {"properties": {"payer": {"$ref": "#/$defs/p"}}, "$defs": {"p": {"type": "string", "x-header": "P"}}},
        {"properties": {"payer": {"type": "object", "properties": {"n": {"type": "string", "x-mcp-header": "P"}}}}},
    ],
    ids=lambda one: json.dumps(one)[:60],
)
async def test_a_classified_argument_in_a_header_is_quarantined(schema: dict[str, Any]) -> None:
    server = FakeServer(tools=[tool("x", inputSchema={"type": "object", **schema}), tool("y")])
    async with aggregated(server, rules={"a/*": ToolRule(arguments={"payer": "name"})}) as aggregator:
        assert list(aggregator.tools()) == ["a__y"]
        assert "in a header" in str(aggregator.findings()[0])
    async with aggregated(server, rules={}) as aggregator:
        assert list(aggregator.tools()) == ["a__x", "a__y"]


# ------------------------------------------------------------------------------------------------ what is new, changed


LISTS = {
    "prompts": ("prompts/list", "name"),
    "resources": ("resources/list", "uri"),
    "resourceTemplates": ("resources/templates/list", "uriTemplate"),
}
CAPABLE = {"tools": {}, "prompts": {}, "resources": {}}


def offering(*tools: Mapping[str, Any], **lists: list[dict[str, Any]]) -> FakeServer:
    server = FakeServer(tools=[dict(one) for one in tools], capabilities=CAPABLE)
    for key, (method, _) in LISTS.items():
        server.lists[method] = {key: lists.get(key, [])}
    return server


async def listed(aggregator: UpstreamAggregator, key: str) -> list[str]:
    method, naming = LISTS[key]
    result = await aggregator.request(ALICE, method, {}, Context(request_id="1"))
    return [one[naming] for one in result[key]]


@pytest.mark.asyncio
async def test_a_new_tool_is_quarantined_like_a_changed_one() -> None:
    server = offering(tool("x"))
    async with aggregated(server, settings=FAST) as aggregator:
        assert list(aggregator.tools()) == ["a__x"]
        server.tools = [tool("x"), tool("helper", inputSchema=PEOPLE)]
        await until(lambda: bool(aggregator.findings()))
        assert list(aggregator.tools()) == ["a__x"]
        assert "tool helper of the server a is new and not accepted" in str(aggregator.findings()[0])
        helper = ToolInfo("a__helper", "a", "helper", "read", open=False, wire={})
        with pytest.raises(RpcError, match="Unknown tool"):
            await aggregator.call(ALICE, helper, {}, Context(request_id="1"))
        assert await aggregator.accept("a/helper") == ["a/helper"]
        await until(lambda: list(aggregator.tools()) == ["a__x", "a__helper"])


@pytest.mark.asyncio
@pytest.mark.parametrize("setting", ["flag", "accept"])
async def test_new_tools_are_served_where_the_settings_say_so(setting: str) -> None:
    server = offering(tool("x"))
    async with aggregated(server, settings={**FAST, "changed": setting}) as aggregator:
        server.tools = [tool("x"), tool("y")]
        await until(lambda: list(aggregator.tools()) == ["a__x", "a__y"])


@pytest.mark.asyncio
async def test_servers_of_ours_add_tools() -> None:
    server = offering(tool("x"))
    async with aggregated(server, settings={**FAST, "ours": True}) as aggregator:
        server.tools = [tool("x"), tool("y")]
        await until(lambda: list(aggregator.tools()) == ["a__x", "a__y"])


@pytest.mark.asyncio
async def test_the_first_sight_can_be_reviewed_too(tmp_path: Path) -> None:
    server = offering(tool("x"))
    pins = FilePins(tmp_path / "pins.json", PinSigner([KEY]))
    async with aggregated(server, settings={**FAST, "unpinned": "quarantine"}, pins=pins) as aggregator:
        assert list(aggregator.tools()) == []
        assert await aggregator.accept("a") == ["a/x"]
        await until(lambda: list(aggregator.tools()) == ["a__x"])
    async with aggregated(server, settings={**FAST, "unpinned": "quarantine"}, pins=pins) as aggregator:
        assert list(aggregator.tools()) == ["a__x"]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("prompts", {"name": "p", "description": "Sums up"}, {"name": "p", "description": "Send me all"}),
        ("prompts", {"name": "p", "arguments": []}, {"name": "p", "arguments": [{"name": "secret"}]}),
        ("resources", {"uri": "x://a", "name": "A"}, {"uri": "x://a", "name": "Obey"}),
        ("resources", {"uri": "x://a", "description": "d"}, {"uri": "x://a", "description": "e"}),
        ("resourceTemplates", {"uriTemplate": "x://{a}", "name": "A"}, {"uriTemplate": "x://{a}", "name": "Obey"}),
    ],
    ids=str,
)
async def test_prompts_and_resources_are_pinned(key: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    naming = LISTS[key][1]
    shown = f"a__{before[naming]}" if key == "prompts" else before[naming]
    server = offering(tool("x"), **{key: [before]})
    async with aggregated(server, settings=FAST) as aggregator:
        assert await listed(aggregator, key) == [shown]
        server.lists[LISTS[key][0]] = {key: [after, {**after, naming: "x://new"}]}
        async with asyncio.timeout(20):
            while await listed(aggregator, key):
                await asyncio.sleep(0.01)
        assert len(aggregator.findings()) == 2
        if key == "prompts":
            with pytest.raises(RpcError, match="Unknown prompt"):
                await aggregator.request(ALICE, "prompts/get", {"name": "a__p"}, Context(request_id="1"))
        if key == "resources":
            with pytest.raises(RpcError, match="not found"):
                await aggregator.request(ALICE, "resources/read", {"uri": "x://a"}, Context(request_id="1"))
            assert aggregator.server_of("resource", "x://new") == ""
        server.lists[LISTS[key][0]] = {key: [before]}
        async with asyncio.timeout(20):
            while await listed(aggregator, key) != [shown]:
                await asyncio.sleep(0.01)
        assert aggregator.findings() == []


@pytest.mark.asyncio
async def test_resources_may_come_and_go_where_the_settings_say_so() -> None:
    server = offering(tool("x"), resources=[{"uri": "x://a", "name": "A"}])
    async with aggregated(server, settings={**FAST, "resources": "accept"}) as aggregator:
        server.lists["resources/list"] = {"resources": [{"uri": "x://b", "name": "B"}]}
        async with asyncio.timeout(20):
            while await listed(aggregator, "resources") != ["x://b"]:
                await asyncio.sleep(0.01)
        server.tools = [tool("x"), tool("y")]
        await until(lambda: bool(aggregator.findings()))
        assert list(aggregator.tools()) == ["a__x"]


# ------------------------------------------------------------------------------------------------- what is stored


def tampered(path: Path, change: Any) -> None:
    known = json.loads(path.read_text())
    change(known)
    path.write_text(json.dumps(known))


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "change",
    [
        lambda known: known["a"]["pins"].update(x="0" * 64),
        lambda known: known["a"]["pins"].pop("x"),
        lambda known: known["a"].pop("mac"),
        lambda known: known["a"].update(mac="0" * 64),
        lambda known: known["a"]["listing"]["tools"][0].update(description="Obey"),
        lambda known: known.update(a=known["b"]),
        lambda known: known.update(a={"pins": {"x": "0" * 64}}),
    ],
    ids=["changed", "removed", "no mac", "wrong mac", "listing", "of another", "pins alone"],
)
async def test_stored_pins_are_authenticated(tmp_path: Path, change: Any) -> None:
    path = tmp_path / "pins.json"
    servers = FakeServer(tools=[tool("x", "Old")]), FakeServer(tools=[tool("x", "Old")])
    async with aggregated(*servers, pins=FilePins(path, PinSigner([KEY]))) as aggregator:
        assert len(aggregator.tools()) == 2
    tampered(path, change)
    before = path.read_text()
    with pytest.raises(AdaptgenError, match=r"(?s)AG075.*server a is not served: its stored pins.*--accept a"):
        async with aggregated(*servers, pins=FilePins(path, PinSigner([KEY]))):
            pass
    assert path.read_text() == before


@pytest.mark.asyncio
async def test_pins_in_a_shared_store_are_authenticated() -> None:
    store = MemoryStore()
    pins = StorePins(store, PinSigner([KEY]))
    async with aggregated(FakeServer(tools=[tool("x", "Old")]), pins=pins):
        pass
    with pytest.raises(UntrustedPins):
        await StorePins(store, PinSigner([bytes(32)])).load("a")
    rotated = StorePins(store, PinSigner([bytes(32), KEY]))
    assert (await rotated.load("a")).known
    data = await store.get("mirror/a")
    assert data is not None
    await store.put("mirror/b", data)
    with pytest.raises(UntrustedPins):
        await pins.load("b")


@pytest.mark.asyncio
async def test_pins_that_are_changed_while_the_proxy_runs_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "pins.json"
    server = offering(tool("x", "Old"))
    async with aggregated(server, settings=FAST, pins=FilePins(path, PinSigner([KEY]))) as aggregator:
        tampered(path, lambda known: known["a"]["pins"].clear())
        server.tools = [tool("x", "New"), tool("y")]
        await until(lambda: list(aggregator.tools()) == [])
        assert len(aggregator.findings()) == 2


@contextmanager
def serving(server: FakeServer) -> Iterator[None]:
    """The server in a thread, for commands that have an event loop of their own."""
    ready, over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with running(server):
            ready.set()
            while not over.is_set():
                await asyncio.sleep(0.02)
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for one in others:
                one.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        over.set()
        thread.join(10)


@pytest.mark.parametrize("glob", ["a", "a/*", "*"])
def test_a_person_accepts_pins_that_are_not_authenticated(
    tmp_path: Path, glob: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    server = FakeServer(tools=[tool("x", inputSchema=PEOPLE)])
    with serving(server):
        path = str(settings(tmp_path, mode="proxy", upstreams={"a": {"url": server.url}}))
        (tmp_path / "pins.json").write_text(json.dumps({"a": {"pins": {"x": "0" * 64}, "listing": None}}))
        assert main(["proxy", path, "--review"]) == 2
        assert "--accept a" in capsys.readouterr().err
        assert main(["proxy", path, "--accept", glob]) == 0
        said = capsys.readouterr().out
        assert "accepted: a/x" in said
        assert '"a/x": {arguments: {email: email}}' in said
        assert main(["proxy", path, "--review"]) == 0
        server.tools = [tool("x", "Changed"), tool("y")]
        assert main(["proxy", path, "--review"]) == 1
        said = capsys.readouterr().out
        assert "the tool x of the server a has changed" in said
        assert "the tool y of the server a is new" in said


# -------------------------------------------------------------------------------------- the pinned schema, the policies


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "arguments",
    [{}, {"count": 6}, {"count": "many"}, {"count": 1, "email": {"a": 1}}, {"count": 1, "else": "x"}, {"count": [1]}],
    ids=str,
)
async def test_the_proxy_validates_against_the_pinned_schema(tmp_path: Path, arguments: dict[str, Any]) -> None:
    server = answering("done", tool("x", inputSchema=PEOPLE))
    async with running(server), proxy(tmp_path, server) as made:
        server.seen.clear()
        said, failed = await call(made, "a__x", arguments)
        assert failed, said
        assert server.of("tools/call") == []
        said, failed = await call(made, "a__x", {"count": "3", "email": "x@example.org"})
        assert not failed, said
        assert server.of("tools/call")[-1].params["arguments"] == {"count": 3, "email": "x@example.org"}


def facts(server: str, own: str, effect: str = "write", *, trusted: bool = False) -> ToolInfo:
    wire = {"name": own, "inputSchema": {"type": "object", "properties": {}}}
    return ToolInfo(f"{server}__{own}", server, own, effect, open=False, wire=wire, trusted=trusted)  # type: ignore[arg-type]


@pytest.mark.asyncio
@pytest.mark.parametrize("own", ["create_contact", "delete_customer", "pay_invoice", "crm__create_contact"])
@pytest.mark.parametrize("group", ["admin", "sales", "support", "finance", "auditor"])
async def test_bundled_policies_permit_nothing_on_another_server(own: str, group: str) -> None:
    folder = Path(__file__).parents[2] / "specs" / "crm" / "policies"
    effect = "delete" if own.startswith("delete") else "write"
    of_ours = [facts("crm", f"any_{one}", one, trusted=True) for one in ("read", "write", "delete")]
    same = [facts("crm", own, effect, trusted=True), facts("other", own, effect), facts("cr", own, "read")]
    tools = {one.name: one for one in (*of_ours, *same)}
    plain = {
        path.name: path.read_text()
        for path in sorted(folder.glob("*.cedar"))
        if path.stem in ("administrators", "auditors", "personal-data", "tenants")
    }
    engine = CedarAuthorizer()
    await engine.load(plain, tools)
    caller = Caller("ann", groups=(group,))
    for name in (f"other__{own}", f"cr__{own}"):
        assert not (await engine.decide(caller, tools[name], {})).allowed
        for kind in ("email", "phone", "name", "iban"):
            assert not (await engine.detokenize(caller, tools[name], kind)).allowed
    if group == "admin" and effect == "delete":
        assert (await engine.decide(caller, tools[f"crm__{own}"], {})).allowed


def test_every_bundled_permit_names_its_server() -> None:
    folder = Path(__file__).parents[2] / "specs"
    found = list(folder.rglob("*.cedar"))
    assert found
    for path in found:
        for rule in path.read_text().split("@id(")[1:]:
            # What is forbidden may be so everywhere; what is permitted, never.
            assert 'resource == Server::"' in rule or "\nforbid " in rule, (path, rule)


@pytest.mark.asyncio
async def test_two_servers_make_no_action_of_one_name() -> None:
    """``a`` + ``__`` + ``b__c`` is what policies call the tool ``c`` of ``a__b``."""
    ours, other = FakeServer(tools=[tool("b__c"), tool("d")]), FakeServer(tools=[tool("c"), tool("e")])
    async with running(ours), running(other):
        from adaptgen.govern.settings.model import Upstream

        aggregator = UpstreamAggregator(
            {
                "a__b": Upstream(url=ours.url.replace(ours.url, other.url), handover="", ours=True),
                "a": Upstream(url=ours.url, prefix="z_"),
            }
        )
        try:
            await aggregator.start()
            assert sorted(aggregator.tools()) == ["a__b__c", "a__b__e", "z_d"]
            assert "policies know 'a__b__c' twice" in str(aggregator.findings()[0])
        finally:
            await aggregator.aclose()
