"""Metrics that Prometheus scrapes."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.diagnostics import AdaptgenError
from adaptgen.mcp.protocol import META_STATUS
from adaptgen.model.tables import Caller

ADA = Caller("ada@acme.example", "acme")


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.mark.asyncio
async def test_calls_can_be_scraped_at_a_port_of_their_own(tmp_path: Path, address: str) -> None:
    broken = {"content": [{"type": "text", "text": "x"}], "isError": True, "_meta": {META_STATUS: 502}}
    target = FakeTarget(fact("a"), fact("broken"), answers={"broken": broken})
    async with governed(settings(tmp_path, metrics=address, audit=None), target, http=True) as made:
        for name in ("a", "a", "broken"):
            await ask(made, ADA, "tools/call", {"name": name, "arguments": {}})
        text = httpx.get(f"http://{address}/metrics").raise_for_status().text
    found = {
        (one.name, one.labels.get("gen_ai_tool_name", ""), one.labels.get("adaptgen_outcome", "")): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
        if "le" not in one.labels
    }
    assert found["mcp_server_operation_duration_seconds_count", "a", ""] == 2
    assert found["adaptgen_errors_total", "broken", "error"] == 1
    assert found["adaptgen_upstream_failures_total", "broken", ""] == 1
    assert found["process_resident_memory_bytes", "", ""] > 1_000_000
    assert "acme" not in text
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://{address}/metrics")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9464", 200),
        ("10.1.2.3", 200),
        ("[2001:db8::7]:9464", 200),
        ("LOCALHOST:1", 200),
        ("crm-server:9464", 200),
        ("mcp.acme.example", 200),
        ("evil.example", 421),
        ("evil.example:9464", 421),
        ("127.0.0.1.nip.io", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1%2eevil.example", 421),
        ("crm-server@evil.example", 421),
        ("", 421),
    ],
)
@pytest.mark.asyncio
async def test_a_page_cannot_scrape_by_a_name_of_its_own(tmp_path: Path, address: str, host: str, status: int) -> None:
    listen = {"resource": "https://mcp.acme.example/mcp", "hosts": ["crm-server"]}
    async with governed(settings(tmp_path, metrics=address, audit=None, listen=listen), FakeTarget(), http=True):
        answer = httpx.get(f"http://{address}/metrics", headers={"host": host})
    assert (answer.status_code, "process_" in answer.text) == (status, status == 200)


@pytest.mark.asyncio
async def test_an_address_that_is_taken_is_said_with_its_place(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        path = settings(tmp_path, metrics=f"127.0.0.1:{taken.getsockname()[1]}", audit=None)
        with pytest.raises(AdaptgenError) as failed:
            async with governed(path, FakeTarget(), http=True):
                pass
    (found,) = failed.value.diagnostics
    assert (found.code, "for metrics: address already in use" in found.message) == ("AG062", True)
    assert found.where is not None
