"""The vectors of a server's tools, where its hand edits declare an embedder."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from adaptgen.diagnostics import AdaptgenError, Where, error
from adaptgen.model.plan import Plan

SECONDS = 600.0
"""How long the embedder may take for the tools that are new or changed."""


def vectors_text(planned: Plan, overrides: Path, folder: Path) -> str:
    """The text of ``search_vectors.json``. ``folder`` has the last build, whose vectors of unchanged texts are kept.

    The file of hand edits is run only where a text is new or changed, or the embedder is.

    Raises:
        AdaptgenError: AG045, the file cannot be imported or the embedder fails.
    """
    from adaptgen.tool_search import vectors
    from adaptgen.tool_search.document import entry
    from adaptgen.transports.load import load_overrides

    rows = [entry(tool, module.contracts[tool.name]) for module in planned.modules for tool in module.tools]
    rows += [entry(tool, contract) for tool, contract in planned.added]
    texts = {row.name: vectors.text_of(row) for row in rows}
    before = vectors.read(folder / vectors.NAME)
    kept = before.tools if before is not None and before.embedder == planned.embedder else {}
    digests = {name: vectors.digest_of(text) for name, text in texts.items()}
    tools = {name: one for name, one in kept.items() if digests.get(name) == one.digest}
    missing = sorted(texts.keys() - tools.keys())
    if missing:
        embedder = load_overrides(overrides).embedder
        assert embedder is not None
        try:
            # A thread of its own: a caller of the build may run an event loop.
            with ThreadPoolExecutor(1) as thread:
                work = asyncio.wait_for(vectors.embed(embedder, [texts[name] for name in missing]), SECONDS)
                made = thread.submit(asyncio.run, work).result()
            if len({len(one.numbers) for one in tools.values()} | {len(one) for one in made}) > 1:
                raise ValueError(f"its vectors have another length than before: delete {folder / vectors.NAME}")
        except AdaptgenError:
            raise
        except TimeoutError as why:
            where = Where(overrides.as_posix())
            raise error("AG045", f"the embedder took more than {SECONDS:g} s", where) from why
        except Exception as why:
            where = Where(overrides.as_posix())
            raise error("AG045", f"the embedder failed: {type(why).__name__}: {why}", where) from why
        for name, numbers in zip(missing, made, strict=True):
            tools[name] = vectors.Vector(digests[name], numbers)
    return vectors.write(vectors.Vectors(planned.embedder, tools))
