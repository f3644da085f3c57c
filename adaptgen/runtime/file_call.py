"""The files of one call: those that its arguments refer to, and the one that its answer becomes."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextvars import Token
from copy import deepcopy
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from adaptgen.model.tables import Body, Caller, Contract, Json, Tool
from adaptgen.runtime.answers.media import is_file
from adaptgen.runtime.core.answer import Answer, ToolError
from adaptgen.runtime.core.call_context import downloads, opened_files
from adaptgen.runtime.files import media_types
from adaptgen.runtime.files.content import HEAD, Spool, StoredFile
from adaptgen.runtime.files.desk import FileDesk, receipt
from adaptgen.runtime.files.rules import UPLOAD
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.http.table_response import file_name, find_kind
from adaptgen.syntax.templates import placeholders

_MOST: Final = 20
"""Files of one call,"""
_TOGETHER: Final = 4
"""and how many of the largest size they may be together."""


def file_arguments(tool: Tool) -> frozenset[str]:
    """The names of the arguments that are files."""
    calls = [tool.call, *(step.call for step in tool.steps)]
    names: set[str] = set()
    for body in (call.body for call in calls if call is not None and call.body is not None):
        for param in _params(body):
            if param.encode == "file":
                names |= placeholders(param.value) if param.value is not None else {param.arg or param.name}
    return frozenset(name.partition(".")[0] for name in names)


def _params(body: Body) -> Iterator[Any]:
    yield from body.params
    if body.whole is not None:
        yield body.whole


def with_sources(contract: Contract, names: frozenset[str], takes: str) -> Contract:
    """``contract`` with a ``source`` in each file argument; ``takes`` says what it may be."""
    schema: Any = deepcopy(dict(contract.input_schema))
    for name in names & schema.get("properties", {}).keys():
        one = schema["properties"][name]
        one = one.get("items", one) if isinstance(one, dict) else {}
        members = one.get("properties") if isinstance(one, dict) else None
        if isinstance(members, dict) and "base64" in members:
            members["source"] = {"type": "string", "description": f"For large files: {takes}"}
    return replace(contract, input_schema=schema)


class FileCall:
    """One call of ``tool`` for ``caller``. ``released``: whether bytes of a media type may leave; None: no file leaves
    by a link. ``receipts``: what the audit says of its files. :meth:`close` it at the end."""

    def __init__(
        self,
        desk: FileDesk,
        caller: Caller,
        tool: Tool,
        released: Callable[[Tool, str], bool] | None,
        *,
        plain_names: bool = False,
    ) -> None:
        """``plain_names``: the name from the API may be personal, and is not used."""
        self._plain_names = plain_names
        self._desk = desk
        self._caller = caller
        self._tool = tool
        self._released = released
        self._opened: dict[str, StoredFile] = {}
        self._tokens: list[tuple[Any, Token[Any]]] = []
        self._kept: list[StoredFile] = []
        self.receipts: list[Mapping[str, Json]] = []

    async def open(
        self, names: frozenset[str], arguments: Mapping[str, Json], schemas: Mapping[str, Json] = MappingProxyType({})
    ) -> None:
        """Open and check every file of the arguments. ``schemas``: those of the arguments, by name.

        Raises:
            ToolError: one cannot be used; nothing is sent then.
        """
        self._tokens.append((opened_files, opened_files.set(self._opened)))
        if self._links:
            self._tokens.append((downloads, downloads.set(self)))
        for name in sorted(names & arguments.keys()):
            value, schema = arguments[name], schemas.get(name)
            for one in value if isinstance(value, list) else [value]:
                await self._take(name, one, schema if isinstance(schema, Mapping) else {})

    @property
    def _links(self) -> bool:
        tool = self._tool
        plain = tool.page is None and tool.update is None and not tool.steps
        return plain and self._released is not None and self._desk.hands_out

    async def _take(self, name: str, given: Json, schema: Mapping[str, Any]) -> None:
        if isinstance(given, str):
            given = {"text": given}
        if not isinstance(given, Mapping):
            return  # the body says what is wrong
        source, declared = given.get("source"), given.get("media_type")
        if isinstance(source, str):
            file = self._opened.get(source)
            if file is None:
                if len(self._opened) >= _MOST:
                    raise ToolError(f"A call takes {_MOST} files at most. Nothing was sent.")
                file = self._opened[source] = await self._opened_by(name, source)
                if sum(one.size for one in self._opened.values()) > _TOGETHER * self._desk.rules.max_bytes:
                    raise ToolError(
                        f"The files of this call are more than {_TOGETHER} of the largest. Nothing was sent."
                    )
                slot = source if source.startswith(UPLOAD) else ""
                self.receipts.append(receipt("upload", file, "slot" if slot else "path", slot))
            media = declared if media_types.is_media_type(declared) else file.media_type
            self._check(name, str(media), file.head, file.size, schema)
            return
        data = _inline(given)
        if data is not None:
            kind = media_types.OCTETS if "base64" in given else "text/plain"
            media = declared if isinstance(declared, str) else media_types.of_name(str(given.get("filename", "")), kind)
            self._check(name, media, data[:HEAD], len(data), schema)

    def _check(self, name: str, media: str, head: bytes, size: int, schema: Mapping[str, Any]) -> None:
        """By the rules of the operator, and by what the document of the API says."""
        what = f"Argument `{name}`: the file"
        self._desk.check(what, media, head, size)
        said = schema.get("items", schema)
        kinds, most = (
            (said.get("x-media-types"), said.get("x-max-bytes")) if isinstance(said, Mapping) else (None, None)
        )
        if isinstance(most, int) and size > most:
            raise ToolError(f"{what} has {size} bytes; the API takes {most}. Nothing was sent.")
        known = media_types.plain(media)
        known = media_types.sniff(head) if known in ("", media_types.OCTETS) else known
        # What nothing is known of may be anything: then the API decides.
        if isinstance(kinds, list) and kinds and known and not media_types.matches(known, map(str, kinds)):
            raise ToolError(
                f"{what} has the type {known}; the API takes {', '.join(map(str, kinds))}. Nothing was sent."
            )

    async def _opened_by(self, name: str, source: str) -> StoredFile:
        try:
            return await self._desk.take(self._caller, source)
        except ToolError as problem:
            raise problem.reworded(f"Argument `{name}`: {problem.text} Nothing was sent.") from None

    # ------------------------------------------------------------------------------------------------------ downloads

    def keeps(self, status: int, headers: Mapping[str, str]) -> bool:
        """Whether an answer with this head is written to disk where it is large: bytes that may leave."""
        media = headers.get("content-type", "")
        if not 200 <= status < 300 or self._released is None or not is_file(media):
            return False
        plain = media_types.plain(media)
        head = Response(status, {name.lower(): text for name, text in headers.items()}, b"", media_type=plain)
        return find_kind(head) is None and self._released(self._tool, plain)

    async def write(self, headers: Mapping[str, str], chunks: AsyncIterator[bytes]) -> bytes | StoredFile:
        """The bytes of an answer: a small one in memory, a large one on disk."""
        rules = self._desk.rules
        first: list[bytes] = []
        size = 0
        spool: Spool | None = None
        try:
            async for chunk in chunks:
                size += len(chunk)
                if spool is None and size <= rules.inline:
                    first.append(chunk)
                    continue
                if spool is None:
                    spool = Spool(rules.max_bytes, "The file that the API sent")
                    for one in first:
                        spool.write(one)
                    first.clear()
                spool.write(chunk)
        except BaseException:
            if spool is not None:
                spool.close()
            raise
        if spool is None:
            return b"".join(first)
        head = Response(200, headers, b"")
        name = file_name(head)
        if self._plain_names:
            ending = name.rpartition(".")[2].lower()
            name = f"file-{secrets.token_hex(4)}" + (f".{ending}" if media_types.is_ending(ending) else "")
        file = spool.finish(name, media_types.plain(headers.get("content-type", "")))
        self._kept.append(file)
        return file

    async def answer(self, response: Response) -> Answer:
        """The link that stands for the file of an answer.

        Raises:
            ToolError: its bytes are of another type than declared, and that one may not leave; or there is no place.
        """
        file = response.file
        assert file is not None
        assert self._released is not None
        if not media_types.agree(file.media_type, file.head):
            file.media_type = media_types.OCTETS
            if not self._released(self._tool, file.media_type):
                raise ToolError(
                    "The API sent a file whose bytes are not of the declared media type; it is withheld. The call was "
                    "carried out."
                )
        link = await self._desk.hand_out(self._caller, file)
        place = "path" if link.uri.startswith("file:") else "link"
        self.receipts.append(receipt("download", file, place, link.uri.partition("?")[0] if place == "link" else ""))
        return Answer((link,))

    def close(self) -> None:
        """Give the disk back, and leave the context."""
        for variable, token in reversed(self._tokens):
            variable.reset(token)
        for file in (*self._opened.values(), *self._kept):
            file.close()


def _inline(given: Mapping[str, Json]) -> bytes | None:
    if isinstance(given.get("text"), str):
        return str(given["text"]).encode(errors="replace")
    if not isinstance(given.get("base64"), str):
        return None
    try:
        return base64.b64decode("".join(str(given["base64"]).split()), validate=True)
    except (binascii.Error, ValueError):
        return None  # the body says so
