"""What a hostile document reaches: its own folder for reading, the output folder for writing, and nothing else."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from support import hostile_watch
from support.hostile import DOCUMENTS, FORMS, MARK, TEXTS, positions, with_texts, written

import adaptgen

_CODE = [
    Path(adaptgen.__file__).resolve().parents[1] / "adaptgen",
    Path(adaptgen.__file__).resolve().parents[1] / "templates",
    Path(sys.base_prefix).resolve(),
    Path(sys.prefix).resolve(),
    *(Path(one).resolve() for one in (*site.getsitepackages(), sysconfig.get_paths()["stdlib"])),
]

WRITING = {"open write", "shutil.rmtree", "tempfile.mkdtemp"} | {
    f"os.{name}" for name in ("mkdir", "rename", "remove", "rmdir", "link", "chmod", "utime")
}


def watched(folder: Path, documents: Iterable[bytes]) -> list[dict[str, Any]]:
    """Every document built and imported; each lies in a folder of its own, beside a file that nobody may read."""
    jobs = []
    for number, data in enumerate([written(DOCUMENTS["3.1"], "escaped"), *documents]):
        specs = folder / str(number) / "specs"
        specs.mkdir(parents=True)
        (specs / "pets.json").write_bytes(data)
        (specs.parent / "hidden.yaml").write_text("x: {type: string, description: a secret of the folder above}\n")
        (specs / "link.yaml").symlink_to("/etc/passwd")
        jobs.append([str(specs / "pets.json"), str(specs.parent / "generated")])
    environment = {
        **os.environ,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    done = subprocess.run(
        [sys.executable, hostile_watch.__file__],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == len(jobs) - 1
    assert not list(folder.rglob(MARK)), "a payload was executed"
    return found


def check(one: dict[str, Any], case: Path) -> None:
    """The events of one build, and what it printed."""
    assert one["code"] in (0, 2)
    assert "internal error" not in one["said"], one["said"]
    assert not [char for char in one["said"] if char != "\n" and not char.isprintable()]
    specs, out = case / "specs", case / "generated"
    modules = {Path(hostile_watch.__file__).absolute().parent, *(Path(path).absolute() for path in sys.path)}
    for event, *paths in one["events"]:
        places = [Path(path) for path in paths]
        if event == "exec":
            ours = not places or str(paths[0]).startswith("<frozen ") or within(places[0], [out, *_CODE])
            assert ours, f"executes {paths}"
        elif event == "compile":
            assert within(places[0], [out, *_CODE]), f"compiles {paths}"
        elif event == "open read":
            assert within(places[0], [specs, out, *_CODE]) or is_record(places[0], case), f"reads {paths}"
            assert not places[0].is_symlink(), f"follows {paths}"
        elif event in ("os.listdir", "os.scandir", "os.walk", "os.fwalk"):
            # The import system looks through the folders of modules when one is imported late.
            assert all(place in modules or within(place, [specs, out, *_CODE]) for place in places), f"lists {paths}"
        elif event == "fcntl.flock":
            assert not places
        else:
            assert event in WRITING, f"{event} {paths}"
            assert all(within(place, [out]) or is_record(place, case) for place in places), f"{event} {paths}"


def is_record(path: Path, case: Path) -> bool:
    """Whether ``path`` is a record of a build in the user's cache; no text of a document is in its name."""
    builds = case.parent / "cache" / "adaptgen" / "builds"
    return path in (builds, *builds.parents[:2]) or (
        path.parent == builds and re.fullmatch(r"[0-9a-f]{64}(\.\d+)?", path.name) is not None
    )


def within(path: Path, folders: list[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def sample(seed: int, examples: int) -> list[bytes]:
    """Documents with hostile text at every value, and at some keys."""
    made: list[bytes] = []
    for number in range(examples):
        document = DOCUMENTS[sorted(DOCUMENTS)[number % len(DOCUMENTS)]]
        places = [one for one in positions(document) if one.key == bool(number % 4 == 3)]
        texts = {
            place: TEXTS[(seed + number * 13 + index) % len(TEXTS)]
            for index, place in enumerate(places)
            if place.at[-1] not in ("openapi", "swagger") and (index + number) % 5 == 0
        }
        made.append(written(with_texts(document, texts), FORMS[number % len(FORMS)]))
    return made


def test_nothing_is_run_fetched_or_written_outside(tmp_path: Path) -> None:
    for number, one in enumerate(watched(tmp_path, sample(0, 24)), 1):
        check(one, tmp_path / str(number))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_run_fetched_or_written_outside_by_many(tmp_path: Path, seed: int) -> None:
    for number, one in enumerate(watched(tmp_path, sample(seed, 150)), 1):
        check(one, tmp_path / str(number))


REFS = [
    "/etc/passwd",
    "../hidden.yaml#/x",
    "../../../../../../../../etc/passwd",
    "..%2fhidden.yaml#/x",
    "%2e%2e/hidden.yaml#/x",
    "..\\hidden.yaml#/x",
    "./x/../../hidden.yaml#/x",
    "link.yaml",
    "link.yaml#/x",
    "file:///etc/passwd",
    "file://localhost/etc/passwd#/x",
    "http://127.0.0.1:9/evil.yaml#/x",
    "https://evil.example/evil.yaml",
    "//evil.example/evil.yaml",
    "ftp://evil.example/x",
    "/dev/zero",
    "/proc/self/environ",
    "~/.netrc",
    "${HOME}/.netrc",
    "hidden.yaml\x00.json",
    "\\\\evil.example\\share\\x",
    "x" * 5000 + ".yaml",
    "../specs/../hidden.yaml#/x",
    "jar:file:/x!/y",
]


def test_references_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    documents = []
    for ref in REFS:
        document = with_texts(
            DOCUMENTS["3.0"],
            {
                place: ref
                for place in positions(DOCUMENTS["3.0"])
                if not place.key and place.at[-1] == "$ref" and "properties" not in place.at
            },
        )
        documents.append(written(document, "escaped"))

    for number, one in enumerate(watched(tmp_path, documents), 1):
        check(one, tmp_path / str(number))
        assert one["code"] == 0, one["said"]
        assert "AG01" in one["said"], one["said"]
        for file in (tmp_path / str(number) / "generated").rglob("*"):
            assert not file.is_file() or b"root:" not in file.read_bytes()
            assert not file.is_file() or b"a secret of the folder above" not in file.read_bytes()
