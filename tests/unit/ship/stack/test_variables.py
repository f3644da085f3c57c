"""Which environment variables are secrets."""

from __future__ import annotations

import pytest

from adaptgen.govern.settings.model import Keys, Settings, State, TokenKeys, Upstream, UpstreamAuth
from adaptgen.model.tables import Auth, Base, Body, Call, Connection, Login, Param, Send, Server, SigV4
from adaptgen.ship.bundles.shipment import Deployable
from adaptgen.ship.stack.variables import secret_variables


def found(settings: Settings | None = None, server: Server | None = None) -> set[str]:
    return {*secret_variables(Deployable("crm", "", "g.json", settings or Settings(), server, {}))}


def named(name: str) -> bool:
    """Whether a variable is a secret that only its name tells."""
    return found(Settings(upstreams={"crm": Upstream(url=f"${{env:{name}}}")})) == {name}


@pytest.mark.parametrize("word", [
    "PASS", "PWD", "PIN", "PASSWORD", "PASSPHRASE", "SECRET", "TOKEN", "KEY", "API_KEY", "APIKEY", "KEYS", "KEYSTORE",
    "CREDENTIALS", "DSN", "AUTH", "AUTH_HEADER", "AUTHORIZATION", "BEARER", "PEM", "WEBHOOK_URL", "KEY_2", "pwd",
])  # fmt: skip
def test_names_that_tell_a_secret(word: str) -> None:
    assert named(f"CRM_{word}")


@pytest.mark.parametrize("word", [
    "PINNED", "SPIN", "COMPASS", "PASSENGERS", "AUTHOR", "AUTHORITY", "AUTH_URL", "KEYCLOAK_URL", "KEYWORDS",
    "OPEMA", "URL",
])  # fmt: skip
def test_names_that_only_hold_the_letters(word: str) -> None:
    assert not named(f"CRM_{word}")


def test_what_settings_use_as_a_credential() -> None:
    auth = UpstreamAuth(kind="oauth2", token="${env:A}", client_secret="${env:B}", client_id="${env:OPEN_1}")
    settings = Settings(
        upstreams={"crm": Upstream(url="${env:OPEN_2}", auth=auth)},
        keys=Keys(tokens=TokenKeys(current="a", all={"a": "${env:C}"}), cursors="${env:D}", audit="${secret:x#y}"),
        state=State(store="redis", url="${env:REDIS_URL}", prefix="${env:OPEN_3}"),
    )
    assert found(settings) == {"A", "B", "C", "D", "REDIS_URL"}


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
