"""Cassettes (vcrpy, version 1): what one tool asked of an API and was answered, without secrets and personal data."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.model.tables import Json, Tool
from adaptgen.readiness.fake_values import Fakes
from adaptgen.runtime.pii.classifier import Classifier, make_classifier
from adaptgen.syntax import tables as tabular
from adaptgen.syntax.charsets import decode

INDEX = "recorded.json"
"""Beside the cassettes: how each tool was called, and the stand-ins of addresses and credentials."""
KEPT = frozenset({"content-type", "location", "link", "etag", "retry-after"})
"""Headers of answers that are kept, in addition to those of paging."""
MOST_RECORDED = 10
"""Elements of a list that are kept."""
_WITHHELD = b"(content of this media type is not recorded)"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, bodies decoded from their content coding."""

    method: str
    url: str
    asked: bytes
    asked_type: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Json:
        """The answer's body as JSON, or the records of a table; None for everything else."""
        return parsed(self.body, self.media)

    @property
    def media(self) -> str:
        """The ``Content-Type`` of the answer."""
        return next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")


@dataclass(frozen=True, slots=True)
class Index:
    """``bases``: name of a base -> its URL in the cassettes; ``environ``: variable -> stand-in; ``secrets``: other
    references -> stand-in; ``calls``: tool -> the arguments it was recorded with; ``absent``: tool -> paths of its view
    that no answer had when it was recorded."""

    bases: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    calls: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    absent: Mapping[str, list[str]] = field(default_factory=dict)

    def text(self) -> str:
        """The file."""
        said = {
            "absent": self.absent,
            "bases": self.bases,
            "calls": self.calls,
            "environ": self.environ,
            "secrets": self.secrets,
        }
        return json.dumps({"format": 1, **said}, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def read_index(folder: Path) -> Index:
    """The index of a folder of cassettes.

    Raises:
        AdaptgenError: AG067, the index is missing, or cannot be read.
    """
    path = folder / INDEX
    try:
        found = json.loads(path.read_bytes())
        return Index(found["bases"], found["environ"], found["secrets"], found["calls"], found["absent"])
    except (OSError, ValueError, LookupError, TypeError):
        help = "record them: adaptgen record generated/<name>"
        raise AdaptgenError(Diagnostic("AG067", "no cassettes found", Where(str(path)), help)) from None


def parsed(body: bytes, media: str) -> Json:
    """A body as JSON, or the first records of a table (CSV, JSON lines) without lines that cannot be read; None for
    everything else. A table is a whole database at times: a stand-in for each of its values would take minutes."""
    kind = tabular.kind_of_media(media)
    value = _json(body)
    if kind is None or (value is not None and kind in ("separated", "tabbed")):
        return value
    records = tabular.read(decode(body, media), kind, media).records
    return [one for one in records if not (isinstance(one, dict) and tabular.UNREADABLE in one)][:MOST_RECORDED]


def decoded(body: bytes, coding: str) -> bytes:
    """The bytes behind a content coding (RFC 9110, 8.4)."""
    if coding in ("gzip", "x-gzip"):
        return gzip.decompress(body)
    if coding == "deflate":
        return zlib.decompress(body)
    return body


class Scrubber:
    """Makes cassettes of exchanges. ``origins``: origin of an address -> its stand-in in the cassette;
    ``headers``: those of answers that are kept, lower case."""

    def __init__(self, fakes: Fakes, origins: Mapping[str, str], headers: Collection[str] = ()) -> None:
        self.fakes = fakes
        self._origins = dict(sorted(origins.items(), key=lambda one: -len(one[0])))
        self._headers = KEPT | {one.lower() for one in headers}

    def learn(self, tool: Tool | None, exchange: Exchange) -> None:
        """Give stand-ins to everything that is classified in the answer and in the body that was sent."""
        for body, judge in ((exchange.json(), self._judge(tool, exchange)), (_json(exchange.asked), Classifier({}))):
            if isinstance(body, (dict, list)):
                seen: dict[tuple[str, str], None] = {}
                judge.mark(body, seen)
                self.fakes.learn(seen)
                self.fakes.learn_secrets(body)

    def cleaned(self, tool: Tool | None, exchange: Exchange) -> dict[str, Any]:
        """One interaction of a cassette."""
        kept = {name: [self._text(value)] for name, value in exchange.headers.items() if name.lower() in self._headers}
        if tabular.kind_of_media(exchange.media):
            kept = {name: kept[name] for name in kept if name.lower() != "content-type"}
            kept["content-type"] = [f"{exchange.media.partition(';')[0]}; charset=utf-8"]
        return {
            "request": {
                "method": exchange.method,
                "uri": self.fakes.text(self.address(exchange.url), urls=True),
                "body": self._body(None, exchange.asked, exchange.asked_type).decode() or None,
                "headers": {},
            },
            "response": {
                "status": {"code": exchange.status, "message": ""},
                "headers": dict(sorted(kept.items())),
                "body": {"string": self._answer(tool, exchange)},
            },
        }

    def address(self, url: str) -> str:
        """A URL with its origin replaced."""
        for origin, other in self._origins.items():
            url = url.replace(origin, other)
        return url

    def _text(self, text: str) -> str:
        return self.fakes.text(self.address(text), urls=True)

    def _answer(self, tool: Tool | None, exchange: Exchange) -> str:
        judge = self._judge(tool, exchange)
        kind = tabular.kind_of_media(exchange.media)
        records = exchange.json()
        if kind is None or not isinstance(records, list):
            return self._body(judge, exchange.body, exchange.media).decode()
        marked = judge.mark(_few(records), {}, guard=1 << 30)
        return self.address(tabular.written(self.fakes.scrubbed(marked), kind))

    def _body(self, judge: Classifier | None, body: bytes, media: str) -> bytes:
        if not body:
            return b""
        value = _json(body)
        if value is not None:
            marked = (judge or Classifier({})).mark(_few(value), {}, guard=1 << 30)
            return self.address(json.dumps(self.fakes.scrubbed(marked), ensure_ascii=False)).encode()
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return _WITHHELD
        if "text/" in media or "xml" in media or "form" in media or "csv" in media:
            return self._text(text).encode()
        return _WITHHELD

    def _judge(self, tool: Tool | None, exchange: Exchange) -> Classifier:
        if tool is not None and tool.call is not None:
            return make_classifier(tool)
        words = [one for one in urlsplit(exchange.url).path.split("/") if one and not one.isdigit()]
        plain = () if tool is None else tuple(one for one in tool.not_sensitive if one.startswith("$.."))
        return Classifier({}, plain, resource=words[-1] if words else "")


def _few(value: Json) -> Json:
    """``value`` with its lists cut: the form of a list shows in its first elements."""
    if isinstance(value, dict):
        return {name: _few(member) for name, member in value.items()}
    return [_few(one) for one in value[:MOST_RECORDED]] if isinstance(value, list) else value


def _json(body: bytes) -> Json:
    try:
        found = json.loads(body) if body else None
    except ValueError:
        return None
    return found


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL, as it writes them."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))


def refuse(name: str, text: str, fakes: Fakes) -> None:
    """Check what is to be written.

    Raises:
        AdaptgenError: AG068, a secret or personal data remains; the finding names its kind and never the value.
    """
    left = sorted(set(fakes.left(text)))
    if left:
        help = "classify the field in the hints (sensitive), or leave the tool out: --skip"
        message = f"the recording of {name} still holds {', '.join(left)}; it is not written"
        raise AdaptgenError(Diagnostic("AG068", message, None, help))


def cassette_text(interactions: list[dict[str, Any]]) -> str:
    """A cassette as vcrpy reads it."""
    import yaml

    return str(
        yaml.safe_dump({"interactions": interactions, "version": 1}, sort_keys=True, allow_unicode=True, width=110)
    )
