"""``adaptgen pull``: a document from its source, normalised, with what it changes for agents."""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adaptgen.compare import specs
from adaptgen.compare.model import Change
from adaptgen.compare.servers import compare_servers, server_appeared
from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where, error, moved
from adaptgen.output.lock import digest
from adaptgen.output.write import cannot_write, write_file
from adaptgen.readiness.fetch import Unfetched, fetch
from adaptgen.readiness.normalize_text import normalize
from adaptgen.source import read, read_hints
from adaptgen.source.hints.model import SourceHint
from adaptgen.syntax.templates import TemplateError, fill, references

LOCK = "source.lock"
"""What the source said about the document that is there: a small JSON file next to the hints."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull of ``spec`` found. ``changed``: the text is another one. ``problems``: the document was understood,
    but its hints no longer fit it."""

    spec: Path
    changed: bool
    changes: tuple[Change, ...] = ()
    problems: tuple[Diagnostic, ...] = ()


def pull(spec: Path, hints_path: Path, *, check: bool = False, environ: Mapping[str, str] = os.environ) -> Pulled:
    """Fetch the document of ``spec`` from the source in its hints; write it when it changed, unless ``check``.

    Raises:
        AdaptgenError: AG056, it cannot be fetched; AG001 to AG005, the answer is not a document. Nothing was
            written then.
    """
    hints = read_hints(hints_path)
    said = hints.source
    if said is None:
        help = "add to the hints: source: {url: https://…/openapi.json}"
        raise error("AG056", "the hints name no source", Where(hints_path.as_posix()), help)
    old = spec.read_bytes() if spec.is_file() else None
    lock = hints_path.with_name(LOCK)
    known = _known(lock, said.url, old)
    where = hints.where("source", "url")
    try:
        url, headers = asyncio.run(_filled(said, environ))
        fetched = fetch(url, headers, etag=known.get("etag", ""), modified=known.get("modified", ""))
        if fetched.body is None:
            return Pulled(spec, changed=False)
        text = normalize(fetched.body)
    except UnicodeDecodeError:
        raise error("AG056", "the answer is not text", where, "name the URL of the OpenAPI document") from None
    except Unfetched as problem:
        raise error("AG056", str(problem), where, problem.help) from None
    new = text.encode()
    if new == old:
        if not known and not check:
            _keep(lock, said.url, fetched.etag, fetched.modified, new)
        return Pulled(spec, changed=False)
    return _taken(spec, hints_path, new, check, lambda: _keep(lock, said.url, fetched.etag, fetched.modified, new))


async def _filled(said: SourceHint, environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    from adaptgen.runtime.aws.credentials import Credentials
    from adaptgen.runtime.core.answer import ToolError

    credentials = Credentials(environ)
    texts = [said.url, *said.headers.values()]
    try:
        await credentials.prepare([one for text in texts for one in references(text)], "the source needs")
        filled = [str(fill(text, {}, credentials.resolve)) for text in texts]
    except KeyError as problem:
        raise Unfetched(f"nothing fills in {{{problem.args[0]}}}") from None
    except (ToolError, TemplateError) as problem:
        raise Unfetched(str(problem).rstrip(".")) from None
    return filled[0], dict(zip(said.headers, filled[1:], strict=True))


def _known(lock: Path, url: str, old: bytes | None) -> dict[str, str]:
    """What the source said about the document, if it is still the one that is there."""
    try:
        found: Any = json.loads(lock.read_bytes())
        if old is not None and found["url"] == url and found["sha256"] == digest(old):
            return {key: str(found[key]) for key in ("etag", "modified") if found.get(key)}
    except (OSError, ValueError, LookupError, TypeError):
        pass
    return {}


def _keep(lock: Path, url: str, etag: str, modified: str, data: bytes) -> None:
    said = {"url": url, "etag": etag, "modified": modified, "sha256": digest(data)}
    _replace(lock, (json.dumps({key: value for key, value in said.items() if value}, indent=2) + "\n").encode())


def _taken(spec: Path, hints_path: Path, new: bytes, check: bool, keep: Any) -> Pulled:
    """The new text next to the old one, read and planned as it would be built, then put in its place."""
    spec.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{spec.stem}.adaptgen-", suffix=spec.suffix, dir=spec.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(new)
        try:
            read(fresh)
        except AdaptgenError as problem:
            raise AdaptgenError(*(moved(one, fresh, spec.as_posix()) for one in problem.diagnostics)) from None
        changes: tuple[Change, ...] = ()
        problems: tuple[Diagnostic, ...] = ()
        try:
            changes = _changes(spec, fresh, hints_path)
        except AdaptgenError as problem:
            problems = tuple(moved(one, fresh, spec.as_posix()) for one in problem.diagnostics)
        if not check:
            _replace(spec, new)
            keep()
        return Pulled(spec, True, changes, problems)
    finally:
        fresh.unlink(missing_ok=True)


def _changes(spec: Path, fresh: Path, hints: Path) -> tuple[Change, ...]:
    shown = spec.as_posix()
    if not spec.is_file():
        return (server_appeared(specs.read(fresh, hints, shown, spec.stem)),)
    before = specs.read(spec, hints, shown, spec.stem)
    return compare_servers(before, specs.read(fresh, hints, shown, spec.stem, specs.names_of(before)))


def _replace(path: Path, data: bytes) -> None:
    try:
        write_file(path, data)
    except OSError as failure:
        raise cannot_write(path, failure) from failure
