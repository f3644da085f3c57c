"""The story of ``adaptgen demo``: the same tasks on the same CRM, with one tool per endpoint and as generated.

Both sides run through a real MCP client. Nothing leaves the machine and nothing is written outside a temporary folder.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from fastmcp import Client, FastMCP

from adaptgen.demo.building import KEYS, build, governance, specs
from adaptgen.demo.crm import PASSWORD, USERNAME, Running, running
from adaptgen.demo.measure import Cost, cost, count, personal, vocabulary
from adaptgen.demo.naive import SESSION, naive_server
from adaptgen.demo.session import Conversation, Refusal, Say, play
from adaptgen.demo.tasks import CUSTOMER, LOGIN, TASKS, with_login
from adaptgen.govern.audit.verify import verify
from adaptgen.govern.pipeline.assemble import GovernedServer, govern_server
from adaptgen.govern.pipeline.factory import ServingContext
from adaptgen.govern.settings.keys import symmetric
from adaptgen.model.tables import Json
from adaptgen.transports.fastmcp import front_of
from adaptgen.transports.load import load_server

RULE = "─"


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str] | None], *, groups: Sequence[tuple[str, int]] = ()
) -> list[str]:
    """Lines of a table: the first column to the left, the others to the right. A row of None is a rule.

    ``groups``: titles over columns, each with how many it spans, after the first column.
    """
    cells = [heads, *(row for row in rows if row is not None)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(heads))]
    at = 1
    for title, span in groups:
        spare = len(title) - (sum(widths[at : at + span]) + 3 * (span - 1))
        widths[at] += max(spare, 0)
        at += span
    line = RULE * (sum(widths) + 3 * (len(widths) - 1))
    lines = []
    if groups:
        over, at = " " * widths[0], 1
        for title, span in groups:
            over += "   " + title.rjust(sum(widths[at : at + span]) + 3 * (span - 1))
            at += span
        lines.append(over.rstrip())
    lines += [_line(heads, widths), line]
    lines += [line if row is None else _line(row, widths) for row in rows]
    return lines


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.ljust(width) if at == 0 else cell.rjust(width)
        for at, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "   ".join((first, *others)).rstrip()


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Side:
    """One way to serve the CRM. ``costs``: one for each task. The rest is about all tasks together.

    ``tool_list_tokens``: what the tool list costs before the first question. ``tickets``: how many of the CRM's
    tickets paging can reach. ``waiting``: the answer to "how many tickets wait for the customer?". ``glimpse``: the
    answer to the first task as the model reads it.
    """

    tools: int
    tool_list_tokens: int
    costs: tuple[Cost, ...]
    logins: int
    password_in_text: bool
    session_in_text: bool
    personal: Mapping[str, int]
    tickets: int
    waiting: int
    glimpse: str

    @property
    def total(self) -> Cost:
        return sum(self.costs, Cost(0, 0, 0))


@dataclass(frozen=True, slots=True)
class Story:
    """Both sides, and what is true in the database.

    ``written``: the CRM has the address that the agent knew only as a token. ``audited``: lines of the audit
    trail, 0 where it does not hold.
    """

    before: Side
    after: Side
    tickets: int
    waiting: int
    written: bool
    audited: int

    def json(self) -> str:
        """The figures as one JSON object."""
        tasks = [
            {"task": task.title, "before": asdict(before), "after": asdict(after)}
            for task, before, after in zip(TASKS, self.before.costs, self.after.costs, strict=True)
        ]
        sides = {
            name: {
                **{key: value for key, value in asdict(side).items() if key not in ("costs", "glimpse")},
                "total": asdict(side.total),
            }
            for name, side in (("before", self.before), ("after", self.after))
        }
        truth = {"tickets": self.tickets, "waiting": self.waiting, "written": self.written, "audited": self.audited}
        return json.dumps({"vocabulary": vocabulary(), "tasks": tasks, **sides, "truth": truth}, indent=2)

    def text(self) -> str:
        """The figures as tables for a terminal."""
        before, after = self.before, self.after
        rows: list[tuple[str, ...] | None] = [
            (task.title, *_numbers(one), *_numbers(other))
            for task, one, other in zip(TASKS, before.costs, after.costs, strict=True)
        ]
        rows += [None, ("all six", *_numbers(before.total), *_numbers(after.total))]
        heads = ("", *("turns", "bytes", "tokens") * 2)
        first = table(heads, rows, groups=(("one tool per endpoint", 3), ("generated by adaptgen", 3)))
        seen = "the model", "the server only"
        facts = [
            ("the tool list, before any question", _list(before), _list(after)),
            ("who saw the password", seen[not before.password_in_text], seen[not after.password_in_text]),
            ("who saw the session token", seen[not before.session_in_text], seen[not after.session_in_text]),
            ("logins", str(before.logins), str(after.logins)),
            *((f"{kind} read by the model", str(n), str(after.personal[kind])) for kind, n in before.personal.items()),
            ("tickets within reach of paging", *(f"{side.tickets} of {self.tickets}" for side in (before, after))),
            ("e-mail written to the customer", "in clear", "as a token" if self.written else "NOT WRITTEN"),
            ("audit trail of the session", "none", f"{self.audited} lines, verified" if self.audited else "BROKEN"),
            ("tickets waiting, as counted", *(_judged(side.waiting, self.waiting) for side in (before, after))),
        ]
        second = table(("over the session", "one tool per endpoint", "adaptgen"), facts)
        times = before.total.tokens / max(after.total.tokens, 1)
        note = [
            f"{times:.0f} times fewer tokens for the tasks themselves. Every task is a conversation of its own; a turn",
            "is one tool call; bytes and tokens are what the model writes and reads in it, each counted once.",
            f"Tokens: {vocabulary()}.",
        ]
        head = "The same six tasks for an agent, on the same legacy CRM (520 customers, 46 operations, Swagger 2.0)"
        look = [
            f'What the model reads for "{TASKS[0].title}"',
            *(line for side in (before, after) for line in ("", *_look(side.glimpse))),
        ]
        return "\n".join(["", head, "", *first, "", *second, "", *look, "", *note, ""])


def _look(text: str, width: int = 94, lines: int = 3) -> list[str]:
    """The beginning of an answer, and how long it goes on."""
    shown = [f"  {text[at : at + width]}" for at in range(0, min(len(text), width * lines), width)]
    rest = len(text.encode()) - len(text[: width * lines].encode())
    return [*shown, f"  ... {rest:,} more bytes"] if rest else shown


def _numbers(one: Cost) -> tuple[str, str, str]:
    return f"{one.turns}", f"{one.bytes:,}", f"{one.tokens:,}"


def _list(side: Side) -> str:
    return f"{side.tools} tools, {side.tool_list_tokens:,} tokens"


def _judged(given: int, right: int) -> str:
    return f"{given} (right)" if given == right else f"{given} (wrong, it is {right})"


def tell(progress: Progress = lambda text: None) -> Story:
    """Start the CRM, build its server, run both sessions. Takes a few seconds. Refusal: a call that should not be
    refused was."""
    with tempfile.TemporaryDirectory(prefix="adaptgen-demo-") as folder, running() as crm:
        progress(f"a legacy CRM answers at {crm.url}")
        built = build(Path(folder))
        progress(f"built {specs().name} into a temporary folder")
        return asyncio.run(_tell(crm, built, progress))


async def _tell(crm: Running, built: Path, progress: Progress) -> Story:
    progress("one tool per endpoint: running the tasks")
    document = yaml.safe_load(specs().read_text(encoding="utf-8"))
    before = await _side(crm, naive_server(document, crm.url), raw=True)
    progress("as generated: running the tasks")
    governed = await _governed(crm, built)
    try:
        after = await _side(crm, front_of(governed.handler, governed.aclose), raw=False)
        written = _written(crm)
    finally:
        await governed.aclose()
    trail = built.parent / "crm-governance" / "crm" / "audit.jsonl"
    key = symmetric(KEYS["DEMO_AUDIT"])
    audited = len(trail.read_bytes().splitlines()) if not verify([trail], key) else 0
    database = crm.crm.state.database
    tickets = database.execute("SELECT count(*) FROM tickets").fetchone()[0]
    waiting = database.execute("SELECT count(*) FROM tickets WHERE status = 'WAITING'").fetchone()[0]
    return Story(before, after, tickets, waiting, written, audited)


async def _governed(crm: Running, built: Path) -> GovernedServer:
    """The server under the bundled settings; the agent is their local caller."""
    folder = built.parent / "crm-governance"
    folder.mkdir()
    place = ServingContext(environ={**environment(crm), **KEYS})
    return await govern_server(str(governance(folder)), load_server(built), place)


def _written(crm: Running) -> bool:
    """Whether the customer's e-mail is the address of its primary contact, which the agent never saw."""
    row = crm.crm.state.database.execute(
        "SELECT customers.email = contacts.email FROM customers JOIN contacts ON contacts.customer_id = customers.id "
        "WHERE customers.name = ? AND contacts.is_primary",
        (CUSTOMER,),
    ).fetchone()
    return bool(row and row[0])


def environment(crm: Running) -> dict[str, str]:
    """What the generated server reads from its environment."""
    return {"CRM_BASE_URL": crm.url, "CRM_USERNAME": USERNAME, "CRM_PASSWORD": PASSWORD}


async def _side(crm: Running, server: FastMCP[Any], *, raw: bool) -> Side:
    crm.crm.state.reset()
    async with Client(server) as client:

        async def call(tool: str, arguments: dict[str, Json]) -> str:
            result = await client.call_tool(tool, arguments, raise_on_error=False)
            text = "".join(getattr(block, "text", "") for block in result.content)
            if result.is_error:
                raise Refusal(f"{tool}: {text}")
            return text

        listed = [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in await client.list_tools()]
        scope = {"username": USERNAME, "password": PASSWORD}
        said = [await play(with_login(task.raw) if raw else task.served, call, scope) for task in TASKS]
        logins = crm.stats.logins
        tickets = await (_first_page(call, scope) if raw else _all_pages(call))
    text = "\n".join(one.text for one in said)
    return Side(
        tools=len(listed),
        tool_list_tokens=count(json.dumps(listed, separators=(",", ":"), ensure_ascii=False)),
        costs=tuple(cost(one) for one in said),
        logins=logins,
        password_in_text=PASSWORD in text,
        session_in_text=any(session in text for session in crm.crm.state.sessions.given),
        personal=personal(said),
        tickets=tickets,
        glimpse=said[0].turns[-1].answered,
        waiting=len(said[-1].last["tickets"]) if raw else said[-1].last["count"],
    )


async def _first_page(call: Callable[[str, dict[str, Json]], Any], scope: Mapping[str, Json]) -> int:
    """All that the document's own parameters reach: it declares no paging for tickets."""
    said: Conversation = await play([LOGIN, Say("searchTickets", {SESSION: "{login.data.sessionId}"})], call, scope)
    return len({ticket["id"] for ticket in said.last["tickets"]})


async def _all_pages(call: Callable[[str, dict[str, Json]], Any]) -> int:
    """Follow ``next_cursor`` to the end."""
    seen: set[int] = set()
    arguments: dict[str, Json] = {"fields": ["id"], "limit": 500}
    while True:
        said = await play([Say("search_tickets", arguments)], call)
        seen |= {item["id"] for item in said.last["items"]}
        cursor = said.last.get("next_cursor")
        if not cursor:
            return len(seen)
        arguments = {**arguments, "cursor": cursor}


def run(options: SimpleNamespace) -> int:
    """``adaptgen demo``: the story on stdout, as tables or as one JSON object; what is being done goes to a terminal's
    stderr."""
    progress = (lambda text: print(f"  {text}", file=sys.stderr)) if sys.stderr.isatty() else (lambda text: None)
    story = tell(progress)
    text = story.json() if options.json else story.text()
    try:
        sys.stdout.write(f"{text}\n")
    except UnicodeEncodeError:
        sys.stdout.write(f"{text.replace(RULE, '-')}\n".encode("ascii", "replace").decode())
    return 0
