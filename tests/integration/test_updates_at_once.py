"""One record without ETags, fifty callers in two processes: nothing is lost, and no success is false."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(200)]


@pytest.mark.parametrize("kind", ["files", pytest.param("redis", marks=pytest.mark.network)])
def test_fifty_callers_change_one_record(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "benchmarks"))
    from updating.parallel import CALLERS, Unavailable, change_at_once

    try:
        found = change_at_once(tmp_path, kind)
    except Unavailable as why:
        pytest.skip(str(why))
    print(f"{kind}: {found}", file=sys.stderr)
    assert found.calls == CALLERS
    assert (found.lost, found.false, found.refused) == (0, 0, 0)
