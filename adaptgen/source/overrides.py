"""``overrides.py`` read without running it: which tools it names, and what the tools that it adds look like.

Nothing of the file is executed; names and what ``overrides.add`` says are literals, or names of literals at the top
level of the file.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, did_you_mean
from adaptgen.model.contract_file import QUESTIONS
from adaptgen.model.tables import Json, value

TAKES: Mapping[str, tuple[str, ...]] = {
    "replace": ("call",),
    "wrap": ("call", "proceed"),
    "request": ("request",),
    "add": ("call",),
    "embed": ("texts",),
}
"""What a function of each kind is called with."""
ADDED = ("name", "description", "input_schema", "effect")
"""What ``overrides.add`` must say."""
_MORE = ("sensitive", "sensitive_arguments", "lists", "view", "annotations")
_RESERVED = frozenset({"cursor", "limit", "fields", "dry_run"})
_OF_LISTS = frozenset(QUESTIONS)
NAME = "overrides.py"


@value()
class Declared:
    """One decorator: ``kind`` is a key of ``TAKES``; ``said`` what ``add`` says; ``source`` the text of an embedder."""

    kind: str
    tool: str
    where: Where
    said: Mapping[str, Json] | None = None
    source: str = ""


@value()
class Reference:
    """What the code of an override calls: the path ``name`` by ``method``, or the tool ``name`` where that is empty."""

    name: str
    where: Where
    method: str = ""


def references(path: Path) -> tuple[Reference, ...]:
    """``call.send("GET", "/path")`` and ``call.call("tool")`` in a side file that :func:`read` has read, as far as they
    are literals: in functions with the parameter ``call``, or one that is declared to be a ``ToolCall``."""
    tree = ast.parse(path.read_bytes())
    reader = _Reader(path.as_posix(), tree)
    found: dict[tuple[int, int], Reference] = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            callers = {
                one.arg
                for one in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
                if one.arg == "call" or (one.annotation is not None and "ToolCall" in ast.unparse(one.annotation))
            }
            for inner in ast.walk(node):
                if (one := reader.referred(inner, callers)) is not None:
                    found.setdefault((one.where.line, one.where.column), one)
    return tuple(found.values())


def read(path: Path) -> tuple[Declared, ...]:
    """The overrides of a side file, in its order.

    Raises:
        AdaptgenError: AG001, AG045: it cannot be read or parsed, or a decorator says something that cannot be known
            without running it, or its function does not take what it will be called with; every error at once.
    """
    shown = path.as_posix()
    try:
        text = path.read_bytes()
    except OSError as why:
        raise AdaptgenError(
            Diagnostic("AG001", f"the overrides cannot be read: {why.strerror}", Where(shown))
        ) from None
    try:
        tree = ast.parse(text, filename=shown)
    except SyntaxError as why:
        where = Where(shown, why.lineno or 1, why.offset or 1)
        raise AdaptgenError(Diagnostic("AG045", f"it is not Python: {why.msg}", where, "correct the line")) from None
    except ValueError as why:
        raise AdaptgenError(Diagnostic("AG045", f"it is not Python: {why}", Where(shown))) from None
    reader = _Reader(shown, tree)
    found = tuple(reader.declared())
    if reader.problems:
        raise AdaptgenError(*reader.problems)
    return found


def check(declared: tuple[Declared, ...], tools: Mapping[str, str], renamed: Mapping[str, str]) -> list[Diagnostic]:
    """What does not fit the contract. ``tools``: every name that is served, earlier ones too, -> its tool;
    ``renamed``: name of a tool of the build before -> its name now, where it is the same operation."""
    added = {one.tool for one in declared if one.kind == "add"}
    found: list[Diagnostic] = []
    owners: dict[str, Declared] = {}
    for one in declared:
        if one.kind in ("add", "replace", "embed"):
            name = tools.get(one.tool, one.tool)
            if name in owners:
                what = f"{one.tool!r} is answered" if one.tool else "an embedder is declared"
                message = f"{what} twice: also at line {owners[name].where.line}"
                found.append(Diagnostic("AG045", message, one.where, "remove one of them; overrides.wrap goes around"))
            owners[name] = one
        if one.kind == "add" and one.tool in tools:
            help = "give it another name; overrides.replace puts an answer of your own in the place of a tool"
            found.append(Diagnostic("AG045", f"there is a tool {one.tool!r} already", one.where, help))
        elif one.kind not in ("add", "embed") and one.tool not in tools and one.tool not in added:
            new = renamed.get(one.tool)
            help = f"it is called {new!r} now: write that name" if new else did_you_mean(one.tool, {*tools, *added})
            message = (
                f"there is no tool {one.tool!r} to {'change the requests of' if one.kind == 'request' else one.kind}"
            )
            found.append(Diagnostic("AG045", message, one.where, help or "remove the override: the tool is gone"))
    return found


class _Reader:
    def __init__(self, shown: str, tree: ast.Module) -> None:
        self._shown = shown
        self._tree = tree
        self.problems: list[Diagnostic] = []
        self._constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }

    def declared(self) -> Iterator[Declared]:
        named = self._constants.get("overrides")
        if not isinstance(named, ast.Call):
            help = "begin with: overrides = adaptgen.runtime.Overrides()"
            self.problems.append(Diagnostic("AG045", "it defines no overrides", Where(self._shown), help))
            return
        for node in ast.walk(self._tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for decorator in node.decorator_list:
                    yield from self._decorated(node, decorator)

    def _decorated(self, function: ast.FunctionDef | ast.AsyncFunctionDef, node: ast.expr) -> Iterator[Declared]:
        called = node.func if isinstance(node, ast.Call) else node
        if not (
            isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "overrides"
        ):
            return
        kind = called.attr
        if kind not in TAKES:
            help = did_you_mean(kind, TAKES) or f"known: {', '.join(TAKES)}"
            self._say(node, f"overrides has no {kind!r}", help)
            return
        if kind == "embed":
            self._signature(kind, function)
            if isinstance(node, ast.Call):
                self._say(node, "overrides.embed takes no arguments", "write @overrides.embed")
            yield Declared(kind, "", self._where(node), source=ast.unparse(function))
            return
        if not isinstance(node, ast.Call):
            self._say(node, f"overrides.{kind} names no tool", f'write @overrides.{kind}("the_tool")')
            return
        self._signature(kind, function)
        if kind == "add":
            said = self._said(node)
            if said is not None:
                yield Declared(kind, said["name"], self._where(self._argument(node, "name")), said)
            return
        names = [*node.args, *(one.value for one in node.keywords)]
        if not names or (kind != "request" and len(names) != 1):
            self._say(node, f"overrides.{kind} names {'no tool' if not names else 'more than one tool'}")
        for one in names:
            name = self._literal(one)
            if isinstance(name, str):
                yield Declared(kind, name, self._where(one))
            else:
                self._say(one, "the name of a tool is a literal text", f'write @overrides.{kind}("the_tool")')

    def referred(self, node: ast.AST, callers: set[str]) -> Reference | None:
        """What a call of a method of one of ``callers`` refers to."""
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            return None
        if not isinstance(node.func.value, ast.Name) or node.func.value.id not in callers:
            return None
        names = {"send": ("method", "path"), "call": ("tool",)}.get(node.func.attr, ())
        nodes = dict(zip(names, node.args, strict=False)) | {one.arg or "": one.value for one in node.keywords}
        said = {name: self._written(nodes[name]) for name in names if name in nodes}
        if not names or len(said) != len(names) or not all(said.values()):
            return None
        return Reference(str(said[names[-1]]), self._where(nodes[names[-1]]), str(said.get("method") or ""))

    def _written(self, node: ast.expr) -> str:
        """A literal text; what an f-string fills in is a placeholder, as in a path."""
        if isinstance(node, ast.JoinedStr):
            return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
        found = self._literal(node)
        return found if isinstance(found, str) else ""

    def _signature(self, kind: str, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        takes = TAKES[kind]
        if isinstance(function, ast.AsyncFunctionDef) == (kind == "request"):
            wanted = "def" if kind == "request" else "async def"
            self._say(function, f"{function.name} must be written with {wanted}", f"{wanted} {function.name}(…)")
        given = function.args
        positional = [*given.posonlyargs, *given.args]
        least = len(positional) - len(given.defaults)
        needed = [one for one, default in zip(given.kwonlyargs, given.kw_defaults, strict=True) if default is None]
        if needed or least > len(takes) or (len(positional) < len(takes) and given.vararg is None):
            help = f"write: {'' if kind == 'request' else 'async '}def {function.name}({', '.join(takes)})"
            self._say(function, f"{function.name} is called with ({', '.join(takes)}) and does not take that", help)

    def _said(self, node: ast.Call) -> dict[str, Any] | None:
        """The keywords of ``overrides.add`` as values."""
        before = len(self.problems)
        said: dict[str, Any] = {}
        for one in node.args:
            self._say(one, "overrides.add takes keywords only", f"write name=…, {', '.join(ADDED[1:])}=…")
        for keyword in node.keywords:
            if keyword.arg not in (*ADDED, *_MORE):
                help = did_you_mean(keyword.arg or "", (*ADDED, *_MORE)) or f"known: {', '.join((*ADDED, *_MORE))}"
                self._say(keyword.value, f"overrides.add has no {keyword.arg!r}", help)
                continue
            try:
                said[keyword.arg] = ast.literal_eval(self._resolved(keyword.value))
            except (ValueError, TypeError, SyntaxError, RecursionError):
                help = "the build reads it without running the file; a name of a literal above will do"
                self._say(keyword.value, f"{keyword.arg} is not a literal", help)
        missing = [name for name in ADDED if name not in {one.arg for one in node.keywords}]
        if missing:
            self._say(node, f"overrides.add needs {' and '.join(missing)}")
        if len(self.problems) == before:
            self._types(node, said)
        return said if len(self.problems) == before else None

    def _types(self, node: ast.Call, said: Mapping[str, Any]) -> None:
        name, schema = said["name"], said["input_schema"]
        if (
            not isinstance(name, str)
            or not name.replace("-", "_").isidentifier()
            or not name.isascii()
            or len(name) > 64
        ):
            self._say(self._argument(node, "name"), f"{name!r} is not a legal tool name", "letters, digits, _ and -")
        if said["effect"] not in ("read", "write", "delete"):
            self._say(self._argument(node, "effect"), "effect is read, write or delete")
        at = self._argument(node, "input_schema")
        properties = schema.get("properties", {}) if isinstance(schema, dict) else None
        if not isinstance(properties, dict) or schema.get("type", "object") != "object":
            self._say(at, "input_schema is an object schema", '{"type": "object", "properties": {…}}')
        else:
            reserved = _RESERVED | _OF_LISTS if said.get("lists") else _RESERVED
            for one in sorted(reserved & properties.keys()):
                self._say(at, f"the argument {one!r} belongs to the runtime", "give it another name")

    def _argument(self, node: ast.Call, name: str) -> ast.expr:
        return next((one.value for one in node.keywords if one.arg == name), node)

    def _resolved(self, node: ast.expr) -> ast.expr:
        return self._constants.get(node.id, node) if isinstance(node, ast.Name) else node

    def _literal(self, node: ast.expr) -> Any:
        found = self._resolved(node)
        return found.value if isinstance(found, ast.Constant) else None

    def _where(self, node: ast.expr | ast.stmt) -> Where:
        return Where(self._shown, node.lineno, node.col_offset + 1)

    def _say(self, node: ast.expr | ast.stmt, message: str, help: str = "") -> None:
        self.problems.append(Diagnostic("AG045", message, self._where(node), help))
