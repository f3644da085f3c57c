"""Whether model providers take every list of tools of a corpus: the rules of ``adaptgen/mcp/provider_rules.py``.

For each document: the list as it is, in short after each step, and as agents who search get it; for Anthropic, OpenAI
and Gemini, and for OpenAI's strict mode the lists of ``serve --for openai-strict``. Documents come from
``ADAPTGEN_TESTDATA/corpus`` (or the folders given), else from this repository's own test cases. ``--check`` holds the
bar: no violation but those of :data:`NO_CHOICE`.
"""

from __future__ import annotations

import concurrent.futures
import os
import signal
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus import entries, unpack
from figures import Figure, options, report

if TYPE_CHECKING:
    from adaptgen.model.tables import Tool

OPEN = ("anthropic", "openai", "gemini")
NO_CHOICE: Mapping[str, str] = {}
"""Rule -> why a document leaves no choice; none does."""


def one(path: Path) -> dict[str, Any]:
    """The violations of one document."""
    from adaptgen.building.build import build
    from adaptgen.diagnostics import AdaptgenError
    from adaptgen.source import EMPTY

    with tempfile.TemporaryDirectory() as folder:
        try:
            spec, side = unpack(path, Path(folder)), path.with_name("hints.yaml")
            result = build(spec, hints=side if side.exists() else EMPTY, name="server", side_files=False)
        except AdaptgenError as refused:
            return {"path": str(path), "refused": str(refused)[:200]}
    contracts = {name: one for module in result.plan.modules for name, one in module.contracts.items()}
    planned = [tool for module in result.plan.modules for tool in module.tools]
    return {"path": str(path), "tools": len(contracts), "violations": list(violations(planned, contracts))}


def violations(planned: list[Tool], contracts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Mode and violation, over every form of the list."""
    from adaptgen.mcp import tool_listing as brief
    from adaptgen.mcp.advertised_schema import advertised_tool
    from adaptgen.mcp.protocol import ToolInfo
    from adaptgen.mcp.provider_rules import check_tool
    from adaptgen.tool_search.tool_list import Wanted, show

    wires = {one.name: brief.listed(contracts[one.name]) for one in planned}
    facts = {
        one.name: ToolInfo(one.name, "server", one.name, one.effect, open=False, wire=wires[one.name], tags=one.tags)
        for one in planned
    }
    tools = list(wires.values())
    for profile, providers in (("", OPEN), ("openai-strict", ("openai-strict",))):
        lists = {
            mode: show({"tools": tools}, tools, Wanted(mode, profile=profile), True, facts).result["tools"]  # type: ignore[arg-type]
            for mode in ("list", "auto", "search")
        }
        for step in range(1, len(brief.STEPS) + 1):
            lists[f"step {step}"] = [advertised_tool(brief.brief(tool, step), profile) for tool in tools]  # type: ignore[arg-type]
        for mode, listed in lists.items():
            for tool in listed:
                for provider in providers:
                    yield from ((mode, str(found)) for found in check_tool(tool, provider))


def tried(path: Path) -> dict[str, Any]:
    """:func:`one`, or how it crashed; a document that takes ten minutes ends the process, and with it all."""
    signal.alarm(600)
    try:
        return one(path)
    except Exception:
        return {"path": str(path), "crash": traceback.format_exc()[-1500:]}
    finally:
        signal.alarm(0)


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--only", default="", help="only documents whose path holds this")
    given = parser.parse_args()
    paths = [path for path in entries(given.folders) if given.only in str(path) and "edge-broken" not in str(path)]
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(tried, paths))
    listed = [found for found in results if "tools" in found]
    rules: Counter[str] = Counter()
    for found in results:
        for mode, text in found.get("violations", ()):
            rule = text.rpartition(": ")[2].rstrip(")")
            rules[rule] += 1
            if rules[rule] <= 3 and not given.json:
                print(f"{found['path']} ({mode}): {text}", file=sys.stderr)
        if "crash" in found:
            print(f"{found['path']}: {found['crash']}", file=sys.stderr)
    broken = sum(number for rule, number in rules.items() if rule not in NO_CHOICE)
    tools = sum(found["tools"] for found in listed)
    figures = [
        Figure(f"violations, {tools:,} tools of {len(listed)} documents in eight lists", broken, "", bar=0),
        Figure("documents that could not be read to the end", sum("crash" in one for one in results), "", bar=0),
    ]
    return report(figures, given)


if __name__ == "__main__":
    raise SystemExit(main())
