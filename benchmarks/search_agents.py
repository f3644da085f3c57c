"""The right tool within two calls of ``search_tools``: queries as a model writes them, and what it does next.

The rule, fixed before search was changed for it:

1. The model calls ``search_tools`` with ``query``, its own keywords. The tool is found if its name is in the
   answer.
2. Else it reads what it was shown: the tags that the description of ``search_tools`` counts (``name (12)``), and the
   first answer with its lines of resources (``noun: verb, verb``). ``second`` has the words that it would recognise as
   names of the thing, the likeliest first. It takes a tag of which every word is one of its own (of ``query`` and
   ``second``), else the resource that has the words of ``second`` that come first in it; of several that are alike the
   one with the fewest other words, then the first.
3. It calls once more with ``query`` and behind it the words of ``second`` that it was shown anywhere, or the words of
   the resource that it took, within the tag (argument ``tag``) that it took. A word that it was not shown it does not
   say: else its own knowledge of the API would be measured, and not the search.

A second figure lets it say all of ``second``, shown or not: what a model does that knows the API's words.

Of an answer only the first 3,000 bytes are read. Queries and ``second`` are in ``tests/labels/search_agents.jsonl``,
the documents in ``ADAPTGEN_TESTDATA/corpus``; its ``manifest.csv`` has their sources and hashes. Nothing was tuned for
these six.
"""

from __future__ import annotations

import asyncio
import json
import re
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

from corpus import ENVIRON, ROOT, unpack

LABELS = ROOT / "tests/labels/search_agents.jsonl"
READ = 3_000
_COUNTED = re.compile(r"([^,:()\n]+) \((\d+)\)")
_RESOURCE = re.compile(r"^([\w .-]+): ((?:\w+, )*\w+)$", re.MULTILINE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


class Found(NamedTuple):
    """The call that found a tool (3: none of two) by the rule, and with all of ``second`` said; bytes of an answer."""

    call: int
    knowing: int
    longest: int


def words(text: str) -> list[str]:
    """The words of a text in the singular, camelCase taken apart."""
    from adaptgen.syntax.identifiers import singular

    return [singular(word.lower()) for word in _WORD.findall(text)]


def second_call(description: str, answer: str, question: dict[str, Any], knows: bool = False) -> dict[str, Any]:
    """The arguments of the second call, by the rule; ``knows``: all of ``second`` is said, shown or not."""
    own = list(dict.fromkeys(words(question["second"])))
    known = {*own, *words(question["query"])}
    rank = {word: 1 / (1 + at) for at, word in enumerate(own)}

    def worth(choice: str) -> tuple[float, int]:
        parts = set(words(choice))
        return sum(rank.get(word, 0.0) for word in parts), -len(parts - known)

    tags = [name.strip() for name, _ in _COUNTED.findall(description)]
    shown = {*words(answer), *(word for tag in tags for word in words(tag))}
    said = [word for word in own if knows or word in shown]
    tags = [tag for tag in tags if words(tag) and set(words(tag)) <= known and worth(tag)[0]]
    if tags:
        return {"query": " ".join([question["query"], *said]), "tag": max(tags, key=worth)}
    resources = [name for name, _ in _RESOURCE.findall(answer) if worth(name)[0]]
    if resources and not knows:
        said = [max(resources, key=worth)]
    return {"query": " ".join([question["query"], *said])}


async def calls_needed(
    menu: Any, question: dict[str, Any], wanted: set[str], knows: bool = False
) -> tuple[int, list[int]]:
    """The call that found a wanted tool (1, 2, or 3 for none), and the bytes of each answer."""
    from adaptgen.mcp.protocol import Context
    from adaptgen.model.tables import LOCAL

    listed = await menu.request(LOCAL, "tools/list", {}, Context(request_id="1"))
    description = next(tool["description"] for tool in listed["tools"] if tool["name"] == "search_tools")
    sizes: list[int] = []
    arguments = {"query": question["query"]}
    for call in (1, 2):
        params = {"name": "search_tools", "arguments": arguments}
        result = await menu.request(LOCAL, "tools/call", params, Context(request_id="1"))
        text = result["content"][0]["text"].encode()
        sizes.append(len(text))
        answer = text[:READ].decode(errors="ignore")
        if wanted & set(re.findall(r"\w+", answer)):
            return call, sizes
        arguments = second_call(description, answer, question, knows)
    return 3, sizes


def served(path: Path, folder: Path) -> tuple[Any, dict[str, str]]:
    """The menu of a document's server, and operation (``GET /path``) -> tool."""
    from dataclasses import replace

    from adaptgen.building.build import build
    from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
    from adaptgen.runtime.engine import Engine
    from adaptgen.source import EMPTY
    from adaptgen.tool_search import menu_of
    from adaptgen.transports.load import load_server

    made = build(unpack(path, folder), hints=EMPTY, name="server", side_files=False)
    package = folder / "generated" / path.parent.name / "server"
    for name, text in made.files.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text, "utf-8")
    tools = [tool for module in made.plan.modules for tool in module.tools]
    named = {f"{tool.call.method} {tool.call.path}": tool.name for tool in tools if tool.call is not None}
    engine = Engine(load_server(package), environ=ENVIRON)
    return menu_of(UngovernedHandler(engine), replace(engine.server, surface="search")), named


def measure(corpus: Path, misses: bool = False) -> dict[str, list[Found]]:
    """Document -> of each question what was found."""
    questions = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    found: dict[str, list[Found]] = defaultdict(list)
    for document in dict.fromkeys(question["document"] for question in questions):
        with tempfile.TemporaryDirectory() as folder:
            menu, named = served(corpus / document, Path(folder))
            for question in questions:
                if question["document"] == document:
                    wanted = {named[operation] for operation in question["operations"]}
                    call, sizes = asyncio.run(calls_needed(menu, question, wanted))
                    knowing, _ = asyncio.run(calls_needed(menu, question, wanted, knows=True))
                    found[document].append(Found(call, knowing, max(sizes)))
                    if misses and call == 3:
                        print(f"{document}: {question['query']} ({question['second']}): {sorted(wanted)[:4]}")
    return found
