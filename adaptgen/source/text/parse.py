"""One file: bytes to a value, JSON or YAML as the content says."""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error
from adaptgen.model.tables import value
from adaptgen.source.text import json as jsontext
from adaptgen.source.text.decode import Text, decode


@value()
class Parsed:
    """The value of a file. ``refs``: every text that may be a reference, by its key."""

    value: Any
    refs: frozenset[str]
    syntax: Literal["json", "yaml"]
    diagnostics: tuple[Diagnostic, ...]


def parse(data: bytes, file: str, *, strict: bool = False) -> Parsed:
    """Read JSON or YAML. The content decides, not the file's name: what begins with ``{`` or ``[`` is tried as JSON.

    ``strict``: a key that stands twice is an error (for what people write for adaptgen); else a warning.

    Raises:
        AdaptgenError: AG002, AG003 or AG005, with line and column.
    """
    source = decode(data, file)
    with _collector_paused():
        if source.text.lstrip()[:1] in ("{", "["):
            return _json(source, strict)
        value, refs = _yaml(source, strict)
        _say_old_breaks(source)
        return Parsed(value, frozenset(refs), "yaml", tuple(source.diagnostics))


def _yaml(source: Text, strict: bool) -> tuple[Any, set[str]]:
    # Here, because a JSON document without side files must not pay for a YAML parser.
    from adaptgen.source.text import yaml as yaml12

    return yaml12.load(source, strict=strict)


# Line breaks of YAML 1.1 that are ordinary characters in YAML 1.2 (section 5.4).
_OLD_BREAKS = re.compile("[\x85\u2028\u2029]")


def _say_old_breaks(source: Text) -> None:
    """Other readers may see another document where such a character stands, so a person should know."""
    found = _OLD_BREAKS.search(source.text)
    if found is not None:
        what = (
            f"U+{ord(found[0]):04X} is read as an ordinary character (YAML 1.2); YAML 1.1 readers break the line there"
        )
        source.repaired(what, found.start(), "take it out, so that every reader sees the same document")


@contextmanager
def _collector_paused() -> Iterator[None]:
    # A large document is a million new objects and no garbage: the collector would walk them again and again.
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _json(source: Text, strict: bool) -> Parsed:
    try:
        value, refs = jsontext.load(source, strict=strict)
        return Parsed(value, frozenset(refs), "json", tuple(source.diagnostics))
    except json.JSONDecodeError as broken:
        first = broken
    repaired = Text(source.text, source.file, list(source.diagnostics))
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
    where = Where(source.file, first.lineno, first.colno)
    raise error("AG002", f"the JSON is broken: {first.msg[:1].lower()}{first.msg[1:]}", where, "correct the JSON there")
