"""Base URLs and the environment variables that replace them."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.model.tables import Base

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
