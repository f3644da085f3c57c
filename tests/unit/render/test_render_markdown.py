"""Text in Markdown reads as it was, wherever it stands."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adaptgen.render import readme as markdown
from adaptgen.render.safe import one_line

markdown_it = pytest.importorskip("markdown_it", reason="the test reads Markdown with markdown-it-py")
PARSER = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])

texts = st.text(st.one_of(st.sampled_from("|\\`*_[]()<>#!~&;-+.:/ \n1a"), st.characters()), max_size=20)


def shown(token: Any) -> str:
    """What a reader sees of an inline token."""
    kinds = {"text", "text_special", "code_inline"}
    assert {child.type for child in token.children} <= kinds
    return "".join(child.content for child in token.children)


@given(first=texts, second=texts)
@example(first="a | b", second="a | b")
@example(first="\\|", second="\\|")
@example(first="`|`", second="`|`")
@example(first="&lt; &#124;", second="&amp;")
def test_cells_show_their_texts(first: str, second: str) -> None:
    table = f"| a | b |\n|---|---|\n| {markdown.inline(first).text} | {markdown.code(second).text} |\n"
    cells = [shown(token) for token in PARSER.parse(table) if token.type == "inline"]
    assert cells == ["a", "b", one_line(first), one_line(second)]


@given(text=texts.filter(lambda text: bool(text.strip())))
def test_items_and_headings_show_their_texts(text: str) -> None:
    tokens = PARSER.parse(f"# {markdown.inline(text).text}\n\n- {markdown.inline(text).text}\n")
    assert [token.type for token in tokens if token.block and token.nesting == 1] == [
        "heading_open",
        "bullet_list_open",
        "list_item_open",
        "paragraph_open",
    ]
    assert [shown(token) for token in tokens if token.type == "inline"] == [one_line(text)] * 2


@given(st.text())
def test_a_fence_is_longer_than_any_in_the_text(text: str) -> None:
    (block,) = PARSER.parse(markdown.fenced("json", "`" + one_line(text) + "```").text)
    assert (block.type, block.content) == ("fence", "`" + one_line(text) + "```\n")
