"""The entry of one server in the configuration of a client: how to start it or where it is, and its environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from adaptgen.clients.catalog import Client
from adaptgen.model.tables import Json, Server
from adaptgen.plan.auth.security_schemes import variable
from adaptgen.readiness.doctor import demanded
from adaptgen.syntax.templates import references, references_in


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that a server reads."""

    name: str
    secret: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """``value``: the entry itself. ``inputs``: what the client asks its user for (VS Code). ``unset``: variables that
    have no value in the file and that the client will not find elsewhere. ``written``: secrets whose values are in the
    entry."""

    value: Mapping[str, Json]
    inputs: tuple[Mapping[str, Json], ...] = ()
    unset: tuple[str, ...] = ()
    written: tuple[str, ...] = ()


def variables(server: Server, environ: Mapping[str, str], settings: Collection[str] = ()) -> tuple[Variable, ...]:
    """The variables that the entry of the server needs, by name: addresses that the document leaves open, credentials
    without which calls fail, and everything else that the server reads and that ``environ`` sets. ``settings``: the
    variables of its governance settings, which hold keys."""
    names = {*demanded(server, environ)}
    addresses: set[str] = set()
    for base in server.bases:
        named = {one.name for one in references(base.url) if one.kind == "env"}
        addresses |= named or ({base.env} if base.env and (not base.url or environ.get(base.env)) else set())
    known = (one.name for one in references_in(server, ("edits", "bases")) if one.kind == "env")
    names |= {name for name in known if environ.get(name)}
    secrets = {name for name in names - addresses if variable(name, server.name).secret} | {*settings}
    return tuple(Variable(name, name in secrets) for name in sorted(names | addresses | {*settings}))


def command(arguments: Sequence[str]) -> tuple[str, list[str]]:
    """The program and its arguments that run ``adaptgen serve``, from any folder and without a PATH.

    ``-P`` keeps the folder in which the client starts it out of the module path: it may be anyone's project. The
    environments of ``uvx`` are in a cache that may be emptied, so ``uv`` makes such an environment again.
    """
    uv = os.environ.get("UV", "")
    if uv and any(part.startswith("archive-v") for part in Path(sys.prefix).parts):
        return uv, ["tool", "run", "--from", _installed_from(distribution("adaptgen")), "adaptgen", "serve", *arguments]
    return sys.executable, ["-P", "-m", "adaptgen", "serve", *arguments]


def _installed_from(own: Distribution) -> str:
    """Where this installation came from (PEP 610), as ``uv tool run --from`` takes it on this machine."""
    text = own.read_text("direct_url.json")
    if text is None:
        return f"adaptgen=={own.version}"
    said = json.loads(text)
    if "vcs_info" in said:
        return f"{said['vcs_info']['vcs']}+{said['url']}@{said['vcs_info']['commit_id']}"
    parts = urlsplit(said["url"])
    return url2pathname(parts.path) if parts.scheme == "file" else str(said["url"])


def local(
    client: Client,
    arguments: Sequence[str],
    needed: Sequence[Variable],
    environ: Mapping[str, str],
    *,
    with_secrets: bool = False,
) -> Entry:
    """The entry of a server that the client starts. Other values than secrets come from ``environ``; secrets only
    ``with_secrets``, and are references otherwise, if the client has such."""
    program, args = command(arguments)
    value: dict[str, Json] = {"type": "stdio"} if client.typed else {}
    value |= {"command": program, "args": args}
    env: dict[str, str] = {}
    inputs: list[Mapping[str, Json]] = []
    unset: list[str] = []
    written: list[str] = []
    for one in needed:
        given = environ.get(one.name, "")
        if given and (with_secrets or not one.secret):
            env[one.name] = given
            written += [one.name] if one.secret else []
        elif client.variable.startswith("${input:"):
            id = one.name.lower().replace("_", "-")
            env[one.name] = client.variable % id
            inputs.append({"type": "promptString", "id": id, "description": one.name, "password": one.secret})
        elif client.variable:
            env[one.name] = client.variable % one.name
            unset += [] if given else [one.name]
        else:
            env[one.name] = ""
            unset.append(one.name)
    if env:
        value["env"] = env
    return Entry(value, tuple(inputs), tuple(unset), tuple(written))


def remote(client: Client, url: str) -> Entry:
    """The entry of a server that is reached at ``url`` over streamable HTTP."""
    return Entry({"type": "http", "url": url} if client.typed else {"url": url})


def snippet(client: Client, name: str, entry: Entry) -> str:
    """The entry in a file that holds nothing else."""
    whole: dict[str, Json] = {client.key: {name: entry.value}}
    if entry.inputs:
        whole = {"inputs": list(entry.inputs), **whole}
    return json.dumps(whole, indent=2, ensure_ascii=False)
