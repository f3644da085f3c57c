"""What every generated folder must be, whatever text its document holds: the checks of hostile documents."""

from __future__ import annotations

import ast
import dataclasses
import json
import re
import tempfile
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any

from support.hostile import written

from adaptgen.building.build import build
from adaptgen.diagnostics import AdaptgenError
from adaptgen.model import tables as model

_CLASSES = {name for name, kind in vars(model).items() if isinstance(kind, type) and dataclasses.is_dataclass(kind)}
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
# The elements of the HTML standard, and those that were in it (https://html.spec.whatwg.org/#elements-3, #obsolete),
# but three that stand for placeholders more often.
ELEMENTS = frozenset(
    re.findall(
        r"\w+",
        "a abbr acronym applet area article aside audio b base basefont bdi bdo bgsound big blink "
        "blockquote body br button canvas caption center cite code col colgroup datalist dd del details dfn "
        "dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 "
        "h6 head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend li link "
        "listing main map mark marquee math menu menuitem meta meter multicol nav nextid nobr noembed noframes "
        "noscript object ol optgroup option output p param picture plaintext pre progress q rb rp rt rtc ruby s "
        "samp script search section select slot small source spacer span strike strong style sub summary sup svg "
        "table tbody td template textarea tfoot th thead title tr track tt u ul var video wbr xmp ",
    )
)


def built(document: Any, form: str, hints: Any = None) -> dict[str, str] | None:
    """The files of the generated server; None where it was refused, with a place for every reason."""
    with tempfile.TemporaryDirectory() as folder:
        specs = Path(folder) / "specs"
        (specs / "pets").mkdir(parents=True)
        (specs / "pets.json").write_bytes(written(document, form))
        if hints is not None:
            (specs / "pets" / "hints.yaml").write_bytes(written(hints, "escaped"))
        try:
            made = build(specs / "pets.json", out=Path(folder) / "generated")
        except AdaptgenError as refused:
            for one in refused.diagnostics:
                assert one.where is not None, one
                assert Path(one.where.file).is_relative_to(folder), one
            return None
        return made.files


def harmless(files: Mapping[str, str]) -> None:
    """Assert it of the files of one generated server: path relative to its folder -> text."""
    names(files)
    for path, text in files.items():
        check_file(path, text)


@lru_cache(1000)  # most files of an attacked document are those of the document itself
def check_file(path: str, text: str) -> None:
    text.encode()
    hidden = hidden_characters(text.replace("\n", ""))
    assert not hidden, f"{path} holds {hidden[:3]}"
    if path.endswith(".py"):
        if not path.startswith("tests/"):
            module(path, text)
    elif path == "README.md":
        markdown(text)
    elif path.startswith("tools/") and path.endswith(".json"):
        contracts(text)
    elif path in ("adaptgen.lock", "server.json"):
        json.loads(text)
    else:
        assert path == "policy.cedarschema", path


def hidden_characters(text: str) -> list[str]:
    return sorted(filter(is_hidden, set(text)))


@cache
def is_hidden(char: str) -> bool:
    """Whether a reader does not see the character: control, format, surrogate, private or unassigned, a separator that
    is no space, or (Unicode, Default_Ignorable_Code_Point) a letter or mark that shows nothing.

    Characters that are not assigned yet show a box; the signs that are put before numbers (of category Cf) show.
    """
    code = ord(char)
    if char in "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0" or code & 0xFFFE == 0xFFFE:
        return True
    if 0xFE00 <= code <= 0xFE0F or 0xE0000 <= code <= 0xE0FFF or 0xFDD0 <= code <= 0xFDEF or 0xFFF0 <= code <= 0xFFF8:
        return True
    shown = (*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD)
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and code not in shown


# ---------------------------------------------------------------------------------------------------------- file names


def names(paths: Mapping[str, str]) -> None:
    """Files stay in the folder and can be written on every file system: short, portable, no two the same."""
    assert len({path.casefold() for path in paths}) == len(paths)
    for path in paths:
        parts = PurePosixPath(path).parts
        assert len(parts) <= 2, path
        for part in parts:
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9]+)?", part), path
            assert len(part) <= 80, path
            assert part.split(".")[0].casefold() not in _DEVICES, path


# -------------------------------------------------------------------------------------------------------------- Python


def module(path: str, text: str) -> None:
    """A module imports from the runtime and from its own package, and assigns calls of the model with literals."""
    tree = ast.parse(text, path)
    first, *rest = tree.body
    assert isinstance(first, ast.Expr), path
    assert isinstance(first.value, ast.Constant), path
    assert isinstance(first.value.value, str), path
    assert first.value.value.count("\n") == 4, f"{path}: the docstring has another shape"
    assert re.match(r"# -\*-|#.*coding[:=]", text) is None, path
    for statement in rest:
        if isinstance(statement, ast.ImportFrom):
            _imported(path, statement)
            continue
        assert isinstance(statement, (ast.Assign, ast.AnnAssign)), f"{path}: {ast.unparse(statement)[:200]}"
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        assert [type(target) for target in targets] == [ast.Name], path
        assert statement.value is not None, path
        _expression(path, statement.value)


def _imported(path: str, statement: ast.ImportFrom) -> None:
    names = {alias.name for alias in statement.names}
    assert not any(alias.asname for alias in statement.names), path
    where = "." * statement.level + (statement.module or "")
    known = {
        "adaptgen.runtime": _CLASSES,
        "adaptgen.transports.aws_lambda": {"serve"},
        "json": {"loads"},
        "pathlib": {"Path"},
        ".auth": {"AUTH"},
        ".tools": {"TOOLSETS"},
    }
    if where == "." and path == "tools/__init__.py":
        return
    assert where in known, f"{path}: imports {where}"
    assert names <= known[where], f"{path}: imports {names} from {where}"


_FOLDER = "Path(__file__).parent"


def _expression(path: str, node: ast.expr) -> None:
    code = ast.unparse(node) if isinstance(node, (ast.BinOp, ast.Attribute)) else ""
    if code in (_FOLDER, f"{_FOLDER} / 'tools'"):
        return
    match node:
        case ast.Constant(value):
            assert value is None or isinstance(value, (str, int, float)), path
        case ast.UnaryOp(ast.USub(), ast.Constant(value)):
            assert isinstance(value, (int, float)), path
        case ast.Name(name):
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name), path
        case ast.Attribute(ast.Name(), "TOOLS"):
            pass
        case ast.Tuple(items) | ast.List(items):
            for item in items:
                _expression(path, item)
        case ast.Dict(keys, values):
            for key in keys:
                assert isinstance(key, ast.Constant), path
                assert isinstance(key.value, str), path
            for value in values:
                _expression(path, value)
        case ast.Call(ast.Name(name), arguments, keywords):
            if name in ("float", "loads"):
                assert [type(one) for one in arguments] == [ast.Constant], path
                assert not keywords, path
                return
            assert name in _CLASSES or (path == "lambda_handler.py" and name == "serve"), f"{path} calls {name}"
            for one in arguments:
                _expression(path, one)
            for keyword in keywords:
                assert keyword.arg is not None, path
                _expression(path, keyword.value)
        case _:
            raise AssertionError(f"{path}: {ast.unparse(node)[:200]}")


# ------------------------------------------------------------------------------------------------ what people read


def markdown(text: str) -> None:
    """Nothing but words, code, headings, lists and tables; ``<br>`` is the one tag, and it is ours."""
    for token in _inline(text):
        assert token.type in ("text", "text_special", "code_inline", "softbreak", "html_inline"), token
        assert token.type != "html_inline" or token.content == "<br>", token


@cache
def _markdown_parser() -> Any:
    import markdown_it

    return markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def _inline(text: str) -> list[Any]:
    tokens = _markdown_parser().parse(text)
    assert "html_block" not in {token.type for token in tokens}, text
    return [child for token in tokens for child in token.children or ()]


# ------------------------------------------------------------------------------------------------ what agents read


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # <name> is how documents write a placeholder; with attributes, or as an element of HTML, it is markup.
        if tag in ELEMENTS or any(value is not None or name.startswith("on") for name, value in attrs):
            self.found.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in ELEMENTS or "-" in tag:
            self.found.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"<!{data}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"<!{decl}")

    def handle_pi(self, data: str) -> None:
        self.found.append(f"<?{data}")

    def unknown_decl(self, data: str) -> None:
        self.found.append(f"<![{data}")


def contracts(text: str) -> None:
    """The descriptions of ``tools/<module>.json`` are plain words in one line."""
    for name, entry in json.loads(text).items():
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name), name
        said(entry["description"], name)
        said(entry["annotations"].get("title", ""), name)
        known = {"description", "arguments", "required", "adds", "inputSchema", "annotations", "returns"}
        assert set(entry) <= known, name
        kinds = set(entry.get("returns", {}).values())
        assert kinds <= {"string", "integer", "number", "boolean", "array", "object", "null"}, name
        assert ("arguments" in entry) != ("inputSchema" in entry), name
        whole = entry.get("inputSchema") or {"properties": entry["arguments"]}
        schema(whole, name)
        for argument in whole.get("properties", {}):
            assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", argument), (name, argument)


def schema(node: Any, where: str) -> None:
    """The texts of a schema. Names of properties, values of enums and constants are what the API wants, as they are."""
    if isinstance(node, list):
        for one in node:
            schema(one, where)
        return
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in ("description", "title", "$comment", "format", "pattern"):
            assert isinstance(value, str), (where, key)
            said(value, f"{where}: {key}", rendered=key not in ("format", "pattern"))
        elif key in ("examples", "default"):
            assert not hidden_characters(json.dumps(value, ensure_ascii=False)), (where, key, value)
        elif key == "properties":
            for one in value.values():
                schema(one, where)
        elif key not in ("enum", "const", "required"):
            schema(value, where)


def said(text: str, where: str, *, rendered: bool = True) -> None:
    """A text that agents read: one line, all of it visible, no HTML, nothing that Markdown would load or link."""
    found = hidden_characters(text)
    assert not found, f"{where} holds {found[:3]} in {text!r}"
    if rendered:
        check_rendered(text)


@lru_cache(10_000)
def check_rendered(text: str) -> None:
    tags = _Tags()
    tags.feed(text)
    tags.close()
    assert not tags.found, f"it holds {tags.found[:3]} in {text[:500]!r}"
    for token in _inline(text):
        assert token.type not in ("image", "link_open"), f"it holds {token} in {text[:500]!r}"
    found = re.findall(r"(?i)<\|\w+\|>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant)>", text)
    assert not found, f"it holds {found[:3]}, which begins a turn, in {text[:500]!r}"
