"""Views keep paths, distinguish null from missing, and keep together what belongs together."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adaptgen.runtime.answers.layout import Secrets
from adaptgen.runtime.answers.projection import view
from adaptgen.runtime.pii.call_pii import PiiTracker
from adaptgen.runtime.pii.classifier import Classifier
from adaptgen.runtime.pii.tagged_values import Tagged
from adaptgen.syntax.field_paths import MISSING, get

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
