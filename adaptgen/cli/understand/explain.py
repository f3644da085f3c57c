"""``adaptgen explain``: what was understood of a server, or one tool from its source lines to what it sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeAlias

from adaptgen.cli import terminal
from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model.plan import Evidence, Input
from adaptgen.model.tables import Call, Contract, Paging, Param, Server, Step, Tool, walk_steps
from adaptgen.output import lock
from adaptgen.syntax.templates import placeholders

if TYPE_CHECKING:
    from adaptgen.building.result import BuildResult


Section: TypeAlias = tuple[str, list[tuple[str, str]]]
"""A title and rows of two columns; without rows it is not shown."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What the document says of a tool; empty when the document is not there."""

    place: str = ""
    operation: str = ""
    evidence: tuple[Evidence, ...] = ()
    inputs: tuple[Input, ...] = ()


def run(options: SimpleNamespace) -> int:
    """Prints the page of one tool, or with ``--json`` and for the whole server what comes from its document."""
    if options.spec and not options.spec.is_file():
        raise error("AG001", f"{options.spec} cannot be read", help="name the document that the server was built from")
    if not (options.folder / "server.py").is_file():
        from adaptgen.transports.load import no_server

        raise no_server(options.folder)
    spec = options.spec or find_spec(options.folder)
    if options.json or not options.tool:
        return _explain_build(options, spec)
    from adaptgen.runtime.contracts import load
    from adaptgen.transports.load import find_tool, load_server

    server = load_server(options.folder)
    tool = find_tool(server, options.tool)
    origin = _origin(_build(spec, options.folder), tool) if spec else Origin()
    _show(server, tool, load(server)[tool.name], origin)
    if not spec:
        terminal.say()
        terminal.say("  the document was not found: give it with --spec to see its lines and the evidence")
    return 0


def _explain_build(options: SimpleNamespace, spec: Path | None) -> int:
    """All of it comes from the document: the generated server is not loaded."""
    if spec is None:
        message = "the document that the server was built from was not found"
        help = f"name it: adaptgen explain {options.folder} --spec specs/{options.folder.name}.yaml"
        raise error("AG001", message, Where(str(options.folder)), help)
    result = _build(spec, options.folder)
    if options.json:
        whole = result.to_json()
        shown = _select(whole, options.tool) if options.tool else whole
        terminal.say_json(shown)
    else:
        from adaptgen.cli.understand import report

        report.show(result.plan, spec, result.document.version)
    return 0


def _select(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """The operation, or the workflow, that is called ``name`` or becomes the tool of that name, else AG063."""
    rows: dict[str, dict[str, Any]] = {tool["name"]["value"]: tool for tool in whole["workflows"]}
    for operation in whole["operations"]:
        rows[operation["operation"]] = operation
        rows |= {tool["name"]["value"]: operation for tool in operation["tools"]}
    if name not in rows:
        from adaptgen.transports.load import unknown_tool

        raise unknown_tool(whole["name"], name, rows)
    return rows[name]


def _build(spec: Path, folder: Path) -> BuildResult:
    from adaptgen.building.build import build

    return build(spec, out=folder.parent, side_files=False, locked=True, progress=terminal.progress)


def find_spec(folder: Path) -> Path | None:
    """The document that the lock names, if it is still the one that was built."""
    known = lock.read(folder)
    if known is None:
        return None
    root = folder.resolve().parent.parent
    here = Path.cwd()
    shown = str(known.options.get("source", ""))
    for path in (root / shown, root / "specs" / known.spec, Path("specs") / known.spec, Path(known.spec)):
        if path.is_file() and lock.digest(path.read_bytes()) == known.inputs.get(known.spec):
            return path.relative_to(here) if path.is_relative_to(here) else path
    return None


def _origin(result: BuildResult, tool: Tool) -> Origin:
    """What the document says of ``tool``. A tool that the document no longer has has no evidence."""
    from adaptgen.building.summary import evidence_of

    pointer = tool.source.removeprefix("#")
    try:
        place = str(result.document.where(pointer)) if pointer else ""
    except (AdaptgenError, LookupError, ValueError):
        place = ""
    operation = _operation(pointer)
    inputs = tuple(entry for entry in result.plan.inputs if entry.operation == operation)
    return Origin(place, operation, evidence_of(result.plan, tool), inputs)


def _operation(pointer: str) -> str:
    """``/paths/~1notes/get`` (RFC 6901) -> ``GET /notes``."""
    match pointer.split("/"):
        case ["", "paths", path, method]:
            return f"{method.upper()} {path.replace('~1', '/').replace('~0', '~')}"
    return ""


def _show(server: Server, tool: Tool, contract: Contract, origin: Origin) -> None:
    kind = ", ".join([f"{tool.effect}s", *(["a list"] if tool.page else [])])
    terminal.say(f"{terminal.paint(tool.name, 'bold')}  ({kind})")
    terminal.table(("",), [[contract.description]])
    sections: tuple[Section, ...] = (
        *_request_sections(server, tool, origin),
        ("arguments", [*_arguments(tool, contract)]),
        *_answer_sections(tool),
        ("auth", [(auth.name, auth.kind) for auth in server.auth if auth.name in tool.auth]),
        *_privacy_sections(tool),
        *_origin_sections(origin),
    )
    for title, rows in sections:
        if rows:
            terminal.say()
            terminal.say(terminal.paint(terminal.clean(title), "bold"))
            terminal.table(("", ""), rows)


def _request_sections(server: Server, tool: Tool, origin: Origin) -> Iterator[Section]:
    if origin.place or tool.source:
        yield "source", [(origin.place or "the document", origin.operation or tool.source)]
    calls = [("request", tool.call)] if tool.call else []
    calls += [(f"step {step.id}", step.call) for step in walk_steps(tool.steps) if step.call is not None]
    if tool.update:
        calls.insert(0, ("reads first", tool.update.read))
    for title, call in calls:
        yield title, [(f"{call.method} {_base(server, call)}{call.path}", ""), *_request(call)]


def _answer_sections(tool: Tool) -> Iterator[Section]:
    yield "paging", [*_paging(tool.page)] if tool.page else []
    yield "view", [(path, "") for path in tool.view or ()]
    for step in walk_steps(tool.steps):
        yield f"rules of step {step.id}", [*_rules(step)]
        yield f"view of step {step.id}", [(path, "") for path in step.view or ()]
    if tool.view is None and tool.call and tool.effect == "read":
        yield "view", [("chosen from the first answer", "")]


def _privacy_sections(tool: Tool) -> Iterator[Section]:
    arguments = ((f"argument {name}", kind) for name, kind in tool.sensitive_arguments.items())
    yield "sensitive", [*tool.sensitive.items(), *arguments]
    yield "searches", [(f"argument {name}", ", ".join(paths) or "none") for name, paths in tool.searches.items()]


def _origin_sections(origin: Origin) -> Iterator[Section]:
    yield "evidence", [(f"{item.aspect}: {item.decision}", item.because) for item in origin.evidence]
    others = [entry for entry in origin.inputs if entry.fate != "argument"]
    yield "inputs that are not arguments", [(f"{one.place} {one.name}", f"{one.fate}: {one.by}") for one in others]


def _base(server: Server, call: Call) -> str:
    """The base URL as declared; the environment may name another."""
    return next((one.url or f"${{env:{one.env}}}" for one in server.bases if one.name == call.base), "")


def _request(call: Call) -> Iterator[tuple[str, str]]:
    places = (("path", call.path_params), ("query", call.query), ("header", call.headers), ("cookie", call.cookies))
    for place, params in places:
        for param in params:
            yield f"{place} {param.name}", _supply(param)
    body = call.body
    if body is None:
        return
    inside = f"{body.inside}." if body.inside else ""
    yield f"body {body.media}", f"inside {body.inside!r}" if body.inside else ""
    for param in body.params:
        yield f"body {inside}{param.name}", _supply(param)
    if body.whole:
        yield "body, whole", _supply(body.whole)
    if body.extra:
        yield "body, further members", f"argument {body.extra}"


def _supply(param: Param) -> str:
    said = f"argument {param.arg or param.name}"
    if param.value is not None:
        said = f"{'from' if placeholders(param.value) else 'always'} {param.value!r}"
    special = [
        f"style {param.style}" if param.style else "",
        f"explode {str(param.explode).lower()}" if param.explode is not None else "",
        f"as {param.encode}" if param.encode else "",
        "a fresh UUID when absent" if param.fill else "",
        f"may hold {param.holds}" if param.holds else "",
    ]
    return ", ".join([said, *(word for word in special if word)])


def _arguments(tool: Tool, contract: Contract) -> Iterator[tuple[str, str]]:
    required = contract.input_schema.get("required", ())
    for name, schema in contract.input_schema.get("properties", {}).items():
        given: Mapping[str, object] = schema if isinstance(schema, dict) else {}
        kind = given.get("type", "any")
        words = " or ".join(map(str, kind)) if isinstance(kind, list) else str(kind)
        star = ", required" if name in required else ""
        yield f"{name}: {words}{star}", str(given.get("description", ""))


def _rules(step: Step) -> Iterator[tuple[str, str]]:
    """When a step runs, how often, and what becomes of a failure."""
    for one in fields(step):
        value = getattr(step, one.name)
        if one.name in ("when", "until", "each", "max_items", "success", "then", "otherwise") and value:
            yield one.name, str(value)
    if step.page is not None:
        yield "every page", type(step.page).__name__
    if step.on_error != "fail":
        yield "on_error", step.on_error


def _paging(page: Paging) -> Iterator[tuple[str, str]]:
    yield type(page).__name__, ""
    for one in fields(page):
        value = getattr(page, one.name)
        if value is not None and value is not False and one.name != "place":
            yield one.name, str(value)
