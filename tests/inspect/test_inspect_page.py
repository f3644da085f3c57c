"""The page of ``adaptgen inspect`` in a real browser: wide and narrow, light and dark."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.browser import Page, browser
from support.inspect_specs import BAD, write_spec

from adaptgen.cli import main

pytestmark = pytest.mark.slow

WIDTHS, SCHEMES = (400, 1280), (False, True)
BEYOND = """
[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth)
  .map((one) => one.outerHTML.slice(0, 80)).join('|')
"""
TEXTS = """
(() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (colour) => colour.slice(0, 3).map((one) => one / 255)
    .map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (node) => {
    for (let one = node; one; one = one.parentElement) {
      const colour = rgb(getComputedStyle(one).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, parent = node.parentElement;
    if (!node.data.trim() || node.data.trim() === "■" || !parent.getClientRects().length) continue;
    const style = getComputedStyle(parent);
    const colour = parent instanceof SVGElement ? style.fill : style.color;
    const [one, two] = [light(rgb(colour)), light(behind(parent))].sort((a, b) => b - a);
    found.push([node.data.trim().slice(0, 40), parseFloat(style.fontSize), (one + 0.05) / (two + 0.05)]);
  }
  return JSON.stringify(found);
})()
"""


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with browser(tmp_path_factory.mktemp("browser")) as page:
        yield page


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The report of a bad document, of one with names that no line can break, and of the bundled CRM."""
    folder = tmp_path_factory.mktemp("pages")
    long = json.loads(json.dumps(BAD))
    long["info"]["title"] = "Un" * 120
    long["paths"]["/" + "verylongsegment" * 12] = {"get": {"operationId": "get" + "Much" * 40, "responses": {}}}
    specs = [write_spec(folder / "bad", BAD), write_spec(folder / "long", long)]
    specs.append(Path(__file__).parents[2] / "specs" / "crm.yaml")
    made = []
    for number, spec in enumerate(specs):
        made.append(folder / f"{number}.html")
        assert main(["inspect", str(spec), "--html", str(made[-1])]) == 0
    return made


@pytest.mark.parametrize("dark", SCHEMES, ids=("light", "dark"))
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_can_be_read(width: int, dark: bool, chromium: Page, pages: list[Path]) -> None:
    """Nothing is cut off at the right, no text is under 12 px, and its contrast is at least 4.5 (WCAG 2.2, 1.4.3)."""
    for path in pages:
        chromium.show(path, width, dark=dark)
        assert chromium.run("document.documentElement.scrollWidth") <= width
        beyond = (
            "[...document.querySelectorAll('body *')].filter((one) => one.getBoundingClientRect().right > innerWidth)"
        )
        assert chromium.run(f"{beyond}.map((one) => one.outerHTML.slice(0, 80)).join('\\n')") == ""
        texts = json.loads(chromium.run(TEXTS))
        assert len(texts) > 40
        assert [one for one in texts if one[1] < 12 or one[2] < 4.5] == []


def test_colours_follow_the_scheme(chromium: Page, pages: list[Path]) -> None:
    seen = set()
    for dark in SCHEMES:
        chromium.show(pages[0], 400, dark=dark)
        seen.add(chromium.run("getComputedStyle(document.body).backgroundColor"))
    assert len(seen) == 2


def test_a_link_leads_to_its_finding(chromium: Page, pages: list[Path]) -> None:
    chromium.show(pages[0], 400, dark=False)
    broken = "[...document.querySelectorAll('a[href^=\"#\"]')].filter((one) => !document.querySelector(one.hash))"
    assert chromium.run(f"{broken}.length") == 0
    assert chromium.run("document.querySelectorAll('ol.first a').length") == 3
