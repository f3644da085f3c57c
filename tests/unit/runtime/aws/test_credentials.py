"""Secrets: each read once, at the same time, kept, read again when asked to, and never shown."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from pathlib import Path

import pytest
from support.governing import FakeTarget, fact, governed, settings

from adaptgen.diagnostics import AdaptgenError
from adaptgen.runtime.aws import credentials as module
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.aws.errors import AwsError
from adaptgen.runtime.core.answer import ToolError
from adaptgen.syntax.templates import Reference

pytestmark = pytest.mark.asyncio

ONE, TWO = Reference("secret", "crm#one"), Reference("secret", "crm#two")
WHOLE, PARAMETER = Reference("secret", "whole"), Reference("ssm", "/crm/a#b")


class Store:
    """What AWS keeps; reading ends when it is let."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], str] = {}
        self.begun: list[tuple[str, str]] = []
        self.open: list[tuple[Future[str], tuple[str, str]]] = []

    def begin(self, stored: tuple[str, str], region: str) -> Future[str]:
        self.begun.append(stored)
        future: Future[str] = Future()
        self.open.append((future, stored))
        return future

    def let(self) -> None:
        for future, stored in self.open:
            if stored in self.values:
                future.set_result(self.values[stored])
            else:
                future.set_exception(AwsError("AWS refuses it: no", "ResourceNotFoundException"))
        self.open = []


class Ready(Store):
    """One that answers at once."""

    def begin(self, stored: tuple[str, str], region: str) -> Future[str]:
        future = super().begin(stored, region)
        self.let()
        return future


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    made.values = {("secret", "crm"): '{"one": "1", "two": " 2 "}', ("secret", "whole"): "w", ("ssm", "/crm/a#b"): "p"}
    monkeypatch.setattr(module, "begin_reading", made.begin)
    return made


async def test_each_secret_is_read_once_and_all_at_the_same_time(store: Store) -> None:
    one = Credentials({})
    one.begin([ONE, TWO, PARAMETER])
    waiting = [asyncio.create_task(one.prepare([name, WHOLE, PARAMETER], "it")) for name in (ONE, TWO)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert sorted(store.begun) == sorted(store.values), "nothing waits for another one"
    store.let()
    await asyncio.gather(*waiting)
    assert [one.resolve(name) for name in (ONE, TWO, WHOLE, PARAMETER)] == ["1", "2", "w", "p"]
    await one.prepare([ONE, TWO], "it")
    assert len(store.begun) == 3
    assert "w" not in repr(one)


async def test_a_failure_names_the_reference_and_is_not_kept(store: Store) -> None:
    one = Credentials({})
    known = store.values.pop(("secret", "crm"))
    for _ in range(2):
        task = asyncio.create_task(one.prepare([ONE], "it"))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        store.let()
        with pytest.raises(ToolError, match=r"\$\{secret:crm#one\}: ResourceNotFoundException"):
            await task
    assert len(store.begun) == 2
    store.values["secret", "crm"] = known.replace("one", "other")
    task = asyncio.create_task(one.prepare([ONE], "it"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    store.let()
    with pytest.raises(ToolError, match="the key 'one'") as problem:
        await task
    assert "2" not in problem.value.text


async def test_settings_that_lack_a_secret_say_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "begin_reading", Ready().begin)
    path = settings(tmp_path, keys={"audit": "${secret:none}"}, tokenize=None)
    with pytest.raises(AdaptgenError, match=r"AG071: AWS does not return \$\{secret:none\}"):
        async with governed(path, FakeTarget(fact("echo"))):
            pass
