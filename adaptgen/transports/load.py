"""Load a generated package from its folder, and find a tool of it by name."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import re
import shlex
import sys
import traceback
from collections.abc import Collection
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import FORMAT, Server, Tool
from adaptgen.text.files import suggest

if TYPE_CHECKING:
    from adaptgen.runtime.overrides import Overrides

_REBUILD = "generate the server again: adaptgen build"
_FORMAT = lazy(r"^\s*format\s*=\s*(\d+)", re.MULTILINE)


def load_server(folder: Path, *, overrides: bool = True) -> Server:
    """The ``server`` of the generated package in ``folder``, with its side file of overrides in effect unless it is
    asked for without.

    The package is imported by path under a name of its own, so that two servers, or two builds of one server, never
    meet in ``sys.modules``.

    Raises:
        AdaptgenError: AG061 for a folder that holds no generated server, one that cannot be imported (with the place
            of the failing line), or one in a format that this runtime does not execute. AG045 for overrides.
    """
    root = folder.resolve()
    entry = root / "server.py"
    if not entry.is_file():
        raise no_server(folder)
    name = f"adaptgen_generated_{hashlib.sha256(str(root).encode()).hexdigest()[:16]}"
    try:
        server = getattr(_import(name, root), "server", None)
    except AdaptgenError:
        raise
    except Exception as why:
        _check_format(_declared_format(entry), folder)
        where = _place(why, root) or Where(str(entry))
        why_text = why.msg if isinstance(why, SyntaxError) else f"{type(why).__name__}: {why}"
        raise error("AG061", f"importing it failed: {why_text}", where, _REBUILD) from why
    if not isinstance(server, Server):
        raise error("AG061", "it defines no server", Where(str(entry)), _REBUILD)
    _check_format(server.format, folder)
    if not server.contracts.is_absolute():
        server = replace(server, contracts=root / server.contracts)
    return overridden(server, root) if server.overrides and overrides else server


def no_server(folder: Path) -> AdaptgenError:
    """The error for a path that is not a generated server: what there is, and what builds one."""
    spec = next(
        (one for end in ("yaml", "yml", "json") if (one := Path("specs") / f"{folder.name}.{end}").is_file()), None
    )
    help = "name the folder that adaptgen build wrote, such as generated/crm"
    if folder.is_file():
        message = "a file, and no generated server"
        help = f"build one from it: adaptgen build {shlex.quote(str(folder))}"
        if _holds_settings(folder):
            message = "settings, and no generated server"
            help = f"pass them as --governance {shlex.quote(str(folder))}; DIR is a folder such as generated/crm"
    elif folder.is_dir():
        message = "no generated server: it has no server.py"
        inside = sorted(path.parent.as_posix() for path in folder.glob("*/server.py"))
        documents = any(one.suffix in (".yaml", ".yml", ".json") for one in folder.iterdir())
        help = "build one from the documents in it: adaptgen build" if documents else help
        help = f"name the folder of one server: {', '.join(inside[:5])}" if inside else help
    else:
        message = "this folder does not exist"
        near = suggest(folder)
        below = Path("generated") / folder
        if (below / "server.py").is_file():
            help = f"did you mean {below.as_posix()!r}?"
        elif near.startswith("did you mean"):
            help = near
        elif spec is not None:
            help = f"build it first: adaptgen build {shlex.quote(spec.as_posix())}"
    return error("AG061", message, Where(str(folder)), help)


def overridden(server: Server, root: Path) -> Server:
    """``server``, whose folder is ``root``, with its side file of overrides in effect. A file that is not there, cannot
    be imported, or does not fit the tools is an AdaptgenError (AG045) with its place."""
    file = Path(os.path.normpath(root / server.overrides))
    if not file.is_file():
        help = f"put it back, or build again without it: {_REBUILD}"
        raise error("AG045", f"the overrides of {server.name} are not there", Where(str(file)), help)
    return load_overrides(file).of(server)


def load_overrides(file: Path) -> Overrides:
    """What the side file of hand edits says; the file is run. AG045, with the place, where it cannot be imported."""
    from adaptgen.runtime import overrides

    name = f"adaptgen_overrides_{hashlib.sha256(str(file).encode()).hexdigest()[:16]}"
    sys.modules.pop(name, None)
    try:
        spec = importlib.util.spec_from_file_location(name, file)
        if spec is None or spec.loader is None:
            raise ImportError("it is not a Python file")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    except AdaptgenError:
        raise
    except Exception as why:
        where = _place(why, file.parent) or Where(str(file))
        raise error("AG045", f"importing it failed: {type(why).__name__}: {why}", where, "correct the file") from why
    return overrides.load(file, module)


def _import(name: str, root: Path) -> object:
    for known in [key for key in sys.modules if key == name or key.startswith(f"{name}.")]:
        del sys.modules[known]
    importlib.invalidate_caches()
    spec = importlib.util.spec_from_file_location(name, root / "__init__.py", submodule_search_locations=[str(root)])
    if spec is None or spec.loader is None:
        raise ImportError(f"no package in {root}")
    package = importlib.util.module_from_spec(spec)
    sys.modules[name] = package
    if (root / "__init__.py").is_file():
        spec.loader.exec_module(package)
    return importlib.import_module(f"{name}.server")


def _declared_format(entry: Path) -> int:
    """The format that ``server.py`` names: a newer one may use words of the model that this runtime lacks."""
    declared = _FORMAT.search(entry.read_text("utf-8", "replace"))
    return int(declared[1]) if declared else FORMAT


def _check_format(declared: int, folder: Path) -> None:
    """The runtime executes its own format and the one before."""
    if max(FORMAT - 1, 1) <= declared <= FORMAT:
        return
    fix = (
        "pip install --upgrade adaptgen; or build it again with this one: adaptgen build"
        if declared > FORMAT
        else _REBUILD
    )
    executes = f"formats {FORMAT - 1} and {FORMAT}" if FORMAT > 1 else f"format {FORMAT}"
    raise error("AG061", f"it has format {declared}; this adaptgen executes {executes}", Where(str(folder)), fix)


def _place(why: Exception, root: Path) -> Where | None:
    if isinstance(why, SyntaxError) and why.filename:
        return Where(_shown(why.filename), why.lineno or 0, why.offset or 0)
    frames = [frame for frame in traceback.extract_tb(why.__traceback__) if frame.filename.startswith(str(root))]
    return Where(_shown(frames[-1].filename), frames[-1].lineno or 0, 1) if frames else None


def _shown(file: str) -> str:
    """As a person names it: relative to the folder that they are in."""
    path = Path(file)
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else file


def find_tool(server: Server, name: str) -> Tool:
    """The tool that is, or was, called ``name``; else an AdaptgenError (AG063) with the nearest names."""
    names = {old: tool for tool in server.tools for old in tool.aliases} | {tool.name: tool for tool in server.tools}
    if name not in names:
        raise unknown_tool(server.name, name, names)
    return names[name]


def unknown_tool(server: str, name: str, names: Collection[str]) -> AdaptgenError:
    """The error for a tool that ``server`` does not have."""
    near = get_close_matches(name, names, 3, 0.5) or sorted(names)[:8]
    more = "" if len(near) == len(names) else f" (of {len(names)} tools)"
    meant = get_close_matches(name, names, 1, 0.7)
    mean = f"did you mean {meant[0]!r}? " if meant else ""
    return error("AG063", f"{server} has no tool {name!r}", help=f"{mean}tools: {', '.join(near)}{more}")


def _holds_settings(file: Path) -> bool:
    """Whether a file looks like governance settings."""
    try:
        text = file.read_text("utf-8")[:65536]
    except (OSError, ValueError):
        return False
    said = ("adaptgen", r"\d"), ("mode", "(?:proxy|embedded|behind)")
    return all(re.search(rf"""(?:^|[\s{{,"']){key}["']?\s*:\s*["']?{value}\b""", text) for key, value in said)
