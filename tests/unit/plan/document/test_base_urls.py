"""Base URLs and the environment variables that replace them."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Base
from adaptgen.source.hints.model import Hints

OK: dict[str, Any] = {"responses": {"200": {"description": "ok"}}}
PATHS: dict[str, Any] = {"/a": {"get": OK}}


@pytest.mark.parametrize(
    ("servers", "url"),
    [
        ([{"url": "https://a.example/v1/"}, {"url": "https://b.example"}], "https://a.example/v1"),
        ([{"url": "http://a.example"}, {"url": "https://a.example"}], "https://a.example"),
        ([{"url": "/v1"}, {"url": "https://b.example"}], "https://b.example"),
        ([{"url": "https://{t}.example", "variables": {"t": {"default": "eu"}}}], "https://eu.example"),
        ([{"url": "https://{t}.example"}], ""),
        ([{"url": "https://user:pw@a.example"}], ""),
        ([{"url": "ftp://a.example"}], ""),
        ([{"url": "https://a.example:99999"}], ""),
        ([{"url": "https://a.example/\nX: y"}], ""),
        ("nonsense", ""),
        ([], ""),
    ],
)
def test_the_first_url_that_can_be_requested(planned: Any, servers: Any, url: str) -> None:
    done = planned(PATHS, servers=servers)
    assert done.plan.server.bases == (Base(url, "CRM_BASE_URL"),)
    assert {one.name: one.required for one in done.plan.variables}["CRM_BASE_URL"] == (not url)
    assert ("AG025" in [one.code for one in done.diagnostics]) == (not url)


def test_a_relative_server_is_named_in_the_purpose_of_the_variable(planned: Any) -> None:
    done = planned(PATHS, name="my-crm", servers=[{"url": "/api/v3"}])
    variable = next(one for one in done.plan.variables if one.name == "MY_CRM_BASE_URL")
    assert variable.required
    assert "/api/v3" in variable.purpose


def test_a_server_of_one_operation_is_a_base_of_its_own(planned: Any) -> None:
    paths = {**PATHS, "/b": {"servers": [{"url": "https://upload.example/x"}], "put": OK}}
    done = planned(paths, servers=[{"url": "https://a.example"}])
    assert done.plan.server.bases[1:] == (Base("https://upload.example/x", "CRM_UPLOAD_BASE_URL", "upload"),)
    assert {tool.call.path: tool.call.base for tool in done.tools.values()} == {"/a": "", "/b": "upload"}


def test_hints_win(planned: Any) -> None:
    hints = Hints(base_url="${env:HOST}/api", name="other", title="Mine")
    done = planned(PATHS, hints, servers=[{"url": "https://a.example"}])
    assert done.plan.server.bases == (Base("${env:HOST}/api"),)
    assert (done.plan.server.name, done.plan.title) == ("other", "Mine")
    assert {"HOST"} == {one.name for one in done.plan.variables if one.name in ("HOST", "OTHER_BASE_URL")}
