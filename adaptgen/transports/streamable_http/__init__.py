"""The lean wire: any handler over HTTP, in the revision without handshake and in those with one.

Nothing here knows an MCP library; a server of it starts in a few milliseconds. :class:`StreamableHttpServer` has no
network: it answers HTTP requests given as values, so that ASGI (:func:`app`) and Lambda can share it. ``serve`` brings
uvicorn.
"""

from __future__ import annotations

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, folded, whole
from adaptgen.transports.streamable_http.asgi import App, app
from adaptgen.transports.streamable_http.server import StreamableHttpServer

__all__ = ["App", "HttpAnswer", "HttpRequest", "StreamableHttpServer", "app", "folded", "whole"]
