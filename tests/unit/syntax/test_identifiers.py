import pytest

from adaptgen.syntax.identifiers import singular, words


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("firstName", ("first", "name")),
        ("FIRST-NAME", ("first", "name")),
        ("firstname", ("first", "name")),
        ("e-mail", ("email",)),
        ("IPAddress", ("ip", "address")),
        ("legacy_udf_07", ("legacy", "udf", "7")),
        ("X-Session-Token", ("x", "session", "token")),
        ("prénom", ("prenom",)),
        ("userIDs", ("user", "id")),
        ("", ()),
    ],
)
def test_a_name_becomes_its_words(name: str, expected: tuple[str, ...]) -> None:
    assert words(name) == expected


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("contacts", "contact"), ("companies", "company"), ("boxes", "box"), ("status", "status"), ("people", "person"),
        ("statuses", "status"), ("sizes", "size"), ("caches", "cache"), ("ties", "tie"), ("series", "series"),
    ],
)  # fmt: skip
def test_plurals_lose_their_ending(plural: str, one: str) -> None:
    assert singular(plural) == one
