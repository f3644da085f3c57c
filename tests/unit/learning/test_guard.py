from pathlib import Path

import httpx
import pytest

from adaptgen.learning.guard import LoginLog, find_change
from adaptgen.runtime.core.answer import ToolError


def test_three_logins_an_hour_whatever_process_tries_them(tmp_path: Path) -> None:
    now = [1000.0]
    for _ in range(3):
        LoginLog(tmp_path, "shop", lambda: now[0]).take()
    with pytest.raises(ToolError, match="3 login attempts"):
        LoginLog(tmp_path, "shop", lambda: now[0]).take()
    now[0] += 3601
    LoginLog(tmp_path, "shop", lambda: now[0]).take()


@pytest.mark.parametrize(
    ("path", "headers", "changing"),
    [
        ("/things?page=2&sort=action", {}, ""),
        ("/things?action=list", {}, ""),
        ("/things?action=delete", {}, "action"),
        ("/things?_method=DELETE", {}, "_method"),
        ("/things", {"X-HTTP-Method": "DELETE"}, "x-http-method"),
        ("/things", {"x-http-method-override": "DELETE"}, "x-http-method-override"),
        ("/things", {"X-Original-URL": "/things/7/delete"}, "x-original-url"),
        ("/things", {"Host": "b.example"}, "Host"),
    ],
)
def test_no_input_makes_another_request_of_a_read(path: str, headers: dict[str, str], changing: str) -> None:
    assert find_change(httpx.Request("GET", f"http://a:8080{path}", headers=headers)) == changing
