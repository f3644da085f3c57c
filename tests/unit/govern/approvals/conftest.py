"""Approvals, in a folder of each test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.approving import world


@pytest.fixture
def served(tmp_path: Path) -> Any:
    """:func:`world` in a folder of this test."""
    return lambda *args, **given: world(tmp_path, *args, **given)
