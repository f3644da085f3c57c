"""Spec text is hostile: whatever it says, generated files keep their shape and run nothing."""

from __future__ import annotations

import ast
import dataclasses
import itertools
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen import render
from adaptgen.model import tables as model
from adaptgen.model.plan import Plan
from adaptgen.render import safe

Renamer = Callable[[Callable[[], str], Plan], Plan]

ATTACKS = [
    '"""\nimport os\nos.system("x")\n"""',
    "'''",
    '"',
    "'",
    "\\",
    '\\"',
    "\\\n",
    'x")\nprint("y',
    "{{ 7*7 }}",
    "{% for %}",
    "{#",
    "\n# coding: utf-7\n",
    "type: ignore",
    "fmt: off",
    "# noqa",
    "a\r\nb",
    "a\x00b",
    "\x0c\x1c\x85\u2028\u2029",
    "\u202eevil\u2066\u200b\ufeff",
    "\ud800",
    "\U000e0041\U0001f600",
    "漢字 é",
    "| a | b |",
    "`code`",
    "``` \n```",
    "<script>alert(1)</script><!-- -->",
    "[x](javascript:alert(1)) ![i](http://x)",
    "https://evil.example www.evil.example",
    "# heading\n\n- item",
    "../../../etc/passwd",
    "/abs",
    "con",
    "class",
    "__import__",
    "TOOLS",
    "Tool",
    "print",
    "$(rm -rf ~)",
    "'; rm -rf ~ #",
    "9",
    "-",
    "&lt;&#124;",
    "x" * 200,
    "~~~",
    "- [ ] x",
    "1. x",
    "> x",
    "***",
    "\t",
    "  a  ",
]
# The model's own defaults: a field that has one of these is not printed, which is another shape and no attack.
DEFAULTS = {"", "$", "next", "query", "read", "s", "memory", "application/json"}
hostile = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(exclude_categories=()), max_size=12),
    st.builds(lambda parts: "".join(parts), st.lists(st.sampled_from(ATTACKS), min_size=2, max_size=3)),
).filter(lambda text: text not in DEFAULTS)


def strings(seeds: list[str]) -> Callable[[], str]:
    """An endless supply: the seeds in turn, each time with another one behind it."""
    counter = itertools.count()

    def following() -> str:
        turn, place = divmod(next(counter), len(seeds))
        return seeds[place] if turn == 0 else seeds[(place + turn) % len(seeds)] + seeds[place]

    return following


class Blank(ast.NodeTransformer):
    """Constants and the names of variables, gone; what is left is the shape."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(type(node.value).__name__)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return node if node.id in vars(model) else ast.Name("name", node.ctx)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        self.generic_visit(node)
        node.values.sort(key=ast.dump)  # hostile keys sort differently
        return node

    def visit_alias(self, node: ast.alias) -> ast.AST:
        return node if node.name in vars(model) else ast.alias("name")


def shape(files: dict[str, str]) -> Counter[str]:
    """The statements of all modules, as a bag: hostile names sort differently."""
    trees = [ast.parse(text) for path, text in files.items() if path.endswith(".py")]
    return Counter(ast.dump(Blank().visit(statement)) for tree in trees for statement in tree.body)


@pytest.fixture(scope="module")
def benign_shape(full_plan: Plan, with_strings: Renamer) -> Counter[str]:
    return shape(render.render(with_strings(strings([f"w{n}" for n in range(25)]), full_plan), spec="s", side="d"))


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(hostile, min_size=1, max_size=25))
def test_no_string_changes_the_shape_of_a_module(
    benign_shape: Counter[str], full_plan: Plan, with_strings: Renamer, seeds: list[str]
) -> None:
    following = strings(seeds)

    files = render.render(with_strings(following, full_plan), spec=following(), side=following())

    assert shape(files) == benign_shape


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(hostile, min_size=1, max_size=25))
def test_tables_hold_exactly_what_was_planned(full_plan: Plan, with_strings: Renamer, seeds: list[str]) -> None:
    plan = with_strings(strings(seeds), full_plan)

    files = render.render(plan, spec="s", side="d")

    tools: list[Any] = []
    for path, text in files.items():
        if path.startswith("tools/") and path.endswith(".py") and path != "tools/__init__.py":
            tools += _executed(text)["TOOLS"]
    auths = _executed(files["auth.py"])["AUTH"]
    tools = list(model.Server(name="s", bases=(), auth=auths, toolsets=(model.Toolset("", tuple(tools)),)).tools)
    assert Counter(map(repr, tools)) == Counter(repr(_plain(tool)) for module in plan.modules for tool in module.tools)
    assert Counter(map(repr, auths)) == Counter(repr(_plain(auth)) for auth in plan.server.auth)


def _executed(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated", "exec"), space)
    return space


def _plain(value: Any) -> Any:
    """``value`` with sorted mappings, as they are printed."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **fields)
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, (tuple, list)):
        return type(value)(map(_plain, value))
    return value


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(hostile, min_size=1, max_size=25))
def test_modules_call_nothing_but_the_model(full_plan: Plan, with_strings: Renamer, seeds: list[str]) -> None:
    files = render.render(with_strings(strings(seeds), full_plan), spec=seeds[0], side=seeds[-1])

    for path, text in files.items():
        if path.endswith(".py"):
            for node in ast.walk(ast.parse(text)):
                assert not isinstance(node, (ast.Lambda, ast.FunctionDef, ast.Await, ast.comprehension, ast.JoinedStr))
                if isinstance(node, ast.Call):
                    assert isinstance(node.func, ast.Name)
                    handler = {"serve"} if path == "lambda_handler.py" else set()
                    assert node.func.id in {"float", "loads", "Path", *vars(model), *handler}


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(hostile, min_size=1, max_size=25))
def test_files_stay_in_their_folder_and_hold_only_visible_text(
    full_plan: Plan, with_strings: Renamer, seeds: list[str]
) -> None:
    files = render.render(with_strings(strings(seeds), full_plan), spec=seeds[0], side=seeds[-1])

    assert len({path.lower() for path in files}) == len(files)
    for path, text in files.items():
        assert len(PurePosixPath(path).parts) <= 2
        assert set(path) <= set("abcdefghijklmnopqrstuvwxyz0123456789_./" + "README")
        assert ".." not in path
        assert all(char == "\n" or safe.is_visible(char) for char in text), path
        assert text.endswith("\n")
        text.encode()


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(hostile, min_size=1, max_size=25))
def test_a_contract_keeps_every_text(full_plan: Plan, with_strings: Renamer, seeds: list[str]) -> None:
    plan = with_strings(strings(seeds), full_plan)

    files = render.render(plan, spec="s", side="d")

    found = {
        name: entry["description"]
        for path, text in files.items()
        if path.startswith("tools/") and path.endswith(".json")
        for name, entry in json.loads(text).items()
    }
    planned = [contract for module in plan.modules for contract in module.contracts.values()]
    assert set(found) == {_paired(contract.name) for contract in planned}
    assert set(found.values()) <= {_paired(contract.description) for contract in planned}


def _paired(text: str) -> str:
    return "".join("\N{REPLACEMENT CHARACTER}" if "\ud800" <= char <= "\udfff" else char for char in text)


@settings(max_examples=60, deadline=None)
@given(seeds=st.lists(hostile.filter(lambda text: bool(text.strip())), min_size=1, max_size=25))
def test_the_readme_keeps_its_shape(full_plan: Plan, with_strings: Renamer, seeds: list[str]) -> None:
    markdown_it = pytest.importorskip("markdown_it", reason="the test reads Markdown with markdown-it-py")
    parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

    def blocks(plan: Plan, name: str) -> list[str]:
        tokens = parser.parse(render.render(plan, spec=name, side=name)["README.md"])
        inside = [child for token in tokens for child in token.children or ()]
        kinds = {child.type for child in inside} - {"text", "text_special", "code_inline", "softbreak"}
        assert kinds <= {"html_inline"}
        assert {child.content for child in inside if child.type == "html_inline"} <= {"<br>"}
        return [token.type for token in tokens]

    following = strings(seeds)
    assert blocks(with_strings(following, full_plan), following()) == blocks(full_plan, "s")


def test_the_formatter_has_nothing_to_do(full_plan: Plan, with_strings: Renamer, tmp_path: Path) -> None:
    ruff = shutil.which("ruff", path=str(Path(sys.executable).parent)) or shutil.which("ruff")
    if ruff is None:
        pytest.skip("ruff is not installed")
    source = random.Random(7)
    for number in range(60):
        seeds = ["".join(source.choices([*ATTACKS, "a", "é", "name", "漢"], k=source.randint(1, 9))) for _ in range(20)]
        for path, text in render.render(with_strings(strings(seeds), full_plan), spec="s", side="d").items():
            if path.endswith(".py"):
                (tmp_path / f"{number}_{path.replace('/', '_')}").write_text(text, encoding="utf-8")

    for width in (88, 100, 120):
        command = [ruff, "format", "--isolated", "--no-cache", "--diff", "--line-length", str(width), str(tmp_path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[:3000] + done.stderr[-1000:]
