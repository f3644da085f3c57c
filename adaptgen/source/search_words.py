"""``specs/<name>/search.yaml``: the words by which agents find the tools of a server.

    tools:
      list_invoices:
        purpose: What customers were billed, and what is still open
        when: Somebody asks about payments, dunning or revenue
        also: [bill, receivables]

People write it, or a model once and people review it. Only search reads the words: no list, description or answer shows
them to a model, so they cannot instruct one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from adaptgen.config.checker import Checker
from adaptgen.config.json_schema import published
from adaptgen.config.types import Key, MapOf, Number, Table, Text
from adaptgen.diagnostics import AdaptgenError, did_you_mean
from adaptgen.model.tables import value
from adaptgen.source.hints.kinds import HINTS_DIALECT
from adaptgen.source.hints.table import WORDS
from adaptgen.text.files import read_file
from adaptgen.text.locations import SourceMap
from adaptgen.text.parse import parse

SEARCH = Table({
    "adaptgen": Key(Number(1, 1), "The format of this file"),
    "tools": Key(MapOf(Table({
        "purpose": Key(Text("words"), "What the tool is for"),
        "when": Key(Text("words"), "When to use it"),
        "also": Key(WORDS, "Other words for it"),
    }), key="tool"), "The tools, by their names"),
})  # fmt: skip


@value()
class SearchWords:
    """The file: tool -> its texts, and the SHA-256 of the bytes."""

    tools: Mapping[str, tuple[str, ...]]
    digest: str


def read(path: Path, tools: Mapping[str, str]) -> SearchWords:
    """Read the file. ``tools``: every name that is served, earlier ones too, -> the name of the tool now.

    Raises:
        AdaptgenError: every error of the file at once, each with its place (AG001 to AG005, AG030, AG031, AG037 for a
            tool that does not exist, AG039 for one that is named twice).
    """
    shown = path.as_posix()
    data = read_file(path, shown)
    parsed = parse(data, shown, strict=True)
    raw = {} if parsed.value is None else parsed.value
    checker = Checker(SourceMap(shown, parsed.syntax, path).where, HINTS_DIALECT)
    checker.read(raw, SEARCH, ())
    words: dict[str, tuple[str, ...]] = {}
    for name, texts in raw.get("tools", {}).items() if not checker.errors else ():
        at = ("tools", name)
        if name not in tools:
            checker.report(f"there is no tool {name!r}", at, did_you_mean(name, tools), "AG037")
        elif tools[name] in words:
            checker.report(f"{name!r} is the tool {tools[name]!r}, which the file names too", at, code="AG039")
        else:
            own = (texts.get("purpose", ""), texts.get("when", ""), *texts.get("also", ()))
            words[tools[name]] = tuple(filter(None, own))
    if checker.errors:
        raise AdaptgenError(*checker.errors)
    return SearchWords(words, hashlib.sha256(data).hexdigest())


def schema_text() -> str:
    """The published file, ``docs/search.schema.json``."""
    about = "Words by which agents find the tools of a server (specs/<name>/search.yaml)"
    return published(SEARCH, HINTS_DIALECT, "Search words for adaptgen", about)
