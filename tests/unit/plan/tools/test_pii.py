from types import SimpleNamespace
from typing import Any

from support.passes import find_paging, find_sensitive

from adaptgen.source.hints.model import EMPTY, Hints, ToolHint

TEXT = {"type": "string"}


def obj(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def sensitive(
    api: SimpleNamespace,
    path: str,
    schema: Any,
    arguments: Any = (),
    hints: Hints = EMPTY,
    tool: ToolHint | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    made, found = api.document({path: {"get": api.answer(schema)}})
    operation = found[f"GET {path}"]
    return find_sensitive(made, operation, find_paging(made, operation).page, arguments, hints, tool)


def listed(**properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": obj(**properties)}


def test_a_text_that_is_described_as_a_private_key_is_a_secret(api: SimpleNamespace) -> None:
    key = {"type": "string", "description": "The private key in PEM format"}
    kind = {**key, "enum": ["RSA", "EC"]}
    assert sensitive(api, "/pairs", listed(pem=key, kind=kind, zone=TEXT))[0] == {"pem": "secret"}
