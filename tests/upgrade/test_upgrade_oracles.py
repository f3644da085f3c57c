"""The pass from Swagger 2.0 to OpenAPI 3.0 against two others: npm swagger2openapi and @scalar/openapi-upgrader."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.npm import packages
from support.services import Unavailable
from upgrade.comparable import differences, facts
from upgrade.explained import RULES, Difference, explain

from adaptgen.diagnostics import AdaptgenError
from adaptgen.source.tree import Tree
from adaptgen.source.upgrade import upgrade

pytestmark = [pytest.mark.slow, pytest.mark.network]

ORACLES = {"swagger2openapi": "7.0.8", "@scalar/openapi-upgrader": "0.1.11"}
NAMES = ("swagger2openapi", "scalar")


@pytest.fixture(scope="module")
def modules() -> Path:
    if shutil.which("node") is None:
        pytest.skip("the other converters need node")
    try:
        return packages("upgrade", ORACLES)
    except Unavailable as why:
        pytest.skip(str(why))


def documents(corpus: Path, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Swagger 2.0 document of the corpus as a tree."""
    for path in sorted(corpus.rglob("*.gz")):
        if path.name.endswith(".tar.gz"):
            continue
        plain = folder / path.name.removesuffix(".gz")
        plain.write_bytes(gzip.decompress(path.read_bytes()))
        try:
            root = Tree(plain).bundle()
        except AdaptgenError:
            continue
        if isinstance(root, dict) and str(root.get("swagger", "")).startswith("2"):
            yield "_".join(path.relative_to(corpus).parts).removesuffix(".gz"), root


@pytest.fixture(scope="module")
def converted(testdata: Path, modules: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every document, and what each oracle makes of it."""
    folder = tmp_path_factory.mktemp("converted")
    for name, root in documents(testdata / "corpus", tmp_path_factory.mktemp("plain")):
        (folder / f"{name}.json").write_text(json.dumps(root), "utf-8")
    script = Path(__file__).with_name("oracles.mjs")
    for oracle in NAMES:
        subprocess.run(["node", str(script), str(modules), oracle, str(folder)], check=True, timeout=300)
    return folder


def test_every_difference_from_the_oracles_is_explained(converted: Path) -> None:
    used: Counter[int] = Counter()
    compared = 0
    unexplained: list[str] = []
    for path in sorted(converted.glob("*.json")):
        old = json.loads(path.read_text("utf-8"))
        ours = facts(upgrade(json.loads(path.read_text("utf-8"))).root)
        for oracle in NAMES:
            made = json.loads(path.with_suffix(f".{oracle}").read_text("utf-8"))
            if "failed" in made:
                continue  # it says itself that it does not understand the document
            theirs = facts(made)
            compared += 1
            for key, one, other in differences(ours, theirs):
                found = explain(oracle, Difference(key, one, other, ours, theirs, old))
                if found is None:
                    unexplained.append(f"{path.stem}: {oracle}: {key}\n    ours   {one}\n    theirs {other}"[:600])
                else:
                    used[found] += 1
    assert compared >= 100, "too few documents could be compared"
    assert not unexplained, "\n".join([f"{len(unexplained)} differences have no explanation", *unexplained[:25]])
    stale = [reason for index, (_, _, reason) in enumerate(RULES) if not used[index]]
    assert not stale, f"nothing differs for this reason any more: {stale}"
