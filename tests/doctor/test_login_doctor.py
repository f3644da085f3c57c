"""``adaptgen doctor --governance``: a provider and a server that fit, and what it says of each that does not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.idp import METADATA, Idp
from support.replicas import KEY
from support.shipping import LOGIN, write

from adaptgen.cli import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.settings.load import read
from adaptgen.readiness.login import examine_login

PROTECTED = "/.well-known/oauth-protected-resource/mcp"
Change = Callable[[Idp, Idp], None]


async def examined(
    folder: Path, change: Change = lambda idp, door: None, keys: dict[str, Any] | None = None, **login: Any
) -> dict[str, tuple[Any, ...]]:
    """Name of a check -> (ok, text, fix), for a provider and the door of a server; ``change`` makes them others.
    ``keys``, ``login``: keys of these parts of the settings, instead of the usual ones."""
    idp, door = Idp(), Idp()
    idp.person = {"sub": "ann"}
    idp.metadata = {
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "offline_access"],
    }
    await idp.start()
    await door.start()
    door.answers[PROTECTED] = 200, {}, {"resource": f"{door.url}/mcp", "authorization_servers": [door.url]}
    try:
        change(idp, door)
        settings = {
            **LOGIN,
            "listen": {"resource": f"{door.url}/mcp"},
            "authenticate": {**LOGIN["authenticate"], "issuer": idp.url},
            "login": {**LOGIN["login"], **login},
            "keys": {**LOGIN["keys"], **(keys or {})},
        }
        environ = {"STATE_TABLE": "t", "THERE": "s3cr3t-value", "KEY_THERE": KEY}
        found = await examine_login(read(write(folder, settings)), environ)
        assert "s3cr3t-value" not in str(found)
        assert idp.counts["/token"] == 0, "nothing but what everybody may know is sent"
    finally:
        await idp.stop()
        await door.stop()
    return {one.name: (one.ok, one.text.replace(idp.url, "IDP").replace(door.url, "DOOR"),
                       one.fix.replace(idp.url, "IDP").replace(door.url, "DOOR")) for one in found}  # fmt: skip


@pytest.mark.asyncio
async def test_what_fits_is_said_with_the_redirect_uri(tmp_path: Path) -> None:
    found = await examined(tmp_path)
    assert {name: ok for name, (ok, _, _) in found.items()} == dict.fromkeys(
        ("issuer", "pkce", "refresh", "redirect", "server"), True
    )
    assert "DOOR/login/callback" in found["redirect"][1]


@pytest.mark.asyncio
async def test_what_the_server_would_not_start_without_is_found_here(tmp_path: Path) -> None:
    missing = await examined(tmp_path, client_secret="${env:LOGIN_SECRET}")
    assert missing["secret"][:2] == (
        False, "the environment variable LOGIN_SECRET, which login.client_secret names, is not set",
    )  # fmt: skip
    there = await examined(tmp_path, client_secret="${env:THERE}", keys={"audit": "${env:KEY_THERE}"})
    assert not {"secret", "keys", "state"} & there.keys()
    keys = {"tokens": {"current": "k1", "all": {"k1": "${env:KEY}"}}}
    assert "KEY, which keys.tokens.all.k1 names" in (await examined(tmp_path, keys=keys))["keys"][1]
    short = await examined(tmp_path, keys={"audit": "${env:THERE}"})
    assert short["keys"][0] is False
    assert short["keys"][1].startswith("keys.audit: it is ")
    file = tmp_path / "audit.key"
    file.write_text("s3cr3t-value")
    file.chmod(0o644)
    assert "can be read by others" in (await examined(tmp_path, keys={"audit": "${file:audit.key}"}))["keys"][1]
    file.chmod(0o600)
    assert "keys" not in await examined(tmp_path, keys={"audit": "${file:audit.key}"})


@pytest.mark.asyncio
async def test_offline_access_that_is_not_asked_for_may_not_be_needed(tmp_path: Path) -> None:
    """Keycloak issues refresh tokens without it."""
    ok, text, fix = (await examined(tmp_path, scopes=["openid", "profile"]))["refresh"]
    assert ok is None
    assert "there is no refresh token, or it ends with the person's session" in text
    assert fix == "add offline_access if people have to log in too often"


def metadata(**said: Any) -> Change:
    return lambda idp, door: idp.metadata.update(said)


def answers(path: str, answer: Any, *, at_door: bool = False) -> Change:
    return lambda idp, door: (door if at_door else idp).answers.update({path: answer})


def another_server(idp: Idp, door: Idp) -> None:
    door.answers[PROTECTED] = 200, {}, {"resource": f"{door.url}/mcp", "authorization_servers": [idp.url]}


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("change", "name", "ok", "said"),
    [
        (metadata(code_challenge_methods_supported=["plain"]), "pkce", False, "not S256: plain"),
        (metadata(code_challenge_methods_supported=None), "pkce", None, "does not advertise PKCE"),
        (metadata(response_types_supported=["id_token"]), "flow", False, "no authorization code flow"),
        (metadata(token_endpoint="http://idp.example/token"), "provider", False, "token_endpoint: http://idp.example"),
        (metadata(authorization_endpoint=None), "provider", False, "authorization_endpoint: it names none"),
        (metadata(scopes_supported=["openid", "profile"]), "refresh", None, "does not list offline_access"),
        (metadata(grant_types_supported=["authorization_code"]), "refresh", None, "no refresh tokens"),
        (metadata(token_endpoint_auth_methods_supported=["private_key_jwt"]), "client", False, "no client secret"),
        (answers("/authorize", (400, {}, {})), "redirect", False, "refuses the client 'adaptgen'"),
        (answers("/authorize", (200, {}, {})), "redirect", None, "adaptgen must have the redirect URI DOOR/login/call"),
        (answers(PROTECTED, (404, {}, {}), at_door=True), "server", False, "does not exist"),
        (answers(PROTECTED, (200, {}, {"resource": "https://other.example/mcp"}), at_door=True), "server", False,
         "names the resource 'https://other.example/mcp', the settings 'DOOR/mcp'"),
        (another_server, "server", False, "does not name DOOR, where clients get tokens"),
        (answers(METADATA, (404, {}, {}), at_door=True), "server", False, "server: it does not exist"),
        (answers(METADATA, (200, {}, {"issuer": "https://x.example"}), at_door=True), "server", False,
         "it names the issuer 'https://x.example'"),
    ],
)  # fmt: skip
async def test_what_does_not_fit_is_found(
    tmp_path: Path, change: Change, name: str, ok: bool | None, said: str
) -> None:
    found = (await examined(tmp_path, change))[name]
    assert found[0] is ok
    assert said in found[1]


def sends_back(error: str) -> Change:
    """The provider answers at the redirect URI."""
    return lambda idp, door: idp.answers.update(
        {"/authorize": (302, {"Location": f"{door.url}/login/callback?error={error}"}, {})}
    )


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("error", "login", "ok", "said"),
    [
        ("login_required", {"audience": "https://api.example"}, True, "sends people back"),
        ("invalid_target", {"resource": "https://api.example"}, False,
         "answers invalid_target to a login with login.resource 'https://api.example'"),
        ("access_denied", {"audience": "api://x"}, False, "to a login with login.audience 'api://x'"),
        ("unauthorized_client", {}, False, "answers unauthorized_client to a login with the client 'adaptgen'"),
        ("%1b]0;x%07", {}, False, "answers an error without a code"),
    ],
)  # fmt: skip
async def test_what_the_provider_would_answer_to_everybody_is_found(
    tmp_path: Path, error: str, login: dict[str, Any], ok: bool, said: str
) -> None:
    found = (await examined(tmp_path, sends_back(error), **login))["redirect"]
    assert found[0] is ok
    assert said in found[1]


@pytest.mark.asyncio
async def test_an_issuer_that_differs_by_a_slash_is_written_as_it_must_be(tmp_path: Path) -> None:
    found = await examined(tmp_path, lambda idp, door: idp.metadata.update(issuer=f"{idp.url}/"))
    assert found["issuer"][0] is False
    assert found["issuer"][2] == "write exactly this as issuer: IDP/"


@pytest.mark.asyncio
async def test_a_server_that_is_not_there_yet_is_no_error(tmp_path: Path) -> None:
    async def gone(writer: asyncio.StreamWriter) -> None:
        writer.close()

    assert (await examined(tmp_path, answers(PROTECTED, gone, at_door=True)))["server"][0] is None


@pytest.mark.asyncio
async def test_claims_are_read_where_the_provider_has_them(tmp_path: Path) -> None:
    found = await examined(tmp_path, metadata(userinfo_endpoint=None), claims="userinfo")
    assert found["claims"][0] is False


@pytest.mark.asyncio
async def test_settings_without_a_login_have_none_to_examine(tmp_path: Path) -> None:
    settings = {name: one for name, one in LOGIN.items() if name != "login"}
    with pytest.raises(AdaptgenError) as failed:
        await examine_login(read(write(tmp_path, settings)), {})
    assert [one.code for one in failed.value.diagnostics] == ["AG144"]


def test_the_command_says_what_is_wrong_as_json_and_with_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STATE_TABLE", raising=False)
    nobody = {"issuer": "http://127.0.0.1:9/"}  # the port of "discard": nothing listens
    path = write(tmp_path, {**LOGIN, "authenticate": LOGIN["authenticate"] | nobody,
                            "listen": {"resource": "http://127.0.0.1:9/mcp"}})  # fmt: skip
    assert main(["doctor", "--governance", str(path), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert not said["ok"]
    assert {one["name"]: one["ok"] for one in said["checks"]} == {
        "state": None, "issuer": False, "redirect": None, "server": None,
    }  # fmt: skip
    assert main(["doctor"]) == 2
    assert "DIR or --governance is missing" in capsys.readouterr().err


def test_settings_in_place_of_a_server_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Else the help is to build a server from them."""
    path = write(tmp_path, LOGIN)
    assert main(["doctor", str(path)]) == 2
    assert f"pass them as --governance {path}" in capsys.readouterr().err
