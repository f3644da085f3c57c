"""A document at a URL that no hints name yet: fetched, read, and written with hints that say where it came from."""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from adaptgen.building.spec_files import SpecFiles, identifier
from adaptgen.diagnostics import AdaptgenError, Where, error, moved
from adaptgen.model.frozen import value
from adaptgen.output.write import write_file
from adaptgen.readiness import fetch
from adaptgen.readiness.normalize_text import normalize
from adaptgen.syntax.templates import escape

if TYPE_CHECKING:
    from adaptgen.source import Document

_URL = re.compile(r"https?://", re.IGNORECASE)


def is_url(text: str) -> bool:
    """Whether a SPEC of the command line is a URL rather than a file."""
    return bool(_URL.match(text))


@value()
class RemoteDocument:
    """``name``: what the server is to be called; ``suffix``: of its file. ``hints``: the text of its hints, with
    its ``source`` unless the URL may hold a credential."""

    text: str
    name: str
    suffix: str
    hints: str

    def write(self, spec: Path) -> None:
        """The document and its hints, which must not be there."""
        write_file(SpecFiles(spec).hints, self.hints.encode())
        write_file(spec, self.text.encode())


def fetch_document(url: str) -> RemoteDocument:
    """The document at ``url``: https, or loopback (AG056). What is not an OpenAPI document is refused as in a file,
    with places in the URL."""
    from adaptgen import source

    try:
        text = normalize(fetch.fetch(url, {}).body or b"")
    except fetch.Unfetched as problem:
        message = f"the document cannot be fetched: {problem}"
        raise error("AG056", message, Where(public_part(url)), problem.help) from None
    except UnicodeDecodeError:
        help = "name the URL of the OpenAPI document"
        raise error("AG056", "the answer is not text", Where(public_part(url)), help) from None
    with tempfile.TemporaryDirectory(prefix="adaptgen-") as folder:
        fresh = Path(folder) / ("document.json" if text.startswith(("{", "[")) else "document.yaml")
        fresh.write_bytes(text.encode())
        try:
            document = source.read(fresh)
        except AdaptgenError as problem:
            raise AdaptgenError(*(moved(one, fresh, public_part(url)) for one in problem.diagnostics)) from None
    return RemoteDocument(text, _name(document, url), fresh.suffix, _hints(url))


def public_part(url: str) -> str:
    """The URL without its user and its query, which may hold credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _hints(url: str) -> str:
    if urlsplit(url).query or "@" in urlsplit(url).netloc:  # either may hold a credential
        return "{}\n"
    return f"source: {json.dumps({'url': escape(url)})}\n"


def _name(document: Document, url: str) -> str:
    """A name for the server: the document's title, else the host."""
    info = document.root.get("info")
    title = info.get("title") if isinstance(info, dict) else ""
    name = identifier(title if isinstance(title, str) else "")
    if name == "api":
        name = identifier(urlsplit(url).hostname or "")
    return name[:40].strip("_")
