"""What a tool says when it cannot answer: one short text that an agent can act on."""

from __future__ import annotations


class ToolError(Exception):
    """Ends a tool call with ``isError``. The text reaches the agent: no secret, no stack, no raw body of the API.

    ``retry_after``: seconds after which the same call may help, where the API said so. ``status``: the API's HTTP
    status, where there was an answer. ``unknown``: a write may or may not have been carried out.
    """

    def __init__(
        self, text: str, *, status: int | None = None, retry_after: float | None = None, unknown: bool = False
    ) -> None:
        super().__init__(text)
        self.text = text
        self.status = status
        self.retry_after = retry_after
        self.unknown = unknown

    def told(self, tool: str) -> str:
        """The text as callers of ``tool`` read it."""
        return self.text
