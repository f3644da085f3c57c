"""What agents read of what an API answers: bytes of a tool's default answer against bytes of the API's own.

The bundled CRM, BottleCRM, Airflow and Kinto run on this machine. Every tool that reads and needs nothing but ids is
called without further arguments: lists first, then what lies below their first records. Ratios are over what the API
sent for that very call. Then ``fields: ["*"]`` (and single paths, where one answer cannot hold everything) must give
back every value that the API sent; values withheld as secrets count apart. ``--check`` holds the bar.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import sys
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from figures import options

from adaptgen.demo.crm import Crm
from adaptgen.demo.crm import running as running_crm
from adaptgen.demo.story import environment
from adaptgen.model.tables import LOCAL, Tool
from adaptgen.runtime.contracts import load
from adaptgen.runtime.core.answer import Text
from adaptgen.runtime.engine import Engine
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax import hint_jsonpath as jsonpath
from adaptgen.transports.load import load_server

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from support import airflow, bottlecrm, kinto
from support.generated import generate
from support.services import Service, Unavailable, running

ROOT = Path(__file__).parent.parent
BAR = 0.10
LARGE = 2048  # bytes of a raw answer from which a ratio is worth a bar
WITHHELD = "[withheld]"
MOST = 40  # answers that one list is followed through
RECORDS = 40  # records whose own list is asked for until one is not empty
IDS = ("id", "uuid", "pk", "key", "name")

KINTO = "adaptgen: 1\n"


class Recording(httpx.AsyncBaseTransport):
    """The network, and what came over it since the last call, logins left out."""

    def __init__(self) -> None:
        self.network = httpx.AsyncHTTPTransport()
        self.bodies: list[bytes] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self.network.handle_async_request(request)
        body = await answer.aread()
        if not {"auth", "login", "token"} & set(request.url.path.strip("/").split("/")) and answer.status_code < 300:
            self.bodies.append(body)
        headers = [(k, v) for k, v in answer.headers.items() if k not in ("content-encoding", "content-length")]
        return httpx.Response(answer.status_code, headers=headers, stream=httpx.ByteStream(body))

    async def aclose(self) -> None:
        await self.network.aclose()


@dataclass
class Seen:
    """One tool: bytes that came, bytes that were answered, and what ``fields`` could not give back."""

    tool: str
    raw: int
    answered: int
    leaves: int = 0
    withheld: int = 0
    lost: list[str] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        return self.answered / self.raw


class Api:
    """One generated server and what is known of its ids. ``seeded``: placeholder -> the id that has most below it."""

    def __init__(self, package: Path, environ: Mapping[str, str], state: Path, seeded: Mapping[str, str]) -> None:
        self.seeded = seeded
        server = load_server(package)
        self.network = Recording()
        self.engine = Engine(
            server, environ=dict(environ), cursor_key=bytes(range(32)), state=state, transport=self.network
        )
        contracts = load(server)
        self.tools = {tool.name: tool for tool in server.tools if tool.effect == "read" and tool.call is not None}
        self.needs = {name: contracts[name].input_schema.get("required", []) for name in self.tools}
        self.arguments_of = {name: contracts[name].input_schema.get("properties", {}) for name in self.tools}
        self.known: dict[str, list[dict[str, Any]]] = {"": [{}]}
        self.seen: list[Seen] = []
        self.refused: list[str] = []

    async def call(self, tool: str, arguments: dict[str, Any]) -> tuple[str, list[Any], int] | None:
        """The text of the answer, the parsed bodies behind it and their bytes; None where the call failed or gave no
        JSON."""
        self.network.bodies.clear()
        answer = await self.engine.call(LOCAL, tool, arguments)
        texts = [block.text for block in answer.content if isinstance(block, Text)]
        if answer.is_error or len(texts) != 1:
            self.refused.append(f"{tool}: {texts[0][:100] if texts else 'no text'}")
            return None
        try:
            bodies = [json.loads(body) for body in self.network.bodies]
            json.loads(texts[0])
        except ValueError:
            return None
        return texts[0], bodies, sum(map(len, self.network.bodies))

    async def measure(self) -> None:
        """Call what can be called, from short paths to long ones: of an empty list the one of the next record."""
        order = sorted(self.tools.values(), key=lambda tool: (_template(tool).count("/"), _template(tool), tool.name))
        for tool in order:
            last: tuple[dict[str, Any], Seen] | None = None
            for known in self.records(tool)[:RECORDS]:
                arguments = self.arguments(tool, known)
                if set(self.needs[tool.name]) - set(arguments):
                    break
                found = await self.call(tool.name, arguments)
                if found is None or not found[2]:
                    break
                last = arguments, Seen(tool.name, found[2], len(found[0].encode()))
                if self.learn(tool, known, found[1][0]):
                    break
            if last is not None:
                await self.reach(tool, *last)
                self.seen.append(last[1])

    def records(self, tool: Tool) -> list[dict[str, Any]]:
        """The ids that the path asks for, of each record that is known there."""
        parts = [part for part in _template(tool).split("/") if part]
        last = max((at for at, part in enumerate(parts) if "{" in part), default=-1)
        return self.known.get("/".join(parts[: last + 1]), [])

    def arguments(self, tool: Tool, known: Mapping[str, Any]) -> dict[str, Any]:
        """The ids as arguments of the tool."""
        named = _path_arguments(tool)
        return {argument: known[name] for name, argument in named.items() if argument in self.arguments_of[tool.name]}

    def learn(self, tool: Tool, above: Mapping[str, Any], body: Any) -> bool:
        """The ids of the records of a list are those of what lies below it. False for an empty list."""
        items = jsonpath.first(tool.page.items, body) if tool.page is not None else _only_list(body)
        if not isinstance(items, list):
            return True
        path = _template(tool).strip("/")
        for other in self.tools.values():
            if not _template(other).strip("/").startswith(path + "/{"):
                continue
            part = _template(other).strip("/").removeprefix(path + "/").split("/")[0]
            name = part.strip("{}")
            if f"{path}/{part}" in self.known:
                continue
            if name in self.seeded and items:
                self.known[f"{path}/{part}"] = [{**above, name: self.seeded[name]}]
            for record in items:
                values = [record[key] for key in (name, *IDS) if isinstance(record.get(key), str | int)]
                if values:
                    self.known.setdefault(f"{path}/{part}", []).append({**above, name: values[0]})
        return bool(items)

    async def reach(self, tool: Tool, arguments: dict[str, Any], seen: Seen) -> None:
        """Compare everything that ``fields`` gives with everything that came."""
        if "fields" not in self.arguments_of[tool.name]:
            return
        shown: list[Any] = []
        came: list[Any] = []
        cursor: str | None = None
        for _ in range(MOST):
            found = await self.call(tool.name, {**arguments, "fields": ["*"], **({"cursor": cursor} if cursor else {})})
            if found is None:
                break
            answer = json.loads(found[0])
            came += found[1]
            listed = tool.page is not None and isinstance(answer, dict) and "items" in answer
            shown += answer["items"] if listed else [answer]
            cursor = answer.get("next_cursor") if listed else None
            if not cursor:
                break
        records: dict[str, Any] = {}
        for body in came:
            payload = jsonpath.first(tool.page.items if tool.page is not None else tool.payload, body)
            rows = payload if isinstance(payload, list) and tool.page is not None else [payload]
            records.update((json.dumps(row), row) for row in rows)
        # Where the walk was given up, the last page that came was not shown to its end.
        unread = len({json.dumps(row) for row in shown}) if cursor else None
        wanted = {pair for row in list(records.values())[:unread] for pair in _leaves(row, "")}
        got = {pair for record in shown for pair in _leaves(record, "")}
        seen.leaves = len(wanted)
        missing = wanted - got
        hidden = {path for path, value in got if value == json.dumps(WITHHELD)}
        seen.withheld = sum(path in hidden for path, _ in missing)
        missing = {pair for pair in missing if pair[0] not in hidden}
        for size in (25, 1):
            paths = sorted({path for path, _ in missing})
            for at in range(0, len(paths), size):
                asked = paths[at : at + size]
                if (found := await self.call(tool.name, {**arguments, "fields": asked})) is not None:
                    single = _values(json.loads(found[0]))
                    if size == 1:
                        single |= await self.slices(tool, arguments, json.loads(found[0]))
                    missing = {pair for pair in missing if pair[0] not in asked or pair[1] not in single}
        seen.lost = sorted({path for path, _ in missing})
        if tool.page is not None and came:
            seen.lost += await self.around(tool, arguments, came[0], seen)

    async def around(self, tool: Tool, arguments: dict[str, Any], body: Any, seen: Seen) -> list[str]:
        """What stands beside the items and cannot be read by its JSONPath."""
        assert tool.page is not None
        lost = []
        for name, _ in _beside(body, re.findall(r"\w+", tool.page.items), "$"):
            found = await self.call(tool.name, {**arguments, "fields": [name]})
            if found is None:
                lost.append(name)
                continue
            wanted = _values(jsonpath.first(name, found[1][0]))
            got = _values(json.loads(found[0])) | await self.slices(tool, arguments, json.loads(found[0]))
            seen.leaves += len(wanted)
            if json.dumps(WITHHELD) in got:
                seen.withheld += len(wanted - got)
            elif wanted - got:
                lost.append(name)
        return lost

    async def slices(self, tool: Tool, arguments: dict[str, Any], answer: Any) -> set[str]:
        """The values of what an answer cut, followed through the slices that it names."""
        values: set[str] = set()
        asked: set[str] = set()
        open_ = _more(answer)
        while open_ and len(asked) < 3 * MOST:
            path = open_.pop()
            if path in asked:
                continue
            asked.add(path)
            if (found := await self.call(tool.name, {**arguments, "fields": [path]})) is not None:
                values |= _values(json.loads(found[0]))
                open_ += _more(json.loads(found[0]))
        return values


def _beside(body: Any, items: list[str], above: str) -> Iterator[tuple[str, Any]]:
    """What stands beside the items at every level above them, by JSONPath."""
    if not isinstance(body, dict) or not items:
        return
    for key, value in body.items():
        name = fields.text((key,))
        path = f"{above}{name}" if name[0] == "[" else f"{above}.{name}"
        if key == items[0]:
            yield from _beside(value, items[1:], path)
        elif value not in (None, [], {}, ""):
            yield path, value


def _more(answer: Any) -> list[str]:
    """The paths that an answer names for what it cut: "40 of 500 elements; fields contacts[40:].id"."""
    said = answer.get("omitted") if isinstance(answer, dict) else None
    found = [one.partition("; fields ")[2] for one in (said or {}).values() if isinstance(one, str)]
    return [path for path in found if path]


def _template(tool: Tool) -> str:
    assert tool.call is not None
    return tool.call.path


def _path_arguments(tool: Tool) -> dict[str, str]:
    """Placeholder of the path -> the argument that fills it."""
    assert tool.call is not None
    named = {row.name: row.arg or row.name for row in tool.call.path_params}
    return {name: named.get(name, name) for name in re.findall(r"{([^{}]+)}", tool.call.path)}


def _only_list(body: Any) -> Any:
    if isinstance(body, dict):
        lists = [value for value in body.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
        return lists[0] if len(lists) == 1 else None
    return body


def _leaves(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every scalar as (path, its JSON)."""
    if isinstance(value, dict):
        for key, inner in value.items():
            name = fields.text((key,))
            yield from _leaves(inner, f"{path}{'' if name[0] == '[' or not path else '.'}{name}")
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, f"{path}[*]")
    else:
        yield path, json.dumps(value)


def _values(value: Any) -> set[str]:
    return {text for _, text in _leaves(value, "")}


# ------------------------------------------------------------------------------------------------------- the services


@asynccontextmanager
async def served(start: Callable[..., Service], name: str) -> AsyncIterator[tuple[Service, Path]]:
    """The service, and a folder that goes with it."""
    with tempfile.TemporaryDirectory() as scratch, running(start, Path(scratch)) as service:
        yield service, Path(scratch)


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


def _document(service: Service) -> bytes:
    return Path(service.facts["document"]).read_bytes()


async def measure_crm() -> Api:
    """The bundled CRM, with the hints that come with it."""
    with running_crm(Crm(slow=0.0)) as crm, tempfile.TemporaryDirectory() as state:
        return await _measured(ROOT / "generated" / "crm", environment(crm), Path(state))


async def measure_kinto() -> Api:
    """Kinto, from its document alone."""
    async with served(kinto.start, "kinto") as (service, folder):
        document = {"kinto.json": _get(service.url + service.facts["document"])}
        facts = service.facts
        environ = {
            "KINTO_BASE_URL": service.url,
            "KINTO_USERNAME": facts["username"],
            "KINTO_PASSWORD": facts["password"],
        }
        return await _measured(generate(folder / "made", "kinto", document, KINTO), environ, folder)


async def measure_airflow() -> Api:
    """Airflow: only the login, which a second document declares, is hinted."""
    async with served(airflow.start, "airflow") as (service, folder):
        facts = service.facts
        documents = {
            "airflow.json": _get(service.url + facts["document"]),
            "login.json": _get(service.url + facts["login_document"]),
        }
        environ = {
            "AIRFLOW_BASE_URL": service.url,
            "AIRFLOW_USERNAME": facts["username"],
            "AIRFLOW_PASSWORD": facts["password"],
        }
        return await _measured(
            generate(folder / "made", "airflow", documents, airflow.HINTS),
            environ,
            folder,
            dag_id=airflow.DAG,
            dag_run_id=facts["last_run"],
        )


async def measure_bottlecrm() -> Api:
    """BottleCRM: only the session is hinted."""
    async with served(bottlecrm.start, "bottlecrm") as (service, folder):
        document = {"bottle.json": _document(service)}
        environ = {"BOTTLE_BASE_URL": service.url, "BOTTLE_REFRESH_TOKEN": service.facts["refresh_token"]}
        return await _measured(
            generate(folder / "made", "bottle", document, bottlecrm.HINTS), environ, folder / "state"
        )


async def _measured(package: Path, environ: Mapping[str, str], state: Path, **seeded: str) -> Api:
    api = Api(package, environ, state, seeded)
    try:
        await api.measure()
    finally:
        await api.engine.aclose()
    return api


SERVICES = {"crm": measure_crm, "bottlecrm": measure_bottlecrm, "airflow": measure_airflow, "kinto": measure_kinto}


def main() -> int:
    parser = options(__doc__ or "")
    parser.add_argument("--only", choices=SERVICES, action="append", help="only this service")
    parser.add_argument("--tools", action="store_true", help="one line per tool")
    given = parser.parse_args()
    found: dict[str, Api] = {}
    for name in given.only or SERVICES:
        try:
            found[name] = asyncio.run(SERVICES[name]())
        except Unavailable as reason:
            print(f"{name}: {reason}", file=sys.stderr)
    every = [seen for api in found.values() for seen in api.seen]
    if given.json:
        print(json.dumps({name: [vars(seen) for seen in api.seen] for name, api in found.items()}, indent=1))
    else:
        table(found, every, given.tools)
    large = [seen.ratio for seen in every if seen.raw >= LARGE]
    missed = [f"{seen.tool}: {path}" for seen in every for path in seen.lost]
    if large and statistics.median(large) > BAR:
        missed.append(f"the median of answers over {LARGE} bytes is {100 * statistics.median(large):.1f} %")
    for line in missed:
        print(f"missed: {line}", file=sys.stderr)
    return int(bool(missed) and given.check)


def table(found: Mapping[str, Api], every: list[Seen], tools: bool) -> None:
    """One line per service, one for all; ``tools``: one per tool, the largest share first."""
    print("service     tools  called  over 2 kB  median of those  median of all  all bytes  values  withheld  lost")
    for name, api in [*found.items(), ("all", None)]:
        rows = api.seen if api is not None else every
        count = len(api.tools) if api is not None else sum(len(one.tools) for one in found.values())
        large = [seen.ratio for seen in rows if seen.raw >= LARGE]
        print(f"{name:11} {count:5} {len(rows):7} {len(large):10} {_percent(large):>16}", end="")
        print(f" {_percent([seen.ratio for seen in rows]):>14}", end="")
        whole = sum(seen.answered for seen in rows) / max(sum(seen.raw for seen in rows), 1)
        print(f" {100 * whole:8.1f} % {sum(seen.leaves for seen in rows):7}", end="")
        print(f" {sum(seen.withheld for seen in rows):9} {sum(len(seen.lost) for seen in rows):5}")
    if tools:
        for seen in sorted(every, key=lambda seen: -seen.ratio):
            lost = f"  lost: {', '.join(seen.lost[:5])}" if seen.lost else ""
            print(f"  {100 * seen.ratio:6.1f} %  {seen.answered:7} of {seen.raw:8}  {seen.tool}{lost}")
        for api in found.values():
            for line in api.refused:
                print(f"  refused: {line}")


def _percent(values: list[float]) -> str:
    return f"{100 * statistics.median(values):.1f} %" if values else "-"


if __name__ == "__main__":
    raise SystemExit(main())
