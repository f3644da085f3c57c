"""Pages show what others wrote as text, run nothing, and send forms to where they may."""

from __future__ import annotations

import asyncio
import re
import zipfile
from pathlib import Path

import pytest

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, TooLarge, whole
from adaptgen.web.browser.pages import FORM_BYTES, exact, form_of, redirect

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


@pytest.mark.parametrize(
    ("text", "named"),
    [
        # What shows nothing, or changes what is next to it.
        ("a\u200bb", ["U+200B"]),
        ("pay\u2062me", ["U+2062"]),
        ("a\u00a0b\u3000c", ["U+00A0", "U+3000"]),
        ("\U000e0041", ["U+E0041"]),
        ("\u3164\u115f\u17b4", ["U+3164", "U+115F", "U+17B4"]),
        ("a\U0001d159b", ["U+1D159"]),
        ("x\U000f0000y", ["U+F0000"]),
        ("to \u202egro", ["U+202E"]),
        # Struck out, or crossed out as a whole.
        ("1\u03360\u0336", ["U+0336", "U+0336"]),
        ("no\u0335\u0337\u0338", ["U+0335", "U+0337", "U+0338"]),
        ("a\u20d2b\u20e5c\u20ea", ["U+20D2", "U+20E5", "U+20EA"]),
        ("a\u20e0", ["U+20E0"]),
        ("a\U0001bc9e", ["U+1BC9E"]),
        # Words of several scripts, and numbers of several systems.
        ("p\u0430ypal", ["mixed scripts: Latin, Cyrillic U+0430"]),
        ("\u0420\u043e\u0441\u0441i\u044f", ["mixed scripts: Cyrillic, Latin U+0069"]),
        ("\u03bfnline", ["mixed scripts: Latin, Greek U+03BF"]),
        ("l\u0585an", ["mixed scripts: Latin, Armenian U+0585"]),
        ("\u13aadmin", ["mixed scripts: Latin, another script U+13AA"]),
        ("ann@b\u0430nk.example", ["mixed scripts: Latin, Cyrillic U+0430"]),
        ("\u0430\u3042", ["mixed scripts: Cyrillic, Hiragana U+3042"]),
        ("1\u06600", ["mixed digits: U+0660"]),
        # What languages and people write.
        ("Zo\u00eb na\u00efve \u0141\u00f3d\u017a Nguy\u1ec5n a\u0301e\u0323\u0302", []),
        ("\u041e\u043f\u043b\u0430\u0442\u0430 PayPal, IT-\u043e\u0442\u0434\u0435\u043b", []),
        ("T\u30b7\u30e3\u30c4 \u682a\u5f0f\u4f1a\u793eABC \u30b3\u30fc\u30d2\u30fc\u3092\u98f2\u3080", []),
        ("SK\ud558\uc774\ub2c9\uc2a4 \u5927\u97d3\u6c11\u570b", []),
        ("\u0646\u0635 \u0661\u0662\u0663 \u05e9\u05b8\u05dc\u05d5\u05b9\u05dd", []),
        ("\u0915\u094d\u0937\u093f \u0e19\u0e49\u0e33 \u0ba4\u0bae\u0bbf\u0bb4\u0bcd", []),
        ("\u13e3\u13b3\u13a9", []),
        ("5 \u20ac, 10 \u00b5m, 2\u00bd, \u2260, \U0001f600", []),
    ],
)
def test_what_a_reader_would_not_see_or_would_mistake_is_named(text: str, named: list[str]) -> None:
    assert re.findall(r"<mark>\[(.*?)\]</mark>", str(exact(text))) == named


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
