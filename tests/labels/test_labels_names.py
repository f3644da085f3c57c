"""The labels of names, and what counts as the same name."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    from inferring import names

    return names


@pytest.mark.parametrize("apart", ["", "directory "])
def test_labels_are_legal_names_of_operations(names: ModuleType, apart: str) -> None:
    found = [label for half in ("develop", "held") for label in names.labels_of(f"{apart}{half}".strip())]
    assert len({(label["document"], label["operation"]) for label in found}) == len(found)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]{1,63}", name) for label in found for name in label["names"])
    vendors = {half: {label["document"].split("/")[0] for label in names.labels_of(f"directory {half}")}
               for half in ("develop", "held")}  # fmt: skip
    assert not vendors["develop"] & vendors["held"]


@pytest.mark.parametrize(
    ("name", "agrees"),
    [("list_users", True), ("get_users", True), ("get_user", False), ("list_users_of_team", False)],
)
def test_what_agrees(names: ModuleType, name: str, agrees: bool) -> None:
    label = {"operation": "GET /users", "operationId": None, "summary": "", "names": ["list_users"]}
    assert names.agrees(label, name) == agrees


def test_noise_is_what_nobody_said_and_what_is_said_twice(names: ModuleType) -> None:
    label = {"operation": "GET /users", "operationId": "v1_users", "summary": "All users", "names": ["list_users"]}
    assert names.noise(label, "list_users_controller") == ["controller"]
    assert names.noise(label, "list_user_users") == ["user"]
