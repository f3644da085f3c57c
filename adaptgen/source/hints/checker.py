"""The located checker of hints: every error of the file at once, each with its place and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from adaptgen.diagnostics import Diagnostic, Where, did_you_mean
from adaptgen.source.hints.types import (
    PATTERNS,
    SAMPLES,
    Anything,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Table,
    Text,
    Type,
)
from adaptgen.syntax import field_paths as fields
from adaptgen.syntax.templates import TemplateError, parse

Keys = tuple[str | int, ...]


class Checker:
    """Checks values against types. ``where`` gives the place of a key path; ``found`` collects the errors."""

    def __init__(self, where: Callable[..., Where]) -> None:
        self.where = where
        self.found: list[Diagnostic] = []

    def say(self, code: str, message: str, at: Keys, help: str = "") -> None:
        """One error at a key path."""
        self.found.append(Diagnostic(code, message, self.where(*at), help))

    def check(self, value: Any, type_: Type, at: Keys) -> None:
        """Report everything in ``value`` that is not of ``type_``."""
        match type_:
            case Text(kind):
                if self.is_a(value, isinstance(value, str), "a text", at):
                    self.text(value, kind, at)
            case Flag():
                self.is_a(value, isinstance(value, bool), "true or false", at)
            case Number():
                self.number(value, type_, at)
            case OneOf():
                self.word(value, type_, at)
            case Anything(template):
                if template:
                    self.templates(value, at)
            case ListOf(item):
                if self.is_a(value, isinstance(value, list), "a list", at):
                    for index, one in enumerate(value):
                        self.check(one, item, (*at, index))
            case MapOf(one, key):
                if self.is_a(value, isinstance(value, dict), "a mapping", at):
                    for name, item in value.items():
                        self.text(name, key, (*at, name))
                        self.check(item, one, (*at, name))
            case Either(types):
                self.either(value, types, at)
            case Table():
                if self.is_a(value, isinstance(value, dict), "a mapping", at):
                    self.table(value, type_, at)

    def is_a(self, value: Any, fits: bool, wanted: str, at: Keys) -> bool:
        if not fits:
            quote = wanted == "a text" and isinstance(value, (int, float)) and not isinstance(value, bool)
            help = "put it in quotes" if quote else ""
            self.say("AG031", f"{_name(at)} must be {wanted}, not {kind_of(value)}", at, help)
        return fits

    def number(self, value: Any, type_: Number, at: Keys) -> None:
        fits = isinstance(value, int if type_.whole else (int, float)) and not isinstance(value, bool)
        if not self.is_a(value, fits, "a whole number" if type_.whole else "a number", at):
            return
        if type_.least is not None and value < type_.least:
            self.say("AG031", f"{_name(at)} must be at least {type_.least}, not {value}", at)
        elif type_.most is not None and value > type_.most:
            self.say("AG031", f"{_name(at)} must be at most {type_.most}, not {value}", at)

    def word(self, value: Any, type_: OneOf, at: Keys) -> None:
        if (isinstance(value, str) and value in type_.words) or (value is None and type_.empty):
            return
        words = " or ".join(filter(None, (", ".join(type_.words[:-1]), type_.words[-1])))
        help = did_you_mean(value, type_.words) if isinstance(value, str) else ""
        shown = repr(value) if isinstance(value, str) else kind_of(value)
        self.say("AG031", f"{_name(at)} must be {words}, not {shown}", at, help)

    def either(self, value: Any, types: tuple[Type, ...], at: Keys) -> None:
        fitting = [one for one in types if _shape(value, one)]
        if fitting:
            self.check(value, fitting[0], at)
            return
        self.say("AG031", f"{_name(at)} must be {' or '.join(map(_said, types))}, not {kind_of(value)}", at)

    def table(self, value: dict[str, Any], type_: Table, at: Keys) -> None:
        for name, item in value.items():
            key = type_.keys.get(name)
            if key is None:
                place = _misplaced(type_, name)
                help = did_you_mean(name, type_.keys) or (
                    f"it belongs under {place}" if place else f"known: {', '.join(type_.keys)}"
                )
                self.say("AG030", f"unknown key {name!r}{_under(at)}", (*at, name), help)
            else:
                self.check(item, key.type, (*at, name))
        for name, key in type_.keys.items():
            if key.required and name not in value:
                self.say("AG031", f"{_name(at)} needs {name!r}", at)
        for group in type_.exactly:
            given = [name for name in group if name in value]
            if len(given) != 1:
                which = " or ".join(filter(None, (", ".join(group[:-1]), group[-1])))
                found = f"it has {' and '.join(given)}" if given else "it has none"
                self.say("AG031", f"{_name(at)} needs exactly one of {which}; {found}", at)

    def text(self, value: str, kind: str, at: Keys) -> None:
        if kind in ("template", "secret", "jsonpath", "place", "path") and not value:
            self.say("AG031", f"{_name(at)} is empty", at)
        elif kind == "template":
            self.templates(value, at)
        elif kind == "secret":
            self.secret(value, at)
        elif kind == "path":
            self.path(value, at)
        elif kind in PATTERNS and not re.match(PATTERNS[kind], value):
            code = "AG036" if kind in ("jsonpath", "place") else "AG031"
            help = did_you_mean(value, ("deprecated",)) if kind == "hide" else ""
            self.say(code, f"{_name(at)}: {value!r} is not {SAMPLES[kind]}", at, help)
        elif kind in ("jsonpath", "place") and value.startswith("$"):
            self.jsonpath(value, at)

    def secret(self, value: str, at: Keys) -> None:
        """A template that refers to a secret; one that holds it would be written into the generated server."""
        try:
            parts = parse(value)
        except TemplateError as broken:
            self.say("AG035", f"{_name(at)}: {broken}", at)
            return
        if all(isinstance(part, str) for part in parts):
            message = f"{_name(at)} must refer to a secret and not hold it: it would stand in the generated server"
            self.say("AG031", message, at, "write ${env:NAME} and set the variable")

    def path(self, value: str, at: Keys) -> None:
        if value.startswith("$"):
            self.jsonpath(value, at)
            return
        try:
            fields.parse(value)
        except ValueError as broken:
            self.say("AG036", f"{_name(at)}: {broken}", at, "write it like organization.name or tags[*].name")

    def jsonpath(self, value: str, at: Keys) -> None:
        if not re.search(r"\.\.|[?(,]", value):  # a plain path needs no parser
            rest = value[1:].removeprefix(".")
            plain = (value == "$") or (rest and _parses(fields.parse, rest))
        else:
            from jsonpath_ng.ext.parser import parse as parse_jsonpath

            plain = _parses(parse_jsonpath, value)
        if not plain:
            self.say("AG036", f"{_name(at)}: {value!r} is no JSONPath", at, "write it like $.data.items")

    def templates(self, value: Any, at: Keys) -> None:
        if isinstance(value, str):
            try:
                parse(value)
            except TemplateError as broken:
                self.say("AG035", f"{_name(at)}: {broken}", at)
        elif isinstance(value, dict):
            for name, item in value.items():
                self.templates(item, (*at, name))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.templates(item, (*at, index))


def _parses(parser: Callable[[str], Any], text: str) -> bool:
    try:
        parser(text)
    except Exception:  # jsonpath-ng raises bare Exception too
        return False
    return True


def kind_of(value: Any) -> str:
    """What a value is, in words; numbers and truth values themselves."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"the number {value}"
    return "a text" if isinstance(value, str) else "a list" if isinstance(value, list) else "a mapping"


def _misplaced(table: Table, key: str) -> str | None:
    """Where in the tables right below a misplaced key belongs, as a dotted path."""
    for name, one in table.keys.items():
        if isinstance(one.type, Table) and key in one.type.keys:
            return f"{name}.{key}"
    return None


def _shape(value: Any, type_: Type) -> bool:
    match type_:
        case Text() | OneOf():
            return isinstance(value, str)
        case Flag():
            return isinstance(value, bool)
        case Number():
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case ListOf():
            return isinstance(value, list)
        case Table() | MapOf():
            return isinstance(value, dict)
        case _:
            return True


def _said(type_: Type) -> str:
    match type_:
        case Text(kind):
            return SAMPLES.get(kind, "a text")
        case OneOf(words):
            return " or ".join(words)
        case Flag():
            return "true or false"
        case Number():
            return "a number"
        case ListOf():
            return "a list"
        case _:
            return "a mapping"


def _name(at: Keys) -> str:
    text = ""
    for key in at:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the file"


def _under(at: Keys) -> str:
    return f" under {_name(at)}" if at else ""
