"""One file: bytes to a value, JSON or YAML as the content says."""

from __future__ import annotations

import json
from typing import Any, Literal

from adaptgen.collector import gc_paused
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.model.frozen import lazy
from adaptgen.model.tables import value
from adaptgen.text import json as jsontext
from adaptgen.text.decode import Limits, SourceText, decode, decode_exactly
from adaptgen.text.locations import SourceMap


@value()
class Parsed:
    """The value of a file. ``refs``: every text that may be a reference, by its key."""

    value: Any
    refs: frozenset[str]
    syntax: Literal["json", "yaml"]
    diagnostics: tuple[Diagnostic, ...]


def parse(data: bytes, file: str, *, strict: bool = False) -> Parsed:
    """Read JSON or YAML. The content decides, not the file's name: what begins with ``{`` or ``[`` is tried as JSON.

    ``strict``: a key that occurs twice is an error (for what people write for adaptgen); else a warning.

    Raises:
        AdaptgenError: AG002, AG003 or AG005, with line and column.
    """
    source = decode(data, file)
    with gc_paused():
        if source.text.lstrip()[:1] in ("{", "["):
            return _json(source, strict)
        value, refs = _yaml(source, strict)
        _say_old_breaks(source)
        return Parsed(value, frozenset(refs), "yaml", tuple(source.diagnostics))


def _yaml(source: SourceText, strict: bool) -> tuple[Any, set[str]]:
    # Here, because what is JSON must not pay for a YAML parser, nor need one.
    try:
        from adaptgen.text import yaml as yaml12
    except ModuleNotFoundError:
        help = "pip install adaptgen"
        raise error("AG002", "reading YAML needs PyYAML, which is not installed", Where(source.file), help) from None

    return yaml12.load(source, strict=strict)


def parse_exactly(data: bytes, file: str, max_bytes: int, limits: Limits) -> tuple[Any, SourceMap]:
    """Read JSON or YAML of which nothing is repaired or read over: the value and its places. Raises as :func:`parse`. A
    text is JSON where it begins with ``{`` and a quoted key, or is ``{}``."""
    source = decode_exactly(data, file, max_bytes, limits)
    if not _QUOTED_KEY.match(source.text):
        value, _ = _yaml(source, strict=True)
        return value, SourceMap(file, "yaml", source)
    try:
        value, _ = jsontext.load(source, strict=True)
    except json.JSONDecodeError as broken:
        raise _broken_json(broken, source) from None
    return value, SourceMap(file, "json", source)


_QUOTED_KEY = lazy(r"\s*\{\s*[\"}]")

# Line breaks of YAML 1.1 that are ordinary characters in YAML 1.2 (section 5.4).
_OLD_BREAKS = lazy("[\x85\u2028\u2029]")


def _say_old_breaks(source: SourceText) -> None:
    """Other readers may see another document at such a character, so it is reported."""
    found = _OLD_BREAKS.search(source.text)
    if found is not None:
        char = f"U+{ord(found[0]):04X}"
        reading = " is read as an ordinary character (YAML 1.2); YAML 1.1 readers break the line there"
        help = "take it out, so that every reader sees the same document"
        source.repaired(char, reading, source.where(found.start()), help)


def _json(source: SourceText, strict: bool) -> Parsed:
    try:
        value, refs = jsontext.load(source, strict=strict)
        return Parsed(value, frozenset(refs), "json", tuple(source.diagnostics))
    except json.JSONDecodeError as broken:
        first = broken
    repaired = SourceText(source.text, source.file, list(source.diagnostics))
    try:
        value, refs = jsontext.load_leniently(repaired, strict=strict)
        return Parsed(value, frozenset(refs), "json", tuple(repaired.diagnostics))
    except json.JSONDecodeError:
        pass
    # A YAML flow mapping ({a: 1}) begins like JSON.
    try:
        value, refs = _yaml(source, strict)
        return Parsed(value, frozenset(refs), "yaml", tuple(source.diagnostics))
    except AdaptgenError as also:
        if source.file.lower().endswith((".yaml", ".yml")) or also.diagnostics[0].code != "AG002":
            raise
    raise _broken_json(first, source)


def _broken_json(broken: json.JSONDecodeError, source: SourceText) -> AdaptgenError:
    where = jsontext.locate(source, broken.pos)
    if broken.pos >= len(source.text.rstrip()) or broken.msg.startswith("Unterminated"):
        cut = "the JSON ends before it is complete" if broken.pos >= len(source.text.rstrip()) else ""
        message = cut or "the JSON is broken: a text in quotes is not closed"
        help = "fetch or save the file again: it was cut off" if cut else "close the quotes"
        return error("AG002", message, where, help)
    help = next((help for begin, help in _JSON_HELP.items() if broken.msg.startswith(begin)), "correct the JSON there")
    return error("AG002", f"the JSON is broken: {broken.msg[:1].lower()}{broken.msg[1:]}", where, help)


_JSON_HELP = {
    "Expecting ','": "write a comma before this, or close what was opened",
    "Expecting ':'": "write a colon between the key and its value",
    "Expecting property name": "write a key in double quotes; after the last member there is no comma",
    "Expecting value": "write a value: a text in double quotes, a number, true, false, null, a list or an object",
    "Extra data": "remove what follows the document",
}
