"""Where classified values stand: pointers name all of them and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adaptgen.runtime.core.text import encode
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.runtime.pii.personal_text import SliceSafeText
from adaptgen.runtime.pii.pointers import columns, positions
from adaptgen.runtime.pii.tagged_values import Tagged, tag
from adaptgen.runtime.workflow.runner import fill_result


def expand(pointer: str, value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The concrete places of a pointer: the oracle, written after RFC 6901 and the meaning of ``*``."""
    if not pointer:
        yield at
        return
    step, _, rest = pointer[1:].partition("/")
    rest = f"/{rest}" if "/" in pointer[1:] else ""
    if isinstance(value, list):
        chosen = range(len(value)) if step == "*" else [int(step)] if int(step) < len(value) else []
        for index in chosen:
            yield from expand(rest, value[index], (*at, index))
    elif isinstance(value, dict):
        key = "*" if step == "~2" else step.replace("~1", "/").replace("~0", "~")
        if key in value:
            yield from expand(rest, value[key], (*at, key))


def leaves(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, (*at, key))
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from leaves(element, (*at, index))
    else:
        yield at, value


SCALARS = st.one_of(
    st.none(),
    st.sampled_from(["", "plain", 7, True]),
    st.builds(tag, st.sampled_from(["ada@example.com", 4930, 1.5]), st.sampled_from(["email", "phone"])),
)
KEYS = st.sampled_from(["a", "b", "*", "x/y", "~1"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=30
)


@given(VALUES)
def test_pointers_name_every_marked_value_and_no_other(value: Any) -> None:
    wanted = {at: leaf.kind for at, leaf in leaves(value) if isinstance(leaf, Tagged)}
    said = {at: kind for pointer, kind in positions(value).items() for at in expand(pointer, value)}
    known = dict(leaves(value))
    said = {at: kind for at, kind in said.items() if at in known and known[at] not in (None, "", True)}
    assert said == wanted


@given(st.lists(st.tuples(SCALARS, SCALARS, SCALARS).map(list), min_size=1, max_size=6))
def test_columns_agree_with_the_general_rule(rows: list[Any]) -> None:
    value = {"items": rows}
    quick = {at: k for p, k in columns(rows, 3, "/items").items() for at in expand(p, value)}
    slow = {at: k for p, k in positions(value).items() for at in expand(p, value)}
    known = dict(leaves(value))
    assert {at: k for at, k in quick.items() if known.get(at) not in (None, "", True)} == {
        at: k for at, k in slow.items() if known.get(at) not in (None, "", True)
    }


@pytest.mark.parametrize("value", ["é@example.com", 4930123, 1.25])
def test_a_marked_value_is_encoded_as_what_it_is(value: Any) -> None:
    assert encode({"v": tag(value, "email")}) == orjson.dumps({"v": value})


def test_records_are_classified_by_declared_paths_by_names_and_by_what_holds_a_name() -> None:
    record = {
        "login": "ada-l",
        "mail2": 5,
        "owner": {"name": "Ada Lovelace", "team": "West"},
        "country": {"name": "Finland"},
        "phones": [{"number": "+1-555-0100", "type": "home"}],
        "code": {"a": "x", "b": ["y"]},
        "signedBy": "Lara Weber",
        "createdBy": "u008",
        "approvedBy": "Lara Weber",
        "street": "Main Street 1",
        "apiToken": "s3cret-value",
    }
    known = Classifier({"login": "account", "code": "voucher"}, ("street",))
    seen: dict[tuple[str, str], None] = {}
    kinds = {at: leaf.kind for at, leaf in leaves(known.mark(record, seen)) if isinstance(leaf, Tagged)}
    assert kinds == {
        ("login",): "account",
        ("owner", "name"): "name",
        ("phones", 0, "number"): "phone",
        ("code", "a"): "voucher",
        ("code", "b", 0): "voucher",
        ("signedBy",): "name",
        ("approvedBy",): "name",
    }
    assert ("secret", "s3cret-value") in seen


@pytest.mark.parametrize(
    ("template", "kind"),
    [
        ("{user.first} {user.last}", "name"),
        ("{user.last}, {user.first}", "name"),
        ("Dear {user.first}", ""),
        ("{user.first} {user.mail}", ""),
        ("{user.first} {user.id}", ""),
    ],
)
def test_what_is_put_together_of_values_of_one_kind_is_of_that_kind(template: str, kind: str) -> None:
    user = {"first": tag("Ada", "name"), "last": tag("Byron", "name"), "mail": tag("a@b.co", "email"), "id": 7}
    made = fill_result({"x": [template]}, {"user": user}, lambda _: "")["x"][0]
    assert getattr(made, "kind", "") == kind


def test_a_part_of_a_text_holds_personal_data_whole_or_not_at_all() -> None:
    text = "write to ada.lovelace@example.com or ask Grace Hopper at once"
    guarded = SliceSafeText(text, [("name", "Grace Hopper")])
    for start in range(0, len(text), 3):
        for end in range(start, len(text) + 1, 3):
            part = guarded[start:end]
            assert part in text
            for word in ("ada.lovelace@example.com", "Grace Hopper"):
                if word not in part:
                    at = text.index(word)
                    shown = set(range(max(start, at), min(end, at + len(word))))
                    assert not shown or not any(piece in part for piece in (word[:4], word[-4:]))


def test_a_part_of_a_classified_value_is_all_of_it() -> None:
    assert tag("ada@example.com", "email")[0:1] == "ada@example.com"
