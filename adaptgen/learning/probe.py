"""What experiments may do: send one read, within the budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Final, Literal, Protocol, TypeAlias

from adaptgen.model.tables import Json, value
from adaptgen.plan.document.operation import Operation

Credentials: TypeAlias = Literal["session", "none", "broken"]
"""``session``: as learned so far; ``none``: without; ``broken``: with a token that cannot be valid."""


class BudgetSpent(Exception):
    """No request is left. What was not asked yet is not known."""


@value()
class Reply:
    """What a read was answered. ``json``: the body, or the records of a table; None for everything else. It lives in
    memory only: no part of ``json`` or of a header may be kept.

    ``failed``: why there is no answer that can be used, else empty: ``timeout``, ``connection``, ``redirect`` (to
    another origin), ``busy`` (429 or 503 for longer than is waited), ``login`` (no session), ``unreadable``, ``not
    recorded``, ``dry run``. ``status`` is 0 without an answer."""

    status: int
    headers: Mapping[str, str]
    json: Json
    media: str = ""
    bytes: int = 0
    seconds: float = 0.0
    failed: str = ""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


@value()
class ReadInputs:
    """What one request holds in addition to its constants, under the names of the API. ``query`` and ``headers`` may
    have names that the document does not declare. ``body`` None: none is sent."""

    path: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Json = None


NO_INPUTS: Final = ReadInputs()


class Probe(Protocol):
    """Sends reads of one API, one at a time, at its rate. 429 and 503 are waited out within the budget."""

    @property
    def remaining(self) -> int:
        """Requests that are left."""

    def may_read(self, operation: Operation) -> bool:
        """Whether the operation is judged safe: GET or HEAD without a sign of a change, or ``effect: read`` in the
        hints."""

    async def read(
        self, operation: Operation, inputs: ReadInputs = NO_INPUTS, *, credentials: Credentials = "session"
    ) -> Reply:
        """Send one request.

        Raises:
            BudgetSpent: no request is left.
            ValueError: the operation may not be read.
        """

    def recorded(self, operation: Operation) -> Sequence[tuple[Mapping[str, str], Reply]]:
        """What is known without asking: the query and the reply of each recorded read of the operation
        (``--offline``). Empty for a live API. ``read`` without a query replies with the largest of them, and with a
        query only with one of exactly that; otherwise ``failed`` is ``not recorded``."""

    async def follow(self, operation: Operation, url: str) -> Reply:
        """Read ``url``, which an answer of ``operation`` named as its next page. The same origin only.

        Raises:
            BudgetSpent: no request is left.
        """
