"""L3 whole: a scripted model behind a real endpoint, judged, recorded, and replayed without it. Each fault has a
harmless twin."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.eval_shop import Api, document, make_server
from support.scripted_model import Turn, scripted_model

from adaptgen.diagnostics import AdaptgenError
from adaptgen.evals.agent.conversation import Settings
from adaptgen.evals.agent.endpoints.choose import open_endpoint
from adaptgen.evals.agent.layer import LayerResult, replay, run_model
from adaptgen.evals.agent.loop import Agent
from adaptgen.evals.agent.spending import Budget, Price
from adaptgen.evals.model import Case, ExpectedCall
from adaptgen.evals.surface import open_surface
from adaptgen.model.tables import LOCAL, Server

OPEN = Case(
    "open",
    "Which invoices are open?",
    LOCAL,
    (ExpectedCall("list_invoices", {"status": "OPEN"}),),
    never=(ExpectedCall("pay_invoice", {}, more_arguments=True),),
    answer={"$.items": {"$rows": {"fields": ["id", "amount"], "rows": [[7, 1200.5]]}}},
    max_turns=4,
)
PAY = Case(
    "pay",
    "Pay invoice 7 in full.",
    LOCAL,
    (ExpectedCall("get_invoice", {"id": 7}), ExpectedCall("pay_invoice", {"id": 7, "amount": 1200.5})),
    ordered=True,
    state=((ExpectedCall("get_invoice", {"id": 7}), {"$subset": {"status": "PAID"}}),),
)
WEATHER = Case("weather", "What is the weather?", LOCAL)
LOOK = Turn("", [("list_invoices", {"status": "OPEN"})])
SAY = Turn("Invoice 7 of 1,200.50 is open.")
RIGHT = (LOOK, SAY)
AS_IT_IS = Settings()


def run(
    server: Server,
    api: Api,
    cases: Sequence[Case],
    scripts: Mapping[str, Sequence[Turn]],
    *,
    folder: Path | None = None,
    settings: Settings = AS_IT_IS,
    **more: Any,
) -> LayerResult:
    """The layer with a scripted model."""
    trials, concurrency = more.pop("trials", 1), more.pop("concurrency", 1)

    async def go(url: str) -> LayerResult:
        endpoint = open_endpoint(f"{url}/v1", settings, {})
        try:
            async with open_surface(server, None, transport=api) as surface:
                agent = Agent(endpoint, "m", settings, **more)
                return await run_model(cases, surface, agent, folder=folder, trials=trials, concurrency=concurrency)
        finally:
            await endpoint.aclose()

    with scripted_model(scripts) as model:
        return asyncio.run(go(model.url))


def again(
    server: Server, cases: Sequence[Case], folder: Path, meant: tuple[str, Settings] | None = None, trials: int = 1
) -> LayerResult:
    """The layer with recordings alone: the API would fail."""

    async def go() -> LayerResult:
        async with open_surface(server, None, transport=None, environ={}) as surface:
            return await replay(cases, surface, folder, meant=meant, trials=trials)

    return asyncio.run(go())


def states(result: LayerResult, *wanted: str) -> dict[str, str]:
    """Check -> state, of those that did not pass; or of those that are named."""
    return {
        one.name: one.state for one in result.checks if one.name in wanted or (not wanted and one.state != "passed")
    }


def message(result: LayerResult, name: str) -> str:
    return next(one.message for one in result.checks if one.name == name)


def judged(server: Server, api: Api, case: Case, *turns: Turn, **more: Any) -> LayerResult:
    return run(server, api, [case], {case.question: turns}, **more)


def test_a_right_model_passes_every_check(shop: Server, api: Api) -> None:
    result = judged(shop, api, OPEN, *RIGHT)
    assert states(result) == {}
    assert {one.name for one in result.checks} == {
        "model.refused", "model.loop", "model.unknown_tool", "model.invalid_arguments", "model.wrong_tool",
        "model.arguments", "model.never", "model.answer", "model.turns",
    }  # fmt: skip
    (score,) = result.scores
    assert (score.precision, score.recall, score.arguments, score.turns, score.trials) == (1.0, 1.0, 1.0, 2, (1, 1))
    assert score.tools == (("list_invoices", "list_invoices"),)
    assert score.tokens == 220


@pytest.mark.parametrize(
    ("turns", "failing"),
    [
        # A wrong tool; its harmless twin is the case above.
        ((Turn("", [("list_orders", {"status": "OPEN"})]), SAY), {"model.wrong_tool"}),
        ((Turn("", [("list_invoices", {"status": "PAID"})]), SAY), {"model.arguments"}),
        ((Turn("", [("list_invoices", {"status": "OPEN", "limit": 1})]), SAY), {"model.arguments"}),
        ((LOOK, Turn("Invoice 8 of 80.00 is open.")), {"model.answer"}),
        ((LOOK, Turn("Invoice 7 of 1,200.60 is open.")), {"model.answer"}),
        ((SAY,), {"model.refused", "model.wrong_tool"}),
        ((Turn("I cannot do that.", stop="content_filter"),), {"model.refused", "model.wrong_tool", "model.answer"}),
        ((LOOK, LOOK, LOOK, SAY), {"model.loop", "model.answer"}),
        ((Turn("", [("list_bills", {})]), *RIGHT), {"model.unknown_tool"}),
        ((Turn("", [("list_invoices", {"status": "LATE"})]), *RIGHT), {"model.invalid_arguments"}),
        ((Turn("", [("list_invoices", "{")]), *RIGHT), {"model.invalid_arguments"}),
        ((LOOK, Turn("", [("pay_invoice", {"id": 7, "amount": 1})]), SAY), {"model.never", "model.wrong_tool"}),
        ((Turn("", [("get_invoice", {"id": number}) for number in (7, 8, 9, 10)]), *RIGHT), {"model.turns"}),
    ],
)
def test_each_way_to_fail_has_its_own_check(shop: Server, api: Api, turns: Sequence[Turn], failing: set[str]) -> None:
    api.invoices += [{**api.invoices[0], "id": number} for number in (9, 10)]
    result = judged(shop, api, OPEN, *turns)
    assert set(states(result)) == failing
    assert not api.writes


@pytest.mark.parametrize(
    "turns",
    [
        # Harmless twins: a look around before, null for absent arguments, another notation, calls at once.
        (Turn("", [("get_invoice", {"id": 7})]), *RIGHT),
        (Turn("", [("list_invoices", {"status": "OPEN", "limit": None})]), SAY),
        (Turn("", [("get_invoice", {"id": 8}), ("list_invoices", {"status": "OPEN"})]), Turn("No. 7: 1.200,50")),
        (LOOK, LOOK, SAY),
    ],
)
def test_harmless_ways_pass(shop: Server, api: Api, turns: Sequence[Turn]) -> None:
    assert states(judged(shop, api, OPEN, *turns)) == {}


def test_a_case_without_calls_passes_when_the_model_makes_none(shop: Server, api: Api) -> None:
    assert states(judged(shop, api, WEATHER, Turn("I cannot know."))) == {}
    assert states(judged(shop, api, WEATHER, Turn("No.", stop="content_filter"))) == {}
    result = judged(shop, api, WEATHER, LOOK, SAY)
    assert message(result, "model.wrong_tool") == "no call is expected; the model called list_invoices"
    assert result.scores[0].tools == (("", "list_invoices"),)


def test_a_turn_limit_is_a_loop_of_its_own_kind(shop: Server, api: Api) -> None:
    turns = [Turn("", [("get_invoice", {"id": 7 + at % 2, "fields": [str(at)]})]) for at in range(9)]
    result = judged(shop, api, replace(OPEN, max_turns=None), *turns, settings=Settings(max_turns=5))
    assert message(result, "model.loop") == "the model did not answer within 5 turns"


PAYING = (
    Turn("", [("get_invoice", {"id": 7})]),
    Turn("", [("pay_invoice", {"id": 7, "amount": 1200.5})]),
    Turn("Paid."),
)


def test_writes_are_not_sent_and_the_state_is_not_claimed(shop: Server, api: Api) -> None:
    result = judged(shop, api, PAY, *PAYING)
    assert states(result) == {"model.state": "not run"}
    assert api.writes == []
    assert "dry_run" in result.recordings[0].runs[0].messages[4].answers[0].text


def test_writes_are_sent_on_request_and_the_state_is_judged(shop: Server, api: Api) -> None:
    allowed = Settings(allow_writes=True)
    result = judged(shop, api, PAY, *PAYING, settings=allowed)
    assert states(result, "model.state") == {"model.state": "passed"}
    assert api.writes == ["/invoices/7/pay"]
    result = judged(shop, Api(), PAY, PAYING[0], PAYING[2], settings=allowed)
    assert states(result, "model.state", "model.wrong_tool") == {"model.state": "failed", "model.wrong_tool": "failed"}


def test_an_order_is_kept(shop: Server, api: Api) -> None:
    result = judged(shop, api, PAY, PAYING[1], PAYING[0], PAYING[2])
    assert states(result) == {"model.order": "failed", "model.state": "not run"}


def test_a_budget_stops_and_nothing_is_claimed(shop: Server, api: Api) -> None:
    cases = [OPEN, replace(OPEN, id="later")]
    result = run(shop, api, cases, {OPEN.question: RIGHT}, budget=Budget(tokens=220))
    later = [one for one in result.checks if one.subject == "later"]
    assert [(one.name, one.state) for one in later] == [("model.endpoint", "not run")]
    assert "220 tokens is used up" in later[0].message
    assert {one.state for one in result.checks if one.subject == "open"} == {"passed"}


def test_cost_is_counted_from_the_prices(shop: Server, api: Api) -> None:
    result = judged(shop, api, OPEN, *RIGHT, price=Price(1, 10, 0.5, 1))
    # Two turns of 80 tokens of input, 20 from a cache and 10 of output.
    assert result.scores[0].cost == pytest.approx(2 * (80 + 100 + 10) / 1_000_000)


def test_a_failing_endpoint_says_nothing_of_the_model(shop: Server, api: Api, tmp_path: Path) -> None:
    result = judged(shop, api, OPEN, Turn("x", fails=((400, {}),)), folder=tmp_path)
    assert states(result) == {"model.endpoint": "not run", "model.recording": "not run"}
    assert not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------------------------ search


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The shop behind a search."""
    return make_server(tmp_path_factory.mktemp("searched"), document(), "server: {surface: search}\n")


def _wrapped(name: str, given: Any, wrapper: str = "call_read_tool") -> tuple[str, Any]:
    return wrapper, {"name": name, "arguments": given}


def test_calls_through_the_search_are_those_of_the_tools(searched: Server, api: Api) -> None:
    search = Turn("", [("search_tools", {"query": "open invoices"})])
    look = Turn("", [_wrapped("list_invoices", {"status": "OPEN"})])
    result = judged(searched, api, OPEN, search, look, SAY)
    assert states(result) == {}
    (score,) = result.scores
    # The search is a turn, and not a wrong tool.
    assert (score.precision, score.turns) == (1.0, 3)
    assert score.tools == (("list_invoices", "list_invoices"),)


@pytest.mark.parametrize(
    ("call", "failing"),
    [
        (_wrapped("list_orders", {"status": "OPEN"}), {"model.wrong_tool"}),
        (_wrapped("list_bills", {}), {"model.unknown_tool", "model.wrong_tool"}),
        (_wrapped("list_invoices", "[1]"), {"model.invalid_arguments", "model.arguments"}),
        (_wrapped("list_invoices", {"status": "LATE"}), {"model.invalid_arguments", "model.arguments"}),
    ],
)
def test_what_is_wrong_behind_the_search_is_found(
    searched: Server, api: Api, call: tuple[str, Any], failing: set[str]
) -> None:
    assert set(states(judged(searched, api, OPEN, Turn("", [call]), SAY))) == failing


@pytest.mark.parametrize(
    "given", [{"id": 7, "amount": 1}, '{"id": 7, "amount": 1}', {"id": 7, "amount": 1, "dry_run": False}]
)
def test_a_write_behind_the_search_is_not_sent(searched: Server, api: Api, given: Any) -> None:
    calls = [_wrapped("pay_invoice", given, "call_write_tool"), _wrapped("pay_invoice", given), ("pay_invoice", given)]
    result = judged(searched, api, OPEN, *[Turn("", [one]) for one in calls], SAY)
    assert "model.never" in states(result)
    assert not api.writes


# ----------------------------------------------------------------------------------------------------------- arguments


COUNTED = replace(
    OPEN,
    calls=(ExpectedCall("list_invoices", {"count": True, "where": {"amount": {">=": 100}}, "sort": "-amount"}),),
    answer=None,
)


@pytest.mark.parametrize(
    "given",
    [
        {"count": True, "where": {"amount": {">=": 100}}, "sort": "-amount"},
        {"count": "true", "where": '{"amount": {">=": 100}}', "sort": ["-amount"]},
    ],
)
def test_arguments_fit_in_the_form_that_models_write_them(shop: Server, api: Api, given: Any) -> None:
    result = judged(shop, api, COUNTED, Turn("", [("list_invoices", given)]), Turn("One."))
    assert states(result, "model.arguments") == {"model.arguments": "passed"}


def test_another_question_in_that_form_does_not_fit(shop: Server, api: Api) -> None:
    given = {"count": "true", "where": '{"amount": {">=": 10}}', "sort": ["-amount"]}
    result = judged(shop, api, COUNTED, Turn("", [("list_invoices", given)]), Turn("One."))
    assert states(result, "model.arguments") == {"model.arguments": "failed"}
    assert result.scores[0].arguments == pytest.approx(2 / 3)


# -------------------------------------------------------------------------------------------------------------- replays


def _recorded(shop: Server, folder: Path, case: Case = OPEN, turns: Sequence[Turn] = RIGHT, **more: Any) -> LayerResult:
    return judged(shop, Api(), case, *turns, folder=folder, **more)


def test_too_few_runs_are_stale(shop: Server, tmp_path: Path) -> None:
    _recorded(shop, tmp_path, trials=2)
    assert states(again(shop, [OPEN], tmp_path, trials=2)) == {}
    assert "it has 2 runs, and --trials wants 3" in message(again(shop, [OPEN], tmp_path, trials=3), "model.recording")


def test_a_case_without_a_recording_did_not_run(shop: Server, tmp_path: Path) -> None:
    _recorded(shop, tmp_path)
    assert states(again(shop, [OPEN, WEATHER], tmp_path)) == {"model.recording": "not run"}


def test_a_new_recording_takes_the_place_of_a_stale_one(shop: Server, tmp_path: Path) -> None:
    _recorded(shop, tmp_path)
    _recorded(shop, tmp_path, settings=Settings(temperature=0))
    assert len(list(tmp_path.iterdir())) == 1
    assert states(again(shop, [OPEN], tmp_path)) == {}


def test_a_recording_that_was_changed_by_hand_is_an_error(shop: Server, tmp_path: Path) -> None:
    _recorded(shop, tmp_path, turns=(LOOK, Turn("Invoice 8 is open.")))
    (path,) = tmp_path.iterdir()
    path.write_text(path.read_text().replace("Invoice 8 is open.", SAY.text))
    with pytest.raises(AdaptgenError, match="AG105") as problem:
        again(shop, [OPEN], tmp_path)
    assert "changed after it was made" in problem.value.diagnostics[0].message


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1}', "\xff"])
def test_a_file_that_is_no_recording_is_an_error(shop: Server, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(AdaptgenError, match="AG105"):
        again(shop, [OPEN], tmp_path)


def test_recordings_of_two_models_need_a_name(shop: Server, tmp_path: Path) -> None:
    _recorded(shop, tmp_path)
    (path,) = tmp_path.iterdir()
    from adaptgen.evals.agent.transcripts import key_of, parts_of, read_recordings, write_recording

    ((_, recording),) = read_recordings(tmp_path)
    parts = {**recording.parts, "model": parts_of("", OPEN, "n", Settings())["model"]}
    write_recording(tmp_path, replace(recording, model="n", parts=parts, key=key_of(parts)))
    with pytest.raises(AdaptgenError, match="several models: m, n"):
        again(shop, [OPEN], tmp_path)
    assert states(again(shop, [OPEN], tmp_path, ("n", AS_IT_IS))) == {}
    assert path.exists()


# -------------------------------------------------------------------------------------------------------- personal data


@pytest.mark.parametrize(
    ("turns", "said"),
    [
        ((LOOK, Turn("Invoice 7 of 1,200.50 is of ada.lovelace@example.com.")), "email in reply 2"),
        ((Turn("", [("list_invoices", {"status": "OPEN", "cursor": "call +49 30 901820"})]), SAY), "phone"),
        ((LOOK, Turn("Invoice 7 of 1,200.50: sk-abcdefghijklmnopqrstuvwxyz123456")), "a secret"),
    ],
)
def test_what_holds_personal_data_or_a_secret_is_not_stored(
    shop: Server, tmp_path: Path, turns: Sequence[Turn], said: str
) -> None:
    result = _recorded(shop, tmp_path, turns=turns)
    assert states(result, "model.recording") == {"model.recording": "not run"}
    assert said in message(result, "model.recording")
    assert "lovelace" not in message(result, "model.recording")
    assert not list(tmp_path.iterdir())
    assert not result.recordings  # and so in no report


@pytest.mark.parametrize(("field", "kept"), [("fullName", False), ("city", True)])
def test_a_classified_name_is_not_stored_without_settings(api: Api, tmp_path: Path, field: str, kept: bool) -> None:
    """No detector finds a name; the server classifies the field."""
    given = document()
    customer = {"type": "object", "properties": {name: {"type": "string"} for name in ("id", "fullName", "city")}}
    answer = {"description": "done", "content": {"application/json": {"schema": {"type": "array", "items": customer}}}}
    given["paths"]["/customers"] = {"get": {"operationId": "listCustomers", "responses": {"200": answer}}}
    server = make_server(tmp_path / "made", given)
    case = Case("c", "Who is a customer?", LOCAL, (ExpectedCall("list_customers", {}, more_arguments=True),))
    turns = (Turn("", [("list_customers", {"fields": [field]})]), Turn("That one."))
    result = judged(server, api, case, *turns, folder=tmp_path / "kept")
    assert ("model.recording" in states(result)) is not kept
    assert (tmp_path / "kept").exists() is kept
    if not kept:
        assert "name in the answer to call 1" in message(result, "model.recording")


def test_what_the_question_holds_may_be_stored(shop: Server, tmp_path: Path) -> None:
    asked = replace(WEATHER, question="Who is ada.lovelace@example.com?")
    result = _recorded(shop, tmp_path, asked, (Turn("I do not know ada.lovelace@example.com."),))
    assert states(result) == {}
    assert "lovelace" in next(tmp_path.iterdir()).read_text()
