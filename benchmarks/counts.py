"""Whether a count is complete, or says that it is not: every list of the corpus against an API that pages in the way
its document says, in ways that it does not say, and not at all.

The API is a mock at the transport of the generated server. Each list is counted and read; an answer is *exact*,
*doubted* (``complete: false``, a note, an error) or *wrong*: another number without a word. ``--sample`` takes so many
lists of each document.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from corpus import entries, unpack
from figures import Figure, options, report
from validating.capture import agreed, answers, arguments_of, environ, secret, wider
from validating.values import Maker

from adaptgen.building.build import build
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model.tables import LOCAL, Cursor, Link, NextHeader, NextUrl, Offset, PageNumber, Tool, Unpaged
from adaptgen.plan.document.reader import operations
from adaptgen.runtime.engine import Engine
from adaptgen.source import EMPTY
from adaptgen.syntax import field_paths as fields
from adaptgen.transports.load import load_server

COMPLETE = (10, 50, 57, 100)
LONG = (57, 150)
WAYS = ("token", "link", "flag", "total", "silent")
CAP, USUAL = 100, (20, 25, 50)
_FILTER = re.compile(r"(\$.*?)\[\?\(@\.(\w+)=='next'\)\]\.(\w+)")
QUICK = 2


class Unmockable(Exception):
    """A path of the tool is too special for the mock."""


@dataclass
class Mock(httpx.AsyncBaseTransport):
    """Answers the list tool ``tool`` with ``count`` items. ``way``: "documented", "whole" or one of :data:`WAYS`."""

    session: Mapping[str, Any]
    logins: frozenset[str]
    tool: Tool | None = None
    way: str = ""
    count: int = 0
    page: int = 20

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        assert self.tool is not None
        assert self.tool.call is not None
        body: Any = self.session
        headers: dict[str, str] = {}
        if path not in self.logins or path == self.tool.call.path:
            body, headers = self.answer(request)
        stream = httpx.ByteStream(json.dumps(body).encode())
        return httpx.Response(200, headers={"content-type": "application/json", **headers}, stream=stream)

    def answer(self, request: httpx.Request) -> tuple[Any, dict[str, str]]:
        items = [{"id": number + 1, "name": f"n{number}"} for number in range(self.count)]
        if self.way == "documented":
            return self.documented(items, given(request, self.tool))
        shown = items if self.way == "whole" else items[: self.page]
        more = len(shown) < len(items)
        body, headers = self.wrapped(shown, len(items) if self.way in ("whole", "total") else None)
        extra = {"token": {"next_page_token": "x"}, "flag": {"has_more": True}, "total": {"total_count": self.count}}
        if more and isinstance(body, dict):
            body |= extra.get(self.way, {})
        elif more and self.way == "total":
            headers["x-total-count"] = str(self.count)
        elif more and self.way in ("token", "flag"):
            headers["x-next-page-token"] = "x"
        if more and self.way == "link":
            headers["link"] = f'<{request.url.copy_merge_params({"p__": "2"})}>; rel="next"'
        return body, headers

    def documented(self, items: list[Any], sent: Mapping[str, str]) -> tuple[Any, dict[str, str]]:
        """One page, as the style that the document declares has it."""
        assert self.tool is not None
        page: Any = self.tool.page
        if isinstance(page, Unpaged):
            return self.wrapped(items, len(items))
        sized = page.size if isinstance(page, PageNumber) else page.limit
        size = max(min(number(sent.get(sized or "", "")) or self.page, CAP), 1)
        at = 0
        if isinstance(page, Offset):
            at = (number(sent.get(page.offset, "")) or page.first) - page.first
        elif isinstance(page, PageNumber):
            asked = number(sent.get(page.page, ""))
            at = ((page.first if asked is None else asked) - page.first) * size
        elif isinstance(page, Cursor):
            at = number(sent.get(page.cursor, "")) or 0
        else:
            at = number(sent.get("mock_at", "")) or 0
        shown = items[at : at + size]
        ends = at + size >= len(items)
        body, headers = self.wrapped(shown, len(items))
        target = f"{sent['']}?mock_at={at + size}&mock_size={size}"
        if isinstance(page, Link) and not ends:
            headers["link"] = f'<{target}>; rel="{page.rel}"'
        elif isinstance(page, NextHeader) and not ends:
            headers[page.header] = target
        elif isinstance(page, NextUrl):
            put_next(body, page.next, None if ends else target, headers)
        elif isinstance(page, Cursor):
            if not page.next.endswith("[-1].id"):
                put_next(body, page.next, None if ends else str(at + size), headers)
            if page.more is not None:
                put(body, page.more, not ends)
        return body, headers

    def wrapped(self, items: list[Any], total: int | None) -> tuple[Any, dict[str, str]]:
        """The items at their place, and the total where the document has one."""
        assert self.tool is not None
        assert self.tool.page is not None
        path, place = self.tool.page.items, self.tool.page.total
        if path == "$":
            body: Any = items
        else:
            body = {}
            put(body, path, items)
        headers: dict[str, str] = {}
        if total is not None and place is not None and place.startswith("header:"):
            headers[place.removeprefix("header:")] = str(total)
        elif total is not None and place is not None and isinstance(body, dict):
            put(body, place, total)
        return body, headers


def given(request: httpx.Request, tool: Tool | None) -> dict[str, str]:
    """The values of a request by parameter, wherever they stand; "" is its address without a query."""
    assert tool is not None
    assert tool.call is not None
    url = str(request.url)
    found = {"": url.partition("?")[0], **dict(request.headers.items())}
    found |= {name.lower(): value for name, value in request.headers.items()}
    names = re.findall(r"\{([^{}]+)\}", tool.call.path)
    pattern = re.sub(r"\\\{[^{}]+\\\}", "(.*?)", re.escape(tool.call.path.partition("?")[0]))
    if matched := re.fullmatch(rf".*?{pattern}", urlsplit(url).path):
        found |= dict(zip(names, map(unquote, matched.groups()), strict=False))
    pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    if request.content[:1] == b"{":
        pairs += scalars(json.loads(request.content))
    elif request.content:
        pairs += parse_qsl(request.content.decode("utf-8", "replace"))
    for name, value in pairs:
        found[name] = value
        found.setdefault(re.sub(r".*[\[.]([^\[\].]+)\]?", r"\1", name), value)
        if value[:1] == "{":  # a parameter that holds an object as JSON
            found |= dict(scalars(json.loads(value)))
    inside = getattr(tool.page, "place", "") == "header"
    return {**found, **{name.title(): value for name, value in found.items() if inside}}


def scalars(value: Any, above: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, member in value.items() if isinstance(value, dict) else ():
        path = f"{above}.{name}" if above else name
        found += scalars(member, path) if isinstance(member, dict) else [(path, str(member)), (name, str(member))]
    return found


def number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"-?\d{1,9}", text) else None


def put(body: Any, path: str, value: Any) -> None:
    """Put ``value`` at a JSONPath of plain members."""
    try:
        keys = fields.parse(path[1:].removeprefix("."))
    except fields.PathError:
        raise Unmockable(path) from None
    if not isinstance(body, dict) or not path.startswith(("$.", "$[")):
        raise Unmockable(path)
    here = body
    for key in keys:
        if not isinstance(key, str) or not isinstance(here, dict):
            raise Unmockable(path)
        if key is keys[-1]:
            here[key] = value
        else:
            here = here.setdefault(key, {})


def put_next(body: Any, path: str, value: Any, headers: dict[str, str]) -> None:
    """Say where the next page is."""
    if path.startswith("header:"):
        if value is not None:
            headers[path.removeprefix("header:")] = value
    elif (related := _FILTER.fullmatch(path)) is not None:
        put(body, related[1], [{related[2]: "next", related[3]: value}] if value is not None else [])
    elif value is not None:
        put(body, path, value)


# ---------------------------------------------------------------------------------------------------------- judging


def judged(answer: Any, count: int) -> str:
    """What became of a count."""
    if answer.is_error:
        return "doubted"
    said = json.loads(answer.content[0].text)
    if said.get("complete") is False or "count" not in said or said.get("note"):
        return "doubted"
    return "exact" if said["count"] == count else "wrong"


def read_whole(answer: Any, count: int) -> str:
    """What became of a list that was asked for at once."""
    if answer.is_error:
        return "doubted"
    said = json.loads(answer.content[0].text)
    if "next_cursor" in said:
        return "exact"
    if said.get("complete") is False or said.get("note") or "items" not in said:
        return "doubted"
    return "exact" if len(said["items"]) == count and said.get("total", count) == count else "wrong"


async def lists(path: Path, folder: Path, sample: int) -> dict[str, Any]:
    """What became of the lists of one document: kind -> verdict -> how often; and the wrong ones."""
    result = build(unpack(path, folder), hints=EMPTY, name="server", side_files=False)
    document = result.document
    package = folder / "generated" / "server"
    for name, text in result.files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, "utf-8")
    server = load_server(package)
    known = {one.pointer: one for one in operations(document)[0]}
    tools = [tool for tool in server.tools if tool.page is not None and tool.call is not None and tool.source in known]
    tally: Counter[str] = Counter()
    for tool in tools:
        tally["all unpaged" if isinstance(tool.page, Unpaged) else "all documented"] += 1
    if sample and len(tools) > sample:
        tools = [tools[index * len(tools) // sample] for index in range(sample)]
    sends = sorted({(one.place, one.name) for auth in server.auth for one in auth.send})
    logins = frozenset(
        urlsplit(one.call.path).path for auth in server.auth for one in (*auth.chain, auth.refresh) if one
    )
    mock = Mock(answers(server), logins)
    credential = secret(document, known, sends)
    key = hashlib.sha256(b"counts").digest()
    variables = environ(result.plan, credential)
    engine = Engine(agreed(server, variables), environ=variables, transport=mock, cursor_key=key)
    wrong: list[str] = []
    for index, tool in enumerate(tools):
        contract = engine.get(tool.name)
        assert contract is not None
        places = {arg: place for arg, (place, _) in arguments_of(tool.call).items()}
        fuller = wider(document, known[tool.source], tool, contract.input_schema)
        arguments = Maker("required").arguments(contract.input_schema, places, fuller)
        unpaged = isinstance(tool.page, Unpaged)
        cases = [("unpaged" if unpaged else "documented", "documented", count) for count in COMPLETE]
        cases += [] if unpaged else [("paged as documented", "documented", count) for count in LONG]
        cases += [("not said", way, count) for way in WAYS for count in LONG]
        cases += [] if unpaged else [("whole", "whole", count) for count in COMPLETE]
        mock.tool, mock.page = tool, USUAL[index % len(USUAL)]
        for kind, mock.way, mock.count in cases:
            try:
                await _judge(engine, mock, kind, arguments, tally, wrong)
            except Unmockable:
                tally["skipped"] += 1
                break
        tally["lists"] += 1
    await engine.aclose()
    return {"tally": dict(tally), "wrong": wrong}


async def _judge(engine: Engine, mock: Mock, kind: str, arguments: Any, tally: Counter[str], wrong: list[str]) -> None:
    assert mock.tool is not None
    mock.wrapped([], 0)  # raises what cannot be mocked
    counted = judged(await engine.call(LOCAL, mock.tool.name, {**arguments, "count": True}), mock.count)
    whole = await engine.call(LOCAL, mock.tool.name, {**arguments, "limit": 1000, "fields": ["id"]})
    for what, verdict in (("", counted), ("list ", read_whole(whole, mock.count))):
        tally[f"{what}{kind}: {verdict}"] += 1
        if verdict == "wrong" or (verdict == "doubted" and kind == "paged as documented"):
            page = type(mock.tool.page).__name__
            wrong.append(f"{verdict}: {mock.tool.name} ({page}), {what}{kind}, {mock.way}, {mock.count} by {mock.page}")


def child(path: Path, sample: int) -> dict[str, Any]:
    """:func:`lists` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(path), "--sample", str(sample)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200)
    try:
        found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        found = {"crash": (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]}
    return {"path": str(path), **found}


def one(path: Path, sample: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            return asyncio.run(lists(path, Path(folder), sample))
        except AdaptgenError as refused:
            return {"refused": str(refused)[:200]}


def main() -> int:
    """Count everywhere, and hold the bars."""
    parser = options(__doc__ or "")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--one", type=Path, help="one document, in this process")
    parser.add_argument("--only", default="", help="only documents whose path holds this")
    parser.add_argument("--sample", type=int, default=QUICK, help=f"lists of each document, 0: all; default: {QUICK}")
    parser.add_argument("--documents", type=int, default=0, help="so many documents, spread evenly; default: all")
    parser.add_argument("--verbose", action="store_true", help="every wrong answer")
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one, asked.sample)))
        return 0
    documents = [path for path in entries(asked.folders) if asked.only in str(path)]
    if asked.documents and len(documents) > asked.documents:
        documents = [documents[index * len(documents) // asked.documents] for index in range(asked.documents)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda path: child(path, asked.sample), documents))
    tally: Counter[str] = Counter()
    for result in results:
        tally.update(result.get("tally", {}))
    if not asked.json:
        for result in results:
            told = [f"crash: {result['crash']}"] if "crash" in result else result.get("wrong", [])
            for line in told if asked.verbose else told[:2]:
                print(f"  {Path(result['path']).name}: {line}")
        print("\n".join(f"{name}: {count}" for name, count in sorted(tally.items())), end="\n\n")
    every = not (asked.only or asked.documents or asked.folders)
    return report(figures(tally, sum("crash" in result for result in results), every=every), asked)


def figures(tally: Counter[str], crashes: int, *, every: bool) -> list[Figure]:
    """What is measured. How many lists are doubted depends on their mix: that bar holds for ``every`` document."""

    def share(kinds: tuple[str, ...], verdict: str) -> float:
        every = sum(tally[f"{kind}: {one}"] for kind in kinds for one in ("exact", "doubted", "wrong"))
        return 100 * sum(tally[f"{kind}: {verdict}"] for kind in kinds) / every if every else 0.0

    # A sample takes as many lists of small documents as of large ones: each kind weighs what all its lists do.
    unpaged, documented = tally["all unpaged"], tally["all documented"]
    doubted = unpaged * share(("unpaged",), "doubted") + documented * share(("documented",), "doubted")
    wrong = sum(count for name, count in tally.items() if name.endswith(": wrong"))
    return [
        Figure("documents that could not be tried", crashes, "", bar=0),
        Figure("lists", tally["lists"], ""),
        Figure("answers that are wrong without a word", wrong, "", bar=0),
        Figure("documented paging, not exact", 100 - share(("paged as documented",), "exact"), "%", bar=5),
        Figure("complete lists, doubted", doubted / max(unpaged + documented, 1), "%", bar=25 if every else None),
        Figure("complete lists of lists without paging, doubted", share(("unpaged",), "doubted"), "%"),
        Figure("lists that are whole though paging is declared, doubted", share(("whole",), "doubted"), "%"),
        Figure("paging that no document says, doubted", share(("not said",), "doubted"), "%"),
    ]


if __name__ == "__main__":
    sys.exit(main())
