from pathlib import Path

import httpx
import pytest

from adaptgen.learning.guard import LoginLog, Rules, find_change, make_route
from adaptgen.runtime.core.answer import ToolError


def test_three_logins_an_hour_whatever_process_tries_them(tmp_path: Path) -> None:
    now = [1000.0]
    for _ in range(3):
        LoginLog(tmp_path, "shop", lambda: now[0]).take()
    with pytest.raises(ToolError, match="3 login attempts"):
        LoginLog(tmp_path, "shop", lambda: now[0]).take()
    now[0] += 3601
    LoginLog(tmp_path, "shop", lambda: now[0]).take()


def test_a_login_that_succeeded_counts_for_this_run_only(tmp_path: Path) -> None:
    log = LoginLog(tmp_path, "shop")
    for _ in range(3):
        log.take()
        log.succeeded()
    assert (log.remaining, LoginLog(tmp_path, "shop").remaining) == (0, 3)


@pytest.mark.parametrize(
    ("method", "url", "judged"),
    [
        ("GET", "http://a/v1/things", "read"),
        ("HEAD", "http://a/v1/things/", "read"),
        ("GET", "http://a/v1/things/7", "read"),
        ("GET", "http://a/v1/things/stop", ""),
        ("GET", "http://a/v1/things/%73top", ""),
        ("GET", "http://a/v1/things/7/parts", ""),
        ("GET", "http://b/v1/things", ""),
        ("GET", "http://a/v2/things", ""),
        ("POST", "http://a/v1/things", ""),
        ("POST", "http://a/login", "login"),
        ("GET", "http://a/login", ""),
    ],
)
def test_what_is_sent_is_judged_by_method_and_address(method: str, url: str, judged: str) -> None:
    paths = (("GET", "/things", True), ("GET", "/things/{id}", True), ("GET", "/things/stop", False))
    routes = [make_route(method, "http://a/v1", path, safe) for method, path, safe in paths]
    rules = Rules(one for one in routes if one is not None)
    rules.allow_login("POST", "http://a/login", attempt=True)
    assert rules.judge(method, url) == judged


def test_a_renewal_at_the_address_of_the_login_does_not_uncount_it() -> None:
    rules = Rules(())
    rules.allow_login("POST", "http://a/token", attempt=True)
    rules.allow_login("POST", "http://a/token", attempt=False)
    assert rules.judge("POST", "http://a/token") == "login"


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


@pytest.mark.parametrize(
    ("path", "judged"), [("/next/2", "read"), ("/users/7/deactivate", ""), ("/deactivate/7", ""), ("/logout/now", "")]
)
def test_a_link_to_an_act_is_not_followed(path: str, judged: str) -> None:
    route = make_route("GET", "http://a", "/things", True)
    assert route is not None
    rules = Rules([route])
    rules.lead(f"http://a{path}")
    assert rules.judge("GET", f"http://a{path}") == judged
