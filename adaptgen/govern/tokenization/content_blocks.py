"""The parts of a result: text, tables, structured content, resources, media, and whatever else an answer holds."""

from __future__ import annotations

from typing import Any, Final

from adaptgen.govern.tokenization.classification import Classification, Node
from adaptgen.govern.tokenization.json_redactor import JsonRedactor, is_odd
from adaptgen.govern.tokenization.tool_plans import ToolTokenizationPlan
from adaptgen.mcp.json_text import dumps, loads, loads_or_none
from adaptgen.model.frozen import lazy
from adaptgen.pii.structured_text import rewrite_table, table_header

_FIXED: Final = frozenset({"type", "mimeType", "resultType", "role", "isError", "ttlMs", "cacheScope", "jsonrpc"})
"""Keys whose values are words of the protocol."""

OWN_FILE: Final = "adaptgen:file"
"""Stands for the link to a file of this server while an answer is searched."""

_DIRECT: Final = frozenset({"http", "https", "file", "ftp", "ftps", "s3", "data", "blob", "ws", "wss"})
"""Schemes that clients fetch by themselves, past this server: what is behind them is not searched."""

_WORD: Final = lazy(r"[A-Za-z]{1,20}(?:[/_.+-][A-Za-z]{1,20}){0,6}")
"""Such a word: nothing personal that has a pattern looks like it."""

_MEDIA: Final = lazy(r"[A-Za-z]{1,20}/[A-Za-z0-9.+-]{1,60}")


class ContentRedactor:
    """One result on its way out. ``by_name``: the names of keys classify too, because the answer has no trusted schema.
    ``found``: values that may occur in any text of it."""

    def __init__(
        self,
        walk: JsonRedactor,
        plan: ToolTokenizationPlan,
        declared: Classification,
        by_name: bool,
        found: list[tuple[str, str]],
    ) -> None:
        self._walk = walk
        self._plan = plan
        self._declared = declared
        self._by_name = by_name
        self._found = found

    def result(self, result: dict[str, Any]) -> dict[str, Any]:
        """Every part of the result, shielded; unknown keys too."""
        shielded: dict[str, Any] = {}
        for key, value in result.items():
            if key == "content" and isinstance(value, list):
                first = next((at for at, one in enumerate(value) if _is_text(one)), -1)
                shielded[key] = [
                    self._block(one, self._declared.root if at == first else None) for at, one in enumerate(value)
                ]
            elif key == "structuredContent":
                shielded[key] = self._structured(value)
            elif key == "contents" and isinstance(value, list):
                shielded[key] = [self._resource(one) if isinstance(one, dict) else self._plain(one) for one in value]
            elif key == "messages" and isinstance(value, list):
                shielded[key] = [self._message(one) for one in value]
            else:
                shielded[key] = self._member(key, value)
        return self._named(shielded)

    def _structured(self, value: Any) -> Any:
        root = self._declared.root
        if root is not None and isinstance(value, dict) and value.keys() == {"result"} and "result" not in root.members:
            above = Node()
            above.members["result"] = root
            root = above
        return self._walk.json(value, root, by_name=self._by_name, found=self._found)

    def _plain(self, value: Any, key: str = "") -> Any:
        """Something that is no answer of the API itself: `_meta`, annotations, what this code does not know."""
        if isinstance(value, str):
            return self._text(value, None)
        return self._walk.json(value, None, by_name=True, found=self._found)

    def _message(self, value: Any) -> Any:
        """PromptMessage and SamplingMessage: a role and one content block, or several."""
        if not isinstance(value, dict):
            return self._plain(value)
        content = value.get("content")
        rest = {key: self._member(key, one) for key, one in value.items() if key != "content"}
        if isinstance(content, dict):
            rest["content"] = self._block(content, None)
        elif isinstance(content, list):
            rest["content"] = [self._block(one, None) for one in content]
        elif "content" in value:
            rest["content"] = self._plain(content)
        return self._named({key: rest[key] for key in value})

    def _block(self, block: Any, root: Node | None) -> Any:
        if not isinstance(block, dict):
            return self._plain(block)
        return self._named(self._content(block, root))

    def _named(self, made: dict[str, Any]) -> dict[str, Any]:
        """``made`` without keys that are personal themselves."""
        if not any(map(is_odd, made)):
            return made
        return {self._walk.text(key): value for key, value in made.items()}

    def _content(self, block: dict[str, Any], root: Node | None) -> dict[str, Any]:
        kind = block.get("type")
        if kind == "text" and isinstance(block.get("text"), str):
            text = self._text(block["text"], root)
            return {key: text if key == "text" else self._member(key, one) for key, one in block.items()}
        if kind in ("image", "audio"):
            media = str(block.get("mimeType") or kind)
            if not self._plan.released(media):
                return _withheld(media)
            return {key: one if key == "data" else self._member(key, one) for key, one in block.items()}
        if kind == "resource" and isinstance(block.get("resource"), dict):
            resource = block["resource"]
            if "blob" in resource and not self._plan.released(_media(resource)):
                return _withheld(_media(resource))
            inner = self._resource(resource, root)
            return {key: inner if key == "resource" else self._member(key, one) for key, one in block.items()}
        if kind == "resource_link" and not self._may_link(block):
            return _withheld(_media(block))
        return {key: self._member(key, one) for key, one in block.items()}

    def _may_link(self, link: dict[str, Any]) -> bool:
        """Whether a link may leave: to a file of ours whose type is released, or to a resource that is read through
        this server, and searched then. What others say of the type of their files is not trusted."""
        uri = str(link.get("uri") or "")
        if uri == OWN_FILE:
            return self._plan.released(_media(link))
        return uri.lstrip().partition(":")[0].lower() not in _DIRECT

    def _member(self, key: str, value: Any) -> Any:
        if key in _FIXED and (isinstance(value, bool) or (isinstance(value, str) and _WORD.fullmatch(value))):
            return value
        return self._plain(value, key)

    def _resource(self, resource: dict[str, Any], root: Node | None = None) -> dict[str, Any]:
        """TextResourceContents or BlobResourceContents."""
        shielded: dict[str, Any] = {}
        for key, one in resource.items():
            if key == "text" and isinstance(one, str):
                shielded[key] = self._text(one, root, _media(resource))
            elif key == "blob":
                if self._plan.released(_media(resource)):
                    shielded[key] = one
                else:
                    shielded["text"] = _withheld(_media(resource))["text"]
            else:
                shielded[key] = self._member(key, one)
        if "text" in shielded and "blob" in resource and "mimeType" in shielded:
            shielded["mimeType"] = "text/plain"
        return self._named(shielded)

    def _text(self, text: str, root: Node | None, media: str = "") -> str:
        """JSON, JSON line by line, a table, or plain text."""
        first = text.lstrip("\ufeff \t\r\n")[:1]
        if first and first in '{["':
            value = loads_or_none(text)
            if isinstance(value, (dict, list, str)):
                return dumps(self._walk.json(value, root, by_name=self._by_name, found=self._found))
            records = _json_lines(text)
            if records is not None:
                return _ndjson(self._walk.json(records, root, by_name=self._by_name, found=self._found))
        table = table_header(text, sure=media.partition(";")[0] in ("text/csv", "text/tab-separated-values"))
        if table is not None:
            try:
                return rewrite_table(text, table[0], lambda rows: self._rows(table[1], rows, root))
            except ValueError:
                pass  # searched as text, then
        return str(self._walk.json(text, None, by_name=False, found=self._found))

    def _rows(self, names: list[str], rows: list[list[str]], root: Node | None) -> None:
        table = {"fields": names, "items": rows}
        above = None
        if root is not None:
            above = Node()
            above.members["items"] = root
        self._walk.json(table, above, by_name=True, found=self._found)


def _is_text(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    inner = block.get("resource")
    return block.get("type") == "text" or (isinstance(inner, dict) and "text" in inner)


def _media(resource: dict[str, Any]) -> str:
    return str(resource.get("mimeType") or "application/octet-stream")


def _withheld(media: str) -> dict[str, Any]:
    known = _MEDIA.match(media)
    kind = known[0] if known is not None else media if media in ("image", "audio") else "unknown"
    return {
        "type": "text",
        "text": f"[Withheld: content of the type {kind} cannot be searched for personal data and is not released.]",
    }


def _json_lines(text: str) -> list[Any] | None:
    """The values of NDJSON; None for other text."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) < 2 or not all(line.lstrip()[:1] in "{[" for line in lines):
        return None
    try:
        return [loads(line) for line in lines]
    except ValueError:
        return None


def _ndjson(values: list[Any]) -> str:
    return "".join(dumps(value) + "\n" for value in values)
