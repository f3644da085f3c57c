"""A folder is a case: a document, perhaps hints, and what comes out.

``spec.yaml`` (or ``.json``) and ``hints.yaml`` go in; ``expected/`` is the generated folder, file by file, and
``stderr.txt`` what is said about the input. ``ADAPTGEN_UPDATE_CASES=1`` writes both again, to be reviewed as a diff.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from adaptgen import plan, render, source
from adaptgen.diagnostics import AdaptgenError, ordered
from adaptgen.output import lock

CASES = sorted(path.parent for path in Path(__file__).parent.glob("*/spec.*") if path.is_file())


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name)
def test_case(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(case)

    files, said = built(case)

    if os.environ.get("ADAPTGEN_UPDATE_CASES") == "1":
        update(case, files, said)
    stderr = case / "stderr.txt"
    assert said == (stderr.read_text(encoding="utf-8") if stderr.exists() else "")
    difference = lock.diff(case / "expected", files)
    assert not difference, f"\n{difference}"


def built(case: Path) -> tuple[dict[str, str], str]:
    """The generated files and what is said; no files where the input is refused."""
    (spec,) = (path for path in Path().glob("spec.*") if path.is_file())
    hints = Path("hints.yaml")
    try:
        said = source.read_hints(hints) if hints.exists() else source.EMPTY
        document = source.read_under(spec, said)
        planned, found = plan.plan(document, said, case.name)
    except AdaptgenError as problem:
        return {}, text(problem.diagnostics)
    files = render.render(planned, spec=f"specs/{case.name}{spec.suffix}", side=f"specs/{case.name}")
    return files, text((*document.diagnostics, *found))


def text(diagnostics: tuple[object, ...]) -> str:
    return "".join(f"{one}\n" for one in ordered(diagnostics))  # type: ignore[arg-type]


def update(case: Path, files: dict[str, str], said: str) -> None:
    shutil.rmtree(case / "expected", ignore_errors=True)
    for path, content in files.items():
        target = case / "expected" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    (case / "stderr.txt").unlink(missing_ok=True)
    if said:
        (case / "stderr.txt").write_text(said, encoding="utf-8")
