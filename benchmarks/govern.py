"""What governance adds to a call, beside what FastMCP's ``create_proxy`` adds over the same server.

Every control is on: ES256 tokens, twenty Cedar policies, PII tokens with the sweep of free text, limits, spans to a
batch processor with an exporter, the audit trail to a file, the identity handed over. The server behind answers
constants, so what is measured is what stands before it. Rounds are interleaved; the figures are medians of the
medians of rounds, of the difference to the direct call. A second proxy has everything of a login configured and not
used: its callers have a token already.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from figures import Figure, median, options, report
from governed.client import Lean
from governed.issuer import AUDIENCE, Issuer, issuer

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support.services import free_port

HERE = Path(__file__).parent
SMALL, LARGE, HUGE = "list_small", "list_large", "list_huge"
REFERENCE = """
import sys
from fastmcp.server import create_proxy
mcp = create_proxy(sys.argv[2])
quiet = {"show_banner": False, "log_level": "warning"}
mcp.run("http", host="127.0.0.1", port=int(sys.argv[1]), stateless_http=True, json_response=True, **quiet)
"""
POLICIES = 20


def policies(prefix: str) -> str:
    """Twenty policies, of which one permits; conditions look at the caller, its groups and the arguments."""
    made = [
        f'@id("group-{n}")\npermit (principal in Group::"bench/team-{n}", action in Action::"read", resource)\n'
        f'when {{ principal.tenant == "bench" }};'
        for n in range(POLICIES - 4)
    ]
    made += [
        '@id("staff")\npermit (principal in Group::"bench/staff", action in Action::"read", resource);',
        '@id("no-writes")\nforbid (principal, action in Action::"write", resource)\n'
        'unless { principal in Group::"bench/writers" };',
        f'@id("no-status")\nforbid (principal, action == Action::"{prefix}__list_small", resource)\n'
        'when { context.input has status && context.input.status == "secret" };',
        '@id("detokenize")\npermit (principal in Group::"bench/staff", action == Action::"detokenize", resource);',
    ]
    return "\n\n".join(made)


def settings(folder: Path, one: Issuer, upstream: int, *, mode: str, login: bool = False) -> Path:
    """Writes the settings of the proxy, or of the pipeline inside a server, with every control on."""
    name = folder / (f"{mode}-login" if login else mode)
    name.mkdir()
    (name / "policies.cedar").write_text(policies("bench"))
    key = {part: base64.b64encode(secrets.token_bytes(32)).decode() for part in ("tokens", "cursors", "audit")}
    text: dict[str, object] = {
        "adaptgen": 1,
        "mode": mode,
        "listen": {"resource": AUDIENCE},
        "authenticate": {
            "issuer": one.url,
            "audience": AUDIENCE,
            "jwks": f"{one.url}/jwks",
            "caller": {"sub": "sub", "tenant": "org", "groups": "groups"},
        },
        "authorize": {"engine": "cedar", "default": "read", "policies": ["policies.cedar"]},
        "limits": [{"per": ["sub"], "rate": "1000000/s"}, {"per": ["group", "tool"], "rate": "1000000/s"}],
        "tokenize": {"kinds": ["email", "phone", "card", "iban", "national_id", "name"]},
        "keys": {
            "tokens": {"current": "k1", "all": {"k1": "${env:BENCH_TOKENS}"}},
            "cursors": "${env:BENCH_CURSORS}",
            "audit": "${env:BENCH_AUDIT}",
        },
        "trace": {"otlp": one.url},
        "audit": {"sink": str(name / "audit.jsonl")},
    }
    os.environ.update({f"BENCH_{part.upper()}": value for part, value in key.items()})
    if mode == "proxy":
        text["upstreams"] = {
            "bench": {"url": f"http://127.0.0.1:{upstream}/mcp", "prefix": "", "handover": "bench", "ours": True}
        }
        text["keys"] |= {"handover": "${env:BENCH_HANDOVER}"}  # type: ignore[operator]
        os.environ["BENCH_HANDOVER"] = json.dumps(one.key.as_dict(private=True))
    if login:
        text["login"] = {"client_id": "bench", "client_secret": "${env:BENCH_LOGIN}"}
        os.environ["BENCH_LOGIN"] = "never sent"
    path = name / "governance.yaml"
    path.write_text(json.dumps(text))
    return path


@contextlib.contextmanager
def process(*command: str, port: int) -> Iterator[int]:
    """A server for the length of a block, ready to connect to."""
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = subprocess.Popen(
        [sys.executable, *command], env={**inherited, "PYTHONPATH": str(HERE)}, stdin=subprocess.DEVNULL
    )
    try:
        asyncio.run(_reachable(port, started))
        yield port
    finally:
        started.terminate()
        started.wait()


def _at(port: int) -> tuple[str, str]:
    return "--http", f"127.0.0.1:{port}"


async def _reachable(port: int, started: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if started.poll() is not None:
            raise SystemExit("a server did not start")
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise SystemExit("a server did not start")


async def timed(count: int, one: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each of ``count`` calls, one after the other."""
    taken = []
    for _ in range(count):
        begun = time.perf_counter()
        await one()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


async def rounds(ports: dict[str, int], token: str, tool: str, count: int, each: int) -> dict[str, list[list[float]]]:
    """For each server, the times of every round."""
    taken: dict[str, list[list[float]]] = {name: [] for name in ports}
    async with contextlib.AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(Lean(port, token)) for name, port in ports.items()}

        def job(name: str) -> Callable[[], Awaitable[object]]:
            return lambda: clients[name].call(tool, {"status": "active", "limit": 25})

        for name in ports:
            await timed(30 if name != "reference" else 3, job(name))
        for _ in range(count):
            for name in ports:
                taken[name].append(await timed(each if name != "reference" else max(3, each // 10), job(name)))
    return taken


async def throughput(port: int, token: str, seconds: float, connections: int = 16) -> float:
    """Calls a second over ``connections`` connections."""
    done = 0
    ends = time.perf_counter() + seconds

    async def one() -> None:
        nonlocal done
        async with Lean(port, token) as client:
            while time.perf_counter() < ends:
                await client.call(SMALL, {"status": "active"})
                done += 1

    await asyncio.gather(*(one() for _ in range(connections)))
    return done / seconds


def added(taken: dict[str, list[list[float]]], name: str, direct: str = "direct") -> float:
    """Median over the rounds of what ``name`` takes longer than the direct call of the same round."""
    pairs = zip(taken[name], taken[direct], strict=True)
    return median([median(one) - median(base) for one, base in pairs])


async def in_turns(ports: dict[str, int], token: str, count: int) -> dict[str, float]:
    """The median of ``count`` small calls to each server, one to each in turn: what else runs slows all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ports}
    async with contextlib.AsyncExitStack() as stack:
        clients = {name: await stack.enter_async_context(Lean(port, token)) for name, port in ports.items()}
        order = list(clients)
        for _ in range(count):
            random.shuffle(order)
            for name in order:
                client = clients[name]
                taken[name] += await timed(1, lambda: client.call(SMALL, {"status": "active", "limit": 25}))  # noqa: B023
    return {name: median(times) for name, times in taken.items()}


def percentile(taken: dict[str, list[list[float]]], name: str, share: float) -> float:
    """What ``share`` of all calls of ``name`` stay below, less the median direct call."""
    every = sorted(time for one in taken[name] for time in one)
    return every[min(len(every) - 1, int(len(every) * share))] - median([median(one) for one in taken["direct"]])


async def longest_health_check(port: int, token: str) -> float:
    """Milliseconds that a health check takes at most while an answer of 1 MB of digits is searched."""
    taken = []
    async with Lean(port, token) as client:
        call = asyncio.create_task(client.call(HUGE, {}))
        while not call.done():
            begun = time.perf_counter()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            await reader.read(64)
            writer.close()
            taken.append((time.perf_counter() - begun) * 1000)
            await asyncio.sleep(0.005)
        await call
    return max(taken)


async def everything_is_on(ports: dict[str, int], token: str, folder: Path) -> None:
    """That what is measured is governed: 336 tokens in the large answer, nobody without a token, lines in the audit."""
    for name in ("proxy", "login", "inside"):
        async with Lean(ports[name], token) as client:
            answer = await client.call(LARGE, {})
        assert answer.count(b"tok_") == 336, answer[:500]
        assert b"@mail.example" not in answer
        with contextlib.suppress(AssertionError):
            async with Lean(ports[name]) as stranger:
                await stranger.call(SMALL, {})
            raise SystemExit(f"{name} answers strangers")
    for mode in ("proxy", "proxy-login", "embedded"):
        lines = (folder / mode / "audit.jsonl").read_bytes().count(b'"event":"decision"')
        assert lines, mode


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--calls", type=int, default=60, help="calls a round")
    parser.add_argument("--turns", type=int, default=3000, help="calls with and without an unused login each")
    parser.add_argument("--seconds", type=float, default=5.0, help="of the throughput runs")
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder, issuer() as one, contextlib.ExitStack() as stack:
        direct = stack.enter_context(process("-m", "governed.upstream", str(port := free_port()), port=port))
        proxied = settings(Path(folder), one, direct, mode="proxy")
        inside = settings(Path(folder), one, direct, mode="embedded")
        login = settings(Path(folder), one, direct, mode="proxy", login=True)
        adaptgen = ("-m", "adaptgen", "proxy")
        url = f"http://127.0.0.1:{direct}/mcp"
        ports = {
            "direct": direct,
            "proxy": stack.enter_context(process(*adaptgen, str(proxied), *_at(port := free_port()), port=port)),
            "again": stack.enter_context(process(*adaptgen, str(proxied), *_at(port := free_port()), port=port)),
            "login": stack.enter_context(process(*adaptgen, str(login), *_at(port := free_port()), port=port)),
            "inside": stack.enter_context(
                process("-m", "governed.upstream", str(port := free_port()), str(inside), port=port)
            ),
            "reference": stack.enter_context(process("-c", REFERENCE, str(port := free_port()), url, port=port)),
        }
        token = one.token("ada", "staff", "team-3")
        asyncio.run(everything_is_on(ports, token, Path(folder)))
        measured = {name: port for name, port in ports.items() if name not in ("again", "login")}
        small = asyncio.run(rounds(measured, token, SMALL, given.rounds, given.calls))
        large = asyncio.run(rounds(measured, token, LARGE, given.rounds, given.calls))
        turns = asyncio.run(in_turns({name: ports[name] for name in ("proxy", "again", "login")}, token, given.turns))
        health = max(asyncio.run(longest_health_check(ports[name], token)) for name in ("proxy", "inside"))
        speed = {name: asyncio.run(throughput(ports[name], token, given.seconds)) for name in ("proxy", "reference")}
    reference = added(small, "reference")
    bar, name = reference / 20, "create_proxy"
    p50 = added(small, "proxy")
    return report(
        [
            Figure("added to a small call by the proxy, p50", p50, "ms", reference, name, bar),
            Figure("  the whole call, with an unused login / without", turns["login"] / turns["proxy"], "",
                   turns["again"] / turns["proxy"], "without / without", 1.05),
            Figure("  p99", percentile(small, "proxy", 0.99), "ms", percentile(small, "reference", 0.99), name,
                   4 * p50),
            Figure("added to a small call in process, p50", added(small, "inside"), "ms", reference, name, bar / 2),
            Figure("added to 20 KB with 336 PII fields by the proxy, p50", added(large, "proxy"), "ms",
                   added(large, "reference"), name, 8.0),
            Figure("  in process", added(large, "inside"), "ms", added(large, "reference"), name),
            Figure("a call with 16 at once, through the proxy", 1000 / speed["proxy"], "ms",
                   1000 / speed["reference"], name, 1000 / speed["reference"] / 10),
            Figure("a health check while 1 MB of digits is searched, the longest", health, "ms", bar=250.0),
            Figure("a direct call", median([median(one) for one in small["direct"]]), "ms"),
        ],
        given,
    )  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
