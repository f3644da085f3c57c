"""Pages show what others wrote as text, run nothing, and send forms to where they may."""

from __future__ import annotations

import asyncio
import re
import zipfile
from pathlib import Path

import pytest

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, TooLarge, whole
from adaptgen.web.browser.pages import FORM_BYTES, form_of, redirect

TEMPLATES = Path(__file__).parents[4] / "adaptgen" / "web" / "browser" / "templates"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def html(answer: HttpAnswer) -> str:
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_runs_or_loads_anything(template: Path) -> None:
    """No script, no handler, no inline style, nothing from another place, nothing that is not escaped."""
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"<script|<link|<img|<iframe|\son\w+=|\sstyle=|javascript:|src=|\|\s*safe|autoescape", text) == []
    for field in re.findall(r"<(?:input|textarea|select)\b[^>]*>", text):
        name = re.search(r'id="([^"]+)"', field)
        assert 'type="hidden"' in field or (name is not None and f'for="{name[1]}"' in text), field


def test_a_redirect_is_one_line() -> None:
    assert redirect("https://a.example/b?c=d").headers["location"] == "https://a.example/b?c=d"
    for url in ("https://a.example/\r\nset-cookie: x=y", "https://a.example/ä", "https://a.example/a b"):
        with pytest.raises(ValueError):
            redirect(url)


def fields(body: bytes, headers: dict[str, str] = FORM) -> dict[str, str]:
    return asyncio.run(form_of(HttpRequest("POST", "/", headers, whole(body))))


def test_a_form_has_one_value_for_each_name() -> None:
    assert fields(b"a=1&b=&c=%C3%A9+x") == {"a": "1", "b": "", "c": "é x"}
    assert fields(b"a=1&a=2") == {}
    assert fields(b"a=%ff") == {}
    assert fields(b"a=\xff") == {}
    assert fields("&".join(f"a{n}=1" for n in range(101)).encode()) == {}
    assert fields(b"a=1", {"content-type": "text/plain"}) == {}
    with pytest.raises(TooLarge):
        fields(b"a=" + b"x" * FORM_BYTES)


@pytest.mark.slow
def test_templates_are_in_the_wheel(tmp_path: Path) -> None:
    import subprocess
    import sys

    root = TEMPLATES.parents[3]
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=root, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("adaptgen/web/browser/templates/")}
    assert names == {f"adaptgen/web/browser/templates/{one.name}" for one in TEMPLATES.iterdir()}
