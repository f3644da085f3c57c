"""Log in, and find out what a caller needs to know of it."""

from __future__ import annotations

from adaptgen.building.result import BuildResult
from adaptgen.learning.model import Notebook
from adaptgen.learning.probe import Probe


async def learn_login(result: BuildResult, probe: Probe, notebook: Notebook) -> None:
    """Nothing yet."""
