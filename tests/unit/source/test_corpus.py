"""Real documents, where there are any: each is read, or ends in one located error."""

from __future__ import annotations

import gzip
import tarfile
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError
from adaptgen.source import Document, read

pytestmark = pytest.mark.slow


def unpacked(packed: Path, folder: Path) -> Path:
    path = folder / packed.stem
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    return path


def operations(document: Document) -> int:
    methods = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
    paths = document.root.get("paths") or {}
    return sum(len(methods & item.keys()) for item in map(document.deref, paths.values()) if isinstance(item, dict))


@pytest.mark.parametrize("folder", ["specs", "giants", "edge"])
def test_every_document_is_read_and_every_path_has_a_place(testdata: Path, tmp_path: Path, folder: str) -> None:
    packed = sorted((testdata / "corpus" / folder).rglob("*.gz"))
    assert packed
    for one in packed:
        path = unpacked(one, tmp_path)
        document = read(path)
        paths = document.root.get("paths")
        if isinstance(paths, dict) and paths:
            last = list(paths)[-1].replace("~", "~0").replace("/", "~1")
            where = document.where(f"#/paths/{last}")
            assert (where.line, where.column) > (1, 1), one
        path.unlink()


def test_broken_documents_end_in_one_located_error_or_are_repaired_and_say_so(testdata: Path, tmp_path: Path) -> None:
    for packed in sorted((testdata / "corpus" / "edge-broken").rglob("*.gz")):
        try:
            document = read(unpacked(packed, tmp_path))
        except AdaptgenError as refused:
            (one,) = refused.diagnostics
            assert one.where is not None
            assert one.where.line > 0
            assert one.help
        else:
            assert operations(document) > 0


def test_a_tree_of_files_is_one_document(testdata: Path, tmp_path: Path) -> None:
    for packed in sorted((testdata / "corpus" / "multifile").rglob("*.tar.gz")):
        with tarfile.open(packed) as archive:
            archive.extractall(tmp_path, filter="data")
    (entry,) = tmp_path.rglob("DigitalOcean-public.v2.yaml")
    document = read(entry)
    assert document.diagnostics == ()
    assert operations(document) == 659
    assert len(document.inputs) == 1489
