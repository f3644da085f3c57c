"""What a Lambda function costs: from the start of its process to the first answered call, and a warm call.

The bundle is the one of docs/deploy.md: ``adaptgen package generated/crm --governance specs/crm/deployed.yaml``. It is
unpacked, and runs in an interpreter that has nothing of this checkout. Secrets Manager and DynamoDB (moto), an issuer
with TLS and the CRM answer on loopback. The first event is a call that is governed: the token is checked, Cedar
decides, a limit is taken, the answer is tokenized, the audit is written.

The reference is FastMCP (a lazy provider, so that it makes no list of tools at a call) behind Mangum with the same
tools and no governance at all. Each start is a fresh process with bytecode on both sides; the variants are interleaved,
the figures are medians. Nobody deploys our server without governance either; it is printed since it can be compared.

What is configured and not used costs nothing: the same settings with ``login`` and all that belongs to it run beside
them. The same bundle a second time shows how far two medians of the same thing lie apart on this machine.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from figures import Figure, median, options, report

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from starting import bundles, child, runs, unused
from starting.breakdown import lines
from starting.world import World, world
from support.lambda_runtime import http_event

MODERN = "2026-07-28"
PREFIX = "io.modelcontextprotocol/"


def event(token: str, method: str, **params: Any) -> dict[str, Any]:
    """A request of 2026-07-28 as a Function URL hands it over."""
    meta = {
        f"{PREFIX}protocolVersion": MODERN,
        f"{PREFIX}clientCapabilities": {},
        f"{PREFIX}clientInfo": {"name": "bench", "version": "1"},
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    lines = [
        ("host", "abc.lambda-url.eu-west-1.on.aws"),
        ("authorization", f"Bearer {token}"),
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
        ("mcp-protocol-version", MODERN),
        ("mcp-method", method),
        *([("mcp-name", params["name"])] if "name" in params else []),
    ]
    return http_event("POST", "/mcp", lines=lines, body=json.dumps(body).encode())


def variants(folder: Path, around: World) -> dict[str, runs.Variant]:
    """Name -> a way to serve. Another one is a line here, and where it starts in another way a function of child.py."""
    ours, reference = bundles.ours(folder), bundles.reference(folder)
    return {
        "deployed": unused.deployed(ours, around.environ),
        "open": runs.Variant("ungoverned", ours, around.environ),
        "fastmcp": runs.Variant("fastmcp", reference, around.environ),
    }


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--warm", type=int, default=200, help="warm calls of each process")
    parser.add_argument("--pairs", type=int, default=41, help="processes with and without an unused login each")
    given = parser.parse_args()
    python = bundles.interpreter()
    with tempfile.TemporaryDirectory() as name, world(Path(name)) as around:
        folder = Path(name)
        ways = variants(folder, around)
        platform = bundles.platform(folder)

        def call() -> dict[str, Any]:
            # Another caller for each process: the settings limit what one may do in a minute.
            return event(around.token(), "tools/call", name="get_contact", arguments={"contactId": runs.CONTACT})

        for one in ways.values():
            one.run(python, platform, call(), 0)
            one.forget()
        before = around.requests()
        ways["deployed"].run(python, platform, call(), 0)
        started = around.requests()
        starting = _more(started, before)
        ways["deployed"].run(python, platform, call(), given.warm)
        ways["deployed"].forget()
        warm = sum(_more(around.requests(), started).values()) - sum(starting.values())
        for _ in range(given.rounds):
            for one in ways.values():
                one.run(python, platform, call(), given.warm)
        compared = unused.compare(
            unused.variants(folder, ways["deployed"].task, around.environ),
            lambda one, calls: one.run(python, platform, call(), calls),
            around.requests,
            given.pairs,
            given.warm,
        )
        breakdown = list(lines(*ways["deployed"].trace(python, platform, call())))
    if not given.json:
        print("\n".join(breakdown))
        print(f"requests to AWS until then: {', '.join(f'{n} {name}' for name, n in starting.items())}\n")
    return report([*_figures(ways, warm / (given.warm + child.WARMING)), *compared], given)


def _more(now: dict[str, int], before: dict[str, int]) -> dict[str, int]:
    return {name: count - before.get(name, 0) for name, count in now.items() if count > before.get(name, 0)}


def _figures(ways: dict[str, runs.Variant], asked: float) -> list[Figure]:
    """``asked``: requests to AWS of a warm call."""
    deployed, ours, fastmcp = ways["deployed"], ways["open"], ways["fastmcp"]
    theirs = median(fastmcp.start)
    name = "FastMCP + Mangum"
    return [
        Figure("deployed.yaml: start to first answered call", median(deployed.start), "ms", theirs, name, theirs / 3),
        Figure("  as a share", median(deployed.start) / theirs, "", 1.0, name, 1 / 3),
        Figure("  processor time", median(deployed.work), "ms", median(fastmcp.work), name),
        Figure("  memory at most", median(deployed.memory), "MB", median(fastmcp.memory), name),
        Figure("  a warm call, state in DynamoDB", median(deployed.call) - median(deployed.bare), "ms"),
        Figure("  requests to AWS of a warm call", asked, "", bar=2.0),
        Figure("without governance: start to first call", median(ours.start), "ms", theirs, name, theirs / 3),
        Figure("  processor time", median(ours.work), "ms", median(fastmcp.work), name),
        Figure("  memory at most", median(ours.memory), "MB", median(fastmcp.memory), name, 60),
        Figure(
            "  a warm call, beyond the bare request",
            median(ours.call) - median(ours.bare),
            "ms",
            median(fastmcp.call) - median(fastmcp.bare),
            name,
            0.5,
        ),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
