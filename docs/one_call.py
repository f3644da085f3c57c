"""Prints what one governed call of the bundled CRM leaves behind: its two audit lines and its span.

What differs from run to run (times, identifiers, MACs) is shown as an ellipsis, so that the documents that show it can
be checked.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adaptgen.demo.building import KEYS, build, governance
from adaptgen.demo.crm import running
from adaptgen.demo.story import environment
from adaptgen.govern.pipeline.assemble import govern_server
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.telemetry import tracer
from adaptgen.mcp.protocol import Context
from adaptgen.transports.load import load_server

VOLATILE = {"chain", "key", "time", "prev", "request_id", "args", "settings", "latency_ms", "mac"}


async def one_call(folder: Path) -> tuple[list[dict[str, Any]], Any]:
    """The audit lines of a call that looks a contact up by a token, and its span."""
    spans = InMemorySpanExporter()
    with running() as crm:
        server = load_server(build(folder))
        (folder / "settings").mkdir()
        path = governance(folder / "settings")
        traced = tracer(Settings(), exporter=spans)
        place = ServingContext(environ={**environment(crm), **KEYS}, tracer=traced)
        governed = await govern_server(str(path), server, place)
        try:
            desk = governed.handler
            caller = await desk.authenticate({}, Context(request_id=""))

            async def call(**arguments: Any) -> dict[str, Any]:
                params = {"name": "list_contacts", "arguments": arguments}
                return await desk.request(caller, "tools/call", params, Context(request_id="one-call"))

            found = await call(customer_name="Velvet Media", primary=True, fields=["email"])
            (token,) = json.loads(found["content"][0]["text"])["items"][0]
            await call(email=token, fields=["id"])
        finally:
            await governed.aclose()
    lines = [json.loads(line) for line in (path.parent / "audit.jsonl").read_text().splitlines()]
    calls = [line for line in lines if line["event"] in ("decision", "result")]
    named = [span for span in spans.get_finished_spans() if span.name.startswith("tools/call")]
    return calls[-2:], named[-1]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines, span = asyncio.run(one_call(Path(folder)))
    for line in lines:
        print(json.dumps({key: "…" if key in VOLATILE else value for key, value in line.items()}, ensure_ascii=False))
    attributes = dict(sorted(span.attributes.items()))
    print(f"\nspan {span.name!r} ({span.kind.name}, {span.status.status_code.name})")
    for key, value in attributes.items():
        print(f"  {key} = {value!r}")


if __name__ == "__main__":
    main()
