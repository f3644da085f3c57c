"""The checks of the site of the docs find what they are for; ``make site`` builds it."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest
from support.scripts import script

PAGE = "<article><h1 id=top>Title</h1><pre>adaptgen demo</pre>{}</article>"


@pytest.fixture(scope="module")
def site() -> ModuleType:
    return script("site/build.py")


@pytest.mark.parametrize(
    ("html", "problem"),
    [
        ("<a href='two.html#there'>", ""),
        ("<a href='#top'>", ""),
        ("<a href='https://example.com/a#b'>", ""),
        ("<a href='three.html'>", "three.html: there is no such page"),
        ("<a href='two.html#nowhere'>", "two.html#nowhere: the page has no such anchor"),
        ("<a href='#nowhere'>", "#nowhere: the page has no such anchor"),
        ("<img src='a.png'>", "a.png: there is no such file"),
        ("<img src='https://example.com/a.png'>", "https://example.com/a.png: is loaded from another host"),
        ("<script src='//example.com/a.js'></script>", "//example.com/a.js: is loaded from another host"),
        ("<link rel=icon href='http://example.com/a.png'>", "http://example.com/a.png: is loaded from another host"),
    ],
)  # fmt: skip
def test_a_problem_of_a_page_is_found(site: ModuleType, tmp_path: Path, html: str, problem: str) -> None:
    (tmp_path / "one.html").write_text(PAGE.format(html))
    (tmp_path / "two.html").write_text(PAGE.format("<h2 id=there>There</h2>"))
    assert list(site.problems(tmp_path)) == ([f"one.html: {problem}"] if problem else [])


def test_a_page_starts_with_a_command_or_a_picture(site: ModuleType, tmp_path: Path) -> None:
    for name, start in {"picture": "<p><img src='a.svg'></p>", "command": "<pre>x</pre>", "text": "<p>x</p>"}.items():
        (tmp_path / f"{name}.html").write_text(f"<article><h1>T</h1>{start}</article>")
    (tmp_path / "a.svg").touch()
    assert list(site.problems(tmp_path)) == ["text.html: starts with text, not with a command or a picture"]


def test_style_sheets_load_nothing_from_another_host(site: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{b:url(c.png)} @import 'https://example.com/f.css';")
    assert list(site.problems(tmp_path)) == ["a.css: https://example.com/f.css: is loaded from another host"]


def test_a_page_that_github_reads_otherwise_is_found(site: ModuleType, tmp_path: Path) -> None:
    pages, built = tmp_path / "pages", tmp_path / "built"
    pages.mkdir()
    built.mkdir()
    (pages / "one.md").write_text("# T\n\n    x\n\nSome words:\n- one\n- two\n")
    (built / "one.html").write_text(PAGE.format("<p>Some words: - one - two</p>"))
    assert list(site._differences(pages, built)) == ["one.html: 0 of li, 2 on GitHub"]


def test_links_between_pages_follow_them_into_the_site(site: ModuleType) -> None:
    names = {"README.md": "index.md", "docs/a.md": "a.md", "docs/howto/b.md": "howto/b.md"}
    text = "[a](docs/a.md#x) [b](docs/howto/b.md) [c](https://example.com/docs/a.md)\n```\n[a](docs/a.md)\n```\n"
    assert site.relink(text, "README.md", names) == text.replace("docs/", "", 2)
    assert (
        site.relink("[r](../../README.md) ![a](../a.md)", "docs/howto/b.md", names) == "[r](../index.md) ![a](../a.md)"
    )
