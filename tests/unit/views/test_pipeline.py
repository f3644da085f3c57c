from adaptgen.views.candidates import Candidate
from adaptgen.views.field_choice import FieldRanking
from adaptgen.views.pipeline import choose_view


def texts(*names: str) -> list[Candidate]:
    return [Candidate(name, "string") for name in names]


def chosen(
    given: list[Candidate], *, alone: bool = False, resource: tuple[str, ...] = (), of: int = 0
) -> tuple[str, ...]:
    return choose_view(FieldRanking(given, (), resource, entry=False), alone=alone, of=of)


LETTERS = [f"part_{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]


def test_secrets_are_out_whatever_says_so() -> None:
    given = [*texts("id", "name", "api_key"), Candidate("pem", "string", secret=True)]
    assert chosen(given) == chosen(given, alone=True) == ("id", "name")


def test_a_small_record_is_shown_whole_but_for_links_secrets_and_numbers_of_papers() -> None:
    given = texts("id", "name", "phone", "ssn", "password", "_links.self", "zone", "logo_url")
    assert chosen(given) == chosen(given, alone=True)
    assert sorted(chosen(given)) == ["id", "logo_url", "name", "phone", "zone"]
    assert "phone" not in chosen([*given, *texts("dpi", "rank")])


def test_a_wide_record_shows_a_share_of_its_values() -> None:
    wide = texts("id", "name", *(f"{first}{second}" for first in LETTERS[:8] for second in "pqrstuvw"))
    assert len(wide) == 66
    assert len(chosen(wide)) == 15  # 0.24 of 66
    assert len(chosen(texts("id", "name", *LETTERS[:22]))) == 16  # 18 bytes each of 300
    assert len(chosen(texts("id", "name", *LETTERS[:22]), alone=True)) == 18
    assert len(chosen(texts("id", "name", *LETTERS[:22]), alone=True, of=45)) == 10


def test_a_received_value_takes_what_it_takes() -> None:
    large = [Candidate("id", "integer", size=2), *(Candidate(name, "string", size=150) for name in LETTERS[:12])]
    assert len(chosen(large)) == 8
    small = [Candidate("id", "integer", size=2), *(Candidate(name, "string", size=10) for name in LETTERS[:12])]
    assert len(chosen(small)) == 13


def test_what_a_record_says_comes_before_its_other_values() -> None:
    given = texts("id", "name", "status", *LETTERS[:20], "description")
    assert "description" in chosen(given)


def test_required_values_come_before_others_of_their_kind() -> None:
    given = [*texts("id", "name", *LETTERS), Candidate("zone_z", "string", required=True)]
    assert len(chosen(given)) == 9
    wide = [*given, *texts(*(f"more_{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"))]
    assert "zone_z" in chosen(wide)
    assert "zone_z" not in chosen([Candidate(one.path, one.type) for one in wide])


def test_the_value_next_to_a_name_is_kept() -> None:
    given = [*texts("id", "name", *LETTERS), Candidate("value", None), *texts("labels[*].key", "labels[*].value")]
    shown = chosen(given, alone=True)
    assert "value" in shown
    assert ("labels[*].value" in shown) == ("labels[*].key" in shown)


def test_open_objects_are_shown_where_they_are_small_or_what_the_record_says() -> None:
    given = [
        *texts("id", "name", *LETTERS[:12]),
        Candidate("traits", "object"),
        Candidate("labels", "object", small=True),
    ]
    assert "labels" in chosen(given)
    assert "traits" not in chosen(given)
    assert "traits" not in chosen(given, alone=True)
    assert "traits" in chosen(given, resource=("traits",))
    assert "traits" in chosen([*texts("id", "name"), Candidate("traits", "object")], alone=True)
    data = [*texts("id", "name", *LETTERS[:12]), Candidate("data", "object")]
    assert "data" in chosen(data, alone=True)
    assert "data" not in chosen(data)


def test_what_is_a_value_in_one_alternative_is_shown_as_itself() -> None:
    given = texts("id", "name", "charge", "charge.zone", "customer", "customer.id", "customer.name", *LETTERS[:12])
    shown = chosen(given, alone=True)
    assert {"charge", "customer"} <= set(shown)
    assert not any("." in path for path in shown)
    readings = texts("name", "type", "value", "value[*].name", "value[*].value")
    assert sorted(chosen(readings)) == ["name", "type", "value"]


def test_free_texts_of_a_record_with_personal_data_are_not_shown_unasked() -> None:
    given = texts("id", "name", "email", "note", "zone")
    assert sorted(chosen(given)) == ["email", "id", "name", "zone"]
    assert "note" not in chosen(given, alone=True)
    assert "note" in chosen(texts("id", "name", "note", "zone"))
    assert "note" in chosen(texts("id", "name", "assignee.email", "note", "zone"))
    # What is all that a record says is what was asked for.
    assert "body" in chosen(texts("id", "email", "subject", "body"), alone=True)


def test_of_values_of_one_kind_the_one_with_the_shortest_name_comes_first() -> None:
    totals = [Candidate(f"{what}_total", "number") for what in ("gift_card", "discount", "original_item_tax")]
    given = [*texts("id", "name"), *totals, Candidate("total", "number"), *texts(*LETTERS)]
    assert "total" in chosen(given)
    assert "original_item_tax_total" not in chosen(given)
    words = [*texts("id", "name", *(f"inner_part_{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")), *texts("zone")]
    assert "zone" in chosen(words)


def test_an_address_of_mail_is_kept_of_a_wide_record_and_a_telephone_number_is_not() -> None:
    given = texts("id", "first_name", "last_name", *LETTERS, "phone", "email")
    assert "email" in chosen(given)
    assert "phone" not in chosen(given)
    assert "emails[*]" in chosen([*texts("id", *LETTERS), Candidate("emails[*]", "string")])


def test_a_port_goes_with_its_host_and_what_people_call_a_record_by_is_shown() -> None:
    node = texts("id", "name", "ip", *LETTERS[:10], *(f"part_of_{letter}" for letter in LETTERS))
    assert {"ip", "port"} <= set(chosen([*node, Candidate("port", "integer")]))
    order = [*texts("id", "name", *LETTERS), Candidate("display_id", "integer")]
    assert "display_id" in chosen(order)


def test_values_in_objects_are_shown_only_where_there_is_little_else() -> None:
    inner = texts("size.width", "color.shade")
    assert set(chosen([*texts("id", "name"), *inner, *texts(*(f"{one}_by_two" for one in LETTERS))])) >= {"id", "name"}
    assert "size.width" not in chosen([*texts("id", "name", *LETTERS[:8]), *inner])
    assert "size.width" in chosen([*texts("id", "name", "zone"), *inner])
