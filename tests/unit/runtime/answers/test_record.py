"""Answers that are no lists."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from adaptgen.model.tables import Tool
from adaptgen.runtime.answers.list import answer_detail
from adaptgen.runtime.core.answer import Answer, Text, ToolError

GET = Tool(name="get_contact", view=("id", "name", "org.name"), payload="$.contact")


def words(answer: Answer) -> str:
    (block,) = answer.content
    assert isinstance(block, Text)
    return block.text


def detail(kit: Any, tool: Tool, body: Any, fields: list[str] | None = None, max_bytes: int = 9000, **more: Any) -> Any:
    text = words(answer_detail(tool, kit.reply(body, **more), fields=fields, max_bytes=max_bytes))
    assert len(text.encode()) <= max_bytes
    return orjson.loads(text)


USERS = Tool(
    name="t", view=("id",), sensitive={"staff[*].title": "name", "notes[*].label": "national_id", "$..code": "card"}
)


@pytest.mark.parametrize(
    ("key", "element", "shown"),
    [
        ("users", {"email": "anna@example.org"}, None),
        ("users", {"email": "anna@example.org", "id": 7}, 7),
        ("users", {"name": "anna@example.org", "id": 7}, None),
        ("users", {"label": "Call +47 22 33 44 55"}, None),
        ("users", {"label": "Account 1234.56.78903"}, None),
        ("keys", {"key": "sk1live0abcdefghijklmnop"}, None),
        ("apiKeys", {"name": "short"}, None),
        ("staff", {"title": "Anna Dahl"}, None),
        ("notes", {"label": "a"}, None),
        ("other", {"label": "a"}, None),
        ("other", {"code": "a"}, None),
        ("other", {"name": {"en": "a"}, "id": 3}, 3),
        ("other", {"title": "Anna Dahl"}, "Anna Dahl"),
        ("other", {"title": "Review of 2026-03-01"}, "Review of 2026-03-01"),
    ],
)
@pytest.mark.parametrize("inside", [True, False])
def test_a_sample_shows_no_personal_data(kit: Any, key: str, element: Any, shown: Any, inside: bool) -> None:
    body = {"id": 1, "refData": {key: [element]}} if inside else {"id": 1, key: [element]}
    (found,) = detail(kit, USERS, body)["omitted"].values()
    assert found == {"count": 1} | ({"first": [shown]} if shown is not None else {})


def test_a_sample_beside_the_payload_shows_no_personal_data(kit: Any) -> None:
    body = {"contact": {"id": 1}, "emails": ["anna"], "users": ["anna@example.org", "b"], "n": [12345678, 5]}
    assert detail(kit, GET, body)["omitted"] == {
        "$.emails": {"count": 1},
        "$.users": {"count": 2, "first": ["b"]},
        "$.n": {"count": 2, "first": [5]},
    }


def test_a_long_text_is_cut_and_can_be_read_on(kit: Any) -> None:
    tool = Tool(name="t", view=("id", "notes"))
    body = {"id": 1, "notes": "0123456789" * 500}
    cut = detail(kit, tool, body, None, 1500)
    assert cut["notes"] == ("0123456789" * 100) + "…"
    assert cut["omitted"] == {"notes": "1000 of 5000 characters; fields notes[1000:]"}
    rest = detail(kit, tool, body, ["notes[1000:2000]"], 1500)
    assert rest == {"notes[1000:2000]": "0123456789" * 100}


def test_a_wide_record_fits_in_any_case(kit: Any) -> None:
    body = {f"field_{n}": {"a": ["x" * 90] * 30, "b": n} for n in range(200)}
    assert "omitted" in detail(kit, Tool(name="t", view=("*",)), body, None, 2000)


def test_a_write_that_answers_a_list_is_cut_by_whole_items(kit: Any) -> None:
    answer = detail(kit, Tool(name="t", view=("*",)), [{"id": n, "v": "y" * 100} for n in range(30)], None, 1000)
    assert [item["id"] for item in answer["items"]] == list(range(len(answer["items"])))
    assert answer["omitted"] == {"items": f"{len(answer['items'])} of 30 elements; fields $[{len(answer['items'])}:]"}


@pytest.mark.parametrize(
    ("status", "headers", "said"),
    [
        (204, {}, {"done": True}),
        (201, {"location": "/contacts/5"}, {"done": True, "location": "/contacts/5"}),
        (202, {"location": "/jobs/5"}, {"accepted": True, "location": "/jobs/5"}),
    ],
)
def test_an_empty_answer_says_that_it_is_done(kit: Any, status: int, headers: dict[str, str], said: Any) -> None:
    assert detail(kit, GET, b"", status=status, headers=headers, media_type="") == said


@pytest.mark.parametrize("value", [5, "text", None, True])
def test_a_scalar_is_a_result(kit: Any, value: Any) -> None:
    assert detail(kit, Tool(name="t"), value) == {"result": value}


def test_a_member_called_omitted_is_not_overwritten(kit: Any) -> None:
    body = {"omitted": 7, "notes": "n" * 5000}
    assert detail(kit, Tool(name="t", view=("omitted", "notes")), body, None, 1000)["omitted"] == 7


def test_without_a_view_a_large_record_is_ranked(kit: Any) -> None:
    body = {"id": 4, "name": "Ada", "bio": "b" * 2000, "status": "open"}
    assert detail(kit, Tool(name="t"), body) == {
        "id": 4, "name": "Ada", "status": "open", "omitted": {"bio": "left out; fields bio"}
    }  # fmt: skip


def test_an_answer_that_nests_without_end_is_refused(kit: Any) -> None:
    body = b'{"a":' * 1000 + b"1" + b"}" * 1000
    with pytest.raises(ToolError, match="nests too deep"):
        detail(kit, Tool(name="t", view=("*",)), body)


# ------------------------------------------------------------------------------------------------------------- media


def test_a_page_comes_as_its_words(kit: Any) -> None:
    page = b"<html><head><title>t</title></head><body><h1>Oops</h1><script>x()</script><p>a &amp;\n b</p></body></html>"
    assert (
        words(answer_detail(GET, kit.reply(page, media_type="text/html"), fields=None, max_bytes=900)) == "Oops\na & b"
    )


def test_text_is_cut_and_says_so(kit: Any) -> None:
    lines = b"id name\n" + b"1 \xc3\xa4da\n" * 1000
    said = words(answer_detail(GET, kit.reply(lines, media_type="text/plain"), fields=None, max_bytes=500))
    assert said.startswith("id name\n1 äda\n")
    assert said.endswith("of 7008 bytes)")
    assert len(said.encode()) <= 500


def test_text_that_begins_like_json_stays_text(kit: Any) -> None:
    log = b"[INFO] started"
    assert (
        words(answer_detail(GET, kit.reply(log, media_type="text/plain"), fields=None, max_bytes=500)) == log.decode()
    )


def test_a_file_that_no_deployed_server_could_answer_is_only_named(kit: Any) -> None:
    sent = kit.reply(bytes(5 * 1024 * 1024), media_type="application/zip")
    said = words(answer_detail(GET, sent, fields=None, max_bytes=9000))
    assert (
        said
        == "The API sent a file (application/zip, 5242880 bytes), too large to hand on; the limit is 4194304 bytes."
    )
