"""Which inputs are credentials and which answer fields are tokens, by the words of their names.

A login is known by both together: what it takes and what it returns. A path called ``/login`` alone is wrong half of
the time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from adaptgen.model.tables import Json, value
from adaptgen.plan.document.examples import example_schema, prose_schema
from adaptgen.plan.document.operation import RequestBody
from adaptgen.plan.document.reader import Operation, base_media, is_json
from adaptgen.plan.document.schemas import MISSING, Leaf, Shape, leaves, shape
from adaptgen.syntax.identifiers import vocabulary, words
from adaptgen.syntax.token_names import token_rank

if TYPE_CHECKING:
    from adaptgen.source import Document

Role = Literal[
    "user", "password", "client_id", "client_secret", "api_key", "api_secret", "refresh", "grant", "scope", ""
]

_PASSWORDS = vocabulary(
    "password passphrase passcode pass psw pw kennwort passwort contrasena contrasenia clave senha motdepasse parola "
    "heslo haslo lozinka wachtwoord losenord sifre parol salasana adgangskode"
)
_PASSWORD_PHRASES = (
    ("pass", "word"), ("pass", "code"), ("mot", "de", "passe"), ("palavra", "passe"), ("parola", "chiave"),
    ("kata", "sandi"), ("mat", "khau"),
)  # fmt: skip
_USERS = {
    ("user", "name"), ("user",), ("username",), ("login",), ("email",), ("email", "address"), ("user", "email"),
    ("user", "login"), ("login", "name"), ("login", "id"), ("user", "id"), ("account",), ("account", "name"),
    ("identifier",), ("principal",), ("user", "name", "or", "email"), ("user", "or", "email"), ("uid",), ("usuario",),
    ("benutzername",), ("user", "principal", "name"), ("identity",), ("sid",), ("phone",), ("phone", "number"),
    ("mobile",), ("nick", "name"), ("e", "mail"), ("e", "mail", "address"), ("mail",), ("login", "or", "email"),
    ("utilisateur",), ("identifiant",), ("benutzer",), ("gebruikersnaam",), ("utente",), ("correo",), ("courriel",),
    ("nombre", "usuario"), ("nome", "usuario"), ("nome", "utente"), ("nom", "utilisateur"), ("correo", "electronico"),
    ("name",), ("account", "sid"), ("acct",), ("logon",), ("logon", "name"),
    ("api", "id"), ("api", "user"), ("api", "user", "name"), ("api", "username"), ("api", "login"), ("role", "id"),
    ("access", "id"),
}  # fmt: skip
_API_KEYS = {
    ("api", "key"), ("key",), ("app", "key"), ("access", "key"), ("access", "key", "id"), ("consumer", "key"),
    ("application", "key"), ("api", "token"), ("license", "key"), ("personal", "access", "token"), ("user", "key"),
    ("secret", "id"),
}  # fmt: skip
_API_SECRETS = {
    ("secret",), ("api", "secret"), ("secret", "key"), ("app", "secret"), ("secret", "access", "key"),
    ("consumer", "secret"), ("shared", "secret"), ("application", "secret"), ("private", "key"),
}  # fmt: skip
GRANTS = frozenset(
    {
        "authorization_code",
        "client_credentials",
        "password",
        "refresh_token",
        "device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:device_code",
    }
)
"""The grants of RFC 6749 (4.1 to 4.4 and 6), RFC 7523 and RFC 8628."""


def role(name: str) -> Role:
    """What an input of a login is for; empty for anything else."""
    said = words(name)
    if not said:
        return ""
    text = tuple(word for word in said if word not in {"x", "o", "auth", "de"}) or said
    phrased = said[-1] in _PASSWORDS or any(said[-len(phrase) :] == phrase for phrase in _PASSWORD_PHRASES)
    if phrased and not {"new", "old", "confirm", "confirmation", "repeat", "current", "reset"} & set(said):
        return "password"
    if text in {("grant", "type"), ("granttype",)}:
        return "grant"
    if text[:1] == ("refresh",) and text[-1] in {"token", "refresh", "jwt"}:
        return "refresh"
    if text in {("client", "id"), ("app", "id"), ("application", "id"), ("consumer", "id")}:
        return "client_id"
    if text == ("client", "secret"):
        return "client_secret"
    if text in {("scope",), ("scopes",)}:
        return "scope"
    if text in _API_SECRETS:
        return "api_secret"
    if text in _API_KEYS:
        return "api_key"
    return "user" if text in _USERS else ""


@value()
class LoginInput:
    """An input of a login operation. ``keys``: the way to it inside the body (none: it is the body); one name for
    parameters. ``example``: MISSING without."""

    place: Literal["body", "query", "header", "path", "cookie"]
    keys: tuple[str, ...]
    role: Role
    required: bool
    type: str | None
    enum: tuple[object, ...] | None
    default: object
    secret: bool = False
    description: str = ""
    example: object = MISSING

    @property
    def name(self) -> str:
        return self.keys[-1] if self.keys else "body"


def read_inputs(document: Document, operation: Operation) -> list[LoginInput]:
    """Every input of ``operation`` with its role in a login."""
    inputs = [
        _input(document, one.place, (one.name,), one.required, one.schema, one.description, one.raw)
        for one in operation.parameters
        if one.place != "header" or one.name.lower() not in _OF_THE_CONTENT
    ]
    body = operation.body
    if body is None or not (is_json(body.media) or base_media(body.media) in {*_FORMS, "text/plain"}):
        return inputs
    whole = shape(document, body.schema)
    if whole.type == "string":
        purpose = _told_role(body.description) or _told_role(whole.description)
        text = LoginInput("body", (), purpose, not body.optional, "string", None, MISSING, True)
        return [*inputs, text] if purpose else inputs
    if not whole.properties and len(whole.variants) > 1:
        return [*inputs, *_of_alternatives(document, whole, body)]
    if _is_open(whole):
        texts = (whole.description, body.description, operation.description)
        whole = shape(document, example_schema(document, body) or _schema_in_prose(texts))
    return [*inputs, *_of_body(document, whole, body)]


def _is_open(one: Shape) -> bool:
    """Whether a schema says nothing of the members of an object."""
    return not one.properties and not one.variants and one.type in {None, "object"}


_QUOTED = re.compile(r"[`\"']([A-Za-z_][A-Za-z0-9_-]{0,40})[`\"']")


def _schema_in_prose(texts: Sequence[str]) -> Json:
    """The user and the password that a text names in quotes: "pass `email` and `password`"; empty without both."""
    for text in texts:
        names = {role(name): name for name in reversed(_QUOTED.findall(text[:20_000]))}
        if "password" in names and "user" in names:
            members = [names["user"], names["password"]]
            return {"type": "object", "properties": {name: {"type": "string"} for name in members}, "required": members}
    return {}


def _of_alternatives(document: Document, whole: Shape, body: RequestBody) -> list[LoginInput]:
    """One of several bodies (a grant of OAuth 2.0 each): the first that proves who is calling, and what the others take
    for a renewal."""
    options = [_of_body(document, shape(document, one), body) for one in whole.variants]
    first = next((option for option in options if credentials(option)), options[0])
    every = [each for option in options for each in option]
    renewing = [each for each in every if each.role == "refresh"][:1]
    grants = tuple(value for each in every if each.role == "grant" for value in each.enum or ())
    merged = [replace(each, enum=grants or each.enum) if each.role == "grant" else each for each in first]
    return [*merged, *(replace(each, required=False) for each in renewing if each not in first)]


_DEEP, _LARGE = 3, 60


def _of_body(
    document: Document, whole: Shape, body: RequestBody, above: tuple[str, ...] = (), needed: bool = True
) -> list[LoginInput]:
    """The inputs of a body, :data:`_DEEP` levels deep: an object that has a password, or is small, is opened."""
    inputs: list[LoginInput] = []
    for name, node in whole.properties.items():
        inner = shape(document, node)
        required = needed and name in whole.required and not body.optional
        if inner.read_only:
            continue
        if inner.properties and len(above) < _DEEP - 1 and _opens(inner, above):
            inputs += _of_body(document, inner, body, (*above, name), required)
        else:
            inputs.append(_input(document, "body", (*above, name), required, node))
    return inputs


def _opens(inner: Shape, above: tuple[str, ...]) -> bool:
    # Only the outermost may be large: an object may hold itself in each of its properties.
    if above or len(inner.properties) > _LARGE:
        return len(inner.properties) <= 12
    return len(inner.properties) <= 12 or any(role(name) == "password" for name in inner.properties)


def _input(
    document: Document, place: Any, keys: tuple[str, ...], required: bool, schema: Json, description: str = "",
    raw: Mapping[str, Any] | None = None,
) -> LoginInput:  # fmt: skip
    one = shape(document, schema)
    # The values that a list may have are those of its items.
    enum = shape(document, one.items).enum if one.type == "array" and one.items is not None else one.enum
    secret = one.format == "password"
    example = (raw or {}).get("example", _example(one))
    about = description or one.description
    return LoginInput(place, keys, role(keys[-1]), required, one.type, enum, one.default, secret, about, example)


_BASIC = re.compile(r"\bbasic\b|\bbase64\b.{0,80}\b(user|login)\w{0,20}\b.{0,80}\bpassword", re.IGNORECASE | re.DOTALL)


def basic_header(one: LoginInput) -> bool:
    """Whether an input is the ``Authorization`` header and described as HTTP Basic (RFC 7617)."""
    return (
        one.place == "header"
        and one.name.lower() == "authorization"
        and bool(_BASIC.search(f"{one.description} {one.default}"))
    )


def _example(one: Shape) -> object:
    """The ``example`` of a schema, or the first of its ``examples`` (JSON Schema, 9.5)."""
    raw = one.raw if isinstance(one.raw, Mapping) else {}
    several = raw.get("examples")
    return raw.get("example", several[0] if isinstance(several, list) and several else MISSING)


def _told_role(description: str) -> Role:
    """What a body that is one text is for, by a short description: "The user's password", "API key"."""
    said = words(description)
    if not said or len(said) > 8:
        return ""
    return next((made for size in (1, 2, 3) if (made := role(" ".join(said[-size:]))) in _SECRETS), "")


_SECRETS = {"password", "client_secret", "api_key", "api_secret"}


_OF_THE_CONTENT = {"content-type", "accept", "user-agent", "accept-language"}
_FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def credentials(given: Sequence[LoginInput]) -> bool:
    """Whether the inputs prove who is calling: a secret, alone only where it is a key made for that."""
    roles = {one.role for one in given}
    if "password" in roles:
        return bool(roles & {"user", "client_id", "api_key"}) or any(
            one.role == "password" and one.required for one in given
        )
    if "client_secret" in roles and "client_id" in roles:
        return True
    if "api_secret" in roles:
        return bool(roles & {"user", "api_key", "client_id"})
    return "api_key" in roles


def grants_of(given: Sequence[LoginInput]) -> set[str]:
    """The grants that a token endpoint takes: those that it lists, else the standard ones that its description names;
    empty where nothing says so."""
    grants = [one for one in given if one.role == "grant"]
    listed = {str(value) for one in grants for value in one.enum or ()}
    return listed or {name for one in grants for name in GRANTS if re.search(rf"\b{name}\b", one.description)}


# ------------------------------------------------------------------------------------------------------ the answer


@value()
class Token:
    """A token in an answer: its JSONPath and the words of its name with those of what holds it."""

    path: str
    said: tuple[str, ...]
    rank: int


def answer_leaves(document: Document, operation: Operation) -> list[Leaf]:
    """The fields of the success answer, declared or shown by an example; lists are left out."""
    return [one for one in _leaves(document, operation) if "[*]" not in one.path]


def _leaves(document: Document, operation: Operation) -> list[Leaf]:
    answer = operation.success()
    if answer is None or (answer.media is not None and not is_json(answer.media)):
        return []
    schema = answer.schema
    if answer.media is None:
        schema = prose_schema(answer.description, operation.description)
    one = shape(document, schema)
    if one.type == "string":
        schema = prose_schema(answer.description) or schema
    if schema is None or _is_open(one):
        schema = example_schema(document, answer) or schema
    return leaves(document, schema, depth=4, limit=200) if schema is not None else []


def jsonpath(path: str) -> str:
    """The JSONPath of a dotted path from the body's root."""
    return f"${path}" if path.startswith("[") else f"$.{path}" if path else "$"


def find_token(document: Document, operation: Operation, taken: Collection[tuple[str, ...]] = ()) -> Token | None:
    """The token that the answer hands out for further calls, None without one. In a list it is that of the first.
    ``taken``: words of the parameters of other operations; one that is called like one of them is it."""
    every = _leaves(document, operation)
    single = [one for one in every if "[*]" not in one.path]
    listed = [one for one in every if one.path.count("[*]") == 1 and one.path.count(".") < 2]
    named = [one for one in single if {words(one.name), ("x", *words(one.name))} & {*taken}]
    return _best_token(named) or _best_token(single) or _best_token(listed)


def has_other_token(document: Document, operation: Operation) -> bool:
    """Whether the answer is about a token that is not the session's: for a reset, a second step, another record."""
    names = [words(leaf.name) for leaf in _leaves(document, operation)]
    return len(names) <= 4 and any(
        {*name[-1:]} & {"token", "jwt"} and not {*name} & {"refresh", "csrf"} for name in names
    )


def _best_token(candidates: Sequence[Leaf]) -> Token | None:
    found: list[Token] = []
    for one in candidates:
        if one.type not in {"string", None} or not one.path:
            continue
        keys = re.split(r"\.", one.path)
        above = words(keys[-2]) if len(keys) > 1 else ()
        rank = token_rank(one.name, above, one.description)
        if rank is None:
            continue
        path = jsonpath(one.path).replace("[*]", "[0]")
        found.append(Token(path, (*above, *words(one.name)), rank * 10 + len(keys)))
    return min(found, key=lambda token: token.rank, default=None)


def text_token(document: Document, operation: Operation) -> Token | None:
    """A token that is the whole answer, as the document says of an answer that is one text."""
    answer = operation.success()
    if answer is None or answer.schema is None or not (is_json(media := answer.media or "") or media == "text/plain"):
        return None
    one = shape(document, answer.schema)
    told = f"{answer.description} {one.description} {operation.summary} {operation.description}".lower()
    if one.type != "string" or not re.search(
        r"\b(access|session|auth\w*|bearer|jwt|security) token\b|\bjwt\b|\bsession (id|key)", told
    ):
        return None
    return Token("$", ("token",), 200)


def find_refresh_token(document: Document, operation: Operation) -> str | None:
    """The JSONPath of a refresh token in the answer."""
    for one in answer_leaves(document, operation):
        said = words(one.name)
        inside = {word for key in one.path.split(".")[:-1] for word in words(key)}
        if one.type in {"string", None} and (
            said in {("refresh", "token"), ("refresh",), ("refresh", "jwt"), ("refresh", "token", "value")}
            or ("refresh" in inside and said in {("token",), ("value",)})
        ):
            return jsonpath(one.path)
    return None


def default_of(one: LoginInput) -> object:
    """The value that the document itself proposes for an input; MISSING without one."""
    if one.default is not MISSING:
        return one.default
    return one.enum[0] if one.enum and len(one.enum) == 1 and one.type != "array" else MISSING
