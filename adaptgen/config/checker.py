"""Values by a table of keys: every error of a file at once with its place, and values where it is right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from adaptgen.config.types import (
    Anything,
    Dialect,
    Duration,
    Either,
    Flag,
    KeyPath,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Rate,
    Size,
    Table,
    Text,
    Type,
    parse_duration,
    parse_size,
)
from adaptgen.diagnostics import Diagnostic, Where, did_you_mean
from adaptgen.model.frozen import lazy
from adaptgen.syntax.templates import TemplateError, parse

_WRITE = {
    "a text": "write a text; in quotes where it is a number, true or false",
    "true or false": "write true or false, without quotes",
    "a whole number": "write digits, without quotes",
    "a number": "write a number, without quotes",
    "a list": "write [a, b], or a line that begins with - for each item",
    "a mapping": "write {key: value}, or an indented line key: value for each key",
}
_FLAGS = {
    **dict.fromkeys(("false", "no", "off", "n"), "false"),
    **dict.fromkeys(("true", "yes", "on", "y"), "true"),
}
"""What people write for true and false, in quotes or as YAML 1.1 has it."""
_RATE = lazy(r"[0-9]{1,9}(?:\.[0-9]{1,6})?/[smhd]")


class Checker:
    """Reads values by their types. ``where`` returns the location of a key path; ``errors`` collects what is wrong."""

    def __init__(self, where: Callable[..., Where], dialect: Dialect) -> None:
        self.where = where
        self.dialect = dialect
        self.errors: list[Diagnostic] = []
        self._open: list[tuple[Table, KeyPath]] = []

    def report(self, message: str, at: KeyPath, help: str = "", code: str = "") -> None:
        """One error at a key path; ``code`` is by default that of a wrong value."""
        self.errors.append(Diagnostic(code or self.dialect.wrong_value, message, self.where(*at), help))

    def read(self, value: Any, type_: Type, at: KeyPath) -> Any:
        """The value that the file means. What is wrong is reported, and its value means nothing."""
        match type_:
            case Text(kind):
                if self._is_a(value, isinstance(value, str), "a text", at):
                    self.check_text(value, kind, at)
            case Flag():
                self._is_a(value, isinstance(value, bool), "true or false", at)
            case Number():
                self._check_number(value, type_, at)
            case Duration():
                return self._read_duration(value, type_, at)
            case Size(least, most):
                size = parse_size(value)
                if size is None or not least <= size <= most:
                    self.report(f"{dotted(at)} must be a size such as 100MB, not {describe(value)}", at,
                                f"from {least} to {most} bytes; units: kB, MB, GB, KiB, MiB, GiB")  # fmt: skip
                return size
            case Rate():
                if not (isinstance(value, str) and _RATE.fullmatch(value)) or not float(value.split("/")[0]):
                    self.report(f"{dotted(at)} must be a rate such as 60/m, not {describe(value)}", at,
                                "a number above 0, /, and s, m, h or d")  # fmt: skip
            case OneOf():
                self._check_word(value, type_, at)
            case Anything(kind):
                if kind:
                    self._check_texts(value, kind, at)
            case ListOf():
                return self._read_items(value, type_, at)
            case MapOf():
                return self._read_mapping(value, type_, at)
            case Either(types):
                return self._read_either(value, types, at)
            case Table():
                return self._read_table(value, type_, at)
        return value

    def check_text(self, value: str, kind: str, at: KeyPath) -> None:
        """Report a text that is not of its kind."""
        wanted = self.dialect.kinds[kind]
        if wanted.filled and not value:
            self.report(f"{dotted(at)} is empty", at)
        elif wanted.most and len(value) > wanted.most:
            self.report(f"{dotted(at)} has {len(value)} characters, more than {wanted.most}", at)
        elif wanted.pattern and not re.search(wanted.pattern, value):
            help = did_you_mean(value, wanted.words) or wanted.help
            self.report(f"{dotted(at)}: {value!r} is not {wanted.sample}", at, help, wanted.code)
        elif wanted.check:
            wanted.check(self, value, at)

    def _is_a(self, value: Any, fits: bool, wanted: str, at: KeyPath) -> bool:
        if not fits:
            quote = wanted == "a text" and isinstance(value, (int, float))
            found = describe(value, shows_text=wanted not in ("a list", "a mapping"))
            self.report(
                f"{dotted(at)} must be {wanted}, not {found}", at, "put it in quotes" if quote else _WRITE[wanted]
            )
        return fits

    def _check_number(self, value: Any, type_: Number, at: KeyPath) -> None:
        fits = isinstance(value, int if type_.whole else (int, float)) and not isinstance(value, bool)
        if self._is_a(value, fits, "a whole number" if type_.whole else "a number", at):
            self._check_bounds(value, type_, at)

    def _check_bounds(self, value: float, type_: Number | Duration, at: KeyPath) -> None:
        unit = " s" if isinstance(type_, Duration) else ""
        if type_.least is not None and value < type_.least:
            self.report(f"{dotted(at)} must be at least {type_.least:.15g}{unit}, not {value:.15g}{unit}", at,
                        "write a larger one")  # fmt: skip
        elif type_.most is not None and value > type_.most:
            help = (
                "this file is for a later version: upgrade adaptgen" if at == ("adaptgen",) else "write a smaller one"
            )
            self.report(f"{dotted(at)} must be at most {type_.most:.15g}{unit}, not {value:.15g}{unit}", at, help)

    def _read_duration(self, value: Any, type_: Duration, at: KeyPath) -> float:
        seconds = parse_duration(value)
        units = self.dialect.units
        if seconds is None or (isinstance(value, str) and value.lstrip("0123456789.") not in units):
            message = f"{dotted(at)} must be a duration such as 10s, not {describe(value)}"
            self.report(message, at, f"units: {', '.join(units)}")
            return 0.0
        self._check_bounds(seconds, type_, at)
        return seconds

    def _check_word(self, value: Any, type_: OneOf, at: KeyPath) -> None:
        if (isinstance(value, str) and value in type_.words) or (value is None and type_.empty):
            return
        help = ""
        if isinstance(value, str):
            meant = type_.meant.get(value.lower())
            help = f"did you mean {meant!r}?" if meant else did_you_mean(value, type_.words)
        help = help or "write one of these words"
        self.report(f"{dotted(at)} must be {_alternatives(type_.words)}, not {describe(value)}", at, help)

    def _check_texts(self, value: Any, kind: str, at: KeyPath) -> None:
        if isinstance(value, str):
            if value:
                self.check_text(value, kind, at)
        elif isinstance(value, (dict, list)):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                self._check_texts(item, kind, (*at, key))

    def _read_items(self, value: Any, type_: ListOf, at: KeyPath) -> tuple[Any, ...]:
        if isinstance(value, list):
            if type_.filled and not value:
                self.report(f"{dotted(at)} is empty", at, "write at least one, or remove the key")
            if type_.most and len(value) > type_.most:
                self.report(f"{dotted(at)} has {len(value)} items, more than {type_.most}", at)
            return tuple(self.read(item, type_.item, (*at, index)) for index, item in enumerate(value))
        alone = type_.alone and value is not None and (isinstance(type_.item, Table) or not isinstance(value, dict))
        return (self.read(value, type_.item, at),) if self._is_a(value, alone, "a list", at) else ()

    def _read_mapping(self, value: Any, type_: MapOf, at: KeyPath) -> dict[str, Any]:
        if not self._is_a(value, isinstance(value, dict), "a mapping", at):
            return {}
        if type_.filled and not value:
            self.report(f"{dotted(at)} is empty", at)
        for name in value:
            self.check_text(name, type_.key, (*at, name))
        return {name: self.read(item, type_.value, (*at, name)) for name, item in value.items()}

    def _read_either(self, value: Any, types: tuple[Type, ...], at: KeyPath) -> Any:
        for type_ in types:
            if isinstance(type_, OneOf) and Flag() in types and isinstance(value, str) and value not in type_.words:
                return self._report_flag(value, type_, at)
            if _has_shape(value, type_):
                return self.read(value, type_, at)
        wanted = " or ".join(self._sample(type_) for type_ in types)
        self.report(f"{dotted(at)} must be {wanted}, not {describe(value, shows_text=False)}", at)
        return value

    def _report_flag(self, value: str, type_: OneOf, at: KeyPath) -> str:
        """Report a text that is neither one of the words nor, as YAML 1.2 reads it, true or false."""
        meant = _FLAGS.get(value.lower())
        help = f"write {meant}, without quotes" if meant else did_you_mean(value, type_.words)
        words = _alternatives((*type_.words, "true", "false"))
        self.report(f"{dotted(at)} must be {words}, not {describe(value)}", at, help or "write one of these words")
        return value

    def _read_table(self, value: Any, type_: Table, at: KeyPath) -> Any:
        alone = bool(type_.short) and isinstance(value, str)
        if alone:
            value = {type_.short: value}
        if not self._is_a(value, isinstance(value, dict), "a mapping", at):
            return None
        before = len(self.errors)
        self._open.append((type_, at))
        fields: dict[str, Any] = {}
        for name, item in value.items():
            key = type_.keys.get(name)
            if key is not None:
                field = self.read(item, key.type, at if alone else (*at, name))
                if key.to != "":
                    fields[key.to or name] = field
            elif not (self.dialect.extensions and name.startswith("x-")):
                self._report_unknown(name, type_, at)
        self._open.pop()
        self._check_presence(value, type_, at)
        return type_.make(**fields) if len(self.errors) == before else None

    def _report_unknown(self, name: str, type_: Table, at: KeyPath) -> None:
        help = type_.instead.get(name.lower()) or did_you_mean(name, type_.keys) or _elsewhere(type_, name)
        help = help or self._further_up(name)
        help = help or f"known: {', '.join(type_.keys)}"
        under = f" under {dotted(at)}" if at else ""
        self.report(f"unknown key {name!r}{under}", (*at, name), help, self.dialect.unknown_key)

    def _further_up(self, name: str) -> str:
        """Where in the tables around the one that is read a misplaced key belongs."""
        for table, at in reversed(self._open[:-1]):
            if name in table.keys:
                return f"it belongs {f'under {dotted(at)}' if at else 'at the top of the file'}"
        return ""

    def _check_presence(self, value: dict[str, Any], type_: Table, at: KeyPath) -> None:
        for name, key in type_.keys.items():
            if key.required and name not in value:
                about = f"{name}: {key.about[:1].lower()}{key.about[1:]}" if key.about else ""
                self.report(f"{dotted(at)} needs {name!r}", at, self._example(key.type) or about)
        for group in type_.exactly:
            present = [name for name in group if name in value]
            if len(present) != 1:
                has = f"it has {' and '.join(present)}" if present else "it has none"
                self.report(f"{dotted(at)} needs exactly one of {_alternatives(group)}; {has}", at)

    def _example(self, type_: Type) -> str:
        if isinstance(type_, OneOf):
            return f"one of {', '.join(type_.words)}"
        if isinstance(type_, Number) and type_.least is not None and type_.least == type_.most:
            return f"it is {type_.least:.15g}"
        sample = self.dialect.kinds[type_.kind].sample if isinstance(type_, Text) else ""
        return f"it is {sample}" if sample else ""

    def _sample(self, type_: Type) -> str:
        match type_:
            case Text(kind):
                return self.dialect.kinds[kind].sample or "a text"
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


def template_parts(checker: Checker, value: str, at: KeyPath, code: str) -> tuple[Any, ...] | None:
    """The parts of a template; None for one that cannot be read, which is reported."""
    try:
        return tuple(parse(value))
    except TemplateError as broken:
        checker.report(f"{dotted(at)}: {broken}", at, code=code)
        return None


def dotted(at: KeyPath) -> str:
    """A key path as people write it: ``upstreams.crm.url``, ``limits[0].rate``."""
    text = ""
    for key in at:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text or "the file"


def describe(value: Any, *, shows_text: bool = True) -> str:
    """What a value is, in words. A long text is not shown, nor one in the place of a list or a mapping
    (``shows_text``): it may be a secret in the wrong place."""
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return repr(value) if shows_text and len(value) <= 20 else "a text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _alternatives(words: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def _elsewhere(table: Table, key: str) -> str:
    """Where in the tables right below a misplaced key belongs."""
    found = []
    for name, entry in table.keys.items():
        below = entry.type.item if isinstance(entry.type, ListOf) else entry.type
        if isinstance(below, Table) and key in below.keys:
            found.append(name)
    return f"it belongs under {' or '.join(found)}" if found else ""


def _has_shape(value: Any, type_: Type) -> bool:
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
