"""YAML text to values, by the core schema of YAML 1.2 (specification 1.2.2, section 10.3).

libyaml reads the text and emits events; the values are made here, because PyYAML's own are those of YAML 1.1 (``no``
is false, ``12:30:00`` a number, ``2020-01-01`` a date). See docs/decisions/0002-yaml.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model.frozen import lazy
from adaptgen.text.decode import SourceText
from adaptgen.text.json import both, duplicate, mapped

# The wheels of PyYAML hold libyaml; a serving process may have been installed without it.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_INT = lazy(r"[-+]?[0-9]+")
_FLOAT = lazy(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASED = lazy(r"0o[0-7]+|0x[0-9a-fA-F]+")
_ODD = lazy(r"[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN")
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_CORE = "tag:yaml.org,2002:"

# libyaml breaks lines at these, as YAML 1.1 did; in YAML 1.2 (section 5.4) they are ordinary characters. They pass
# through the parser as private-use characters that the text does not hold.
_OLD_BREAKS = "\x85\u2028\u2029"

# A line of blanks with a tab in it inside a block scalar: allowed by YAML 1.2, refused by libyaml.
_TAB_LINE = lazy(r"^ *\t[ \t]*$", re.MULTILINE)

MERGE = "<<"
_NO_TEXT: Final = frozenset((int, float, bool))


def scalar(text: str) -> Any:
    """The value of a plain scalar. Numbers that JSON does not have (``.inf``, ``.nan``) are floats here."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text):
        return _integer(text, 10)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _BASED.fullmatch(text):
        return _integer(text[2:], 8 if text[1] == "o" else 16)
    return float(text.replace(".", "")) if _ODD.fullmatch(text) else text


def _integer(text: str, base: int) -> Any:
    try:
        return int(text, base)
    except ValueError:  # more than 4,300 digits (PEP 686's guard): no number that anyone means
        return text


def load(source: SourceText, *, strict: bool) -> tuple[Any, set[str]]:
    """The first document of a YAML stream, and every text that may be a reference.

    Mapping keys are strings as written (``200:`` becomes ``"200"``); ``<<`` is expanded; a value that JSON does not
    have becomes null. A key that occurs twice keeps its last value, or, directly under ``paths``, both path items
    merged, and is reported (AG003): as an error if ``strict``, else as a warning.

    Raises:
        AdaptgenError: AG002 for a syntax error, AG005 for a document that nests or expands without end, AG003.
    """
    text, back = _protect(source.text)
    try:
        return _Builder(source, text, back, strict).build()
    except yaml.YAMLError as broken:
        if _TAB_LINE.search(text) is None:
            raise _syntax(broken, source) from None
        first = broken
    # One repair, tried only when the text cannot be read as it is.
    match = _TAB_LINE.search(text)
    try:
        result = _Builder(source, _TAB_LINE.sub("", text), back, strict).build()
    except yaml.YAMLError:
        raise _syntax(first, source) from None
    where = source.where(match.start() if match else 0)
    source.repaired("a line of blanks with a tab in it", " was read as empty", where, "remove the tab")
    return result


def _protect(text: str) -> tuple[str, dict[int, str]]:
    present = [char for char in _OLD_BREAKS if char in text]
    if not present:
        return text, {}
    free = (chr(code) for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    into = {ord(char): next(free) for char in present}
    return text.translate(into), {ord(new): chr(old) for old, new in into.items()}


def _syntax(broken: yaml.YAMLError, source: SourceText) -> AdaptgenError:
    if isinstance(broken, yaml.MarkedYAMLError):
        mark = broken.problem_mark or broken.context_mark
        where = Where(source.file, mark.line + 1, mark.column + 1) if mark else Where(source.file)
        problem = broken.problem or broken.context or "not YAML"
        context = f" {broken.context}" if broken.problem and broken.context else ""
        begun = broken.context_mark
        # In a flow collection, such as JSON, tabs may indent.
        tab = _tab(source, begun.line if begun else mark.line, mark.line) if mark and "flow" not in context else None
        if tab is not None:
            help = "replace the tab by spaces, as in the lines around it"
            return error("AG002", "a tab at the start of the line; YAML indents with spaces", tab, help)
        opener = source.text[begun.index : begun.index + 1] if begun else ""
        return _explained(problem, context, where, begun, opener)
    return error("AG002", str(broken).splitlines()[0], Where(source.file), "correct the YAML there")


def _explained(problem: str, context: str, where: Where, begun: Any, opener: str) -> AdaptgenError:
    """What libyaml says, in the words of who writes YAML. Where something was opened and not closed, the place is
    where it was opened."""
    opened = Where(where.file, begun.line + 1, begun.column + 1) if begun else where
    elsewhere = f" before line {where.line}" if opened.line != where.line else ""
    if "mapping values are not allowed" in problem:
        return error("AG002", "there is a colon where no key can be", where,
                     "quote a text that holds a colon; a key has a colon and a blank after it, in the previous line too"
                     )  # fmt: skip
    if "could not find expected ':'" in problem:
        return error("AG002", "a key has no colon, or no blank after it", opened, "write it as key: value")
    if "quoted scalar" in context and "end of stream" in problem:
        return error("AG002", "a text in quotes is not closed", opened, "close the quotes")
    if "parsing a flow" in context and "did not find expected" in problem and opener in ("[", "{"):
        kind, close = ("list", "]") if opener == "[" else ("mapping", "}")
        return error("AG002", f"a {kind} in brackets is not closed, or has no comma{elsewhere}", opened,
                     f"close it with {close}; items are separated by commas")  # fmt: skip
    if "cannot start any token" in problem:
        return error("AG002", "a text that begins with this character needs quotes", where, "put the text in quotes")
    if "parsing a block" in context:
        kind = "mapping" if "mapping" in context else "list"
        help = f"indent it as the lines from line {opened.line} on; or correct the previous line"
        return error("AG002", f"this does not continue the {kind} that begins at line {opened.line}", where, help)
    since = f" that begins at line {opened.line}" if context and elsewhere else ""
    return error("AG002", f"{problem}{context}{since}", where, "correct the YAML there")


def _tab(source: SourceText, first: int, last: int) -> Where | None:
    """The first tab that indents one of the lines ``first`` to ``last`` (from 0), which YAML does not allow (section
    6.1)."""
    for number, line in enumerate(source.text.split("\n")[first : last + 1], first):
        indent = len(line) - len(line.lstrip(" "))
        if line[indent : indent + 1] == "\t" and line.strip():
            return Where(source.file, number + 1, indent + 1)
    return None


class _Frame:
    """A collection that is being read."""

    __slots__ = ("anchor", "container", "key", "keyed", "merges", "merging", "size", "written")

    def __init__(self, container: Any, anchor: str | None) -> None:
        self.container = container
        self.anchor = anchor
        self.key: str = ""
        self.keyed = False  # a key was read and waits for its value
        self.merging = False  # and that key is <<
        self.merges: list[dict[str, Any]] | None = None
        self.size = 1
        self.written: dict[str | int, Any] | None = None
        """The texts of numbers and truth values, by key or index: what a schema of texts means by them."""

    def note(self, at: str | int, text: Any) -> None:
        """Remember how the value ``at`` was written."""
        if self.written is None:
            self.written = {}
        self.written[at] = text

    def restore(self) -> None:
        """Values of a schema of type string are texts: ``1.10`` is not 1.1."""
        mapping = self.container
        schema = mapping.get("schema")
        if _takes_texts(mapping) or (type(schema) is dict and _takes_texts(schema)):
            for key, text in (self.written or {}).items():
                if type(text) is dict:
                    mapping[key] = [text.get(index, value) for index, value in enumerate(mapping[key])]
                else:
                    mapping[key] = text


_ONE: Final = frozenset(("const", "default", "example"))
_SEVERAL: Final = frozenset(("enum", "examples"))
"""Keywords with values that the schema takes."""


def _takes_texts(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return kind == "string" or (type(kind) is list and "string" in kind and {"string", "null"}.issuperset(kind))


class _Builder:
    def __init__(self, source: SourceText, text: str, back: dict[int, str], strict: bool) -> None:
        self.source = source
        self.back = back
        self.strict = strict
        self.parser = LOADER(text)
        self.anchors: dict[str, tuple[Any, int, str | None]] = {}
        self.refs: set[str] = set()
        self.written = 0
        self.memo: dict[str, Any] = {}
        self.odd: yaml.Mark | None = None

    def events(self) -> Iterator[Any]:
        parser = self.parser
        try:
            while parser.check_event():
                yield parser.get_event()
        finally:
            parser.dispose()

    def build(self) -> tuple[Any, set[str]]:
        stack: list[_Frame] = []
        root: Any = None
        events = self.events()
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self.written += 1
                text = event.value
                if self.back:
                    text = text.translate(self.back)
                if event.anchor is not None:
                    value = self.value(event, text)
                    self.anchors[event.anchor] = (value, 1, text)
                frame = stack[-1] if stack else None
                if frame is None:
                    root = self.value(event, text)
                elif type(frame.container) is list:
                    value = self.value(event, text)
                    if type(value) in _NO_TEXT and len(stack) > 1 and stack[-2].key in _SEVERAL:
                        frame.note(len(frame.container), text)
                    frame.container.append(value)
                    frame.size += 1
                elif frame.keyed:
                    value = self.value(event, text)
                    self.put(frame, value, 1, event)
                    if type(value) in _NO_TEXT and frame.key in _ONE:
                        frame.note(frame.key, text)
                else:
                    self.key(stack, text, event)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self.open(stack, event, {} if kind is yaml.MappingStartEvent else [])
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value = self.close(stack, event)
                if not stack:
                    root = value
            elif kind is yaml.AliasEvent:
                self.alias(stack, event)
            elif kind is yaml.DocumentEndEvent:
                break
        self.rest(events)
        self.report_odd_number()
        return root, self.refs

    def open(self, stack: list[_Frame], event: Any, container: dict[str, Any] | list[Any]) -> None:
        """Begin a mapping or a list."""
        self.written += 1
        if len(stack) >= self.source.limits.depth:
            message = f"the document nests deeper than {self.source.limits.depth} levels"
            raise error("AG005", message, self.where(event.start_mark))
        if stack and type(stack[-1].container) is dict and not stack[-1].keyed:
            raise error(
                "AG002",
                "a mapping key that is itself a mapping or a list",
                self.where(event.start_mark),
                "quote a text that begins with { or [",
            )
        stack.append(_Frame(container, event.anchor))
        if event.anchor is not None:
            self.anchors.pop(event.anchor, None)

    def close(self, stack: list[_Frame], event: Any) -> Any:
        """End a mapping or a list, and put it into what holds it."""
        done = stack.pop()
        value = done.container if done.merges is None else self.merged(done)
        if done.written is not None and type(value) is dict:
            done.restore()
        if done.anchor is not None:
            self.anchors[done.anchor] = (value, done.size, None)
        if not stack:
            return value
        holder = stack[-1]
        if type(holder.container) is list:
            holder.container.append(value)
            holder.size += done.size
        else:
            self.put(holder, value, done.size, event)
            if done.written is not None and type(value) is list and holder.key in _SEVERAL:
                holder.note(holder.key, done.written)
        return value

    def report_odd_number(self) -> None:
        """Say so where a number was read that JSON does not have."""
        if self.odd is not None:
            problem = "a number that JSON does not have (infinite, or not a number)"
            self.source.repaired(problem, " was read as null", self.where(self.odd), "write a finite number")

    def rest(self, events: Iterator[Any]) -> None:
        """Say so when a second document follows; what follows is not read, so it need not be right."""
        try:
            following = next((event for event in events if type(event) is yaml.DocumentStartEvent), None)
        except yaml.YAMLError:
            if self.source.exact:
                raise
            return
        finally:
            events.close()  # type: ignore[attr-defined]
        if following is not None:
            where = self.where(following.start_mark)
            self.source.repaired("more than one YAML document in the file", "; only the first one is read", where)

    def where(self, mark: Any) -> Where:
        return Where(self.source.file, mark.line + 1, mark.column + 1)

    def value(self, event: Any, text: str) -> Any:
        tag = event.tag
        if event.implicit[0] and tag is None:
            if text in self.memo:
                return self.memo[text]
            value = scalar(text)
            if type(value) is float and value - value != 0:
                self.odd = self.odd or event.start_mark
                return None
            if len(text) < 40:
                self.memo[text] = value
            return value
        if self.source.exact and tag not in (None, "!", _CORE + "str"):
            raise error("AG002", f"the tag {tag} is not known here", self.where(event.start_mark), "remove it")
        if tag is None or not tag.startswith(_CORE):
            return text
        return self.tagged(tag.removeprefix(_CORE), text, event)

    def tagged(self, kind: str, text: str, event: Any) -> Any:
        """``!!int "3"`` and the like. A text that does not fit its tag stays a text."""
        value = scalar(text) if kind in ("int", "float", "bool", "null") else text
        if kind == "float" and type(value) is int:
            value = float(value)
        if type(value) is float and value - value != 0:
            self.odd = self.odd or event.start_mark
            return None
        fits = {"int": int, "float": float, "bool": bool, "null": type(None)}
        return value if type(value) is fits.get(kind, str) else text

    def key(self, stack: list[_Frame], text: str, event: Any) -> None:
        frame = stack[-1]
        frame.keyed = True
        if text == MERGE and event.implicit[0]:
            frame.key, frame.merging = MERGE, True
            return
        frame.key = text
        if text not in frame.container:
            return
        self.duplicate(stack, text, event)

    def duplicate(self, stack: list[_Frame], text: str, event: Any) -> None:
        found = duplicate(text, self.where(event.start_mark), strict=self.strict)
        if found.severity == "error":
            raise AdaptgenError(found)
        self.source.diagnostics.append(found)

    def put(self, frame: _Frame, value: Any, size: int, event: Any) -> None:
        frame.keyed = False
        frame.size += size
        key = frame.key
        if frame.written is not None:
            frame.written.pop(key, None)
        if frame.merging:
            frame.merging = False
            parts = value if type(value) is list else [value]
            if parts and all(type(part) is dict for part in parts):
                frame.merges = (frame.merges or []) + parts
                return
        if key == "$ref" and type(value) is str:
            self.refs.add(value)
        elif key == "mapping" and type(value) is dict:
            self.refs.update(mapped(value))
        mapping = frame.container
        mapping[key] = both(key, mapping[key], value) if key in mapping else value

    def merged(self, frame: _Frame) -> dict[str, Any]:
        """The mapping with its ``<<`` expanded: its own keys win, then the earlier of several merged mappings."""
        container: dict[str, Any] = frame.container
        own = dict(container)
        container.clear()
        for part in reversed(frame.merges or []):
            container.update(part)
        for key, value in own.items():
            container.pop(key, None)
            container[key] = value
        return container

    def alias(self, stack: list[_Frame], event: Any) -> None:
        found = self.anchors.get(event.anchor)
        if found is None:
            if any(frame.anchor == event.anchor for frame in stack):
                raise error("AG005", f"*{event.anchor} is inside the node that it names", self.where(event.start_mark))
            raise error("AG002", f"*{event.anchor} names nothing before it", self.where(event.start_mark))
        value, size, text = found
        total = sum(frame.size for frame in stack) + size
        if total > self.written + self.source.limits.expanded:
            raise error(
                "AG005",
                f"the aliases expand to more than {self.source.limits.expanded:,} nodes",
                self.where(event.start_mark),
                "write out what the aliases stand for",
            )
        if not stack:
            return
        frame = stack[-1]
        if type(frame.container) is list:
            frame.container.append(value)
            frame.size += size
        elif frame.keyed:
            self.put(frame, value, size, event)
        elif text is not None:
            frame.key, frame.keyed = text, True
            if text in frame.container:
                self.duplicate(stack, text, event)
        else:
            raise error("AG002", "a mapping key that is itself a mapping or a list", self.where(event.start_mark))
