"""Where credentials may go: to the origin that they belong to (RFC 6454), and to those that the hints name.

A name that the hints write down is a person's word for the server that they belong to. Only a well-known variable also
needs the address from them. What is learned by trying is nobody's word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from adaptgen.diagnostics import Diagnostic
from adaptgen.model.tables import Auth, Base
from adaptgen.plan.document.base_urls import Bases, origin_of
from adaptgen.syntax.templates import is_well_known, references_in, strings_in

if TYPE_CHECKING:
    from adaptgen.plan.document.reader import Operation
    from adaptgen.source import Document
    from adaptgen.source.hints.model import Hints

_ADDRESS = re.compile(r"(?:[A-Za-z]+ +)?((?i:https?)://[^/?#\s]+|\$\{[^{}]+\}(?=/))")
HOME = ""
"""The origin of the main base, with those that the hints trust."""


class Places:
    """The origin of each operation, as a text; :data:`HOME` for the main one."""

    def __init__(self, document: Document, hints: Hints, bases: Bases) -> None:
        self._document, self._hints, self._bases = document, hints, bases
        self._by_base = {base.name: base for base in bases.bases}
        self._trusted = {origin_of(one) for one in hints.trusted_origins}
        self._known: dict[str, str] = {}

    def of(self, operation: Operation) -> str:
        """Where the operation is sent."""
        name = self._bases.by_operation.get(operation.pointer, "")
        part = self._document.parts.get(operation.written)
        declares = part is not None and part.name == name and any(operation.security or ())
        if part is not None and declares and (part.base_url or self._hints.auth):
            return HOME  # hints that say where a document is, or how to log in, speak of what it declares
        if name not in self._known:
            self._known[name] = self._place(name)
        return self._known[name]

    def _place(self, name: str) -> str:
        base = self._by_base.get(name)
        if not name or base is None or base.follows:
            return HOME
        origin = origin_of(base.url)
        main = origin_of(self._by_base[""].url) if "" in self._by_base else None
        if origin is None:
            return name
        if origin == main or origin in self._trusted:
            return HOME
        scheme, host, port = origin
        shown = f"[{host}]" if ":" in host else host
        usual = port == (443 if scheme == "https" else 80)
        return f"{scheme}://{shown}" if usual else f"{scheme}://{shown}:{port}"

    def homes(self, operations: Sequence[Operation], owners: Mapping[str, Iterable[str]]) -> dict[str, str]:
        """The one place of each credential: the main one where it is used there, else where it is used most."""
        counts: dict[str, Counter[str]] = {}
        for operation in operations:
            for owner in owners.get(operation.pointer, ()):
                counts.setdefault(owner, Counter())[self.of(operation)] += 1
        return {
            owner: HOME if HOME in places else min(places, key=lambda place: (-places[place], place))
            for owner, places in counts.items()
        }

    def not_sent(self, place: str, keys: Sequence[str]) -> Diagnostic:
        """What is said about operations of ``place`` that declare a credential of another origin."""
        more = f" and {len(keys) - 1} others" if len(keys) > 1 else ""
        if "://" in place:
            message = f"{keys[0]}{more} declare a credential of another origin; it is not sent to {place}"
            help = f"if both belong together, write server: {{trusted_origins: [{place}]}}"
        else:
            message = f"{keys[0]}{more} declare a credential of another document; it is not sent there"
            help = f"if both belong together, write documents: {{{place}: {{file: …, base_url: …}}}}"
        return Diagnostic("AG027", message, self._hints.where("server"), help, "warning")


def find_trusted(hints: Hints) -> tuple[str, ...]:
    """The addresses that the hints name next to the base URL, as templates: other origins, and those of logins."""
    return tuple(sorted({*hints.trusted_origins, *_addresses(_written_auth(hints))}))


def find_declared(hints: Hints, bases: tuple[Base, ...]) -> tuple[str, ...]:
    """The base URLs that only the document names, as templates."""
    hinted = {hints.base_url, *(document.base_url for document in hints.joins.values())}
    return tuple(sorted({base.url for base in bases if base.url and base.env and base.url not in hinted}))


def find_agreed(hints: Hints, bases: tuple[Base, ...], auths: tuple[Auth, ...]) -> dict[str, tuple[str, ...]]:
    """By environment variable the addresses that the hints let it go to, as templates."""
    declared = {*find_declared(hints, bases)}
    named = {base.url for base in bases if base.url} - declared | {*find_trusted(hints)}
    declared |= {*_addresses(auths)} - named
    written = (_written_auth(hints), hints.tools)
    variables = {reference.name for reference in references_in(written) if reference.kind == "env"}
    agreed = {name: set(addresses) for name, addresses in hints.credentials.items()}
    for name in variables:
        addresses = named if is_well_known(name) else declared
        if addresses:
            agreed.setdefault(name, set()).update(addresses)
    return {name: tuple(sorted(addresses)) for name, addresses in sorted(agreed.items())}


def _written_auth(hints: Hints) -> Mapping[str, object]:
    learned = hints.learned.auth if hints.learned is not None else {}
    return {name: auth for name, auth in hints.auth.items() if learned.get(name) is not auth}


def _addresses(value: object) -> Iterator[str]:
    for text in strings_in(value):
        if address := _ADDRESS.match(text):
            yield address[1]
