"""A restored value is never shown again; and policies see a call in one form, whatever way it was written in."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from support.governing import FakeTarget, ask, fact, governed, settings

from adaptgen.govern.pipeline.assemble import GovernedServer
from adaptgen.mcp.protocol import Context, RpcError, ToolInfo
from adaptgen.model.tables import LOCAL, Caller

pytestmark = pytest.mark.asyncio

RULES: dict[str, Any] = {
    "email": {"type": "string"},
    "name": {"type": "string"},
    "who": {"type": "string"},
    "short": {"type": "string", "maxLength": 5},
    "pattern": {"type": "string", "pattern": "^[0-9]+$"},
    "word": {"type": "string", "enum": ["a", "b"]},
    "number": {"type": "integer"},
    "either": {"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 3}]},
    "several": {"type": "array", "items": {"type": "string", "maxLength": 5}},
    "inner": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}},
    "phone": {"type": "integer"},
    "text": {"type": "string"},
    "limit": {"type": "integer", "maximum": 5},
}
KINDS = {
    "email": "email",
    **dict.fromkeys(("name", "who", "short", "pattern", "word", "number", "either"), "name"),
    "/several/*": "name",
    "/inner/name": "name",
    "phone": "phone",
}


def tool(name: str = "use", *, trusted: bool = False, **given: Any) -> ToolInfo:
    """A tool with arguments of every rule."""
    schema = {"type": "object", "properties": RULES, "additionalProperties": False}
    wire = {"name": name, "description": "Uses it.", "inputSchema": schema}
    return fact(name, wire=wire, arguments=KINDS, trusted=trusted, **given)


class Setting:
    """A governed target with a tool that gives tokens, and one that takes them."""

    def __init__(self, made: GovernedServer, target: FakeTarget) -> None:
        self.made = made
        self.target = target

    async def token(self, value: Any, field: str = "last_name") -> str:
        """The token of a value, as an agent gets it."""
        self.target.answers["give"] = spoken(json.dumps({field: value}))
        result = await ask(self.made, LOCAL, "tools/call", {"name": "give", "arguments": {}})
        token = json.loads(result["content"][0]["text"])[field]
        assert token.startswith("tok_"), token
        return str(token)

    async def use(self, answer: Any = None, **arguments: Any) -> tuple[str, bool]:
        """The answer of the other tool, as text."""
        if answer is not None:
            self.target.answers["use"] = answer
        result = await ask(self.made, LOCAL, "tools/call", {"name": "use", "arguments": arguments})
        return json.dumps(result, ensure_ascii=False), result.get("isError") is True


def spoken(text: str, **more: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], **more}


async def setting(folder: Path, *, trusted: bool = False) -> Any:
    target = FakeTarget(fact("give", trusted=True), tool(trusted=trusted))
    return governed(settings(folder), target), target


# ------------------------------------------------------------------------------------------------- messages of rules


@pytest.mark.parametrize("value", ["Abelard Lovelace", "Ada\nByron", "Zoë Ødegård-Smith", "A" * 300])
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("short", "maxLength"),
        ("pattern", "pattern"),
        ("word", "enum"),
        ("number", "type"),
        ("either", "anyOf"),
        ("several", "maxLength"),
        ("inner", "maxLength"),
    ],
)
async def test_a_broken_rule_names_the_argument_and_the_rule_alone(
    tmp_path: Path, value: str, name: str, rule: str
) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token(value)
        given = {"several": [token], "inner": {"name": token}}.get(name, token)
        target.calls.clear()
        said, failed = await here.use(**{name: given})
        assert failed
        assert name in said
        assert rule in said
        assert target.calls == []
        for piece in (value, value[:4], value[-4:], *value.split()):
            assert piece not in said


@pytest.mark.parametrize("form", ["AAAA {} BBB", "{} BBB", "x{}", "{}{}", "{}, {}", '{{"a": "{}"}}', "mailto:{} or so"])
async def test_text_around_a_token_is_refused(tmp_path: Path, form: str) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        tokens = await here.token("Abelard"), await here.token("Byronson")
        target.calls.clear()
        for name, given in (("name", form.format(*tokens)), ("several", ["x", form.format(*tokens)])):
            said, failed = await here.use(**{name: given})
            assert failed
            assert "alone" in said or "in one piece" in said
            assert target.calls == []
            assert "Abelard" not in said


async def test_alone_and_in_lists_tokens_are_restored(tmp_path: Path) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        abel, phone = await here.token("Abel"), await here.token(4915112345678, "phone")
        said, failed = await here.use(
            name=abel, several=[abel, "Cain"], inner={"name": f" {abel} "}, short="Cain", phone=phone, limit="3"
        )
        assert not failed, said
        assert target.calls[-1][2] == {
            "name": "Abel",
            "several": ["Abel", "Cain"],
            "inner": {"name": "Abel"},
            "short": "Cain",
            "phone": 4915112345678,
            "limit": 3,
        }


async def test_the_structure_is_checked_with_tokens_in_place(tmp_path: Path) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token("Abelard")
        target.calls.clear()
        for wrong in ({"nothing": 1}, {"limit": 9}, {"limit": "many"}, {"several": {"a": 1}}, {"inner": [1]}):
            said, failed = await here.use(name=token, **wrong)
            assert failed
            assert "Abelard" not in said
            assert next(iter(wrong)) in said
        assert target.calls == []


# ------------------------------------------------------------------------------------------------------------- echoes


def echoes(value: str) -> Mapping[str, str]:
    """Ways to repeat a value in the text of an answer."""
    return {
        "field": json.dumps({"who": value}),
        "other field": json.dumps({"xyz": value}),
        "nested": json.dumps({"a": [{"b": {"c": value}}]}),
        "text": f"done for {value}.",
        "json in text": json.dumps({"log": json.dumps({"c": value})}),
        "key": json.dumps({value: 1}),
        "file": json.dumps({"file": value.replace(" ", "_") + ".pdf"}),
        "address": json.dumps({"link": f"https://api.example/people/{quote(value)}/x"}),
        "entity": json.dumps({"html": "<b>" + value.replace(" ", "&#32;") + "</b>"}),
        "capitals": f"NOT FOUND: {value.upper()}",
        "list": json.dumps([value, 1]),
        "table": json.dumps({"fields": ["id", "xyz"], "items": [[1, value]]}),
        "pair": json.dumps([{"key": "who", "value": value}]),
        "csv": f"id,xyz\n1,{value}\n2,x\n",
    }


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("value", ["Abel", "Ada Byron", "Zoë Ødegård", "李小龍"])
@pytest.mark.parametrize("error", [False, True])
async def test_an_echo_comes_back_as_the_token(tmp_path: Path, value: str, trusted: bool, error: bool) -> None:
    made, target = await setting(tmp_path, trusted=trusted)
    async with made as under:
        here = Setting(under, target)
        token = await here.token(value)
        for form, text in echoes(value).items():
            said, _ = await here.use(spoken(text, **({"isError": True} if error else {})), name=token)
            assert target.calls[-1][2] == {"name": value}
            for one in (value, value.upper(), value.replace(" ", "_"), quote(value), json.dumps(value)[1:-1]):
                assert one not in said, (form, said)
            assert "tok_name_" in said, form
            if form in ("field", "other field", "nested", "list"):
                assert token in said


@pytest.mark.parametrize("place", ["structuredContent", "_meta", "resource", "link"])
async def test_an_echo_outside_of_the_text(tmp_path: Path, place: str) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token("Abelard")
        answers: dict[str, Any] = {
            "structuredContent": {**spoken("x"), "structuredContent": {"a": {"b": "Abelard"}}},
            "_meta": {**spoken("x"), "_meta": {"x": "Abelard"}},
            "resource": {"content": [{"type": "resource", "resource": {"uri": "x://Abelard", "text": "for Abelard"}}]},
            "link": {"content": [{"type": "resource_link", "uri": "x://a/Abelard", "name": "Abelard"}]},
        }
        said, _ = await here.use(answers[place], name=token)
        assert "Abelard" not in said
        assert "tok_name_" in said


@pytest.mark.parametrize("value", ["Al", "X", "7"])
@pytest.mark.parametrize(
    "text", ['{{"who": "{0}"}}', '{{"Who": " {0}"}}', "who: {0}", "no such who={0}!", "id,who\n1,{0}\n2,y\n"]
)
async def test_a_short_value_is_found_in_its_own_field(tmp_path: Path, value: str, text: str) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token(value)
        said, _ = await here.use(spoken(text.format(value)), who=token)
        assert target.calls[-1][2] == {"who": value}
        assert "tok_name_" in said, said


async def test_a_short_value_is_left_elsewhere(tmp_path: Path) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token("Al")
        said, _ = await here.use(spoken('{"state": "AL", "note": "Al dente, et al."}'), who=token)
        assert "Al dente" in said


async def test_numbers_too(tmp_path: Path) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token(4915112345678, "phone")
        for text in (
            '{"x": 4915112345678}',
            "called 4915112345678",
            '{"x": "+49 151 12345678"}',
            '{"phone": "4915112345678"}',
        ):
            said, _ = await here.use(spoken(text), phone=token)
            assert "12345678" not in said, text


async def test_what_was_not_given_as_a_token_stays(tmp_path: Path) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token("Abelard")
        said, _ = await here.use(spoken('{"status": "Cancelled", "count": 3, "label": "Abelian group"}'), name=token)
        assert json.loads(json.loads(said)["content"][0]["text"]) == {
            "status": "Cancelled", "count": 3, "label": "Abelian group",
        }  # fmt: skip
        said, _ = await here.use(spoken('{"reply": "Abelard"}'), text="hello")
        assert "Abelard" in said


# ----------------------------------------------------------------------------------------------- errors and messages


@pytest.mark.parametrize(
    "text",
    [
        "no such person: Maximilian Oberhuber",
        'value "Maximilian Oberh…" is too long',
        "value 'Maximilian O...' is too long",
        "…lian Oberhuber is not valid",
        "Maximilian\\nOberhuber",
        '{"error": "Maximilian\\nOberhuber',
        "expected a number at Oberhuber",
        "MAXIMILIAN OBERHUBER?",
    ],
)
@pytest.mark.parametrize("kind", ["result", "rpc", "data"])
async def test_errors_show_no_piece(tmp_path: Path, text: str, kind: str) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token("Maximilian Oberhuber")
        answers = {
            "result": spoken(text, isError=True),
            "rpc": RpcError(-32000, text),
            "data": RpcError(-32000, "failed", {"why": [text]}),
        }
        try:
            said, _ = await here.use(answers[kind], name=token)
        except RpcError as problem:
            said = json.dumps([problem.message, problem.data], ensure_ascii=False)
        for piece in ("Maximilian", "Oberh", "MAXIMILIAN", "lian O"):
            assert piece not in said
        assert "tok_name_" in said


async def test_progress_and_logs_show_no_value(tmp_path: Path) -> None:
    told: list[tuple[str, Mapping[str, Any]]] = []

    class Telling(FakeTarget):
        async def call(self, caller: Caller, tool: ToolInfo, arguments: Mapping[str, Any], context: Context) -> Any:
            if tool.name == "use":
                value = arguments["name"]
                await context.notify("notifications/progress", {"progress": 1, "message": f"reading {value}"})
                await context.notify("notifications/message", {"level": "info", "data": {"echo": value}})
                await context.notify("notifications/message", {"level": "info", "data": f"x{base(value)}"})
            return await super().call(caller, tool, arguments, context)

    def base(value: str) -> str:
        return quote(f" {value} ")

    class Hearing(Context):
        async def notify(self, method: str, params: Mapping[str, Any]) -> None:
            told.append((method, params))

    target = Telling(fact("give", trusted=True), tool())
    async with governed(settings(tmp_path), target) as under:
        here = Setting(under, target)
        token = await here.token("Abelard Byron")
        context = Hearing(request_id="r")
        await under.handler.request(LOCAL, "tools/call", {"name": "use", "arguments": {"name": token}}, context)
    assert len(told) == 3
    said = json.dumps(told)
    assert "Abelard" not in said
    assert "Byron" not in said
    assert token in said


async def test_a_hook_that_quotes_a_value(tmp_path: Path) -> None:
    (tmp_path / "quoting.py").write_text(
        "from adaptgen.govern.pipeline.hooks import HookError\n"
        "def before(call):\n"
        "    if call.arguments:\n"
        "        raise HookError(f'not for {call.arguments}')\n"
    )
    target = FakeTarget(fact("give", trusted=True), tool())
    async with governed(settings(tmp_path, hooks={"before": ["quoting:before"]}), target) as under:
        here = Setting(under, target)
        token = await here.token("Abelard")
        said, failed = await here.use(name=token)
        assert failed
        assert "Abelard" not in said


# --------------------------------------------------------------------------------------- policies see canonical values

LIST = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "fields": {"type": "array", "items": {"type": "string"}},
        "where": {"type": "object"},
        "sort": {"type": "array", "items": {"type": "string"}},
        "count": {"type": "string"},
        "distinct": {"type": "string"},
    },
    "additionalProperties": False,
}
NO_SALARY = """\
permit (principal, action, resource);
forbid (principal, action == Action::"fake__list", resource)
when { context.paths.contains("salary") || context.paths.contains("*") };
"""
NOT_ALL = """\
permit (principal, action, resource);
forbid (principal, action == Action::"fake__list", resource)
when { context.input has fields && context.input.fields.contains("*") };
"""


def lists(*, trusted: bool = True) -> FakeTarget:
    wire = {"name": "list", "description": "Lists.", "inputSchema": LIST}
    return FakeTarget(fact("list", wire=wire, arguments={}, trusted=trusted))


async def called(folder: Path, policies: str, arguments: dict[str, Any], *, trusted: bool = True) -> Any:
    """The arguments that reached the tool; None where the call was refused."""
    target = lists(trusted=trusted)
    async with governed(settings(folder, policies), target) as under:
        result = await ask(under, LOCAL, "tools/call", {"name": "list", "arguments": arguments})
        return target.calls[-1][2] if not result.get("isError") else None


@pytest.mark.parametrize(
    "asked",
    [
        ["*"],
        ["**"],
        [" *"],
        ["* "],
        ["$.*"],
        ["$"],
        ["$.**"],
        ["$[*]"],
        ["*", "id"],
        ["id", " ** "],
        ["$", "id"],
        [" $ . * "],
    ],
    ids=str,
)
async def test_everything_has_one_form(tmp_path: Path, asked: list[str]) -> None:
    assert await called(tmp_path, NOT_ALL, {"fields": asked}) is None
    assert await called(tmp_path, NO_SALARY, {"fields": asked}) is None


@pytest.mark.parametrize(
    "arguments",
    [
        {"fields": ["salary"]},
        {"fields": [" salary "]},
        {"fields": ['["salary"]']},
        {"fields": ["['salary']"]},
        {"fields": ["$.salary"]},
        {"fields": ["$.data.salary"]},
        {"fields": ["$['salary']"]},
        {"fields": ["salary[0]"]},
        {"fields": ["salary[0:3]"]},
        {"where": {"salary": {">": 1}}},
        {"where": {" salary": 1}},
        {"where": {"id": 1, '["salary"]': 1}},
        {"sort": ["-salary"]},
        {"sort": ["id", "- salary"]},
        {"count": "salary"},
        {"count": " salary"},
        {"distinct": "salary[*]"},
    ],
    ids=str,
)
async def test_a_field_has_one_name_for_policies(tmp_path: Path, arguments: dict[str, Any]) -> None:
    assert await called(tmp_path, NO_SALARY, arguments) is None


@pytest.mark.parametrize(
    ("arguments", "executed"),
    [
        ({"fields": ["id", "owner.name"]}, {"fields": ["id", "owner.name"]}),
        ({"fields": [" id", "tags[*].name"]}, {"fields": ["id", "tags[*].name"]}),
        ({"where": {"status": "OPEN"}}, {"where": {"status": "OPEN"}}),
        ({"count": "true"}, {"count": "true"}),
        ({"sort": ["-id"]}, {"sort": ["-id"]}),
        ({"id": "salary"}, {"id": "salary"}),
        ({}, {}),
    ],
    ids=str,
)
async def test_other_fields_may_be_asked_for(
    tmp_path: Path, arguments: dict[str, Any], executed: dict[str, Any]
) -> None:
    assert await called(tmp_path, NO_SALARY, arguments) == executed


async def test_what_is_judged_is_what_is_executed(tmp_path: Path) -> None:
    everything = "permit (principal, action, resource);"
    assert await called(tmp_path, everything, {"fields": ["**", "id"]}) == {"fields": ["*"]}
    assert await called(tmp_path, everything, {"fields": [' ["id"] ']}) == {"fields": ["id"]}
    assert await called(tmp_path, everything, {"fields": ["**"]}, trusted=False) == {"fields": ["**"]}


async def test_base64_is_not_taken_for_a_value(tmp_path: Path) -> None:
    made, target = await setting(tmp_path)
    async with made as under:
        here = Setting(under, target)
        token = await here.token("Abel")
        said, _ = await here.use(spoken(json.dumps({"etag": base64.b64encode(b"other").decode()})), name=token)
        assert "b3RoZXI=" in said
