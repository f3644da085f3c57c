"""Lists of which the API sends text: CSV and JSON lines."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import threading
from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.model.tables import Tool, Unpaged
from adaptgen.runtime.answers.list import ListCall, answer_list
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import make_classifier

CSV = b"id,name,email\n1,Ada,ada@example.com\n2,Bob,bob@example.com\n"


def api_of(kit: Any, content: bytes, media: str = "text/csv", style: str = "none", **headers: str) -> Any:
    """An API that sends these bytes, whatever is asked."""

    class Table(kit.Api):  # type: ignore[misc, name-defined]
        async def __call__(self, query: Any = None, url: str | None = None) -> Any:
            self.requests.append(dict(query or {}))
            return kit.reply(content, media_type=media, headers={"content-type": media, **headers})

    return Table([], style=style)


@settings(max_examples=80, deadline=None)
@given(
    widths=st.lists(st.integers(0, 200), min_size=1, max_size=60),
    page_size=st.integers(1, 30),
    max_bytes=st.integers(400, 2500),
    lines=st.booleans(),
    broken=st.sets(st.integers(0, 60)),
)
def test_every_record_exactly_once(
    kit: Any, widths: list[int], page_size: int, max_bytes: int, lines: bool, broken: set[int]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    if not lines:
        writer.writerow(["id", "note"])
    for number, width in enumerate(widths):
        if number in broken:
            text.write('{"' if lines else f'{number},"torn" x')
            text.write("\n")
        elif lines:
            text.write(json.dumps({"id": f"{number}", "note": "x\n" * (width // 2)}) + "\n")
        else:
            writer.writerow([number, "x\n" * (width // 2)])
    api = api_of(kit, text.getvalue().encode(), "application/x-ndjson" if lines else "text/csv")
    agent = kit.Agent(api, view=("id", "note"), page_size=page_size, max_bytes=max_bytes)

    answers = agent.walk()

    torn = {number for number in range(len(widths)) if number in broken}
    rows = [dict(zip(answer["fields"], row, strict=True)) for answer in answers for row in answer["items"]]
    assert len(rows) == len(widths)
    for number, row in enumerate(rows):
        assert (row["id"] == f"{number}") != (number in torn)
        assert bool(row.get("unreadable")) == (number in torn)
    assert all(len(answer["items"]) <= page_size for answer in answers)
    assert ("note" in answers[0]) == bool(torn)
    if max_bytes > 900:  # the report alone is longer than the least budget
        assert all(len(text.encode()) <= max_bytes for text in agent.texts)


async def ask(tool: Tool, api: Any, marks: PiiTracker | None = None, fields: list[str] | None = None) -> Any:
    box = CursorBox(b"k" * 32)
    call = ListCall(box=box, caller="local", contract_hash="c", page_size=25, max_bytes=9000, fields=fields)
    return await answer_list(tool, api, replace(call, marks=marks) if marks else call)


def test_columns_are_classified_and_a_torn_line_is_withheld(kit: Any) -> None:
    """What stands in a line that cannot be read nobody can tell."""
    content = CSV + b'3,"Eve" L,eve@example.com\n'
    api = api_of(kit, content)
    tool = Tool(name="t", page=api.paging, view=("id", "name", "email"))
    for asked in (None, ["*"], ["name", "unreadable"]):
        answer = asyncio.run(ask(tool, api, PiiTracker(make_classifier(tool)), asked))
        text = answer.content[0].text  # type: ignore[union-attr]
        assert "eve@" not in text
        assert "line 4: [withheld]" in text
    plain = orjson.loads(asyncio.run(ask(tool, api)).content[0].text)  # type: ignore[union-attr]
    assert plain["items"][2] == [None, None, None, 'line 4: 3,"Eve" L,eve@example.com']
    assert plain["note"].startswith("1 line fits no record (line 4)")


def test_a_large_table_is_read_beside_the_event_loop(kit: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else nobody else would be served meanwhile."""
    from adaptgen.runtime.http import page as paging
    from adaptgen.runtime.http.response import Response

    where: list[bool] = []
    page = paging._page

    def watched(*given: Any) -> Any:
        where.append(threading.current_thread() is threading.main_thread())
        return page(*given)

    async def turned(rows: int) -> int:
        content = b"a,b\n" + b"1,a value of some length\n" * rows

        async def fetch(query: Any, url: str | None = None) -> Any:
            return Response(200, {"content-type": "text/csv"}, content, media_type="text/csv")

        return len((await paging.read_page(Unpaged(), fetch, None, None)).items)

    monkeypatch.setattr(paging, "_page", watched)
    assert asyncio.run(turned(10)) == 10
    assert asyncio.run(turned(10_000)) == 10_000
    assert where == [True, False]
