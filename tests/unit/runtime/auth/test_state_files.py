"""State files show nothing of what they hold to who copies them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from adaptgen.runtime.auth.session_files import StateFile, StateFiles, StateKeys
from adaptgen.runtime.core.answer import ToolError

pytestmark = pytest.mark.asyncio

SECRET = "sk-of-a-person-0123456789"
VALUE = {"saved": {"key": SECRET, "refresh": "r-1"}, "stamp": "1", "who": {"sub": "ada"}}
KEY = {"ADAPTGEN_CURSOR_KEY": base64.b64encode(bytes(range(32))).decode()}


def opened(folder: Path, environ: Mapping[str, str], key: bytes | None = None, name: str = "ada") -> StateFile:
    return StateFiles(folder / "state", StateKeys(environ, key)).file("notes-login-account", name, strict=True)


def machine(folder: Path, name: str = "config") -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(folder / name)}


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in (folder / "state").rglob("*") if path.is_file())


@pytest.mark.parametrize("source", ["settings", "environment", "machine"])
@pytest.mark.parametrize("strict", [True, False])
async def test_every_process_with_the_key_reads_what_no_copy_of_the_folder_shows(
    tmp_path: Path, source: str, strict: bool
) -> None:
    environ = {**machine(tmp_path), **(KEY if source == "environment" else {})}
    key = b"k" * 32 if source == "settings" else None
    one, other = (
        StateFiles(tmp_path / "state", StateKeys(environ, key)).file("notes", "ada", strict=strict) for _ in range(2)
    )
    await one.put(VALUE)
    assert await other.read() == VALUE
    await other.write({**VALUE, "stamp": "2"})
    assert (await one.read() or {})["stamp"] == "2"
    for hidden in (SECRET, "r-1", base64.b64encode(SECRET.encode()).decode(), "saved", "who"):
        assert hidden.encode() not in written(tmp_path)
    keys = list((tmp_path / "config").rglob("*.key"))
    assert [path.stat().st_mode & 0o777 for path in keys] == ([0o600] if source == "machine" else [])


async def test_another_key_or_another_place_opens_nothing(tmp_path: Path) -> None:
    await opened(tmp_path, machine(tmp_path)).put(VALUE)
    stranger = opened(tmp_path, machine(tmp_path, "elsewhere"))
    assert (await stranger.read(), stranger.unreadable) == (None, True)
    ((whole),) = (tmp_path / "state").glob("*.json")
    eve = opened(tmp_path, machine(tmp_path), name="eve")
    await eve.put({})
    (of_eve,) = (path for path in (tmp_path / "state").glob("*.json") if path != whole)
    of_eve.write_bytes(whole.read_bytes())
    assert (await eve.read(), eve.unreadable) == (None, True)
    whole.write_text(json.dumps(VALUE))  # nobody plants an account
    ada = opened(tmp_path, machine(tmp_path))
    assert (await ada.read(), ada.unreadable) == (None, True)


async def test_a_key_of_this_machine_still_opens_once_another_one_is_named(tmp_path: Path) -> None:
    await opened(tmp_path, machine(tmp_path)).put(VALUE)
    assert await opened(tmp_path, {**machine(tmp_path), **KEY}, b"k" * 32).read() == VALUE


@pytest.mark.parametrize("fault", ["a file in the place of the folder", "a key that is none"])
async def test_without_a_key_nothing_is_kept(tmp_path: Path, fault: str) -> None:
    environ = machine(tmp_path)
    if fault == "a key that is none":
        environ["ADAPTGEN_CURSOR_KEY"] = "short"
    else:
        (tmp_path / "config").write_text("")
    with pytest.raises(ToolError, match=r"no key to seal .* Set ADAPTGEN_CURSOR_KEY") as refused:
        await opened(tmp_path, environ).put(VALUE)
    assert SECRET not in refused.value.text
    assert not (tmp_path / "state").exists()
