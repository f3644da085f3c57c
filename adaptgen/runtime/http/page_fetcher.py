"""Requests for the pages of a list, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin, urlsplit, urlunsplit

from adaptgen.model.tables import Json, Paging
from adaptgen.runtime.core.errors import ToolError
from adaptgen.runtime.http import parameters
from adaptgen.runtime.http.completeness import sizes_of
from adaptgen.runtime.http.page import LARGE, Fetch
from adaptgen.runtime.http.page_parameters import PageParameters, in_query
from adaptgen.runtime.http.request import Request, origin
from adaptgen.runtime.http.response import Response


def page_fetcher(
    paging: Paging | None,
    make: Callable[[PageParameters | None], Awaitable[Request]],
    send: Callable[[Request], Awaitable[Response]],
) -> Fetch:
    """How the pages of a list are read. ``make`` gives the request, with the values of paging where not all of them are
    query parameters; ``send`` sends it."""
    first: Request | None = None

    async def fetch(query: Mapping[str, Json] = {}, url: str | None = None) -> Response:
        nonlocal first
        if first is None:
            first = await make(None)
        request = first.copy()
        if query and not in_query(paging):
            assert paging is not None
            request = await make(PageParameters(paging, query))
        elif url is None:
            request.set_query({name: parameters.scalar(value) for name, value in query.items()})
        if url is not None:
            request.url = _next(url, first.url)
        response = await send(request)
        if request.content is not None and len(request.content) < LARGE and request.content[:1] == b"{":
            response.sizes = sizes_of(request.content)
        return response

    return fetch


def _next(url: str, current: str) -> str:
    """A next-page URL, absolute or relative, on the origin of the list.

    An API behind a proxy that ends TLS writes ``http`` where it is reached by ``https``: the scheme is kept then.

    Raises:
        ToolError: it leads elsewhere.
    """
    target = urljoin(current, url.strip())
    here = origin(current)
    there = origin(target)
    if there != here and there[1] == here[1] and (there[0], here[0]) == ("http", "https") and there[2] in (80, here[2]):
        parts = urlsplit(target)
        return urlunsplit(("https", urlsplit(current).netloc, parts.path, parts.query, ""))
    if there != here or "@" in urlsplit(target).netloc:
        raise ToolError("The API names a next page on another host; it is not followed.")
    return target.partition("#")[0]
