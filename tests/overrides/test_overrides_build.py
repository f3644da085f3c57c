"""The side file against the contract: what the build refuses and where, and that regeneration keeps it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from adaptgen.cli import main
from adaptgen.diagnostics import AdaptgenError
from adaptgen.runtime import LOCAL
from adaptgen.runtime.engine import Engine
from adaptgen.transports.load import load_server

Build = Callable[..., int]
WRAP = '@overrides.wrap("get_person")\nasync def seen(call: ToolCall, proceed: Proceed):\n    return {"seen": 1}\n'
ADD = '@overrides.add(name="{name}", description="x", effect="read", input_schema={{"type": "object"}})\n'


def rewritten(workplace: Path, change: Callable[[str], str]) -> None:
    spec = workplace / "specs" / "people.json"
    spec.write_text(change(spec.read_text()))


@pytest.mark.asyncio
async def test_an_override_acts_after_a_regeneration(build: Build, workplace: Path, api: Any) -> None:
    assert build(WRAP) == 0
    rewritten(workplace, lambda text: text.replace('"name": {"type": "string"}', '"full_name": {"type": "string"}'))
    assert main(["build", "specs/people.json", "--quiet"]) == 0
    server = load_server(workplace / "generated" / "people")
    engine = Engine(server, environ={}, transport=httpx.MockTransport(api))
    answer = await engine.call(LOCAL, "get_person", {"id": 1})
    assert json.loads(answer.content[0].text) == {"seen": 1}  # type: ignore[union-attr]


def test_an_override_of_a_tool_that_is_gone_is_refused_at_its_name(
    build: Build, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert build(WRAP) == 0
    document = json.loads((workplace / "specs" / "people.json").read_text())
    del document["paths"]["/people/{id}"]
    (workplace / "specs" / "people.json").write_text(json.dumps(document))
    capsys.readouterr()
    assert main(["build", "specs/people.json", "--quiet"]) == 2
    said = capsys.readouterr().err
    assert "specs/people/overrides.py:6:17: error AG045: there is no tool 'get_person' to wrap" in said


def test_an_override_of_a_renamed_tool_follows_it(build: Build, workplace: Path) -> None:
    assert build(WRAP) == 0
    (workplace / "specs" / "people" / "hints.yaml").write_text("tools: {load_human: {call: 'GET /people/{id}'}}\n")
    assert main(["build", "specs/people.json", "--quiet"]) == 0
    tools = {tool.name: tool.aliases for tool in load_server(workplace / "generated" / "people").tools}
    assert tools["load_human"] == ("get_person",)


@pytest.mark.asyncio
async def test_a_tool_with_an_earlier_name_is_found_by_it(build: Build, workplace: Path, api: Any) -> None:
    hints = "tools: {load_human: {call: 'GET /people/{id}', was: [get_person]}}\n"
    (workplace / "specs" / "people" / "hints.yaml").write_text(hints)
    assert build(WRAP) == 0
    server = load_server(workplace / "generated" / "people")
    engine = Engine(server, environ={}, transport=httpx.MockTransport(api))
    answer = await engine.call(LOCAL, "load_human", {"id": 1})
    assert json.loads(answer.content[0].text) == {"seen": 1}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("def f(:\n", r":6:7: error AG045: it is not Python"),
        ('@overrides.wrap("get_person")\nasync def f(call):\n    pass\n', r":7:1: .*called with \(call, proceed\)"),
        ('@overrides.wrap("get_person")\ndef f(call, proceed):\n    pass\n', r":7:1: .*written with async def"),
        ('@overrides.request("get_person")\nasync def f(request):\n    pass\n', r":7:1: .*written with def"),
        ('@overrides.wrapp("get_person")\nasync def f(call):\n    pass\n', r":6:2: .*did you mean 'wrap'"),
        ("@overrides.replace\nasync def f(call):\n    pass\n", r":6:2: .*names no tool"),
        ('@overrides.replace("get" + "_person")\nasync def f(call):\n    pass\n', r":6:20: .*literal"),
        ('@overrides.replace("get_persn")\nasync def f(call):\n    pass\n', r":6:20: .*did you mean 'get_person'"),
        (ADD.format(name="get_person") + "async def f(call):\n    pass\n", r":6:21: .*there is a tool 'get_person'"),
        (ADD.format(name="a b") + "async def f(call):\n    pass\n", r":6:21: .*not a legal tool name"),
        (ADD.format(name="x").replace("effect", "efect") + "async def f(call):\n    pass\n", r"did you mean 'effect'"),
        (
            ADD.format(name="x").replace('"read"', "str(1)") + "async def f(call):\n    pass\n",
            r"effect is not a literal",
        ),
        (
            ADD.format(name="x").replace('{"type": "object"}', '{"properties": {"limit": {}}}')
            + "async def f(call):\n    pass\n",
            r":6:\d+: .*'limit' belongs to the runtime",
        ),
        (
            '@overrides.replace("get_person")\nasync def f(call):\n    pass\n'
            '@overrides.replace("get_person")\nasync def g(call):\n    pass\n',
            r":9:20: .*answered twice",
        ),
    ],
)
def test_what_does_not_fit_is_refused_at_its_place(
    build: Build, workplace: Path, capsys: pytest.CaptureFixture[str], text: str, error: str
) -> None:
    assert build(text) == 2
    said = capsys.readouterr().err
    assert re.search(rf"^specs/people/overrides\.py{error}" if error.startswith(":") else error, said, re.M | re.S), (
        said
    )
    assert not (workplace / "generated" / "people").exists()


def test_the_build_never_runs_the_file(build: Build, workplace: Path) -> None:
    assert build("from pathlib import Path\nPath('ran').write_text('')\n" + WRAP) == 0
    assert not (workplace / "ran").exists()


def test_a_side_file_that_appears_changes_or_goes_is_noticed(
    build: Build, workplace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["build", "specs/people.json", "--quiet"]) == 0
    side = workplace / "specs" / "people" / "overrides.py"
    assert build(WRAP) == 0
    server = (workplace / "generated" / "people" / "server.py").read_text()
    assert 'overrides="../../specs/people/overrides.py"' in server
    assert main(["build", "specs/people.json", "--check"]) == 0
    side.write_text(side.read_text().replace("get_person", "get_nobody"))
    assert main(["build", "specs/people.json", "--check"]) == 2
    side.unlink()
    assert main(["build", "specs/people.json", "--check"]) == 1
    capsys.readouterr()


def test_policies_can_speak_of_an_added_tool(build: Build, workplace: Path) -> None:
    assert build(ADD.format(name="ping") + "async def ping(call):\n    return 1\n") == 0
    generated = workplace / "generated" / "people"
    assert '"people__ping"' in (generated / "policy.cedarschema").read_text()
    assert "ping" in (generated / "README.md").read_text()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("import nothing_of_the_kind\n", r"overrides\.py:6:1: .*ModuleNotFoundError"),
        ("def f(:\n", r"overrides\.py:6:7: .*SyntaxError"),
        ("overrides = None\n", "it defines no overrides"),
    ],
)
def test_a_file_that_broke_after_the_build_is_refused_at_start(
    build: Build, workplace: Path, text: str, error: str
) -> None:
    assert build(WRAP) == 0
    side = workplace / "specs" / "people" / "overrides.py"
    side.write_text(side.read_text().partition("@")[0] + text)
    with pytest.raises(AdaptgenError, match=error):
        load_server(workplace / "generated" / "people")


def test_a_file_that_is_not_there_is_refused_at_start(build: Build, workplace: Path) -> None:
    assert build(WRAP) == 0
    (workplace / "specs" / "people" / "overrides.py").unlink()
    with pytest.raises(AdaptgenError, match="AG045"):
        load_server(workplace / "generated" / "people")
