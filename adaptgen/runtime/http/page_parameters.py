"""Where the values of paging go in a request: the query, the body, headers, the address, or inside one parameter that
holds several values.

What the agent's arguments fill stays next to them; a value of paging of the same name is paging's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from adaptgen.model.tables import Body, Json, Paging, Param
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.body import FORM
from adaptgen.runtime.http.body import MISSING as ABSENT
from adaptgen.runtime.http.page import size_parameter
from adaptgen.runtime.http.parameters import header, header_text, is_json, query, scalar, to_json
from adaptgen.runtime.http.response import Response
from adaptgen.syntax import field_paths as fields


def in_query(paging: Paging | None) -> bool:
    """Whether the values of paging are query parameters of their own."""
    return paging is None or (paging.place == "query" and not paging.inside)


class PageParameters:
    """The values of one request: ``values`` maps the parameter names of ``paging`` to values."""

    def __init__(self, paging: Paging, values: Mapping[str, Json]) -> None:
        place = getattr(paging, "place", "query")
        self._body = place == "body"
        self._inside: str = getattr(paging, "inside", "")
        self._values = values
        size = size_parameter(paging) if getattr(paging, "size_in_query", False) else None
        own = {name: value for name, value in values.items() if name != size}
        self._headers = own if place == "header" else {}
        self._path = own if place == "path" else {}
        self._query = {name: value for name, value in values.items() if name == size}

    def address(self, name: str) -> Json:
        """The value of a placeholder of the address, or MISSING."""
        return self._path.get(name, ABSENT)

    def takes(self, name: str) -> bool:
        """Whether a query parameter that the call has is paging's."""
        return name in self._query

    def pairs(self) -> list[str]:
        """The pairs of the query parameters besides a position that is elsewhere."""
        return [pair for name, value in self._query.items() for pair in query(Param(name), value)]

    def put_headers(self, headers: dict[str, str]) -> None:
        """Give ``headers`` the values, in place of what they were, whatever their case.

        Raises:
            ToolError: a value is not allowed in a header (RFC 9110, 5.5).
        """
        for name, value in self._headers.items():
            param = Param(name, encode="json")
            text = (header(param, value, name) or "") if isinstance(value, (list, dict)) else scalar(value)
            for known in [one for one in headers if one.lower() == name.lower()]:
                del headers[known]
            headers[name] = header_text(text, f"The API's value for the next page (`{name}`)")

    def holds(self, place: str, param: Param) -> bool:
        """Whether this query or header parameter takes the values."""
        if self._body or not self._inside:
            return False
        folds = place == "header"
        return (param.name.lower() == self._inside.lower()) if folds else param.name == self._inside

    def parameter(self, param: Param, value: Json) -> Json:
        """The value of the parameter that holds paging, merged from the argument (if any) and the values."""
        return self._merged(value, param.arg or param.name, text=param.encode is None and param.style is None)

    def undeclared(self, call_query: Sequence[Param], call_headers: Sequence[Param]) -> Param | None:
        """The parameter that holds the values and that the call does not have: it is sent as JSON text."""
        if self._body or not self._inside or not self._values:
            return None
        known = any(self.holds("query", one) for one in call_query)
        known = known or any(self.holds("header", one) for one in call_headers)
        return None if known else Param(self._inside, encode="json")

    @property
    def beside_body(self) -> bool:
        """Whether the body stays as it is."""
        return not self._body

    def body(self, value: Json, declared: Body) -> Json:
        """The whole body, merged from the arguments and the values.

        Raises:
            ToolError: the body, or what is to hold the values, is not an object.
        """
        if not isinstance(value, Mapping):
            name = (declared.whole.arg or declared.whole.name) if declared.whole is not None else "body"
            raise ToolError(
                f"Argument `{name}` must be an object: where the page starts goes into it. Nothing was sent."
            )
        if not self._inside:
            return self._put(value)
        keys = fields.keys_of(self._inside)
        inner: Json = value
        for key in keys:
            inner = inner.get(key, ABSENT) if isinstance(inner, Mapping) else ABSENT
        row = next((one for one in declared.params if (one.name,) == keys), None)
        text = (
            row is not None
            and row.encode is not None
            and is_json("application/json" if row.encode == "json" else row.encode)
        )
        form = declared.media.partition(";")[0].strip().lower() == FORM
        return _with(value, keys, self._merged(inner, keys[-1], text=text or (form and row is None)))

    def _merged(self, value: Json, name: str, *, text: bool) -> Json:
        """``value`` with the values of paging in it: an object stays one, JSON text stays text; what is not there
        becomes an object, or, with ``text``, its text."""
        if value is ABSENT or value is None or value == "":
            made = self._put({})
            return to_json(made).decode() if text else made
        if isinstance(value, str):
            try:
                inner = Response(200, {}, value.encode("utf-8", "replace")).json()
            except ToolError:
                inner = None
            if not isinstance(inner, Mapping):
                raise ToolError(f"Argument `{name}` must be the JSON text of an object. Nothing was sent.")
            return to_json(self._put(inner)).decode()
        if not isinstance(value, Mapping):
            raise ToolError(f"Argument `{name}` must be an object. Nothing was sent.")
        return self._put(value)

    def _put(self, target: Mapping[str, Json]) -> dict[str, Json]:
        made: dict[str, Json] = dict(target)
        for name, value in self._values.items():
            made = _with(made, fields.keys_of(name), value)
        return made


def _with(target: Mapping[str, Json], keys: Sequence[str], value: Json) -> dict[str, Json]:
    """A copy of ``target`` with ``value`` at ``keys``."""
    inner = target.get(keys[0])
    last = len(keys) == 1
    made = value if last else _with(inner if isinstance(inner, Mapping) else {}, keys[1:], value)
    return {**target, keys[0]: made}
