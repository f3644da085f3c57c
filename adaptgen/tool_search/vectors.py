"""Search by meaning with an embedder of the user's: vectors of the tools, and how their ranking joins that of words.

The build writes ``search_vectors.json``: a line per tool with the digest of its text and its vector, scaled to length 1
and then to bytes of -127 to 127 in base64. Two rankings are merged by reciprocal rank (Cormack, Clarke and Büttcher,
2009).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import math
from array import array
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from operator import mul
from pathlib import Path
from typing import NamedTuple, TypeAlias

from adaptgen.tool_search.document import Entry

NAME = "search_vectors.json"
Embedder: TypeAlias = "Callable[[Sequence[str]], Awaitable[Sequence[Sequence[float]]]]"
_log = logging.getLogger("adaptgen.search")
_FORMAT = 1
_TEXT, _QUERY = 2_000, 2_000
"""Characters of the text of a tool and of a query that are embedded."""
_SECONDS = 5.0
"""How long a query may take to be embedded."""
_MOST, _LONGEST = 50, 8_192
"""Tools in the ranking by meaning; numbers of a vector."""
_RANK = 60
"""``k`` of reciprocal rank fusion."""


class Vector(NamedTuple):
    """``digest``: of the text that was embedded."""

    digest: str
    numbers: array[int]


class Vectors(NamedTuple):
    """The file. ``embedder``: a digest of the function that made them."""

    embedder: str
    tools: Mapping[str, Vector]


def text_of(entry: Entry) -> str:
    """What is embedded of a tool."""
    parts = (entry.name.replace("_", " "), entry.title, *entry.also, entry.description)
    return ". ".join(part.strip().rstrip(".") for part in parts if part.strip())[:_TEXT]


def digest_of(text: str) -> str:
    """A short digest of a text, to see that it changed."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


async def embed(embedder: Embedder, texts: Sequence[str]) -> list[array[int]]:
    """The vectors of ``texts`` as bytes.

    Raises:
        ValueError: the embedder did not return a vector of finite numbers for each text, all of one length.
    """
    rows = [[float(number) for number in row] for row in await embedder(list(texts))]
    lengths = {len(row) for row in rows}
    if len(rows) != len(texts) or len(lengths) != 1 or not 0 < max(lengths) <= _LONGEST:
        raise ValueError("it did not return a vector for each text, all of one length")
    return [_scaled(row) for row in rows]


def _scaled(row: Sequence[float]) -> array[int]:
    norm = math.sqrt(math.fsum(number * number for number in row))
    if not math.isfinite(norm) or not norm:
        raise ValueError("it returned a vector without a direction")
    return array("b", (round(127 * number / norm) for number in row))


def write(vectors: Vectors) -> str:
    """The text of the file, a line for each tool."""
    rows = ",\n".join(
        f"    {json.dumps(name)}: {json.dumps([one.digest, b64encode(one.numbers.tobytes()).decode()])}"
        for name, one in sorted(vectors.tools.items())
    )
    head = f'  "format": {_FORMAT},\n  "embedder": {json.dumps(vectors.embedder)},\n'
    return f'{{\n{head}  "tools": {{\n{rows}\n  }}\n}}\n'


def read(path: Path) -> Vectors | None:
    """The file; None if it is missing or cannot be read."""
    try:
        raw = json.loads(path.read_bytes())
        if raw["format"] != _FORMAT:
            return None
        tools = {
            str(name): Vector(str(digest), array("b", b64decode(numbers, validate=True)))
            for name, (digest, numbers) in raw["tools"].items()
        }
        return Vectors(str(raw["embedder"]), tools)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


class Meaning:
    """Ranks tools by meaning. ``path``: the file of vectors, which is read by the first search."""

    def __init__(self, embedder: Embedder, path: Path) -> None:
        self._embedder = embedder
        self._path = path
        self._vectors: Vectors | None = None

    async def rank(self, query: str, visible: Collection[str]) -> list[str]:
        """The nearest of the ``visible`` tools, the best first; an empty list where the embedder fails, which is logged
        without the query."""
        try:
            if self._vectors is None:
                self._vectors = read(self._path) or Vectors("", {})
            tools = {name: one.numbers for name, one in self._vectors.tools.items() if name in visible}
            if not tools:
                return []
            async with asyncio.timeout(_SECONDS):
                (asked,) = await embed(self._embedder, [query[:_QUERY]])
            if any(len(numbers) != len(asked) for numbers in tools.values()):
                raise ValueError("the vectors of the tools have another length")
        except Exception as why:
            # The message of the error may hold the query: only its type is logged.
            _log.warning("search by meaning failed (%s): tools were ranked by words alone", type(why).__name__)
            return []
        # In a thread: a thousand tools take some 60 ms, and other calls need the loop meanwhile.
        return await asyncio.to_thread(_nearest, tools, asked)


def _nearest(tools: Mapping[str, array[int]], asked: array[int]) -> list[str]:
    near = {name: sum(map(mul, numbers, asked)) for name, numbers in tools.items()}
    return sorted(near, key=lambda name: (-near[name], name))[:_MOST]


def merge(*rankings: Iterable[str]) -> list[str]:
    """Several rankings as one, by reciprocal rank."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, name in enumerate(ranking, 1):
            scores[name] = scores.get(name, 0.0) + 1 / (_RANK + rank)
    return sorted(scores, key=lambda name: -scores[name])
