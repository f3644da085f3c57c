"""Pages show what others wrote as text, run nothing, and send forms to where they may."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
import zipfile
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from adaptgen.mcp.http_messages import HttpAnswer, HttpRequest, TooLarge, whole
from adaptgen.web.browser.pages import FORM_BYTES, form_of, form_source, page, problem, redirect, short

TEMPLATES = Path(__file__).parents[4] / "adaptgen" / "web" / "browser" / "templates"
FORM = {"content-type": "application/x-www-form-urlencoded"}


def html(answer: HttpAnswer) -> str:
    assert isinstance(answer.body, bytes)
    return answer.body.decode()


def test_what_others_wrote_is_text() -> None:
    hostile = "<script>alert(1)</script>\"'&\u202egpj.exe\u200b\x1b[31m\U000e0041"
    shown = html(problem(400, hostile, hostile)).partition("<body>")[2]
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;gpj.exe</" in shown


def test_a_value_without_end_is_cut_and_says_so() -> None:
    shown = html(problem(400, "Title", "x" * 30_000))
    assert "x" * 20_001 not in shown
    assert "(10000 more characters are not shown)" in shown


def test_a_line_is_short_and_one_line() -> None:
    assert short("a\r\n b\u2028c") == "a b c"
    assert short("x" * 500) == "x" * 119 + "…"
    assert short("paid" + " " * 500 + "to eve") == "paid…"


def test_a_line_covers_no_other_line() -> None:
    """Combining marks are drawn above and below each other, without end."""
    assert short("Z" + "\u0301" * 100 + "a") == "Z" + "\u0301" * 4 + "a"
    assert short("Vi\u00ea\u0323t") == "Vi\u00ea\u0323t"


def test_the_style_of_a_page_is_the_one_that_its_policy_names() -> None:
    answer = problem(400, "Title", "text")
    style = re.search(r"<style>(.*?)</style>", html(answer), re.DOTALL)
    assert style is not None
    made = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{made}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert {name: answer.headers[name] for name in ("cache-control", "x-content-type-options", "x-frame-options")} == {
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_runs_or_loads_anything(template: Path) -> None:
    """No script, no handler, no inline style, nothing from another place, nothing that is not escaped."""
    text = template.read_text(encoding="utf-8")
    assert re.findall(r"<script|<link|<img|<iframe|\son\w+=|\sstyle=|javascript:|src=|\|\s*safe|autoescape", text) == []
    for field in re.findall(r"<(?:input|textarea|select)\b[^>]*>", text):
        name = re.search(r'id="([^"]+)"', field)
        assert 'type="hidden"' in field or (name is not None and f'for="{name[1]}"' in text), field


def test_a_page_is_accessible() -> None:
    shown = html(problem(400, "Title", "text"))
    assert '<html lang="en">' in shown
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in shown
    assert shown.count("<h1>") == shown.count("<main>") == shown.count("<title>") == 1


def test_a_value_that_a_template_lacks_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        page("Log out", "log_out", name="x")


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://claude.ai/api/mcp/auth_callback", "https:"),
        ("http://127.0.0.1:33418/callback", "http://127.0.0.1:33418"),
        ("http://localhost/cb", "http://localhost"),
        ("http://[::1]:33418/callback", "http:"),  # CSP knows no IPv6 hosts
        ("cursor://anysphere.cursor-mcp/oauth/callback", "cursor:"),
        ("https://a.example;script-src 'unsafe-inline'/", "https:"),
        ("https://a.example *.evil.example/", "https:"),
    ],
)
def test_forms_may_redirect_to_a_client(url: str, source: str) -> None:
    policy = page("Title", "problem", text="", help="", again="", forms_to=[url]).headers["content-security-policy"]
    assert f"; form-action 'self' {source}; base-uri 'none'" in policy
    assert form_source(url) == source


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
