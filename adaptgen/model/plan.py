"""The result of planning: the adapter model in modules, and all that is said about it: evidence, inputs, what is
missing.

Plain frozen values like those of ``adaptgen.model.tables``, but for the build column alone: a server that starts does
not load them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from adaptgen.model.tables import Contract, Server, Tool, value


@value(kw_only=True)
class Module:
    """One generated module: the tools of one resource."""

    name: str
    title: str
    tools: tuple[Tool, ...]
    contracts: Mapping[str, Contract]


Basis: TypeAlias = Literal["hint", "learned", "document", "inference", "default"]
"""What a decision rests on: hints or extensions say it, it was learned by trying the API, the document declares it,
names and shapes point to it, or nothing speaks about it."""


@value()
class Evidence:
    """Why something was decided: ``subject`` (a tool, an auth, "server"), ``aspect`` ("paging", "view", "login", …)."""

    subject: str
    aspect: str
    decision: str
    because: str
    pointer: str = ""
    basis: Basis = "inference"


@value()
class Input:
    """One declared input of one operation and where it went. ``place``: path, query, header, cookie or body.

    ``fate`` is ``argument`` (``by``: the tool and argument), ``absorbed`` (``by``: the place that supplies it),
    ``hidden`` (``by``: the hint) or ``lost``, which is an error of the generator.
    """

    operation: str
    place: str
    name: str
    fate: Literal["argument", "absorbed", "hidden", "lost"]
    by: str
    required: bool = False


@value()
class LeftOut:
    """An operation that became no tool. ``why``: ``hidden`` by a hint, ``login`` (serves an auth chain), ``broken``."""

    operation: str
    pointer: str
    why: Literal["hidden", "login", "broken"]
    reason: str


@value()
class Variable:
    """An environment variable that the server reads."""

    name: str
    purpose: str
    required: bool = True
    secret: bool = False


@value(kw_only=True)
class Registry:
    """How a registry of MCP servers lists the server: its ``namespace`` in reverse-DNS form, the ``version`` of the
    API, the ``url`` where it runs, its container ``image``; "" for what the hints do not say."""

    namespace: str = ""
    version: str = ""
    url: str = ""
    image: str = ""


@value(kw_only=True)
class Plan:
    """The whole result of planning: what is rendered, and what is said about it. ``added``: the tools of the side file
    of overrides; ``cassettes``: the recorded answers, relative to the folder of the server; ``search``: the SHA-256 of
    the file of search words, "" without one; ``embedder``: a digest of the function that makes vectors, "" without;
    ``names``: operation -> the name of its tool and its earlier names, for the lock; ``better_names``: tools whose
    names the lock keeps -> what the rules would call them; ``registry``: what ``server.json`` says."""

    server: Server
    modules: tuple[Module, ...]
    added: tuple[tuple[Tool, Contract], ...] = ()
    inputs: tuple[Input, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    variables: tuple[Variable, ...] = ()
    operations: int = 0
    title: str = ""
    source: str = ""
    notes: tuple[str, ...] = field(default=())
    cassettes: PurePosixPath | None = None
    search: str = ""
    embedder: str = ""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    better_names: Mapping[str, str] = field(default_factory=dict)
    registry: Registry = Registry()

    def first_evidence(self) -> dict[tuple[str, str], Evidence]:
        """(subject, aspect) -> the first thing that is said about it."""
        return {(item.subject, item.aspect): item for item in reversed(self.evidence)}
