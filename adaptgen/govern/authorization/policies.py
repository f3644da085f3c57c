"""The Cedar policies that people write: read, located and held against the schema.

cedarpy says what is wrong but seldom where, so policies are split here one by one; an error is located at the text that
cedarpy names, or at the policy. Everything that is wrong is one AdaptgenError (AG072; AG141 for annotations). Only this
file and ``cedar_engine`` know cedarpy.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, Final

from adaptgen.cedar_schema import GROUP, OPEN, Action, schema_text, server_group
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.govern.authorization import permit_terms
from adaptgen.govern.authorization.authorizer import Default
from adaptgen.model.frozen import lazy, postpone, value
from adaptgen.model.tables import Json

DEFAULT_READ = "default-read"
"""The identifier of the policy of ``default: read``; the audit records it like any other."""
DEFAULT_POLICY = f'@id("{DEFAULT_READ}")\npermit (principal, action in Action::"{OPEN}", resource);\n'

_TOKEN = lazy(r'//[^\n]*|"(?:[^"\\\n]|\\.)*"|[A-Za-z_][A-Za-z0-9_]*|[0-9]+|\s+|==|!=|<=|>=|&&|\|\||::|.', re.DOTALL)
_NAMED = lazy(r"`([^`]+)`")
_OF_POLICY = lazy(r"for policy `[^`]*`, ")
_ACTION = lazy(r'Action\s*::\s*"((?:[^"\\]|\\.)*)"')
_PATH = lazy(r"\w+(?:\.\w+)+")
_LIST = "adaptgen policy schema shows every action and attribute"


@value()
class Policy:
    """One policy. ``id``: its ``@id`` annotation, else ``<file>#<number>``, counted from 1; ``body``: its JSON form."""

    id: str
    where: Where
    text: str
    body: Mapping[str, Json]

    @property
    def built_in(self) -> bool:
        """Whether no file holds it."""
        return self.id == DEFAULT_READ

    def place_of_annotation(self, name: str) -> Where:
        """The place of ``@name``."""
        words = [one for one in _TOKEN.finditer(self.text) if not one[0].isspace() and not one[0].startswith("//")]
        for at, after in pairwise(words):
            if at[0] == "@" and after[0] == name:
                return _place_inside(self, at.start())
        return self.where

    def groups(self) -> tuple[str, ...]:
        """The groups that it names as those it applies to, in its scope or in a ``when`` that is not negated: for
        people, who read the policy for all that it says."""
        scope = self.body["principal"]
        found = [scope.get("entity"), (scope.get("in") or {}).get("entity")]
        names = [str(one["id"]) for one in found if isinstance(one, Mapping) and one.get("type") == GROUP]
        for condition in self.body.get("conditions", ()):
            if condition["kind"] == "when":
                names += _groups_in(condition["body"])
        return tuple(dict.fromkeys(names))


def read(files: Mapping[str, str], folder: str = "") -> tuple[Policy, ...]:
    """The policies of all files (path -> text), in order. Templates, and identifiers that occur twice, are errors.

    ``folder``: what the paths are relative to, for errors; the identifiers of policies do not depend on it.
    """
    cedarpy = engine()
    names = [PurePosixPath(path).name for path in files]
    found: dict[str, Policy] = {}
    problems: list[Diagnostic] = []
    for path, text in files.items():
        name = PurePosixPath(path).name
        short = name if names.count(name) == 1 else path
        file = posixpath.join(folder, path)
        for number, (start, piece) in enumerate(pieces(text), 1):
            where = place(file, text, start)
            try:
                parsed = json.loads(cedarpy.policies_to_json_str(piece))
            except ValueError as problem:
                where = place(file, text, start + _fault(cedarpy, piece))
                problems.append(_wrong(f"the policy cannot be read: {problem}", where, _syntax_help(str(problem))))
                continue
            if len(parsed["staticPolicies"]) != 1:
                fix = "write principal and resource out, without ?principal and ?resource"
                problems.append(_wrong("a template permits nothing until it is linked", where, fix))
                continue
            (body,) = parsed["staticPolicies"].values()
            named = (body.get("annotations") or {}).get("id") or f"{short}#{number}"
            if named in found or named == DEFAULT_READ:
                other = f"the one at {found[named].where}" if named in found else "the default"
                fix = "give it another @id"
                problems.append(_wrong(f"the policy {named!r} has the identifier of {other}", where, fix))
                continue
            found[named] = Policy(named, where, piece, body)
    if problems:
        raise AdaptgenError(*problems)
    return tuple(found.values())


def _groups_in(expression: Json) -> Iterator[str]:
    """The names in ``principal.groups.contains("sales")`` and its like, and in ``principal in Group::"sales"``."""
    for operator, operand in expression.items():
        held = operator in ("contains", "containsAny", "containsAll") and _is_groups(operand["left"])
        if held or (operator == "in" and operand["left"].get("Var") == "principal"):
            yield from _values(operand["right"])
        elif operator in ("&&", "||"):
            yield from _groups_in(operand["left"])
            yield from _groups_in(operand["right"])


def _is_groups(expression: Json) -> bool:
    access = expression.get(".")
    return isinstance(access, dict) and access["attr"] == "groups" and access["left"].get("Var") == "principal"


def _values(expression: Json) -> Iterator[str]:
    for one in expression.get("Set", (expression,)):
        value = one.get("Value")
        if isinstance(value, dict):
            value = value.get("__entity", {}).get("id")
        if isinstance(value, str):
            yield value


def built_in(default: Default) -> tuple[Policy, ...]:
    """The policy that permits what needs no policy; none where everything needs one."""
    if default == "none":
        return ()
    (body,) = json.loads(engine().policies_to_json_str(DEFAULT_POLICY))["staticPolicies"].values()
    return (Policy(DEFAULT_READ, Where(DEFAULT_READ), DEFAULT_POLICY, body),)


def validated(
    files: Mapping[str, str], actions: Iterable[Action], claims: Iterable[str], folder: str = ""
) -> tuple[Policy, ...]:
    """The policies of all files, held against the schema of these actions. ``folder`` as for :func:`read`."""
    actions = tuple(actions)
    ids = [action.id for action in actions]
    groups = {server_group(action.server) for action in actions}
    if len(set(ids)) != len(ids) or not groups.isdisjoint(ids):
        raise error("AG072", "two tools have one action", help="no name of a server may hold two underscores")
    found = read(files, folder)
    schema = engine().Schema.from_str(schema_text(actions, claims), release_gil=True)
    check(found, schema, actions)
    permit_terms.check(found)
    return tuple(_renamed(policy, renames(actions)) for policy in found)


def renames(actions: Iterable[Action]) -> dict[str, str]:
    """The action of each earlier name -> the one that it is now."""
    actions = tuple(actions)
    now = {action.id for action in actions}
    return {old: action.id for action in actions for old in action.was if old not in now}


def follows(files: Mapping[str, str], actions: Iterable[Action]) -> list[tuple[str, str, str]]:
    """(path, earlier action, action now) of every policy file that names a tool by an earlier name."""
    known = renames(actions)
    named = {(one.where.file, old) for one in read(files) for old in _actions(one.body) if old in known}
    return [(path, old, known[old]) for path, old in sorted(named)]


def _renamed(policy: Policy, names: Mapping[str, str]) -> Policy:
    """``policy`` with the names that tools have now, in its JSON form: its text may escape them."""
    if not names.keys() & set(_actions(policy.body)):
        return policy

    def renamed(node: Any) -> Any:
        if isinstance(node, list):
            return [renamed(part) for part in node]
        if _is_action(node):
            return {**node, "id": names.get(node["id"], node["id"])}
        if not isinstance(node, dict):
            return node
        made: dict[str, Any] = {key: renamed(part) for key, part in node.items()}
        for operator in _COMPARING & made.keys():
            if _reads_tool(node[operator]):
                made[operator] = {side: _with_names(part, names) for side, part in made[operator].items()}
        return made

    return replace(
        policy, body={key: part if key == "annotations" else renamed(part) for key, part in policy.body.items()}
    )


def _actions(body: Mapping[str, Any]) -> Iterator[str]:
    """The identifiers of all actions that a policy names, as an action or as a tool; its annotations name none."""
    waiting = [part for key, part in body.items() if key != "annotations"]
    while waiting:
        node = waiting.pop()
        if _is_action(node):
            yield node["id"]
        elif isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            for operator in _COMPARING & node.keys():
                if _reads_tool(node[operator]):
                    yield from _literals(node[operator])
            waiting += node.values()


_COMPARING: Final = frozenset(("==", "!=", "contains"))
_TOOL: Final = {".": {"left": {"Var": "context"}, "attr": "tool"}}
"""``context.tool``, with which policies for approvals and tokens name tools."""


def _reads_tool(sides: Any) -> bool:
    return isinstance(sides, dict) and _TOOL in sides.values()


def _literals(sides: Mapping[str, Any]) -> Iterator[str]:
    """The strings with which ``context.tool`` is compared."""
    for side in sides.values():
        listed = side.get("Set", [side]) if isinstance(side, dict) else []
        yield from (one["Value"] for one in listed if isinstance(one, dict) and isinstance(one.get("Value"), str))


def _with_names(side: Any, names: Mapping[str, str]) -> Any:
    if not isinstance(side, dict):
        return side
    if "Set" in side:
        return {"Set": [_with_names(one, names) for one in side["Set"]]}
    said = side.get("Value")
    return {"Value": names.get(said, said)} if isinstance(said, str) else side


def _is_action(node: Any) -> bool:
    """Whether a part of the JSON form is an entity that is an action."""
    return isinstance(node, dict) and node.get("type") == "Action" and isinstance(node.get("id"), str)


def check(policies: Iterable[Policy], schema: Any, actions: Iterable[Action]) -> None:
    """Hold policies against a ``cedarpy.Schema`` (strict validation); may be called in a thread."""
    cedarpy = engine()
    policies = tuple(policies)
    verdict = cedarpy.validate_policies("\n".join(one.text for one in policies), schema, release_gil=True)
    if verdict.validation_passed:
        return
    known = [action.id for action in actions]
    problems: dict[Diagnostic, None] = {}
    told: dict[int, list[str]] = {}
    for found in verdict.errors:
        # cedarpy numbers the policies of one text from 0.
        told.setdefault(int(found.policy_id.removeprefix("policy") or 0), []).append(_OF_POLICY.sub("", found.error))
    for index, messages in told.items():
        policy = policies[index]
        unknown = [one for one in messages if one.startswith("unrecognized")]
        # That no action fits follows from the name that is unknown.
        for message in unknown or messages:
            where = _place_in(policy, message)
            problems[_wrong(f"policy {policy.id!r}: {message}", where, _fix(message, known))] = None
    raise AdaptgenError(*problems)


def engine() -> Any:
    """The module cedarpy; an AdaptgenError (AG072) where it is not installed."""
    postpone("cedarpy.pst")  # 35 dataclasses for a form of policies that nothing here asks for
    try:
        import cedarpy
    except ModuleNotFoundError as problem:
        raise error("AG072", "cedarpy is not installed", help="pip install adaptgen") from problem
    return cedarpy


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Where each policy of ``text`` starts, and its text with the semicolon; comments before it are left out."""
    start: int | None = None
    depth = 0
    for token in _TOKEN.finditer(text):
        word = token[0]
        if word.isspace() or word.startswith("//"):
            continue
        if start is None:
            start = token.start()
        depth += (word in "([{") - (word in ")]}")
        if word == ";" and depth <= 0:
            yield start, text[start : token.end()]
            start, depth = None, 0
    if start is not None:
        yield start, text[start:].rstrip()


def _syntax_help(problem: str) -> str:
    if "policy effect" in problem:
        return "a policy begins with permit or forbid"
    if "end of input" in problem:
        return "a policy ends with a semicolon; close what was opened"
    return "see docs.cedarpolicy.com for the syntax"


def place(file: str, text: str, offset: int) -> Where:
    """The line and column of an offset."""
    return Where(file, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _fault(cedarpy: Any, piece: str) -> int:
    """Where parsing fails: at the first token with which the text is no longer the beginning of a policy.

    An error of the policy as a whole is located at the word that the message ends with, else at its beginning.
    """
    tokens = [one for one in _TOKEN.finditer(piece) if not one[0].isspace() and not one[0].startswith("//")]
    for token in tokens:
        try:
            cedarpy.policies_to_json_str(piece[: token.end()])
        except ValueError as problem:
            if "unexpected end of input" not in str(problem):
                word = str(problem).rpartition(" ")[2]
                named = [one.start() for one in tokens if one[0] == word]
                return named[0] if token is tokens[-1] and named else token.start()
    return tokens[-1].start()


def _place_in(policy: Policy, message: str) -> Where:
    """The place of what a message names: of an attribute path, of its last attribute."""
    for named in _NAMED.findall(message):
        offset = policy.text.find(named)
        if offset >= 0:
            offset += len(named.rpartition(".")[0]) + 1 if _PATH.fullmatch(named) else 0
            return _place_inside(policy, offset)
    return policy.where


def place_of_text(policy: Policy, text: str) -> Where:
    """Where a policy says ``text``; its beginning where it escapes it."""
    offset = policy.text.find(text)
    return _place_inside(policy, offset) if offset >= 0 else policy.where


def _place_inside(policy: Policy, offset: int) -> Where:
    """The place of an offset in the text of a policy."""
    inside = place(policy.where.file, policy.text, offset)
    column = inside.column + (policy.where.column - 1 if inside.line == 1 else 0)
    return Where(policy.where.file, policy.where.line + inside.line - 1, column)


def _fix(message: str, known: list[str]) -> str:
    action = _ACTION.search(message)
    if message.startswith("unrecognized action") and action:
        near = get_close_matches(action[1], known, 1, 0.6)
        return f'did you mean Action::"{near[0]}"? {_LIST}' if near else _LIST
    if "optional attribute" in message:
        named = _NAMED.search(message)
        path = named[1].rpartition(".") if named else ("", "", "")
        return f"ask for it first: `… has {path[2]} && …`" if path[2] else "ask for it first, with `has`"
    if message.startswith("unrecognized entity type"):
        return "the types are Caller, Group, Server and Action"
    return _LIST


def _wrong(message: str, where: Where, help: str) -> Diagnostic:
    return Diagnostic("AG072", message, where, help)
