"""What kind of personal data a field holds, by the words of its name and its format.

The last word decides, as in speech: ``email_address`` is an address for mail, ``email_enabled`` a switch,
``country_name`` no name of a person. A wrong "yes" hides data that agents need, a wrong "no" shows what they must
not see; so names that mean both (``name``, ``address`` of a network) need their context, which the caller puts
before them (``kind_of("customer_name")``).
"""

from __future__ import annotations

from functools import lru_cache

from adaptgen.model.frozen import lazy, value
from adaptgen.syntax.identifiers import singular, vocabulary, words

# Words that may be behind the word that decides, without changing what the value is.
_NEUTRAL = vocabulary(
    "number no num nr nbr value text string raw plain primary secondary home work private business personal main "
    "alt alternate other formatted normalized e164 masked 1 2 3 4 5 6 7 8 9"
)
# A value with such a last word speaks about another value.
_ABOUT = vocabulary(
    "id type kind count enabled disabled required verified confirmed valid verification status state format label "
    "template subject body domain provider prefix suffix length policy strength expiry expires expiration expired "
    "at on url uri link href index order flag code country source purpose frequency preference consent optin "
    "optout reset changed updated created hint title description name pattern regex mask class category limit "
    "quota usage hash bounced field column"
)
_SWITCH = vocabulary("send enable disable allow is has show hide can use include require notify")
_EMAIL = vocabulary("email mail correo courriel")
_PHONE = vocabulary("phone mobile fax msisdn tel telefon telefone telefono handy celular landline cellular")
_PERSON = vocabulary(
    "person people user customer contact employee patient member client guest passenger driver holder cardholder "
    "beneficiary recipient payee payer sender author owner applicant attendee student teacher doctor agent "
    "candidate lead subscriber participant individual traveler traveller tenant spouse parent child guardian "
    "assignee creator reporter requester submitter signer signatory buyer shopper borrower lender debtor creditor "
    "worker staff colleague manager supervisor kontakt kunde cliente persona usuario utilisateur"
)
_NAME_PARTS = vocabulary("first last given family middle maiden full birth legal preferred nick father mother")
_NAMES = vocabulary("surname forename vorname nachname apellido prenom sobrenome cognome familienname")
# Fields that hold the name of a person although none of their words says "name".
_SIGNED = {("signed", "by"), ("printed", "by"), ("witnessed", "by"), ("contact", "person"), ("attention", "of")}
_DOERS = vocabulary(
    "created updated modified changed approved assigned reported entered uploaded requested reviewed "
    "checked verified submitted closed opened resolved prepared edited ordered sold accepted signed owned by"
)
_NOT_POSTAL = vocabulary(
    "ip ipv4 ipv6 mac email mail web url site contract wallet memory bind host server network net hardware bus "
    "physical i2c dns proxy listen remote token return base start end bitcoin btc eth ethereum crypto account "
    "multicast broadcast gateway subnet interface socket port nat peer cluster endpoint callback http https "
    "service virtual private public load machine node loopback"
)
# What an object calls the thing itself that its own name says: phones[].number, emails[].value.
_NAMED = {("name",), ("display", "name"), ("title", "name")}
_CONTENT = vocabulary("value number address formatted normalized e164 line 1 2 3")
_SECRET = vocabulary("password passphrase passcode plaintext secret credential jwt otp")
_TOKEN_OF = vocabulary(
    "access refresh auth authentication authorization bearer session security api id csrf device push oauth "
    "personal login user client app application service reset invite verification sso saml hook webhook bot "
    "registration"
)
_PAGING = vocabulary("page next previous prev continuation sync cursor start end resume skip delta change scroll")
_KEY_OF = vocabulary("api access secret private signing encryption auth session license client shared master")
_NATIONAL = vocabulary(
    "ssn nino cpf curp dni nif nie bsn pesel aadhaar aadhar personnummer cedula passport tin itin fodselsnummer"
)
_PAPERS = tuple(
    f"{paper} number"
    for paper in (
        *("driver license", "drivers license", "driving license", "driver licence", "driving licence", "id card"),
        *("identity card", "identity document", "nhs", "steuer id", "codice fiscale", "identity"),
    )
)
_CARD = vocabulary("cvv cvc cvv2 cvc2 ccv ccnum")


def kind_of(name: str, *, type: str | None = None, format: str | None = None) -> str | None:
    """The kind of personal data that a field called ``name`` holds, or None.

    Kinds: email, phone, name (of a person), national_id, card, iban, bank_account, address (postal), birth_date, ip
    (of a person's machine), secret (password, token, key). ``type`` and ``format`` as in JSON Schema, where known.
    """
    return _kind(name, type, format)


@lru_cache(maxsize=16384)
def _kind(name: str, type: str | None, format: str | None) -> str | None:
    if type in {"boolean", "null"}:
        return None
    if format in {"email", "idn-email"}:
        return "email"
    if format == "password":
        return "secret"
    if format in {"phone", "tel", "phone-number", "iban"}:
        return "iban" if format == "iban" else "phone"
    spoken = words(name)
    if not spoken or spoken[0] in _SWITCH:
        return None
    if format in {"date", "date-time"} or {"birth", "date"} <= set(spoken):
        return _birth(spoken)
    if format in {"uri", "url", "uuid", "binary", "byte", "time", "duration"} and not _is_secret(spoken):
        return None
    return _by_words(spoken, type)


def is_described_as_secret(name: str, description: str) -> bool:
    """Whether the description of a text field called ``name`` says that its value is a secret or a private key: the
    noun that its first words end in, before "of", "for", "used" and the like.

    >>> is_described_as_secret("pem", "The private key of it"), is_described_as_secret("pem", "Name of the secret")
    (True, False)
    """
    if not description or ("secret" not in (low := description.casefold()) and "key" not in low and "pass" not in low):
        return False
    said = _WORD.findall(_PHRASE_END.split(low.strip(), maxsplit=1)[0])
    if _REFERENCE & {*said, singular((words(name) or ("",))[-1])}:
        return False
    return said[-1:] in (["secret"], ["passphrase"], ["password"]) or (
        said[-1:] == ["key"] and bool({"private", "secret"} & set(said))
    )


def described_kind(name: str, description: str) -> str | None:
    """The kind of personal data that the first words of the description of a text field called ``name`` say.

    >>> described_kind("label", "Full name of the user"), described_kind("label", "Name of the plan")
    ('name', None)
    """
    if _POINTS.intersection(words(name)[-1:]):
        return None
    phrase = _SENTENCE_END.split(description[:200].strip(), maxsplit=1)[0].casefold()
    phrase = _ARTICLE.sub("", phrase.replace("e-mail", "email"))
    owned = _OWNED.fullmatch(phrase) or _OF.fullmatch(phrase)
    if owned is not None:
        whose, what = owned["whose"], owned["what"]
        if len(words(whose)) > 3 or (" of " in what and "birth" not in what):
            return None
        # What a user is called is a name, although a "user name" is what somebody logs in with.
        phrase = f"{'person' if words(whose)[-1:] in _USERS else whose} {what}"
    spoken = words(phrase)
    if not 1 < len(spoken) < 7 or spoken[0] in _SWITCH:
        return None
    kind = _kind(" ".join(spoken), "string", None)
    if kind == "name" and (not _THINGS.isdisjoint(spoken) or (owned is not None and not is_person(owned["whose"]))):
        return None
    return None if kind == "secret" else kind


def says_nothing(name: str) -> bool:
    """Whether the name of a text neither classifies it nor says that it is about another value, as ``email_status``."""
    spoken = list(words(name))
    while spoken and (spoken[-1] in _NEUTRAL or spoken[-1] in _CONTENT):
        spoken.pop()
    return bool(spoken) and spoken[0] not in _SWITCH and singular(spoken[-1]) not in _ABOUT | _THINGS


def may_name_person(name: str) -> bool:
    """Whether a field called ``name`` holds the name of a person where what holds it is one."""
    return words(name) in _NAMED or (bool(words(name)) and set(words(name)) <= _NAME_PARTS)


def reaches_holder(name: str, *, type: str | None = None, format: str | None = None) -> bool:
    """Whether a field called ``name`` is an address, a number or a date of birth of what holds it, and not of somebody
    else: ``mobile``, not ``owner_email``."""
    of_others = any(singular(word) in _PERSON | {"user"} for word in words(name))
    return not of_others and _kind(name, type, format) in {"email", "phone", "birth_date", "national_id"}


@lru_cache(maxsize=16384)
def is_person(name: str) -> bool:
    """Whether something called ``name``, a field or a schema, is a person: ``created_by``, ``UserSummary``."""
    spoken = _without_form(name)
    return bool(spoken) and (names_person(" ".join(spoken)) or singular(spoken[-1]) == "user")


@lru_cache(maxsize=16384)
def is_thing(name: str) -> bool:
    """Whether something called ``name``, a field or a schema, is an organisation, a product, a file or a place, whose
    name is nobody's."""
    spoken = _without_form(name)
    return bool(spoken) and singular(spoken[-1]) in _THINGS


def _without_form(name: str) -> tuple[str, ...]:
    """The words of a name without what says which form of the record it is: ``UserSummaryDto`` -> user."""
    spoken = list(words(name))
    while len(spoken) > 1 and spoken[-1] in _FORM_WORDS:
        spoken.pop()
    return tuple(spoken)


_FORM_WORDS = vocabulary(
    "summary ref dto response request out in read write brief short mini info details detail base nested "
    "item items model schema entity object data view embedded lite full basic compact simple list output input payload "
    "resource record result v1 v2 v3 1 2 3"
)
_THINGS = vocabulary(
    "organization organisation org company corporation enterprise business firm vendor supplier merchant brand store "
    "shop branch office department division team group club institution school university college hospital hotel "
    "restaurant venue bank agency project product item article sku service plan package category tag label topic type "
    "status role permission file document folder attachment image photo video media repository device machine "
    "server host site location place room building facility warehouse city country region state address currency "
    "language event campaign course workspace tenant account channel list queue template form workflow job task ticket "
    "episode establishment employer corporate facility issue order invoice contract property asset vehicle model "
    "application app integration webhook"
)
_POINTS = vocabulary("id type kind status state url uri link href code country path slug key count at on format hash")
_USERS = {("user",), ("users",)}
_SENTENCE_END = lazy(r"[.,;:()\n]|\s(?:who|that|which|if|when)\s")
_ARTICLE = lazy(r"^(?:the|a|an|this|your|their)\s+")
_OWNED = lazy(r"(?P<whose>[\w -]{1,40})['’]s?\s+(?P<what>[\w -]{1,40})")
_OF = lazy(r"(?P<what>.{1,40})\s+(?:of|for)\s+(?:the |a |an |this |your |each )?(?P<whose>[\w -]{1,40})")
_PHRASE_END = lazy(
    r"[.,;:()\n]|(?<=\w)\s+(?:of|for|to|that|which|used|in|with|from|if|when|by|as|on|must|can|should|will)\b"
)
_WORD = lazy(r"[a-z0-9]+")
_REFERENCE = vocabulary("resource reference name id arn path location url uri version type status hint")


def kind_within(name: str, holder: str, *, type: str | None = None, format: str | None = None) -> str | None:
    """The same for a field ``name`` of something called ``holder``, which says what a ``name`` or a ``value`` is of.

    >>> kind_within("name", "customers"), kind_within("name", "countries"), kind_within("value", "emails")
    ('name', None, 'email')
    """
    return _kind_within(name, holder, type, format)


@lru_cache(maxsize=16384)
def leans(name: str) -> bool:
    """Whether what holds a field called ``name`` decides in :func:`kind_within` what it is.

    >>> leans("value"), leans("email"), leans("amount")
    (True, False, False)
    """
    spoken = words(name)
    within = set(spoken) <= _NAME_PARTS or set(spoken) <= _CONTENT
    return bool(spoken) and (within or spoken in _NAMED)


@lru_cache(maxsize=16384)
def _kind_within(name: str, holder: str, type: str | None, format: str | None) -> str | None:
    spoken, around = words(name), words(holder)
    if around and spoken:
        last = singular(around[-1])
        if last == "name" and set(spoken) <= _NAME_PARTS and type not in {"integer", "number", "boolean"}:
            return "name"
        if set(spoken) <= _CONTENT:
            return _kind(" ".join((*around[:-1], last, *spoken)), type, format) or _kind(name, type, format)
        if spoken in _NAMED:
            return _kind(f"{'person' if last == 'user' else last} name", type, format)
    return _kind(name, type, format)


@lru_cache(maxsize=16384)
def names_person(name: str) -> bool:
    """Whether a string under ``name`` may be the name of a person as well as an id: ``author``, ``approved_by``."""
    spoken = words(name)
    if not spoken:
        return False
    if spoken[-1] == "by":
        return len(spoken) > 1 and spoken[-2] in _DOERS
    return singular(spoken[-1]) in _PERSON


_FULL_NAME = lazy(r"(?:[^\W\d_][\w'’.-]*[ ,]{1,2}){1,4}[^\W\d_][\w'’.-]*")


_PARTICLES = vocabulary("van von vom zu de del della der den da di do dos du la le el al bin ibn abu ter ten af av")


_DIGITS = frozenset({"phone", "card", "national_id", "bank_account"})
_COUNTED = 1_000_000
"""Numbers below it may count something: ``phones: 3``."""
_NUMBERED = 10_000
"""The same of a name that is of one thing: ``phone: 123456``."""


@value()
class LeafKinds:
    """What the name of a field says of the values there, by their JSON type. ``text``: the kind of a string, ``number``
    that of a number, ``digits`` that of one from ``least`` on, which does not count; ``person``: a string that is
    written as the name of a person is one."""

    text: str | None = None
    number: str | None = None
    digits: str | None = None
    person: bool = False
    least: int = _COUNTED

    def of_text(self, value: str) -> str | None:
        """The kind of a string."""
        return self.text or ("name" if self.person and looks_like_name(value) else None)

    def of_number(self, value: float) -> str | None:
        """The kind of a number."""
        return self.digits if value >= self.least else self.number


@lru_cache(maxsize=32768)
def leaf_kinds(name: str, holder: str) -> LeafKinds:
    """What values called ``name`` within something called ``holder`` are: the one rule by which answers are
    classified, wherever no schema, hint or setting says it."""
    text = kind_within(name, holder, type="string")
    number = kind_within(name, holder, type="integer")
    digits = number or (text if text in _DIGITS else None)
    spoken = words(name)
    single = bool(spoken) and singular(spoken[-1]) == spoken[-1]
    return LeafKinds(text, number, digits, names_person(name), _NUMBERED if single else _COUNTED)


def looks_like_name(value: str) -> bool:
    """Whether ``value`` is written as the full name of a person: two to five words, the first (but for "van" and its
    like) and the last capitalised."""
    if len(value) > 80 or _FULL_NAME.fullmatch(value) is None or any(map(str.isdigit, value)):
        return False
    parts = value.replace(",", " ").split()
    return (not parts[0][0].islower() or parts[0] in _PARTICLES) and not parts[-1][0].islower()


def _birth(spoken: tuple[str, ...]) -> str | None:
    text = " ".join(spoken)
    born = {"geburtsdatum", "nacimiento", "naissance", "nascimento"} & set(spoken)
    return "birth_date" if "birth date" in text or "date of birth" in text or born or spoken[0] == "born" else None


def _by_words(spoken: tuple[str, ...], type: str | None) -> str | None:
    core = list(spoken)
    while len(core) > 1 and core[-1] in _NEUTRAL:
        core.pop()
    last = singular(core[-1])
    before = core[-2] if len(core) > 1 else ""
    if _is_secret(spoken):
        return None if type in {"integer", "number"} else "secret"
    if kind := _numbered(spoken, core, last, before):
        return kind
    if _birth(spoken):
        return "birth_date"
    if type in {"integer", "number"}:
        return "phone" if last in _PHONE and len(spoken) > len(core) else None
    if last in _EMAIL or (last in {"address", "addr"} and (before in _EMAIL or _is_mailed(core, before))):
        return "email"
    if last in _PHONE or (last == "cell" and len(spoken) > len(core)):
        return "phone"
    if _is_name(core, last, before):
        return "name"
    if _is_postal(core, last, before):
        return "address"
    if last in {"ip", "ipv4", "ipv6"} or (last == "address" and before in {"ip", "ipv4", "ipv6"}):
        return "ip" if {"client", "user", "remote", "visitor", "customer", "login"} & set(core) else None
    return None


def _is_secret(spoken: tuple[str, ...]) -> bool:
    last, before = singular(spoken[-1]), spoken[-2] if len(spoken) > 1 else ""
    if last in {"hash", "salt", "digest"}:
        return before == "password"
    if last in _SECRET:
        return True
    if last == "token":
        return before not in _PAGING and (spoken[-1] == "token" or before in _TOKEN_OF)
    return last == "key" and before in _KEY_OF


def _numbered(spoken: tuple[str, ...], core: list[str], last: str, before: str) -> str | None:
    said = set(spoken)
    if last in _ABOUT - {"id"}:
        return None
    if last == "iban":
        return "iban"
    if last in _CARD or (last == "card" and (before in {"credit", "debit", "payment", "bank"} or "number" in said)):
        return "card"
    if last == "pan" and {"card", "primary"} & said:
        return "card"
    if last == "code" and before == "security" and "card" in said:
        return "card"
    if last == "account" and "bank" in said and len(spoken) > len(core):
        return "bank_account"
    if last in _NATIONAL:
        return "national_id"
    text = " ".join(spoken)
    numbers = ("tax id", "tax number", "tax identification", "national id", "national insurance", "social security")
    if text.endswith(tuple(one + end for one in numbers for end in ("", " number", " no"))):
        return "national_id"
    return "national_id" if text.endswith(_PAPERS) else None


def _is_name(core: list[str], last: str, before: str) -> bool:
    if last in _NAMES:
        return True
    if (before, last) in _SIGNED or (last == "person" and before):
        return True
    if last in {"holder", "cardholder"}:
        return bool({"card", "account"} & set(core)) or last == "cardholder"
    if last != "name" or not before:
        return False
    # A user name is what a person logs in with.
    return before in _NAME_PARTS or (singular(before) in _PERSON and before != "user")


def _is_mailed(core: list[str], before: str) -> bool:
    """The addresses in the head of a message (RFC 5322, 3.6): ``cc_address``, ``to_addresses``."""
    return before in {"cc", "bcc"} or (before in {"to", "from"} and core[-1].endswith("es"))


def _is_postal(core: list[str], last: str, before: str) -> bool:
    if last in {"street", "postal", "zip", "adresse", "direccion", "endereco", "indirizzo", "anschrift", "strasse"}:
        return True
    if last == "code" and before in {"zip", "postal", "post"}:
        return True
    if last == "line" and before == "address":
        return True
    return last in {"address", "addr"} and not _NOT_POSTAL & set(core)
