import pytest

from adaptgen.learning.records import is_field


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("meta.owner_name", True),
        ("lines[*].unitPrice2", True),
        ("meta.Anna Weber.count", False),
        ("tokens.Zk9f8a7b6c5d4eQ1", False),
        ("keys.AKIAIOSFODNN7EXAMPLE.uses", False),
        ('meta["anna@shop.example"]', False),
        ("byId.30771", False),
    ],
)
def test_keys_of_a_map_are_no_fields_even_in_every_record(path: str, field: bool) -> None:
    assert is_field(path, 20, 20) is field
