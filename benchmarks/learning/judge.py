"""Compares what was learned with the truth: what was found, and what is called certain and is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adaptgen.model import tables
from adaptgen.model.tables import Server, Tool
from learning.behaviour import Api, Listing
from learning.records import PERSONAL
from learning.truth import Truth, truths

STYLES = {
    tables.Offset: "offset", tables.PageNumber: "page", tables.Cursor: "cursor", tables.Link: "link",
    tables.NextHeader: "header", tables.NextUrl: "next_url", tables.Unpaged: "none",
}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """One entry of ``learned.yaml``."""

    keys: tuple[str, ...]
    value: Any
    certain: bool


@dataclass
class Verdict:
    """What came of one API. ``found`` and ``missed``: what was to be found, ``missed`` with what stands there instead;
    ``hidden``: how many behaviours nobody could know; ``false``: claims that are certain and wrong; ``doubtful``:
    claims that are only likely, and wrong."""

    seed: int
    found: list[Truth] = field(default_factory=list)
    missed: list[tuple[Truth, str]] = field(default_factory=list)
    hidden: int = 0
    false: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)


def read_claims(path: Path, raw: Mapping[str, Any]) -> list[Claim]:
    """The entries of a file, each with whether the comment above it says that it is only likely."""
    rows = path.read_text(encoding="utf-8").splitlines()
    found = []
    for keys, value in entries(raw):
        certain = not any("# likely:" in row for row in comments(rows, keys))
        found.append(Claim(keys, value, certain))
    return found


def entries(raw: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Key path and value of each line of the file."""
    for name, value in raw.get("auth", {}).items():
        yield ("auth", name), value
    for key, tool in raw.get("operations", {}).items():
        for name, value in tool.items():
            if name in ("arguments", "sensitive"):
                yield from ((("operations", key, name, inner), said) for inner, said in value.items())
            else:
                yield ("operations", key, name), value
    for path, kind in raw.get("sensitive", {}).items():
        yield ("sensitive", path), kind


def comments(rows: list[str], keys: tuple[str, ...]) -> list[str]:
    """The comments directly above the deepest of these keys that has a row of its own."""
    at, depth = 0, 0
    for key in keys:
        wanted = re.compile(rf"\s{{{2 * depth}}}\"?{re.escape(key)}\"?:")
        here = next((row for row in range(at, len(rows)) if wanted.match(rows[row])), None)
        if here is None:
            break
        at, depth = here, depth + 1
    found = []
    while at > 0 and rows[at - 1].strip().startswith("#"):
        at -= 1
        found.append(rows[at])
    return found


def judge(api: Api, claims: list[Claim], server: Server, entered: bool) -> Verdict:
    """The verdict on an API. ``entered``: whether a list was read with the credentials of the build."""
    verdict = Verdict(api.seed)
    for truth in truths(api):
        if truth.hidden:
            verdict.hidden += 1
            continue
        instead = look(api, truth, server, claims, entered)
        if instead is None:
            verdict.found.append(truth)
        else:
            verdict.missed.append((truth, instead))
    for claim in claims:
        wrong = [f"{api.seed} {' '.join(claim.keys)}: {text}" for text in errors_of(api, claim, entered)]
        (verdict.false if claim.certain else verdict.doubtful).extend(wrong)
    return verdict


def tool_of(server: Server, operation: str) -> Tool | None:
    """The tool that calls an operation."""
    fitting = (one for one in server.tools if one.call and f"{one.call.method} {one.call.path}" == operation)
    return next(fitting, None)


def look(api: Api, truth: Truth, server: Server, claims: list[Claim], entered: bool) -> str | None:
    """None where the build says what is true, else what it says instead."""
    if truth.kind == "login":
        return None if entered else f"not let in by {[auth.name for auth in server.auth]}"
    if truth.kind == "refused":
        return look_refused(truth, server)
    tool = tool_of(server, truth.subject)
    one = api.with_operation(truth.subject)
    assert one is not None
    if tool is None:
        return "there is no tool"
    if truth.kind.startswith("personal"):
        named = [path for path in tool.sensitive if path.split(".")[-1].removesuffix("[*]") == truth.value]
        return None if named else f"not among {sorted(tool.sensitive)}"
    if truth.kind == "reference":
        names, target = truth.value
        lookup = tool.lookups.get(names)
        return None if lookup is not None else f"no names for {names} from {target}"
    if truth.kind == "identity":
        shown = tool.view is None or truth.value in tool.view or "*" in tool.view
        return None if shown else f"not in {tool.view}"
    return look_page(truth, one, tool)


def look_page(truth: Truth, one: Listing, tool: Tool) -> str | None:
    """The same about paging."""
    page = tool.page
    if page is None:
        return "the tool is no list"
    style = STYLES[type(page)]
    if truth.kind == "items":
        return None if fold(page.items) == fold(truth.value) else page.items
    if truth.kind == "style":
        return None if style in truth.value else style
    if truth.kind == "total":
        total = str(getattr(page, "total", None))
        return None if fold(total) == fold(truth.value) else total
    if style not in one.paging.styles:
        return f"style {style}"
    if truth.kind == "first":
        return None if style != "page" or getattr(page, "first", None) == truth.value else str(page)
    if truth.kind == "size":
        size = getattr(page, "size", None) or getattr(page, "limit", None)
        # A size that is ignored is none: left out is as right.
        ignored = one.paging.above == "ignored" and size is None
        return None if size == truth.value or ignored else str(size)
    most = getattr(page, "max_size", None)
    if one.paging.above == "refused":
        return None if most is not None and most <= truth.value else str(most)
    return None if most == truth.value else str(most)


def look_refused(truth: Truth, server: Server) -> str | None:
    """Whether a rule fits the answer that means that nobody is logged in."""
    status = {"403": 403, "200": 200, "redirect": 302}[truth.value]
    rules = [rule for auth in server.auth for rule in auth.refused]
    fitting = [rule for rule in rules if status in (getattr(rule, "status", None), rule)]
    return None if fitting else f"refused: {rules}"


def errors_of(api: Api, claim: Claim, entered: bool) -> Iterator[str]:
    """What is wrong with a claim."""
    section = claim.keys[0]
    if section == "auth":
        if not entered and not truths(api)[0].hidden:
            yield f"nobody is let in by {claim.value}"
        elif api.login.kind == "none":
            yield f"the API is open: {claim.value}"
        return
    if section == "sensitive" or claim.keys[2:3] == ("sensitive",):
        yield from errors_of_sensitive(api, claim.keys[-1])
        return
    one = api.with_operation(claim.keys[1])
    if one is None:
        if claim.keys[2] == "page":
            yield f"no list: {claim.value}"
        return
    if claim.keys[2] == "page":
        yield from errors_of_page(one, claim.value)
    elif claim.keys[2] == "arguments" and isinstance(claim.value, Mapping) and "names" in claim.value:
        yield from errors_of_names(api, one, claim.keys[3], claim.value["names"])
    elif claim.keys[2] == "view":
        yield from errors_of_view(one, claim.value)


def errors_of_sensitive(api: Api, path: str) -> Iterator[str]:
    """A path of personal data that holds none."""
    name = re.split(r"[.\]]", path.rstrip("]"))[-1]
    kinds = {field.kind for one in api.lists for field in one.fields if field.name == name}
    # The name of a customer may be that of a person.
    customer = "customers" in path or name in {field.name for one in api.lists if one.singular == "customer"
                                               for field in one.fields if field.kind == "title"}  # fmt: skip
    if not kinds & {*PERSONAL, "nested"} and name not in ("street", "city") and not customer:
        yield f"{path} is not personal ({sorted(kinds)})"


def errors_of_page(one: Listing, value: Any) -> Iterator[str]:
    """What is wrong with a page of the hints."""
    paging = one.paging
    if value == "none" or not isinstance(value, Mapping):
        if paging.mechanics != "none":
            yield f"it pages: {paging.styles}"
        return
    style = value.get("style")
    if style is not None and style not in paging.styles and not (style == "none" and "none" in paging.styles):
        yield f"style {style}, not {sorted(paging.styles)}"
        return
    expected: dict[str, tuple[Any, ...]] = {"items": (one.items,), "first": (paging.first,)}
    if style == "offset":
        expected["first"] = (0,)
    expected["total"] = (one.total, *extra_totals(one))
    expected |= {"limit": (paging.size,), "size": (paging.size,)}
    if style == paging.mechanics:
        expected[style] = (paging.position,)
    if style in ("cursor", "next_url"):
        last = f"{one.items}[-1].{one.identity}"
        expected["next"] = (last if paging.next == "last" else paging.next, f"header:{paging.next[7:]}")
    if style == "header":
        expected["header"] = (paging.next[7:],)
    for key, right in expected.items():
        if key in value and fold(value[key]) not in map(fold, right):
            yield f"{key} {value[key]}, not {' or '.join(map(str, right))}"
    most = value.get("max_size")
    limits = {paging.default, paging.maximum} if paging.above == "ignored" else {paging.maximum}
    if most is not None and most not in limits and not (paging.above == "refused" and most <= (paging.maximum or 0)):
        yield f"max_size {most}, not {paging.maximum} ({paging.above})"


def fold(place: Any) -> Any:
    """A place as it is compared: names of headers in small letters, members of a path after dots."""
    if not isinstance(place, str):
        return place
    plain = re.sub(r"\[([\"'])(.*?)\1\]", r".\2", place)
    return plain.lower() if plain.startswith(("header:", "X-", "x-", "Next")) else plain


def extra_totals(one: Listing) -> Iterator[str]:
    """Other members that hold the number of all records: of what is never paged."""
    if one.paging.mechanics == "none":
        yield from (place for place, kind in one.extras.items() if kind == "count")


def errors_of_names(api: Api, one: Listing, argument: str, names: Any) -> Iterator[str]:
    """A list of names that an argument does not point to."""
    member = next((field for field in one.fields if field.name == argument and field.kind == "ref"), None)
    if member is None:
        # A placeholder of the path points to its parent.
        if one.parent and argument in one.path:
            return
        yield f"{argument} points to nothing"
        return
    tool = names.get("tool") if isinstance(names, Mapping) else names
    if api.listing(member.of).name not in str(tool):
        yield f"{argument} takes names of {tool}, not of {member.of}"


def errors_of_view(one: Listing, view: Any) -> Iterator[str]:
    """Members of a view that no record has."""
    known = {field.name for field in one.fields}
    for path in view:
        if path.split(".")[0].removesuffix("[*]") not in known | {"*"}:
            yield f"{path} is no field"
