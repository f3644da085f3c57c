import pytest

from adaptgen.pii.field_kinds import is_described_as_secret, kind_of, kind_within, looks_like_name


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
    "name",
    [
        "filename", "product_name", "country_name", "email_enabled", "email_template", "phone_type", "name", "username",
        "ip_address", "mac_address", "next_page_token", "token_type", "account_number", "order_number", "card_type",
        "password_reset_at", "company_name", "key", "display_username",
    ],
)  # fmt: skip
def test_names_that_only_sound_personal(name: str) -> None:
    assert kind_of(name) is None


def test_the_format_decides_where_the_name_does_not() -> None:
    assert kind_of("owner", type="string", format="email") == "email"
    assert kind_of("pin", format="password") == "secret"


def test_a_switch_or_a_count_holds_no_personal_data() -> None:
    assert kind_of("email", type="boolean") is None
    assert kind_of("max_tokens", type="integer") is None
    assert kind_of("email_address", type="integer") is None


def test_a_birth_date_is_known_by_its_name_and_not_by_being_a_date() -> None:
    assert kind_of("birthday", type="string", format="date") == "birth_date"
    assert kind_of("due_date", type="string", format="date") is None


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
    ("name", "kind"),
    [
        ("signedBy", "name"),
        ("contactPerson", "name"),
        ("createdBy", None),
        ("to_addresses", "email"),
        ("cc_address", "email"),
        ("from_address", "address"),
    ],
)
def test_names_and_addresses_without_the_usual_words(name: str, kind: str | None) -> None:
    assert kind_of(name, type="string") == kind


@pytest.mark.parametrize(
    ("value", "person"),
    [
        ("Ada Lovelace", True),
        ("Lovelace, Ada", True),
        ("José María de la Cruz", True),
        ("Pat O'Brien", True),
        ("u008", False),
        ("ada", False),
        ("Ada", False),
        ("please call back", False),
        ("Team 7", False),
    ],
)
def test_a_full_name_is_told_from_an_id(value: str, person: bool) -> None:
    assert looks_like_name(value) is person


@pytest.mark.parametrize(
    ("name", "description"),
    [
        ("pem", "The private key in PEM format."),
        ("pem", "PEM-encoded private key"),
        ("signing", "Secret used to sign webhooks"),
        ("value", "Password for the virtual machine."),
        ("body", "This value is a secret"),
        ("pass", "The passphrase of the key"),
    ],
)
def test_what_is_described_as_a_secret_is_one(name: str, description: str) -> None:
    assert is_described_as_secret(name, description)


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
