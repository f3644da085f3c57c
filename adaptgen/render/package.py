"""MODEL -> {path: text}: the files of one generated server."""

from __future__ import annotations

from dataclasses import dataclass

from adaptgen import model
from adaptgen.model import Tool
from adaptgen.planned import Module, Plan
from adaptgen.render import contract, layout, names, python, readme
from adaptgen.render.environment import fill
from adaptgen.render.safe import PythonText

_RUNTIME = "adaptgen.runtime"
# Names that generated modules use themselves.
_TAKEN = frozenset(("TOOLS", "loads", *(name for name in vars(model) if name[0].isupper())))
_TITLE = 100


@dataclass(frozen=True, slots=True)
class Head:
    """The docstring on top of a module."""

    title: PythonText
    spec: PythonText
    hints: PythonText


@dataclass(frozen=True, slots=True)
class Table:
    """One assignment, with the operations that it stands for."""

    operations: tuple[PythonText, ...]
    assignment: PythonText


@dataclass(frozen=True, slots=True)
class Source:
    """One Python module: imports in sorted groups, tables, and what the module ends in."""

    head: Head
    imports: tuple[tuple[PythonText, ...], ...] = ()
    tables: tuple[Table, ...] = ()
    end: PythonText | None = None


def render(plan: Plan, *, spec: str, side: str) -> dict[str, str]:
    """The files of a server, by path relative to its folder (POSIX), sorted.

    ``spec`` and ``side`` are the document and the folder of its side files as they are to be named
    (``specs/crm.yaml``, ``specs/crm``).
    """
    modules = sorted((module for module in plan.modules if module.tools), key=lambda one: one.name)
    stems = names.files(module.name for module in modules)
    server = plan.server

    def source(template: str, title: str, **parts: object) -> str:
        head = Head(*(python.docstring(text, _TITLE) for text in (title, spec, f"{side}/hints.yaml")))
        return fill(template, module=Source(head, **parts))  # type: ignore[arg-type]

    about = one_of(plan.title, server.title, server.name)
    files = {
        "README.md": fill("README.md.j2", server=readme.readme(plan, spec=spec, side=side)),
        "__init__.py": source("package.py.j2", f"The MCP server {server.name}: {about}."),
        "server.py": source("server.py.j2", f"The MCP server {server.name}: {about}.", **_server(plan)),
        "tools/__init__.py": source("tools_index.py.j2", f"The tools of {about}.", **_index(stems)),
    }
    if server.auth:
        files["auth.py"] = source("auth.py.j2", f"How {about} authenticates.", **_auth(plan))
    for module, stem in zip(modules, stems, strict=True):
        title = one_of(module.title, module.name)
        title = f"{title[:1].upper()}{title[1:]} of {about}."
        files[f"tools/{stem}.py"] = source("tools.py.j2", title, **_module(module, spec))
        tools = {tool.name for tool in module.tools}
        files[f"tools/{stem}.json"] = contract.contract_json(
            one for one in module.contracts.values() if one.name in tools
        )
    return dict(sorted(files.items()))


def one_of(*texts: str) -> str:
    """The first text that is not empty."""
    return next((text for text in texts if text.strip()), "")


def _runtime(printer: python.Printer) -> tuple[tuple[PythonText, ...], ...]:
    standard = (python.imported("json", ["loads"]),) if printer.loads else ()
    groups = (standard, (python.imported(_RUNTIME, sorted(printer.names)),))
    return tuple(group for group in groups if group)


def _module(module: Module, spec: str) -> dict[str, object]:
    printer = python.Printer()
    tools = sorted(module.tools, key=lambda one: one.name)
    variables = names.variables((tool.name for tool in tools), _TAKEN)
    tables = tuple(
        Table(_operations(tool, spec), printer.assigned(name, tool))
        for name, tool in zip(variables, tools, strict=True)
    )
    end = python.names_tuple("TOOLS", variables, "tuple[Tool, ...]")
    return {"imports": _runtime(printer), "tables": tables, "end": end}


def _operations(tool: Tool, spec: str) -> tuple[PythonText, ...]:
    calls = dict.fromkeys(f"{call.method} {call.path}" for call in readme.operations(tool))
    place = f"{spec}{tool.source}" if tool.source else ""
    return tuple(python.comment(line) for line in (*calls, place) if line)


def _index(stems: list[str]) -> dict[str, object]:
    ordered = sorted(stems, key=names.natural)
    end = python.names_tuple("TOOLS", [f"*{stem}.TOOLS" for stem in ordered], "tuple[Tool, ...]")
    first = python.imported(".", ordered) if ordered else python.imported(_RUNTIME, ["Tool"])
    return {"imports": ((first,),), "end": end}


def _auth(plan: Plan) -> dict[str, object]:
    printer = python.Printer()
    auths = sorted(plan.server.auth, key=lambda one: one.name)
    variables = names.variables((auth.name for auth in auths), _TAKEN | {"AUTH"})
    tables = tuple(Table((), printer.assigned(name, auth)) for name, auth in zip(variables, auths, strict=True))
    end = python.names_tuple("AUTH", variables, "tuple[Auth, ...]")
    return {"imports": _runtime(printer), "tables": tables, "end": end}


def _server(plan: Plan) -> dict[str, object]:
    printer = python.Printer()
    own = {
        "tools": layout.atom("TOOLS"),
        "contracts": layout.atom('Path(__file__).parent / "tools"'),
        # Always written, although it is the default: the default of a later runtime is another one.
        "format": layout.atom(str(plan.server.format)),
    }
    local = [python.imported(".tools", ["TOOLS"])]
    if plan.server.auth:
        own["auth"] = layout.atom("AUTH")
        local.insert(0, python.imported(".auth", ["AUTH"]))
    table = Table((), printer.assigned("server", plan.server, own))
    standard, *others = _runtime(printer) if printer.loads else ((), *_runtime(printer))
    paths = (*standard, python.imported("pathlib", ["Path"]))
    return {"imports": (paths, *others, tuple(local)), "tables": (table,)}
