"""Every key of the settings, misspelled and with values of a wrong type, as ``serve`` and ``proxy`` tell of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.bad_settings import Path_, as_yaml, assert_located, edited, placed

from adaptgen.config.checker import Checker
from adaptgen.config.types import (
    Anything,
    Duration,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    OneOf,
    Rate,
    Size,
    Table,
    Text,
    Type,
)
from adaptgen.diagnostics import Where
from adaptgen.govern.settings.kinds import KINDS, SETTINGS_DIALECT
from adaptgen.govern.settings.table import SETTINGS

TEXTS = {
    "text": "words",
    "name": "crm",
    "upstream": "crm",
    "prefix": "crm__",
    "address": "127.0.0.1:8000",
    "template": "${env:NAME}",
    "collector": "${env:NAME}",
    "secret": "${env:NAME}",
    "key": "${file:keys/audit}",
    "url": "https://mcp.bank.example/mcp",
    "kind": "email",
    "path": "items[*].payer",
    "glob": "crm/*",
    "tool": "crm/find",
    "source": "switch.yaml",
    "bucket": "s3://files/crm",
    "hook": "package.module:function",
    "key_id": "k1",
    "media_type": "application/pdf",
    "claim": "sub",
    "sink": "stderr",
    "region": "eu-central-1",
    "host": "mcp.bank.example",
    "redirect": "mcp.bank.example",
}
"""A right text of each kind."""


def sample(type_: Type) -> Any:
    """A value that is right, with every key of every table in it."""
    match type_:
        case Text(kind):
            return TEXTS[kind]
        case Flag():
            return True
        case Number(least):
            return int(least or 1)
        case Duration(least):
            return least or 1
        case Size():
            return "1MB"
        case Rate():
            return "60/m"
        case OneOf(words):
            return words[0]
        case Anything():
            return 1
        case ListOf(item):
            return [sample(item)]
        case MapOf(value, key):
            return {TEXTS[key]: sample(value)}
        case Either(types):
            return sample(types[-1])
        case Table(keys):
            return {name: sample(key.type) for name, key in keys.items()}


def keys_of(type_: Type, at: Path_ = ()) -> Iterator[tuple[Path_, Type]]:
    """Every key of every table, as a path into :func:`sample`, with the type of its value."""
    match type_:
        case Table(keys):
            for name, key in keys.items():
                yield (*at, name), key.type
                yield from keys_of(key.type, (*at, name))
        case ListOf(item):
            yield from keys_of(item, (*at, 0))
        case MapOf(value, key):
            yield from keys_of(value, (*at, TEXTS[key]))
        case Either(types):
            yield from keys_of(types[-1], at)


def wrong(type_: Type) -> list[Any]:
    """Values of other types, or out of range."""
    match type_:
        case Text(kind):
            return [7, True, None, [], {}, ["x"], *([""] if KINDS[kind].filled else [])]
        case Flag():
            return ["yes", 1, None, [], {}]
        case Number(least, most, whole):
            beyond = [least - 1 if least is not None else None, most + 1 if most is not None else None]
            return ["1", True, None, [], {}, *([1.5] if whole else []), *(one for one in beyond if one is not None)]
        case Duration(least, most):
            return ["10x", "", True, None, [], {}, most + 1, *([least - 0.01] if least else [-1])]
        case Size(least, most):
            return ["10x", "1.5MB", "", True, None, [], {}, 1.5, most + 1, least - 1]
        case Rate():
            return [60, "60", "0/m", "60/w", True, None, [], {}]
        case OneOf():
            return ["nonsense", 7, True, None, [], {}]
        case ListOf(item, filled):
            empty: list[Any] = [[]] if filled else []
            return [None, *empty, *([one] for one in wrong(item) if one != [])]
        case MapOf(_, key, filled):
            empty_map: list[Any] = [{}] if filled else []
            return ["x", 7, None, [], *empty_map, *([] if key == "text" else [{"": 1}])]
        case Either():
            return [7, None, True, []]
        case Table(_, _, short):
            return [7, None, True, [], *([] if short else ["x"])]
        case _:
            return []


def renamed(at: Path_) -> tuple[Any, Path_]:
    """All settings with the key at ``at`` called by another letter; and its path now."""
    name = str(at[-1])
    letter = name[len(name) // 2]
    other = name[: len(name) // 2] + ("z" if letter != "z" else "q") + name[len(name) // 2 + 1 :]

    def change(holder: Any, key: Any) -> None:
        kept = dict(holder)
        holder.clear()
        holder.update({other if one == key else one: value for one, value in kept.items()})

    return edited(ALL, at, change), (*at[:-1], other)


ALL = sample(SETTINGS)

KEYS_OF_ALL = list(keys_of(SETTINGS))


# ----------------------------------------------------------------------------------------------- every key of the table


def test_the_sample_is_right() -> None:
    """Otherwise the tests below would find errors that they did not make."""
    checker = Checker(lambda *at: Where("governance.yaml"), SETTINGS_DIALECT)
    checker.read(ALL, SETTINGS, ())
    assert checker.errors == []


@pytest.mark.parametrize("command", ["serve", "proxy"])
@pytest.mark.parametrize("at", [at for at, _ in KEYS_OF_ALL], ids=lambda at: ".".join(map(str, at)))
def test_a_key_with_one_wrong_letter_is_located(
    run: Callable[..., str], tmp_path: Path, at: Path_, command: str
) -> None:
    made, new = renamed(at)
    text, places = placed(made)
    path = tmp_path / "governance.yaml"
    path.write_text(text)
    errors = run(command, path)
    assert_located(errors, "AG070", path, *places[new])
    assert f"unknown key {new[-1]!r}" in errors
    assert "help: did you mean " in errors


@pytest.mark.parametrize("at", [at for at, _ in KEYS_OF_ALL], ids=lambda at: ".".join(map(str, at)))
def test_the_same_in_yaml(run: Callable[..., str], tmp_path: Path, at: Path_) -> None:
    made, new = renamed(at)
    text, places = as_yaml(made)
    path = tmp_path / "governance.yaml"
    path.write_text(text)
    errors = run("proxy", path)
    assert_located(errors, "AG070", path, *places[new])
    assert "help: did you mean " in errors


@pytest.mark.parametrize(("at", "type_"), KEYS_OF_ALL, ids=[".".join(map(str, at)) for at, _ in KEYS_OF_ALL])
def test_a_value_of_a_wrong_type_is_located(run: Callable[..., str], tmp_path: Path, at: Path_, type_: Type) -> None:
    path = tmp_path / "governance.yaml"
    for value in wrong(type_):
        text, places = placed(edited(ALL, at, lambda holder, key, value=value: holder.update({key: value})))
        path.write_text(text)
        errors = run("proxy", path)
        found = re.findall(rf"{re.escape(path.as_posix())}:(\d+):(\d+): error (AG07\d): (.*)", errors)
        lines = {int(line) for line, _, _, _ in found}
        assert lines, (value, errors)
        assert lines <= {places[one][0] for one in places if one[: len(at)] == at}, (value, errors)


def test_several_errors_are_told_at_once(run: Callable[..., str], tmp_path: Path) -> None:
    first, _ = renamed(("listen", "http"))
    made = edited(first, ("authenticate", "iam"), lambda holder, key: holder.update({key: "yes"}))
    made["limits"][0]["rate"] = "fast"
    text, places = placed(made)
    path = tmp_path / "governance.yaml"
    path.write_text(text)
    errors = run("proxy", path)
    assert errors.count(" error AG070: ") == 3
    assert_located(errors, "AG070", path, *places[("limits", 0, "rate")])
