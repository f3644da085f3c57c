"""What is compared: a server as agents see it, wherever it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from adaptgen.diagnostics import Where
from adaptgen.model.tables import Contract, Server, Tool

Level: TypeAlias = Literal["breaking", "review", "additive", "unchanged"]
LEVELS: tuple[Level, ...] = ("breaking", "review", "additive", "unchanged")
"""From the worst to none: an agent's calls fail or answer otherwise; a person must look; only more is possible; the
words or the request differ, and agents do as before."""


@dataclass(frozen=True, slots=True)
class ToolSnapshot:
    """One tool. ``where``: its table, or its operation in a document. ``arguments``: the places of its arguments.
    ``answers``: the schema of its answer under "", that of each step under the step's id; None where nothing is known.
    ``complete``: they are what the document declares, not only the types of the views that a generated folder holds.
    """

    tool: Tool
    contract: Contract
    where: Where
    arguments: Mapping[str, Where] = field(default_factory=dict)
    answers: Mapping[str, Mapping[str, Any]] | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Surface:
    """One server. ``server`` is its table, whose ``tools`` are those of ``tools``. ``spec``: the document that it was
    made from, as it is to be named. ``auth``: the places of its auths. ``findings``: changes that reading met already.
    """

    name: str
    server: Server
    tools: Mapping[str, ToolSnapshot]
    where: Where
    spec: str = ""
    auth: Mapping[str, Where] = field(default_factory=dict)
    findings: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One change. ``subject``: a tool, ``auth <name>``, or the server's name. ``kind``: a short fixed word, for
    programs. ``pointer``: JSON pointer of the operation in the document. ``hint``: a line for the hints."""

    level: Level
    subject: str
    kind: str
    text: str
    where: Where | None = None
    pointer: str = ""
    hint: str = ""
    server: str = ""


def worst_level(changes: tuple[Change, ...]) -> Level:
    """The worst level among ``changes``."""
    return min((one.level for one in changes), key=LEVELS.index, default="unchanged")
