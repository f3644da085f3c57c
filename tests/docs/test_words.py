"""Texts that users and models read are in plain English."""

from __future__ import annotations

from types import ModuleType

import pytest
from support.scripts import script


@pytest.fixture(scope="module")
def words() -> ModuleType:
    return script("words.py")


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("What a person may say about it stands in specs/crm/hints.yaml", "What a person may"),
        ("the hint that mends it", "mends"),
        ("this is no OpenAPI document: the file is a text", "is no OpenAPI"),
        ("no tool is called so", "called so"),
        ("Of servers that are not ours nothing is believed", "Of servers that are not"),
        ("How well are APIs understood that nobody looked at?", "that nobody"),
        ("Credentials belong into Secrets Manager", "belong into"),
        ("A name in list_countries does too.", "does too"),
        ("`next_cursor` of the answer before", "the answer before"),
        ("a value of ``Cookie``, or None where it is none", "is none"),
        ("whoever holds the key", "whoever"),
    ],
)
def test_what_a_native_engineer_would_not_write_is_found(words: ModuleType, text: str, phrase: str) -> None:
    assert phrase in [found for _, found, _, _ in words.find_phrases(text)]


@pytest.mark.parametrize(
    "text",
    [
        "Customize it in specs/crm/hints.yaml",
        "Not an OpenAPI document (plain text)",
        "There is no tool named X; the key is no longer valid, and none of them applies.",
        "You can also pass a name from list_countries.",
        "The `next_cursor` of the previous answer, besides the first",
    ],
)
def test_plain_english_passes(words: ModuleType, text: str) -> None:
    assert list(words.find_phrases(text)) == []


def test_strings_of_a_module_are_read_with_their_lines(words: ModuleType) -> None:
    source = 'x = 1\ny = f"the {x} is none of it, and {x} is none"\nz = "mends"\n'

    assert list(words.python_texts(source)) == [(2, "the {} is none of it, and {} is none")]


def test_what_users_and_models_read_is_plain(words: ModuleType) -> None:
    assert list(map(str, words.findings(words.files_below(words.READ)))) == []
