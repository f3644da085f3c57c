"""Resource templates of third-party servers: whatever they are, a URI is matched in no time, and rightly."""

from __future__ import annotations

import random
import re
import time

import pytest

from adaptgen.proxy.catalog import TEMPLATES, Catalog, make
from adaptgen.proxy.catalog_reader import ServerCatalog
from adaptgen.syntax.uri_templates import LONGEST, LONGEST_TEMPLATE, UriTemplate


class Stranger:
    """What a snapshot needs of a server."""

    name, prefix, ours = "stranger", "stranger_", False


def snapshot(*templates: str) -> Catalog:
    listed = tuple({"uriTemplate": one, "name": one} for one in templates)
    listing = ServerCatalog(capabilities={"resources": {}}, templates=listed)
    other = ServerCatalog(capabilities={"resources": {}})
    return make([(Stranger(), listing), (Stranger(), other)], {}, {}, Catalog())  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("template", "uri"),
    [
        ("{+a}{+b}{+c}{+d}{+e}{+f}{+g}{+h}!", "x" * 2000),
        ("{a}x{b}x{c}x{d}x{e}x{f}x{g}x{h}!", "x" * 2000),
        ("{+a}a{+b}a{+c}a{+d}a{+e}a{+f}a{+g}a{+h}b", "a" * 2048),
        ("{a}" * 300 + "!", "a" * 2000),
        ("{?a}{&b}{#c}{;d}{.e}{/f}{+g}{#h}\n", "\n" * 2000 + " "),
        ("{" * 1000, "{" * 2000),
        ("{+a}ab" * 150 + "c", "ab" * 1000),
    ],
)
def test_no_template_takes_long(template: str, uri: str) -> None:
    """Backtracking would take minutes."""
    begun = time.process_time()
    assert snapshot(*[template + "#" * n for n in range(20)]).reader(uri) == ""
    assert time.process_time() - begun < 5


def test_templates_are_bounded_and_the_others_named() -> None:
    made = snapshot(*(f"file:///{n}/{{id}}" for n in range(TEMPLATES + 5)), "x" * (LONGEST_TEMPLATE + 1))
    assert len(made.templates) == TEMPLATES
    assert made.reader("file:///7/a") == "stranger"
    assert made.reader(f"file:///{TEMPLATES + 1}/a") == ""
    assert any("6 resource templates of stranger are not served" in one for one in made.name_conflicts)


@pytest.mark.parametrize(
    ("template", "fits", "fails"),
    [
        ("crm://contacts/{id}", ["crm://contacts/7", "crm://contacts/a b"], ["crm://contacts/", "crm://contacts/7/x"]),
        ("file:///{+path}", ["file:///", "file:///a/b.txt"], ["file://a", "http:///a"]),
        ("x://{a}/{b}.json", ["x://a/b.json", "x://a/b.json.json"], ["x://a/b", "x://a/.json", "x:///b.json"]),
        ("x://find{?q,n}", ["x://find", "x://find?q=1"], ["x://fin"]),
        ("x://{a}-{b}", ["x://1-2", "x://1-2-3"], ["x://1", "x://-"]),
        ("plain", ["plain"], ["plain ", "plai"]),
        ("", [""], ["a"]),
    ],
)
def test_templates_match_what_they_stand_for(template: str, fits: list[str], fails: list[str]) -> None:
    parsed = UriTemplate.parse(template)
    assert [parsed.matches(one) for one in fits] == [True] * len(fits)
    assert [parsed.matches(one) for one in fails] == [False] * len(fails)


def test_matching_is_what_a_pattern_would_say() -> None:
    chance = random.Random(7)
    for _ in range(5000):
        parts = [chance.choice(["a", "b", "/", "{x}", "{+y}", "{?q}", ":"]) for _ in range(chance.randint(0, 6))]
        pattern = "".join("[^/]+" if one == "{x}" else ".*" if one[0] == "{" else re.escape(one) for one in parts)
        uri = "".join(chance.choice("ab/:") for _ in range(chance.randint(0, 9)))
        assert UriTemplate.parse("".join(parts)).matches(uri) is bool(re.fullmatch(pattern, uri)), (parts, uri)


def test_a_uri_has_a_length() -> None:
    assert UriTemplate.parse("{+a}").matches("x" * LONGEST)
    assert not UriTemplate.parse("{+a}").matches("x" * (LONGEST + 1))
