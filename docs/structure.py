"""Keeps the tree easy to navigate: no function too complex to follow, no folder with too many files, few tiny modules,
no circle of imports.

``python docs/structure.py`` prints the figures as a table and what is above a limit, and exits with 1 where that is not
an exception below. The exceptions may only go down. ``--small`` and ``--circles`` name the modules.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from radon.complexity import cc_visit

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "adaptgen"

COMPLEXITY = 25
"""Of a function, as radon counts it: boolean operators included, a nested function by itself."""
MODULES = 20
"""Of a folder."""
SMALL, FEW = 60, 29
"""Lines of a small module at most, and how many small modules are allowed, without the ``__init__`` of folders."""

COMPLEX_FUNCTIONS: Mapping[str, int] = {}
LARGE_FOLDERS: Mapping[str, int] = {}
SMALL_MODULES = 11
LATE_CIRCLES = 0
"""What was above the limits when they were set, with its figure. A late circle is closed by an import in a function."""


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def complex_functions(sources: Mapping[Path, str]) -> dict[str, int]:
    """``path: name`` -> complexity of each function above the limit; of several of one name the worst."""
    found: dict[str, int] = {}
    for path, text in sources.items():
        waiting = [block for block in cc_visit(text) if hasattr(block, "closures")]
        while waiting:
            function = waiting.pop()
            waiting += function.closures
            if function.complexity > COMPLEXITY:
                key = f"{relative(path)}: {function.fullname}"
                found[key] = max(function.complexity, found.get(key, 0))
    return found


def run_imports(node: ast.AST, *, late: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run when a module is imported, ``late``: those of its functions too; never those of
    ``if TYPE_CHECKING``."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        yield node
    elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for statement in node.orelse:
            yield from run_imports(statement, late=late)
    elif late or not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for child in ast.iter_child_nodes(node):
            yield from run_imports(child, late=late)


def module_name(path: Path) -> str:
    return relative(path).removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def import_graph(sources: Mapping[Path, str], *, late: bool) -> dict[str, set[str]]:
    """Module -> the modules of the package that it imports."""
    modules = {module_name(path): text for path, text in sources.items()}
    graph: dict[str, set[str]] = {}
    for name, text in modules.items():
        wanted: set[str] = set()
        for statement in run_imports(ast.parse(text), late=late):
            if isinstance(statement, ast.Import):
                wanted |= {alias.name for alias in statement.names}
            elif statement.module and not statement.level:
                inner = {f"{statement.module}.{alias.name}" for alias in statement.names}
                wanted |= {one if one in modules else statement.module for one in inner}
        graph[name] = (wanted & modules.keys()) - {name}
    return graph


def import_circles(graph: Mapping[str, set[str]]) -> list[frozenset[str]]:
    """The sets of modules that import each other (Kosaraju's strongly connected components)."""
    order: list[str] = []
    seen: set[str] = set()
    for root in graph:
        stack = [(root, iter(graph[root]))] if root not in seen else []
        seen.add(root)
        while stack:
            following = next((one for one in stack[-1][1] if one not in seen), None)
            if following is None:
                order.append(stack.pop()[0])
            else:
                seen.add(following)
                stack.append((following, iter(graph[following])))
    importers: dict[str, set[str]] = {name: set() for name in graph}
    for name, imported in graph.items():
        for one in imported:
            importers[one].add(name)
    circles, left = [], set(graph)
    for root in reversed(order):
        members, waiting = set(), [root]
        while waiting:
            one = waiting.pop()
            if one in left:
                left.remove(one)
                members.add(one)
                waiting += importers[one]
        if len(members) > 1:
            circles.append(frozenset(members))
    return circles


def above(figures: Mapping[str, int], exceptions: Mapping[str, int], limit: int) -> Iterator[str]:
    """A line for each figure that neither the limit nor an exception allows, and for exceptions that can go down."""
    for name, figure in sorted(figures.items(), key=lambda item: -item[1]):
        if figure > exceptions.get(name, limit):
            yield f"{name}: {figure}, at most {exceptions.get(name, limit)}"
    for name, allowed in exceptions.items():
        if figures.get(name, 0) < allowed:
            print(f"  the exception can go down: {name}: {figures.get(name, 0)} of {allowed}")


def main() -> int:
    written = PACKAGE / "_version.py"  # by the build, and not by anybody
    sources = {path: path.read_text("utf-8") for path in sorted(PACKAGE.rglob("*.py")) if path != written}
    functions = complex_functions(sources)
    folders = Counter(relative(path.parent) for path in sources)
    large = {name: count for name, count in folders.items() if count > MODULES}
    small = {
        relative(path): lines
        for path, text in sources.items()
        if path.name != "__init__.py" and (lines := text.count("\n")) <= SMALL
    }
    circles = import_circles(import_graph(sources, late=False))
    late = import_circles(import_graph(sources, late=True))
    size = sum(text.count("\n") for text in sources.values())

    rows = [
        ("lines of adaptgen/", size, ""),
        ("modules", len(sources), ""),
        (f"functions above {COMPLEXITY}", len(functions), 0),
        ("modules in the largest folder", max(folders.values()), MODULES),
        (f"modules of {SMALL} lines or less", len(small), FEW),
        ("circles of imports", len(circles), 0),
        ("late circles of imports", len(late), 0),
    ]
    print(f"{'':32}{'figure':>8}{'limit':>8}")
    for title, figure, limit in rows:
        print(f"{title:32}{figure:8}{limit!s:>8}")
    if "--circles" in sys.argv:
        print("\n".join(f"  {', '.join(sorted(circle))}" for circle in late))
    if "--small" in sys.argv:
        print("\n".join(f"  {lines:3} {name}" for name, lines in sorted(small.items(), key=lambda item: item[1])))
    faults = [
        *above(functions, COMPLEX_FUNCTIONS, COMPLEXITY),
        *above(large, LARGE_FOLDERS, MODULES),
        *above({"small modules": len(small)}, {"small modules": SMALL_MODULES}, FEW),
        *above({"late circles": len(late)}, {"late circles": LATE_CIRCLES}, 0),
        *(f"import each other: {', '.join(sorted(circle))}" for circle in circles),
    ]
    for fault in faults:
        print(f"  above the limit: {fault}")
    return int(bool(faults))


if __name__ == "__main__":
    raise SystemExit(main())
