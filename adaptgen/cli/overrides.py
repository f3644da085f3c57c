"""The side file of hand edits, ``specs/<name>/overrides.py``, as the build sees it: read, never run."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.model.plan import Plan

if TYPE_CHECKING:
    from adaptgen.source.overrides import Declared

NAME = "overrides.py"


def digest(file: Path) -> str:
    """The SHA-256 of the side file, for the lock."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def applied(plan: Plan, file: Path, folder: Path) -> Plan:
    """``plan`` with the tools that the side file adds. ``folder``: where the build before lies, to know renamed tools.

    Raises:
        AdaptgenError: AG001, AG045, AG038: the file cannot be read, or does not fit the tools of the plan.
    """
    from adaptgen.runtime.overrides import added
    from adaptgen.source import overrides

    declared = overrides.read(file)
    tools = {old: tool.name for tool in plan.server.tools for old in tool.was}
    tools |= {tool.name: tool.name for tool in plan.server.tools}
    problems = overrides.check(declared, tools, _renamed(plan, folder) if _gone(declared, tools) else {})
    made = []
    for one in declared:
        if one.said is not None:
            try:
                made.append(added(**one.said))
            except (TypeError, ValueError, AttributeError) as why:
                problems.append(Diagnostic("AG045", f"the tool {one.tool!r} cannot be added: {why}", one.where))
    if problems:
        raise AdaptgenError(*problems)
    return replace(plan, added=tuple(made))


def _gone(declared: Sequence[Declared], tools: dict[str, str]) -> bool:
    return any(one.kind != "add" and one.tool not in tools for one in declared)


def _renamed(plan: Plan, folder: Path) -> dict[str, str]:
    """Name before -> name now of every operation whose tool was renamed since the build in ``folder``."""
    from adaptgen.transports.load import load_server

    now = {tool.source: tool.name for tool in plan.server.tools if tool.source}
    try:
        before = load_server(folder, overrides=False).tools
    except AdaptgenError:
        return {}
    return {tool.name: now[tool.source] for tool in before if tool.source in now and now[tool.source] != tool.name}
