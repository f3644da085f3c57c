"""The CRM's cases on variants of its side files, against a CRM of this process."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from adaptgen.building import build as building
from adaptgen.demo.building import specs
from adaptgen.demo.crm import Crm, Running, running
from adaptgen.demo.story import environment
from adaptgen.evals.model import EvalResult
from adaptgen.evals.run import NO_MODEL, Wanted, evaluate, load_cases, local_caller, opened
from adaptgen.output.write import write
from adaptgen.transports.load import load_server

CASES = specs().with_suffix("") / "evals"
Change = Callable[[str], str]


@pytest.fixture(scope="session")
def crm() -> Iterator[Running]:
    with running(Crm(slow=0.0)) as serving:
        yield serving


class Crms:
    """Builds the CRM's server from changed side files, and evaluates it."""

    def __init__(self, folder: Path, crm: Running) -> None:
        self.specs = folder / "specs"
        self.crm = crm
        self.built = folder / "generated" / "crm"
        shutil.copytree(specs().with_suffix(""), self.specs / "crm")
        shutil.copy(specs(), self.specs)

    def change(self, edits: Mapping[str, Change]) -> None:
        """Change files below ``specs`` by their names; what changes nothing is a mistake of the test."""
        for name, edit in edits.items():
            path = self.specs / name
            before = path.read_text(encoding="utf-8")
            after = edit(before)
            assert after != before, f"{name}: nothing was changed"
            path.write_text(after, encoding="utf-8")

    def build(self) -> None:
        result = building.build(self.specs / "crm.yaml", out=self.built.parent)
        write(result.folder, result.files)

    def evaluate(self, *only: str, live: bool = True, writes: bool = True) -> EvalResult:
        self.crm.crm.state.reset()
        wanted = Wanted(NO_MODEL, only, live, live and writes)
        return asyncio.run(self._evaluate(wanted))

    async def _evaluate(self, wanted: Wanted) -> EvalResult:
        server = load_server(self.built)
        settings = self.specs / "crm" / "governance.yaml"
        named = str(settings) if settings.exists() else None
        cassettes = self.specs / "crm" / "cassettes"
        async with opened(server, named, cassettes, wanted, environment(self.crm)) as (surface, replay):
            cases = load_cases(self.specs / "crm" / "evals", local_caller(surface), wanted.only)
            return await evaluate(surface, cases, wanted, replay)


@pytest.fixture
def crms(tmp_path: Path, crm: Running) -> Crms:
    return Crms(tmp_path, crm)
