"""The vocabulary of reading: an operation as plain frozen values, and what media types mean.

Follows the Operation, Parameter, Request Body and Response Objects of OpenAPI 3.1 (4.8.10-4.8.17).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from adaptgen.model.tables import Json, value
from adaptgen.syntax.tables import kind_of_media

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


@value()
class Parameter:
    """One declared parameter. ``schema`` is as written (it may hold a ``$ref``); ``content`` the media type of a
    parameter that is sent as text of that type instead of by ``style``."""

    name: str
    place: str
    required: bool = False
    schema: Json = None
    description: str = ""
    style: str | None = None
    explode: bool | None = None
    content: str | None = None
    reserved: bool = False
    deprecated: bool = False
    pointer: str = ""
    raw: Mapping[str, Any] | None = None


@value()
class RequestBody:
    """A request body in the media type that was chosen among ``alternatives`` (the others). ``optional``: it says
    ``required: false``, where most documents that leave ``required`` out mean a body that is needed."""

    required: bool
    media: str
    schema: Json
    encoding: Mapping[str, Any]
    description: str = ""
    pointer: str = ""
    alternatives: tuple[str, ...] = ()
    optional: bool = False


@value()
class Response:
    """One declared answer. ``status`` is ``200``, ``2XX`` or ``default``; ``headers`` name -> schema."""

    status: str
    media: str | None
    schema: Json | None
    headers: Mapping[str, Json]
    description: str = ""
    pointer: str = ""


@value()
class Operation:
    """One operation. ``path`` is the template as sent, ``written`` its key in the Paths Object;
    ``constants`` the query string that was part of that key. ``security`` has the document's default applied (None:
    nothing is declared anywhere, empty: declared public). ``servers`` are URLs of this operation alone."""

    method: str
    path: str
    pointer: str
    written: str
    id: str | None
    summary: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: RequestBody | None
    responses: tuple[Response, ...]
    security: tuple[Mapping[str, list[str]], ...] | None
    servers: tuple[str, ...]
    deprecated: bool
    constants: tuple[tuple[str, str], ...]
    raw: Mapping[str, Any]

    @property
    def key(self) -> str:
        """``GET /api/contacts/``: how people and hints name the operation."""
        return f"{self.method} {self.written}"

    def success(self) -> Response | None:
        """The answer of a call that went well: the best of 2xx, ``2XX`` and ``default``."""
        good = [one for one in self.responses if one.status[:1] == "2" or one.status == "default"]
        return min(good, key=_preference, default=None)


def _preference(response: Response) -> tuple[int, int, str]:
    group = 2 if response.status == "default" else 1 if response.status.endswith("X") else 0
    empty = response.media is None or response.status in ("204", "205")
    return (group if not empty else group + 1 if group < 2 else 2, int(response.status != "200"), response.status)


def text(value: Any) -> str:
    """``value`` if it is a string, else nothing."""
    return value if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """``value`` if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def sendable(place: str, name: str) -> bool:
    """Whether a header or cookie can have this name (token of RFC 9110, 5.6.2)."""
    return place not in ("header", "cookie") or bool(_TOKEN.fullmatch(name))


def base_media(media: str) -> str:
    """The media type without its parameters, in lower case (RFC 9110, 8.3.1)."""
    return media.partition(";")[0].strip().lower()


def is_json(media: str) -> bool:
    """JSON by name or by structured suffix (RFC 6839); ``*/*`` is read as JSON too."""
    base = base_media(media)
    return base in ("application/json", "text/json", "*/*", "application/*", "json") or base.endswith("+json")


def body_rank(media: str) -> int:
    """Lower is sent rather."""
    base = base_media(media)
    if base == "application/json":
        return 0
    if base in ("application/merge-patch+json",):
        return 1
    if is_json(base):
        return 3 if base == "application/json-patch+json" else 2
    return {"application/x-www-form-urlencoded": 4, "multipart/form-data": 5}.get(base, 6)


def answer_rank(media: str) -> int:
    """Lower is rather accepted."""
    base = base_media(media)
    if base == "application/json":
        return 0
    if is_json(base):
        return 1
    return 2 if kind_of_media(base) else {"text/plain": 3}.get(base, 4)


def accepted(operation: Operation) -> str | None:
    """The media type to ask for, None for JSON."""
    answer = operation.success()
    if answer is None or not answer.media or "*" in answer.media or answer.media == "application/json":
        return None
    # Header values must be plain ASCII; anything else in a media type is a mistake of the document.
    return answer.media if re.fullmatch(r"[!-~]+(?: ?; ?[!-~]+)*", answer.media) else None
