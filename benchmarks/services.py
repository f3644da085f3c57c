"""How far a running service is understood without hints: the login, every list to its end, what views show, one update.

A plan names one service. Credentials come from the environment, as the generated server reads them:

    document: crm.json                        # next to the plan; hints are read only with --hints
    base_url: http://127.0.0.1:8000
    direct:                                   # how direct requests are let in; ${NAME} is an environment variable
      login: {path: /login, json: {user: "${CRM_USERNAME}", password: "${CRM_PASSWORD}"}, token: data.token}
      headers: {Authorization: "Bearer ${token}"}
    lists:                                    # call -> its records: a number, or a direct GET and a place in it
      GET /articles: {count: 260}
      "GET /projects/{id}/tasks": {arguments: {id: 1}, path: "/projects/1/tasks?size=0", at: total}
    payload:                                  # texts that the default view must show
      - {call: "GET /articles/{id}", arguments: {id: 5}, shows: ["The harbour is open."]}
    update:
      {call: "PATCH /articles/{id}", arguments: {id: 5, title: "At ${NOW}"}, path: /articles/5, changed: [title]}

A list holds when as many distinct records are read as the service itself counts, or when its last answer says
``complete: false``. An update holds when it changes what is expected, and nothing else but what ``may_change``;
``${NOW}`` in its arguments is the time, so that there is something to change.

    python benchmarks/services.py plans/*.yaml [--hints FILE] [--verbose] [--check]
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
import yaml
from fastmcp import Client
from fastmcp.client.transports import StdioTransport
from figures import options

from adaptgen.cli import main
from adaptgen.model.tables import Server
from adaptgen.transports.load import load_server

PAGES = 80
"""Answers that a list may take."""

LIMIT = 50
"""Records that are asked for at a time: fewer than the lists hold."""

HEAD = ["service", "tools", "login", "lists", "payload", "empty columns", "update"]


@dataclass
class Outcome:
    """What the checks of one service showed. ``lists``: tool -> what was read."""

    name: str
    tools: int = 0
    login: str = "not tried"
    lists: dict[str, str] = field(default_factory=dict)
    empty: dict[str, list[str]] = field(default_factory=dict)
    payload: dict[str, str] = field(default_factory=dict)
    update: str = "not tried"

    @property
    def read(self) -> int:
        """Lists that were read to their end, or that said that they were not."""
        return sum(text.startswith("ok") for text in self.lists.values())

    def row(self) -> list[str]:
        """The cells of the service in the table."""
        shown = sum(text == "shown" for text in self.payload.values())
        empty = sum(map(len, self.empty.values()))
        lists, payload = f"{self.read} of {len(self.lists)}", f"{shown} of {len(self.payload)}"
        return [self.name, str(self.tools), self.login, lists, payload, str(empty), self.update]

    def lines(self, verbose: bool) -> list[str]:
        """What did not hold and which columns are empty, and with ``verbose`` everything."""
        read = [f"{name}: {text}" for name, text in self.lists.items() if verbose or not text.startswith("ok")]
        shown = [f"{name}: {text}" for name, text in self.payload.items() if verbose or text != "shown"]
        empty = [f"{name}: empty in all records: {', '.join(columns)}" for name, columns in self.empty.items()]
        return [*read, *shown, *empty, *([f"update: {self.update}"] if self.update != "ok" else [])]

    @property
    def holds(self) -> bool:
        """Whether everything that the plan asks for was shown."""
        shown = all(text == "shown" for text in self.payload.values())
        return self.login == "ok" and self.read == len(self.lists) and shown and self.update == "ok"


class Service:
    """One service as its plan describes it, reached through its generated server and directly."""

    def __init__(self, plan: Mapping[str, Any], server: Server, client: Client[Any], direct: httpx.Client) -> None:
        self.plan = plan
        tools = {f"{tool.call.method} {tool.call.path}": tool for tool in server.tools if tool.call is not None}
        self._tools = {call: tool.name for call, tool in tools.items()}
        self._paged = {call for call, tool in tools.items() if tool.page is not None}
        self._client = client
        self._direct = direct

    async def call(self, operation: str, arguments: Mapping[str, Any]) -> tuple[Any, str]:
        """The answer of the tool that makes this call as JSON, and "" or why there is no such answer."""
        tool = self._tools.get(operation)
        if tool is None:
            return None, "no tool makes this call"
        result = await self._client.call_tool(tool, dict(arguments), raise_on_error=False)
        text = "".join(getattr(block, "text", "") for block in result.content)
        if result.is_error:
            return None, text.partition("\n")[0] or "an error without a text"
        try:
            return json.loads(text), ""
        except ValueError:
            return text, ""

    def get(self, path: str) -> Any:
        """What the service itself answers."""
        answer = self._direct.get(path)
        answer.raise_for_status()
        return answer.json()

    async def read_list(self, operation: str, arguments: Mapping[str, Any]) -> tuple[list[dict[str, Any]], str, str]:
        """All records of a list, ``complete`` of the last answer as a text, and why it was not read."""
        items: list[dict[str, Any]] = []
        size: dict[str, Any] = {"limit": LIMIT} if operation in self._paged else {}
        more = size
        for _ in range(PAGES):
            answer, why = await self.call(operation, {**arguments, **more})
            if why or not isinstance(answer, dict) or "items" not in answer:
                return items, "", why or f"no list: {str(answer)[:80]}"
            items += records(answer)
            if not answer.get("next_cursor"):
                return items, str(answer.get("complete", True)), ""
            more = {**size, "cursor": answer["next_cursor"]}
        return items, "", f"no end after {PAGES} answers"

    def count(self, wanted: Mapping[str, Any]) -> int | None:
        """How many records a list holds, as its plan says or the service itself."""
        if "path" not in wanted:
            return wanted.get("count")
        value = member(self.get(wanted["path"]), wanted.get("at", ""))
        return len(value) if isinstance(value, list | dict) else int(value)


def records(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The items of a list answer as objects, whatever its layout."""
    if "fields" in answer:
        return [dict(zip(answer["fields"], row, strict=True)) for row in answer["items"]]
    return [item if isinstance(item, dict) else {"value": item} for item in answer["items"]]


def member(value: Any, path: str) -> Any:
    """The value at a dotted path."""
    for name in filter(None, path.split(".")):
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def empty_columns(items: list[dict[str, Any]]) -> list[str]:
    """The columns in which no record has a value."""
    names = dict.fromkeys(name for item in items for name in item)
    return [name for name in names if all(item.get(name) in (None, "", [], {}) for item in items)]


async def check_lists(service: Service, outcome: Outcome) -> None:
    """Reads each list of the plan to its end, and compares its number of records with the service's own."""
    for operation, wanted in service.plan.get("lists", {}).items():
        items, complete, why = await service.read_list(operation, wanted.get("arguments", {}))
        number = service.count(wanted)
        distinct = len({json.dumps(item, sort_keys=True) for item in items})
        if why:
            outcome.lists[operation] = why
        elif number is not None and distinct != number and complete == "True":
            outcome.lists[operation] = f"{distinct} of {number} records, and called complete"
        else:
            outcome.lists[operation] = f"ok: {distinct} of {number}" + (
                "" if complete == "True" else ", not called complete"
            )
        if items and (columns := empty_columns(items)):
            outcome.empty[operation] = columns


async def check_payload(service: Service, outcome: Outcome) -> None:
    """Whether the view of each answer shows the fields that the plan names."""
    for wanted in service.plan.get("payload", []):
        answer, why = await service.call(wanted["call"], wanted.get("arguments", {}))
        text = json.dumps(answer, ensure_ascii=False)
        missing = [value for value in wanted["shows"] if json.dumps(value, ensure_ascii=False).strip('"') not in text]
        outcome.payload[f"{wanted['call']} {json.dumps(wanted.get('arguments', {}))}"] = why or (
            f"not shown: {missing}" if missing else "shown"
        )


async def check_update(service: Service, outcome: Outcome) -> None:
    """One update, and the record read directly before and after it."""
    wanted = service.plan.get("update")
    if not wanted:
        return
    before = flatten(service.get(wanted["path"]))
    _, why = await service.call(
        wanted["call"], json.loads(fill(json.dumps(wanted["arguments"]), {"NOW": str(time.time_ns())}))
    )
    after = flatten(service.get(wanted["path"]))
    different = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    expected, ignored = set(wanted["changed"]), set(wanted.get("may_change", []))
    if why:
        outcome.update = f"refused: {why}" + (f", yet changed {sorted(different)}" if different else "")
    elif expected - different:
        outcome.update = f"not changed: {sorted(expected - different)}"
    else:
        lost = sorted(different - expected - ignored)
        outcome.update = f"changed too: {lost}" if lost else "ok"


def flatten(value: Any, path: str = "") -> dict[str, Any]:
    """Dotted path -> value of every scalar inside ``value``."""
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        return {
            key: scalar for name, inner in pairs for key, scalar in flatten(inner, f"{path}.{name}".lstrip(".")).items()
        }
    return {path: value}


def generate(plan: Mapping[str, Any], beside: Path, hints: Path | None, folder: Path) -> Path | None:
    """The folder of the server that is generated of the plan's document, or None where it is not built."""
    document = folder / plan["document"]
    document.write_bytes((beside / plan["document"]).read_bytes())
    if hints is not None:
        (folder / document.stem).mkdir()
        (folder / document.stem / "hints.yaml").write_bytes(hints.read_bytes())
    with redirect_stdout(sys.stderr):
        if main(["build", str(document), "--out", str(folder / "generated"), "--quiet"]):
            return None
    return next((folder / "generated").iterdir())


async def check(plan: Mapping[str, Any], generated: Path) -> Outcome:
    """The checks of a plan, through an MCP client of the generated server over stdio."""
    server = load_server(generated)
    outcome = Outcome(server.name, len(server.tools))
    environ = {**os.environ, f"{server.name.upper()}_BASE_URL": plan["base_url"]}
    transport = StdioTransport(
        sys.executable, ["-m", "adaptgen", "serve", str(generated)], env=environ, keep_alive=False
    )
    with httpx.Client(base_url=plan["base_url"], timeout=60) as direct:
        authenticate(direct, plan.get("direct", {}))
        async with Client(transport) as client:
            service = Service(plan, server, client, direct)
            await check_lists(service, outcome)
            refused = [text for text in outcome.lists.values() if not text.startswith("ok")]
            outcome.login = "ok" if outcome.read else next(iter(refused), "no list")
            await check_payload(service, outcome)
            await check_update(service, outcome)
    return outcome


def authenticate(direct: httpx.Client, wanted: Mapping[str, Any]) -> None:
    """Lets direct requests in: headers with ``${VARIABLE}`` of the environment, after a login whose answer fills
    ``${token}``; cookies are kept."""
    known = dict(os.environ)
    if login := wanted.get("login"):
        body = {name: fill(value, known) for name, value in login["json"].items()}
        answer = direct.post(login["path"], json=body)
        answer.raise_for_status()
        known["token"] = str(member(answer.json(), login["token"])) if "token" in login else ""
    direct.headers.update({name: fill(value, known) for name, value in wanted.get("headers", {}).items()})


def fill(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its ``${NAME}`` filled in."""
    return re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], text)


def run() -> int:
    """Prints a row for each plan, and below the table what did not hold."""
    parser = options(__doc__ or "")
    parser.add_argument("plans", nargs="+", type=Path)
    parser.add_argument("--hints", type=Path, help="build with these hints, to see whether they fix what is missing")
    parser.add_argument("--verbose", action="store_true", help="print every list, also those that hold")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    outcomes = []
    for file in chosen.plans:
        plan = yaml.safe_load(file.read_text(encoding="utf-8"))
        with tempfile.TemporaryDirectory() as folder:
            generated = generate(plan, file.parent, chosen.hints, Path(folder))
            outcomes.append(asyncio.run(check(plan, generated)) if generated else Outcome(plan["document"]))
    if chosen.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=2))
    else:
        rows = [HEAD, *(outcome.row() for outcome in outcomes)]
        print("\n".join("| " + " | ".join(row) + " |" for row in rows))
        for outcome in outcomes:
            for line in outcome.lines(chosen.verbose):
                print(f"{outcome.name}: {line}")
    return int(chosen.check and not all(outcome.holds for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(run())
