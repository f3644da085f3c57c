"""What the files next to a document name is found again after the document changed, or is an error with its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from adaptgen import build
from adaptgen.diagnostics import AdaptgenError

SPEC = Path("specs/ships.yaml")
OVERRIDES = """\
from adaptgen.runtime import Overrides, ToolCall

overrides = Overrides()
KEEL = "/ships/{id}/keel"


@overrides.replace("get_ship")
async def ship(call: ToolCall):
    one = await call.send("GET", "/ships/{number}", path_params={"number": 1})
    two = await call.send("GET", KEEL, path_params={"id": 1})
    await call.send("POST", "/never/described")
    return [one, two, await masts(call, 3)]


async def masts(caller: ToolCall, number: int):
    await caller.send(method="GET", path=f"/ships/{number}/masts?tall=true")
    return await caller.call("list_ports")
"""


def document(*paths: str) -> str:
    def operation(path: str) -> dict[str, object]:
        inside = (
            [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}] if "{id}" in path else []
        )
        name = "".join(part.title() for part in path.replace("{id}", "").split("/") if part not in ("", "v2"))
        items = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}}}}
        answer = {"description": "ok", "content": {"application/json": {"schema": items}}}
        one = {"operationId": f"get{name}", "parameters": inside, "responses": {"200": answer}}
        return {"get": one}

    shop = {"openapi": "3.0.3", "info": {"title": "Ships", "version": "1"}, "servers": [{"url": "https://s.example"}]}
    return yaml.safe_dump({**shop, "paths": {path: operation(path) for path in paths}}, sort_keys=False)


ALL = ("/ships/{id}", "/ships/{id}/keel", "/ships/{id}/masts", "/ports")
Build = Callable[..., list[str]]


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Builds ``paths`` with side files; the places, codes and suggestions of what is wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def run(*paths: str, **files: str) -> list[str]:
        SPEC.parent.mkdir(exist_ok=True)
        SPEC.write_text(document(*paths))
        for name, text in files.items():
            path = SPEC.with_suffix("") / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        try:
            result = build(SPEC)
        except AdaptgenError as problem:
            found = problem.diagnostics
        else:
            found = result.diagnostics
            result.write()
        return [f"{one.where} {one.severity} {one.message} ({one.help})" for one in found if one.code == "AG128"]

    return run


def tool_of_ports(built: Build) -> str:
    """The name that the rules choose for the list of ports."""
    built(*ALL)
    from adaptgen.output import lock

    known = lock.read(Path("generated/ships"))
    assert known is not None
    return known.names["GET /ports"][0]


def fitting(built: Build) -> str:
    from adaptgen.output import lock

    name = tool_of_ports(built)
    known = lock.read(Path("generated/ships"))
    assert known is not None
    return OVERRIDES.replace("list_ports", name).replace('"get_ship"', f'"{known.names["GET /ships/{id}"][0]}"')


def test_a_path_that_moved_is_an_error_where_it_is_written(built: Build) -> None:
    text = fitting(built)
    assert built(*ALL, overrides_py=text) == []
    found = built("/ships/{id}", "/v2/ships/{id}/keel", "/ships/{id}/masts", "/ports")
    assert found == ["specs/ships/overrides.py:10:34 error the API no longer has GET /ships/{id}/keel "
                     "(write GET /v2/ships/{id}/keel)"]  # fmt: skip
    # Nothing was written: the next build knows what was there, and says the same.
    assert built("/ships/{id}", "/v2/ships/{id}/keel", "/ships/{id}/masts", "/ports") == found


def test_a_path_of_a_helper_and_in_an_f_string_is_found(built: Build) -> None:
    text = fitting(built)
    built(*ALL, overrides_py=text)
    (found,) = built("/ships/{id}", "/ships/{id}/keel", "/ports")
    assert found.startswith("specs/ships/overrides.py:16:42 error the API no longer has GET /ships/{id}/masts")


def test_a_tool_that_is_called_and_does_not_exist_is_an_error(built: Build) -> None:
    text = fitting(built).replace(f'caller.call("{tool_of_ports(built)}")', 'caller.call("list_prots")')
    (found,) = built(*ALL, overrides_py=text)
    assert found.startswith(
        "specs/ships/overrides.py:17:30 error 'list_prots' is called, and no tool has this name (did you mean"
    )


def test_settings_that_name_a_tool_that_is_gone_are_an_error_and_cases_a_warning(built: Build) -> None:
    name = tool_of_ports(built)
    limit = f"{{tools: [ships/{name}, other/{name}], rate: 10/m, per: [sub]}}"
    files = {
        "governance_yaml": f"adaptgen: 1\nmode: embedded\nlimits:\n  - {limit}\n",
        "evals__a_yaml": f"adaptgen: 1\ncases:\n  one:\n    question: Which?\n    calls: [{{tool: {name}}}]\n",
    }
    assert built(*ALL, **files) == []
    places = [one.split(" ")[:2] for one in built(*ALL[:3])]
    assert places == [["specs/ships/governance.yaml:4:14", "error"], ["specs/ships/evals/a.yaml:5:14", "warning"]]
