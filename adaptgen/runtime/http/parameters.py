"""Values as text: the parameter styles of OpenAPI (3.1.1, Style Values) and RFC 6570, percent-encoded.

What the styles leave undefined is done as most servers read it: nested values are JSON text, ``deepObject`` nests by
brackets (``a[b][c]=1``), arrays in it repeat ``a[]``, null and empty collections are not sent.
"""

from __future__ import annotations

from urllib.parse import quote, quote_plus

from adaptgen.mcp.json_text import ExactNumber, write_exactly
from adaptgen.model.tables import Json, Param, Style
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.path_values import check_path_value

Pairs = list[tuple[str, str]]
"""Names and values, not yet encoded."""

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_RESERVED = ":/?@!$'()*,;="
"""What ``allowReserved`` allows in a query: the reserved characters but ``#``, ``[``, ``]``, which no query may
hold (RFC 3986, 3.4), and ``&`` and ``+``, which would be read as another parameter and as a space."""


def scalar(value: Json) -> str:
    """A value as text: booleans as JSON has them, numbers without a needless exponent, objects and arrays as JSON."""
    if isinstance(value, str):
        return value
    if value is True:
        return "true"
    if value is False:
        return "false"
    if value is None:
        return "null"
    if isinstance(value, ExactNumber):
        return value.text
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value)
    return to_json(value).decode()


def to_json(value: Json) -> bytes:
    """Compact JSON; numbers as they were read, and halves of surrogate pairs as escapes."""
    try:
        return write_exactly(value)
    except TypeError:
        import json

        return json.dumps(value, separators=(",", ":")).encode()


def encode_value(value: Json, encode: str | None) -> Json:
    """``value`` as its ``encode`` wants it: JSON text for ``"json"`` and JSON media types, else itself."""
    if encode is None or encode == "file":
        return value
    if encode == "json" or is_json(encode):
        return to_json(value).decode()
    return value


def is_json(media: str) -> bool:
    """Whether a media type is JSON or ends in ``+json`` (RFC 6839)."""
    kind = media.partition(";")[0].strip().lower()
    return kind in ("application/json", "text/json") or kind.endswith("+json")


def _members(value: dict[str, Json]) -> list[tuple[str, Json]]:
    return [(str(key), member) for key, member in value.items() if member is not None]


# ------------------------------------------------------------------------------------------------------------ query


def query(param: Param, value: Json, name: str | None = None) -> list[str]:
    """The ``name=value`` pairs of a query parameter, percent-encoded; none for null and empty collections."""
    key = param.name if name is None else name
    if value.__class__ is str and param.encode is None and not param.reserved:
        return [f"{quote(key, safe='')}={quote(value, safe='')}"]
    safe = _RESERVED if param.reserved else ""
    value = encode_value(value, param.encode)
    if value is None:
        return []
    style = param.style or "form"
    if style in _DELIMITERS and isinstance(value, (list, dict)) and not param.explode:
        joined = quote(_DELIMITERS[style], safe="").join(quote(part, safe=safe) for part in _flat(value))
        return [f"{quote(key, safe='')}={joined}"] if value else []
    if style == "form" and isinstance(value, (list, dict)) and param.explode is False:
        joined = ",".join(quote(part, safe=safe) for part in _flat(value))
        return [f"{quote(key, safe='')}={joined}"] if value else []
    return [f"{quote(one, safe='')}={quote(text, safe=safe)}" for one, text in pairs(key, value, style)]


def _flat(value: list[Json] | dict[str, Json]) -> list[str]:
    if isinstance(value, dict):
        return [text for key, member in _members(value) for text in (key, scalar(member))]
    return [scalar(item) for item in value if item is not None]


def pairs(key: str, value: Json, style: Style = "form") -> Pairs:
    """The exploded pairs of one value: ``form`` repeats the name or spreads the object, ``deepObject`` nests."""
    if value is None:
        return []
    if style == "deepObject" and isinstance(value, (list, dict)):
        return _deep(key, value)
    if isinstance(value, dict):
        return [(name, scalar(member)) for name, member in _members(value)]
    if isinstance(value, list):
        return [(key, scalar(item)) for item in value if item is not None]
    return [(key, scalar(value))]


def _deep(key: str, value: Json) -> Pairs:
    if isinstance(value, dict):
        return [pair for name, member in _members(value) for pair in _deep(f"{key}[{name}]", member)]
    if isinstance(value, list):
        if any(isinstance(item, (dict, list)) for item in value):
            return [pair for position, item in enumerate(value) for pair in _deep(f"{key}[{position}]", item)]
        name = key if key.endswith("[]") else f"{key}[]"
        return [(name, scalar(item)) for item in value if item is not None]
    return [] if value is None else [(key, scalar(value))]


def form(param: Param, value: Json) -> list[str]:
    """The pairs of one property of an ``application/x-www-form-urlencoded`` body.

    Without a style an object is JSON text, as the default content type of the Encoding Object says.
    """
    value = encode_value(value, param.encode)
    if value is None:
        return []
    if param.style is None and param.explode is None and isinstance(value, dict):
        value = to_json(value).decode()
    style = param.style or "form"
    if isinstance(value, (list, dict)) and style != "deepObject" and (style in _DELIMITERS or param.explode is False):
        joined = _DELIMITERS.get(style, ",").join(_flat(value))
        return [f"{quote_plus(param.name)}={quote_plus(joined, safe=',')}"] if value else []
    return [f"{quote_plus(one)}={quote_plus(text)}" for one, text in pairs(param.name, value, style)]


# ------------------------------------------------------------------------------------------------------------- path


def path(param: Param, value: Json, argument: str) -> str:
    """A value as the part of one path segment, everything but unreserved characters encoded (RFC 3986, 2.3).

    Raises:
        ToolError: the value is empty, a dot segment, or holds a separator, and would lead to another resource.
    """
    if value.__class__ is int:
        text = str(value)
        if param.style in (None, "simple"):
            return text
    value = encode_value(value, param.encode)
    style = param.style or "simple"
    holds = param.holds or ("/" if param.reserved else "")
    for text in _texts(value):
        check_path_value(text, holds, argument, param.name)
    if value == "" and param.blank:
        return ""
    if value is None or value == "" or (isinstance(value, (list, dict)) and not _flat(value)):
        raise ToolError(f"Argument `{argument}` is empty, but it is a part of the address. Give a value.")
    if style == "label":
        return "." + _expand(value, "." if param.explode else ",", "=" if param.explode else ",")
    if style == "matrix":
        name = quote(param.name, safe="")
        if param.explode and isinstance(value, dict):
            return "".join(f";{_q(key)}={_q(scalar(member))}" for key, member in _members(value))
        if param.explode and isinstance(value, list):
            return "".join(f";{name}={_q(scalar(item))}" for item in value if item is not None)
        return f";{name}={_expand(value, ',', ',')}"
    return _expand(value, ",", "=" if param.explode else ",")


def _q(text: str) -> str:
    return quote(text, safe="")


def _expand(value: Json, between: str, assign: str) -> str:
    if isinstance(value, dict):
        return between.join(f"{_q(key)}{assign}{_q(scalar(member))}" for key, member in _members(value))
    if isinstance(value, list):
        return between.join(_q(scalar(item)) for item in value if item is not None)
    return _q(scalar(value))


def _texts(value: Json) -> list[str]:
    return _flat(value) if isinstance(value, (list, dict)) else [] if value is None else [scalar(value)]


# --------------------------------------------------------------------------------------------------- header, cookie


def header(param: Param, value: Json, argument: str) -> str | None:
    """A header value in ``simple`` style; None for null.

    Raises:
        ToolError: the value holds a line break, another control character, or characters beyond ASCII (RFC 9110, 5.5).
    """
    if value is None:
        return None
    if param.encode == "json" or (param.encode and is_json(param.encode)):
        import json

        text = to_json(value).decode()
        return "".join(one if one.isascii() else json.dumps(one)[1:-1] for one in text)
    if isinstance(value, dict):
        assign = "=" if param.explode else ","
        text = ",".join(f"{key}{assign}{scalar(member)}" for key, member in _members(value))
    elif isinstance(value, list):
        text = ",".join(scalar(item) for item in value if item is not None)
    else:
        text = scalar(value)
    return header_text(text, f"Argument `{argument}`")


def header_text(text: str, what: str) -> str:
    """``text`` if it is allowed in a header. ``what`` begins the message if not."""
    if not text.isascii() or not text.isprintable():
        bad = (
            "line breaks or control characters" if text.isascii() or "\n" in text or "\r" in text else "non-ASCII text"
        )
        raise ToolError(f"{what} contains {bad}, but it is sent as an HTTP header, which takes printable ASCII only.")
    return text.strip()


def cookie(param: Param, value: Json) -> list[str]:
    """The ``name=value`` pairs of a cookie parameter (``form``); what a cookie cannot hold is percent-encoded."""
    value = encode_value(value, param.encode)
    if value is None:
        return []
    if isinstance(value, (list, dict)) and param.explode is False:
        return [f"{param.name}={cookie_text(','.join(_flat(value)))}"]
    return [f"{name}={cookie_text(text)}" for name, text in pairs(param.name, value)]


def cookie_text(text: str) -> str:
    """A cookie value: RFC 6265 ``cookie-octet`` as it is, everything else percent-encoded."""
    return quote(text, safe="!#$%&'()*+-./:<=>?@[]^_`{|}~,")
