"""How a mock API behaves: values that the service follows and that truth is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Mechanics: TypeAlias = Literal["offset", "page", "cursor", "none"]


@dataclass(frozen=True)
class Paging:
    """How one list pages. ``position`` and ``size`` are parameters, empty where there is none.

    ``above``: what a size above ``maximum`` gives: ``honoured`` (there is no maximum), ``clamped``, ``refused``;
    ``ignored``: every page has ``default`` records. ``end``: what is behind the last page: ``empty``, ``404``,
    ``400``, ``repeated``. ``next``: where the next token or URL is (``announce``); ``last``: what is there on the last
    page: ``absent``, ``null``, ``blank``, or ``more`` for a token that leads to an empty page. ``zero``: what the page
    before the first gives: ``first``, ``400``, ``empty``."""

    mechanics: Mechanics = "none"
    position: str = ""
    size: str = ""
    first: int = 1
    default: int = 20
    maximum: int | None = None
    above: str = "honoured"
    end: str = "empty"
    announce: Literal["", "token", "url", "link", "header"] = ""
    next: str = ""
    last: str = "absent"
    absolute: bool = True
    zero: str = "first"

    @property
    def styles(self) -> frozenset[str]:
        """The styles of hints that read this list, each as right as the others."""
        named = {"url": "next_url", "link": "link", "header": "header", "token": "cursor"}
        found = {named[self.announce]} if self.announce else set()
        if self.mechanics in ("offset", "page"):
            found.add(self.mechanics)
        return frozenset(found or {"none"})

    def page_size(self, asked: int | None) -> int | None:
        """The records of a page where ``asked`` are asked for, or None where this is refused."""
        if asked is None or self.above == "ignored" or asked < 1:
            return self.default
        if self.maximum is None or asked <= self.maximum:
            return asked
        return None if self.above == "refused" else self.maximum


@dataclass(frozen=True)
class Login:
    """Who is let in. ``kind``: ``none``, ``basic``, ``key`` (given, sent as it is), ``session`` (a login mints the
    token). ``sent``: ``header NAME: TEMPLATE``, ``query NAME`` or ``cookie:NAME``; ``token``: where the login's answer
    has it. ``uses``: requests that one token serves, or None. ``refused``: what a missing or dead session gives."""

    kind: str = "none"
    sent: str = ""
    path: str = ""
    user: str = ""
    password: str = ""
    form: bool = False
    token: str = ""
    lifetime: int | None = None
    uses: int | None = None
    refused: str = "401"


@dataclass(frozen=True)
class Declared:
    """How far the document tells the truth. ``paging``: ``right``, ``missing``, ``renamed``, ``partly``; ``envelope``:
    ``right``, ``bare``, ``renamed``, ``untyped``; ``security``: ``right``, ``missing``, ``wrong``."""

    paging: str = "right"
    envelope: str = "right"
    security: str = "right"
    login: str = "right"
    fields: str = "right"
    first: int | None = None
    maximum: int | None = None


@dataclass(frozen=True)
class Field:
    """A member of a record. ``kind``: ``id``, ``title``, ``ref``, ``person``, ``email``, ``phone``, ``iban``,
    ``hidden`` (personal under a name that does not say so), ``constant``, ``null``, ``date``, ``time``, ``number``,
    ``enum``, ``flag``, ``bulky``, ``nested``. ``of``: the list that a ``ref`` points to."""

    name: str
    kind: str
    of: str = ""
    declared: bool = True


@dataclass(frozen=True)
class Listing:
    """One list of records. ``path`` and ``parent``: a child list stands below the detail of its parent and holds the
    records whose ``link`` is the parent's id. ``total``: where the number of all records is, or empty. ``extras``:
    other members of the envelope."""

    name: str
    singular: str
    path: str
    fields: tuple[Field, ...]
    records: tuple[Mapping[str, Any], ...]
    paging: Paging
    items: str = "$"
    total: str = ""
    extras: Mapping[str, str] = field(default_factory=dict)
    filters: tuple[str, ...] = ()
    declared: Declared = field(default_factory=Declared)
    parent: str = ""
    link: str = ""

    @property
    def identity(self) -> str:
        """The member that identifies a record."""
        return next(one.name for one in self.fields if one.kind == "id")

    @property
    def operation(self) -> str:
        """The key of the operation that reads the list."""
        return f"GET {self.path}"

    def below(self, parent: Any) -> list[Mapping[str, Any]]:
        """The records below one parent; all of them for a list without."""
        return [one for one in self.records if not self.link or str(one[self.link]) == str(parent)]


@dataclass(frozen=True)
class Api:
    """A whole API. ``errors``: ``flat``, ``problem``, ``spring``, ``nested``. ``strict``: unknown parameters are
    refused. ``unsafe``: operations that must not be called, by their keys."""

    seed: int
    name: str
    base: str
    login: Login
    lists: tuple[Listing, ...]
    errors: str
    strict: bool
    unsafe: tuple[str, ...]
    secrets: Mapping[str, str]
    canaries: frozenset[str]
    declared: Declared

    def listing(self, name: str) -> Listing:
        """The list of this name."""
        return next(one for one in self.lists if one.name == name)

    def with_operation(self, operation: str) -> Listing | None:
        """The list that an operation reads."""
        return next((one for one in self.lists if one.operation == operation), None)
