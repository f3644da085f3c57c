"""A generated folder as a surface: tables and contracts, read as data."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from adaptgen.compare.answers import generated_answer
from adaptgen.compare.model import Surface, ToolSnapshot
from adaptgen.compare.tables import Table, read_tables, tags_of
from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model.contract_file import read_contract
from adaptgen.model.tables import Auth, Contract, Server, Tool, Toolset

_NOT_LITERAL = frozenset(("tools", "toolsets", "auth", "contracts"))
_HELP = "name a folder that adaptgen build wrote, such as generated/crm"


def read(folder: Path, shown: str) -> Surface:
    """The server in ``folder``, whose files are named below ``shown``.

    Raises:
        AdaptgenError: AG055 for what is not a generated server, or no longer one.
    """
    server = next((one.value for one in _of(folder, "server.py", shown, Server)), None)
    if not isinstance(server, Server):
        raise error("AG055", "server.py defines no server", Where(f"{shown}/server.py"), _HELP)
    auths = list(_of(folder, "auth.py", shown, Auth)) if (folder / "auth.py").is_file() else []
    written: dict[str, list[Table]] = {
        path.stem: list(_of(folder, f"tools/{path.name}", shown, Tool))
        for path in sorted((folder / "tools").glob("*.py"))
    }
    server = _completed(replace(server, auth=tuple(one.value for one in auths)), written, _tags(folder, shown))
    tools = {tool.name: tool for tool in server.tools}
    contracts: dict[str, Contract] = {}
    places: dict[str, dict[str, Where]] = {}
    for path in sorted((folder / "tools").glob("*.json")):
        text = _text(path, f"{shown}/tools/{path.name}")
        contracts |= _contracts(text, f"{shown}/tools/{path.name}", tools)
        places |= _places(text, f"{shown}/tools/{path.name}")
    found: dict[str, ToolSnapshot] = {}
    for stem, here in written.items():
        for table in here:
            name = table.value.name
            where = Where(f"{shown}/tools/{stem}.py", table.line, 1)
            if name not in contracts:
                raise error("AG055", f"the tool {name} has no contract", where, "build the folder again")
            answer = generated_answer(tools[name], contracts[name])
            held = None if answer is None else {"": answer}
            found[name] = ToolSnapshot(tools[name], contracts[name], where, places.get(name, {}), held)
    return Surface(
        name=server.name,
        server=server,
        tools=found,
        where=Where(f"{shown}/server.py", 1, 1),
        spec=_spec(folder),
        auth={one.value.name: Where(f"{shown}/auth.py", one.line, 1) for one in auths},
    )


def _text(path: Path, shown: str) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise error("AG055", "the file cannot be read", Where(shown), _HELP) from None


def _of(folder: Path, path: str, shown: str, kind: type) -> Iterator[Any]:
    text = _text(folder / path, f"{shown}/{path}")
    return read_tables(text, kind, f"{shown}/{path}", skip=_NOT_LITERAL if kind is Server else frozenset())


def _tags(folder: Path, shown: str) -> Mapping[str, str]:
    path = "tools/__init__.py"
    return tags_of(_text(folder / path, f"{shown}/{path}")) if (folder / path).is_file() else {}


def _completed(server: Server, tables: Mapping[str, Sequence[Table]], tags: Mapping[str, str]) -> Server:
    """The server with its tools; those of toolsets (format 2) are completed by it."""
    complete = [one.value for stem, here in tables.items() if stem not in tags for one in here]
    toolsets = tuple(
        Toolset(tags[stem], tuple(one.value for one in here)) for stem, here in tables.items() if stem in tags
    )
    return replace(server, tools=tuple(complete), toolsets=toolsets)


def _contracts(text: str, shown: str, tools: Mapping[str, Tool]) -> dict[str, Contract]:
    try:
        return {name: read_contract(name, entry, tools.get(name)) for name, entry in json.loads(text).items()}
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise error("AG055", "the contracts cannot be read", Where(shown), "build the folder again") from None


def _places(text: str, shown: str) -> dict[str, dict[str, Where]]:
    """Where each argument is. Contracts are printed with two blanks a level, so that depth shows what a key is: the
    arguments are members of ``arguments``, or of ``properties`` in a schema that says more than that."""
    found: dict[str, dict[str, Where]] = {}
    arguments: dict[str, Where] = {}
    member = section = ""
    for number, line in enumerate(text.splitlines(), 1):
        depth = len(line) - len(line.lstrip(" "))
        if depth not in (2, 4, 6, 8) or not line.lstrip().startswith('"'):
            continue
        try:
            key, _ = json.JSONDecoder().raw_decode(line.lstrip())
        except ValueError:
            continue
        if depth == 2:
            arguments = found.setdefault(key, {})
            member = section = ""
        elif depth == 4:
            member, section = key, ""
        elif depth == 6 and member != "arguments":
            section = key
        elif (depth == 6 and member == "arguments") or section == "properties":
            arguments.setdefault(key, Where(shown, number, depth + 1))
    return found


def _spec(folder: Path) -> str:
    from adaptgen.output import lock

    try:
        known = lock.read(folder)
    except AdaptgenError:
        return ""
    return str(known.options.get("source", known.spec)) if known else ""
