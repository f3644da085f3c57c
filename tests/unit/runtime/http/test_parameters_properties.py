"""Whatever text an agent gives, it arrives as it is and changes nothing around it."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from adaptgen.model.tables import Call, Param
from adaptgen.runtime import ToolError
from adaptgen.runtime.http.request import Inputs, build

CALL = Call(
    "GET", "/a/{x}/b", query=(Param("q"), Param("r", reserved=True), Param("z", value="1")), headers=(Param("H"),)
)
ASCII = st.text(st.characters(min_codepoint=32, max_codepoint=126))
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@settings(max_examples=300)
@given(x=TEXT, q=TEXT, r=TEXT, h=ASCII | TEXT)
def test_arguments_stay_where_they_belong(x: str, q: str, r: str, h: str) -> None:
    try:
        request = build(CALL, "http://h:1", Inputs({"x": x, "q": q, "r": r, "H": h}, str))
    except ToolError:
        return
    # The oracles: urllib and httpx, which reads addresses in its own way and normalises dot segments.
    for url in (urlsplit(request.url), urlsplit(str(httpx.URL(request.url)))):
        assert (url.scheme, url.netloc, url.fragment) == ("http", "h:1", "")
        before, a, middle, b = url.path.split("/")
        assert (before, a, unquote(middle), b) == ("", "a", x, "b")
        assert dict(parse_qsl(url.query, keep_blank_values=True)) == {"q": q, "r": r, "z": "1"}
    assert request.headers["H"] == h.strip()
    assert request.headers["H"].isprintable()
