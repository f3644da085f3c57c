"""Inputs that may page: those that the document declares, and those that APIs take by custom.

The tables say what to try, in which order; only what an experiment shows is believed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from adaptgen.learning.targets import Target
from adaptgen.model.tables import Cursor, Offset, PageNumber, Paging, Place, Unpaged, value
from adaptgen.plan.document.schemas import shape
from adaptgen.plan.paging.parameter_signals import CURSOR, LIMIT, OFFSET, PAGE, TOKEN
from adaptgen.syntax.identifiers import vocabulary, words

Role: TypeAlias = Literal["size", "offset", "page", "cursor"]


@value()
class Knob:
    """One input that may page, at ``place`` and inside ``inside`` as in :class:`adaptgen.model.tables.Offset`.
    ``role``: what its name says that it is; ``text``: it holds the others as JSON text."""

    name: str
    role: Role
    place: Place = "query"
    inside: str = ""
    declared: bool = True

    @property
    def shown(self) -> str:
        return f"{self.inside}.{self.name}" if self.inside else self.name


@value()
class Custom:
    """A name that APIs use. ``because``: where it comes from."""

    name: str
    role: Role
    because: str


CUSTOMARY: tuple[Custom, ...] = (
    Custom("limit", "size", "the most usual name of a size"),
    Custom("per_page", "size", "GitHub, Rails (will_paginate, kaminari)"),
    Custom("page_size", "size", "Django REST framework, Google AIP-158 in snake case"),
    Custom("pageSize", "size", "Google AIP-158"),
    Custom("size", "size", "Spring Data, Elasticsearch"),
    Custom("perPage", "size", "per_page in camel case"),
    Custom("page[size]", "size", "JSON:API"),
    Custom("page[limit]", "size", "JSON:API by offset"),
    Custom("count", "size", "SCIM (RFC 7644, 3.4.2.4)"),
    Custom("take", "size", "skip and take (.NET)"),
    Custom("$top", "size", "OData 4.01, 11.2.5"),
    Custom("_limit", "size", "json-server, Strapi"),
    Custom("_per_page", "size", "json-server 1"),
    Custom("max_results", "size", "Python and Twitter APIs"),
    Custom("maxResults", "size", "Google and Atlassian"),
    Custom("rows", "size", "Solr, CKAN"),
    Custom("top", "size", "OData without the sign"),
    Custom("max", "size", "JPA, Grails"),
    Custom("perpage", "size", "per_page without a break"),
    Custom("pagesize", "size", "pageSize without a break"),
    Custom("first", "size", "GraphQL connections over REST"),
    Custom("offset", "offset", "the most usual name of a position"),
    Custom("skip", "offset", "skip and take, LoopBack"),
    Custom("start", "offset", "Solr, CKAN"),
    Custom("$skip", "offset", "OData 4.01, 11.2.6"),
    Custom("_start", "offset", "json-server, Strapi"),
    Custom("page[offset]", "offset", "JSON:API by offset"),
    Custom("startIndex", "offset", "SCIM (RFC 7644, 3.4.2.4)"),
    Custom("startAt", "offset", "Atlassian"),
    Custom("from", "offset", "Elasticsearch"),
    Custom("first", "offset", "JPA, next to max"),
    Custom("page", "page", "the most usual name of a page's number"),
    Custom("page[number]", "page", "JSON:API"),
    Custom("pageNumber", "page", ".NET"),
    Custom("page_number", "page", "pageNumber in snake case"),
    Custom("_page", "page", "json-server"),
    Custom("pageIndex", "page", ".NET"),
    Custom("p", "page", "short for page"),
    Custom("cursor", "cursor", "the most usual name of a token"),
    Custom("page_token", "cursor", "Google AIP-158 in snake case"),
    Custom("pageToken", "cursor", "Google AIP-158"),
    Custom("next_token", "cursor", "AWS in snake case"),
    Custom("nextToken", "cursor", "AWS"),
    Custom("continuation", "cursor", "Azure and Eventbrite"),
    Custom("continuation_token", "cursor", "Azure"),
    Custom("continuationToken", "cursor", "Azure"),
    Custom("after", "cursor", "GraphQL connections over REST"),
    Custom("page[after]", "cursor", "JSON:API cursor profile"),
    Custom("page[cursor]", "cursor", "JSON:API"),
    Custom("marker", "cursor", "S3 and OpenStack"),
    Custom("starting_after", "cursor", "Stripe"),
    Custom("next", "cursor", "the name of the answer's own member"),
    Custom("scroll_id", "cursor", "Elasticsearch"),
    Custom("nextPageToken", "cursor", "the name of Google's member"),
    Custom("next_page_token", "cursor", "the same in snake case"),
    Custom("nextCursor", "cursor", "the name of the answer's own member"),
    Custom("next_cursor", "cursor", "the name of the answer's own member"),
    Custom("nextPage", "cursor", "the name of the answer's own member"),
    Custom("next_page", "cursor", "the name of the answer's own member"),
    Custom("bookmark", "cursor", "CouchDB, Pinterest"),
    Custom("startingToken", "cursor", "AWS"),
    Custom("since_id", "cursor", "Mastodon, Shopify"),
    Custom("max_id", "cursor", "Mastodon, Twitter"),
    Custom("last_id", "cursor", "the identity of the last record"),
)

_ROLES: tuple[tuple[frozenset[str], Role], ...] = (
    (PAGE, "page"), (OFFSET, "offset"), (TOKEN | CURSOR, "cursor"), (LIMIT, "size"),
)  # fmt: skip
_LAST_IDS = frozenset({"before", "maxid", "sinceid", "lastid", "afterid", "fromid", "lastseenid"})


def declared_knobs(target: Target) -> list[Knob]:
    """The inputs that the document declares and whose names may page: those first by which the build reads."""
    found: list[Knob] = []
    page = target.page
    if page is not None:
        found += knobs_of(page)
    for place in target.facts.page_inputs:
        for name, folded in place.folded.items():
            roles = [role for names, role in _ROLES if folded in names]
            roles += ["cursor"] if folded in _LAST_IDS else []
            for role in roles[:1]:
                # A size called `first` or `max` is the position of JPA elsewhere: what it does is tried.
                found.append(Knob(name, role, place.place, place.inside))
    found += _others(target, {one.name for one in found})
    unique: dict[tuple[str, str, str], Knob] = {}
    for one in found:
        unique.setdefault((one.name, one.place, one.inside), one)
    return list(unique.values())


PARTNERS = {
    "offset": "limit", "skip": "take", "start": "rows", "$skip": "$top", "_start": "_limit", "startIndex": "count",
    "startAt": "maxResults", "from": "size", "page[number]": "page[size]", "page[offset]": "page[limit]",
    "_page": "_limit", "page": "size", "pageNumber": "pageSize", "page_number": "page_size",
}  # fmt: skip
"""The size that mostly comes with a position."""

_SIZE_WORDS = vocabulary("size limit count max per rows num number length top results items records display show")
_TOKEN_WORDS = vocabulary("token cursor after before since marker next continue continuation max min last from "
                          "start maximum minimum older newer than until")  # fmt: skip


def _others(target: Target, known: set[str]) -> list[Knob]:
    """Declared inputs whose names are none of paging, but have a word of it."""
    found = []
    document = target.facts.document
    for one in target.operation.parameters:
        if one.place != "query" or one.required or one.name in known or one.content or one.name in target.query:
            continue
        form = shape(document, one.schema)
        if form.enum or form.format in ("date", "date-time", "uuid", "email"):
            continue
        said = set(words(one.name))
        number = form.type in ("integer", "number", None)
        bounded = isinstance(form.raw, Mapping) and "maximum" in form.raw and form.type == "integer"
        if (said & _SIZE_WORDS and number and "id" not in said) or bounded:
            found.append(Knob(one.name, "size"))
        elif said & _TOKEN_WORDS and form.type in ("string", "integer", None):
            found.append(Knob(one.name, "cursor"))
    return found


def knobs_of(page: Paging) -> list[Knob]:
    """The inputs that ``page`` uses."""
    if isinstance(page, Unpaged):
        return [Knob(page.cursor, "cursor", page.place, page.inside)] if page.cursor else []
    found: list[Knob] = []
    size = page.size if isinstance(page, PageNumber) else page.limit
    if size is not None:
        aside = getattr(page, "size_in_query", False)
        found.append(Knob(size, "size", "query" if aside else page.place, "" if aside else page.inside))
    if isinstance(page, Offset):
        found.append(Knob(page.offset, "offset", page.place, page.inside))
    elif isinstance(page, PageNumber):
        found.append(Knob(page.page, "page", page.place, page.inside))
    elif isinstance(page, Cursor):
        found.append(Knob(page.cursor, "cursor", page.place, page.inside))
    return found


def customary_knobs(target: Target, role: Role) -> list[Knob]:
    """The names of ``role`` that APIs use and the document does not declare here."""
    declared = {one.name for one in target.operation.parameters if one.place == "query"}
    return [Knob(one.name, role, declared=False) for one in CUSTOMARY if one.role == role and one.name not in declared]
