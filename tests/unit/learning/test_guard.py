from pathlib import Path

import pytest

from adaptgen.learning.guard import LoginLog, Rules, make_route
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
