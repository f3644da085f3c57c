"""Paging against the labels: whether a list that we would page is paged as its document says.

A plan is right when its style, the names of its parameters, their place, the first page's number and the way to the
next page are those of the label or of one of its other ways. Precision is the share of the plans that are right, recall
the share of the labelled paged lists that have a right plan.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from inferring.drafted import labels, verdicts

from adaptgen.model.tables import Cursor, Link, NextHeader, NextUrl, Offset, PageNumber, Paging, Unpaged
from adaptgen.plan.document.reader import Operation, operations
from adaptgen.plan.effects.infer import find_effect
from adaptgen.plan.facts import read_facts
from adaptgen.plan.paging.infer import find_paging
from adaptgen.source import Document

STYLES = {
    Offset: "offset",
    PageNumber: "page",
    Cursor: "cursor",
    Link: "link",
    NextHeader: "header",
    NextUrl: "next_url",
    Unpaged: "none",
}
BARS = {"precision": 97.0, "recall": 90.0}


@dataclass(frozen=True, slots=True)
class Verdict:
    """One label and what was planned for it; ``wrong``: what does not agree, "" where all does."""

    label: Mapping[str, Any]
    planned: str
    wrong: str
    items: str | None

    @property
    def paged(self) -> bool:
        """Whether a plan pages the list."""
        return self.planned not in ("none", "no list")


def measure(half: str | None) -> list[tuple[str, str]]:
    """The figures of one half ("held", "develop") or of both (None)."""
    found = verdicts("paging", half)
    paged = [one for one in found if one.label["paged"]]
    figures = shares(found)
    rows = [
        ("lists", f"{len(found)}"),
        *((name, f"{_share(*figures[name])} (bar {bar:g} %)") for name, bar in BARS.items()),
        ("known as lists", _share(sum(one.planned != "no list" for one in found), len(found))),
        (
            "records found at their place",
            _share(sum(_path(one.items) == _path(one.label["items"]) for one in found), len(found)),
        ),
    ]
    styles = Counter(one.label["style"] for one in paged)
    for style, count in sorted(styles.items()):
        got = sum(not one.wrong and one.paged for one in paged if one.label["style"] == style)
        rows.append((f"recall, {style}", _share(got, count)))
    return rows


def missed(half: str | None) -> list[str]:
    """The bars that do not hold."""
    figures = shares(verdicts("paging", half))
    return [f"{name} {_share(*figures[name])}" for name, bar in BARS.items() if not _holds(*figures[name], bar)]


def shares(found: list[Verdict]) -> dict[str, tuple[int, int]]:
    """The figures as parts of wholes, the higher the better."""
    planned = [one for one in found if one.paged]
    paged = [one for one in found if one.label["paged"]]
    right = sum(not one.wrong for one in planned)
    got = sum(not one.wrong and one.paged for one in paged)
    return {"precision": (right, len(planned)), "recall": (got, len(paged))}


def _holds(part: int, whole: int, bar: float) -> bool:
    return whole > 0 and 100 * part / whole >= bar


def misses(half: str | None) -> list[str]:
    """One line for each that is planned wrongly or not at all, wrong plans first."""
    found = [one for one in verdicts("paging", half) if one.wrong]
    found.sort(key=lambda one: not one.paged)
    return [
        f"{one.label['document']} {one.label['operation']}: {one.planned}, {one.wrong}: {one.label['reason']}"
        for one in found
    ]


def labels_of(half: str | None) -> list[dict[str, Any]]:
    return labels("paging", half)


def judged(document: Document, given: Iterable[dict[str, Any]]) -> Iterator[Verdict]:
    """The verdict on each label of ``document``."""
    every = operations(document)[0]
    known = {name: one for one in every for name in (f"{one.method} {one.path}", one.key)}
    for label in given:
        one = known.get(label["operation"])
        page = _page(document, one) if one else None
        planned = STYLES[type(page)] if page is not None else "no list"
        yield Verdict(label, planned, wrong(label, page), getattr(page, "items", None))


def _page(document: Document, operation: Operation) -> Paging | None:
    facts = read_facts(document, operation)
    return find_paging(facts, find_effect(facts)[0]).page


def wrong(label: Mapping[str, Any], page: Any) -> str:
    """What of a plan does not agree with the label; "" where all does."""
    style = STYLES[type(page)] if page is not None else "none"
    if style == "none" and not label["paged"]:
        return ""
    if style == "none":
        return f"should be {label['style']}"
    ways = [label, *label.get("also", ())] if label["paged"] else []
    found = [_differs({"place": label["place"], **way}, style, page) for way in ways]
    if "" in found:
        return ""
    same = [text for text, way in zip(found, ways, strict=True) if way["style"] == style]
    return same[0] if same else f"should be {label['style']}"


def _differs(way: Mapping[str, Any], style: str, page: Any) -> str:
    if way["style"] != style:
        return "style"
    given = dict(way["parameters"])
    first = given.pop("first", 1)
    names = {name: getattr(page, name, None) for name in ("limit", "offset", "page", "size", "cursor")}
    planned = {name: value for name, value in names.items() if value}
    if planned != given:
        return f"parameters {planned} should be {given}"
    inside = getattr(page, "inside", None)
    place = f"inside:{inside}" if inside else getattr(page, "place", "query")
    if place != way["place"]:
        return f"place {place} should be {way['place']}"
    if style == "page" and page.first != first:
        return f"the first page is {first}, not {page.first}"
    onward = "header:Link" if style == "link" else f"header:{page.header}" if style == "header" else None
    onward = getattr(page, "next", onward)
    if _path(onward) != _path(way["next"]):
        return f"the next page is at {way['next']}, not at {onward}"
    return ""


def _path(path: str | None) -> str | None:
    """A JSONPath in one spelling: members in brackets become dotted."""
    if path is None or path.lower().startswith("header:"):
        return path and path.lower()
    return re.sub(r"\[[\"']([^\"']+)[\"']\]", r".\1", path)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part} of {whole})" if whole else "-"
