"""Which values servers and proxies read from secret stores, and what each is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.shipping import BEHIND, EMBEDDED, PROXY, governed, write

from adaptgen.diagnostics import AdaptgenError
from adaptgen.ship.bundles.shipment import Deployable, read_deployable
from adaptgen.ship.fleet.needed_secrets import find_needed, handover_reference


def deployable(folder: Path, settings: dict[str, Any]) -> Deployable:
    if settings.get("mode") == "proxy":
        return read_deployable(write(folder / "specs" / "proxy", settings))
    return read_deployable(governed(folder, settings))


def test_keys_are_told_from_credentials_and_each_is_listed_once(tmp_path: Path) -> None:
    upstream = {"url": "https://b.example/mcp", "auth": {
        "kind": "oauth2", "token_url": "https://idp.example/t", "client_id": "m2m", "client_secret": "${secret:m2m#s}",
    }}  # fmt: skip
    proxy = deployable(tmp_path, PROXY | {"upstreams": PROXY["upstreams"] | {"billing": upstream}})
    server = deployable(tmp_path, BEHIND)
    again = deployable(tmp_path / "b", EMBEDDED)
    found = [(one.store, one.shown, one.key, one.readers) for one in find_needed([proxy, server, again])]
    assert found == [
        ("secret", "crm-governance#cursors", "cursors", ("crm",)),
        ("secret", "crm-governance#k1", "tokens", ("crm",)),
        ("secret", "m2m#s", "", ("proxy",)),
        ("secret", "proxy#audit", "audit", ("proxy",)),
        ("secret", "proxy#handover", "handover", ("proxy",)),
        ("ssm", "/crm/audit", "audit", ("crm",)),
    ]
    reference = handover_reference(proxy.settings)
    assert reference is not None
    assert str(reference) == "${secret:proxy#handover}"


@pytest.mark.parametrize("changed", [
    {"keys": PROXY["keys"] | {"audit": "${secret:proxy#handover}"}},
    {"keys": {"handover": "${secret:proxy#handover}", "audit": "${secret:proxy}"}},
    {"trace": {"otlp": "${secret:proxy#audit}"}},
])  # fmt: skip
def test_a_value_that_is_to_be_two_things_is_an_error_at_its_place(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(AdaptgenError) as problem:
        find_needed([deployable(tmp_path, PROXY | changed)])
    assert {one.code for one in problem.value.diagnostics} == {"AG118"}
    assert all(one.where is not None and one.where.line for one in problem.value.diagnostics)


def test_parts_of_a_key_are_asked_for_and_not_made(tmp_path: Path) -> None:
    keys = PROXY["keys"] | {"audit": "${secret:a#one}${secret:a#two}"}
    found = {one.shown: one.key for one in find_needed([deployable(tmp_path, PROXY | {"keys": keys})])}
    assert found == {"a#one": "", "a#two": "", "proxy#handover": "handover"}
