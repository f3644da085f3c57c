"""Each way of paging, and what is not one, against tiny APIs."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from adaptgen.learning.lists.learn import learn_lists
from adaptgen.learning.model import Notebook
from tests.unit.learning.apis import Handler, TinyProbe, concluded, listing, made, page_of, people

Query = Mapping[str, str]
ITEMS = people(45)


def learn(tmp_path: Path, handler: Handler, *names: str, items: str = "", budget: int = 200, **more: Any) -> Notebook:
    """The notebook after learning the one list of an API."""
    result = made(tmp_path, {"/items": listing(*names, items=items, **more)})
    notebook = Notebook()
    asyncio.run(learn_lists(result, TinyProbe({"/items": handler}, budget), notebook))
    return notebook


def by_offset(
    records: list[Any] = ITEMS, *, limit: str = "limit", offset: str = "offset", first: int = 0, most: int = 1000,
    default: int = 20, wrap: Callable[[list[Any]], Any] = list,
) -> Handler:  # fmt: skip
    def answer(query: Query) -> Any:
        start = max(int(query.get(offset, first)) - first, 0)
        return wrap(records[start : start + min(int(query.get(limit, default)), most)])

    return answer


def by_page(
    records: list[Any] = ITEMS, *, page: str = "page", size: str = "size", first: int = 1, most: int = 1000,
    default: int = 20, wrap: Callable[[list[Any]], Any] = list,
) -> Handler:  # fmt: skip
    def answer(query: Query) -> Any:
        count = min(int(query.get(size, default)), most)
        number = max(int(query.get(page, first)) - first, 0)
        return wrap(records[number * count : (number + 1) * count])

    return answer


def hint(notebook: Notebook) -> dict[str, Any]:
    """The certain line about paging."""
    line = page_of(notebook)
    assert line is not None, [one for one in notebook.experiments if one.question == "paging.style"]
    assert line.confidence == "certain", line
    return dict(line.value)


@pytest.mark.parametrize("first", [0, 1])
def test_pages_of_a_fixed_size(tmp_path: Path, first: int) -> None:
    notebook = learn(tmp_path, by_page(first=first, size="none of them"), "page", "size")
    assert (hint(notebook)["first"], hint(notebook).get("size")) == (first, None)
    assert [one.declared for one in notebook.disagreements] == ["size is the size of a page"]


def test_a_size_that_is_refused_beyond_a_bound(tmp_path: Path) -> None:
    def answer(query: Query) -> Any:
        if int(query.get("limit", 20)) > 40:
            return 422, {}, {"detail": "limit must be at most 40"}
        return by_offset()(query)

    assert hint(learn(tmp_path, answer, "limit", "offset"))["max_size"] == 40


def test_a_total_that_lies_is_not_written(tmp_path: Path) -> None:
    handler = by_offset(wrap=lambda rows: {"rows": rows, "total": 9999})
    assert "total" not in hint(learn(tmp_path, handler, "limit", "offset", items="rows"))


ENDS: dict[str, Callable[[list[Any], list[Any]], Any]] = {
    "an empty page": lambda rows, last: rows,
    "status 404": lambda rows, last: rows or (404, {}, {"error": "no such page"}),
    "the last page again": lambda rows, last: rows or last,
    "the first page again": lambda rows, last: rows or ITEMS[:3],
}


@pytest.mark.parametrize("end", sorted(ENDS))
def test_how_a_list_ends(tmp_path: Path, end: str) -> None:
    def answer(query: Query) -> Any:
        size, page = int(query.get("size", 20)), int(query.get("page", 1))
        rows = ITEMS[(page - 1) * size : page * size]
        last = ITEMS[(len(ITEMS) - 1) // size * size :]
        return ENDS[end](rows, last)

    notebook = learn(tmp_path, answer, "page", "size")
    assert concluded(notebook, "paging.end") == [(f"beyond the last page comes {end}", "certain")]
    assert hint(notebook)["style"] == "page"


def by_token(place: str = "next", *, lasting: bool = False, single: bool = False) -> Handler:
    used: set[str] = set()

    def answer(query: Query) -> Any:
        size, token = int(query.get("limit", 20)), query.get("cursor", "")
        if token and not token.startswith("t"):
            return 400, {}, {"error": "bad cursor"}
        if single and token in used:
            return 400, {}, {"error": "used"}
        used.update({token} - {""})
        start = int(token[1:] or 0) if token else 0
        more = start + size < len(ITEMS) or (lasting and start < len(ITEMS))
        return {"data": ITEMS[start : start + size], place: f"t{start + size}" if more else None}

    return answer


TEXTS = {"cursor": {"type": "string"}}


def test_a_token_on_the_last_page(tmp_path: Path) -> None:
    notebook = learn(tmp_path, by_token(lasting=True), "limit", "cursor", items="data", kinds=TEXTS)
    assert concluded(notebook, "paging.end") == [("the list ends with an empty page", "certain")]


def test_a_token_whose_parameter_is_not_declared(tmp_path: Path) -> None:
    page = hint(learn(tmp_path, by_token("nextCursor"), items="data"))
    assert (page["cursor"], page["next"], page["in"]) == ("cursor", "$.nextCursor", "query")


def test_a_token_that_works_once(tmp_path: Path) -> None:
    notebook = learn(tmp_path, by_token(single=True), "limit", "cursor", items="data", kinds=TEXTS)
    line = page_of(notebook)
    assert line is not None
    assert line.value["single_use"] is True


def test_the_identity_of_the_last_record(tmp_path: Path) -> None:
    def answer(query: Query) -> Any:
        after = int(query.get("starting_after", 0))
        rest = [one for one in ITEMS if one["id"] > after]
        size = int(query.get("limit", 10))
        return {"data": rest[:size], "has_more": len(rest) > size}

    page = hint(learn(tmp_path, answer, "limit", "starting_after", items="data"))
    assert (page["style"], page["cursor"], page["next"]) == ("cursor", "starting_after", "$.data[-1].id")


def test_a_link_header(tmp_path: Path) -> None:
    def answer(query: Query) -> Any:
        token, size = int(query.get("x", 0)), int(query.get("per_page", 20))
        following = f'<https://tiny.example.com/items?per_page={size}&x={token + size}>; rel="next"'
        rows = ITEMS[token : token + size]
        return 200, {"Link": following} if token + size < len(ITEMS) else {}, rows

    page = hint(learn(tmp_path, answer, "per_page"))
    assert page == {"style": "link", "limit": "per_page", "items": "$"}


def test_the_next_link_of_odata(tmp_path: Path) -> None:
    """``@odata.nextLink`` looks a little like a mail address, and is the name of a member."""

    def answer(query: Query) -> Any:
        start = int(query.get("$skiptoken", 0))
        more = {"@odata.nextLink": f"/items?$skiptoken={start + 20}"} if start + 20 < len(ITEMS) else {}
        return {"value": ITEMS[start : start + 20], **more}

    assert hint(learn(tmp_path, answer, items="value"))["next"] == '$["@odata.nextLink"]'


def test_a_token_after_the_last_record_is_not_a_largest_page(tmp_path: Path) -> None:
    """All 45 records come at once, with a token that leads to nothing: no page was cut."""
    notebook = learn(tmp_path, by_token(lasting=True), "limit", "cursor", items="data", kinds=TEXTS)
    assert "max_size" not in hint(notebook)


def test_the_largest_page_of_another_list_is_not_taken_over_unseen(tmp_path: Path) -> None:
    result = made(tmp_path, {name: listing("limit", "offset") for name in ("/items", "/parts")})
    probe = TinyProbe({"/items": by_offset(people(90), most=30), "/parts": by_offset(people(90), most=60)})
    notebook = Notebook()
    asyncio.run(learn_lists(result, probe, notebook))
    sizes = {line.keys[1]: line.value.get("max_size") for line in notebook.lines}
    assert sizes == {"GET /items": 30, "GET /parts": 60}


def test_a_header_with_the_next_address(tmp_path: Path) -> None:
    def answer(query: Query) -> Any:
        start, size = int(query.get("x", 0)), int(query.get("_limit", 20))
        rows = ITEMS[start : start + size]
        return 200, {"Next-Page": f"/items?_limit={size}&x={start + size}"} if start + size < 45 else {}, rows

    page = hint(learn(tmp_path, answer, "_limit"))
    assert (page["style"], page["header"]) == ("header", "Next-Page")


def test_the_identity_of_the_last_record_under_a_name_that_is_not_declared(tmp_path: Path) -> None:
    def answer(query: Query) -> Any:
        rest = [one for one in ITEMS if one["id"] > int(query.get("after", 0))]
        return {"data": rest[: int(query.get("limit", 10))]}

    page = hint(learn(tmp_path, answer, "limit", items="data"))
    assert (page["cursor"], page["next"], page["in"]) == ("after", "$.data[-1].id", "query")


# ---------------------------------------------------------------------------------------------------------- not paging


def test_a_list_in_random_order_is_not_known(tmp_path: Path) -> None:
    dice = random.Random(7)

    def answer(query: Query) -> Any:
        rows = dice.sample(ITEMS, len(ITEMS))
        start = int(query.get("offset", 0))
        return rows[start : start + int(query.get("limit", 20))]

    notebook = learn(tmp_path, answer, "limit", "offset")
    assert page_of(notebook) is None
    assert [one.confidence for one in notebook.experiments if one.question == "paging.style"] == ["unknown"]


def test_records_that_change_with_every_answer(tmp_path: Path) -> None:
    turn = iter(range(1000))

    def answer(query: Query) -> Any:
        rows = by_offset()(query)
        return [{**one, "served": next(turn)} for one in rows]

    notebook = learn(tmp_path, answer, "limit", "offset")
    assert (hint(notebook)["style"], hint(notebook)["first"]) == ("offset", 0)


def test_identities_that_begin_anew_on_every_page(tmp_path: Path) -> None:
    """Records are compared as a whole, not by what is called an id."""

    def answer(query: Query) -> Any:
        return [{**one, "id": row} for row, one in enumerate(by_page(size="none")(query))]

    assert hint(learn(tmp_path, answer, "page"))["style"] == "page"


def test_a_filter_called_page(tmp_path: Path) -> None:
    records = [{**one, "page": position % 4} for position, one in enumerate(ITEMS)]

    def answer(query: Query) -> Any:
        return [one for one in records if "page" not in query or str(one["page"]) == query["page"]]

    notebook = learn(tmp_path, answer, "page")
    assert page_of(notebook) is None


def test_parameters_that_are_ignored_disagree_with_the_document(tmp_path: Path) -> None:
    notebook = learn(tmp_path, lambda query: ITEMS[:13], "limit", "offset")
    line = page_of(notebook)
    assert line is not None
    assert (line.value["style"], line.confidence) == ("none", "likely")
    assert {one.declared for one in notebook.disagreements} == {
        "limit is the size of a page", "offset is the position in the list",
    }  # fmt: skip
    assert {one.pointer for one in notebook.disagreements} == {
        "#/paths/~1items/get/parameters/0", "#/paths/~1items/get/parameters/1",
    }  # fmt: skip


def test_a_list_that_says_it_is_whole(tmp_path: Path) -> None:
    rows = people(117)
    notebook = learn(tmp_path, lambda query: {"rows": rows, "total": 117}, items="rows")
    line = page_of(notebook)
    assert line is not None
    assert (line.value, line.confidence) == ({"style": "none", "items": "$.rows"}, "certain")


def test_a_short_list_that_says_it_is_whole_may_be_paged_all_the_same(tmp_path: Path) -> None:
    line = page_of(learn(tmp_path, lambda query: {"rows": ITEMS[:13], "total": 13}, items="rows"))
    assert line is not None
    assert (line.value, line.confidence) == ({"style": "none", "items": "$.rows"}, "likely")


def test_two_records_prove_the_size_and_make_the_rest_likely(tmp_path: Path) -> None:
    notebook = learn(tmp_path, by_offset(ITEMS[:2]), "limit", "offset")
    assert ("limit is honoured", "certain") in concluded(notebook, "paging.size.honoured")
    line = page_of(notebook)
    assert line is None or line.confidence != "certain"


def test_an_api_that_refuses_what_is_not_declared(tmp_path: Path) -> None:
    def answer(query: Query) -> Any:
        if set(query) - {"page", "page_size"}:
            return 400, {}, {"error": "unknown parameter"}
        return by_page(size="page_size")(query)

    assert hint(learn(tmp_path, answer))["size"] == "page_size"


# ------------------------------------------------------------------------------------------------------------ thrift


def test_what_another_list_proved_of_its_size_and_its_total_is_not_asked_again(tmp_path: Path) -> None:
    """A third list is read, read at a position, in another size for its total, and for its largest page."""
    names = ["/apples", "/boxes", "/crates", "/drums"]
    result = made(tmp_path, {name: listing(items="rows") for name in names})

    def wrap(total: str) -> Callable[[list[Any]], Any]:
        return lambda rows: {"rows": rows, total: 60}

    def answer(total: str) -> Handler:
        return by_offset(people(60), limit="max_results", offset="startAt", wrap=wrap(total))

    totals = dict(zip(names, ["total", "count", "count", "total"], strict=True))
    probe = TinyProbe({name: answer(total) for name, total in totals.items()})
    notebook = Notebook()
    asyncio.run(learn_lists(result, probe, notebook))
    asked = {name: sum(path == name for path, _ in probe.asked) for name in names}
    assert max(asked["/crates"], asked["/drums"]) <= 4
    written = {name: page_of(notebook, f"GET {name}").value["total"] for name in names}  # type: ignore[union-attr]
    assert written == {name: f"$.{total}" for name, total in totals.items()}


def test_a_list_whose_document_shows_several_is_tried_before_lists_of_little_use(tmp_path: Path) -> None:
    """The build does not know it as one, and its address names it."""
    cases = listing(items="cases")
    properties = cases["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]
    properties |= {name: dict(properties["cases"]) for name in ("contacts_list", "users")}
    properties |= {"urgent": {"type": "integer"}, "waiting": {"type": "integer"}}
    used = {f"/cases/{{id}}/{part}": listing() for part in ("notes", "mails")}
    result = made(tmp_path, {"/apples": listing(), "/cases": cases, **used})
    assert [tool.page is None for tool in result.plan.server.tools if tool.call and tool.call.path == "/cases"] == [
        True
    ]
    both = lambda rows: {"users": people(3), "cases": rows, "contacts_list": people(4), "urgent": 0}  # noqa: E731
    probe = TinyProbe({"/cases": by_offset(wrap=both), "/apples": by_offset()})
    notebook = Notebook()
    asyncio.run(learn_lists(result, probe, notebook))
    assert probe.asked[0][0] == "/cases"
    line = page_of(notebook, "GET /cases")
    assert line is not None
    assert (line.value["style"], line.value["items"]) == ("offset", "$.cases")


def test_the_budget_is_kept_and_what_was_done_is_not_done_again(tmp_path: Path) -> None:
    names = [f"/list{one}s" for one in "abcdefgh"]
    result = made(tmp_path, {name: listing("page", "size") for name in names})
    handlers = {name: by_page(people(60)) for name in names}
    notebook = Notebook()
    first = TinyProbe(handlers, 20)
    asyncio.run(learn_lists(result, first, notebook))
    done = {one.subject for one in notebook.experiments if one.question == "paging.style"}
    assert 0 < len(done) < 8
    second = TinyProbe(handlers, 200)
    asyncio.run(learn_lists(result, second, notebook))
    assert {f"GET {path}" for path, _ in second.asked} & done == set()
    assert len({line.keys for line in notebook.lines}) == 8


def test_a_list_below_a_record_is_read_below_one_that_has_some(tmp_path: Path) -> None:
    notes = {"/items/1044/notes": by_page(people(30))}
    path = {"name": "itemId", "in": "path", "required": True, "schema": {"type": "integer"}}
    below = listing("page", "size")
    below["get"]["parameters"].append(path)
    result = made(tmp_path, {"/items": listing("page", "size"), "/items/{itemId}/notes": below})
    handlers = {"/items": by_page(), **{f"/items/{one}/notes": lambda query: [] for one in range(1000, 1044)}, **notes}
    notebook = Notebook()
    asyncio.run(learn_lists(result, TinyProbe(handlers), notebook))
    line = page_of(notebook, "GET /items/{itemId}/notes")
    assert line is not None
    assert line.value["style"] == "page"
    assert "1044" not in repr(notebook)


def repeated_at_the_end(records: list[Any], *, first: int, most: int) -> Handler:
    """Beyond the last page comes the last page again."""

    def answer(query: Query) -> Any:
        size = min(int(query.get("size", 20)), most)
        pages = max(-(-len(records) // size), 1)
        number = min(max(int(query.get("page", first)) - first, 0), pages - 1)
        return records[number * size : (number + 1) * size]

    return answer


@pytest.mark.parametrize("first", [0, 1])
def test_the_last_page_again_does_not_show_the_number_of_the_first(tmp_path: Path, first: int) -> None:
    page = hint(learn(tmp_path, repeated_at_the_end(people(5), first=first, most=25), "page", "size"))
    assert page["first"] == first


def test_a_list_next_to_a_list_of_choices_is_learned(tmp_path: Path) -> None:
    handler = by_offset(wrap=lambda rows: {"items": rows, "choices": ITEMS[:4]})
    assert hint(learn(tmp_path, handler, "limit", "offset", items="rows"))["items"] == "$.items"


@pytest.mark.parametrize("names", [("limit", "offset"), ()])
def test_several_kinds_of_records_in_one_answer_are_not_narrowed_to_one(tmp_path: Path, names: tuple[str, ...]) -> None:
    def wrap(rows: list[Any]) -> Any:
        others = [{"key": f"k{one['id']}", "text": "x"} for one in rows]
        return {"items": rows, "mails": others, "calls": others}

    assert page_of(learn(tmp_path, by_offset(wrap=wrap), *names, items="rows")) is None
