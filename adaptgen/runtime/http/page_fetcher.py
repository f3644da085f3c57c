"""Requests for the pages of a list, one after the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from adaptgen.model.tables import Json, Paging
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http import parameters
from adaptgen.runtime.http.completeness import read_sizes
from adaptgen.runtime.http.page import LARGE
from adaptgen.runtime.http.page_parameters import PageParameters, in_query
from adaptgen.runtime.http.request import Request, host_of, origin
from adaptgen.runtime.http.response import Response


class PageFetcher:
    """How the pages of a list are read (a :class:`~adaptgen.runtime.http.page.Fetch`).

    ``make`` makes the request, with the values of paging where not all of them are query parameters; ``send`` returns
    its answer, and ``accept`` what is read of it. ``path``: the path of the operation, as the document writes it.
    """

    def __init__(
        self,
        paging: Paging | None,
        path: str,
        make: Callable[[PageParameters | None], Awaitable[Request]],
        send: Callable[[Request], Awaitable[Response]],
        accept: Callable[[Request, Response], Response],
    ) -> None:
        self._paging = paging
        self._segments = len(_segments(path))
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
            request = _followed(request, _next(url, self._first.url, self._segments))
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


def _next(url: str, current: str, segments: int) -> str:
    """A next-page URL, absolute or relative, on the origin of the list.

    An API behind a gateway writes the address at which the gateway reaches it: another scheme, port, host or path
    before the operation's own. Where the last ``segments`` of the path are those of ``current``, the page is asked for
    at the address of the list, with the query of ``url``.

    Raises:
        ToolError: it leads elsewhere.
    """
    try:
        target = urljoin(current, url.strip())
    except ValueError:
        raise ToolError("The API names a next page with an address that cannot be read; it is not followed.") from None
    parts, known = urlsplit(target), urlsplit(current)
    there, here = origin(target), origin(current)
    if there == here and "@" not in parts.netloc:
        return target.partition("#")[0]
    if "@" not in parts.netloc:
        if _is_behind_tls(there, here):
            return urlunsplit((known.scheme, known.netloc, parts.path, parts.query, ""))
        own = slice(-segments, None) if segments else slice(None)
        if _segments(parts.path)[own] == _segments(known.path)[own]:
            return urlunsplit((known.scheme, known.netloc, known.path, parts.query, ""))
    raise ToolError(
        f"The API names a next page at {host_of(target)}, with another path than this operation; it is not followed, "
        f"since credentials go to {host_of(current)} alone. (Operators: if that is the right address, set the "
        "server's base URL to it; else hints `page` say how the list is read.)"
    )


def _is_behind_tls(there: tuple[str, str, int], here: tuple[str, str, int]) -> bool:
    """Whether the addresses differ by TLS alone, which ends before the API."""
    return (there[0], there[1], here[0]) == ("http", here[1], "https") and there[2] in (80, here[2])


def _segments(path: str) -> list[str]:
    return [unquote(segment) for segment in path.split("/") if segment]
