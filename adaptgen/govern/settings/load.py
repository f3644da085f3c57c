"""``governance.yaml`` from disk or from elsewhere: checked against the table, then made into values.

This is the one file of the serving column that reads YAML, and only when the text is no JSON.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.govern.settings import rules as settings_rules
from adaptgen.govern.settings.checker import Checker
from adaptgen.govern.settings.located_json import MAX_DEPTH, Keys, Tree, decode, load_json
from adaptgen.govern.settings.model import Settings, Switch
from adaptgen.govern.settings.policy_files import Find, beside
from adaptgen.govern.settings.rules import advice, check_target
from adaptgen.govern.settings.table import SETTINGS, SWITCH, SWITCHED

__all__ = ["advice", "check_target", "glance", "parse", "parse_switch", "plain", "read"]

MAX_NODES = 20_000
"""How many values the settings may hold, those that aliases repeat included."""

MAX_ANCHORS = 100

_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")


def read(path: Path) -> Settings:
    """The settings in a file, with the policies that it names.

    Raises:
        AdaptgenError: AG001 to AG005 for the text itself, else every error at once with its place: AG070, AG071 for
            references, AG072 for policies, AG073 for keys, AG074 and AG078 for what others can reach.
    """
    try:
        data = path.read_bytes()
    except OSError as why:
        raise error("AG001", f"the settings cannot be read: {why.strerror}", Where(path.as_posix())) from None
    return parse(data, path.as_posix(), beside(path.parent))


def parse(text: bytes, name: str, policies: Find | None = None) -> Settings:
    """The settings in ``text``: YAML 1.2 or JSON. ``name`` stands for it in errors and becomes ``Settings.path``.

    ``policies`` gives the policy files that a name in ``authorize.policies`` stands for; by default there are none.

    Raises:
        AdaptgenError: as :func:`read`.
    """
    tree = _tree(text, name)
    raw = tree.value
    if raw is None:
        raise error("AG070", "the settings are empty", Where(name, 1, 1), "adaptgen: 1")
    checker = Checker(tree.where)
    made = checker.read(raw, SETTINGS, ())
    if checker.found:
        raise AdaptgenError(*checker.found)
    hooks = made.pop("hooks", {})
    settings = Settings(path=name, where=tree.where, **made, **hooks)
    settings_rules.check(settings, raw, checker)
    found: dict[str, str] = {}
    if settings.authorize is not None:
        listed = isinstance(raw["authorize"].get("policies"), list)
        for index, one in enumerate(settings.authorize.policies):
            at: Keys = ("authorize", "policies", index) if listed else ("authorize", "policies")
            found |= _policies(one, policies, at, checker)
    if checker.found:
        raise AdaptgenError(*checker.found)
    return _replaced(settings, hash=fingerprint(text, found), policies=dict(sorted(found.items())))


def plain(text: bytes, name: str) -> Any:
    """The value in ``text``, YAML 1.2 or JSON, as JSON has it; nothing is checked but its form.

    Raises:
        AdaptgenError: AG002 to AG005.
    """
    return _tree(text, name).value


def glance(text: bytes, name: str) -> tuple[Switch | None, tuple[str, ...]]:
    """The kill switch and the names of the policies in ``text``, whatever else in it is wrong.

    None where there is no switch that can be understood. A text without the key switches nothing off.
    """
    try:
        raw = _tree(text, name).value
    except AdaptgenError:
        return None, ()
    if not isinstance(raw, dict):
        return None, ()
    checker = Checker(Tree(name).where)
    found = checker.read(raw.get("switch", {}), SWITCH, ("switch",))
    authorize = raw.get("authorize")
    policies = authorize.get("policies", []) if isinstance(authorize, dict) else []
    names = policies if isinstance(policies, list) else [policies]
    return found, tuple(one for one in names if isinstance(one, str))


def parse_switch(text: bytes, name: str) -> Switch:
    """What the source of a kill switch says: the keys of ``switch`` but ``source`` and ``every``; empty: nothing.

    Raises:
        AdaptgenError: AG002 to AG005 and AG070, every error at its place.
    """
    tree = _tree(text, name)
    checker = Checker(tree.where)
    found: Switch = checker.read({} if tree.value is None else tree.value, SWITCHED, ())
    if checker.found:
        raise AdaptgenError(*checker.found)
    return found


def _replaced(settings: Settings, **changes: Any) -> Settings:
    given = {one.name: getattr(settings, one.name) for one in fields_of(settings)}
    return Settings(**{**given, **changes})


def _policies(name: str, find: Find | None, at: Keys, checker: Checker) -> Mapping[str, str]:
    try:
        if find is None:
            raise FileNotFoundError(2, "there are no files beside these settings")
        found = find(name)
    except (OSError, UnicodeError) as why:
        reason = "not UTF-8" if isinstance(why, UnicodeError) else why.strerror or type(why).__name__
        checker.say(f"the policies {name!r} cannot be read: {reason}", at, "a path relative to the settings", "AG072")
        return {}
    if not found or not any(text.strip() for text in found.values()):
        checker.say(f"there is no policy in {name!r}", at, "a folder holds its policies in *.cedar files", "AG072")
    return found


def fingerprint(text: bytes, policies: Mapping[str, str]) -> str:
    """SHA-256, in hex, of the settings and of the policy files in the order of their names."""
    hashed = hashlib.sha256(b"adaptgen settings 1\0")
    for part in (text, *(part.encode() for item in sorted(policies.items()) for part in item)):
        hashed.update(len(part).to_bytes(8, "big"))
        hashed.update(part)
    return hashed.hexdigest()


# ------------------------------------------------------------------------------------------------------------ YAML


def _tree(text: bytes, name: str) -> Tree:
    decoded = decode(text, name)
    return load_json(decoded, name) if _is_json(decoded) else _load_yaml(decoded, name)


def _is_json(text: str) -> bool:
    """A flow mapping of YAML begins like JSON too; it is JSON where its first key is quoted, or where it is empty."""
    return re.match(r"\s*\{\s*[\"}]", text) is not None


def _load_yaml(text: str, file: str) -> Tree:
    try:
        import yaml
    except ModuleNotFoundError:
        help = 'pip install "adaptgen[govern]"'
        raise error("AG002", "reading YAML needs PyYAML, which is not installed", Where(file), help) from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    tree = Tree(file)
    try:
        _Yaml(yaml, yaml.parse(text, Loader=loader), tree).document()
    except yaml.YAMLError as broken:
        mark = getattr(broken, "problem_mark", None) or getattr(broken, "context_mark", None)
        where = Where(file, mark.line + 1, mark.column + 1) if mark else Where(file)
        problem = getattr(broken, "problem", None) or "not YAML"
        raise error("AG002", str(problem).splitlines()[0], where, "correct the YAML there") from None
    return tree


class _Yaml:
    """Values by the core schema of YAML 1.2 (10.3), from the events of one document.

    Merge keys (``<<``) are those of YAML 1.1 and no part of it. Events, because nesting can then be refused before it
    is deep, and an alias can only stand for what is complete.
    """

    def __init__(self, yaml: Any, events: Iterator[Any], tree: Tree) -> None:
        self.yaml = yaml
        self.events = events
        self.tree = tree
        self.anchors: dict[str, tuple[Any, int, dict[Keys, tuple[int, int]]]] = {}
        self.count = 0

    def fail(self, code: str, message: str, event: Any, help: str = "") -> AdaptgenError:
        return error(code, message, Where(self.tree.file, *_mark(event)), help)

    def document(self) -> None:
        for event in self.events:
            if isinstance(event, self.yaml.NodeEvent):
                self.tree.value = self.node(event, ())
                break
        for event in self.events:
            if isinstance(event, self.yaml.DocumentStartEvent):
                raise self.fail("AG002", "a second YAML document in the file", event, "the settings are one document")

    def node(self, event: Any, path: Keys) -> Any:
        self.count += 1
        if self.count > MAX_NODES:
            raise self.fail("AG005", f"the settings hold more than {MAX_NODES:,} values", event)
        if len(path) > MAX_DEPTH:
            raise self.fail("AG005", f"the settings nest deeper than {MAX_DEPTH} levels", event)
        if isinstance(event, self.yaml.AliasEvent):
            return self.alias(event, path)
        before = self.count
        if isinstance(event, self.yaml.ScalarEvent):
            value: Any = self.scalar(event)
        elif isinstance(event, self.yaml.SequenceStartEvent):
            value = self.sequence(path)
        else:
            value = self.mapping(path)
        if event.anchor is not None:
            if len(self.anchors) >= MAX_ANCHORS:
                raise self.fail("AG005", f"the settings hold more than {MAX_ANCHORS} anchors", event)
            size = len(path)
            below = {keys[size:]: at for keys, at in self.tree.marks.items() if keys[:size] == path and keys != path}
            self.anchors[event.anchor] = (value, self.count - before + 1, below)
        return value

    def alias(self, event: Any, path: Keys) -> Any:
        if event.anchor not in self.anchors:
            raise self.fail("AG002", f"*{event.anchor} names nothing that is complete before it", event)
        value, size, below = self.anchors[event.anchor]
        self.count += size
        if self.count > MAX_NODES:
            raise self.fail("AG005", f"the aliases expand to more than {MAX_NODES:,} values", event)
        self.tree.marks.update({(*path, *keys): at for keys, at in below.items()})
        return value

    def sequence(self, path: Keys) -> list[Any]:
        made: list[Any] = []
        for event in self.events:
            if isinstance(event, self.yaml.SequenceEndEvent):
                break
            at = (*path, len(made))
            self.tree.marks[at] = _mark(event)
            made.append(self.node(event, at))
        return made

    def mapping(self, path: Keys) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, self.yaml.MappingEndEvent):
                break
            if not isinstance(event, self.yaml.ScalarEvent):
                raise self.fail("AG002", "a key must be a text", event, "quote a text that begins with {, [, * or &")
            key: str = event.value
            if key in made:
                raise self.fail("AG003", f"the key {key!r} stands twice in this mapping", event, "keep one of them")
            at = (*path, key)
            self.tree.marks[at] = _mark(event)
            made[key] = self.node(next(self.events), at)
        return made

    def scalar(self, event: Any) -> Any:
        text: str = event.value
        if event.tag not in (None, "tag:yaml.org,2002:str", "!"):
            raise self.fail("AG002", f"the tag {event.tag} is not known here", event, "remove it")
        if event.tag is not None or not event.implicit[0]:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text) and abs(number := float(text)) < float("inf"):
            return number
        return text


def _mark(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
