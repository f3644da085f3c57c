"""Which operations may be read, and what experiments see of an answer."""

from __future__ import annotations

from dataclasses import dataclass

from adaptgen.building.result import BuildResult
from adaptgen.learning.probe import Reply
from adaptgen.model.tables import Json, Tool
from adaptgen.plan.auth.login_chain import is_logout
from adaptgen.plan.document.reader import operations
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response
from adaptgen.runtime.http.table_response import read_table


@dataclass(frozen=True, slots=True)
class Came:
    """What came back: a response, or why it is missing. ``target``: of a redirect that was not followed."""

    response: Response | None = None
    failed: str = ""
    status: int = 0
    target: str = ""


def readable_tools(result: BuildResult) -> dict[str, Tool]:
    """Pointer of each operation that may be read -> its tool: GET and HEAD that are judged safe. Nothing else is sent
    but a login, whatever the hints say of its effect."""
    found: dict[str, Tool] = {}
    own = {one.pointer: one for one in operations(result.document)[0]}
    for tool in result.plan.server.tools:
        operation = own.get(tool.source)
        if operation is None or tool.call is None or tool.steps or tool.effect != "read" or is_logout(operation):
            continue
        hint = result.hints.tools.get(tool.name)
        if hint is not None and hint.call is not None and hint.call.document:
            continue
        if operation.method in ("GET", "HEAD"):
            found.setdefault(operation.pointer, tool)
    return found


def make_reply(came: Came) -> Reply:
    """The reply that experiments see."""
    response = came.response
    if response is None:
        return Reply(came.status, {}, None, failed=came.failed)
    return Reply(
        response.status,
        dict(response.headers),
        read_json(response),
        response.media_type,
        len(response.content),
        response.elapsed,
        came.failed,
    )


def read_json(response: Response) -> Json:
    """The body as JSON, or the records of a table; None for everything else."""
    if (table := read_table(response)) is not None and table.records:
        return table.records
    try:
        return response.json()
    except ToolError:
        return None
