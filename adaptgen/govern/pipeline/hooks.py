"""Functions of a person's own, before and after a tool. One that fails or is late refuses the call.

    def before(call: Call) -> Mapping | None          # arguments instead of the call's, or None
    async def after(call: Call, result) -> dict | None   # a CallToolResult instead of the tool's, or None

They see restored arguments and answers before tokens replace what is in them: personal data.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import field, replace
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic
from adaptgen.govern.settings.model import Hook, Settings
from adaptgen.model.frozen import value
from adaptgen.model.tables import Caller, Effect, Json

_THREADS = 8
"""Threads for hooks that are not coroutines; a pool of their own, so that one that hangs stops nothing else."""


@value()
class Call:
    """One call of a tool as hooks see it: after decision and restoring, ``arguments`` as the tool will get them."""

    caller: Caller
    tool: str
    server: str
    effect: Effect
    arguments: Mapping[str, Json] = field(repr=False)
    request_id: str


class HookError(Exception):
    """A hook did not let a call through. The text names the hook and nothing else."""


class Hooks:
    """The hooks of the settings, in order. A hook that fails, is late or returns something else is a HookError."""

    def __init__(self, settings: Settings) -> None:
        """Find every function; AdaptgenError (AG080), at its place, for each one that is not there."""
        found: list[Diagnostic] = []
        self._before = _resolved(settings, "before", settings.before, found)
        self._after = _resolved(settings, "after", settings.after, found)
        if found:
            raise AdaptgenError(*found)
        self._pool: ThreadPoolExecutor | None = None

    async def before(self, call: Call) -> Mapping[str, Json]:
        """The arguments that the tool gets."""
        for hook, function in self._before:
            given = await self._run(hook, function, call)
            if given is not None:
                if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
                    raise HookError(f"the hook {hook.call} returned no arguments")
                call = replace(call, arguments=given)
        return call.arguments

    async def after(self, call: Call, result: dict[str, Json]) -> dict[str, Json]:
        """The result that goes on."""
        for hook, function in self._after:
            given = await self._run(hook, function, call, result)
            if given is not None:
                if not isinstance(given, dict) or not isinstance(given.get("content"), list):
                    raise HookError(f"the hook {hook.call} returned no result")
                result = given
        return result

    async def _run(self, hook: Hook, function: Callable[..., Any], *given: Any) -> Any:
        try:
            return await asyncio.wait_for(self._started(function, given), hook.timeout)
        except TimeoutError:
            raise HookError(f"the hook {hook.call} did not answer within {hook.timeout:g} s") from None
        except Exception:
            # What it says may hold what it saw, and its traceback holds the arguments.
            raise HookError(f"the hook {hook.call} failed") from None

    async def _started(self, function: Callable[..., Any], given: tuple[Any, ...]) -> Any:
        if inspect.iscoroutinefunction(function):
            return await function(*given)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="adaptgen-hook")
        inside = partial(copy_context().run, function, *given)
        made = await asyncio.get_running_loop().run_in_executor(self._pool, inside)
        return await made if inspect.isawaitable(made) else made

    def close(self) -> None:
        """Let the threads go; one that hangs is not waited for."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def _resolved(
    settings: Settings, section: str, hooks: tuple[Hook, ...], found: list[Diagnostic]
) -> list[tuple[Hook, Callable[..., Any]]]:
    made = []
    for index, hook in enumerate(hooks):
        function, why = _function(hook.call, settings.folder)
        if function is not None:
            made.append((hook, function))
        else:
            where = settings.where("hooks", section, index)
            help = "package.module:function, importable by this process or from the folder of the settings"
            found.append(Diagnostic("AG080", f"the hook {hook.call}: {why}", where, help))
    return made


def _function(call: str, folder: Path | None) -> tuple[Callable[..., Any] | None, str]:
    module, _, name = call.partition(":")
    if folder is not None and folder.is_dir() and str(folder.resolve()) not in sys.path:
        sys.path.append(str(folder.resolve()))
    try:
        function = getattr(import_module(module), name, None)
    except ModuleNotFoundError as why:
        return None, f"no module {why.name!r}"
    except Exception as why:  # it is a person's own code, which may do anything when it is imported
        return None, f"{module} cannot be imported ({type(why).__name__})"
    if function is None:
        return None, f"{module} has no {name!r}"
    return (function, "") if callable(function) else (None, f"{name!r} is not a function")
