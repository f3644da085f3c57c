"""The pictures of README.md and the pages: ``docs/images/``.

``python docs/images.py`` exits with 1 where a picture is older than what it shows, ``--write`` makes it anew; that of a
page in a browser needs Chromium. SVGs are made of their inputs alone; the screenshot has the hash of its inputs in a
text chunk (PNG specification, 11.3.3.3).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))

from session import Shell, blocks, free_ports, steady

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

INK, QUIET, PAPER, LINE = "#1f2a37", "#5b6775", "#ffffff", "#c9d2dc"
RED, YELLOW, GREEN = "#e0605a", "#e0b050", "#5cb870"
BUILD, SERVE, OUTSIDE = "#e3ebfb", "#dff3ea", "#f3f1ea"

# ----------------------------------------------------------------------------------------------------- the architecture


class Box(NamedTuple):
    """``title`` is a package where ``fill`` is not that of the outside."""

    x: int
    y: int
    width: int
    height: int
    title: str
    text: tuple[str, ...]
    fill: str


BOXES = (
    Box(
        20,
        62,
        190,
        104,
        "OpenAPI document",
        ("Swagger 2.0, 3.0, 3.1", "specs/crm.yaml", "+ specs/crm/hints.yaml"),
        OUTSIDE,
    ),
    Box(250, 62, 130, 104, "source", ("reads, upgrades,", "applies overlays"), BUILD),
    Box(400, 62, 150, 104, "plan", ("infers logins, paging,", "effects, views, names:", "each with evidence"), BUILD),
    Box(570, 62, 120, 104, "render", ("plain code,", "one table per tool"), BUILD),
    Box(710, 62, 120, 104, "output", ("writes the folder", "and its lock"), BUILD),
    Box(880, 62, 150, 104, "generated/crm", ("committed, reviewed,", "regenerated when", "the API changes"), OUTSIDE),
    Box(20, 256, 190, 104, "Agent", ("Claude, Cursor, VS Code,", "any MCP client"), OUTSIDE),
    Box(250, 256, 130, 104, "transports", ("stdio, HTTP,", "AWS Lambda"), SERVE),
    Box(400, 256, 120, 104, "tool_search", ("large APIs:", "search, toolsets"), SERVE),
    Box(540, 256, 140, 104, "govern", ("who may call what;", "personal data", "becomes tokens"), SERVE),
    Box(700, 256, 140, 104, "runtime", ("logs in, pages,", "counts, merges", "updates"), SERVE),
    Box(880, 256, 150, 104, "Legacy API", ("unchanged",), OUTSIDE),
    Box(540, 410, 140, 78, "proxy", ("governs other", "MCP servers"), SERVE),
)
ARROWS = (
    "M210 114H244", "M380 114H394", "M550 114H564", "M690 114H704", "M830 114H874",
    "M210 308H244", "M380 308H394", "M520 308H534", "M680 308H694", "M840 308H874",
    "M955 166V210H770V250", "M610 410V366",
)  # fmt: skip


def architecture() -> str:
    """The two rows of docs/architecture.md as an SVG."""
    parts = [
        f'<rect width="1050" height="508" rx="12" fill="{PAPER}" stroke="{LINE}"/>',
        '<text x="20" y="40" class="h">Build: adaptgen build specs/crm.yaml</text>',
        '<text x="20" y="234" class="h">Run: adaptgen serve generated/crm</text>',
        '<text x="790" y="204" class="t">is imported by</text>',
    ]
    for box in BOXES:
        middle = box.x + box.width // 2
        lines = "".join(
            f'<text x="{middle}" y="{box.y + 50 + 18 * row}" class="m">{escape(line)}</text>'
            for row, line in enumerate(box.text)
        )
        parts.append(
            f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{box.height}" rx="8" fill="{box.fill}" '
            f'stroke="{LINE}"/><text x="{middle}" y="{box.y + 26}" class="b">{escape(box.title)}</text>{lines}'
        )
    parts += [f'<path d="{one}" fill="none" stroke="{INK}" stroke-width="1.5" marker-end="url(#a)"/>' for one in ARROWS]
    style = (
        f"text{{font-family:system-ui,sans-serif;fill:{INK}}}.h{{font-size:16px;font-weight:600}}"
        f".b{{font-size:15px;font-weight:600;text-anchor:middle}}.m{{font-size:12.5px;text-anchor:middle;fill:{QUIET}}}"
        f".t{{font-size:12.5px;fill:{QUIET}}}"
    )
    marker = '<marker id="a" markerWidth="8" markerHeight="8" refX="6" refY="4" orient="auto">'
    marker += '<path d="M0 0L8 4L0 8z"/></marker>'
    return _svg(1050, 508, "How a server is built and run", f"<defs>{marker}</defs><style>{style}</style>", parts)


def _svg(width: int, height: int, title: str, head: str, parts: list[str]) -> str:
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img">'
    return "\n".join((opening, f"<title>{escape(title)}</title>{head}", *parts, "</svg>", ""))


# ------------------------------------------------------------------------------------------------------------ the cast

CAST = """
```
python -m adaptgen.demo.library --port 8080 &
export LIBRARY_BASE_URL=http://127.0.0.1:8080 LIBRARY_USERNAME=clerk LIBRARY_PASSWORD=ex-libris
```
```
adaptgen call http://127.0.0.1:8080/openapi.json list_members stsCd=ACTIVE count=grpCd
```
```
adaptgen call -q http://127.0.0.1:8080/openapi.json list_loans stsCd=OVERDUE sort=dueDt limit=3
```
```
adaptgen call -q http://127.0.0.1:8080/openapi.json get_member mbrNo=1049 fields=fullNm fields=stsCd
```
"""
COLUMNS, ROW, SECONDS = 104, 21, 1.6
"""Characters of a line, pixels of a line, seconds from one command to the next."""


def cast() -> str:
    """The commands of :data:`CAST` and what they print, one after the other, as an SVG. It moves by CSS; where that is
    not supported or not wanted, everything is there from the start."""
    played = [block for block in blocks(CAST) if block.kind == "commands"]
    rows: list[tuple[str, str, float]] = []
    for number, (block, out) in enumerate(zip(played, _play(CAST), strict=True)):
        at = number * SECONDS
        rows += [("$ " + line, "c", at) for line in block.body.splitlines()]
        rows += [(line, "o", at + SECONDS / 2) for line in out.splitlines() if line and "cp -r" not in line]
    lines: list[tuple[str, str, float]] = []
    for text, kind, at in rows:
        lines += [(text[start : start + COLUMNS], kind, at) for start in range(0, len(text), COLUMNS)]
    height = 58 + ROW * len(lines)
    parts = [
        f'<rect width="900" height="{height}" rx="10" fill="#17202b"/>',
        *(f'<circle cx="{x}" cy="20" r="6" fill="{fill}"/>' for x, fill in ((24, RED), (44, YELLOW), (64, GREEN))),
        *(
            f'<text x="20" y="{56 + ROW * row}" class="{kind}" style="animation-delay:{at:.1f}s" xml:space="preserve">'
            f"{escape(text)}</text>"
            for row, (text, kind, at) in enumerate(lines)
        ),
    ]  # fmt: skip
    style = (
        "text{font:13.5px ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;animation:s .3s backwards}"
        ".c{fill:#8fd3a8}.o{fill:#d7dee6}@keyframes s{from{opacity:0}}"
        "@media (prefers-reduced-motion:reduce){text{animation:none}}"
    )
    return _svg(
        900, height, "Questions to an API that adaptgen sees for the first time", f"<style>{style}</style>", parts
    )


def _play(page: str) -> list[str]:
    """What the commands of a page print, in an empty folder."""
    with tempfile.TemporaryDirectory() as home:
        ports = free_ports(page)
        kept = {key: one for key, one in os.environ.items() if not key.startswith(("CRM_", "ADAPTGEN_", "LIBRARY_"))}
        environ = kept | {"PATH": f"{Path(sys.executable).parent}:{kept['PATH']}", "HOME": home, "COLUMNS": "110"}
        shown = Shell(Path(home), environ, ports, terminal=True).play(blocks(page))
    return [steady(text, ports) for text in shown]


# -------------------------------------------------------------------------------------------------- the page of inspect


def inspect_inputs() -> str:
    """What the picture of ``adaptgen inspect --html`` shows: the score, its parts, the kinds of findings."""
    command = [sys.executable, "-m", "adaptgen", "inspect", "specs/crm.yaml", "--json"]
    report = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout)
    shown = {key: report[key] for key in ("title", "score", "operations", "tools", "parts")}
    return json.dumps(shown | {"rules": sorted({one["rule"] for one in report["findings"]})}, sort_keys=True)


def inspect_page() -> bytes:
    """The upper part of the page for the bundled CRM, without the days of the report and the version."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("docs/images/inspect.png needs Chromium in PATH")
    with tempfile.TemporaryDirectory() as folder:
        page, image = Path(folder, "page.html"), Path(folder, "page.png")
        command = [sys.executable, "-m", "adaptgen", "inspect", "specs/crm.yaml", "--html", str(page)]
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        text = re.sub(r" Report of [^<]*|, document of [^<]*", "", page.read_text("utf-8"))
        page.write_text(text, "utf-8")
        flags = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu", "--window-size=1100,890"]
        subprocess.run([browser, *flags, f"--screenshot={image}", page.as_uri()], capture_output=True, check=True)
        png = image.read_bytes()
    return png[:33] + _chunk(b"tEXt", b"Source\0" + _hash(inspect_inputs()).encode()) + png[33:]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG; the first one, the header, ends at byte 33."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


IMAGES: Mapping[str, Callable[[], str | bytes]] = {
    "architecture.svg": architecture, "cast.svg": cast, "inspect.png": inspect_page,
}  # fmt: skip


def is_current(name: str) -> bool:
    """Whether the committed picture shows what its script would draw now; of the screenshot, whether it was made of the
    same report."""
    path = FOLDER / name
    if not path.is_file():
        return False
    if name == "inspect.png":
        return _hash(inspect_inputs()).encode() in path.read_bytes()
    return path.read_text("utf-8") == IMAGES[name]()


def main(arguments: list[str]) -> int:
    stale = [name for name in IMAGES if not is_current(name)]
    for name in stale:
        if "--write" in arguments:
            made = IMAGES[name]()
            (FOLDER / name).write_bytes(made.encode() if isinstance(made, str) else made)
        print(f"{'written' if '--write' in arguments else 'stale'}: docs/images/{name}")
    return int(bool(stale) and "--write" not in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
