"""What is shipped: a generated server or the proxy, with its settings, checked for a place that others can reach."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.govern.settings.key_files import REFERENCE
from adaptgen.govern.settings.load import advice, check_target, read
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.rules import check_issuer
from adaptgen.model.tables import Auth, Server
from adaptgen.output.lock import NAME as GENERATED_LOCK
from adaptgen.output.lock import read as read_lock
from adaptgen.ship.bundles.settings_bundle import bundle_settings, content_of
from adaptgen.syntax.templates import Reference, placeholders, references_in, strings_in
from adaptgen.transports.load import load_server

_ELSEWHERE = "governance"
"""The folder of settings from outside the server's own tree, in a bundle."""
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_ENV = re.compile(r"\$\{env:[^}]+\}")
NOT_TEMPLATES = frozenset({"policies", "where", "hash", "path"})
"""Fields of settings, and the path of a call."""
_BULKY = frozenset({GENERATED_LOCK, "README.md", "policy.cedarschema", "template.yaml", "Dockerfile"})


@dataclass(frozen=True, slots=True)
class Deployable:
    """``name`` of the server or the proxy; ``folder`` of the generated package in the bundle ("" for the proxy);
    ``governance``: path of the settings in the bundle; ``files``: path in the bundle -> content, settings as JSON;
    ``warnings``: what is right and may surprise.
    """

    name: str
    folder: str
    governance: str
    settings: Settings
    server: Server | None
    files: Mapping[str, bytes] = field(repr=False)
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def references(self) -> frozenset[Reference]:
        """Every ``${env:…}``, ``${secret:…}`` and ``${ssm:…}`` of the settings and of the server."""
        return frozenset((*references_in(self.settings, NOT_TEMPLATES), *references_in(self.server, NOT_TEMPLATES)))

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that it reads, ordered."""
        found = {one.name for one in self.references if one.kind == "env"}
        if self.server is not None:
            found |= {base.env for base in self.server.bases if base.env}
        return tuple(sorted(found))

    @property
    def stores(self) -> frozenset[str]:
        """Where state lives: ``memory``, ``redis``, ``dynamodb``."""
        sessions = {auth.store for auth in self.server.auth} if self.server is not None else set()
        return frozenset({self.settings.state.store, *sessions})


def read_deployable(what: Path, governance: Path | None = None) -> Deployable:
    """What ``what`` is: the folder of a generated server, or the settings of a proxy.

    ``governance``: other settings than those that the server names.

    Raises:
        AdaptgenError: AG061 for a folder without a server; AG078 where there are no settings; AG090 for what cannot
            run in many short-lived processes; whatever is wrong with the settings.
    """
    if what.is_dir() or (not what.exists() and not what.suffix):
        return _server(what, governance)
    if governance is not None:
        raise error("AG090", "the settings of a proxy are what is packaged", Where(str(what)), "leave --governance out")
    settings = read(what)
    if settings.mode != "proxy":
        help = "name the folder of the server: adaptgen package DIR --governance FILE"
        raise error("AG090", f"mode is {settings.mode}, and without a server only a proxy ships",
                    settings.where("mode"), help)  # fmt: skip
    _check(settings, None)
    files = bundle_settings(settings, _ELSEWHERE)
    name = what.resolve().parent.name or "proxy"
    return Deployable(name, "", f"{_ELSEWHERE}/{what.stem}.json", settings, None, files, _warnings(settings))


def _server(folder: Path, given: Path | None) -> Deployable:
    server = load_server(folder)
    root = folder.resolve()
    if given is None and not server.governance:
        help = "write specs/<name>/governance.yaml and build again, or name one: --governance FILE"
        raise error("AG078", f"{server.name} has no governance settings", Where(str(folder)), help)
    own = Path(os.path.normpath(root / server.governance)) if server.governance else None
    named = own if given is None else given
    assert named is not None
    settings = read(_shown(named))
    if settings.mode == "proxy":
        help = "adaptgen package GOVERNANCE ships the proxy; a server wants mode: embedded or mode: behind"
        raise error("AG090", "mode is 'proxy', and this is a server", settings.where("mode"), help)
    _check(settings, server)
    carried_along = [one for one in (server.overrides, _certificates(server, folder)) if one]
    beside = [one for one in (*carried_along, server.governance) if one]
    depth = max((_climbs(one) for one in beside), default=1) or 1
    place = "/".join(root.parts[-depth:])
    files = {f"{place}/{path}": content for path, content in _generated(root)}
    for reference in carried_along:
        path = Path(os.path.normpath(root / reference))
        files[os.path.normpath(f"{place}/{reference}")] = content_of(path)
    if own is not None and named.resolve() == own:
        beside_it = PurePosixPath(os.path.normpath(f"{place}/{server.governance}")).parent
    else:
        beside_it = PurePosixPath(_ELSEWHERE)
    files |= bundle_settings(settings, str(beside_it))
    at = str(beside_it / f"{named.stem}.json")
    return Deployable(server.name, place, at, settings, server, files, _warnings(settings))


def _certificates(server: Server, folder: Path) -> str:
    """The file of ``connection.ca``, "" if it has none. Private keys are never bundled: AG090 where a client
    certificate is a file, or the file lies at a place of this machine."""
    said = server.connection
    if said is None:
        return ""
    for name, text in (("client_cert", said.client_cert), ("ca", said.ca)):
        if text and "${" not in text and (name == "client_cert" or Path(text).is_absolute()):
            why = "a bundle holds no private key" if name == "client_cert" else "it is not there where the bundle runs"
            help = f'{name}: "${{secret:{server.name}-mtls}}" in the hints, and build again'
            raise error("AG090", f"connection.{name} is a file, and {why}", Where(str(folder)), help)
    return "" if "${" in said.ca else said.ca


def _shown(path: Path) -> Path:
    """Relative to where the command runs, if it lies below: as a person would name it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_absolute() and path.is_relative_to(here) else path


def _climbs(reference: str) -> int:
    return Path(os.path.normpath(reference)).parts.count("..")


def _generated(root: Path) -> Iterator[tuple[str, bytes]]:
    """What the build wrote, as its lock has it, and nothing else that lies there: a ``.env``, a key, a ``.git``."""
    lock = read_lock(root)
    if lock is None:
        raise error("AG090", f"{GENERATED_LOCK} is missing", Where(str(root)), "generate it again: adaptgen build")
    for path in sorted(lock.files):
        parts = PurePosixPath(path).parts
        if parts[0] not in ("tests", *_BULKY) and ".." not in parts and not PurePosixPath(path).is_absolute():
            yield path, content_of(root / path)


def _check(settings: Settings, server: Server | None) -> None:
    check_target(settings, loopback=False)
    check_issuer(settings, loopback=False)
    found: list[Diagnostic] = []
    audit = settings.audit
    if audit is not None and audit.sink not in ("stdout", "stderr", "none"):
        help = "audit: {sink: stdout} goes to the log group"
        found.append(Diagnostic("AG090", "audit.sink is a file, and a file ends with its process",
                                settings.where("audit", "sink"), help))  # fmt: skip
    if audit is not None and audit.kms_key and not _KEY_ARN.fullmatch(audit.kms_key):
        where, help = settings.where("audit", "kms_key"), "arn:aws:kms:<region>:<account>:key/<id>"
        found.append(Diagnostic("AG090", "the role can be limited to a key only by its ARN", where, help))
    if settings.metrics.listen:
        help = "leave it out: metrics of a function or of AgentCore are in CloudWatch (metrics: {cloudwatch: true})"
        found.append(Diagnostic("AG090", "nothing can scrape a port there", settings.where("metrics", "listen"), help))
    if settings.files is not None and not settings.files.store:
        message = "files need a store there: no disk lasts from one call to the next"
        found.append(Diagnostic("AG107", message, settings.where("files"), "files: {store: s3://bucket/prefix}"))
    for name, reference in _key_references(settings):
        if REFERENCE.fullmatch(reference):
            help = '"${secret:name#key}", or "${env:NAME}"'
            where = settings.where("keys", *name)
            found.append(Diagnostic("AG090", f"keys.{'.'.join(name)} is a file of this machine", where, help))
    state = settings.state
    if state.store == "dynamodb" and "${" in state.table and not _ENV.fullmatch(state.table):
        where, help = settings.where("state", "table"), 'write the name, or "${env:NAME}"'
        found.append(Diagnostic("AG090", "the stack cannot know the name of the table", where, help))
    for auth in server.auth if server is not None else ():
        found += _sessions(auth, server)
        if auth.store == "state" and state.store == "memory":
            message = f"{auth.name} keeps what lasts in the state, and the settings have none that lasts"
            found.append(Diagnostic("AG090", message, settings.where("state"), "state: {store: dynamodb, …}"))
        if auth.store in ("redis", "dynamodb") and auth.store != state.store:
            message = f"{auth.name} keeps its sessions in {auth.store}, and the state is in {state.store}"
            found.append(Diagnostic("AG090", message, settings.where("state"), f"state: {{store: {auth.store}, …}}"))
    if found:
        raise AdaptgenError(*found)


def _key_references(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    keys = settings.keys
    for id, reference in keys.tokens.all.items() if keys.tokens is not None else ():
        yield ("tokens", "all", id), reference
    for name in ("surrogates", "cursors", "handover", "audit", "checkpoints", "pins"):
        yield (name,), getattr(keys, name)


def _sessions(auth: Auth, server: Server | None) -> Iterator[Diagnostic]:
    where = Where(f"generated/{server.name}/auth.py" if server is not None else "")
    help = "store: dynamodb or store: redis in the hints, and build again"
    if auth.store == "file":
        yield Diagnostic("AG090", f"{auth.name} keeps its session in a file, which ends with its process", where, help)
    if auth.store != "memory" or auth.refresh is None:
        return
    # Single-use: a renewal changes what every process starts from.
    texts = [text for text in strings_in(auth.refresh.call, NOT_TEMPLATES) if "{" in text]
    if placeholders(texts) & set(auth.refresh.save) & set(auth.start):
        yield Diagnostic(
            "AG090",
            f"every renewal of {auth.name} changes what it starts from, and with store: memory the next process "
            "starts from a token that was used",
            where,
            help,
        )


def _warnings(settings: Settings) -> tuple[Diagnostic, ...]:
    return tuple(advice(settings, processes=True))
