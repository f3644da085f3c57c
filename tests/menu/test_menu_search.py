"""Search: words in any form find the tool, what is to be done decides between tools, nothing hidden counts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from adaptgen.tool_search import english, query
from adaptgen.tool_search.bm25 import Index
from adaptgen.tool_search.document import Entry


def made(*calls: tuple[str, str], **descriptions: str) -> Index:
    return Index(
        Entry(
            name, description=descriptions.get(name, ""), calls=(call,), effect="read" if call[:3] == "GET" else "write"
        )
        for name, call in calls
    )


def crud(*resources: str) -> list[tuple[str, str]]:
    found = []
    for one in resources:
        found += [(f"list_{one}s", f"GET /{one}s"), (f"get_{one}", f"GET /{one}s/{{id}}")]
        found += [(f"create_{one}", f"POST /{one}s"), (f"update_{one}", f"PUT /{one}s/{{id}}")]
        found += [(f"delete_{one}", f"DELETE /{one}s/{{id}}")]
    return found


SHOP = made(*crud("customer", "invoice", "shipment", "coupon", "refund", "employee"))
ALL = frozenset(name for name, _ in crud("customer", "invoice", "shipment", "coupon", "refund", "employee"))


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("which invoices are there", "list_invoices"),
        ("remove a customer", "delete_customer"),
        ("please drop the coupon", "delete_coupon"),
        ("please add a new shipment", "create_shipment"),
        ("I want another coupon", "create_coupon"),
        ("who are my employees", "list_employees"),
        ("change the invoice of last month", "update_invoice"),
        ("what does this invoice say", "get_invoice"),
        ("delete that employee", "delete_employee"),
    ],
)
def test_words_of_the_api_find_the_tool(said: str, first: str) -> None:
    assert SHOP.search(said, ALL, 3).names[0] == first


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("which custmoers are there", "list_customers"),  # letters swapped
        ("delete an invoce", "delete_invoice"),  # one missing
        ("who are my employeees", "list_employees"),  # one too many
        ("list the colour charts", "list_color_charts"),  # British
        ("list the timesheets", "list_time_sheets"),  # two words written as one
        ("list head sets", "list_headsets"),  # one written as two
    ],
)
def test_slips_and_spellings(said: str, first: str) -> None:
    more = crud("customer", "invoice", "employee", "color_chart", "time_sheet", "headset")
    assert made(*more).search(said, frozenset(name for name, _ in more), 3).names[0] == first


def test_what_is_left_out_is_not_what_is_meant() -> None:
    pump = [("disable_pump", "POST /pumps/{id}/disable"), ("enable_pump", "POST /pumps/{id}/enable")]
    pump += [("create_removal", "POST /removals"), ("list_pumps", "GET /pumps")]
    found = made(*pump).search("disable the pump without a removal", frozenset(name for name, _ in pump), 4).names
    assert found[0] == "disable_pump"


def test_customers_are_not_custom() -> None:
    two = [("list_custom_fields", "GET /custom_fields"), ("list_tenants", "GET /tenants")]
    assert made(*two).search("our customers", frozenset(name for name, _ in two), 2).names == []


def test_what_nobody_may_see_changes_nothing() -> None:
    """The same search over the visible tools alone, and over those and others that are hidden."""
    few = crud("customer", "invoice")
    names = frozenset(name for name, _ in few)
    alone = made(*few)
    for said in ("delete an invoice", "list customers", "refund", "ship a coupon to a client", "a copon"):
        assert SHOP.search(said, names, 10).names == alone.search(said, names, 10).names
    assert SHOP.search("delete a coupon", frozenset(), 10).names == []


def test_versions_of_one_tool_leave_room_for_others() -> None:
    versions = [(f"list_v{number}_pods", f"GET /v{number}/pods") for number in range(1, 7)]
    index = made(*versions, ("list_nodes", "GET /nodes"), ("list_pod_logs", "GET /pods/logs"))
    names = frozenset(name for name, _ in (*versions, ("list_nodes", ""), ("list_pod_logs", "")))
    found = index.search("list pods", names, 4).names
    assert sum(name.endswith("_pods") for name in found[:3]) == 2
    assert "list_pod_logs" in found[:3]


def test_a_post_that_reads_is_what_is_looked_for() -> None:
    index = Index(
        [
            Entry("filter_runs", calls=("POST /runs/filter",), effect="read"),
            Entry("create_run", calls=("POST /runs",), effect="write"),
        ]
    )
    assert (
        index.search("list the runs that failed", frozenset(("filter_runs", "create_run")), 2).names[0] == "filter_runs"
    )


def test_to_watch_is_for_who_says_so() -> None:
    index = made(("watch_jobs", "GET /watch/jobs"), ("list_jobs", "GET /jobs"))
    both = frozenset(("watch_jobs", "list_jobs"))
    assert index.search("which jobs are there", both, 2).names == ["list_jobs", "watch_jobs"]
    assert index.search("watch the jobs live", both, 2).names[0] == "watch_jobs"


def test_names_in_one_piece_are_read_as_their_words() -> None:
    index = made(("create_rolebinding", "POST /rolebindings"), ("create_role", "POST /roles"))
    found = index.search("create a role binding for Bob", frozenset(("create_rolebinding", "create_role")), 2).names
    assert found[0] == "create_rolebinding"


def test_words_that_tell_nothing_are_searched_where_there_are_no_others() -> None:
    assert made(("get_things", "GET /things")).search("things", frozenset(("get_things",)), 5).names == ["get_things"]


def test_deprecated_tools_come_last() -> None:
    index = made(
        ("list_a_notes", "GET /a/notes"), ("list_b_notes", "GET /b/notes"), list_a_notes="Deprecated. Lists notes."
    )
    assert index.search("list notes", frozenset(("list_a_notes", "list_b_notes")), 2).names == [
        "list_b_notes",
        "list_a_notes",
    ]


@pytest.mark.parametrize(
    ("said", "acts"),
    [
        ("which pods run", {"read", "list"}),
        ("did my rollout finish", {"read", "list"}),
        ("do we have invoices", {"read", "list"}),
        ("tell me what happened", {"read", "list"}),
        ("I need three of them", {"create", "update"}),
        ("please remove her", {"delete"}),
        ("", {"read", "list"}),
    ],
)
def test_what_a_sentence_asks_for(said: str, acts: set[str]) -> None:
    assert query.read(said).acts == acts


@pytest.mark.parametrize(
    ("said", "first"),
    [
        ("add a firewall", "insert_firewall"),
        ("erase a firewall", "drop_firewall"),
        ("alter a firewall", "patch_firewall"),
        ("find firewalls", "query_firewalls"),
        ("suspend a firewall", "disable_firewall"),
        ("kill a firewall", "abort_firewall"),
        ("launch a firewall", "trigger_firewall"),
        ("import a firewall", "upload_firewall"),
    ],
)
def test_another_verb_for_the_same_finds_the_tool(said: str, first: str) -> None:
    """Each against a tool that does alike to the same thing, whose name comes first where words alone count."""
    acts = ("insert", "attach", "drop", "clear", "patch", "bump", "query", "get", "disable", "quit", "abort", "clean")
    names = [f"{act}_firewall{'s' * (act == 'query')}" for act in (*acts, "trigger", "ping", "upload", "set")]
    index = Index(Entry(name, calls=("POST /firewalls",), effect="write") for name in names)
    assert index.search(said, frozenset(names), 1).names == [first]


def test_other_words_and_fields_of_the_answer_are_searched() -> None:
    index = Index(
        [
            Entry("get_rack", calls=("GET /racks/{id}",), also=("cupboards for servers",)),
            Entry("get_site", calls=("GET /sites/{id}",), fields=("id", "physicalAddress.postalCode")),
        ]
    )
    both = frozenset(("get_rack", "get_site"))
    assert index.search("open the cupboard", both, 2).names == ["get_rack"]
    assert index.search("postal", both, 2).names == ["get_site"]


@pytest.mark.parametrize(
    ("words", "stem"),
    [
        (("deployment", "deployments"), "deploy"),
        (("caresses", "caress"), "caress"),
        (("ponies", "pony"), "poni"),
        (("agreed",), "agre"),
        (("hopping", "hops"), "hop"),
        (("relational",), "relat"),
        (("electricity",), "electr"),
        (("people", "person"), "person"),
        (("key", "keys"), "key"),
        (("organize", "organised", "organisation"), "organiz"),
        (("customer", "customers"), "customer"),
        (("id",), "id"),
    ],
)
def test_words_share_a_stem_with_their_inflections(words: tuple[str, ...], stem: str) -> None:
    """Examples of Porter's paper (An algorithm for suffix stripping, 1980), of both spellings and of the exceptions."""
    assert {english.stem(word) for word in words} == {stem}


def test_hostile_questions_are_only_words() -> None:
    for said in ("(" * 5000, "\x00\u202e", "a" * 100_000, "{0.__class__}", "😀 😀", ", , , ."):
        assert isinstance(SHOP.search(said, ALL, 5).names, list)


def test_what_a_tool_is_filed_under_and_takes_is_searched() -> None:
    """Its name says neither: the path has the suppressions, an argument's values have the reboot."""
    index = Index(
        [
            Entry("create_global", calls=("POST /suppressions/global",), effect="write"),
            Entry("create_global_view", calls=("POST /views/global",), effect="write"),
            Entry("send_action", schema=ACTION, calls=("POST /boxes/{id}/actions",), effect="write"),
            Entry("send_answer", calls=("POST /boxes/{id}/answers",), effect="write"),
        ]
    )
    every = frozenset(("create_global", "create_global_view", "send_action", "send_answer"))
    assert index.search("add a suppression", every, 1).names == ["create_global"]
    assert index.search("reboot", every, 1).names == ["send_action"]


ACTION = {
    "type": "object",
    "properties": {"body": {"anyOf": [{"properties": {"type": {"enum": ["reboot", "rename"]}}}, {"type": "null"}]}},
}


def test_a_server_that_lists_its_tools_loads_no_tables() -> None:
    code = "import sys, adaptgen.tool_search; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {one.rpartition(".")[2] for one in done.stdout.split()}
    assert "menu" in loaded
    assert not loaded & {"bm25", "document", "query", "english", "Stemmer"}
