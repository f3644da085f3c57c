"""Keys in files: used only if nobody else could have read or changed them, and made once."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest

from adaptgen.diagnostics import AdaptgenError, Where
from adaptgen.govern.settings.key_files import make_key_file
from adaptgen.govern.settings.keys import key_files, material, new_key
from adaptgen.govern.settings.load import parse
from adaptgen.runtime.aws.credentials import Credentials

KEY = bytes(range(40, 72))
TEXT = base64.b64encode(KEY).decode()


async def refused(folder: Path) -> tuple[str, str, Where | None]:
    settings = parse(b"adaptgen: 1\nkeys:\n  audit: '${file:keys/audit}'\n", (folder / "governance.yaml").as_posix())
    with pytest.raises(AdaptgenError) as caught:
        await material(settings, Credentials({}))
    (one,) = caught.value.diagnostics
    assert TEXT not in f"{one.message} {one.help}"
    return one.code, one.message.replace(str(folder), "DIR"), one.where


@pytest.fixture
def key(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    path = tmp_path / "keys" / "audit"
    assert make_key_file(path, f"{TEXT}\n")
    return path


@pytest.mark.asyncio
async def test_a_key_file_is_found_next_to_the_settings(key: Path) -> None:
    path = key.parent.parent / "governance.yaml"
    settings = parse(b"adaptgen: 1\nkeys: {audit: '${file:keys/audit}'}\n", path.as_posix())
    assert (await material(settings, Credentials({}))).audit == KEY
    remote = parse(b"adaptgen: 1\nkeys: {audit: '${file:keys/audit}'}\n", "s3://bucket/key")
    with pytest.raises(AdaptgenError, match="no folder"):
        await material(remote, Credentials({}))


def test_a_key_file_is_for_its_owner_and_made_once(key: Path, tmp_path: Path) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert not make_key_file(key, "another")
    assert key.read_text() == f"{TEXT}\n"
    (tmp_path / "keys" / "dangling").symlink_to(tmp_path / "elsewhere")
    assert not make_key_file(tmp_path / "keys" / "dangling", "another")
    assert not (tmp_path / "elsewhere").exists()
    assert sorted(one.name for one in key.parent.iterdir()) == ["audit", "dangling"]


@pytest.mark.asyncio
async def test_a_link_a_pipe_and_a_folder_are_no_key_files(key: Path) -> None:
    folder = key.parent.parent
    key.rename(folder / "real")
    key.symlink_to(folder / "real")
    assert (await refused(folder))[:2] == ("AG073", "the key file DIR/keys/audit is a symbolic link")
    key.unlink()
    assert (await refused(folder))[:2] == (
        "AG071",
        "the key file DIR/keys/audit cannot be read: No such file or directory",
    )
    os.mkfifo(key, 0o600)
    assert (await refused(folder))[:2] == ("AG073", "the key file DIR/keys/audit is not a regular file")
    key.unlink()
    key.mkdir(0o700)
    assert (await refused(folder))[:2] == ("AG073", "the key file DIR/keys/audit is not a regular file")


@pytest.mark.asyncio
@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000, b""])
async def test_what_is_no_key_is_refused_without_a_word_of_it(key: Path, content: bytes) -> None:
    key.write_bytes(content)
    code, _, _ = await refused(key.parent.parent)
    assert code in ("AG073", "AG071")


@pytest.mark.asyncio
async def test_new_keys_are_of_the_kind_that_each_name_takes(tmp_path: Path) -> None:
    names = ("surrogates", "cursors", "handover", "audit", "checkpoints", "pins")
    files = "".join(f"  {name}: '${{file:{name}.key}}'\n" for name in names)
    text = f"adaptgen: 1\nkeys:\n{files}  tokens: {{current: k1, all: {{k1: '${{file:t.key}}', k2: '${{env:T}}'}}}}\n"
    settings = parse(text.encode(), (tmp_path / "governance.yaml").as_posix())
    found = key_files(settings)
    assert {path.name: name for path, name in found.items()} == {"t.key": "tokens"} | {
        f"{one}.key": one for one in names
    }
    for path, name in found.items():
        assert make_key_file(path, new_key(name))
    made = await material(settings, Credentials({"T": TEXT}))
    assert made.ephemeral == ()
    assert made.tokens is not None
    assert made.tokens.all["k1"] not in (made.tokens.all["k2"], made.audit)
