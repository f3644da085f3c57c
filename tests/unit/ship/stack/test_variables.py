"""Which environment variables are secrets."""

from __future__ import annotations

from adaptgen.govern.settings.model import Settings
from adaptgen.model.tables import Auth, Base, Body, Call, Connection, Login, Param, Send, Server, SigV4
from adaptgen.ship.bundles.shipment import Deployable
from adaptgen.ship.stack.variables import secret_variables


def found(settings: Settings | None = None, server: Server | None = None) -> set[str]:
    return {*secret_variables(Deployable("crm", "", "g.json", settings or Settings(), server, {}))}


def test_what_a_server_logs_in_with() -> None:
    body = Body(params=(Param("u", "user", value="${env:CRM_USERNAME}"),
                                     Param("p", "pass", value="${env:CRM_OPENS}")))  # fmt: skip
    login = Login(id="login", call=Call("POST", "/login", body=body))
    server = Server(
        name="crm",
        bases=(Base(url="${env:WHERE}"), Base(env="CRM_BASE_URL")),
        auth=(
            Auth(name="a", kind="session", chain=(login,), send=(Send("header", "X-Id", "${env:CRM_STAMP}"),)),
            Auth(name="b", kind="sigv4", sign=SigV4(region="${env:CRM_REGION}")),
        ),
        instead=(Auth(name="c", kind="bearer", send=(Send("header", "Authorization", "Bearer ${env:CRM_OTHER}"),)),),
        connection=Connection(client_cert="${env:CRM_CERT}", proxy="${env:EGRESS}", ca="${env:CRM_CA}"),
    )
    assert found(server=server) == {"CRM_OPENS", "CRM_STAMP", "CRM_OTHER", "CRM_CERT", "EGRESS"}
