"""What a server with ``login`` says, and refuses, when it starts."""

from __future__ import annotations

import asyncio
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any

import pytest
from support.governing import FakeTarget, fact, governed, settings
from support.idp import Idp

from adaptgen.diagnostics import AdaptgenError
from adaptgen.govern.pipeline import factory

RESOURCE = "http://127.0.0.1:8000/mcp"


def notices(folder: Path, **given: Any) -> list[str]:
    """What a server says that people log in to; ``given``: of the place where it serves."""

    async def start() -> list[str]:
        idp = Idp()
        await idp.start()
        try:
            path = settings(
                folder,
                listen={"resource": RESOURCE},
                authenticate={"issuer": idp.url, "audience": RESOURCE},
                login={"client_id": "web", "client_secret": "${env:S}"},
            )
            async with governed(path, FakeTarget(fact("look")), environ={"S": "s"}, loopback=True, **given) as made:
                return [one.replace(idp.url, "IDP") for one in made.notices if "log in" in one]
        finally:
            await idp.stop()

    return asyncio.run(start())


def test_missing_packages_are_named_before_anybody_logs_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Bare(PathFinder):
        @classmethod
        def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
            return None if fullname == "authlib" else super().find_spec(fullname, path, target)

    monkeypatch.setattr(factory, "PathFinder", Bare)
    with pytest.raises(AdaptgenError) as caught:
        notices(tmp_path, http=True)
    [found] = caught.value.diagnostics
    assert (found.code, found.help) == ("AG143", 'pip install "adaptgen[login]"')
    assert found.message == "login needs authlib, which is not installed"
    assert found.where is not None
    assert found.where.pointer == "#/login"
