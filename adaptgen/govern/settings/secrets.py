"""References in the settings (``${env:…}``, ``${secret:…#key}``, ``${ssm:…}``), looked up at start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from adaptgen.diagnostics import error
from adaptgen.govern.settings.model import Settings
from adaptgen.runtime.aws.credentials import Credentials
from adaptgen.runtime.core.errors import ToolError
from adaptgen.syntax.templates import fill, references

_T = TypeVar("_T")

# Keys are resolved by ``govern.keys``, which never lets them stand in a value that can be printed.
_ALWAYS = ("trace", "authorize", "audit", "switch")
_HTTP = ("listen", "authenticate", "accept")


async def resolve(settings: Settings, credentials: Credentials, *, http: bool) -> Settings:
    """The settings with every reference replaced that is needed to serve; ``http``: others than stdio.

    Raises:
        AdaptgenError: AG071, at its place, for a reference that gives nothing.
    """
    names = [*_ALWAYS, *(_HTTP if http else ()), "upstreams"]
    return replace(
        settings, **{name: await _value(settings, (name,), getattr(settings, name), credentials) for name in names}
    )


async def _value(settings: Settings, at: tuple[str | int, ...], value: Any, credentials: Credentials) -> Any:
    if isinstance(value, str):
        return await _text(settings, at, value, credentials) if "${" in value else value
    if isinstance(value, Mapping):
        return {key: await _value(settings, (*at, key), one, credentials) for key, one in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)([await _value(settings, (*at, n), one, credentials) for n, one in enumerate(value)])
    if is_dataclass(value) and not isinstance(value, type):
        changed = {name: await _value(settings, (*at, name), one, credentials) for name, one in _members(value)}
        return replace(value, **changed)
    return value


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    for one in fields(value):
        yield one.name, getattr(value, one.name)


async def _text(settings: Settings, at: tuple[str | int, ...], text: str, credentials: Credentials) -> str:
    where = settings.where(*at)
    try:
        await credentials.prepare(references(text), f"{'.'.join(map(str, at))} names")
        return str(fill(text, {}, credentials.resolve))
    except ToolError as problem:
        raise error("AG071", problem.text.rstrip("."), where, "set it before the start") from None
