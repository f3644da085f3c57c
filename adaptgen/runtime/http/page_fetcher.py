"""Requests for the pages of a list, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urljoin, urlsplit, urlunsplit

from adaptgen.model.tables import Json, Paging
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http import parameters
from adaptgen.runtime.http.completeness import read_sizes
from adaptgen.runtime.http.page import LARGE
from adaptgen.runtime.http.page_parameters import PageParameters, in_query
from adaptgen.runtime.http.request import Request, origin
from adaptgen.runtime.http.response import Response


class PageFetcher:
    """How the pages of a list are read (a :class:`~adaptgen.runtime.http.page.Fetch`).

    ``make`` makes the request, with the values of paging where not all of them are query parameters; ``send`` returns
    its answer, and ``accept`` what is read of it.
    """

    def __init__(
        self,
        paging: Paging | None,
        make: Callable[[PageParameters | None], Awaitable[Request]],
        send: Callable[[Request], Awaitable[Response]],
        accept: Callable[[Request, Response], Response],
    ) -> None:
        self._paging = paging
        self._make = make
        self._send = send
        self._accept = accept
        self._first: Request | None = None

    async def __call__(self, query: Mapping[str, Json] = {}, url: str | None = None) -> Response:
        """The answer with these values of paging, or that of a next-page URL."""
        if self._first is None:
            self._first = await self._make(None)
        request = self._first.copy()
        if query and not in_query(self._paging):
            assert self._paging is not None
            request = await self._make(PageParameters(self._paging, query))
        elif url is None:
            request.set_query({name: parameters.scalar(value) for name, value in query.items()})
        if url is not None:
            request = _followed(request, _next(url, self._first.url))
        response = self._accept(request, await self._send(request))
        if request.content is not None and len(request.content) < LARGE and request.content[:1] == b"{":
            response.sizes = read_sizes(request.content)
        return response


def _followed(request: Request, target: str) -> Request:
    """``request`` at the next page's address. An address with another path has all that the page needs: a GET."""
    if urlsplit(target).path.rstrip("/") == urlsplit(request.url).path.rstrip("/"):
        request.url = target
        return request
    return request.to_get(target)


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
