import pytest

from adaptgen.pii.field_kinds import is_described_as_secret, kind_of, kind_within


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("email", "email"),
        ("contactEmailAddress", "email"),
        ("email2", "email"),
        ("mobile_no", "phone"),
        ("work_phone", "phone"),
        ("first_name", "name"),
        ("customerName", "name"),
        ("nachname", "name"),
        ("ssn", "national_id"),
        ("taxId", "national_id"),
        ("passport_number", "national_id"),
        ("creditCardNumber", "card"),
        ("iban", "iban"),
        ("bank_account_number", "bank_account"),
        ("shipping_address", "address"),
        ("postalCode", "address"),
        ("dateOfBirth", "birth_date"),
        ("client_ip", "ip"),
        ("password", "secret"),
        ("apiKey", "secret"),
        ("refresh_token", "secret"),
    ],
)
def test_names_of_personal_data(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(
    ("name", "holder", "kind"),
    [
        ("name", "customers", "name"),
        ("name", "countries", None),
        ("display_name", "user", "name"),
        ("value", "emails", "email"),
        ("address", "emails", "email"),
        ("number", "phones", "phone"),
        ("number", "invoice", None),
        ("first", "name", "name"),
        ("text", "email", None),
        ("email", "anything", "email"),
    ],
)
def test_what_holds_a_field_says_what_its_value_is(name: str, holder: str, kind: str | None) -> None:
    assert kind_within(name, holder, type="string") == kind


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("pem", ""),
        ("pem", "The public key of the server"),
        ("holder", "Name of the secret"),
        ("holder", "Path to the private key"),
        ("version", "Resource containing the private key of the app"),
        ("key_id", "The private key"),
        ("zone", "Whether it is used in secret"),
        ("zone", "The key of the record"),
    ],
)
def test_what_only_speaks_of_a_secret_is_none(name: str, description: str) -> None:
    assert not is_described_as_secret(name, description)
