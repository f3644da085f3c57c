"""Views keep paths, distinguish null from missing, and keep together what belongs together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.runtime.answers.layout import Secrets
from adaptgen.runtime.answers.projection import view
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.runtime.pii.tagged_values import Tagged
from adaptgen.syntax.field_paths import MISSING, get

ITEMS: list[Any] = [
    {"id": 1, "name": "Ada", "org": {"id": 5, "name": "Acme"}, "tags": [{"id": 1, "name": "x"}, {"id": 2}]},
    {"id": 2, "name": None, "org": None, "tags": []},
    {"id": 3},
]


def test_rows_give_null_for_null_and_for_missing() -> None:
    assert view(["id", "name", "org.name"]).rows(ITEMS) == [(1, "Ada", "Acme"), (2, None, None), (3, None, None)]


def test_objects_keep_null_and_leave_missing_out() -> None:
    assert view(["id", "name", "org.name"]).objects(ITEMS) == [
        {"id": 1, "name": "Ada", "org": {"name": "Acme"}},
        {"id": 2, "name": None, "org": None},
        {"id": 3},
    ]


def test_lists_are_rebuilt_element_by_element() -> None:
    assert view(["tags[*].id", "tags[*].name"]).objects(ITEMS[0]) == {"tags": [{"id": 1, "name": "x"}, {"id": 2}]}


def test_a_part_of_a_list_or_text_stands_under_its_path() -> None:
    assert view(["id", "tags[0].name", "name[1:]"]).objects(ITEMS[0]) == {
        "id": 1,
        "tags[0].name": "x",
        "name[1:]": "da",
    }


def test_a_whole_object_wins_over_its_members() -> None:
    assert view(["org.name", "org"]).objects(ITEMS[0]) == {"org": {"id": 5, "name": "Acme"}}


@pytest.mark.parametrize(
    ("paths", "flat"),
    [
        (["id", "org.name"], True),
        (["id", "tags[*].name"], True),
        (["tags[*].id", "tags[*].name"], False),
        (["a[*].b[*].c"], False),
        (["*"], False),
    ],
)
def test_flat(paths: list[str], flat: bool) -> None:
    assert view(paths).flat is flat


def test_star_keeps_items_as_they_are() -> None:
    assert view(["*"]).objects(ITEMS) == ITEMS


def test_unmet_names_the_paths_that_no_item_has() -> None:
    assert view(["id", "nmae", "org.city"]).unmet(ITEMS) == ("nmae", "org.city")


values = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=3)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)),
    max_leaves=12,
)
some_paths = st.lists(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(".".join), min_size=1, max_size=4, unique=True
)


@given(st.lists(values, max_size=4), some_paths)
def test_rows_agree_with_reading_each_path_alone(items: list[Any], paths: list[str]) -> None:
    expected = [
        tuple(None if (one := get(item, path, early=True)) is MISSING else one for path in paths) for item in items
    ]
    assert view(paths).rows(items) == expected


def test_what_lacks_a_path_is_not_what_has_nothing_there() -> None:
    shown = view(["id", "owner.name", "tags[*].name", "zone", "lost"])
    assert shown.lacking([{"id": 1, "owner": None, "tags": [], "zone": 0}]) == ("lost",)
    assert shown.lacking([{"id": 1, "owner": {}, "tags": [{}]}]) == ("owner.name", "tags[*].name", "zone", "lost")


def test_a_plain_value_that_stands_for_a_declared_object_is_classified_like_what_is_asked_of_it() -> None:
    marks = PiiTracker(Classifier({"owner.name": "name"}))
    (item,) = Secrets({"owner.name": "name"}, view(["id", "owner.name"]), marks).hide([{"id": 1, "owner": "Ada L"}])
    assert isinstance(item["owner"], Tagged)
    assert ("name", "Ada L") in marks.seen
    (item,) = Secrets({"owner.name": "name"}, view(["id", "owner.zone"]), marks).hide([{"id": 1, "owner": "Ada L"}])
    assert not isinstance(item["owner"], Tagged)
    (item,) = Secrets({}, view(["token.zone"])).hide([{"token": "t0ps3cret"}])
    assert item == {"token": "[withheld]"}
    (item,) = Secrets({}, view(["token.zone"])).hide([{"token": {"zone": 4}}])
    assert item == {"token": {"zone": 4}}


def test_a_plain_value_in_the_place_of_an_object_with_a_declared_secret_is_withheld() -> None:
    shown = view(["id", "access.id"])
    (item,) = Secrets({"access.value": "secret"}, shown).hide([{"id": 1, "access": "t0ps3cret"}])
    assert item == {"id": 1, "access": "[withheld]"}
    (item,) = Secrets({"access.value": "secret"}, shown).hide([{"id": 1, "access": {"id": 4}}])
    assert item == {"id": 1, "access": {"id": 4}}


def test_text_in_the_place_of_an_object_with_personal_data_is_that() -> None:
    marks = PiiTracker(Classifier({"chief.label": "name", "zone.code": "secret"}, prefix=("data",)))
    marked = marks.mark({"data": {"chief": "Ada L", "zone": "north", "lead": {"label": "x"}}})
    assert isinstance(marked["data"]["chief"], Tagged)
    assert not isinstance(marked["data"]["zone"], Tagged)
    assert ("name", "Ada L") in marks.seen
    assert not isinstance(marks.mark({"data": "chief"})["data"], Tagged)
    assert marks.mark({"data": {"chief": {"id": 4}}}) == {"data": {"chief": {"id": 4}}}
