"""The recipes of identity providers: their settings load, their commands have options that exist, and people and
machines get in by them with tokens as each provider documents them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc.jwk import RSAKey
from support.login_scene import RESOURCE, Scene, scene
from support.openid import SECRET, Provider

from adaptgen.govern.settings.load import plain, read
from adaptgen.govern.settings.model import Settings
from adaptgen.govern.settings.rules import check_target

HOWTO = Path(__file__).parents[2] / "docs" / "howto"
RECIPES = sorted(HOWTO.glob("login-*.md"))
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FILE = re.compile(r"(?:#|//) (\S+)\n(.*)", re.DOTALL)
CALLBACK = "https://mcp.bank.example/login/callback"


def blocks(recipe: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(recipe.read_text("utf-8")) if kind == language]


def settings_of(recipe: Path, folder: Path) -> Settings:
    """The settings of a recipe, with its policies beside them, as the settings checker reads them."""
    paths = {}
    for language in ("cedar", "yaml"):
        for text in blocks(recipe, language):
            match = FILE.match(text)
            assert match, "a file without its name"
            paths[language] = folder / match[1]
            paths[language].parent.mkdir(parents=True, exist_ok=True)
            paths[language].write_text(match[2])
    return read(paths["yaml"])


def test_there_is_a_recipe_for_each_provider() -> None:
    assert [one.stem for one in RECIPES] == [
        f"login-{one}" for one in ("auth0", "cognito", "entra", "keycloak", "okta")
    ]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda one: one.stem)
def test_the_settings_of_a_recipe_load(recipe: Path, tmp_path: Path) -> None:
    made = settings_of(recipe, tmp_path)
    check_target(made, loopback=False)  # no key is missing where others can reach it
    assert made.login is not None
    assert made.authenticate is not None
    assert made.login.client_secret == "${secret:mcp-login#client_secret}"
    assert made.authenticate.caller.groups
    # The audience of ID tokens is the client of the login: they must not count as access tokens.
    assert made.login.client_id not in (*made.authenticate.audience, *made.authenticate.client_ids)
    # The redirect URI that is created there is the one that the server sends.
    assert made.listen.resource.removesuffix("/mcp") + "/login/callback" == CALLBACK
    created = "".join(blocks(recipe, "console"))
    assert CALLBACK in created
    assert CALLBACK in recipe.read_text("utf-8").split("| redirect URI |")[1].split("\n")[0]
    # Everybody whom the provider puts into the group of the policy gets in by that name.
    assert "groups.contains(" in next(iter(blocks(recipe, "cedar")))


def test_commands_of_aws_have_options_that_exist() -> None:
    import botocore.session
    from botocore import xform_name

    session = botocore.session.get_session()
    seen = 0
    for text in blocks(HOWTO / "login-cognito.md", "console"):
        for line in text.replace("\\\n", " ").splitlines():
            words = shlex.split(line)
            if words[0] != "aws":
                continue
            model = session.get_service_model(words[1])
            operation = next(one for one in model.operation_names if xform_name(one, "-") == words[2])
            shape = model.operation_model(operation).input_shape
            options = {f"--{xform_name(name, '-')}" for name in shape.members}
            given = {word for word in words[3:] if word.startswith("--")}
            assert given <= options, operation
            required = {f"--{xform_name(name, '-')}" for name in shape.required_members}
            assert required <= given, operation
            seen += 1
    assert seen == 6


# ----------------------------------------------------------------------------------------------- whole logins by recipe

ENTRA = {
    "oid": "5f1a0000-0000-0000-0000-00000000a11e", "tid": "11111111-2222-3333-4444-555555555555", "ver": "2.0",
    "preferred_username": "ann@bank.example", "roles": ["sales"], "uti": "x", "rh": "0.x",
}  # fmt: skip
SHAPES: dict[str, dict[str, Any]] = {
    # https://docs.aws.amazon.com/cognito/latest/developerguide, "Understanding the identity (ID) token", "access token"
    "cognito": {
        "person": {"sub": "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb", "cognito:groups": ["sales"]},
        "id_token": {"token_use": "id", "cognito:username": "ann", "email": "ann@bank.example", "at_hash": "right"},
        "access_token": {"token_use": "access", "client_id": "4loginclientexample", "aud": None, "username": "ann"},
        "metadata": {"scopes_supported": ["openid", "email", "phone", "profile"]},
        "groups": ("sales",),
        "machine": {"token_use": "access", "client_id": "5machineclientexample", "scope": "mcp/call", "aud": None},
        "strangers": [{"token_use": "access", "client_id": "4loginclientexample", "aud": None}],
    },
    # https://learn.microsoft.com/entra/identity-platform, "ID token claims reference", "Access token claims reference"
    "entra": {
        "person": {"sub": "pairwise", "name": "Ann", **ENTRA},
        "answer": {"session_state": "00000000-0000"},
        "access_token": {"aud": "00000003-0000-0000-c000-000000000000", "scp": "openid profile email"},
        "granted": {"ext_expires_in": 5000},
        "scope": "offline_access",
        "sub": ENTRA["oid"],
        "groups": ("sales",),
        "machine": {**ENTRA, "aud": "99999999-8888-7777-6666-555555555555", "azp": "m", "idtyp": "app"},
        "strangers": [{**ENTRA, "aud": "api://99999999-8888-7777-6666-555555555555"}],
    },
    # https://developer.okta.com/docs/api/openapi/okta-oauth, "ID token payload", "Access token payload"
    "okta": {
        "person": {"sub": "00uexampleAnn", "groups": ["mcp-sales"]},
        "id_token": {"ver": 1, "idp": "00oexample", "amr": ["pwd"], "preferred_username": "ann@bank.example"},
        "access_token": {"sub": "ann@bank.example", "uid": "00uexampleAnn", "cid": "x", "scp": ["openid"]},
        "scope": "offline_access",
        "groups": ("mcp-sales",),
        "machine": {
            "aud": "api://default", "cid": "0oaexampleNightly", "sub": "0oaexampleNightly", "scp": ["mcp.call"],
        },
        "strangers": [{"aud": "api://mcp", "sub": "0oaexampleNightly"}],
    },
    # https://auth0.com/docs/secure/tokens, "ID Token Structure", "Access Tokens", "Create Custom Claims"
    "auth0": {
        "person": {"sub": "auth0|64example", "https://mcp.bank.example/groups": ["sales"]},
        "id_token": {"nickname": "ann", "sid": "x", "updated_at": "2026-01-01T00:00:00.000Z"},
        "granted": {"access_token": "eyJopaque..an-encrypted-token"},
        "scope": "offline_access",
        "groups": ("sales",),
        "machine": {"aud": RESOURCE, "azp": "exampleNightly", "gty": "client-credentials", "sub": "nightly@clients"},
        "strangers": [{"aud": "https://bank.eu.auth0.com/api/v2/", "sub": "nightly@clients"}],
    },
    # https://www.keycloak.org/docs/latest/server_admin, "Protocol mappers", "Audience support"
    "keycloak": {
        "person": {"sub": "f3b7c9d2-0000-4000-8000-000000000001", "groups": ["/sales"], "preferred_username": "ann"},
        "id_token": {"typ": "ID", "azp": "mcp-login", "sid": "x", "acr": "1", "at_hash": "right"},
        "access_token": {"typ": "Bearer", "azp": "mcp-login", "aud": "account", "scope": "openid email profile"},
        "answer": {"session_state": "x", "iss": "its own"},
        "metadata": {"authorization_response_iss_parameter_supported": True},
        "groups": ("/sales",),
        "machine": {"aud": [RESOURCE, "account"], "azp": "nightly", "typ": "Bearer", "client_id": "nightly"},
        "strangers": [{"aud": "account", "azp": "nightly", "typ": "Bearer"}],
    },
}  # fmt: skip
KEY = RSAKey.generate_key(2048, private=True)


def by_recipe(name: str, folder: Path) -> tuple[Provider, dict[str, Any]]:
    """The provider, with the issuer of the recipe below its own origin, and what the recipe says of people."""
    recipe = HOWTO / f"login-{name}.md"
    match = FILE.match(blocks(recipe, "yaml")[0])
    assert match
    written = plain(match[2].encode(), str(recipe))
    shape = SHAPES[name]
    provider = Provider(urlsplit(written["authenticate"]["issuer"]).path)
    provider.keys = {"k1": KEY}
    provider.clients = {written["login"]["client_id"]: SECRET}
    provider.person = shape["person"]
    provider.metadata = {"authorization_response_iss_parameter_supported": None, **shape.get("metadata", {})}
    provider.answer = {"iss": None, **shape.get("answer", {})}
    for part in ("id_token", "access_token", "granted"):
        setattr(provider, part, shape.get(part, {}))
    provider.scope = shape.get("scope", "")
    login = {**written["login"], "client_secret": "${env:T_LOGIN}"}
    return provider, {"authenticate": written["authenticate"], "login": login}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("rotates", [True, False], ids=["rotating", "lasting"])
def test_people_and_machines_get_in_by_the_recipe(name: str, rotates: bool, tmp_path: Path) -> None:
    provider, settings = by_recipe(name, tmp_path)
    provider.rotates = rotates
    shape = SHAPES[name]
    with scene(tmp_path, provider=provider, **settings) as it:
        if provider.answer.get("iss"):
            provider.answer["iss"] = provider.issuer
        client = it.client()
        tokens = client.log_in()
        expected = (shape.get("sub", shape["person"]["sub"]), shape["groups"])
        assert caller(it, tokens["access_token"]) == expected
        assert set(provider.asked[0]["scope"].split()) == set(settings["login"]["scopes"])
        for _ in range(2):
            answer = client.refresh(tokens["refresh_token"])
            assert answer.status_code == 200, answer.text
            tokens = answer.json()
            assert caller(it, tokens["access_token"]) == expected
        assert caller(it, provider.issue(iss=provider.issuer, **{"sub": "machine", **shape["machine"]}))
        for claims in shape["strangers"]:
            assert it.call(provider.issue(iss=provider.issuer, **{"sub": "machine", **claims})).status_code == 401
        for token in provider.issued:
            assert it.call(token).status_code == 401, "what the login gets is no access token here"


def test_a_person_with_more_groups_than_fit_is_not_let_in(tmp_path: Path) -> None:
    """Entra ID, with ``groups`` instead of roles: above 200 groups there is a reference only."""
    provider, settings = by_recipe("entra", tmp_path)
    settings["authenticate"]["caller"] = {"sub": "oid", "groups": "groups"}
    source = {"endpoint": "https://graph.example/v1.0/users/x/getMemberObjects"}
    provider.id_token = {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": source}}
    with scene(tmp_path, provider=provider, **settings) as it:
        page = it.browser().open(it.client().request(), until="https://never.example")
        assert page.status == 403
        assert "groups" in page.words
        assert "graph.example" not in page.text


def caller(it: Scene, token: str) -> tuple[str, tuple[str, ...]]:
    """Who calls with a token, as the tools see it."""
    answer = it.call(token, "tools/call", name="look", arguments={})
    assert answer.status_code == 200, answer.text
    found = it.target.calls[-1][0]
    return found.sub, found.groups
