"""How many bytes of ``tools/list`` the documents of a corpus cost, and which of them are listed directly.

For each document: its operations, the bytes of the whole list as clients get it, and whether the server lists its
tools or lets agents search them. Documents come from ``ADAPTGEN_TESTDATA/corpus`` (or the folders given), else from
this repository's own test cases. ``--check`` holds the bars: 80 % of the documents under 150 operations are listed
within 32,000 bytes, and no list of the search mode exceeds 8,000.
"""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import orjson
from corpus import ENVIRON, entries, unpack
from figures import Figure, options, report

SMALL = 150
DIRECT = 32_000
SEARCH = 8_000


def one(path: Path) -> dict[str, Any]:
    """What the list of one document costs."""
    from adaptgen.building.build import build
    from adaptgen.diagnostics import AdaptgenError
    from adaptgen.source import EMPTY

    with tempfile.TemporaryDirectory() as folder:
        try:
            spec, side = unpack(path, Path(folder)), path.with_name("hints.yaml")
            result = build(spec, hints=side if side.exists() else EMPTY, name="server", side_files=False)
            files = result.files
        except AdaptgenError as refused:
            return {"path": str(path), "refused": str(refused)[:200]}
        package = Path(folder) / "generated" / "server"
        for name, text in files.items():
            (package / name).parent.mkdir(parents=True, exist_ok=True)
            (package / name).write_text(text, "utf-8")
        return {"path": str(path), "operations": result.plan.operations, **asyncio.run(listed(package))}


async def listed(package: Path) -> dict[str, Any]:
    """Bytes of the list of all tools, and of the one that clients get first."""
    from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
    from adaptgen.mcp.protocol import Context
    from adaptgen.model.tables import LOCAL
    from adaptgen.runtime.engine import Engine
    from adaptgen.tool_search import menu_of
    from adaptgen.transports.load import load_server

    engine = Engine(load_server(package), environ=ENVIRON)
    desk = UngovernedHandler(engine)
    context = Context(request_id="1")
    whole = await desk.request(LOCAL, "tools/list", {}, context)
    first = await menu_of(desk, engine.server).request(LOCAL, "tools/list", {}, context)
    short = len(first["tools"]) > len(whole["tools"])
    return {
        "tools": len(whole["tools"]),
        "whole": len(orjson.dumps(whole)),
        "first": len(orjson.dumps(first)),
        "short": short,
        "direct": first["tools"][0]["name"] != "search_tools",
    }


def child(path: Path) -> dict[str, Any]:
    """:func:`one` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        answer = {"path": str(path), "crash": done.stderr[-800:] or f"exit {done.returncode}"}
    return answer


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="only documents whose path holds this")
    parser.add_argument("--rows", action="store_true", help="one line per document")
    given = parser.parse_args()
    if given.one:
        try:
            print(json.dumps(one(given.one)))
        except Exception:
            print(json.dumps({"path": str(given.one), "crash": traceback.format_exc()[-1500:]}))
        return 0
    paths = [path for path in entries(given.folders) if given.only in str(path) and "edge-broken" not in str(path)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(child, paths))
    built = [found for found in results if found.get("tools")]
    if given.rows:
        for found in sorted(built, key=lambda row: int(row["whole"])):
            mode = "search" if not found["direct"] else "short" if found["short"] else "list"
            name = "/".join(Path(found["path"]).parts[-2:])
            print(f"{found['operations']:6} {found['tools']:6} {found['whole']:9} {found['first']:7} {mode:6} {name}")
        for found in results:
            if "crash" in found:
                print("crash", found["path"], found["crash"][-300:])
    small = [found for found in built if found["operations"] < SMALL]
    direct = [found for found in small if found["direct"] and found["first"] <= DIRECT]
    longest = max((found["first"] for found in built if not found["direct"]), default=0)
    share = 100 * len(direct) / len(small) if small else 100.0
    figures = [
        Figure(f"of {len(small)} documents under {SMALL} operations, not listed directly", 100 - share, "%", bar=20),
        Figure("longest list of the search mode", longest, "bytes", bar=SEARCH),
    ]
    return report(figures, given)


if __name__ == "__main__":
    raise SystemExit(main())
