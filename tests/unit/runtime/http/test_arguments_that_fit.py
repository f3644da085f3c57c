"""Formats, file names, empty path arguments: what fits is taken, what no API can mean is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from adaptgen.model.tables import Param
from adaptgen.runtime import ToolError
from adaptgen.runtime.http import parameters as serialize
from adaptgen.runtime.http.body import read_file
from adaptgen.runtime.validation import Arguments
from adaptgen.syntax.text_formats import fits

if TYPE_CHECKING:
    from collections.abc import Mapping


@pytest.mark.parametrize(
    ("format", "right", "wrong"),
    [
        ("date", ["2026-02-28", "2026-02-28T10:00:00Z", "2024-02-29", ""], ["2026-02-30", "soon", "1/2/26"]),
        (
            "date-time",
            ["2026-01-31T09:30:00Z", "2026-01-31 09:30", "2026-01-31", "2026-01-31T09:30:00.123+02:00", "1700000000"],
            ["2026-13-01T00:00:00Z", "2026-01-31T25:00:00Z", "now", "yesterday at 5"],
        ),
        ("time", ["09:30", "09:30:00Z", "23:59:59.5+01:00"], ["25:00", "noon", "9.30"]),
        (
            "uuid",
            ["3f2b6c1e-8a4d-4c7e-9b1a-5d6e7f8091a2", "{3F2B6C1E-8A4D-4C7E-9B1A-5D6E7F8091A2}"],
            ["7", "3f2b6c1e-8a4d", "zzzzzzzz-8a4d-4c7e-9b1a-5d6e7f8091a2"],
        ),
        ("email", ["a@b.example", "Ada <ada@b.example>", "ä@ö.example", "a@localhost"], ["ada", "@", "a b"]),
        ("ipv4", ["10.0.0.1", "10.0.0.0/8"], ["10.0.0.256", "::1", "host"]),
        ("ipv6", ["::1", "fe80::1%eth0", "[::1]"], ["10.0.0.1", "x"]),
        ("uri", ["https://a.example/x", "/relative", "urn:a:b"], ["not a uri"]),
        ("hostname", ["anything at all"], []),
    ],
)  # fmt: skip
def test_a_format_refuses_only_what_no_api_can_mean(format: str, right: list[str], wrong: list[str]) -> None:
    assert [one for one in right if not fits(format, one)] == []
    assert [one for one in wrong if fits(format, one)] == []


@pytest.mark.parametrize(
    "more",
    [{"pattern": "^[0-9/]+$"}, {"default": "31/01/2026"}, {"enum": ["31/01/2026"]}, {"examples": ["31/01/2026"]}],
)
def test_a_format_that_its_neighbours_contradict_is_not_checked(more: Mapping[str, Any]) -> None:
    def schema(one: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"when": one, "format": {"type": "string"}}}

    Arguments(schema({"type": "string", "format": "date", **more})).check({"when": "31/01/2026", "format": "any"})
    with pytest.raises(ToolError, match="`when` must be a date"):
        Arguments(schema({"type": "string", "format": "date"})).check({"when": "31/01/2026"})


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"filename": "a.png", "base64": ""}, "image/png"),
        ({"filename": "A.PDF", "base64": ""}, "application/pdf"),
        ({"filename": "people.csv", "text": "a,b"}, "text/csv; charset=utf-8"),
        ({"filename": "x.json", "text": "{}"}, "application/json"),
        ({"filename": "x.ods", "base64": ""}, "application/vnd.oasis.opendocument.spreadsheet"),
        ({"filename": "x.png", "base64": "", "media_type": "image/x-own"}, "image/x-own"),
        ({"filename": "unknown.zzz", "base64": ""}, "application/octet-stream"),
        ({"filename": "png", "text": ""}, "text/plain; charset=utf-8"),
        ({"text": ""}, "text/plain; charset=utf-8"),
    ],
)  # fmt: skip
def test_the_media_type_of_a_file_comes_from_its_name(given: Any, kind: str) -> None:
    assert read_file(given, "file")[2] == kind


def test_a_path_argument_is_empty_only_where_it_may_be() -> None:
    assert serialize.path(Param("rest", blank=True), "", "rest") == ""
    with pytest.raises(ToolError, match="is empty"):
        serialize.path(Param("rest"), "", "rest")
    with pytest.raises(ToolError):
        serialize.path(Param("rest", blank=True), "..", "rest")
