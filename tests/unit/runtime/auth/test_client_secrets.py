"""The forms in which token endpoints take the secret of an OAuth client (RFC 6749, 2.3.1)."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest

from adaptgen.model.tables import Call, Tool
from adaptgen.plan.auth.security_schemes import oauth2_session

if TYPE_CHECKING:
    from conftest import Api, Make, Received

pytestmark = pytest.mark.asyncio

READ = Tool(name="get_item", call=Call("GET", "/items/{id}"), auth=("crm",))
ENVIRON = {"CRM_CLIENT_ID": "c 1", "CRM_CLIENT_SECRET": "s/1+x"}
ENCODED, PLAIN = ("Basic " + base64.b64encode(pair).decode() for pair in (b"c+1:s%2F1%2Bx", b"c 1:s/1+x"))


def form_of(request: Received) -> str:
    """How the secret came."""
    form = parse_qs(request.body.decode())
    given = request.headers.get("authorization")
    if "client_secret" in form:
        assert given is None
        return "body" if (form["client_id"], form["client_secret"]) == (["c 1"], ["s/1+x"]) else "wrong"
    return {ENCODED: "encoded", PLAIN: "plain"}.get(given or "", "wrong")


class Endpoint:
    """A token endpoint that takes one form of the secret; its tokens live for no time."""

    def __init__(self, reply: Any, takes: str, status: int = 401, error: str = "invalid_client") -> None:
        self.reply, self.takes, self.status, self.error = reply, takes, status, error
        self.forms: list[str] = []

    def __call__(self, request: Received) -> Any:
        if request.path != "/token":
            return self.reply(200, {"id": 1})
        self.forms.append(form_of(request))
        if self.forms[-1] != self.takes:
            return self.reply(self.status, {"error": self.error})
        return self.reply(200, {"access_token": f"t-{len(self.forms)}", "expires_in": 0})


def serve(api: Api, make: Make, endpoint: Endpoint) -> Any:
    api.handler = endpoint
    auth = oauth2_session("crm", "crm", "client_credentials", f"{api.url}/token")
    return make(READ, auth=(auth,), environ=ENVIRON)


@pytest.mark.parametrize(
    ("takes", "forms"),
    [
        ("encoded", ["encoded"]),
        ("body", ["encoded", "body"]),
        ("plain", ["encoded", "body", "plain"]),
    ],
)
@pytest.mark.parametrize("status", [400, 401])
async def test_each_form_is_tried_once_and_what_worked_is_kept(
    api: Api, make: Make, reply: Any, takes: str, forms: list[str], status: int
) -> None:
    endpoint = Endpoint(reply, takes, status)
    calls = serve(api, make, endpoint)
    for _ in range(3):
        assert await calls.ok("get_item", id=1) == {"id": 1}
    assert endpoint.forms[: len(forms)] == forms
    assert set(endpoint.forms[len(forms) :]) <= {takes}
    assert api.received[-1].headers["authorization"].startswith("Bearer t-")


async def test_a_wrong_secret_is_refused_in_each_form_once(api: Api, make: Make, reply: Any) -> None:
    endpoint = Endpoint(reply, "nothing")
    calls = serve(api, make, endpoint)
    for _ in range(2):
        text = await calls.error("get_item", id=1)
        assert "CRM_CLIENT_SECRET" in text
        assert "s/1+x" not in text
    assert endpoint.forms == ["encoded", "body", "plain"]


@pytest.mark.parametrize("error", ["invalid_scope", "unauthorized_client", "invalid_request"])
async def test_another_refusal_sends_the_secret_in_no_other_form(api: Api, make: Make, reply: Any, error: str) -> None:
    endpoint = Endpoint(reply, "nothing", 400, error)
    await serve(api, make, endpoint).error("get_item", id=1)
    assert endpoint.forms == ["encoded"]
