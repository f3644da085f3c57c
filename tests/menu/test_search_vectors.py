"""An embedder of the user's: vectors at build time, merged with the ranking of words, words alone where it fails."""

from __future__ import annotations

import asyncio
import json
import logging
from array import array
from pathlib import Path
from typing import Any

import pytest
from support.generated import generate

from adaptgen.cli import main
from adaptgen.govern.pipeline.ungoverned import UngovernedHandler
from adaptgen.model.tables import LOCAL
from adaptgen.runtime.engine import Engine
from adaptgen.tool_search import menu_of, vectors
from adaptgen.transports.load import load_server

from .conftest import call, text
from .test_search_words import RACKS

OVERRIDES = """\
from pathlib import Path
from adaptgen.runtime import Overrides

overrides = Overrides()
MEANINGS = (("rack", "cupboard"), ("site", "warehouse"), ("cable", "wire"))


@overrides.embed
async def embed(texts):
    with (Path(__file__).parent / "calls.txt").open("a") as calls:
        calls.write(f"{len(texts)}\\n")
    if "broken" in texts[0]:
        raise ValueError(f"cannot embed {texts[0]}")
    if "nothing" in texts[0]:
        return []
    if "short" in texts[0]:
        return [[1.0]]
    return [[0.01, *(any(word in text.lower() for word in words) for words in MEANINGS)] for text in texts]
"""
BARE = "from adaptgen.runtime import Overrides\n\noverrides = Overrides()\n\n\n"


def built(tmp_path: Path, overrides: str = OVERRIDES, document: dict[str, Any] = RACKS) -> Path:
    side = tmp_path / "specs" / "racks"
    side.mkdir(parents=True, exist_ok=True)
    (side / "overrides.py").write_text(overrides)
    return generate(tmp_path, "racks", {"racks.json": json.dumps(document).encode()}, "server: {surface: search}\n")


def calls(tmp_path: Path) -> list[str]:
    path = tmp_path / "specs" / "racks" / "calls.txt"
    return path.read_text().split() if path.exists() else []


def search(package: Path, query: str) -> str:
    async def found() -> Any:
        engine = Engine(load_server(package), environ={})
        return await call(menu_of(UngovernedHandler(engine), engine.server), LOCAL, "search_tools", {"query": query})

    return text(asyncio.run(found()))


def test_a_word_that_no_tool_has_finds_what_it_means(tmp_path: Path) -> None:
    package = built(tmp_path)
    assert search(package, "cupboard").startswith("list_racks(")
    assert search(package, "warehouse").startswith("list_sites(")


def test_only_new_and_changed_texts_are_embedded(tmp_path: Path) -> None:
    package = built(tmp_path)
    lines = (package / "search_vectors.json").read_text().splitlines()
    assert [line.split(":")[0].strip() for line in lines[4:7]] == ['"list_cables"', '"list_racks"', '"list_sites"']
    assert len(lines) == 9
    check = ["build", str(tmp_path / "specs" / "racks.json"), "--out", str(package.parent), "--check"]
    assert main(check) == 0
    assert calls(tmp_path) == ["3"]
    changed = json.loads(json.dumps(RACKS))
    changed["paths"]["/sites"]["get"]["summary"] = "List places"
    built(tmp_path, document=changed)
    assert calls(tmp_path) == ["3", "1"]
    built(tmp_path, OVERRIDES.replace("0.01", "0.02"), changed)
    assert calls(tmp_path) == ["3", "1", "3"]


def test_a_broken_file_of_the_last_build_is_made_anew(tmp_path: Path) -> None:
    package = built(tmp_path)
    (package / "search_vectors.json").write_text("[" * 100_000)
    assert vectors.read(package / "search_vectors.json") is None


def test_without_an_embedder_the_build_does_not_run_the_file(tmp_path: Path) -> None:
    package = built(tmp_path, f"{BARE}raise SystemExit('it ran')\n")
    assert not (package / "search_vectors.json").exists()


@pytest.mark.parametrize("query", ["broken racks", "nothing of racks", "short racks"])
def test_where_the_embedder_fails_words_rank_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, query: str
) -> None:
    package = built(tmp_path)
    with caplog.at_level(logging.WARNING, "adaptgen.search"):
        assert search(package, query).startswith("list_racks(")
    (record,) = caplog.records
    assert record.getMessage() == "search by meaning failed (ValueError): tools were ranked by words alone"
    assert record.exc_info is None


def test_a_missing_or_broken_file_of_vectors_is_no_failure(tmp_path: Path) -> None:
    package = built(tmp_path)
    for content in (
        "",
        "[]",
        '{"format": 2}',
        '{"format": 1, "embedder": "", "tools": {"a": ["b", "!"]}}',
        "[" * 100_000,
    ):
        (package / "search_vectors.json").write_text(content)
        assert search(package, "racks").startswith("list_racks(")
    (package / "search_vectors.json").unlink()
    assert search(package, "racks").startswith("list_racks(")


@pytest.mark.parametrize(
    ("overrides", "place", "says"),
    [
        (OVERRIDES.replace("return [[0.01", "return [[float('nan')"), "racks/overrides.py", "without a direction"),
        (OVERRIDES.replace("for text in texts]", "for text in texts[1:]]"), "racks/overrides.py", "for each text"),
        (f"{BARE}@overrides.embed\ndef embed(texts): ...\n", "overrides.py:7:1", "async def"),
        (f"{BARE}@overrides.embed\nasync def embed(): ...\n", "overrides.py:7:1", "does not take that"),
        (f"{BARE}@overrides.embed()\nasync def embed(texts): ...\n", "overrides.py:6:2", "takes no arguments"),
        (
            f"{BARE}@overrides.embed\nasync def a(texts): ...\n\n\n@overrides.embed\nasync def b(texts): ...\n",
            "overrides.py:10:2",
            "an embedder is declared twice: also at line 6",
        ),
    ],
)
def test_what_is_wrong_with_an_embedder_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], overrides: str, place: str, says: str
) -> None:
    with pytest.raises(AssertionError):
        built(tmp_path, overrides)
    said = capsys.readouterr().err
    assert "AG045" in said
    assert place in said
    assert says in said


def test_an_embedder_that_never_returns_ends_the_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adaptgen.building.vectors.SECONDS", 0.05)
    endless = f"import asyncio\n{BARE}@overrides.embed\nasync def embed(texts):\n    await asyncio.Event().wait()\n"
    with pytest.raises(AssertionError):
        built(tmp_path, endless)
    assert "AG045: the embedder took more than 0.05 s" in capsys.readouterr().err


def test_rankings_are_merged_by_reciprocal_rank() -> None:
    """a: 1/61 + 1/62, c: 1/63 + 1/61, b: 1/62, d: 1/63."""
    assert vectors.merge(["a", "b", "c"], ["c", "a", "d"]) == ["a", "c", "b", "d"]


def test_only_visible_tools_are_ranked(tmp_path: Path) -> None:
    file = tmp_path / "vectors.json"
    tools = {name: vectors.Vector("", array("b", [127, number])) for number, name in enumerate("abc")}
    file.write_text(vectors.write(vectors.Vectors("", tools)))

    async def embed(texts: Any) -> list[list[float]]:
        return [[0.0, 1.0]]

    meaning = vectors.Meaning(embed, file)
    assert asyncio.run(meaning.rank("query", {"a", "b"})) == ["b", "a"]
    assert asyncio.run(meaning.rank("query", {"x"})) == []
