"""Where a person lets the credentials of the environment go, as far as the hints say so.

A name that the hints write down is a person's word for the server that they belong to. Only a well-known variable also
needs the address from them. What is learned by trying is nobody's word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from adaptgen.model.tables import Auth, Base
from adaptgen.syntax.templates import is_well_known, references_in, strings_in

if TYPE_CHECKING:
    from adaptgen.source.hints.model import Hints

_ADDRESS = re.compile(r"(?:[A-Za-z]+ +)?((?i:https?)://[^/?#\s]+|\$\{[^{}]+\}(?=/))")


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
