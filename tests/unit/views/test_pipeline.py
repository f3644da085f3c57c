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


def test_what_is_a_value_in_one_alternative_is_shown_as_itself() -> None:
    given = texts("id", "name", "charge", "charge.zone", "customer", "customer.id", "customer.name", *LETTERS[:12])
    shown = chosen(given, alone=True)
    assert {"charge", "customer"} <= set(shown)
    assert not any("." in path for path in shown)
    readings = texts("name", "type", "value", "value[*].name", "value[*].value")
    assert sorted(chosen(readings)) == ["name", "type", "value"]
