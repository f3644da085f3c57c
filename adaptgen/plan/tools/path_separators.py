"""Which separators the values of a path parameter hold, by what the document says of it.

A value in a path is one segment (RFC 3986, 3.3), and the runtime refuses separators in it: many servers decode ``%2F``
before they route, so ``1/salary`` would reach another operation. Some values do hold separators (the path of a file, a
repository as ``owner/name``); the rows of :data:`EVIDENCE` say how a document shows it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote

from adaptgen.plan.document.operation import Parameter, mapping, text
from adaptgen.plan.document.schemas import memory
from adaptgen.syntax.identifiers import words

if TYPE_CHECKING:
    from adaptgen.source import Document

SEPARATORS = "/\\;?#"

_FORMATS: Mapping[str, str] = {
    **dict.fromkeys(("uri", "url", "iri"), "/?#;"),
    **dict.fromkeys(("uri-reference", "iri-reference", "uri-template"), "/?#;"),
    **dict.fromkeys(("path", "filepath", "file-path", "file_path", "relative-path", "directory"), "/"),
    **dict.fromkeys(("json-pointer", "relative-json-pointer", "media-type", "mime-type", "cidr"), "/"),
    **dict.fromkeys(("byte", "base64"), "/"),
}
"""Formats whose values hold separators by their definition (RFC 3986, 6901, 9110, 4632, 4648)."""
_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("path", "paths", "filepath", "pathname", "subpath", "dirpath"), "/"),
    **dict.fromkeys(("uri", "url", "iri", "href"), "/?#;"),
    **dict.fromkeys(("cidr", "mimetype"), "/"),
}
"""Last words of names that say what the value is."""
_SAID = (
    (re.compile(r"\b(?:full|relative|absolute|complete|file|folder|directory|object|resource|url.?encoded)[ -]?"
                r"(?:system )?path(?:name)?s?\b", re.I), "/"),
    (re.compile(r"\b(?:path|location) (?:of|to|for|inside|within|in) (?:an?|the|this|your)?\s*"
                r"(?:\w+ )?(?:file|folder|directory|object|document|resource|node|secret|item|blob)\b", re.I), "/"),
    (re.compile(r"\b(?:contains?|includ(?:es?|ing)|holds?|with|has|have|may|can|separated by|"
                r"delimited by|allows?|encode)\W+(?:\w+\W+){0,3}?(?:forward )?slash(?:es)?\b", re.I), "/"),
    (re.compile(r"\bslash(?:es)?[- ](?:separated|delimited)\b|\bcidr\b", re.I), "/"),
    (re.compile(r"\b(?:contains?|with|separated by|delimited by)\W+(?:\w+\W+){0,2}?back-?slash(?:es)?\b|"
                r"\bback-?slash[- ]separated\b", re.I), "\\"),
    (re.compile(r"\b(?:contains?|with|separated by|delimited by)\W+(?:\w+\W+){0,2}?semi-?colons?\b|"
                r"\bsemi-?colon[- ](?:separated|delimited)\b", re.I), ";"),
)  # fmt: skip
"""What descriptions say, and which separator that is."""
_DENIED = re.compile(
    r"\b(?:no|not|without|never|neither|cannot|mustn't|can't|except|excluding|other than|disallowed|forbidden|"
    r"invalid)\b",
    re.I,
)
_MARK = re.compile(r"[/\\;]|slash|path|location|colon|cidr", re.I)
"""What a text that says anything of separators holds."""
_SENTENCE = re.compile(r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<=[.!?;])\s+|\n+")
_QUOTED = re.compile(r"`([^`\n]{3,200})`|\"([^\"\n]{3,200})\"|“([^”\n]{3,200})”|(?<!\w)'([^'\n]{3,200})'(?!\w)")
_INTRODUCED = re.compile(
    r"(?:\be\.?g\.?[,:]?|\bfor example[,:]?|\bfor instance[,:]?|\bsuch as|\bexamples?:|\bformat(?:ted)?(?: as| is|:)|"
    r"\bin the (?:form|format)(?: of)?:?|\bi\.?e\.?[,:]?)\s+([^\s,]{3,200})",
    re.I,
)
_ALTERNATIVES = re.compile(
    r"(?:and/or|n/a|yes/no|true/false|on/off|he/she|his/her|read/write|application/[\w.+-]+|/.*)", re.I
)
"""Words with a slash that are not values: alternatives, media types, and paths of the API itself."""


class Holds(NamedTuple):
    """``separators``: those that values hold ("" for a plain segment); ``because``: what shows it."""

    separators: str = ""
    because: str = ""


Feature = Callable[["Document", Parameter], tuple[str, str]]


def find_separators(document: Document, parameter: Parameter) -> Holds:
    """What the document shows of the values of a path parameter."""
    if parameter.place != "path":
        return Holds()
    if parameter.raw is None:
        return _read_separators(document, parameter)
    # Many operations share one parameter of the path.
    shared, key = memory(document), ("separators", id(parameter.raw), parameter.reserved)
    if key not in shared:
        shared[key] = (parameter.raw, _read_separators(document, parameter))
    holds: Holds = shared[key][1]
    return holds


def _read_separators(document: Document, parameter: Parameter) -> Holds:
    separators: set[str] = set()
    reasons: list[str] = []
    for feature in EVIDENCE:
        shown, because = feature(document, parameter)
        if set(shown) - separators:
            separators |= set(shown)
            reasons.append(because)
    return Holds("".join(one for one in SEPARATORS if one in separators), "; ".join(reasons))


def _greedy(document: Document, parameter: Parameter) -> tuple[str, str]:
    raw = parameter.raw or {}
    if parameter.reserved:
        return "/", "the template of the path, or `allowReserved`, says that it takes several segments"
    for key in ("x-ms-skip-url-encoding", "x-multi-segment", "x-multisegment"):
        if raw.get(key) is True:
            return "/", f"`{key}` says that it takes several segments"
    return "", ""


def _pattern(document: Document, parameter: Parameter) -> tuple[str, str]:
    found = "".join(
        sorted({char for one in _schemas(document, parameter) for char in _literals(text(one.get("pattern")))})
    )
    return found, "its pattern names it"


def _examples(document: Document, parameter: Parameter) -> tuple[str, str]:
    found: set[str] = set()
    for value in _sample_values(document, parameter):
        if isinstance(value, str) and not _ALTERNATIVES.fullmatch(value.strip("/")):
            found |= set(SEPARATORS) & set(unquote(value))
    return "".join(sorted(found)), "an example or a listed value holds it"


def _format(document: Document, parameter: Parameter) -> tuple[str, str]:
    for one in _schemas(document, parameter):
        shown = _FORMATS.get(text(one.get("format")).lower())
        if shown:
            return shown, f"its format is {text(one.get('format'))}"
    return "", ""


def _name(document: Document, parameter: Parameter) -> tuple[str, str]:
    parts = words(parameter.name)
    return (_NAMES.get(parts[-1], ""), "its name says so") if parts else ("", "")


def _description(document: Document, parameter: Parameter) -> tuple[str, str]:
    said = [parameter.description, *(text(one.get("description")) for one in _schemas(document, parameter))]
    found = {char for one in said for char in _described(one[:4000])}
    return "".join(sorted(found)), "its description shows it"


@lru_cache(maxsize=4096)
def _described(description: str) -> frozenset[str]:
    """The separators that a description says, or quotes."""
    if not _MARK.search(description):
        return frozenset()
    found: set[str] = set()
    for sentence in _SENTENCE.split(unescape(description)):
        if _MARK.search(sentence) and not _DENIED.search(sentence):
            found |= {char for pattern, char in _SAID if pattern.search(sentence)} | _quoted(sentence)
    return frozenset(found)


def _quoted(sentence: str) -> set[str]:
    """Separators in values that a sentence quotes: ``owner/name`` in quotes or after "e.g."."""
    values = ["".join(filter(None, found)) for found in _QUOTED.findall(sentence)]
    values += [one.strip("`\"'“”().;") for one in _INTRODUCED.findall(sentence)]
    found: set[str] = set()
    for value in values:
        if " " in value or "://" in value or _ALTERNATIVES.fullmatch(value):
            continue
        found |= {char for char in "/\\;" if char in value.strip("/\\;")}
    return found


EVIDENCE: tuple[Feature, ...] = (_greedy, _pattern, _examples, _format, _name, _description)
"""Each row: what a document says, as the separators that it shows and a sentence for people."""


def _schemas(document: Document, parameter: Parameter) -> Iterator[Mapping[str, Any]]:
    """The schema of a parameter, its branches and its elements."""
    todo: list[tuple[Any, int]] = [(parameter.schema, 0)]
    while todo:
        node, depth = todo.pop()
        try:
            node = document.deref(node)
        except LookupError:
            continue
        if not isinstance(node, Mapping) or depth > 4:
            continue
        yield node
        for key in ("allOf", "anyOf", "oneOf"):
            branches = node.get(key)
            todo += [(one, depth + 1) for one in (branches if isinstance(branches, list) else ())]
        if "items" in node:
            todo.append((node["items"], depth + 1))


def _sample_values(document: Document, parameter: Parameter) -> Iterator[Any]:
    raw = parameter.raw or {}
    for node in (raw, *_schemas(document, parameter)):
        for key in ("example", "default", "const", "x-example"):
            yield from _flat(node.get(key))
        for key in ("enum", "examples"):
            yield from _flat(node.get(key))
    for example in mapping(raw.get("examples")).values():
        try:
            yield from _flat(mapping(document.deref(example)).get("value"))
        except LookupError:
            continue


def _flat(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else (value,)


def _literals(pattern: str) -> set[str]:
    """The separators that a regular expression allows in a value: written out, and not where it excludes them."""
    found: set[str] = set()
    at, negated, in_class = 0, False, False
    lookaheads: list[bool] = []
    while at < len(pattern):
        char = pattern[at]
        excluded = negated or any(lookaheads)
        if char == "\\":
            literal = pattern[at + 1 : at + 2]
            at += 2
            if literal in ("x", "u") and (code := re.match(r"[0-9A-Fa-f]{2}(?:[0-9A-Fa-f]{2})?", pattern[at:])):
                literal = chr(int(code[0][: 2 if literal == "x" else 4], 16))
            if literal in ("/", "\\", ";", "#") and not excluded:
                found.add(literal)
            continue
        if in_class:
            in_class, negated = (False, False) if char == "]" else (True, negated)
            if char in "/;#?" and not excluded:
                found.add(char)
        elif char == "[":
            in_class, negated = True, pattern[at + 1 : at + 2] == "^"
            at += pattern[at + 1 : at + 3] in ("^]", "^[") or pattern[at + 1 : at + 2] == "]"
        elif char == "(":
            lookaheads.append(pattern.startswith(("(?!", "(?<!"), at))
        elif char == ")":
            if lookaheads:
                lookaheads.pop()
        elif char in "/;#" and not excluded:
            found.add(char)
        at += 1
    return found
