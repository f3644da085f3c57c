"""An agent that asks about all items of a fake API, which pages in every style."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest
from support import paged_api

from adaptgen.model.tables import Tool
from adaptgen.runtime.answers.list import ListCall
from adaptgen.runtime.paging.cursor import CursorBox
from adaptgen.runtime.paging.scan import Bounds
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.queries import query as asking


@dataclass
class Asker:
    """Asks one list tool."""

    api: Any
    bounds: Bounds = field(default_factory=Bounds)
    view: tuple[str, ...] | None = ("id", "name")
    max_bytes: int = 9000
    page_size: int = 25
    more: dict[str, Any] = field(default_factory=dict)
    marks: Any = PiiTracker
    box: CursorBox = field(default_factory=lambda: CursorBox(b"k" * 32))
    texts: list[str] = field(default_factory=list)

    def __call__(
        self, cursor: str | None = None, limit: int | None = None, fields: list[str] | None = None, **asked: Any
    ) -> Any:
        tool = Tool(name="find_things", page=self.api.paging, view=self.view, **self.more)
        answer = asyncio.run(
            asking.answer_question(
                tool,
                self.api,
                ListCall(
                    limit=limit,
                    fields=fields,
                    cursor=cursor,
                    box=self.box,
                    caller="local",
                    contract_hash="c1",
                    page_size=self.page_size,
                    max_bytes=self.max_bytes,
                    marks=self.marks(),
                ),
                asked=asked,
                bounds=self.bounds,
            )
        )
        (block,) = answer.content
        self.texts.append(block.text)  # type: ignore[union-attr]
        self.answer = answer
        return orjson.loads(block.text)  # type: ignore[union-attr]

    def walk(self, limit: int | None = None, **asked: Any) -> list[Any]:
        """Every answer from the first to the last."""
        answers = [self(limit=limit, **asked)]
        while "next_cursor" in answers[-1]:
            assert len(answers) < 300, "it never ends"
            answers.append(self(answers[-1]["next_cursor"], **asked))
        return answers


@pytest.fixture(scope="session")
def kit() -> Any:
    """The fake API, the asker and what goes with them."""

    class Kit:
        Api = paged_api.FakeApi
        Ask = Asker
        ids = staticmethod(paged_api.ids)

    return Kit
