"""JSON in the forms in which legacy APIs send it."""

from __future__ import annotations

from typing import Any

import pytest

from adaptgen.runtime.core.answer import ToolError
from adaptgen.runtime.http.response import Response


def json(content: bytes, media_type: str = "application/json") -> Any:
    return Response(200, {"content-type": media_type}, content, media_type=media_type.partition(";")[0]).json()


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ('{"city":"Zürich €"}'.encode("cp1252"), {"city": "Zürich €"}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b")]}',\n[1]", [1]),
        (b")]}'\n{}", {}),
        (b"while(1);[1]", [1]),
        (b'for (;;);{"a":1}', {"a": 1}),
        (b"throw 1; <dont be evil>".replace(b" <dont be evil>", b"") + b"[1]", [1]),
        (b"{}&&[1]", [1]),
        (b"/**/callback_1([1]);", [1]),
        (b'api.v1.done({"a": "(b)"})', {"a": "(b)"}),
        (b'{"id":1}\n{"id":2}\n', [{"id": 1}, {"id": 2}]),
        ('{"id":1,"t":"a\u2028b"}\r\n\r\n{"id":2}'.encode(), [{"id": 1, "t": "a\u2028b"}, {"id": 2}]),
    ],
)
def test_other_forms_of_json_are_read(content: bytes, value: Any) -> None:
    assert json(content) == value


@pytest.mark.timeout(20)
@pytest.mark.parametrize("unit", [b" ", b")", b") ", b"(", b"{\n", b"while(", b"<?", b"\n{", b"a.", b"/**/"])
@pytest.mark.parametrize("begin", [b"a([", b"a({)", b"", b"while(1);", b"<"])
def test_no_form_takes_long(begin: bytes, unit: bytes) -> None:
    with pytest.raises(ToolError):
        json(begin + unit * 300_000 + b"x")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"Wrong password: hunter22", "text that is not JSON"),
        (b"eyJhbGciOiJIUzI1NiJ9.e30.hunter22", "text that is not JSON"),
        (b"Error(404)", "text that is not JSON"),
        (b"a(b[1])", "text that is not JSON"),
        (
            b"<?xml version='1.0'?>\n<soap:Envelope>hunter22</soap:Envelope>",
            "XML document (its first element is soap:En",
        ),
        (b" <!DOCTYPE html><title>hunter22</title>", "an HTML page"),
        (b"<html>hunter22", "an HTML page"),
        (b'{"id":1}\n{"id":', "begins like JSON ({)"),
        (b'{"id":1}\nhunter22\n{"id":2}', "begins like JSON ({)"),
        (b"%PDF-1.7", "a PDF file"),
        (b" \n", "an empty answer"),
    ],
)
def test_what_is_no_json_is_an_error_that_names_its_kind(content: bytes, kind: str) -> None:
    with pytest.raises(ToolError) as problem:
        json(content)
    assert kind in str(problem.value)
    assert "hunter22" not in str(problem.value)
