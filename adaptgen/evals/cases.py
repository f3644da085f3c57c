"""``specs/<name>/evals/*.yaml``: the questions that agents are to answer with a server.

    adaptgen: 1
    callers:
      sales: {sub: ada, groups: [sales]}
    cases:
      renewals-in-march:
        question: Which of my renewals are due in March?
        caller: sales
        calls: [{tool: list_contracts, arguments: {ownerId: me, renewalFrom: "2026-03-01", renewalTo: "2026-03-31"}}]
        answer: {$.items: {$rows: {fields: [contractNo], rows: [[K-2020-1079]]}}}

Values are matchers (:mod:`adaptgen.evals.matchers`). ``docs/evals.md`` shows every key.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adaptgen.config.checker import Checker, dotted
from adaptgen.config.json_schema import published
from adaptgen.config.types import (
    Anything,
    Dialect,
    Either,
    Flag,
    Key,
    KeyPath,
    ListOf,
    MapOf,
    Number,
    Table,
    Text,
    TextKind,
)
from adaptgen.diagnostics import AdaptgenError, Diagnostic, did_you_mean
from adaptgen.evals.matcher_checks import check_matcher, names_from
from adaptgen.evals.model import Case, ExpectedCall
from adaptgen.model.tables import Caller, Json
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

_UNKNOWN_KEY, _WRONG_VALUE, _TWICE = "AG100", "AG101", "AG103"


def _check_line(checker: Checker, value: str, at: KeyPath) -> None:
    """A text that is printed and that models read: nothing in it may be hidden."""
    if any(unicodedata.category(one) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for one in value.replace("\n", " ")):
        checker.report(f"{dotted(at)} has a character that cannot be seen", at, "write plain text")


_KINDS = {
    "text": TextKind(most=4000, check=_check_line),
    "word": TextKind(most=200, check=_check_line),
    "name": TextKind(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$", "a name of letters, digits, _, . and -"),
    "tool": TextKind(r"^[A-Za-z_][A-Za-z0-9_.-]{0,127}$", "the name of a tool, such as list_invoices"),
}
DIALECT = Dialect(_KINDS, _WRONG_VALUE, _UNKNOWN_KEY)

_CALLER = Table({
    "sub": Key(Text("word"), "Who calls (the subject of the token); default: the name of the caller here"),
    "tenant": Key(Text("word"), "The tenant of the caller"),
    "groups": Key(ListOf(Text("word"), alone=True), "The groups of the caller"),
    "claims": Key(MapOf(Anything()), "Other claims of the token, which policies read"),
})  # fmt: skip
_WHO = Either((Text("name"), _CALLER))
_ARGUMENTS = MapOf(Anything(), key="word")
_TOOL = Key(Text("tool"), "The tool", required=True)
_MORE = Key(Flag(), "Other arguments may be there too")
_CALL = Table({
    "tool": _TOOL,
    "arguments": Key(_ARGUMENTS, "Its arguments: name -> matcher; all others must be absent"),
    "more_arguments": _MORE,
    "instead": Key(ListOf(Table({"tool": _TOOL, "arguments": Key(_ARGUMENTS, "Its arguments"),
                                 "more_arguments": _MORE}, short="tool"), alone=True), "Other calls that are as good"),
    "keep": Key(Text("name"), "A name for the answer, which $from of later calls takes values from"),
    "error": Key(Anything(), "The call must fail, with a text that this matches"),
}, short="tool")  # fmt: skip
_NEVER = Table({
    "tool": _TOOL,
    "arguments": Key(_ARGUMENTS, "With these arguments; without: with any"),
    "permitted": Key(Flag(), "Policies allow the call: only what a model does (L3) shows that it is not made"),
}, short="tool")  # fmt: skip
_STATE = Table({
    "tool": _TOOL,
    "arguments": Key(_ARGUMENTS, "Its arguments"),
    "answer": Key(Anything(), "What it answers after the change", required=True),
})  # fmt: skip
EVALS = Table({
    "adaptgen": Key(Number(1, 1), "The format of this file"),
    "callers": Key(MapOf(_CALLER, key="name"), "Callers by their names, for every file of the folder"),
    "cases": Key(MapOf(Table({
        "question": Key(Text("text"), "What is asked", required=True),
        "caller": Key(_WHO, "Who asks: a name under callers, or a caller; default: the local one of the settings"),
        "calls": Key(ListOf(_CALL), "The calls that answer it; none where the right thing is to make no call"),
        "ordered": Key(Flag(), "In this order only"),
        "never": Key(ListOf(_NEVER), "Calls that must not happen"),
        "answer": Key(Anything(), "What the last call answers"),
        "state": Key(ListOf(_STATE), "Calls that show what has changed in the API"),
        "refused_for": Key(ListOf(_WHO, alone=True), "Callers whom the policies refuse at least one of the calls"),
        "max_turns": Key(Number(1, 100), "Calls at most, searches for tools counted"),
        "max_bytes": Key(Number(1, 100_000_000), "Bytes of all answers at most"),
        "draft": Key(Flag(), "Nobody has reviewed it: its failures are notes"),
    }), key="name"), "The cases by their names"),
})  # fmt: skip
"""What one file may say."""


def read_folder(folder: Path, default: Caller, shown: str = "") -> tuple[Case, ...]:
    """The cases of all files of a folder, in the order of the files' names; none where there is no such folder.
    ``default``: who asks where a case does not say. ``shown``: the folder as a person names it.

    Raises:
        AdaptgenError: every error of all files at once, each with its place (AG001 to AG005, AG100, AG101, AG103).
    """
    files = sorted(path for end in ("yaml", "yml") for path in folder.glob(f"*.{end}") if path.is_file())
    errors: list[Diagnostic] = []
    read: list[_File] = []
    for path in files:
        name = f"{shown.rstrip('/')}/{path.name}" if shown else path.as_posix()
        try:
            read.append(_File(path, name))
        except AdaptgenError as problem:
            errors += problem.diagnostics
    callers: dict[str, Caller] = {}
    for file in read:
        for who, given in file.callers().items():
            if who in callers:
                file.checker.report(f"the caller {who!r} is defined twice", ("callers", who), code=_TWICE)
            callers[who] = _caller(given, who)
    cases: dict[str, Case] = {}
    for file in read:
        for id, given in file.cases().items():
            if id in cases:
                help = f"rename it; the other one is at {cases[id].where}"
                file.checker.report(f"the case {id!r} is defined twice", ("cases", id), help, _TWICE)
            cases.setdefault(id, file.case(id, given, callers, default))
        errors += file.checker.errors
    if errors:
        raise AdaptgenError(*errors)
    return tuple(cases.values())


def schema_text() -> str:
    """The published file, ``docs/evals.schema.json``."""
    about = "Questions that agents are to answer with a server (specs/<name>/evals/*.yaml)"
    return published(EVALS, DIALECT, "Cases for adaptgen eval", about)


class _File:
    """One file, checked key by key."""

    def __init__(self, path: Path, shown: str) -> None:
        parsed = parse(read_file(path, shown), shown, strict=True)
        self.raw: Any = {} if parsed.value is None else parsed.value
        self.checker = Checker(SourceMap(shown, parsed.syntax, path).where, DIALECT)
        self.checker.read(self.raw, EVALS, ())
        self._right = not self.checker.errors

    def callers(self) -> Mapping[str, Any]:
        return self.raw.get("callers", {}) if self._right else {}

    def cases(self) -> Mapping[str, Any]:
        return self.raw.get("cases", {}) if self._right else {}

    def case(self, id: str, given: Mapping[str, Any], callers: Mapping[str, Caller], default: Caller) -> Case:
        """The values of one case, whose matchers and names are checked here."""
        at: KeyPath = ("cases", id)
        calls = tuple(self._call(one, (*at, "calls", n)) for n, one in enumerate(given.get("calls", ())))
        self._check_kept(calls, at)
        answer = given.get("answer")
        check_matcher(self.checker, answer, (*at, "answer"), _WRONG_VALUE)
        state = []
        for n, one in enumerate(given.get("state", ())):
            check_matcher(self.checker, one["answer"], (*at, "state", n, "answer"), _WRONG_VALUE)
            state.append((self._call(one, (*at, "state", n)), one["answer"]))
        refused = given.get("refused_for", ())
        listed = refused if isinstance(refused, (list, tuple)) else [refused]
        for key, what in (("answer", "an answer"), ("state", "a state")):
            if not calls and given.get(key):
                help = "name the calls: the last one returns the answer"
                self.checker.report(f"{id} has {what} and no calls", (*at, key), help)
        return Case(
            id=id,
            question=given["question"],
            caller=self._who(given["caller"], callers, (*at, "caller")) if "caller" in given else default,
            calls=calls,
            ordered=given.get("ordered", False),
            never=tuple(self._call(one, (*at, "never", n), never=True) for n, one in enumerate(given.get("never", ()))),
            answer=answer,
            state=tuple(state),
            refused_for=tuple(self._who(one, callers, (*at, "refused_for", n)) for n, one in enumerate(listed)),
            max_turns=given.get("max_turns"),
            max_bytes=given.get("max_bytes"),
            draft=given.get("draft", False),
            where=self.checker.where(*at),
        )

    def _call(self, given: Any, at: KeyPath, *, never: bool = False) -> ExpectedCall:
        one: Mapping[str, Any] = {"tool": given} if isinstance(given, str) else given
        arguments: Mapping[str, Json] = one.get("arguments", {})
        for name, matcher in arguments.items():
            check_matcher(self.checker, matcher, (*at, "arguments", name), _WRONG_VALUE)
        check_matcher(self.checker, one.get("error"), (*at, "error"), _WRONG_VALUE)
        others = one.get("instead", ())
        listed: Sequence[Any] = others if isinstance(others, (list, tuple)) else [others]
        return ExpectedCall(
            tool=one["tool"],
            arguments=arguments,
            more_arguments=one.get("more_arguments", never),
            instead=tuple(self._call(other, (*at, "instead", n)) for n, other in enumerate(listed)),
            keep=one.get("keep", ""),
            error=one.get("error"),
            permitted=one.get("permitted", False),
            where=self.checker.where(*at),
        )

    def _check_kept(self, calls: Iterable[ExpectedCall], at: KeyPath) -> None:
        kept: list[str] = []
        for n, call in enumerate(calls):
            for one in (call, *call.instead):
                for name in dict.fromkeys(names_from(dict(one.arguments))):
                    if name not in kept:
                        help = did_you_mean(name, kept) or f"write keep: {name} at an earlier call"
                        self.checker.report(f"no earlier call keeps {name!r}", (*at, "calls", n), help)
            if call.keep:
                kept.append(call.keep)

    def _who(self, given: Any, callers: Mapping[str, Caller], at: KeyPath) -> Caller:
        if not isinstance(given, str):
            return _caller(given, "agent")
        if given not in callers:
            help = did_you_mean(given, callers) or f"callers: {', '.join(callers) or 'none yet'}"
            self.checker.report(f"there is no caller {given!r} under callers", at, help)
            return Caller(given)
        return callers[given]


def _caller(given: Mapping[str, Any], name: str) -> Caller:
    groups = given.get("groups", ())
    return Caller(
        given.get("sub", name),
        given.get("tenant", ""),
        (groups,) if isinstance(groups, str) else tuple(groups),
        given.get("claims", {}),
    )
