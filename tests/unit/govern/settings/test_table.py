"""The published schema of the settings, and that their table can say all that their values hold."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml
from support.settings_texts import BEHIND, DESIGN, PROXY, refused

from adaptgen.config.types import Key, Table
from adaptgen.govern.settings import model as vocabulary
from adaptgen.govern.settings import table as settings_table

# ------------------------------------------------------------------------------------------------------ the schema


def test_the_published_schema_is_fresh() -> None:
    published = Path(__file__).parents[4] / "docs" / "governance.schema.json"
    assert published.read_text() == settings_table.schema_text(), "schema_text() of adaptgen.govern.settings.table"


@pytest.mark.parametrize("text", [DESIGN, PROXY, BEHIND])
def test_the_schema_accepts_what_the_checker_accepts(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), json.loads(settings_table.schema_text()))


@pytest.mark.parametrize("text", ["adaptgen: 1\nmods: proxy\n", "adaptgen: 1\nlimits: {per: sub, rate: 60}\n",
                                  "adaptgen: 1\nupstreams: {a__b: https://a.example}\n"])  # fmt: skip
def test_the_schema_refuses_what_the_checker_refuses(text: str) -> None:
    assert refused(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), json.loads(settings_table.schema_text()))


def test_the_table_can_say_all_that_the_values_hold() -> None:
    """Every field of the vocabulary has its key, so that nothing can only be set from code."""

    def tables(key: Key) -> list[Table]:
        found, pending = [], [key.type]
        while pending:
            one = pending.pop()
            if isinstance(one, Table):
                found.append(one)
                pending += [each.type for each in one.keys.values()]
            pending += [getattr(one, name) for name in ("item", "value") if hasattr(one, name)]
            pending += list(getattr(one, "types", ()))
        return found

    made = {settings_table.limit: vocabulary.Limit}
    checked = set()
    for table in tables(Key(settings_table.SETTINGS)):
        cls = made.get(table.make, table.make)
        if dataclasses.is_dataclass(cls):
            said = {one.to or name for name, one in table.keys.items() if one.to != ""}
            derived = {"text"} if cls is vocabulary.Limit else set()
            assert said | derived == {one.name for one in dataclasses.fields(cls)}, cls
            checked.add(cls)
    assert len(checked) == 23
