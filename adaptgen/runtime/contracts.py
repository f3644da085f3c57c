"""The contracts of a server, ``tools/<module>.json``: read once at start and checked against the tables.

``adaptgen.model.contract_file`` says what an entry holds. A table and its contract are generated together, so a
difference means that one of the two was edited or not written.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.contract_file import OWN_ARGUMENTS, read_contract
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import Call, Check, Contract, Server, Step, Tool
from adaptgen.syntax.templates import placeholders

_REBUILD = "generate the server again: adaptgen build"
_PLACEHOLDER = lazy(r"\{([^{}]+)\}")


def load(server: Server) -> dict[str, Contract]:
    """The contracts of ``server``'s tools by name, in the order of the tables.

    Raises:
        AdaptgenError: AG061 with every file that cannot be read, and every tool and argument that is in a table
            and not in a contract, or the other way round.
    """
    found: dict[str, Contract] = {}
    files: dict[str, Path] = {}
    problems: list[Diagnostic] = []
    added: dict[str, Contract] = server.edits.contracts if server.edits is not None else {}
    tools = {tool.name: tool for tool in server.tools if tool.name not in added}
    for file in sorted(server.contracts.glob("*.json")):
        try:
            entries = orjson.loads(file.read_bytes())
            for name, entry in entries.items():
                found[name] = read_contract(name, entry, tools.get(name))
                files[name] = file
        except (OSError, ValueError, TypeError, AttributeError, KeyError) as why:
            reason = f"no {why} in an entry" if isinstance(why, KeyError) else str(why)
            problems.append(_broken(f"the contract cannot be read: {reason}", file))
    if not problems:
        problems += [
            _broken(f"tool {name!r} has no contract", server.contracts) for name in tools.keys() - found.keys()
        ]
        problems += [_broken(f"tool {name!r} has no table", files[name]) for name in found.keys() - tools.keys()]
        for name in tools.keys() & found.keys():
            problems += _compared(tools[name], found[name], files[name])
    if problems:
        raise AdaptgenError(*sorted(problems, key=lambda one: (one.where or Where(""), one.message)))
    return {tool.name: added.get(tool.name) or found[tool.name] for tool in server.tools}


def _compared(tool: Tool, contract: Contract, file: Path) -> Iterator[Diagnostic]:
    taken = arguments(tool)
    offered = contract.input_schema.get("properties", {}).keys()
    for name in taken - offered:
        yield _broken(f"argument {name!r} of {tool.name!r} is in the table and not in the contract", file)
    for name in offered - taken - OWN_ARGUMENTS.keys():
        yield _broken(f"argument {name!r} of {tool.name!r} is in the contract and not in the table", file)


def arguments(tool: Tool) -> frozenset[str]:
    """The names of the arguments that the table of ``tool`` takes, without the reserved ones."""
    names: set[str] = set()
    if tool.call is not None:
        names |= _of_call(tool.call)
    if tool.update is not None:
        names |= _of_call(tool.update.read)
    if tool.steps:
        ids = {step.id for step in tool.steps}
        wanted = {name for step in tool.steps for name in _of_step(step)}
        wanted |= placeholders(tool.result)
        names |= {head for name in wanted if (head := name.partition(".")[0]) not in ids and name not in ids}
    return frozenset(names)


def _of_step(step: Step) -> set[str]:
    names = _of_call(step.call) if step.call is not None else set()
    names |= placeholders([step.each, dict(step.replace)])
    names |= placeholders(step.when.value) if step.when is not None else set()
    names |= placeholders(dict(step.flow.given)) if step.flow is not None else set()
    checks = [*step.success, *(one for then in (*step.then, *step.otherwise) for one in then.checks)]
    names |= {name for one in checks for name in _of_check(one)}
    return {name for name in names if name != "item" and not name.startswith("item.")} if step.each else names


def _of_check(check: Check) -> Iterator[str]:
    from adaptgen.syntax.runtime_expressions import condition, expression, expressions

    found = expressions(condition(check.condition)) if check.kind == "simple" else [expression(check.context)]
    return (one.name for one in found if one.root == "inputs")


def _of_call(call: Call) -> set[str]:
    params = [*call.path_params, *call.query, *call.headers, *call.cookies]
    names: set[str] = set()
    if call.body is not None:
        params += call.body.params
        if call.body.whole is not None:
            params.append(call.body.whole)
        if call.body.extra is not None:
            names.add(call.body.extra)
    if "{" in call.path:
        given = {param.name for param in call.path_params}
        names.update(name for name in _PLACEHOLDER.findall(call.path) if name not in given)
    for param in params:
        if param.value is None:
            names.add(param.arg or param.name)
        else:
            names |= placeholders(param.value)
    return names


def _broken(message: str, file: Path) -> Diagnostic:
    return Diagnostic("AG061", message, Where(str(file)), _REBUILD)
