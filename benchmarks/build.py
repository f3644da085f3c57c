"""How long a build takes, first and unchanged, and how fast a big server starts.

Each measurement is a fresh process with byte code; times are CPU seconds of the process, medians of several runs. The
reference reads the same document with orjson and openapi-pydantic: the least that a typed reader must do.
"""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figures import Figure, median, options, report

REFERENCE = """
import sys, orjson
from openapi_pydantic.v3.v3_0 import OpenAPI
OpenAPI.model_validate(orjson.loads(open(sys.argv[1], "rb").read()))
"""
START = """
import sys, time, asyncio
from pathlib import Path
from fastmcp import FastMCP
begun = time.process_time()
from adaptgen.collector import gc_paused
with gc_paused():  # as `adaptgen serve` does
    from adaptgen.transports.fastmcp import front
    from adaptgen.transports.load import load_server
    from adaptgen.runtime.engine import Engine
    from adaptgen.model.tables import LOCAL
    engine = Engine(load_server(Path(sys.argv[1])), environ={})
    made = front(engine)
assert len(engine.list(LOCAL)) >= 1000
print(time.process_time() - begun)
"""


def environ() -> dict[str, str]:
    """This environment, with byte code written and nothing that steers adaptgen."""
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("ADAPTGEN")}


def run(*command: str) -> tuple[float, float, str]:
    """CPU seconds, peak resident MB and output of one process.

    The peak is read through a small parent of its own, because ``ru_maxrss`` of children is a maximum over all.
    """
    parent = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], capture_output=True, text=True)\n"
        "use = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "used = [use.ru_utime + use.ru_stime, use.ru_maxrss / 1024]\n"
        "print(json.dumps([done.returncode, *used, done.stdout, done.stderr]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", parent, *command], capture_output=True, text=True, check=True, env=environ()
    )
    code, seconds, peak, out, err = json.loads(done.stdout)
    if code != 0:
        raise SystemExit(f"{command[:4]} ended with {code}: {err[-800:]}")
    return seconds, peak, out


def synthetic(operations: int) -> bytes:
    """A document of ``operations`` ordinary operations, for the start of a server with many tools."""
    thing = {"type": "object", "properties": {f"field_{n:02d}": {"type": "string"} for n in range(12)}}
    thing["properties"] |= {"id": {"type": "integer"}, "name": {"type": "string"}, "status": {"type": "string"}}
    paths = {}
    for n in range(operations // 2):
        answer = {"200": {"description": "ok", "content": {"application/json": {"schema": thing}}}}
        key = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
        query = [{"name": f"filter_{k}", "in": "query", "schema": {"type": "string"}} for k in range(4)]
        body = {"content": {"application/json": {"schema": thing}}}
        paths[f"/r{n // 10}/things{n}/{{id}}"] = {
            "get": {"tags": [f"r{n // 10}"], "parameters": [key, *query], "responses": answer},
            "post": {"tags": [f"r{n // 10}"], "parameters": [key], "requestBody": body, "responses": answer},
        }
    document = {"openapi": "3.0.3", "info": {"title": "big", "version": "1"}, "paths": paths}
    return json.dumps({**document, "servers": [{"url": "https://api.example.com"}]}).encode()


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    data = os.environ.get("ADAPTGEN_TESTDATA")
    name = "GitHub"
    if data:
        document = gzip.decompress((Path(data) / "corpus/giants/github/api.github.com.json.gz").read_bytes())
    else:
        name, document = "a synthetic document of 2,000 operations", synthetic(2000)
    with tempfile.TemporaryDirectory() as folder:
        spec, out = Path(folder, "github.json"), Path(folder, "generated")
        spec.write_bytes(document)
        build = [sys.executable, "-m", "adaptgen", "build", str(spec), "--out", str(out)]
        run(sys.executable, "-c", "import adaptgen.plan, adaptgen.render, adaptgen.source, openapi_pydantic")
        reference, first, unchanged, start = [], [], [], []
        for turn in range(given.runs):
            reference.append(run(sys.executable, "-c", REFERENCE, str(spec)))
            first.append(run(*build[:-1], f"{out}{turn}"))
            unchanged.append(run(*build[:-1], f"{out}{turn}"))
        big = Path(folder, "big.json")
        big.write_bytes(synthetic(1000))
        run(*build[:4], str(big), "--out", str(out))
        run(sys.executable, "-c", START, str(out / "big"))
        for _ in range(given.runs + 2):
            start.append(float(run(sys.executable, "-c", START, str(out / "big"))[2]))
    seconds = [median([one[0] for one in runs]) for runs in (reference, first, unchanged)]
    named = "orjson + openapi-pydantic"
    return report(
        [
            Figure(f"first build of {name}", seconds[1], "s", seconds[0], named, 10 * seconds[0]),
            Figure(
                "  peak memory", median([one[1] for one in first]), "MB", median([r[1] for r in reference]), named, 300
            ),
            Figure("unchanged build", seconds[2], "s", seconds[0], named, 0.5),
            Figure("start of a server with 1,000 tools, beyond FastMCP", median(start) * 1000, "ms", bar=50),
        ],
        given,
    )


if __name__ == "__main__":
    begun = time.monotonic()
    code = main()
    print(
        f"({time.monotonic() - begun:.0f} s, peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB)",
        file=sys.stderr,
    )
    raise SystemExit(code)
