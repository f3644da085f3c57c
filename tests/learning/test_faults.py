"""What goes wrong while an API is learned: the conclusion is right or left open, within the budget, without a write."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from learning.behaviour import Api
from learning.run import Report, learn_api
from learning.server import serving
from learning.service import PAGE, Asked, Said, Service
from plain import PAGES, SESSION, api, listing

Change = Callable[[Asked, Said], Said | None]


@pytest.fixture(autouse=True)
def interruptible() -> Iterator[None]:
    """Ctrl-C interrupts, also where the tests run in the background of a shell, which ignores it for them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@contextmanager
def served(made: Api, change: Change | None = None) -> Iterator[Service]:
    with serving(Service(made), change) as service:
        yield service


def learned(made: Api, folder: Path, change: Change | None = None, *options: str) -> Report:
    with served(made, change) as service:
        return learn_api(service, folder, *options)


def check(report: Report, budget: int = 200) -> None:
    """What holds whatever happens."""
    assert report.failed == ""
    assert report.requests <= budget
    assert report.writes == []
    assert report.kept == []
    assert report.false == []
    assert report.cut == []


def about(report: Report, name: str) -> list[str]:
    """What was missed about one list."""
    return [text for text in report.missed if text.startswith(f"GET /{name} ")]


def path_is(name: str) -> Callable[[Asked], bool]:
    return lambda asked: asked.path == f"/{name}"


def test_without_a_fault_everything_is_found(tmp_path: Path) -> None:
    report = learned(api(), tmp_path)
    check(report)
    assert report.missed == []
    assert (report.read, report.lists) == (2, 2)


# ------------------------------------------------------------------------------------------------------ interruption


def interrupted_at(number: int) -> Change:
    """Ctrl-C while one request is answered."""
    count = 0

    def interrupt(asked: Asked, said: Said) -> Said:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGINT)
        return said

    return interrupt


def learn_twice(folder: Path, number: int, *options: str) -> tuple[Report, Report, list[str]]:
    """A run that is interrupted at one request, the one that continues it, and what that one asked."""
    with served(api(), interrupted_at(number)) as service:
        first = learn_api(service, folder, *options)
        service.seen.clear()
        second = learn_api(service, folder, *options)
        return first, second, [one.target for one in service.seen[: second.requests]]


def test_an_interrupted_run_is_continued(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    with served(api()) as service:
        whole = learn_api(service, tmp_path / "whole").requests
        asked = [one.target for one in service.seen[:whole]]
    # In the second list, after its first page: all about the first one is known.
    number = 2 + max(at for at, one in enumerate(asked) if one == "/orders")
    first, second, again = learn_twice(tmp_path / "parts", number)
    assert first.failed.startswith("exit 130")
    check(second)
    assert second.missed == []
    assert number <= first.requests <= number + 1
    assert [one for one in again if one.startswith("/customers?")] == []
    # The login is checked anew, the list in the middle is begun anew, and records are looked at again: none is kept.
    assert first.requests + second.requests <= whole + 14


def test_the_budget_counts_over_both_parts(tmp_path: Path) -> None:
    first, second, _ = learn_twice(tmp_path, 12, "--requests", "20")
    check(second)
    assert 0 < first.requests + second.requests <= 20


@pytest.mark.parametrize("budget", [1, 7, 20])
def test_a_small_budget_is_kept(tmp_path: Path, budget: int) -> None:
    report = learned(api(login=SESSION), tmp_path, None, "--requests", str(budget))
    check(report, budget)


# ------------------------------------------------------------------------------------------------------------ login


def test_a_session_that_ends_while_learning(tmp_path: Path) -> None:
    report = learned(api(login=replace(SESSION, uses=7)), tmp_path)
    check(report)
    assert report.logins >= 2
    assert report.missed == []


def test_wrong_credentials_are_tried_three_times_at_most(tmp_path: Path) -> None:
    made = api(login=SESSION)
    with served(made) as service:
        service.api = replace(made, secrets={**made.secrets, "password": "another"})
        report = learn_api(service, tmp_path)
        assert service.refused_logins <= 3
    assert report.requests <= 200
    assert report.writes == []
    assert report.false == []


@pytest.mark.parametrize("refused", ["401", "403", "200", "redirect"])
def test_what_a_refused_session_looks_like(tmp_path: Path, refused: str) -> None:
    report = learned(api(login=replace(SESSION, refused=refused)), tmp_path)
    check(report)
    assert report.missed == []


def test_a_title_with_a_number(tmp_path: Path) -> None:
    report = learned(api(login=replace(SESSION, refused="403"), name="crm20250", seed=20250), tmp_path)
    check(report)
    assert report.missed == []


# ------------------------------------------------------------------------------------------------------ busy or slow


@pytest.mark.parametrize("status", [429, 503])
def test_an_api_that_is_busy_now_and_then(tmp_path: Path, status: int) -> None:
    count = 0

    def busy(asked: Asked, said: Said) -> Said:
        nonlocal count
        count += 1
        return said if count % 3 else Said({"message": "busy"}, status, {"Retry-After": "0"})

    report = learned(api(), tmp_path, busy)
    check(report)
    assert report.missed == []


@pytest.mark.parametrize("status", [429, 503])
def test_an_api_that_is_busy_for_an_hour(tmp_path: Path, status: int) -> None:
    busy = Said({"message": "busy"}, status, {"Retry-After": "3600"})
    report = learned(api(), tmp_path, lambda asked, said: busy)
    assert report.false == []
    assert report.requests <= 30
    assert report.writes == []


def test_one_slow_list(tmp_path: Path) -> None:
    done = threading.Event()

    def slow(asked: Asked, said: Said) -> Said | None:
        if path_is("orders")(asked):
            done.wait(20)
            return None
        return said

    hints = tmp_path / "specs" / "mock7" / "hints.yaml"
    hints.parent.mkdir(parents=True)
    hints.write_text("adaptgen: 1\nconnection: {timeout: 200ms}\n")
    try:
        report = learned(api(), tmp_path, slow)
    finally:
        done.set()
    check(report)
    assert about(report, "customers") == []


# ---------------------------------------------------------------------------------------------------- broken answers


FAULTS: dict[str, Callable[[Asked, Said], Said | None]] = {
    "500": lambda asked, said: Said({"message": "broken"}, 500),
    "a closed connection": lambda asked, said: None,
    "HTML": lambda asked, said: Said(PAGE, 200, {"Content-Type": "text/html"}),
    "not JSON": lambda asked, said: Said(b'{"data": [', 200),
    "another origin": lambda asked, said: Said(b"", 302, {"Location": "http://127.0.0.2:9/orders"}),
    "a login page": lambda asked, said: Said(b"", 302, {"Location": "/login"}),
    "a circle of redirects": lambda asked, said: Said(b"", 302, {"Location": asked.target}),
    "403 for this list alone": lambda asked, said: Said({"message": "not for you"}, 403),
    "no content": lambda asked, said: Said(b"", 204),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_list_that_is_broken(tmp_path: Path, fault: str) -> None:
    def broken(asked: Asked, said: Said) -> Said | None:
        return FAULTS[fault](asked, said) if path_is("orders")(asked) else said

    report = learned(api(), tmp_path, broken)
    if fault == "no content":
        report.cut.clear()  # an empty answer is a list without records
    check(report)
    assert about(report, "customers") == []


@pytest.mark.parametrize("fault", ["500", "a closed connection", "HTML", "not JSON"])
def test_a_list_that_is_broken_now_and_then(tmp_path: Path, fault: str) -> None:
    count = 0

    def broken(asked: Asked, said: Said) -> Said | None:
        nonlocal count
        count += 1
        return said if count % 4 else FAULTS[fault](asked, said)

    check(learned(api(), tmp_path, broken))


def test_an_address_that_moved_within_the_origin(tmp_path: Path) -> None:
    def moved(asked: Asked, said: Said) -> Said:
        if asked.path == "/orders":
            return Said(b"", 301, {"Location": asked.target.replace("/orders", "/new/orders")})
        return said

    made = api()
    with served(made, moved) as service:
        inner = service._answer

        def answer(asked: Asked) -> Said:
            return inner(replace(asked, target=asked.target.replace("/new/orders", "/orders")))

        service._answer = answer  # type: ignore[method-assign]
        report = learn_api(service, tmp_path)
    check(report)
    assert about(report, "customers") == []


# ----------------------------------------------------------------------------------------- little to learn from


@pytest.mark.parametrize("count", [0, 1])
def test_a_list_with_too_few_records(tmp_path: Path, count: int) -> None:
    report = learned(api(listing("customers", 73), listing("orders", count)), tmp_path)
    check(report)
    assert about(report, "customers") == []


def test_a_list_that_changes_meanwhile(tmp_path: Path) -> None:
    made = api()
    with served(made) as service:
        inner, count = service._answer, 0

        def answer(asked: Asked) -> Said:
            nonlocal count
            count += 1
            customers, orders = made.lists
            grown = ({**customers.records[0], "id": 9000 - count}, *customers.records)
            service.api = replace(made, lists=(replace(customers, records=grown), orders))
            return inner(asked)

        service._answer = answer  # type: ignore[method-assign]
        report = learn_api(service, tmp_path)
    assert report.writes == []
    assert report.requests <= 200
    assert [text for text in report.false if "style" in text or "first" in text] == []


@pytest.mark.parametrize("absolute", [True, False])
def test_a_next_address_of_a_list_below_a_record(tmp_path: Path, absolute: bool) -> None:
    paging = replace(PAGES, mechanics="cursor", position="cursor", announce="header", next="header:Next-Page",
                     absolute=absolute)  # fmt: skip
    orders = listing("orders", 73, paging)
    rows = tuple({**record, "customerId": 100} for record in orders.records)
    below = replace(orders, path="/customers/{customer_id}/orders", parent="customers", link="customerId", records=rows)
    report = learned(api(listing("customers", 1), below), tmp_path)
    check(report)
    assert report.missed == []
    assert report.read == report.lists


# ------------------------------------------------------------------------------------------------------ unsafe reads


def test_a_get_that_is_unsafe_by_its_words_is_not_called(tmp_path: Path) -> None:
    unsafe = ("GET /logout", "GET /orders/purge", "GET /jobs/start")
    report = learned(replace(api(login=SESSION), unsafe=unsafe), tmp_path)
    check(report)
    assert report.missed == []


def test_a_next_url_that_leads_to_an_unsafe_read_is_not_followed(tmp_path: Path) -> None:
    paging = replace(PAGES, announce="url", next="$.next")

    def lead(asked: Asked, said: Said) -> Said:
        if isinstance(said.body, dict) and "next" in said.body:
            return replace(said, body={**said.body, "next": "/customers/purge?page=2"})
        return said

    made = replace(api(listing("customers", 73, paging)), unsafe=("GET /customers/purge",))
    report = learned(made, tmp_path, lead)
    assert report.writes == []
    assert report.false == []
