"""Whatever is sent to the pages of logging in is answered with a refusal, never with a failure."""

from __future__ import annotations

import asyncio
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from support.idp import Idp
from support.logins import site

from adaptgen.mcp.http_messages import HttpRequest, whole
from adaptgen.web.browser.people import people_of

TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=60)
QUERY = st.one_of(
    TEXT,
    st.lists(st.tuples(st.sampled_from(["state", "code", "iss", "error", "identified", "x"]), TEXT), max_size=6).map(
        lambda pairs: "&".join(f"{name}={text}" for name, text in pairs)
    ),
)


@settings(max_examples=30, deadline=None)
@given(
    sent=st.lists(
        st.tuples(
            st.sampled_from(["/login/callback", "/login/out", "/login/", "/login/callback/", "/login/../mcp"]),
            st.sampled_from(["GET", "HEAD", "POST", "PUT", "OPTIONS"]),
            QUERY,
            TEXT,
            st.binary(max_size=80),
            st.sampled_from(["127.0.0.1", "localhost:99999", "[", "a@b", ""]),
        ),
        min_size=20,
        max_size=40,
    )
)
def test_nothing_breaks_it(tmp_path_factory: object, sent: list[tuple[str, str, str, str, bytes, str]]) -> None:
    folder: Path = tmp_path_factory.mktemp("site")  # type: ignore[attr-defined]
    asyncio.run(_send(folder, sent))


async def _send(folder: Path, sent: list[tuple[str, str, str, str, bytes, str]]) -> None:
    idp = Idp()
    await idp.start()
    try:
        async with site(folder, idp, audit=None) as one:
            names = ["session", "login-abcdefghijkl"]
            marks = [line.partition("=")[0].rpartition("login-")[0] for line in await _cookies(one)]
            for path, method, query, text, body, host in sent:
                cookie = "; ".join(f"{marks[0]}{name}={text}" for name in names)
                headers = {
                    "host": host,
                    "cookie": cookie,
                    "origin": text,
                    "sec-fetch-site": "same-origin",
                    "accept": "text/html",
                    "content-type": "application/x-www-form-urlencoded",
                }
                answer = await one.server.handle(HttpRequest(method, path, headers, whole(body), query=query))
                assert answer.status < 500
                assert answer.status != 302
                assert idp.counts["/token"] == 0
    finally:
        await idp.stop()


async def _cookies(one: object) -> tuple[str, ...]:
    people = people_of(one.governed)  # type: ignore[attr-defined]
    return (await people.log_in(HttpRequest("GET", "/", {}, whole(b"")), "/x")).cookies
