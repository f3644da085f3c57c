"""Base URLs: from the hints, else from the document's servers, always replaceable by the environment."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from adaptgen.diagnostics import AdaptgenError, Diagnostic, error
from adaptgen.model.plan import Basis, Evidence, Variable
from adaptgen.model.tables import Base, value
from adaptgen.net.addresses import UrlProblem, is_metadata_url, is_public_host, read_origin, split_url
from adaptgen.plan.document import tool_names as naming
from adaptgen.plan.document.reader import Operation, server_urls
from adaptgen.syntax.templates import TemplateError, escape, references

if TYPE_CHECKING:
    from adaptgen.source import Document
    from adaptgen.source.document import Part
    from adaptgen.source.hints.model import Hints


@value()
class Bases:
    """The bases of the server; ``by_operation`` pointer -> name of the base, for operations that have their own."""

    bases: tuple[Base, ...]
    by_operation: Mapping[str, str] = field(default_factory=dict)
    variables: tuple[Variable, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def prefix(name: str) -> str:
    """The prefix of the server's environment variables: ``my-crm`` -> ``MY_CRM``."""
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "API"


def find_bases(document: Document, hints: Hints, operations: Sequence[Operation], name: str) -> Bases:
    """The main base and those that single operations declare (OpenAPI 3.1, 4.8.8: ``servers`` overrides).

    Raises:
        AdaptgenError: AG035 for a base URL in the hints that is no template, AG026 for one that leads to a metadata
            service.
    """
    env = f"{prefix(name)}_BASE_URL"
    declared = _resolved(server_urls(document.root.get("servers")), hints)
    absolute = _first_absolute(declared, hints)
    relative = next((url for url in declared if url.startswith("/") and url != "/"), "")
    diagnostics: list[Diagnostic] = []
    basis: Basis
    if hints.base_url:
        try:
            named = references(hints.base_url)
        except TemplateError as wrong:
            raise error("AG035", str(wrong), hints.where("server", "base_url")) from None
        bases = [Base(hints.base_url, "" if named else env)]
        variables = [Variable(one.name, "base URL of the API") for one in sorted(named, key=str) if one.kind == "env"]
        if not named:
            variables.append(Variable(env, "base URL of the API, instead of the one in the hints", required=False))
        because, basis = "the hints say so", "hint"
    elif absolute:
        bases = [Base(escape(absolute), env)]
        variables = [Variable(env, f"base URL of the API, instead of {absolute}", required=False)]
        because, basis = "the first absolute URL among the document's servers", "document"
    else:
        ending = f", ending in {relative}" if relative else ""
        bases = [Base("", env)]
        variables = [Variable(env, f"base URL of the API{ending}")]
        because, basis = "the document declares no absolute server URL", "default"
        help = f"set {env} or `server.base_url`"
        if refused := _local_or_example(declared):
            because = f"the document's server {refused} is a local, private or example address and is not used"
            help = f'set {env} to the address of the API, or write in the hints: server: {{base_url: "{refused}"}}'
        diagnostics.append(Diagnostic("AG025", because, document.where("#/servers"), help, "warning"))
    evidence = [Evidence("server", "base", bases[0].url or f"${env}", because, "#/servers", basis)]
    by_operation: dict[str, str] = {}
    known: dict[str, str] = dict.fromkeys(declared, "")
    joined = _Joined(document, hints, name)
    for operation in operations:
        if (part := document.parts.get(operation.written)) is not None and (base := joined.base(part, operation)):
            by_operation[operation.pointer] = base
            continue
        url = _first_absolute(operation.servers, hints)
        if not url or url in known or hints.base_url:
            if url and known.get(url):
                by_operation[operation.pointer] = known[url]
            continue
        base = _base_name(url, {one.name for one in bases})
        variable = f"{prefix(name)}_{prefix(base)}_BASE_URL"
        bases.append(Base(escape(url), variable, base, follows(url, absolute)))
        variables.append(Variable(variable, f"base URL of {operation.key} and others, instead of {url}", False))
        because = f"{operation.key} has a server of its own"
        evidence.append(Evidence("server", "base", url, because, operation.pointer, "document"))
        known[url] = base
        by_operation[operation.pointer] = base
    found = Bases(tuple(bases), by_operation, tuple(variables), tuple(evidence), tuple(diagnostics))
    found = joined.added(found, absolute)
    _refuse_metadata(found.bases, document, hints)
    return found


def _refuse_metadata(bases: Sequence[Base], document: Document, hints: Hints) -> None:
    """A document must not send calls where the machine that makes them finds its own credentials.

    Raises:
        AdaptgenError: AG026 for each base URL that would.
    """
    findings = []
    for base in bases:
        if is_metadata_url(base.url):
            where = document.where("#/servers")
            if not base.name and hints.base_url:
                where = hints.where("server", "base_url")
            elif base.name in {part.name for part in document.parts.values()}:
                where = hints.where("documents", base.name)
            findings.append(
                Diagnostic(
                    "AG026",
                    f"the base URL {base.url} {UrlProblem.METADATA}",
                    where,
                    "set the API's own in server.base_url",
                )
            )
    if findings:
        raise AdaptgenError(*findings)


def follows(url: str, main: str) -> str:
    """The declared main base that ``url`` goes along with, since both are of one origin; "" for another origin."""
    here = origin_of(url)
    return main if here and here == origin_of(main) else ""


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of a URL (RFC 6454, 4); None for what is not absolute or holds a reference."""
    try:
        return None if "$" in url or "{" in url else read_origin(url)
    except ValueError:
        return None


class _Joined:
    """The bases of documents that were joined to the main one: each has its own."""

    def __init__(self, document: Document, hints: Hints, name: str) -> None:
        self.document, self.hints, self.server = document, hints, name
        self.parts: dict[str, Part] = {}

    def base(self, part: Part, operation: Operation) -> str:
        """The base of an operation of ``part``; "" where the operation has a server of its own."""
        declared = server_urls(list(part.servers))
        own = _first_absolute(operation.servers, self.hints)
        if own and own not in declared and not part.base_url:
            return ""
        self.parts[part.name] = part
        return part.name

    def added(self, found: Bases, main: str) -> Bases:
        hints = self.hints
        bases, variables = list(found.bases), list(found.variables)
        evidence, diagnostics = list(found.evidence), list(found.diagnostics)
        basis: Basis
        for name, part in sorted(self.parts.items()):
            env = f"{prefix(self.server)}_{prefix(name)}_BASE_URL"
            url = _first_absolute(server_urls(list(part.servers)), hints)
            if part.base_url:
                try:
                    named = references(part.base_url)
                except TemplateError as wrong:
                    raise error("AG035", str(wrong), hints.where("documents", name, "base_url")) from None
                bases.append(Base(part.base_url, "" if named else env, name))
                variables += [Variable(one.name, f"base URL of {name}") for one in named if one.kind == "env"]
                because, basis = "the hints say so", "hint"
            elif url:
                bases.append(Base(escape(url), env, name, follows(url, main)))
                because, basis = "the first absolute URL among its servers", "document"
                because += "; it goes where the main base goes" if bases[-1].follows else ""
            else:
                bases.append(Base("", env, name))
                because, basis = f"the document {name} declares no absolute server URL", "default"
                where = hints.where("documents", name)
                help = f"set {env}, or base_url: in documents.{name}"
                diagnostics.append(Diagnostic("AG025", because, where, help, "warning"))
            if not part.base_url or bases[-1].env:
                variables.append(Variable(env, f"base URL of {name}", required=not bases[-1].url))
            decision = bases[-1].url or f"${env}"
            evidence.append(Evidence("server", "base", decision, f"{name}: {because}", basis=basis))
        return Bases(tuple(bases), found.by_operation, tuple(variables), tuple(evidence), tuple(diagnostics))


def _resolved(urls: Sequence[str], hints: Hints) -> list[str]:
    """``urls`` with the relative ones resolved against the place of the document, where the hints name it (OpenAPI 3.1,
    4.8.5)."""
    source = hints.source.url if hints.source is not None else ""
    if "$" in source or "{" in source or not source:
        return list(urls)
    return [urljoin(source, url).rstrip("/") for url in urls or ("/",)]


def _local_or_example(declared: Sequence[str]) -> str:
    """The first URL that could be requested, of a document none of whose servers is an address; "" without one."""
    return next((url for url in declared if _requestable(url)), "")


def is_address(url: str, hints: Hints) -> bool:
    """Whether the document may name ``url`` as an address of the API: one of the internet, or of the origin where the
    hints say that the document comes from. Metadata services are an error of their own."""
    if is_metadata_url(url) or is_public_host(urlsplit(url).hostname or ""):
        return True
    return hints.source is not None and origin_of(url) == origin_of(hints.source.url)


def _first_absolute(urls: Sequence[str], hints: Hints) -> str:
    """The first URL that is an address and can be requested unchanged; HTTPS before HTTP where the rest is the
    same."""
    for url in urls:
        if _requestable(url) and is_address(url, hints):
            secure = f"https://{url[7:]}" if url.lower().startswith("http://") else ""
            return (secure if secure in urls else url).rstrip("/")
    return ""


def _requestable(url: str) -> bool:
    if re.search(r"[\x00-\x20\x7f{}<>\"\\^`|]", url):
        return False
    try:
        parts = split_url(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    plain = not parts.username and not parts.password and not parts.query and not parts.fragment
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_fine and plain


def _base_name(url: str, taken: set[str]) -> str:
    parts = urlsplit(url)
    host = naming.snake((parts.hostname or "").split(".")[0]) or "other"
    for candidate in (host, naming.snake(f"{host} {parts.path}"), f"{host}_{naming.digest(url)}"):
        if candidate not in taken:
            return candidate[:48]
    return naming.digest(url)
