"""Hooks: they see and replace, and one that fails, hangs or is not there never lets a call through."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.pipeline.hooks import Call, HookError, Hooks
from adaptgen.govern.settings.load import parse
from adaptgen.model.tables import Caller

CALL = Call(Caller("ada"), "crm__find", "crm", "read", {"name": "Lovelace"}, "r1")


@pytest.fixture
def module() -> Iterator[Any]:
    made = ModuleType("hooks_of_a_test")
    sys.modules[made.__name__] = made
    yield made
    del sys.modules[made.__name__]


def hooks(text: str) -> Hooks:
    return Hooks(parse(f"adaptgen: 1\nhooks: {text}\n".encode(), "g.yaml"))


@pytest.mark.asyncio
async def test_hooks_run_in_order_and_replace_what_they_answer(module: Any) -> None:
    async def first(call: Call) -> dict[str, Any]:
        return {**call.arguments, "seen": [threading.current_thread().name]}

    def second(call: Call) -> dict[str, Any]:
        return {**call.arguments, "seen": [*call.arguments["seen"], threading.current_thread().name]}

    module.first, module.second, module.third = first, second, lambda call: None
    one = hooks("{before: ['hooks_of_a_test:first', 'hooks_of_a_test:second', 'hooks_of_a_test:third']}")
    found = await one.before(CALL)
    assert found["name"] == "Lovelace"
    here, there = found["seen"]
    assert here == threading.current_thread().name
    assert there != here  # a function that is no coroutine cannot hold up the loop
    one.close()


@pytest.mark.asyncio
async def test_an_after_hook_sees_the_call_and_replaces_the_result(module: Any) -> None:
    async def stamp(call: Call, result: dict[str, Any]) -> dict[str, Any]:
        return {**result, "content": [{"type": "text", "text": call.request_id}]}

    module.stamp = stamp
    found = await hooks("{after: 'hooks_of_a_test:stamp'}").after(CALL, {"content": [], "isError": False})
    assert found == {"content": [{"type": "text", "text": "r1"}], "isError": False}


@pytest.mark.asyncio
async def test_a_hook_that_hangs_refuses(module: Any) -> None:
    release = threading.Event()

    async def waits(call: Call) -> None:
        await asyncio.Event().wait()

    module.waits, module.hangs = waits, lambda call: release.wait(30)
    for name in ("waits", "hangs"):
        one = hooks(f"{{before: {{call: 'hooks_of_a_test:{name}', timeout: 20ms}}}}")
        with pytest.raises(HookError, match=rf"^the hook hooks_of_a_test:{name} did not answer within 0.02 s$"):
            await one.before(CALL)
        one.close()
    release.set()


@pytest.mark.asyncio
@pytest.mark.parametrize("given", ["text", [], {1: 2}, 0])
async def test_what_is_neither_arguments_nor_nothing_refuses(module: Any, given: Any) -> None:
    async def gives(*_: Any) -> Any:
        return given

    module.gives = gives
    with pytest.raises(HookError, match=r"returned no arguments$"):
        await hooks("{before: 'hooks_of_a_test:gives'}").before(CALL)
    with pytest.raises(HookError, match=r"returned no result$"):
        await hooks("{after: 'hooks_of_a_test:gives'}").after(CALL, {"content": []})


def test_hooks_that_are_not_there_are_located(module: Any) -> None:
    module.number = 5
    with pytest.raises(AdaptgenError) as caught:
        hooks("{before: ['no_such_module.x:y', 'hooks_of_a_test:nothing'], after: 'hooks_of_a_test:number'}")
    assert [(one.code, one.message, one.where) for one in caught.value.diagnostics] == [
        ("AG080", "the hook no_such_module.x:y: no module 'no_such_module'", Where("g.yaml", 2, 18)),
        ("AG080", "the hook hooks_of_a_test:nothing: hooks_of_a_test has no 'nothing'", Where("g.yaml", 2, 40)),
        ("AG080", "the hook hooks_of_a_test:number: 'number' is not a function", Where("g.yaml", 2, 68)),
    ]
