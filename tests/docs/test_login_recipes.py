"""The recipes of identity providers: their settings load, and their commands have options that exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from adaptgen.govern.settings.load import read
from adaptgen.govern.settings.model import Settings

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
