"""Builds the site of README.md and docs/ with mkdocs-material, and checks what was built.

``python docs/site/build.py [FOLDER]`` writes the site into FOLDER (``build/site``), prints each warning of mkdocs and
each problem of the built pages, and exits with 1 if there is one: a link or an anchor that leads nowhere, anything that
a browser would load from another host, a page that does not start with a command or a picture, a page that GitHub shows
otherwise.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
STAGED = {"README.md": "index.md"} | {
    f"{name}.md": f"{name.lower()}.md" for name in ("CONTRIBUTING", "CHANGELOG", "SECURITY")
}
"""Pages of the top level -> their names in the site."""
ASSETS = {".json", ".png", ".svg", ".css", ".py"}
LINK = re.compile(r"(\]\(|(?:src|href)=\")([^)\s\"]+)")
LOADS = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("object", "data")}
STARTLESS = re.compile(r"decisions/|404\.html|changelog\.html|security\.html")
"""Pages that need not start with a command: records of decisions and of versions, and how to report a vulnerability."""


def tracked() -> list[str]:
    """The files of docs/ that git knows or would take, as paths in the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "docs"]
    out = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    return sorted(name for name in out.split("\0") if name and (ROOT / name).is_file())


def stage(folder: Path) -> None:
    """Copies the pages into ``folder``; their links lead to the names that pages have there."""
    names = {**STAGED, **{name: name.removeprefix("docs/") for name in tracked() if _is_shown(name)}}
    names["docs/site/site.css"] = "site.css"
    names["docs/decisions/"] = "decisions/index.md"
    for source, target in names.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith("/"):
            path.write_text(_decisions(), "utf-8")
        elif source.endswith(".md"):
            path.write_text(relink((ROOT / source).read_text("utf-8"), source, names), "utf-8")
        else:
            shutil.copyfile(ROOT / source, path)


def _is_shown(name: str) -> bool:
    path = Path(name)
    if path.suffix == ".py":  # only what a page offers to its reader
        return path.parts[1] == "tutorial"
    return path.suffix in {".md", *ASSETS} and path.parts[1] != "site"


def relink(text: str, source: str, names: Mapping[str, str]) -> str:
    """The text of the page ``source`` with its relative links turned into those between staged pages."""
    here = Path(names[source]).parent

    def turned(match: re.Match[str]) -> str:
        target, mark, anchor = match[2].partition("#")
        if not target or "://" in target or target.startswith("mailto:"):
            return match[0]
        known = os.path.normpath(Path(source).parent / target) + ("/" if target.endswith("/") else "")
        if known not in names:
            return match[0]
        return match[1] + Path(os.path.relpath(names[known], here)).as_posix() + mark + anchor

    parts = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("```") else LINK.sub(turned, part) for part in parts)


def _titles() -> Iterator[tuple[str, str]]:
    for path in sorted((DOCS / "decisions").glob("*.md")):
        yield path.name, path.read_text("utf-8").partition("\n")[0].removeprefix("# ")


def _decisions() -> str:
    items = "".join(f"- [{title}]({name})\n" for name, title in _titles())
    return f"# Decisions\n\nWhy things are as they are, one page for each decision, in the order of time.\n\n{items}"


class _Warnings(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


def build(folder: Path) -> list[str]:
    """Builds the site into ``folder``; returns the warnings."""
    os.environ["NO_MKDOCS_2_WARNING"] = "true"
    from mkdocs.commands.build import build as build_site
    from mkdocs.config import load_config

    warnings = _Warnings()
    log = logging.getLogger("mkdocs")
    log.addHandler(warnings)
    try:
        with tempfile.TemporaryDirectory() as pages:
            stage(Path(pages))
            config = load_config(str(DOCS / "site" / "mkdocs.yml"), docs_dir=pages, site_dir=str(folder))
            explanation = next(part["Explanation"] for part in config.nav if "Explanation" in part)
            decisions = [{title: f"decisions/{name}"} for name, title in _titles()]
            explanation.append({"Decisions": ["decisions/index.md", *decisions]})
            explanation.append({"Project": ["contributing.md", "changelog.md", "security.md"]})
            build_site(config)
            warnings.texts += _differences(Path(pages), folder)
    finally:
        log.removeHandler(warnings)
    return warnings.texts


def _differences(pages: Path, folder: Path) -> Iterator[str]:
    """Pages that Python-Markdown reads otherwise than CommonMark, which GitHub shows: a list that is not one there."""
    github = MarkdownIt("commonmark").enable("table")
    for path in sorted(pages.rglob("*.md")):
        name = path.relative_to(pages).with_suffix(".html")
        here, there = read(folder / name).counts, Counter(one.tag for one in github.parse(path.read_text("utf-8")))
        there["pre"] += there["code"]
        for tag in ("li", "table", "pre", "h2", "h3"):
            # An opening and a closing token for each element but code, which is one token.
            expected = there[tag] if tag == "pre" else there[tag] // 2
            if here[tag] != expected:
                yield f"{name}: {here[tag]} of {tag}, {expected} on GitHub"


# ------------------------------------------------------------------------------------------------------- what was built


class Html(HTMLParser):
    """What the checks need of one page. ``links``: targets of anchors; ``loads``: what a browser fetches for the page;
    ``start``: the first element after the title; ``counts``: elements of the article."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.start = ""
        self.counts: Counter[str] = Counter()
        self._inside = self._titled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag == "a" and "href" in values:
            self.links.append(values["href"])
        if values.get("rel") not in {"canonical", "next", "prev", "edit"}:
            self.loads += [values[name] for element, name in LOADS if element == tag and values.get(name)]
        self._inside = self._inside or tag == "article"
        if not self._inside:
            return
        if self._titled and not self.start and tag not in {"p", "div", "span", "a"}:
            self.start = tag
        self.counts[tag] += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "article":
            self._inside = False
        if tag == "h1":
            self._titled = True

    def handle_data(self, data: str) -> None:
        if self._inside and self._titled and not self.start and data.strip():
            self.start = "text"


def read(path: Path) -> Html:
    page = Html()
    page.feed(path.read_text("utf-8"))
    return page


def problems(folder: Path) -> Iterator[str]:
    """What is wrong with the built pages below ``folder``, one line each."""
    pages = {path.relative_to(folder).as_posix(): read(path) for path in sorted(folder.rglob("*.html"))}
    for name, page in pages.items():
        for target in page.links:
            if problem := _dead(target, name, pages, folder):
                yield f"{name}: {target}: {problem}"
        for target in page.loads:
            parts = urlsplit(target)
            if parts.scheme not in {"", "data"} or parts.netloc:
                yield f"{name}: {target}: is loaded from another host"
            elif not parts.scheme and not (folder / _path(parts.path, name)).is_file():
                yield f"{name}: {target}: there is no such file"
        if not STARTLESS.match(name) and page.start not in {"pre", "img"}:
            yield f"{name}: starts with {page.start or 'nothing'}, not with a command or a picture"
    for path in sorted(folder.rglob("*.css")):
        for found in re.findall(r"(?:url\(|@import )[\"']?((?:https?:)?//[^\"')]+)", path.read_text("utf-8")):
            yield f"{path.relative_to(folder)}: {found}: is loaded from another host"


def _dead(target: str, name: str, pages: Mapping[str, Html], folder: Path) -> str:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return ""
    path = _path(parts.path, name) or name
    if path not in pages:
        return "" if (folder / path).is_file() else "there is no such page"
    anchor = unquote(parts.fragment)
    return "" if not anchor or anchor in pages[path].ids else "the page has no such anchor"


def _path(path: str, name: str) -> str:
    """The path below the site that ``path`` of a link on the page ``name`` means; empty without one."""
    base = "" if path.startswith("/") else Path(name).parent
    return os.path.normpath(Path(base) / unquote(path).lstrip("/")) if path else ""


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]) if arguments else ROOT / "build" / "site"
    found = [*build(folder), *problems(folder)]
    for problem in found:
        print(problem)
    print(f"{len(list(folder.rglob('*.html')))} pages in {folder}, {len(found)} problems")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
