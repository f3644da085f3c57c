"""Recorded answers from disk: cassettes of vcrpy and HTTP archives (HAR 1.2)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adaptgen.diagnostics import AdaptgenError, Diagnostic, Where
from adaptgen.readiness.cassettes import Exchange, decoded

MOST = 20_000
"""Exchanges that are read."""
_ENDS = (".yaml", ".yml", ".json", ".har")


def read_traffic(folder: Path) -> list[Exchange]:
    """Every exchange in the files of a folder, or of one file, in the order of their names.

    Raises:
        AdaptgenError: AG067, the folder holds no exchanges; AG002, a file is neither a cassette nor an archive.
    """
    files = [folder] if folder.is_file() else sorted(one for one in folder.rglob("*") if one.suffix in _ENDS)
    found: list[Exchange] = []
    for path in files:
        for exchange in _exchanges(path):
            if len(found) == MOST:
                return found
            found.append(exchange)
    if not found:
        help = "record some: adaptgen record generated/<name>, or export an archive (HAR) from a browser or a proxy"
        raise AdaptgenError(Diagnostic("AG067", "there are no recorded answers", Where(str(folder)), help))
    return found


def _exchanges(path: Path) -> Iterator[Exchange]:
    import yaml

    text = path.read_text("utf-8", "replace")
    try:
        content = json.loads(text) if path.suffix in (".json", ".har") else yaml.load(text, _loader())  # noqa: S506
    except (ValueError, yaml.YAMLError) as wrong:
        message = f"the file is neither a cassette nor an archive: {type(wrong).__name__}"
        raise AdaptgenError(Diagnostic("AG002", message, Where(str(path)), "take it out of the folder")) from None
    if not isinstance(content, Mapping):
        return
    if isinstance(content.get("interactions"), list):
        yield from (made for one in content["interactions"] if (made := _cassette(one)) is not None)
    log = content.get("log")
    if isinstance(log, Mapping) and isinstance(log.get("entries"), list):
        yield from (made for one in log["entries"] if (made := _entry(one)) is not None)


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _cassette(one: Any) -> Exchange | None:
    try:
        request, response = one["request"], one["response"]
        headers = {
            str(name).lower(): ", ".join(map(str, _listed(value))) for name, value in response["headers"].items()
        }
        body = response["body"]["string"]
        data = body if isinstance(body, bytes) else str(body or "").encode()
        asked = request.get("body") or ""
        return Exchange(
            str(request["method"]).upper(),
            str(request["uri"]),
            asked if isinstance(asked, bytes) else str(asked).encode(),
            "",
            int(response["status"]["code"]),
            headers,
            _plain(data, headers.get("content-encoding", "")),
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def _entry(one: Any) -> Exchange | None:
    """An entry of an archive (HAR 1.2)."""
    try:
        request, response = one["request"], one["response"]
        content = response["content"]
        text = content.get("text") or ""
        data = base64.b64decode(text) if content.get("encoding") == "base64" else text.encode()
        posted = request.get("postData") or {}
        return Exchange(
            str(request["method"]).upper(),
            str(request["url"]),
            str(posted.get("text") or "").encode(),
            str(posted.get("mimeType") or ""),
            int(response["status"]),
            {str(header["name"]).lower(): str(header["value"]) for header in response.get("headers") or ()},
            data,
        )
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(data: bytes, coding: str) -> bytes:
    # Some recorders keep the header of a coding that they have undone.
    try:
        return decoded(data, coding)
    except (OSError, ValueError, EOFError):
        return data
