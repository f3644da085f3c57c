"""Learns one mock API with the real command, builds with what was learned, and reads its lists to their ends."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from adaptgen.cli import main
from adaptgen.model.tables import LOCAL, Server
from adaptgen.runtime.engine import Engine
from adaptgen.text.parse import parse
from adaptgen.transports.load import load_server
from learning.behaviour import Api, Listing
from learning.document import document
from learning.draw import draw
from learning.judge import Verdict, judge, read_claims, tool_of
from learning.server import serving
from learning.service import Service
from learning.truth import truths

PAGES = 120
"""Calls that one list may take."""


@dataclass
class Report:
    """What one API showed. ``kinds``: kind of behaviour, and whether it was found; ``cut``: lists that were called
    complete and were not; ``kept``: values in what was written or printed."""

    seed: int
    kinds: list[tuple[str, bool]] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    requests: int = 0
    logins: int = 0
    writes: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    lists: int = 0
    read: int = 0
    unread: list[str] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    failed: str = ""
    seconds: float = 0.0

    def lines(self) -> Iterator[str]:
        """Everything that did not hold."""
        named = {"failed": [self.failed] if self.failed else [], "FALSE": self.false, "likely, wrong": self.doubtful,
                 "WRITE": self.writes, "KEPT": self.kept, "missed": self.missed, "unread": self.unread,
                 "CUT": self.cut}  # fmt: skip
        for word, texts in named.items():
            yield from (f"{self.seed} {word}: {text}" for text in texts)


def learn_seed(seed: int) -> Report:
    """The report of the API of a seed."""
    with tempfile.TemporaryDirectory() as folder, serving(Service(draw(seed))) as service:
        return learn_api(service, Path(folder))


def environ_of(api: Api, url: str, folder: Path) -> dict[str, str]:
    """The environment of a person who has the credentials of the API."""
    prefix, secrets = api.name.upper(), api.secrets
    found = {f"{prefix}_BASE_URL": url + api.base, "ADAPTGEN_STATE": str(folder / "state"), "HOME": str(folder)}
    found |= {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("STATE", "CACHE", "CONFIG", "DATA")}
    if api.login.kind in ("basic", "session"):
        found |= {f"{prefix}_USERNAME": secrets["user"], f"{prefix}_PASSWORD": secrets["password"]}
    if api.login.kind == "key":
        found |= {f"{prefix}_API_KEY": secrets["key"], f"{prefix}_TOKEN": secrets["key"]}
    return found


@contextmanager
def quiet() -> Iterator[io.StringIO]:
    """What is printed and logged for the length of a block."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    try:
        with redirect_stdout(said), redirect_stderr(said):
            yield said
    finally:
        logging.getLogger().removeHandler(handler)


def learn(spec: Path, *options: str) -> tuple[int, str]:
    """Runs ``adaptgen learn``: its exit code, and all that it says."""
    with quiet() as said:
        try:
            code = main(["learn", str(spec), *options])
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return code, said.getvalue()


def learn_api(service: Service, folder: Path, *options: str) -> Report:
    """The report of one served API."""
    api = service.api
    report = Report(api.seed)
    specs = folder / "specs"
    specs.mkdir(exist_ok=True)
    spec = specs / f"{api.name}.json"
    spec.write_text(json.dumps(document(api), indent=1))
    before, begun = service.logins, time.monotonic()
    with patch.dict(os.environ, environ_of(api, service.url, folder)):
        try:
            code, said = learn(spec, *options)
            # 1: nothing could be read, so nothing was learned.
            report.failed = "" if code in (0, 1) else f"exit {code}: {said[-600:]}"
        except Exception:
            said = report.failed = traceback.format_exc()[-1500:]
        report.seconds = time.monotonic() - begun
        report.requests, report.logins = len(service.seen), service.logins - before
        report.writes = list(service.unsafe)
        report.kept = list(kept_values(service, folder, spec, said))
        judge_api(service, spec, folder, report)
    return report


def kept_values(service: Service, folder: Path, spec: Path, said: str) -> Iterator[str]:
    """Personal values and secrets in what was printed, or in any file but the document."""
    api = service.api
    texts = {"what it said": said}
    for file in folder.rglob("*"):
        if file.is_file() and file != spec:
            texts[file.name] = file.read_bytes().decode("utf-8", "replace")
    secrets = {api.secrets["password"], api.secrets["key"], service.expected()} - {""}
    for place, text in texts.items():
        lowered = text.lower()
        yield from (f"{value} in {place}" for value in {*api.canaries, *secrets} if value and value.lower() in lowered)


def judge_api(service: Service, spec: Path, folder: Path, report: Report) -> None:
    """Builds with what was learned, reads the lists, and compares."""
    api = service.api
    with quiet() as said:
        code = main(["build", str(spec), "--out", str(folder / "generated"), "--quiet"])
    if code:
        report.failed = f"the build ends with {code}: {said.getvalue()[-600:]}"
        return
    server = load_server(folder / "generated" / api.name)
    with quiet():
        readings = asyncio.run(read_lists(api, server))
    opened = any(reading.answered for reading in readings.values())
    entered = opened or not any(one.records for one in api.lists)
    hidden = {truth.subject for truth in truths(api) if truth.hidden and truth.kind in ("style", "items")}
    for one in api.lists:
        if one.operation in hidden:
            continue
        reading = readings[one.operation]
        report.lists += 1
        if sorted(map(str, reading.items)) == sorted(map(str, reading.expected)):
            report.read += 1
        else:
            text = f"{one.operation}: {len(set(map(str, reading.items)))} of {len(reading.expected)} {reading.why}"
            report.unread.append(text)
            if reading.complete and not reading.why:
                report.cut.append(text)
    learned = spec.parent / api.name / "learned.yaml"
    claims = []
    if learned.exists():
        raw: Any = parse(learned.read_bytes(), "learned.yaml", strict=True).value
        claims = read_claims(learned, raw or {})
    verdict: Verdict = judge(api, claims, server, entered)
    report.kinds = [(truth.kind, True) for truth in verdict.found] + [
        (truth.kind, False) for truth, _ in verdict.missed
    ]
    report.missed = [f"{truth.subject} {truth.kind}: {truth.value}, but {text}" for truth, text in verdict.missed]
    report.false, report.doubtful = verdict.false, verdict.doubtful


@dataclass
class Reading:
    """One list as the engine read it: the ids, whether it was called complete, why it ended early, and whether the API
    let it in."""

    items: list[Any]
    expected: list[Any]
    complete: bool = False
    why: str = ""
    answered: bool = False


async def read_lists(api: Api, server: Server) -> dict[str, Reading]:
    """Each list through the engine."""
    engine = Engine(server, environ=dict(os.environ), cursor_key=bytes(range(32)))
    found = {}
    try:
        for one in api.lists:
            parent = None
            if one.parent:
                above = api.listing(one.parent)
                parent = max((record[above.identity] for record in above.records), key=lambda key: len(one.below(key)))
            expected = [record[one.identity] for record in one.below(parent)]
            found[one.operation] = await read_list(engine, server, one, parent, expected)
    finally:
        await engine.aclose()
    return found


async def read_list(engine: Engine, server: Server, one: Listing, parent: Any, expected: list[Any]) -> Reading:
    """One list to its end."""
    reading = Reading([], expected)
    tool = tool_of(server, one.operation)
    if tool is None or tool.call is None:
        reading.why = "no tool"
        return reading
    arguments: dict[str, Any] = {"fields": [one.identity], "limit": 100} if tool.page is not None else {}
    if one.parent:
        name = one.path.partition("{")[2].partition("}")[0]
        arguments[name] = parent
    for _ in range(PAGES):
        answer = await engine.call(LOCAL, tool.name, arguments)
        text = "".join(getattr(block, "text", "") for block in answer.content)
        if answer.is_error:
            reading.why = text[:160].replace("\n", " ")
            return reading
        reading.answered = True
        try:
            body = json.loads(text)
        except ValueError:
            reading.why = "the answer is no JSON"
            return reading
        reading.items += ids_of(body, one.identity)
        listed = isinstance(body, Mapping) and "items" in body
        reading.complete = listed and body.get("complete", True) is True
        cursor = body.get("next_cursor") if isinstance(body, Mapping) else None
        if not cursor:
            return reading
        arguments["cursor"] = cursor
    reading.why = "no end"
    return reading


def ids_of(body: Any, identity: str) -> list[Any]:
    """The ids in a list answer, whatever its layout."""
    if not isinstance(body, Mapping) or "items" not in body:
        return []
    if "fields" in body:
        if identity not in body["fields"]:
            return []
        at = body["fields"].index(identity)
        return [row[at] for row in body["items"]]
    return [item.get(identity) if isinstance(item, Mapping) else item for item in body["items"]]
