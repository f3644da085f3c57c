"""The pages where people approve or deny what others asked for.

Who may not approve a request learns nothing of it, not even that it exists. Who may sees the arguments whole: what a
page leaves out or hides would be approved unseen. A form is good for the request that was shown, and not for a later
one of the same call.
"""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Final

from adaptgen.govern.approvals.guard import PATH, moment
from adaptgen.govern.pipeline.approval_decisions import Pending, Verdict
from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest
from adaptgen.model.frozen import lazy, value
from adaptgen.model.tables import Json
from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.store.protocol import StoreError
from adaptgen.web.browser.login import form_refused
from adaptgen.web.browser.pages import exact, form_of, page, problem, short
from adaptgen.web.browser.people import Person, people_of

if TYPE_CHECKING:
    from adaptgen.govern.pipeline.assemble import GovernedServer

_FEW: Final = 4
"""Arguments of a call in the list; its own page shows all."""
_BRIEF: Final = 60
_ID: Final = lazy(r"[0-9a-f]{32}")
_DECISIONS: Final = {"approve": True, "deny": False}
_STATES: Final = {
    "approved": "It was approved.",
    "denied": "It was denied.",
    "executing": "It was approved, and is being executed.",
    "done": "It was approved and executed.",
    "unknown": "It was approved. Whether it was executed is unknown.",
}
_VERDICTS: Final[dict[Verdict, tuple[int, str, str]]] = {
    "approved": (
        200,
        "Approved",
        "The caller may now repeat the call, which is then executed once. Let them know: they are not notified.",
    ),
    "denied": (200, "Denied", "The call is not executed. If it is repeated, the answer says that it was denied."),
    "over": (409, "Too late", "The request is no longer open. Nothing was changed."),
    "changed": (409, "Not decided", "The request has changed since the page was shown. Look at it again."),
    "unrecorded": (503, "Not decided", "The audit trail cannot be written, so nothing was decided."),
    "undecided": (503, "Not decided", "The shared state of this server cannot be reached, so nothing was decided."),
    "unknown": (
        503,
        "Not known whether it was decided",
        "The shared state of this server did not answer. Open the request again: it shows what was decided.",
    ),
}
_OWN: Final = "Go back to your client and repeat the call. It is then executed once."


@value()
class _Argument:
    """An argument as the page shows it: its name, and its whole value."""

    name: object
    text: object


@value()
class _Moment:
    """A moment as the pages show it, and as programs read it."""

    text: str
    iso: str

    @classmethod
    def of(cls, seconds: float) -> _Moment:
        """The moment with this number of seconds since the epoch."""
        return cls(time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds)), moment(seconds))


class ApprovalsRoute:
    """Answers ``/approvals`` and what lies below."""

    def __init__(self, governed: GovernedServer) -> None:
        self._governed = governed
        self._people = people_of(governed)

    async def answer(self, request: HttpRequest) -> HttpAnswer:
        """The answer to one request."""
        id = request.path.removeprefix(PATH).removeprefix("/")
        allowed = ("GET", "HEAD", "POST") if id else ("GET", "HEAD")
        if request.method not in allowed:
            return HttpAnswer(405, {"allow": ", ".join(allowed)})
        if id and not _ID.fullmatch(id):
            return problem(404, "There is no such page", "This server has no page at this address.")
        person = self._people.person(request)
        if person is None:
            if request.method == "POST":
                return form_refused()
            return await self._people.log_in(request, request.path)
        try:
            if not id:
                return await self._list(person)
            found = await self._governed.handler.approvals.find(person.caller, id)
            if found is None:
                who = f"You are logged in as {short(person.name)}. " if person.name else ""
                text = f"{who}This request does not exist, or you may not approve it."
                help = (
                    "Send the address of this page to somebody who may. If you have another account that may, log out."
                )
                return problem(403, "Not for you to approve", text, help)
            if request.method == "POST":
                return await self._decide(request, person, found)
            return self._show(person, found)
        except StoreError:
            return problem(503, "Nothing was done", "The shared state cannot be reached.", "Try again in a minute.")
        except ToolError:
            text = "Its arguments cannot be searched for personal values, so they are not shown."
            return problem(503, "This request cannot be shown", text)

    async def _list(self, person: Person) -> HttpAnswer:
        """The open requests that a person may approve."""
        found = await self._governed.handler.approvals.listed(person.caller)
        rows = [
            {
                "link": f"{self._people.base}{PATH}/{one.request.id}",
                "tool": _title(one),
                "effect": one.tool.effect,
                "server": one.request.server,
                "caller": one.request.caller.name or one.request.caller.sub,
                "tenant": one.request.caller.tenant,
                "yours": one.request.caller.key == person.caller.key,
                "arguments": [
                    (name, short(_text(text), _BRIEF)) for name, text in sorted(one.arguments.items())[:_FEW]
                ],
                "hidden": json.loads(one.request.arguments) != one.arguments,
                "more": max(len(one.arguments) - _FEW, 0),
                "asked": _Moment.of(one.request.asked),
                "ends": _Moment.of(one.request.ends),
            }
            for one in found
        ]
        return page("Waiting for approval", "approvals", name=person.name, rows=rows)

    def _show(self, person: Person, found: Pending) -> HttpAnswer:
        request, tool = found.request, found.tool
        is_open = request.state == "open" and not found.over and not found.other
        state = _STATES.get(request.state, "")
        if found.over:
            state = "It has expired."
        elif found.other:
            state = "The tool, or a key of this server, has changed since then. The call has to be repeated first."
        description = tool.wire.get("description")
        return page(
            "Approve this call?" if is_open else "This call",
            "approval",
            name=person.name,
            tool=_title(found),
            own=exact(tool.own),
            server=request.server,
            ours=tool.trusted,
            description=exact(description if isinstance(description, str) else ""),
            calls=[exact(one) for one in tool.calls] if tool.trusted else [],
            effect=tool.effect,
            caller=exact(request.caller.sub),
            caller_name=exact(request.caller.name if request.caller.name != request.caller.sub else ""),
            tenant=exact(request.caller.tenant),
            yours=request.caller.key == person.caller.key,
            asked=_Moment.of(request.asked),
            ends=_Moment.of(request.ends),
            arguments=[_Argument(exact(name), exact(_text(one))) for name, one in sorted(found.arguments.items())],
            earlier=request.earlier,
            state=state,
            token=self._people.form_token(person, _purpose(found)) if is_open else "",
        )

    async def _decide(self, request: HttpRequest, person: Person, found: Pending) -> HttpAnswer:
        fields = await form_of(request)
        if not await self._people.check_form(request, person, _purpose(found), fields.get("token", "")):
            return form_refused()
        approve = _DECISIONS.get(fields.get("decision", ""))
        if approve is None:
            return form_refused()
        verdict = await self._governed.handler.approvals.decide(
            person.caller,
            found,
            approve=approve,
            reason=fields.get("reason", ""),
            request_id=secrets.token_hex(8),
        )
        status, title, text = _VERDICTS[verdict]
        if verdict == "approved" and found.request.caller.key == person.caller.key:
            text = _OWN
        return page(title, "decided", status, text=text, approvals=self._people.base + PATH)


def route(governed: GovernedServer) -> ApprovalsRoute:
    """What answers the requests of a governed server."""
    return ApprovalsRoute(governed)


def _purpose(found: Pending) -> str:
    return f"approval {found.request.id} {found.request.round}"


def _title(found: Pending) -> str:
    """What the tool is called. The title of a third party may say anything: its name is what is called."""
    title = found.tool.wire.get("title") if found.tool.trusted else ""
    return title if isinstance(title, str) and title else found.tool.own


def _text(argument: Json) -> str:
    """An argument as JSON, which shows whether it is a number or a text."""
    return json.dumps(argument, ensure_ascii=False, indent=2)
