"""Shows the table of the questions on the terminal, whatever pytest captures."""

from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def record_table(request: pytest.FixtureRequest) -> Callable[[list[str]], None]:
    def show(lines: list[str]) -> None:
        with request.getfixturevalue("capsys").disabled():
            print("\n" + "\n".join(lines))

    return show
