"""Which inputs are credentials and which answer fields are tokens, by the words of their names.

A login is known by both together: what it takes and what it gives back. A path called ``/login`` alone is wrong half of
the time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from adaptgen.model.tables import Json, value
from adaptgen.plan.document.examples import example_schema, prose_schema
from adaptgen.plan.document.operation import RequestBody
from adaptgen.plan.document.reader import Operation, base_media, is_json
from adaptgen.plan.document.schemas import MISSING, Leaf, Shape, leaves, shape
from adaptgen.syntax.identifiers import vocabulary, words

if TYPE_CHECKING:
    from adaptgen.source import Document

Role = Literal[
    "user", "password", "client_id", "client_secret", "api_key", "api_secret", "refresh", "grant", "scope", ""
]

_PASSWORDS = vocabulary("password passphrase passcode pass kennwort contrasena senha motdepasse")
_USERS = {
    ("user", "name"), ("user",), ("username",), ("login",), ("email",), ("email", "address"), ("user", "email"),
    ("user", "login"), ("login", "name"), ("login", "id"), ("user", "id"), ("account",), ("account", "name"),
    ("identifier",), ("principal",), ("user", "name", "or", "email"), ("user", "or", "email"), ("uid",), ("usuario",),
    ("benutzername",), ("user", "principal", "name"), ("identity",), ("sid",), ("phone",), ("phone", "number"),
    ("mobile",), ("nick", "name"), ("name",), ("account", "sid"), ("acct",), ("logon",), ("logon", "name"),
    ("api", "id"), ("api", "user"), ("api", "user", "name"), ("api", "username"), ("api", "login"), ("role", "id"),
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
# Tokens that are not for calling the API.
_OTHER_TOKEN = vocabulary(
    "refresh csrf xsrf reset device push page next previous continuation sync fcm apns registration invite invitation "
    "verification confirmation activation unsubscribe card payment captcha recaptcha upload download share request "
    "type public setup email phone password expires expiry expired expiration in at lifetime scope renewal provider"
)


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


TOKEN_PARAMETERS = {
    ("token",), ("auth", "token"), ("access", "token"), ("session", "token"), ("session", "id"), ("session", "key"),
    ("session",), ("jwt",), ("jwt", "token"), ("authorization",), ("api", "token"), ("user", "token"), ("ticket",),
    ("security", "token"), ("sid",), ("auth",), ("bearer", "token"), ("bearer",), ("login", "token"), ("auth", "key"),
    ("authentication", "token"), ("authorization", "token"), ("authentication",), ("auth", "ticket"), ("app", "token"),
}  # fmt: skip


def token_parameter(name: str) -> bool:
    """Whether a parameter is called like one that takes a token: ``X-Auth-Token``, ``Acme-UserToken``."""
    said = tuple(word for word in words(name) if word != "x")
    if said in TOKEN_PARAMETERS:
        return True
    ends = said[-2:] in TOKEN_PARAMETERS or said[-1:] in {("token",), ("jwt",)}
    return len(said) > 2 and ends and not set(said) & _OTHER_TOKEN


def role(name: str) -> Role:
    """What an input of a login is for; empty for anything else."""
    said = words(name)
    if not said:
        return ""
    text = tuple(word for word in said if word not in {"x", "o", "auth"}) or said
    if said[-1] in _PASSWORDS and not {"new", "old", "confirm", "confirmation", "repeat", "current", "reset"} & set(
        said
    ):
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
    parameters. ``example``: of a member of the body, MISSING without."""

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
    """Every input of ``operation`` with its role in a login, the body's two levels deep."""
    inputs = [
        _input(document, one.place, (one.name,), one.required, one.schema, one.description)
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
    return [*inputs, *_of_body(document, whole, body)]


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


def _of_body(document: Document, whole: Shape, body: RequestBody) -> list[LoginInput]:
    inputs: list[LoginInput] = []
    for name, node in whole.properties.items():
        one = shape(document, node)
        needed = name in whole.required and not body.optional
        if one.read_only:
            continue
        if one.properties and len(one.properties) <= 12:
            inputs += [
                _input(document, "body", (name, inner), needed and inner in one.required, below)
                for inner, below in one.properties.items()
            ]
        else:
            inputs.append(replace(_input(document, "body", (name,), needed, node), example=_example(one)))
    return inputs


def _input(
    document: Document, place: Any, keys: tuple[str, ...], required: bool, schema: Json, description: str = ""
) -> LoginInput:
    one = shape(document, schema)
    # The values that a list may have are those of its items.
    enum = shape(document, one.items).enum if one.type == "array" and one.items is not None else one.enum
    secret = one.format == "password"
    about = description or one.description
    return LoginInput(place, keys, role(keys[-1]), required, one.type, enum, one.default, secret, about)


def basic_header(one: LoginInput) -> bool:
    """Whether an input is the ``Authorization`` header and described as HTTP Basic (RFC 7617)."""
    return (
        one.place == "header"
        and one.name.lower() == "authorization"
        and bool(re.search(r"\bbasic\b", f"{one.description} {one.default}", re.IGNORECASE))
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

_TOKEN_FIRST = (
    ("access", "token"), ("access", "jwt"), ("auth", "token"), ("session", "token"), ("bearer", "token"), ("jwt",),
    ("jwt", "token"), ("api", "token"), ("user", "token"), ("login", "token"), ("authentication", "token"),
    ("authorization", "token"), ("token",), ("access",), ("security", "token"), ("token", "value"), ("bearer",),
    ("id", "token"), ("session", "id"), ("session", "key"), ("auth", "key"), ("authorization",), ("ticket",),
    ("token", "string"), ("auth", "ticket"), ("key",), ("sid",), ("session",), ("auth",), ("api", "key"),
)  # fmt: skip


# What an object called a token or a session has it under.
_HELD = {("value",), ("id",), ("string",), ("hash",), ("text",)}
# "The token value used for authenticated requests", "the access token to send".
_TOKEN_TOLD = re.compile(
    r"^\W*(the |an? |your |this )?((access|auth\w*|session|bearer|api|jwt|security) token\b"
    r"(?! (type|expir|life|scope|valid|id\b|name|was|created))|token( value)? (that is |to be |to |is )?used? )",
    re.IGNORECASE,
)


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
    if schema is None or (not one.properties and not one.variants and one.type in {None, "object"}):
        schema = example_schema(document, answer) or schema
    return leaves(document, schema, depth=4, limit=200) if schema is not None else []


def jsonpath(path: str) -> str:
    """The JSONPath of a dotted path from the body's root."""
    return f"${path}" if path.startswith("[") else f"$.{path}" if path else "$"


def find_token(document: Document, operation: Operation) -> Token | None:
    """The token that the answer hands out for further calls, None without one. In a list it is that of the first."""
    every = _leaves(document, operation)
    single = [one for one in every if "[*]" not in one.path]
    listed = [one for one in every if one.path.count("[*]") == 1 and one.path.count(".") < 2]
    return _best_token(single) or _best_token(listed)


def _best_token(candidates: Sequence[Leaf]) -> Token | None:
    found: list[Token] = []
    for one in candidates:
        if one.type not in {"string", None} or not one.path:
            continue
        keys = re.split(r"\.", one.path)
        said = words(one.name)
        if not said:
            continue
        plain = said[1:] if said[0] in {"x", "my"} and len(said) > 1 else said
        above = words(keys[-2]) if len(keys) > 1 else ()
        if set(plain) & _OTHER_TOKEN - {"type"} and plain not in {("session", "id")}:
            continue
        if plain in _TOKEN_FIRST:
            rank = _TOKEN_FIRST.index(plain)
        elif plain[-1] in {"token", "jwt"}:
            rank = 20
        elif _TOKEN_TOLD.search(one.description):
            rank = 22
        elif plain in _HELD and above[-1:] in {("token",), ("session",), ("jwt",), ("ticket",)}:
            rank = 24
        else:
            continue
        if plain == ("key",) and above[-1:] not in {("token",), ("session",), ("auth",), ()}:
            continue
        path = jsonpath(one.path).replace("[*]", "[0]")
        found.append(Token(path, (*above, *said), rank * 10 + len(keys)))
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
