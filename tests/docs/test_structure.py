"""What docs/structure.py counts."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from support.scripts import script


@pytest.fixture(scope="module")
def structure() -> ModuleType:
    return script("structure.py")


def sources(structure: ModuleType, **texts: str) -> dict[Path, str]:
    return {structure.PACKAGE / f"{name}.py": text for name, text in texts.items()}


def test_functions_in_functions_and_methods_count(structure: ModuleType) -> None:
    branches = "".join(f"        if a and b: return {n}\n" for n in range(13))
    text = f"class C:\n    def m(self, a, b):\n{branches}\ndef f(a, b):\n    def g():\n{branches}    return g\n"

    found = structure.complex_functions(sources(structure, one=text))

    assert found == {"adaptgen/one.py: C.m": 27, "adaptgen/one.py: g": 27}


def test_imports_in_functions_close_a_circle_and_those_for_types_do_not(structure: ModuleType) -> None:
    lazy = sources(structure, a="from adaptgen import b", b="def f():\n    from adaptgen.a import x\n")
    typed = sources(structure, a="from adaptgen import b", b="if TYPE_CHECKING:\n    from adaptgen.a import x\n")

    def circles(texts: dict[Path, str], *, late: bool) -> list[frozenset[str]]:
        found: list[frozenset[str]] = structure.import_circles(structure.import_graph(texts, late=late))
        return found

    assert circles(lazy, late=True) == [frozenset(("adaptgen.a", "adaptgen.b"))]
    assert circles(lazy, late=False) == circles(typed, late=True) == []
    assert circles({**lazy, **sources(structure, b="import adaptgen.a")}, late=False)


def test_an_exception_allows_its_figure_and_no_more(structure: ModuleType) -> None:
    assert list(structure.above({"f": 30, "g": 26}, {"f": 29}, 25)) == ["f: 30, at most 29", "g: 26, at most 25"]
    assert list(structure.above({"f": 29}, {"f": 29}, 25)) == []
