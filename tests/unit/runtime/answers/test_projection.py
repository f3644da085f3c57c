"""Views keep paths, distinguish null from missing, and keep together what belongs together."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.runtime.answers.projection import view
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
    expected = [tuple(None if (one := get(item, path)) is MISSING else one for path in paths) for item in items]
    assert view(paths).rows(items) == expected
