"""The located reader of settings: every error of the file at once with its place, and values where it is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from adaptgen.diagnostics import Diagnostic, Where, did_you_mean
from adaptgen.govern.settings.table import UNITS
from adaptgen.govern.settings.types import (
    PATTERNS,
    SAMPLES,
    Anything,
    Duration,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Rate,
    Table,
    Text,
    Type,
)
from adaptgen.net.addresses import UrlProblem, find_problem
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.templates import Placeholder, Reference, TemplateError, parse

Keys = tuple[str | int, ...]

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
_RATE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?/[smhd]")


class Checker:
    """Reads values by their types. ``where`` gives the place of a key path; ``found`` collects the errors."""

    def __init__(self, where: Callable[..., Where]) -> None:
        self.where = where
        self.found: list[Diagnostic] = []

    def say(self, message: str, at: Keys, help: str = "", code: str = "AG070") -> None:
        """One error at a key path."""
        self.found.append(Diagnostic(code, message, self.where(*at), help))

    def read(self, value: Any, type_: Type, at: Keys) -> Any:
        """The value that the settings mean. Where something is wrong it is reported, and the value means nothing."""
        match type_:
            case Text(kind, empty):
                if self.is_a(value, isinstance(value, str), "a text", at):
                    self.text(value, kind, at, empty=empty)
            case Flag():
                self.is_a(value, isinstance(value, bool), "true or false", at)
            case Number():
                self.number(value, type_, at)
            case Duration():
                return self.duration(value, type_, at)
            case Rate():
                if not (isinstance(value, str) and _RATE.fullmatch(value)) or not float(value.split("/")[0]):
                    self.say(f"{named(at)} must be a rate such as 60/m, not {shown(value)}", at,
                             "a number above 0, /, and s, m, h or d")  # fmt: skip
            case OneOf():
                self.word(value, type_, at)
            case ListOf():
                return self.items(value, type_, at)
            case MapOf():
                return self.mapping(value, type_, at)
            case Either(types):
                return self.either(value, types, at)
            case Table():
                return self.table(value, type_, at)
            case Anything():
                pass
        return value

    def is_a(self, value: Any, fits: bool, wanted: str, at: Keys) -> bool:
        if not fits:
            quote = wanted == "a text" and isinstance(value, (int, float))
            self.say(f"{named(at)} must be {wanted}, not {shown(value)}", at, "put it in quotes" if quote else "")
        return fits

    def number(self, value: Any, type_: Number, at: Keys) -> None:
        fits = isinstance(value, int if type_.whole else (int, float)) and not isinstance(value, bool)
        if self.is_a(value, fits, "a whole number" if type_.whole else "a number", at):
            self.between(value, type_.least, type_.most, at)

    def between(self, value: float, least: float | None, most: float | None, at: Keys, unit: str = "") -> None:
        if least is not None and value < least:
            self.say(f"{named(at)} must be at least {least:g}{unit}, not {value:g}{unit}", at)
        elif most is not None and value > most:
            self.say(f"{named(at)} must be at most {most:g}{unit}, not {value:g}{unit}", at)

    def duration(self, value: Any, type_: Duration, at: Keys) -> float:
        if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
            seconds = float(match[1]) * UNITS[match[2]]
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            seconds = float(value)
        else:
            self.say(f"{named(at)} must be a duration such as 10s, not {shown(value)}", at, "units: ms, s, m, h, d")
            return 0.0
        self.between(seconds, type_.least, type_.most, at, " s")
        return seconds

    def word(self, value: Any, type_: OneOf, at: Keys) -> None:
        if isinstance(value, str) and value in type_.words:
            return
        words = " or ".join(filter(None, (", ".join(type_.words[:-1]), type_.words[-1])))
        help = did_you_mean(value, type_.words) if isinstance(value, str) else ""
        self.say(f"{named(at)} must be {words}, not {shown(value)}", at, help)

    def items(self, value: Any, type_: ListOf, at: Keys) -> tuple[Any, ...]:
        if not isinstance(value, list):
            if value is None or (isinstance(value, dict) and not isinstance(type_.item, Table)):
                self.say(f"{named(at)} must be a list, not {shown(value)}", at)
                return ()
            return (self.read(value, type_.item, at),)
        if type_.filled and not value:
            self.say(f"{named(at)} is empty", at)
        return tuple(self.read(one, type_.item, (*at, index)) for index, one in enumerate(value))

    def mapping(self, value: Any, type_: MapOf, at: Keys) -> dict[str, Any]:
        if not self.is_a(value, isinstance(value, dict), "a mapping", at):
            return {}
        if type_.filled and not value:
            self.say(f"{named(at)} is empty", at)
        for name in value:
            self.text(name, type_.key, (*at, name))
        return {name: self.read(one, type_.value, (*at, name)) for name, one in value.items()}

    def either(self, value: Any, types: tuple[Type, ...], at: Keys) -> Any:
        for one in types:
            if isinstance(value, str if isinstance(one, Text) else dict):
                return self.read(value, one, at)
        self.say(f"{named(at)} must be a text or a mapping, not {shown(value)}", at)
        return value

    def table(self, value: Any, type_: Table, at: Keys) -> Any:
        alone = bool(type_.short) and isinstance(value, str)
        if alone:
            value = {type_.short: value}
        if not self.is_a(value, isinstance(value, dict), "a mapping", at):
            return None
        before = len(self.found)
        made: dict[str, Any] = {}
        for name, item in value.items():
            key = type_.keys.get(name)
            if key is None:
                help = did_you_mean(name, type_.keys) or _elsewhere(type_, name) or f"known: {', '.join(type_.keys)}"
                self.say(f"unknown key {name!r}{f' under {named(at)}' if at else ''}", (*at, name), help)
                continue
            result = self.read(item, key.type, at if alone else (*at, name))
            if key.to != "":
                made[key.to or name] = result
        for name, key in type_.keys.items():
            if key.required and name not in value:
                self.say(f"{named(at)} needs {name!r}", at, _example(key.type))
        return type_.make(**made) if len(self.found) == before else None

    # ------------------------------------------------------------------------------------------------------ texts

    def text(self, value: str, kind: str, at: Keys, *, empty: bool = False) -> None:
        if not value and not empty:
            self.say(f"{named(at)} is empty", at)
        elif kind in ("template", "secret", "url"):
            self.template(value, kind, at)
        elif kind == "path":
            self.path(value, at)
        elif kind in PATTERNS and not re.search(PATTERNS[kind], value):
            self.say(f"{named(at)}: {value!r} is not {SAMPLES[kind]}", at)
        elif kind in ("text", "sink") and re.search(r"[\x00-\x1f\x7f]", value):
            self.say(f"{named(at)} holds control characters", at)

    def template(self, value: str, kind: str, at: Keys) -> None:
        try:
            parts = parse(value)
        except TemplateError as broken:
            # What the reader of templates says quotes the text, and the text of a secret may be one.
            why = "is no reference" if kind == "secret" else str(broken)
            self.say(f"{named(at)}: {why}", at, "${env:NAME}, ${secret:NAME#KEY} or ${ssm:/PATH}", "AG071")
            return
        for part in parts:
            if isinstance(part, Placeholder):
                help = "only ${env:NAME}, ${secret:NAME#KEY} and ${ssm:/PATH} are filled in here"
                self.say(f"{named(at)}: there is nothing that {{{part.name}}} could stand for", at, help, "AG071")
                return
        if kind == "secret" and not any(isinstance(part, Reference) for part in parts):
            self.say(f"{named(at)} must refer to a secret and not hold it", at,
                     'write "${secret:name#key}" or "${env:NAME}"', "AG073")  # fmt: skip
        elif kind == "url" and all(isinstance(part, str) for part in parts):
            text = "".join(map(str, parts))
            if problem := find_problem(text):
                quoted = "the URL" if problem == UrlProblem.CREDENTIALS else repr(text)
                self.say(f"{named(at)}: {quoted} {problem}", at, "https, or http on loopback")

    def path(self, value: str, at: Keys) -> None:
        if value.startswith(("$", "/")):
            return
        try:
            fields.parse(value)
        except ValueError as broken:
            self.say(f"{named(at)}: {broken}", at, "write it like customer.email or contacts[*].email")


def named(at: Keys) -> str:
    """A key path as people write it: ``upstreams.crm.url``, ``limits[0].rate``."""
    text = ""
    for key in at:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the file"


def shown(value: Any) -> str:
    """What a value is, in words. A long text is not shown: it may be a secret in the wrong place."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    if isinstance(value, str):
        return repr(value) if len(value) <= 20 else "a text"
    return "a list" if isinstance(value, list) else "a mapping"


def _elsewhere(table: Table, key: str) -> str:
    for name, one in table.keys.items():
        if isinstance(one.type, Table) and key in one.type.keys:
            return f"it belongs under {name}"
    return ""


def _example(type_: Type) -> str:
    if isinstance(type_, OneOf):
        return f"one of {', '.join(type_.words)}"
    return f"it is {SAMPLES[type_.kind]}" if isinstance(type_, Text) and type_.kind in SAMPLES else ""
