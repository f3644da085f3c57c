"""How much generated code one tool takes: the medians of its lines of Python and of JSON.

    python benchmarks/generated.py [DIR] [--python 28] [--json 40]

A tool's Python is its assignment with the comments above it, its JSON its entry in the contract; blank lines do not
count. What tools of a module share (constants) is counted for each tool that names it, divided by how many do.
"""

from __future__ import annotations

import argparse
import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent


def python_lines(module: str) -> Iterator[float]:
    """The lines of each tool of a generated module."""
    lines = module.splitlines()
    tools: list[tuple[ast.Assign, int]] = []
    shared: dict[str, int] = {}
    for node in ast.parse(module).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        first = node.lineno - 1
        while first and lines[first - 1].startswith("#"):
            first -= 1
        length = (node.end_lineno or node.lineno) - first
        if isinstance(node.value, ast.Call) and getattr(node.value.func, "id", "") == "Tool":
            tools.append((node, length))
        else:
            shared[node.targets[0].id] = length
    uses = {id(node): {name.id for name in ast.walk(node) if isinstance(name, ast.Name)} for node, _ in tools}
    users = {name: sum(name in found for found in uses.values()) for name in shared}
    for node, length in tools:
        yield length + sum(shared[name] / users[name] for name in uses[id(node)] & shared.keys())


def json_lines(contracts: str) -> Iterator[int]:
    """The lines of each entry of a contract file, which is indented by two blanks a level."""
    count = 0
    for line in contracts.splitlines():
        depth = len(line) - len(line.lstrip(" "))
        if depth == 2 and count == 0:
            count = 1
        elif depth >= 2:
            count += 1
        if depth == 2 and line.lstrip().startswith("}"):
            yield count
            count = 0


def medians(folder: Path) -> tuple[float, float]:
    """The medians of a server's tools: lines of Python, lines of JSON."""
    tools = folder / "tools"
    return (
        median([count for path in tools.glob("*.py") for count in python_lines(path.read_text("utf-8"))]),
        median([count for path in tools.glob("*.json") for count in json_lines(path.read_text("utf-8"))]),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "generated" / "crm")
    parser.add_argument("--python", type=float, default=28, help="the bar for lines of Python")
    parser.add_argument("--json", type=float, default=40, help="the bar for lines of JSON")
    given = parser.parse_args()
    python, contract = medians(given.folder)
    print(f"{given.folder.name}: {python:g} lines of Python (bar {given.python:g})", end=" and ")
    print(f"{contract:g} of JSON (bar {given.json:g}) a tool, medians")
    return int(python > given.python or contract > given.json)


if __name__ == "__main__":
    sys.exit(main())
