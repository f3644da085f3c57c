"""What people see with a browser, and what MCP clients ask to get tokens: the authorization server and its pages.

:func:`web_of` makes the routes of a governed server. Nothing else here is imported before the first request to one of
them: a server whose clients have their tokens does not pay for it.
"""

from __future__ import annotations

from adaptgen.web.routes import Route, WebRoutes, web_of

__all__ = ["Route", "WebRoutes", "web_of"]
